/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolving __ksym externs. Variables without a type (extern const void x)
 * get the address that /proc/kallsyms lists, where it may be read. Variables
 * with a type need the kernel itself; they are never there. Functions are
 * there when the runtime says it has them; a strong one that it has not is
 * listed all the same, for the runtime to refuse by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "object/object_parts.h"

/* "ffffffff81000000 T name [module]": sets the extern of that name. */
static void take_line(struct object *obj, const struct strmap *wanted,
		      const char *line)
{
	const char *name = line + 16 + 3;
	char *end;
	uint64_t address = strtoull(line, &end, 16), index;

	if (end != line + 16 || strlen(line) < 20 || *end != ' ')
		return;
	if (!strmap_get_n(wanted, name, strcspn(name, "\t\n "), &index) ||
	    !address)
		return;
	if (!obj->externs[index].resolved)
		obj->externs[index].address = address;
	obj->externs[index].resolved = true;
}

static void read_kallsyms(struct object *obj, const struct strmap *wanted)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		take_line(obj, wanted, line);
	fclose(file);
}

static int resolve_vars(struct object *obj, struct diag_sink *sink)
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
		read_kallsyms(obj, &wanted);
	strmap_fini(&wanted);
	return err ? object_no_memory(obj, sink) : 0;
}

static bool has_kfunc(const char *const *kfuncs, const char *name, size_t len)
{
	for (; kfuncs && *kfuncs; kfuncs++) {
		if (strlen(*kfuncs) == len && !strncmp(*kfuncs, name, len))
			return true;
	}
	return false;
}

static int resolve_func(struct object *obj, struct object_extern *ext,
			const struct object_options *options)
{
	const char *flavour = strstr(ext->name, "___");
	size_t len = flavour ? (size_t)(flavour - ext->name) :
		     strlen(ext->name);
	const char *name = arena_strndup(&obj->arena, ext->name, len);

	if (!name)
		return -1;
	ext->resolved = !ext->weak || has_kfunc(options->kfuncs, name, len);
	if (ext->resolved) {
		ext->kfunc = obj->kfuncs_cnt;
		obj->kfuncs[obj->kfuncs_cnt++] = name;
	}
	return 0;
}

static int check_var(const struct object *obj, const struct object_extern *ext,
		     const struct object_options *options,
		     struct diag_sink *sink)
{
	if (ext->resolved || ext->weak || !ext->needed ||
	    options->relaxed_ksyms)
		return 0;
	return diag_report(sink, DIAG_OBJECT_EXTERN, &object_where(obj),
			   "extern %s: %s", ext->name, ext->typeless ?
			   "no such symbol in /proc/kallsyms" :
			   "a kernel variable; programs outside of the kernel "
			   "have none");
}

int object_resolve_ksyms(struct object *obj,
			 const struct object_options *options,
			 struct diag_sink *sink)
{
	int err = resolve_vars(obj, sink);

	obj->kfuncs = arena_array(&obj->arena, obj->externs_cnt,
				  sizeof(*obj->kfuncs));
	if (!obj->kfuncs)
		return object_no_memory(obj, sink);
	for (uint32_t i = 0; !err && i < obj->externs_cnt; i++) {
		struct object_extern *ext = &obj->externs[i];

		if (ext->kind == EXTERN_KSYM_VAR)
			err = check_var(obj, ext, options, sink);
		else if (ext->kind == EXTERN_KSYM_FUNC &&
			 resolve_func(obj, ext, options))
			err = object_no_memory(obj, sink);
	}
	return err;
}
