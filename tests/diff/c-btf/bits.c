/* SPDX-License-Identifier: Apache-2.0 */
/* Bit fields, with and without names, across words and packed. */
struct fields { int a:3; int :5; int b:7; long c:33; unsigned char d:2;
		int :0; int e:1; };
struct after { char x; int :0; int y:4; long :40; long z:3; };
struct __attribute__((packed)) tight { int a:3; short b; int c:17; };
struct __attribute__((packed)) cross { char a:3; long b:40; char c:5; int d; };
struct flags { unsigned one:1, two:1, many:30; _Bool yes:1, no:1; };
struct enums { enum { OFF, ON } state:2; unsigned rest:6; };
struct holes { unsigned a:1; unsigned :31; unsigned b:1; unsigned short c;
	       unsigned char :3; unsigned char d:2; };
struct only { int :7; int x:2; };
struct quad { unsigned long long a:63; unsigned long long b:2; };
union both { struct { unsigned lo:16, hi:16; }; unsigned all; unsigned top:5; };

struct fields v1; struct after v2; struct tight v3; struct cross v4;
struct flags v5; struct enums v6; struct holes v7; struct only v8;
struct quad v9; union both v10;
