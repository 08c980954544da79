/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts on random programs of which half are unsafe (risky_random.h):
 * skep's, without a second look, must be the running kernel's. What only skep
 * accepts is run many times, where no fact may fail (facts_check.h), and
 * counted by what the kernel has against it: known_reasons lists why that is
 * no reason. What only the kernel accepts is counted likewise. What is
 * accepted at a second look is run too.
 *
 * Some programs, and all that only skep accepts, are asked about in four ways
 * that must agree: as it is, with all numbers precise, with a state kept at
 * every instruction, and with both; so a path that is cut wrongly shows.
 *
 * Looks at SKEP_DIFF_COUNT (2000) programs from seed SKEP_DIFF_SEED (1). Of a
 * program that differs it prints the smallest that still does; with
 * SKEP_DIFF_LOG=2 also both logs of it. It ends after SKEP_DIFF_BAD
 * (5) differences of no known reason; SKEP_DIFF_REASONS=1 shows the first
 * program of each known one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "btf/btf.h"
#include "isa/insn.h"
#include "risky_kernel.h"
#include "risky_random.h"
#include "risky_runs.h"
#include "verify/flow/flow.h"
#include "verify/verify.h"

#define COUNT		2000
#define WAYS		4
#define LIMIT		50000	/* of the odd ways: more takes long */
#define FOUR_WAYS_EACH	16	/* that many programs, one is asked so */
#define RUNS		1000	/* of what only skep accepts */
#define LOOK_RUNS	64	/* of what only a second look accepts */
#define BAD_MAX		5
#define REASONS_MAX	64

struct reason {
	char text[96];
	unsigned long cnt;
};

struct test {
	struct risky_kernel *oracle;
	struct risky_bench bench;
	struct btf *kernel;		/* its types, or NULL */
	unsigned long programs, accepted, narrower, wider;
	unsigned long complex, bad, four, looks;
	struct reason reasons[REASONS_MAX];
	uint32_t reasons_cnt;
	bool show_reasons, show_logs;
};

/* What the kernel has against programs that are safe: how it says so. */
static const struct {
	const char *text, *why;
} known_reasons[] = {
	{ "pointer offset #", "takes how far two linked numbers are apart for "
	  "an offset" },
	{ "pointer offset -#", "takes how far two linked numbers are apart for "
	  "an offset" },
	{ "direct value offset", "looks at addresses of values in dead code" },
	{ "invalid access to map value pointer", "looks at addresses of "
	  "values in dead code" },
	{ "fd # is not pointing to valid bpf_map", "takes files for maps" },
	{ "verifier bug", "stops at a bug of its own" },
#define LESS	"knows less of a number"
	{ "invalid read from stack", LESS },
	{ "math between", LESS },
	{ "offset is outside of the packet", LESS },
	{ "is outside of the allowed memory range", LESS },
	{ "min value is negative", LESS },
	{ "unbounded memory access", LESS },
	{ "variable-offset", LESS },
	{ "misaligned", LESS },
	{ "invalid zero-sized read", LESS },
	{ "pointer be out of bounds", LESS },
	{ "invalid access to map value,", LESS },
	{ "invalid access to packet,", LESS },
#undef LESS
};

#define DEAD_WHY	"goes where no run can get"

/* ---- skep ---- */

struct verdict {
	int err;
	const char *id;			/* of the diagnostic, or NULL */
	char reason[160];
	bool dead[RISKY_INSNS];		/* when accepted, and run */
	struct strbuf *log;		/* of all states, or NULL */
};

static void note_diag(void *arg, const struct skep_diag *diag)
{
	struct verdict *out = arg;

	out->id = diag->id;
	snprintf(out->reason, sizeof(out->reason), "%ld: %s (%s)",
		 (long)diag->insn, diag->message, diag->id);
}

enum way {
	EXACT		= 1 << 0,
	OFTEN		= 1 << 1,
	SECOND_LOOK	= 1 << 2,
};

/* With `times`, also so many runs, if it is accepted; false: one failed. */
static bool ask_skep(struct test *test, const struct risky_program *program,
		     enum way way, uint32_t times, struct verdict *out)
{
	struct prog prog = risky_prog(&test->bench, program);
	struct verify_input in = {
		.prog = &prog, .maps = test->bench.views,
		.kernel = test->kernel,
	};
	struct verify_options opts = {
		.exact = way & EXACT, .keep_often = way & OFTEN,
		.no_second_look = !(way & SECOND_LOOK), .no_facts = !times,
		.insns_max = way & (EXACT | OFTEN) ? LIMIT : 0,
		.log = out->log,
	};
	struct diag_sink sink = { .fn = note_diag, .arg = out };
	struct verify_result *result = NULL;
	struct arena arena;
	bool fine = true;

	arena_init(&arena);
	out->id = NULL;
	out->reason[0] = 0;
	out->err = insn_check(prog.insns, prog.insns_cnt, "random", &sink);
	if (!out->err)
		out->err = flow_find_subprogs(&arena, prog.insns,
					      prog.insns_cnt, &prog.subprogs,
					      &prog.subprogs_cnt);
	if (!out->err)
		out->err = verify_prog(&in, &opts, &result, &sink);
	if (!out->err && times) {
		for (uint32_t i = 0; i < prog.insns_cnt; i++)
			out->dead[i] = !(result->facts.insns[i].flags &
					 FACT_REACHED);
		fine = risky_runs(&test->bench, &prog, &result->facts, times);
	}
	verify_free(result);
	arena_fini(&arena);
	return fine;
}

/* ---- both ---- */

static bool is_complex(int err)
{
	return err == -E2BIG;
}

/* The disagreement that is being made small. */
struct shown {
	struct test *test;
	bool skep_accepts;
	const char *reason;		/* the kernel's, or NULL */
};

static bool still_shows(void *arg, const struct risky_program *program)
{
	struct shown *shown = arg;
	static struct risky_objection objection;
	static struct verdict skep;
	int kernel;

	ask_skep(shown->test, program, 0, 0, &skep);
	if (shown->skep_accepts != !skep.err || is_complex(skep.err))
		return false;
	kernel = risky_kernel_ask(shown->test->oracle, program);
	if (!kernel == !skep.err || is_complex(kernel))
		return false;
	if (!shown->reason)
		return true;
	risky_kernel_objects(shown->test->oracle, program,
			     &objection);
	return !strcmp(objection.text, shown->reason);
}

static void show_logs(struct test *test, const struct risky_program *program)
{
	struct strbuf log = STRBUF_INIT;
	struct verdict verdict = { .log = &log };

	ask_skep(test, program, 0, 0, &verdict);
	puts(strbuf_str(&log));
	strbuf_fini(&log);
	risky_kernel_show(test->oracle, program);
}

static void show_smallest(struct test *test, struct risky_program *program,
			  uint64_t seed, const char *reason, bool accepts)
{
	struct shown shown = { test, accepts, reason };
	static struct verdict skep;

	risky_reduce(program, seed, still_shows, &shown);
	ask_skep(test, program, 0, 0, &skep);
	printf("seed %llu, %s: kernel %d, %s; skep %d, %s\n",
	       (unsigned long long)seed,
	       program->type == PROG_TYPE_XDP ? "xdp" : "tc",
	       risky_kernel_ask(test->oracle, program),
	       reason ? reason : "",
	       skep.err, skep.reason);
	risky_show(program);
	if (test->show_logs)
		show_logs(test, program);
	memset(program->left_out, 0, sizeof(program->left_out));
}

/* Why the kernel is not right, or NULL. */
static const char *known_reason(const struct risky_objection *objection,
				const struct verdict *skep)
{
	if (objection->insn >= 0 && skep->dead[objection->insn])
		return DEAD_WHY;
	for (size_t i = 0; i < ARRAY_SIZE(known_reasons); i++)
		if (strstr(objection->text, known_reasons[i].text))
			return known_reasons[i].why;
	for (size_t i = 0; i < RISKY_INSNS; i++)
		if (objection->walked[i] && skep->dead[i])
			return DEAD_WHY;
	return NULL;
}

/* True when it is the first of its kind. */
static bool count_reason(struct test *test, const char *text)
{
	uint32_t i = 0;

	while (i < test->reasons_cnt && strcmp(test->reasons[i].text, text))
		i++;
	if (i == REASONS_MAX)
		return false;
	if (i == test->reasons_cnt) {
		snprintf(test->reasons[i].text, sizeof(test->reasons[i].text),
			 "%s", text);
		test->reasons_cnt++;
	}
	return !test->reasons[i].cnt++;
}

static bool four_agree(struct test *test, const struct risky_program *program,
		       uint64_t seed, const struct verdict *first)
{
	static struct verdict way;

	test->four++;
	for (enum way i = EXACT; i < WAYS; i++) {
		ask_skep(test, program, i, 0, &way);
		if (is_complex(way.err) || !way.err == !first->err)
			continue;
		printf("seed %llu: %d %s; with %s%s: %d %s\n",
		       (unsigned long long)seed, first->err, first->reason,
		       i & EXACT ? "exact " : "", i & OFTEN ? "often" : "",
		       way.err, way.reason);
		risky_show(program);
		return false;
	}
	return true;
}

static bool only_skep(struct test *test, struct risky_program *program,
		      uint64_t seed)
{
	static struct risky_objection objection;
	static struct verdict skep;
	const char *why;
	bool fine, first;

	test->narrower++;
	risky_kernel_objects(test->oracle, program, &objection);
	fine = ask_skep(test, program, 0, RUNS, &skep) &&
	       four_agree(test, program, seed, &skep);
	why = known_reason(&objection, &skep);
	first = count_reason(test, why ? why : objection.text);
	if (!why || !fine || (first && test->show_reasons))
		show_smallest(test, program, seed, objection.text, true);
	return why && fine;
}

/* The kernel reads instructions that it gets to, skep reads them all. */
static bool only_kernel(struct test *test, struct risky_program *program,
			uint64_t seed, const struct verdict *skep)
{
	bool known = skep->id && !strncmp(skep->id, "isa-", 4);

	test->wider++;
	if (known)
		count_reason(test, "accepts what is no instruction if it "
			     "does not get there");
	else
		show_smallest(test, program, seed, NULL, false);
	return known;
}

/* What skep and the kernel reject: is what a second look accepts safe? */
static bool both_reject(struct test *test, struct risky_program *program,
			uint64_t seed)
{
	static struct verdict looked;

	if (ask_skep(test, program, SECOND_LOOK, LOOK_RUNS, &looked)) {
		test->looks += !looked.err;
		return true;
	}
	printf("seed %llu: accepted at a second look\n",
	       (unsigned long long)seed);
	risky_show(program);
	return false;
}

static bool one(struct test *test, struct risky_program *program,
		uint64_t seed)
{
	static struct verdict skep;
	int kernel;

	risky_random(program, seed);
	kernel = risky_kernel_ask(test->oracle, program);
	ask_skep(test, program, 0, 0, &skep);
	test->programs++;
	if (is_complex(skep.err) || is_complex(kernel)) {
		test->complex++;
		return true;
	}
	test->accepted += !skep.err;
	if (!skep.err && kernel)
		return only_skep(test, program, seed);
	if (skep.err && !kernel)
		return only_kernel(test, program, seed, &skep);
	return (!skep.err || both_reject(test, program, seed)) &&
	       (seed % FOUR_WAYS_EACH ||
		four_agree(test, program, seed, &skep));
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void report(const struct test *test)
{
	printf("%lu programs, %lu accepted, %lu of them only by skep, and %lu "
	       "only by the kernel, %lu too complex, %lu asked about in four "
	       "ways, %lu accepted at a second look, %lu bad; the kernel...\n",
	       test->programs, test->accepted, test->narrower, test->wider,
	       test->complex, test->four, test->looks, test->bad);
	for (uint32_t i = 0; i < test->reasons_cnt; i++)
		printf("%8lu %s\n", test->reasons[i].cnt,
		       test->reasons[i].text);
}

int main(void)
{
	static struct test test;
	static struct risky_program program;
	uint64_t seed = setting("SKEP_DIFF_SEED", 1);
	uint64_t end = seed + setting("SKEP_DIFF_COUNT", COUNT);
	uint64_t bad_max = setting("SKEP_DIFF_BAD", BAD_MAX);
	int err = risky_kernel_new(&test.oracle);

	if (err) {
		printf("skipped: the kernel makes no maps here: %s\n",
		       strerror(-err));
		return 77;
	}
	test.show_logs = setting("SKEP_DIFF_LOG", 1) > 1;
	test.show_reasons = setting("SKEP_DIFF_REASONS", 0);
	btf_open(&test.kernel, "/sys/kernel/btf/vmlinux", NULL);
	err = risky_bench_init(&test.bench, seed);
	for (; !err && test.bad < bad_max && seed < end; seed++)
		test.bad += !one(&test, &program, seed);
	report(&test);
	risky_bench_fini(&test.bench);
	risky_kernel_free(test.oracle);
	btf_put(test.kernel);
	return err || test.bad;
}
