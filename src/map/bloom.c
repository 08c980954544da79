/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLOOM_FILTER: a set of values that may err by saying yes. The size of the
 * bit set and the number of hash functions (map_extra, 5 when 0) are the
 * kernel's (kernel/bpf/bloom_filter.c), the hash functions are not, so the
 * two err on different values. Bits are set and read without a lock.
 */
#include <stdlib.h>
#include <sys/random.h>

#include "base/atomic.h"
#include "base/bits.h"
#include "base/hash.h"
#include "map/ops.h"

#define BLOOM_FLAGS	(BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | MAP_ACCESS_FLAGS)
#define DEFAULT_HASHES	5

struct bloom {
	uint64_t *bits;
	uint64_t mask;		/* of bit numbers */
	uint64_t seed;
	uint32_t hashes;
};

static int bloom_check(const struct map_def *def)
{
	if (def->value_size > MAP_ALLOC_MAX)
		return -E2BIG;
	if (def->key_size || !def->value_size || !def->max_entries ||
	    def->flags & ~BLOOM_FLAGS || !map_access_ok(def) ||
	    def->extra & ~0xfull)
		return -EINVAL;
	return 0;
}

/* entries * hashes / ln 2, about, up to a power of two, at most 2^32. */
static uint64_t bits_for(uint32_t entries, uint32_t hashes)
{
	uint64_t bits = (uint64_t)entries * hashes;

	if (bits > UINT32_MAX)
		return 1ull << 32;
	bits = bits / 5 * 7;
	if (bits > 1ull << 31)
		return 1ull << 32;
	return bits <= 64 ? 64 : round_up_pow2(bits);
}

static int bloom_init(struct map *map)
{
	struct bloom *bloom = calloc(1, sizeof(*bloom));
	uint32_t hashes = (uint32_t)map->def.extra;
	uint64_t bits;
	int err;

	if (!bloom)
		return -ENOMEM;
	bloom->hashes = hashes ? hashes : DEFAULT_HASHES;
	bits = bits_for(map->def.max_entries, bloom->hashes);
	err = map_region_init(map, bits / 8, 1);
	if (err) {
		free(bloom);
		return err;
	}
	if (!(map->def.flags & BPF_F_ZERO_SEED) &&
	    getrandom(&bloom->seed, sizeof(bloom->seed), GRND_NONBLOCK) < 0)
		bloom->seed = (uintptr_t)bloom;
	bloom->mask = bits - 1;
	bloom->bits = (void *)map->region.base;
	map->priv = bloom;
	return 0;
}

static void bloom_fini(struct map *map)
{
	free(map->priv);
}

/* Two halves of one hash make all functions: first + i * second. */
static uint64_t bit_at(const struct bloom *bloom, uint64_t hash, uint32_t i)
{
	uint64_t step = (hash >> 32 | hash << 32) | 1;

	return (hash + i * step) & bloom->mask;
}

static uint64_t hash_value(const struct map *map, const void *value)
{
	const struct bloom *bloom = map->priv;
	uint64_t seeded[2] = { hash_bytes(value, map->def.value_size),
			       bloom->seed };

	return hash_bytes(seeded, sizeof(seeded));
}

static int bloom_push(struct map *map, const void *value, uint64_t flags)
{
	const struct bloom *bloom = map->priv;
	uint64_t hash = hash_value(map, value);

	if (flags != BPF_ANY)
		return -EINVAL;
	for (uint32_t i = 0; i < bloom->hashes; i++) {
		uint64_t bit = bit_at(bloom, hash, i);

		atomic_or(&bloom->bits[bit / 64], 1ull << bit % 64);
	}
	return 0;
}

/* `value` is what is asked for; it is not written. */
static int bloom_peek(struct map *map, void *value)
{
	const struct bloom *bloom = map->priv;
	uint64_t hash = hash_value(map, value);

	for (uint32_t i = 0; i < bloom->hashes; i++) {
		uint64_t bit = bit_at(bloom, hash, i);

		if (!(atomic_load_relaxed(&bloom->bits[bit / 64]) >>
		      bit % 64 & 1))
			return -ENOENT;
	}
	return 0;
}

static int bloom_delete(struct map *map, const void *key)
{
	return -EOPNOTSUPP;
}

static int bloom_next_key(struct map *map, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

const struct map_ops map_ops_BLOOM_FILTER = {
	.check = bloom_check,
	.init = bloom_init,
	.fini = bloom_fini,
	.lookup = map_lookup_none,
	.update = map_update_inval,
	.delete = bloom_delete,
	.next_key = bloom_next_key,
	.push = bloom_push,
	.peek = bloom_peek,
};
