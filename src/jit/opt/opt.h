/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimiser's passes over functions in SSA. Each takes a function that
 * ir_check() accepts, of which ir_order() has been told, and leaves one.
 */
#ifndef SKEP_JIT_OPT_OPT_H
#define SKEP_JIT_OPT_OPT_H

#include "jit/ir/build.h"

/* Helpers that are short when their map is known are built in. */
void opt_builtin(struct ir_func *f, const struct verify_facts *facts);

/* Who knows what a branch on a PHI will do goes to where it leads. */
void opt_thread(struct ir_func *f, const struct verify_facts *facts);

/*
 * Bytes of frames that are only reached at known offsets become variables;
 * helpers that are handed them find them in memory. What is left in memory is
 * cleared as far as it is used.
 */
void opt_stack(struct ir_func *f, const struct verify_facts *facts);

/* What is asked of a loop's counter, and known by how far it gets. */
void opt_count(struct ir_func *f, const struct verify_facts *facts);

/* Loads of what is known, and room for frames that is known to be there. */
void opt_memory(struct ir_func *f, const struct verify_facts *facts);

/* Blocks that follow each other become one; those that do nothing go. */
void opt_blocks(struct ir_func *f, const struct verify_facts *facts);

/* Whether to stop is asked once in each round of a loop. */
void opt_stops(struct ir_func *f, const struct verify_facts *facts);

/* Last: moves for PHIs have a place, at the end of a block that only jumps. */
void opt_edges(struct ir_func *f, const struct verify_facts *facts);

/* Functions that nobody calls go; calls hand over what is looked at. */
void opt_unit(struct ir_unit *unit);

#endif
