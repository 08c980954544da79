/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs (program_random.h) on this side: packets and maps, the
 * interpreter and native code over them, and what each leaves behind.
 */
#ifndef SKEP_TESTS_RANDOM_SIDES_H
#define SKEP_TESTS_RANDOM_SIDES_H

#include "jit/jit.h"
#include "map/map.h"
#include "prog/run.h"
#include "program_random.h"

#define SIDES_PACKETS		3
#define SIDES_PACKET_LEN	80
#define SIDES_KEYS		16
#define SIDES_MAPS		3

/* All that a program leaves behind. */
struct outcome {
	uint32_t ret[SIDES_PACKETS];
	uint8_t packets[SIDES_PACKETS][SIDES_PACKET_LEN];
	uint8_t array[2][RANDOM_VALUE], out[RANDOM_OUT];
	bool there[SIDES_KEYS];
	uint8_t hash[SIDES_KEYS][RANDOM_HASH];
	uint64_t digest;	/* of what all rounds but the last left */
};

extern const struct map_def sides_defs[SIDES_MAPS];

/* The maps; they live as long as the test. */
struct sides {
	int fds[SIDES_MAPS];		/* of the kernel's, if it is asked */
	struct map *maps[SIDES_MAPS];
	struct run interp, jit;
	uint32_t without;		/* enum jit_features */
	uint32_t rounds;		/* more rounds, of other packets, before
					 * the one that is looked at */
	uint64_t compiled[JIT_OPT + 1];	/* by each tier */
};

/* 0 or -ENOMEM; sides_fini in both cases. */
int sides_init(struct sides *sides);
void sides_fini(struct sides *sides);

/* The packets of a seed, and nothing else. */
void sides_packets(struct outcome *out, uint64_t seed);

/* Runs over the packets of *out, from empty maps. 0 or the run's errno. */
int sides_interpret(struct sides *sides, const struct random_program *program,
		    struct outcome *out);

/* The same as a tier's native code; -EACCES when our verifier says no. */
int sides_native(struct sides *sides, const struct random_program *program,
		 enum jit_tier tier, struct outcome *out);

/*
 * True when native code of a tier leaves something else than the interpreter,
 * or fails; tells what, if `verbose`.
 */
bool sides_native_differs(struct sides *sides,
			  const struct random_program *program, uint64_t seed,
			  const struct outcome *interp, bool verbose);

/* Where two outcomes differ, by the names of who left them. */
void sides_show(const char *one, const struct outcome *a, const char *other,
		const struct outcome *b);

/* Asked about a program: does it differ? Tells how, if `verbose`. */
typedef bool (*sides_differ_fn)(struct sides *sides,
				const struct random_program *program,
				uint64_t seed, bool verbose);

/* Leaves out what can be, as long as the difference stays; prints the rest. */
void sides_reduce(struct sides *sides, uint64_t seed, sides_differ_fn differs);

/* Has each tier compiled at least as many programs? */
bool sides_compiled(const struct sides *sides, uint64_t cnt);

/* A number from the environment. */
uint64_t sides_setting(const char *name, uint64_t fallback);

#endif
