/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of sockets: TCP state changes, messages of a sockmap, the choice of
 * a socket. For verification; skep does not run these programs.
 * Reference: include/uapi/linux/bpf.h, net/core/filter.c.
 */
#include <linux/bpf.h>

#include "prog/rows.h"

#define OPS(field, kind, access, ...) \
	CTX_FIELD(struct bpf_sock_ops, field, kind, access, ##__VA_ARGS__)
#define NUM(field)	OPS(field, SCALAR, R)
#define NUMS(field)	OPS(field, SCALAR, R, .unit = 4)

/* `reply` shares its place with args[0] and is the one that is written. */
static const struct ctx_field sock_ops_fields[] = {
	NUM(op), OPS(reply, SCALAR, RW), NUMS(args), NUM(family),
	NUM(remote_ip4), NUM(local_ip4), NUMS(remote_ip6), NUMS(local_ip6),
	NUM(remote_port), NUM(local_port), NUM(is_fullsock), NUM(snd_cwnd),
	NUM(srtt_us), NUM(bpf_sock_ops_cb_flags), NUM(state), NUM(rtt_min),
	NUM(snd_ssthresh), NUM(rcv_nxt), NUM(snd_nxt), NUM(snd_una),
	NUM(mss_cache), NUM(ecn_flags), NUM(rate_delivered),
	NUM(rate_interval_us), NUM(packets_out), NUM(retrans_out),
	NUM(total_retrans), NUM(segs_in), NUM(data_segs_in), NUM(segs_out),
	NUM(data_segs_out), NUM(lost_out), NUM(sacked_out),
	OPS(sk_txhash, SCALAR, RW), NUM(bytes_received), NUM(bytes_acked),
	OPS(sk, SOCKET_OR_NULL, R), OPS(skb_data, PACKET, R),
	OPS(skb_data_end, PACKET_END, R), NUM(skb_len),
	OPS(skb_tcp_flags, SCALAR, RH),
	CTX_PART("skb_hwtstamp", 216, 8, SCALAR, R),
};

static_assert(offsetof(struct bpf_sock_ops, skb_tcp_flags) == 212,
	      "hwtstamp, which headers before 6.2 leave out, comes next");

/* TCP headers can be read, not written, and not handed to calls. */
const struct ctx_layout ctx_sock_ops = {
	.name = "bpf_sock_ops", .no_native = true, .size = 224,
	CTX_ROWS(sock_ops_fields), .packet = CTX_READ,
};

#define MSG(field, kind, ...) \
	CTX_FIELD(struct sk_msg_md, field, kind, R, ##__VA_ARGS__)

static const struct ctx_field sk_msg_fields[] = {
	MSG(data, PACKET),
	MSG(data_end, PACKET_END),
	MSG(family, SCALAR),
	MSG(remote_ip4, SCALAR),
	MSG(local_ip4, SCALAR),
	MSG(remote_ip6, SCALAR, .unit = 4),
	MSG(local_ip6, SCALAR, .unit = 4),
	MSG(remote_port, SCALAR),
	MSG(local_port, SCALAR),
	MSG(size, SCALAR),
	MSG(sk, SOCKET),
};

static_assert(sizeof(struct sk_msg_md) == 80, "as objects know it");

static const struct verdict_row sk_verdicts[] = {
	{ SK_DROP, "SK_DROP" },
	{ SK_PASS, "SK_PASS" },
};

const struct ctx_layout ctx_sk_msg = {
	.name = "sk_msg_md", .no_native = true,
	.size = sizeof(struct sk_msg_md), CTX_ROWS(sk_msg_fields),
	.packet = CTX_READ | CTX_WRITE, .packet_calls = CTX_CALLS_SOME,
	.verdicts = sk_verdicts, .verdicts_cnt = ARRAY_SIZE(sk_verdicts),
};

#define PICK(field, kind, access, ...) \
	CTX_FIELD(struct sk_reuseport_md, field, kind, access, ##__VA_ARGS__)

static const struct ctx_field sk_reuseport_fields[] = {
	PICK(data, PACKET, R),
	PICK(data_end, PACKET_END, R),
	PICK(len, SCALAR, RN),
	PICK(eth_protocol, SCALAR, RN, .least = 2),
	PICK(ip_protocol, SCALAR, RN),
	PICK(bind_inany, SCALAR, RN),
	PICK(hash, SCALAR, R),
	PICK(sk, SOCKET, R),
	PICK(migrating_sk, SOCK_COMMON_OR_NULL, R),
};

static_assert(sizeof(struct sk_reuseport_md) == 56, "as objects know it");

const struct ctx_layout ctx_sk_reuseport = {
	.name = "sk_reuseport_md", .no_native = true,
	.size = sizeof(struct sk_reuseport_md), CTX_ROWS(sk_reuseport_fields),
	.packet = CTX_READ, .packet_calls = CTX_CALLS_SOME,
	.verdicts = sk_verdicts, .verdicts_cnt = ARRAY_SIZE(sk_verdicts),
};

#define FLOW(field, kind, access, ...) \
	CTX_FIELD(struct bpf_sk_lookup, field, kind, access, ##__VA_ARGS__)
#define FLOW_PORT	offsetof(struct bpf_sk_lookup, remote_port)

/* The remote port had 32 bits once: the rest of them can still be read. */
static const struct ctx_field sk_lookup_fields[] = {
	FLOW(sk, SOCKET_OR_NULL, R),
	FLOW(family, SCALAR, RN),
	FLOW(protocol, SCALAR, RN),
	FLOW(remote_ip4, SCALAR, RN),
	FLOW(remote_ip6, SCALAR, RN, .unit = 4),
	FLOW(remote_port, SCALAR, RN),
	CTX_PART("remote_port", FLOW_PORT + 2, 2, SCALAR, RN),
	CTX_PART("remote_port", FLOW_PORT, 4, SCALAR, R),
	FLOW(local_ip4, SCALAR, RN),
	FLOW(local_ip6, SCALAR, RN, .unit = 4),
	FLOW(local_port, SCALAR, RN),
	FLOW(ingress_ifindex, SCALAR, RN),
};

static_assert(sizeof(struct bpf_sk_lookup) == 72, "as objects know it");

const struct ctx_layout ctx_sk_lookup = {
	.name = "bpf_sk_lookup", .no_native = true,
	.size = sizeof(struct bpf_sk_lookup), CTX_ROWS(sk_lookup_fields),
	.verdicts = sk_verdicts, .verdicts_cnt = ARRAY_SIZE(sk_verdicts),
};
