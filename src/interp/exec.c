/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop. One handler for every row of ops.def that skep has: the table of
 * labels is expanded from the rows, so a row without a handler does not
 * compile. Each handler ends in its own jump to the next one, which lets the
 * processor predict each pair of instructions apart.
 *
 * Semantics are RFC 9669's: division by zero gives 0, modulo by zero leaves
 * dst, the quotient that does not fit wraps, shifts use the low bits of their
 * count, and what is computed in 32 bits is zero-extended.
 *
 * With a budget the table in use sends every instruction through `count`
 * first; without one it costs nothing. The table is memory, so that a run can
 * be stopped from outside by what is written into it, at no cost either.
 */
#include "base/atomic.h"
#include "base/endian.h"
#include "interp/code.h"

static uint64_t sdiv64(uint64_t a, uint64_t b)
{
	if (b == 0)
		return 0;
	return b == UINT64_MAX ? -a : (uint64_t)((int64_t)a / (int64_t)b);
}

static uint64_t smod64(uint64_t a, uint64_t b)
{
	if (b == 0)
		return a;
	return b == UINT64_MAX ? 0 : (uint64_t)((int64_t)a % (int64_t)b);
}

static uint32_t sdiv32(uint32_t a, uint32_t b)
{
	if (b == 0)
		return 0;
	return b == UINT32_MAX ? -a : (uint32_t)((int32_t)a / (int32_t)b);
}

static uint32_t smod32(uint32_t a, uint32_t b)
{
	if (b == 0)
		return a;
	return b == UINT32_MAX ? 0 : (uint32_t)((int32_t)a % (int32_t)b);
}

/* Operands of the instruction at hand. */
#define DST	regs[pc->dst]
#define SRC	regs[pc->src]
#define IMM	((uint64_t)pc->imm)
#define AT(reg)	((reg) + (uint64_t)(int64_t)pc->off)

#define GO	goto *table[pc->op]
#define NEXT	do { pc++; GO; } while (0)

/* One operation of two operands a and b, in its four forms. */
#define ALU(name, expr64, expr32) \
	do_##name##64_IMM: { uint64_t a = DST, b = IMM; \
		(void)a; DST = (expr64); NEXT; } \
	do_##name##64_REG: { uint64_t a = DST, b = SRC; \
		(void)a; DST = (expr64); NEXT; } \
	do_##name##32_IMM: { uint32_t a = (uint32_t)DST, b = (uint32_t)IMM; \
		(void)a; DST = (uint32_t)(expr32); NEXT; } \
	do_##name##32_REG: { uint32_t a = (uint32_t)DST, b = (uint32_t)SRC; \
		(void)a; DST = (uint32_t)(expr32); NEXT; }

/* One operation of one operand. */
#define UNARY(name, expr) \
	do_##name: { uint64_t a = DST; DST = (expr); NEXT; }
#define EXTEND(name, type, wide) \
	do_##name: DST = (wide)(type)SRC; NEXT;

/* A pair: a is what it starts from, b the operand of the second. */
#define PAIR(name, first, second, expr) \
	do_##name: { uint64_t a = (first), b = (second); \
		DST = (expr); pc += 2; GO; }
#define IMM2	((uint64_t)pc[1].imm)
#define SRC2	regs[pc[1].src]

/* One comparison in its four forms; `kind` is uint or int. */
#define JUMP_IF(cond) \
	do { if (cond) { pc += pc->off; GO; } NEXT; } while (0)
#define COMPARE(label, type, right, cond) \
	do_##label: { type a = (type)DST, b = (type)(right); JUMP_IF(cond); }
#define JUMP(name, kind, cond) \
	COMPARE(name##64_IMM, kind##64_t, IMM, cond) \
	COMPARE(name##64_REG, kind##64_t, SRC, cond) \
	COMPARE(name##32_IMM, kind##32_t, IMM, cond) \
	COMPARE(name##32_REG, kind##32_t, SRC, cond)

/* Memory: the hinted window, or the slow way, which may fault. */
#define HINT	(windows + hints[pc->site])
#define LOAD(name, bytes, type, sign) \
	do_##name: { uint64_t at = AT(SRC); \
		const struct window *window = HINT; \
		if (likely(window_takes(window, window->read, at, bytes))) { \
			DST = (uint64_t)(type)get_sized((void *)at, bytes); \
			NEXT; \
		} \
		if (!interp_load(st, pc, at, bytes, sign, &DST)) \
			goto fault; \
		NEXT; }
#define STORE_VALUE(name, bytes, value_of) \
	do_##name: { uint64_t at = AT(DST), value = (value_of); \
		const struct window *window = HINT; \
		if (likely(window_takes(window, window->write, at, bytes))) { \
			put_sized((void *)at, value, bytes); \
			NEXT; \
		} \
		if (!interp_store(st, pc, at, bytes, value)) \
			goto fault; \
		NEXT; }
#define STORE(bits, bytes) \
	STORE_VALUE(ST##bits, bytes, (uint64_t)(int64_t)pc->value) \
	STORE_VALUE(STX##bits, bytes, SRC)

/* The running frame: r10 and a displacement that decode.c has proven. */
#define FRAME(bits, bytes) \
	do_FP_LDX##bits: \
		DST = get_sized((void *)AT(regs[10]), bytes); NEXT; \
	do_FP_ST##bits: \
		put_sized((void *)AT(regs[10]), \
			  (uint64_t)(int64_t)pc->value, bytes); NEXT; \
	do_FP_STX##bits: \
		put_sized((void *)AT(regs[10]), SRC, bytes); NEXT;

/* An atomic on *p, whose window takes loads and stores. */
#define ATOMIC(name, type, body) \
	do_ATOMIC_##name: { type *p = (type *)AT(DST); \
		type v = (type)SRC; \
		if (unlikely(!interp_atomic_ok(st, pc, (uint64_t)p, \
					       sizeof(type)))) \
			goto fault; \
		body; NEXT; }
#define ATOMICS(bits, type) \
	ATOMIC(ADD##bits, type, atomic_add(p, v)) \
	ATOMIC(OR##bits, type, atomic_or(p, v)) \
	ATOMIC(AND##bits, type, atomic_and(p, v)) \
	ATOMIC(XOR##bits, type, atomic_xor(p, v)) \
	ATOMIC(FETCH_ADD##bits, type, SRC = atomic_add(p, v)) \
	ATOMIC(FETCH_OR##bits, type, SRC = atomic_or(p, v)) \
	ATOMIC(FETCH_AND##bits, type, SRC = atomic_and(p, v)) \
	ATOMIC(FETCH_XOR##bits, type, SRC = atomic_xor(p, v)) \
	ATOMIC(XCHG##bits, type, SRC = atomic_xchg(p, v)) \
	ATOMIC(CMPXCHG##bits, type, type old = (type)regs[0]; \
	       (void)atomic_cmpxchg(p, &old, v); regs[0] = old)

#define ORDERED(bits, bytes, type) \
	do_LOAD_ACQ##bits: { uint64_t at = AT(SRC); \
		if (unlikely(!interp_atomic_ok(st, pc, at, bytes))) \
			goto fault; \
		DST = atomic_load_acquire((type *)at); NEXT; } \
	do_STORE_REL##bits: { uint64_t at = AT(DST); \
		if (unlikely(!interp_atomic_ok(st, pc, at, bytes))) \
			goto fault; \
		atomic_store_release((type *)at, (type)SRC); NEXT; }

#define LEGACY(bits, bytes) \
	do_LD_ABS##bits: off = (int32_t)pc->imm; size = bytes; \
		goto legacy; \
	do_LD_IND##bits: off = (int32_t)(SRC + IMM); size = bytes; \
		goto legacy;

/* The whole check of an atomic, with its hint first. */
static always_inline bool interp_atomic_ok(struct interp *st,
					   const struct cell *pc, uint64_t at,
					   uint32_t size)
{
	const struct window *window = &st->windows[st->hints[pc->site]];

	if (likely(at % size == 0 && window->read == window->write &&
		   !window_is_packet(window) &&
		   window_takes(window, window->write, at, size)))
		return true;
	return interp_atomic(st, pc, at, size);
}

static bool interp_watched(struct interp *st, const struct cell *pc)
{
	struct run *run = st->run;

	return !run->watch ||
	       run->watch(run, st->code->prog,
			  st->code->slots[pc - st->code->cells]);
}

uint64_t interp_exec(struct interp *st, const struct cell *pc)
{
#define HANDLER_YES(name) &&do_##name
#define HANDLER_NO(name) &&missing
	static const void *const direct[CELL_END] = {
#define OP(name, opcode, dst, src, off, imm, group, since, have, ...) \
		[OP_##name] = HANDLER_##have(name),
#include "spec/ops.def"
#undef OP
		[CELL_FP_LDX8] = &&do_FP_LDX8, [CELL_FP_LDX16] = &&do_FP_LDX16,
		[CELL_FP_LDX32] = &&do_FP_LDX32,
		[CELL_FP_LDX64] = &&do_FP_LDX64,
		[CELL_FP_ST8] = &&do_FP_ST8, [CELL_FP_ST16] = &&do_FP_ST16,
		[CELL_FP_ST32] = &&do_FP_ST32, [CELL_FP_ST64] = &&do_FP_ST64,
		[CELL_FP_STX8] = &&do_FP_STX8, [CELL_FP_STX16] = &&do_FP_STX16,
		[CELL_FP_STX32] = &&do_FP_STX32,
		[CELL_FP_STX64] = &&do_FP_STX64,
		[CELL_MOV_ADD_IMM] = &&do_MOV_ADD_IMM,
		[CELL_MOV_AND_IMM] = &&do_MOV_AND_IMM,
		[CELL_MOV_LSH_IMM] = &&do_MOV_LSH_IMM,
		[CELL_MOV_RSH_IMM] = &&do_MOV_RSH_IMM,
		[CELL_MOV_ADD_REG] = &&do_MOV_ADD_REG,
		[CELL_MOV_XOR_REG] = &&do_MOV_XOR_REG,
		[CELL_LSH_RSH_IMM] = &&do_LSH_RSH_IMM,
		[CELL_LSH_OR_REG] = &&do_LSH_OR_REG,
		[CELL_TAIL_CALL] = &&do_TAIL_CALL,
		[CELL_MISSING] = &&missing,
	};
	static const void *const instead[] = { &&count, &&stopped };
	const void *const *const table = st->table;
	const uint32_t base = st->depth;
	uint64_t *regs = st->regs[base];
	struct window *const windows = st->windows;
	uint8_t *const hints = st->hints;
	const struct code *code;
	uint32_t size;
	int32_t off;

	if (unlikely(!pc)) {
		for (uint32_t i = 0; i < CELL_END; i++)
			atomic_store_relaxed(&st->table[i],
				atomic_load_acquire(&st->stop) ? instead[1] :
				st->counts ? instead[0] : direct[i]);
		return 0;
	}
	GO;

	ALU(ADD, a + b, a + b)
	ALU(SUB, a - b, a - b)
	ALU(MUL, a * b, a * b)
	ALU(DIV, b ? a / b : 0, b ? a / b : 0)
	ALU(MOD, b ? a % b : a, b ? a % b : a)
	ALU(SDIV, sdiv64(a, b), sdiv32(a, b))
	ALU(SMOD, smod64(a, b), smod32(a, b))
	ALU(OR, a | b, a | b)
	ALU(AND, a & b, a & b)
	ALU(XOR, a ^ b, a ^ b)
	ALU(LSH, a << (b & 63), a << (b & 31))
	ALU(RSH, a >> (b & 63), a >> (b & 31))
	ALU(ARSH, (uint64_t)((int64_t)a >> (b & 63)),
	    (uint32_t)((int32_t)a >> (b & 31)))
	ALU(MOV, b, b)

	UNARY(NEG64, -a)
	UNARY(NEG32, (uint32_t)-(uint32_t)a)
	UNARY(LE16, htole16((uint16_t)a))
	UNARY(LE32, htole32((uint32_t)a))
	UNARY(LE64, htole64(a))
	UNARY(BE16, htobe16((uint16_t)a))
	UNARY(BE32, htobe32((uint32_t)a))
	UNARY(BE64, htobe64(a))
	UNARY(BSWAP16, __builtin_bswap16((uint16_t)a))
	UNARY(BSWAP32, __builtin_bswap32((uint32_t)a))
	UNARY(BSWAP64, __builtin_bswap64(a))
	EXTEND(MOVSX64_8, int8_t, int64_t)
	EXTEND(MOVSX64_16, int16_t, int64_t)
	EXTEND(MOVSX64_32, int32_t, int64_t)
	EXTEND(MOVSX32_8, int8_t, uint32_t)
	EXTEND(MOVSX32_16, int16_t, uint32_t)

	PAIR(MOV_ADD_IMM, SRC, IMM2, a + b)
	PAIR(MOV_AND_IMM, SRC, IMM2, a & b)
	PAIR(MOV_LSH_IMM, SRC, IMM2, a << (b & 63))
	PAIR(MOV_RSH_IMM, SRC, IMM2, a >> (b & 63))
	PAIR(MOV_ADD_REG, SRC, SRC2, a + b)
	PAIR(MOV_XOR_REG, SRC, SRC2, a ^ b)
	PAIR(LSH_RSH_IMM, DST << (IMM & 63), IMM2, a >> (b & 63))
	PAIR(LSH_OR_REG, DST << (IMM & 63), SRC2, a | b)

do_JA:
do_JA32:
	pc += pc->off;
	GO;
do_MAY_GOTO:
	JUMP_IF(!st->frames[st->depth].may_goto ||
		!st->frames[st->depth].may_goto--);
	JUMP(JEQ, uint, a == b)
	JUMP(JNE, uint, a != b)
	JUMP(JGT, uint, a > b)
	JUMP(JGE, uint, a >= b)
	JUMP(JLT, uint, a < b)
	JUMP(JLE, uint, a <= b)
	JUMP(JSET, uint, a & b)
	JUMP(JSGT, int, a > b)
	JUMP(JSGE, int, a >= b)
	JUMP(JSLT, int, a < b)
	JUMP(JSLE, int, a <= b)

	LOAD(LDX8, 1, uint64_t, false)
	LOAD(LDX16, 2, uint64_t, false)
	LOAD(LDX32, 4, uint64_t, false)
	LOAD(LDX64, 8, uint64_t, false)
	LOAD(LDSX8, 1, int8_t, true)
	LOAD(LDSX16, 2, int16_t, true)
	LOAD(LDSX32, 4, int32_t, true)
	STORE(8, 1)
	STORE(16, 2)
	STORE(32, 4)
	STORE(64, 8)
	FRAME(8, 1)
	FRAME(16, 2)
	FRAME(32, 4)
	FRAME(64, 8)
	ATOMICS(64, uint64_t)
	ATOMICS(32, uint32_t)
	ORDERED(8, 1, uint8_t)
	ORDERED(16, 2, uint16_t)
	ORDERED(32, 4, uint32_t)
	ORDERED(64, 8, uint64_t)

do_LD_IMM64:
do_LD_MAP_FD:
do_LD_MAP_IDX:
do_LD_MAP_VALUE:
do_LD_MAP_IDX_VALUE:
do_LD_FUNC:
	DST = IMM;
	NEXT;

	LEGACY(8, 1)
	LEGACY(16, 2)
	LEGACY(32, 4)
legacy:
	if (unlikely(!st->run->packet ||
		     regs[6] != (uintptr_t)st->run->ctx)) {
		interp_fault(st, RUN_FAULT_OP, pc, regs[6], 0);
		goto fault;
	}
	if (packet_load(st->run->packet, off, size, &regs[0]))
		NEXT;
	regs[0] = 0;
	goto do_EXIT;

do_CALL_HELPER:
	regs[0] = interp_call(st, pc, regs);
	if (unlikely(st->run->fault.stop != RUN_EXITED))
		goto fault;
	NEXT;
do_CALL_LOCAL:
	code = st->code;
	if (unlikely(!interp_frame_push(st, &code->funcs[pc->imm]))) {
		interp_fault(st, RUN_FAULT_DEPTH, pc, st->depth, 0);
		goto fault;
	}
	st->frames[st->depth].ret = pc + 1;
	for (int i = 1; i <= 5; i++)
		regs[REGS_STRIDE + i] = regs[i];
	regs += REGS_STRIDE;
	pc = code->cells + code->funcs[pc->imm].cell;
	GO;
do_TAIL_CALL:
	code = interp_tail_call(st, pc, regs);
	if (!code) {
		if (unlikely(st->run->fault.stop != RUN_EXITED))
			goto fault;
		NEXT;
	}
	interp_frame_clear(st, &code->funcs[0]);
	pc = code->cells;
	GO;
do_EXIT:
	if (st->depth == base) {
		st->calling = pc;
		return regs[0];
	}
	pc = st->frames[st->depth].ret;
	regs -= REGS_STRIDE;
	regs[0] = regs[REGS_STRIDE];
	interp_frame_pop(st);
	GO;

count:
	if (unlikely(st->run->insns >= st->run->budget ||
		     !interp_watched(st, pc))) {
		interp_fault(st, RUN_FAULT_BUDGET, pc, st->run->insns, 0);
		goto fault;
	}
	st->run->insns++;
	goto *direct[pc->plain];
stopped:
	interp_fault(st, RUN_FAULT_STOPPED, pc, 0, 0);
	goto fault;
missing:
	interp_fault(st, RUN_FAULT_OP, pc, 0, 0);
fault:
	return 0;
}
