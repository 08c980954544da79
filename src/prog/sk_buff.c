/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct __sk_buff over struct packet, for the program types that run on
 * socket buffers. One list of fields; a column for each type says what it may
 * do, as the kernel's is_valid_access functions have it:
 *
 *	NO	no access		R	whole loads only
 *	RN	loads of any aligned part
 *	RW	whole loads and stores	RWN	stores whole, loads of any part
 *	..P	for privileged programs: loads of RP, stores of RWP
 *
 * Pointers to the packet are whole 32-bit loads; cb[] is plain memory, loaded
 * and stored in any aligned part up to 64 bits.
 * Reference: include/uapi/linux/bpf.h, net/core/filter.c.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "prog/packet.h"
#include "prog/rows.h"

#define RP	(R | CTX_READ_PRIV)
#define RWP	(RW | CTX_WRITE_PRIV)
#define CTX_SOCK	CTX_SOCK_COMMON_OR_NULL

/* field         kind        native      bytes  tc filter  cg lwt sk_skb flow */
#define FIELDS(F) \
F(len,            SCALAR,     len,             4, RN,  RN,  RN,  RN,  RN,  NO) \
F(pkt_type,       SCALAR,     pkt_type,        4, RN,  RN,  RN,  RN,  RN,  NO) \
F(mark,           SCALAR,     mark,            4, RWN, RN,  RWN, RWN, NO,  NO) \
F(queue_mapping,  QUEUE,      queue_mapping,   4, RWN, RN,  RN,  RN,  RN,  NO) \
F(protocol,       SCALAR,     protocol,        4, RN,  RN,  RN,  RN,  RN,  NO) \
F(vlan_present,   SCALAR,     vlan_present,    4, RN,  RN,  RN,  RN,  RN,  NO) \
F(vlan_tci,       SCALAR,     vlan_tci,        4, RN,  RN,  RN,  RN,  RN,  NO) \
F(vlan_proto,     SCALAR,     vlan_proto,      4, RN,  RN,  RN,  RN,  RN,  NO) \
F(priority,       SCALAR,     priority,        4, RWN, RN,  RWN, RWN, RWN, NO) \
F(ingress_ifindex,SCALAR,     ingress_ifindex, 4, RN,  RN,  RN,  RN,  RN,  NO) \
F(ifindex,        SCALAR,     ifindex,         4, RN,  RN,  RN,  RN,  RN,  NO) \
F(tc_index,       SCALAR,     tc_index,        2, RWN, RN,  RN,  RN,  RWN, NO) \
F(cb,             BYTES,      cb,             20, RWN, RWN, RWN, RWN, RN,  NO) \
F(hash,           SCALAR,     hash,            4, RN,  RN,  RN,  RN,  RN,  NO) \
F(tc_classid,     SCALAR,     tc_classid,      2, RWN, NO,  NO,  NO,  NO,  NO) \
F(data,           PACKET,     data,            8, R,   NO,  RP,  R,   R,   R) \
F(data_end,       PACKET_END, data_end,        8, R,   NO,  RP,  R,   R,   R) \
F(napi_id,        SCALAR,     napi_id,         4, RN,  RN,  RN,  RN,  RN,  NO) \
F(family,         SCALAR,     family,          4, NO,  NO,  RN,  NO,  RN,  NO) \
F(remote_ip4,     SCALAR,     remote_ip4,      4, NO,  NO,  R,   NO,  R,   NO) \
F(local_ip4,      SCALAR,     local_ip4,       4, NO,  NO,  R,   NO,  R,   NO) \
F(remote_ip6[0],  SCALAR,     remote_ip6[0],   4, NO,  NO,  R,   NO,  R,   NO) \
F(remote_ip6[1],  SCALAR,     remote_ip6[1],   4, NO,  NO,  R,   NO,  R,   NO) \
F(remote_ip6[2],  SCALAR,     remote_ip6[2],   4, NO,  NO,  R,   NO,  R,   NO) \
F(remote_ip6[3],  SCALAR,     remote_ip6[3],   4, NO,  NO,  R,   NO,  R,   NO) \
F(local_ip6[0],   SCALAR,     local_ip6[0],    4, NO,  NO,  R,   NO,  R,   NO) \
F(local_ip6[1],   SCALAR,     local_ip6[1],    4, NO,  NO,  R,   NO,  R,   NO) \
F(local_ip6[2],   SCALAR,     local_ip6[2],    4, NO,  NO,  R,   NO,  R,   NO) \
F(local_ip6[3],   SCALAR,     local_ip6[3],    4, NO,  NO,  R,   NO,  R,   NO) \
F(remote_port,    SCALAR,     remote_port,     4, NO,  NO,  RN,  NO,  RN,  NO) \
F(local_port,     SCALAR,     local_port,      4, NO,  NO,  RN,  NO,  RN,  NO) \
F(data_meta,      PACKET_META,data_meta,       8, R,   NO,  NO,  NO,  NO,  NO) \
F(flow_keys,      FLOW_KEYS,  flow_keys,       8, NO,  NO,  NO,  NO,  NO,  R) \
F(tstamp,         SCALAR,     tstamp,          8, RW,  NO,  RWP, NO,  NO,  NO) \
F(wire_len,       SCALAR,     wire_len,        4, RN,  NO,  NO,  NO,  NO,  NO) \
F(gso_segs,       SCALAR,     gso_segs,        4, RN,  RN,  RN,  RN,  RN,  NO) \
F(sk,             SOCK,       sk,              8, R,   R,   R,   R,   R,   NO) \
F(gso_size,       SCALAR,     gso_size,        4, RN,  RN,  RN,  RN,  RN,  NO) \
F(tstamp_type,    SCALAR,     tstamp_type,     1, R,   NO,  NO,  NO,  NO,  NO) \
F(hwtstamp,       SCALAR,     hwtstamp,        8, R,   NO,  R,   NO,  NO,  NO)

/* Narrow native fields are the low bytes of the packet's 32-bit ones. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW(native, bytes) offsetof(struct packet, native)
#else
#define LOW(native, bytes) \
	(offsetof(struct packet, native) + \
	 sizeof_field(struct packet, native) - (bytes))
#endif

#define ROW(name_, kind_, native, bytes, rights) \
	CTX_FIELD(struct __sk_buff, name_, kind_, rights, \
		  .native_off = LOW(native, bytes), .native_size = bytes),

#define SCHED(name, kind, native, bytes, tc, ...) \
	ROW(name, kind, native, bytes, tc)
#define FILTER(name, kind, native, bytes, tc, filter, ...) \
	ROW(name, kind, native, bytes, filter)
#define CGROUP(name, kind, native, bytes, tc, filter, cg, ...) \
	ROW(name, kind, native, bytes, cg)
#define LWT(name, kind, native, bytes, tc, filter, cg, lwt, ...) \
	ROW(name, kind, native, bytes, lwt)
#define SK_SKB(name, kind, native, bytes, tc, filter, cg, lwt, sk_skb, ...) \
	ROW(name, kind, native, bytes, sk_skb)
#define FLOW(name, kind, native, bytes, tc, filter, cg, lwt, sk_skb, flow) \
	ROW(name, kind, native, bytes, flow)

static const struct ctx_field sched_fields[] = { FIELDS(SCHED) };
static const struct ctx_field filter_fields[] = { FIELDS(FILTER) };
static const struct ctx_field cgroup_fields[] = { FIELDS(CGROUP) };
static const struct ctx_field lwt_fields[] = { FIELDS(LWT) };
static const struct ctx_field sk_skb_fields[] = { FIELDS(SK_SKB) };
static const struct ctx_field flow_fields[] = { FIELDS(FLOW) };

static_assert(sizeof(struct __sk_buff) == 192, "as objects know it");
static_assert(offsetof(struct __sk_buff, cb) == 48, "in its order");
static_assert(offsetof(struct __sk_buff, data) == 76, "in its order");
static_assert(offsetof(struct __sk_buff, data_meta) == 140, "in its order");
static_assert(offsetof(struct __sk_buff, tstamp) == 152, "in its order");
static_assert(offsetof(struct __sk_buff, sk) == 168, "in its order");
static_assert(offsetof(struct __sk_buff, hwtstamp) == 184, "in its order");
static_assert(offsetof(struct __sk_buff, gso_size) == 176, "in its order");

static const struct verdict_row sched_verdicts[] = {
	{ TC_ACT_UNSPEC,     "TC_ACT_UNSPEC" },
	{ TC_ACT_OK,         "TC_ACT_OK" },
	{ TC_ACT_RECLASSIFY, "TC_ACT_RECLASSIFY" },
	{ TC_ACT_SHOT,       "TC_ACT_SHOT" },
	{ TC_ACT_PIPE,       "TC_ACT_PIPE" },
	{ TC_ACT_STOLEN,     "TC_ACT_STOLEN" },
	{ TC_ACT_QUEUED,     "TC_ACT_QUEUED" },
	{ TC_ACT_REPEAT,     "TC_ACT_REPEAT" },
	{ TC_ACT_REDIRECT,   "TC_ACT_REDIRECT" },
	{ TC_ACT_TRAP,       "TC_ACT_TRAP" },
};

static const struct verdict_row sk_verdicts[] = {
	{ SK_DROP, "SK_DROP" },
	{ SK_PASS, "SK_PASS" },
};

static const struct verdict_row lwt_verdicts[] = {
	{ BPF_OK,          "BPF_OK" },
	{ BPF_DROP,        "BPF_DROP" },
	{ BPF_REDIRECT,    "BPF_REDIRECT" },
	{ BPF_LWT_REROUTE, "BPF_LWT_REROUTE" },
};

static const struct verdict_row flow_verdicts[] = {
	{ BPF_OK,                      "BPF_OK" },
	{ BPF_DROP,                    "BPF_DROP" },
	{ BPF_FLOW_DISSECTOR_CONTINUE, "BPF_FLOW_DISSECTOR_CONTINUE" },
};

#define SKB	.name = "__sk_buff", .size = sizeof(struct __sk_buff)

const struct ctx_layout ctx_sched = {
	SKB, CTX_ROWS(sched_fields),
	.packet = CTX_READ | CTX_WRITE,
	.packet_calls = CTX_CALLS_SOME,
	.verdicts = sched_verdicts,
	.verdicts_cnt = ARRAY_SIZE(sched_verdicts),
};

/* Its result is the number of bytes to keep, so no value has a name. */
const struct ctx_layout ctx_socket_filter = {
	SKB, CTX_ROWS(filter_fields),
};

const struct ctx_layout ctx_cgroup_skb = {
	SKB, CTX_ROWS(cgroup_fields),
	.packet = CTX_READ,
	.packet_calls = CTX_CALLS_SOME,
	.verdicts = sk_verdicts,
	.verdicts_cnt = ARRAY_SIZE(sk_verdicts),
};

/* Arriving, leaving, and segment routing: the packet is only looked at. */
const struct ctx_layout ctx_lwt = {
	SKB, CTX_ROWS(lwt_fields),
	.packet = CTX_READ,
	.packet_calls = CTX_CALLS_SOME,
	.verdicts = lwt_verdicts,
	.verdicts_cnt = ARRAY_SIZE(lwt_verdicts),
};

const struct ctx_layout ctx_lwt_xmit = {
	SKB, CTX_ROWS(lwt_fields),
	.packet = CTX_READ | CTX_WRITE,
	.packet_calls = CTX_CALLS_SOME,
	.verdicts = lwt_verdicts,
	.verdicts_cnt = ARRAY_SIZE(lwt_verdicts),
};

const struct ctx_layout ctx_sk_skb = {
	SKB, CTX_ROWS(sk_skb_fields),
	.packet = CTX_READ | CTX_WRITE,
	.packet_calls = CTX_CALLS_SOME,
	.verdicts = sk_verdicts,
	.verdicts_cnt = ARRAY_SIZE(sk_verdicts),
};

const struct ctx_layout ctx_flow_dissector = {
	SKB, CTX_ROWS(flow_fields),
	.packet = CTX_READ,
	.packet_calls = CTX_CALLS_SOME,
	.verdicts = flow_verdicts,
	.verdicts_cnt = ARRAY_SIZE(flow_verdicts),
};
