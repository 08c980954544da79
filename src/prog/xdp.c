/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XDP: struct xdp_md over struct packet. Whole 32-bit loads only, no stores;
 * egress_ifindex is there for programs of a device map's entries alone.
 * Reference: include/uapi/linux/bpf.h.
 */
#include <linux/bpf.h>

#include "prog/packet.h"
#include "prog/rows.h"

#define FIELD(name_, kind_, native, where) \
	CTX_FIELD(struct xdp_md, name_, kind_, R, \
		  .native_off = offsetof(struct packet, native), \
		  .native_size = sizeof_field(struct packet, native), \
		  .read_at = where)

static const struct ctx_field fields[] = {
	FIELD(data,            PACKET,      data,            0),
	FIELD(data_end,        PACKET_END,  data_end,        0),
	FIELD(data_meta,       PACKET_META, data_meta,       0),
	FIELD(ingress_ifindex, SCALAR,      ingress_ifindex, 0),
	FIELD(rx_queue_index,  SCALAR,      rx_queue_index,  0),
	FIELD(egress_ifindex,  SCALAR,      egress_ifindex,
	      ATTACH_BIT(XDP_DEVMAP)),
};

static_assert(sizeof(struct xdp_md) == 24, "xdp_md as objects know it");
static_assert(offsetof(struct xdp_md, egress_ifindex) == 20, "in its order");
static_assert(ARRAY_SIZE(fields) == 6, "every field of xdp_md");

static const struct verdict_row verdicts[] = {
	{ XDP_ABORTED,  "XDP_ABORTED" },
	{ XDP_DROP,     "XDP_DROP" },
	{ XDP_PASS,     "XDP_PASS" },
	{ XDP_TX,       "XDP_TX" },
	{ XDP_REDIRECT, "XDP_REDIRECT" },
};

const struct ctx_layout ctx_xdp = {
	.name = "xdp_md",
	.size = sizeof(struct xdp_md),
	.fields = fields,
	.fields_cnt = ARRAY_SIZE(fields),
	.packet = CTX_READ | CTX_WRITE,
	.packet_calls = CTX_CALLS_SOME,
	.verdicts = verdicts,
	.verdicts_cnt = ARRAY_SIZE(verdicts),
};
