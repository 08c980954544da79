/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of blocks. Reverse postorder puts what follows behind what leads
 * there; of that, loops are gathered, so that nothing lies inside of a loop
 * that is not of it, and a loop whose head is its test gets it last: one jump
 * a round. Blocks that leave the function at once, where the other arm goes
 * on, come behind the likely ones, and those that are seldom reached behind
 * these: those that fault, and arms that somebody knows to be unlikely.
 */
#include "jit/x86/insns.h"

#include "spec/spec.h"

struct layout {
	struct ir_func *f;
	ir_block_id *order;	/* what is made */
	uint32_t cnt;
	uint8_t *ranks;		/* enum x86_rank */
	bool *placed;
	ir_block_id *head;	/* of the innermost loop around each block */
	ir_block_id *outer;	/* of a head: that of the loop around it */
	uint32_t *size;		/* blocks of the loop of a head */
	ir_block_id *stack;
};

/* ---- ranks ---- */

static bool gives_null(const struct ir_insn *insn)
{
	const struct helper_row *row;

	if (insn->op != IR_CALL)
		return false;
	row = helper_row((uint32_t)insn->imm);
	return row && row->ret == RET_MAP_VALUE_OR_NULL;
}

/* The successor that a branch seldom takes, or 2. */
static uint32_t unlikely_arm(const struct ir_func *f, const struct ir_block *b)
{
	const struct ir_insn *last = ir_at(f, b->last);
	const struct ir_insn *right;

	if (last->op != IR_BRANCH)
		return 2;
	if (last->sure)
		return 0;
	right = ir_at(f, last->args[1]);
	if (right->op != IR_CONST || right->imm ||
	    !gives_null(ir_at(f, last->args[0])))
		return 2;
	return last->cond == IR_EQ ? 0 : last->cond == IR_NE ? 1 : 2;
}

static bool only_seldom_preds(const struct layout *l, ir_block_id id)
{
	const struct ir_block *blk = ir_block(l->f, id);

	for (size_t i = 0; i < blk->preds.len; i++) {
		const struct ir_block *pred =
			ir_block(l->f, blk->preds.data[i]);
		uint32_t arm = unlikely_arm(l->f, pred);

		if (l->ranks[blk->preds.data[i]] != X86_SELDOM &&
		    (arm == 2 || pred->succs[arm] != id))
			return false;
	}
	return blk->preds.len > 0;
}

static bool only_seldom_succs(const struct layout *l, ir_block_id id)
{
	const struct ir_block *blk = ir_block(l->f, id);

	for (uint32_t i = 0; i < blk->succs_cnt; i++)
		if (l->ranks[blk->succs[i]] != X86_SELDOM)
			return false;
	return blk->succs_cnt || ir_is(l->f, blk->last, IR_FAULT);
}

bool x86_is_return(const struct ir_func *f, ir_block_id id)
{
	ir_ref ref = ir_block(f, id)->first;

	while (ir_is(f, ref, IR_PHI))
		ref = ir_at(f, ref)->next;
	return ir_is(f, ref, IR_RET);
}

/* A return, or a jump to one. */
static bool leaves(const struct ir_func *f, ir_block_id id)
{
	const struct ir_block *blk = ir_block(f, id);

	return x86_is_return(f, id) ||
	       (ir_is(f, blk->first, IR_JUMP) &&
		x86_is_return(f, blk->succs[0]));
}

/* It leaves, and whoever comes here could have gone on. */
static bool is_late(const struct ir_func *f, ir_block_id id)
{
	const struct ir_block *blk = ir_block(f, id), *pred;

	if (!leaves(f, id))
		return false;
	for (size_t i = 0; i < blk->preds.len; i++) {
		pred = ir_block(f, blk->preds.data[i]);
		if (pred->succs_cnt != 2 ||
		    leaves(f, pred->succs[pred->succs[0] == id]))
			return false;
	}
	return true;
}

static void find_ranks(struct layout *l)
{
	const struct ir_func *f = l->f;

	for (size_t i = f->order.len; i-- > 1;)
		if (only_seldom_succs(l, f->order.data[i]))
			l->ranks[f->order.data[i]] = X86_SELDOM;
	for (size_t i = 1; i < f->order.len; i++) {
		ir_block_id id = f->order.data[i];

		if (only_seldom_preds(l, id))
			l->ranks[id] = X86_SELDOM;
		else if (is_late(f, id) && l->ranks[id] == X86_LIKELY)
			l->ranks[id] = X86_LATE;
	}
}

/* ---- loops ---- */

static bool is_in(const struct layout *l, ir_block_id id, ir_block_id head)
{
	ir_block_id at = l->head[id];

	while (at != IR_NOWHERE && at != head)
		at = l->outer[at];
	return at == head;
}

static void push_member(struct layout *l, ir_block_id head, ir_block_id id,
			size_t *len)
{
	if (is_in(l, id, head))
		return;
	l->head[id] = head;
	l->size[head]++;
	l->stack[(*len)++] = id;
}

/* The blocks from which a back edge of `head` is reached without it. */
static void gather(struct layout *l, ir_block_id head)
{
	const struct ir_block *blk = ir_block(l->f, head);
	size_t len = 0;

	for (size_t i = 0; i < blk->preds.len; i++) {
		ir_block_id pred = blk->preds.data[i];

		if (!ir_dominates(l->f, head, pred))
			continue;
		if (l->head[head] != head) {
			l->outer[head] = l->head[head];
			l->head[head] = head;
			l->size[head] = 1;
		}
		push_member(l, head, pred, &len);
	}
	while (len) {
		blk = ir_block(l->f, l->stack[--len]);
		for (size_t i = 0; i < blk->preds.len; i++)
			push_member(l, head, blk->preds.data[i], &len);
	}
}

/* ---- placing ---- */

static bool tests_first(const struct layout *l, ir_block_id head)
{
	const struct ir_block *blk = ir_block(l->f, head);

	return blk->succs_cnt == 2 && is_in(l, blk->succs[0], head) !=
				      is_in(l, blk->succs[1], head);
}

/* From a head on, as it was placed: the head goes behind the rest. */
static void rotate(struct layout *l, ir_block_id head, uint32_t first)
{
	const struct ir_block *last =
		ir_block(l->f, l->order[l->cnt - 1]);

	if (l->cnt - first < 2 || !tests_first(l, head) ||
	    last->succs_cnt != 1 || last->succs[0] != head)
		return;
	memmove(&l->order[first], &l->order[first + 1],
		(l->cnt - first - 1) * sizeof(*l->order));
	l->order[l->cnt - 1] = head;
}

static void place(struct layout *l, ir_block_id id, enum x86_rank rank)
{
	const struct ir_func *f = l->f;
	uint32_t first = l->cnt, left;

	if (l->placed[id] || l->ranks[id] != rank)
		return;
	l->placed[id] = true;
	l->order[l->cnt++] = id;
	if (l->head[id] != id)
		return;
	left = l->size[id] - 1;
	for (size_t i = ir_block(f, id)->order + 1; left; i++) {
		if (!is_in(l, f->order.data[i], id))
			continue;
		left--;
		place(l, f->order.data[i], rank);
	}
	if (id)
		rotate(l, id, first);
}

static bool take_tables(struct layout *l)
{
	size_t cnt = l->f->blocks.len;
	struct arena *arena = l->f->arena;

	l->order = arena_array(arena, cnt, sizeof(*l->order));
	l->placed = arena_array(arena, cnt, sizeof(*l->placed));
	l->head = arena_array(arena, cnt, sizeof(*l->head));
	l->outer = arena_array(arena, cnt, sizeof(*l->outer));
	l->size = arena_array(arena, cnt, sizeof(*l->size));
	l->stack = arena_array(arena, cnt, sizeof(*l->stack));
	if (!l->order || !l->placed || !l->head || !l->outer || !l->size ||
	    !l->stack)
		return false;
	for (size_t i = 0; i < cnt; i++)
		l->head[i] = l->outer[i] = IR_NOWHERE;
	return true;
}

ir_block_id *x86_layout(struct ir_func *f, uint8_t *ranks)
{
	struct layout l = { .f = f, .ranks = ranks };

	if (!take_tables(&l))
		return NULL;
	find_ranks(&l);
	for (size_t i = 0; i < f->order.len; i++)
		gather(&l, f->order.data[i]);
	for (enum x86_rank rank = X86_LIKELY; rank <= X86_SELDOM; rank++)
		for (size_t i = 0; i < f->order.len; i++)
			place(&l, f->order.data[i], rank);
	return l.order;
}
