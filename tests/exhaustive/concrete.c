/* SPDX-License-Identifier: Apache-2.0 */
#include "concrete.h"

#include <linux/bpf.h>
#include <stdlib.h>

const struct alu_op alu_ops[ALU_OPS] = {
	{ "add", BPF_ADD }, { "sub", BPF_SUB }, { "mul", BPF_MUL },
	{ "div", BPF_DIV }, { "mod", BPF_MOD }, { "sdiv", BPF_DIV, true },
	{ "smod", BPF_MOD, true }, { "and", BPF_AND }, { "or", BPF_OR },
	{ "xor", BPF_XOR }, { "lsh", BPF_LSH }, { "rsh", BPF_RSH },
	{ "arsh", BPF_ARSH }, { "neg", BPF_NEG }, { "mov", BPF_MOV },
};

const struct jump_op jump_ops[JUMP_OPS] = {
	{ "jeq", BPF_JEQ }, { "jne", BPF_JNE }, { "jset", BPF_JSET },
	{ "jgt", BPF_JGT }, { "jge", BPF_JGE }, { "jlt", BPF_JLT },
	{ "jle", BPF_JLE }, { "jsgt", BPF_JSGT }, { "jsge", BPF_JSGE },
	{ "jslt", BPF_JSLT }, { "jsle", BPF_JSLE },
};

uint64_t concrete_mask(unsigned int w)
{
	return w == 64 ? UINT64_MAX : ((uint64_t)1 << w) - 1;
}

int64_t concrete_signed(unsigned int w, uint64_t x)
{
	uint64_t sign = (uint64_t)1 << (w - 1);

	return x & sign ? (int64_t)(x | ~concrete_mask(w)) : (int64_t)x;
}

static uint64_t divide(unsigned int w, bool is_signed, uint64_t x, uint64_t y)
{
	int64_t a = concrete_signed(w, x), b = concrete_signed(w, y);

	if (!y)
		return 0;
	if (!is_signed)
		return x / y;
	return b == -1 ? 0 - x : (uint64_t)(a / b);
}

static uint64_t modulo(unsigned int w, bool is_signed, uint64_t x, uint64_t y)
{
	int64_t a = concrete_signed(w, x), b = concrete_signed(w, y);

	if (!y)
		return x;
	if (!is_signed)
		return x % y;
	return b == -1 ? 0 : (uint64_t)(a % b);
}

static uint64_t shift_right_signed(unsigned int w, uint64_t x, unsigned int n)
{
	uint64_t sign = x & (uint64_t)1 << (w - 1);

	while (n--)
		x = x >> 1 | sign;
	return x;
}

static uint64_t alu(const struct alu_op *op, unsigned int w, uint64_t x,
		    uint64_t y)
{
	switch (op->op) {
	case BPF_ADD:
		return x + y;
	case BPF_SUB:
		return x - y;
	case BPF_MUL:
		return x * y;
	case BPF_DIV:
		return divide(w, op->is_signed, x, y);
	case BPF_MOD:
		return modulo(w, op->is_signed, x, y);
	case BPF_AND:
		return x & y;
	case BPF_OR:
		return x | y;
	case BPF_XOR:
		return x ^ y;
	case BPF_LSH:
		return x << (y % w);
	case BPF_RSH:
		return x >> (y % w);
	case BPF_ARSH:
		return shift_right_signed(w, x, y % w);
	case BPF_NEG:
		return 0 - x;
	case BPF_MOV:
		return y;
	}
	abort();
}

uint64_t concrete_alu(const struct alu_op *op, unsigned int w, uint64_t x,
		      uint64_t y)
{
	uint64_t m = concrete_mask(w);

	return alu(op, w, x & m, y & m) & m;
}

bool concrete_jump(const struct jump_op *op, unsigned int w, uint64_t x,
		   uint64_t y)
{
	uint64_t m = concrete_mask(w);
	int64_t a = concrete_signed(w, x & m), b = concrete_signed(w, y & m);

	x &= m;
	y &= m;
	switch (op->op) {
	case BPF_JEQ:
		return x == y;
	case BPF_JNE:
		return x != y;
	case BPF_JSET:
		return x & y;
	case BPF_JGT:
		return x > y;
	case BPF_JGE:
		return x >= y;
	case BPF_JLT:
		return x < y;
	case BPF_JLE:
		return x <= y;
	case BPF_JSGT:
		return a > b;
	case BPF_JSGE:
		return a >= b;
	case BPF_JSLT:
		return a < b;
	case BPF_JSLE:
		return a <= b;
	}
	abort();
}

uint64_t concrete_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}
