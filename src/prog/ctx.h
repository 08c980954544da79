/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Context layouts: for each program type, where the UAPI struct that objects
 * are compiled against keeps a field, and where the native context does. One
 * table per file prog/<type>.c; interp reads it at run time, the rewrite and
 * the verifier will read the same rows.
 */
#ifndef SKEP_PROG_CTX_H
#define SKEP_PROG_CTX_H

#include "spec/spec.h"

enum ctx_kind {
	CTX_SCALAR,		/* zero-extended from native_size */
	CTX_PACKET,		/* 32-bit in the UAPI; points to the packet */
	CTX_PACKET_META,
	CTX_PACKET_END,
	CTX_POINTER,		/* a 64-bit pointer to an object, or 0 */
	CTX_BYTES,		/* plain memory: any aligned access inside */
	CTX_QUEUE,		/* scalar; stores of >= 0xffff are ignored */
};

enum ctx_access {
	CTX_READ	= 1 << 0,
	CTX_WRITE	= 1 << 1,
	CTX_NARROW	= 1 << 2,	/* smaller aligned loads are allowed */
};

struct ctx_field {
	const char *name;
	uint16_t off, size;			/* in the UAPI struct */
	uint16_t native_off, native_size;	/* in the native context */
	uint8_t kind, access;
	/* 1 + the attach_type that alone may touch it; 0: every one may */
	uint8_t attach;
};

/* One named return value of a program type: { XDP_DROP, "XDP_DROP" }. */
struct verdict_row {
	int64_t value;
	const char *name;
};

struct ctx_layout {
	const char *name;		/* "xdp_md" */
	uint16_t size;			/* of the UAPI struct, 0: varies */
	const struct ctx_field *fields;	/* NULL: plain memory, r/w as is */
	size_t fields_cnt;
	uint8_t packet;			/* CTX_READ | CTX_WRITE of its bytes */
	bool read_only;			/* plain memory that is not written */
	const struct verdict_row *verdicts;
	size_t verdicts_cnt;
};

/* The layout of a program type, NULL when skep has none for it. */
const struct ctx_layout *ctx_layout(enum prog_type type);

/* The field that [off, off + size) falls into entirely, or NULL. */
const struct ctx_field *ctx_field_at(const struct ctx_layout *layout,
				     uint32_t off, uint32_t size);

/*
 * True when a program attached as `attach_type` may load (or store, `write`)
 * [off, off + size) of the field. `sign` tells a sign-extending load, which
 * pointers do not take.
 */
bool ctx_field_allows(const struct ctx_field *field, uint32_t attach_type,
		      uint32_t off, uint32_t size, bool write, bool sign);

/* The field's bytes at `off` of the UAPI struct, from the native context. */
uint64_t ctx_field_load(const struct ctx_field *field, const void *ctx,
			uint32_t off, uint32_t size);
void ctx_field_store(const struct ctx_field *field, void *ctx, uint32_t off,
		     uint32_t size, uint64_t value);

/* "XDP_PASS" for 2; NULL for a value without a name. */
const char *ctx_verdict_name(const struct ctx_layout *layout, int64_t value);

#endif
