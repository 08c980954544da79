/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notes while the walk goes: each operand of each instruction is joined into
 * what was noted of it before. Most of the time it is covered already, which
 * costs one comparison.
 *
 * Only registers that are live are noted: what is dead may be anything on a
 * path that was cut. Flags of a pointer that permit (trusted, whole record)
 * hold when all paths have them, flags that warn when one has.
 */
#include "verify/facts/facts_notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "isa/insn.h"

#define ARGS_MASK	0x3e		/* r1 to r5 */
#define FRAME_VARIES	UINT8_MAX

/* Flags that warn; the others permit. */
#define WARNINGS	(REG_NULLABLE | REG_RDONLY | REG_USER | REG_PERCPU | \
			 REG_UNTRUSTED | REG_NON_OWNING | REG_PKT_BEYOND | \
			 REG_PKT_AT_END)

static uint8_t shape_of_jump(const struct bpf_insn *insn)
{
	uint8_t by_reg = BPF_SRC(insn->code) == BPF_X ? SHAPE_SRC : 0;

	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		return SHAPE_CALL;
	case BPF_EXIT:
	case BPF_JA:
		return 0;
	}
	if (insn->code == op_rows[OP_MAY_GOTO].opcode)
		return 0;
	return SHAPE_BRANCH | SHAPE_DST | by_reg;
}

static uint8_t shape_of_alu(const struct bpf_insn *insn)
{
	uint8_t op = BPF_OP(insn->code), shape = 0;

	if (op != BPF_MOV)
		shape |= SHAPE_DST;
	if (op != BPF_END && BPF_SRC(insn->code) == BPF_X)
		shape |= SHAPE_SRC;
	return shape;
}

static uint8_t shape_of(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		return BPF_MODE(insn->code) == BPF_IND ? SHAPE_SRC : 0;
	case BPF_LDX:
		return SHAPE_SRC;
	case BPF_ST:
		return SHAPE_DST;
	case BPF_STX:
		return insn_base_is_dst(insn) ? SHAPE_DST | SHAPE_SRC :
						SHAPE_SRC;
	case BPF_ALU:
	case BPF_ALU64:
		return shape_of_alu(insn);
	default:
		return shape_of_jump(insn);
	}
}

static void set_shapes(struct facts *facts, const struct verify_env *env)
{
	for (uint32_t slot = 0; slot < env->prog->insns_cnt; slot++) {
		facts->shapes[slot] = shape_of(&env->insns[slot]);
		facts->ops[slot] = (uint8_t)insn_op(&env->insns[slot]);
		facts->calls += facts->shapes[slot] & SHAPE_CALL ? 1 : 0;
	}
}

/* All but shapes and ops, which are there. */
static int begin_notes(struct verify_env *env)
{
	size_t cnt = env->prog->insns_cnt;
	struct facts *facts = env->facts;

	facts->insns = calloc(cnt, sizeof(*facts->insns));
	large_hint(facts->insns, cnt * sizeof(*facts->insns));
	facts->leaks = calloc(cnt, sizeof(*facts->leaks));
	facts->links = calloc(cnt, sizeof(*facts->links));
	facts->args = calloc((size_t)facts->calls + 1, sizeof(*facts->args));
	facts->args_cnt = 1;
	return facts->insns && facts->leaks && facts->links && facts->args ?
	       0 : verify_no_memory(env);
}

int facts_begin(struct verify_env *env)
{
	size_t cnt = env->prog->insns_cnt;
	struct facts *facts = calloc(1, sizeof(*facts));

	env->facts = facts;
	if (!facts)
		return verify_no_memory(env);
	facts->shapes = calloc(cnt, 1);
	facts->ops = calloc(cnt, 1);
	if (!facts->shapes || !facts->ops)
		return verify_no_memory(env);
	set_shapes(facts, env);
	return begin_notes(env);
}

int facts_begin_as(struct verify_env *env, const struct verify_env *other)
{
	struct facts *facts = calloc(1, sizeof(*facts));

	env->facts = facts;
	if (!facts)
		return verify_no_memory(env);
	facts->shapes = other->facts->shapes;
	facts->ops = other->facts->ops;
	facts->calls = other->facts->calls;
	facts->borrows = true;
	return begin_notes(env);
}

void facts_fini(struct verify_env *env)
{
	struct facts *facts = env->facts;

	if (!facts)
		return;
	if (!facts->borrows) {
		free(facts->shapes);
		free(facts->ops);
	}
	free(facts->insns);
	free(facts->args);
	free(facts->leaks);
	free(facts->links);
	free(facts);
	env->facts = NULL;
}

static bool is_full(const struct scalar *num)
{
	return num->bits.mask == UINT64_MAX &&
	       num->word.size == UINT64_MAX && num->half.size == UINT32_MAX;
}

/* The whole offset of a pointer; a number as it is. */
static struct scalar number_of(const struct reg *reg)
{
	struct scalar off = scalar_const((uint64_t)(int64_t)reg->off);

	return reg_is_pointer(reg) && reg->off ?
	       scalar_alu(BPF_ADD, true, false, &reg->num, &off) : reg->num;
}

/* Most numbers are noted already: that much without a call. */
static bool has_number(const struct verify_operand *op, const struct reg *reg)
{
	uint64_t value = reg->num.bits.value;

	if (is_full(&op->num))
		return true;
	if (reg_is_pointer(reg))
		value += (uint64_t)(int64_t)reg->off;
	if (scalar_is_const(&reg->num))
		return op->num.bits.mask ? scalar_has(&op->num, value) :
					   op->num.bits.value == value;
	return !reg_is_pointer(reg) &&
	       !memcmp(&op->num, &reg->num, sizeof(op->num));
}

static void join_number(struct verify_operand *op, const struct reg *reg)
{
	struct scalar num;

	if (has_number(op, reg))
		return;
	num = number_of(reg);
	if (!scalar_holds(&op->num, &num))
		op->num = scalar_join(&op->num, &num);
}

static bool has_map(const struct reg *reg)
{
	return reg->type == REG_MAP || reg->type == REG_MAP_VALUE ||
	       reg->type == REG_MAP_KEY;
}

static uint8_t frame_of(const struct state *st, const struct reg *reg)
{
	return reg->type == REG_STACK ? (uint8_t)(st->depth - reg->frame) : 0;
}

static void set_operand(struct verify_operand *op, const struct state *st,
			const struct reg *reg)
{
	*op = (struct verify_operand){
		.type = reg->type,
		.flags = reg->flags,
		.frame = frame_of(st, reg),
		.known_map = has_map(reg) && !reg->map_uid,
		.map = has_map(reg) ? reg->map : 0,
		.num = reg->type == REG_UNSET ? scalar_unknown() :
						number_of(reg),
	};
}

static uint16_t join_flags(uint16_t a, uint16_t b)
{
	return (uint16_t)(((a | b) & WARNINGS) | (a & b & ~WARNINGS));
}

static void join_operand(struct verify_operand *op, const struct state *st,
			 const struct reg *reg)
{
	if (op->type == REG_UNSET)
		return;
	if (op->type != reg->type) {
		*op = (struct verify_operand){ .num = scalar_unknown() };
		return;
	}
	join_number(op, reg);
	if (!reg_is_pointer(reg))
		return;
	op->flags = join_flags(op->flags, reg->flags);
	if (op->frame != frame_of(st, reg))
		op->frame = FRAME_VARIES;
	op->known_map &= op->map == reg->map && !reg->map_uid;
}

static void note_operand(struct verify_operand *op, const struct state *st,
			 unsigned int reg, bool first)
{
	if (first)
		set_operand(op, st, state_reg(st, reg));
	else
		join_operand(op, st, state_reg(st, reg));
}

static void note_args(struct verify_env *env, struct verify_fact *fact,
		      uint32_t insn, bool first)
{
	struct facts *facts = env->facts;
	uint16_t live = env->flow->insns[insn].live & ARGS_MASK;
	struct verify_operand *args;

	if (first)
		fact->args = facts->args_cnt++;
	args = facts->args[fact->args];
	for (unsigned int i = 0; i < 5; i++) {
		if (live >> (i + 1) & 1)
			note_operand(&args[i], env->cur, i + 1, first);
		else if (first)
			args[i].num = scalar_unknown();
	}
}

/* What the comparison of a number narrows along: all that has its id. */
static void note_links(struct verify_env *env, struct leak *links, uint32_t id)
{
	const struct state *st = env->cur;

	for (uint32_t d = 0; d <= st->depth; d++) {
		const struct frame *fr = st->frames[d];
		bool here = d == st->depth;
		struct leak same = { 0 };

		for (unsigned int reg = 0; reg < 10; reg++)
			if (fr->regs[reg].id == id)
				same.regs |= (uint16_t)(1u << reg);
		for (uint32_t i = 0; i < fr->slots_cnt; i++)
			if (fr->slots[i].reg.id == id)
				same.slots |= 1ull << i % FACTS_SLOTS;
		if (here) {
			links->regs |= same.regs;
			links->slots |= same.slots;
		} else if (same.regs || same.slots) {
			links->regs |= LEAK_CALLERS;
		}
	}
}

static void note_branch(struct verify_env *env, uint32_t insn)
{
	const struct bpf_insn *in = &env->insns[insn];
	const struct reg *dst = state_reg(env->cur, in->dst_reg);
	const struct reg *src = state_reg(env->cur, in->src_reg);
	struct leak *links = &env->facts->links[insn];

	if (dst->type == REG_SCALAR && dst->id)
		note_links(env, links, dst->id);
	if (env->facts->shapes[insn] & SHAPE_SRC && src->type == REG_SCALAR &&
	    src->id)
		note_links(env, links, src->id);
}

void facts_note_at(struct verify_env *env, uint32_t insn)
{
	struct facts *facts = env->facts;
	struct verify_fact *fact = &facts->insns[insn];
	const struct bpf_insn *in = &env->insns[insn];
	uint8_t shape = facts->shapes[insn];
	bool first = !(fact->flags & FACT_REACHED);

	if (first) {
		fact->flags |= FACT_REACHED;
		fact->dst.num = fact->src.num = scalar_unknown();
	}
	if (shape & SHAPE_DST)
		note_operand(&fact->dst, env->cur, in->dst_reg, first);
	if (shape & SHAPE_SRC)
		note_operand(&fact->src, env->cur, in->src_reg, first);
	if (shape & SHAPE_CALL)
		note_args(env, fact, insn, first);
	if (shape & SHAPE_BRANCH)
		note_branch(env, insn);
}

void facts_branch_at(struct verify_env *env, uint32_t insn, bool jumps,
		     bool falls)
{
	env->facts->insns[insn].flags |= (jumps ? FACT_JUMPS : 0) |
					 (falls ? FACT_FALLS : 0);
}

/* ---- of two walks ---- */

static void add_operand(struct verify_operand *op,
			const struct verify_operand *other)
{
	if (op->type == REG_UNSET)
		return;
	if (op->type != other->type) {
		*op = (struct verify_operand){ .num = scalar_unknown() };
		return;
	}
	if (!scalar_holds(&op->num, &other->num))
		op->num = scalar_join(&op->num, &other->num);
	op->flags = join_flags(op->flags, other->flags);
	if (op->frame != other->frame)
		op->frame = FRAME_VARIES;
	op->known_map &= other->known_map && op->map == other->map;
}

static void add_args(struct facts *facts, const struct facts *other,
		     uint32_t insn, bool first)
{
	struct verify_fact *fact = &facts->insns[insn];
	uint32_t from = other->insns[insn].args;

	if (!from)
		return;
	if (first) {
		fact->args = facts->args_cnt++;
		memcpy(facts->args[fact->args], other->args[from],
		       sizeof(facts->args[0]));
		return;
	}
	for (unsigned int i = 0; i < 5; i++)
		add_operand(&facts->args[fact->args][i],
			    &other->args[from][i]);
}

static void add_fact(struct facts *facts, const struct facts *other,
		     uint32_t insn)
{
	struct verify_fact *fact = &facts->insns[insn];
	const struct verify_fact *more = &other->insns[insn];
	bool first = !(fact->flags & FACT_REACHED);

	if (first) {
		*fact = *more;
	} else {
		fact->flags |= more->flags;
		add_operand(&fact->dst, &more->dst);
		add_operand(&fact->src, &more->src);
	}
	add_args(facts, other, insn, first);
}

void facts_add(struct verify_env *env, const struct verify_env *other)
{
	struct facts *facts = env->facts;
	const struct facts *more = other->facts;

	for (uint32_t insn = 0; insn < env->prog->insns_cnt; insn++) {
		if (!(more->insns[insn].flags & FACT_REACHED))
			continue;
		add_fact(facts, more, insn);
		facts->leaks[insn].regs |= more->leaks[insn].regs;
		facts->leaks[insn].slots |= more->leaks[insn].slots;
		facts->links[insn].regs |= more->links[insn].regs;
		facts->links[insn].slots |= more->links[insn].slots;
	}
	facts->leaked |= more->leaked;
}

int facts_finish(struct verify_env *env, struct verify_facts *out)
{
	struct facts *facts = env->facts;
	int err = facts_follow_leaks(env);

	if (err)
		return err;
	*out = (struct verify_facts){
		.insns = facts->insns, .insns_cnt = env->prog->insns_cnt,
		.args = facts->args, .args_cnt = facts->args_cnt,
	};
	facts->insns = NULL;
	facts->args = NULL;
	return 0;
}
