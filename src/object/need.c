/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs to load need: functions, by calls and by address; maps;
 * externs; and the programs in the initial slots of their prog arrays, which
 * are then to be loaded as well. Nothing else of the object has to resolve.
 */
#include "object/object_parts.h"

struct walk {
	struct object *obj;
	uint32_t *func_of;	/* per program */
	uint32_t *todo;		/* needed functions to look through */
	uint32_t todo_cnt;
};

bool insn_is_reference(const struct bpf_insn *insn)
{
	if (insn_is_call(insn))
		return insn->src_reg == BPF_PSEUDO_CALL;
	return insn_is_wide(insn) && insn->src_reg == BPF_PSEUDO_FUNC;
}

int32_t object_reference(const struct object *obj, uint32_t code, uint32_t pc)
{
	const struct object_code *c = &obj->codes[code];
	const struct object_relo *relo = object_relo_at(c, pc);
	int64_t target = (int64_t)pc + 1 + c->insns[pc].imm;

	if (relo)
		return (int32_t)relo->target;
	if (!insn_is_call(&c->insns[pc]) || target < 0)
		return -1;
	return object_func_at(obj, code, (uint64_t)target);
}

static void need_func(struct walk *walk, uint32_t func)
{
	if (walk->obj->funcs[func].needed)
		return;
	walk->obj->funcs[func].needed = true;
	walk->todo[walk->todo_cnt++] = func;
}

static void need_map(struct walk *walk, struct object_map *map)
{
	if (map->used)
		return;
	map->used = true;
	for (uint32_t i = 0; i < map->slots_cnt; i++) {
		int32_t prog = map->slots[i].prog;

		if (prog < 0)
			continue;
		walk->obj->progs[prog].load = true;
		need_func(walk, walk->func_of[prog]);
	}
}

static void look_at(struct walk *walk, uint32_t code, uint32_t pc)
{
	struct object *obj = walk->obj;
	const struct bpf_insn *insn = &obj->codes[code].insns[pc];
	const struct object_relo *relo;
	int32_t target;

	if (insn_is_wide(insn) && (insn->src_reg == BPF_PSEUDO_MAP_FD ||
				   insn->src_reg == BPF_PSEUDO_MAP_VALUE) &&
	    (uint32_t)insn->imm < obj->maps_cnt)
		need_map(walk, &obj->maps[insn->imm]);
	relo = object_relo_at(&obj->codes[code], pc);
	if (relo && (relo->kind == RELO_EXTERN_CALL ||
		     relo->kind == RELO_EXTERN_LOAD)) {
		obj->externs[relo->target].needed = true;
		return;
	}
	target = insn_is_reference(insn) ? object_reference(obj, code, pc) : -1;
	if (target >= 0)
		need_func(walk, (uint32_t)target);
}

static void follow(struct walk *walk)
{
	while (walk->todo_cnt) {
		const struct object_func *f =
			&walk->obj->funcs[walk->todo[--walk->todo_cnt]];
		const struct bpf_insn *insns =
			walk->obj->codes[f->code].insns;

		if (f->prog >= 0 && f->exception >= 0)
			need_func(walk, (uint32_t)f->exception);
		for (uint32_t pc = f->start; pc < f->start + f->cnt;
		     pc += insn_step(&insns[pc]))
			look_at(walk, f->code, pc);
	}
}

int object_find_needed(struct object *obj, struct diag_sink *sink)
{
	struct walk walk = { .obj = obj };

	walk.func_of = arena_array(&obj->arena, obj->progs_cnt,
				   sizeof(*walk.func_of));
	walk.todo = arena_array(&obj->arena, obj->funcs_cnt,
				sizeof(*walk.todo));
	if (!walk.func_of || !walk.todo)
		return object_no_memory(obj, sink);
	for (uint32_t i = 0; i < obj->funcs_cnt; i++)
		if (obj->funcs[i].prog >= 0)
			walk.func_of[obj->funcs[i].prog] = i;
	for (uint32_t i = 0; i < obj->progs_cnt; i++)
		if (obj->progs[i].load)
			need_func(&walk, walk.func_of[i]);
	follow(&walk);
	return 0;
}
