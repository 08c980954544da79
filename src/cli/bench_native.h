/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `skep bench` and the suite's native programs agree on. A program is a
 * shared object with a function of the program's name, a variable for each
 * map, and native_cpu. The first word of a map's variable is, by its type:
 *
 *	ARRAY, PERCPU_ARRAY	the address of its elements
 *	HASH			its struct hash_table
 *	RINGBUF			its struct map
 *	PROG_ARRAY		nothing: the functions are in the variable
 */
#ifndef SKEP_CLI_BENCH_NATIVE_H
#define SKEP_CLI_BENCH_NATIVE_H

#include <stdint.h>

/* xdp_md and __sk_buff in one, with addresses that are some. */
struct native_context {
	uintptr_t data, data_end;
	uint32_t len, mark, priority;
};

typedef int (*native_program_fn)(struct native_context *ctx);

/* The CPU slot whose per-CPU values are used. */
#define NATIVE_CPU	"native_cpu"

#endif
