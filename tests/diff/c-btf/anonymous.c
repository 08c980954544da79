/* SPDX-License-Identifier: Apache-2.0 */
/* Structs without a name, deep and in odd places. */
struct outer {
	int a;
	struct { int b; union { int c; float d; struct { char e[4]; }; }; };
	union { struct { short lo, hi; } halves; int whole; } named;
	struct { int x, y; } points[3], *link, **links;
	struct { struct { struct { int bottom; } three; } two; } one;
};

typedef struct { int only; } alias;
typedef union { alias a; long b; } both;
typedef struct { both x; } *pointer;

struct user { alias a; both b; pointer p; const alias *q[2]; };

struct outer v1; struct user v2;
struct { int a; struct { int b; } c; } v3;
static struct { int s; } v4;
void *use(void) { return &v4; }
