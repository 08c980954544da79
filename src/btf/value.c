/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values by their type. What is read lies inside the value: parsing has held
 * every member against its struct and every array against its size, so the
 * one check of the whole value at the door, and one per variable of a
 * section, is enough. Types without size could be many in no bytes; `parts`
 * bounds them.
 */
#include "btf/value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/bits.h"
#include "base/endian.h"
#include "base/str.h"
#include "btf/parsed.h"

#define PARTS_MIN	4096
#define PARTS_PER_BYTE	16

struct value {
	struct json *json;
	const struct btf *btf;
	bool plain;
	uint64_t parts;		/* that may still be written */
	int err;
};

static void put_value(struct value *v, uint32_t id, const uint8_t *data,
		      uint32_t bit);

/* Hexadecimal: JSON knows it in quotes only. */
static void put_hex(struct value *v, uint64_t high, uint64_t low)
{
	char text[40];

	if (high)
		snprintf(text, sizeof(text), "0x%llx%016llx",
			 (unsigned long long)high, (unsigned long long)low);
	else
		snprintf(text, sizeof(text), "0x%llx",
			 (unsigned long long)low);
	if (v->plain)
		json_raw(v->json, text);
	else
		json_string(v->json, text);
}

/* `cnt` bits (at most 128) from bit `bit` of `data` on; touches no others. */
static void put_bits(struct value *v, const uint8_t *data, uint32_t bit,
		     uint32_t cnt)
{
	uint64_t halves[2] = { 0, 0 };

	for (uint32_t i = 0; i < cnt; i++, bit++)
		if (data[bit / 8] >> bit % 8 & 1)
			halves[i / 64] |= 1ull << i % 64;
	put_hex(v, halves[1], halves[0]);
}

static void put_char(struct value *v, uint8_t c)
{
	char text[12] = { (char)c };

	if (c >= 0x20 && c < 0x7f) {
		json_string(v->json, text);
		return;
	}
	snprintf(text, sizeof(text), v->plain ? "0x%x" : "\"\\u00%02x\"", c);
	json_raw(v->json, text);
}

static void put_number(struct value *v, uint32_t encoding,
		       const uint8_t *data, uint32_t bytes)
{
	uint64_t number = get_sized(data, bytes);
	uint32_t shift = 64 - 8 * bytes;

	if (encoding == BTF_INT_BOOL)
		json_bool(v->json, *data);
	else if (encoding == BTF_INT_CHAR)
		put_char(v, *data);
	else if (encoding & BTF_INT_SIGNED)
		json_s64(v->json, (int64_t)(number << shift) >> shift);
	else
		json_u64(v->json, number);
}

static void put_int(struct value *v, const struct btf_type *t,
		    const uint8_t *data, uint32_t bit)
{
	uint32_t info = btf_int_data(t);
	uint32_t bits = BTF_INT_BITS(info);

	bit += BTF_INT_OFFSET(info);
	if (bit || bits > 64 || bits < 8 || !is_pow2(bits))
		put_bits(v, data, bit, bits);
	else
		put_number(v, BTF_INT_ENCODING(info), data, bits / 8);
}

/* As many digits as tell every number from its neighbours. */
static void put_double(struct value *v, double number, int digits)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*g", digits, number);
	if (isfinite(number))
		json_raw(v->json, text);
	else if (v->plain)
		json_string(v->json, text);
	else
		json_null(v->json);
}

static void put_float(struct value *v, const struct btf_type *t,
		      const uint8_t *data)
{
	double number;
	float half;

	switch (t->size) {
	case sizeof(half):
		memcpy(&half, data, sizeof(half));
		put_double(v, (double)half, 9);
		break;
	case sizeof(number):
		memcpy(&number, data, sizeof(number));
		put_double(v, number, 17);
		break;
	default:
		put_bits(v, data, 0, t->size * 8);
	}
}

static void put_enum(struct value *v, const struct btf_type *t,
		     const uint8_t *data)
{
	uint32_t shift = 64 - 8 * MIN(t->size, 8);
	int64_t number;

	if (!t->size) {
		json_null(v->json);
		return;
	}
	number = (int64_t)(get_sized(data, t->size) << shift) >> shift;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (number == btf_enums(t)[i].val) {
			json_string(v->json, btf_str(v->btf,
						btf_enums(t)[i].name_off));
			return;
		}
	json_s64(v->json, number);
}

static void put_enum64(struct value *v, const struct btf_type *t,
		       const uint8_t *data)
{
	const struct btf_enum64 *item = btf_enums64(t);
	uint64_t number;

	if (t->size != sizeof(number)) {
		put_bits(v, data, 0, t->size * 8);
		return;
	}
	number = get_u64(data);
	for (uint32_t i = 0; i < btf_vlen(t); i++, item++)
		if (number == ((uint64_t)item->val_hi32 << 32 |
			       item->val_lo32)) {
			json_string(v->json, btf_str(v->btf, item->name_off));
			return;
		}
	json_s64(v->json, (int64_t)number);
}

static void put_pointer(struct value *v, const uint8_t *data)
{
	uint64_t address = get_u64(data);

	char text[24] = "(nil)";

	if (address)
		snprintf(text, sizeof(text), "0x%llx",
			 (unsigned long long)address);
	if (v->plain)
		json_raw(v->json, text);
	else
		json_u64(v->json, address);
}

/* Printable text that ends inside the array; typedefs of char do not count. */
static bool is_text(const struct value *v, const struct btf_array *array,
		    const uint8_t *data)
{
	const struct btf_type *t = btf_type(v->btf, array->type);

	while (btf_kind_is(t, BTF_KIND_IS_MODIFIER) &&
	       btf_kind(t) != BTF_KIND_TYPEDEF)
		t = btf_type(v->btf, t->type);
	if (btf_kind(t) != BTF_KIND_INT || t->size != 1)
		return false;
	if (BTF_INT_ENCODING(btf_int_data(t)) != BTF_INT_CHAR &&
	    !str_eq(btf_str(v->btf, t->name_off), "char"))
		return false;
	for (uint32_t i = 0; i < array->nelems; i++) {
		if (!data[i])
			return true;
		if (data[i] < 0x20 || data[i] >= 0x7f)
			return false;
	}
	return false;
}

static void put_array(struct value *v, const struct btf_type *t,
		      const uint8_t *data)
{
	const struct btf_array *array = btf_array(t);
	uint64_t size = (uint64_t)btf_size(v->btf, array->type);

	if (is_text(v, array, data)) {
		json_string(v->json, (const char *)data);
		return;
	}
	json_array_begin(v->json);
	for (uint32_t i = 0; i < array->nelems && !v->err; i++)
		put_value(v, array->type, data + i * size, 0);
	json_array_end(v->json);
}

static void put_struct(struct value *v, const struct btf_type *t,
		       const uint8_t *data)
{
	const struct btf_member *member = btf_members(t);

	json_object_begin(v->json);
	for (uint32_t i = 0; i < btf_vlen(t) && !v->err; i++, member++) {
		uint32_t offset = btf_member_bit_offset(t, i);
		uint32_t bits = btf_member_bit_size(t, i);

		json_key(v->json, btf_str(v->btf, member->name_off));
		if (bits > 128)
			json_null(v->json);
		else if (bits)
			put_bits(v, data + offset / 8, offset % 8, bits);
		else
			put_value(v, member->type, data + offset / 8,
				  offset % 8);
	}
	json_object_end(v->json);
}

/* `bit` is where the value begins in the first byte, for old bit fields. */
static void put_value(struct value *v, uint32_t id, const uint8_t *data,
		      uint32_t bit)
{
	const struct btf_type *t = btf_type(v->btf,
					    btf_skip_modifiers(v->btf, id));

	if (!v->parts)
		v->err = -E2BIG;
	else
		v->parts--;
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		put_int(v, t, data, bit);
		break;
	case BTF_KIND_FLOAT:
		put_float(v, t, data);
		break;
	case BTF_KIND_ENUM:
		put_enum(v, t, data);
		break;
	case BTF_KIND_ENUM64:
		put_enum64(v, t, data);
		break;
	case BTF_KIND_PTR:
		put_pointer(v, data);
		break;
	case BTF_KIND_ARRAY:
		put_array(v, t, data);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		put_struct(v, t, data);
		break;
	default:
		json_null(v->json);
	}
}

/* A value with a door: null when it does not fit. */
static void put_checked(struct value *v, uint32_t id, const uint8_t *data,
			size_t room)
{
	int64_t size = btf_size(v->btf, id);

	if (size >= 0 && (uint64_t)size <= room) {
		put_value(v, id, data, 0);
		return;
	}
	json_null(v->json);
	v->err = -EINVAL;
}

static void put_var(struct value *v, const struct btf_type *t,
		    const uint8_t *data, size_t room)
{
	json_object_begin(v->json);
	json_key(v->json, btf_str(v->btf, t->name_off));
	put_checked(v, t->type, data, room);
	json_object_end(v->json);
}

static void put_section(struct value *v, const struct btf_type *t,
			const uint8_t *data, size_t room)
{
	const struct btf_var_secinfo *var = btf_var_secinfos(t);

	json_object_begin(v->json);
	json_key(v->json, btf_str(v->btf, t->name_off));
	json_array_begin(v->json);
	for (uint32_t i = 0; i < btf_vlen(t) && !v->err; i++, var++) {
		const struct btf_type *what = btf_type(v->btf, var->type);

		if (btf_kind(what) != BTF_KIND_VAR)
			continue;
		if (var->offset > room)
			v->err = -EINVAL;
		else
			put_var(v, what, data + var->offset,
				room - var->offset);
	}
	json_array_end(v->json);
	json_object_end(v->json);
}

int btf_print_value(struct json *json, const struct btf *btf, uint32_t id,
		    const void *data, size_t size, enum btf_value_form form)
{
	const struct btf_type *t = btf_type(btf, id);
	struct value v = {
		.json = json, .btf = btf, .plain = form == BTF_VALUE_PLAIN,
		.parts = PARTS_MIN + (uint64_t)size * PARTS_PER_BYTE,
	};

	if (btf_kind(t) == BTF_KIND_DATASEC)
		put_section(&v, t, data, size);
	else if (btf_kind(t) == BTF_KIND_VAR)
		put_var(&v, t, data, size);
	else
		put_checked(&v, id, data, size);
	return v.err;
}
