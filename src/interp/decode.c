/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From linked instructions to cells: each operation becomes one cell, jumps
 * become distances in cells, map references become addresses, accesses to
 * the frame that cannot leave it lose their check. What skep lacks is refused
 * by name when the program can get there, and faults when it cannot: CO-RE
 * leaves calls of nothing in dead code.
 *
 * r10 is never written (refused here), so `r10 + constant` always lies in the
 * running frame.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "interp/code.h"
#include "map/map.h"
#include "spec/diags.h"

#define FP	10

struct decoder {
	struct code *code;
	const struct prog *prog;
	struct diag_sink *sink;
	uint8_t *reach;		/* per slot */
	uint32_t *cell_of;	/* per slot */
	uint32_t *func_of;	/* per slot: 1 + function that starts there */
	uint32_t sites;		/* accesses so far */
};

static int refuse(const struct decoder *dec, uint32_t slot, enum diag_id id,
		  const char *what)
{
	const struct prog_line *line = prog_line_at(dec->prog, slot);
	struct diag_where where = {
		.file = dec->prog->object,
		.program = dec->prog->name,
		.insn = prog_origin(dec->prog, slot),
		.source_file = line ? line->file : NULL,
		.line = line ? line->line : 0,
		.column = line ? line->column : 0,
		.source_line = line ? line->text : NULL,
	};

	return diag_report(dec->sink, id, &where, "%s", what);
}

/* Functions: the entry, and whatever is called or has its address taken. */
static bool is_call_target(const struct bpf_insn *insn)
{
	enum op op = insn_op(insn);

	return op == OP_CALL_LOCAL || op == OP_LD_FUNC;
}

static void find_functions(struct decoder *dec)
{
	const struct prog *prog = dec->prog;
	uint32_t cnt = 0;

	dec->func_of[0] = 1;
	for (uint32_t slot = 0; slot < prog->insns_cnt;) {
		const struct bpf_insn *insn = &prog->insns[slot];

		if (is_call_target(insn))
			dec->func_of[slot + 1 + insn->imm] = 1;
		dec->code->calls_cnt += insn_op(insn) == OP_CALL_HELPER;
		slot += op_slots(insn_op(insn));
	}
	for (uint32_t slot = 0; slot < prog->insns_cnt; slot++)
		if (dec->func_of[slot])
			dec->func_of[slot] = ++cnt;
	dec->code->funcs_cnt = cnt;
}

static void number_cells(struct decoder *dec)
{
	const struct prog *prog = dec->prog;
	uint32_t cnt = 0;

	for (uint32_t slot = 0; slot < prog->insns_cnt;) {
		dec->cell_of[slot] = cnt++;
		slot += op_slots(insn_op(&prog->insns[slot]));
	}
	dec->code->cells_cnt = cnt;
}

static int alloc_code(struct decoder *dec)
{
	struct code *code = dec->code;
	struct arena *arena = &code->arena;

	code->cells = arena_array(arena, code->cells_cnt, sizeof(*code->cells));
	code->slots = arena_array(arena, code->cells_cnt, sizeof(*code->slots));
	code->funcs = arena_array(arena, code->funcs_cnt, sizeof(*code->funcs));
	code->calls = arena_array(arena, code->calls_cnt, sizeof(*code->calls));
	code->calls_cnt = 0;
	return code->cells && code->slots && code->funcs && code->calls ?
	       0 : -ENOMEM;
}

/* Rows whose dst (src, for fetching atomics) is written. */
static bool writes_fp(const struct bpf_insn *insn, enum op op)
{
	uint8_t class = BPF_CLASS(insn->code);
	bool atomic = class == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC;
	bool into_dst = class == BPF_LDX || class == BPF_ALU ||
			class == BPF_ALU64 ||
			(class == BPF_LD && op_rows[op].dst.kind == FIELD_REG);

	if (atomic && insn->imm == 0x100)	/* load-acquire */
		into_dst = true;
	return (into_dst && insn->dst_reg == FP) ||
	       (atomic && (insn->imm & BPF_FETCH) && insn->src_reg == FP &&
		op != OP_ATOMIC_CMPXCHG32 && op != OP_ATOMIC_CMPXCHG64);
}

/* The unchecked form of a load or store through r10, or the op itself. */
static const struct {
	enum op op;
	enum cell_op fp;
	uint8_t size;
} frame_forms[] = {
	{ OP_LDX8,  CELL_FP_LDX8,  1 }, { OP_LDX16, CELL_FP_LDX16, 2 },
	{ OP_LDX32, CELL_FP_LDX32, 4 }, { OP_LDX64, CELL_FP_LDX64, 8 },
	{ OP_ST8,   CELL_FP_ST8,   1 }, { OP_ST16,  CELL_FP_ST16,  2 },
	{ OP_ST32,  CELL_FP_ST32,  4 }, { OP_ST64,  CELL_FP_ST64,  8 },
	{ OP_STX8,  CELL_FP_STX8,  1 }, { OP_STX16, CELL_FP_STX16, 2 },
	{ OP_STX32, CELL_FP_STX32, 4 }, { OP_STX64, CELL_FP_STX64, 8 },
};

static uint8_t frame_form(const struct bpf_insn *insn, enum op op)
{
	bool load = BPF_CLASS(insn->code) == BPF_LDX;

	for (size_t i = 0; i < ARRAY_SIZE(frame_forms); i++) {
		if (frame_forms[i].op != op)
			continue;
		if ((load ? insn->src_reg : insn->dst_reg) != FP ||
		    insn->off < -RUN_STACK_SIZE ||
		    insn->off + frame_forms[i].size > 0)
			return (uint8_t)op;
		return frame_forms[i].fp;
	}
	return (uint8_t)op;
}

static int decode_map(struct decoder *dec, uint32_t slot, struct cell *cell)
{
	const struct bpf_insn *insn = &dec->prog->insns[slot];
	uint32_t index = (uint32_t)insn->imm, key = 0, off;
	struct map *map;
	uint8_t *value;

	if (index >= dec->prog->maps_cnt || !dec->prog->maps ||
	    !dec->prog->maps[index])
		return refuse(dec, slot, DIAG_INTERP_MAP,
			      "the program has no map of that index");
	map = dec->prog->maps[index];
	cell->imm = (int64_t)(uintptr_t)map;
	if (cell->op != OP_LD_MAP_VALUE && cell->op != OP_LD_MAP_IDX_VALUE)
		return 0;
	off = (uint32_t)insn[1].imm;
	if (map->def.type != MAP_TYPE_ARRAY || off >= map->def.value_size)
		return refuse(dec, slot, DIAG_INTERP_MAP,
			      "no address inside of that map's first value");
	value = map->ops->lookup(map, &key, 0);
	cell->imm = (int64_t)(uintptr_t)(value + off);
	return 0;
}

static bool returns_value(const struct helper_row *row)
{
	return row->ret == RET_MAP_VALUE_OR_NULL || row->ret == RET_MAP_VALUE;
}

static int refuse_helper(struct decoder *dec, uint32_t slot,
			 const struct helper_row *row, bool lacking)
{
	char text[160];

	snprintf(text, sizeof(text), lacking ?
		 "the program calls bpf_%s, which skep does not have" :
		 "bpf_%s is not for programs of this type", row->name);
	return refuse(dec, slot, lacking ? DIAG_INTERP_HELPER :
		      DIAG_INTERP_HELPER_TYPE, text);
}

static int decode_helper(struct decoder *dec, uint32_t slot, struct cell *cell)
{
	struct code *code = dec->code;
	struct call_site *call = &code->calls[code->calls_cnt++];
	bool suits, tail;

	call->id = (uint32_t)dec->prog->insns[slot].imm;
	call->row = helper_row(call->id);
	cell->imm = (int64_t)(uintptr_t)call;
	if (!call->row)
		return 0;
	tail = call->id == HELPER_tail_call;
	suits = call->row->progs >> dec->prog->type & 1;
	call->fn = suits ? helper_function(call->id) : NULL;
	if (!call->fn && !tail)
		return dec->reach[slot] ?
		       refuse_helper(dec, slot, call->row, suits) : 0;
	while (call->args_cnt < 5 && call->row->args[call->args_cnt])
		call->args_cnt++;
	if (returns_value(call->row) && code->call_windows < WIN_CALLS_CNT)
		call->window = (uint8_t)(WIN_CALLS + code->call_windows++);
	call->maps = helper_map_types(call->id);
	call->changes = call->id == HELPER_map_update_elem ||
			call->id == HELPER_map_delete_elem ||
			call->id == HELPER_map_push_elem ||
			call->id == HELPER_map_pop_elem;
	if (tail)
		cell->op = CELL_TAIL_CALL;
	return 0;
}

static int decode_missing(struct decoder *dec, uint32_t slot, enum op op)
{
	char text[160];

	if (!dec->reach[slot])
		return 0;
	snprintf(text, sizeof(text),
		 "the program uses %s, which skep does not have",
		 op_rows[op].name);
	return refuse(dec, slot, DIAG_INTERP_OP, text);
}

/* Operands that are not the instruction's own fields. */
static int decode_operands(struct decoder *dec, uint32_t slot,
			   struct cell *cell, enum op op)
{
	const struct bpf_insn *insn = &dec->prog->insns[slot];
	int64_t distance;
	uint8_t class = BPF_CLASS(insn->code);

	if (op == OP_CALL_HELPER)
		return decode_helper(dec, slot, cell);
	if (is_call_target(insn)) {
		uint32_t func = dec->func_of[slot + 1 + insn->imm] - 1;

		cell->imm = (int64_t)(op == OP_LD_FUNC ? FUNC_TAG | func :
				      func);
		return 0;
	}
	if (op == OP_LD_IMM64) {
		cell->imm = (int64_t)insn_imm64(insn);
		return 0;
	}
	if (op_slots(op) == 2)
		return decode_map(dec, slot, cell);
	if (insn_target(insn, &distance)) {
		cell->off = (int32_t)(dec->cell_of[slot + 1 + distance] -
				      dec->cell_of[slot]);
	} else if (class == BPF_LDX || class == BPF_STX || class == BPF_ST) {
		cell->value = insn->imm;
		cell->site = dec->sites++ % HINTS_CNT;
		cell->op = frame_form(insn, op);
	}
	return 0;
}

static int decode_cell(struct decoder *dec, uint32_t slot, enum op op)
{
	const struct bpf_insn *insn = &dec->prog->insns[slot];
	uint32_t index = dec->cell_of[slot];
	struct cell *cell = &dec->code->cells[index];

	dec->code->slots[index] = slot;
	*cell = (struct cell){
		.op = (uint8_t)op, .dst = insn->dst_reg, .src = insn->src_reg,
		.off = insn->off, .imm = insn->imm,
	};
	if (writes_fp(insn, op))
		return refuse(dec, slot, DIAG_INTERP_FRAME_POINTER,
			      "r10 cannot be written");
	if (!op_rows[op].have) {
		cell->op = CELL_MISSING;
		return decode_missing(dec, slot, op);
	}
	return decode_operands(dec, slot, cell, op);
}

/*
 * Bytes below r10 that the cells of a function can use: all of the frame as
 * soon as r10 is used otherwise than as the base of a direct access, or the
 * function jumps or runs on into another one.
 */
static uint32_t cell_stack(const struct cell *cell, uint32_t from, uint32_t to,
			   uint32_t at)
{
	bool jump = cell->op < OP_CNT &&
		    (op_rows[cell->op].off.kind == FIELD_JUMP ||
		     cell->op == OP_JA32);
	int64_t target = (int64_t)at + cell->off;

	if (cell->op >= CELL_FP_STX8 && cell->op <= CELL_FP_STX64 &&
	    cell->src == FP)
		return RUN_STACK_SIZE;
	if (cell->op >= CELL_FP_LDX8 && cell->op <= CELL_FP_STX64)
		return (uint32_t)-cell->off;
	if (jump && (target < from || target >= to))
		return RUN_STACK_SIZE;
	if (cell->dst == FP || cell->src == FP)
		return RUN_STACK_SIZE;
	return 0;
}

static void measure_stack(struct code *code, uint32_t index)
{
	struct code_func *func = &code->funcs[index];
	uint32_t end = index + 1 < code->funcs_cnt ?
		       code->funcs[index + 1].cell : code->cells_cnt;
	uint8_t last = code->cells[end - 1].op;
	uint32_t most = 0;

	if (last != OP_EXIT && last != OP_JA && last != OP_JA32)
		most = RUN_STACK_SIZE;
	for (uint32_t i = func->cell; i < end; i++)
		most = MAX(most, cell_stack(&code->cells[i], func->cell, end,
					    i));
	func->stack = (uint32_t)align_up(most, 8);
}

/*
 * Two operations in one handler, when the second goes on with the result of
 * the first. The second cell stays, for jumps to it.
 */
static const struct {
	enum op first, second;
	enum cell_op both;
} pairs[] = {
	{ OP_MOV64_REG, OP_ADD64_IMM, CELL_MOV_ADD_IMM },
	{ OP_MOV64_REG, OP_AND64_IMM, CELL_MOV_AND_IMM },
	{ OP_MOV64_REG, OP_LSH64_IMM, CELL_MOV_LSH_IMM },
	{ OP_MOV64_REG, OP_RSH64_IMM, CELL_MOV_RSH_IMM },
	{ OP_MOV64_REG, OP_ADD64_REG, CELL_MOV_ADD_REG },
	{ OP_MOV64_REG, OP_XOR64_REG, CELL_MOV_XOR_REG },
	{ OP_LSH64_IMM, OP_RSH64_IMM, CELL_LSH_RSH_IMM },
	{ OP_LSH64_IMM, OP_OR64_REG, CELL_LSH_OR_REG },
};

static void join_pair(struct cell *cell)
{
	const struct cell *next = cell + 1;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		bool reg = op_rows[pairs[i].second].src.kind == FIELD_REG;

		if (cell->plain == pairs[i].first &&
		    next->plain == pairs[i].second && next->dst == cell->dst &&
		    !(reg && next->src == cell->dst))
			cell->op = pairs[i].both;
	}
}

static void join_pairs(struct code *code)
{
	for (uint32_t i = 0; i < code->cells_cnt; i++)
		code->cells[i].plain = code->cells[i].op;
	for (uint32_t i = 0; i + 1 < code->cells_cnt; i++)
		join_pair(&code->cells[i]);
}

static int decode_all(struct decoder *dec)
{
	const struct prog *prog = dec->prog;
	int err;

	for (uint32_t slot = 0; slot < prog->insns_cnt;) {
		enum op op = insn_op(&prog->insns[slot]);

		if (dec->func_of[slot])
			dec->code->funcs[dec->func_of[slot] - 1].cell =
				dec->cell_of[slot];
		err = decode_cell(dec, slot, op);
		if (err)
			return err;
		slot += op_slots(op);
	}
	for (uint32_t i = 0; i < dec->code->funcs_cnt; i++)
		measure_stack(dec->code, i);
	join_pairs(dec->code);
	return 0;
}

int interp_decode(struct code *code, const struct prog *prog,
		  struct diag_sink *sink)
{
	struct decoder dec = {
		.code = code, .prog = prog, .sink = sink,
		.reach = interp_reach(prog),
		.cell_of = calloc(prog->insns_cnt, sizeof(uint32_t)),
		.func_of = calloc(prog->insns_cnt, sizeof(uint32_t)),
	};
	int err = -ENOMEM;

	if (!dec.reach || !dec.cell_of || !dec.func_of)
		goto out;
	find_functions(&dec);
	number_cells(&dec);
	err = alloc_code(&dec);
	if (!err)
		err = decode_all(&dec);
out:
	free(dec.func_of);
	free(dec.cell_of);
	free(dec.reach);
	if (err == -ENOMEM)
		diag_report(sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
			    "decoding program %s", prog->name);
	return err;
}
