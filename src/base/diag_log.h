/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics kept for later: work that is done side by side sends each its
 * own records, and they are told in an order that does not depend on time.
 */
#ifndef SKEP_BASE_DIAG_LOG_H
#define SKEP_BASE_DIAG_LOG_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/vec.h"

/* All zero is an empty log; one thread at a time. */
struct diag_log {
	struct arena arena;
	VEC(struct skep_diag) records;	/* their strings are in the arena */
	bool oom;			/* a record was lost */
};

/* A sink that keeps copies; the log must stay where it is. */
struct diag_sink diag_log_sink(struct diag_log *log);

/* Sends all records on, in order. `sink` may be NULL. */
void diag_log_send(const struct diag_log *log, struct diag_sink *sink);

void diag_log_fini(struct diag_log *log);

#endif
