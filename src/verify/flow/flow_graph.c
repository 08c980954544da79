/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of the program, dead code included: subprograms that control
 * enters by calls and leaves by exit alone, basic blocks, their reverse
 * postorder, and that some path comes to each of them.
 *
 * What no path reaches at all is refused as the kernel does; what is behind a
 * condition that turns out constant is fine (flow_consts.c cuts it).
 */
#include "verify/flow/flow_pass.h"

#include <errno.h>
#include <string.h>

#include "btf/btf.h"
#include "spec/diags.h"

/* The slot that a jump goes to. */
static int64_t jump_target(const struct flow_pass *pass, uint32_t slot)
{
	int64_t distance = 0;

	insn_target(&pass->insns[slot], &distance);
	return slot + 1 + distance;
}

static bool is_jump(const struct flow_pass *pass, uint32_t slot)
{
	return pass->ops[slot] == OP_JA32 ||
	       op_rows[pass->ops[slot]].off.kind == FIELD_JUMP;
}

static bool ends_path(enum op op)
{
	return op == OP_EXIT || op == OP_JA || op == OP_JA32;
}

static int reject_jump(struct flow_pass *pass, uint32_t slot, int64_t to)
{
	int err = verify_reject(pass->env, DIAG_VERIFY_FALL, -1,
				"instruction %u jumps to %lld, which is not "
				"in its subprogram", slot, (long long)to);

	return flow_at(pass, slot, verify_says(pass->env, err,
		       "jump out of range from insn %u to %lld", slot,
		       (long long)to));
}

static int reject_fall(struct flow_pass *pass, uint32_t slot)
{
	int err = verify_reject(pass->env, DIAG_VERIFY_FALL, -1,
				"instruction %u is the last of its "
				"subprogram, and neither exit nor goto", slot);

	return flow_at(pass, slot, verify_says(pass->env, err,
		       "last insn is not an exit or jmp"));
}

static int reject_callee(struct flow_pass *pass, uint32_t slot, int64_t to)
{
	int err = verify_reject(pass->env, DIAG_VERIFY_FALL, -1,
				"instruction %u calls %lld, where no "
				"subprogram begins", slot, (long long)to);

	return flow_at(pass, slot, verify_says(pass->env, err,
		       "call to invalid destination"));
}

static int check_insn(struct flow_pass *pass, const struct subprog *sub,
		      uint32_t slot)
{
	int64_t to;

	if (flow_is_call(pass, slot)) {
		to = jump_target(pass, slot);
		if (prog_subprog_at(pass->env->prog, (uint32_t)to)->start !=
		    to)
			return reject_callee(pass, slot, to);
	} else if (is_jump(pass, slot)) {
		to = jump_target(pass, slot);
		if (to < sub->start || to >= (int64_t)sub->start + sub->cnt)
			return reject_jump(pass, slot, to);
	}
	return 0;
}

static int check_subprog(struct flow_pass *pass, const struct subprog *sub)
{
	uint32_t end = sub->start + sub->cnt, last = sub->start;
	int err = 0;

	for (uint32_t slot = sub->start; !err && slot < end;
	     slot = flow_next(pass, slot)) {
		err = check_insn(pass, sub, slot);
		last = slot;
	}
	if (!err && !ends_path(pass->ops[last]))
		err = reject_fall(pass, last);
	return err;
}

int flow_check(struct flow_pass *pass)
{
	const struct prog *prog = pass->env->prog;
	int err = 0;

	if (!prog->subprogs_cnt || prog->subprogs_cnt > FLOW_SUBPROGS)
		err = verify_says(pass->env,
			verify_reject(pass->env, DIAG_VERIFY_SUBPROGS, -1,
				      "the program has %u subprograms; %d is "
				      "the limit", prog->subprogs_cnt,
				      FLOW_SUBPROGS),
			"too many subprograms");
	for (uint32_t i = 0; !err && i < prog->subprogs_cnt; i++)
		err = check_subprog(pass, &prog->subprogs[i]);
	return err;
}

/* block_of[slot] becomes 1 where a block begins. */
static void mark_leaders(struct flow_pass *pass)
{
	const struct prog *prog = pass->env->prog;

	for (uint32_t i = 0; i < prog->subprogs_cnt; i++)
		pass->block_of[prog->subprogs[i].start] = 1;
	for (uint32_t slot = 0; slot < pass->cnt;) {
		uint32_t next = flow_next(pass, slot);

		if (is_jump(pass, slot))
			pass->block_of[jump_target(pass, slot)] = 1;
		if (next < pass->cnt && (is_jump(pass, slot) ||
					 ends_path(pass->ops[slot])))
			pass->block_of[next] = 1;
		slot = next;
	}
}

static void set_succ(struct flow_pass *pass, struct flow_block *block)
{
	uint32_t next = flow_next(pass, block->last);
	enum op op = pass->ops[block->last];

	block->succ[FLOW_FALL] = ends_path(op) ? FLOW_NONE :
				 pass->block_of[next];
	block->succ[FLOW_JUMP] = !is_jump(pass, block->last) ? FLOW_NONE :
				 pass->block_of[jump_target(pass,
							    block->last)];
}

int flow_blocks(struct flow_pass *pass)
{
	struct arena *arena = &pass->env->arena;
	struct flow_block *block;

	pass->block_of = arena_array(arena, pass->cnt, sizeof(uint32_t));
	if (!pass->block_of)
		return verify_no_memory(pass->env);
	mark_leaders(pass);
	for (uint32_t slot = 0; slot < pass->cnt; slot++)
		pass->blocks_cnt += pass->block_of[slot];
	pass->blocks = arena_array(arena, pass->blocks_cnt, sizeof(*block));
	if (!pass->blocks)
		return verify_no_memory(pass->env);
	block = pass->blocks - 1;
	for (uint32_t slot = 0; slot < pass->cnt;
	     slot = flow_next(pass, slot)) {
		if (pass->block_of[slot]) {
			(++block)->start = slot;
			pass->block_of[slot] =
				(uint32_t)(block - pass->blocks);
		}
		block->last = slot;
	}
	for (uint32_t i = 0; i < pass->blocks_cnt; i++)
		set_succ(pass, &pass->blocks[i]);
	return 0;
}

/* The depth-first search: blocks under way, and the way to take next. */
struct dfs {
	struct flow_pass *pass;
	uint32_t *stack, *subprogs;	/* subprograms to be looked at */
	uint8_t *way;			/* per block; DONE when behind it */
	bool *queued;			/* per subprogram */
	uint32_t depth, subprogs_cnt;
	uint32_t done;			/* blocks */
};

enum { WAY_DONE = FLOW_WAYS + 1 };

static void queue_subprog(struct dfs *dfs, uint32_t subprog)
{
	if (!dfs->queued[subprog])
		dfs->subprogs[dfs->subprogs_cnt++] = subprog;
	dfs->queued[subprog] = true;
}

static void enter_block(struct dfs *dfs, uint32_t index)
{
	struct flow_pass *pass = dfs->pass;
	struct flow_block *block = &pass->blocks[index];

	block->seen = true;
	dfs->stack[dfs->depth++] = index;
	for (uint32_t slot = block->start; slot <= block->last;
	     slot = flow_next(pass, slot))
		if (flow_is_call(pass, slot))
			queue_subprog(dfs, flow_callee(pass, slot));
}

static int reject_back_edge(struct flow_pass *pass, uint32_t from, uint32_t to)
{
	int err = verify_reject(pass->env, DIAG_VERIFY_BACK_EDGE, -1,
				"instruction %u goes back to %u, and "
				"unprivileged programs have no loops", from,
				to);

	return flow_at(pass, from, verify_says(pass->env, err,
		       "back-edge from insn %u to %u", from, to));
}

/* All that a block's subprogram has, in postorder from the end of rpo. */
static int search(struct dfs *dfs, uint32_t start)
{
	struct flow_pass *pass = dfs->pass;
	bool loops = pass->env->opts.profile != VERIFY_UNPRIVILEGED;

	enter_block(dfs, start);
	while (dfs->depth) {
		uint32_t at = dfs->stack[dfs->depth - 1], next;

		if (dfs->way[at] == FLOW_WAYS) {
			dfs->way[at] = WAY_DONE;
			dfs->depth--;
			pass->rpo[pass->blocks_cnt - ++dfs->done] = at;
			continue;
		}
		next = pass->blocks[at].succ[dfs->way[at]++];
		if (next == FLOW_NONE)
			continue;
		if (!pass->blocks[next].seen)
			enter_block(dfs, next);
		else if (!loops && dfs->way[next] != WAY_DONE)
			return reject_back_edge(pass, pass->blocks[at].last,
						pass->blocks[next].start);
	}
	return 0;
}

static int check_all_seen(struct flow_pass *pass)
{
	for (uint32_t i = 0; i < pass->blocks_cnt; i++) {
		uint32_t slot = pass->blocks[i].start;
		int err;

		if (pass->blocks[i].seen)
			continue;
		err = verify_reject(pass->env, DIAG_VERIFY_UNREACHABLE, -1,
				    "no path reaches instruction %u", slot);
		return flow_at(pass, slot, verify_says(pass->env, err,
			       "unreachable insn %u", slot));
	}
	return 0;
}

/*
 * Postorder fills rpo from its end; subprograms found later come before
 * those that call them, so the order is turned by subprogram below.
 */
static int search_all(struct dfs *dfs)
{
	struct flow_pass *pass = dfs->pass;
	const struct prog *prog = pass->env->prog;
	int err = 0;

	queue_subprog(dfs, 0);
	if (pass->catcher != FLOW_NONE)
		queue_subprog(dfs, pass->catcher);
	for (uint32_t i = 0; !err && i < dfs->subprogs_cnt; i++) {
		uint32_t start = prog->subprogs[dfs->subprogs[i]].start;

		err = search(dfs, pass->block_of[start]);
	}
	return err ?: check_all_seen(pass);
}

/*
 * Callers in front of callees: what a caller makes reachable is then looked
 * at in the same sweep. Each subprogram's blocks are one run of rpo, the
 * first found at its end.
 */
static int order_blocks(struct flow_pass *pass)
{
	uint32_t cnt = pass->blocks_cnt, to = 0, end = cnt;
	uint32_t *rpo = arena_array(&pass->env->arena, cnt, sizeof(*rpo));

	if (!rpo)
		return verify_no_memory(pass->env);
	for (uint32_t at = cnt; at-- > 0;) {
		uint32_t start = pass->blocks[pass->rpo[at]].start;

		if (prog_subprog_at(pass->env->prog, start)->start != start)
			continue;
		for (uint32_t i = at; i < end; i++) {
			pass->blocks[pass->rpo[i]].rank = to;
			rpo[to++] = pass->rpo[i];
		}
		end = at;
	}
	pass->rpo = rpo;
	pass->rpo_cnt = to;
	return 0;
}

#define CATCHER_TAG "exception_callback:"

/* The subprogram that a tag of the entry's BTF function names, if any. */
static uint32_t find_catcher(const struct prog *prog)
{
	size_t len = sizeof(CATCHER_TAG) - 1;
	uint32_t cnt = prog->btf ? btf_type_cnt(prog->btf) : 0;

	for (uint32_t id = 1; id < cnt; id++) {
		const struct btf_type *type = btf_type(prog->btf, id);
		const char *name;

		if (btf_kind(type) != BTF_KIND_DECL_TAG ||
		    type->type != prog->subprogs[0].btf_func)
			continue;
		name = btf_type_name(prog->btf, id);
		for (uint32_t i = 1; i < prog->subprogs_cnt; i++)
			if (!strncmp(name, CATCHER_TAG, len) &&
			    !strcmp(name + len, prog->subprogs[i].name))
				return i;
	}
	return FLOW_NONE;
}

int flow_reach(struct flow_pass *pass)
{
	struct arena *arena = &pass->env->arena;
	uint32_t cnt = pass->blocks_cnt;
	struct dfs dfs = {
		.pass = pass,
		.stack = arena_array(arena, cnt, sizeof(uint32_t)),
		.subprogs = arena_array(arena, pass->env->prog->subprogs_cnt,
					sizeof(uint32_t)),
		.way = arena_alloc(arena, cnt),
		.queued = arena_alloc(arena, pass->env->prog->subprogs_cnt),
	};
	int err;

	pass->rpo = arena_array(arena, cnt, sizeof(uint32_t));
	if (!dfs.stack || !dfs.subprogs || !dfs.way || !dfs.queued ||
	    !pass->rpo)
		return verify_no_memory(pass->env);
	pass->catcher = find_catcher(pass->env->prog);
	err = search_all(&dfs);
	return err ?: order_blocks(pass);
}
