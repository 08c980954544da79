/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payload.c as eBPF. r8 is the offset of the header looked at, r9 the
 * ethertype; the IP protocol and the count of headers are on the stack. The
 * count is a constant on every path, so the verifier sees that it ends.
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "cbpf/emit.h"

#define HEADERS_MAX	15

struct labels {
	size_t link, ip, good, later, bad, done;
};

/* `size` bytes at r8 + delta to SLOT_BYTES, or goto `miss`. */
static void emit_bytes(struct cbpf_emit *e, int delta, int size, size_t miss)
{
	cbpf_emit(e, R_REG(BPF_MOV, BPF_REG_1, REG_CTX));
	cbpf_emit(e, W_REG(BPF_MOV, BPF_REG_2, REG_T));
	if (delta)
		cbpf_emit(e, W_IMM(BPF_ADD, BPF_REG_2, delta));
	cbpf_emit(e, R_REG(BPF_MOV, BPF_REG_3, REG_FP));
	cbpf_emit(e, R_IMM(BPF_ADD, BPF_REG_3, SLOT_BYTES));
	cbpf_emit(e, W_IMM(BPF_MOV, BPF_REG_4, size));
	cbpf_emit(e, CALL_HELPER(BPF_FUNC_skb_load_bytes));
	cbpf_emit_jump(e, IF_IMM(BPF_JNE, BPF_REG_0, 0), miss);
}

/* reg = the byte or big-endian half-word that was read at `at`. */
static void emit_byte(struct cbpf_emit *e, int reg, int at)
{
	cbpf_emit(e, LOAD(BPF_B, reg, REG_FP, SLOT_BYTES + at));
}

static void emit_half(struct cbpf_emit *e, int reg, int at)
{
	cbpf_emit(e, LOAD(BPF_H, reg, REG_FP, SLOT_BYTES + at));
	cbpf_emit(e, FROM_BE(reg, 16));
}

/* One header more; the last one is taken for what it is. */
static void emit_count(struct cbpf_emit *e, size_t enough)
{
	cbpf_emit(e, LOAD(BPF_W, BPF_REG_1, REG_FP, SLOT_COUNT));
	cbpf_emit_jump(e, IF_IMM(BPF_JEQ, BPF_REG_1, HEADERS_MAX), enough);
	cbpf_emit(e, W_IMM(BPF_ADD, BPF_REG_1, 1));
	cbpf_emit(e, STORE(BPF_W, REG_FP, SLOT_COUNT, BPF_REG_1));
}

static void emit_ip_proto(struct cbpf_emit *e, int at)
{
	emit_byte(e, BPF_REG_1, at);
	cbpf_emit(e, STORE(BPF_W, REG_FP, SLOT_PROTO, BPF_REG_1));
}

static void emit_vlan(struct cbpf_emit *e, const struct labels *to)
{
	emit_bytes(e, 0, 4, to->bad);
	emit_half(e, REG_U, 2);
	cbpf_emit(e, W_IMM(BPF_ADD, REG_T, 4));
	cbpf_emit_jump(e, GOTO, to->link);
}

static void emit_ipv4(struct cbpf_emit *e, const struct labels *to)
{
	emit_bytes(e, 0, 20, to->bad);
	emit_byte(e, BPF_REG_1, 0);
	cbpf_emit(e, W_IMM(BPF_AND, BPF_REG_1, 0xf));
	cbpf_emit_jump(e, IF_IMM(BPF_JLT, BPF_REG_1, 5), to->bad);
	cbpf_emit(e, W_IMM(BPF_LSH, BPF_REG_1, 2));
	cbpf_emit(e, W_REG(BPF_ADD, REG_T, BPF_REG_1));
	emit_ip_proto(e, 9);
	emit_half(e, BPF_REG_1, 6);
	cbpf_emit_jump(e, IF_IMM(BPF_JSET, BPF_REG_1, 0x1fff), to->later);
	cbpf_emit_jump(e, IF_IMM(BPF_JSET, BPF_REG_1, 0x2000), to->good);
	cbpf_emit_jump(e, GOTO, to->ip);
}

static void emit_ipv6(struct cbpf_emit *e, const struct labels *to)
{
	emit_bytes(e, 39, 1, to->bad);
	emit_bytes(e, 6, 1, to->bad);
	emit_ip_proto(e, 0);
	cbpf_emit(e, W_IMM(BPF_ADD, REG_T, 40));
	cbpf_emit_jump(e, GOTO, to->ip);
}

/* Goes to code for `value` in `reg`, which follows at `label`. */
static void emit_case(struct cbpf_emit *e, int reg, int value, size_t label)
{
	cbpf_emit_jump(e, IF_IMM(BPF_JEQ, reg, value), label);
}

static void emit_link(struct cbpf_emit *e, const struct labels *to)
{
	size_t vlan = cbpf_label(e), ipv4 = cbpf_label(e);
	size_t ipv6 = cbpf_label(e);

	cbpf_here(e, to->link);
	emit_count(e, to->good);
	emit_case(e, REG_U, ETH_P_8021Q, vlan);
	emit_case(e, REG_U, ETH_P_8021AD, vlan);
	emit_case(e, REG_U, ETH_P_IP, ipv4);
	emit_case(e, REG_U, ETH_P_IPV6, ipv6);
	emit_case(e, REG_U, ETH_P_ARP, to->good);
	emit_case(e, REG_U, ETH_P_RARP, to->good);
	cbpf_emit_jump(e, GOTO, to->bad);
	cbpf_here(e, vlan);
	emit_vlan(e, to);
	cbpf_here(e, ipv4);
	emit_ipv4(e, to);
	cbpf_here(e, ipv6);
	emit_ipv6(e, to);
}

static void emit_extension(struct cbpf_emit *e, const struct labels *to)
{
	cbpf_emit_jump(e, IF_IMM(BPF_JNE, REG_U, ETH_P_IPV6), to->good);
	emit_bytes(e, 0, 2, to->bad);
	emit_ip_proto(e, 0);
	emit_byte(e, BPF_REG_1, 1);
	cbpf_emit(e, W_IMM(BPF_ADD, BPF_REG_1, 1));
	cbpf_emit(e, W_IMM(BPF_LSH, BPF_REG_1, 3));
	cbpf_emit(e, W_REG(BPF_ADD, REG_T, BPF_REG_1));
	cbpf_emit_jump(e, GOTO, to->ip);
}

static void emit_fragment(struct cbpf_emit *e, const struct labels *to)
{
	cbpf_emit_jump(e, IF_IMM(BPF_JNE, REG_U, ETH_P_IPV6), to->good);
	emit_bytes(e, 0, 8, to->bad);
	emit_ip_proto(e, 0);
	cbpf_emit(e, W_IMM(BPF_ADD, REG_T, 8));
	emit_half(e, BPF_REG_1, 2);
	cbpf_emit_jump(e, IF_IMM(BPF_JSET, BPF_REG_1, 0xfff8), to->later);
	cbpf_emit_jump(e, GOTO, to->good);
}

static void emit_ip(struct cbpf_emit *e, const struct labels *to)
{
	size_t extension = cbpf_label(e), fragment = cbpf_label(e);
	size_t ipv4 = cbpf_label(e), ipv6 = cbpf_label(e);

	cbpf_here(e, to->ip);
	emit_count(e, to->good);
	cbpf_emit(e, LOAD(BPF_W, BPF_REG_1, REG_FP, SLOT_PROTO));
	emit_case(e, BPF_REG_1, IPPROTO_HOPOPTS, extension);
	emit_case(e, BPF_REG_1, IPPROTO_ROUTING, extension);
	emit_case(e, BPF_REG_1, IPPROTO_DSTOPTS, extension);
	emit_case(e, BPF_REG_1, IPPROTO_FRAGMENT, fragment);
	emit_case(e, BPF_REG_1, IPPROTO_IPIP, ipv4);
	emit_case(e, BPF_REG_1, IPPROTO_IPV6, ipv6);
	cbpf_emit_jump(e, GOTO, to->good);
	cbpf_here(e, ipv4);
	cbpf_emit(e, W_IMM(BPF_MOV, REG_U, ETH_P_IP));
	cbpf_emit_jump(e, GOTO, to->link);
	cbpf_here(e, ipv6);
	cbpf_emit(e, W_IMM(BPF_MOV, REG_U, ETH_P_IPV6));
	cbpf_emit_jump(e, GOTO, to->link);
	cbpf_here(e, extension);
	emit_extension(e, to);
	cbpf_here(e, fragment);
	emit_fragment(e, to);
}

/* r8 = min(r8, length of the packet) */
static void emit_cap(struct cbpf_emit *e)
{
	size_t inside = cbpf_label(e);

	cbpf_emit(e, LOAD(BPF_W, BPF_REG_1, REG_CTX,
			  offsetof(struct __sk_buff, len)));
	cbpf_emit_jump(e, IF_REG(BPF_JLE, REG_T, BPF_REG_1), inside);
	cbpf_emit(e, W_REG(BPF_MOV, REG_T, BPF_REG_1));
	cbpf_here(e, inside);
}

static void emit_tcp(struct cbpf_emit *e, const struct labels *to)
{
	size_t long_enough = cbpf_label(e);

	emit_bytes(e, 12, 1, to->done);
	emit_byte(e, BPF_REG_1, 0);
	cbpf_emit(e, W_IMM(BPF_AND, BPF_REG_1, 0xf0));
	cbpf_emit(e, W_IMM(BPF_RSH, BPF_REG_1, 2));
	cbpf_emit_jump(e, IF_IMM(BPF_JGE, BPF_REG_1, 20), long_enough);
	cbpf_emit(e, W_IMM(BPF_MOV, BPF_REG_1, 20));
	cbpf_here(e, long_enough);
	cbpf_emit(e, W_REG(BPF_ADD, REG_T, BPF_REG_1));
	cbpf_emit_jump(e, GOTO, to->done);
}

static void emit_transport(struct cbpf_emit *e, const struct labels *to)
{
	static const uint8_t eight[] = { IPPROTO_UDP, IPPROTO_UDPLITE,
		IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP };
	static const uint8_t twelve[] = { IPPROTO_DCCP, IPPROTO_SCTP };
	size_t tcp = cbpf_label(e), plus8 = cbpf_label(e);
	size_t plus12 = cbpf_label(e);

	cbpf_here(e, to->good);
	emit_cap(e);
	cbpf_emit(e, LOAD(BPF_W, BPF_REG_1, REG_FP, SLOT_PROTO));
	emit_case(e, BPF_REG_1, IPPROTO_TCP, tcp);
	for (size_t i = 0; i < ARRAY_SIZE(eight); i++)
		emit_case(e, BPF_REG_1, eight[i], plus8);
	for (size_t i = 0; i < ARRAY_SIZE(twelve); i++)
		emit_case(e, BPF_REG_1, twelve[i], plus12);
	cbpf_emit_jump(e, GOTO, to->done);
	cbpf_here(e, plus12);
	cbpf_emit(e, W_IMM(BPF_ADD, REG_T, 4));
	cbpf_here(e, plus8);
	cbpf_emit(e, W_IMM(BPF_ADD, REG_T, 8));
	cbpf_emit_jump(e, GOTO, to->done);
	cbpf_here(e, tcp);
	emit_tcp(e, to);
}

void cbpf_emit_pay_offset(struct cbpf_emit *e)
{
	const struct labels to = {
		cbpf_label(e), cbpf_label(e), cbpf_label(e),
		cbpf_label(e), cbpf_label(e), cbpf_label(e),
	};

	cbpf_emit(e, STORE_IMM(BPF_W, REG_FP, SLOT_COUNT, 0));
	cbpf_emit(e, STORE_IMM(BPF_W, REG_FP, SLOT_PROTO, 0xff));
	cbpf_emit(e, W_IMM(BPF_MOV, REG_T, e->options->net_off));
	cbpf_emit(e, LOAD(BPF_W, REG_U, REG_CTX,
			  offsetof(struct __sk_buff, protocol)));
	cbpf_emit(e, FROM_BE(REG_U, 16));
	emit_link(e, &to);
	emit_ip(e, &to);
	emit_transport(e, &to);
	cbpf_here(e, to.bad);
	cbpf_emit(e, W_IMM(BPF_MOV, REG_T, 0));
	cbpf_emit_jump(e, GOTO, to.done);
	cbpf_here(e, to.later);
	emit_cap(e);
	cbpf_here(e, to.done);
	cbpf_emit(e, W_REG(BPF_MOV, REG_A, REG_T));
}
