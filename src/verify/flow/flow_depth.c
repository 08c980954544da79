/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack over the call graph. What matters of the chains that lead to a
 * subprogram is the deepest, by bytes and by frames, so one sweep from callers
 * to callees does, however many chains there are. Callbacks that run at once
 * are calls; those that run later begin a chain of their own.
 *
 * Frames are rounded up to 16 bytes, as the kernel does where it compiles.
 * Kernels that give tracing programs a stack of their own for each subprogram
 * take deeper chains; that is not assumed here.
 */
#include "verify/flow/flow.h"

#include "base/bits.h"
#include "spec/diags.h"
#include "verify/env.h"

#define FRAME_ALIGN	16
#define TAIL_CALL_STACK	256

/* Of the worst chain that leads to a subprogram, itself left out. */
struct chain {
	uint32_t bytes, bytes_frames;	/* by bytes, and its frames */
	uint32_t frames;		/* of the longest */
	bool in_callback;
	bool known;
};

struct depth {
	struct verify_env *env;
	const uint32_t *used;
	struct chain *chains;
};

static int reject_at(struct depth *depth, uint32_t index, int err)
{
	depth->env->why.insn = depth->env->prog->subprogs[index].start;
	return err;
}

static int reject_frames(struct depth *depth, uint32_t index, uint32_t frames)
{
	int err = verify_reject(depth->env, DIAG_VERIFY_CALL_DEPTH, -1,
				"%u calls are nested; a program has %d frames",
				frames, VERIFY_FRAMES);

	return reject_at(depth, index, verify_says(depth->env, err,
			 "the call stack of %u frames is too deep !",
			 frames));
}

static int reject_tail_call(struct depth *depth, uint32_t index,
			    uint32_t bytes)
{
	int err = verify_reject(depth->env, DIAG_VERIFY_STACK_DEPTH, -1,
				"a subprogram makes a tail call while its "
				"callers use %u bytes of stack; %d is the "
				"limit", bytes, TAIL_CALL_STACK - 1);

	return reject_at(depth, index, verify_says(depth->env, err,
			 "tail_calls are not allowed when call stack of "
			 "previous frames is %u bytes. Too large", bytes));
}

static int reject_bytes(struct depth *depth, uint32_t index, uint32_t frames,
			uint32_t bytes)
{
	int err = verify_reject(depth->env, DIAG_VERIFY_STACK_DEPTH, -1,
				"a chain of %u frames uses %u bytes of stack; "
				"%u is the limit", frames, bytes,
				depth->env->opts.stack_size);

	return reject_at(depth, index, verify_says(depth->env, err,
			 "combined stack size of %u calls is %u. Too large",
			 frames, bytes));
}

static int reject_ld_abs(struct depth *depth, uint32_t index)
{
	int err = verify_reject(depth->env, DIAG_VERIFY_LD_ABS, -1,
				"a callback uses LD_ABS or LD_IND, which may "
				"end the program");

	return reject_at(depth, index, verify_says(depth->env, err,
			 "cannot use BPF_LD_[ABS|IND] within callback"));
}

static uint32_t frame_bytes(const struct depth *depth, uint32_t index)
{
	return (uint32_t)align_up(depth->used[index], FRAME_ALIGN);
}

static int check_subprog(struct depth *depth, uint32_t index, uint32_t *most)
{
	const struct flow_subprog *sub = &depth->env->flow->subprogs[index];
	const struct chain *chain = &depth->chains[index];
	uint32_t bytes = chain->bytes + frame_bytes(depth, index);

	if (chain->frames >= VERIFY_FRAMES)
		return reject_frames(depth, index, chain->frames);
	if (sub->has_ld_abs && chain->in_callback)
		return reject_ld_abs(depth, index);
	if (index && sub->has_tail_call && chain->bytes >= TAIL_CALL_STACK)
		return reject_tail_call(depth, index, chain->bytes);
	if (bytes > depth->env->opts.stack_size)
		return reject_bytes(depth, index, chain->bytes_frames + 1,
				    bytes);
	*most = MAX(*most, bytes);
	return 0;
}

static void lead_to(struct depth *depth, uint32_t from, uint32_t to,
		    bool callback)
{
	const struct chain *chain = &depth->chains[from];
	struct chain *next = &depth->chains[to];
	uint32_t bytes = chain->bytes + frame_bytes(depth, from);

	next->frames = MAX(next->frames, chain->frames + 1);
	next->in_callback |= callback || chain->in_callback;
	if (!next->known || bytes > next->bytes) {
		next->bytes = bytes;
		next->bytes_frames = chain->bytes_frames + 1;
	}
	next->known = true;
}

static void lead_on(struct depth *depth, uint32_t from)
{
	const struct flow *flow = depth->env->flow;
	uint32_t cnt = depth->env->prog->subprogs_cnt;

	for (uint32_t to = 0; to < cnt; to++) {
		uint8_t edges = flow->edges[from * cnt + to];
		bool at_once = edges & FLOW_EDGE_FUNC &&
			       !flow->subprogs[to].later;

		if (edges & FLOW_EDGE_CALL || at_once)
			lead_to(depth, from, to, at_once);
	}
}

int flow_stack_depth(struct verify_env *env, const uint32_t *used,
		     uint32_t *out)
{
	uint32_t cnt = env->prog->subprogs_cnt, most = 0;
	struct depth depth = {
		.env = env, .used = used,
		.chains = arena_array(&env->arena, cnt, sizeof(struct chain)),
	};
	int err = 0;

	if (!depth.chains)
		return verify_no_memory(env);
	for (uint32_t i = 0; i < cnt; i++)
		depth.chains[i].in_callback = env->flow->subprogs[i].later;
	for (uint32_t i = cnt; !err && i-- > 0;) {
		uint32_t index = env->flow->order[i];

		if (!env->flow->subprogs[index].reached)
			continue;
		err = check_subprog(&depth, index, &most);
		lead_on(&depth, index);
	}
	if (!err)
		*out = most;
	return err;
}
