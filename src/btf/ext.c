/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .BTF.ext (Documentation/bpf/btf.rst): a header and three parts of one
 * shape, each
 *
 *	u32 record size
 *	{ u32 section name, u32 count, records ... } for every ELF section
 *
 * Records may be longer than what is known here; the rest is skipped, as
 * libbpf does. Whether the named ELF sections exist is the object's to say.
 */
#include "btf/ext.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/endian.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"
#include "btf/parsed.h"
#include "spec/diags.h"

#define INSN_BYTES	8
#define RELO_KIND_CNT	(BPF_CORE_TYPE_MATCHES + 1)
#define COLUMN_BITS	10

/* Header fields, as offsets: magic, version, flags, then these. */
enum {
	HDR_LEN		= 4,
	HDR_FUNCS	= 8,
	HDR_LINES	= 16,
	HDR_RELOS	= 24,	/* not in the first headers */
	HDR_MIN		= 24,
};

struct ext_pass {
	struct arena *arena;
	const struct btf *btf;
	const uint8_t *data;
	size_t size;
	VEC(struct btf_ext_section) sections;
	struct strmap by_name;
	struct diag_where where;
	struct diag_sink *sink;
};

/* A part's name, its place in the header, and how its records are read. */
struct ext_part {
	const char *name;
	uint32_t header;
	uint32_t record_min;
	int (*read)(struct ext_pass *pass, struct btf_ext_section *section,
		    const uint8_t *records, uint32_t stride, uint32_t cnt);
};

static int refuse(struct ext_pass *pass, const char *part, const char *what,
		  uint64_t value)
{
	return diag_report(pass->sink, DIAG_BTF_EXT, &pass->where,
			   ".BTF.ext %s: %s (%llu)", part, what,
			   (unsigned long long)value);
}

static int no_memory(struct ext_pass *pass)
{
	return diag_report(pass->sink, DIAG_NO_MEMORY, &pass->where,
			   "no memory for .BTF.ext");
}

/* The string at `off`, or NULL when there is none. */
static const char *string_at(const struct ext_pass *pass, uint32_t off)
{
	const struct btf *btf = pass->btf;

	return off < btf->first_str + btf->strs_len ? btf_str(btf, off) : NULL;
}

static int check_insn(struct ext_pass *pass, const char *part,
		      const uint8_t *record, int64_t last)
{
	uint32_t off = get_u32(record);

	if (off % INSN_BYTES)
		return refuse(pass, part, "unaligned instruction offset", off);
	if (off / INSN_BYTES <= last)
		return refuse(pass, part, "records are not in order", off);
	return 0;
}

static int read_funcs(struct ext_pass *pass, struct btf_ext_section *section,
		      const uint8_t *records, uint32_t stride, uint32_t cnt)
{
	struct btf_func_info *funcs = arena_array(pass->arena, cnt,
						  sizeof(*funcs));
	int64_t last = -1;

	if (!funcs)
		return no_memory(pass);
	for (uint32_t i = 0; i < cnt; i++, records += stride) {
		uint32_t type = get_u32(records + 4);
		int err = check_insn(pass, "func_info", records, last);

		if (err)
			return err;
		if (type >= pass->btf->cnt ||
		    btf_kind(btf_type(pass->btf, type)) != BTF_KIND_FUNC)
			return refuse(pass, "func_info", "no FUNC is type",
				      type);
		last = get_u32(records) / INSN_BYTES;
		funcs[i] = (struct btf_func_info){ (uint32_t)last, type };
	}
	section->funcs = funcs;
	section->funcs_cnt = cnt;
	return 0;
}

static int read_lines(struct ext_pass *pass, struct btf_ext_section *section,
		      const uint8_t *records, uint32_t stride, uint32_t cnt)
{
	struct btf_line_info *lines = arena_array(pass->arena, cnt,
						  sizeof(*lines));
	int64_t last = -1;

	if (!lines)
		return no_memory(pass);
	for (uint32_t i = 0; i < cnt; i++, records += stride) {
		const char *file = string_at(pass, get_u32(records + 4));
		const char *text = string_at(pass, get_u32(records + 8));
		uint32_t place = get_u32(records + 12);
		int err = check_insn(pass, "line_info", records, last);

		if (err)
			return err;
		if (!file || !text)
			return refuse(pass, "line_info",
				      "name outside the strings in record", i);
		last = get_u32(records) / INSN_BYTES;
		lines[i] = (struct btf_line_info){
			.insn = (uint32_t)last, .file = file, .text = text,
			.line = place >> COLUMN_BITS,
			.column = place & ((1u << COLUMN_BITS) - 1),
		};
	}
	section->lines = lines;
	section->lines_cnt = cnt;
	return 0;
}

/* Numbers with colons between them: "0:1:2". */
static bool is_access_path(const char *text)
{
	do {
		size_t digits = strspn(text, "0123456789");

		if (!digits)
			return false;
		text += digits;
	} while (*text++ == ':');
	return !text[-1];
}

static int read_relo(struct ext_pass *pass, struct btf_core_relo *relo,
		     const uint8_t *record)
{
	*relo = (struct btf_core_relo){
		.insn = get_u32(record) / INSN_BYTES,
		.type_id = get_u32(record + 4),
		.access = string_at(pass, get_u32(record + 8)),
		.kind = get_u32(record + 12),
	};
	if (get_u32(record) % INSN_BYTES)
		return refuse(pass, "core_relo",
			      "unaligned instruction offset", get_u32(record));
	if (!relo->type_id || relo->type_id >= pass->btf->cnt)
		return refuse(pass, "core_relo", "no such type",
			      relo->type_id);
	if (!relo->access || !is_access_path(relo->access))
		return refuse(pass, "core_relo", "no access path at",
			      get_u32(record + 8));
	if (relo->kind >= RELO_KIND_CNT)
		return refuse(pass, "core_relo", "unknown kind", relo->kind);
	return 0;
}

static int relo_order(const void *a, const void *b)
{
	const struct btf_core_relo *left = a, *right = b;

	return (left->insn > right->insn) - (left->insn < right->insn);
}

/* Only relocations may be out of order in the file: nobody forbids it. */
static int read_relos(struct ext_pass *pass, struct btf_ext_section *section,
		      const uint8_t *records, uint32_t stride, uint32_t cnt)
{
	struct btf_core_relo *relos = arena_array(pass->arena, cnt,
						  sizeof(*relos));
	bool sorted = true;

	if (!relos)
		return no_memory(pass);
	for (uint32_t i = 0; i < cnt; i++, records += stride) {
		int err = read_relo(pass, &relos[i], records);

		if (err)
			return err;
		sorted &= !i || relos[i - 1].insn <= relos[i].insn;
	}
	if (!sorted)
		qsort(relos, cnt, sizeof(*relos), relo_order);
	section->relos = relos;
	section->relos_cnt = cnt;
	return 0;
}

static const struct ext_part parts[] = {
	{ "func_info", HDR_FUNCS,  8, read_funcs },
	{ "line_info", HDR_LINES, 16, read_lines },
	{ "core_relo", HDR_RELOS, 16, read_relos },
};

static struct btf_ext_section *section_of(struct ext_pass *pass,
					  const char *name)
{
	struct btf_ext_section *section;
	uint64_t index;

	if (strmap_get(&pass->by_name, name, &index))
		return &pass->sections.data[index];
	if (strmap_put(&pass->by_name, name, pass->sections.len))
		return NULL;
	section = vec_push(&pass->sections);
	if (section)
		section->name = name;
	return section;
}

static bool has_records(const struct btf_ext_section *section,
			const struct ext_part *part)
{
	return (part->read == read_funcs && section->funcs) ||
	       (part->read == read_lines && section->lines) ||
	       (part->read == read_relos && section->relos);
}

/* One section's records: the bytes that they take, or a negative errno. */
static int64_t read_section(struct ext_pass *pass, const struct ext_part *part,
			    const uint8_t *at, uint32_t room, uint32_t stride)
{
	struct btf_ext_section *section;
	const char *name;
	uint32_t cnt;
	int err;

	if (room < 8)
		return refuse(pass, part->name, "cut section", room);
	name = string_at(pass, get_u32(at));
	cnt = get_u32(at + 4);
	if (!name || !*name)
		return refuse(pass, part->name, "section without a name",
			      get_u32(at));
	if (!cnt || cnt > (room - 8) / stride)
		return refuse(pass, part->name, "bad count of records", cnt);
	section = section_of(pass, name);
	if (!section)
		return no_memory(pass);
	if (has_records(section, part))
		return refuse(pass, part->name, "section twice at name",
			      get_u32(at));
	err = part->read(pass, section, at + 8, stride, cnt);
	return err ? err : 8 + (int64_t)cnt * stride;
}

static int read_part(struct ext_pass *pass, const struct ext_part *part)
{
	uint32_t hdr_len = get_u32(pass->data + HDR_LEN);
	const uint8_t *at;
	uint32_t off, len, stride;

	if (hdr_len < part->header + 8)
		return 0;
	off = get_u32(pass->data + part->header);
	len = get_u32(pass->data + part->header + 4);
	if (!len)
		return 0;
	if (off % 4 || !range_fits(off, len, pass->size - hdr_len) || len < 4)
		return refuse(pass, part->name, "outside the section", off);
	at = pass->data + hdr_len + off;
	stride = get_u32(at);
	if (stride < part->record_min || stride % 4)
		return refuse(pass, part->name, "bad record size", stride);
	for (at += 4, len -= 4; len; ) {
		int64_t used = read_section(pass, part, at, len, stride);

		if (used < 0)
			return (int)used;
		at += used;
		len -= (uint32_t)used;
	}
	return 0;
}

static int check_header(struct ext_pass *pass)
{
	const uint8_t *data = pass->data;
	uint32_t hdr_len;

	if (pass->size < HDR_MIN)
		return refuse(pass, "header", "too short", pass->size);
	if (get_u16(data) != BTF_MAGIC)
		return refuse(pass, "header", "wrong magic", get_u16(data));
	if (data[2] != BTF_VERSION || data[3])
		return refuse(pass, "header", "unknown version or flags",
			      get_u16(data + 2));
	hdr_len = get_u32(data + HDR_LEN);
	if (hdr_len < HDR_MIN || hdr_len > pass->size || hdr_len % 4)
		return refuse(pass, "header", "bad hdr_len", hdr_len);
	return 0;
}

static int publish(struct btf_ext *ext, struct ext_pass *pass)
{
	size_t cnt = pass->sections.len;
	void *copy = arena_copy(pass->arena, pass->sections.data,
				cnt * sizeof(*pass->sections.data));

	if (!copy)
		return no_memory(pass);
	ext->sections = copy;
	ext->sections_cnt = cnt;
	return 0;
}

int btf_ext_parse(struct btf_ext *ext, struct arena *arena,
		  const struct btf *btf, const void *data, size_t size,
		  const char *file, struct diag_sink *sink)
{
	struct ext_pass pass = {
		.arena = arena, .btf = btf, .data = data, .size = size,
		.where = { .file = file, .insn = -1 }, .sink = sink,
	};
	int err = check_header(&pass);

	for (size_t i = 0; i < ARRAY_SIZE(parts) && !err; i++)
		err = read_part(&pass, &parts[i]);
	if (!err)
		err = publish(ext, &pass);
	strmap_fini(&pass.by_name);
	vec_free(&pass.sections);
	return err;
}

const struct btf_ext_section *btf_ext_section(const struct btf_ext *ext,
					      const char *name)
{
	for (size_t i = 0; i < ext->sections_cnt; i++)
		if (str_eq(ext->sections[i].name, name))
			return &ext->sections[i];
	return NULL;
}
