/* SPDX-License-Identifier: Apache-2.0 */
/* The suite of programs (bench/suite) as `skep bench` sees it. */
#ifndef SKEP_CLI_BENCH_SUITE_H
#define SKEP_CLI_BENCH_SUITE_H

#include "base/compiler.h"

enum bench_kind {
	BENCH_FREE	= 1 << 0,	/* call-free */
	BENCH_MAPS	= 1 << 1,
	BENCH_CALLS	= 1 << 2,
	BENCH_CHAIN	= 1 << 3,
};

/* Where contents of maps go; an error ends the filling. */
struct bench_tables {
	int (*put)(void *arg, const char *map, const void *key,
		   const void *value);
	void *arg;
};

/* A row of bench/suite/suite.def. */
struct bench_program {
	const char *name;		/* of the program and of its object */
	uint32_t kinds;
	uint32_t batch;			/* runs between drains; 0: any */
	int (*fill)(const struct bench_tables *to);
	const char *doc;
};

/* The first one is the empty program. */
extern const struct bench_program bench_programs[];
extern const size_t bench_programs_cnt;

/* The packet of all programs; see bench/suite/deck.h. */
extern const size_t bench_deck_size;
void bench_deck_fill(uint8_t *out);

#endif
