/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow analysis: the list of its passes, and the table of subprograms for
 * bare instructions. See flow.h for what comes out and flow_pass.h for what
 * the passes hand to each other.
 *
 * Calls are edges of the call graph alone; within a subprogram, control goes
 * on behind them. Stack slots are not followed: neither constants through
 * them nor which of them are live, which the walk learns from reads.
 */
#include "verify/flow/flow_pass.h"

#include <errno.h>
#include <stdlib.h>

#include "spec/diags.h"

static int read_ops(struct flow_pass *pass)
{
	struct arena *arena = &pass->env->arena;

	pass->ops = arena_alloc(arena, pass->cnt);
	pass->flow->insns = arena_array(arena, pass->cnt,
					sizeof(*pass->flow->insns));
	if (!pass->ops || !pass->flow->insns)
		return verify_no_memory(pass->env);
	for (uint32_t slot = 0; slot < pass->cnt;) {
		enum op op = insn_op(&pass->insns[slot]);

		pass->ops[slot] = (uint8_t)op;
		if (op_slots(op) == 2)
			pass->ops[slot + 1] = OP_INVALID;
		slot += op_slots(op);
	}
	return 0;
}

typedef int (*pass_fn)(struct flow_pass *pass);

static const pass_fn passes[] = {
	read_ops, flow_check, flow_blocks, flow_reach, flow_consts,
	flow_subprogs, flow_sccs, flow_live, flow_prune,
};

int flow_analyse(struct verify_env *env, struct flow *out)
{
	struct flow flow = { 0 };
	struct flow_pass pass = {
		.env = env, .flow = &flow, .insns = env->insns,
		.cnt = env->prog->insns_cnt, .catcher = FLOW_NONE,
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(passes); i++)
		err = passes[i](&pass);
	if (!err)
		*out = flow;
	return err;
}

static uint32_t mark_starts(uint8_t *starts, const struct bpf_insn *insns,
			    uint32_t cnt)
{
	uint32_t found = 0;

	starts[0] = 1;
	for (uint32_t slot = 0; slot < cnt;) {
		enum op op = insn_op(&insns[slot]);

		if (op == OP_CALL_LOCAL || op == OP_LD_FUNC)
			starts[slot + 1 + (uint32_t)insns[slot].imm] = 1;
		slot += op == OP_INVALID ? 1 : op_slots(op);
	}
	for (uint32_t slot = 0; slot < cnt; slot++)
		found += starts[slot];
	return found;
}

int flow_find_subprogs(struct arena *arena, const struct bpf_insn *insns,
		       uint32_t cnt, const struct subprog **subprogs,
		       uint32_t *subprogs_cnt)
{
	uint8_t *starts = calloc(cnt, 1);
	uint32_t found = starts ? mark_starts(starts, insns, cnt) : 0, at = 0;
	struct subprog *subs = arena_array(arena, found + 1, sizeof(*subs));

	if (!starts || !subs) {
		free(starts);
		return -ENOMEM;
	}
	for (uint32_t slot = 0; slot < cnt; slot++)
		if (starts[slot])
			subs[at++] = (struct subprog){
				.name = "", .start = slot };
	for (uint32_t i = 0; i < found; i++)
		subs[i].cnt = (i + 1 < found ? subs[i + 1].start : cnt) -
			      subs[i].start;
	free(starts);
	*subprogs = subs;
	*subprogs_cnt = found;
	return 0;
}
