/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions in the optimiser's form, made by hand and run as native code:
 * ir_native_begin, instructions into block 0 and others, ir_native_finish,
 * ir_native_run, ir_native_end.
 */
#ifndef SKEP_TESTS_IR_NATIVE_H
#define SKEP_TESTS_IR_NATIVE_H

#include <stdio.h>
#include <string.h>

#include "jit/x86/compile.h"

struct ir_native {
	struct arena arena;
	struct ir_func f;
	struct prog prog;
	struct jit_options options;
	struct jit_code code;
	struct run run;
};

/* false when memory is out */
static inline bool ir_native_begin(struct ir_native *n, uint32_t without)
{
	memset(n, 0, sizeof(*n));
	arena_init(&n->arena);
	n->prog = (struct prog){ .name = "made", .type = PROG_TYPE_XDP };
	n->options.without = without;
	n->run.prog = &n->prog;
	ir_init(&n->f, &n->prog, &n->arena);
	n->f.entry = true;
	return !jit_attach(&n->run);
}

static inline void ir_native_end(struct ir_native *n)
{
	execmem_fini(&n->code.mem);
	jit_origins_fini(&n->code.origins);
	jit_detach(&n->run);
	ir_fini(&n->f);
	arena_fini(&n->arena);
}

/* An instruction of two operands at the end of block 0. */
static inline ir_ref ir_native_op(struct ir_native *n, enum ir_op op,
				  bool wide, ir_ref a, ir_ref b)
{
	return ir_append(&n->f, 0, &(struct ir_insn){
		.op = (uint8_t)op, .wide = wide, .args = { a, b } });
}

static inline ir_ref ir_native_arg(struct ir_native *n, uint32_t index)
{
	return ir_float(&n->f, IR_ARG, index);
}

static inline ir_ref ir_native_load(struct ir_native *n, ir_ref base,
				    int64_t off, uint8_t size)
{
	return ir_append(&n->f, 0, &(struct ir_insn){
		.op = IR_LOAD, .size = size, .imm = off, .args = { base } });
}

static inline void ir_native_store(struct ir_native *n, ir_ref base,
				   int64_t off, uint8_t size, ir_ref value)
{
	ir_append(&n->f, 0, &(struct ir_insn){
		.op = IR_STORE, .size = size, .imm = off,
		.args = { base, value } });
}

static inline void ir_native_ret(struct ir_native *n, ir_block_id block,
				 ir_ref value)
{
	ir_append(&n->f, block, &(struct ir_insn){ .op = IR_RET,
						   .args = { value } });
}

/* Compiles; 0, or what went wrong. */
static inline int ir_native_finish(struct ir_native *n)
{
	struct ir_func *f = &n->f;

	ir_order(f);
	if (!ir_check(f, NULL))
		return -1;
	return x86_compile(&f, 1, &n->prog, &n->options, &n->code);
}

static inline uint64_t ir_native_run(struct ir_native *n, uint64_t r1,
				     uint64_t r2, uint64_t r3, uint64_t r4)
{
	struct jit_thread *st = n->run.engine;

	st->fp = (uintptr_t)st->frames[0].end;
	n->run.fault.stop = RUN_EXITED;
	return n->code.enter(st, r1, r2, r3, r4, n->code.entry);
}

#endif
