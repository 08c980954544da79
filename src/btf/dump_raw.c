/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types as bpftool's raw lines or as its JSON. Both say the same fields in
 * the same order, so one walk writes either; `struct row` knows which.
 *
 *	[2] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
 *	{"id":2,"kind":"INT","name":"int","size":4,...}
 */
#include "base/json.h"
#include "btf/dump.h"

struct row {
	struct strbuf *out;
	struct json *json;	/* NULL for text */
	const struct btf *btf;
};

static void put_number(struct row *row, const char *name, uint64_t value)
{
	if (row->json) {
		json_key(row->json, name);
		json_u64(row->json, value);
	} else {
		strbuf_printf(row->out, " %s=%llu", name,
			      (unsigned long long)value);
	}
}

static void put_signed(struct row *row, const char *name, int64_t value)
{
	if (row->json) {
		json_key(row->json, name);
		json_s64(row->json, value);
	} else {
		strbuf_printf(row->out, " %s=%lld", name, (long long)value);
	}
}

static void put_word(struct row *row, const char *name, const char *value)
{
	if (row->json) {
		json_key(row->json, name);
		json_string(row->json, value);
	} else {
		strbuf_printf(row->out, " %s=%s", name, value);
	}
}

static const char *name_at(const struct row *row, uint32_t off)
{
	return off ? btf_str(row->btf, off) : "(anon)";
}

static void items_begin(struct row *row, const char *name)
{
	if (row->json) {
		json_key(row->json, name);
		json_array_begin(row->json);
	}
}

static void items_end(struct row *row)
{
	if (row->json)
		json_array_end(row->json);
}

/* In text an item is a line of its own that begins with its name. */
static void item_begin(struct row *row, uint32_t name_off)
{
	if (row->json) {
		json_object_begin(row->json);
		put_word(row, "name", name_at(row, name_off));
	} else {
		strbuf_printf(row->out, "\n\t'%s'", name_at(row, name_off));
	}
}

static void item_end(struct row *row)
{
	if (row->json)
		json_object_end(row->json);
}

static void put_int(struct row *row, const struct btf_type *t)
{
	static const char *const encodings[] = {
		[0]		 = "(none)",
		[BTF_INT_SIGNED] = "SIGNED",
		[BTF_INT_CHAR]	 = "CHAR",
		[BTF_INT_BOOL]	 = "BOOL",
	};
	uint32_t data = btf_int_data(t);
	uint32_t encoding = BTF_INT_ENCODING(data);

	put_number(row, "size", t->size);
	put_number(row, "bits_offset", BTF_INT_OFFSET(data));
	put_number(row, "nr_bits", BTF_INT_BITS(data));
	put_word(row, "encoding", encoding < ARRAY_SIZE(encodings) &&
		 encodings[encoding] ? encodings[encoding] : "UNKN");
}

static void put_ref(struct row *row, const struct btf_type *t)
{
	put_number(row, "type_id", t->type);
}

static void put_size(struct row *row, const struct btf_type *t)
{
	put_number(row, "size", t->size);
}

static void put_array(struct row *row, const struct btf_type *t)
{
	put_number(row, "type_id", btf_array(t)->type);
	put_number(row, "index_type_id", btf_array(t)->index_type);
	put_number(row, "nr_elems", btf_array(t)->nelems);
}

static void put_struct(struct row *row, const struct btf_type *t)
{
	const struct btf_member *member = btf_members(t);

	put_number(row, "size", t->size);
	put_number(row, "vlen", btf_vlen(t));
	items_begin(row, "members");
	for (uint32_t i = 0; i < btf_vlen(t); i++, member++) {
		uint32_t bits = btf_member_bit_size(t, i);

		item_begin(row, member->name_off);
		put_number(row, "type_id", member->type);
		put_number(row, "bits_offset", btf_member_bit_offset(t, i));
		if (bits)
			put_number(row, "bitfield_size", bits);
		item_end(row);
	}
	items_end(row);
}

static void enum_begin(struct row *row, const struct btf_type *t)
{
	put_word(row, "encoding", btf_kflag(t) ? "SIGNED" : "UNSIGNED");
	put_number(row, "size", t->size);
	put_number(row, "vlen", btf_vlen(t));
	items_begin(row, "values");
}

static void put_enum(struct row *row, const struct btf_type *t)
{
	const struct btf_enum *value = btf_enums(t);

	enum_begin(row, t);
	for (uint32_t i = 0; i < btf_vlen(t); i++, value++) {
		item_begin(row, value->name_off);
		if (btf_kflag(t))
			put_signed(row, "val", value->val);
		else
			put_number(row, "val", (uint32_t)value->val);
		item_end(row);
	}
	items_end(row);
}

/* In text the numbers have C's suffixes. */
static void put_enum64(struct row *row, const struct btf_type *t)
{
	const struct btf_enum64 *value = btf_enums64(t);

	enum_begin(row, t);
	for (uint32_t i = 0; i < btf_vlen(t); i++, value++) {
		uint64_t v = (uint64_t)value->val_hi32 << 32 | value->val_lo32;

		item_begin(row, value->name_off);
		if (btf_kflag(t))
			put_signed(row, "val", (int64_t)v);
		else
			put_number(row, "val", v);
		if (!row->json)
			strbuf_puts(row->out, btf_kflag(t) ? "LL" : "ULL");
		item_end(row);
	}
	items_end(row);
}

static void put_fwd(struct row *row, const struct btf_type *t)
{
	put_word(row, "fwd_kind", btf_kflag(t) ? "union" : "struct");
}

/* Functions and variables count their linkage alike. */
static const char *linkage(uint32_t value)
{
	static const char *const words[] = { "static", "global", "extern" };

	return value < ARRAY_SIZE(words) ? words[value] : "(unknown)";
}

static void put_func(struct row *row, const struct btf_type *t)
{
	put_number(row, "type_id", t->type);
	put_word(row, "linkage", linkage(btf_vlen(t)));
}

static void put_func_proto(struct row *row, const struct btf_type *t)
{
	const struct btf_param *param = btf_params(t);

	put_number(row, "ret_type_id", t->type);
	put_number(row, "vlen", btf_vlen(t));
	items_begin(row, "params");
	for (uint32_t i = 0; i < btf_vlen(t); i++, param++) {
		item_begin(row, param->name_off);
		put_number(row, "type_id", param->type);
		item_end(row);
	}
	items_end(row);
}

static void put_var(struct row *row, const struct btf_type *t)
{
	const struct btf_var *var = (const void *)(t + 1);

	put_number(row, "type_id", t->type);
	if (!row->json)
		strbuf_putc(row->out, ',');
	put_word(row, "linkage", linkage(var->linkage));
}

static void put_datasec(struct row *row, const struct btf_type *t)
{
	const struct btf_var_secinfo *var = btf_var_secinfos(t);

	put_number(row, "size", t->size);
	put_number(row, "vlen", btf_vlen(t));
	items_begin(row, "vars");
	for (uint32_t i = 0; i < btf_vlen(t); i++, var++) {
		const struct btf_type *what = btf_type(row->btf, var->type);

		if (row->json)
			json_object_begin(row->json);
		else
			strbuf_puts(row->out, "\n\ttype_id=");
		if (row->json)
			put_number(row, "type_id", var->type);
		else
			strbuf_printf(row->out, "%u", var->type);
		put_number(row, "offset", var->offset);
		put_number(row, "size", var->size);
		if (!row->json)
			strbuf_printf(row->out, " (%s '%s')",
				      btf_kind_name(btf_kind(what)),
				      name_at(row, what->name_off));
		item_end(row);
	}
	items_end(row);
}

static void put_decl_tag(struct row *row, const struct btf_type *t)
{
	const struct btf_decl_tag *tag = (const void *)(t + 1);

	put_number(row, "type_id", t->type);
	put_signed(row, "component_idx", tag->component_idx);
}

static void (*const kind_fields[NR_BTF_KINDS])(struct row *row,
					       const struct btf_type *t) = {
	[BTF_KIND_INT]		= put_int,
	[BTF_KIND_PTR]		= put_ref,
	[BTF_KIND_ARRAY]	= put_array,
	[BTF_KIND_STRUCT]	= put_struct,
	[BTF_KIND_UNION]	= put_struct,
	[BTF_KIND_ENUM]		= put_enum,
	[BTF_KIND_FWD]		= put_fwd,
	[BTF_KIND_TYPEDEF]	= put_ref,
	[BTF_KIND_VOLATILE]	= put_ref,
	[BTF_KIND_CONST]	= put_ref,
	[BTF_KIND_RESTRICT]	= put_ref,
	[BTF_KIND_FUNC]		= put_func,
	[BTF_KIND_FUNC_PROTO]	= put_func_proto,
	[BTF_KIND_VAR]		= put_var,
	[BTF_KIND_DATASEC]	= put_datasec,
	[BTF_KIND_FLOAT]	= put_size,
	[BTF_KIND_DECL_TAG]	= put_decl_tag,
	[BTF_KIND_TYPE_TAG]	= put_ref,
	[BTF_KIND_ENUM64]	= put_enum64,
};

static void put_type(struct row *row, uint32_t id)
{
	const struct btf_type *t = btf_type(row->btf, id);
	const char *kind = btf_kind_name(btf_kind(t));
	const char *name = name_at(row, t->name_off);

	if (row->json) {
		json_object_begin(row->json);
		put_number(row, "id", id);
		put_word(row, "kind", kind);
		put_word(row, "name", name);
	} else {
		strbuf_printf(row->out, "[%u] %s '%s'", id, kind, name);
	}
	if (kind_fields[btf_kind(t)])
		kind_fields[btf_kind(t)](row, t);
	if (row->json)
		json_object_end(row->json);
	else
		strbuf_putc(row->out, '\n');
}

static void put_types(struct row *row, const struct btf_id_list *list)
{
	if (list)
		for (size_t i = 0; i < list->cnt; i++)
			put_type(row, list->ids[i]);
	else
		for (uint32_t id = btf_first_id(row->btf);
		     id < btf_type_cnt(row->btf); id++)
			put_type(row, id);
}

void btf_dump_raw(struct strbuf *out, const struct btf *btf,
		  const struct btf_id_list *list)
{
	struct row row = { .out = out, .btf = btf };

	put_types(&row, list);
}

void btf_dump_json(struct strbuf *out, const struct btf *btf,
		   const struct btf_id_list *list, bool pretty)
{
	struct json json;
	struct row row = { .out = out, .json = &json, .btf = btf };

	json_init(&json, out, pretty);
	json_object_begin(&json);
	json_key(&json, "types");
	json_array_begin(&json);
	put_types(&row, list);
	json_array_end(&json);
	json_object_end(&json);
	json_fini(&json);
	if (!pretty)
		strbuf_putc(out, '\n');
}
