/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jumps. A conditional one is decided when its outcome is the same for all
 * that the state stands for; its operands' numbers are then PRECISE, as a
 * state with others might go the other way. Else the path forks, and each
 * side is narrowed to what its outcome leaves:
 *
 *	number with number	bounds and bits of both (scalar_refine), then
 *				of all that are linked to them
 *	or-NULL with 0		NULL is a known 0, the rest a pointer, in all
 *				registers of the id
 *	packet with its end	how much may be read (branch_pointer.c)
 *
 * What is narrowed gets a REFINED node of itself and of the other operand,
 * though that is a constant: another path may have another constant there.
 *
 * The fork that waits is the one that jumps, so that paths are looked at in
 * the order of the text, as the kernel does.
 */
#include "verify/walk/branch.h"

#include <errno.h>
#include <string.h>

#include "spec/diags.h"
#include "verify/facts/facts.h"

static uint32_t jump_target(const struct verify_env *env,
			    const struct bpf_insn *insn)
{
	int32_t distance = insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm :
								insn->off;

	return (uint32_t)((int64_t)env->cur->insn + 1 + distance);
}

static int go(struct verify_env *env, uint32_t insn)
{
	env->cur->insn = insn;
	return 0;
}

/*
 * Jumping needs no privilege to end; the way on does, as it may be taken only
 * so often. That side waits and may be widened.
 */
static int may_goto(struct verify_env *env, const struct bpf_insn *insn)
{
	uint32_t at = env->cur->insn;
	struct state *fork = walk_fork(env, at + 1);

	if (!fork)
		return walk_failed(env);
	fork->may_goto_depth++;
	if (prune_widen(env, fork, at))
		return walk_failed(env);
	return go(env, jump_target(env, insn));
}

static int read_operand(struct verify_env *env, unsigned int reg)
{
	if (likely(state_reg(env->cur, reg)->type != REG_UNSET))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_UNSET, (int)reg,
			      "r%u is compared but was never set", reg),
		"R%u !read_ok", reg);
}

/* What the numbers of both operands are on one side of the branch. */
struct side {
	bool possible;
	struct scalar dst, src;
};

static void sides_find(struct side sides[2], const struct branch *br)
{
	for (int taken = 0; taken < 2; taken++) {
		struct side *side = &sides[taken];

		side->dst = br->dst->num;
		side->src = br->src->num;
		side->possible = scalar_refine(br->op, br->wide, taken,
					       &side->dst, &side->src);
	}
}

/* One operand, in `st`: the number it has there, and what that hangs on. */
static bool narrow(struct verify_env *env, struct reg *reg,
		   const struct scalar *num, uint32_t other)
{
	if (!memcmp(&reg->num, num, sizeof(*num)))
		return false;
	reg->num = *num;
	reg->value = verify_value(env, VALUE_REFINED, reg->value, other);
	return true;
}

struct links {
	struct verify_env *env;
	struct reg known;		/* as it is now */
};

static bool is_linked(const void *arg, const struct reg *reg)
{
	const struct links *links = arg;

	return reg->type == REG_SCALAR && reg->id == links->known.id;
}

/*
 * A register linked to one that was narrowed is that one plus the difference
 * of their deltas, modulo 2^64. That and what it was both hold. (The one that
 * was narrowed is found too, and is narrow enough already.)
 */
static void narrow_linked(void *arg, struct reg *reg)
{
	struct links *links = arg;
	struct scalar num = links->known.num;

	if (reg->delta != links->known.delta) {
		int64_t diff = (int64_t)reg->delta - links->known.delta;
		struct scalar add = scalar_const((uint64_t)diff);

		num = scalar_alu(BPF_ADD, true, false, &num, &add);
	}
	if (scalar_intersect(&num, &reg->num, &num))
		narrow(links->env, reg, &num, links->known.value);
}

static int narrow_links(struct verify_env *env, struct state *st,
			unsigned int regno)
{
	struct links links = { .env = env, .known = *state_reg(st, regno) };

	if (!links.known.id)
		return 0;
	return state_each_match(env, st, is_linked, narrow_linked, &links);
}

static int narrow_side(struct verify_env *env, struct state *st,
		       const struct branch *br, const struct side *side)
{
	struct reg *regs = state_frame(st)->regs;
	uint32_t dst = regs[br->insn->dst_reg].value;
	uint32_t src = br->by_reg ? regs[br->insn->src_reg].value : 0;
	int err = 0;

	if (narrow(env, &regs[br->insn->dst_reg], &side->dst, src))
		err = narrow_links(env, st, br->insn->dst_reg);
	if (!err && br->by_reg && br->insn->src_reg != br->insn->dst_reg &&
	    narrow(env, &state_frame(st)->regs[br->insn->src_reg], &side->src,
		   dst))
		err = narrow_links(env, st, br->insn->src_reg);
	return err;
}

/* -1, or the outcome of comparing a word with itself. */
static int decides_same(const struct branch *br)
{
	switch (br->op) {
	case BPF_JEQ:
	case BPF_JGE:
	case BPF_JLE:
	case BPF_JSGE:
	case BPF_JSLE:
		return 1;
	case BPF_JSET:
		return -1;
	default:
		return 0;
	}
}

static bool same_number(const struct branch *br)
{
	return br->by_reg &&
	       (br->insn->dst_reg == br->insn->src_reg ||
		(br->dst->id && br->dst->id == br->src->id &&
		 br->dst->delta == br->src->delta));
}

static int decided(struct verify_env *env, const struct branch *br,
		   bool jumps)
{
	if (br->dst->type == REG_SCALAR)
		verify_precise(env, br->dst);
	if (br->by_reg && br->src->type == REG_SCALAR)
		verify_precise(env, br->src);
	facts_branch(env, env->cur->insn, jumps, !jumps);
	return go(env, jumps ? br->target : env->cur->insn + 1);
}

static struct state *fork_to_target(struct verify_env *env,
				    const struct branch *br)
{
	facts_branch(env, env->cur->insn, true, true);
	return walk_fork(env, br->target);
}

static int compare_numbers(struct verify_env *env, const struct branch *br)
{
	int jumps = same_number(br) ? decides_same(br) : -1;
	struct side sides[2];
	struct state *fork;
	int err;

	if (jumps >= 0)
		return decided(env, br, jumps);
	sides_find(sides, br);
	if (sides[0].possible != sides[1].possible)
		return decided(env, br, sides[1].possible);
	fork = fork_to_target(env, br);
	if (!fork)
		return walk_failed(env);
	err = narrow_side(env, fork, br, &sides[1]);
	if (!err)
		err = narrow_side(env, env->cur, br, &sides[0]);
	return err ? walk_failed(env) : go(env, env->cur->insn + 1);
}

static int prohibited(struct verify_env *env, unsigned int reg)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_LEAK, (int)reg,
			      "r%u is a pointer; comparing it would tell of "
			      "its address", reg),
		"R%u pointer comparison prohibited", reg);
}

/* Without privileges, only what tells nothing of the address. */
static int check_leak(struct verify_env *env, const struct branch *br)
{
	bool packets = branch_both_packet(br);

	if (env->opts.profile != VERIFY_UNPRIVILEGED || packets)
		return 0;
	if (br->by_reg && reg_is_pointer(br->src))
		return prohibited(env, br->insn->src_reg);
	if (reg_is_pointer(br->dst) && !branch_is_null_check(br))
		return prohibited(env, br->insn->dst_reg);
	return 0;
}

static int compare_pointers(struct verify_env *env, const struct branch *br)
{
	int jumps = branch_decides_pointer(env, br);
	struct state *fork;
	int err;

	/* what is known beforehand tells nothing */
	if (jumps >= 0)
		return decided(env, br, jumps);
	err = check_leak(env, br);
	if (err)
		return err;
	fork = fork_to_target(env, br);
	if (!fork)
		return walk_failed(env);
	err = branch_learn_pointer(env, br, fork, env->cur);
	return err ? walk_failed(env) : go(env, env->cur->insn + 1);
}

static int conditional(struct verify_env *env, const struct branch *br)
{
	uint8_t flow = env->flow->insns[env->cur->insn].flags;

	/* so on every path, which is why no number has to be precise */
	if (flow & (FLOW_NO_JUMP | FLOW_NO_FALL)) {
		bool jumps = flow & FLOW_NO_FALL;

		facts_branch(env, env->cur->insn, jumps, !jumps);
		return go(env, jumps ? br->target : env->cur->insn + 1);
	}
	if (br->dst->type == REG_SCALAR && br->src->type == REG_SCALAR)
		return compare_numbers(env, br);
	return compare_pointers(env, br);
}

int step_jump(struct verify_env *env, const struct bpf_insn *insn)
{
	struct reg dst, src;
	struct branch br = {
		.insn = insn, .op = BPF_OP(insn->code),
		.wide = BPF_CLASS(insn->code) == BPF_JMP,
		.by_reg = BPF_SRC(insn->code) == BPF_X,
		.target = jump_target(env, insn), .dst = &dst, .src = &src,
	};
	int err;

	if (br.op == BPF_JA)
		return go(env, br.target);
	if (br.op == BPF_JCOND) {
		facts_branch(env, env->cur->insn, true, true);
		return may_goto(env, insn);
	}
	err = read_operand(env, insn->dst_reg);
	if (!err && br.by_reg)
		err = read_operand(env, insn->src_reg);
	if (err)
		return err;
	dst = *state_reg(env->cur, insn->dst_reg);
	if (br.by_reg)
		src = *state_reg(env->cur, insn->src_reg);
	else
		reg_set_const(&src, (uint64_t)(int64_t)insn->imm, 0);
	return conditional(env, &br);
}
