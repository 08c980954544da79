/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: what skep tells people. Every function that can fail for a
 * reason a person should read takes a sink and sends it one record before it
 * returns a negative errno. The library itself never prints and never exits.
 */
#ifndef SKEP_DIAG_H
#define SKEP_DIAG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum skep_severity {
	SKEP_SEVERITY_NOTE,
	SKEP_SEVERITY_WARNING,
	SKEP_SEVERITY_ERROR,
};

/*
 * One record. All strings are borrowed and live until the sink returns; any
 * of them but `id` and `message` may be NULL. Lines and columns count from 1,
 * 0 is unknown; `insn` counts from 0 within the program, -1 is unknown.
 * `id` is stable (`skep explain ID` prints its page); `message` is not.
 */
struct skep_diag {
	size_t size;			/* of this struct, for the reader */
	const char *id;
	enum skep_severity severity;
	const char *file;		/* object, capture or source text */
	const char *program;
	int64_t insn;
	const char *source_file;	/* of the program's line */
	uint32_t line, column;
	const char *source_line;	/* the line's text, for a caret */
	const char *message;
	const char *const *notes;	/* how it came about, oldest first */
	size_t notes_cnt;
	const char *suggestion;		/* what to try */
};

typedef void (*skep_diag_fn)(void *arg, const struct skep_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
