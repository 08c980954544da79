/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First pass over a BTF blob: the header, the string section, and where each
 * type begins. After it every struct btf_type and what follows it lies inside
 * the type section, and every string that starts in the string section ends
 * there. Ids and names inside the types are not looked at yet.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/endian.h"
#include "btf/parsed.h"
#include "spec/diags.h"

#define REF	BTF_KIND_IS_REF
#define MOD	(BTF_KIND_IS_REF | BTF_KIND_IS_MODIFIER)
#define SIZED	BTF_KIND_IS_SIZED
#define NAMED	BTF_KIND_IS_NAMED
#define BARE	BTF_KIND_IS_NAMELESS
#define DECL	BTF_KIND_IS_DECL

const struct btf_kind_row btf_kinds[NR_BTF_KINDS] = {
	/*                 name         fixed item flags */
	[BTF_KIND_UNKN]		= { "UNKNOWN",    0,  0, 0 },
	[BTF_KIND_INT]		= { "INT",        4,  0, SIZED },
	[BTF_KIND_PTR]		= { "PTR",        0,  0, REF | BARE },
	[BTF_KIND_ARRAY]	= { "ARRAY",     12,  0, BARE },
	[BTF_KIND_STRUCT]	= { "STRUCT",     0, 12, SIZED },
	[BTF_KIND_UNION]	= { "UNION",      0, 12, SIZED },
	[BTF_KIND_ENUM]		= { "ENUM",       0,  8, SIZED },
	[BTF_KIND_FWD]		= { "FWD",        0,  0, NAMED },
	[BTF_KIND_TYPEDEF]	= { "TYPEDEF",    0,  0, MOD | NAMED },
	[BTF_KIND_VOLATILE]	= { "VOLATILE",   0,  0, MOD },
	[BTF_KIND_CONST]	= { "CONST",      0,  0, MOD },
	[BTF_KIND_RESTRICT]	= { "RESTRICT",   0,  0, MOD },
	[BTF_KIND_FUNC]		= { "FUNC",       0,  0, DECL },
	[BTF_KIND_FUNC_PROTO]	= { "FUNC_PROTO", 0,  8, REF | BARE },
	[BTF_KIND_VAR]		= { "VAR",        4,  0, REF | NAMED | DECL },
	[BTF_KIND_DATASEC]	= { "DATASEC",    0, 12, SIZED | NAMED | DECL },
	[BTF_KIND_FLOAT]	= { "FLOAT",      0,  0, SIZED },
	[BTF_KIND_DECL_TAG]	= { "DECL_TAG",   4,  0, DECL },
	[BTF_KIND_TYPE_TAG]	= { "TYPE_TAG",   0,  0, MOD },
	[BTF_KIND_ENUM64]	= { "ENUM64",     0, 12, SIZED },
};
static_assert(NR_BTF_KINDS == 20, "a row above for every kind");

static int refuse_header(struct btf_pass *pass, const char *what,
			 uint64_t value)
{
	return diag_report(pass->sink, DIAG_BTF_HEADER, &pass->where,
			   "BTF header: %s (%#llx)", what,
			   (unsigned long long)value);
}

static int check_magic(struct btf_pass *pass, size_t size)
{
	const uint8_t *data = pass->btf->data;
	uint16_t magic;

	if (size < sizeof(struct btf_header))
		return refuse_header(pass, "the blob is too short", size);
	magic = get_u16(data);
	if (magic == (uint16_t)(BTF_MAGIC << 8 | BTF_MAGIC >> 8))
		return diag_report(pass->sink, DIAG_BTF_ENDIAN, &pass->where,
				   "the BTF is %s-endian, this machine is not",
				   data[0] == 0xeb ? "big" : "little");
	if (magic != BTF_MAGIC)
		return refuse_header(pass, "wrong magic", magic);
	return 0;
}

static int check_header(struct btf_pass *pass, const struct btf_header *hdr,
			size_t size)
{
	uint64_t room = size - MIN(size, hdr->hdr_len);

	if (hdr->version != BTF_VERSION)
		return refuse_header(pass, "unknown version", hdr->version);
	if (hdr->flags)
		return refuse_header(pass, "unknown flags", hdr->flags);
	if (hdr->hdr_len < sizeof(*hdr) || hdr->hdr_len > size ||
	    hdr->hdr_len % 4)
		return refuse_header(pass, "bad hdr_len", hdr->hdr_len);
	for (size_t i = sizeof(*hdr); i < hdr->hdr_len; i++)
		if (pass->btf->data[i])
			return refuse_header(pass, "unknown fields set", i);
	if (hdr->type_off % 4)
		return refuse_header(pass, "unaligned types", hdr->type_off);
	if (!range_fits(hdr->type_off, hdr->type_len, room))
		return refuse_header(pass, "types end beyond the blob",
				     hdr->type_len);
	if (!range_fits(hdr->str_off, hdr->str_len, room))
		return refuse_header(pass, "strings end beyond the blob",
				     hdr->str_len);
	if ((uint64_t)hdr->type_off + hdr->type_len > hdr->str_off)
		return refuse_header(pass, "strings overlap types",
				     hdr->str_off);
	return 0;
}

static int check_strings(struct btf_pass *pass)
{
	struct btf *btf = pass->btf;
	uint32_t len = btf->strs_len;

	if (btf->base && !len)
		return 0;
	if (!len || btf->strs[len - 1])
		return diag_report(pass->sink, DIAG_BTF_STRINGS, &pass->where,
				   "the string section does not end in NUL");
	if (!btf->base && btf->strs[0])
		return diag_report(pass->sink, DIAG_BTF_STRINGS, &pass->where,
				   "the first string is not empty");
	if (btf->first_str + (uint64_t)len > INT32_MAX)
		return diag_report(pass->sink, DIAG_BTF_STRINGS, &pass->where,
				   "%u bytes of strings", len);
	return 0;
}

/* Bytes of the type at `off`, or -E after a diagnostic. */
static int64_t type_extent(struct btf_pass *pass, uint32_t id, uint32_t off)
{
	const struct btf *btf = pass->btf;
	uint32_t room = btf->types_len - off;
	const struct btf_type *t = (const void *)(btf->types + off);
	uint64_t extent = sizeof(*t);
	uint32_t kind;

	if (room < extent)
		goto cut;
	kind = btf_kind(t);
	if (kind == BTF_KIND_UNKN || kind >= NR_BTF_KINDS)
		return diag_report(pass->sink, DIAG_BTF_KIND, &pass->where,
				   "type [%u] is of unknown kind %u", id, kind);
	extent += btf_kinds[kind].fixed +
		  (uint64_t)btf_kinds[kind].item * btf_vlen(t);
	if (extent <= room)
		return (int64_t)extent;
cut:
	return diag_report(pass->sink, DIAG_BTF_TRUNCATED, &pass->where,
			   "type [%u] at %#x needs %llu bytes, %u are left",
			   id, off, (unsigned long long)extent, room);
}

static int find_types(struct btf_pass *pass)
{
	struct btf *btf = pass->btf;
	size_t most = btf->types_len / sizeof(struct btf_type) + 1;
	uint32_t cnt = 0;

	btf->offs = malloc(most * sizeof(*btf->offs));
	if (!btf->offs)
		return diag_report(pass->sink, DIAG_NO_MEMORY, &pass->where,
				   "no memory for %zu types", most);
	for (uint32_t off = 0; off < btf->types_len; cnt++) {
		int64_t extent = type_extent(pass, btf->first_id + cnt, off);

		if (extent < 0)
			return (int)extent;
		btf->offs[cnt] = off;
		off += (uint32_t)extent;
	}
	btf->cnt = btf->first_id + cnt;
	return 0;
}

int btf_lay_out(struct btf_pass *pass, size_t size)
{
	struct btf *btf = pass->btf;
	const struct btf_header *hdr = (const void *)btf->data;
	int err = check_magic(pass, size);

	if (!err)
		err = check_header(pass, hdr, size);
	if (err)
		return err;
	btf->types = btf->data + hdr->hdr_len + hdr->type_off;
	btf->types_len = hdr->type_len;
	btf->strs = (const char *)btf->data + hdr->hdr_len + hdr->str_off;
	btf->strs_len = hdr->str_len;
	err = check_strings(pass);
	if (!err)
		err = find_types(pass);
	return err;
}
