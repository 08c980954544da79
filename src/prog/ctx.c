/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the context tables: which field an access falls into, whether it may,
 * and the conversion between the UAPI's bytes and the native field.
 */
#include "prog/ctx.h"

#include "base/bits.h"
#include "base/endian.h"
#include "prog/rows.h"

static const struct ctx_layout *const layouts[PROG_TYPE_END] = {
	[PROG_TYPE_SOCKET_FILTER] = &ctx_socket_filter,
	[PROG_TYPE_SCHED_CLS] = &ctx_sched,
	[PROG_TYPE_SCHED_ACT] = &ctx_sched,
	[PROG_TYPE_XDP] = &ctx_xdp,
	[PROG_TYPE_CGROUP_SKB] = &ctx_cgroup_skb,
	[PROG_TYPE_SYSCALL] = &ctx_syscall,
	[PROG_TYPE_TRACEPOINT] = &ctx_tracepoint,
	[PROG_TYPE_RAW_TRACEPOINT] = &ctx_raw_tracepoint,
	[PROG_TYPE_RAW_TRACEPOINT_WRITABLE] = &ctx_raw_tracepoint_writable,
	[PROG_TYPE_KPROBE] = &ctx_kprobe,
	[PROG_TYPE_PERF_EVENT] = &ctx_perf_event,
};

const struct ctx_layout *ctx_layout(enum prog_type type)
{
	return (uint32_t)type < PROG_TYPE_END ? layouts[type] : NULL;
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

static bool is_pointer(const struct ctx_field *field)
{
	return field->kind >= CTX_PACKET && field->kind <= CTX_POINTER;
}

bool ctx_field_allows(const struct ctx_field *field, uint32_t attach_type,
		      uint32_t off, uint32_t size, bool write, bool sign)
{
	bool whole = off == field->off && size == field->size;

	if (!(field->access & (write ? CTX_WRITE : CTX_READ)))
		return false;
	if (field->attach && field->attach != 1 + attach_type)
		return false;
	if (off % size)
		return false;
	if (field->kind == CTX_BYTES)
		return true;
	if (sign && is_pointer(field))
		return false;
	return whole || (!write && (field->access & CTX_NARROW));
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
	if (is_pointer(field) || size == 8)
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
