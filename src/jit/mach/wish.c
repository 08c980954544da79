/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers that would save a move. They are looked for on both sides: where
 * the value comes from, and, along results that take its register and
 * parameters that it is an argument of, where it is going.
 */
#include "jit/mach/alloc.h"

uint8_t mach_wish(const struct mach_alloc *a, const struct mach_piece *piece,
		  unsigned int which)
{
	const struct mach_life *life = &a->lives[piece->value];
	const struct mach_use *use;
	mach_value next;

	switch (which) {
	case 0:	/* where it was, or is defined */
		return piece != life->pieces ? life->reg : life->fixed;
	case 1:	/* where it comes from */
		return piece == life->pieces ? a->lives[life->from].reg :
					       MACH_NO_REG;
	case 2:	/* where it is needed next */
		use = mach_next_use(a, piece, piece->from);
		for (unsigned int i = 0; use && i < 4 && use->at < piece->to &&
		     use < &a->uses[life->uses + life->uses_cnt]; i++, use++)
			if (use->reg != MACH_NO_REG)
				return use->reg;
		return MACH_NO_REG;
	case 3:	/* where what is made of it is, or has to be */
		next = life->to;
		for (unsigned int i = 0; next && i < 8; i++) {
			const struct mach_life *to = &a->lives[next];

			if (to->reg != MACH_NO_REG)
				return to->reg;
			if (to->fixed != MACH_NO_REG)
				return to->fixed;
			next = to->to;
		}
		return MACH_NO_REG;
	default:
		return life->wish;
	}
}

uint32_t mach_wishes(const struct mach_alloc *a,
		     const struct mach_piece *piece)
{
	uint32_t regs = 0;

	for (unsigned int i = 0; i < MACH_WISHES; i++) {
		uint8_t wish = mach_wish(a, piece, i);

		if (wish != MACH_NO_REG)
			regs |= UINT32_C(1) << wish;
	}
	return regs;
}
