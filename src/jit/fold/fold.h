/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simplification of functions in SSA: rules (fold.rules, each proven), equal
 * values made one, and passes for what no rule over pure operations can see.
 *
 * All keep what a function computes. All need ir_order() and leave the form
 * valid for ir_check(); they return whether anything has changed. Where that
 * says nothing else, the flow and so the order stay. Out of memory is noted in
 * the function, as always.
 */
#ifndef SKEP_JIT_FOLD_FOLD_H
#define SKEP_JIT_FOLD_FOLD_H

#include "jit/ir/ir.h"

/*
 * The value of an instruction in its simplest form: `ref` itself, perhaps
 * with other operands, or another value, for which new instructions may have
 * been put before it. `ref` stays where it is: replacing it is the caller's
 * business. For one instruction among others that are being changed; it does
 * not decide branches and applies no rule that asks for a single use.
 */
ir_ref ir_fold(struct ir_func *f, ir_ref ref);

/*
 * Folds all instructions, in order, until none changes (at most a few times
 * over the function). Branches that are decided become jumps: the order is
 * made again then.
 */
bool fold_func(struct ir_func *f);

/* The same; counts in fired[] (of fold_rules_cnt) which rule was applied. */
bool fold_func_counted(struct ir_func *f, uint32_t *fired);

/*
 * Pure operations that are equal to one that dominates them are that one.
 * (Loads are not looked at: they depend on what was written.)
 */
bool ir_number(struct ir_func *f);

/*
 * Narrow loads of neighbouring bytes, put together by shifts and sums, become
 * a wide load; narrow stores of neighbouring bytes of one value, or of
 * constants, a wide store. Behind fold_func(), which makes them alike.
 */
bool fold_combine_loads(struct ir_func *f);
bool fold_combine_stores(struct ir_func *f);

/*
 * Branches around a few cheap pure operations become SELECTs, where nothing
 * says that the branch would be foreseen. The order is made again.
 */
bool fold_select(struct ir_func *f);

/* The rules' texts, "LINE: RULE", for tests and traces. */
extern const char *const fold_texts[];
extern const uint32_t fold_rules_cnt;

#endif
