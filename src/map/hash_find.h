/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's side of hash_table.h, where the argument for it stands. All of
 * it is inline with the key's size as an argument: with a size that is known,
 * the key stays in registers.
 */
#ifndef SKEP_MAP_HASH_FIND_H
#define SKEP_MAP_HASH_FIND_H

#include <string.h>

#include "base/endian.h"
#include "map/hash_table.h"

#define HASH_TAG_LOW	0x0001000100010001ull
#define HASH_TAG_HIGH	0x8000800080008000ull

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static always_inline uint64_t hash_of(const struct hash_table *t,
				      const void *key, uint32_t key_size)
{
	const uint8_t *p = key;
	uint64_t h = t->seed ^ key_size;
	uint32_t left = key_size;
	uint64_t last = 0;

	for (; left >= 8; left -= 8, p += 8)
		h = hash_fold(get_u64(p) ^ 0x9e3779b97f4a7c15ull,
			      h ^ 0xd6e8feb86659fd93ull);
	if (left == 4)
		last = get_u32(p);
	else
		memcpy(&last, p, left);
	return hash_fold(last ^ 0xa0761d6478bd642full,
			 h ^ 0xe7037ed1a0b428dbull);
}

static inline uint16_t hash_tag(uint64_t hash)
{
	uint16_t tag = (uint16_t)(hash >> 48);

	return tag ? tag : 1;
}

static inline struct hash_group *hash_head(const struct hash_table *t,
					   uint64_t hash)
{
	return &t->groups[hash & t->mask];
}

/* Bit 16 * i + 15 is set where tag i of the four is `tag`; exact. */
static inline uint64_t hash_match_four(const struct hash_group *group,
				       unsigned int half, uint16_t tag)
{
	const uint64_t *tags = (const void *)group->tags;
	uint64_t x = atomic_load_acquire(&tags[half]) ^ (tag * HASH_TAG_LOW);

	return ~(((x & ~HASH_TAG_HIGH) + ~HASH_TAG_HIGH) | x | ~HASH_TAG_HIGH);
}

enum hash_verdict {
	HASH_IS_KEY,
	HASH_IS_OTHER,
	HASH_CHANGED,
};

/* What is looked for, and what was found. */
struct hash_search {
	const struct hash_table *t;
	const void *key;
	uint32_t key_size;
	uint16_t tag;
	uint32_t elem;
};

static always_inline enum hash_verdict
hash_judge(struct hash_search *search, const struct hash_group *group,
	   unsigned int slot)
{
	uint32_t elem = atomic_load_acquire(&group->elems[slot]);
	const struct hash_elem *e = hash_elem_at(search->t, elem);
	uint32_t gen = atomic_load_acquire(&e->gen);
	bool same = gen & 1 && map_same(e->key, search->key, search->key_size);

	atomic_fence_acquire();
	if (same && atomic_load_relaxed(&e->gen) == gen) {
		search->elem = elem;
		return HASH_IS_KEY;
	}
	if (!same && gen & 1 &&
	    atomic_load_relaxed(&group->elems[slot]) == elem &&
	    atomic_load_relaxed(&e->gen) == gen)
		return HASH_IS_OTHER;
	return HASH_CHANGED;
}

static always_inline enum hash_verdict
hash_judge_group(struct hash_search *search, const struct hash_group *group)
{
	for (unsigned int half = 0; half < 2; half++) {
		uint64_t hits = hash_match_four(group, half, search->tag);

		for (; hits; hits &= hits - 1) {
			unsigned int slot = half * 4 +
				(unsigned int)__builtin_ctzll(hits) / 16;
			enum hash_verdict verdict =
				hash_judge(search, group, slot);

			if (verdict != HASH_IS_OTHER)
				return verdict;
		}
	}
	return HASH_IS_OTHER;
}

/* One scan of a bucket. IS_OTHER: the key is not there. */
static always_inline enum hash_verdict
hash_scan(struct hash_search *search, uint64_t hash)
{
	const struct hash_group *head = hash_head(search->t, hash);
	const struct hash_group *group = head;
	uint32_t version = atomic_load_acquire(&head->version);
	uint32_t next;

	for (;;) {
		enum hash_verdict verdict = hash_judge_group(search, group);

		if (verdict != HASH_IS_OTHER)
			return verdict;
		next = atomic_load_acquire(&group->next);
		if (likely(!next) ||
		    atomic_load_acquire(&head->version) != version)
			break;
		group = &search->t->groups[next];
	}
	atomic_fence_acquire();
	if (atomic_load_relaxed(&head->version) != version)
		return HASH_CHANGED;
	return HASH_IS_OTHER;
}

/* The element of a key, or HASH_NONE; `key_size` is the table's. */
static always_inline uint32_t hash_find(const struct hash_table *t,
					const void *key, uint32_t key_size)
{
	uint64_t hash = hash_of(t, key, key_size);
	struct hash_search search = {
		.t = t, .key = key, .key_size = key_size,
		.tag = hash_tag(hash), .elem = HASH_NONE,
	};
	enum hash_verdict verdict;

	do {
		verdict = hash_scan(&search, hash);
	} while (unlikely(verdict == HASH_CHANGED));
	return verdict == HASH_IS_KEY ? search.elem : HASH_NONE;
}

#endif
