/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers on maps. The types do the work (map/); here is what the kernel
 * does around it. A type without an operation answers -EOPNOTSUPP: the
 * kernel's verifier does not let such a call run at all.
 */
#include <errno.h>

#include "helper/family.h"
#include "map/map.h"

DEFINE_HELPER(map_lookup_elem, map, key, r3, r4, r5)
{
	struct map *m = helper_ptr(map);

	return (uintptr_t)m->ops->lookup(m, helper_ptr(key), run->cpu);
}

DEFINE_HELPER(map_update_elem, map, key, value, flags, r5)
{
	struct map *m = helper_ptr(map);

	return (int64_t)m->ops->update(m, helper_ptr(key), helper_ptr(value),
				       flags, run->cpu);
}

DEFINE_HELPER(map_delete_elem, map, key, r3, r4, r5)
{
	struct map *m = helper_ptr(map);

	return (int64_t)m->ops->delete(m, helper_ptr(key));
}

DEFINE_HELPER(map_lookup_percpu_elem, map, key, cpu, r4, r5)
{
	struct map *m = helper_ptr(map);
	const struct map_row *row = map_row(m->def.type);

	if (!(row->traits & MAP_PERCPU) || (uint32_t)cpu >= m->nr_cpus)
		return 0;
	return (uintptr_t)m->ops->lookup(m, helper_ptr(key), (uint32_t)cpu);
}

DEFINE_HELPER(map_push_elem, map, value, flags, r4, r5)
{
	struct map *m = helper_ptr(map);

	if (!m->ops->push)
		return helper_error(EOPNOTSUPP);
	return (int64_t)m->ops->push(m, helper_ptr(value), flags);
}

DEFINE_HELPER(map_pop_elem, map, value, r3, r4, r5)
{
	struct map *m = helper_ptr(map);

	if (!m->ops->pop)
		return helper_error(EOPNOTSUPP);
	return (int64_t)m->ops->pop(m, helper_ptr(value));
}

DEFINE_HELPER(map_peek_elem, map, value, r3, r4, r5)
{
	struct map *m = helper_ptr(map);

	if (!m->ops->peek)
		return helper_error(EOPNOTSUPP);
	return (int64_t)m->ops->peek(m, helper_ptr(value));
}

/*
 * The callback may read the key, so it is granted for the length of the
 * call. When no grant is free the walk ends there, with an error that the
 * kernel does not know.
 */
static int visit(struct run *run, struct map *map, uint64_t fn,
		 const struct map_cursor *cur, uint64_t arg, bool *stop)
{
	uintptr_t key = (uintptr_t)cur->key;

	if (!run_grant(run, key, map->def.key_size, MEM_MAP_KEY, false))
		return -ENOMEM;
	*stop = run->call(run, fn, (uintptr_t)map, key,
			  (uintptr_t)cur->value, arg) != 0 ||
		helper_run_stopped(run);
	run_revoke(run, key);
	return 0;
}

DEFINE_HELPER(for_each_map_elem, map, fn, arg, flags, r5)
{
	struct map *m = helper_ptr(map);
	struct map_cursor cur = { 0 };
	int64_t cnt = 0;
	bool stop = false;

	if (flags)
		return helper_error(EINVAL);
	if (!m->ops->step)
		return helper_error(EOPNOTSUPP);
	while (!stop && m->ops->step(m, &cur, run->cpu)) {
		int err = visit(run, m, fn, &cur, arg, &stop);

		if (err)
			return (int64_t)err;
		cnt++;
	}
	return (uint64_t)cnt;
}
