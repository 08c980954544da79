/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object/: opening and linking of the objects in tests/fuzz/corpus/object,
 * whose sources lie beside them. What libbpf makes of the same constructs is
 * in tests/diff/object_libbpf.c; here are the values themselves, what libbpf
 * does not do (legacy maps, gcc, setting variables), and bad input.
 */
#include "cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/endian.h"
#include "base/str.h"
#include "elf/elf.h"
#include "object/object.h"

#define BAD_RELO	0xbad2310

static const char *last_id;

static void remember(void *arg, const struct skep_diag *diag)
{
	last_id = diag->id;
}

static struct diag_sink sink = { .fn = remember };

static const char *corpus(const char *name)
{
	static char path[4096];
	const char *src = getenv("SKEP_SRC");

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/object/%s",
		 src ? src : ".", name);
	return path;
}

static struct object *opened(const char *name)
{
	struct object *obj = NULL;

	last_id = NULL;
	if (object_open(&obj, corpus(name), &sink))
		fail_msg("%s: %s", name, last_id);
	return obj;
}

static struct object *linked(const char *name)
{
	struct object *obj = opened(name);

	if (object_link(obj, NULL, &sink))
		fail_msg("%s: %s", name, last_id);
	return obj;
}

static struct object_map *map_named(struct object *obj, const char *name)
{
	uint32_t cnt;
	struct object_map *maps = object_maps(obj, &cnt);

	for (uint32_t i = 0; i < cnt; i++) {
		if (str_eq(maps[i].def.name, name))
			return &maps[i];
	}
	fail_msg("no map %s", name);
	return NULL;
}

static void subprograms_are_linked(void **state)
{
	struct object *obj = linked("seed.o");
	struct prog *prog = object_prog(obj, "count");
	struct bpf_insn before[256];
	uint32_t cnt, calls = 0;

	assert_non_null(prog);
	assert_ptr_equal(prog, object_prog(obj, "xdp"));
	assert_null(object_prog(obj, "bump"));
	object_progs(obj, &cnt);
	assert_int_equal(cnt, 1);
	assert_int_equal(prog->type, PROG_TYPE_XDP);
	assert_int_equal(prog->attach_type, ATTACH_TYPE_XDP);
	assert_true(prog->gpl);
	assert_int_equal(prog->subprogs_cnt, 2);
	assert_string_equal(prog->subprogs[1].name, "bump");
	assert_false(prog->subprogs[1].global);
	assert_int_equal(prog->subprogs[0].cnt, prog->subprogs[1].start);
	assert_true(prog->lines_cnt > 4);
	for (uint32_t i = 1; i < prog->lines_cnt; i++)
		assert_true(prog->lines[i].insn > prog->lines[i - 1].insn);
	for (uint32_t i = 0; i < prog->insns_cnt; i++) {
		const struct bpf_insn *insn = &prog->insns[i];

		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != 1)
			continue;
		calls++;
		assert_int_equal(i + 1 + (uint32_t)insn->imm,
				 prog->subprogs[1].start);
	}
	assert_int_equal(calls, 1);
	memcpy(before, prog->insns, prog->insns_cnt * sizeof(*before));
	assert_int_equal(object_link(obj, NULL, &sink), 0);
	assert_memory_equal(before, prog->insns,
			    prog->insns_cnt * sizeof(*before));
	object_close(obj);
}

static void data_sections_are_maps(void **state)
{
	struct object *obj = linked("data.o");
	const struct object_map *rodata = map_named(obj, "data.rodata");
	const struct object_map *bss = map_named(obj, "data.bss");

	assert_true(rodata->internal && rodata->readonly);
	assert_int_equal(rodata->def.flags, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE);
	assert_int_equal(rodata->def.max_entries, 1);
	assert_int_equal(bss->def.flags, BPF_F_MMAPABLE);
	assert_false(bss->readonly);
	assert_non_null(memmem(rodata->data, rodata->def.value_size, "hello",
			       6));
	assert_true(rodata->used);
	object_close(obj);
}

/* SEC("?...") waits to be asked for; what it needs counts only then. */
static void only_what_is_loaded_links(void **state)
{
	struct object *obj = linked("data.o");
	struct prog *entry = object_prog(obj, "entry");

	assert_false(entry->load);
	assert_null(entry->insns);
	assert_false(map_named(obj, "data.bss")->used);
	assert_true(object_prog(obj, "target")->insns_cnt > 0);
	object_close(obj);

	obj = opened("data.o");
	object_prog(obj, "target")->load = false;
	object_prog(obj, "entry")->load = true;
	assert_int_equal(object_link(obj, NULL, &sink), 0);
	assert_true(map_named(obj, "data.bss")->used);
	/* in a slot of the prog array that the entry names */
	assert_true(object_prog(obj, "target")->load);
	assert_true(object_prog(obj, "target")->insns_cnt > 0);
	object_close(obj);

	obj = opened("data.o");
	object_prog(obj, "target")->load = false;
	assert_int_equal(object_link(obj, NULL, &sink), 0);
	assert_null(object_prog(obj, "target")->insns);
	object_close(obj);
}

static void slots_are_read(void **state)
{
	struct object *obj = opened("data.o");
	const struct object_map *jumps = map_named(obj, "jumps");
	const struct object_map *outer = map_named(obj, "outer");
	uint32_t cnt;
	struct prog *progs = object_progs(obj, &cnt);
	struct object_map *maps = object_maps(obj, &cnt);

	assert_true(jumps->pin_by_name);
	assert_int_equal(jumps->def.value_size, 4);
	assert_int_equal(jumps->slots_cnt, 1);
	assert_int_equal(jumps->slots[0].index, 2);
	assert_int_equal(jumps->slots[0].map, -1);
	assert_string_equal(progs[jumps->slots[0].prog].name, "target");
	assert_int_equal(outer->slots_cnt, 1);
	assert_int_equal(outer->slots[0].index, 1);
	assert_string_equal(maps[outer->slots[0].map].def.name, "one");
	assert_non_null(outer->def.inner);
	assert_int_equal(outer->def.inner->type, MAP_TYPE_ARRAY);
	assert_string_equal(outer->def.inner->name, "outer.inner");
	assert_string_equal(object_prog(obj, "entry")->section, "xdp/cpumap");
	assert_int_equal(object_prog(obj, "entry")->attach_type,
			 ATTACH_TYPE_XDP_CPUMAP);
	assert_false(object_prog(obj, "entry")->gpl);
	object_close(obj);
}

static void legacy_maps_are_read(void **state)
{
	struct object *obj = linked("legacy.o");
	const struct map_def *first = &map_named(obj, "first")->def;
	const struct map_def *second = &map_named(obj, "second")->def;

	assert_int_equal(first->type, MAP_TYPE_ARRAY);
	assert_int_equal(first->key_size, 4);
	assert_int_equal(first->value_size, 8);
	assert_int_equal(first->max_entries, 16);
	assert_int_equal(second->type, MAP_TYPE_HASH);
	assert_int_equal(second->value_size, 12);
	assert_int_equal(second->flags, BPF_F_NO_PREALLOC);
	assert_int_equal(object_prog(obj, "legacy")->type,
			 PROG_TYPE_SCHED_CLS);
	object_close(obj);
}

/* binutils writes other addends than LLVM: each must still hit its mark. */
static void gcc_objects_link(void **state)
{
	struct object *obj = linked("gcc.o");
	struct prog *one = object_prog(obj, "one");
	const struct object_map *data = map_named(obj, "gcc.data");
	uint32_t cnt, calls = 0;
	struct object_map *maps = object_maps(obj, &cnt);

	assert_int_equal(one->subprogs_cnt, 3);
	assert_string_equal(one->subprogs[1].name, "shared");
	assert_string_equal(one->subprogs[2].name, "leaf");
	assert_int_equal(one->insns[3].src_reg, BPF_PSEUDO_MAP_FD);
	assert_string_equal(maps[one->insns[3].imm].def.name, "counts");
	for (uint32_t i = 0; i < one->insns_cnt; i++) {
		const struct bpf_insn *insn = &one->insns[i];

		calls += insn->code == (BPF_JMP | BPF_CALL) &&
			 insn->src_reg == BPF_PSEUDO_CALL;
		/* threshold is the one 32-bit variable of .data */
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    insn->src_reg == BPF_PSEUDO_MAP_VALUE &&
		    &maps[insn->imm] == data &&
		    i > one->subprogs[1].start)
			assert_int_equal(get_u32(data->data + insn[1].imm),
					 10);
	}
	assert_int_equal(calls, 2);
	assert_int_equal(object_set_variable(obj, "threshold", "77", &sink),
			 0);
	assert_int_equal(get_u32(data->data + 0x58), 77);
	object_close(obj);
}

struct expected {
	const char *prog;
	int32_t imm;
};

static const struct expected core_values[] = {
	{ "moved_offset",	104 },
	{ "old_moved_offset",	104 },
	{ "grown_size",		8 },
	{ "moved_signed",	1 },
	{ "grown_signed",	0 },
	{ "high_offset",	16 },
	{ "high_lshift",	47 },
	{ "high_rshift",	59 },
	{ "element_offset",	84 },
	{ "element_exists",	1 },
	{ "hidden_offset",	20 },
	{ "gone_exists",	0 },
	{ "gone_offset",	BAD_RELO },
	{ "gone_too_exists",	0 },
	{ "missing_exists",	0 },
	{ "pointer_exists",	0 },
	{ "thing_exists",	1 },
	{ "thing_size",		112 },
	{ "thing_matches",	0 },
	{ "inner_matches",	1 },
	{ "missing_type",	0 },
	{ "missing_size",	0 },
	{ "number_exists",	1 },
	{ "red_value",		10 },
	{ "green_value",	20 },
	{ "pink_exists",	0 },
	{ "pink_value",		BAD_RELO },
};

static void core_relocations_are_done(void **state)
{
	char target[4096];
	struct object_options options = { .target_btf = target };
	struct object *obj = opened("core.o");
	const struct prog *prog;

	str_copy(target, sizeof(target), corpus("core-target.o"));
	assert_int_equal(object_link(obj, &options, &sink), 0);
	for (size_t i = 0; i < ARRAY_SIZE(core_values); i++) {
		const struct expected *want = &core_values[i];

		prog = object_prog(obj, want->prog);
		assert_non_null(prog);
		if (prog->insns[0].imm != want->imm)
			fail_msg("%s: %d, not %d", want->prog,
				 prog->insns[0].imm, want->imm);
		assert_int_equal(prog->insns[0].code ==
				 (BPF_JMP | BPF_CALL), want->imm == BAD_RELO);
	}
	prog = object_prog(obj, "load");
	assert_int_equal(prog->insns[0].code, BPF_LDX | BPF_MEM | BPF_DW);
	assert_int_equal(prog->insns[0].off, 8);
	object_close(obj);
}

static void weak_externs_are_zero(void **state)
{
	char target[4096];
	const char *const kfuncs[] = { "other", "weak_func", NULL };
	struct object_options options = { .target_btf = target };

	str_copy(target, sizeof(target), corpus("core-target.o"));
	for (int have = 0; have < 2; have++) {
		struct object *obj = opened("core.o");
		const struct prog *prog = object_prog(obj, "externs");
		uint32_t kcalls = 0, poison = 0;

		options.kfuncs = have ? kfuncs : NULL;
		assert_int_equal(object_link(obj, &options, &sink), 0);
		assert_int_equal(prog->insns[1].imm, have);
		assert_int_equal(prog->kfuncs_cnt, have);
		for (uint32_t i = 0; i < prog->insns_cnt; i++) {
			const struct bpf_insn *insn = &prog->insns[i];

			if (insn->code != (BPF_JMP | BPF_CALL))
				continue;
			kcalls += insn->src_reg == BPF_PSEUDO_KFUNC_CALL;
			poison += insn->src_reg == 0 && insn->imm > 1000000;
		}
		assert_int_equal(kcalls, have);
		assert_int_equal(poison, !have);
		assert_int_equal(get_u32(map_named(obj, "core.kconfig")->data),
				 0);
		object_close(obj);
	}
}

struct setting {
	const char *name, *value;
	int err;
	const char *map;	/* the bytes that the value became */
	const char *bytes;
	uint32_t size;
};

static const struct setting settings[] = {
	{ "threshold", "0x10", 0, "data.rodata", "\x10\0\0\0", 4 },
	{ "threshold", "4294967296", -ERANGE },
	{ "threshold", "-1", -ERANGE },
	{ "threshold", "ten", -EINVAL },
	{ "tiny", "-128", 0, "data.rodata", "\x80", 1 },
	{ "tiny", "128", -ERANGE },
	{ "tiny", "'A'", 0, "data.rodata", "A", 1 },
	{ "wide", "18446744073709551615", 0, "data.rodata",
	  "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
	{ "verbose", "false", 0, "data.rodata", "\0", 1 },
	{ "verbose", "2", -EINVAL },
	{ "mode", "AUTO", 0, "data.rodata", "\xfd\xff\xff\xff", 4 },
	{ "mode", "NEVER", -EINVAL },
	{ "mode", "7", 0, "data.rodata", "\x07\0\0\0", 4 },
	{ "banner", "set", 0, "data.rodata", "set\0\0\0\0\0", 8 },
	{ "banner", "\"quoted\"", 0, "data.rodata", "quoted\0\0", 8 },
	{ "banner", "far too long", -ERANGE },
	{ "limits.low", "9", 0, "data.data", "\x09\0\0\0", 4 },
	{ "limits.half", "0x0102", 0, "data.data", "\x02\x01", 2 },
	{ "limits.bytes[1]", "5", 0, "data.data", "\x05", 1 },
	{ "limits.odd", "1", -ENOENT },
	{ "limits.none", "1", -ENOENT },
	{ "limits", "0x0a", -ERANGE },
	{ "table[2]", "513", 0, "data.data", "\x01\x02\0\0", 4 },
	{ "table[4]", "1", -ENOENT },
	{ "table[x]", "1", -ENOENT },
	{ "table", "0x01000000020000000300000004000000", 0, "data.data",
	  "\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0", 16 },
	{ "table", "0x0g", -EINVAL },
	{ "pointer", "1", -EINVAL },
	{ "nothing", "1", -ENOENT },
	{ "", "1", -ENOENT },
	{ "zeroed", "5", 0, "data.bss", "\5\0\0\0", 4 },
};

static void variables_are_set(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *set = &settings[i];
		struct object *obj = opened("data.o");
		struct object *fresh = opened("data.o");
		int err = object_set_variable(obj, set->name, set->value,
					      &sink);
		const char *name = set->map ? set->map : "data.data";
		const struct object_map *map = map_named(obj, name);
		const struct object_map *old = map_named(fresh, name);

		if (err != set->err)
			fail_msg("%s=%s: %d", set->name, set->value, err);
		if (err) {
			assert_non_null(last_id);
			assert_memory_equal(map->data, old->data,
					    map->def.value_size);
		} else {
			assert_non_null(memmem(map->data, map->def.value_size,
					       set->bytes, set->size));
		}
		object_close(fresh);
		object_close(obj);
	}
}

struct image {
	uint8_t *data;
	size_t size;
};

static struct image image_of(const char *name)
{
	FILE *file = fopen(corpus(name), "rb");
	struct image image = { malloc(1 << 16), 0 };

	assert_non_null(file);
	image.size = fread(image.data, 1, 1 << 16, file);
	fclose(file);
	image.data = realloc(image.data, image.size);
	return image;
}

/* Opens and, when that works, links; both may fail, none may crash. */
static int try_image(const uint8_t *data, size_t size)
{
	struct object_options options = { .target_btf = "/nonexistent" };
	struct object *obj;
	int err;

	last_id = NULL;
	err = object_open_memory(&obj, data, size, "image.o", &sink);
	if (err)
		return err;
	err = object_link(obj, &options, &sink);
	object_close(obj);
	return err;
}

/* One changed string or value in an object's bytes and what comes of it. */
struct change {
	const char *object;
	const char *from, *to;	/* of equal length */
	size_t size;
	const char *id;
};

#define CHANGE(object, from, to, id) \
	{ object, from, to, sizeof(from) - 1, id }

static const struct change changes[] = {
	CHANGE("data.o", "\0max_entries", "\0max_entriez", "object-map"),
	CHANGE("data.o", "\0pinning", "\0pinninx", "object-map"),
	CHANGE("data.o", "\0key_size", "\0bey_size", "object-map"),
	CHANGE("data.o", "\0values", "\0valuez", "object-map"),
	CHANGE("seed.o", "\0.maps", "\0.mapz", "object-map"),
	CHANGE("legacy.o", "d\0\0\0\1\0\0\0\0\0\0\0",
	       "d\0\0\0\1\0\0\0\1\0\0\0", "object-map"),
};

static void bad_definitions_are_named(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		const struct change *change = &changes[i];
		struct image image = image_of(change->object);
		uint8_t *at;

		at = memmem(image.data, image.size, change->from,
			    change->size);
		assert_non_null(at);
		memcpy(at, change->to, change->size);
		assert_true(try_image(image.data, image.size) < 0);
		assert_non_null(last_id);
		if (!str_eq(last_id, change->id))
			fail_msg("change %zu: %s", i, last_id);
		free(image.data);
	}
}

static void other_machines_are_refused(void **state)
{
	struct image image = image_of("seed.o");

	put_u16(image.data + 18, EM_NONE);
	assert_int_equal(try_image(image.data, image.size), 0);
	put_u16(image.data + 18, EM_X86_64);
	assert_int_equal(try_image(image.data, image.size), -EINVAL);
	assert_string_equal(last_id, "elf-machine");
	free(image.data);
}

static void every_truncation_is_refused(void **state)
{
	struct image image = image_of("data.o");

	for (size_t size = 0; size < image.size; size++) {
		uint8_t *copy = malloc(size ? size : 1);

		memcpy(copy, image.data, size);
		assert_true(try_image(copy, size) < 0);
		assert_non_null(last_id);
		free(copy);
	}
	free(image.data);
}

/* Each byte of an object changed in two ways. */
static void sweep(const char *name)
{
	static const uint8_t flips[] = { 0x01, 0xff };
	struct image image = image_of(name);

	for (size_t i = 0; i < image.size; i++) {
		for (size_t f = 0; f < ARRAY_SIZE(flips); f++) {
			image.data[i] ^= flips[f];
			if (try_image(image.data, image.size) < 0 && !last_id)
				fail_msg("%s: byte %zu: no reason", name, i);
			image.data[i] ^= flips[f];
		}
	}
	free(image.data);
}

static void every_flip_is_survived(void **state)
{
	sweep("seed.o");
	sweep("data.o");
	sweep("legacy.o");
	sweep("core.o");
	sweep("gcc.o");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subprograms_are_linked),
		cmocka_unit_test(data_sections_are_maps),
		cmocka_unit_test(only_what_is_loaded_links),
		cmocka_unit_test(slots_are_read),
		cmocka_unit_test(legacy_maps_are_read),
		cmocka_unit_test(gcc_objects_link),
		cmocka_unit_test(core_relocations_are_done),
		cmocka_unit_test(weak_externs_are_zero),
		cmocka_unit_test(variables_are_set),
		cmocka_unit_test(bad_definitions_are_named),
		cmocka_unit_test(other_machines_are_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flip_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
