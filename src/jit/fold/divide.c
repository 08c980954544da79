/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Division by a constant as a multiplication. With K = 2^(64 + post) and
 * M c = K + e, where e >= 0 and x e < K:
 *
 *	x M / K = x / c + x e / (c K)
 *
 * and the second part is less than 1 / c, which is too little to reach the
 * next whole number. So x / c is (x M >> 64) >> post. tests/fold/prove.py has
 * the proof; M must fit in 64 bits. Where it does not, the zeros at the end
 * of c are divided away first, which makes x shorter. Reference: T. Granlund,
 * P. Montgomery, "Division by Invariant Integers using Multiplication", 1994.
 */
#include "jit/fold/divide.h"

__extension__ typedef unsigned __int128 uint128;

/* The least `post` that will do for all x <= max. */
static bool find(uint64_t c, uint64_t max, struct fold_magic *out)
{
	for (unsigned int post = 0; post < 64; post++) {
		uint128 k = (uint128)1 << (64 + post), m = k / c + 1;

		if (m >> 64)
			return false;
		if ((uint128)max * (uint64_t)(m * c - k) < k) {
			out->mul = (uint64_t)m;
			out->post = post;
			return true;
		}
	}
	return false;
}

bool fold_magic(uint64_t c, uint64_t max, struct fold_magic *out)
{
	unsigned int zeros = (unsigned int)__builtin_ctzll(c);

	assert(!is_pow2(c));
	out->pre = 0;
	if (find(c, max, out))
		return true;
	out->pre = zeros;
	return zeros && find(c >> zeros, max >> zeros, out);
}

static ir_ref shift_right(struct fold *m, ir_ref x, unsigned int by)
{
	return by ? fold_emit(m, IR_SHR, true, x, ir_const(m->f, by)) : x;
}

bool fold_divide(struct fold *m)
{
	const struct ir_insn *insn = ir_at(m->f, m->root);
	bool wide = insn->wide, rest = insn->op == IR_MOD;
	ir_ref x = fold_arg(m, m->root, 0), y = fold_arg(m, m->root, 1), out;
	struct fold_magic magic;
	uint64_t c;

	if ((insn->op != IR_DIV && !rest) || !fold_const(m, y, wide, &c) ||
	    c < 3 || is_pow2(c) ||
	    !fold_magic(c, fold_maybe(m, x, wide), &magic))
		return false;
	fold_answer_low(m, x, wide);
	x = m->out;
	out = fold_emit(m, IR_MULH, true, shift_right(m, x, magic.pre),
			ir_const(m->f, magic.mul));
	out = shift_right(m, out, magic.post);
	if (rest)
		out = fold_emit(m, IR_SUB, wide, x,
				fold_emit(m, IR_MUL, wide, out, y));
	return fold_answer(m, out);
}
