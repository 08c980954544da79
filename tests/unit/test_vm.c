/* SPDX-License-Identifier: Apache-2.0 */
/* The public API, through its header alone. Needs objects that clang built. */
#include "cmocka_all.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/skep.h>

struct seen {
	char last[64];
	unsigned int cnt;
};

static void note(void *arg, const struct skep_diag *diag)
{
	struct seen *seen = arg;

	snprintf(seen->last, sizeof(seen->last), "%s", diag->id);
	seen->cnt++;
}

struct fixture {
	struct skep *skep;
	struct seen seen;
	char verdict[512], edit[512];
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct skep_options opts = {
		.size = sizeof(opts), .cpus = 2, .diag = note,
		.diag_arg = &f->seen,
	};
	const char *build = getenv("SKEP_BUILD");

	snprintf(f->verdict, sizeof(f->verdict),
		 "%s/tests/e2e/verdict.bpf.o", build ? build : ".");
	snprintf(f->edit, sizeof(f->edit), "%s/tests/e2e/edit.bpf.o",
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

static struct skep_object *opened(struct fixture *f, const char *path)
{
	struct skep_object *obj = NULL;

	assert_int_equal(skep_object_open(f->skep, path, &obj), 0);
	assert_non_null(obj);
	return obj;
}

static const uint8_t packet[64] = { 2, 0, 0, 0, 0, 1 };

static void a_program_runs(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = opened(f, f->verdict);
	struct skep_prog *prog = skep_object_prog(obj, "entry");
	struct skep_run_result res = { .size = sizeof(res) };
	struct skep_map *seen;
	uint64_t value = 0;
	uint32_t key = 0;

	assert_non_null(prog);
	assert_string_equal(skep_prog_section(prog), "xdp");
	assert_int_equal(skep_prog_id(prog), 0);
	assert_int_equal(skep_prog_run(prog, packet, 64, NULL, &res),
			 -EINVAL);
	assert_int_equal(skep_object_set(obj, "verdict", "1"), 0);
	assert_int_equal(skep_object_load(obj, NULL), 0);
	assert_int_equal(skep_object_load(obj, NULL), -EBUSY);
	assert_int_equal(skep_object_set(obj, "verdict", "2"), -EBUSY);
	assert_int_not_equal(skep_prog_id(prog), 0);
	assert_int_equal(skep_prog_run(prog, packet, 64, NULL, &res), 0);
	assert_string_equal(res.verdict, "XDP_DROP");
	assert_int_equal(res.r0, 1);
	assert_int_equal(res.out_len, 64);

	seen = skep_object_map(obj, "seen");
	assert_non_null(seen);
	assert_int_equal(skep_map_key_size(seen), 4);
	assert_int_equal(skep_map_value_size(seen), 8);
	assert_int_equal(skep_map_lookup(seen, &key, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(skep_map_events(seen, NULL, NULL), -EINVAL);
	assert_null(skep_object_map(obj, "nobody"));
	assert_int_equal(f->seen.cnt, 0);
}

static void what_comes_out(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = opened(f, f->verdict);
	uint8_t out[64] = { 0 };
	struct skep_run_options opts = {
		.size = sizeof(opts), .out = out, .out_cap = sizeof(out),
	};
	struct skep_run_result res = { .size = sizeof(res) };
	struct skep_prog *prog;

	assert_int_equal(skep_object_set(obj, "verdict", "3"), 0);
	assert_int_equal(skep_object_load(obj, NULL), 0);
	prog = skep_object_prog(obj, "entry");
	assert_int_equal(skep_prog_run(prog, packet, 64, &opts, &res), 0);
	assert_memory_equal(out, packet + 6, 6);
	assert_memory_equal(out + 6, packet, 6);
	opts.out_cap = 10;
	assert_int_equal(skep_prog_run(prog, packet, 64, &opts, &res),
			 -ENOSPC);
	assert_int_equal(res.out_len, 64);
}

/* Each run swaps the addresses of what the one before left. */
static void runs_repeat(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = opened(f, f->verdict);
	uint8_t out[64] = { 0 };
	struct skep_run_options opts = {
		.size = sizeof(opts), .out = out, .out_cap = sizeof(out),
	};
	struct skep_run_result res = { .size = sizeof(res), .ns = 1 };
	struct skep_prog *prog;

	assert_int_equal(skep_object_set(obj, "verdict", "3"), 0);
	assert_int_equal(skep_object_load(obj, NULL), 0);
	prog = skep_object_prog(obj, "entry");
	for (opts.repeat = 0; opts.repeat < 5; opts.repeat++) {
		bool swapped = opts.repeat % 2 || !opts.repeat;

		assert_int_equal(skep_prog_run(prog, packet, 64, &opts, &res),
				 0);
		assert_memory_equal(out, packet + (swapped ? 6 : 0), 6);
		assert_string_equal(res.verdict, "XDP_TX");
		if (!opts.repeat)
			assert_int_equal(res.ns, 0);
	}
}

static void options_are_checked(void **state)
{
	struct fixture *f = *state;
	struct skep_options opts = { .size = 3 };
	struct skep_object *obj = NULL;
	struct skep *skep = NULL;

	assert_int_equal(skep_new(&skep, &opts), -EINVAL);
	assert_null(skep);
	assert_true(skep_object_open(f->skep, "/nonexistent.o", &obj) < 0);
	assert_string_equal(f->seen.last, "file-open");
	assert_true(skep_object_open_memory(f->skep, "junk", 4, "junk",
					    &obj) < 0);
	assert_null(obj);
	obj = opened(f, f->verdict);
	assert_true(skep_object_set(obj, "nobody", "1") < 0);
	assert_int_equal(skep_object_set_type(obj, "entry", "steam"),
			 -EINVAL);
	assert_int_equal(skep_object_set_type(obj, "nobody", "xdp"),
			 -ENOENT);
}

static void only_the_named_need_run(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = opened(f, f->verdict);
	struct skep_load_options opts = {
		.size = sizeof(opts), .program = "nobody",
	};
	struct skep_prog *prog = NULL;
	unsigned int cnt = 0, loaded = 0;

	assert_int_equal(skep_object_load(obj, &opts), -ENOENT);
	assert_string_equal(f->seen.last, "vm-no-program");
	opts.program = "entry";
	opts.engine = "steam";
	assert_int_equal(skep_object_load(obj, &opts), -EINVAL);
	opts.engine = "interp";
	assert_int_equal(skep_object_load(obj, &opts), 0);
	while ((prog = skep_object_next_prog(obj, prog))) {
		cnt++;
		loaded += skep_prog_id(prog) != 0;
	}
	assert_int_equal(cnt, 3);
	assert_int_equal(loaded, 1);
}

static int count_event(void *arg, const void *data, size_t len)
{
	uint32_t *lengths = arg;
	uint32_t value;

	assert_int_equal(len, 4);
	memcpy(&value, data, 4);
	lengths[0]++;
	lengths[1] += value;
	return 0;
}

static void events_are_read(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = opened(f, f->edit);
	struct skep_run_result res = { .size = sizeof(res) };
	uint32_t lengths[2] = { 0 };
	struct skep_map *events;

	assert_int_equal(skep_object_load(obj, NULL), 0);
	events = skep_object_map(obj, "events");
	assert_int_equal(skep_map_open_events(events, 4096), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(skep_prog_run(skep_object_prog(obj,
			"edit_xdp"), packet, 40 + i, NULL, &res), 0);
	assert_int_equal(skep_map_events(events, count_event, lengths), 5);
	assert_int_equal(lengths[0], 5);
	assert_int_equal(lengths[1], 40 + 41 + 42 + 43 + 44);
	assert_int_equal(skep_map_events(events, count_event, lengths), 0);
	assert_int_equal(skep_map_events_lost(events), 0);
}

struct worker {
	struct skep_prog *prog;
	unsigned int ran, busy;
};

static void *work(void *arg)
{
	struct skep_run_result res = { .size = sizeof(res) };
	struct worker *worker = arg;

	for (int i = 0; i < 2000; i++) {
		int err = skep_prog_run(worker->prog, packet, 64, NULL, &res);

		worker->ran += err == 0;
		worker->busy += err == -EBUSY;
	}
	return NULL;
}

/* Four threads on two slots: no run is lost or counted twice. */
static void threads_share_slots(void **state)
{
	struct fixture *f = *state;
	struct skep_object *obj = opened(f, f->verdict);
	struct worker workers[4] = { 0 };
	pthread_t threads[4];
	uint64_t value = 0, ran = 0;
	uint32_t key = 0;

	assert_int_equal(skep_object_load(obj, NULL), 0);
	for (int i = 0; i < 4; i++) {
		workers[i].prog = skep_object_prog(obj, "entry");
		assert_int_equal(pthread_create(&threads[i], NULL, work,
						&workers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].ran + workers[i].busy, 2000);
		ran += workers[i].ran;
	}
	assert_int_equal(skep_map_lookup(skep_object_map(obj, "seen"), &key,
					 &value), 0);
	assert_int_equal(value, ran);
}

static void runtimes_are_apart(void **state)
{
	struct fixture *f = *state;
	struct skep_run_result res = { .size = sizeof(res) };
	struct skep_object *one = opened(f, f->verdict), *two;
	struct skep *other;
	uint64_t value;
	uint32_t key = 0;

	assert_int_equal(skep_new(&other, NULL), 0);
	assert_int_equal(skep_object_open(other, f->verdict, &two), 0);
	assert_int_equal(skep_object_load(one, NULL), 0);
	assert_int_equal(skep_object_load(two, NULL), 0);
	assert_int_equal(skep_prog_run(skep_object_prog(one, "entry"),
				       packet, 64, NULL, &res), 0);
	assert_int_equal(skep_map_lookup(skep_object_map(two, "seen"), &key,
					 &value), 0);
	assert_int_equal(value, 0);
	skep_free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_program_runs),
		TEST(what_comes_out),
		TEST(runs_repeat),
		TEST(options_are_checked),
		TEST(only_the_named_need_run),
		TEST(events_are_read),
		TEST(threads_share_slots),
		TEST(runtimes_are_apart),
	};
	struct fixture *f;
	void *state;
	FILE *object;

	if (set_up(&state))
		return 1;
	f = state;
	object = fopen(f->verdict, "r");
	tear_down(&state);
	if (!object) {
		puts("skipped: the BPF objects were not built (clang)");
		return 77;
	}
	fclose(object);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
