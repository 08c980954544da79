/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the functions that generate.py makes of fold.rules are written in: to
 * look at instructions, to ask about constants, to answer. fold.c is the
 * engine around them. Nothing else includes this.
 */
#ifndef SKEP_JIT_FOLD_MATCH_H
#define SKEP_JIT_FOLD_MATCH_H

#include "base/bits.h"
#include "jit/fold/eval.h"
#include "jit/fold/fold.h"
#include "verify/number/tnum.h"

struct fold_known {
	struct tnum bits;
	bool there;
};

struct fold {
	struct ir_func *f;
	ir_ref root;			/* what is folded now */
	ir_ref out;			/* the rule's answer: a value ... */
	int decided;			/* ... or of a condition: 0, 1, or -1:
					 * it has been rewritten in the root */
	unsigned int depth;		/* of new instructions' own folding */
	bool changed;
	bool flow;			/* a branch was decided */
	VEC(struct fold_known) known;	/* by ref, as far as asked */
	const uint8_t *narrow;		/* PHIs without an upper half; NULL:
					 * not known */
	VEC(uint32_t) uses;		/* by ref; empty: not counted */
	uint32_t *fired;		/* or NULL */
};

/*
 * A rule, and of which operations the root's first two operands must be (a
 * bit for each) for it to be tried at all. true: m->out, or m->decided.
 */
struct fold_row {
	bool (*rule)(struct fold *m);
	uint32_t number;
	uint64_t first, second;
};

static_assert(IR_OPS < 64, "operations are bits of a word");

/* Rows by the root's operation, NULL or up to one without a rule. */
extern const struct fold_row *const fold_rows[IR_OPS];
extern const struct fold_row *const fold_rows_cond;

/* ---- looking ---- */

static inline ir_ref fold_arg(const struct fold *m, ir_ref ref,
			      unsigned int index)
{
	return ir_value(m->f, ir_at(m->f, ref)->args[index]);
}

static inline bool fold_is(const struct fold *m, ir_ref ref, enum ir_op op)
{
	return ir_is(m->f, ref, op);
}

static inline bool fold_width(const struct fold *m, ir_ref ref, bool wide)
{
	return ir_at(m->f, ref)->wide == wide;
}

/* Its low half is what counts: a wide one gives the same there. */
static inline bool fold_low(const struct fold *m, ir_ref ref, bool wide)
{
	return ir_at(m->f, ref)->wide >= wide;
}

static inline bool fold_once(const struct fold *m, ir_ref ref)
{
	return ref < m->uses.len && m->uses.data[ref] == 1;
}

static inline uint64_t fold_mask(uint64_t value, bool wide)
{
	return wide ? value : (uint32_t)value;
}

static inline bool fold_const(const struct fold *m, ir_ref ref, bool wide,
			      uint64_t *out)
{
	*out = fold_mask((uint64_t)ir_at(m->f, ref)->imm, wide);
	return fold_is(m, ref, IR_CONST);
}

static inline bool fold_is_const(const struct fold *m, ir_ref ref, bool wide,
				 uint64_t value)
{
	uint64_t found;

	return fold_const(m, ref, wide, &found) &&
	       found == fold_mask(value, wide);
}

static inline uint64_t fold_bits(const struct fold *m, ir_ref ref)
{
	return ir_at(m->f, ref)->size * 8ull;
}

/* ---- of constants ---- */

static inline uint64_t fold_w(bool wide)
{
	return wide ? 64 : 32;
}

static inline bool fold_pow2(uint64_t x)
{
	return is_pow2(x);
}

static inline uint64_t fold_log2(uint64_t x)
{
	return (uint64_t)__builtin_ctzll(x);
}

static inline uint64_t fold_ones(uint64_t bits)
{
	return bits < 64 ? (1ull << bits) - 1 : UINT64_MAX;
}

static inline uint64_t fold_min(uint64_t x, uint64_t y)
{
	return MIN(x, y);
}

static inline bool fold_size(uint64_t bits)
{
	return bits == 8 || bits == 16 || bits == 32;
}

/* ---- known bits ---- */

struct tnum fold_known(struct fold *m, ir_ref ref);

static inline uint64_t fold_maybe(struct fold *m, ir_ref ref, bool wide)
{
	struct tnum bits = fold_known(m, ref);

	return fold_mask(bits.value | bits.mask, wide);
}

static inline uint64_t fold_surely(struct fold *m, ir_ref ref, bool wide)
{
	return fold_mask(fold_known(m, ref).value, wide);
}

/* ---- answers ---- */

/* New instructions before the root, in their own simplest form. */
ir_ref fold_emit(struct fold *m, enum ir_op op, bool wide, ir_ref x,
		 ir_ref y);
ir_ref fold_emit_size(struct fold *m, enum ir_op op, bool wide,
		      uint64_t bits, ir_ref x);
ir_ref fold_emit_select(struct fold *m, unsigned int cond, bool wide,
			const ir_ref args[4]);

/* Each of these ends a rule. */
bool fold_answer(struct fold *m, ir_ref ref);
/* ... with the low half of a value, where the root is narrow */
bool fold_answer_low(struct fold *m, ir_ref ref, bool wide);
bool fold_decide(struct fold *m, bool truth);
bool fold_compare(struct fold *m, unsigned int cond, bool wide, ir_ref x,
		  ir_ref y);

#endif
