/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a parsed BTF and the reading of it. Parsing is the passes of
 * parsed.h over one owned copy of the blob; after them nothing changes but
 * the reference count, so readers need no lock and no checks.
 *
 * Reference: Documentation/bpf/btf.rst of the kernel. Not here: the printing
 * of types (dump_c.c, dump_raw.c) and of values (value.c).
 */
#include "btf/btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "btf/parsed.h"
#include "spec/diags.h"

static void btf_free(struct btf *btf)
{
	btf_put(btf->base);
	free(btf->data);
	free(btf->offs);
	free(btf->unmodified);
	free(btf->sizes);
	free(btf->aligns);
	free(btf->heads);
	free(btf->next);
	free(btf);
}

static int run_passes(struct btf_pass *pass, size_t size)
{
	int err = btf_lay_out(pass, size);

	if (!err)
		err = btf_check_types(pass);
	if (!err)
		err = btf_check_nesting(pass);
	if (!err)
		err = btf_index_names(pass);
	return err;
}

int btf_parse_owned(struct btf **out, struct btf *base, void *data,
		    size_t size, const char *file, struct diag_sink *sink)
{
	struct btf_pass pass = {
		.where = { .file = file, .insn = -1 }, .sink = sink,
	};
	struct btf *btf = calloc(1, sizeof(*btf));
	int err;

	if (!btf) {
		free(data);
		return diag_report(sink, DIAG_NO_MEMORY, &pass.where,
				   "no memory for BTF");
	}
	btf->refs = 1;
	btf->base = base ? btf_get(base) : NULL;
	btf->data = data;
	btf->first_id = base ? base->cnt : 1;
	btf->first_str = base ? base->first_str + base->strs_len : 0;
	pass.btf = btf;
	err = run_passes(&pass, size);
	if (err)
		btf_free(btf);
	else
		*out = btf;
	return err;
}

int btf_parse_split(struct btf **out, struct btf *base, const void *data,
		    size_t size, const char *file, struct diag_sink *sink)
{
	struct diag_where where = { .file = file, .insn = -1 };
	void *copy = malloc(size ? size : 1);

	if (!copy)
		return diag_report(sink, DIAG_NO_MEMORY, &where,
				   "no memory for %zu bytes of BTF", size);
	if (size)
		memcpy(copy, data, size);
	return btf_parse_owned(out, base, copy, size, file, sink);
}

int btf_parse(struct btf **out, const void *data, size_t size,
	      const char *file, struct diag_sink *sink)
{
	return btf_parse_split(out, NULL, data, size, file, sink);
}

struct btf *btf_get(struct btf *btf)
{
	atomic_add_relaxed(&btf->refs, 1);
	return btf;
}

void btf_put(struct btf *btf)
{
	if (btf && atomic_sub(&btf->refs, 1) == 1)
		btf_free(btf);
}

uint32_t btf_type_cnt(const struct btf *btf)
{
	return btf->cnt;
}

uint32_t btf_first_id(const struct btf *btf)
{
	return btf->first_id;
}

const struct btf_type *btf_type(const struct btf *btf, uint32_t id)
{
	static const struct btf_type nothing;

	while (id < btf->first_id) {
		if (!id)
			return &nothing;
		btf = btf->base;
	}
	return (const void *)(btf->types + btf->offs[id - btf->first_id]);
}

const char *btf_str(const struct btf *btf, uint32_t off)
{
	while (off < btf->first_str)
		btf = btf->base;
	return btf->strs + (off - btf->first_str);
}

const char *btf_type_name(const struct btf *btf, uint32_t id)
{
	return btf_str(btf, btf_type(btf, id)->name_off);
}

const char *btf_kind_name(uint32_t kind)
{
	return kind < NR_BTF_KINDS ? btf_kinds[kind].name : "UNKNOWN";
}

uint32_t btf_member_bit_offset(const struct btf_type *type, uint32_t i)
{
	uint32_t offset = btf_members(type)[i].offset;

	return btf_kflag(type) ? BTF_MEMBER_BIT_OFFSET(offset) : offset;
}

uint32_t btf_member_bit_size(const struct btf_type *type, uint32_t i)
{
	uint32_t offset = btf_members(type)[i].offset;

	return btf_kflag(type) ? BTF_MEMBER_BITFIELD_SIZE(offset) : 0;
}

uint32_t btf_skip_modifiers(const struct btf *btf, uint32_t id)
{
	while (id < btf->first_id) {
		if (!id)
			return 0;
		btf = btf->base;
	}
	return btf->unmodified[id - btf->first_id];
}

int64_t btf_size(const struct btf *btf, uint32_t id)
{
	uint32_t size;

	while (id < btf->first_id) {
		if (!id)
			return -EINVAL;
		btf = btf->base;
	}
	size = btf->sizes[id - btf->first_id];
	return size == BTF_NO_SIZE ? -EINVAL : (int64_t)size;
}

static uint32_t struct_align(const struct btf *btf, uint32_t id)
{
	while (id < btf->first_id)
		btf = btf->base;
	return btf->aligns[id - btf->first_id];
}

uint32_t btf_align(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t;

	id = btf_skip_modifiers(btf, id);
	t = btf_type(btf, id);
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		return sizeof(uint64_t);
	case BTF_KIND_ARRAY:
		return btf_align(btf, btf_array(t)->type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return struct_align(btf, id);
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		return MIN(MAX(t->size, 1), sizeof(uint64_t));
	default:
		return 1;
	}
}
