/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of map types: a row of spec/maps.def that says YES is served by
 * map_ops_<NAME>; a missing one does not link.
 */
#include "map/types.h"

#define OPS_YES(name)	&map_ops_##name
#define OPS_NO(name)	NULL

#define MAP(id, name, text, since, have, ...) \
	extern const struct map_ops map_ops_##name;
#include "spec/maps.def"
#undef MAP

static const struct map_ops *const type_ops[] = {
#define MAP(id, name, text, since, have, ...) [id] = OPS_##have(name),
#include "spec/maps.def"
#undef MAP
};

static_assert(ARRAY_SIZE(type_ops) == MAP_TYPE_END,
	      "rows of spec/maps.def are in the order of their numbers");

const struct map_ops *map_type_ops(uint32_t type)
{
	return type < ARRAY_SIZE(type_ops) ? type_ops[type] : NULL;
}
