/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any definition and any sequence of element commands. Hashes are followed by
 * a model, a table of all 256 keys, and must agree with it; a difference ends
 * the fuzzer. The others must only not crash.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "map/map.h"

#define CPUS		2
#define VALUE_MAX	64

struct model {
	bool there[256];
	uint8_t value[256];	/* each value is one byte, repeated */
	uint32_t cnt;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void agree(bool good)
{
	if (!good)
		abort();
}

static int model_update(struct model *m, uint8_t key, uint8_t value,
			uint64_t flags, uint32_t limit)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (m->there[key] ? flags == BPF_NOEXIST : flags == BPF_EXIST)
		return m->there[key] ? -EEXIST : -ENOENT;
	if (!m->there[key] && m->cnt == limit)
		return -E2BIG;
	m->cnt += !m->there[key];
	m->there[key] = true;
	m->value[key] = value;
	return 0;
}

static int model_delete(struct model *m, uint8_t key)
{
	if (!m->there[key])
		return -ENOENT;
	m->there[key] = false;
	m->cnt--;
	return 0;
}

static void check_walk(struct map *map, const struct model *m)
{
	uint8_t key[16];
	const void *from = NULL;
	uint32_t cnt = 0;

	for (; !map_get_next_key(map, from, key); from = key) {
		agree(m->there[key[0]]);
		agree(++cnt <= m->cnt);
	}
	agree(cnt == m->cnt);
}

static void run_hash(struct map *map, const uint8_t *ops, size_t size)
{
	struct model m = { 0 };
	uint8_t key[16], value[VALUE_MAX], got[VALUE_MAX];
	uint32_t len = map->def.value_size;

	for (; size >= 3; ops += 3, size -= 3) {
		uint64_t flags = ops[0] >> 4 & 3;

		memset(key, ops[1], sizeof(key));
		memset(value, ops[2], sizeof(value));
		switch (ops[0] & 3) {
		case 0:
			agree(map_update_elem(map, key, value, flags) ==
			      model_update(&m, ops[1], ops[2], flags,
					   map->def.max_entries));
			break;
		case 1:
			agree(map_delete_elem(map, key) ==
			      model_delete(&m, ops[1]));
			break;
		case 2:
			agree(!map_lookup_elem(map, key, got, 0) ==
			      m.there[ops[1]]);
			memset(value, m.value[ops[1]], sizeof(value));
			agree(!m.there[ops[1]] || !memcmp(got, value, len));
			break;
		default:
			check_walk(map, &m);
		}
	}
	check_walk(map, &m);
}

static void run_any(struct map *map, const uint8_t *ops, size_t size)
{
	size_t len = map_user_value_size(map) + 1;
	uint8_t *key = calloc(1, map->def.key_size + 8);
	uint8_t *next = calloc(1, map->def.key_size + 8);
	uint8_t *value = calloc(1, len);
	const void *at = map->def.key_size ? key : NULL;

	for (; key && next && value && size >= 3; ops += 3, size -= 3) {
		memset(key, 0, map->def.key_size);
		if (at)
			key[0] = ops[1];
		switch (ops[0] & 7) {
		case 0: map_lookup_elem(map, at, value, ops[0] >> 4); break;
		case 1: map_delete_elem(map, at); break;
		case 2: map_get_next_key(map, at, next); break;
		case 3: map_lookup_and_delete_elem(map, at, value, 0); break;
		case 4: map_freeze(map); break;
		default:
			memset(value, ops[2], len);
			map_update_elem(map, at, value, ops[0] >> 6);
		}
	}
	free(key);
	free(next);
	free(value);
}

/* Sizes are kept small enough that memory is not what fails. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct map_def def = { .name = "fuzz" };
	struct map *map;

	if (size < 16)
		return 0;
	def.type = data[0];
	def.key_size = data[1] % 17;
	def.value_size = get_u16(data + 2) % 4100;
	def.max_entries = get_u16(data + 4);
	def.flags = get_u32(data + 6);
	def.extra = data[10];
	if (data[11] & 1)
		def.flags = 0, def.extra = 0;
	if (data[11] & 2)
		def.value_size %= VALUE_MAX + 1, def.max_entries %= 100;
	if (map_create(&map, &def, CPUS, NULL))
		return 0;
	if (def.type == MAP_TYPE_HASH && def.value_size <= VALUE_MAX &&
	    !(def.flags & (BPF_F_RDONLY | BPF_F_WRONLY)))
		run_hash(map, data + 16, size - 16);
	else
		run_any(map, data + 16, size - 16);
	map_put(map);
	return 0;
}
