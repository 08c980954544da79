/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions of class LD: 64-bit immediates, which are numbers, maps, their
 * values, functions and kernel variables; and the old packet loads.
 */
#include "verify/memory/access_rows.h"
#include "verify/typed/btf_walk.h"
#include "verify/call/call.h"
#include "verify/typed/typed.h"
#include "verify/walk/walk.h"

#include "isa/insn.h"
#include "spec/diags.h"

#define VAR_MAX		(1u << 29)

/* ---- 64-bit immediates ---- */

static int load_map(struct verify_env *env, uint32_t map, struct reg *to)
{
	if (map >= env->prog->maps_cnt)
		return verify_reject(env, DIAG_VERIFY_INSN, -1,
				     "there is no map %u", map);
	reg_set_pointer(to, REG_MAP, 0, verify_value(env, VALUE_CONST, 0, 0));
	to->map = map;
	return 0;
}

static int check_direct(struct verify_env *env, const struct verify_map *map,
			uint32_t off)
{
	if (map->type != MAP_TYPE_ARRAY || map->max_entries != 1)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_MAP_USE, -1,
				      "the address of a value is taken of a "
				      "map that is no array of one"),
			"no direct value access support for this map type");
	if (off >= VAR_MAX)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_MAP_BOUNDS, -1,
				      "offset %u of a map's value", off),
			"direct value offset of %u is not allowed", off);
	if (off < map->value_size)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_MAP_BOUNDS, -1,
			      "offset %u of a value of %u bytes", off,
			      map->value_size),
		"invalid access to map value pointer, value_size=%u off=%u",
		map->value_size, off);
}

static int load_map_value(struct verify_env *env, const struct bpf_insn *insn,
			  struct reg *to)
{
	uint32_t map = (uint32_t)insn[0].imm, off = (uint32_t)insn[1].imm;
	int err = load_map(env, map, to);

	if (err)
		return err;
	if (env->in->maps[map].type == MAP_TYPE_ARENA) {
		reg_set_unknown(to, to->value);
		return 0;
	}
	err = check_direct(env, &env->in->maps[map], off);
	to->type = REG_MAP_VALUE;
	to->off = (int32_t)off;
	return err;
}

static int load_func(struct verify_env *env, const struct bpf_insn *insn,
		     struct reg *to)
{
	const struct subprog *subprogs = env->prog->subprogs;
	const struct subprog *sub;
	int64_t distance = 0;

	insn_target(insn, &distance);
	sub = prog_subprog_at(env->prog,
			      env->cur->insn + 1 + (uint32_t)distance);
	if (!sub || sub == subprogs)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_CALLBACK, -1,
				      "the program itself is no callback"),
			"callback function cannot be the main program");
	if (sub->global)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_CALLBACK, -1,
				      "%s is a global function", sub->name),
			"callback function not static");
	reg_set_pointer(to, REG_FUNC, 0, verify_value(env, VALUE_CONST, 0, 0));
	to->subprog = (uint32_t)(sub - subprogs);
	return 0;
}

static int load_wide(struct verify_env *env, const struct bpf_insn *insn,
		     struct reg *to)
{
	switch (insn->src_reg) {
	case 0:
		reg_set_const(to, insn_imm64(insn),
			      verify_value(env, VALUE_CONST, 0, 0));
		return 0;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_IDX:
		return load_map(env, (uint32_t)insn->imm, to);
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		return load_map_value(env, insn, to);
	case BPF_PSEUDO_BTF_ID:
		return btf_symbol(env, (uint32_t)insn->imm, to);
	default:
		return load_func(env, insn, to);
	}
}

int step_load_imm64(struct verify_env *env, const struct bpf_insn *insn)
{
	struct reg *regs = state_frame(env->cur)->regs;
	int err = access_writes(env, insn->dst_reg);

	if (!err)
		err = load_wide(env, insn, &regs[insn->dst_reg]);
	if (likely(!err))
		env->cur->insn += 2;
	return err;
}

/* ---- packet loads of the old kind ---- */

static const char what[] = "BPF_LD_[ABS|IND]";

static bool has_packet(const struct verify_env *env)
{
	return env->prog->type == PROG_TYPE_SOCKET_FILTER ||
	       env->prog->type == PROG_TYPE_SCHED_CLS ||
	       env->prog->type == PROG_TYPE_SCHED_ACT;
}

static bool in_callback(const struct state *st)
{
	for (uint32_t i = st->depth; i; i--)
		if (st->frames[i]->kind == FRAME_CALLBACK ||
		    st->frames[i]->kind == FRAME_ASYNC)
			return true;
	return st->frames[0]->kind == FRAME_ASYNC;
}

static int reject_place(struct verify_env *env, const char *why,
			const char *says)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_LD_ABS, -1, "%s", why),
		"%s %s", what, says);
}

/* A load past the end ends the program: nothing may be held. */
static int check_place(struct verify_env *env)
{
	const struct state *st = env->cur;

	if (!has_packet(env))
		return reject_place(env, "the program type has no packet to "
				    "load from",
				    "instructions not allowed for this "
				    "program type");
	if (in_callback(st))
		return reject_place(env, "a packet load in a callback",
				    "cannot be used within callback");
	for (uint32_t i = 0; i < st->held_cnt; i++)
		if (st->held[i].kind == HELD_REF)
			return reject_place(env, "a load past the packet's "
					    "end ends the program, and a "
					    "reference is held",
					    "would lead to reference leak");
	return section_exit(env, what);
}

static int check_registers(struct verify_env *env,
			   const struct bpf_insn *insn)
{
	const struct reg *ctx = state_reg(env->cur, BPF_REG_6);
	int err = access_reads(env, BPF_REG_6);

	if (err)
		return err;
	if (ctx->type != REG_CTX)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_LD_ABS, BPF_REG_6,
				      "r6 is not the context"),
			"at the time of BPF_LD_ABS|IND R6 != pointer to skb");
	if (BPF_MODE(insn->code) == BPF_IND)
		err = access_reads(env, insn->src_reg);
	return err ?: pointer_exact(env, BPF_REG_6, ctx, false);
}

/* Does the subprogram return a number, as its BTF says? */
static bool returns_number(const struct verify_env *env, uint32_t subprog)
{
	const struct btf *btf = env->prog->btf;
	uint32_t id = env->prog->subprogs[subprog].btf_func;

	if (!btf || !id)
		return false;
	id = btf_type(btf, id)->type;
	return btf_is_number(btf, btf_type(btf, id)->type);
}

static int check_returns(struct verify_env *env)
{
	uint32_t subprog = state_frame(env->cur)->subprog;

	if (!subprog || returns_number(env, subprog))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_LD_ABS, -1,
			      "a load past the packet's end returns 0 from "
			      "%s, which has no such result",
			      env->prog->subprogs[subprog].name ?:
			      "the function"),
		"LD_ABS is only allowed in functions that return 'int'.");
}

/*
 * Past the packet's end, the function that loads returns 0 at once. For the
 * program itself every such type takes 0; callers of others look at it.
 */
static int fork_return(struct verify_env *env)
{
	struct state *here = env->cur, *fork;
	struct reg *regs;
	int err;

	fork = walk_fork(env, here->insn + 1);
	if (!fork)
		return walk_failed(env);
	env->cur = fork;
	regs = state_frame(fork)->regs;
	reg_set_const(&regs[0], 0, verify_value(env, VALUE_CONST, 0, 0));
	err = call_return(env);
	env->cur = here;
	return err;
}

int step_load_packet(struct verify_env *env, const struct bpf_insn *insn)
{
	static const uint64_t most[4] = {
		UINT32_MAX, UINT16_MAX, UINT8_MAX, UINT64_MAX
	};
	int err = check_place(env) ?: check_returns(env) ?:
		  check_registers(env, insn);
	struct reg *r0;

	if (!err && env->cur->depth)
		err = fork_return(env);
	if (err)
		return err;
	call_clobber(env);
	r0 = &state_frame(env->cur)->regs[0];
	reg_set_unknown(r0, verify_value(env, VALUE_LOAD, 0, 0));
	r0->num = scalar_urange(0, most[BPF_SIZE(insn->code) >> 3]);
	env->cur->insn++;
	return 0;
}
