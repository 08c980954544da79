/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any instructions, made well-formed, run unproven on a packet with maps: the
 * interpreter must keep them inside of what they may touch. Every 8 bytes
 * choose a row of ops.def and its operands; jumps go to real instructions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "helper/helper.h"
#include "interp/interp.h"
#include "isa/insn.h"
#include "map/map.h"

#define SLOTS_MAX	256

struct fuzz {
	struct bpf_insn insns[SLOTS_MAX + 4];
	uint32_t cnt;
	uint32_t starts[SLOTS_MAX + 4];	/* slot of each operation */
	uint32_t starts_cnt;
	struct map *maps[4];
	uint8_t bytes[768];
	struct packet packet;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum prog_type types[] = {
	PROG_TYPE_XDP, PROG_TYPE_SCHED_CLS, PROG_TYPE_SOCKET_FILTER,
	PROG_TYPE_SYSCALL,
};

static int32_t field(const struct op_field *field, int32_t any)
{
	switch (field->kind) {
	case FIELD_FIXED: return field->fixed;
	case FIELD_ZERO: return 0;
	case FIELD_REG: return any % 11;
	default: return any;
	}
}

static uint32_t some_helper(uint32_t id)
{
	for (uint32_t i = 0; i < HELPER_END; i++)
		if (helper_function((id + i) % HELPER_END))
			return (id + i) % HELPER_END;
	return 0;
}

static void add(struct fuzz *f, const uint8_t *at)
{
	enum op op = at[0] % OP_CNT;
	const struct op_row *row = &op_rows[op];
	struct bpf_insn *insn = &f->insns[f->cnt];

	if (!row->have)
		return;
	f->starts[f->starts_cnt++] = f->cnt;
	*insn = (struct bpf_insn){
		.code = row->opcode,
		.dst_reg = (uint8_t)field(&row->dst, at[1] & 15),
		.src_reg = (uint8_t)field(&row->src, at[1] >> 4),
		.off = (int16_t)field(&row->off, (int8_t)at[2]),
		.imm = field(&row->imm, (int32_t)get_u32(at + 4)),
	};
	if (op == OP_CALL_HELPER)
		insn->imm = (int32_t)some_helper(at[4]);
	f->cnt += op_slots(op);
	if (op_slots(op) == 2 && op != OP_LD_IMM64) {
		insn[0].imm = at[4] % 4;
		insn[1].imm = at[5] % 8;
		if (op == OP_LD_MAP_FD || op == OP_LD_MAP_IDX)
			insn[1].imm = 0;
	}
}

/* Every jump and call goes to the operation that its distance chooses. */
static void aim(struct fuzz *f)
{
	for (uint32_t i = 0; i < f->starts_cnt; i++) {
		uint32_t slot = f->starts[i];
		struct bpf_insn *insn = &f->insns[slot];
		enum op op = insn_op(insn);
		int64_t distance;
		uint32_t to;

		if (!insn_target(insn, &distance))
			continue;
		to = f->starts[(uint32_t)distance % f->starts_cnt];
		if (op_rows[op].off.kind == FIELD_JUMP) {
			insn->off = (int16_t)(to - slot - 1);
			continue;
		}
		insn->imm = (int32_t)(to - slot - 1);
		if (op == OP_LD_FUNC)
			insn[1].imm = 0;
	}
}

static void make_maps(struct fuzz *f)
{
	static const struct map_def defs[] = {
		{ "array", MAP_TYPE_ARRAY, 4, 24, 4 },
		{ "hash", MAP_TYPE_HASH, 8, 12, 8 },
		{ "ring", MAP_TYPE_RINGBUF, 0, 0, 4096 },
		{ "percpu", MAP_TYPE_PERCPU_ARRAY, 4, 8, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(defs); i++)
		if (map_create(&f->maps[i], &defs[i], 1, NULL))
			abort();
}

static void run(struct fuzz *f, enum prog_type type)
{
	struct prog prog = {
		.name = "fuzz", .type = type, .insns = f->insns,
		.insns_cnt = f->cnt, .maps = f->maps, .maps_cnt = 4,
	};
	struct run run = { .prog = &prog, .budget = 4096 };

	f->packet.head = f->bytes;
	f->packet.data = f->packet.data_meta = f->bytes + PACKET_HEADROOM;
	f->packet.data_end = f->packet.data + 60;
	f->packet.end = f->bytes + sizeof(f->bytes);
	f->packet.len = f->packet.wire_len = 60;
	run.ctx = type == PROG_TYPE_SYSCALL ? (void *)f->bytes : &f->packet;
	run.ctx_len = type == PROG_TYPE_SYSCALL ? 64 : ctx_layout(type)->size;
	run.packet = type == PROG_TYPE_SYSCALL ? NULL : &f->packet;
	if (!interp_prepare(&prog, NULL) && !interp_attach(&run))
		for (int i = 0; i < 2; i++)
			if (interp_run(&run) != interp_report(&run, NULL))
				abort();
	interp_detach(&run);
	interp_release(&prog);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz *f;

	if (size < 9)
		return 0;
	f = calloc(1, sizeof(*f));
	if (!f)
		return 0;
	for (size_t at = 1; at + 8 <= size && f->cnt < SLOTS_MAX; at += 8)
		add(f, data + at);
	f->starts[f->starts_cnt++] = f->cnt;
	f->insns[f->cnt++] = (struct bpf_insn){ .code = 0x95 };
	aim(f);
	make_maps(f);
	run(f, types[data[0] % ARRAY_SIZE(types)]);
	for (size_t i = 0; i < ARRAY_SIZE(f->maps); i++)
		map_put(f->maps[i]);
	free(f);
	return 0;
}
