/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of diagnostics. A record borrows all its strings from its sender, so
 * they are copied with it. A record that finds no memory is lost; the log
 * knows, and says so in its place.
 */
#include "base/diag_log.h"

static const char *copy(struct diag_log *log, const char *text)
{
	const char *kept = text ? arena_strdup(&log->arena, text) : NULL;

	log->oom |= text && !kept;
	return kept;
}

static const char *const *copy_notes(struct diag_log *log,
				     const struct skep_diag *diag)
{
	const char **notes = arena_array(&log->arena, diag->notes_cnt,
					 sizeof(*notes));

	if (!notes)
		log->oom = true;
	for (size_t i = 0; notes && i < diag->notes_cnt; i++)
		notes[i] = copy(log, diag->notes[i]);
	return notes;
}

static void keep(void *arg, const struct skep_diag *diag)
{
	struct diag_log *log = arg;
	struct skep_diag *kept = vec_push(&log->records);

	if (!kept) {
		log->oom = true;
		return;
	}
	*kept = *diag;
	kept->id = copy(log, diag->id);
	kept->file = copy(log, diag->file);
	kept->program = copy(log, diag->program);
	kept->source_file = copy(log, diag->source_file);
	kept->source_line = copy(log, diag->source_line);
	kept->message = copy(log, diag->message);
	kept->suggestion = copy(log, diag->suggestion);
	kept->notes = copy_notes(log, diag);
	if (log->oom)
		log->records.len--;
}

struct diag_sink diag_log_sink(struct diag_log *log)
{
	return (struct diag_sink){ .fn = keep, .arg = log };
}

void diag_log_send(const struct diag_log *log, struct diag_sink *sink)
{
	static const struct skep_diag lost = {
		.size = sizeof(lost), .id = "no-memory", .insn = -1,
		.severity = SKEP_SEVERITY_ERROR,
		.message = "no memory to keep what else there is to say",
	};

	if (!sink)
		return;
	for (size_t i = 0; i < log->records.len; i++)
		diag_pass(sink, &log->records.data[i]);
	if (log->oom)
		diag_pass(sink, &lost);
}

void diag_log_fini(struct diag_log *log)
{
	vec_free(&log->records);
	arena_fini(&log->arena);
	log->oom = false;
}
