/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbpf's talk, and the verifier's in it, as notes of one diagnostic.
 * The thread-local pointer is libbpf's price: its callback has no argument.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/internal.h"
#include "spec/diags.h"

#define NOTES_MAX	24

static _Thread_local struct kernel_log *listening;

static int listen(enum libbpf_print_level level, const char *fmt,
		  va_list args)
{
	if (level == LIBBPF_DEBUG || !listening)
		return 0;
	strbuf_vprintf(&listening->text, fmt, args);
	return 0;
}

void kernel_log_begin(struct kernel_log *log)
{
	*log = (struct kernel_log){ .before = libbpf_set_print(listen) };
	listening = log;
}

void kernel_log_end(struct kernel_log *log)
{
	listening = NULL;
	libbpf_set_print(log->before);
	strbuf_fini(&log->text);
}

/* Cuts `text` into lines in place; keeps the last NOTES_MAX, in order. */
static size_t last_lines(char *text, const char *notes[NOTES_MAX])
{
	size_t cnt = 0;

	for (char *line = strtok_r(text, "\n", &text); line;
	     line = strtok_r(NULL, "\n", &text)) {
		if (cnt == NOTES_MAX)
			memmove(notes, notes + 1,
				--cnt * sizeof(notes[0]));
		notes[cnt++] = line;
	}
	return cnt;
}

struct diag_where kernel_where(const struct kernel *kernel)
{
	return (struct diag_where){
		.file = kernel->path,
		.program = kernel->program ?
			   bpf_program__name(kernel->program) : NULL,
		.insn = -1,
	};
}

int kernel_log_report(struct kernel_log *log, struct kernel *kernel,
		      unsigned int id, int err, struct diag_sink *sink)
{
	struct diag_where where = kernel_where(kernel);
	const char *notes[NOTES_MAX];

	if (err == -EPERM)
		id = DIAG_KERNEL_PERMISSION;
	if (log->text.len)
		where.notes_cnt = last_lines(log->text.text, notes);
	where.notes = notes;
	err = diag_report(sink, id, &where, "%s: %s", diag_rows[id].title,
			  strerror(-err));
	kernel_log_end(log);
	return err;
}
