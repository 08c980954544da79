/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random classic programs: mostly well-formed, with operands near the edges,
 * now and then nonsense. They end by folding A into 1..256, so that a socket
 * that only shows how much of a packet was kept shows all of A.
 */
#ifndef SKEP_TESTS_CBPF_RANDOM_H
#define SKEP_TESTS_CBPF_RANDOM_H

#include "cbpf/cbpf.h"

#define RANDOM_BODY	24
#define RANDOM_MAX	(RANDOM_BODY + 16)
#define RANDOM_FRAME	300	/* bytes that offsets are chosen around */

struct rng {
	uint64_t state;
};

static inline uint32_t rng_next(struct rng *rng)
{
	rng->state ^= rng->state << 13;
	rng->state ^= rng->state >> 7;
	rng->state ^= rng->state << 17;
	return (uint32_t)(rng->state >> 16);
}

static inline uint32_t rng_below(struct rng *rng, uint32_t end)
{
	return rng_next(rng) % end;
}

static inline uint32_t random_value(struct rng *rng)
{
	static const uint32_t edges[] = {
		0, 1, 2, 31, 32, 33, 0x7f, 0xff, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
	};

	switch (rng_below(rng, 3)) {
	case 0:
		return edges[rng_below(rng, ARRAY_SIZE(edges))];
	case 1:
		return rng_below(rng, RANDOM_FRAME);
	default:
		return rng_next(rng);
	}
}

/* RANDOM has no expected value, so it is not asked for. */
static inline uint32_t random_ancillary(struct rng *rng)
{
	uint32_t what = rng_below(rng, CBPF_AD_CNT);

	if (what == CBPF_AD_RANDOM)
		what = CBPF_AD_PAY_OFFSET;
	return (uint32_t)SKF_AD_OFF + 4 * what;
}

static inline uint32_t random_offset(struct rng *rng)
{
	switch (rng_below(rng, 10)) {
	case 0:
		return random_value(rng);
	case 1:
		return (uint32_t)SKF_NET_OFF + rng_below(rng, 40);
	case 2:
		return (uint32_t)SKF_LL_OFF + rng_below(rng, 40);
	case 3:
		return RANDOM_FRAME - 20 + rng_below(rng, 24);
	default:
		return rng_below(rng, 64);
	}
}

static inline uint32_t random_k(struct rng *rng, const struct cbpf_row *row)
{
	switch (row->rule) {
	case CBPF_RULE_DIVISOR:
		return random_value(rng) | !rng_below(rng, 50);
	case CBPF_RULE_SHIFT:
		return rng_below(rng, 32);
	case CBPF_RULE_STORE:
	case CBPF_RULE_RECALL:
		return rng_below(rng, 2) ? 0 : 1 + rng_below(rng, 15);
	case CBPF_RULE_PACKET:
		return rng_below(rng, 3) ? random_offset(rng) :
					   random_ancillary(rng);
	default:
		if (BPF_CLASS(row->code) == BPF_LD ||
		    BPF_MODE(row->code) == BPF_MSH)
			return random_offset(rng);
		return random_value(rng);
	}
}

static inline struct sock_filter random_insn(struct rng *rng, uint32_t left)
{
	const struct cbpf_row *row =
		&cbpf_rows[rng_below(rng, CBPF_OP_CNT)];
	struct sock_filter insn = { row->code, 0, 0, random_k(rng, row) };

	if (row->rule == CBPF_RULE_GOTO)
		insn.k = rng_below(rng, MIN(left, 6u));
	if (row->rule == CBPF_RULE_BRANCH) {
		insn.jt = (uint8_t)rng_below(rng, MIN(left, 6u));
		insn.jf = (uint8_t)rng_below(rng, MIN(left, 6u));
	}
	if (!rng_below(rng, 400)) {
		insn.code = (uint16_t)rng_below(rng, 0x120);
		insn.jt = (uint8_t)rng_next(rng);
		insn.k = rng_next(rng);
	}
	return insn;
}

/* A ^= A >> 16, A ^= A >> 8, A = (A & 255) + 1; returns A | `flags`. */
static inline size_t random_fold(struct sock_filter *out, uint32_t flags)
{
	const struct sock_filter fold[] = {
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 8),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, flags),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	for (size_t i = 0; i < ARRAY_SIZE(fold); i++)
		out[i] = fold[i];
	return ARRAY_SIZE(fold);
}

/* Writes a program to `insns` (RANDOM_MAX), checked by nobody yet. */
static inline struct cbpf random_program(struct rng *rng,
					 struct sock_filter *insns)
{
	uint32_t body = 1 + rng_below(rng, RANDOM_BODY);
	size_t cnt = 0;

	insns[cnt++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM,
						    random_value(rng));
	insns[cnt++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM,
						    rng_below(rng, 80));
	insns[cnt++] = (struct sock_filter)BPF_STMT(BPF_ST, 0);
	for (uint32_t i = 0; i < body; i++)
		insns[cnt++] = random_insn(rng, body - i);
	cnt += random_fold(insns + cnt, 0);
	return (struct cbpf){ insns, cnt };
}

#endif
