/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are they equal? All open targets do the same runs, one by one at first, then
 * many in one call as when time is taken. The first is the reference: after
 * each step the others have to have its result and its deck, and at the end
 * its maps and the records that it gave out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "cli/bench.h"
#include "cli/run.h"

#define STEPS		300u
#define STEP_LAST	1000u	/* runs of the last step */

static bool differs(const struct bench_target *target, const char *what)
{
	fprintf(stderr, "skep bench: %s: %s and the interpreter differ: %s\n",
		target->program->name, target->name, what);
	return false;
}

static bool step(struct bench_target *target, uint32_t runs, uint32_t *r0)
{
	uint64_t ns;
	int err = target->engine->run(target, runs, r0, &ns);

	return err ? differs(target, strerror(-err)) : true;
}

/* All targets do `runs` runs; the first is targets[0], and is open. */
static bool same_step(struct bench *bench, const struct bench_result *result,
		      uint32_t runs)
{
	struct bench_target *first = &bench->targets[0];
	uint32_t wanted, r0;

	if (!step(first, runs, &wanted))
		return false;
	for (uint32_t i = 1; i < bench->targets_cnt; i++) {
		struct bench_target *target = &bench->targets[i];

		if (!result->ran[i])
			continue;
		if (!step(target, runs, &r0))
			return false;
		if (r0 != wanted)
			return differs(target, "what it returned");
		if (memcmp(target->deck, first->deck, bench_deck_size))
			return differs(target, "the packet");
	}
	return true;
}

/* Per-CPU values are added up: engines may number CPUs differently. */
static uint64_t hash_value(const struct map_view *view, uint8_t *value)
{
	size_t size = view->cpus ? view->value_size / view->cpus : 0;

	for (uint32_t cpu = 1; cpu < view->cpus; cpu++)
		for (size_t i = 0; i + 8 <= size; i += 8) {
			uint64_t sum, more;

			memcpy(&sum, value + i, 8);
			memcpy(&more, value + cpu * size + i, 8);
			sum += more;
			memcpy(value + i, &sum, 8);
		}
	return hash_bytes(value, view->cpus ? size : view->value_size);
}

/* The sum over elements, in whatever order they come. */
static int digest_map(const struct map_view *view, uint64_t *digest)
{
	size_t key_size = view->def->def.key_size;
	uint8_t *key = calloc(2, key_size), *value = malloc(view->value_size);
	int err = key && value ? map_view_next(view, NULL, key) : -ENOMEM;

	while (!err) {
		err = map_view_lookup(view, key, value);
		if (!err)
			*digest += hash_bytes(key, key_size) * 31 ^
				   hash_value(view, value);
		if (!err)
			err = map_view_next(view, key, key + key_size);
		memcpy(key, key + key_size, key_size);
	}
	free(value);
	free(key);
	return err == -ENOENT ? 0 : err;
}

static int digest_maps(struct bench_target *target, uint64_t *digest)
{
	struct skep_map *map = NULL;
	int err = 0;

	bench_target_drain(target);
	*digest = target->digest;
	while (!err && (map = skep_object_next_map(target->obj, map))) {
		struct map_view view;
		bool there = target->kernel ?
			map_view_kernel(&view, map, target->kernel) :
			map_view_skep(&view, map);

		/* native programs have their own data sections */
		if (there && !map->def->internal)
			err = digest_map(&view, digest);
	}
	return err;
}

static bool same_maps(struct bench *bench, const struct bench_result *result)
{
	uint64_t wanted, digest;

	for (uint32_t i = 0; i < bench->targets_cnt; i++) {
		struct bench_target *target = &bench->targets[i];

		if (!result->ran[i])
			continue;
		if (digest_maps(target, &digest))
			return differs(target, "its maps cannot be read");
		if (i && digest != wanted)
			return differs(target, "contents of maps");
		if (!i)
			wanted = digest;
	}
	return true;
}

bool bench_check(struct bench *bench, const struct bench_result *result)
{
	for (uint32_t i = 0; i < STEPS; i++)
		if (!same_step(bench, result, 1))
			return false;
	return same_step(bench, result, STEP_LAST) &&
	       same_maps(bench, result);
}
