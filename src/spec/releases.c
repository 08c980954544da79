/* SPDX-License-Identifier: Apache-2.0 */
/* The tables behind releases.h: each kind of row of releases.def once. */
#include "spec/releases.h"

#include "base/str.h"

#define V(major, minor)	KERNEL_RELEASE(major, minor)

const struct release_row release_needs[] = {
#define NEED(name, text, since, doc) { text, NEED_##name, since, doc },
#include "spec/releases.def"
};

static const struct release_row prog_flag_rows[] = {
#define PROG_FLAG(name, bit, since, doc) \
	{ "BPF_F_" #name, PROG_FLAG_##name, since, doc },
#include "spec/releases.def"
};

static const struct release_row map_flag_rows[] = {
#define MAP_FLAG(name, bit, since, doc) \
	{ "BPF_F_" #name, MAP_FLAG_##name, since, doc },
#include "spec/releases.def"
};

static const struct release_row btf_kind_rows[] = {
#define BTF_KIND(name, number, since, doc) { #name, number, since, doc },
#include "spec/releases.def"
};

static const struct release_row value_field_rows[] = {
#define FIELD(name, text, since, doc) { text, 0, since, doc },
#include "spec/releases.def"
};

static const struct release_row struct_ops_rows[] = {
#define OPS(name, text, since, doc) { text, 0, since, doc },
#include "spec/releases.def"
};

const uint32_t releases[] = {
#define RELEASE(major, minor) V(major, minor),
#include "spec/releases.def"
};
const size_t releases_cnt = ARRAY_SIZE(releases);

static_assert(ARRAY_SIZE(release_needs) == NEED_CNT, "a row per need");

#define TABLE(rows)	{ rows, ARRAY_SIZE(rows) }

const struct release_table release_prog_flags = TABLE(prog_flag_rows);
const struct release_table release_map_flags = TABLE(map_flag_rows);
const struct release_table release_btf_kinds = TABLE(btf_kind_rows);
const struct release_table release_value_fields = TABLE(value_field_rows);
const struct release_table release_struct_ops = TABLE(struct_ops_rows);

const struct release_row *release_row_by_name(const struct release_table *t,
					      const char *name)
{
	for (size_t i = 0; i < t->cnt; i++)
		if (str_eq(t->rows[i].name, name))
			return &t->rows[i];
	return NULL;
}

const struct release_row *release_row(const struct release_table *t,
				      uint32_t number)
{
	for (size_t i = 0; i < t->cnt; i++)
		if (t->rows[i].number == number)
			return &t->rows[i];
	return NULL;
}
