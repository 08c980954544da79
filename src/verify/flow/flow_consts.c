/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants forward over r0 to r9, along the ways that constants leave open
 * (Wegman and Zadeck, "Constant Propagation with Conditional Branches",
 * TOPLAS 1991, on registers instead of names). What is never come to is dead:
 * switches of .rodata, and what CO-RE finds to be absent, cut code off here.
 *
 * A register is unseen, a known thing, or unknown, and only goes up in that
 * order, so each block is run at most 21 times. Known are numbers, addresses
 * of values of maps (so that loads from frozen maps are numbers, too), and
 * functions (so that callbacks are known before the walk). Not followed: the
 * stack, other memory, and what subprograms are handed or return.
 */
#include "verify/flow/flow_pass.h"

#include <string.h>

#include "base/endian.h"

#define REGS	10

enum thing_kind {
	THING_UNSEEN,
	THING_NUMBER,
	THING_VALUE,		/* address: map << 32 | offset */
	THING_FUNC,		/* a subprogram */
	THING_UNKNOWN,
};

struct things {
	uint64_t value[REGS];
	uint8_t kind[REGS];
	bool entered;
};

struct thing {
	uint64_t value;
	enum thing_kind kind;
};

struct consts {
	struct flow_pass *pass;
	struct things *in;		/* of each block */
	uint32_t *heap;			/* ranks of blocks to be run */
	uint32_t heap_cnt;
	bool *queued;			/* per rank: is in the heap */
	uint8_t *open;			/* ways taken of each block */
	bool settled;			/* the last look: note what holds */
};

static const struct thing unknown = { .kind = THING_UNKNOWN };

static struct thing number(uint64_t value)
{
	return (struct thing){ value, THING_NUMBER };
}

static struct thing get(const struct things *regs, unsigned int reg)
{
	if (reg >= REGS)
		return unknown;
	return (struct thing){ regs->value[reg], regs->kind[reg] };
}

static void set(struct things *regs, unsigned int reg, struct thing thing)
{
	if (reg >= REGS)
		return;
	regs->value[reg] = thing.value;
	regs->kind[reg] = (uint8_t)thing.kind;
}

/* Puts `from` under what is known on the way in; true when that is less. */
static bool join(struct things *into, const struct things *from)
{
	bool changed = !into->entered;

	into->entered = true;
	for (unsigned int reg = 0; reg < REGS; reg++) {
		struct thing a = get(into, reg), b = get(from, reg);

		if (a.kind == THING_UNKNOWN || b.kind == THING_UNSEEN ||
		    (a.kind == b.kind && a.value == b.value))
			continue;
		set(into, reg, a.kind == THING_UNSEEN ? b : unknown);
		changed = true;
	}
	return changed;
}

static void heap_push(struct consts *consts, uint32_t rank)
{
	uint32_t at = consts->heap_cnt++, *heap = consts->heap;

	for (; at && heap[(at - 1) / 2] > rank; at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = rank;
	consts->queued[rank] = true;
}

static uint32_t heap_pop(struct consts *consts)
{
	uint32_t *heap = consts->heap, cnt = --consts->heap_cnt;
	uint32_t least = heap[0], moved = heap[cnt], at = 0, child;

	while ((child = 2 * at + 1) < cnt) {
		if (child + 1 < cnt && heap[child + 1] < heap[child])
			child++;
		if (heap[child] >= moved)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
	consts->queued[least] = false;
	return least;
}

static void come_to(struct consts *consts, uint32_t index,
		    const struct things *regs)
{
	uint32_t rank = consts->pass->blocks[index].rank;

	if (join(&consts->in[index], regs) && !consts->queued[rank])
		heap_push(consts, rank);
}

static void clobber(struct things *regs, unsigned int first, unsigned int last)
{
	for (unsigned int reg = first; reg <= last; reg++)
		set(regs, reg, unknown);
}

static struct thing operand(const struct bpf_insn *insn,
			    const struct things *regs)
{
	if (BPF_SRC(insn->code) == BPF_X)
		return get(regs, insn->src_reg);
	return number((uint64_t)(int64_t)insn->imm);
}

/* An address moved by a number stays one while its offset fits. */
static struct thing move_address(const struct bpf_insn *insn, struct thing a,
				 struct thing b)
{
	bool add = insn->code == (BPF_ALU64 | BPF_ADD | BPF_SRC(insn->code));
	bool sub = insn->code == (BPF_ALU64 | BPF_SUB | BPF_SRC(insn->code));
	uint64_t off;

	if (add && a.kind == THING_NUMBER) {
		struct thing swap = a;

		a = b;
		b = swap;
	}
	if ((!add && !sub) || a.kind != THING_VALUE || b.kind != THING_NUMBER)
		return unknown;
	off = (uint32_t)a.value + (sub ? -b.value : b.value);
	if (off > INT32_MAX)
		return unknown;
	return (struct thing){ (a.value & ~(uint64_t)UINT32_MAX) | off,
			       THING_VALUE };
}

static struct thing alu(const struct bpf_insn *insn, const struct things *regs)
{
	bool copy = insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !insn->off;
	bool unary = BPF_OP(insn->code) == BPF_NEG ||
		     BPF_OP(insn->code) == BPF_END;
	struct thing a = get(regs, insn->dst_reg), b = operand(insn, regs);
	uint64_t out;

	if (copy)
		return b;
	if (BPF_OP(insn->code) == BPF_MOV)
		a = number(0);
	if (unary)
		b = number(0);
	if (a.kind == THING_NUMBER && b.kind == THING_NUMBER)
		return flow_eval_alu(insn, a.value, b.value, &out) ?
		       number(out) : unknown;
	return move_address(insn, a, b);
}

static struct thing load_imm64(const struct flow_pass *pass, uint32_t slot)
{
	const struct bpf_insn *insn = &pass->insns[slot];

	switch (pass->ops[slot]) {
	case OP_LD_IMM64:
		return number(insn_imm64(insn));
	case OP_LD_FUNC:
		return (struct thing){ flow_callee(pass, slot), THING_FUNC };
	case OP_LD_MAP_VALUE:
	case OP_LD_MAP_IDX_VALUE:
		return (struct thing){ (uint64_t)(uint32_t)insn->imm << 32 |
				       (uint32_t)insn[1].imm, THING_VALUE };
	}
	return unknown;
}

static unsigned int access_bytes(const struct bpf_insn *insn)
{
	static const uint8_t bytes[] = { 4, 2, 1, 8 };

	return bytes[BPF_SIZE(insn->code) >> 3];
}

/* A load is known when all of it comes from a value that never changes. */
static struct thing load(const struct flow_pass *pass, uint32_t slot,
			 struct thing base)
{
	const struct bpf_insn *insn = &pass->insns[slot];
	enum op op = pass->ops[slot];
	bool sign = op >= OP_LDSX8 && op <= OP_LDSX32;
	uint32_t map = (uint32_t)(base.value >> 32);
	int64_t off = (int64_t)(uint32_t)base.value + insn->off;
	unsigned int size = access_bytes(insn);
	const struct verify_map *vm;
	uint64_t value;

	if (base.kind != THING_VALUE || map >= pass->env->prog->maps_cnt ||
	    (!sign && BPF_MODE(insn->code) != BPF_MEM))
		return unknown;
	vm = &pass->env->in->maps[map];
	if (!vm->frozen || off < 0 || off + size > vm->value_size)
		return unknown;
	value = get_sized((const uint8_t *)vm->frozen + off, size);
	if (sign)
		value = (uint64_t)((int64_t)(value << (64 - 8 * size)) >>
				   (64 - 8 * size));
	return number(value);
}

/* What atomics write: the fetched value, cmpxchg's r0, load-acquire's dst. */
static void atomic(const struct bpf_insn *insn, struct things *regs)
{
	enum op op = insn_op(insn);

	if (!insn_base_is_dst(insn))
		set(regs, insn->dst_reg, unknown);
	else if (op == OP_ATOMIC_CMPXCHG64 || op == OP_ATOMIC_CMPXCHG32)
		set(regs, BPF_REG_0, unknown);
	else if (insn->imm & BPF_FETCH)
		set(regs, insn->src_reg, unknown);
}

static void note_callback(struct consts *consts, uint32_t slot,
			  const struct things *regs)
{
	struct flow_pass *pass = consts->pass;
	struct flow_call call = flow_call_at(pass, slot);
	struct thing func = get(regs, call.func);

	if (!call.func)
		return;
	if (pass->callbacks)
		pass->callbacks[pass->callbacks_cnt] = (struct flow_callback){
			.slot = slot, .later = call.later,
			.subprog = func.kind == THING_FUNC ?
				   (uint32_t)func.value : FLOW_NONE };
	pass->callbacks_cnt++;
}

static void enter_subprog(struct consts *consts, uint32_t subprog)
{
	const struct flow_pass *pass = consts->pass;
	uint32_t start = pass->env->prog->subprogs[subprog].start;
	struct things regs;

	memset(&regs, 0, sizeof(regs));
	clobber(&regs, 0, REGS - 1);
	come_to(consts, pass->block_of[start], &regs);
}

static void call(struct consts *consts, uint32_t slot, struct things *regs)
{
	struct flow_pass *pass = consts->pass;

	if (flow_is_call(pass, slot))
		enter_subprog(consts, flow_callee(pass, slot));
	else if (consts->settled)
		note_callback(consts, slot, regs);
	clobber(regs, 0, 5);
}

static void step(struct consts *consts, uint32_t slot, struct things *regs)
{
	struct flow_pass *pass = consts->pass;
	const struct bpf_insn *insn = &pass->insns[slot];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		set(regs, insn->dst_reg, alu(insn, regs));
		break;
	case BPF_LDX:
		set(regs, insn->dst_reg,
		    load(pass, slot, get(regs, insn->src_reg)));
		break;
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC)
			atomic(insn, regs);
		break;
	case BPF_LD:
		if (pass->ops[slot] == OP_LD_FUNC)
			enter_subprog(consts, flow_callee(pass, slot));
		if (op_slots(pass->ops[slot]) == 2)
			set(regs, insn->dst_reg, load_imm64(pass, slot));
		else
			clobber(regs, 0, 5);
		break;
	case BPF_JMP:
		if (BPF_OP(insn->code) == BPF_CALL)
			call(consts, slot, regs);
		break;
	}
}

/* The ways out of a block that what is known leaves open, as bits. */
static uint8_t open_ways(const struct flow_pass *pass,
			 const struct flow_block *block,
			 const struct things *regs)
{
	const struct bpf_insn *insn = &pass->insns[block->last];
	struct thing a = get(regs, insn->dst_reg), b = operand(insn, regs);

	if (!flow_is_branch(pass, block->last) ||
	    pass->ops[block->last] == OP_MAY_GOTO ||
	    a.kind != THING_NUMBER || b.kind != THING_NUMBER)
		return 1 << FLOW_FALL | 1 << FLOW_JUMP;
	return flow_eval_jump(insn, a.value, b.value) ? 1 << FLOW_JUMP :
	       1 << FLOW_FALL;
}

static void run_block(struct consts *consts, uint32_t index)
{
	struct flow_pass *pass = consts->pass;
	const struct flow_block *block = &pass->blocks[index];
	struct things regs = consts->in[index];

	for (uint32_t slot = block->start; slot <= block->last;
	     slot = flow_next(pass, slot))
		step(consts, slot, &regs);
	consts->open[index] |= open_ways(pass, block, &regs);
	for (int way = 0; way < FLOW_WAYS; way++)
		if (consts->open[index] >> way & 1 &&
		    block->succ[way] != FLOW_NONE)
			come_to(consts, block->succ[way], &regs);
}

/* Lowest rank first, until nothing changes. */
static void settle(struct consts *consts)
{
	while (consts->heap_cnt)
		run_block(consts, consts->pass->rpo[heap_pop(consts)]);
}

static void mark_reached(struct flow_pass *pass, const struct consts *consts,
			 uint32_t index)
{
	const struct flow_block *block = &pass->blocks[index];
	uint8_t *last = &pass->flow->insns[block->last].flags;

	for (uint32_t slot = block->start; slot <= block->last;
	     slot = flow_next(pass, slot))
		pass->flow->insns[slot].flags |= FLOW_REACHED;
	if (!flow_is_branch(pass, block->last))
		return;
	if (!(consts->open[index] >> FLOW_JUMP & 1))
		*last |= FLOW_NO_JUMP;
	if (!(consts->open[index] >> FLOW_FALL & 1))
		*last |= FLOW_NO_FALL;
}

/* Once more over what is reached, now that it is final: counts, then fills. */
static int note_callbacks(struct consts *consts)
{
	struct flow_pass *pass = consts->pass;

	consts->settled = pass->env->prog->subprogs_cnt > 1;
	if (!consts->settled)
		return 0;
	for (int fill = 0; fill < 2; fill++) {
		pass->callbacks_cnt = 0;
		for (uint32_t i = 0; i < pass->blocks_cnt; i++)
			if (consts->in[i].entered)
				run_block(consts, i);
		if (fill || !pass->callbacks_cnt)
			break;
		pass->callbacks = arena_array(&pass->env->arena,
					      pass->callbacks_cnt,
					      sizeof(*pass->callbacks));
		if (!pass->callbacks)
			return verify_no_memory(pass->env);
	}
	return 0;
}

int flow_consts(struct flow_pass *pass)
{
	struct arena *arena = &pass->env->arena;
	struct consts consts = {
		.pass = pass,
		.in = arena_array(arena, pass->blocks_cnt,
				  sizeof(struct things)),
		.open = arena_alloc(arena, pass->blocks_cnt),
		.heap = arena_array(arena, pass->blocks_cnt,
				    sizeof(uint32_t)),
		.queued = arena_alloc(arena, pass->blocks_cnt),
	};

	if (!consts.in || !consts.open || !consts.heap || !consts.queued)
		return verify_no_memory(pass->env);
	enter_subprog(&consts, 0);
	if (pass->catcher != FLOW_NONE)
		enter_subprog(&consts, pass->catcher);
	settle(&consts);
	for (uint32_t i = 0; i < pass->blocks_cnt; i++)
		if (consts.in[i].entered)
			mark_reached(pass, &consts, i);
	return note_callbacks(&consts);
}
