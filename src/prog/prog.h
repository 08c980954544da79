/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program as the loader leaves it and every later pass reads it: linked
 * instructions, its subprograms, the maps it names, and where its source
 * lines are. Immutable once its owner has published it.
 *
 * Linked form of the instructions:
 *	LD_MAP_FD, LD_MAP_IDX		imm = index into `maps`
 *	LD_MAP_VALUE, _IDX_VALUE	imm = index into `maps`, second imm =
 *					offset into its first value
 *	LD_BTF_ID			imm = id of a variable in the kernel's
 *					types; linked for verification only
 *	LD_FUNC, CALL_LOCAL		imm = distance to the subprogram, in
 *					slots, from the next slot (as RFC 9669)
 *	CALL_HELPER			imm = enum helper_id
 *	CALL_KFUNC			imm = index into `kfuncs`
 */
#ifndef SKEP_PROG_PROG_H
#define SKEP_PROG_PROG_H

#include <linux/bpf.h>

#include "base/arena.h"
#include "prog/ctx.h"

struct btf;
struct map;

struct subprog {
	const char *name;	/* "" when the object does not say */
	uint32_t start, cnt;	/* slots in `insns`; subprogs[0] starts at 0 */
	uint32_t btf_func;	/* BTF_KIND_FUNC id, 0 unknown */
	bool global;		/* STB_GLOBAL: verified on its own */
};

struct prog_line {
	uint32_t insn;		/* first slot of the line; sorted */
	const char *file, *text;
	uint32_t line, column;
};

/*
 * What a program attaches to, for types that name it by the kernel's types:
 *
 *	tp_btf/NAME		func: TYPEDEF btf_trace_NAME; its prototype
 *				begins with a void * that no program sees
 *	fentry, fexit, fmod_ret	func: the function
 *	lsm/NAME, iter/NAME	func: bpf_lsm_NAME, bpf_iter_NAME
 *	struct_ops		ops, member: the structure and which of its
 *				members points to the program; no func
 *
 * Set by linking when the kernel's types were at hand; ids are 0 otherwise,
 * and when there is nothing of that name.
 */
struct prog_attach {
	const char *target;	/* SEC's "vfs_read"; struct_ops: the member;
				 * NULL none */
	const struct btf *btf;	/* of the ids; borrowed from the object */
	uint32_t func;		/* BTF_KIND_FUNC or TYPEDEF */
	uint32_t proto;		/* BTF_KIND_FUNC_PROTO: what r1 points to */
	uint32_t ops, member;	/* BTF_KIND_STRUCT, index of its member */
};

enum prog_engine {
	PROG_ENGINE_NONE,
	PROG_ENGINE_INTERP,
	PROG_ENGINE_JIT,
};

struct prog {
	const char *name;	/* the C function's */
	const char *section;	/* SEC() text */
	const char *object;	/* file it came from, for messages */
	enum prog_type type;
	uint32_t attach_type;	/* enum attach_type; meaningful for `type` */
	uint32_t flags;		/* BPF_F_* of BPF_PROG_LOAD: _SLEEPABLE ... */
	struct prog_attach attach;
	const char *license;
	bool gpl;
	bool autoload;		/* false for SEC("?...") */
	bool load;		/* to be linked and run; see object_link */

	const struct bpf_insn *insns;
	uint32_t insns_cnt;
	const struct subprog *subprogs;	/* [0] is the entry; sorted */
	uint32_t subprogs_cnt;
	uint32_t exception;	/* subprogram that bpf_throw runs, 0 none */
	const struct prog_line *lines;
	uint32_t lines_cnt;
	struct map **maps;	/* set when the maps exist; borrowed */
	uint32_t maps_cnt;
	const char *const *kfuncs;
	uint32_t kfuncs_cnt;
	struct btf *btf;	/* the object's, or NULL; borrowed */
	/*
	 * Of a program rewritten after its proof (verify/rewrite.h): what it
	 * was, and for each slot the slot there that it comes from. NULL of
	 * others.
	 */
	const struct prog *linked;
	const uint32_t *origin;

	void *engine;		/* the engine's own form of it, or NULL */
	enum prog_engine engine_kind;	/* whose form that is */
};

/* The subprogram that slot `insn` lies in. */
const struct subprog *prog_subprog_at(const struct prog *prog, uint32_t insn);

/* The slot of the program as it was linked that slot `insn` comes from. */
static inline uint32_t prog_origin(const struct prog *prog, uint32_t insn)
{
	return prog->origin ? prog->origin[insn] : insn;
}

/* The source line of slot `insn`, or NULL. */
const struct prog_line *prog_line_at(const struct prog *prog, uint32_t insn);

#endif
