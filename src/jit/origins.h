/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What native code comes from: a sorted table of offsets in it, each true up
 * to the next one. Compilation makes it, tools read it: listings, profilers,
 * debuggers. Runs never look.
 */
#ifndef SKEP_JIT_ORIGINS_H
#define SKEP_JIT_ORIGINS_H

#include "base/compiler.h"
#include "base/vec.h"

struct prog;
struct strbuf;
struct subprog;

enum jit_part {
	JIT_PART_ENTER,		/* the way in from C, and back */
	JIT_PART_START,		/* the same for the first function alone */
	JIT_PART_FUNC,		/* a function begins, at its first slot */
	JIT_PART_INSN,		/* of the instruction at `slot` */
	JIT_PART_TRAP,		/* how a run ends badly at `slot` */
	JIT_PART_LEAVE,		/* what traps share */
	JIT_PART_FAR,		/* jumps to C that calls do not reach */
	JIT_PARTS
};

#define JIT_SLOTS_MAX	(1u << 28)

struct jit_origin {
	uint32_t at;		/* offset in the code */
	uint32_t slot : 28;	/* of prog->insns */
	uint32_t part : 4;	/* enum jit_part */
};

/*
 * From `at` on the machine's stack has so many bytes above its pointer that
 * are the function's own, its return address with them; 0: not known. `reg`
 * is what was pushed, the last of these bytes. For who walks the stack.
 */
struct jit_depth {
	uint32_t at;
	uint32_t bytes : 24;
	uint32_t reg : 8;	/* the machine's number, or JIT_NO_REG */
};

#define JIT_NO_REG	0xffu

struct jit_origins {
	VEC(struct jit_origin) rows;
	VEC(struct jit_depth) depths;
	bool failed;		/* memory was out, or slots too many */
};

/*
 * Code from `at`, which is not before the last one, on. What turned out to
 * have no code goes; functions stay.
 */
void jit_origin_add(struct jit_origins *origins, uint32_t at,
		    enum jit_part part, uint32_t slot);

void jit_depth_add(struct jit_origins *origins, uint32_t at, uint32_t bytes,
		   uint32_t reg);

/* Gives back what growing took too much. */
void jit_origins_trim(struct jit_origins *origins);
void jit_origins_fini(struct jit_origins *origins);

/* A prepared program's code, as long as it is not released. */
struct jit_text {
	const uint8_t *base;
	uint32_t size;
	const struct jit_origin *origins;
	uint32_t origins_cnt;
	const struct jit_depth *depths;
	uint32_t depths_cnt;
};

struct jit_text jit_text(const struct prog *prog);

/* Where the code of a row ends. */
static inline uint32_t jit_origin_end(const struct jit_text *text, uint32_t i)
{
	return i + 1 < text->origins_cnt ? text->origins[i + 1].at : text->size;
}

/*
 * Pieces that have a name: the way in, each function (with all that is built
 * into it), the traps, jumps that reach far. *next is where to go on, 0 at
 * first; false at the end.
 */
struct jit_piece {
	uint32_t at, size;
	uint32_t first, cnt;		/* its rows */
	enum jit_part part;		/* of its first row */
	const struct subprog *func;	/* of FUNC, if the program knows it */
};

bool jit_piece_next(const struct jit_text *text, const struct prog *prog,
		    uint32_t *next, struct jit_piece *out);

/* "prog", "prog.sub", "prog.enter": into JIT_NAME_MAX bytes. */
#define JIT_NAME_MAX	128
void jit_piece_name(const struct prog *prog, const struct jit_piece *piece,
		    char *name);

/*
 * Appends the name of what a program's code calls: a helper, a map's lookup,
 * a function of runtime.c. False, and nothing, for other addresses.
 */
bool jit_callee(struct strbuf *out, const struct prog *prog, uint64_t target);

/* "insn", "function", "trap" ... for people. */
const char *jit_part_name(enum jit_part part);

#endif
