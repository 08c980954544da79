/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register allocation, step by step: linear scan over live ranges that are cut
 * into pieces. The ideas are those of Poletto and Sarkar's scan, with holes and
 * splitting as Traub, Wimmer and others described them.
 */
#include <errno.h>

#include "jit/mach/alloc.h"

static int allocate(struct mach_alloc *a)
{
	static void (*const before[])(struct mach_alloc *a) = {
		mach_find_flow, mach_find_uses, mach_find_lives, mach_scan,
		mach_choose_stores,
	};
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		before[i](a);
		if (a->failed)
			return -ENOMEM;
	}
	err = mach_give_slots(a);
	if (err)
		return err;
	mach_resolve(a);
	if (!a->failed)
		mach_rewrite(a);
	return a->failed ? -ENOMEM : 0;
}

int mach_allocate(struct mach_func *f)
{
	struct mach_alloc a = { .f = f };
	int err;

	f->used = 0;
	f->slots = 0;
	arena_init(&a.arena);
	err = allocate(&a);
	vec_free(&a.loops);
	vec_free(&a.ranges);
	for (unsigned int reg = 0; reg < MACH_REGS; reg++)
		vec_free(&a.taken[reg]);
	arena_fini(&a.arena);
	return err;
}
