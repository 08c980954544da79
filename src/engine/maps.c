/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps of a loaded object, element by element. A struct kernel_map is
 * libbpf's map seen through this folder's name.
 */
#include <errno.h>

#include "engine/internal.h"

static const struct bpf_map *of(const struct kernel_map *map)
{
	return (const struct bpf_map *)map;
}

static bool is_percpu(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return true;
	default:
		return false;
	}
}

struct kernel_map *kernel_map(struct kernel *kernel, const char *name)
{
	return (struct kernel_map *)
		bpf_object__find_map_by_name(kernel->object, name);
}

uint32_t kernel_cpus(void)
{
	int cnt = libbpf_num_possible_cpus();

	return cnt > 0 ? (uint32_t)cnt : 0;
}

size_t kernel_map_value_size(const struct kernel_map *map)
{
	size_t size = bpf_map__value_size(of(map));

	if (is_percpu(bpf_map__type(of(map))))
		return (size + 7) / 8 * 8 * kernel_cpus();
	return size;
}

size_t kernel_map_key_size(const struct kernel_map *map)
{
	return bpf_map__key_size(of(map));
}

int kernel_map_lookup(const struct kernel_map *map, const void *key,
		      void *value)
{
	return bpf_map_lookup_elem(bpf_map__fd(of(map)), key, value);
}

int kernel_map_update(const struct kernel_map *map, const void *key,
		      const void *value, uint64_t flags)
{
	return bpf_map_update_elem(bpf_map__fd(of(map)), key, value, flags);
}

int kernel_map_delete(const struct kernel_map *map, const void *key)
{
	return bpf_map_delete_elem(bpf_map__fd(of(map)), key);
}

int kernel_map_next_key(const struct kernel_map *map, const void *key,
			void *next)
{
	return bpf_map_get_next_key(bpf_map__fd(of(map)), key, next);
}
