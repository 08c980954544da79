/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending diagnostics. A row of spec/diags.def names each one with its
 * severity and errno, so that reporting and returning are one statement:
 *
 *	return diag_report(sink, DIAG_ELF_TRUNCATED, &where,
 *			   "section %s ends at %#zx, the file at %#zx", ...);
 *
 * A NULL sink swallows the record; the errno is returned all the same.
 */
#ifndef SKEP_BASE_DIAG_H
#define SKEP_BASE_DIAG_H

#include <skep/diag.h>

#include "base/compiler.h"

struct strbuf;

/* What spec/diags.def says of one diagnostic. */
struct diag_row {
	const char *id;			/* "elf-truncated" */
	enum skep_severity severity;
	int err;			/* negative errno */
	const char *title;		/* one line */
	const char *page;		/* why it is, what to do; paragraphs */
};

struct diag_sink {
	skep_diag_fn fn;
	void *arg;
	uint32_t errors;		/* records of severity error sent */
};

/* Where it happened; zero/NULL members are unknown, insn is -1 or real. */
struct diag_where {
	const char *file;
	const char *program;
	int64_t insn;
	const char *source_file;
	uint32_t line, column;
	const char *source_line;
	const char *const *notes;
	size_t notes_cnt;
	const char *suggestion;
};

#define DIAG_NOWHERE (&(const struct diag_where){ .insn = -1 })

/* Sends one record; returns the row's negative errno. `where` may be NULL. */
int diag_send(struct diag_sink *sink, const struct diag_row *row,
	      const struct diag_where *where, const char *fmt, ...)
	printf_like(4, 5);

/* Hands a finished record to the sink. */
void diag_pass(struct diag_sink *sink, const struct skep_diag *diag);

/* The record as people read it on a terminal, or as one JSON object. */
void diag_render_text(struct strbuf *out, const struct skep_diag *diag);
void diag_render_json(struct strbuf *out, const struct skep_diag *diag);

#endif
