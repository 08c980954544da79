/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of suite.def. */
#include "inputs.h"

#define FREE	BENCH_FREE
#define MAPS	BENCH_MAPS
#define CALLS	BENCH_CALLS
#define CHAIN	BENCH_CHAIN

const struct bench_program bench_programs[] = {
#define PROGRAM(name, kinds, batch, fill, doc) \
	{ #name, kinds, batch, fill_##fill, doc },
#include "suite.def"
#undef PROGRAM
};

const size_t bench_programs_cnt = ARRAY_SIZE(bench_programs);
