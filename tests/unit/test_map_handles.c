/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of programs, maps, interfaces and CPUs: numbers, kinds, references. */
#include "cmocka_all.h"

#include <errno.h>

#include "map/map_in_map.h"
#include "map/prog_array.h"

#define CPUS	2

static struct map_def def_of(enum map_type type, uint32_t value_size,
			     uint32_t entries)
{
	return (struct map_def){
		.name = "m",
		.type = type,
		.key_size = 4,
		.value_size = value_size,
		.max_entries = entries,
	};
}

static struct map *new_map(struct map_def def)
{
	struct map *map = NULL;

	assert_int_equal(map_create(&map, &def, CPUS, NULL), 0);
	return map;
}

struct world {
	struct prog progs[2];	/* handles 1 and 2 */
	struct map *map;	/* handle 7 */
	int retired;
};

static struct prog *find_prog(void *arg, uint32_t handle)
{
	struct world *world = arg;

	return handle == 1 || handle == 2 ? &world->progs[handle - 1] : NULL;
}

static struct map *find_map(void *arg, uint32_t handle)
{
	struct world *world = arg;

	return handle == 7 ? world->map : NULL;
}

static bool find_port(void *arg, uint32_t ifindex)
{
	return ifindex == 3;
}

static void count_retired(void *arg, struct map *map)
{
	struct world *world = arg;

	world->retired++;
	map_put(map);
}

static struct map_directory directory_of(struct world *world)
{
	return (struct map_directory){
		.arg = world,
		.prog = find_prog,
		.map = find_map,
		.port = find_port,
		.retire = count_retired,
	};
}

static void prog_array_takes_one_kind(void **state)
{
	struct map *map = new_map(def_of(MAP_TYPE_PROG_ARRAY, 4, 4));
	struct world world = { .progs = {
		{ .type = PROG_TYPE_XDP },
		{ .type = PROG_TYPE_XDP, .flags = BPF_F_XDP_HAS_FRAGS },
	} };
	struct map_directory dir = directory_of(&world);
	uint32_t key = 2, value = 1;

	assert_int_equal(map_update_elem(map, &key, &value, 0), -EBADF);
	map->dir = &dir;
	assert_int_equal(map_update_elem(map, &key, &value, 0), 0);
	assert_ptr_equal(prog_array_get(map, 2), &world.progs[0]);
	assert_null(prog_array_get(map, 1));
	assert_null(prog_array_get(map, 4));
	value = 2;
	assert_int_equal(map_update_elem(map, &key, &value, 0), -EINVAL);
	assert_int_equal(prog_array_claim(map, &world.progs[1]), -EINVAL);
	world.progs[1].flags = 0;
	assert_int_equal(prog_array_claim(map, &world.progs[1]), 0);
	world.progs[1].attach_type = ATTACH_TYPE_XDP_DEVMAP;
	assert_int_equal(prog_array_set(map, 0, &world.progs[1], 2), -EINVAL);
	world.progs[1].type = PROG_TYPE_SCHED_CLS;
	world.progs[1].attach_type = 0;
	assert_int_equal(prog_array_set(map, 0, &world.progs[1], 2), -EINVAL);
	assert_int_equal(map_lookup_elem(map, &key, &value, 0), 0);
	assert_int_equal(value, 1);
	assert_int_equal(map_delete_elem(map, &key), 0);
	assert_int_equal(map_delete_elem(map, &key), -ENOENT);
	assert_null(prog_array_get(map, 2));
	map_put(map);
}

static void devmap_knows_its_ports(void **state)
{
	struct map *map = new_map(def_of(MAP_TYPE_DEVMAP, 8, 4));
	struct world world = { 0 };
	struct map_directory dir = directory_of(&world);
	struct bpf_devmap_val val = { .ifindex = 3 }, *got;
	struct mem_window win;
	uint32_t key = 1;

	map->dir = &dir;
	assert_null(map->ops->lookup(map, &key, 0));
	assert_int_equal(map_update_elem(map, &key, &val, 0), 0);
	got = map->ops->lookup(map, &key, 0);
	assert_int_equal(got->ifindex, 3);
	assert_true(map_window(map, (uintptr_t)got, &win));
	assert_false(win.writable);
	val.bpf_prog.fd = 5;
	assert_int_equal(map_update_elem(map, &key, &val, 0), -EINVAL);
	val.bpf_prog.fd = 1;
	assert_int_equal(map_update_elem(map, &key, &val, 0), 0);
	assert_int_equal(got->bpf_prog.id, 1);
	val.ifindex = 0;
	assert_int_equal(map_update_elem(map, &key, &val, 0), -EINVAL);
	val.bpf_prog.fd = 0;
	assert_int_equal(map_update_elem(map, &key, &val, 0), 0);
	assert_null(map->ops->lookup(map, &key, 0));
	val.ifindex = 9;
	assert_int_equal(map_update_elem(map, &key, &val, 0), -EINVAL);
	map_put(map);
}

static void devmap_hash_is_a_hash(void **state)
{
	struct map *map = new_map(def_of(MAP_TYPE_DEVMAP_HASH, 4, 1));
	uint32_t key = 1u << 31, ifindex = 3, other = 5;

	assert_int_equal(map_update_elem(map, &key, &ifindex, BPF_EXIST), 0);
	assert_int_equal(map_update_elem(map, &key, &ifindex, BPF_NOEXIST),
			 -EEXIST);
	assert_int_equal(map_update_elem(map, &other, &ifindex, 0), -E2BIG);
	assert_int_equal(*(uint32_t *)map->ops->lookup(map, &key, 0), 3);
	assert_int_equal(map_delete_elem(map, &other), -ENOENT);
	assert_int_equal(map_delete_elem(map, &key), 0);
	map_put(map);
}

static void cpumap_knows_its_cpus(void **state)
{
	struct map *map = new_map(def_of(MAP_TYPE_CPUMAP, 4, 8));
	uint32_t key = 1, qsize = 192;

	assert_int_equal(map_update_elem(map, &key, &qsize, 0), 0);
	assert_int_equal(*(uint32_t *)map->ops->lookup(map, &key, 0), 192);
	qsize = 16385;
	assert_int_equal(map_update_elem(map, &key, &qsize, 0), -EOVERFLOW);
	qsize = 1, key = CPUS;
	assert_int_equal(map_update_elem(map, &key, &qsize, 0), -ENODEV);
	key = 1, qsize = 0;
	assert_int_equal(map_update_elem(map, &key, &qsize, 0), 0);
	assert_null(map->ops->lookup(map, &key, 0));
	map_put(map);
}

static void maps_of_maps(enum map_type type)
{
	struct map_def inner = def_of(MAP_TYPE_HASH, 8, 5);
	struct map_def outer = def_of(type, 4, 3);
	struct world world = { .map = new_map(inner) };
	struct map_directory dir = directory_of(&world);
	uint32_t key = 1, value = 7;
	struct map *map, *other;

	assert_int_equal(map_create(&map, &outer, CPUS, NULL), -EBADF);
	outer.inner = &inner;
	map = new_map(outer);
	map->dir = &dir;
	world.map->id = 70;
	assert_int_equal(map_update_elem(map, &key, &value, 0), 0);
	assert_ptr_equal(map->ops->lookup(map, &key, 0), world.map);
	assert_int_equal(world.map->refs, 2);
	assert_int_equal(map_lookup_elem(map, &key, &value, 0), 0);
	assert_int_equal(value, 70);
	value = 8;
	assert_int_equal(map_update_elem(map, &key, &value, 0), -EBADF);
	assert_int_equal(map_in_map_set(map, &key, world.map, 0), 0);
	assert_int_equal(world.retired, 1);
	inner.value_size = 4;
	other = new_map(inner);
	assert_int_equal(map_in_map_set(map, &key, other, 0), -EINVAL);
	map_put(other);
	assert_int_equal(map_delete_elem(map, &key), 0);
	assert_int_equal(map_delete_elem(map, &key), -ENOENT);
	assert_null(map->ops->lookup(map, &key, 0));
	assert_int_equal(world.map->refs, 1);
	for (key = 0; key < 3; key++)
		assert_int_equal(map_in_map_set(map, &key, world.map, 0), 0);
	assert_int_equal(map_in_map_set(map, &key, world.map, 0), -E2BIG);
	assert_int_equal(world.map->refs, 4);
	map_put(map);
	assert_int_equal(world.map->refs, 1);
	map_put(world.map);
}

static void array_of_maps(void **state)
{
	maps_of_maps(MAP_TYPE_ARRAY_OF_MAPS);
}

static void hash_of_maps(void **state)
{
	maps_of_maps(MAP_TYPE_HASH_OF_MAPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prog_array_takes_one_kind),
		cmocka_unit_test(devmap_knows_its_ports),
		cmocka_unit_test(devmap_hash_is_a_hash),
		cmocka_unit_test(cpumap_knows_its_cpus),
		cmocka_unit_test(array_of_maps),
		cmocka_unit_test(hash_of_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
