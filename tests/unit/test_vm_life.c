/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs and maps that come and go, through the public API: what a load
 * asks for, programs and maps of one object in the maps of another, what
 * threads see of that, several runtimes, fork. Worth a run under the address
 * and the thread sanitizer.
 */
#include "cmocka_all.h"

#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/skep.h>

#define CPUS	4

struct fixture {
	struct skep *skep;
	char last[64];
	char path[512];
};

static const uint8_t packet[64] = { 2, 0, 0, 0, 0, 1 };

static void note(void *arg, const struct skep_diag *diag)
{
	struct fixture *f = arg;

	snprintf(f->last, sizeof(f->last), "%s", diag->id);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct skep_options opts = {
		.size = sizeof(opts), .cpus = CPUS, .diag = note,
		.diag_arg = f,
	};
	const char *build = getenv("SKEP_BUILD");

	snprintf(f->path, sizeof(f->path), "%s/tests/e2e/life.bpf.o",
		 build ? build : ".");
	*state = f;
	return skep_new(&f->skep, &opts);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	skep_free(f->skep);
	free(f);
	return 0;
}

static struct skep_object *opened(struct fixture *f)
{
	struct skep_object *obj = NULL;

	assert_int_equal(skep_object_open(f->skep, f->path, &obj), 0);
	return obj;
}

static int load(struct skep_object *obj, const char *program)
{
	struct skep_load_options opts = {
		.size = sizeof(opts), .program = program,
	};

	return skep_object_load(obj, &opts);
}

static struct skep_object *loaded(struct fixture *f, const char *program)
{
	struct skep_object *obj = opened(f);

	assert_int_equal(load(obj, program), 0);
	return obj;
}

static uint64_t run(struct skep_object *obj, const char *program)
{
	struct skep_run_result res = { .size = sizeof(res) };

	assert_int_equal(skep_prog_run(skep_object_prog(obj, program), packet,
				       sizeof(packet), NULL, &res), 0);
	return res.r0;
}

static uint32_t prog_id(struct skep_object *obj, const char *program)
{
	return skep_prog_id(skep_object_prog(obj, program));
}

/* What a program that is not loaded lacks must not fail the others. */
static void only_what_is_asked_for(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = opened(f);
	struct skep_load_options opts = {
		.size = sizeof(opts), .program = "wants_types",
		.target_btf = "/nonexistent",
	};

	assert_true(skep_object_load(obj, &opts) < 0);
	assert_string_equal(f->last, "file-open");
	assert_true(load(obj, "wants_symbol") < 0);
	assert_string_equal(f->last, "object-extern");
	assert_int_equal(load(obj, "probe"), -EOPNOTSUPP);
	assert_string_equal(f->last, "vm-lacks-type");
	assert_int_equal(prog_id(obj, "caller"), 0);

	opts.program = NULL;
	assert_int_equal(skep_object_load(obj, &opts), 0);
	assert_int_not_equal(prog_id(obj, "caller"), 0);
	assert_int_not_equal(prog_id(obj, "other_kind"), 0);
	assert_int_equal(prog_id(obj, "probe"), 0);
	assert_int_equal(run(obj, "callee"), 2);
}

static void named_ones_load_alone(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = loaded(f, "swapped");

	assert_int_equal(prog_id(obj, "caller"), 0);
	assert_int_equal(run(obj, "swapped"), 2);
}

/* A program of another object, until that object goes. */
static void programs_of_other_objects(void **state)
{
	struct fixture *f = *state;
	struct skep_object *one = loaded(f, "caller"), *two = opened(f);
	struct skep_map *jumps = skep_object_map(one, "jumps");
	uint32_t key = 0, id, got = 0, unknown = 9999;

	assert_int_equal(skep_object_set(two, "verdict", "3"), 0);
	assert_int_equal(load(two, NULL), 0);
	assert_int_equal(run(one, "caller"), 0);
	id = prog_id(two, "other_kind");
	assert_int_equal(skep_map_update(jumps, &key, &id, 0), -EINVAL);
	assert_int_equal(skep_map_update(jumps, &key, &unknown, 0), -EBADF);
	id = prog_id(two, "callee");
	assert_int_equal(skep_map_update(jumps, &key, &id, 0), 0);
	assert_int_equal(skep_map_lookup(jumps, &key, &got), 0);
	assert_int_equal(got, id);
	assert_int_equal(run(one, "caller"), 3);
	skep_object_close(two);
	assert_int_equal(skep_map_lookup(jumps, &key, &got), -ENOENT);
	assert_int_equal(run(one, "caller"), 0);
	assert_int_equal(skep_map_update(jumps, &key, &id, 0), -EBADF);
}

/* An inner map outlives its object as long as it is in a map. */
static void maps_of_other_objects(void **state)
{
	struct fixture *f = *state;
	struct skep_object *one = loaded(f, "swapped");
	struct skep_object *two = loaded(f, "swapped");
	struct skep_map *outer = skep_object_map(one, "outer");
	struct skep_map *theirs = skep_object_map(two, "first");
	uint32_t key = 0, id = skep_map_id(theirs), got = 0;
	uint64_t value = 0;

	assert_int_equal(skep_map_update(outer, &key, &id, 0), 0);
	assert_int_equal(run(one, "swapped"), 2);
	assert_int_equal(skep_map_lookup(theirs, &key, &value), 0);
	assert_int_equal(value, 1);
	skep_object_close(two);
	assert_int_equal(run(one, "swapped"), 2);
	assert_int_equal(skep_map_lookup(outer, &key, &got), 0);
	assert_int_equal(got, id);
	assert_int_equal(skep_map_delete(outer, &key), 0);
	assert_int_equal(skep_map_update(outer, &key, &id, 0), -EBADF);
	id = skep_map_id(skep_object_map(one, "runs"));
	assert_int_equal(skep_map_update(outer, &key, &id, 0), -EINVAL);
}

struct worker {
	struct skep_prog *prog;
	const int *stop;
	uint64_t ran;
};

static void *work(void *arg)
{
	struct skep_run_result res = { .size = sizeof(res) };
	struct worker *worker = arg;

	while (!__atomic_load_n(worker->stop, __ATOMIC_RELAXED))
		worker->ran += !skep_prog_run(worker->prog, packet,
					      sizeof(packet), NULL, &res);
	return NULL;
}

static uint64_t sum_runs(struct skep_object *obj)
{
	uint64_t values[CPUS] = { 0 }, sum = 0;
	struct skep_map *runs = skep_object_map(obj, "runs");
	uint32_t key = 0;

	assert_int_equal(skep_map_value_size(runs), sizeof(values));
	assert_int_equal(skep_map_lookup(runs, &key, values), 0);
	for (int i = 0; i < CPUS; i++)
		sum += values[i];
	return sum;
}

/* Puts a map of a new object in, in turn with the object's own. */
static void swap_once(struct fixture *f, struct skep_object *obj)
{
	struct skep_map *outer = skep_object_map(obj, "outer");
	struct skep_map *table = skep_object_map(obj, "table");
	struct skep_object *brief = loaded(f, "swapped");
	uint32_t key = 0, got;
	uint32_t id = skep_map_id(skep_object_map(brief, "first"));
	uint32_t own = skep_map_id(skep_object_map(obj, "second"));

	assert_int_equal(skep_map_update(outer, &key, &id, 0), 0);
	assert_int_equal(skep_map_update(table, &key, &id, 0), 0);
	skep_object_close(brief);
	assert_int_equal(skep_map_lookup(outer, &key, &got), 0);
	assert_int_equal(skep_map_update(outer, &key, &own, 0), 0);
	assert_int_equal(skep_map_delete(table, &key), 0);
}

static void maps_are_swapped_under_runs(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = loaded(f, "swapped");
	struct worker workers[2];
	pthread_t threads[2];
	uint64_t ran = 0;
	int stop = 0;

	for (int i = 0; i < 2; i++) {
		workers[i] = (struct worker){
			skep_object_prog(obj, "swapped"), &stop, 0
		};
		assert_int_equal(pthread_create(&threads[i], NULL, work,
						&workers[i]), 0);
	}
	for (int i = 0; i < 100; i++)
		swap_once(f, obj);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		ran += workers[i].ran;
	}
	/* each run on a slot of its own: no increment is lost */
	assert_true(ran > 0);
	assert_int_equal(sum_runs(obj), ran);
}

/* The object that a running tail call may be in goes away. */
static void programs_go_under_runs(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = loaded(f, "caller");
	struct skep_map *jumps = skep_object_map(obj, "jumps");
	struct worker worker;
	pthread_t thread;
	uint32_t key = 0;
	int stop = 0;

	worker = (struct worker){
		skep_object_prog(obj, "caller"), &stop, 0
	};
	assert_int_equal(pthread_create(&thread, NULL, work, &worker), 0);
	for (int i = 0; i < 100; i++) {
		struct skep_object *brief = loaded(f, "callee");
		uint32_t id = prog_id(brief, "callee");

		assert_int_equal(skep_map_update(jumps, &key, &id, 0), 0);
		skep_object_close(brief);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_true(worker.ran > 0);
}

static void runtimes_do_not_share(void **state)
{
	struct fixture *f = *state;
	struct skep_object *one = loaded(f, "caller"), *two;
	uint32_t key = 0, id;
	struct skep *other;

	assert_int_equal(skep_new(&other, NULL), 0);
	assert_int_equal(skep_object_open(other, f->path, &two), 0);
	assert_int_equal(load(two, NULL), 0);
	id = prog_id(two, "callee") + 1000;
	assert_int_equal(skep_map_update(skep_object_map(one, "jumps"), &key,
					 &id, 0), -EBADF);
	skep_free(other);
	assert_int_equal(run(one, "caller"), 0);
}

/* The child's runtime is a copy: what it does there stays there. */
static void a_fork_has_its_own(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = loaded(f, "swapped");
	int status = -1;
	pid_t child;

	run(obj, "swapped");
	child = fork();
	if (!child) {
		bool good = run(obj, "swapped") == 2 && sum_runs(obj) == 2;

		skep_free(f->skep);
		_exit(!good);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(sum_runs(obj), 1);
}

/* Writes into a reserved field of every EXIT; how many there were. */
static int break_exits(uint8_t *image)
{
	const Elf64_Ehdr *head = (void *)image;
	const Elf64_Shdr *section = (void *)(image + head->e_shoff);
	int broken = 0;

	for (int i = 0; i < head->e_shnum; i++, section++) {
		if (!(section->sh_flags & SHF_EXECINSTR))
			continue;
		for (size_t at = 0; at < section->sh_size; at += 8) {
			uint8_t *insn = image + section->sh_offset + at;

			broken += insn[0] == 0x95;
			insn[1] = insn[0] == 0x95 ? 0x07 : insn[1];
		}
	}
	return broken;
}

/* A broken instruction in the object is refused before anything runs. */
static void instructions_are_checked(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj;
	uint8_t *data = malloc(1 << 20);
	FILE *file = fopen(f->path, "rb");
	size_t len = fread(data, 1, 1 << 20, file);

	fclose(file);
	assert_true(break_exits(data));
	assert_int_equal(skep_object_open_memory(f->skep, data, len, "bad",
						 &obj), 0);
	assert_int_equal(load(obj, "callee"), -EACCES);
	assert_string_equal(f->last, "isa-reserved");
	assert_int_equal(prog_id(obj, "callee"), 0);
	free(data);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(only_what_is_asked_for),
		TEST(named_ones_load_alone),
		TEST(programs_of_other_objects),
		TEST(maps_of_other_objects),
		TEST(maps_are_swapped_under_runs),
		TEST(programs_go_under_runs),
		TEST(runtimes_do_not_share),
		TEST(a_fork_has_its_own),
		TEST(instructions_are_checked),
	};
	struct fixture *f;
	void *state;
	int there;

	if (set_up(&state))
		return 1;
	f = state;
	there = access(f->path, R_OK) == 0;
	tear_down(&state);
	if (!there) {
		puts("skipped: the BPF objects were not built (clang)");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
