/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cgroup's tasks ask for: addresses of socket calls, socket options,
 * sysctls, devices. For verification; skep does not run these programs.
 * Reference: include/uapi/linux/bpf.h, net/core/filter.c, kernel/bpf/cgroup.c.
 */
#include <linux/bpf.h>

#include "prog/rows.h"

#define AT_IP4	(ATTACH_BIT(CGROUP_INET4_BIND) | \
		 ATTACH_BIT(CGROUP_INET4_CONNECT) | \
		 ATTACH_BIT(CGROUP_INET4_GETPEERNAME) | \
		 ATTACH_BIT(CGROUP_INET4_GETSOCKNAME) | \
		 ATTACH_BIT(CGROUP_UDP4_SENDMSG) | \
		 ATTACH_BIT(CGROUP_UDP4_RECVMSG))
#define AT_IP6	(ATTACH_BIT(CGROUP_INET6_BIND) | \
		 ATTACH_BIT(CGROUP_INET6_CONNECT) | \
		 ATTACH_BIT(CGROUP_INET6_GETPEERNAME) | \
		 ATTACH_BIT(CGROUP_INET6_GETSOCKNAME) | \
		 ATTACH_BIT(CGROUP_UDP6_SENDMSG) | \
		 ATTACH_BIT(CGROUP_UDP6_RECVMSG))
#define AT_SEND4	ATTACH_BIT(CGROUP_UDP4_SENDMSG)
#define AT_SEND6	ATTACH_BIT(CGROUP_UDP6_SENDMSG)
#define AT(where)	.read_at = (where), .write_at = (where)

#define ADDR(field, kind, access, ...) \
	CTX_FIELD(struct bpf_sock_addr, field, kind, access, ##__VA_ARGS__)

static const struct ctx_field sock_addr_fields[] = {
	ADDR(user_family, SCALAR, R),
	ADDR(user_ip4, SCALAR, RWN, AT(AT_IP4)),
	ADDR(user_ip6, SCALAR, RWN | CTX_WIDE, .unit = 4, AT(AT_IP6)),
	ADDR(user_port, SCALAR, RWN),
	ADDR(family, SCALAR, R),
	ADDR(type, SCALAR, R),
	ADDR(protocol, SCALAR, R),
	ADDR(msg_src_ip4, SCALAR, RWN, AT(AT_SEND4)),
	ADDR(msg_src_ip6, SCALAR, RWN | CTX_WIDE, .unit = 4, AT(AT_SEND6)),
	ADDR(sk, SOCKET, R),
};

static_assert(sizeof(struct bpf_sock_addr) == 72, "as objects know it");

const struct ctx_layout ctx_cgroup_sock_addr = {
	.name = "bpf_sock_addr", .no_native = true,
	.size = sizeof(struct bpf_sock_addr), CTX_ROWS(sock_addr_fields),
};

#define AT_GET	ATTACH_BIT(CGROUP_GETSOCKOPT)
#define AT_SET	ATTACH_BIT(CGROUP_SETSOCKOPT)

#define OPT(field, kind, access, ...) \
	CTX_FIELD(struct bpf_sockopt, field, kind, access, ##__VA_ARGS__)

static const struct ctx_field sockopt_fields[] = {
	OPT(sk, SOCKET, R),
	OPT(optval, PACKET, R),
	OPT(optval_end, PACKET_END, R),
	OPT(level, SCALAR, RW, .write_at = AT_SET),
	OPT(optname, SCALAR, RW, .write_at = AT_SET),
	OPT(optlen, SCALAR, RW),
	OPT(retval, SCALAR, RW, AT(AT_GET)),
};

static_assert(sizeof(struct bpf_sockopt) == 40, "as objects know it");

/* The option's value is met as a packet is, and any call may have it. */
const struct ctx_layout ctx_cgroup_sockopt = {
	.name = "bpf_sockopt", .no_native = true,
	.size = sizeof(struct bpf_sockopt), CTX_ROWS(sockopt_fields),
	.packet = CTX_READ | CTX_WRITE, .packet_calls = CTX_CALLS_ALL,
};

static const struct ctx_field sysctl_fields[] = {
	CTX_FIELD(struct bpf_sysctl, write, SCALAR, RN),
	CTX_FIELD(struct bpf_sysctl, file_pos, SCALAR, RWN),
};

const struct ctx_layout ctx_cgroup_sysctl = {
	.name = "bpf_sysctl", .no_native = true,
	.size = sizeof(struct bpf_sysctl), CTX_ROWS(sysctl_fields),
};

static const struct ctx_field device_fields[] = {
	CTX_FIELD(struct bpf_cgroup_dev_ctx, access_type, SCALAR, RN),
	CTX_FIELD(struct bpf_cgroup_dev_ctx, major, SCALAR, R),
	CTX_FIELD(struct bpf_cgroup_dev_ctx, minor, SCALAR, R),
};

const struct ctx_layout ctx_cgroup_device = {
	.name = "bpf_cgroup_dev_ctx", .no_native = true,
	.size = sizeof(struct bpf_cgroup_dev_ctx), CTX_ROWS(device_fields),
};
