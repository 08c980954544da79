/* SPDX-License-Identifier: Apache-2.0 */
/*
 * struct __sk_buff over struct packet, for the program types that run on
 * socket buffers. One list of fields; a column for each type says what it may
 * do, as the kernel's is_valid_access functions have it:
 *
 *	---  no access		r--  whole loads only
 *	r-n  loads of any aligned part
 *	rw-  whole loads and stores	rwn  stores whole, loads of any part
 *
 * A column of pointers to the packet takes whole 32-bit loads; cb[] is plain
 * memory, loaded and stored in any aligned part up to 64 bits.
 * Reference: include/uapi/linux/bpf.h, net/core/filter.c.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "prog/packet.h"
#include "prog/rows.h"

#define NONE	0
#define R	CTX_READ
#define RN	(CTX_READ | CTX_NARROW)
#define RW	(CTX_READ | CTX_WRITE)
#define RWN	(CTX_READ | CTX_WRITE | CTX_NARROW)

/*  field            kind         native          bytes sched socket cgroup */
#define FIELDS(F) \
F(len,             SCALAR,      len,              4, RN,   RN,   RN) \
F(pkt_type,        SCALAR,      pkt_type,         4, RN,   RN,   RN) \
F(mark,            SCALAR,      mark,             4, RWN,  RN,   RWN) \
F(queue_mapping,   QUEUE,       queue_mapping,    4, RWN,  RN,   RN) \
F(protocol,        SCALAR,      protocol,         4, RN,   RN,   RN) \
F(vlan_present,    SCALAR,      vlan_present,     4, RN,   RN,   RN) \
F(vlan_tci,        SCALAR,      vlan_tci,         4, RN,   RN,   RN) \
F(vlan_proto,      SCALAR,      vlan_proto,       4, RN,   RN,   RN) \
F(priority,        SCALAR,      priority,         4, RWN,  RN,   RWN) \
F(ingress_ifindex, SCALAR,      ingress_ifindex,  4, RN,   RN,   RN) \
F(ifindex,         SCALAR,      ifindex,          4, RN,   RN,   RN) \
F(tc_index,        SCALAR,      tc_index,         2, RWN,  RN,   RN) \
F(cb,              BYTES,       cb,              20, RWN,  RWN,  RWN) \
F(hash,            SCALAR,      hash,             4, RN,   RN,   RN) \
F(tc_classid,      SCALAR,      tc_classid,       2, RWN,  NONE, NONE) \
F(data,            PACKET,      data,             8, R,    NONE, R) \
F(data_end,        PACKET_END,  data_end,         8, R,    NONE, R) \
F(napi_id,         SCALAR,      napi_id,          4, RN,   RN,   RN) \
F(family,          SCALAR,      family,           4, NONE, NONE, RN) \
F(remote_ip4,      SCALAR,      remote_ip4,       4, NONE, NONE, R) \
F(local_ip4,       SCALAR,      local_ip4,        4, NONE, NONE, R) \
F(remote_ip6[0],   SCALAR,      remote_ip6[0],    4, NONE, NONE, R) \
F(remote_ip6[1],   SCALAR,      remote_ip6[1],    4, NONE, NONE, R) \
F(remote_ip6[2],   SCALAR,      remote_ip6[2],    4, NONE, NONE, R) \
F(remote_ip6[3],   SCALAR,      remote_ip6[3],    4, NONE, NONE, R) \
F(local_ip6[0],    SCALAR,      local_ip6[0],     4, NONE, NONE, R) \
F(local_ip6[1],    SCALAR,      local_ip6[1],     4, NONE, NONE, R) \
F(local_ip6[2],    SCALAR,      local_ip6[2],     4, NONE, NONE, R) \
F(local_ip6[3],    SCALAR,      local_ip6[3],     4, NONE, NONE, R) \
F(remote_port,     SCALAR,      remote_port,      4, NONE, NONE, RN) \
F(local_port,      SCALAR,      local_port,       4, NONE, NONE, RN) \
F(data_meta,       PACKET_META, data_meta,        8, R,    NONE, NONE) \
F(flow_keys,       POINTER,     flow_keys,        8, NONE, NONE, NONE) \
F(tstamp,          SCALAR,      tstamp,           8, RW,   NONE, RW) \
F(wire_len,        SCALAR,      wire_len,         4, RN,   NONE, NONE) \
F(gso_segs,        SCALAR,      gso_segs,         4, RN,   RN,   RN) \
F(sk,              POINTER,     sk,               8, R,    R,    R) \
F(gso_size,        SCALAR,      gso_size,         4, RN,   RN,   RN) \
F(tstamp_type,     SCALAR,      tstamp_type,      1, R,    NONE, NONE) \
F(hwtstamp,        SCALAR,      hwtstamp,         8, R,    NONE, R)

/* Narrow native fields are the low bytes of the packet's 32-bit ones. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW(native, bytes) offsetof(struct packet, native)
#else
#define LOW(native, bytes) \
	(offsetof(struct packet, native) + \
	 sizeof_field(struct packet, native) - (bytes))
#endif

#define ROW(name, kind, native, bytes, rights) \
	{ #name, offsetof(struct __sk_buff, name), \
	  sizeof_field(struct __sk_buff, name), LOW(native, bytes), bytes, \
	  CTX_##kind, rights, 0 },

#define SCHED(name, kind, native, bytes, sched, socket, cgroup) \
	ROW(name, kind, native, bytes, sched)
#define SOCKET(name, kind, native, bytes, sched, socket, cgroup) \
	ROW(name, kind, native, bytes, socket)
#define CGROUP(name, kind, native, bytes, sched, socket, cgroup) \
	ROW(name, kind, native, bytes, cgroup)

static const struct ctx_field sched_fields[] = { FIELDS(SCHED) };
static const struct ctx_field socket_fields[] = { FIELDS(SOCKET) };
static const struct ctx_field cgroup_fields[] = { FIELDS(CGROUP) };

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

static const struct verdict_row cgroup_verdicts[] = {
	{ SK_DROP, "SK_DROP" },
	{ SK_PASS, "SK_PASS" },
};

const struct ctx_layout ctx_sched = {
	.name = "__sk_buff",
	.size = sizeof(struct __sk_buff),
	.fields = sched_fields,
	.fields_cnt = ARRAY_SIZE(sched_fields),
	.packet = CTX_READ | CTX_WRITE,
	.verdicts = sched_verdicts,
	.verdicts_cnt = ARRAY_SIZE(sched_verdicts),
};

/* Its result is the number of bytes to keep, so no value has a name. */
const struct ctx_layout ctx_socket_filter = {
	.name = "__sk_buff",
	.size = sizeof(struct __sk_buff),
	.fields = socket_fields,
	.fields_cnt = ARRAY_SIZE(socket_fields),
};

const struct ctx_layout ctx_cgroup_skb = {
	.name = "__sk_buff",
	.size = sizeof(struct __sk_buff),
	.fields = cgroup_fields,
	.fields_cnt = ARRAY_SIZE(cgroup_fields),
	.packet = CTX_READ,
	.verdicts = cgroup_verdicts,
	.verdicts_cnt = ARRAY_SIZE(cgroup_verdicts),
};
