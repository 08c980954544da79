/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See host.h for the picture. The two programs are written out here as
 * instructions and loaded with bpf(2) itself, since tcx is younger than the
 * libbpf that skep builds with. Linux 6.6 is the first with tcx.
 *
 * A frame comes back with packet type HOST whatever its destination is; the
 * gate sets the type by the address, as the device's driver would have.
 */
#include "hook/net/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/str.h"
#include "spec/diags.h"
#include "spec/spec.h"

#define TCX_NEXT	(-1)
#define BPF_F_FIRST	(1u << 3)	/* BPF_F_BEFORE with no reference */

#define INSN(c, d, s, o, i) \
	{ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define MOV_REG(d, s)	INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV_IMM(d, i)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ALU_IMM(op, d, i) INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define LOAD(sz, d, s, o) INSN(BPF_LDX | BPF_MEM | (sz), d, s, o, 0)
#define STORE(sz, d, s, o) INSN(BPF_STX | BPF_MEM | (sz), d, s, o, 0)
#define IF_REG(op, d, s, o) INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define IF32_IMM(op, d, i, o) INSN(BPF_JMP32 | (op) | BPF_K, d, 0, o, i)
#define CALL(id)	INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define EXIT		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define SKB(field)	((int16_t)offsetof(struct __sk_buff, field))

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	int got = (int)syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return got < 0 ? -errno : got;
}

static int load(const struct bpf_insn *insns, uint32_t cnt, const char *name)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.insns = (uint64_t)(uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uint64_t)(uintptr_t)"Dual BSD/GPL";
	str_copy(attr.prog_name, sizeof(attr.prog_name), name);
	return sys_bpf(BPF_PROG_LOAD, &attr);
}

/* Loads a program and links it first at the interface's tcx ingress. */
static int link_ingress(const struct bpf_insn *insns, uint32_t cnt,
			const char *name, uint32_t ifindex)
{
	union bpf_attr attr;
	int prog, link;

	prog = load(insns, cnt, name);
	if (prog < 0)
		return prog;
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)prog;
	attr.link_create.target_ifindex = ifindex;
	attr.link_create.attach_type = (uint32_t)ATTACH_TYPE_TCX_INGRESS;
	attr.link_create.flags = BPF_F_FIRST;
	link = sys_bpf(BPF_LINK_CREATE, &attr);
	close(prog);
	return link;
}

static int link_gate(uint32_t ifindex, uint32_t mark, const uint8_t *mac)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1),
		LOAD(BPF_W, 2, 6, SKB(mark)),
		IF32_IMM(BPF_JEQ, 2, (int32_t)mark, 2),
		MOV_IMM(0, TC_ACT_SHOT),
		EXIT,
		/* back from skep: the mark was ours alone */
		MOV_IMM(2, 0),
		STORE(BPF_W, 6, 2, SKB(mark)),
		LOAD(BPF_W, 2, 6, SKB(data)),
		LOAD(BPF_W, 3, 6, SKB(data_end)),
		MOV_REG(4, 2),
		ALU_IMM(BPF_ADD, 4, 6),
		IF_REG(BPF_JGT, 4, 3, 14),
		LOAD(BPF_W, 4, 2, 0),
		LOAD(BPF_H, 5, 2, 4),
		IF32_IMM(BPF_JNE, 4, (int32_t)get_u32(mac), 1),
		IF32_IMM(BPF_JEQ, 5, get_u16(mac + 4), 10),
		LOAD(BPF_B, 7, 2, 0),
		ALU_IMM(BPF_AND, 7, 1),
		MOV_IMM(2, PACKET_OTHERHOST),
		IF32_IMM(BPF_JEQ, 7, 0, 4),
		MOV_IMM(2, PACKET_MULTICAST),
		IF32_IMM(BPF_JNE, 4, -1, 2),
		IF32_IMM(BPF_JNE, 5, 0xffff, 1),
		MOV_IMM(2, PACKET_BROADCAST),
		MOV_REG(1, 6),
		CALL(HELPER_skb_change_type),
		MOV_IMM(0, TCX_NEXT),
		EXIT,
	};

	return link_ingress(insns, ARRAY_SIZE(insns), "skep_gate", ifindex);
}

static int link_tap(uint32_t tap, uint32_t mark, uint32_t ifindex)
{
	const struct bpf_insn insns[] = {
		MOV_IMM(2, (int32_t)mark),
		STORE(BPF_W, 1, 2, SKB(mark)),
		MOV_IMM(1, (int32_t)ifindex),
		MOV_IMM(2, BPF_F_INGRESS),
		CALL(HELPER_redirect),
		EXIT,
	};

	return link_ingress(insns, ARRAY_SIZE(insns), "skep_back", tap);
}

/* The host must not talk on the TAP of its own accord (IPv6 would). */
static void silence(const char *ifname)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path),
		 "/proc/sys/net/ipv6/conf/%s/disable_ipv6", ifname);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* without effect it talks into a TAP that nobody reads: no harm */
	(void)!write(fd, "1", 1);
	close(fd);
}

static int bring_up(struct host *host, const char *ifname)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req;
	int err = 0;

	if (sock < 0)
		return -errno;
	memset(&req, 0, sizeof(req));
	str_copy(req.ifr_name, IFNAMSIZ, ifname);
	req.ifr_flags = IFF_UP | IFF_NOARP;
	if (ioctl(sock, SIOCSIFFLAGS, &req))
		err = -errno;
	host->tap_ifindex = if_nametoindex(ifname);
	close(sock);
	return err;
}

static int open_tap(struct host *host)
{
	struct ifreq req;

	host->tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (host->tap < 0)
		return -errno;
	memset(&req, 0, sizeof(req));
	strcpy(req.ifr_name, "skep%d");
	req.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (ioctl(host->tap, TUNSETIFF, &req))
		return -errno;
	silence(req.ifr_name);
	return bring_up(host, req.ifr_name);
}

static int read_mac(const char *ifname, uint8_t *mac)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req;
	int err = 0;

	if (sock < 0)
		return -errno;
	memset(&req, 0, sizeof(req));
	str_copy(req.ifr_name, IFNAMSIZ, ifname);
	if (ioctl(sock, SIOCGIFHWADDR, &req))
		err = -errno;
	else
		memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	close(sock);
	return err;
}

static int report(struct diag_sink *sink, const char *ifname, int err,
		  const char *what)
{
	struct diag_where where = { .file = ifname, .insn = -1 };

	if (err == -EPERM || err == -EACCES)
		return diag_report(sink, DIAG_PORT_PRIVILEGE, &where,
				   "%s: %s", what, strerror(-err));
	diag_report(sink, DIAG_PORT_HOST, &where, "%s: %s", what,
		    strerror(-err));
	return -EOPNOTSUPP;
}

/*
 * Two gates on one interface would hand each other their frames for ever. An
 * abstract socket's name is taken once in a network namespace, as ifindexes
 * are, and is free again when its holder dies.
 */
static int claim_device(struct host *host, uint32_t ifindex)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int len = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
			   "skep.port.%u", ifindex);

	host->claim = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (host->claim < 0)
		return -errno;
	if (bind(host->claim, (struct sockaddr *)&name, (socklen_t)
		 (offsetof(struct sockaddr_un, sun_path) + 1 + len)) < 0)
		return -errno;
	return 0;
}

int host_open(struct host *host, const char *ifname, uint32_t ifindex,
	      struct diag_sink *sink)
{
	struct diag_where where = { .file = ifname, .insn = -1 };
	int err;

	*host = (struct host)HOST_CLOSED;
	err = claim_device(host, ifindex);
	if (err) {
		host_close(host);
		return diag_report(sink, DIAG_PORT_BUSY, &where,
				   "another skep runs on this interface (%s)",
				   strerror(-err));
	}
	if (getrandom(&host->mark, sizeof(host->mark), 0) < 0)
		host->mark = (uint32_t)getpid();
	host->mark = (host->mark & 0x7fffffff) | 1;	/* a plain immediate */
	err = open_tap(host);
	if (err) {
		host_close(host);
		return report(sink, ifname, err,
			      "the TAP device for passed packets cannot be "
			      "made");
	}
	host->tap_link = link_tap(host->tap_ifindex, host->mark, ifindex);
	if (host->tap_link < 0) {
		err = host->tap_link;
		host_close(host);
		return report(sink, ifname, err,
			      "no tcx program can be attached to the TAP "
			      "device");
	}
	return 0;
}

int host_shut(struct host *host, const char *ifname, uint32_t ifindex,
	      struct diag_sink *sink)
{
	uint8_t mac[6] = { 0 };
	int err = read_mac(ifname, mac);

	if (err)
		return report(sink, ifname, err, "its address is not known");
	host->gate_link = link_gate(ifindex, host->mark, mac);
	if (host->gate_link < 0)
		return report(sink, ifname, host->gate_link,
			      "the host's own path cannot be closed");
	return 0;
}

int host_pass(struct host *host, const struct iovec *iov, int cnt)
{
	return writev(host->tap, iov, cnt) < 0 ? -errno : 0;
}

void host_close(struct host *host)
{
	const int fds[] = { host->gate_link, host->tap_link, host->tap,
			    host->claim };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*host = (struct host)HOST_CLOSED;
}
