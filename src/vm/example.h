/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A counterexample: an input on which a rejected program does what the
 * verifier says it may do. The program runs in the checking interpreter alone,
 * which stops it there; nothing unproven is published or kept.
 */
#ifndef SKEP_VM_EXAMPLE_H
#define SKEP_VM_EXAMPLE_H

#include "base/str.h"
#include "object/object.h"

#define VM_EXAMPLE_MAX	128u		/* bytes of a packet */

/* All that a run depends on; what is zero is as in a first run. */
struct vm_example {
	uint8_t packet[VM_EXAMPLE_MAX];
	uint32_t len;
	bool fills;			/* values of arrays are not zero ... */
	uint32_t fill;			/* ... but this word, again and again */
	uint32_t rx_queue, mark;
};

/* What must happen to it. */
enum vm_example_want {
	VM_EXAMPLE_FAULT,		/* a fault at the instruction */
	VM_EXAMPLE_LEAK,		/* ends holding something */
	VM_EXAMPLE_ENDLESS,		/* does not end */
};

struct vm_aim {
	enum vm_example_want want;
	uint32_t insn;			/* where it was rejected */
};

struct vm_trial;

bool vm_trial_takes(enum prog_type type);	/* runs on packets */

/*
 * Makes `prog`, linked by object_link() to be run and with no maps put in,
 * ready to be tried. Free with vm_trial_close(), before the object. 0, or
 * -EOPNOTSUPP and other negative errnos when it cannot be tried, which is no
 * reason to complain.
 */
int vm_trial_open(struct vm_trial **out, struct object *obj, struct prog *prog,
		  const struct vm_aim *aim);
void vm_trial_close(struct vm_trial *trial);	/* NULL is fine */

/*
 * Looks for an input, some milliseconds long; what a search does depends on
 * the program alone. Each answer has been replayed.
 */
bool vm_trial_search(struct vm_trial *trial, struct vm_example *out);

/* Runs one input with fresh maps. True when what is wanted happens. */
bool vm_trial_replay(struct vm_trial *trial, const struct vm_example *example);

/* Appends what happened last, in words; returns the instruction. */
uint32_t vm_trial_say(const struct vm_trial *trial, struct strbuf *out);

#endif
