/* SPDX-License-Identifier: Apache-2.0 */
/* A map whose keys and values have a member of every kind. */
#define section(x) __attribute__((section(x), used))
typedef unsigned int u32;
typedef unsigned long long u64;

enum color { RED, GREEN = 5, MINUS = -2 };
enum wide { WIDE = 1ULL << 40 };
typedef enum color color_t;
typedef char letter;

struct key { u32 number; unsigned short port; char name[6]; };

struct value {
	u64 n; int negative; char c; unsigned char uc; signed char sc; _Bool b;
	char text[8]; char bytes[4]; unsigned char raw[4]; letter letters[4];
	int grid[2][2];
	struct { int x; struct { short y; }; } nested;
	union { int i; short s; };
	color_t color; enum wide wide;
	void *pointer; int (*function)(int);
	int low:3; unsigned middle:5; u64 long_one:40; int rest:9;
	__int128 large; volatile short v; const long l;
	struct { int z; } many[2];
};

struct {
	int (*type)[1];
	int (*max_entries)[16];
	struct key *key;
	struct value *value;
} values section(".maps");

section("socket") int program(void *ctx)
{
	return 0;
}

char _license[] section("license") = "GPL";
