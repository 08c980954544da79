/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verifier is handed of an object: places of attachment, variables
 * and functions by the kernel's types, and maps. Needs the object that clang
 * built of bpf/places.bpf.c, and the types of a running kernel.
 */
#include "cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"
#include "btf/btf.h"
#include "object/input.h"
#include "object/verify.h"

#define VMLINUX	"/sys/kernel/btf/vmlinux"

struct fixture {
	struct object *obj;
	struct btf *kernel;
	char path[4096];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	const char *build = getenv("SKEP_BUILD");

	snprintf(f->path, sizeof(f->path), "%s/tests/unit/places.bpf.o",
		 build ? build : ".");
	*state = f;
	return btf_open(&f->kernel, VMLINUX, NULL) ?:
	       object_open(&f->obj, f->path, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	object_close(f->obj);
	btf_put(f->kernel);
	free(f);
	return 0;
}

static const struct prog *linked(struct fixture *f, const char *name)
{
	struct object_options options = {
		.as_kernel = true, .kernel = f->kernel,
	};
	struct prog *prog = object_prog(f->obj, name);

	assert_non_null(prog);
	prog->load = true;
	assert_int_equal(object_link(f->obj, &options, NULL), 0);
	assert_non_null(prog->insns);
	return prog;
}

static void expect_place(struct fixture *f, const char *name,
			 const char *func, uint32_t kind)
{
	const struct prog_attach *at = &linked(f, name)->attach;

	assert_ptr_equal(at->btf, f->kernel);
	assert_int_not_equal(at->func, 0);
	assert_string_equal(btf_type_name(at->btf, at->func), func);
	assert_int_equal(btf_kind(btf_type(at->btf, at->func)), kind);
	assert_int_equal(btf_kind(btf_type(at->btf, at->proto)),
			 BTF_KIND_FUNC_PROTO);
}

static void places_are_found(void **state)
{
	struct fixture *f = *state;

	expect_place(f, "on_switch", "btf_trace_sched_switch",
		     BTF_KIND_TYPEDEF);
	expect_place(f, "on_read", "vfs_read", BTF_KIND_FUNC);
	expect_place(f, "on_open", "bpf_lsm_file_open", BTF_KIND_FUNC);
	expect_place(f, "each_task", "bpf_iter_task", BTF_KIND_FUNC);
	assert_true(linked(f, "on_open")->flags & BPF_F_SLEEPABLE);
	assert_int_equal(linked(f, "on_nothing")->attach.proto, 0);
	assert_string_equal(linked(f, "on_nothing")->attach.target,
			    "no_such_function_here");
}

static void members_are_found(void **state)
{
	struct fixture *f = *state;
	const struct prog_attach *at = &linked(f, "avoid")->attach;
	const struct btf_type *ops = btf_type(at->btf, at->ops);

	assert_int_not_equal(at->ops, 0);
	assert_string_equal(btf_type_name(at->btf, at->ops),
			    "tcp_congestion_ops");
	assert_string_equal(btf_str(at->btf,
				    btf_members(ops)[at->member].name_off),
			    "cong_avoid");
	assert_int_equal(btf_vlen(btf_type(at->btf, at->proto)), 3);
	assert_int_not_equal(linked(f, "halve")->attach.ops, 0);
}

static uint32_t count_loads(const struct prog *prog, uint8_t pseudo,
			    int32_t imm)
{
	uint32_t cnt = 0;

	for (uint32_t pc = 0; pc < prog->insns_cnt; pc++) {
		const struct bpf_insn *insn = &prog->insns[pc];

		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		pc++;
		cnt += insn->src_reg == pseudo && insn->imm == imm;
	}
	return cnt;
}

static void variables_are_ids(void **state)
{
	struct fixture *f = *state;
	uint32_t id = btf_find(f->kernel, "bpf_prog_active", BTF_KIND_VAR);
	const struct prog *prog = linked(f, "on_read");

	assert_int_not_equal(id, 0);
	assert_int_equal(count_loads(prog, BPF_PSEUDO_BTF_ID, (int32_t)id), 1);
	/* the weak one that is not there */
	assert_int_equal(count_loads(prog, 0, 0), 1);
}

static bool names(const struct prog *prog, const char *kfunc)
{
	for (uint32_t i = 0; i < prog->kfuncs_cnt; i++)
		if (str_eq(prog->kfuncs[i], kfunc))
			return true;
	return false;
}

/* A weak one whose prototype is another is not there either. */
static void functions_are_names(void **state)
{
	struct fixture *f = *state;
	const struct prog *prog = linked(f, "asks");
	uint32_t calls = 0;

	assert_true(names(prog, "bpf_task_from_pid"));
	assert_true(names(prog, "bpf_task_release"));
	assert_false(names(prog, "bpf_no_such_function"));
	assert_false(names(prog, "bpf_rcu_read_lock"));
	for (uint32_t pc = 0; pc < prog->insns_cnt; pc++)
		calls += prog->insns[pc].code == (BPF_JMP | BPF_CALL) &&
			 prog->insns[pc].src_reg == BPF_PSEUDO_KFUNC_CALL;
	assert_int_equal(calls, 2);
}

static void callbacks_of_throws_are_linked(void **state)
{
	const struct prog *prog = linked(*state, "throws");

	assert_int_equal(prog->subprogs_cnt, 2);
	assert_int_equal(prog->exception, 1);
	assert_string_equal(prog->subprogs[1].name, "caught");
	assert_int_equal(linked(*state, "avoid")->exception, 0);
}

static void a_program_has_one_callback(void **state)
{
	struct fixture *f = *state;
	struct object_options options = {
		.as_kernel = true, .kernel = f->kernel,
	};

	object_prog(f->obj, "throws_twice")->load = true;
	assert_int_equal(object_link(f->obj, &options, NULL), -EINVAL);
}

static const struct verify_map *map_named(struct fixture *f, const char *name)
{
	const struct verify_map *maps;
	uint32_t cnt;

	object_maps(f->obj, &cnt);
	assert_int_equal(object_verify_maps(f->obj, &maps, NULL), 0);
	for (uint32_t i = 0; i < cnt; i++)
		if (str_eq(maps[i].name, name))
			return &maps[i];
	fail_msg("no map %s", name);
	return NULL;
}

static void maps_need_not_exist(void **state)
{
	struct fixture *f = *state;
	const struct verify_map *map = map_named(f, "routes");

	assert_int_equal(map->type, MAP_TYPE_LPM_TRIE);
	assert_int_equal(map->key_size, 8);
	assert_int_equal(map->value_size, 4);
	assert_int_equal(map->max_entries, 1000000);
	assert_int_equal(map->flags, BPF_F_NO_PREALLOC);
	assert_ptr_equal(map->btf, object_btf(f->obj));
	assert_string_equal(btf_type_name(map->btf, map->btf_value),
			    "task_struct");
	assert_null(map->frozen);
	assert_null(map->inner);
	map = map_named(f, "outer");
	assert_non_null(map->inner);
	assert_int_equal(map->inner->type, MAP_TYPE_ARRAY);
	assert_int_equal(map->inner->value_size, 8);
}

static void constants_are_seen(void **state)
{
	struct fixture *f = *state;
	const struct verify_map *map = map_named(f, "places.rodata");
	uint32_t limit;

	assert_non_null(map->frozen);
	memcpy(&limit, map->frozen, sizeof(limit));
	assert_int_equal(limit, 77);
	assert_int_equal(object_set_variable(f->obj, "limit", "5", NULL), 0);
	memcpy(&limit, map_named(f, "places.rodata")->frozen, sizeof(limit));
	assert_int_equal(limit, 5);
	assert_null(map_named(f, "places.bss")->frozen);
}

/* One that cannot be linked, and one that attaches nowhere. */
static void one_bad_program_is_one(void **state)
{
	struct fixture *f = *state;
	struct object_verify_options options = { .link.kernel = f->kernel };
	struct object_verdicts verdicts;
	uint32_t cnt, bad = 0;

	object_progs(f->obj, &cnt);
	assert_int_equal(object_verify(f->obj, &options, &verdicts, NULL), 0);
	assert_int_equal(verdicts.cnt, cnt - 2);	/* all but the ? ones */
	for (uint32_t i = 0; i < verdicts.cnt; i++) {
		const struct object_verdict *v = &verdicts.list[i];

		assert_non_null(v->prog.insns);
		if (!str_eq(v->prog.name, "on_nothing"))
			continue;
		bad++;
		assert_int_not_equal(v->err, 0);
		assert_null(v->result);
		assert_int_equal(v->diags.records.len, 1);
		assert_string_equal(v->diags.records.data[0].id,
				    "verify-attach");
	}
	assert_int_equal(bad, 1);
	object_verdicts_fini(&verdicts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(places_are_found),
		TEST(members_are_found),
		TEST(variables_are_ids),
		TEST(functions_are_names),
		TEST(callbacks_of_throws_are_linked),
		TEST(a_program_has_one_callback),
		TEST(maps_need_not_exist),
		TEST(constants_are_seen),
		TEST(one_bad_program_is_one),
#undef TEST
	};

	if (access(VMLINUX, R_OK)) {
		print_message("skipped: no " VMLINUX "\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
