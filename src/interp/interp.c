/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter's door: preparing a program, a thread's scratch, and a run
 * from its first instruction to its end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/atomic.h"
#include "interp/code.h"
#include "spec/diags.h"

static void index_fields(struct code *code)
{
	const struct ctx_layout *layout = code->layout;

	for (size_t i = 0; !layout->memory && i < layout->fields_cnt; i++)
		memset(code->fields + layout->fields[i].off, (int)i + 1,
		       layout->fields[i].size);
}

/* Tells apart two codes that were given the same address. */
static uint64_t stamp(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int interp_prepare(struct prog *prog, struct diag_sink *sink)
{
	const struct ctx_layout *layout = ctx_layout(prog->type);
	struct diag_where where = {
		.file = prog->object, .program = prog->name, .insn = -1,
	};
	struct code *code;
	int err;

	if (!layout || layout->no_native)
		return diag_report(sink, DIAG_INTERP_TYPE, &where,
				   "skep has no context for programs of type "
				   "%u", prog->type);
	err = insn_check(prog->insns, prog->insns_cnt, prog->name, sink);
	if (err)
		return err;
	code = calloc(1, sizeof(*code));
	if (!code)
		return diag_report(sink, DIAG_NO_MEMORY, &where,
				   "decoding the program");
	arena_init(&code->arena);
	code->prog = prog;
	code->layout = layout;
	code->stamp = stamp();
	index_fields(code);
	err = interp_decode(code, prog, sink);
	if (err) {
		arena_fini(&code->arena);
		free(code);
		return err;
	}
	interp_release(prog);
	prog->engine = code;
	prog->engine_kind = PROG_ENGINE_INTERP;
	return 0;
}

void interp_release(struct prog *prog)
{
	struct code *code = prog->engine;

	if (!code)
		return;
	arena_fini(&code->arena);
	free(code);
	prog->engine = NULL;
	prog->engine_kind = PROG_ENGINE_NONE;
}

int interp_attach(struct run *run)
{
	size_t size = (sizeof(struct interp) + 63) & ~(size_t)63;
	struct interp *st = aligned_alloc(64, size);

	if (!st)
		return -ENOMEM;
	memset(st, 0, size);
	for (uint32_t i = 0; i < WIN_CNT; i++)
		st->windows[i].read = st->windows[i].write = -1;
	for (uint32_t i = 0; i < RUN_FRAMES_MAX; i++)
		st->windows[i].cls = MEM_STACK;
	st->run = run;
	run->engine = st;
	interp_exec(st, NULL);
	return 0;
}

void interp_detach(struct run *run)
{
	free(run->engine);
	run->engine = NULL;
}

void interp_stop(struct run *run)
{
	struct interp *st = run->engine;

	atomic_xchg(&st->stop, 1);
	interp_exec(st, NULL);
}

bool interp_fault(struct interp *st, enum run_stop stop,
		  const struct cell *cell, uint64_t addr, uint64_t size)
{
	const struct prog *prog = st->code->prog;
	uint32_t slot = st->code->slots[cell - st->code->cells];
	struct run *run = st->run;

	if (run->fault.stop != RUN_EXITED)
		return false;
	run->fault = (struct run_fault){
		.stop = stop, .prog = prog->linked ?: prog,
		.insn = prog_origin(prog, slot),
		.addr = addr, .size = size,
	};
	if (stop == RUN_FAULT_LOAD || stop == RUN_FAULT_STORE ||
	    stop == RUN_FAULT_ARG)
		run->fault.near = interp_nearest(st, addr);
	return false;
}

/* Twice, when interp_stop has filled it in meanwhile. */
static void fill_table(struct interp *st, bool counts)
{
	st->counts = counts;
	interp_exec(st, NULL);
	if (atomic_add(&st->stop, 0))
		interp_exec(st, NULL);
}

static void begin(struct interp *st, struct run *run)
{
	const struct code *code = run->prog->engine;
	uint64_t *regs = st->regs[0];

	/* a fault leaves the frames that it happened in */
	for (; st->depth; st->depth--)
		st->windows[st->depth].read = st->windows[st->depth].write = -1;
	st->run = run;
	st->code = code;
	st->calling = code->cells;
	st->frames[0].code = code;
	interp_frame_clear(st, &code->funcs[0]);
	regs[1] = (uintptr_t)run->ctx;
	regs[2] = code->layout->memory ? run->ctx_len : 0;
	regs[3] = regs[4] = regs[5] = 0;
	if (unlikely(st->counts != (run->budget != 0)))
		fill_table(st, run->budget != 0);
	run->call = interp_callback;
	run->readable = interp_readable;
	run->fault.stop = RUN_EXITED;
	run->tail_calls = 0;
	run->insns = 0;
	run->grants_cnt = 0;
	interp_windows_begin(st);
}

/* What the program reserved and kept: a fault, and dropped. */
static void drop_records(struct interp *st)
{
	struct mem_window kept;

	if (!helper_drop_records(st->run, &kept) ||
	    st->run->fault.stop != RUN_EXITED)
		return;
	interp_fault(st, RUN_FAULT_LEAK, st->calling, kept.base, kept.len);
	st->run->fault.near = kept;
}

int interp_run(struct run *run)
{
	struct interp *st = run->engine;
	const struct prog *entry = run->prog;

	begin(st, run);
	run->r0 = interp_exec(st, st->code->cells);
	if (unlikely(run->grants_cnt))
		drop_records(st);
	run->prog = entry;
	return likely(run->fault.stop == RUN_EXITED) ?
	       0 : run_fault_errno(run->fault.stop);
}
