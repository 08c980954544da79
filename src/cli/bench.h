/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `skep bench`: options and order in bench.c, engines as targets
 * in bench_target.c and bench_native.c, whether results are equal in
 * bench_check.c, time in bench_measure.c, ratios in bench_figures.c, what is
 * printed in bench_report.c and bench_json.c. The programs are bench/suite's.
 */
#ifndef SKEP_CLI_BENCH_H
#define SKEP_CLI_BENCH_H

#include "base/str.h"
#include "cli/bench_native.h"
#include "cli/bench_suite.h"
#include "cli/cli.h"
#include "engine/kernel.h"
#include "vm/vm.h"

#define BENCH_TARGETS_MAX	8

/* What is run beside skep, for comparison. */
enum bench_rival {
	RIVAL_NONE,			/* skep's own engines */
	RIVAL_KERNEL,
	RIVAL_NATIVE,
};

struct bench_target;

/* How a program is run and looked at; rows in bench_target.c. */
struct bench_engine {
	/* With target->obj opened. 0, or -E with a diagnostic. */
	int (*load)(struct bench_target *target, struct diag_sink *sink);
	void (*unload)(struct bench_target *target);
	/*
	 * `repeat` runs over target->deck, which is then as they left it; the
	 * result of the last, and the time of all. 0 or -E.
	 */
	int (*run)(struct bench_target *target, uint32_t repeat, uint32_t *r0,
		   uint64_t *ns);
	uint32_t (*code_size)(struct bench_target *target);
	/* Before time is taken: finds what `run` takes off. NULL: nothing. */
	int (*time_call)(struct bench_target *target);
};

/* One column: an engine, with the program at hand while one is. */
struct bench_target {
	const char *name;		/* "interp", "quick", "kernel", ... */
	const struct bench_engine *engine;
	const char *jit;		/* of skep's: the tier */
	enum bench_rival rival;

	const char *dir;		/* of the files */
	const struct bench_program *program;
	struct strbuf path;		/* of the object */
	struct skep *skep;
	struct skep_object *obj;	/* the kernel's: opened only */
	struct skep_prog *prog;
	struct kernel *kernel;
	struct kernel_events *events;
	struct packet_buf packet;	/* the kernel's */
	uint64_t call_ns;		/* its calls', beside their runs */
	void *library;			/* the native program's */
	native_program_fn native;
	uint64_t digest;		/* of the records drained so far */
	uint8_t *deck;
};

/* What was found out about one program, by target. */
struct bench_result {
	const struct bench_program *program;
	bool ran[BENCH_TARGETS_MAX];
	bool equal;
	uint32_t insns;			/* of BPF */
	double ns[BENCH_TARGETS_MAX];
	uint32_t code_bytes[BENCH_TARGETS_MAX];	/* 0: not known, or none */
	double compile_us[BENCH_TARGETS_MAX];	/* skep's; 0: not known */
};

struct bench_options {
	enum bench_rival vs;		/* RIVAL_NONE: both */
	uint32_t rounds;
	uint32_t slice_ms;		/* for a target in a round */
	bool json;
};

struct bench {
	struct bench_options opts;
	struct diag_sink sink;
	struct strbuf dir;
	struct bench_target targets[BENCH_TARGETS_MAX];
	uint32_t targets_cnt;
	struct bench_result *results;	/* [0] is the empty program's */
	uint32_t results_cnt;
	bool empty_chosen;		/* it is to be shown, too */
	const char *notes[BENCH_TARGETS_MAX];		/* what is missing */
	uint32_t notes_cnt;
};

/* ---- bench_target.c ---- */

/* interp, each tier of native code, and the rivals that opts ask for. */
void bench_targets_init(struct bench *bench);
void bench_targets_fini(struct bench *bench);

/*
 * Opens and loads a program with its maps filled and a fresh deck. 0; -ENOENT
 * for what this target does not have; or another -E with a diagnostic.
 */
int bench_target_open(struct bench_target *target,
		      const struct bench_program *program,
		      struct diag_sink *sink);
void bench_target_close(struct bench_target *target);

/* Reads all records of the program's ring buffers into target->digest. */
void bench_target_drain(struct bench_target *target);

/* ---- bench_native.c ---- */

extern const struct bench_engine bench_native;

/* Are there native programs beside the objects? */
bool bench_native_there(const char *dir);

/* ---- bench_check.c ---- */

/*
 * Runs the open targets in step and compares results, decks, contents of maps
 * and records. True: equal; false: said what is not.
 */
bool bench_check(struct bench *bench, const struct bench_result *result);

/* ---- bench_measure.c ---- */

/* Sets result->ns by the open targets. 0 or -E with a diagnostic. */
int bench_measure(struct bench *bench, struct bench_result *result);

/* Sets result->compile_us, by loads of their own. 0 or -E. */
int bench_measure_compile(struct bench *bench, struct bench_result *result);

/* ---- bench_figures.c ---- */

/* ns without the empty program's, in target `i`. */
double bench_net(const struct bench *bench, const struct bench_result *result,
		 uint32_t i);

/* Target a's time in b's; 0 when there is none. */
double bench_ratio(const struct bench *bench,
		   const struct bench_result *result, uint32_t a, uint32_t b,
		   bool is_net);

/* The geometric mean over programs of the kinds; 0 when there is none. */
double bench_mean(const struct bench *bench, uint32_t kind_mask, uint32_t a,
		  uint32_t b, bool is_net);

#define BENCH_KINDS	4

struct bench_kind_row {
	enum bench_kind kind;
	const char *name;
};

extern const struct bench_kind_row bench_kinds[BENCH_KINDS];

/* The first result to be shown. */
uint32_t bench_first_shown(const struct bench *bench);

/* Whose processor, and which kernel. */
void bench_machine(struct strbuf *out);

/* ---- bench_json.c ---- */

void bench_json(struct strbuf *out, const struct bench *bench);

/* ---- bench_report.c ---- */

int bench_report(const struct bench *bench);	/* an exit_status */

#endif
