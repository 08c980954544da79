/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which instructions the entry can get to: along jumps, into called
 * subprograms and into functions whose address is taken. Dead code (what
 * CO-RE left behind) is not refused for what it calls.
 */
#include <stdlib.h>

#include "interp/code.h"

enum mark { UNSEEN, SEEN };

struct worklist {
	uint8_t *marks;
	uint32_t *slots;	/* at most one entry per slot */
	uint32_t cnt;
};

static void add(struct worklist *list, uint64_t slot, uint32_t slots_cnt)
{
	if (slot >= slots_cnt || list->marks[slot] == SEEN)
		return;
	list->marks[slot] = SEEN;
	list->slots[list->cnt++] = (uint32_t)slot;
}

static bool falls_through(enum op op)
{
	return op != OP_JA && op != OP_JA32 && op != OP_EXIT;
}

uint8_t *interp_reach(const struct prog *prog)
{
	struct worklist list = {
		.marks = calloc(prog->insns_cnt + 1, 1),
		.slots = calloc(prog->insns_cnt + 1, sizeof(uint32_t)),
	};

	if (!list.marks || !list.slots) {
		free(list.marks);
		list.marks = NULL;
		goto out;
	}
	add(&list, 0, prog->insns_cnt);
	while (list.cnt) {
		uint32_t slot = list.slots[--list.cnt];
		const struct bpf_insn *insn = &prog->insns[slot];
		enum op op = insn_op(insn);
		uint64_t next = slot + (op == OP_INVALID ? 1 : op_slots(op));
		int64_t distance;

		if (insn_target(insn, &distance))
			add(&list, (uint64_t)(slot + 1 + distance),
			    prog->insns_cnt);
		if (falls_through(op))
			add(&list, next, prog->insns_cnt);
	}
out:
	free(list.slots);
	return list.marks;
}
