/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CO-RE over an object: for each relocation the candidates of its type are
 * tried, those that have its path must agree on the value, and the
 * instruction is patched. The target's BTF is read when the first relocation
 * asks for it: vmlinux's takes longer than all the rest of a load.
 *
 * Candidates are the target's types of the local type's name without its
 * ___flavour, whatever flavour they have themselves. The few flavoured names
 * of a target are listed once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "object/core.h"

struct core {
	struct object *obj;
	struct btf *target;	/* the object's; NULL until needed */
	VEC(uint32_t) flavoured;
	VEC(uint32_t) cands;	/* of the relocation at hand */
	struct core_path local, found, first;
	struct core_patch patch;
	struct diag_sink *sink;
};

static int bad_relo(const struct core *core, const struct object_code *code,
		    const struct btf_core_relo *relo, const char *what)
{
	return diag_report(core->sink, DIAG_OBJECT_CORE,
			   &object_where(core->obj), "%s, slot %u: CO-RE "
			   "relocation of kind %u, type %s, path %s: %s",
			   code->sec->name, relo->insn, relo->kind,
			   btf_type_name(core->obj->btf, relo->type_id),
			   relo->access, what);
}

static int list_flavoured(struct core *core)
{
	for (uint32_t id = 1; id < btf_type_cnt(core->target); id++) {
		const char *name = btf_type_name(core->target, id);
		uint32_t *slot;

		if (!strstr(name, "___") || !name[core_name_len(name)])
			continue;
		slot = vec_push(&core->flavoured);
		if (!slot)
			return object_no_memory(core->obj, core->sink);
		*slot = id;
	}
	return 0;
}

static int need_target(struct core *core)
{
	int err;

	if (core->target)
		return 0;
	err = object_kernel(core->obj, &core->target, core->sink);
	return err ? err : list_flavoured(core);
}

static int add_candidate(struct core *core, const struct btf_type *local,
			 uint32_t id)
{
	uint32_t *slot;

	if (!core_kinds_fit(local, btf_type(core->target, id)))
		return 0;
	slot = vec_push(&core->cands);
	if (!slot)
		return object_no_memory(core->obj, core->sink);
	*slot = id;
	return 0;
}

static int find_candidates(struct core *core, uint32_t local_id)
{
	const struct btf_type *t = btf_type(core->obj->btf, local_id);
	const char *name = btf_type_name(core->obj->btf, local_id);
	char *stem = strndup(name, core_name_len(name));
	int err = 0;

	core->cands.len = 0;
	if (!stem)
		return object_no_memory(core->obj, core->sink);
	for (uint32_t id = btf_find_next(core->target, stem, 0); !err && id;
	     id = btf_find_next(core->target, stem, id))
		err = add_candidate(core, t, id);
	for (size_t i = 0; !err && i < core->flavoured.len; i++) {
		uint32_t id = core->flavoured.data[i];

		if (core_names_fit(stem, btf_type_name(core->target, id)))
			err = add_candidate(core, t, id);
	}
	free(stem);
	return err;
}

/* Another candidate with the path: it must mean the same. */
static const char *compare(const struct core *core,
			   const struct core_patch *patch)
{
	if (core->found.bit_offset != core->first.bit_offset)
		return "types of that name have the field in different places";
	if (patch->to.poison != core->patch.to.poison ||
	    patch->to.value != core->patch.to.value)
		return "types of that name give different values";
	return NULL;
}

/* Sets core->patch. NULL, or what is wrong. */
static const char *resolve(struct core *core)
{
	bool any = false;

	for (size_t i = 0; i < core->cands.len; i++) {
		struct core_patch patch;
		const char *wrong;
		int found = core_path_find(&core->found, &core->local,
					   core->target,
					   core->cands.data[i]);

		if (found < 0)
			return "a candidate's type does not end";
		if (!found)
			continue;
		if (core_value(&core->local, &core->found, &patch))
			return "the field has no such property";
		wrong = any ? compare(core, &patch) : NULL;
		if (wrong)
			return wrong;
		if (!any) {
			core->first = core->found;
			core->patch = patch;
		}
		any = true;
	}
	if (!any && core_value(&core->local, NULL, &core->patch))
		return "the field has no such property";
	return NULL;
}

/* TYPE_ID_LOCAL is about the object alone. */
static const char *resolve_local(struct core *core)
{
	return core_value(&core->local, &core->local, &core->patch) ?
	       "no such type" : NULL;
}

static bool is_needed(const struct object *obj, const struct object_code *code,
		      uint32_t insn)
{
	int32_t func = object_func_around(obj, (uint32_t)(code - obj->codes),
					  insn);

	return func >= 0 && obj->funcs[func].needed;
}

static int apply(struct core *core, struct object_code *code,
		 const struct btf_core_relo *relo)
{
	const char *wrong;
	int err;

	if (relo->insn >= code->cnt)
		return bad_relo(core, code, relo, "behind the section's end");
	if (!is_needed(core->obj, code, relo->insn))
		return 0;
	if (core_path_parse(&core->local, core->obj->btf, relo))
		return bad_relo(core, code, relo, "the path fits no type");
	if (relo->kind == BPF_CORE_TYPE_ID_LOCAL) {
		wrong = resolve_local(core);
	} else {
		if (!*btf_type_name(core->obj->btf, relo->type_id))
			return bad_relo(core, code, relo, "a type without a "
					"name has no candidates");
		err = need_target(core);
		if (!err)
			err = find_candidates(core, relo->type_id);
		if (err)
			return err;
		wrong = resolve(core);
	}
	if (!wrong)
		wrong = core_patch_insn(&code->insns[relo->insn],
					code->cnt - relo->insn, &core->patch);
	return wrong ? bad_relo(core, code, relo, wrong) : 0;
}

int object_apply_core(struct object *obj, struct diag_sink *sink)
{
	struct core core = { .obj = obj, .sink = sink };
	int err = 0;

	for (uint32_t i = 0; i < obj->codes_cnt; i++) {
		struct object_code *code = &obj->codes[i];

		for (size_t r = 0; !err && code->ext &&
		     r < code->ext->relos_cnt; r++)
			err = apply(&core, code, &code->ext->relos[r]);
	}
	vec_free(&core.flavoured);
	vec_free(&core.cands);
	return err;
}
