/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions and blocks. A place (a subprogram, in the function that it is
 * built into) is scanned once for where blocks begin and how many edges lead
 * there, then built slot by slot; a block whose edges have all come is sealed
 * at once, the others at the end of the place.
 */
#include "jit/ir/build.h"

#include <errno.h>
#include <string.h>

#include "helper/helper.h"
#include "jit/audit.h"
#include "prog/ctx.h"

/* Slots of what is built into its caller, and of a function so far. */
#define INLINE_SLOTS	400u
#define INLINE_TOTAL	20000u

/* ---- registers ---- */

ir_ref build_read(struct build *b, uint32_t reg)
{
	return reg == BPF_REG_10 ? b->place->fp :
				   ir_vars_read(&b->vars, b->cur, reg);
}

void build_write(struct build *b, uint32_t reg, ir_ref value)
{
	ir_vars_write(&b->vars, b->cur, reg, value);
}

static ir_block_id new_block(struct build *b)
{
	ir_block_id id = ir_new_block(b->f);

	return ir_vars_grow(&b->vars) ? id : 0;
}

ir_block_id build_sealed_block(struct build *b)
{
	ir_block_id id = new_block(b);

	if (id)
		b->vars.blocks.data[id].sealed = true;
	return id;
}

ir_block_id build_inner_block(struct build *b, ir_block_id from)
{
	ir_block_id id = build_sealed_block(b);

	if (id)
		b->vars.blocks.data[id].from = from;
	return id;
}

/* ---- what is added ---- */

ir_ref build_add(struct build *b, const struct ir_insn *insn)
{
	struct ir_insn copy = *insn;

	copy.slot = b->slot;
	return ir_append(b->f, b->cur, &copy);
}

ir_block_id build_target(struct build *b, uint32_t slot)
{
	return b->place->blocks[slot - b->place->start];
}

void build_goto(struct build *b, ir_block_id target)
{
	ir_jump(b->f, b->cur, target, b->slot);
	b->cur = IR_NOWHERE;
}

void build_branch(struct build *b, const struct ir_insn *branch,
		  ir_block_id then, ir_block_id otherwise)
{
	struct ir_insn copy = *branch;

	copy.slot = b->slot;
	ir_branch(b->f, b->cur, &copy, then, otherwise);
	b->cur = IR_NOWHERE;
}

/* ---- places ---- */

static bool falls_through(enum op op)
{
	return op != OP_JA && op != OP_JA32 && op != OP_EXIT;
}

static bool is_jump(enum op op)
{
	return op_rows[op].off.kind == FIELD_JUMP || op == OP_JA32;
}

static void count_edges(struct build *b, struct build_place *place)
{
	bool begins = false;

	place->edges[0]++;
	for (uint32_t slot = place->start, next; slot < place->end;
	     slot = next) {
		enum op op = b->ops[slot];
		int64_t distance;
		uint32_t to;

		next = slot + op_slots(op);
		begins = is_jump(op);
		if (begins && insn_target(&b->prog->insns[slot], &distance)) {
			to = (uint32_t)(slot + 1 + distance) - place->start;
			place->edges[to]++;
			place->blocks[to] = 0;
			if (to + place->start == next)
				continue;
		}
		if (next >= place->end)
			break;
		if (falls_through(op))
			place->edges[next - place->start]++;
		if (begins)
			place->blocks[next - place->start] = 0;
	}
}

static int scan(struct build *b, struct build_place *place)
{
	uint32_t cnt = place->end - place->start;

	place->blocks = arena_array(b->arena, cnt, sizeof(*place->blocks));
	place->edges = arena_array(b->arena, cnt, sizeof(*place->edges));
	if (!place->blocks || !place->edges)
		return -ENOMEM;
	memset(place->blocks, 0xff, cnt * sizeof(*place->blocks));
	count_edges(b, place);
	for (uint32_t i = 0; i < cnt; i++)
		if (place->blocks[i] != IR_NOWHERE)
			place->blocks[i] = new_block(b);
	return b->f->failed ? -ENOMEM : 0;
}

/* A slot where a block begins. */
static void begin_block(struct build *b, ir_block_id block, uint32_t edges)
{
	if (b->cur != IR_NOWHERE)
		build_goto(b, block);
	b->cur = block;
	if (ir_block(b->f, block)->preds.len == edges)
		ir_vars_seal(&b->vars, block);
}

static void seal_all(struct build *b, const struct build_place *place)
{
	for (uint32_t i = 0; i < place->end - place->start; i++)
		if (place->blocks[i] != IR_NOWHERE)
			ir_vars_seal(&b->vars, place->blocks[i]);
}

static bool may_go_on(const struct build *b)
{
	return !b->refused && !b->f->failed;
}

/* Assertions of what the instruction's code takes from the proof. */
static void audit(struct build *b)
{
	struct jit_audited list[JIT_AUDITED_MAX];
	uint32_t cnt = jit_audited(b->prog, b->facts, b->slot, list);

	for (uint32_t i = 0; i < cnt; i++)
		build_add(b, &(struct ir_insn){
			.op = IR_AUDIT, .imm = (intptr_t)list[i].claim,
			.args = { build_read(b, list[i].reg), b->place->fp } });
}

void build_place_all(struct build *b, struct build_place *place)
{
	b->place = place;
	if (scan(b, place)) {
		b->f->failed = true;
		return;
	}
	for (uint32_t slot = place->start; slot < place->end && may_go_on(b);
	     slot += op_slots(b->ops[slot])) {
		uint32_t i = slot - place->start;

		b->slot = slot;
		b->insn = &b->prog->insns[slot];
		if (place->blocks[i] != IR_NOWHERE)
			begin_block(b, place->blocks[i], place->edges[i]);
		if (b->cur != IR_NOWHERE && b->audit)
			audit(b);
		if (b->cur != IR_NOWHERE)
			build_insn(b, b->ops[slot]);
	}
	if (may_go_on(b))
		seal_all(b, place);
}

/* What a frame begins with: zeroes, and rounds of may_goto. */
static void begin_frame(struct build *b, struct build_place *place)
{
	for (uint32_t var = 0; var < BUILD_VARS; var++)
		build_write(b, var, ir_const(b->f, 0));
	build_write(b, BUILD_ROUNDS, ir_const(b->f, JIT_MAY_GOTO_ROUNDS));
	place->fp = ir_float(b->f, IR_FRAME, place->frame);
	build_add(b, &(struct ir_insn){
		.op = IR_CLEAR, .imm = -RUN_STACK_SIZE,
		.bytes = RUN_STACK_SIZE, .region = IR_REGION_STACK,
		.args = { place->fp } });
}

/* ---- callees that are built in ---- */

static bool has_tail_call(const struct build *b, uint32_t start)
{
	for (uint32_t slot = start; slot < b->func_ends[start];
	     slot += op_slots(b->ops[slot]))
		if (b->ops[slot] == OP_CALL_HELPER &&
		    b->prog->insns[slot].imm == HELPER_tail_call)
			return true;
	return false;
}

bool build_may_inline(const struct build *b, uint32_t start)
{
	const struct build_place *place = b->place;

	if (b->func_ends[start] - start > INLINE_SLOTS ||
	    b->f->insns.len > INLINE_TOTAL ||
	    place->frame + 1 >= RUN_FRAMES_MAX)
		return false;
	for (; place; place = place->caller)
		if (place->start == start)
			return false;
	return start && !has_tail_call(b, start);
}

static ir_ref result_of(struct build *b, struct build_place *place,
			ir_block_id cont)
{
	uint32_t cnt = (uint32_t)place->results.len;
	ir_ref phi;

	if (cnt == 1)
		return place->results.data[0];
	if (!cnt)
		return ir_const(b->f, 0);
	phi = ir_phi(b->f, cont, cnt);
	for (uint32_t i = 0; phi && i < cnt; i++)
		ir_at(b->f, phi)->list[i] = place->results.data[i];
	return phi;
}

/* A callee's EXITs become jumps to where its caller goes on. */
static ir_ref join_results(struct build *b, struct build_place *place,
			   ir_block_id call)
{
	ir_block_id cont = build_inner_block(b, call);
	ir_ref result;

	for (size_t i = 0; i < place->exits.len && !b->f->failed; i++)
		ir_jump(b->f, place->exits.data[i], cont, b->slot);
	result = result_of(b, place, cont);
	b->cur = cont;
	vec_free(&place->results);
	vec_free(&place->exits);
	return result;
}

ir_ref build_inlined(struct build *b, uint32_t start, const ir_ref args[5])
{
	struct build_place *caller = b->place;
	struct build_place *place = arena_alloc(b->arena, sizeof(*place));
	const struct bpf_insn *insn = b->insn;
	uint32_t slot = b->slot;
	ir_block_id call = b->cur, enter = build_sealed_block(b);

	if (!place || b->f->failed) {
		b->f->failed = true;
		return 0;
	}
	*place = (struct build_place){
		.caller = caller, .start = start, .end = b->func_ends[start],
		.frame = caller->frame + 1 };
	b->f->frames = MAX(b->f->frames, place->frame + 1);
	build_add(b, &(struct ir_insn){ .op = IR_DEPTH, .imm = place->frame });
	build_goto(b, enter);
	b->cur = enter;
	begin_frame(b, place);
	for (uint32_t i = 0; i < 5; i++)
		build_write(b, BPF_REG_1 + i, args[i]);
	build_place_all(b, place);
	b->place = caller;
	b->slot = slot;
	b->insn = insn;
	return join_results(b, place, call);
}

/* ---- functions ---- */

uint32_t build_func_index(struct build *b, uint32_t slot)
{
	struct ir_unit *unit = b->unit;
	struct ir_func *f, **place;

	for (size_t i = 0; i < unit->funcs.len; i++)
		if (unit->funcs.data[i]->start == slot)
			return (uint32_t)i;
	f = arena_alloc(b->arena, sizeof(*f));
	place = f ? vec_push(&unit->funcs) : NULL;
	if (!place) {
		b->f->failed = true;
		return 0;
	}
	*place = f;
	ir_init(f, b->prog, b->arena);
	f->start = slot;
	f->entry = !slot;
	return (uint32_t)unit->funcs.len - 1;
}

static int build_func(struct build *b, struct ir_func *f)
{
	struct build_place place = { .start = f->start,
				     .end = b->func_ends[f->start] };

	b->f = f;
	b->cur = 0;
	b->slot = f->start;
	ir_vars_init(&b->vars, f, BUILD_VARS);
	if (!ir_vars_grow(&b->vars))
		return -ENOMEM;
	b->vars.blocks.data[0].sealed = true;
	begin_frame(b, &place);
	for (uint32_t i = 0; i < 5; i++)
		build_write(b, BPF_REG_1 + i, ir_float(f, IR_ARG, i));
	build_place_all(b, &place);
	ir_vars_fini(&b->vars);
	if (b->refused)
		return -EOPNOTSUPP;
	ir_order(f);
	ir_clean(f);
	return f->failed ? -ENOMEM : 0;
}

/* Where functions begin and end; the ops of all slots. */
static int prepare(struct build *b)
{
	uint32_t cnt = b->prog->insns_cnt, end = cnt;
	int64_t distance;

	b->ops = arena_array(b->arena, cnt, sizeof(*b->ops));
	b->func_ends = arena_array(b->arena, cnt, sizeof(*b->func_ends));
	if (!b->ops || !b->func_ends)
		return -ENOMEM;
	static_assert(OP_CNT < 256, "an op fits a byte");
	b->func_ends[0] = 1;
	for (uint32_t slot = 0; slot < cnt; slot += op_slots(b->ops[slot])) {
		const struct bpf_insn *insn = &b->prog->insns[slot];
		enum op op = insn_op(insn);

		b->ops[slot] = (uint8_t)op;
		if ((op == OP_CALL_LOCAL || op == OP_LD_FUNC) &&
		    insn_target(insn, &distance))
			b->func_ends[slot + 1 + distance] = 1;
	}
	for (uint32_t slot = cnt; slot-- > 0;)
		if (b->func_ends[slot]) {
			b->func_ends[slot] = end;
			end = slot;
		}
	return 0;
}

/* A jump into another function: no compiler makes it, so none is compiled. */
static bool stays_inside(const struct build *b)
{
	uint32_t start = 0, end = b->func_ends[0];
	int64_t distance;

	for (uint32_t slot = 0; slot < b->prog->insns_cnt;
	     slot += op_slots(b->ops[slot])) {
		if (slot == end) {
			start = slot;
			end = b->func_ends[slot];
		}
		if (!is_jump(b->ops[slot]) ||
		    !insn_target(&b->prog->insns[slot], &distance))
			continue;
		if (slot + 1 + distance < start || slot + 1 + distance >= end)
			return false;
	}
	return true;
}

int ir_build(struct ir_unit *unit, const struct prog *prog,
	     const struct jit_options *options, struct arena *arena)
{
	struct build b = { .unit = unit, .prog = prog, .arena = arena,
			   .facts = options->facts, .audit = options->audit,
			   .layout = ctx_layout(prog->type) };
	struct ir_func none = { 0 };
	int err;

	*unit = (struct ir_unit){ .prog = prog, .facts = options->facts,
				  .arena = arena };
	if (!b.facts || !b.layout || b.layout->no_native || b.layout->by_btf)
		return -EOPNOTSUPP;
	err = prepare(&b);
	if (!err && !stays_inside(&b))
		err = -EOPNOTSUPP;
	b.f = &none;
	if (!err)
		build_func_index(&b, 0);
	for (size_t i = 0; !err && !none.failed && i < unit->funcs.len; i++)
		err = build_func(&b, unit->funcs.data[i]);
	ir_vars_fini(&b.vars);
	if (!err && none.failed)
		err = -ENOMEM;
	if (err)
		ir_unit_fini(unit);
	return err;
}

void ir_unit_fini(struct ir_unit *unit)
{
	for (size_t i = 0; i < unit->funcs.len; i++)
		ir_fini(unit->funcs.data[i]);
	vec_free(&unit->funcs);
}
