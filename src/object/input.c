/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object's maps as the verifier sees them: from their definitions, since
 * what is safe does not depend on whether a map exists. The contents of
 * .rodata and .kconfig are constants; nobody writes them once they are there.
 * The types of a map of maps come from its inner definition or, where the
 * object only fills its slots, from the map in the first of them.
 */
#include "object/input.h"

#include "object/object_parts.h"

static void fill(struct verify_map *out, const struct map_def *def)
{
	*out = (struct verify_map){
		.name = def->name, .type = def->type,
		.key_size = def->key_size, .value_size = def->value_size,
		.max_entries = def->max_entries, .flags = def->flags,
		.btf = def->btf, .btf_key = def->key_type,
		.btf_value = def->value_type,
	};
}

/* What the map's slots hold: a definition, or NULL. */
static const struct map_def *inner_def(const struct object *obj,
				       const struct object_map *map)
{
	if (map->def.inner)
		return map->def.inner;
	for (uint32_t i = 0; i < map->slots_cnt; i++)
		if (map->slots[i].map >= 0)
			return &obj->maps[map->slots[i].map].def;
	return NULL;
}

int object_verify_maps(struct object *obj, const struct verify_map **out,
		       struct diag_sink *sink)
{
	/* the second half holds the inner ones */
	struct verify_map *maps = arena_array(&obj->arena, obj->maps_cnt,
					      2 * sizeof(*maps));

	if (!maps)
		return object_no_memory(obj, sink);
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		const struct object_map *map = &obj->maps[i];
		const struct map_def *inner = inner_def(obj, map);

		fill(&maps[i], &map->def);
		if (map->internal && map->readonly)
			maps[i].frozen = map->data;
		if (!inner)
			continue;
		fill(&maps[obj->maps_cnt + i], inner);
		maps[i].inner = &maps[obj->maps_cnt + i];
	}
	*out = maps;
	return 0;
}

/* Whether a helper's contract speaks of the kernel's types. */
static bool helper_is_typed(const struct helper_row *row)
{
	if (row->ret >= RET_BTF_ID_OR_NULL)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(row->args); i++)
		if (row->args[i] == ARG_CTX_OR_BTF ||
		    row->args[i] == ARG_CTX_OR_SOCK ||
		    row->args[i] == ARG_KPTR ||
		    row->args[i] >= ARG_BTF_SOCK_COMMON)
			return true;
	return false;
}

static bool insn_is_typed(const struct bpf_insn *insn)
{
	const struct helper_row *row;

	if (insn_is_wide(insn))
		return insn->src_reg == BPF_PSEUDO_BTF_ID;
	if (!insn_is_call(insn) || insn->src_reg == BPF_PSEUDO_CALL)
		return false;
	row = insn->src_reg ? NULL : helper_row((uint32_t)insn->imm);
	return insn->src_reg == BPF_PSEUDO_KFUNC_CALL ||
	       (row && helper_is_typed(row));
}

/* Types whose context is numbers and packet pointers alone. */
#define PLAIN	(PROG_BIT(XDP) | PROG_BIT(SCHED_CLS) | PROG_BIT(SCHED_ACT) | \
		 PROG_BIT(SOCKET_FILTER) | PROG_BIT(KPROBE) | \
		 PROG_BIT(TRACEPOINT) | PROG_BIT(PERF_EVENT) | \
		 PROG_BIT(CGROUP_SKB) | PROG_BIT(RAW_TRACEPOINT))

/* Pointers to kernel objects in map values are told by tags. */
static bool has_tags(const struct btf *btf)
{
	uint32_t cnt = btf ? btf_type_cnt(btf) : 0;

	for (uint32_t id = 1; id < cnt; id++)
		if (btf_kind(btf_type(btf, id)) == BTF_KIND_TYPE_TAG)
			return true;
	return false;
}

static bool writes_dst(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);

	return class == BPF_LD || class == BPF_LDX || class == BPF_ALU ||
	       class == BPF_ALU64;
}

/*
 * Whether maps themselves are read, as kernel objects: by a load behind the
 * instruction that put the map into its register. Of those that come there
 * another way, the verifier says what it lacks.
 */
static bool reads_map(const struct prog *prog)
{
	uint32_t maps = 0;	/* registers, as bits */

	for (uint32_t pc = 0; pc < prog->insns_cnt;
	     pc += insn_step(&prog->insns[pc])) {
		const struct bpf_insn *insn = &prog->insns[pc];

		if (BPF_CLASS(insn->code) == BPF_LDX &&
		    maps >> insn->src_reg & 1)
			return true;
		if (insn_is_call(insn))
			maps &= ~0x3fu;
		if (!writes_dst(insn))
			continue;
		maps &= ~(1u << insn->dst_reg);
		if ((insn_is_wide(insn) &&
		     insn->src_reg == BPF_PSEUDO_MAP_FD) ||
		    (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
		     maps >> insn->src_reg & 1))
			maps |= 1u << insn->dst_reg;
	}
	return false;
}

static bool prog_is_typed(const struct prog *prog)
{
	if (prog->type >= 64 || !(PLAIN >> prog->type & 1))
		return true;
	for (uint32_t pc = 0; pc < prog->insns_cnt;
	     pc += insn_step(&prog->insns[pc]))
		if (insn_is_typed(&prog->insns[pc]))
			return true;
	return reads_map(prog);
}

bool object_is_typed(const struct object *obj)
{
	if (has_tags(obj->btf))
		return true;
	for (uint32_t i = 0; i < obj->progs_cnt; i++)
		if (obj->progs[i].insns && prog_is_typed(&obj->progs[i]))
			return true;
	return false;
}
