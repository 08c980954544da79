/* SPDX-License-Identifier: Apache-2.0 */
/* Enums of all widths and signs, named and not. */
enum plain { ZERO, ONE, TWO = 2, MANY = 2147483647 };
enum negative { MINUS = -1, NOUGHT };
enum high { HIGH = 4294967295u };
enum wide { BIG = 1ULL << 40, ALSO };
enum wide_negative { SMALL = -(1LL << 40), POSITIVE = 5 };
enum { ANONYMOUS = 7, OTHER };
enum __attribute__((packed)) tiny { TINY_A, TINY_B };
typedef enum { TYPEDEF_A, TYPEDEF_B } typedef_enum;

struct holds {
	enum plain a; enum negative b; enum high c; enum wide d;
	enum wide_negative e; enum tiny f; typedef_enum g;
	enum { INSIDE_A, INSIDE_B = -3 } h;
	enum late *pointer;
};

struct holds v;
int use(void) { return ANONYMOUS; }
