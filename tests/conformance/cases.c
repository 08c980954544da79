/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which operands, and the few instructions around each operation: r6 holds
 * the memory, r2 and r3 the operands, r0 the third one of atomics, [r10-8]
 * the memory that loads, stores and atomics work on.
 */
#include "cases.h"

#include <string.h>

#include "../insns.h"
#include "model.h"

const uint64_t operands[OPERANDS] = {
	0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65,
	0x7f, 0x80, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000, 0x123456789abcdef0, 0x7fffffffffffffff,
	0x8000000000000000, 0x8000000000000001, 0xffffffff80000000,
	0xffffffffffffffff,
};

/* Newer than the oldest UAPI header that skep builds with. */
#define MODE_MEMSX	0x80

static const int32_t immediates[] = {
	0, 1, 2, 7, 8, 31, 32, 63, 0x7f, 0x80, 0x7fff, 0x8000, 0x12345678,
	INT32_MAX, INT32_MIN, INT32_MIN + 1, -1, -2,
};

static void emit(struct cases *c, struct bpf_insn insn)
{
	assert(c->insns_cnt < INSNS_MAX);
	c->insns[c->insns_cnt++] = insn;
}

static void operand(struct cases *c, uint8_t reg, size_t index)
{
	emit(c, LDX64(reg, 6, (int16_t)(index * 8)));
}

static void result(struct cases *c, uint8_t reg, uint64_t want)
{
	assert(c->want_cnt < RESULTS_MAX);
	emit(c, STX64(6, reg, (int16_t)((OPERANDS + c->want_cnt) * 8)));
	c->want[c->want_cnt++] = want;
}

static bool is_shift(uint8_t code)
{
	uint8_t op = BPF_OP(code);

	return op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
}

/* Immediates that a verifier lets pass. */
static bool allowed(const struct bpf_insn *insn, int32_t imm)
{
	int32_t bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;

	if (BPF_CLASS(insn->code) != BPF_ALU &&
	    BPF_CLASS(insn->code) != BPF_ALU64)
		return true;
	if (is_shift(insn->code))
		return imm >= 0 && imm < bits;
	if (BPF_OP(insn->code) == BPF_DIV || BPF_OP(insn->code) == BPF_MOD)
		return imm != 0;
	return true;
}

static void alu_case(struct cases *c, struct bpf_insn insn, size_t a,
		     uint64_t src)
{
	emit(c, insn);
	result(c, 2, model_alu(&insn, operands[a], src));
}

static void jump_case(struct cases *c, struct bpf_insn insn, size_t a,
		      uint64_t src)
{
	insn.off = 1;
	emit(c, MOV_IMM(4, 1));
	emit(c, insn);
	emit(c, MOV_IMM(4, 0));
	result(c, 4, model_jump(&insn, operands[a], src));
}

typedef void (*case_fn)(struct cases *c, struct bpf_insn insn, size_t a,
			uint64_t src);

/* Every operand with every other, or with every immediate. */
static void each_pair(struct cases *c, const struct op_row *row,
		      struct bpf_insn insn, case_fn add)
{
	for (size_t a = 0; a < OPERANDS; a++) {
		for (size_t b = 0; b < OPERANDS; b++) {
			if (row->src.kind != FIELD_REG)
				break;
			operand(c, 2, a);
			operand(c, 3, b);
			add(c, insn, a, operands[b]);
		}
		for (size_t i = 0; i < ARRAY_SIZE(immediates); i++) {
			if (row->imm.kind != FIELD_ANY ||
			    !allowed(&insn, immediates[i]))
				continue;
			insn.imm = immediates[i];
			operand(c, 2, a);
			add(c, insn, a, (uint64_t)(int64_t)immediates[i]);
		}
		if (row->src.kind == FIELD_REG || row->imm.kind == FIELD_ANY)
			continue;
		operand(c, 2, a);
		add(c, insn, a, 0);
	}
}

/* The base register: r10 itself, or a copy that an engine cannot know. */
static uint8_t base_of(size_t index)
{
	return index % 2 ? 10 : 7;
}

static uint32_t bytes_of(uint8_t code)
{
	static const uint8_t bytes[] = { 4, 2, 1, 8 };

	return bytes[BPF_SIZE(code) >> 3];
}

static void load_cases(struct cases *c, struct bpf_insn insn)
{
	uint32_t size = bytes_of(insn.code);
	bool sign = BPF_MODE(insn.code) == MODE_MEMSX;

	for (size_t a = 0; a < OPERANDS; a++) {
		for (uint32_t at = 0; at < 8; at += size) {
			operand(c, 2, a);
			emit(c, STX64(10, 2, -8));
			insn.dst_reg = 3;
			insn.src_reg = base_of(a);
			insn.off = (int16_t)(at - 8);
			emit(c, insn);
			result(c, 3, model_load(operands[a], at, size, sign));
		}
	}
}

static void store_case(struct cases *c, struct bpf_insn insn, size_t a,
		       uint64_t value)
{
	uint32_t size = bytes_of(insn.code);

	for (uint32_t at = 0; at < 8; at += size) {
		emit(c, STX64(10, 2, -8));
		insn.dst_reg = base_of(a + at);
		insn.off = (int16_t)(at - 8);
		emit(c, insn);
		emit(c, LDX64(4, 10, -8));
		result(c, 4, model_store(operands[a], at, size, value));
	}
}

static void store_cases(struct cases *c, struct bpf_insn insn)
{
	bool imm = BPF_CLASS(insn.code) == BPF_ST;

	for (size_t a = 0; a < OPERANDS; a++) {
		size_t cnt = imm ? ARRAY_SIZE(immediates) : 12;

		operand(c, 2, a);
		for (size_t i = 0; i < cnt; i++) {
			size_t b = (a * 5 + i * 7) % OPERANDS;

			insn.imm = imm ? immediates[i] : 0;
			insn.src_reg = imm ? 0 : 3;
			operand(c, 3, b);
			store_case(c, insn, a, imm ?
				   (uint64_t)(int64_t)insn.imm : operands[b]);
			if (c->want_cnt + 16 > RESULTS_MAX)
				return;
		}
	}
}

static void atomic_case(struct cases *c, struct bpf_insn insn, size_t a,
			size_t b)
{
	size_t third = (a + b) % OPERANDS;
	struct model_atomic st = {
		.mem = operands[a], .src = operands[b], .r0 = operands[third],
	};

	model_atomic(&insn, &st);
	operand(c, 2, a);
	operand(c, 3, b);
	operand(c, 0, third);
	emit(c, STX64(10, 2, -8));
	insn.dst_reg = base_of(a + b);
	insn.off = -8;
	emit(c, insn);
	emit(c, LDX64(4, 10, -8));
	result(c, 4, st.mem);
	result(c, 3, st.src);
	result(c, 0, st.r0);
}

static void ordered_cases(struct cases *c, struct bpf_insn insn)
{
	uint32_t size = bytes_of(insn.code);
	bool load = insn.imm == 0x100;

	for (size_t a = 0; a < OPERANDS; a++) {
		for (uint32_t at = 0; at < 8; at += size) {
			size_t b = (a * 3 + at + 1) % OPERANDS;
			uint64_t mem = operands[a];

			operand(c, 2, a);
			operand(c, 3, b);
			emit(c, STX64(10, 2, -8));
			insn.dst_reg = load ? 3 : base_of(a);
			insn.src_reg = load ? base_of(a) : 3;
			insn.off = (int16_t)(at - 8);
			emit(c, insn);
			emit(c, LDX64(4, 10, -8));
			if (!load)
				mem = model_store(mem, at, size, operands[b]);
			result(c, 4, mem);
			result(c, 3, load ? model_load(mem, at, size, false) :
					    operands[b]);
		}
	}
}

static void atomic_cases(struct cases *c, struct bpf_insn insn)
{
	if (insn.imm == 0x100 || insn.imm == 0x110) {
		ordered_cases(c, insn);
		return;
	}
	for (size_t a = 0; a < OPERANDS; a++)
		for (size_t b = 0; b < OPERANDS; b++)
			atomic_case(c, insn, a, b);
}

static void wide_cases(struct cases *c)
{
	for (size_t a = 0; a < OPERANDS; a++) {
		struct bpf_insn insns[] = { LD64(2, 0, operands[a]) };

		emit(c, insns[0]);
		emit(c, insns[1]);
		result(c, 2, operands[a]);
	}
}

static bool add_cases(struct cases *c, enum op op, struct bpf_insn insn)
{
	const struct op_row *row = &op_rows[op];
	uint8_t class = BPF_CLASS(row->opcode);

	if (op == OP_LD_IMM64)
		wide_cases(c);
	else if (class == BPF_ALU || class == BPF_ALU64)
		each_pair(c, row, insn, alu_case);
	else if ((class == BPF_JMP || class == BPF_JMP32) &&
		 row->dst.kind == FIELD_REG)
		each_pair(c, row, insn, jump_case);
	else if (class == BPF_LDX)
		load_cases(c, insn);
	else if (class == BPF_ST ||
		 (class == BPF_STX && BPF_MODE(row->opcode) == BPF_MEM))
		store_cases(c, insn);
	else if (class == BPF_STX)
		atomic_cases(c, insn);
	else
		return false;
	return true;
}

static int32_t fixed(const struct op_field *field)
{
	return field->kind == FIELD_FIXED ? field->fixed : 0;
}

bool cases_make(struct cases *c, enum op op)
{
	const struct op_row *row = &op_rows[op];
	struct bpf_insn insn = {
		.code = row->opcode, .dst_reg = 2,
		.src_reg = row->src.kind == FIELD_REG ? 3 :
			   (uint8_t)fixed(&row->src),
		.off = (int16_t)fixed(&row->off), .imm = fixed(&row->imm),
	};

	memset(c, 0, sizeof(*c));
	memcpy(c->words, operands, sizeof(operands));
	if (!row->have)
		return false;
	emit(c, MOV_REG(6, 1));
	emit(c, MOV_REG(7, 10));
	if (!add_cases(c, op, insn))
		return false;
	emit(c, MOV_IMM(0, 0));
	emit(c, EXIT());
	return true;
}
