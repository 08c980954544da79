/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets: the context of cgroup_sock programs, and the structs that pointers
 * from helpers and from other contexts lead to. For verification; skep does
 * not run programs that have sockets.
 * Reference: include/uapi/linux/bpf.h, net/core/filter.c.
 */
#include <linux/bpf.h>

#include "prog/rows.h"

/* An attach type of 0 is one that was not told, and taken for CREATE. */
#define AT_MADE		(1 | ATTACH_BIT(CGROUP_INET_SOCK_CREATE) | \
			 ATTACH_BIT(CGROUP_INET_SOCK_RELEASE))
#define AT_BOUND4	ATTACH_BIT(CGROUP_INET4_POST_BIND)
#define AT_BOUND6	ATTACH_BIT(CGROUP_INET6_POST_BIND)

#define SOCK(field, kind, access, ...) \
	CTX_FIELD(struct bpf_sock, field, kind, access, ##__VA_ARGS__)

/* The peer: its port has 16 bits, and is loaded as 32 by old programs too. */
#define PEER \
	SOCK(dst_port, SCALAR, RN), \
	CTX_PART("dst_port", offsetof(struct bpf_sock, dst_port), 4, \
		 SCALAR, R), \
	SOCK(dst_ip4, SCALAR, RN), \
	SOCK(dst_ip6, SCALAR, RN, .unit = 4), \
	SOCK(state, SCALAR, RH), \
	SOCK(rx_queue_mapping, SCALAR, RH)

static const struct ctx_field cgroup_fields[] = {
	SOCK(bound_dev_if, SCALAR, RW, .read_at = AT_MADE, .write_at = AT_MADE),
	SOCK(family, SCALAR, RH),
	SOCK(type, SCALAR, RH),
	SOCK(protocol, SCALAR, RH),
	SOCK(mark, SCALAR, RW, .read_at = AT_MADE, .write_at = AT_MADE),
	SOCK(priority, SCALAR, RW, .read_at = AT_MADE, .write_at = AT_MADE),
	SOCK(src_ip4, SCALAR, RN, .read_at = AT_BOUND4),
	SOCK(src_ip6, SCALAR, RN, .unit = 4, .read_at = AT_BOUND6),
	SOCK(src_port, SCALAR, RH, .read_at = AT_BOUND4 | AT_BOUND6),
	PEER,
};

static const struct ctx_field socket_fields[] = {
	SOCK(bound_dev_if, SCALAR, R),
	SOCK(family, SCALAR, RH),
	SOCK(type, SCALAR, RH),
	SOCK(protocol, SCALAR, RH),
	SOCK(mark, SCALAR, R),
	SOCK(priority, SCALAR, R),
	SOCK(src_ip4, SCALAR, RN),
	SOCK(src_ip6, SCALAR, RN, .unit = 4),
	SOCK(src_port, SCALAR, RH),
	PEER,
};

/* Of a socket that may be no more than a request or in TIME_WAIT. */
static const struct ctx_field sock_common_fields[] = {
	SOCK(bound_dev_if, SCALAR, R),
	SOCK(family, SCALAR, RH),
	SOCK(src_ip4, SCALAR, RN),
	SOCK(src_ip6, SCALAR, RN, .unit = 4),
	SOCK(src_port, SCALAR, RH),
	PEER,
};

#define TCP(field)	CTX_FIELD(struct bpf_tcp_sock, field, SCALAR, R)

static const struct ctx_field tcp_sock_fields[] = {
	TCP(snd_cwnd), TCP(srtt_us), TCP(rtt_min), TCP(snd_ssthresh),
	TCP(rcv_nxt), TCP(snd_nxt), TCP(snd_una), TCP(mss_cache),
	TCP(ecn_flags), TCP(rate_delivered), TCP(rate_interval_us),
	TCP(packets_out), TCP(retrans_out), TCP(total_retrans), TCP(segs_in),
	TCP(data_segs_in), TCP(segs_out), TCP(data_segs_out), TCP(lost_out),
	TCP(sacked_out), TCP(bytes_received), TCP(bytes_acked),
	TCP(dsack_dups), TCP(delivered), TCP(delivered_ce),
	TCP(icsk_retransmits),
};

static_assert(ARRAY_SIZE(tcp_sock_fields) == 26, "every field of it");

static const struct ctx_field xdp_sock_fields[] = {
	CTX_FIELD(struct bpf_xdp_sock, queue_id, SCALAR, R),
};

static const struct ctx_field flow_keys_fields[] = {
	CTX_PART("flow_keys", 0, sizeof(struct bpf_flow_keys), BYTES, RW),
};

const struct ctx_layout ctx_cgroup_sock = {
	.name = "bpf_sock", .no_native = true, .size = sizeof(struct bpf_sock),
	CTX_ROWS(cgroup_fields),
};

const struct ctx_layout ctx_to_socket = {
	.name = "bpf_sock", .no_native = true, .size = sizeof(struct bpf_sock),
	CTX_ROWS(socket_fields),
};

const struct ctx_layout ctx_to_sock_common = {
	.name = "bpf_sock", .no_native = true, .size = sizeof(struct bpf_sock),
	CTX_ROWS(sock_common_fields),
};

const struct ctx_layout ctx_to_tcp_sock = {
	.name = "bpf_tcp_sock", .no_native = true,
	.size = sizeof(struct bpf_tcp_sock), CTX_ROWS(tcp_sock_fields),
};

const struct ctx_layout ctx_to_xdp_sock = {
	.name = "bpf_xdp_sock", .no_native = true,
	.size = sizeof(struct bpf_xdp_sock), CTX_ROWS(xdp_sock_fields),
};

const struct ctx_layout ctx_to_flow_keys = {
	.name = "bpf_flow_keys", .no_native = true,
	.size = sizeof(struct bpf_flow_keys), CTX_ROWS(flow_keys_fields),
};
