/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any instructions, made well-formed, run unproven on a packet with maps of
 * every kind: the interpreter must keep them inside of what they may touch.
 *
 * The input is two programs that can tail-call each other. Every 8 bytes are
 * one step: a row of ops.def with its operands, or the call of a helper with
 * arguments of the shapes that its row asks for, mostly good ones. Jumps go
 * to real instructions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "helper/helper.h"
#include "interp/interp.h"
#include "isa/insn.h"
#include "map/map_in_map.h"
#include "map/prog_array.h"

#define SLOTS_MAX	512
#define SLOTS_STEP	24	/* as many as one step can emit */
#define MAPS_CNT	14

struct unit {
	struct bpf_insn insns[SLOTS_MAX + SLOTS_STEP];
	uint32_t cnt;
	uint32_t starts[SLOTS_MAX + SLOTS_STEP]; /* slot of each operation */
	uint32_t starts_cnt;
	struct prog prog;
};

struct fuzz {
	struct unit units[2];
	struct map *maps[MAPS_CNT];
	uint8_t bytes[768];
	struct packet packet;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum prog_type types[] = {
	PROG_TYPE_XDP, PROG_TYPE_SCHED_CLS, PROG_TYPE_SOCKET_FILTER,
	PROG_TYPE_SYSCALL, PROG_TYPE_CGROUP_SKB,
};

enum { MAP_ARRAY, MAP_PROGS = 12, MAP_CONST = 11 };

static const struct map_def inner_def = { "inner", MAP_TYPE_HASH, 4, 8, 4 };

static const struct map_def defs[MAPS_CNT] = {
	{ "array", MAP_TYPE_ARRAY, 4, 24, 4 },
	{ "hash", MAP_TYPE_HASH, 8, 12, 8 },
	{ "ring", MAP_TYPE_RINGBUF, 0, 0, 4096 },
	{ "percpu", MAP_TYPE_PERCPU_ARRAY, 4, 8, 2 },
	{ "lru", MAP_TYPE_LRU_HASH, 4, 16, 4 },
	{ "queue", MAP_TYPE_QUEUE, 0, 8, 2 },
	{ "bloom", MAP_TYPE_BLOOM_FILTER, 0, 4, 8 },
	{ "maps", MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 3, .inner = &inner_def },
	{ "hmaps", MAP_TYPE_HASH_OF_MAPS, 4, 4, 3, .inner = &inner_def },
	{ "dev", MAP_TYPE_DEVMAP, 4, 4, 4 },
	{ "perf", MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1 },
	[MAP_CONST] = { "const", MAP_TYPE_ARRAY, 4, 40, 1,
			.flags = BPF_F_RDONLY_PROG },
	[MAP_PROGS] = { "progs", MAP_TYPE_PROG_ARRAY, 4, 4, 3 },
	{ "lrupc", MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4 },
};

static void emit(struct unit *u, uint8_t code, uint32_t dst, uint32_t src,
		 int16_t off, int32_t imm)
{
	u->starts[u->starts_cnt++] = u->cnt;
	u->insns[u->cnt++] = (struct bpf_insn){
		.code = code, .dst_reg = dst & 15, .src_reg = src & 15,
		.off = off, .imm = imm,
	};
}

static void emit_wide(struct unit *u, uint32_t dst, uint32_t src,
		      int32_t imm, int32_t high)
{
	emit(u, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, imm);
	u->insns[u->cnt++] = (struct bpf_insn){ .imm = high };
}

#define MOV_REG(u, dst, src) \
	emit(u, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV_IMM(u, dst, imm) \
	emit(u, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define ADD_IMM(u, dst, imm) \
	emit(u, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)

/* r6 the context, r7 the packet, r8 a map value, r9 the stack. */
static void prologue(struct unit *u, enum prog_type type)
{
	MOV_REG(u, 6, 1);
	MOV_REG(u, 9, 10);
	emit_wide(u, 8, BPF_PSEUDO_MAP_VALUE, MAP_ARRAY, 0);
	if (type == PROG_TYPE_SYSCALL || type == PROG_TYPE_SOCKET_FILTER)
		MOV_REG(u, 7, 1);
	else
		emit(u, BPF_LDX | BPF_MEM | BPF_W, 7, 1,
		     type == PROG_TYPE_XDP ? 0 : 76, 0);
}

/* ---- one operation ---- */

static int32_t field(const struct op_field *field, int32_t any)
{
	switch (field->kind) {
	case FIELD_FIXED: return field->fixed;
	case FIELD_ZERO: return 0;
	case FIELD_REG: return any % 11;
	default: return any;
	}
}

/* The next one that programs of this type may call. */
static uint32_t some_helper(const struct unit *u, uint32_t id)
{
	for (uint32_t i = 0; i < HELPER_END; i++) {
		uint32_t at = (id + i) % HELPER_END;

		if ((helper_function(at) || at == HELPER_tail_call) &&
		    helper_row(at)->progs >> u->prog.type & 1)
			return at;
	}
	return 0;
}

static void add_op(struct unit *u, const uint8_t *at)
{
	enum op op = at[0] % OP_CNT;
	const struct op_row *row = &op_rows[op];
	struct bpf_insn *insn = &u->insns[u->cnt];

	if (!row->have)
		return;
	emit(u, row->opcode, (uint32_t)field(&row->dst, at[1] & 15),
	     (uint32_t)field(&row->src, at[1] >> 4),
	     (int16_t)field(&row->off, (int8_t)at[2]),
	     field(&row->imm, (int32_t)get_u32(at + 4)));
	if (op == OP_CALL_HELPER)
		insn->imm = (int32_t)some_helper(u, at[4]);
	u->cnt += op_slots(op) - 1;
	if (op_slots(op) == 2 && op != OP_LD_IMM64) {
		insn[0].imm = at[4] % MAPS_CNT;
		insn[1].imm = at[5] % 8;
		if (op == OP_LD_MAP_VALUE || op == OP_LD_MAP_IDX_VALUE)
			insn[0].imm = at[4] & 1 ? MAP_ARRAY : MAP_CONST;
		else
			insn[1].imm = 0;
	}
}

/* ---- one call ---- */

/* A map that the helper works on, or (one in eight) any. */
static void emit_map(struct unit *u, uint32_t reg, uint32_t id, uint8_t how)
{
	uint32_t map = how / 8 % MAPS_CNT;

	for (uint32_t i = 0; how % 8 && i < MAPS_CNT; i++) {
		map = (how / 8 + i) % MAPS_CNT;
		if (helper_map_types(id) >> defs[map].type & 1)
			break;
	}
	if (how % 8 == 7)
		MOV_REG(u, reg, 7);	/* an inner map, with luck */
	else
		emit_wide(u, reg, BPF_PSEUDO_MAP_FD, (int32_t)map, 0);
}

static void emit_memory(struct unit *u, uint32_t reg, uint8_t how)
{
	switch (how % 8) {
	case 0: MOV_IMM(u, reg, 0); break;
	case 1: MOV_REG(u, reg, 7); ADD_IMM(u, reg, how / 8); break;
	case 2: MOV_REG(u, reg, 8); ADD_IMM(u, reg, how / 8 % 4); break;
	case 3: MOV_REG(u, reg, 9); break;
	case 4: MOV_REG(u, reg, 6); break;
	default: MOV_REG(u, reg, 10); ADD_IMM(u, reg, -8 * (how / 8)); break;
	}
}

static void emit_size(struct unit *u, uint32_t reg, uint8_t how)
{
	static const int32_t odd[] = {
		0, -1, INT32_MAX, INT32_MIN, 1 << 29, 513, 255, 64,
	};

	MOV_IMM(u, reg, how & 7 ? how >> 3 : odd[how >> 3 & 7]);
}

static void emit_any(struct unit *u, uint32_t reg, uint8_t how)
{
	if (how & 1)
		MOV_IMM(u, reg, (int8_t)how / 2);
	else if (how & 2)
		MOV_REG(u, reg, 6 + how / 4 % 4);
	else
		MOV_IMM(u, reg, how & 4 ? 1 << (how >> 3) : 0);
}

static void emit_arg(struct unit *u, uint32_t reg, uint32_t id,
		     enum arg_kind kind, uint8_t how)
{
	switch (kind) {
	case ARG_CTX:
	case ARG_CTX_OR_NULL:
	case ARG_CTX_OR_BTF:
	case ARG_CTX_OR_SOCK:
		MOV_REG(u, reg, 6);
		break;
	case ARG_MAP:
		emit_map(u, reg, id, how);
		break;
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE:
		emit_size(u, reg, how);
		break;
	case ARG_FUNC:
		emit_wide(u, reg, BPF_PSEUDO_FUNC, how, 0);
		break;
	case ARG_CONST_STR:
		emit_wide(u, reg, BPF_PSEUDO_MAP_VALUE,
			  how & 7 ? MAP_CONST : MAP_ARRAY, how / 8 % 24);
		break;
	case ARG_RINGBUF_MEM:
		MOV_REG(u, reg, how & 1 ? 0 : 7 + how / 2 % 3);
		break;
	case ARG_NONE:
	case ARG_ANY:
	case ARG_VARARG:
		emit_any(u, reg, how);
		break;
	default:
		emit_memory(u, reg, how);
	}
}

static void add_call(struct unit *u, const uint8_t *at)
{
	uint32_t id = some_helper(u, at[1]);
	const struct helper_row *row = helper_row(id);

	for (uint32_t i = 0; i < 5; i++)
		emit_arg(u, i + 1, id, row->args[i], at[3 + i]);
	emit(u, BPF_JMP | BPF_CALL, 0, 0, 0, (int32_t)id);
	if (at[2] & 8)
		MOV_REG(u, 7 + at[2] % 3, 0);
}

/* Every jump and call goes to the operation that its distance chooses. */
static void aim(struct unit *u)
{
	for (uint32_t i = 0; i < u->starts_cnt; i++) {
		uint32_t slot = u->starts[i];
		struct bpf_insn *insn = &u->insns[slot];
		enum op op = insn_op(insn);
		int64_t distance;
		uint32_t to;

		if (!insn_target(insn, &distance))
			continue;
		to = u->starts[(uint32_t)distance % u->starts_cnt];
		if (op_rows[op].off.kind == FIELD_JUMP) {
			insn->off = (int16_t)(to - slot - 1);
			continue;
		}
		insn->imm = (int32_t)(to - slot - 1);
		if (op == OP_LD_FUNC)
			insn[1].imm = 0;
	}
}

static void make_unit(struct fuzz *f, struct unit *u, enum prog_type type,
		      const uint8_t *data, size_t size)
{
	u->prog.type = type;
	prologue(u, type);
	for (size_t at = 0; at + 8 <= size && u->cnt < SLOTS_MAX - SLOTS_STEP;
	     at += 8) {
		if (data[at] & 0x80)
			add_call(u, data + at);
		else
			add_op(u, data + at);
	}
	emit(u, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	aim(u);
	u->prog = (struct prog){
		.name = "fuzz", .type = type, .insns = u->insns,
		.insns_cnt = u->cnt, .maps = f->maps, .maps_cnt = MAPS_CNT,
	};
}

/* ---- the world around ---- */

static void fill_inner(struct map *outer, uint32_t key)
{
	struct map *inner;

	if (map_create(&inner, &inner_def, 1, NULL) ||
	    map_in_map_set(outer, &key, inner, 0))
		abort();
	map_put(inner);
}

static void make_maps(struct fuzz *f)
{
	static const char text[40] = "%d %s\0%pI6 %llx%%\0%5u %c%s %pks x";
	uint32_t zero = 0;

	for (size_t i = 0; i < MAPS_CNT; i++) {
		if (map_create(&f->maps[i], &defs[i], 1, NULL))
			abort();
		if (defs[i].inner)
			for (uint32_t key = 0; key < 2; key++)
				fill_inner(f->maps[i], key);
	}
	if (map_update_elem(f->maps[MAP_CONST], &zero, text, 0))
		abort();
}

static void trace(void *arg, const char *text, size_t len)
{
	if (strnlen(text, len + 1) > len)
		abort();
}

static void make_run(struct fuzz *f, struct run *run, enum prog_type type,
		     uint8_t how)
{
	static const struct run_host host = { .trace = trace };

	f->packet.head = f->bytes;
	f->packet.data = f->packet.data_meta = f->bytes + PACKET_HEADROOM;
	f->packet.data_end = f->packet.data + (how & 63);
	f->packet.end = how & 64 ? f->packet.data_end :
				   f->bytes + sizeof(f->bytes);
	f->packet.len = f->packet.wire_len = how & 63;
	f->packet.protocol = how & 128 ? 0x0081 : 0x0008;
	run->prog = &f->units[0].prog;
	run->budget = 4096;
	run->host = &host;
	run->ctx = type == PROG_TYPE_SYSCALL ? (void *)f->bytes : &f->packet;
	run->ctx_len = type == PROG_TYPE_SYSCALL ? 64 :
						   ctx_layout(type)->size;
	run->packet = type == PROG_TYPE_SYSCALL ? NULL : &f->packet;
}

static void run_units(struct fuzz *f, enum prog_type type, uint8_t how)
{
	struct run run = { 0 };
	int err = interp_attach(&run);

	for (uint32_t i = 0; i < 2; i++) {
		struct prog *prog = &f->units[i].prog;

		if (interp_prepare(prog, NULL))
			err = -1;
		else
			prog_array_set(f->maps[MAP_PROGS], i, prog, i + 1);
	}
	for (int i = 0; !err && i < 3; i++) {
		make_run(f, &run, type, how);
		if (i == 2)
			run.prog = &f->units[1].prog;
		if (interp_run(&run) != run_fault_report(&run, NULL))
			abort();
	}
	interp_detach(&run);
	for (uint32_t i = 0; i < 2; i++)
		interp_release(&f->units[i].prog);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum prog_type type;
	struct fuzz *f;
	size_t split;

	if (size < 11)
		return 0;
	f = calloc(1, sizeof(*f));
	if (!f)
		return 0;
	type = types[data[0] % ARRAY_SIZE(types)];
	split = (size - 3) * data[2] / 255 & ~(size_t)7;
	make_maps(f);
	make_unit(f, &f->units[0], type, data + 3, split);
	make_unit(f, &f->units[1], type, data + 3 + split, size - 3 - split);
	run_units(f, type, data[1]);
	for (size_t i = 0; i < MAPS_CNT; i++)
		map_put(f->maps[i]);
	free(f);
	return 0;
}
