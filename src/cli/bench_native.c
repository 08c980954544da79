/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The suite's programs as native code: shared objects that clang -O3 made of
 * the same source (bench/suite/native.h). Their maps are those of an object
 * that is loaded beside them, so they are filled and looked at like others.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "cli/bench.h"
#include "elf/elf.h"
#include "map/hash.h"
#include "spec/diags.h"

static void library_path(struct strbuf *out, const char *dir,
			 const char *name)
{
	strbuf_printf(out, "%s/%s.so", dir, name);
}

bool bench_native_there(const char *dir)
{
	struct strbuf path = STRBUF_INIT;
	bool there;

	library_path(&path, dir, bench_programs[0].name);
	there = access(strbuf_str(&path), R_OK) == 0;
	strbuf_fini(&path);
	return there;
}

/* What native code finds in the first word of the map's variable. */
static void *memory_of(struct map *map)
{
	switch (map->def.type) {
	case MAP_TYPE_HASH:
		return map->priv;
	case MAP_TYPE_RINGBUF:
		return map;
	default:
		return map->region.base;
	}
}

static int bind_maps(struct bench_target *target)
{
	uint32_t cpus = target->skep->cpus;
	uint32_t *cpu = dlsym(target->library, NATIVE_CPU);
	struct skep_map *map = NULL;
	int here = sched_getcpu();

	while ((map = skep_object_next_map(target->obj, map))) {
		const struct object_map *om = map->def;
		void **at = dlsym(target->library, om->def.name);

		if (om->internal || om->def.type == MAP_TYPE_PROG_ARRAY)
			continue;
		if (!at)
			return -ENOENT;
		*at = memory_of(om->map);
	}
	if (!cpu)
		return -ENOENT;
	*cpu = here < 0 ? 0 : (uint32_t)here % cpus;
	return 0;
}

static int load_native(struct bench_target *target, struct diag_sink *sink)
{
	const struct skep_load_options opts = { .size = sizeof(opts) };
	struct strbuf path = STRBUF_INIT;
	int err = skep_object_load(target->obj, &opts);

	library_path(&path, target->dir, target->program->name);
	if (!err) {
		target->library = dlopen(strbuf_str(&path),
					 RTLD_NOW | RTLD_LOCAL);
		target->native = target->library ? (native_program_fn)
			dlsym(target->library, target->program->name) : NULL;
		err = target->native ? bind_maps(target) : -ENOENT;
	}
	if (err == -ENOENT)
		diag_report(sink, DIAG_FILE_OPEN, &(struct diag_where){
			.file = strbuf_str(&path), .insn = -1 },
			"cannot be linked with: %s", dlerror() ?: "symbols");
	strbuf_fini(&path);
	return err;
}

static void unload_native(struct bench_target *target)
{
	if (target->library)
		dlclose(target->library);
	target->library = NULL;
	target->native = NULL;
}

static int run_native(struct bench_target *target, uint32_t repeat,
		      uint32_t *r0, uint64_t *ns)
{
	struct native_context ctx = {
		.data = (uintptr_t)target->deck,
		.data_end = (uintptr_t)target->deck + bench_deck_size,
		.len = (uint32_t)bench_deck_size,
	};
	uint64_t from = vm_thread_ns();

	do {
		*r0 = (uint32_t)target->native(&ctx);
	} while (repeat-- > 1);
	*ns = vm_thread_ns() - from;
	return 0;
}

/* Nothing but the program is in its library's text. */
static uint32_t code_native(struct bench_target *target)
{
	struct strbuf path = STRBUF_INIT;
	const struct elf_section *text;
	struct elf_file elf;
	uint32_t bytes = 0;

	library_path(&path, target->dir, target->program->name);
	if (!elf_open(&elf, strbuf_str(&path), NULL)) {
		text = elf_section_by_name(&elf, ".text");
		bytes = text ? (uint32_t)text->size : 0;
		elf_close(&elf);
	}
	strbuf_fini(&path);
	return bytes;
}

const struct bench_engine bench_native = {
	load_native, unload_native, run_native, code_native,
};
