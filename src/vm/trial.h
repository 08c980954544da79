/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rejected program made ready to be tried: alone in the checking
 * interpreter, with maps of its own. Behind vm/example.h; nothing else uses
 * it.
 *
 * What a search may cost is counted and not timed, so that its answer is the
 * same on every machine: `work` grows by about one a nanosecond.
 */
#ifndef SKEP_VM_TRIAL_H
#define SKEP_VM_TRIAL_H

#include "vm/example.h"
#include "vm/packet_buf.h"

#define TRIAL_NUMBERS_MAX	64u

/* Numbers that the program has, each once. */
struct trial_numbers {
	uint32_t list[TRIAL_NUMBERS_MAX];
	uint32_t cnt;
};

struct vm_trial {
	struct object *obj;
	struct prog *prog;
	struct vm_aim aim;
	struct run run;
	struct packet_buf packet;
	uint64_t work;
	uint64_t fresh_work;		/* what new maps cost */
	uint32_t insn_work;		/* what an instruction costs at most */
	uint64_t random;
	struct trial_numbers numbers;	/* it compares with */
	struct trial_numbers steps;	/* it adds, which may be lengths */
	struct trial_numbers offsets;	/* it loads from */
};

/* New maps, as they are before the first packet. 0 or a negative errno. */
int trial_refresh(struct vm_trial *trial);

/* Runs with the maps as they are. True when what is wanted happens. */
bool trial_run(struct vm_trial *trial, const struct vm_example *example);

#endif
