/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Context layouts: for each program type, where the UAPI struct that objects
 * are compiled against keeps a field, who may load and store how much of it,
 * what comes of a load, and where the native context has it. One table per
 * file prog/<type>.c, named by its row of spec/progs.def; the verifier, the
 * interpreter and the rewrite read the same rows.
 */
#ifndef SKEP_PROG_CTX_H
#define SKEP_PROG_CTX_H

#include "spec/spec.h"

enum ctx_kind {
	CTX_SCALAR,		/* zero-extended from native_size */
	CTX_BYTES,		/* plain memory: any aligned access inside */
	CTX_QUEUE,		/* scalar; stores of >= 0xffff are ignored */
	/* pointers, from here on */
	CTX_PACKET,		/* as wide as the field, yet an address */
	CTX_PACKET_META,
	CTX_PACKET_END,
	CTX_SOCKET,		/* struct bpf_sock of a full socket */
	CTX_SOCKET_OR_NULL,
	CTX_SOCK_COMMON_OR_NULL, /* of any socket */
	CTX_FLOW_KEYS,
	CTX_TP_BUFFER,		/* of a writable raw tracepoint */
	CTX_BTF,		/* a trusted kernel object: struct `btf` */
};

enum ctx_access {
	CTX_READ	= 1 << 0,
	CTX_WRITE	= 1 << 1,
	CTX_NARROW	= 1 << 2,	/* smaller aligned loads are allowed */
	CTX_HEAD	= 1 << 3,	/* smaller loads at its start alone */
	CTX_WIDE	= 1 << 4,	/* two elements at once, aligned */
	CTX_READ_PRIV	= 1 << 5,	/* loads are for privileged programs */
	CTX_WRITE_PRIV	= 1 << 6,	/* stores are */
	CTX_SIGNED	= 1 << 7,	/* asked for: a sign-extending load */
};

/* The bit of an attach type in a mask of them. */
#define ATTACH_BIT(name)	(1ull << ATTACH_TYPE_##name)

/*
 * Rows of one layout may overlap: the first that an access falls into
 * entirely is the one that tells.
 */
struct ctx_field {
	const char *name;
	uint16_t off, size;			/* in the UAPI struct */
	uint16_t native_off, native_size;	/* in the native context */
	uint8_t kind, access;
	uint8_t unit;		/* of an array: bytes an element; 0: size */
	uint8_t least;		/* smallest load of a NARROW one; 0: 1 */
	/* ATTACH_BITs of where it may be loaded, stored; 0: everywhere */
	uint64_t read_at, write_at;
	const char *btf;			/* CTX_BTF: "sk_buff" */
};

/* One named return value of a program type: { XDP_DROP, "XDP_DROP" }. */
struct verdict_row {
	int64_t value;
	const char *name;
};

/* Which calls may be handed pointers into the packet. */
enum ctx_packet_calls {
	CTX_CALLS_NONE,
	CTX_CALLS_SOME,		/* helpers with HELPER_PKT */
	CTX_CALLS_ALL,
};

struct ctx_layout {
	const char *name;	/* "xdp_md" */
	/*
	 * Of the UAPI struct. Without fields, plain memory of [first, size)
	 * that every aligned access inside may touch; 0: no such limit.
	 */
	uint16_t first, size;
	const struct ctx_field *fields;
	size_t fields_cnt;
	/* CTX_READ | CTX_WRITE of the packet's bytes, and what calls may */
	uint8_t packet, packet_calls;
	/* the native context is those very bytes, as long as the run says */
	bool memory;
	bool read_only;		/* memory that is not written */
	bool no_native;		/* skep can verify these programs, not run */
	bool by_btf;		/* words, by the prototype of its target */
	const struct verdict_row *verdicts;
	size_t verdicts_cnt;
};

/* The layout of a program type, NULL when there is no such type. */
const struct ctx_layout *ctx_layout(enum prog_type type);

/* The structs that pointers lead to; rows that are never written. */
extern const struct ctx_layout ctx_to_socket;		/* struct bpf_sock */
extern const struct ctx_layout ctx_to_sock_common;	/* the same, in part */
extern const struct ctx_layout ctx_to_tcp_sock;
extern const struct ctx_layout ctx_to_xdp_sock;
/* plain memory, at any alignment, loaded and stored */
extern const struct ctx_layout ctx_to_flow_keys;

/* Is what a load of the field gives an address? */
static inline bool ctx_is_pointer(const struct ctx_field *field)
{
	return field->kind >= CTX_PACKET;
}

/*
 * May a program attached as `attach_type` do `access`, which is CTX_WRITE, or
 * CTX_READ with or without CTX_SIGNED, to `size` (1, 2, 4, 8) bytes at `off`?
 * When it may, *field is the row, or NULL for plain memory: a number. Rows
 * that need privileges are for the caller to refuse (ctx_needs_privilege).
 * Not for layouts that are by_btf.
 */
bool ctx_allows(const struct ctx_layout *layout, uint32_t attach_type,
		uint32_t off, uint32_t size, uint8_t access,
		const struct ctx_field **field);

/* Is the access, which ctx_allows() allows, for CAP_BPF alone? */
bool ctx_needs_privilege(const struct ctx_field *field, uint8_t access);

/* The first field that [off, off + size) falls into entirely, or NULL. */
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
