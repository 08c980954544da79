/* SPDX-License-Identifier: Apache-2.0 */
/* One name for several types: ___2 and so on. */
struct twice { int a; };
typedef struct twice twice;
enum taken { VALUE, COMMON };

int first(void *p)
{
	struct local { int one; } *l = p;
	typedef int number;
	number n = l->one;
	enum inside { IN_A, IN_B } e = n ? IN_A : IN_B;

	return n + e;
}

int second(void *p)
{
	struct local { long two; struct twice t; } *l = p;
	typedef long number;
	number n = l->two;
	enum inside { IN_B, IN_A } e = n ? IN_A : IN_B;

	return n + e;
}

int third(void *p)
{
	struct local { struct local *three; } *l = p;
	union inside { int x; } *u = p;

	return l->three != 0 && u->x;
}

twice v1; enum taken v2;
