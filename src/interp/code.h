/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter's own form of a program and its scratch of one thread.
 *
 * A program is decoded once into cells of 16 bytes: the handler's number,
 * registers, the distance to a jump's target in cells, an immediate that is
 * ready for use (sign-extended, map addresses filled in). It is immutable and
 * shared by all threads.
 *
 * Memory is checked against windows. Each thread keeps a table of them: one
 * per stack frame, the packet, its metadata, plain context memory, and two
 * sets that are filled as the program runs: the value that each call of a
 * look-up returned last, and whatever else an access was found to lie in.
 * Every access has a *hint*, the window it fell into last time; when that is
 * right the check is one subtraction and one comparison. A hint is only a
 * guess: a wrong one costs time, never safety.
 */
#ifndef SKEP_INTERP_CODE_H
#define SKEP_INTERP_CODE_H

#include "helper/helper.h"
#include "interp/interp.h"
#include "isa/insn.h"
#include "spec/spec.h"

/* Handlers beside the rows of ops.def. */
enum cell_op {
	CELL_FIRST = OP_CNT,
	/* r10 with a displacement inside the frame: proven, not checked */
	CELL_FP_LDX8 = CELL_FIRST,
	CELL_FP_LDX16,
	CELL_FP_LDX32,
	CELL_FP_LDX64,
	CELL_FP_ST8,
	CELL_FP_ST16,
	CELL_FP_ST32,
	CELL_FP_ST64,
	CELL_FP_STX8,
	CELL_FP_STX16,
	CELL_FP_STX32,
	CELL_FP_STX64,
	/* this operation and the next one, which have the same dst */
	CELL_MOV_ADD_IMM,
	CELL_MOV_AND_IMM,
	CELL_MOV_LSH_IMM,
	CELL_MOV_RSH_IMM,
	CELL_MOV_ADD_REG,
	CELL_MOV_XOR_REG,
	CELL_LSH_RSH_IMM,
	CELL_LSH_OR_REG,
	CELL_TAIL_CALL,
	CELL_MISSING,		/* faults when it is reached */
	CELL_END
};

struct cell {
	uint8_t op;		/* enum op or enum cell_op */
	uint8_t plain;		/* the same, for this instruction alone */
	uint8_t dst, src;
	int32_t off;		/* displacement, or cells to the target */
	union {
		int64_t imm;
		struct {
			int32_t value;	/* of a store */
			uint32_t site;	/* index of the access's hint */
		};
	};
};

static_assert(sizeof(struct cell) == 16, "four to a cache line");
static_assert(CELL_END <= 256, "a handler's number is one byte");

/* A call of a helper, its row made ready. */
struct call_site {
	helper_fn fn;		/* NULL: skep lacks it, a fault */
	const struct helper_row *row;	/* NULL: no such helper */
	uint32_t id;
	uint8_t args_cnt;
	uint8_t window;		/* for the returned map value, or 0 */
	bool changes;		/* what is in its map */
	uint64_t maps;		/* types that its map may be of */
};

struct code_func {
	uint32_t cell;		/* where it starts */
	uint32_t stack;		/* bytes below r10 that are its frame */
};

struct code {
	const struct prog *prog;
	const struct ctx_layout *layout;
	uint64_t stamp;		/* no two codes share address and stamp */
	struct cell *cells;
	uint32_t cells_cnt;
	uint32_t *slots;	/* cell -> slot of prog->insns */
	struct code_func *funcs;
	uint32_t funcs_cnt;
	struct call_site *calls;
	uint32_t calls_cnt;
	uint32_t call_windows;	/* calls that own a window */
	uint8_t fields[256];	/* context offset -> 1 + field, 0 none */
	struct arena arena;	/* holds all of it */
};

/* The value of LD_FUNC: no address, so nothing can be loaded through it. */
#define FUNC_TAG	0xbf5c000000000000ULL
#define FUNC_INDEX_MASK	0xffffffffULL

struct window {
	uint64_t base;
	int64_t read, write;	/* bytes that may be; -1: none */
	enum mem_class cls;
};

/* Where in the table of windows is what. */
enum {
	WIN_FRAMES	= 0,
	WIN_PACKET	= RUN_FRAMES_MAX,
	WIN_META,
	WIN_CTX,
	WIN_FIXED_CNT,
	WIN_FOUND	= 16,		/* found by the slow path */
	WIN_FOUND_CNT	= 128,
	WIN_CALLS	= WIN_FOUND + WIN_FOUND_CNT,
	WIN_CALLS_CNT	= 112,
	WIN_CNT		= WIN_CALLS + WIN_CALLS_CNT
};

static_assert(WIN_CNT == 256, "a hint is one byte");

#define HINTS_CNT	2048
#define STACK_STRIDE	(RUN_STACK_SIZE + 64)	/* a gap catches overruns */
#define INNER_MAPS_MAX	16
#define REGS_STRIDE	16

/* As many rounds as the kernel grants one frame's may_goto. */
#define MAY_GOTO_ROUNDS	(8u << 20)

struct frame {
	const struct cell *ret;		/* where EXIT goes on */
	const struct code *code;	/* runs in this frame */
	uint32_t may_goto;		/* rounds left */
};

/*
 * `table` has the address of each cell's handler: its own, the one that
 * counts first, or the one that stops. Another thread may put in the last.
 */
struct interp {
	uint64_t regs[RUN_FRAMES_MAX][REGS_STRIDE];
	const void *table[CELL_END];
	bool counts;			/* what `table` does */
	uint32_t stop;			/* atomic: told to */
	struct window windows[WIN_CNT];
	uint8_t hints[HINTS_CNT];
	struct frame frames[RUN_FRAMES_MAX];
	struct run *run;
	const struct code *code;	/* frames[depth].code */
	const struct cell *calling;	/* the call that a helper runs for */
	uint32_t depth;
	uint32_t gen;			/* run->windows_gen last seen */
	const struct code *warm;	/* whose maps the windows are of */
	uint64_t warm_stamp;
	bool passing;			/* windows that end with the run */
	uint64_t used[WIN_CNT / 64];	/* open windows from WIN_FOUND on */
	struct map *inner[INNER_MAPS_MAX]; /* handed out by map-in-maps */
	uint32_t inner_cnt, inner_next;
	uint8_t stacks[RUN_FRAMES_MAX][STACK_STRIDE] aligned_to(64);
};

/*
 * The check: true when `len` bytes of the window take the access. `size` is
 * below 2^62 and len at least -1, so len - size does not wrap; when it is not
 * negative, neither does len - size - off for an off that is not, either.
 */
static always_inline bool window_takes(const struct window *window,
				       int64_t len, uint64_t addr,
				       uint64_t size)
{
	uint64_t off = addr - window->base, last = (uint64_t)len - size;

	/* one of them negative: shorter than the access, before, past it */
	return (int64_t)(last | off | (last - off)) >= 0;
}

static inline bool window_is_packet(const struct window *window)
{
	return window->cls == MEM_PACKET || window->cls == MEM_PACKET_META;
}

/* decode.c */
int interp_decode(struct code *code, const struct prog *prog,
		  struct diag_sink *sink);

/*
 * reach.c: one byte per slot, nonzero when the entry can get there. NULL when
 * memory is out; the caller frees it.
 */
uint8_t *interp_reach(const struct prog *prog);

/*
 * exec.c: runs from `cell` in frame st->depth, whose registers are set, until
 * that frame exits. The result; meaningless after a fault. With NULL it only
 * fills in st->table, by st->stop and st->counts.
 */
uint64_t interp_exec(struct interp *st, const struct cell *cell);

/*
 * frame.c: entering a function. Sets up frame st->depth as empty, with r10
 * and the stack as `func` needs them; false and a fault when too deep.
 */
bool interp_frame_push(struct interp *st, const struct code_func *func);
void interp_frame_pop(struct interp *st);
void interp_frame_clear(struct interp *st, const struct code_func *func);
void interp_switch_code(struct interp *st, const struct code *code);
uint64_t interp_callback(struct run *run, uint64_t fn, uint64_t a1,
			 uint64_t a2, uint64_t a3, uint64_t a4);

/* window.c: the slow way of an access. NULL and a fault when it may not. */
bool interp_load(struct interp *st, const struct cell *cell, uint64_t addr,
		 uint32_t size, bool sign, uint64_t *value);
bool interp_store(struct interp *st, const struct cell *cell, uint64_t addr,
		  uint32_t size, uint64_t value);
bool interp_atomic(struct interp *st, const struct cell *cell, uint64_t addr,
		   uint32_t size);

/*
 * The window of [addr, addr + size) for helpers' arguments, and for atomics:
 * no context fields. NULL when there is none or it may not.
 */
const struct window *interp_find(struct interp *st, uint64_t addr,
				 uint64_t size, bool read, bool write,
				 uint32_t site);

/* call.c: run->readable, for the helper that is being called. */
size_t interp_readable(struct run *run, uint64_t addr, size_t len);

/* Forgets windows after windows_gen moved, or of another program's maps. */
void interp_windows_refresh(struct interp *st);
void interp_windows_begin(struct interp *st);
void interp_windows_forget(struct interp *st);

/* Notes what a map look-up by `call` returned. */
void interp_window_value(struct interp *st, const struct call_site *call,
			 struct map *map, uint64_t addr);

/* The closest window to addr; cls MEM_NONE when there is none at all. */
struct mem_window interp_nearest(const struct interp *st, uint64_t addr);

/* True for a map of the running program, or one that it was handed. */
bool interp_knows_map(const struct interp *st, uint64_t value);

/* interp.c: writes run->fault, once. Always returns false. */
bool interp_fault(struct interp *st, enum run_stop stop,
		  const struct cell *cell, uint64_t addr, uint64_t size);

/* call.c: checks the arguments, calls, notes what came back. */
uint64_t interp_call(struct interp *st, const struct cell *cell,
		     uint64_t *regs);

/*
 * The code that a tail call goes to, with st->code switched to it. NULL: it
 * failed and the program goes on, or a fault.
 */
const struct code *interp_tail_call(struct interp *st,
				    const struct cell *cell,
				    const uint64_t *regs);

#endif
