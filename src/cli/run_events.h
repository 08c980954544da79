/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of events, for the files of `skep run` that read them. */
#ifndef SKEP_CLI_RUN_EVENTS_H
#define SKEP_CLI_RUN_EVENTS_H

#include "cli/run.h"

/* Bytes of a perf event array's ring. */
#define RUN_EVENTS_RING	(256u << 10)

struct event_source {
	struct skep_map *map;
	struct run_command *cmd;
	uint64_t cnt;
	struct strbuf kept;		/* JSON arrays of hex bytes */

	/* --compare: records since the last look, each behind its length */
	struct strbuf ours, theirs;
	struct kernel_events *kernel;
	uint64_t compared;		/* records found equal */
};

struct run_events {
	struct event_source *sources;
	uint32_t cnt;
};

/* Opens the rival's side of every source. 0 or -E with a diagnostic. */
int run_compare_events_open(struct run_command *cmd);

/* Appends a record to `to`. */
void run_compare_note(struct strbuf *to, const void *data, size_t len);

/*
 * Reads the rival's records and compares them with ours, which
 * run_events_poll has read. Shows the first difference.
 */
void run_compare_events(struct run_command *cmd);

#endif
