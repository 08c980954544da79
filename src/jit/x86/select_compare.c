/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons set flags for a jump, a conditional move or a set byte. First it
 * is decided how (select_compare), since what follows wants the condition and
 * is made before; then the comparison itself is made.
 *
 * A value that is compared with 0 need not be when what computes it sets flags
 * and can be computed last: then it is selected here, and its flags are used.
 */
#include "jit/x86/select.h"

#define STEP_MOST	32	/* instructions before the comparison */

static const uint8_t conds[IR_CONDS] = {
	[IR_EQ] = X86_E, [IR_NE] = X86_NE,
	[IR_ULT] = X86_B, [IR_UGE] = X86_AE,
	[IR_ULE] = X86_BE, [IR_UGT] = X86_A,
	[IR_SLT] = X86_L, [IR_SGE] = X86_GE,
	[IR_SLE] = X86_LE, [IR_SGT] = X86_G,
	[IR_NONE] = X86_E, [IR_ANY] = X86_NE,
};

/* Of numbers that have no sign. */
static const uint8_t unsigned_cond[IR_CONDS] = {
	[IR_EQ] = IR_EQ, [IR_NE] = IR_NE,
	[IR_ULT] = IR_ULT, [IR_UGE] = IR_UGE,
	[IR_ULE] = IR_ULE, [IR_UGT] = IR_UGT,
	[IR_SLT] = IR_ULT, [IR_SGE] = IR_UGE,
	[IR_SLE] = IR_ULE, [IR_SGT] = IR_UGT,
	[IR_NONE] = IR_NONE, [IR_ANY] = IR_ANY,
};

struct question {
	enum ir_cond cond;
	bool wide;
	ir_ref left, right;
};

static bool is_tests(enum ir_cond cond)
{
	return cond == IR_NONE || cond == IR_ANY;
}

/* Constants go right; what has no upper halves is compared without them. */
static void simplify(struct select *s, struct question *q)
{
	bool test = is_tests(q->cond);
	uint32_t bits;

	if (select_is_number(s, q->left) && !select_is_number(s, q->right)) {
		ir_ref left = q->left;

		q->left = q->right;
		q->right = left;
		q->cond = ir_exchanged[q->cond];
	}
	bits = test ? MIN(select_bits(s, q->left), select_bits(s, q->right)) :
		      MAX(select_bits(s, q->left), select_bits(s, q->right));
	if (!q->wide || bits > 32)
		return;
	if (bits < 32)
		q->cond = unsigned_cond[q->cond];
	if (q->cond < IR_SLT || test)
		q->wide = false;
}

/* (a & b) compared with 0 is a test of both. */
static void look_into_and(struct select *s, struct question *q)
{
	const struct ir_insn *left = select_at(s, q->left);
	int64_t zero;

	if ((q->cond != IR_EQ && q->cond != IR_NE) || left->op != IR_AND ||
	    s->uses[q->left] != 1 || !select_may_sink(s, q->left) ||
	    !select_number(s, q->right, q->wide, &zero) || zero)
		return;
	q->cond = q->cond == IR_EQ ? IR_NONE : IR_ANY;
	q->wide = q->wide && left->wide;
	q->right = left->args[1];
	q->left = left->args[0];
	simplify(s, q);
}

/* ---- tests ---- */

static bool test_one_bit(const struct select *s, const struct question *q,
			 struct select_compare *c)
{
	const struct ir_insn *right = select_at(s, q->right);
	uint64_t mask = (uint64_t)right->imm;

	if (!q->wide || right->op != IR_CONST || !mask || mask & (mask - 1) ||
	    mask <= INT32_MAX)
		return false;
	c->insn = X86_INSN_BT;
	c->shape = X86_SHAPE_RI;
	c->number = __builtin_ctzll(mask);
	c->cond = q->cond == IR_NONE ? X86_AE : X86_B;
	return true;
}

/* Numbers without upper bits need no more than the byte, or the low half. */
static bool test_number(struct select *s, const struct question *q,
			struct select_compare *c)
{
	const struct ir_insn *right = select_at(s, q->right);
	uint64_t mask = (uint64_t)right->imm;

	if (!q->wide)
		mask = (uint32_t)mask;
	if (right->op != IR_CONST ||
	    (mask > UINT32_MAX && mask != (uint64_t)(int32_t)mask))
		return false;
	c->wide = mask > UINT32_MAX;
	c->size = mask <= UINT8_MAX ? 1 : 0;
	c->number = mask <= UINT32_MAX ? (int32_t)mask : (int64_t)mask;
	c->shape = X86_SHAPE_RI;
	if (select_takes_load(s, q->left, c->size ?: c->wide ? 8 : 4)) {
		c->shape = X86_SHAPE_MI;
		c->load = q->left;
	}
	return true;
}

static void plan_test(struct select *s, const struct question *q,
		      struct select_compare *c)
{
	c->insn = X86_INSN_TEST;
	if (test_number(s, q, c) || test_one_bit(s, q, c))
		return;
	c->shape = X86_SHAPE_RR;
	if (select_takes_load(s, q->left, q->wide ? 8 : 4)) {
		c->left = q->right;
		c->load = q->left;
		c->shape = X86_SHAPE_MR;
	} else if (select_takes_load(s, q->right, q->wide ? 8 : 4)) {
		c->load = q->right;
		c->shape = X86_SHAPE_MR;
	}
}

/* ---- comparisons ---- */

static bool sets_flags(const struct select *s, const struct ir_insn *insn)
{
	int64_t by;

	switch (insn->op) {
	case IR_ADD:
	case IR_SUB:
	case IR_AND:
	case IR_OR:
	case IR_XOR:
		return true;
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
		return select_number(s, insn->args[1], insn->wide, &by) &&
		       by & (insn->wide ? 63 : 31);
	default:
		return false;
	}
}

/* Of another width: the whole result is in question, and its sign is not. */
static bool same_flags(const struct select *s, const struct question *q,
		       bool sign)
{
	const struct ir_insn *left = select_at(s, q->left);

	if (left->wide == q->wide)
		return true;
	return !sign && (q->wide || select_bits(s, q->left) <= 32);
}

static bool plan_again(struct select *s, const struct question *q,
		       struct select_compare *c)
{
	const struct ir_insn *left = select_at(s, q->left);
	bool sign = q->cond == IR_SLT || q->cond == IR_SGE;

	if ((q->cond > IR_NE && !sign) || !sets_flags(s, left) ||
	    ir_is(s->f, left->args[0], IR_FRAME) ||
	    !same_flags(s, q, sign) || !select_may_sink(s, q->left))
		return false;
	c->again = true;
	if (sign)
		c->cond = q->cond == IR_SLT ? X86_S : X86_NS;
	return true;
}

/* A loaded byte or word with a number of its size; no sign is left then. */
static bool plan_narrow(struct select *s, const struct question *q,
			struct select_compare *c)
{
	const struct ir_insn *load = select_at(s, q->left);
	int64_t most = load->size == 1 ? UINT8_MAX : INT8_MAX;

	if (load->op != IR_LOAD || load->size > 2 || load->sign ||
	    c->number < 0 || c->number > most ||
	    !select_takes_load(s, q->left, load->size))
		return false;
	c->cond = (enum x86_cond)conds[unsigned_cond[q->cond]];
	c->size = load->size;
	c->shape = X86_SHAPE_MI;
	c->load = q->left;
	return true;
}

/*
 * x == n, where x is not needed any more but x + k is: (x + k) == n + k. Loops
 * whose counter is compared before its step need one register less.
 */
static void compare_step(struct select *s, const struct question *q,
			 struct select_compare *c)
{
	struct question again = *q;
	const struct ir_insn *step;
	uint32_t left = STEP_MOST;
	int64_t by, sum;

	if (q->cond > IR_NE || select_lives_on(s, q->left))
		return;
	for (ir_ref at = select_at(s, s->at)->prev; at && left--;
	     at = step->prev) {
		step = select_at(s, at);
		if (step->op != IR_ADD || step->wide != q->wide ||
		    step->args[0] != q->left || !s->needs[at] ||
		    !select_number(s, step->args[1], q->wide, &by))
			continue;
		sum = c->number + by;
		sum = q->wide ? sum : (int32_t)sum;
		if (sum != (int32_t)sum)
			return;
		c->left = again.left = at;
		c->number = sum;
		if (!sum)
			plan_again(s, &again, c);
		return;
	}
}

static void plan_number(struct select *s, const struct question *q,
			struct select_compare *c)
{
	c->shape = X86_SHAPE_RI;
	if (!c->number && plan_again(s, q, c))
		return;
	if (plan_narrow(s, q, c))
		return;
	if (select_takes_load(s, q->left, q->wide ? 8 : 4)) {
		c->shape = X86_SHAPE_MI;
		c->load = q->left;
		return;
	}
	compare_step(s, q, c);
	if (!c->number) {
		c->insn = X86_INSN_TEST;
		c->shape = X86_SHAPE_RR;
		c->right = c->left;
	}
}

/* A loaded byte or word with a value that has no more bits. */
static bool plan_narrow_value(struct select *s, struct question q,
			      struct select_compare *c)
{
	const struct ir_insn *load = select_at(s, q.left);

	if (load->op != IR_LOAD) {
		q = (struct question){ (enum ir_cond)ir_exchanged[q.cond],
				       q.wide, q.right, q.left };
		load = select_at(s, q.left);
	}
	if (load->op != IR_LOAD || load->size > 2 || load->sign ||
	    select_bits(s, q.right) > load->size * 8u ||
	    !select_takes_load(s, q.left, load->size))
		return false;
	c->cond = (enum x86_cond)conds[unsigned_cond[q.cond]];
	c->size = load->size;
	c->shape = X86_SHAPE_MR;
	c->left = q.right;
	c->load = q.left;
	return true;
}

static void plan_compare(struct select *s, const struct question *q,
			 struct select_compare *c)
{
	uint32_t size = q->wide ? 8 : 4;

	c->insn = X86_INSN_CMP;
	if (select_number(s, q->right, q->wide, &c->number)) {
		plan_number(s, q, c);
		return;
	}
	if (plan_narrow_value(s, *q, c))
		return;
	c->shape = X86_SHAPE_RR;
	if (select_takes_load(s, q->right, size)) {
		c->load = q->right;
		c->shape = X86_SHAPE_RM;
	} else if (select_takes_load(s, q->left, size)) {
		c->left = q->right;
		c->load = q->left;
		c->shape = X86_SHAPE_MR;
	}
}

struct select_compare select_compare(struct select *s, enum ir_cond cond,
				     bool wide, ir_ref left, ir_ref right)
{
	struct question q = { cond, wide, left, right };
	struct select_compare c = { 0 };

	simplify(s, &q);
	look_into_and(s, &q);
	c.cond = (enum x86_cond)conds[q.cond];
	c.wide = q.wide;
	c.left = q.left;
	c.right = q.right;
	if (is_tests(q.cond))
		plan_test(s, &q, &c);
	else
		plan_compare(s, &q, &c);
	return c;
}

void select_put_compare(struct select *s, const struct select_compare *c)
{
	struct select_address mem;
	struct mach_insn *insn;

	if (c->again) {
		s->flags = true;
		select_now(s, c->left);
		s->flags = false;
		return;
	}
	insn = select_insn(s, c->insn, c->shape, c->wide);
	insn->size = c->size;
	insn->imm = c->number;
	if (c->shape == X86_SHAPE_RR || c->shape == X86_SHAPE_RI ||
	    c->shape == X86_SHAPE_RM || c->shape == X86_SHAPE_MR)
		select_use(s, c->left, c->wide);
	if (c->shape == X86_SHAPE_RR)
		select_use_right(s, c->right, c->wide);
	if (c->load) {
		mem = select_memory(s, c->load);
		select_use_address(s, &mem);
	}
}
