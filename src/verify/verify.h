/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier: proves that a linked program (prog/prog.h) is safe on every
 * path, or says why not. verify_prog() reads as the list of its passes:
 *
 *	text		insn_check: each instruction is one
 *	attach		the place of attachment takes such a program
 *	flow		control flow, loops, liveness, constants, dead code
 *	walk		every path on abstract states, with pruning: of the
 *			program, and of each global subprogram alone
 *	depth		stack and tail-call rules over the call graph
 *	facts		what holds at each instruction, for the JIT
 *
 * Nothing of a program or of the input is changed. Calls are independent: any
 * number of threads may verify at once, also one program.
 */
#ifndef SKEP_VERIFY_VERIFY_H
#define SKEP_VERIFY_VERIFY_H

#include "prog/prog.h"
#include "verify/number/scalar.h"

struct diag_sink;
struct strbuf;

/* What the verifier knows of a map; parallel to prog->maps. */
struct verify_map {
	const char *name;
	enum map_type type;
	uint32_t key_size, value_size, max_entries, flags;
	const struct btf *btf;		/* of key and value, or NULL */
	uint32_t btf_key, btf_value;	/* type ids, 0 unknown */
	/*
	 * The one value of a map whose contents never change again
	 * (.rodata), value_size bytes; else NULL.
	 */
	const void *frozen;
	const struct verify_map *inner;	/* of a map of maps, or NULL */
};

enum verify_profile {
	VERIFY_STRICT,		/* sound by best knowledge */
	VERIFY_UNPRIVILEGED,	/* and no address may leak; small limits */
};

struct verify_options {
	enum verify_profile profile;
	uint32_t insns_max;	/* processed; 0: 1,000,000 */
	uint32_t stack_size;	/* of all frames together; 0: 512 */
	bool no_second_look;	/* what states do not say is not proven */
	bool no_facts;		/* none are gathered: the verdict alone */
	uint32_t threads;	/* for global subprograms; 0: the caller's */
	/* every state in a log shaped like the kernel's, as it is walked */
	struct strbuf *log;
	/*
	 * For tests: prune with all numbers precise; keep a state at every
	 * instruction; cut no path, so that the walk may not end by itself.
	 */
	bool exact, keep_often, no_cuts;
};

struct verify_input {
	const struct prog *prog;
	const struct verify_map *maps;	/* prog->maps_cnt of them */
	const struct btf *kernel;	/* types of kernel objects, or NULL */
};

/* What holds for one register whenever its instruction runs. */
struct verify_operand {
	uint8_t type;			/* enum reg_type; REG_UNSET: varies */
	uint16_t flags;			/* enum reg_flags */
	uint8_t frame;			/* STACK: 0 the running frame */
	bool known_map;			/* MAP*: always `map` */
	uint32_t map;
	struct scalar num;		/* SCALAR; pointers: off + variable */
};

enum verify_fact_flags {
	FACT_REACHED	= 1 << 0,	/* on some path; else dead code */
	FACT_JUMPS	= 1 << 1,	/* a conditional jump that may jump */
	FACT_FALLS	= 1 << 2,	/* ... that may fall through */
};

/*
 * Of one instruction, over all paths: what its dst and src registers (r1 to
 * r5 of a call: `args`) hold before it. Operands that it does not read have
 * type REG_UNSET and an unknown number.
 */
struct verify_fact {
	uint8_t flags;			/* enum verify_fact_flags */
	struct verify_operand dst, src;
	uint32_t args;			/* index into facts->args, 0 none */
};

struct verify_facts {
	struct verify_fact *insns;	/* one a slot of prog->insns */
	uint32_t insns_cnt;
	struct verify_operand (*args)[5];
	uint32_t args_cnt;
};

struct verify_stats {
	uint64_t insns_processed;
	uint32_t states, peak_states;	/* kept for pruning: all, at once */
	uint64_t usec;
	uint64_t peak_bytes;
	uint32_t stack_depth;		/* bytes, deepest chain of calls */
	uint32_t second_looks;		/* accesses that only they proved */
};

struct verify_result {
	bool accepted;
	struct verify_stats stats;
	struct verify_facts facts;	/* when accepted, and gathered */
};

/*
 * 0 with *out, to be freed with verify_free, when the program is safe. Else a
 * negative errno with a diagnostic, -EACCES or as the row has it for "not
 * safe", and *out set too, unless memory is out. `opts` may be NULL.
 */
int verify_prog(const struct verify_input *in,
		const struct verify_options *opts,
		struct verify_result **out, struct diag_sink *sink);
void verify_free(struct verify_result *result);	/* NULL is fine */

#endif
