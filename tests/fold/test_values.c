/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rules stand on: constant operations against the model, known bits
 * against all words of four bits and against samples of the real widths,
 * multipliers for division against division.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ir_run.h"
#include "jit/fold/divide.h"
#include "jit/fold/known.h"

#define SAMPLES		20000
#define W		4
#define WORDS		(1u << W)

static uint32_t wrong;
static uint64_t seed = 88172645463325252u;

static void complain(const char *what, enum ir_op op, uint64_t x, uint64_t y)
{
	if (wrong++ < 10)
		fprintf(stderr, "%s: %s %#llx %#llx\n", what, ir_rows[op].text,
			(unsigned long long)x, (unsigned long long)y);
}

static struct ir_insn draw_insn(enum ir_op op)
{
	return (struct ir_insn){
		.op = (uint8_t)op,
		.wide = op == IR_MULH || draw_word(&seed) & 1,
		.size = (uint8_t)(1u << draw_word(&seed) % 3),
		.cond = (uint8_t)(draw_word(&seed) % IR_CONDS),
		.cnt = ir_rows[op].args,
	};
}

/* Words of which some bits are known: the word itself is one of them. */
static struct tnum around(uint64_t x)
{
	uint64_t mask = draw_word(&seed) & draw_bits(&seed);

	return (struct tnum){ x & ~mask, mask };
}

static void check_op(enum ir_op op)
{
	for (int i = 0; i < SAMPLES; i++) {
		struct ir_insn insn = draw_insn(op);
		struct tnum known[4];
		uint64_t args[4], is;

		for (int k = 0; k < 4; k++) {
			args[k] = draw_bits(&seed);
			known[k] = around(args[k]);
		}
		if (i % 16 == 0)
			args[1] = args[0], known[1] = known[0];
		is = ir_run_op(&insn, args);
		if (fold_eval_insn(&insn, args) != is)
			complain("eval", op, args[0], args[1]);
		if (!tnum_has(known_insn(&insn, known), is))
			complain("known", op, args[0], args[1]);
	}
}

/* ---- four bits ---- */

/*
 * The operation on four bits, by the model's on 64: SAR needs the sign above
 * them, ROL what comes in from there.
 */
static uint64_t small(enum ir_op op, uint64_t x, uint64_t y)
{
	struct ir_insn insn = { .op = (uint8_t)op, .wide = true,
				.cnt = ir_rows[op].args };
	bool shifts = op >= IR_SHL && op <= IR_ROL;

	if (op == IR_SAR && x >> (W - 1))
		x |= UINT64_MAX << W;
	if (op == IR_ROL)
		x *= UINT64_MAX / (WORDS - 1);
	return ir_run_op(&insn, (uint64_t[]){ x, shifts ? y % W : y });
}

static void check_small(enum ir_op op, struct tnum a, struct tnum b)
{
	struct tnum out = known_alu(op, W, a, b);

	if (out.value & out.mask || (out.value | out.mask) >= WORDS)
		complain("not a word of the width", op, a.value, b.value);
	for (uint64_t x = 0; x < WORDS; x++)
		for (uint64_t y = 0; y < WORDS; y++)
			if (tnum_has(a, x) && tnum_has(b, y) &&
			    !tnum_has(out, small(op, x, y) & (WORDS - 1)))
				complain("known, four bits", op, x, y);
}

/* Masks and shifts by numbers lose nothing that the words have in common. */
static void check_best(enum ir_op op, struct tnum a, uint64_t y)
{
	struct tnum out = known_alu(op, W, a, tnum_const(y)), best = { 0 };
	bool any = false;

	for (uint64_t x = 0; x < WORDS; x++)
		if (tnum_has(a, x)) {
			struct tnum one = tnum_const(small(op, x, y) &
						     (WORDS - 1));

			best = any ? tnum_join(best, one) : one;
			any = true;
		}
	if (out.value != best.value || out.mask != best.mask)
		complain("known, but not all", op, a.value, y);
}

static void check_all_small(enum ir_op op)
{
	for (uint64_t i = 0; i < WORDS * WORDS; i++)
		for (uint64_t k = 0; k < WORDS * WORDS; k++) {
			struct tnum a = { i / WORDS, i % WORDS };
			struct tnum b = { k / WORDS, k % WORDS };

			if (a.value & a.mask || b.value & b.mask)
				continue;
			check_small(op, a, b);
			if (!b.mask && op >= IR_AND && op <= IR_ROL)
				check_best(op, a, b.value);
		}
}

/* ---- division ---- */

static void check_quotients(uint64_t c, uint64_t max,
			    const struct fold_magic *magic)
{
	__extension__ typedef unsigned __int128 uint128;

	for (int i = 0; i < 64; i++) {
		uint64_t x = draw_bits(&seed);

		/* next to multiples is where it goes wrong */
		if (i & 1)
			x = x / c * c - 1 + (i >> 1 & 1);
		if (i < 2)
			x = max - (uint64_t)i;
		if (x > max)
			continue;
		if ((uint64_t)((uint128)(x >> magic->pre) * magic->mul >> 64)
		    >> magic->post != x / c)
			complain("magic", IR_DIV, x, c);
	}
}

static void check_division(void)
{
	uint32_t found = 0, narrow = 0;

	for (int i = 0; i < SAMPLES; i++) {
		uint64_t c = i < 4000 ? (uint64_t)i : draw_bits(&seed);
		uint64_t max = i & 1 ? UINT32_MAX : UINT64_MAX;
		struct fold_magic magic;

		if (c < 3 || is_pow2(c))
			continue;
		if (fold_magic(c, max, &magic)) {
			found += max == UINT64_MAX;
			check_quotients(c, max, &magic);
		} else if (max == UINT32_MAX && c <= UINT32_MAX) {
			complain("no multiplier", IR_DIV, c, max);
		}
		narrow += max == UINT32_MAX;
	}
	if (!found || !narrow)
		complain("no constant has a multiplier", IR_DIV, 0, 0);
}

int main(void)
{
	for (enum ir_op op = IR_ADD; op <= IR_SELECT; op++)
		check_op(op);
	for (enum ir_op op = IR_ADD; op <= IR_NEG; op++)
		if (op != IR_SDIV && op != IR_SMOD)
			check_all_small(op);
	check_division();
	printf("%u wrong\n", wrong);
	return wrong != 0;
}
