/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gates and what is built of them. Each gate folds what is constant or the
 * same; else a new variable is tied to its inputs by clauses in both
 * directions, so that the solver finds inputs from outputs, too.
 *
 *	a + b		full adders from the lowest bit on
 *	a - b		a + ~b + 1
 *	a < b		the borrow of a - b: the majority of ~a, b and the
 *			borrow so far; signed: with both signs turned
 *	a << b		one row of choices for each bit of the count
 *	a * b		a sum of shifted words, when one of them is thin
 */
#include "verify/look/bits.h"

#include <linux/bpf.h>

#define ROWS_MAX	12		/* of a multiplication */

/* ---- gates ---- */

static uint32_t gate_and(struct sat *sat, uint32_t a, uint32_t b)
{
	uint32_t out;

	if (a == SAT_FALSE || b == SAT_FALSE || a == (b ^ 1))
		return SAT_FALSE;
	if (a == SAT_TRUE || a == b)
		return b;
	if (b == SAT_TRUE)
		return a;
	out = sat_new(sat);
	sat_clause(sat, (uint32_t[]){ out ^ 1, a }, 2);
	sat_clause(sat, (uint32_t[]){ out ^ 1, b }, 2);
	sat_clause(sat, (uint32_t[]){ out, a ^ 1, b ^ 1 }, 3);
	return out;
}

static uint32_t gate_or(struct sat *sat, uint32_t a, uint32_t b)
{
	return gate_and(sat, a ^ 1, b ^ 1) ^ 1;
}

static uint32_t gate_xor(struct sat *sat, uint32_t a, uint32_t b)
{
	uint32_t out;

	if (a <= SAT_FALSE)
		return b ^ (a ^ 1);
	if (b <= SAT_FALSE)
		return a ^ (b ^ 1);
	if ((a ^ b) <= 1)
		return a == b ? SAT_FALSE : SAT_TRUE;
	out = sat_new(sat);
	sat_clause(sat, (uint32_t[]){ out ^ 1, a, b }, 3);
	sat_clause(sat, (uint32_t[]){ out ^ 1, a ^ 1, b ^ 1 }, 3);
	sat_clause(sat, (uint32_t[]){ out, a ^ 1, b }, 3);
	sat_clause(sat, (uint32_t[]){ out, a, b ^ 1 }, 3);
	return out;
}

/* At least two of the three. */
static uint32_t gate_major(struct sat *sat, uint32_t a, uint32_t b,
			   uint32_t c)
{
	uint32_t out;

	if (a == b || c == (b ^ 1))
		return c == (b ^ 1) ? a : b;
	if (a == c || a == (b ^ 1))
		return c;
	if (b == c || a == (c ^ 1))
		return b;
	if (a <= SAT_FALSE)
		return a ? gate_and(sat, b, c) : gate_or(sat, b, c);
	if (b <= SAT_FALSE)
		return b ? gate_and(sat, a, c) : gate_or(sat, a, c);
	if (c <= SAT_FALSE)
		return c ? gate_and(sat, a, b) : gate_or(sat, a, b);
	out = sat_new(sat);
	sat_clause(sat, (uint32_t[]){ out ^ 1, a, b }, 3);
	sat_clause(sat, (uint32_t[]){ out ^ 1, a, c }, 3);
	sat_clause(sat, (uint32_t[]){ out ^ 1, b, c }, 3);
	sat_clause(sat, (uint32_t[]){ out, a ^ 1, b ^ 1 }, 3);
	sat_clause(sat, (uint32_t[]){ out, a ^ 1, c ^ 1 }, 3);
	sat_clause(sat, (uint32_t[]){ out, b ^ 1, c ^ 1 }, 3);
	return out;
}

/* if ? then : otherwise */
static uint32_t gate_choose(struct sat *sat, uint32_t cond, uint32_t then,
			    uint32_t otherwise)
{
	if (cond <= SAT_FALSE)
		return cond ? otherwise : then;
	if (then == otherwise)
		return then;
	return gate_or(sat, gate_and(sat, cond, then),
		       gate_and(sat, cond ^ 1, otherwise));
}

/* ---- words ---- */

struct bits bits_const(uint64_t value)
{
	struct bits out;

	for (unsigned int i = 0; i < BITS; i++)
		out.lit[i] = value >> i & 1 ? SAT_TRUE : SAT_FALSE;
	return out;
}

struct bits bits_free(struct sat *sat, uint64_t value, uint64_t mask)
{
	struct bits out = bits_const(value);

	for (unsigned int i = 0; i < BITS; i++)
		if (mask >> i & 1)
			out.lit[i] = sat_new(sat);
	return out;
}

struct bits bits_extend(const struct bits *a, unsigned int bytes,
			bool is_signed)
{
	struct bits out = *a;
	unsigned int width = bytes * 8;

	for (unsigned int i = width; i < BITS; i++)
		out.lit[i] = is_signed ? a->lit[width - 1] : SAT_FALSE;
	return out;
}

static struct bits inverse(const struct bits *a)
{
	struct bits out;

	for (unsigned int i = 0; i < BITS; i++)
		out.lit[i] = a->lit[i] ^ 1;
	return out;
}

static struct bits sum(struct sat *sat, const struct bits *a,
		       const struct bits *b, uint32_t carry)
{
	struct bits out;

	for (unsigned int i = 0; i < BITS; i++) {
		uint32_t half = gate_xor(sat, a->lit[i], b->lit[i]);

		out.lit[i] = gate_xor(sat, half, carry);
		carry = gate_major(sat, a->lit[i], b->lit[i], carry);
	}
	return out;
}

static struct bits difference(struct sat *sat, const struct bits *a,
			      const struct bits *b)
{
	struct bits minus = inverse(b);

	return sum(sat, a, &minus, SAT_TRUE);
}

typedef uint32_t (*gate_fn)(struct sat *sat, uint32_t a, uint32_t b);

static struct bits each(struct sat *sat, gate_fn gate, const struct bits *a,
			const struct bits *b)
{
	struct bits out;

	for (unsigned int i = 0; i < BITS; i++)
		out.lit[i] = gate(sat, a->lit[i], b->lit[i]);
	return out;
}

/* One row: by `by` bits to the left (< 0: right) where `cond` holds. */
static struct bits shift_row(struct sat *sat, uint32_t cond,
			     const struct bits *a, int by, uint32_t fill)
{
	struct bits out;

	for (int i = 0; i < BITS; i++) {
		int from = i - by;
		uint32_t lit = from >= 0 && from < BITS ? a->lit[from] : fill;

		out.lit[i] = gate_choose(sat, cond, lit, a->lit[i]);
	}
	return out;
}

/* Of the low half, the high one is its sign or zero, and is cut afterwards. */
static struct bits shift(struct sat *sat, uint8_t op, bool wide,
			 const struct bits *a, const struct bits *b)
{
	struct bits out = wide ? *a : bits_extend(a, 4, op == BPF_ARSH);
	uint32_t fill = op == BPF_ARSH ? out.lit[BITS - 1] : SAT_FALSE;

	for (unsigned int i = 0; i < (wide ? 6 : 5); i++)
		out = shift_row(sat, b->lit[i], &out, op == BPF_LSH ?
				1 << i : -(1 << i), fill);
	return out;
}

static unsigned int rows_of(const struct bits *a)
{
	unsigned int cnt = 0;

	for (unsigned int i = 0; i < BITS; i++)
		cnt += a->lit[i] != SAT_FALSE;
	return cnt;
}

static bool product(struct sat *sat, const struct bits *a,
		    const struct bits *b, struct bits *out)
{
	struct bits total = bits_const(0);

	if (rows_of(a) < rows_of(b)) {
		const struct bits *thin = a;

		a = b;
		b = thin;
	}
	if (rows_of(b) > ROWS_MAX)
		return false;
	for (int i = 0; i < BITS; i++) {
		struct bits row = shift_row(sat, SAT_TRUE, a, i, SAT_FALSE);

		if (b->lit[i] == SAT_FALSE)
			continue;
		for (int k = 0; k < BITS; k++)
			row.lit[k] = gate_and(sat, row.lit[k], b->lit[i]);
		total = sum(sat, &total, &row, SAT_FALSE);
	}
	*out = total;
	return true;
}

bool bits_alu(struct sat *sat, uint8_t op, bool wide, const struct bits *a,
	      const struct bits *b, struct bits *out)
{
	const struct bits zero = bits_const(0);
	struct bits x = wide ? *a : bits_extend(a, 4, false);
	struct bits y = wide ? *b : bits_extend(b, 4, false);

	switch (op) {
	case BPF_ADD: x = sum(sat, &x, &y, SAT_FALSE); break;
	case BPF_SUB: x = difference(sat, &x, &y); break;
	case BPF_NEG: x = difference(sat, &zero, &x); break;
	case BPF_AND: x = each(sat, gate_and, &x, &y); break;
	case BPF_OR: x = each(sat, gate_or, &x, &y); break;
	case BPF_XOR: x = each(sat, gate_xor, &x, &y); break;
	case BPF_MOV: x = y; break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH: x = shift(sat, op, wide, &x, &y); break;
	case BPF_MUL:
		if (!product(sat, &x, &y, &x))
			return false;
		break;
	default:
		return false;
	}
	*out = wide ? x : bits_extend(&x, 4, false);
	return true;
}

/* ---- comparisons ---- */

static uint32_t below(struct sat *sat, const struct bits *a,
		      const struct bits *b)
{
	uint32_t borrow = SAT_FALSE;

	for (unsigned int i = 0; i < BITS; i++)
		borrow = gate_major(sat, a->lit[i] ^ 1, b->lit[i], borrow);
	return borrow;
}

static uint32_t below_signed(struct sat *sat, struct bits a, struct bits b)
{
	a.lit[BITS - 1] ^= 1;
	b.lit[BITS - 1] ^= 1;
	return below(sat, &a, &b);
}

static uint32_t any(struct sat *sat, const struct bits *a)
{
	uint32_t out = SAT_FALSE;

	for (unsigned int i = 0; i < BITS; i++)
		out = gate_or(sat, out, a->lit[i]);
	return out;
}

static uint32_t differ(struct sat *sat, const struct bits *a,
		       const struct bits *b)
{
	struct bits bits = each(sat, gate_xor, a, b);

	return any(sat, &bits);
}

uint32_t bits_jump(struct sat *sat, uint8_t op, bool wide,
		   const struct bits *a, const struct bits *b)
{
	bool is_signed = op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT ||
			 op == BPF_JSLE;
	struct bits x = wide ? *a : bits_extend(a, 4, is_signed);
	struct bits y = wide ? *b : bits_extend(b, 4, is_signed);
	struct bits both;

	switch (op) {
	case BPF_JEQ: return differ(sat, &x, &y) ^ 1;
	case BPF_JNE: return differ(sat, &x, &y);
	case BPF_JLT: return below(sat, &x, &y);
	case BPF_JGE: return below(sat, &x, &y) ^ 1;
	case BPF_JGT: return below(sat, &y, &x);
	case BPF_JLE: return below(sat, &y, &x) ^ 1;
	case BPF_JSLT: return below_signed(sat, x, y);
	case BPF_JSGE: return below_signed(sat, x, y) ^ 1;
	case BPF_JSGT: return below_signed(sat, y, x);
	case BPF_JSLE: return below_signed(sat, y, x) ^ 1;
	default:
		both = each(sat, gate_and, &x, &y);
		return any(sat, &both);
	}
}

uint32_t bits_within(struct sat *sat, const struct bits *a, uint64_t base,
		     uint64_t size)
{
	struct bits from = bits_const(base), last = bits_const(size);
	struct bits way = difference(sat, a, &from);

	return below(sat, &last, &way) ^ 1;
}
