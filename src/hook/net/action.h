/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program's result means for its packet, as rows by program type, and
 * the table of counts that people see.
 */
#ifndef SKEP_HOOK_NET_ACTION_H
#define SKEP_HOOK_NET_ACTION_H

#include "prog/ctx.h"

enum net_action {
	NET_DROP,
	NET_PASS,		/* on to the host's stack */
	NET_SEND,		/* back out of the port it came in by */
	NET_REDIRECT,
	NET_EXCEPTION,		/* dropped, and told of */
	NET_COPY,		/* socket filters: keep r0 bytes of a copy */
};

/* True for the program types that run on packets here. */
bool net_runs(enum prog_type type);

/* What becomes of a packet when a program of that type returns r0. */
enum net_action net_action(enum prog_type type, uint64_t r0);

/* True when such a packet goes on: passed, sent or redirected. */
static inline bool net_goes_on(enum prog_type type, uint64_t r0)
{
	enum net_action action = net_action(type, r0);

	return action != NET_DROP && action != NET_EXCEPTION;
}

/*
 * The name that a result is counted under: the UAPI's, "ACCEPT" and "DROP"
 * for socket filters, "unknown" for a value that is no action.
 */
const char *net_verdict(enum prog_type type, uint64_t r0);

#define VERDICT_UNKNOWN	"unknown"	/* no action has this value */
#define VERDICT_FAULT	"fault"		/* the run broke a rule */
#define VERDICTS_MAX	16

struct verdict_count {
	const char *name;
	uint64_t cnt;
};

struct verdict_counts {
	struct verdict_count rows[VERDICTS_MAX];	/* as they came up */
	uint32_t cnt;
};

/* One more of `name`, which must be a constant. */
void verdict_add(struct verdict_counts *counts, const char *name);

#define DROPS_MAX	16
#define DROP_REASON_MAX	64

/* Frames that an exception dropped, by reason: "redirect: no such port 7". */
struct drop_count {
	char reason[DROP_REASON_MAX];
	uint64_t cnt;
};

struct drop_counts {
	struct drop_count rows[DROPS_MAX];	/* as they came up */
	uint32_t cnt;
};

/* One more of `reason`; when the rows are used up, of "other reasons". */
void drop_add(struct drop_counts *counts, const char *reason);

#endif
