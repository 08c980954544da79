/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model computes with 128-bit integers and bytes and reduces the result
 * at the end, so that it shares no shortcut with an engine.
 */
#include "model.h"

__extension__ typedef __int128 wide;

static uint64_t reduce(wide v, uint32_t bits)
{
	return bits == 64 ? (uint64_t)v : (uint32_t)v;
}

static wide as_signed(uint64_t v, uint32_t bits)
{
	uint64_t top = 1ULL << (bits - 1);
	uint64_t low = bits == 64 ? v : v & ((1ULL << bits) - 1);

	return low & top ? (wide)low - ((wide)1 << bits) : (wide)low;
}

static uint64_t swap_bytes(uint64_t v, uint32_t bits)
{
	uint64_t out = 0;

	for (uint32_t i = 0; i < bits / 8; i++)
		out |= (v >> i * 8 & 0xff) << (bits - 8 - i * 8);
	return out;
}

static uint64_t byte_order(const struct bpf_insn *insn, uint64_t dst)
{
	uint32_t bits = (uint32_t)insn->imm;
	bool swap = BPF_CLASS(insn->code) == BPF_ALU64 ||
		    BPF_SRC(insn->code) == BPF_TO_BE;

	if (swap)
		return swap_bytes(dst, bits);
	return bits == 64 ? dst : dst & ((1ULL << bits) - 1);
}

static wide divide(const struct bpf_insn *insn, wide a, wide b, bool modulo)
{
	if (b == 0)
		return modulo ? a : 0;
	return modulo ? a % b : a / b;
}

uint64_t model_alu(const struct bpf_insn *insn, uint64_t dst, uint64_t src)
{
	uint32_t bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	uint32_t count = (uint32_t)(src % bits);
	bool sign = insn->off == 1;
	wide a = sign ? as_signed(dst, bits) : (wide)reduce(dst, bits);
	wide b = sign ? as_signed(src, bits) : (wide)reduce(src, bits);

	switch (BPF_OP(insn->code)) {
	case BPF_ADD: return reduce(a + b, bits);
	case BPF_SUB: return reduce(a - b, bits);
	case BPF_MUL: return reduce((wide)((unsigned __int128)a *
					   (unsigned __int128)b), bits);
	case BPF_DIV: return reduce(divide(insn, a, b, false), bits);
	case BPF_MOD: return reduce(divide(insn, a, b, true), bits);
	case BPF_OR: return reduce(a | b, bits);
	case BPF_AND: return reduce(a & b, bits);
	case BPF_XOR: return reduce(a ^ b, bits);
	case BPF_LSH: return reduce((wide)((unsigned __int128)a << count),
				    bits);
	case BPF_RSH: return reduce(a >> count, bits);
	case BPF_ARSH: return reduce(as_signed(dst, bits) >> count, bits);
	case BPF_NEG: return reduce(-a, bits);
	case BPF_END: return byte_order(insn, dst);
	default: break;
	}
	return insn->off ? reduce(as_signed(src, (uint32_t)insn->off), bits) :
			   reduce(b, bits);
}

bool model_jump(const struct bpf_insn *insn, uint64_t dst, uint64_t src)
{
	uint32_t bits = BPF_CLASS(insn->code) == BPF_JMP ? 64 : 32;
	wide a = reduce(dst, bits), b = reduce(src, bits);
	wide sa = as_signed(dst, bits), sb = as_signed(src, bits);

	switch (BPF_OP(insn->code)) {
	case BPF_JEQ: return a == b;
	case BPF_JNE: return a != b;
	case BPF_JGT: return a > b;
	case BPF_JGE: return a >= b;
	case BPF_JLT: return a < b;
	case BPF_JLE: return a <= b;
	case BPF_JSET: return (a & b) != 0;
	case BPF_JSGT: return sa > sb;
	case BPF_JSGE: return sa >= sb;
	case BPF_JSLT: return sa < sb;
	default: return sa <= sb;
	}
}

void model_atomic(const struct bpf_insn *insn, struct model_atomic *st)
{
	uint32_t size = BPF_SIZE(insn->code) == BPF_DW ? 8 : 4;
	uint64_t old = model_load(st->mem, 0, size, false), value;
	uint64_t src = model_load(st->src, 0, size, false);

	switch (insn->imm & ~BPF_FETCH) {
	case BPF_ADD: value = old + src; break;
	case BPF_OR: value = old | src; break;
	case BPF_AND: value = old & src; break;
	case BPF_XOR: value = old ^ src; break;
	case BPF_XCHG & ~BPF_FETCH: value = src; break;
	default:	/* compare and exchange */
		value = old == model_load(st->r0, 0, size, false) ? src : old;
		st->r0 = old;
		st->mem = model_store(st->mem, 0, size, value);
		return;
	}
	st->mem = model_store(st->mem, 0, size, value);
	if (insn->imm & BPF_FETCH)
		st->src = old;
}

uint64_t model_load(uint64_t mem, uint32_t at, uint32_t size, bool sign)
{
	uint64_t out = 0;

	for (uint32_t i = 0; i < size; i++)
		out |= (mem >> (at + i) * 8 & 0xff) << i * 8;
	return sign ? (uint64_t)as_signed(out, size * 8) : out;
}

uint64_t model_store(uint64_t mem, uint32_t at, uint32_t size, uint64_t value)
{
	for (uint32_t i = 0; i < size; i++) {
		uint64_t byte = value >> i * 8 & 0xff;

		mem &= ~(0xffULL << (at + i) * 8);
		mem |= byte << (at + i) * 8;
	}
	return mem;
}
