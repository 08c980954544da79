/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The door: preparing a program, a thread's scratch, and a run from the
 * program's first instruction to its end. Which machine there is code for is
 * decided here; what that machine has, in features.c.
 */
#include "jit/jit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "helper/helper.h"
#include "isa/insn.h"
#include "jit/code.h"
#include "jit/opt/compile.h"
#include "jit/quick/quick.h"
#include "jit/tools/tools.h"
#include "prog/ctx.h"

/* This machine, NULL when there is no code for it. */
static const struct quick_machine *machine(void)
{
#if defined(__x86_64__)
	return &quick_x86;
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
	return &quick_arm64;
#else
	return NULL;
#endif
}

bool jit_usable(void)
{
	return machine() != NULL;
}

/* The optimiser knows one machine. */
enum jit_tier jit_best_tier(void)
{
	return machine() == &quick_x86 ? JIT_OPT : JIT_QUICK;
}

/* Code that counts is the quick tier's. */
static int compile(const struct prog *prog, const struct jit_options *options,
		   struct jit_code *out)
{
	int err = -EOPNOTSUPP;

	if (MIN(options->tier, jit_best_tier()) == JIT_OPT && !options->counts)
		err = opt_compile(prog, options, out);
	out->tier = JIT_OPT;
	if (err != -EOPNOTSUPP)
		return err;
	out->tier = JIT_QUICK;
	return quick_compile(machine(), jit_features() & ~options->without,
			     prog, options, out);
}

/* A build for tests: all code asserts what it takes from proofs. */
#ifdef HAVE_AUDIT
#define AUDIT_ALL	true
#else
#define AUDIT_ALL	false
#endif

int jit_prepare(struct prog *prog, const struct jit_options *options)
{
	struct jit_options audited = *options;
	struct jit_code *code;
	int err;

	if (!jit_usable() ||
	    insn_check(prog->insns, prog->insns_cnt, prog->name, NULL))
		return -EOPNOTSUPP;
	code = calloc(1, sizeof(*code));
	if (!code)
		return -ENOMEM;
	audited.audit |= AUDIT_ALL;
	err = compile(prog, &audited, code);
	if (!err && code->origins.failed) {
		execmem_fini(&code->mem);
		err = -ENOMEM;
	}
	if (err) {
		jit_origins_fini(&code->origins);
		free(code);
		return err;
	}
	jit_origins_trim(&code->origins);
	prog->engine = code;
	prog->engine_kind = PROG_ENGINE_JIT;
	if (options->tools)
		jit_tools_add(options->tools, prog);
	return 0;
}

void jit_release(struct prog *prog)
{
	struct jit_code *code = prog->engine;

	if (!code)
		return;
	jit_tools_remove(prog);
	execmem_fini(&code->mem);
	jit_origins_fini(&code->origins);
	free(code);
	prog->engine = NULL;
	prog->engine_kind = PROG_ENGINE_NONE;
}

enum jit_tier jit_tier_of(const struct prog *prog)
{
	const struct jit_code *code = prog->engine;

	return code->tier;
}

uint32_t jit_code_size(const struct prog *prog)
{
	const struct jit_code *code = prog->engine;

	return code->size;
}

static uint64_t frame_top(const struct jit_thread *st, uint32_t depth)
{
	return (uintptr_t)st->frames[depth].end;
}

int jit_attach(struct run *run)
{
	struct jit_thread *st = aligned_alloc(64, sizeof(*st));

	if (!st)
		return -ENOMEM;
	memset(st, 0, sizeof(*st));
	st->run = run;
	st->fp_max = frame_top(st, RUN_FRAMES_MAX - 1);
	run->engine = st;
	run->call = jit_callback;
	run->readable = jit_readable;
	run->fault.stop = RUN_EXITED;
	run->tail_calls = 0;
	run->insns = 0;
	run->grants_cnt = 0;
	return 0;
}

void jit_detach(struct run *run)
{
	free(run->engine);
	run->engine = NULL;
}

void jit_stop(struct run *run)
{
	struct jit_thread *st = run->engine;

	atomic_store_release(&st->stop, 1);
}

/* What the program reserved and kept: a fault, and dropped. */
static noinline void drop_records(struct jit_thread *st)
{
	struct run *run = st->run;
	struct mem_window kept;

	if (helper_drop_records(run, &kept) && run->fault.stop == RUN_EXITED) {
		jit_fault(st, 0, RUN_FAULT_LEAK, kept.base, kept.len);
		run->fault.near = kept;
	}
	run->grants_cnt = 0;
}

/*
 * Each store is a part of what an empty program costs, so what seldom changes
 * is put back only when it did.
 */
static inline void begin(struct jit_thread *st, struct run *run,
			 const struct jit_code *code, uint64_t ctx_len)
{
	st->fp = frame_top(st, 0);
	st->ctx = (uintptr_t)run->ctx;
	st->ctx_end = (uintptr_t)run->ctx + ctx_len;
	if (unlikely(run->fault.stop != RUN_EXITED))
		run->fault.stop = RUN_EXITED;
	if (run->tail_calls)
		run->tail_calls = 0;
	if (unlikely(code->counts))
		run->insns = 0;
}

static inline void end(struct jit_thread *st, struct run *run,
		       const struct prog *entry)
{
	if (unlikely(run->grants_cnt))
		drop_records(st);
	if (run->tail_calls)
		run->prog = entry;
}

static uint64_t start(struct jit_thread *st, const struct jit_code *code,
		      uint64_t ctx, uint64_t ctx_len)
{
	return likely(code->start) ? code->start(st, ctx, ctx_len) :
	       code->enter(st, ctx, ctx_len, 0, 0, code->entry);
}

int jit_run(struct run *run)
{
	struct jit_thread *st = run->engine;
	const struct prog *entry = run->prog;
	const struct jit_code *code = entry->engine;
	uint64_t ctx_len = code->memory ? run->ctx_len : 0;

	begin(st, run, code, ctx_len);
	if (unlikely(atomic_load_relaxed(&st->stop)))
		jit_fault(st, 0, RUN_FAULT_STOPPED, 0, 0);
	else
		run->r0 = start(st, code, (uintptr_t)run->ctx, ctx_len);
	end(st, run, entry);
	return likely(run->fault.stop == RUN_EXITED) ?
	       0 : run_fault_errno(run->fault.stop);
}
