/* SPDX-License-Identifier: Apache-2.0 */
#include "ir_run.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conformance/model.h"

/* BPF's name of an operation; the offset 1 makes division signed. */
static const struct {
	uint8_t code;
	int16_t off;
	bool there;
} alu[IR_OPS] = {
	[IR_ADD] = { BPF_ADD, 0, true }, [IR_SUB] = { BPF_SUB, 0, true },
	[IR_MUL] = { BPF_MUL, 0, true }, [IR_AND] = { BPF_AND, 0, true },
	[IR_OR] = { BPF_OR, 0, true }, [IR_XOR] = { BPF_XOR, 0, true },
	[IR_SHL] = { BPF_LSH, 0, true }, [IR_SHR] = { BPF_RSH, 0, true },
	[IR_SAR] = { BPF_ARSH, 0, true }, [IR_DIV] = { BPF_DIV, 0, true },
	[IR_MOD] = { BPF_MOD, 0, true }, [IR_SDIV] = { BPF_DIV, 1, true },
	[IR_SMOD] = { BPF_MOD, 1, true }, [IR_NEG] = { BPF_NEG, 0, true },
};

static const uint8_t jumps[IR_CONDS] = {
	[IR_EQ] = BPF_JEQ, [IR_NE] = BPF_JNE, [IR_ULT] = BPF_JLT,
	[IR_UGE] = BPF_JGE, [IR_ULE] = BPF_JLE, [IR_UGT] = BPF_JGT,
	[IR_SLT] = BPF_JSLT, [IR_SGE] = BPF_JSGE, [IR_SLE] = BPF_JSLE,
	[IR_SGT] = BPF_JSGT, [IR_NONE] = BPF_JSET, [IR_ANY] = BPF_JSET,
};

static uint64_t low(uint64_t x, unsigned int bytes)
{
	return bytes < 8 ? x & ((1ull << bytes * 8) - 1) : x;
}

static uint64_t sign_extend(uint64_t x, unsigned int bytes, bool wide)
{
	for (unsigned int bit = bytes * 8; bit < 64; bit++)
		x = (x & ~(1ull << bit)) | (x >> (bit - 1) & 1) << bit;
	return wide ? x : low(x, 4);
}

static uint64_t swap(uint64_t x, unsigned int bytes)
{
	uint64_t out = 0;

	for (unsigned int i = 0; i < bytes; i++)
		out = out << 8 | (x >> i * 8 & 0xff);
	return out;
}

/* Bit by bit. */
static uint64_t rotate(uint64_t x, uint64_t by, unsigned int bits)
{
	uint64_t out = 0;

	for (unsigned int i = 0; i < bits; i++)
		out |= (x >> i & 1) << (i + by) % bits;
	return out;
}

static uint64_t multiply_high(uint64_t x, uint64_t y)
{
	uint64_t a = x >> 32, b = (uint32_t)x, c = y >> 32, d = (uint32_t)y;
	uint64_t middle = a * d + (b * d >> 32);
	uint64_t other = b * c + (uint32_t)middle;

	return a * c + (middle >> 32) + (other >> 32);
}

static bool holds(const struct ir_insn *insn, uint64_t x, uint64_t y)
{
	struct bpf_insn bpf = { .code = jumps[insn->cond] |
				(insn->wide ? BPF_JMP : BPF_JMP32) };

	return model_jump(&bpf, x, y) != (insn->cond == IR_NONE);
}

uint64_t ir_run_op(const struct ir_insn *insn, const uint64_t *args)
{
	struct bpf_insn bpf = { 0 };

	switch (insn->op) {
	case IR_ZEXT:
		return low(args[0], insn->size);
	case IR_SEXT:
		return sign_extend(args[0], insn->size, insn->wide);
	case IR_BSWAP:
		return swap(args[0], insn->size);
	case IR_ROL:
		return rotate(args[0], args[1], insn->wide ? 64 : 32);
	case IR_MULH:
		return multiply_high(args[0], args[1]);
	case IR_SELECT:
		return holds(insn, args[0], args[1]) ? args[2] : args[3];
	default:
		break;
	}
	if (insn->op >= IR_OPS || !alu[insn->op].there) {
		fprintf(stderr, "ir_run: operation %u\n", insn->op);
		abort();
	}
	bpf.code = alu[insn->op].code | (insn->wide ? BPF_ALU64 : BPF_ALU);
	bpf.off = alu[insn->op].off;
	return model_alu(&bpf, args[0], insn->cnt > 1 ? args[1] : 0);
}

struct state {
	const struct ir_func *f;
	const struct ir_run *run;
	uint64_t *values;	/* of instructions that have run */
};

static uint64_t value_of(const struct state *st, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(st->f, ref = ir_value(st->f, ref));

	switch (insn->op) {
	case IR_CONST:
		return (uint64_t)insn->imm;
	case IR_ARG:
		return st->run->args[insn->imm];
	case IR_FRAME:
		return (uint64_t)(uintptr_t)st->run->frame;
	default:
		return st->values[ref];
	}
}

static uint64_t load(const struct ir_insn *insn, uint64_t address)
{
	const uint8_t *from = (const uint8_t *)(uintptr_t)address + insn->imm;
	uint64_t value = 0;

	for (unsigned int i = 0; i < insn->size; i++)
		value |= (uint64_t)from[i] << i * 8;
	return insn->sign ? sign_extend(value, insn->size, true) : value;
}

static void store(const struct ir_insn *insn, const uint64_t *args)
{
	uint8_t *to = (uint8_t *)(uintptr_t)args[0] + insn->imm;

	for (unsigned int i = 0; i < insn->size; i++)
		to[i] = (uint8_t)(args[1] >> i * 8);
}

static void run_insn(struct state *st, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(st->f, ref);
	uint64_t args[4];

	for (uint32_t i = 0; i < insn->cnt; i++)
		args[i] = value_of(st, insn->args[i]);
	if (insn->op == IR_LOAD)
		st->values[ref] = load(insn, args[0]);
	else if (insn->op == IR_STORE)
		store(insn, args);
	else
		st->values[ref] = ir_run_op(insn, args);
}

/* PHIs read what was there before any of them is written. */
static ir_ref run_phis(struct state *st, ir_block_id block, ir_block_id from)
{
	const struct ir_block *blk = ir_block(st->f, block);
	uint64_t *news = calloc(st->f->insns.len, sizeof(*news));
	ir_ref ref, end;
	size_t pred = 0;

	while (pred < blk->preds.len && blk->preds.data[pred] != from)
		pred++;
	for (ref = blk->first; ref && ir_is(st->f, ref, IR_PHI);
	     ref = ir_at(st->f, ref)->next)
		news[ref] = value_of(st, ir_at(st->f, ref)->list[pred]);
	end = ref;
	for (ref = blk->first; ref != end; ref = ir_at(st->f, ref)->next)
		st->values[ref] = news[ref];
	free(news);
	return end;
}

uint64_t ir_run(const struct ir_func *f, const struct ir_run *run)
{
	struct state st = { f, run, calloc(f->insns.len, sizeof(uint64_t)) };
	ir_block_id block = 0, from = 0;
	uint64_t result = 0;

	for (uint32_t i = 0; i < run->limit; i++) {
		const struct ir_block *blk = ir_block(f, block);
		const struct ir_insn *last = ir_at(f, blk->last);
		ir_ref ref = run_phis(&st, block, from);
		unsigned int way = 0;

		for (; ref != blk->last; ref = ir_at(f, ref)->next)
			run_insn(&st, ref);
		if (last->op == IR_RET) {
			result = value_of(&st, last->args[0]);
			break;
		}
		if (last->op == IR_BRANCH)
			way = !holds(last, value_of(&st, last->args[0]),
				     value_of(&st, last->args[1]));
		from = block;
		block = blk->succs[way];
	}
	free(st.values);
	return result;
}

/* ---- numbers ---- */

uint64_t draw_word(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed * 0x9e3779b97f4a7c15ull;
}

uint64_t draw_bits(uint64_t *seed)
{
	uint64_t how = draw_word(seed) >> 40, one = 1ull << (how >> 4) % 64;

	switch (how % 8) {
	case 0:
		return (how >> 4) % 4;
	case 1:
		return one - 1;
	case 2:
		return 0 - one;
	case 3:
		return one;
	case 4:
		return draw_word(seed) & 0xff;
	case 5:
		return draw_word(seed) & 0xffffffff;
	default:
		return draw_word(seed);
	}
}
