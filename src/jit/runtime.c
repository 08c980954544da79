/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What native code leaves to C: choosing the program of a tail call, legacy
 * packet loads, callbacks of helpers, and faults.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "isa/insn.h"
#include "jit/code.h"
#include "map/map.h"
#include "map/map_in_map.h"
#include "map/prog_array.h"

uint64_t jit_tail_call(struct jit_thread *st, const struct map *map,
		       uint64_t index)
{
	struct prog *prog = prog_array_get(map, (uint32_t)index);
	struct run *run = st->run;
	const struct jit_code *code;

	if (!prog || run->tail_calls >= RUN_TAIL_CALLS_MAX ||
	    prog->engine_kind != PROG_ENGINE_JIT)
		return 0;
	code = prog->engine;
	run->tail_calls++;
	run->prog = prog;
	return code->entry;
}

uint64_t jit_packet_load(struct jit_thread *st, int32_t off, uint32_t size)
{
	const struct packet *packet = st->run->packet;
	uint64_t value;

	return packet && packet_load(packet, off, size, &value) ?
	       value : UINT64_MAX;
}

/* ---- faults ---- */

/* The budget ended inside of the block that begins at `slot`. */
static uint32_t use_budget(struct run *run, uint32_t slot)
{
	for (; run->insns < run->budget; run->insns++)
		slot += op_slots(insn_op(&run->prog->insns[slot]));
	return slot;
}

static void record(struct jit_thread *st, uint32_t slot, enum run_stop stop,
		   uint64_t addr, uint64_t size)
{
	struct run *run = st->run;
	const struct prog *prog = run->prog;

	if (run->fault.stop != RUN_EXITED)
		return;
	run->fault = (struct run_fault){
		.stop = stop, .prog = prog->linked ?: prog,
		.insn = prog_origin(prog, slot), .addr = addr, .size = size,
	};
	if (stop == RUN_FAULT_LOAD || stop == RUN_FAULT_STORE)
		run->fault.near = (struct mem_window){
			.base = st->ctx, .len = st->ctx_end - st->ctx,
			.cls = st->ctx_end > st->ctx ? MEM_CTX : MEM_NONE };
}

void jit_fault(struct jit_thread *st, uint32_t slot, enum run_stop stop,
	       uint64_t addr, uint64_t size)
{
	switch (stop) {
	case RUN_FAULT_LOAD:
	case RUN_FAULT_STORE:
		record(st, slot, stop, addr - size, size);
		return;
	case RUN_FAULT_DEPTH:
		record(st, slot, stop, RUN_FRAMES_MAX - 1, 0);
		return;
	case RUN_FAULT_BUDGET:
		slot = use_budget(st->run, slot);
		record(st, slot, stop, st->run->insns, 0);
		return;
	case RUN_FAULT_LEAK:
	case RUN_FAULT_FACT:
		record(st, slot, stop, addr, size);
		return;
	default:
		record(st, slot, stop, 0, 0);
		return;
	}
}

/* ---- callbacks ---- */

uint64_t jit_callback(struct run *run, uint64_t fn, uint64_t a1, uint64_t a2,
		      uint64_t a3, uint64_t a4)
{
	struct jit_thread *st = run->engine;
	const struct jit_code *code = run->prog->engine;
	uint64_t fp = st->fp, sp = st->sp, result;
	uint32_t calling = st->calling;
	enum run_stop stop = RUN_EXITED;

	if (unlikely(atomic_load_relaxed(&st->stop)))
		stop = RUN_FAULT_STOPPED;
	else if (unlikely(fp == st->fp_max))
		stop = RUN_FAULT_DEPTH;
	if (unlikely(stop != RUN_EXITED)) {
		record(st, calling, stop,
		       stop == RUN_FAULT_DEPTH ? fn : 0, 0);
		return 0;
	}
	st->fp = fp + (uint64_t)JIT_FRAME_STRIDE;
	result = code->enter(st, a1, a2, a3, a4, fn);
	st->fp = fp;
	st->sp = sp;
	st->calling = calling;
	return result;
}

/* ---- addresses as data ---- */

/* The readable bytes from `addr` on, of [base, base + size). */
static size_t within(uint64_t base, uint64_t size, uint64_t addr)
{
	return addr >= base && addr - base < size ?
	       (size_t)(size - (addr - base)) : 0;
}

static size_t in_frames(const struct jit_thread *st, uint64_t addr)
{
	for (uint32_t i = 0; i < RUN_FRAMES_MAX; i++) {
		uint64_t top = (uintptr_t)st->frames[i].end;
		size_t len = within(top - RUN_STACK_SIZE, RUN_STACK_SIZE,
				    addr);

		if (len && top <= st->fp)
			return len;
	}
	return 0;
}

static size_t in_packet(const struct run *run, uint64_t addr)
{
	const struct packet *packet = run->packet;
	uint64_t data, meta;
	size_t len;

	if (!packet || !(ctx_layout(run->prog->type)->packet & CTX_READ))
		return 0;
	data = (uintptr_t)packet->data;
	meta = (uintptr_t)packet->data_meta;
	len = within(data, (uintptr_t)packet->data_end - data, addr);
	return len || !meta || meta >= data ? len :
	       within(meta, data - meta, addr);
}

static size_t in_grants(const struct run *run, uint64_t addr)
{
	for (uint32_t i = 0; i < run->grants_cnt; i++) {
		size_t len = within(run->grants[i].base, run->grants[i].len,
				    addr);

		if (len)
			return len;
	}
	return 0;
}

static size_t in_value(const struct map *map, uint64_t addr)
{
	struct mem_window found;

	if (!map || !map_prog_reads(map) || !map_window(map, addr, &found))
		return 0;
	return within(found.base, found.len, addr);
}

static size_t in_maps(const struct run *run, uint64_t addr)
{
	const struct prog *prog = run->prog;
	struct mem_window found;
	size_t len = 0;

	for (uint32_t i = 0; !len && i < prog->maps_cnt; i++)
		len = in_value(prog->maps[i], addr);
	for (uint32_t i = 0; !len && i < prog->maps_cnt; i++)
		if (prog->maps[i] && map_in_map_window(prog->maps[i], addr,
						       &found))
			len = within(found.base, found.len, addr);
	return len;
}

size_t jit_readable(struct run *run, uint64_t addr, size_t len)
{
	const struct jit_thread *st = run->engine;
	size_t there = in_frames(st, addr);

	if (!there)
		there = in_packet(run, addr);
	if (!there)
		there = within(st->ctx, st->ctx_end - st->ctx, addr);
	if (!there)
		there = in_grants(run, addr);
	if (!there)
		there = in_maps(run, addr);
	return MIN(there, len);
}
