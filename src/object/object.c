/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening an object: the list of passes, and what readers ask of the result.
 *
 * An object owns its file's bytes, its BTF and one arena; programs and maps
 * point into them. Opening looks at nothing but the file. Linking, which
 * looks at the host, happens once and leaves every program complete.
 * Reference: the conventions of libbpf 1.x (its documentation, SEC() rules,
 * bpf_helpers.h). Not here: creating maps and running anything.
 */
#include "object/object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "object/object_parts.h"

#define VMLINUX_BTF	"/sys/kernel/btf/vmlinux"

static int (*const open_passes[])(struct object *, struct diag_sink *) = {
	object_read_sections,
	object_read_btf,
	object_read_funcs,
	object_read_btf_maps,
	object_read_legacy_maps,
	object_read_data,
	object_read_externs,
	object_read_slots,
	object_read_ops,
	object_read_relocs,
};

/* The stem of the file's name, cut as libbpf cuts it: "a/b.bpf.o" is "b". */
static void name_object(struct object *obj, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dot;

	str_copy(obj->name, sizeof(obj->name), slash ? slash + 1 : path);
	dot = strchr(obj->name, '.');
	if (dot)
		*dot = 0;
}

static int check_machine(const struct object *obj, struct diag_sink *sink)
{
	const struct elf_file *elf = &obj->elf;

	if (elf->type != ET_REL)
		return diag_report(sink, DIAG_ELF_MACHINE, &object_where(obj),
				   "ELF type %u, objects are relocatable (1)",
				   elf->type);
	if (elf->machine == EM_BPF || elf->machine == EM_NONE)
		return 0;
	return diag_report(sink, DIAG_ELF_MACHINE, &object_where(obj),
			   "ELF machine %u, BPF objects have 247",
			   elf->machine);
}

/* Takes over obj, whose elf is open. */
static int open_elf(struct object *obj, const char *path, struct object **out,
		    struct diag_sink *sink)
{
	int err;

	obj->kconfig_map = -1;
	obj->license = "";
	name_object(obj, path);
	obj->path = arena_strdup(&obj->arena, path);
	if (!obj->path) {
		err = diag_report(sink, DIAG_NO_MEMORY, NULL, "opening %s",
				  path);
		goto fail;
	}
	err = check_machine(obj, sink);
	for (size_t i = 0; !err && i < ARRAY_SIZE(open_passes); i++)
		err = open_passes[i](obj, sink);
	if (err)
		goto fail;
	*out = obj;
	return 0;
fail:
	object_close(obj);
	return err;
}

static struct object *new_object(struct diag_sink *sink)
{
	struct object *obj = calloc(1, sizeof(*obj));

	if (!obj)
		diag_report(sink, DIAG_NO_MEMORY, NULL, "opening an object");
	else
		arena_init(&obj->arena);
	return obj;
}

int object_open(struct object **out, const char *path, struct diag_sink *sink)
{
	struct object *obj = new_object(sink);
	int err;

	if (!obj)
		return -ENOMEM;
	err = elf_open(&obj->elf, path, sink);
	if (!err)
		return open_elf(obj, path, out, sink);
	free(obj);
	return err;
}

int object_open_memory(struct object **out, const void *data, size_t size,
		       const char *name, struct diag_sink *sink)
{
	struct object *obj = new_object(sink);
	void *copy;
	int err;

	if (!obj)
		return -ENOMEM;
	copy = arena_copy(&obj->arena, data, size);
	if (!copy)
		err = diag_report(sink, DIAG_NO_MEMORY, NULL, "opening %s",
				  name);
	else
		err = elf_open_memory(&obj->elf, copy, size, name, sink);
	if (!err)
		return open_elf(obj, name, out, sink);
	arena_fini(&obj->arena);
	free(obj);
	return err;
}

void object_close(struct object *obj)
{
	if (!obj)
		return;
	btf_put(obj->kernel);
	btf_put(obj->btf);
	elf_close(&obj->elf);
	arena_fini(&obj->arena);
	free(obj);
}

/*
 * Linking writes into the code and notes what is needed: back to the state
 * after opening. The untouched code is kept from the first time on.
 */
static int start_over(struct object *obj, const struct object_options *options,
		      struct diag_sink *sink)
{
	struct btf *kernel = options->kernel ? btf_get(options->kernel) : NULL;

	btf_put(obj->kernel);
	obj->kernel = kernel;
	obj->target_btf = options->target_btf;
	for (uint32_t i = 0; i < obj->codes_cnt; i++) {
		struct object_code *code = &obj->codes[i];
		size_t size = code->cnt * sizeof(*code->insns);

		if (code->pristine)
			memcpy(code->insns, code->pristine, size);
		else
			code->pristine = arena_copy(&obj->arena, code->insns,
						    size);
		if (!code->pristine)
			return object_no_memory(obj, sink);
	}
	for (uint32_t i = 0; i < obj->funcs_cnt; i++)
		obj->funcs[i].needed = false;
	for (uint32_t i = 0; i < obj->externs_cnt; i++) {
		obj->externs[i].needed = obj->externs[i].resolved = false;
		obj->externs[i].kernel_id = 0;
	}
	for (uint32_t i = 0; i < obj->maps_cnt; i++)
		obj->maps[i].used = false;
	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		obj->progs[i].insns = NULL;
		obj->progs[i].insns_cnt = 0;
		obj->progs[i].exception = 0;
	}
	obj->kfuncs_cnt = 0;
	return 0;
}

int object_link(struct object *obj, const struct object_options *options,
		struct diag_sink *sink)
{
	static const struct object_options defaults;
	int err;

	if (!options)
		options = &defaults;
	err = start_over(obj, options, sink);
	if (!err)
		err = object_find_needed(obj, sink);
	if (!err)
		err = object_check_named(obj, sink);
	if (!err)
		err = object_resolve_kconfig(obj, sink);
	if (!err)
		err = object_resolve_ksyms(obj, options, sink);
	if (!err)
		err = object_apply_externs(obj, sink);
	if (!err)
		err = object_apply_core(obj, sink);
	if (!err)
		err = object_link_progs(obj, sink);
	if (!err && options->as_kernel)
		err = object_attach_progs(obj, sink);
	if (err)
		return err;
	object_size_maps(obj);
	return 0;
}

int object_kernel(struct object *obj, struct btf **out,
		  struct diag_sink *sink)
{
	int err = 0;

	if (!obj->kernel)
		err = btf_open(&obj->kernel, obj->target_btf ?: VMLINUX_BTF,
			       sink);
	if (!err)
		*out = obj->kernel;
	return err;
}

const char *object_path(const struct object *obj)
{
	return obj->path;
}

struct btf *object_btf(const struct object *obj)
{
	return obj->btf;
}

struct prog *object_progs(struct object *obj, uint32_t *cnt)
{
	*cnt = obj->progs_cnt;
	return obj->progs;
}

struct object_map *object_maps(struct object *obj, uint32_t *cnt)
{
	*cnt = obj->maps_cnt;
	return obj->maps;
}

struct prog *object_prog(struct object *obj, const char *name)
{
	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		if (str_eq(obj->progs[i].name, name))
			return &obj->progs[i];
	}
	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		if (str_eq(obj->progs[i].section, name))
			return &obj->progs[i];
	}
	return NULL;
}
