/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What classic instructions do. It is the truth that the conversion to eBPF
 * is held to, and itself held to the kernel. A checked program cannot loop,
 * leave itself or miss a cell of M[], so only packet loads and divisors are
 * looked at here.
 */
#include <linux/seccomp.h>

#include "base/endian.h"
#include "cbpf/cbpf.h"

struct machine {
	const struct cbpf_packet *packet;
	uint32_t a, x;
	uint32_t cells[BPF_MEMWORDS];
	bool ended;		/* the filter returns `result` */
	uint32_t result;
};

static void end(struct machine *m, uint32_t result)
{
	m->ended = true;
	m->result = result;
}

/*
 * Offsets below 0 count from the network header (SKF_NET_OFF on) or from the
 * link-layer header (SKF_LL_OFF on); both may lie before the data.
 */
static bool resolve(const struct cbpf_packet *packet, uint32_t k, int64_t *off)
{
	int32_t from = (int32_t)k;

	if (from >= 0)
		*off = from;
	else if (from >= SKF_NET_OFF)
		*off = (int64_t)from - SKF_NET_OFF + packet->net_off;
	else if (from >= SKF_LL_OFF)
		*off = (int64_t)from - SKF_LL_OFF + packet->ll_off;
	else
		return false;
	return *off >= -(int64_t)packet->lead;
}

static uint32_t load(struct machine *m, uint32_t k, uint32_t size)
{
	const struct cbpf_packet *packet = m->packet;
	int64_t off;

	if (!resolve(packet, k, &off) || off + size > packet->len) {
		end(m, 0);
		return m->a;
	}
	switch (size) {
	case 1:
		return packet->data[off];
	case 2:
		return get_be16(packet->data + off);
	default:
		return get_be32(packet->data + off);
	}
}

static uint32_t load_ancillary(struct machine *m, enum cbpf_ancillary what)
{
	const uint32_t *values = m->packet->ancillary;

	switch (what) {
	case CBPF_AD_IFINDEX:
	case CBPF_AD_HATYPE:
		if (!values[CBPF_AD_IFINDEX])
			end(m, m->a);
		return values[what];
	case CBPF_AD_NLATTR:
		return cbpf_nlattr(m->packet, m->a, m->x);
	case CBPF_AD_NLATTR_NEST:
		return cbpf_nlattr_nest(m->packet, m->a, m->x);
	case CBPF_AD_ALU_XOR_X:
		return m->a ^ m->x;
	case CBPF_AD_PAY_OFFSET:
		return cbpf_pay_offset(m->packet);
	default:
		return values[what];
	}
}

static uint32_t load_absolute(struct machine *m,
			      const struct sock_filter *insn, uint32_t size)
{
	enum cbpf_ancillary what = cbpf_ancillary(insn);

	if (what != CBPF_AD_NONE)
		return load_ancillary(m, what);
	return load(m, insn->k, size);
}

static void run_load(struct machine *m, enum cbpf_op op,
		     const struct sock_filter *insn)
{
	uint32_t k = insn->k;

	switch (op) {
	case CBPF_LD_W_ABS: m->a = load_absolute(m, insn, 4); break;
	case CBPF_LD_H_ABS: m->a = load_absolute(m, insn, 2); break;
	case CBPF_LD_B_ABS: m->a = load_absolute(m, insn, 1); break;
	case CBPF_LD_W_IND: m->a = load(m, m->x + k, 4); break;
	case CBPF_LD_H_IND: m->a = load(m, m->x + k, 2); break;
	case CBPF_LD_B_IND: m->a = load(m, m->x + k, 1); break;
	case CBPF_LD_LEN: m->a = m->packet->wire_len; break;
	case CBPF_LD_IMM: m->a = k; break;
	case CBPF_LD_MEM: m->a = m->cells[k]; break;
	case CBPF_LDX_LEN: m->x = m->packet->wire_len; break;
	case CBPF_LDX_MSH: m->x = 4 * (load(m, k, 1) & 0xf); break;
	case CBPF_LDX_IMM: m->x = k; break;
	case CBPF_LDX_MEM: m->x = m->cells[k]; break;
	case CBPF_ST: m->cells[k] = m->a; break;
	case CBPF_STX: m->cells[k] = m->x; break;
	case CBPF_TAX: m->x = m->a; break;
	case CBPF_TXA: m->a = m->x; break;
	case CBPF_RET_K: end(m, k); break;
	case CBPF_RET_A: end(m, m->a); break;
	default: break;
	}
}

static void run_alu(struct machine *m, const struct sock_filter *insn)
{
	uint32_t by = BPF_SRC(insn->code) == BPF_X ? m->x : insn->k;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD: m->a += by; break;
	case BPF_SUB: m->a -= by; break;
	case BPF_MUL: m->a *= by; break;
	case BPF_AND: m->a &= by; break;
	case BPF_OR: m->a |= by; break;
	case BPF_XOR: m->a ^= by; break;
	case BPF_LSH: m->a <<= by & 31; break;
	case BPF_RSH: m->a >>= by & 31; break;
	case BPF_NEG: m->a = -m->a; break;
	default:	/* div and mod */
		if (!by)
			end(m, 0);
		else if (BPF_OP(insn->code) == BPF_DIV)
			m->a /= by;
		else
			m->a %= by;
	}
}

/* Instructions to skip. */
static uint32_t run_jump(const struct machine *m,
			 const struct sock_filter *insn)
{
	uint32_t with = BPF_SRC(insn->code) == BPF_X ? m->x : insn->k;
	bool taken;

	switch (BPF_OP(insn->code)) {
	case BPF_JA: return insn->k;
	case BPF_JEQ: taken = m->a == with; break;
	case BPF_JGT: taken = m->a > with; break;
	case BPF_JGE: taken = m->a >= with; break;
	default: taken = m->a & with; break;
	}
	return taken ? insn->jt : insn->jf;
}

uint32_t cbpf_run(const struct cbpf *prog, const struct cbpf_packet *packet)
{
	struct machine m = { .packet = packet };

	for (size_t pc = 0; !m.ended; pc++) {
		const struct sock_filter *insn = &prog->insns[pc];

		if (BPF_CLASS(insn->code) == BPF_ALU)
			run_alu(&m, insn);
		else if (BPF_CLASS(insn->code) == BPF_JMP)
			pc += run_jump(&m, insn);
		else
			run_load(&m, cbpf_op(insn->code), insn);
	}
	return m.result;
}

/*
 * struct seccomp_data is in host order, packets are in network order; turned
 * word by word it is a packet that the same instructions read.
 */
uint32_t cbpf_run_seccomp(const struct cbpf *prog,
			  const struct seccomp_data *data)
{
	uint8_t words[sizeof(*data)];
	const struct cbpf_packet packet = {
		.data = words,
		.len = sizeof(words),
		.wire_len = sizeof(words),
	};

	for (size_t off = 0; off < sizeof(words); off += 4)
		put_be32(words + off,
			 get_u32((const uint8_t *)data + off));
	return cbpf_run(prog, &packet);
}
