/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quick tier: a table that says how each operation is translated, and the
 * one pass that follows it. What a program has that is in no row is not
 * compiled; the interpreter runs it, or says what is missing.
 *
 *	functions	where they begin, which slots are jumped to
 *	pass		function by function: scan, prologue, instructions
 *	traps		the ends of runs that end badly
 *	place		code memory, near our own code; calls and jumps bound
 */
#include "jit/x86/quick.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>

#define ALU(name, rr, ri) \
	[OP_##name##64_REG] = { quick_alu_reg, rr, true }, \
	[OP_##name##32_REG] = { quick_alu_reg, rr, false }, \
	[OP_##name##64_IMM] = { quick_alu_imm, ri, true }, \
	[OP_##name##32_IMM] = { quick_alu_imm, ri, false }
#define SHIFT(name, by_reg, by_imm) \
	[OP_##name##64_REG] = { quick_shift_reg, by_reg, true }, \
	[OP_##name##32_REG] = { quick_shift_reg, by_reg, false }, \
	[OP_##name##64_IMM] = { quick_shift_imm, by_imm, true }, \
	[OP_##name##32_IMM] = { quick_shift_imm, by_imm, false }
#define DIVIDE(name, mod, has_sign) \
	[OP_##name##64_REG] = { quick_div_reg, mod, true, .sign = has_sign }, \
	[OP_##name##32_REG] = { quick_div_reg, mod, false, .sign = has_sign }, \
	[OP_##name##64_IMM] = { quick_div_imm, mod, true, .sign = has_sign }, \
	[OP_##name##32_IMM] = { quick_div_imm, mod, false, .sign = has_sign }
#define BRANCH(name, cond, ands) \
	[OP_##name##64_REG] = { quick_branch_reg, cond, true, .sign = ands }, \
	[OP_##name##32_REG] = { quick_branch_reg, cond, false, .sign = ands }, \
	[OP_##name##64_IMM] = { quick_branch_imm, cond, true, .sign = ands }, \
	[OP_##name##32_IMM] = { quick_branch_imm, cond, false, .sign = ands }
#define MEMORY(bits, bytes) \
	[OP_LDX##bits] = { quick_load, .size = bytes }, \
	[OP_ST##bits] = { quick_store_imm, .size = bytes }, \
	[OP_STX##bits] = { quick_store_reg, .size = bytes }, \
	[OP_LOAD_ACQ##bits] = { quick_load, .size = bytes }, \
	[OP_STORE_REL##bits] = { quick_store_reg, .size = bytes }
#define ATOMICS(bits, wide) \
	[OP_ATOMIC_ADD##bits] = { quick_atomic, X86_ADD, wide }, \
	[OP_ATOMIC_OR##bits] = { quick_atomic, X86_OR, wide }, \
	[OP_ATOMIC_AND##bits] = { quick_atomic, X86_AND, wide }, \
	[OP_ATOMIC_XOR##bits] = { quick_atomic, X86_XOR, wide }, \
	[OP_ATOMIC_FETCH_ADD##bits] = { quick_atomic, X86_XADD, wide }, \
	[OP_ATOMIC_FETCH_OR##bits] = { quick_fetch_loop, X86_OR, wide }, \
	[OP_ATOMIC_FETCH_AND##bits] = { quick_fetch_loop, X86_AND, wide }, \
	[OP_ATOMIC_FETCH_XOR##bits] = { quick_fetch_loop, X86_XOR, wide }, \
	[OP_ATOMIC_XCHG##bits] = { quick_atomic, X86_XCHG, wide }, \
	[OP_ATOMIC_CMPXCHG##bits] = { quick_cmpxchg, 0, wide }
#define SWAP(bits, bytes) \
	[OP_LE##bits] = { quick_nothing, .size = bytes }, \
	[OP_BE##bits] = { quick_swap, .size = bytes }, \
	[OP_BSWAP##bits] = { quick_swap, .size = bytes }
#define LEGACY(bits, bytes) \
	[OP_LD_ABS##bits] = { quick_legacy, .size = bytes }, \
	[OP_LD_IND##bits] = { quick_legacy, .size = bytes, .sign = true }

static const struct quick_rule rules[OP_CNT] = {
	ALU(ADD, X86_ADD, X86_ADD_I), ALU(SUB, X86_SUB, X86_SUB_I),
	ALU(OR, X86_OR, X86_OR_I), ALU(AND, X86_AND, X86_AND_I),
	ALU(XOR, X86_XOR, X86_XOR_I), ALU(MUL, X86_IMUL, X86_IMUL_I),
	DIVIDE(DIV, false, false), DIVIDE(SDIV, false, true),
	DIVIDE(MOD, true, false), DIVIDE(SMOD, true, true),
	SHIFT(LSH, X86_SHLX, X86_SHL_I), SHIFT(RSH, X86_SHRX, X86_SHR_I),
	SHIFT(ARSH, X86_SARX, X86_SAR_I),
	[OP_MOV64_REG] = { quick_alu_reg, X86_MOV, true },
	[OP_MOV32_REG] = { quick_alu_reg, X86_MOV, false },
	[OP_MOV64_IMM] = { quick_mov_imm, .wide = true },
	[OP_MOV32_IMM] = { quick_mov_imm, .wide = false },
	[OP_MOVSX64_8] = { quick_extend, X86_MOVSX8, true },
	[OP_MOVSX64_16] = { quick_extend, X86_MOVSX16, true },
	[OP_MOVSX64_32] = { quick_extend, X86_MOVSXD, true },
	[OP_MOVSX32_8] = { quick_extend, X86_MOVSX8, false },
	[OP_MOVSX32_16] = { quick_extend, X86_MOVSX16, false },
	[OP_NEG64] = { quick_unary, X86_NEG, true },
	[OP_NEG32] = { quick_unary, X86_NEG, false },
	SWAP(16, 2), SWAP(32, 4), SWAP(64, 8),

	[OP_JA] = { quick_goto }, [OP_JA32] = { quick_goto },
	[OP_MAY_GOTO] = { quick_may_goto },
	BRANCH(JEQ, X86_E, false), BRANCH(JNE, X86_NE, false),
	BRANCH(JGT, X86_A, false), BRANCH(JGE, X86_AE, false),
	BRANCH(JLT, X86_B, false), BRANCH(JLE, X86_BE, false),
	BRANCH(JSGT, X86_G, false), BRANCH(JSGE, X86_GE, false),
	BRANCH(JSLT, X86_L, false), BRANCH(JSLE, X86_LE, false),
	BRANCH(JSET, X86_NE, true),

	[OP_CALL_HELPER] = { quick_helper }, [OP_CALL_LOCAL] = { quick_local },
	[OP_EXIT] = { quick_return },

	MEMORY(8, 1), MEMORY(16, 2), MEMORY(32, 4), MEMORY(64, 8),
	[OP_LDSX8] = { quick_load, .size = 1, .sign = true },
	[OP_LDSX16] = { quick_load, .size = 2, .sign = true },
	[OP_LDSX32] = { quick_load, .size = 4, .sign = true },
	ATOMICS(64, true), ATOMICS(32, false),

	[OP_LD_IMM64] = { quick_number },
	[OP_LD_FUNC] = { quick_function },
	[OP_LD_MAP_FD] = { quick_map }, [OP_LD_MAP_IDX] = { quick_map },
	[OP_LD_MAP_VALUE] = { quick_map, .sign = true },
	[OP_LD_MAP_IDX_VALUE] = { quick_map, .sign = true },
	LEGACY(8, 1), LEGACY(16, 2), LEGACY(32, 4),
};

void quick_jump_to(struct quick *q, uint32_t end, uint32_t slot, bool function)
{
	struct quick_jump *jump = vec_push(&q->jumps);

	if (jump)
		*jump = (struct quick_jump){ end, slot, function };
	else
		q->failed = true;
}

void quick_trap_at(struct quick *q, uint32_t end, uint32_t slot,
		   enum run_stop stop, uint32_t size)
{
	struct quick_trap *trap = vec_push(&q->traps);

	if (trap)
		*trap = (struct quick_trap){ end, slot, stop, size };
	else
		q->failed = true;
}

/* ---- counting ---- */

/* Does something else run, perhaps, before the instruction behind it? */
static bool ends_block(enum op op)
{
	return op_rows[op].off.kind == FIELD_JUMP || op == OP_JA32 ||
	       op == OP_CALL_HELPER || op == OP_CALL_LOCAL || op == OP_EXIT ||
	       (op >= OP_LD_ABS8 && op <= OP_LD_IND32);
}

static uint32_t block_len(const struct quick *q, uint32_t slot)
{
	uint32_t cnt = 0;
	enum op op;

	do {
		op = q->ops[slot];
		slot += op_slots(op);
		cnt++;
	} while (!ends_block(op) && slot < q->func.end && !q->marks[slot]);
	return cnt;
}

/* All of a block at once, while the budget has that many left. */
static void count_block(struct quick *q, uint32_t slot)
{
	struct x86_mem insns = x86_at(QUICK_T0, offsetof(struct run, insns));
	struct x86_mem budget = x86_at(QUICK_T0, offsetof(struct run, budget));

	x86_rm(&q->code, X86_LOAD, true, QUICK_T0, QUICK_MEMBER(run));
	x86_rm(&q->code, X86_LOAD, true, QUICK_T1, insns);
	x86_ri(&q->code, X86_ADD_I, true, QUICK_T1,
	       (int32_t)block_len(q, slot));
	x86_rm(&q->code, X86_CMP_MEM, true, QUICK_T1, budget);
	quick_trap_at(q, x86_jcc(&q->code, X86_A), slot, RUN_FAULT_BUDGET, 0);
	x86_rm(&q->code, X86_MOV, true, QUICK_T1, insns);
}

/* ---- the pass ---- */

static void translate(struct quick *q, uint32_t slot)
{
	const struct quick_rule *rule = &rules[q->ops[slot]];

	q->at[slot] = q->code.len;
	if (rule->emit)
		rule->emit(q, &q->prog->insns[slot], rule);
	else
		q->refused = true;
}

static void translate_function(struct quick *q, uint32_t start)
{
	bool block = true;

	quick_scan_function(q, start);
	q->func_at[start] = q->code.len;
	quick_prologue(q);
	for (uint32_t slot = start; slot < q->func.end && !q->refused;
	     slot += op_slots(q->ops[slot])) {
		enum op op = q->ops[slot];

		if (!q->counts || (!block && !q->marks[slot])) {
			translate(q, slot);
		} else {
			uint32_t at = q->code.len;

			count_block(q, slot);
			translate(q, slot);
			q->at[slot] = at;
		}
		block = ends_block(op);
	}
}

static int begin(struct quick *q)
{
	uint32_t cnt = q->prog->insns_cnt;

	q->ops = arena_alloc(&q->arena, cnt);
	q->marks = arena_alloc(&q->arena, cnt);
	q->at = arena_array(&q->arena, cnt, sizeof(*q->at));
	q->func_at = arena_array(&q->arena, cnt, sizeof(*q->func_at));
	if (!q->ops || !q->marks || !q->at || !q->func_at)
		return -ENOMEM;
	for (uint32_t slot = 0; slot < cnt;) {
		enum op op = insn_op(&q->prog->insns[slot]);

		if (op == OP_INVALID)
			return -EOPNOTSUPP;
		q->ops[slot] = (uint8_t)op;
		slot += op_slots(op);
	}
	return 0;
}

static int translate_all(struct quick *q)
{
	quick_find_functions(q);
	quick_enter(q);
	for (uint32_t slot = 0; slot < q->prog->insns_cnt && !q->refused;
	     slot = q->func.end)
		translate_function(q, slot);
	quick_traps(q);
	if (q->refused)
		return -EOPNOTSUPP;
	return q->failed || q->code.failed ? -ENOMEM : 0;
}

/* ---- placing ---- */

/* What a call goes through when its target is too far: jmp [rip]; address. */
#define FAR_SIZE	14
#define TRAP_BYTE	0xcc

static void bind_jumps(struct quick *q)
{
	for (size_t i = 0; i < q->jumps.len; i++) {
		const struct quick_jump *jump = &q->jumps.data[i];

		x86_bind(&q->code, jump->end, jump->function ?
			 q->func_at[jump->slot] : q->at[jump->slot]);
	}
}

static uint32_t put_far(uint8_t *base, uint32_t at, uint64_t target)
{
	static const uint8_t jmp[] = { 0xff, 0x25, 0, 0, 0, 0 };

	memcpy(base + at, jmp, sizeof(jmp));
	memcpy(base + at + sizeof(jmp), &target, sizeof(target));
	return at + FAR_SIZE;
}

/* In the code's place; the bytes that it takes then. */
static uint32_t bind_calls(const struct quick *q, uint8_t *base)
{
	uint32_t len = q->code.len;

	for (size_t i = 0; i < q->calls.len; i++) {
		const struct quick_call *call = &q->calls.data[i];
		uint64_t from = (uintptr_t)base + call->end;
		int64_t distance = (int64_t)(call->target - from);
		int32_t near = (int32_t)distance;

		if (distance != near) {
			near = (int32_t)(len - call->end);
			len = put_far(base, len, call->target);
		}
		memcpy(base + call->end - 4, &near, sizeof(near));
	}
	return len;
}

static int place(struct quick *q, struct jit_code *out)
{
	size_t most = q->code.len + q->calls.len * FAR_SIZE;
	int err = execmem_init(&out->mem, most, (const void *)&rules);

	if (err)
		return err == -ENOMEM ? err : -EOPNOTSUPP;
	bind_jumps(q);
	memset(out->mem.base, TRAP_BYTE, out->mem.size);
	memcpy(out->mem.base, q->code.data, q->code.len);
	out->size = bind_calls(q, out->mem.base);
	if (execmem_seal(&out->mem)) {
		execmem_fini(&out->mem);
		return -EOPNOTSUPP;
	}
	out->enter = (jit_enter_fn)(uintptr_t)out->mem.base;
	out->entry = (uintptr_t)out->mem.base + q->func_at[0];
	out->memory = q->layout->memory;
	out->counts = q->counts;
	return 0;
}

/* ---- the whole ---- */

static bool have_bmi2(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_BMI2;
}

int quick_compile(const struct prog *prog, const struct jit_options *options,
		  struct jit_code *out)
{
	struct quick q = {
		.prog = prog, .facts = options->facts,
		.layout = ctx_layout(prog->type),
		.counts = options->counts,
		.bmi2 = !(options->without & JIT_BMI2) && have_bmi2(),
	};
	int err;

	if (!q.facts || !q.layout || q.layout->no_native || q.layout->by_btf)
		return -EOPNOTSUPP;
	arena_init(&q.arena);
	err = begin(&q);
	if (!err)
		err = translate_all(&q);
	if (!err)
		err = place(&q, out);
	vec_free(&q.jumps);
	vec_free(&q.calls);
	vec_free(&q.traps);
	jit_buf_fini(&q.code);
	arena_fini(&q.arena);
	return err;
}
