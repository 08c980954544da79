/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row for each operation: what it is in the form. What has no row is not
 * compiled.
 */
#include "jit/ir/build.h"

#include "map/map.h"
#include "verify/state/state.h"

static BUILD_MAKE(alu);
static BUILD_MAKE(move);
static BUILD_MAKE(number);
static BUILD_MAKE(extend);
static BUILD_MAKE(nothing);
static BUILD_MAKE(unary);
static BUILD_MAKE(jump);
static BUILD_MAKE(may_goto);
static BUILD_MAKE(branch_if);
static BUILD_MAKE(wide_number);
static BUILD_MAKE(map);
static BUILD_MAKE(function);

#define ALU(name, op) \
	[OP_##name##64_REG] = { build_alu, op, true, false }, \
	[OP_##name##32_REG] = { build_alu, op, false, false }, \
	[OP_##name##64_IMM] = { build_alu, op, true, true }, \
	[OP_##name##32_IMM] = { build_alu, op, false, true }
#define BRANCH(name, cond) \
	[OP_##name##64_REG] = { build_branch_if, cond, true, false }, \
	[OP_##name##32_REG] = { build_branch_if, cond, false, false }, \
	[OP_##name##64_IMM] = { build_branch_if, cond, true, true }, \
	[OP_##name##32_IMM] = { build_branch_if, cond, false, true }
#define MEMORY(bits, bytes) \
	[OP_LDX##bits] = { build_load, .size = bytes }, \
	[OP_ST##bits] = { build_store, .imm = true, .size = bytes }, \
	[OP_STX##bits] = { build_store, .size = bytes }, \
	[OP_LOAD_ACQ##bits] = { build_load, .wide = true, .size = bytes }, \
	[OP_STORE_REL##bits] = { build_store, .wide = true, .size = bytes }
#define FETCH(name, bits, bytes) \
	[OP_ATOMIC_##name##bits] = { build_atomic, IR_ATOMIC_##name, \
		bytes == 8, .size = bytes }, \
	[OP_ATOMIC_FETCH_##name##bits] = { build_atomic, \
		IR_ATOMIC_##name | IR_ATOMIC_FETCH, bytes == 8, \
		.size = bytes }
#define ATOMICS(bits, bytes) \
	FETCH(ADD, bits, bytes), FETCH(OR, bits, bytes), \
	FETCH(AND, bits, bytes), FETCH(XOR, bits, bytes), \
	[OP_ATOMIC_XCHG##bits] = { build_atomic, \
		IR_ATOMIC_XCHG | IR_ATOMIC_FETCH, bytes == 8, \
		.size = bytes }, \
	[OP_ATOMIC_CMPXCHG##bits] = { build_cmpxchg, .wide = bytes == 8, \
		.size = bytes }
#define SWAP(bits, bytes, le) \
	[OP_LE##bits] = { le, IR_ZEXT, .size = bytes }, \
	[OP_BE##bits] = { build_extend, IR_BSWAP, .size = bytes }, \
	[OP_BSWAP##bits] = { build_extend, IR_BSWAP, .size = bytes }
#define LEGACY(bits, bytes) \
	[OP_LD_ABS##bits] = { build_packet, .imm = true, .size = bytes }, \
	[OP_LD_IND##bits] = { build_packet, .size = bytes }

static const struct build_rule rules[OP_CNT] = {
	ALU(ADD, IR_ADD), ALU(SUB, IR_SUB), ALU(MUL, IR_MUL),
	ALU(OR, IR_OR), ALU(AND, IR_AND), ALU(XOR, IR_XOR),
	ALU(DIV, IR_DIV), ALU(SDIV, IR_SDIV), ALU(MOD, IR_MOD),
	ALU(SMOD, IR_SMOD), ALU(LSH, IR_SHL), ALU(RSH, IR_SHR),
	ALU(ARSH, IR_SAR),
	[OP_MOV64_REG] = { build_move, .wide = true },
	[OP_MOV32_REG] = { build_extend, IR_ZEXT, .imm = true, .size = 4 },
	[OP_MOV64_IMM] = { build_number, .wide = true },
	[OP_MOV32_IMM] = { build_number },
	[OP_MOVSX64_8] = { build_extend, IR_SEXT, true, true, 1 },
	[OP_MOVSX64_16] = { build_extend, IR_SEXT, true, true, 2 },
	[OP_MOVSX64_32] = { build_extend, IR_SEXT, true, true, 4 },
	[OP_MOVSX32_8] = { build_extend, IR_SEXT, false, true, 1 },
	[OP_MOVSX32_16] = { build_extend, IR_SEXT, false, true, 2 },
	[OP_NEG64] = { build_unary, IR_NEG, true },
	[OP_NEG32] = { build_unary, IR_NEG, false },
	SWAP(16, 2, build_extend), SWAP(32, 4, build_extend),
	SWAP(64, 8, build_nothing),

	[OP_JA] = { build_jump }, [OP_JA32] = { build_jump },
	[OP_MAY_GOTO] = { build_may_goto },
	BRANCH(JEQ, IR_EQ), BRANCH(JNE, IR_NE), BRANCH(JGT, IR_UGT),
	BRANCH(JGE, IR_UGE), BRANCH(JLT, IR_ULT), BRANCH(JLE, IR_ULE),
	BRANCH(JSGT, IR_SGT), BRANCH(JSGE, IR_SGE), BRANCH(JSLT, IR_SLT),
	BRANCH(JSLE, IR_SLE), BRANCH(JSET, IR_ANY),

	[OP_CALL_HELPER] = { build_helper }, [OP_CALL_LOCAL] = { build_local },
	[OP_EXIT] = { build_exit },

	MEMORY(8, 1), MEMORY(16, 2), MEMORY(32, 4), MEMORY(64, 8),
	[OP_LDSX8] = { build_load, .size = 1, .sign = true },
	[OP_LDSX16] = { build_load, .size = 2, .sign = true },
	[OP_LDSX32] = { build_load, .size = 4, .sign = true },
	ATOMICS(64, 8), ATOMICS(32, 4),

	[OP_LD_IMM64] = { build_wide_number },
	[OP_LD_FUNC] = { build_function },
	[OP_LD_MAP_FD] = { build_map }, [OP_LD_MAP_IDX] = { build_map },
	[OP_LD_MAP_VALUE] = { build_map, .imm = true },
	[OP_LD_MAP_IDX_VALUE] = { build_map, .imm = true },
	LEGACY(8, 1), LEGACY(16, 2), LEGACY(32, 4),
};

void build_insn(struct build *b, enum op op)
{
	const struct build_rule *rule = op < OP_CNT ? &rules[op] : NULL;

	if (rule && rule->make)
		rule->make(b, rule);
	else
		b->refused = true;
}

/* ---- arithmetic ---- */

static uint64_t imm_of(const struct build *b)
{
	return (uint64_t)(int64_t)b->insn->imm;
}

static ir_ref source(struct build *b, const struct build_rule *rule)
{
	return rule->imm ? ir_const(b->f, imm_of(b)) :
			   build_read(b, b->insn->src_reg);
}

static void result(struct build *b, const struct ir_insn *insn)
{
	build_write(b, b->insn->dst_reg, build_add(b, insn));
}

/* Does the verifier know that the divisor is not 0? */
static bool divides_by_some(const struct build *b,
			    const struct build_rule *rule)
{
	const struct verify_operand *src = &build_fact(b)->src;

	if (rule->imm)
		return b->insn->imm != 0;
	if (src->type != REG_SCALAR)
		return false;
	return rule->wide ? !scalar_has(&src->num, 0) :
			    scalar_umin32(&src->num) > 0;
}

static BUILD_MAKE(alu)
{
	bool divides = rule->op >= IR_DIV && rule->op <= IR_SMOD;
	ir_ref left = build_read(b, b->insn->dst_reg);
	ir_ref right = source(b, rule);

	result(b, &(struct ir_insn){
		.op = rule->op, .wide = rule->wide,
		.sure = divides && divides_by_some(b, rule),
		.args = { left, right } });
}

static BUILD_MAKE(move)
{
	build_write(b, b->insn->dst_reg, build_read(b, b->insn->src_reg));
}

static BUILD_MAKE(number)
{
	build_write(b, b->insn->dst_reg,
		    ir_const(b->f, rule->wide ? imm_of(b) :
					    (uint32_t)b->insn->imm));
}

/* `imm` of these rows: the source is src, not dst. */
static BUILD_MAKE(extend)
{
	ir_ref from = build_read(b, rule->imm ? b->insn->src_reg :
						b->insn->dst_reg);

	result(b, &(struct ir_insn){ .op = rule->op, .wide = rule->wide,
				     .size = rule->size, .args = { from } });
}

static BUILD_MAKE(nothing)
{
}

static BUILD_MAKE(unary)
{
	ir_ref from = build_read(b, b->insn->dst_reg);

	result(b, &(struct ir_insn){ .op = rule->op, .wide = rule->wide,
				     .args = { from } });
}

/* ---- jumps ---- */

static uint32_t target_slot(const struct build *b)
{
	int64_t distance = 0;

	insn_target(b->insn, &distance);
	return (uint32_t)(b->slot + 1 + distance);
}

/* What leads backward may be stopped. */
static void ask_stop(struct build *b, uint32_t target)
{
	if (target <= b->slot)
		build_add(b, &(struct ir_insn){ .op = IR_STOP });
}

static BUILD_MAKE(jump)
{
	uint32_t target = target_slot(b);

	ask_stop(b, target);
	build_goto(b, build_target(b, target));
}

static BUILD_MAKE(branch_if)
{
	uint32_t target = target_slot(b);
	ir_ref left, right;

	ask_stop(b, target);
	left = build_read(b, b->insn->dst_reg);
	right = source(b, rule);
	build_branch(b, &(struct ir_insn){
		.op = IR_BRANCH, .wide = rule->wide, .cond = rule->op,
		.args = { left, right } },
		build_target(b, target), build_target(b, b->slot + 1));
}

/* One round less, on the way that does not jump. */
static BUILD_MAKE(may_goto)
{
	uint32_t target = target_slot(b);
	ir_ref rounds, zero = ir_const(b->f, 0), one = ir_const(b->f, 1);
	ir_block_id more = build_sealed_block(b);

	ask_stop(b, target);
	rounds = build_read(b, BUILD_ROUNDS);
	build_branch(b, &(struct ir_insn){
		.op = IR_BRANCH, .cond = IR_EQ, .args = { rounds, zero } },
		build_target(b, target), more);
	b->cur = more;
	build_write(b, BUILD_ROUNDS, build_add(b, &(struct ir_insn){
		.op = IR_SUB, .args = { rounds, one } }));
	build_goto(b, build_target(b, b->slot + 1));
}

/* ---- addresses ---- */

static BUILD_MAKE(wide_number)
{
	build_write(b, b->insn->dst_reg, ir_const(b->f, insn_imm64(b->insn)));
}

/* A map, or (`imm`) an address in its first value. */
static BUILD_MAKE(map)
{
	uint32_t index = (uint32_t)b->insn->imm, key = 0;
	uint32_t off = (uint32_t)b->insn[1].imm;
	struct map *map = NULL;
	uint64_t address;

	if (index < b->prog->maps_cnt && b->prog->maps)
		map = b->prog->maps[index];
	if (!map || (rule->imm && (map->def.type != MAP_TYPE_ARRAY ||
				   off >= map->def.value_size))) {
		b->refused = true;
		return;
	}
	address = rule->imm ?
		(uintptr_t)map->ops->lookup(map, &key, 0) + off :
		(uintptr_t)map;
	build_write(b, b->insn->dst_reg, ir_const(b->f, address));
}

static BUILD_MAKE(function)
{
	build_write(b, b->insn->dst_reg,
		    ir_float(b->f, IR_FUNC,
			     build_func_index(b, target_slot(b))));
}
