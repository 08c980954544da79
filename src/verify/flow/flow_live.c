/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live registers: those that some path reads before it writes them, backwards
 * over what is reached. Calls read what their prototype says (static
 * subprograms what they do read, which is why callees come first; global ones
 * what their BTF says) and leave r1 to r5 dead.
 *
 * exit reads r0. r6 to r9 are each frame's own, so they are dead at exit.
 */
#include "verify/flow/flow_pass.h"

#include "btf/btf.h"

#define BIT(reg)	((uint16_t)(1u << (reg)))
#define ARGS(n)		((uint16_t)((1u << ((n) + 1)) - 2))	/* r1 ... */
#define CALLER_SAVED	0x3f					/* r0 to r5 */

struct use {
	uint16_t reads, writes;
};

struct liveness {
	struct flow_pass *pass;
	struct use *uses;		/* of each block, as one */
	uint16_t *in;			/* live where a block begins */
	uint32_t *todo;			/* blocks whose end has changed */
	uint32_t todo_cnt;
	bool *queued;
	uint32_t *preds, *next_pred;	/* lists of 1 + edge: block * 2 + way;
					 * 0 ends them */
};

/* Bounds of the ranks that a subprogram's blocks have. */
struct span {
	uint32_t first, end;
};

static uint16_t callee_args(const struct liveness *live, uint32_t index)
{
	const struct flow_pass *pass = live->pass;
	const struct prog *prog = pass->env->prog;
	const struct subprog *sub = &prog->subprogs[index];
	const struct btf_type *proto;

	if (!sub->global)
		return live->in[pass->block_of[sub->start]] & ARGS(5);
	if (!prog->btf || !sub->btf_func)
		return ARGS(5);
	proto = btf_type(prog->btf, btf_type(prog->btf, sub->btf_func)->type);
	if (btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return ARGS(5);
	return ARGS(MIN(btf_vlen(proto), 5u));
}

static struct use use_of_call(const struct liveness *live, uint32_t slot)
{
	struct use use = { .writes = CALLER_SAVED };

	if (live->pass->ops[slot] == OP_CALL_LOCAL)
		use.reads = callee_args(live, flow_callee(live->pass, slot));
	else
		use.reads = ARGS(flow_call_at(live->pass, slot).args);
	return use;
}

static struct use use_of_atomic(const struct bpf_insn *insn, enum op op)
{
	struct use use = { .reads = BIT(insn->dst_reg) | BIT(insn->src_reg) };

	if (!insn_base_is_dst(insn))
		return (struct use){ BIT(insn->src_reg), BIT(insn->dst_reg) };
	if (op == OP_ATOMIC_CMPXCHG64 || op == OP_ATOMIC_CMPXCHG32) {
		use.reads |= BIT(0);
		use.writes = BIT(0);
	} else if (insn->imm & BPF_FETCH) {
		use.writes = BIT(insn->src_reg);
	}
	return use;
}

static struct use use_of_alu(const struct bpf_insn *insn)
{
	struct use use = { .writes = BIT(insn->dst_reg) };
	uint8_t op = BPF_OP(insn->code);

	if (op != BPF_MOV)
		use.reads |= BIT(insn->dst_reg);
	if (op != BPF_END && BPF_SRC(insn->code) == BPF_X)
		use.reads |= BIT(insn->src_reg);
	return use;
}

static struct use use_of_jump(const struct liveness *live, uint32_t slot)
{
	const struct bpf_insn *insn = &live->pass->insns[slot];
	struct use use = { 0 };

	if (BPF_OP(insn->code) == BPF_CALL)
		return use_of_call(live, slot);
	if (BPF_OP(insn->code) == BPF_EXIT)
		return (struct use){ .reads = BIT(0) };
	if (!flow_is_branch(live->pass, slot) ||
	    live->pass->ops[slot] == OP_MAY_GOTO)
		return use;
	use.reads = BIT(insn->dst_reg);
	if (BPF_SRC(insn->code) == BPF_X)
		use.reads |= BIT(insn->src_reg);
	return use;
}

/* LD_ABS and LD_IND are calls of a kind: r6 is the context. */
static struct use use_of_ld(const struct bpf_insn *insn)
{
	struct use use = { .reads = BIT(6), .writes = CALLER_SAVED };

	if (BPF_MODE(insn->code) == BPF_IMM)
		return (struct use){ .writes = BIT(insn->dst_reg) };
	if (BPF_MODE(insn->code) == BPF_IND)
		use.reads |= BIT(insn->src_reg);
	return use;
}

static struct use use_of(const struct liveness *live, uint32_t slot)
{
	const struct bpf_insn *insn = &live->pass->insns[slot];

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return use_of_ld(insn);
	case BPF_LDX:
		return (struct use){ BIT(insn->src_reg), BIT(insn->dst_reg) };
	case BPF_ST:
		return (struct use){ .reads = BIT(insn->dst_reg) };
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC)
			return use_of_atomic(insn, live->pass->ops[slot]);
		return (struct use){ .reads = BIT(insn->dst_reg) |
					      BIT(insn->src_reg) };
	case BPF_ALU:
	case BPF_ALU64:
		return use_of_alu(insn);
	default:
		return use_of_jump(live, slot);
	}
}

static struct use use_of_block(const struct liveness *live,
			       const struct flow_block *block)
{
	struct use all = { 0 };

	for (uint32_t slot = block->start; slot <= block->last;
	     slot = flow_next(live->pass, slot)) {
		struct use use = use_of(live, slot);

		all.reads |= use.reads & ~all.writes;
		all.writes |= use.writes;
	}
	return all;
}

static uint16_t live_out(const struct liveness *live,
			 const struct flow_block *block)
{
	uint16_t out = 0;

	for (int way = 0; way < FLOW_WAYS; way++) {
		uint32_t to = flow_edge(live->pass, block, way);

		if (to != FLOW_NONE)
			out |= live->in[to];
	}
	return out;
}

static void queue(struct liveness *live, uint32_t at)
{
	if (!live->queued[at])
		live->todo[live->todo_cnt++] = at;
	live->queued[at] = true;
}

static void queue_preds(struct liveness *live, uint32_t at)
{
	for (uint32_t edge = live->preds[at]; edge;
	     edge = live->next_pred[edge - 1])
		queue(live, (edge - 1) / FLOW_WAYS);
}

/* Last block first, then whose successors have changed. */
static void settle(struct liveness *live, struct span span)
{
	const struct flow_pass *pass = live->pass;

	for (uint32_t rank = span.first; rank < span.end; rank++)
		queue(live, pass->rpo[rank]);
	while (live->todo_cnt) {
		uint32_t at = live->todo[--live->todo_cnt];
		const struct use *use = &live->uses[at];
		uint16_t in = use->reads |
			      (live_out(live, &pass->blocks[at]) &
			       ~use->writes);

		live->queued[at] = false;
		if (in != live->in[at])
			queue_preds(live, at);
		live->in[at] = in;
	}
}

/* From the end of the block: instructions are walked forwards, so twice. */
static void fill_block(struct liveness *live, const struct flow_block *block,
		       uint32_t *slots)
{
	const struct flow_pass *pass = live->pass;
	uint16_t now = live_out(live, block);
	uint32_t cnt = 0;

	for (uint32_t slot = block->start; slot <= block->last;
	     slot = flow_next(pass, slot))
		slots[cnt++] = slot;
	while (cnt--) {
		struct use use = use_of(live, slots[cnt]);

		now = use.reads | (now & ~use.writes);
		pass->flow->insns[slots[cnt]].live = now;
	}
}

static void run_subprog(struct liveness *live, struct span span,
			uint32_t *slots)
{
	const struct flow_pass *pass = live->pass;

	for (uint32_t rank = span.first; rank < span.end; rank++) {
		uint32_t at = pass->rpo[rank];

		if (flow_reached(pass, pass->blocks[at].start))
			live->uses[at] = use_of_block(live, &pass->blocks[at]);
	}
	settle(live, span);
	for (uint32_t rank = span.first; rank < span.end; rank++) {
		uint32_t at = pass->rpo[rank];

		if (flow_reached(pass, pass->blocks[at].start))
			fill_block(live, &pass->blocks[at], slots);
	}
}

/* Blocks of a subprogram are as many ranks as slots that begin one. */
static struct span span_of(const struct flow_pass *pass, uint32_t index)
{
	const struct subprog *sub = &pass->env->prog->subprogs[index];
	uint32_t first = pass->block_of[sub->start], last = first;
	struct span span = { .first = pass->blocks[first].rank };

	while (last + 1 < pass->blocks_cnt &&
	       pass->blocks[last + 1].start < sub->start + sub->cnt)
		last++;
	span.end = span.first + (last - first) + 1;
	return span;
}

static void link_preds(struct liveness *live)
{
	const struct flow_pass *pass = live->pass;

	for (uint32_t edge = 0; edge < FLOW_WAYS * pass->blocks_cnt; edge++) {
		const struct flow_block *block =
			&pass->blocks[edge / FLOW_WAYS];
		uint32_t to = flow_edge(pass, block, edge % FLOW_WAYS);

		if (to == FLOW_NONE)
			continue;
		live->next_pred[edge] = live->preds[to];
		live->preds[to] = edge + 1;
	}
}

int flow_live(struct flow_pass *pass)
{
	struct arena *arena = &pass->env->arena;
	uint32_t cnt = pass->blocks_cnt;
	struct liveness live = {
		.pass = pass,
		.uses = arena_array(arena, cnt, sizeof(struct use)),
		.in = arena_array(arena, cnt, sizeof(uint16_t)),
		.todo = arena_array(arena, cnt, sizeof(uint32_t)),
		.queued = arena_alloc(arena, cnt),
		.preds = arena_array(arena, cnt, sizeof(uint32_t)),
		.next_pred = arena_array(arena, cnt,
					 FLOW_WAYS * sizeof(uint32_t)),
	};
	uint32_t *slots = arena_array(arena, pass->cnt, sizeof(uint32_t));

	if (!live.uses || !live.in || !live.todo || !live.queued ||
	    !live.preds || !live.next_pred || !slots)
		return verify_no_memory(pass->env);
	link_preds(&live);
	for (uint32_t i = 0; i < pass->env->prog->subprogs_cnt; i++)
		run_subprog(&live, span_of(pass, pass->flow->order[i]), slots);
	return 0;
}
