/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the context tables: which field an access falls into, whether it may,
 * and the conversion between the UAPI's bytes and the native field.
 */
#include "prog/ctx.h"

#include "base/bits.h"
#include "base/endian.h"
#include "prog/rows.h"

const struct ctx_layout ctx_unspec = { .no_native = true };

static const struct ctx_layout *const layouts[] = {
#define PROG(id, name, text, since, have, test_run, layout, ...) \
	[PROG_TYPE_##name] = &ctx_##layout,
#include "spec/progs.def"
#undef PROG
};

static_assert(ATTACH_TYPE_END <= 64, "masks of attach types have a bit each");

const struct ctx_layout *ctx_layout(enum prog_type type)
{
	if (type == PROG_TYPE_UNSPEC || (uint32_t)type >= PROG_TYPE_END)
		return NULL;
	return layouts[type];
}

const struct ctx_field *ctx_field_at(const struct ctx_layout *layout,
				     uint32_t off, uint32_t size)
{
	for (size_t i = 0; i < layout->fields_cnt; i++) {
		const struct ctx_field *field = &layout->fields[i];

		if (off >= field->off &&
		    range_fits(off - field->off, size, field->size))
			return field;
	}
	return NULL;
}

/* Is a load of `size` bytes, fewer than an element, allowed at `at`? */
static bool is_narrow(const struct ctx_field *field, uint32_t at,
		      uint32_t size)
{
	if (field->access & CTX_HEAD)
		return at == 0;
	return field->access & CTX_NARROW && size >= field->least;
}

bool ctx_field_allows(const struct ctx_field *field, uint32_t attach_type,
		      uint32_t off, uint32_t size, bool write, bool sign)
{
	uint64_t where = write ? field->write_at : field->read_at;
	uint32_t unit = field->unit ? field->unit : field->size;

	if (!(field->access & (write ? CTX_WRITE : CTX_READ)))
		return false;
	if (where && (attach_type >= 64 || !(where >> attach_type & 1)))
		return false;
	if (off % size || (sign && ctx_is_pointer(field)))
		return false;
	if (field->kind == CTX_BYTES || size == unit)
		return true;
	if (size > unit)
		return field->access & CTX_WIDE && size == 2 * unit;
	return !write && is_narrow(field, off - field->off, size);
}

static bool memory_allows(const struct ctx_layout *layout, uint32_t off,
			  uint32_t size, uint8_t access)
{
	if (off % size || (access & CTX_WRITE && layout->read_only))
		return false;
	return off >= layout->first &&
	       (!layout->size || range_fits(off, size, layout->size));
}

bool ctx_allows(const struct ctx_layout *layout, uint32_t attach_type,
		uint32_t off, uint32_t size, uint8_t access,
		const struct ctx_field **field)
{
	const struct ctx_field *row = ctx_field_at(layout, off, size);

	if (layout->fields ?
	    !row || !ctx_field_allows(row, attach_type, off, size,
				      access & CTX_WRITE, access & CTX_SIGNED) :
	    !memory_allows(layout, off, size, access))
		return false;
	*field = row;
	return true;
}

bool ctx_needs_privilege(const struct ctx_field *field, uint8_t access)
{
	return field && field->access & (access & CTX_WRITE ? CTX_WRITE_PRIV :
					 CTX_READ_PRIV);
}

/* How far right byte `at` of a field of `size` bytes is, in bits. */
static uint32_t shift_of(const struct ctx_field *field, uint32_t at,
			 uint32_t size)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return at * 8;
#else
	return (field->size - size - at) * 8;
#endif
}

uint64_t ctx_field_load(const struct ctx_field *field, const void *ctx,
			uint32_t off, uint32_t size)
{
	const uint8_t *native = (const uint8_t *)ctx + field->native_off;
	uint32_t at = off - field->off;
	uint64_t value;

	if (field->kind == CTX_BYTES)
		return get_sized(native + at, size);
	value = get_sized(native, field->native_size);
	if (ctx_is_pointer(field) || size == 8)
		return value;
	value >>= shift_of(field, at, size);
	return value & ((1ULL << size * 8) - 1);
}

void ctx_field_store(const struct ctx_field *field, void *ctx, uint32_t off,
		     uint32_t size, uint64_t value)
{
	uint8_t *native = (uint8_t *)ctx + field->native_off;

	if (field->kind == CTX_BYTES)
		put_sized(native + (off - field->off), value, size);
	else if (field->kind != CTX_QUEUE || value < UINT16_MAX)
		put_sized(native, value, field->native_size);
}

const char *ctx_verdict_name(const struct ctx_layout *layout, int64_t value)
{
	for (size_t i = 0; i < layout->verdicts_cnt; i++)
		if (layout->verdicts[i].value == value)
			return layout->verdicts[i].name;
	return NULL;
}
