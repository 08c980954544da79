/* SPDX-License-Identifier: Apache-2.0 */
/* What combining loads and combining stores share. */
#ifndef SKEP_JIT_FOLD_COMBINE_H
#define SKEP_JIT_FOLD_COMBINE_H

#include "jit/fold/bytes.h"

/*
 * A value whose low `cnt` bytes are these, by one load of them all, which must
 * come from several loads of neighbouring bytes; others are zero. Whatever
 * else is needed goes before `before`. 0: it can't be done.
 */
ir_ref fold_wide_load(struct ir_func *f, ir_ref before,
		      const struct fold_byte *bytes, unsigned int cnt);

/*
 * A value whose low `cnt` bytes are these, by shifting and swapping the one
 * value that they are a run of, up or down; what is above those bytes is not
 * said if it is up. 0: they are none.
 */
ir_ref fold_piece(struct ir_func *f, ir_ref before,
		  const struct fold_byte *bytes, unsigned int cnt);

#endif
