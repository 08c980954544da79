/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which bytes of frames can be variables. Addresses are followed from FRAMEs
 * through additions of constants. A frame whose address gets out of sight
 * (stored, mixed with others, handed to a function) is lost: all of its bytes
 * are pinned to memory. So are bytes that are reached by a variable index;
 * the verifier knows which they may be. What overlaps them is pinned, too.
 */
#include "jit/opt/stack.h"

#include <errno.h>
#include <string.h>

#include "helper/helper.h"
#include "map/map.h"
#include "prog/run.h"
#include "verify/state/state.h"

static_assert(STACK_BYTES == RUN_STACK_SIZE, "bytes of a frame");
static_assert(STACK_FRAMES == RUN_FRAMES_MAX, "frames of a run");

static void pin_all(struct stack *st, uint32_t frame)
{
	memset(st->pinned[frame], 0xff, sizeof(st->pinned[frame]));
}

/* ---- addresses ---- */

static bool in_frame(const struct stack_address *at)
{
	return at->where == STACK_AT || at->where == STACK_SOMEWHERE;
}

/* The frame's address goes where it is not followed. */
static void lose(struct stack *st, const struct stack_address *at)
{
	if (in_frame(at))
		pin_all(st, at->frame);
}

static struct stack_address moved(const struct ir_func *f,
				  const struct stack_address *from,
				  ir_ref by, bool back)
{
	const struct ir_insn *num = ir_at(f, by);
	struct stack_address at = *from;
	int64_t off;

	if (num->op != IR_CONST)
		at.where = STACK_SOMEWHERE;
	if (at.where != STACK_AT)
		return at;
	off = (int64_t)((uint64_t)at.off +
			(back ? -(uint64_t)num->imm : (uint64_t)num->imm));
	at.off = (int32_t)off;
	if (off != at.off)
		at.where = STACK_SOMEWHERE;
	return at;
}

static const struct stack_address elsewhere = { STACK_ELSEWHERE };

static struct stack_address sum(struct stack *st, const struct ir_insn *insn)
{
	const struct stack_address *left = &st->at[insn->args[0]];
	const struct stack_address *right = &st->at[insn->args[1]];

	if (insn->wide && in_frame(left) && !in_frame(right))
		return moved(st->f, left, insn->args[1], insn->op == IR_SUB);
	if (insn->wide && in_frame(right) && !in_frame(left) &&
	    insn->op == IR_ADD)
		return moved(st->f, right, insn->args[0], false);
	lose(st, left);
	lose(st, right);
	return elsewhere;
}

static struct stack_address meet(struct stack *st, struct stack_address a,
				 struct stack_address b)
{
	if (a.where == STACK_UNSEEN)
		return b;
	if (b.where == STACK_UNSEEN)
		return a;
	if (in_frame(&a) && in_frame(&b) && a.frame == b.frame) {
		if (a.where != b.where || a.off != b.off)
			a.where = STACK_SOMEWHERE;
		return a;
	}
	if (!in_frame(&a) && !in_frame(&b))
		return a.where >= b.where ? a : b;
	lose(st, &a);
	lose(st, &b);
	return (struct stack_address){ STACK_LOST };
}

static struct stack_address of_several(struct stack *st, const ir_ref *list,
				       uint32_t cnt)
{
	struct stack_address at = { STACK_UNSEEN };

	for (uint32_t i = 0; i < cnt; i++)
		at = meet(st, at, st->at[list[i]]);
	return at;
}

static struct stack_address of_value(struct stack *st, struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_ADD:
	case IR_SUB:
		return sum(st, insn);
	case IR_PHI:
		return of_several(st, insn->list, insn->cnt);
	case IR_SELECT:
		return of_several(st, &insn->args[2], 2);
	default:
		break;
	}
	for (uint32_t i = 0; ir_has(insn, IR_F_PURE) && i < insn->cnt; i++)
		lose(st, &st->at[insn->args[i]]);
	return elsewhere;
}

/* What floats is known at once; the rest by rounds, as loops need. */
static void find_addresses(struct stack *st)
{
	struct ir_func *f = st->f;
	bool changed = true;

	for (ir_ref ref = 1; ref < f->insns.len; ref++)
		if (ir_is(f, ref, IR_FRAME))
			st->at[ref] = (struct stack_address){
				STACK_AT, (uint16_t)ir_at(f, ref)->imm, 0 };
		else if (ir_has(ir_at(f, ref), IR_F_FLOATS))
			st->at[ref] = elsewhere;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < f->order.len; i++)
			ir_each_insn(f, ref, f->order.data[i]) {
				struct stack_address at =
					of_value(st, ir_at(f, ref));

				changed |= memcmp(&at, &st->at[ref],
						  sizeof(at)) != 0;
				st->at[ref] = at;
			}
	}
}

/* ---- ranges ---- */

/* How long what an argument points to is, by where its length is said. */
enum length {
	NO_LENGTH,
	OF_KEY, OF_VALUE,	/* of the map in the argument before, or two */
	OF_NEXT,		/* the argument behind it */
	OF_INT, OF_LONG,
};

static const struct {
	uint8_t length;
	bool reads, writes;
} kinds[ARG_KIND_CNT] = {
	[ARG_MAP_KEY]		= { OF_KEY, true, false },
	[ARG_MAP_KEY_OR_NULL]	= { OF_KEY, true, false },
	[ARG_MAP_VALUE]		= { OF_VALUE, true, false },
	[ARG_MAP_VALUE_OR_NULL]	= { OF_VALUE, true, false },
	[ARG_MAP_VALUE_OUT]	= { OF_VALUE, true, true },
	[ARG_MEM]		= { OF_NEXT, true, false },
	[ARG_MEM_OR_NULL]	= { OF_NEXT, true, false },
	[ARG_MEM_OUT]		= { OF_NEXT, true, true },
	[ARG_MEM_OUT_OR_NULL]	= { OF_NEXT, true, true },
	[ARG_MEM_INOUT]		= { OF_NEXT, true, true },
	[ARG_INT_OUT]		= { OF_INT, true, true },
	[ARG_INT_INOUT]		= { OF_INT, true, true },
	[ARG_LONG_OUT]		= { OF_LONG, true, true },
};

/* The map that a helper is handed; NULL: not known. */
static const struct map *map_of(const struct stack *st,
				const struct ir_insn *call)
{
	const struct helper_row *row = helper_row((uint32_t)call->imm);
	const struct prog *prog = st->f->prog;
	const struct ir_insn *map = NULL;

	for (uint32_t i = 0; i < call->cnt; i++)
		if (row->args[i] == ARG_MAP)
			map = ir_at(st->f, call->list[i]);
	for (uint32_t i = 0; map && map->op == IR_CONST &&
	     i < prog->maps_cnt; i++)
		if (prog->maps[i] && (uintptr_t)prog->maps[i] ==
				     (uint64_t)map->imm)
			return prog->maps[i];
	return NULL;
}

static uint32_t next_length(const struct stack *st,
			    const struct ir_insn *call, uint32_t arg)
{
	const struct ir_insn *size;

	if (arg + 1 >= call->cnt)
		return 0;
	size = ir_at(st->f, call->list[arg + 1]);
	return size->op == IR_CONST && (uint64_t)size->imm <= STACK_BYTES ?
	       (uint32_t)size->imm : 0;
}

/* Bytes behind a pointer that is handed over; 0: not known. */
static uint32_t length_of(const struct stack *st, const struct ir_insn *call,
			  uint32_t arg)
{
	const struct helper_row *row = helper_row((uint32_t)call->imm);
	const struct map *map = map_of(st, call);

	switch (kinds[row->args[arg]].length) {
	case OF_KEY:
		return map ? map->def.key_size : 0;
	case OF_VALUE:
		return map ? map->def.value_size : 0;
	case OF_NEXT:
		return next_length(st, call, arg);
	case OF_INT:
		return 4;
	case OF_LONG:
		return 8;
	default:
		return 0;
	}
}

static bool fill_range(struct stack_range *range,
		       const struct stack_address *at, int64_t off,
		       uint32_t len)
{
	off += at->off + (int64_t)STACK_BYTES;
	if (at->where != STACK_AT || !len || off < 0 ||
	    off + len > STACK_BYTES)
		return false;
	range->frame = at->frame;
	range->from = (uint32_t)off;
	range->to = range->from + len;
	return true;
}

static bool is_access(const struct ir_insn *insn)
{
	return insn->op == IR_LOAD || insn->op == IR_STORE ||
	       insn->op == IR_ATOMIC || insn->op == IR_CMPXCHG;
}

bool stack_range(const struct stack *st, ir_ref ref, uint32_t arg,
		 struct stack_range *range)
{
	struct ir_insn *insn = ir_at(st->f, ref);
	const struct stack_address *at = &st->at[ir_args(insn)[arg]];
	uint8_t kind;

	if (is_access(insn)) {
		range->reads = insn->op != IR_STORE;
		range->writes = insn->op != IR_LOAD;
		return !arg && fill_range(range, at, insn->imm, insn->size);
	}
	if (insn->op != IR_CALL)
		return false;
	kind = helper_row((uint32_t)insn->imm)->args[arg];
	range->reads = kinds[kind].reads;
	range->writes = kinds[kind].writes;
	return fill_range(range, at, 0, length_of(st, insn, arg));
}

/* ---- what is pinned ---- */

static void pin_range(struct stack *st, uint32_t frame, int64_t from,
		      int64_t to)
{
	from = MAX(from + STACK_BYTES, 0);
	to = MIN(to + STACK_BYTES, STACK_BYTES);
	for (int64_t byte = from; byte < to; byte++)
		stack_set(st->pinned[frame], (uint32_t)byte);
}

/* An access by an index: the verifier knows how far it may go. */
static void pin_indexed(struct stack *st, const struct ir_insn *insn)
{
	const struct prog *prog = st->f->prog;
	const struct bpf_insn *from = &prog->insns[insn->slot];
	const struct verify_fact *fact =
		&st->facts->insns[prog_origin(prog, insn->slot)];
	const struct verify_operand *base;
	uint32_t frame = st->at[insn->args[0]].frame;
	uint8_t class = BPF_CLASS(from->code);

	base = insn_base_is_dst(from) ? &fact->dst : &fact->src;
	if ((class != BPF_LDX && class != BPF_ST && class != BPF_STX) ||
	    base->type != REG_STACK ||
	    scalar_smin(&base->num) < -STACK_BYTES ||
	    scalar_smax(&base->num) > 0)
		pin_all(st, frame);
	else
		pin_range(st, frame, scalar_smin(&base->num) + from->off,
			  scalar_smax(&base->num) + from->off + insn->size);
}

static void pin_operand(struct stack *st, ir_ref ref, uint32_t arg)
{
	struct ir_insn *insn = ir_at(st->f, ref);
	const struct stack_address *at = &st->at[ir_args(insn)[arg]];
	struct stack_range range;

	if (!in_frame(at) || stack_range(st, ref, arg, &range))
		return;
	if (is_access(insn) && !arg)
		pin_indexed(st, insn);
	else if (insn->op == IR_STORE || insn->op == IR_CALL ||
		 insn->op == IR_LOCAL || is_access(insn))
		pin_all(st, at->frame);
}

static bool is_pinned(const struct stack *st, const struct stack_range *range)
{
	for (uint32_t byte = range->from; byte < range->to; byte++)
		if (stack_has(st->pinned[range->frame], byte))
			return true;
	return false;
}

/* What overlaps pinned bytes is pinned: true when that is news. */
static bool spread(struct stack *st, ir_ref ref)
{
	struct ir_insn *insn = ir_at(st->f, ref);
	struct stack_range range;
	bool news = false;

	for (uint32_t i = 0; i < insn->cnt; i++) {
		if (!stack_range(st, ref, i, &range) ||
		    !is_pinned(st, &range))
			continue;
		for (uint32_t byte = range.from; byte < range.to; byte++) {
			news |= !stack_has(st->pinned[range.frame], byte);
			stack_set(st->pinned[range.frame], byte);
		}
	}
	return news;
}

static void find_pinned(struct stack *st)
{
	struct ir_func *f = st->f;
	bool news = true;

	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			for (uint32_t k = 0; k < ir_at(f, ref)->cnt; k++)
				pin_operand(st, ref, k);
	while (news) {
		news = false;
		for (size_t i = 0; i < f->order.len; i++)
			ir_each_insn(f, ref, f->order.data[i])
				news |= spread(st, ref);
	}
}

/* ---- variables ---- */

static void cut(struct stack *st, ir_ref ref)
{
	struct ir_insn *insn = ir_at(st->f, ref);
	struct stack_range range;

	for (uint32_t i = 0; i < insn->cnt; i++) {
		if (!stack_range(st, ref, i, &range) ||
		    is_pinned(st, &range))
			continue;
		stack_set(st->cuts[range.frame], range.from);
		if (range.to < STACK_BYTES)
			stack_set(st->cuts[range.frame], range.to);
		for (uint32_t byte = range.from; byte < range.to; byte++)
			stack_set(st->used[range.frame], byte);
	}
}

static int add_vars(struct stack *st, uint32_t frame)
{
	struct stack_var *var = NULL;

	for (uint32_t byte = 0; byte < STACK_BYTES; byte++) {
		st->var_of[frame][byte] = STACK_NONE;
		if (!stack_has(st->used[frame], byte)) {
			var = NULL;
			continue;
		}
		if (!var || byte % 8 == 0 || stack_has(st->cuts[frame], byte)) {
			var = vec_push(&st->vars);
			if (!var)
				return -ENOMEM;
			var->frame = (uint8_t)frame;
			var->from = (uint16_t)byte;
		}
		var->size++;
		st->var_of[frame][byte] = (uint16_t)(st->vars.len - 1);
	}
	return 0;
}

int stack_find(struct stack *st, struct ir_func *f,
	       const struct verify_facts *facts)
{
	int err = 0;

	*st = (struct stack){ .f = f, .facts = facts };
	st->at = calloc(f->insns.len, sizeof(*st->at));
	if (!st->at)
		return -ENOMEM;
	find_addresses(st);
	find_pinned(st);
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			cut(st, ref);
	for (uint32_t frame = 0; !err && frame < STACK_FRAMES; frame++)
		err = add_vars(st, frame);
	return err;
}
