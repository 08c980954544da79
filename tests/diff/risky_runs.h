/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place to run the programs of risky_random.h in: maps with something in
 * them, packets and contexts that differ from run to run.
 */
#ifndef SKEP_TESTS_RISKY_RUNS_H
#define SKEP_TESTS_RISKY_RUNS_H

#include "facts_check.h"
#include "risky_random.h"

#define RISKY_PACKET	64	/* bytes at most */

struct risky_bench {
	struct map *maps[RISKY_MAPS], *inner[2];
	struct map_directory directory;
	struct verify_map views[RISKY_ALL_MAPS];
	struct run run;
	struct packet packet;
	uint8_t room[PACKET_HEADROOM + RISKY_PACKET];
	uint64_t rng;
	uint64_t runs, insns, checked;	/* counted up */
};

/* 0 or a negative errno; ended by risky_bench_fini in either case. */
int risky_bench_init(struct risky_bench *bench, uint64_t seed);
void risky_bench_fini(struct risky_bench *bench);

/* As the verifier and the interpreter want it, but for the subprograms. */
struct prog risky_prog(struct risky_bench *bench,
		       const struct risky_program *program);

/*
 * So many runs of an accepted program. False with a line on stdout when a
 * fact does not hold or a run ends with a fault.
 */
bool risky_runs(struct risky_bench *bench, struct prog *prog,
		const struct verify_facts *facts, uint32_t times);

#endif
