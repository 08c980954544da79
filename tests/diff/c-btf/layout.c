/* SPDX-License-Identifier: Apache-2.0 */
/* Packed, over-aligned and padded structs. */
struct __attribute__((packed)) natural { int a; int b; };
struct __attribute__((packed)) odd { char a; int b; };
struct __attribute__((packed)) tail { int a; char b; };
struct inner { char a; long b; };
struct __attribute__((packed)) holder { char c; struct inner i; };
struct __attribute__((packed)) nested { long c; struct odd i; short s; };
struct wide { char a; } __attribute__((aligned(16)));
struct in_wide { char a; struct wide b; };
struct sparse { char a; int x __attribute__((aligned(32))); char y; };
struct gap {
	char a;
	char c __attribute__((aligned(8)));
	long d __attribute__((aligned(64)));
};
struct flex { int n; char d[]; };
struct empty {};
struct has_empty { struct empty e; int x; };
union __attribute__((packed)) small_union { char a; int b; };
struct has_union { char a; union small_union u; char b[3]; };
struct line { char a; } __attribute__((aligned(64)));
struct lines { long a; char b; } __attribute__((aligned(128)));
struct shorts { char a; short b __attribute__((aligned(4))); char c; };
struct ints { short a; short b __attribute__((aligned(8))); };
struct array_of_odd { struct odd items[3]; int last; };

struct natural v1; struct odd v2; struct tail v3; struct holder v4;
struct nested v5; struct wide v6; struct in_wide v7; struct sparse v8;
struct gap v9; struct flex v10; struct has_empty v11; struct has_union v12;
struct line v13; struct lines v14; struct shorts v15; struct ints v16;
struct array_of_odd v17;
