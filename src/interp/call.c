/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of helpers. Every argument is checked against the helper's row before
 * the call, so a helper may trust its pointers; what it returned becomes a
 * window. What each kind of argument demands is a row here, too.
 */
#include <string.h>

#include "interp/code.h"
#include "map/prog_array.h"

enum form {
	FORM_ANY,
	FORM_CTX,
	FORM_PACKET,	/* the context, where it is a packet */
	FORM_MAP,
	FORM_MEM,	/* memory, its length by `len` */
	FORM_SIZE,	/* of the memory before it, which checks it */
	FORM_RECORD,	/* the start of a ring-buffer record */
	FORM_FUNC,
	FORM_STACK,
	FORM_STRING,
	FORM_NEVER,	/* no helper that skep has takes it */
};

enum len { LEN_FIXED, LEN_KEY, LEN_VALUE, LEN_NEXT };

struct arg_rule {
	enum form form;
	bool null, read, write;
	enum len len;
	uint32_t fixed;
	uint32_t align;
};

static const struct arg_rule rules[ARG_KIND_CNT] = {
	/*                         form     null read write  length    align */
	[ARG_NONE]            = { FORM_ANY },
	[ARG_ANY]             = { FORM_ANY },
	[ARG_CTX]             = { FORM_CTX },
	[ARG_CTX_OR_NULL]     = { FORM_CTX,    1 },
	[ARG_CTX_OR_BTF]      = { FORM_PACKET },
	[ARG_CTX_OR_SOCK]     = { FORM_PACKET },
	[ARG_VARARG]          = { FORM_ANY },
	[ARG_MAP]             = { FORM_MAP },
	[ARG_MAP_KEY]         = { FORM_MEM,    0, 1, 0, LEN_KEY },
	[ARG_MAP_KEY_OR_NULL] = { FORM_MEM,    1, 1, 0, LEN_KEY },
	[ARG_MAP_VALUE]       = { FORM_MEM,    0, 1, 0, LEN_VALUE },
	[ARG_MAP_VALUE_OUT]   = { FORM_MEM,    0, 0, 1, LEN_VALUE },
	[ARG_MAP_VALUE_OR_NULL] = { FORM_MEM,  1, 1, 0, LEN_VALUE },
	[ARG_MEM]             = { FORM_MEM,    0, 1, 0, LEN_NEXT },
	[ARG_MEM_OR_NULL]     = { FORM_MEM,    1, 1, 0, LEN_NEXT },
	[ARG_MEM_OUT]         = { FORM_MEM,    0, 0, 1, LEN_NEXT },
	[ARG_MEM_OUT_OR_NULL] = { FORM_MEM,    1, 0, 1, LEN_NEXT },
	[ARG_MEM_INOUT]       = { FORM_MEM,    0, 1, 1, LEN_NEXT },
	[ARG_INT_OUT]         = { FORM_MEM,    0, 0, 1, LEN_FIXED, 4, 4 },
	[ARG_INT_INOUT]       = { FORM_MEM,    0, 1, 1, LEN_FIXED, 4, 4 },
	[ARG_LONG_OUT]        = { FORM_MEM,    0, 0, 1, LEN_FIXED, 8, 8 },
	[ARG_SIZE]            = { FORM_SIZE },
	[ARG_SIZE_OR_ZERO]    = { FORM_SIZE },
	[ARG_IPHDR]           = { FORM_MEM,    0, 1, 0, LEN_FIXED, 20 },
	[ARG_IPV6HDR]         = { FORM_MEM,    0, 1, 0, LEN_FIXED, 40 },
	[ARG_TCPHDR]          = { FORM_MEM,    0, 1, 0, LEN_FIXED, 20 },
	[ARG_ALLOC_SIZE]      = { FORM_ANY },
	[ARG_RINGBUF_MEM]     = { FORM_RECORD },
	[ARG_FUNC]            = { FORM_FUNC },
	[ARG_STACK_OR_NULL]   = { FORM_STACK,  1 },
	[ARG_CONST_STR]       = { FORM_STRING },
	[ARG_SPIN_LOCK]       = { FORM_MEM,    0, 1, 1, LEN_FIXED, 4, 4 },
	[ARG_TIMER]           = { FORM_MEM,    0, 1, 1, LEN_FIXED, 16, 8 },
	[ARG_KPTR]            = { FORM_MEM,    0, 1, 1, LEN_FIXED, 8, 8 },
	[ARG_DYNPTR]          = { FORM_NEVER },
	[ARG_DYNPTR_OUT]      = { FORM_NEVER },
	[ARG_SOCKET]          = { FORM_NEVER },
	[ARG_SOCKET_OR_NULL]  = { FORM_NEVER,  1 },
	[ARG_SOCK_COMMON]     = { FORM_NEVER },
	[ARG_BTF_SOCK_COMMON] = { FORM_NEVER },
	[ARG_BTF_ID]          = { FORM_NEVER },
	[ARG_BTF_ID_OR_NULL]  = { FORM_NEVER,  1 },
	[ARG_PERCPU_BTF_ID]   = { FORM_NEVER },
};

/* One call being checked. */
struct check {
	struct interp *st;
	const struct cell *cell;
	const struct call_site *call;
	const uint64_t *args;		/* args[0] is r1 */
	struct map *map;		/* the map argument seen so far */
};

/* The kernel's bound on sizes of memory arguments. */
#define SIZE_MAX_ARG	(1u << 29)

static bool bad_arg(const struct check *check, uint32_t index, uint64_t size)
{
	struct interp *st = check->st;

	if (st->run->fault.stop == RUN_EXITED) {
		interp_fault(st, RUN_FAULT_ARG, check->cell,
			     check->args[index], size);
		st->run->fault.arg = index + 1;
	}
	return false;
}

static bool length_of(const struct check *check, uint32_t index,
		      const struct arg_rule *rule, uint64_t *len)
{
	const enum arg_kind *kinds = check->call->row->args;

	switch (rule->len) {
	case LEN_FIXED:
		*len = rule->fixed;
		return true;
	case LEN_KEY:
		*len = check->map ? check->map->def.key_size : 0;
		return check->map;
	case LEN_VALUE:
		*len = check->map ? check->map->def.value_size : 0;
		return check->map;
	default:
		break;
	}
	*len = index < 4 ? check->args[index + 1] : 0;
	if (*len > SIZE_MAX_ARG ||
	    (!*len && index < 4 && kinds[index + 1] == ARG_SIZE)) {
		return bad_arg(check, index + 1, 0);
	}
	return index < 4;
}

static bool check_mem(const struct check *check, uint32_t index,
		      const struct arg_rule *rule)
{
	struct interp *st = check->st;
	const struct window *frame = &st->windows[st->depth];
	uint64_t addr = check->args[index], len;

	if (!length_of(check, index, rule, &len))
		return bad_arg(check, index, 0);
	if (rule->align && addr % rule->align)
		return bad_arg(check, index, 0);
	if (!addr && rule->null && (!len || rule->len != LEN_NEXT))
		return true;
	if (!len && rule->len != LEN_FIXED)
		return true;
	if (likely(window_takes(frame, frame->read, addr, len)))
		return true;
	if (interp_find(st, addr, len, rule->read, rule->write,
			(uint32_t)(check->call - st->code->calls)))
		return true;
	return bad_arg(check, index, len);
}

static bool check_record(const struct check *check, uint32_t index)
{
	const struct run *run = check->st->run;

	for (uint32_t i = 0; i < run->grants_cnt; i++)
		if (run->grants[i].base == check->args[index] &&
		    run->grants[i].cls == MEM_RINGBUF)
			return true;
	return bad_arg(check, index, 0);
}

static bool check_func(const struct check *check, uint32_t index)
{
	uint64_t value = check->args[index];

	if ((value & ~FUNC_INDEX_MASK) == FUNC_TAG &&
	    (value & FUNC_INDEX_MASK) < check->st->code->funcs_cnt)
		return true;
	return bad_arg(check, index, 0);
}

static bool check_stack(const struct check *check, uint32_t index)
{
	struct interp *st = check->st;
	uint64_t addr = check->args[index];

	for (uint32_t i = 0; i <= st->depth; i++)
		if (window_takes(&st->windows[i], st->windows[i].read, addr, 1))
			return true;
	return !addr || bad_arg(check, index, 0);
}

/*
 * A constant string: NUL-terminated inside of one map value that no program
 * writes, so that it is still so while the helper reads it.
 */
static bool check_string(const struct check *check, uint32_t index)
{
	struct interp *st = check->st;
	uint64_t addr = check->args[index];
	const struct window *window;

	window = interp_find(st, addr, 1, true, false,
			     (uint32_t)(check->call - st->code->calls));
	if (window && window->cls == MEM_MAP_VALUE && window->write < 0 &&
	    memchr((const void *)(uintptr_t)addr, 0,
		   window->read - (int64_t)(addr - window->base)))
		return true;
	return bad_arg(check, index, window ? 0 : 1);
}

size_t interp_readable(struct run *run, uint64_t addr, size_t len)
{
	struct interp *st = run->engine;
	const struct call_site *call = (void *)(uintptr_t)st->calling->imm;
	const struct window *window;
	uint64_t off;

	if (!len)
		return 0;
	window = interp_find(st, addr, 1, true, false,
			     (uint32_t)(call - st->code->calls));
	if (!window)
		return 0;
	off = addr - window->base;
	return MIN(len, (size_t)((uint64_t)window->read - off));
}

/* A context with fields stands for a packet, which must be there then. */
static bool check_ctx(const struct check *check, uint32_t index,
		      const struct arg_rule *rule)
{
	const struct interp *st = check->st;
	uint64_t value = check->args[index];
	bool fields = !st->code->layout->memory;

	if (!value && rule->null)
		return true;
	if (value == (uintptr_t)st->run->ctx &&
	    (fields ? st->run->packet != NULL : rule->form == FORM_CTX))
		return true;
	return bad_arg(check, index, 0);
}

/* A map that the program knows, of a type that the helper works on. */
static bool check_map(struct check *check, uint32_t index)
{
	struct map *map = (struct map *)(uintptr_t)check->args[index];

	if (!interp_knows_map(check->st, (uintptr_t)map) ||
	    !(check->call->maps >> map->def.type & 1) ||
	    (check->call->changes && !map_prog_writes(map)))
		return bad_arg(check, index, 0);
	check->map = map;
	return true;
}

static bool check_arg(struct check *check, uint32_t index)
{
	const struct arg_rule *rule = &rules[check->call->row->args[index]];

	switch (rule->form) {
	case FORM_ANY:
	case FORM_SIZE:
		return true;
	case FORM_CTX:
	case FORM_PACKET:
		return check_ctx(check, index, rule);
	case FORM_MAP:
		return check_map(check, index);
	case FORM_MEM:
		return check_mem(check, index, rule);
	case FORM_RECORD:
		return check_record(check, index);
	case FORM_FUNC:
		return check_func(check, index);
	case FORM_STACK:
		return check_stack(check, index);
	case FORM_STRING:
		return check_string(check, index);
	case FORM_NEVER:
		break;
	}
	return (rule->null && !check->args[index]) ||
	       bad_arg(check, index, 0);
}

static bool check_args(struct check *check)
{
	for (uint32_t i = 0; i < check->call->args_cnt; i++)
		if (unlikely(!check_arg(check, i)))
			return false;
	return true;
}

static bool returns_value(const struct helper_row *row)
{
	return row->ret == RET_MAP_VALUE_OR_NULL || row->ret == RET_MAP_VALUE;
}

uint64_t interp_call(struct interp *st, const struct cell *cell,
		     uint64_t *regs)
{
	const struct call_site *call = (void *)(uintptr_t)cell->imm;
	struct check check = { st, cell, call, &regs[1], NULL };
	const struct cell *outer = st->calling;
	uint64_t result;

	if (unlikely(!call->fn)) {
		interp_fault(st, RUN_FAULT_CALL, cell, call->id, 0);
		return 0;
	}
	if (!check_args(&check))
		return 0;
	st->calling = cell;
	result = call->fn(st->run, regs[1], regs[2], regs[3], regs[4],
			  regs[5]);
	st->calling = outer;
	interp_windows_refresh(st);
	if (result && check.map && returns_value(call->row))
		interp_window_value(st, call, check.map, result);
	return result;
}

const struct code *interp_tail_call(struct interp *st,
				    const struct cell *cell,
				    const uint64_t *regs)
{
	const struct call_site *call = (void *)(uintptr_t)cell->imm;
	struct check check = { st, cell, call, &regs[1], NULL };
	uint32_t index = (uint32_t)regs[3];
	const struct prog *prog;

	if (!check_args(&check))
		return NULL;
	prog = prog_array_get(check.map, index);
	if (!prog || st->run->tail_calls >= RUN_TAIL_CALLS_MAX)
		return NULL;
	if (prog->engine_kind != PROG_ENGINE_INTERP) {
		interp_fault(st, RUN_FAULT_CALL, cell, index, 0);
		return NULL;
	}
	st->run->tail_calls++;
	st->frames[st->depth].code = prog->engine;
	interp_switch_code(st, prog->engine);
	return prog->engine;
}
