/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other side of a comparison (run_compare.c): the kernel, or the reference
 * interpreter over a copy of the object in a runtime of its own.
 */
#ifndef SKEP_CLI_RUN_RIVAL_H
#define SKEP_CLI_RUN_RIVAL_H

#include "cli/run_events.h"

/* What one run gave. */
struct run_outcome {
	uint64_t r0;
	const struct packet *packet;	/* as the run left it; borrowed */
	const struct run_fault *fault;	/* how it ended badly, or NULL */
};

struct run_rival {
	const char *name;		/* what --compare may say, or NULL */
	const char *title;		/* in sentences */
	bool word;			/* r0 is 32 bits there */
	bool pads;			/* records of perf event arrays */
	/* 0 or a negative errno with a diagnostic */
	int (*open)(struct run_command *cmd);
	void (*close)(struct run_command *cmd);
	/*
	 * The frame through it, and into the packet of cmd->dp.slot, in the
	 * shape that both start from. -EMSGSIZE, unreported, for a frame that
	 * it does not take.
	 */
	int (*run)(struct run_command *cmd, const struct frame *frame,
		   struct run_outcome *out);
	/* Its side of a map; false when there is nothing to look at. */
	bool (*view)(struct map_view *view, struct run_command *cmd,
		     uint32_t map);
	/* Opens its side of a source; notes what there is in source->theirs. */
	int (*open_events)(struct event_source *source);
	void (*read_events)(struct event_source *source);
	void (*close_events)(struct event_source *source);
};

extern const struct run_rival run_rival_kernel, run_rival_interp;

/* The rival that --compare NAME means; NULL: there is none. */
const struct run_rival *run_rival_named(const char *name);

#endif
