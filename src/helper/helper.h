/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers: the functions that programs call by number. Rows in
 * spec/helpers.def, one file per family here, one table made of both. Six
 * machine arguments, so that native code can call them as they are.
 *
 * The engine has checked arguments against the row before the call: pointers
 * point to as much memory as the row says, MAP arguments are struct map, CTX
 * is run->ctx. Numbers arrive as 64 bits; a function takes the low half where
 * the kernel's takes an int. Results and errors are those of
 * include/uapi/linux/bpf.h; a negative int comes back sign-extended.
 */
#ifndef SKEP_HELPER_HELPER_H
#define SKEP_HELPER_HELPER_H

#include "prog/run.h"

typedef uint64_t (*helper_fn)(struct run *run, uint64_t r1, uint64_t r2,
			      uint64_t r3, uint64_t r4, uint64_t r5);

/* The function of a helper that skep has; NULL otherwise. */
helper_fn helper_function(uint32_t id);

/*
 * At the end of a run: drops ring-buffer records that the program reserved and
 * neither sent nor dropped. True when there were any; *kept is the last.
 */
bool helper_drop_records(struct run *run, struct mem_window *kept);

/* Every row with HAVE = YES: helper_map_lookup_elem and so on. */
#define HELPER_DECLARE_NO(name)
#define HELPER_DECLARE_ENG(name)
#define HELPER_DECLARE_YES(name) \
uint64_t helper_##name(struct run *run, uint64_t r1, uint64_t r2, \
		       uint64_t r3, uint64_t r4, uint64_t r5);
#define HELPER(id, name, since, have, ...) HELPER_DECLARE_##have(name)
#include "spec/helpers.def"
#undef HELPER

#endif
