/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One output pass over the instructions, by a plan made before: each slot is
 * kept, left out, or becomes an unconditional jump or an exit. Jumps, calls,
 * subprograms and source lines are moved along; distances only shrink, so all
 * of them still fit.
 *
 * Only what follows from the proof is done here, on the linked form that all
 * engines read. What depends on where a program runs stays with the engines,
 * by table when they decode: context fields (prog/ctx.h) and addresses of
 * maps, which do not exist yet when a program is proven; helper ids, which
 * each engine turns into its own kind of call; and division by zero, which is
 * a branch in native code and none in an interpreter.
 *
 * Control never comes to what is left out. Where text would run into it all
 * the same (behind a call that does not return), an exit is put in its place;
 * likewise for a subprogram whose address is taken but that nothing runs.
 */
#include "verify/facts/rewrite.h"

#include <errno.h>

#include "isa/insn.h"

enum plan {
	PLAN_DROP,
	PLAN_KEEP,
	PLAN_JUMP,		/* a conditional jump that always does */
	PLAN_EXIT,
};

struct rewrite {
	const struct prog *in;
	const struct verify_facts *facts;
	struct arena *arena;
	uint8_t *ops;			/* enum op of each slot */
	uint8_t *plan;			/* enum plan of each slot */
	uint32_t *moved;		/* slot -> where it, or what follows
					 * it, is; one more for the end */
	struct bpf_insn *insns;
	uint32_t *origin;
};

static bool reached(const struct rewrite *rw, uint32_t slot)
{
	return rw->facts->insns[slot].flags & FACT_REACHED;
}

static bool is_branch(enum op op)
{
	return op_rows[op].off.kind == FIELD_JUMP && op != OP_JA;
}

static bool ends_path(enum op op)
{
	return op == OP_EXIT || op == OP_JA || op == OP_JA32;
}

static uint32_t target(const struct rewrite *rw, uint32_t slot)
{
	int64_t distance = 0;

	insn_target(&rw->in->insns[slot], &distance);
	return (uint32_t)(slot + 1 + distance);
}

static enum plan plan_of(const struct rewrite *rw, uint32_t slot)
{
	uint8_t ways = rw->facts->insns[slot].flags & (FACT_JUMPS |
						       FACT_FALLS);

	if (!reached(rw, slot))
		return PLAN_DROP;
	if (!is_branch(rw->ops[slot]) || !ways ||
	    ways == (FACT_JUMPS | FACT_FALLS))
		return PLAN_KEEP;
	return ways == FACT_JUMPS ? PLAN_JUMP : PLAN_DROP;
}

/* Does text run from here into what follows it? */
static bool runs_on(const struct rewrite *rw, uint32_t slot)
{
	return reached(rw, slot) && rw->plan[slot] != PLAN_JUMP &&
	       !ends_path(rw->ops[slot]);
}

/* The start of a subprogram that is named and yet not reached. */
static void plan_named(struct rewrite *rw, uint32_t slot)
{
	enum op op = rw->ops[slot];

	if (reached(rw, slot) && (op == OP_CALL_LOCAL || op == OP_LD_FUNC) &&
	    !reached(rw, target(rw, slot)))
		rw->plan[target(rw, slot)] = PLAN_EXIT;
}

static void make_plan(struct rewrite *rw)
{
	uint32_t cnt = rw->in->insns_cnt;

	for (uint32_t slot = 0; slot < cnt; slot += op_slots(rw->ops[slot])) {
		uint32_t next = slot + op_slots(rw->ops[slot]);

		if (rw->plan[slot] != PLAN_EXIT)
			rw->plan[slot] = plan_of(rw, slot);
		if (runs_on(rw, slot) && next < cnt && !reached(rw, next))
			rw->plan[next] = PLAN_EXIT;
		plan_named(rw, slot);
	}
}

static bool jumps_always(const struct rewrite *rw, uint32_t slot)
{
	return rw->plan[slot] == PLAN_JUMP ||
	       (rw->plan[slot] == PLAN_KEEP && (rw->ops[slot] == OP_JA ||
						rw->ops[slot] == OP_JA32));
}

/*
 * Jumps over nothing: last first, so that what lies between is known. `next`
 * is the first slot after this one that stays.
 */
static void drop_empty_jumps(struct rewrite *rw)
{
	uint32_t next = rw->in->insns_cnt;

	for (uint32_t slot = next; slot-- > 0;) {
		if (jumps_always(rw, slot) && target(rw, slot) > slot &&
		    target(rw, slot) <= next)
			rw->plan[slot] = PLAN_DROP;
		if (rw->plan[slot] != PLAN_DROP)
			next = slot;
	}
}

static uint32_t slots_of(const struct rewrite *rw, uint32_t slot)
{
	switch ((enum plan)rw->plan[slot]) {
	case PLAN_DROP:
		return 0;
	case PLAN_KEEP:
		return op_slots(rw->ops[slot]);
	default:
		return 1;
	}
}

/* Second slots have no plan and so take no room of their own. */
static void place(struct rewrite *rw)
{
	uint32_t at = 0;

	for (uint32_t slot = 0; slot < rw->in->insns_cnt; slot++) {
		rw->moved[slot] = at;
		at += slots_of(rw, slot);
	}
	rw->moved[rw->in->insns_cnt] = at;
}

static void set_distance(const struct rewrite *rw, struct bpf_insn *insn,
			 uint32_t slot)
{
	enum op op = rw->ops[slot];
	int64_t distance = (int64_t)rw->moved[target(rw, slot)] -
			   rw->moved[slot] - 1;

	if (op_rows[op].off.kind == FIELD_JUMP)
		insn->off = (int16_t)distance;
	else
		insn->imm = (int32_t)distance;
}

static void emit(struct rewrite *rw, uint32_t slot)
{
	struct bpf_insn *insn = &rw->insns[rw->moved[slot]];
	int64_t distance;

	for (uint32_t i = 0; i < slots_of(rw, slot); i++) {
		insn[i] = rw->in->insns[slot + i];
		rw->origin[rw->moved[slot] + i] = slot + i;
	}
	switch ((enum plan)rw->plan[slot]) {
	case PLAN_DROP:
		return;
	case PLAN_JUMP:
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_JA };
		break;
	case PLAN_EXIT:
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
		return;
	case PLAN_KEEP:
		break;
	}
	if (insn_target(&rw->in->insns[slot], &distance))
		set_distance(rw, insn, slot);
}

static int move_subprogs(const struct rewrite *rw, struct prog *out)
{
	const struct prog *in = rw->in;
	struct subprog *subs = arena_array(rw->arena, in->subprogs_cnt,
					   sizeof(*subs));
	uint32_t cnt = 0;

	if (!subs)
		return -ENOMEM;
	out->exception = 0;
	for (uint32_t i = 0; i < in->subprogs_cnt; i++) {
		struct subprog sub = in->subprogs[i];
		uint32_t end = rw->moved[sub.start + sub.cnt];

		sub.start = rw->moved[sub.start];
		sub.cnt = end - sub.start;
		if (!sub.cnt)
			continue;
		if (i && i == in->exception)
			out->exception = cnt;
		subs[cnt++] = sub;
	}
	out->subprogs = subs;
	out->subprogs_cnt = cnt;
	return 0;
}

/* A line with nothing left gives way to the one behind it. */
static int move_lines(const struct rewrite *rw, struct prog *out)
{
	const struct prog *in = rw->in;
	struct prog_line *lines = arena_array(rw->arena, in->lines_cnt + 1,
					      sizeof(*lines));
	uint32_t cnt = 0;

	if (!lines)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->lines_cnt; i++) {
		struct prog_line line = in->lines[i];

		if (line.insn >= in->insns_cnt)
			break;
		line.insn = rw->moved[line.insn];
		if (line.insn >= out->insns_cnt)
			break;
		if (cnt && lines[cnt - 1].insn == line.insn)
			cnt--;
		lines[cnt++] = line;
	}
	out->lines = lines;
	out->lines_cnt = cnt;
	return 0;
}

static int alloc_plan(struct rewrite *rw)
{
	uint32_t cnt = rw->in->insns_cnt;

	rw->ops = arena_alloc(rw->arena, cnt);
	rw->plan = arena_alloc(rw->arena, cnt);
	rw->moved = arena_array(rw->arena, (size_t)cnt + 1, sizeof(uint32_t));
	if (!rw->ops || !rw->plan || !rw->moved)
		return -ENOMEM;
	for (uint32_t slot = 0; slot < cnt; slot++)
		rw->ops[slot] = (uint8_t)insn_op(&rw->in->insns[slot]);
	return 0;
}

static int output(struct rewrite *rw, struct prog *out)
{
	uint32_t cnt = rw->moved[rw->in->insns_cnt];

	rw->insns = arena_array(rw->arena, cnt, sizeof(*rw->insns));
	rw->origin = arena_array(rw->arena, cnt, sizeof(*rw->origin));
	if (!rw->insns || !rw->origin)
		return -ENOMEM;
	for (uint32_t slot = 0; slot < rw->in->insns_cnt; slot++)
		emit(rw, slot);
	out->insns = rw->insns;
	out->insns_cnt = cnt;
	out->linked = rw->in;
	out->origin = rw->origin;
	return move_subprogs(rw, out) ?: move_lines(rw, out);
}

int verify_rewrite(const struct prog *in, const struct verify_facts *facts,
		   struct arena *arena, struct prog *out)
{
	struct rewrite rw = { .in = in, .facts = facts, .arena = arena };
	struct prog prog = *in;
	int err = alloc_plan(&rw);

	if (err)
		return err;
	make_plan(&rw);
	drop_empty_jumps(&rw);
	place(&rw);
	prog.engine = NULL;
	prog.engine_kind = PROG_ENGINE_NONE;
	err = output(&rw, &prog);
	if (err)
		return err;
	*out = prog;
	return 0;
}
