/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_steps.h"

#include "base/endian.h"
#include "btf/btf.h"
#include "isa/insn.h"
#include "spec/kfuncs.h"
#include "../insns.h"

const struct map_def steps_maps[STEPS_MAPS] = {
	[STEPS_ARRAY] = { "array", MAP_TYPE_ARRAY, 4, 64, 2 },
	[STEPS_HASH] = { "hash", MAP_TYPE_HASH, 8, 16, 4 },
	[STEPS_RING] = { "ring", MAP_TYPE_RINGBUF, 0, 0, 4096 },
	[STEPS_PERCPU] = { "percpu", MAP_TYPE_PERCPU_ARRAY, 4, 8, 2 },
	[STEPS_QUEUE] = { "queue", MAP_TYPE_QUEUE, 0, 8, 2 },
	[STEPS_CONST] = { "const", MAP_TYPE_ARRAY, 4, 16, 1,
			  .flags = BPF_F_RDONLY_PROG },
	[STEPS_OUTER] = { "outer", MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2 },
	[STEPS_PROGS] = { "progs", MAP_TYPE_PROG_ARRAY, 4, 4, 2 },
	[STEPS_TYPED] = { "typed", MAP_TYPE_ARRAY, 4, 96, 1 },
};

static void emit(struct steps *s, struct bpf_insn insn)
{
	s->starts[s->starts_cnt++] = s->cnt;
	s->insns[s->cnt++] = insn;
}

#define EMIT(...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	for (size_t i_ = 0; i_ < ARRAY_SIZE(insns_); i_++) \
		emit(s, insns_[i_]); \
} while (0)

static void emit_wide(struct steps *s, int reg, int kind, int32_t imm,
		      int32_t high)
{
	emit(s, INSN(0x18, (uint8_t)reg & 15, (uint8_t)kind & 15, 0, imm));
	s->insns[s->cnt++] = INSN(0, 0, 0, 0, high);
}

static const int16_t odd[] = {
	0, 1, -1, 7, 8, 15, 16, 31, 32, 63, 64, 65, 127, 255, 256, INT16_MAX,
};

static int32_t number(uint8_t how)
{
	return how & 128 ? how & 127 : odd[how & 15];
}

/* A pointer or a number that functions begin with. */
static void emit_kept(struct steps *s, int reg, uint8_t how)
{
	emit(s, MOV_REG((uint8_t)reg & 15, 6 + how % 4));
}

static void emit_stack(struct steps *s, int reg, uint8_t how)
{
	EMIT(MOV_REG((uint8_t)reg & 15, 10),
	     ADD_IMM((uint8_t)reg & 15, -8 * (how % 16)));
}

/* "Leave unless" is a jump over these two. */
static void emit_leave(struct steps *s, uint8_t ret)
{
	EMIT(MOV_IMM(0, ret & 3), EXIT());
}

/* ---- instructions ---- */

static int32_t field(const struct op_field *field, int32_t any)
{
	switch (field->kind) {
	case FIELD_FIXED: return field->fixed;
	case FIELD_ZERO: return 0;
	case FIELD_REG: return any % 11;
	default: return any;
	}
}

static void step_op(struct steps *s, const uint8_t *at)
{
	enum op op = at[1] % OP_CNT;
	const struct op_row *row = &op_rows[op];
	struct bpf_insn *insn = &s->insns[s->cnt];
	int32_t imm = at[5] & 1 ? number(at[4]) : (int32_t)get_u32(at + 4);

	emit(s, INSN(row->opcode, (uint8_t)field(&row->dst, at[2] & 15) & 15,
		     (uint8_t)field(&row->src, at[2] >> 4) & 15,
		     (int16_t)field(&row->off, (int8_t)at[3]),
		     field(&row->imm, imm)));
	s->cnt += op_slots(op) - 1;
	if (op_slots(op) == 2 && op != OP_LD_IMM64) {
		insn[0].imm = at[4] % STEPS_MAPS;
		insn[1].imm = 0;
	}
	if (op == OP_CALL_KFUNC)
		*insn = MOV_IMM(0, 0);
}

static void step_number(struct steps *s, const uint8_t *at)
{
	static const uint8_t leaves[] = { 0x25, 0x65, 0xa5 };
	uint8_t reg = at[1] % 10;

	if (at[2] % 4 == 3) {
		EMIT(AND_IMM(reg, number(at[3])));
		return;
	}
	EMIT(INSN(leaves[at[2] % 4], reg, 0, 1, number(at[3])), JA(2));
	emit_leave(s, at[4]);
}

/* Goes on where n bytes of the packet are there. */
static void step_packet(struct steps *s, const uint8_t *at)
{
	static const uint8_t loads[] = { 0x71, 0x69, 0x61, 0x79 };
	uint8_t reg = at[3] % 6;

	EMIT(MOV_REG(1, 7), ADD_IMM(1, number(at[1])),
	     INSN(at[2] & 1 ? 0xbd : 0xad, 1, 8, 2, 0));
	emit_leave(s, at[4]);
	EMIT(INSN(loads[at[5] % 4], reg, at[2] & 2 ? 1 : 7,
		  (int16_t)number(at[6]), 0));
}

/* base + register, and an access there. */
static void step_variable(struct steps *s, const uint8_t *at)
{
	static const uint8_t codes[] = {
		0x71, 0x69, 0x61, 0x79, 0x73, 0x6b, 0x63, 0x7b,
	};
	uint8_t code = codes[at[4] % 8], reg = at[3] % 10;

	if (at[1] & 8)
		emit_stack(s, 1, at[1] >> 4);
	else
		emit_kept(s, 1, at[1]);
	if (at[1] & 4)
		EMIT(AND_IMM(reg, number(at[2])));
	EMIT(ADD_REG(1, reg));
	if (BPF_CLASS(code) == BPF_LDX)
		EMIT(INSN(code, at[6] % 10, 1, (int16_t)number(at[5]), 0));
	else
		EMIT(INSN(code, 1, at[6] % 10, (int16_t)number(at[5]), 0));
}

static void step_spill(struct steps *s, const uint8_t *at)
{
	static const uint8_t loads[] = { 0x79, 0x61, 0x69, 0x71, 0x81 };
	static const uint8_t stores[] = { 0x7b, 0x63, 0x6b, 0x73, 0x7b };
	int16_t off = (int16_t)(-8 * (1 + at[2] % 16));
	uint8_t reg = at[1] % 10;

	switch (at[3] % 4) {
	case 0: EMIT(INSN(stores[at[4] % 5], 10, reg, off, 0)); break;
	case 1: EMIT(INSN(loads[at[4] % 5], reg, 10, off, 0)); break;
	case 2: EMIT(ST64(10, off, number(at[4]))); break;
	default: EMIT(STX64(10, reg, off), LDX64(at[4] % 10, 10, off)); break;
	}
}

/* A counter on the stack, and back when it is not yet enough. */
static void step_loop(struct steps *s, const uint8_t *at)
{
	int16_t off = (int16_t)(-8 * (17 + at[1] % 4));
	uint32_t first = s->first[s->funcs_cnt - 1];
	uint32_t back = first + at[2] % MAX(s->starts_cnt - first, 1u);
	uint32_t to = s->starts[back];

	EMIT(LDX64(0, 10, off), ADD_IMM(0, 1 + (at[4] & 1)),
	     STX64(10, 0, off));
	EMIT(INSN(at[5] & 1 ? 0xa5 : 0x55, 0, 0,
		  (int16_t)((int32_t)to - (int32_t)s->cnt - 1),
		  number(at[3])));
}

static void step_leave(struct steps *s, const uint8_t *at)
{
	EMIT(INSN(at[3] & 1 ? 0x15 : 0x3d, at[1] % 10, at[3] & 1 ? 0 :
		  at[4] % 10, 2, at[3] & 1 ? number(at[2]) : 0));
	emit_leave(s, at[5]);
}

/* ---- calls ---- */

static void emit_map(struct steps *s, int reg, uint32_t id, uint8_t how)
{
	uint32_t map = how / 8 % STEPS_MAPS;

	for (uint32_t i = 0; how % 8 && i < STEPS_MAPS; i++) {
		map = (how / 8 + i) % STEPS_MAPS;
		if (helper_map_types(id) >> steps_maps[map].type & 1)
			break;
	}
	emit_wide(s, reg, BPF_PSEUDO_MAP_FD, (int32_t)map, 0);
}

static void emit_any(struct steps *s, int reg, uint8_t how)
{
	if (how & 1)
		EMIT(MOV_IMM((uint8_t)reg & 15, number(how >> 1)));
	else if (how & 2)
		emit_kept(s, reg, how >> 2);
	else
		emit_stack(s, reg, how >> 2);
}

static void emit_arg(struct steps *s, int reg, uint32_t id,
		     enum arg_kind kind, uint8_t how)
{
	uint8_t r = (uint8_t)reg & 15;

	switch (kind) {
	case ARG_NONE:
		break;
	case ARG_CTX:
	case ARG_CTX_OR_NULL:
		EMIT(MOV_REG(r, 6));
		break;
	case ARG_MAP:
		emit_map(s, reg, id, how);
		break;
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE:
		EMIT(MOV_IMM(r, number(how)));
		break;
	case ARG_FUNC:
		emit_wide(s, reg, BPF_PSEUDO_FUNC, how, 0);
		break;
	case ARG_CONST_STR:
		emit_wide(s, reg, BPF_PSEUDO_MAP_VALUE, STEPS_CONST, how & 7);
		break;
	case ARG_SPIN_LOCK:
	case ARG_TIMER:
	case ARG_KPTR:
		EMIT(MOV_REG(r, 9), ADD_IMM(r, how / 8 * 8 % 96));
		break;
	default:
		if (how % 4 == 3)
			emit_any(s, reg, how >> 2);
		else
			emit_stack(s, reg, how >> 2);
	}
}

static uint32_t some_helper(const struct steps *s, uint32_t id)
{
	for (uint32_t i = 0; i < HELPER_END; i++) {
		const struct helper_row *row =
			helper_row((id + i) % HELPER_END);

		if (row && row->progs >> s->type & 1)
			return (id + i) % HELPER_END;
	}
	return HELPER_map_lookup_elem;
}

/* What a result that may be NULL wants; kept in r9 or on the stack. */
static void emit_result(struct steps *s, uint8_t how)
{
	if (how & 1) {
		EMIT(JNE_IMM(0, 0, 2));
		emit_leave(s, how >> 6);
	}
	if (how & 2)
		EMIT(MOV_REG(9, 0));
	if (how & 4)
		EMIT(STX64(10, 0, (int16_t)(-8 - how / 8 % 8 * 8)));
}

static void step_call(struct steps *s, const uint8_t *at)
{
	static const enum helper_id favoured[] = {
		HELPER_map_lookup_elem, HELPER_map_lookup_elem,
		HELPER_map_update_elem, HELPER_map_delete_elem,
		HELPER_loop, HELPER_for_each_map_elem, HELPER_tail_call,
		HELPER_ringbuf_reserve, HELPER_ringbuf_submit,
		HELPER_get_prandom_u32, HELPER_dynptr_from_mem,
		HELPER_dynptr_read, HELPER_dynptr_data, HELPER_spin_lock,
		HELPER_spin_unlock, HELPER_map_push_elem,
	};
	uint32_t id = at[1] < 64 ? favoured[at[1] % ARRAY_SIZE(favoured)] :
				   some_helper(s, at[1]);
	const struct helper_row *row = helper_row(id);

	for (int i = 0; i < 5; i++)
		emit_arg(s, i + 1, id, row->args[i], at[3 + i]);
	EMIT(CALL((int32_t)id));
	emit_result(s, at[2]);
}

/* To a function that the last byte chooses; aim() knows where it is. */
static void step_call_local(struct steps *s, const uint8_t *at)
{
	for (int i = 1; i <= 4; i++)
		emit_any(s, i, at[i]);
	EMIT(INSN(0x85, 0, BPF_PSEUDO_CALL, 0, at[5]));
	emit_result(s, at[6]);
}

static void emit_kfunc_arg(struct steps *s, int reg, uint32_t type,
			   uint8_t how)
{
	const struct btf_type *t =
		btf_type(s->kernel, btf_skip_modifiers(s->kernel, type));

	if (!t || btf_kind(t) != BTF_KIND_PTR)
		EMIT(MOV_IMM((uint8_t)reg & 15, number(how)));
	else if (how % 8 == 7)
		EMIT(MOV_IMM((uint8_t)reg & 15, 0));
	else if (how % 8 == 6)
		EMIT(LDX64((uint8_t)reg & 15, 10,
			   (int16_t)(-8 - how / 8 % 8 * 8)));
	else
		emit_any(s, reg, (uint8_t)(how << 1 & ~1));
}

static void step_kfunc(struct steps *s, const uint8_t *at)
{
	static const char *const favoured[] = {
		"bpf_iter_num_new", "bpf_iter_num_next",
		"bpf_iter_num_destroy", "bpf_rcu_read_lock",
		"bpf_rcu_read_unlock", "bpf_dynptr_slice", "bpf_obj_new_impl",
		"bpf_rdonly_cast",
	};
	uint32_t i = (at[1] + at[2] / 8 * 128u) % (uint32_t)kfunc_rows_cnt;
	const char *name = at[1] & 128 ? favoured[at[1] % 8] :
					 kfunc_rows[i].name;
	const struct btf_type *func;
	const struct btf_param *params;
	uint32_t id;

	id = s->kernel ? btf_find(s->kernel, name, BTF_KIND_FUNC) : 0;
	if (!id || s->kfuncs_cnt == STEPS_KFUNCS)
		return;
	func = btf_type(s->kernel, btf_type(s->kernel, id)->type);
	params = btf_params(func);
	for (uint32_t p = 0; p < MIN(btf_vlen(func), 5u); p++)
		emit_kfunc_arg(s, (int)p + 1, params[p].type, at[3 + p]);
	EMIT(INSN(0x85, 0, BPF_PSEUDO_KFUNC_CALL, 0, (int)s->kfuncs_cnt));
	s->kfuncs[s->kfuncs_cnt++] = name;
	emit_result(s, at[2]);
}

/* ---- functions ---- */

static void begin_function(struct steps *s)
{
	s->first[s->funcs_cnt] = s->starts_cnt;
	s->funcs[s->funcs_cnt++] = s->cnt;
}

static void end_function(struct steps *s, uint8_t how)
{
	if (how & 4)
		EMIT(EXIT());
	else
		emit_leave(s, how);
}

static void step_function(struct steps *s, const uint8_t *at)
{
	if (s->funcs_cnt == STEPS_FUNCS)
		return;
	end_function(s, at[1]);
	begin_function(s);
	EMIT(MOV_REG(6, 1), MOV_REG(7, 2), MOV_REG(8, 3), MOV_REG(9, 4));
	for (int slot = 0; slot < at[2] % 4; slot++)
		EMIT(ST64(10, (int16_t)(-8 - 8 * slot), 0));
}

static void begin_main(struct steps *s, uint8_t how)
{
	int at = s->type == PROG_TYPE_XDP ? 0 : 76;

	begin_function(s);
	EMIT(MOV_REG(6, 1), MOV_IMM(7, 0), MOV_IMM(8, 0));
	if (s->type == PROG_TYPE_XDP || s->type == PROG_TYPE_SCHED_CLS ||
	    s->type == PROG_TYPE_CGROUP_SKB)
		EMIT(LDX32(7, 6, (int16_t)at),
		     LDX32(8, 6, (int16_t)(at + 4)));
	for (int16_t off = -160; off < -8 * (how % 21); off += 8)
		EMIT(ST64(10, off, 0));
	EMIT(ST64(10, -8, 0), MOV_REG(2, 10), ADD_IMM(2, -8));
	emit_wide(s, 1, BPF_PSEUDO_MAP_FD,
		  how & 128 ? STEPS_TYPED : STEPS_ARRAY, 0);
	EMIT(CALL(HELPER_map_lookup_elem), JNE_IMM(0, 0, 2));
	emit_leave(s, 0);
	EMIT(MOV_REG(9, 0));
}

static uint32_t function_at(const struct steps *s, uint32_t slot)
{
	uint32_t i = s->funcs_cnt - 1;

	while (s->funcs[i] > slot)
		i--;
	return i;
}

/* The slot that a jump at operation `i` of function `fn` goes to. */
static uint32_t target(const struct steps *s, uint32_t fn, uint32_t i,
		       int64_t distance)
{
	uint32_t first = s->first[fn], ops = s->first[fn + 1] - first;
	int64_t to = (int64_t)s->starts[i] + 1 + distance;

	for (uint32_t k = first; k < first + ops; k++)
		if (s->starts[k] == to)
			return s->starts[k];
	return s->starts[first + (i - first + (uint32_t)distance) % ops];
}

/* Calls go to functions, jumps to operations of the same one. */
static void aim(struct steps *s)
{
	for (uint32_t i = 0; i < s->starts_cnt; i++) {
		uint32_t slot = s->starts[i], to;
		struct bpf_insn *insn = &s->insns[slot];
		enum op op = insn_op(insn);
		int64_t distance;

		if (!insn_target(insn, &distance))
			continue;
		if (op == OP_CALL_LOCAL || op == OP_LD_FUNC)
			to = s->funcs[(uint32_t)distance % s->funcs_cnt];
		else
			to = target(s, function_at(s, slot), i, distance);
		if (op_rows[op].off.kind == FIELD_JUMP)
			insn->off = (int16_t)(to - slot - 1);
		else
			insn->imm = (int32_t)(to - slot - 1);
	}
}

typedef void (*step_fn)(struct steps *s, const uint8_t *at);

static const step_fn kinds[] = {
	step_op, step_op, step_op, step_op, step_number, step_number,
	step_packet, step_variable, step_spill, step_spill, step_loop,
	step_leave, step_call, step_call, step_call_local, step_kfunc,
	step_function,
};

void steps_make(struct steps *s, const uint8_t *data, size_t size)
{
	begin_main(s, size ? data[0] : 0);
	for (size_t at = 1; at + 8 <= size && s->cnt < STEPS_SLOTS; at += 8)
		kinds[data[at] % ARRAY_SIZE(kinds)](s, data + at);
	end_function(s, 0);
	s->first[s->funcs_cnt] = s->starts_cnt;
	aim(s);
}
