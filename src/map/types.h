/* SPDX-License-Identifier: Apache-2.0 */
/* From a map type's number to its operations. */
#ifndef SKEP_MAP_TYPES_H
#define SKEP_MAP_TYPES_H

#include "map/map.h"

/* NULL when spec/maps.def does not say YES for the type. */
const struct map_ops *map_type_ops(uint32_t type);

#endif
