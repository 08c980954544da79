/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which helpers native code calls, and the numbers that instructions load:
 * maps and their values have become addresses.
 */
#include "jit/quick/quick.h"

#include "map/map.h"

/* ---- helpers ---- */

static bool takes(const struct helper_row *row, uint32_t index,
		  enum arg_kind kind)
{
	return row->args[index] == kind;
}

static bool calls_back(const struct helper_row *row)
{
	for (uint32_t i = 0; i < 5; i++)
		if (takes(row, i, ARG_FUNC))
			return true;
	return false;
}

/* A context in the place of memory: its length is checked nowhere. */
static bool hands_context(const struct quick *q, uint32_t slot,
			  const struct helper_row *row)
{
	const struct verify_fact *fact = quick_fact(q, slot);
	const struct verify_operand *args = q->facts->args[fact->args];

	for (uint32_t i = 0; q->layout->memory && i < 5; i++)
		if (fact->args && args[i].type == REG_CTX &&
		    !takes(row, i, ARG_CTX) && !takes(row, i, ARG_ANY) &&
		    !takes(row, i, ARG_CTX_OR_NULL))
			return true;
	return false;
}

struct quick_helper quick_helper(struct quick *q, const struct bpf_insn *insn)
{
	const struct helper_row *row = helper_row((uint32_t)insn->imm);
	struct quick_helper helper = { 0 };

	if (!row || !(row->progs >> q->prog->type & 1)) {
		q->refused = true;
		return helper;
	}
	helper.tail_call = row->id == HELPER_tail_call;
	if (helper.tail_call)
		return helper;
	if (!hands_context(q, quick_slot(q, insn), row))
		helper.fn = helper_function(row->id);
	helper.calls_back = calls_back(row);
	q->refused |= !helper.fn;
	return helper;
}

uint32_t quick_callee(struct quick *q, const struct bpf_insn *insn)
{
	uint32_t callee = quick_slot(q, insn) + 1 + (uint32_t)insn->imm;

	/* the first function keeps nothing of its caller's */
	q->refused |= !callee;
	return callee;
}

/* ---- numbers ---- */

/* A map, or with `value` an address in its first value; 0: refused. */
static uint64_t map_address(const struct prog *prog,
			    const struct bpf_insn *insn, bool value)
{
	uint32_t index = (uint32_t)insn->imm, key = 0;
	uint32_t off = (uint32_t)insn[1].imm;
	struct map *map = NULL;

	if (index < prog->maps_cnt && prog->maps)
		map = prog->maps[index];
	if (!map || !value)
		return (uintptr_t)map;
	if (map->def.type != MAP_TYPE_ARRAY || off >= map->def.value_size)
		return 0;
	return (uintptr_t)map->ops->lookup(map, &key, 0) + off;
}

bool quick_number(struct quick *q, const struct bpf_insn *insn,
		  const struct quick_rule *rule, uint64_t *value)
{
	enum op op = q->ops[quick_slot(q, insn)];

	if (op_slots(op) == 1) {
		*value = quick_imm(insn, rule);
		return true;
	}
	if (op == OP_LD_IMM64) {
		*value = insn_imm64(insn);
		return true;
	}
	*value = map_address(q->prog, insn, op == OP_LD_MAP_VALUE ||
			     op == OP_LD_MAP_IDX_VALUE);
	q->refused |= !*value;
	return *value;
}
