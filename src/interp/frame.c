/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames: registers, 512 bytes of stack and the window on them, pushed by
 * calls and callbacks. The window is as long as the function can use through
 * its own r10, and cleared on entry; what is below it is nobody's. So nothing
 * of an earlier run is ever seen.
 */
#include <string.h>

#include "interp/code.h"

static uint8_t *stack_top(struct interp *st, uint32_t depth)
{
	return st->stacks[depth] + RUN_STACK_SIZE;
}

/* Registers as a function finds them, but for its arguments. */
void interp_frame_clear(struct interp *st, const struct code_func *func)
{
	uint8_t *top = stack_top(st, st->depth);
	uint64_t *regs = st->regs[st->depth];
	struct window *window = &st->windows[st->depth];

	window->base = (uintptr_t)top - func->stack;
	window->read = window->write = func->stack;
	regs[0] = 0;
	memset(&regs[6], 0, 4 * sizeof(*regs));
	regs[10] = (uintptr_t)top;
	if (func->stack == RUN_STACK_SIZE)
		memset(top - RUN_STACK_SIZE, 0, RUN_STACK_SIZE);
	else if (func->stack)
		memset(top - func->stack, 0, func->stack);
	st->frames[st->depth].may_goto = MAY_GOTO_ROUNDS;
}

bool interp_frame_push(struct interp *st, const struct code_func *func)
{
	if (st->depth + 1 == RUN_FRAMES_MAX)
		return false;
	st->depth++;
	st->frames[st->depth].code = st->code;
	interp_frame_clear(st, func);
	return true;
}

void interp_frame_pop(struct interp *st)
{
	st->windows[st->depth].read = -1;
	st->windows[st->depth].write = -1;
	st->depth--;
	if (unlikely(st->frames[st->depth].code != st->code))
		interp_switch_code(st, st->frames[st->depth].code);
}

/* A tail call, or the return from one made in a subprogram. */
void interp_switch_code(struct interp *st, const struct code *code)
{
	st->code = code;
	st->run->prog = code->prog;
	interp_windows_forget(st);
}

uint64_t interp_callback(struct run *run, uint64_t fn, uint64_t a1,
			 uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct interp *st = run->engine;
	const struct cell *calling = st->calling;
	const struct code *code = st->code;
	uint64_t index = fn & FUNC_INDEX_MASK;
	uint64_t result, *regs;

	if ((fn & ~FUNC_INDEX_MASK) != FUNC_TAG || index >= code->funcs_cnt) {
		interp_fault(st, RUN_FAULT_CALL, st->calling, fn, 0);
		return 0;
	}
	if (!interp_frame_push(st, &code->funcs[index])) {
		interp_fault(st, RUN_FAULT_DEPTH, st->calling, fn, 0);
		return 0;
	}
	regs = st->regs[st->depth];
	regs[1] = a1;
	regs[2] = a2;
	regs[3] = a3;
	regs[4] = a4;
	regs[5] = 0;
	interp_windows_refresh(st);
	result = interp_exec(st, code->cells + code->funcs[index].cell);
	if (run->fault.stop == RUN_EXITED)
		interp_frame_pop(st);
	st->calling = calling;
	return result;
}
