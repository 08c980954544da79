/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What arithmetic and conditional jumps do to two known numbers, as RFC 9669
 * has it: 32-bit results are zero-extended, x / 0 = 0, x % 0 = x, the least
 * number / -1 is itself, and shift counts are taken modulo the width.
 * tests/unit/test_flow_eval.c runs it against the interpreter.
 */
#include "verify/flow/flow_pass.h"

static uint64_t divide(const struct bpf_insn *insn, bool wide, uint64_t a,
		       uint64_t b)
{
	if (!b)
		return 0;
	if (!insn->off)
		return a / b;
	if (wide)
		return b == UINT64_MAX ? -a :
		       (uint64_t)((int64_t)a / (int64_t)b);
	return (uint32_t)b == UINT32_MAX ? -a :
	       (uint64_t)((int32_t)a / (int32_t)b);
}

static uint64_t modulo(const struct bpf_insn *insn, bool wide, uint64_t a,
		       uint64_t b)
{
	if (!b)
		return a;
	if (!insn->off)
		return a % b;
	if (wide)
		return b == UINT64_MAX ? 0 :
		       (uint64_t)((int64_t)a % (int64_t)b);
	return (uint32_t)b == UINT32_MAX ? 0 :
	       (uint64_t)((int32_t)a % (int32_t)b);
}

static uint64_t sign_extend(uint64_t a, unsigned int bits)
{
	return bits ? (uint64_t)((int64_t)(a << (64 - bits)) >> (64 - bits)) :
	       a;
}

static uint64_t swap(const struct bpf_insn *insn, uint64_t a)
{
	bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	bool always = BPF_CLASS(insn->code) == BPF_ALU64;
	bool turn = always || (BPF_SRC(insn->code) == BPF_TO_BE) == little;
	unsigned int bits = (unsigned int)insn->imm;

	if (turn)
		a = __builtin_bswap64(a) >> (64 - bits);
	return bits == 64 ? a : a & ((1ull << bits) - 1);
}

/* Both operands are zero-extended halves when the operation is 32-bit. */
static bool compute(const struct bpf_insn *insn, bool wide, uint64_t a,
		    uint64_t b, uint64_t *out)
{
	uint64_t count = b & (wide ? 63 : 31);

	switch (BPF_OP(insn->code)) {
	case BPF_ADD: *out = a + b; return true;
	case BPF_SUB: *out = a - b; return true;
	case BPF_MUL: *out = a * b; return true;
	case BPF_DIV: *out = divide(insn, wide, a, b); return true;
	case BPF_MOD: *out = modulo(insn, wide, a, b); return true;
	case BPF_OR:  *out = a | b; return true;
	case BPF_AND: *out = a & b; return true;
	case BPF_XOR: *out = a ^ b; return true;
	case BPF_NEG: *out = -a; return true;
	case BPF_LSH: *out = a << count; return true;
	case BPF_RSH: *out = a >> count; return true;
	case BPF_ARSH:
		*out = wide ? (uint64_t)((int64_t)a >> count) :
		       (uint64_t)((int32_t)a >> count);
		return true;
	case BPF_MOV:
		*out = sign_extend(b, (unsigned int)insn->off);
		return insn->off != 1;		/* a cast of arenas */
	}
	return false;
}

bool flow_eval_alu(const struct bpf_insn *insn, uint64_t dst, uint64_t src,
		   uint64_t *out)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	uint64_t a = wide ? dst : (uint32_t)dst;
	uint64_t b = wide ? src : (uint32_t)src, result = 0;

	if (BPF_OP(insn->code) == BPF_END) {
		*out = swap(insn, dst);
		return true;
	}
	if (!compute(insn, wide, a, b, &result))
		return false;
	*out = wide ? result : (uint32_t)result;
	return true;
}

bool flow_eval_jump(const struct bpf_insn *insn, uint64_t dst, uint64_t src)
{
	bool wide = BPF_CLASS(insn->code) == BPF_JMP;
	uint64_t a = wide ? dst : (uint32_t)dst;
	uint64_t b = wide ? src : (uint32_t)src;
	int64_t x = wide ? (int64_t)dst : (int32_t)dst;
	int64_t y = wide ? (int64_t)src : (int32_t)src;

	switch (BPF_OP(insn->code)) {
	case BPF_JEQ:  return a == b;
	case BPF_JNE:  return a != b;
	case BPF_JGT:  return a > b;
	case BPF_JGE:  return a >= b;
	case BPF_JLT:  return a < b;
	case BPF_JLE:  return a <= b;
	case BPF_JSET: return a & b;
	case BPF_JSGT: return x > y;
	case BPF_JSGE: return x >= y;
	case BPF_JSLT: return x < y;
	case BPF_JSLE: return x <= y;
	}
	return false;
}
