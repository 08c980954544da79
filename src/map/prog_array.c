/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PROG_ARRAY. The slots are process-local, since they hold pointers; the
 * region is there only because every map has one. Applications store a
 * program's number, which map->dir turns into the program, and read its id.
 */
#include "map/prog_array.h"

#include <stdlib.h>

#include "base/endian.h"
#include "map/array.h"
#include "map/ops.h"
#include "prog/prog.h"

/* What makes two programs callable from one another. */
struct owner {
	bool known;
	enum prog_type type;
	uint32_t attach_type;
	bool frags;
	enum prog_engine engine;	/* NONE: not known yet */
};

/* `slots` first: prog_array_get reads priv as a pointer to it. */
struct prog_array {
	struct prog_array_slot *slots;
	uint32_t lock;		/* guards owner */
	struct owner owner;
};

static int prog_array_init(struct map *map)
{
	struct prog_array *array = calloc(1, sizeof(*array));

	if (!array)
		return -ENOMEM;
	array->slots = calloc(map->def.max_entries, sizeof(*array->slots));
	if (!array->slots || map_region_init(map, 1, map->value_stride)) {
		free(array->slots);
		free(array);
		return -ENOMEM;
	}
	map->priv = array;
	return 0;
}

static void prog_array_fini(struct map *map)
{
	struct prog_array *array = map->priv;

	free(array->slots);
	free(array);
}

static struct owner owner_of(const struct prog *prog)
{
	return (struct owner){
		.known = true,
		.type = prog->type,
		.attach_type = prog->attach_type,
		.frags = prog->flags & BPF_F_XDP_HAS_FRAGS,
		.engine = prog->engine_kind,
	};
}

static bool same_owner(const struct owner *a, const struct owner *b)
{
	return a->type == b->type && a->attach_type == b->attach_type &&
	       a->frags == b->frags && (!a->engine || !b->engine ||
					a->engine == b->engine);
}

int prog_array_claim(struct map *map, const struct prog *prog)
{
	struct prog_array *array = map->priv;
	struct owner owner = owner_of(prog);
	int err = 0;

	map_spin_lock(&array->lock);
	if (!array->owner.known)
		array->owner = owner;
	else if (!same_owner(&array->owner, &owner))
		err = -EINVAL;
	else if (!array->owner.engine)
		array->owner.engine = owner.engine;
	map_spin_unlock(&array->lock);
	return err;
}

int prog_array_set(struct map *map, uint32_t index, struct prog *prog,
		   uint32_t handle)
{
	struct prog_array *array = map->priv;
	int err;

	if (index >= map->def.max_entries)
		return -E2BIG;
	err = prog ? prog_array_claim(map, prog) : 0;
	if (err)
		return err;
	atomic_store_relaxed(&array->slots[index].handle, handle);
	atomic_store_release(&array->slots[index].prog, prog);
	return 0;
}

static int prog_array_read(struct map *map, const void *key, void *value,
			   uint64_t flags)
{
	struct prog_array *array = map->priv;
	uint32_t index = get_u32(key);

	if (!prog_array_get(map, index))
		return -ENOENT;
	put_u32(value, atomic_load_relaxed(&array->slots[index].handle));
	return 0;
}

static int prog_array_write(struct map *map, const void *key,
			    const void *value, uint64_t flags)
{
	uint32_t index = get_u32(key), handle = get_u32(value);
	struct prog *prog = NULL;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->def.max_entries)
		return -E2BIG;
	if (map->dir && map->dir->prog)
		prog = map->dir->prog(map->dir->arg, handle);
	return prog ? prog_array_set(map, index, prog, handle) : -EBADF;
}

static int prog_array_delete(struct map *map, const void *key)
{
	struct prog_array *array = map->priv;
	uint32_t index = get_u32(key);

	if (index >= map->def.max_entries)
		return -E2BIG;
	return atomic_xchg(&array->slots[index].prog, NULL) ? 0 : -ENOENT;
}

const struct map_ops map_ops_PROG_ARRAY = {
	.check = map_fd_array_check,
	.init = prog_array_init,
	.fini = prog_array_fini,
	.lookup = map_lookup_none,
	.update = map_update_inval,
	.delete = prog_array_delete,
	.next_key = map_next_index,
	.read = prog_array_read,
	.write = prog_array_write,
};
