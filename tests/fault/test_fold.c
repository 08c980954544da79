/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passes of src/jit/fold once for every allocation that they make, which
 * then fails: the function says so, and nothing else happens. Without a
 * failure to say, the function is as good as with memory.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../fold/random_func.h"
#include "base/compiler.h"
#include "failing.h"
#include "jit/fold/fold.h"

#define FUNCS		60

void *__real_arena_array(struct arena *arena, size_t cnt, size_t size);
void *__wrap_arena_array(struct arena *arena, size_t cnt, size_t size);

void *__wrap_arena_array(struct arena *arena, size_t cnt, size_t size)
{
	return failing_now() ? NULL : __real_arena_array(arena, cnt, size);
}

static bool (*const passes[])(struct ir_func *f) = {
	fold_combine_loads, fold_func, fold_combine_stores, ir_number,
	fold_select, fold_func,
};

/* false: allocation `n` is not made any more, or something is wrong. */
static bool fail_at(uint64_t seed, long n, int *status)
{
	struct ir_func f;
	struct arena arena;

	arena_init(&arena);
	random_func(&f, &arena, seed);
	failing.hit = false;
	failing.armed = n;
	for (size_t i = 0; i < ARRAY_SIZE(passes) && !f.failed; i++)
		passes[i](&f);
	failing.armed = 0;
	if (failing.hit != f.failed || (!f.failed && !ir_check(&f, NULL))) {
		fprintf(stderr, "function %llu, allocation %ld: hit %d\n",
			(unsigned long long)seed, n, failing.hit);
		*status = 1;
	}
	ir_fini(&f);
	arena_fini(&arena);
	return failing.hit && !*status;
}

int main(void)
{
	long live = failing.live, cnt = 0;
	int status = 0;

	for (uint64_t seed = 1; seed <= FUNCS && !status; seed++)
		for (long n = 1; fail_at(seed, n, &status); n++)
			cnt++;
	if (failing.live != live || cnt < FUNCS) {
		fprintf(stderr, "%ld left behind of %ld\n",
			failing.live - live, cnt);
		status = 1;
	}
	printf("%ld allocations failed\n", cnt);
	return status;
}
