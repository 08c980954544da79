/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Setting global variables by name before a program runs. BTF says where a
 * variable lies and what it can hold; "a.b" and "a[3]" lead into structs and
 * arrays. The value is checked whole before a byte is written.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/endian.h"
#include "base/str.h"
#include "object/object_parts.h"

/* A place in a map's initial value, and its type. */
struct spot {
	struct object *obj;
	const char *name;	/* as the user wrote it */
	uint8_t *map_data;
	size_t map_size;
	uint64_t offset;
	uint32_t type;
	struct diag_sink *sink;
};

static int no_variable(const struct spot *spot, const char *what)
{
	return diag_report(spot->sink, DIAG_OBJECT_VARIABLE,
			   &object_where(spot->obj), "%s: %s", spot->name,
			   what);
}

static int bad_value(const struct spot *spot, const char *value,
		     const char *what)
{
	return diag_report(spot->sink, DIAG_OBJECT_VALUE,
			   &object_where(spot->obj), "%s=%s: %s", spot->name,
			   value, what);
}

static int bad_range(const struct spot *spot, const char *value, uint64_t size)
{
	return diag_report(spot->sink, DIAG_OBJECT_VALUE_RANGE,
			   &object_where(spot->obj), "%s=%s: does not fit "
			   "into %llu bytes", spot->name, value,
			   (unsigned long long)size);
}

static const struct btf_type *spot_type(const struct spot *spot)
{
	return btf_type(spot->obj->btf, btf_skip_modifiers(spot->obj->btf,
							   spot->type));
}

/* Variables of one map whose name is the first `len` bytes; counts them. */
static uint32_t search_map(struct spot *spot, const struct object_map *map,
			   size_t len)
{
	const struct btf *btf = spot->obj->btf;
	const struct btf_type *sec = btf_type(btf, map->def.value_type);
	uint32_t hits = 0;

	for (uint32_t i = 0; i < btf_vlen(sec); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(sec)[i];
		const struct btf_type *var = btf_type(btf, info->type);
		const char *name = btf_str(btf, var->name_off);

		if (btf_kind(var) != BTF_KIND_VAR || strlen(name) != len ||
		    strncmp(name, spot->name, len))
			continue;
		spot->map_data = map->data;
		spot->map_size = map->def.value_size;
		spot->offset = info->offset;
		spot->type = var->type;
		hits++;
	}
	return hits;
}

static int find_variable(struct spot *spot, size_t len)
{
	const struct object *obj = spot->obj;
	uint32_t hits = 0;

	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		if (obj->maps[i].internal && obj->maps[i].def.value_type &&
		    (int32_t)i != obj->kconfig_map)
			hits += search_map(spot, &obj->maps[i], len);
	}
	if (!hits)
		return no_variable(spot, "no such variable in .rodata, .data "
				   "or .bss (its types come from -g)");
	return hits == 1 ? 0 : no_variable(spot, "several static variables "
					   "have that name");
}

/* ".name" of a struct, also inside members without a name. */
static bool enter_member(struct spot *spot, const char *name, size_t len,
			 int depth)
{
	const struct btf *btf = spot->obj->btf;
	const struct btf_type *t = spot_type(spot);
	struct spot inner;

	if (depth > 16 || (btf_kind(t) != BTF_KIND_STRUCT &&
			   btf_kind(t) != BTF_KIND_UNION))
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *member = &btf_members(t)[i];
		const char *have = btf_str(btf, member->name_off);
		bool same = strlen(have) == len && !strncmp(have, name, len);

		if (btf_member_bit_size(t, i) || (*have && !same))
			continue;
		inner = *spot;
		inner.offset += btf_member_bit_offset(t, i) / 8;
		inner.type = member->type;
		if (same || enter_member(&inner, name, len, depth + 1)) {
			*spot = inner;
			return true;
		}
	}
	return false;
}

/* "[n]": moves past it. */
static bool enter_element(struct spot *spot, const char **rest)
{
	const struct btf_type *t = spot_type(spot);
	const char *end = strchr(*rest, ']');
	char digits[24];
	uint64_t index;
	int64_t size;

	if (!end || end - *rest > 20 || btf_kind(t) != BTF_KIND_ARRAY)
		return false;
	str_copy(digits, (size_t)(end - *rest), *rest + 1);
	if (str_to_u64(digits, &index) || index >= btf_array(t)->nelems)
		return false;
	size = btf_size(spot->obj->btf, btf_array(t)->type);
	if (size < 0)
		return false;
	spot->offset += index * (uint64_t)size;
	spot->type = btf_array(t)->type;
	*rest = end + 1;
	return true;
}

static int find_spot(struct spot *spot)
{
	size_t len = strcspn(spot->name, ".[");
	const char *rest = spot->name + len;
	int err = find_variable(spot, len);

	while (!err && *rest) {
		bool found;

		if (*rest == '[') {
			found = enter_element(spot, &rest);
		} else {
			len = strcspn(rest + 1, ".[");
			found = *rest == '.' && len &&
				enter_member(spot, rest + 1, len, 0);
			rest += 1 + len;
		}
		if (!found)
			err = no_variable(spot, "no such member or element, "
					  "or a bit field");
	}
	return err;
}

static int put_number(const struct spot *spot, const char *text,
		      uint64_t value, bool negative, bool is_signed)
{
	uint32_t size = spot_type(spot)->size;
	uint32_t bits = size * 8;
	int64_t low = bits == 64 ? INT64_MIN : -(1LL << (bits - 1));

	if (negative && (!is_signed || (int64_t)value < low))
		return bad_range(spot, text, size);
	if (!negative && (value >> 1 >> (bits - 1 - (is_signed ? 1 : 0))))
		return bad_range(spot, text, size);
	put_sized(spot->map_data + spot->offset, value, size);
	return 0;
}

/* A number in C's notation; `names` of enums have been tried before. */
static int set_number(const struct spot *spot, const char *text,
		      bool is_signed)
{
	uint32_t size = spot_type(spot)->size;
	uint64_t value;
	int64_t svalue;
	int err;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return bad_value(spot, text, "integers of that size cannot "
				 "be set");
	err = str_to_u64(text, &value);
	if (!err)
		return put_number(spot, text, value, false, is_signed);
	if (err == -EINVAL)
		err = str_to_s64(text, &svalue);
	if (!err)
		return put_number(spot, text, (uint64_t)svalue, true,
				  is_signed);
	return err == -ERANGE ? bad_range(spot, text, size) :
	       bad_value(spot, text, "not a number");
}

static int set_int(const struct spot *spot, const char *text)
{
	uint32_t encoding = BTF_INT_ENCODING(btf_int_data(spot_type(spot)));

	if (encoding & BTF_INT_BOOL) {
		if (str_eq(text, "true"))
			text = "1";
		if (str_eq(text, "false"))
			text = "0";
		if (!str_eq(text, "0") && !str_eq(text, "1"))
			return bad_value(spot, text, "neither true nor false");
	}
	if (spot_type(spot)->size == 1 && text[0] == '\'' && text[1] &&
	    text[2] == '\'' && !text[3]) {
		spot->map_data[spot->offset] = (uint8_t)text[1];
		return 0;
	}
	return set_number(spot, text, encoding & BTF_INT_SIGNED);
}

static int set_enum(const struct spot *spot, const char *text)
{
	const struct btf *btf = spot->obj->btf;
	const struct btf_type *t = spot_type(spot);
	bool wide = btf_kind(t) == BTF_KIND_ENUM64;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t name = wide ? btf_enums64(t)[i].name_off :
				btf_enums(t)[i].name_off;
		uint64_t value = wide ? btf_enums64(t)[i].val_lo32 |
				 (uint64_t)btf_enums64(t)[i].val_hi32 << 32 :
				 (uint64_t)(int64_t)btf_enums(t)[i].val;

		if (!str_eq(btf_str(btf, name), text))
			continue;
		put_sized(spot->map_data + spot->offset, value, t->size);
		return 0;
	}
	if (isalpha((unsigned char)*text) || *text == '_')
		return bad_value(spot, text, "no such enumerator");
	return set_number(spot, text, btf_kflag(t));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0x and two digits per byte, in the order in which bytes lie in memory. */
static int set_bytes(const struct spot *spot, const char *text, uint64_t size)
{
	size_t len = strlen(text);

	if (!str_starts(text, "0x") || len % 2)
		return bad_value(spot, text, "write its bytes as 0x and two "
				 "digits each");
	for (size_t i = 2; i < len; i++) {
		if (hex_digit(text[i]) < 0)
			return bad_value(spot, text, "not a hex digit");
	}
	if (len / 2 - 1 != size)
		return bad_range(spot, text, size);
	for (uint64_t i = 0; i < size; i++)
		spot->map_data[spot->offset + i] = (uint8_t)
			(hex_digit(text[2 + i * 2]) << 4 |
			 hex_digit(text[3 + i * 2]));
	return 0;
}

/* Text, in quotes or without; the rest of the array becomes 0. */
static int set_text(const struct spot *spot, const char *text, uint64_t size)
{
	size_t len = strlen(text);
	const char *value = text;

	if (*text == '"') {
		if (len < 2 || text[len - 1] != '"')
			return bad_value(spot, text, "no closing quote");
		value++;
		len -= 2;
	}
	if (len > size)
		return bad_range(spot, text, size);
	memcpy(spot->map_data + spot->offset, value, len);
	memset(spot->map_data + spot->offset + len, 0, size - len);
	return 0;
}

static bool is_text(const struct btf *btf, const struct btf_type *array)
{
	const struct btf_type *t = btf_type(btf, btf_skip_modifiers(btf,
						btf_array(array)->type));

	return btf_kind(t) == BTF_KIND_INT && t->size == 1 &&
	       !(BTF_INT_ENCODING(btf_int_data(t)) & BTF_INT_BOOL);
}

static int set_spot(const struct spot *spot, const char *text)
{
	const struct btf_type *t = spot_type(spot);
	int64_t size = btf_size(spot->obj->btf, spot->type);

	if (size <= 0 || !range_fits(spot->offset, (uint64_t)size,
				     spot->map_size))
		return no_variable(spot, "does not lie inside its section");
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return set_int(spot, text);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return set_enum(spot, text);
	case BTF_KIND_PTR:
	case BTF_KIND_FLOAT:
		return bad_value(spot, text, "pointers and floats cannot be "
				 "set");
	case BTF_KIND_ARRAY:
		if (is_text(spot->obj->btf, t) && !str_starts(text, "0x"))
			return set_text(spot, text, (uint64_t)size);
		return set_bytes(spot, text, (uint64_t)size);
	default:
		return set_bytes(spot, text, (uint64_t)size);
	}
}

int object_set_variable(struct object *obj, const char *name,
			const char *value, struct diag_sink *sink)
{
	struct spot spot = { .obj = obj, .name = name, .sink = sink };
	int err = find_spot(&spot);

	return err ? err : set_spot(&spot, value);
}
