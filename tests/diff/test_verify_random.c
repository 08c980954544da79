/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts on random programs of which half are unsafe (risky_random.h):
 * skep's, without a second look, must be the running kernel's. What only skep
 * accepts is run many times, where no fact may fail (facts_check.h), and
 * counted by what the kernel has against it: known_reasons lists why that is
 * no reason. What only the kernel accepts is counted likewise. What is
 * accepted at a second look is run too.
 *
 * Some programs, and all that only skep accepts, are asked about in five ways
 * that must agree: as it is, with all numbers precise, with a state kept at
 * every instruction, with both, and with no path cut; so a path that is cut
 * wrongly shows.
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
#include "risky_variant.h"
#include "verify/flow/flow.h"
#include "verify/verify.h"

#define COUNT		2000
#define LIMIT		50000	/* of the odd ways: more takes long */
#define WAYS_EACH	16	/* that many programs, one is asked so */
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
	unsigned long complex, bad, ways, looks;
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
	{ "no direct value access support", "looks at addresses of values in "
	  "dead code" },
	{ "fd # is not pointing to valid bpf_map", "takes files for maps" },
	{ "pointer arithmetic on pkt_end", "takes what an atomic fetches for "
	  "a pointer" },
	{ "verifier bug", "stops at a bug of its own" },
	{ "jumps is too complex", "keeps no more than 8192 jumps in mind" },
	{ "old state:", "sees no end of a loop over a number it knows too "
	  "little of" },
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
	{ "invalid size of register fill", LESS },
	{ "invalid write to stack", LESS },
	{ "null-check it first", LESS },		/* of a key */
	{ "access 'map_value_or_null'", LESS },		/* the same */
	{ "arithmetic on map_ptr prohibited", LESS },	/* of 0 */
	{ "!read_ok", LESS },
	{ "bitwise operator", LESS },
#undef LESS
};

#define DEAD_WHY	"goes where no run can get"
#define FRAME_WHY	"takes a number plus a pointer to the stack, in this " \
			"order, for a pointer to main's stack"

/* What skep has against programs that the kernel accepts. */
static const struct {
	const char *id, *why;
} known_rejections[] = {
	{ "isa-", "accepts what is no instruction if it does not get there" },
	{ "verify-insn", "accepts what is no instruction if it does not get "
	  "there" },
	{ "verify-stack-depth", FRAME_WHY },
	{ "verify-align", "knows two ranges of a number, of which an arc keeps "
	  "one" },
	{ "verify-pointer-math", "cuts a path that has a pointer in its stack "
	  "where another has bytes" },
	{ "verify-stack-spill", "lets a part of a pointer be stored if it does "
	  "not know where" },
};

/* ---- skep ---- */

struct verdict {
	int err;
	const char *id;			/* of the diagnostic, or NULL */
	char reason[160];
	bool dead[RISKY_INSNS];		/* when accepted, and run */
	struct risky_program decided;	/* likewise, when has_decided */
	bool has_decided;
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
	NO_CUTS		= 1 << 2,
	SECOND_LOOK	= 1 << 3,
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
		.no_cuts = way & NO_CUTS,
		.no_second_look = !(way & SECOND_LOOK), .no_facts = !times,
		.insns_max = way & (EXACT | OFTEN | NO_CUTS) ? LIMIT : 0,
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
		out->has_decided = risky_decided(&out->decided, program,
						 &result->facts);
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
	bool faults;			/* a run of it goes wrong */
};

static bool still_shows(void *arg, const struct risky_program *program)
{
	struct shown *shown = arg;
	static struct risky_objection objection;
	static struct verdict skep;
	bool fine;
	int kernel;

	fine = ask_skep(shown->test, program, 0, shown->faults ? RUNS : 0,
			&skep);
	if (shown->faults)
		return !fine && !skep.err;
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
			  uint64_t seed, const struct shown *what)
{
	const char *reason = what->reason;
	struct shown shown = *what;
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

/* Does the kernel take the same, with its pointers on the left of sums? */
static bool minds_sums(struct test *test, const struct risky_program *program,
		       bool skep_accepts)
{
	static struct risky_program turned;

	return risky_turned(&turned, program) &&
	       !risky_kernel_ask(test->oracle, &turned) == skep_accepts;
}

/* Why the kernel is not right, or NULL. */
static const char *known_reason(struct test *test,
				const struct risky_program *program,
				const struct risky_objection *objection,
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
	if (skep->has_decided &&
	    !risky_kernel_ask(test->oracle, &skep->decided))
		return DEAD_WHY;
	return minds_sums(test, program, true) ? FRAME_WHY : NULL;
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

static bool ways_agree(struct test *test, const struct risky_program *program,
		       uint64_t seed, const struct verdict *first)
{
	static struct verdict way;

	test->ways++;
	for (enum way i = EXACT; i <= NO_CUTS; i++) {
		ask_skep(test, program, i, 0, &way);
		if (is_complex(way.err) || !way.err == !first->err)
			continue;
		printf("seed %llu: %d %s; with %s%s%s: %d %s\n",
		       (unsigned long long)seed, first->err, first->reason,
		       i & EXACT ? "exact " : "", i & OFTEN ? "often" : "",
		       i & NO_CUTS ? "no cuts" : "",
		       way.err, way.reason);
		risky_show(program);
		return false;
	}
	return true;
}

/* The same of the smallest program that the kernel has this against. */
static const char *reason_when_small(struct test *test,
				     const struct risky_program *program,
				     uint64_t seed, const char *text)
{
	struct shown shown = { test, true, text };
	static struct risky_objection objection;
	static struct risky_program small;
	static struct verdict skep;

	small = *program;
	risky_reduce(&small, seed, still_shows, &shown);
	risky_kernel_objects(test->oracle, &small, &objection);
	return ask_skep(test, &small, 0, RUNS, &skep) ?
	       known_reason(test, &small, &objection, &skep) : NULL;
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
	       ways_agree(test, program, seed, &skep);
	why = known_reason(test, program, &objection, &skep) ?:
	      reason_when_small(test, program, seed, objection.text);
	first = count_reason(test, why ? why : objection.text);
	if (!why || !fine || (first && test->show_reasons))
		show_smallest(test, program, seed, &(struct shown){
			test, true, objection.text, !fine });
	return why && fine;
}

static bool fetches_from_stack(const struct risky_program *program)
{
	for (uint32_t i = 0; i < program->cnt; i++) {
		const struct bpf_insn *insn = &program->insns[i];

		if (BPF_CLASS(insn->code) == BPF_STX &&
		    BPF_MODE(insn->code) == BPF_ATOMIC &&
		    insn->dst_reg == BPF_REG_10 && insn->imm & BPF_FETCH)
			return true;
	}
	return false;
}

static const char *known_rejection(struct test *test,
				   const struct risky_program *program,
				   const struct verdict *skep)
{
	static struct verdict looked;

	for (size_t i = 0; skep->id && i < ARRAY_SIZE(known_rejections); i++)
		if (!strncmp(skep->id, known_rejections[i].id,
			     strlen(known_rejections[i].id)))
			return known_rejections[i].why;
	ask_skep(test, program, SECOND_LOOK, 0, &looked);
	if (!looked.err)
		return "knows what skep sees at the second look";
	if (minds_sums(test, program, false))
		return FRAME_WHY;
	if (fetches_from_stack(program))
		return "cuts paths by numbers that it takes out of the stack "
		       "with an atomic, and does not follow";
	return NULL;
}

static bool only_kernel(struct test *test, struct risky_program *program,
			uint64_t seed, const struct verdict *skep)
{
	const char *why = known_rejection(test, program, skep);
	bool first;

	test->wider++;
	first = count_reason(test, why ? why : skep->id ? skep->id : "?");
	if (!why || (first && test->show_reasons))
		show_smallest(test, program, seed, &(struct shown){
			.test = test });
	return why;
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
	       (seed % WAYS_EACH ||
		ways_agree(test, program, seed, &skep));
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void report(const struct test *test)
{
	printf("%lu programs, %lu accepted, %lu of them only by skep, and %lu "
	       "only by the kernel, %lu too complex, %lu asked about in five "
	       "ways, %lu accepted at a second look, %lu bad; the kernel...\n",
	       test->programs, test->accepted, test->narrower, test->wider,
	       test->complex, test->ways, test->looks, test->bad);
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
