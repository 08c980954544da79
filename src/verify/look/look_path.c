/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One path as terms. The path is walked again, and before each step what the
 * step before it has made is named: the value graph's node in the register
 * that was written stands for a term of those that were read. A node that no
 * rule here names is a free term, of which the state's number is known.
 *
 * Each term stands for the very number that the register holds in a run along
 * this path; of a pointer, for its distance from the start of its object
 * (off + num). So a state's number may be added to what is known of it.
 *
 * In the first state, numbers that are linked are one free term and their
 * differences; only of what is live there, as other things are not compared
 * when a path is cut at such a state (cover.c).
 */
#include "verify/look/look_path.h"

#include <errno.h>

#include "verify/memory/access_stack.h"
#include "verify/walk/walk.h"

int look_path_init(struct look_path *path, const struct verify_env *env)
{
	*path = (struct look_path){ .first = env->values.cnt };
	return terms_init(&path->terms);
}

void look_path_fini(struct look_path *path)
{
	terms_fini(&path->terms);
	vec_free(&path->fresh);
	vec_free(&path->old);
}

/* ---- nodes and their terms ---- */

static uint32_t find(const struct look_path *path, uint32_t node)
{
	if (node >= path->first)
		return node - path->first < path->fresh.len ?
		       path->fresh.data[node - path->first] : 0;
	for (size_t i = 0; i < path->old.len; i++)
		if (path->old.data[i].node == node)
			return path->old.data[i].term;
	return 0;
}

/* From now on, until the end: a node has one term. */
static void name(struct look_path *path, uint32_t node, uint32_t term)
{
	struct look_old *old;

	if (!node || !term || find(path, node))
		return;
	if (node >= path->first) {
		while (path->fresh.len <= node - path->first)
			if (!vec_push(&path->fresh))
				goto no_memory;
		path->fresh.data[node - path->first] = term;
		return;
	}
	old = vec_push(&path->old);
	if (!old)
		goto no_memory;
	*old = (struct look_old){ node, term };
	return;
no_memory:
	path->terms.failed = true;
}

static uint32_t add_free(struct look_path *path, const struct reg *reg)
{
	struct term term = {
		.kind = scalar_is_const(&reg->num) ? TERM_CONST : TERM_FREE,
		.known = reg->num, .node = reg->value,
	};
	uint32_t i;

	if (reg->type == REG_SCALAR)
		return term_add(&path->terms, &term);
	if (term.kind == TERM_CONST) {
		term.known = scalar_const(reg->num.bits.value +
					  (uint64_t)(int64_t)reg->off);
		term.pointer = true;
		return term_add(&path->terms, &term);
	}
	i = term_add(&path->terms, &term);
	i = term_alu(&path->terms, BPF_ADD, true, i,
		     term_const(&path->terms, (uint64_t)(int64_t)reg->off));
	path->terms.list.data[i].pointer = true;
	return i;
}

/* Comparisons make new nodes of the same value. */
static uint32_t root(const struct look_path *path,
		     const struct verify_env *env, uint32_t node)
{
	const struct value *nodes = env->values.nodes;

	while (node >= path->first && nodes[node].kind == VALUE_REFINED &&
	       !find(path, node))
		node = nodes[node].a;
	return node;
}

static uint32_t reg_term(struct look_path *path, const struct verify_env *env,
			 const struct reg *reg)
{
	uint32_t node, term;

	if (reg->type == REG_SCALAR && scalar_is_const(&reg->num))
		return add_free(path, reg);
	node = root(path, env, reg->value);
	term = find(path, node);
	if (term && path->terms.list.data[term].pointer ==
		    reg_is_pointer(reg))
		return term;
	term = add_free(path, reg);
	name(path, node, term);
	return term;
}

/* ---- links of the first state ---- */

#define LINKS_MAX	32

struct link {
	uint32_t id, term;
	int32_t delta;
};

struct links {
	struct link list[LINKS_MAX];
	uint32_t cnt;
};

static void add_linked(struct look_path *path, struct links *links,
		       const struct reg *reg)
{
	struct terms *terms = &path->terms;
	struct link *link = links->list;
	uint32_t i;

	if (reg->type != REG_SCALAR || !reg->id ||
	    scalar_is_const(&reg->num) || links->cnt == LINKS_MAX)
		return;
	while (link < links->list + links->cnt && link->id != reg->id)
		link++;
	if (link == links->list + links->cnt) {
		i = add_free(path, reg);
		*link = (struct link){ reg->id, i, reg->delta };
		links->cnt++;
	} else {
		uint64_t by = (uint64_t)((int64_t)reg->delta - link->delta);

		i = term_alu(terms, BPF_ADD, true, link->term,
			     term_const(terms, by));
		terms->list.data[i].known = reg->num;
		terms->list.data[i].node = reg->value;
	}
	name(path, reg->value, i);
}

static void first_state(struct look_path *path, const struct verify_env *env)
{
	const struct state *st = env->cur;
	struct links links = { .cnt = 0 };

	for (uint32_t depth = 0; depth <= st->depth; depth++) {
		const struct frame *fr = st->frames[depth];
		uint32_t live = state_live(env, st, depth);

		for (unsigned int i = 0; i < FRAME_REGS; i++)
			if (live >> i & 1)
				add_linked(path, &links, &fr->regs[i]);
		for (uint32_t i = 0; i < fr->slots_cnt; i++)
			if (slot_spilled(&fr->slots[i]))
				add_linked(path, &links, &fr->slots[i].reg);
	}
}

/* ---- steps ---- */

static unsigned int size_of(const struct bpf_insn *insn)
{
	static const uint8_t sizes[4] = { 4, 2, 1, 8 };

	return sizes[BPF_SIZE(insn->code) >> 3];
}

/*
 * The slot that a register is kept in by an access at base + off, `size`
 * bytes from its beginning on; NULL when that is not so.
 */
static const struct slot *slot_at(const struct state *st, unsigned int base,
				  const struct bpf_insn *insn)
{
	const struct reg *reg = state_reg(st, base);
	const struct slot *slot;
	int64_t off;

	if (BPF_MODE(insn->code) != BPF_MEM || reg->type != REG_STACK ||
	    !scalar_is_const(&reg->num))
		return NULL;
	off = reg->off + (int64_t)reg->num.bits.value + insn->off;
	if (off >= 0 || off < INT32_MIN / 2 || off % SLOT_BYTES)
		return NULL;
	slot = stack_slot(st->frames[reg->frame], (int32_t)off);
	return slot_spilled(slot) >= size_of(insn) ? slot : NULL;
}

static bool is_alu(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU ||
	       BPF_CLASS(insn->code) == BPF_ALU64;
}

static bool is_branch(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA &&
	       op != BPF_CALL && op != BPF_EXIT && op != BPF_JCOND;
}

static void read_operands(struct look_path *path, struct verify_env *env)
{
	const struct bpf_insn *insn = path->insn;
	const struct reg *dst = state_reg(env->cur, insn->dst_reg);
	const struct reg *src = state_reg(env->cur, insn->src_reg);
	bool by_reg = BPF_SRC(insn->code) == BPF_X;

	if (dst->type == REG_UNSET && BPF_OP(insn->code) != BPF_MOV)
		return;
	if (dst->type != REG_UNSET)
		path->a = reg_term(path, env, dst);
	if (!by_reg)
		path->b = term_const(&path->terms,
				     (uint64_t)(int64_t)insn->imm);
	else if (src->type != REG_UNSET)
		path->b = reg_term(path, env, src);
}

/* Before a step. */
static void look_before(struct look_path *path, struct verify_env *env)
{
	const struct state *st = env->cur;
	const struct bpf_insn *insn = &env->insns[st->insn];
	const struct slot *slot;

	path->insn = insn;
	path->at = st->insn;
	path->a = path->b = 0;
	if (is_alu(insn) || is_branch(insn)) {
		read_operands(path, env);
	} else if (BPF_CLASS(insn->code) == BPF_LDX) {
		slot = slot_at(st, insn->src_reg, insn);
		if (slot)
			path->a = reg_term(path, env, &slot->reg);
	} else if (insn->code == (BPF_STX | BPF_MEM | BPF_SIZE(insn->code)) &&
		   state_reg(st, insn->src_reg)->type != REG_UNSET) {
		path->a = reg_term(path, env, state_reg(st, insn->src_reg));
	}
}

static bool is_pointer(const struct look_path *path, uint32_t term)
{
	return path->terms.list.data[term].pointer;
}

static uint32_t extend(struct look_path *path, uint32_t a,
		       unsigned int bytes, bool is_signed)
{
	if (bytes == 8)
		return a;
	return term_add(&path->terms, &(struct term){
		.kind = TERM_EXTEND, .bytes = (uint8_t)bytes, .a = a,
		.is_signed = is_signed, .known = scalar_unknown(),
	});
}

static uint32_t mov_term(struct look_path *path)
{
	const struct bpf_insn *insn = path->insn;
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	uint32_t out = path->b;

	if (BPF_SRC(insn->code) == BPF_K || !out)
		return 0;
	if (wide && !insn->off)
		return out;
	if (is_pointer(path, out) || (insn->off && insn->off % 8))
		return 0;
	if (insn->off)
		out = extend(path, out, (unsigned int)insn->off / 8, true);
	return wide ? out : extend(path, out, 4, false);
}

static uint32_t alu_term(struct look_path *path)
{
	bool wide = BPF_CLASS(path->insn->code) == BPF_ALU64;
	uint8_t op = BPF_OP(path->insn->code);
	bool dst, src;
	uint32_t out;

	if (op == BPF_MOV)
		return mov_term(path);
	if (op == BPF_NEG)
		path->b = path->a;
	if (op == BPF_END || !path->a || !path->b)
		return 0;
	dst = is_pointer(path, path->a);
	src = is_pointer(path, path->b);
	if ((dst || src) && (!wide || dst == src || (src && op != BPF_ADD) ||
			     (op != BPF_ADD && op != BPF_SUB)))
		return 0;
	out = term_alu(&path->terms, op, wide, path->a, path->b);
	path->terms.list.data[out].pointer = dst || src;
	return out;
}

/* The register `reg` has got `term`, of which the state may know more. */
static void give(struct look_path *path, const struct reg *reg, uint32_t term)
{
	struct term *made;

	if (!term || reg->type == REG_UNSET ||
	    is_pointer(path, term) != reg_is_pointer(reg))
		return;
	made = &path->terms.list.data[term];
	if (!made->node && made->kind != TERM_CONST) {
		made->node = reg->value;
		if (reg->type == REG_SCALAR)
			made->known = reg->num;
	}
	name(path, reg->value, term);
}

static void take_branch(struct look_path *path, const struct state *st)
{
	const struct bpf_insn *insn = path->insn;
	struct relation relation = {
		.op = BPF_OP(insn->code),
		.wide = BPF_CLASS(insn->code) == BPF_JMP,
		.a = path->a, .b = path->b,
	};

	if (!path->a || !path->b || !insn->off || is_pointer(path, path->a) ||
	    is_pointer(path, path->b))
		return;
	relation.jumps = st->insn != path->at + 1;
	term_relate(&path->terms, &relation);
}

/* After it. */
static void look_after(struct look_path *path, struct verify_env *env)
{
	const struct bpf_insn *insn = path->insn;
	const struct state *st = env->cur;
	const struct reg *dst = state_reg(st, insn->dst_reg);
	const struct slot *slot;
	uint32_t term;

	if (is_alu(insn)) {
		give(path, dst, alu_term(path));
	} else if (is_branch(insn)) {
		take_branch(path, st);
	} else if (path->a && BPF_CLASS(insn->code) == BPF_LDX) {
		term = extend(path, path->a, size_of(insn), false);
		give(path, dst, term);
	} else if (path->a) {
		slot = slot_at(st, insn->dst_reg, insn);
		if (!slot || slot_spilled(slot) != size_of(insn))
			return;
		term = extend(path, path->a, size_of(insn), false);
		give(path, &slot->reg, term);
	}
}

static void ask(struct look_path *path, const struct verify_env *env)
{
	const struct reg *reg = state_reg(env->cur, path->reg);

	path->goal = reg_term(path, env, reg);
	path->goal_off = reg_is_pointer(reg) ? reg->off : 0;
}

int look_path_step(void *arg, struct verify_env *env)
{
	struct look_path *path = arg;

	if (path->insn)
		look_after(path, env);
	else
		first_state(path, env);
	path->steps++;
	if (env->cur->steps + 1 == path->last)
		ask(path, env);
	else
		look_before(path, env);
	return path->terms.failed ? -ENOMEM : 0;
}
