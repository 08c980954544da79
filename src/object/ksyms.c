/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolving __ksym externs. Variables without a type (extern const void x)
 * get the address that /proc/kallsyms lists, where it may be read. To be run
 * here, variables with a type need the kernel itself; they are never there.
 * Functions are there when the runtime says it has them; a strong one that it
 * has not is listed all the same, for the runtime to refuse by name.
 *
 * Linked as for the kernel, variables with a type and functions are there
 * when its types have one of that name that fits, and an address that is
 * hidden from us is some number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "object/core.h"

#define HIDDEN	UINT64_C(0xffffffff80000000)	/* an address like others */

/* "ffffffff81000000 T name [module]": sets the extern of that name. */
static void take_line(struct object *obj, const struct strmap *wanted,
		      const char *line, bool as_kernel)
{
	const char *name = line + 16 + 3;
	char *end;
	uint64_t address = strtoull(line, &end, 16), index;

	if (end != line + 16 || strlen(line) < 20 || *end != ' ')
		return;
	if (!strmap_get_n(wanted, name, strcspn(name, "\t\n "), &index))
		return;
	if (!address && as_kernel)
		address = HIDDEN;
	if (!address)
		return;
	if (!obj->externs[index].resolved)
		obj->externs[index].address = address;
	obj->externs[index].resolved = true;
}

static void read_kallsyms(struct object *obj, const struct strmap *wanted,
			  bool as_kernel)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		take_line(obj, wanted, line, as_kernel);
	fclose(file);
}

static int resolve_addresses(struct object *obj, bool as_kernel,
			     struct diag_sink *sink)
{
	struct strmap wanted = { 0 };
	int err = 0;

	for (uint32_t i = 0; !err && i < obj->externs_cnt; i++) {
		const struct object_extern *ext = &obj->externs[i];

		if (ext->kind == EXTERN_KSYM_VAR && ext->typeless &&
		    ext->needed)
			err = strmap_put(&wanted, ext->name, i);
	}
	if (!err && wanted.cnt)
		read_kallsyms(obj, &wanted, as_kernel);
	strmap_fini(&wanted);
	return err ? object_no_memory(obj, sink) : 0;
}

static bool has_kfunc(const char *const *kfuncs, const char *name)
{
	for (; kfuncs && *kfuncs; kfuncs++)
		if (str_eq(*kfuncs, name))
			return true;
	return false;
}

/*
 * The kernel's variable or function that fits the extern: its id; 0 when
 * there is none. A strong one that does not fit counts as none.
 */
static int find_typed(struct object *obj, const struct object_extern *ext,
		      const char *name, uint32_t *id, struct diag_sink *sink)
{
	bool func = ext->kind == EXTERN_KSYM_FUNC;
	uint32_t local = ext->btf_type, target;
	struct btf *kernel;
	int err = object_kernel(obj, &kernel, sink);

	*id = 0;
	if (err)
		return err;
	if (func)
		local = btf_type(obj->btf, local)->type;
	*id = btf_find(kernel, name, func ? BTF_KIND_FUNC : BTF_KIND_VAR);
	local = btf_skip_modifiers(obj->btf, local);
	target = btf_skip_modifiers(kernel, btf_type(kernel, *id)->type);
	if (*id && core_types_fit(obj->btf, local, kernel, target) <= 0)
		*id = 0;
	return 0;
}

static int resolve_func(struct object *obj, struct object_extern *ext,
			const struct object_options *options,
			struct diag_sink *sink)
{
	const char *name = arena_strndup(&obj->arena, ext->name,
					 core_name_len(ext->name));
	uint32_t id;
	int err = 0;

	if (!name)
		return object_no_memory(obj, sink);
	if (options->as_kernel && ext->needed) {
		err = find_typed(obj, ext, name, &id, sink);
		ext->resolved = id;
	} else {
		ext->resolved = !ext->weak || has_kfunc(options->kfuncs, name);
	}
	if (!err && ext->resolved) {
		ext->kfunc = obj->kfuncs_cnt;
		obj->kfuncs[obj->kfuncs_cnt++] = name;
	}
	return err;
}

static int resolve_var(struct object *obj, struct object_extern *ext,
		       struct diag_sink *sink)
{
	int err = find_typed(obj, ext, ext->name, &ext->kernel_id, sink);

	ext->resolved = ext->kernel_id;
	return err;
}

static int missing(const struct object *obj, const struct object_extern *ext,
		   const struct object_options *options,
		   struct diag_sink *sink)
{
	const char *why = "a kernel variable; programs outside of the kernel "
			  "have none";

	if (ext->resolved || ext->weak || !ext->needed ||
	    options->relaxed_ksyms)
		return 0;
	if (ext->kind == EXTERN_KSYM_VAR && ext->typeless)
		why = "no such symbol in /proc/kallsyms";
	else if (options->as_kernel)
		why = "the kernel has none of that name and type";
	return diag_report(sink, DIAG_OBJECT_EXTERN, &object_where(obj),
			   "extern %s: %s", ext->name, why);
}

static int resolve(struct object *obj, struct object_extern *ext,
		   const struct object_options *options,
		   struct diag_sink *sink)
{
	int err = 0;

	if (ext->kind == EXTERN_KSYM_FUNC)
		err = resolve_func(obj, ext, options, sink);
	else if (!ext->typeless && options->as_kernel && ext->needed)
		err = resolve_var(obj, ext, sink);
	return err ?: missing(obj, ext, options, sink);
}

int object_resolve_ksyms(struct object *obj,
			 const struct object_options *options,
			 struct diag_sink *sink)
{
	int err = resolve_addresses(obj, options->as_kernel, sink);

	obj->kfuncs = arena_array(&obj->arena, obj->externs_cnt,
				  sizeof(*obj->kfuncs));
	if (!obj->kfuncs)
		return object_no_memory(obj, sink);
	for (uint32_t i = 0; !err && i < obj->externs_cnt; i++)
		if (obj->externs[i].kind != EXTERN_KCONFIG)
			err = resolve(obj, &obj->externs[i], options, sink);
	return err;
}
