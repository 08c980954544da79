/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One verification under way: what every part of the verifier is handed.
 * Owned by verify_prog(); one thread.
 */
#ifndef SKEP_VERIFY_ENV_H
#define SKEP_VERIFY_ENV_H

#include "base/arena.h"
#include "verify/flow/flow.h"
#include "verify/state/state.h"
#include "verify/state/value.h"
#include "verify/verify.h"

struct diag_row;
struct walk;
struct helper_row;
struct facts;

/*
 * Why a path fails. Filled by verify_reject() where it is found; explained,
 * and sent to the sink, when the walk has given up.
 */
struct rejection {
	const struct diag_row *row;	/* NULL: nothing was rejected */
	uint32_t insn;
	int reg;			/* at fault, -1 none */
	const char *message;		/* what is wrong, with the numbers */
	const char *kernel;		/* the kernel's phrase for it */
	/*
	 * For accesses out of bounds: offset and size, and the limit, of
	 * offset + size <= limit; `bounds` tells that they are set.
	 */
	bool bounds;
	int64_t off_min, off_max;
	uint64_t size, limit;
	int64_t unset;			/* STACK_UNSET: which byte of it */
};

struct verify_env {
	const struct verify_input *in;
	const struct prog *prog;	/* in->prog */
	const struct bpf_insn *insns;	/* prog->insns */
	struct verify_options opts;	/* defaults filled in */
	struct diag_sink *sink;
	struct arena arena;		/* for the length of verify_prog */
	struct state_pool pool;		/* states and frames that are free */
	const struct flow *flow;
	struct values values;
	struct walk *walk;		/* pending and kept states: walk.c */
	struct state *cur;		/* the path's, at cur->insn */
	uint32_t last_id;		/* of links and references */
	struct rejection why;
	struct verify_result *result;
	/* per subprogram: what callers must assume; subprog.c */
	struct subprog_facts *subprogs;
	/* per subprogram: bytes of stack it uses; NULL: no path used any */
	uint32_t *stack_used;
	/* per instruction: enum reg_type of the memory it reached; or NULL */
	uint8_t *reached;
	struct facts *facts;		/* noted so far, or NULL; facts.h */
	struct specials_cache *specials; /* found so far: typed_special.c */
};

/* Neither CAP_BPF nor CAP_PERFMON: no address may leak. */
static inline bool verify_unprivileged(const struct verify_env *env)
{
	return env->opts.profile == VERIFY_UNPRIVILEGED;
}

/* A new id for links, references, lookups; never 0. */
static inline uint32_t verify_id(struct verify_env *env)
{
	return ++env->last_id;
}

/*
 * The current instruction is not safe: keeps `row` (DIAG_VERIFY_*) and text
 * for the explanation, and returns the row's negative errno. `reg` is the
 * register at fault or -1. verify_kernel_says() adds the kernel's words, and
 * verify_bounds() the numbers; both after it, and return what they are given,
 * so that they can be nested in the return statement:
 *
 *	return verify_says(env, verify_reject(env, DIAG_VERIFY_STACK, reg,
 *			   "..."), "invalid read from stack off %d", off);
 */
int verify_reject(struct verify_env *env, int diag, int reg,
		  const char *fmt, ...) printf_like(4, 5);
int verify_says(struct verify_env *env, int err, const char *fmt, ...)
	printf_like(3, 4);
int verify_bounds(struct verify_env *env, int err, int64_t off_min,
		  int64_t off_max, uint64_t size, uint64_t limit);

/* "1 byte", "4 bytes": printf's "%u byte%s". */
static inline const char *plural(uint64_t cnt)
{
	return cnt == 1 ? "" : "s";
}

/* Memory is out: a diagnostic; returns -ENOMEM. */
int verify_no_memory(struct verify_env *env);

/* A new value made at the current instruction. */
static inline uint32_t verify_value(struct verify_env *env,
				    enum value_kind kind, uint32_t a,
				    uint32_t b)
{
	return value_new(&env->values, kind, env->cur->insn, a, b);
}

/* The register's number decides: an address, a size, a branch. */
static inline void verify_precise(struct verify_env *env,
				  const struct reg *reg)
{
	value_mark(&env->values, reg->value, VALUE_PRECISE);
}

/* "node of map 'flows'", "packet" ... for messages; arena text. */
const char *verify_describe(struct verify_env *env, const struct reg *reg);

#endif
