/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would this program load into an older kernel? What it uses of instructions,
 * helpers, kernel functions, maps, types and features is compared with the
 * release that brought each (rows of src/spec/). Checked are features and
 * limits alone: not which program types a helper was open to in that
 * release, and not each heuristic of that release's verifier, which may give
 * up on code that a newer one follows.
 */
#ifndef SKEP_VERIFY_PROFILE_H
#define SKEP_VERIFY_PROFILE_H

#include "verify/verify.h"

enum profile_kind {
	PROFILE_INSN,		/* an instruction: "SDIV64_REG" */
	PROFILE_HELPER,		/* "bpf_loop" */
	PROFILE_KFUNC,		/* "bpf_iter_num_new" */
	PROFILE_PROG,		/* a program type: "netfilter" */
	PROFILE_ATTACH,		/* an attach type: "tcx_ingress" */
	PROFILE_FLAG,		/* of the program: "BPF_F_SLEEPABLE" */
	PROFILE_MAP,		/* a map type: "ringbuf" */
	PROFILE_MAP_FLAG,	/* "BPF_F_MMAPABLE" */
	PROFILE_FIELD,		/* special field of a value: "bpf_timer" */
	PROFILE_TYPE,		/* a kind of BTF: "ENUM64" */
	PROFILE_FEATURE,	/* of the verifier: "loops" */
	PROFILE_KIND_CNT
};

struct profile_lack {
	enum profile_kind kind;
	const char *name;
	const char *doc;	/* what it is, or "" */
	const char *map;	/* MAP, MAP_FLAG, FIELD: the map's name */
	uint32_t since;		/* KERNEL_RELEASE; 0: no release has it */
	int64_t insn;		/* first slot that uses it, -1: none does */
	/*
	 * The program loads all the same, since loaders mend it or another
	 * way of attaching does: told, but not counted.
	 */
	bool soft;
};

typedef void (*profile_fn)(void *arg, const struct profile_lack *lack);

/*
 * Reports what `in` uses and `release` (KERNEL_RELEASE) does not have, each
 * thing once. `facts` of an accepted verification leave dead code out of
 * account, as far as kernels do; NULL: every instruction counts. `report` may
 * be NULL. Returns how many things are missing (soft ones left out) or
 * -ENOMEM; then *oldest, unless NULL, is the oldest release that has
 * everything, 0 when none has.
 */
int profile_check(const struct verify_input *in,
		  const struct verify_facts *facts, uint32_t release,
		  profile_fn report, void *arg, uint32_t *oldest);

/*
 * "5.15", "v5.15" or "5.15.86-generic" as a KERNEL_RELEASE; 0 when it is no
 * release from 3.18 to the newest of spec/releases.h.
 */
uint32_t profile_release(const char *text);

/* "helper", "map type" ... to stand in front of a name. */
const char *profile_kind_name(enum profile_kind kind);

#endif
