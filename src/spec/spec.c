/* SPDX-License-Identifier: Apache-2.0 */
/* The tables behind spec.h: each .def file expanded once. */
#include "spec/spec.h"

#include "base/str.h"

#define V(major, minor)	KERNEL_RELEASE(major, minor)
#define YES		true
#define NO		false

static const struct prog_row prog_rows[] = {
#define PROG(id, name, since, have, doc) \
	{ PROG_TYPE_##name, #name, since, have, doc },
#include "spec/progs.def"
#undef PROG
};

static const struct map_row map_rows[] = {
#define MAP(id, name, since, have, doc) \
	{ MAP_TYPE_##name, #name, since, have, doc },
#include "spec/maps.def"
#undef MAP
};

static const struct attach_row attach_rows[] = {
#define ATTACH(id, name, since, have, doc) \
	{ ATTACH_TYPE_##name, #name, since, have, doc },
#include "spec/attach.def"
#undef ATTACH
};

static const struct helper_row helper_rows[] = {
#define HELPER(id, name, since, have, flags, progs, ret, a1, a2, a3, a4, a5, \
	       doc) \
	{ HELPER_##name, #name, since, have, flags, progs, RET_##ret, \
	  { ARG_##a1, ARG_##a2, ARG_##a3, ARG_##a4, ARG_##a5 }, doc },
#include "spec/helpers.def"
#undef HELPER
};

#define LOOK_UP(kind) \
const struct kind##_row *kind##_row(uint32_t id) \
{ \
	for (size_t i = 0; i < ARRAY_SIZE(kind##_rows); i++) \
		if (kind##_rows[i].id == id) \
			return &kind##_rows[i]; \
	return NULL; \
} \
const struct kind##_row *kind##_row_by_name(const char *name) \
{ \
	for (size_t i = 0; i < ARRAY_SIZE(kind##_rows); i++) \
		if (str_eq(kind##_rows[i].name, name)) \
			return &kind##_rows[i]; \
	return NULL; \
}

LOOK_UP(prog)
LOOK_UP(map)
LOOK_UP(attach)
LOOK_UP(helper)
