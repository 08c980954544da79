/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers that would save a move. They are looked for on both sides: where
 * the value comes from, and, along results that take its register and
 * parameters that it is an argument of, where it is going.
 */
#include "jit/mach/alloc.h"

#define NEAR	4		/* uses that are looked at */
#define FAR	8		/* results of results */

static uint8_t where_it_was(const struct mach_alloc *a,
			    const struct mach_piece *piece)
{
	const struct mach_life *life = &a->lives[piece->value];

	return piece != life->pieces ? life->reg : life->fixed;
}

static uint8_t where_it_comes_from(const struct mach_alloc *a,
				   const struct mach_piece *piece)
{
	const struct mach_life *life = &a->lives[piece->value];

	return piece == life->pieces ? a->lives[life->from].reg : MACH_NO_REG;
}

/* Which register a value is moved to first, by its uses from `use` on. */
static uint8_t first_fixed(const struct mach_alloc *a,
			   const struct mach_life *life, uint32_t use)
{
	uint32_t end = MIN(use + NEAR, life->uses + life->uses_cnt);

	for (; use < end; use++)
		if (a->uses[use].reg != MACH_NO_REG)
			return a->uses[use].reg;
	return MACH_NO_REG;
}

static uint8_t where_it_is_needed(const struct mach_alloc *a,
				  const struct mach_piece *piece)
{
	return first_fixed(a, &a->lives[piece->value], piece->use);
}

static uint8_t where_it_goes(const struct mach_alloc *a,
			     const struct mach_piece *piece)
{
	mach_value next = a->lives[piece->value].to;

	for (unsigned int i = 0; next && i < FAR; i++) {
		const struct mach_life *to = &a->lives[next];
		uint8_t reg = to->reg;

		if (reg == MACH_NO_REG)
			reg = to->fixed;
		if (reg == MACH_NO_REG)
			reg = first_fixed(a, to, to->uses);
		if (reg != MACH_NO_REG)
			return reg;
		next = to->to;
	}
	return MACH_NO_REG;
}

static uint8_t what_others_say(const struct mach_alloc *a,
			       const struct mach_piece *piece)
{
	return a->lives[piece->value].wish;
}

static uint8_t (*const wishes[])(const struct mach_alloc *a,
				 const struct mach_piece *piece) = {
	where_it_was, where_it_comes_from, where_it_is_needed, where_it_goes,
	what_others_say,
};

static_assert(ARRAY_SIZE(wishes) == MACH_WISHES, "one function each");

uint8_t mach_wish(const struct mach_alloc *a, const struct mach_piece *piece,
		  unsigned int which)
{
	return wishes[which](a, piece);
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
