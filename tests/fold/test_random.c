/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random functions with diamonds, loops and memory through all passes of
 * src/jit/fold in any order: the form is valid behind each, results and memory
 * are what they were. SKEP_DIFF_COUNT says how many.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir_run.h"
#include "random_func.h"
#include "base/compiler.h"
#include "base/str.h"
#include "jit/fold/fold.h"

#define MEMORY		RANDOM_MEMORY
#define RUNS		12

static bool (*const passes[])(struct ir_func *f) = {
	fold_func, ir_number, fold_combine_loads, fold_combine_stores,
	fold_select,
};

static uint32_t changes[ARRAY_SIZE(passes)];

/* What ir_fold() gives for single instructions takes their places. */
static void fold_some(struct ir_func *f, uint64_t *seed)
{
	for (size_t i = 0; i < f->order.len; i++)
		for (ir_ref ref = ir_block(f, f->order.data[i])->first, next;
		     ref; ref = next) {
			ir_ref out = draw_word(seed) & 1 ? ref :
				     ir_fold(f, ref);

			next = ir_at(f, ref)->next;
			if (out != ref)
				ir_replace(f, ref, out);
		}
	ir_clean(f);
}

/* Memory lies at one place in all runs: addresses are values, too. */
static uint64_t run(const struct ir_func *f, uint64_t seed, uint8_t *memory,
		    uint8_t *after)
{
	uint64_t result;
	struct ir_run run = { .frame = memory + 2 * MEMORY, .limit = 200 };

	for (int i = 0; i < 5; i++)
		run.args[i] = draw_bits(&seed);
	for (int i = 0; i < 2 * MEMORY; i++)
		memory[i] = (uint8_t)draw_bits(&seed);
	result = ir_run(f, &run);
	memcpy(after, memory, 2 * MEMORY);
	return result;
}

static bool same(const struct ir_func *a, const struct ir_func *b,
		 uint64_t seed)
{
	uint8_t memory[2 * MEMORY], one[2 * MEMORY], other[2 * MEMORY];

	for (uint64_t i = 1; i <= RUNS; i++)
		if (run(a, seed * 31 + i, memory, one) !=
			    run(b, seed * 31 + i, memory, other) ||
		    memcmp(one, other, sizeof(one)))
			return false;
	return true;
}

static void show(const char *what, uint64_t seed, const struct ir_func *a,
		 const struct ir_func *b, const struct strbuf *why)
{
	struct strbuf text = { 0 };

	ir_print(&text, a);
	strbuf_printf(&text, "----\n");
	ir_print(&text, b);
	fprintf(stderr, "seed %llu: %s\n%s%s\n", (unsigned long long)seed,
		what, strbuf_str(why), strbuf_str(&text));
	strbuf_fini(&text);
}

static bool check(uint64_t seed)
{
	struct ir_func before, after;
	struct arena arena;
	struct strbuf why = { 0 };
	uint64_t order = seed * 77 + 1;
	const char *what = NULL;

	arena_init(&arena);
	random_func(&before, &arena, seed);
	random_func(&after, &arena, seed);
	for (int i = 0; i < 6 && !what; i++) {
		uint32_t pass = (uint32_t)(draw_word(&order) >> 40) % 6;

		if (pass < ARRAY_SIZE(passes))
			changes[pass] += passes[pass](&after);
		else
			fold_some(&after, &order);
		if (after.failed || !ir_check(&after, &why))
			what = "the form is broken";
		else if (!same(&before, &after, seed))
			what = "other results";
	}
	if (what)
		show(what, seed, &before, &after, &why);
	strbuf_fini(&why);
	ir_fini(&before);
	ir_fini(&after);
	arena_fini(&arena);
	return !what;
}

int main(void)
{
	const char *text = getenv("SKEP_DIFF_COUNT");
	const char *first = getenv("SKEP_DIFF_SEED");
	uint64_t cnt = text ? strtoull(text, NULL, 0) : 3000;
	uint64_t from = first ? strtoull(first, NULL, 0) : 1;

	for (uint64_t seed = from; seed < from + cnt; seed++)
		if (!check(seed))
			return 1;
	printf("%llu functions; changed by", (unsigned long long)cnt);
	for (size_t i = 0; i < ARRAY_SIZE(passes); i++) {
		printf(" %u", changes[i]);
		if (cnt >= 1000 && !changes[i])
			return 1;
	}
	printf("\n");
	return 0;
}
