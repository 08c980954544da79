/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include <stdarg.h>

#include "base/atomic.h"
#include "base/json.h"
#include "base/str.h"

void diag_pass(struct diag_sink *sink, const struct skep_diag *diag)
{
	if (diag->severity == SKEP_SEVERITY_ERROR)
		atomic_add_relaxed(&sink->errors, 1);
	if (sink->fn)
		sink->fn(sink->arg, diag);
}

static void deliver(struct diag_sink *sink, const struct diag_row *row,
		    const struct diag_where *where, const char *message)
{
	struct skep_diag diag = {
		.size = sizeof(diag),
		.id = row->id,
		.severity = row->severity,
		.file = where->file,
		.program = where->program,
		.insn = where->insn,
		.source_file = where->source_file,
		.line = where->line,
		.column = where->column,
		.source_line = where->source_line,
		.message = message,
		.notes = where->notes,
		.notes_cnt = where->notes_cnt,
		.suggestion = where->suggestion,
	};

	diag_pass(sink, &diag);
}

int diag_send(struct diag_sink *sink, const struct diag_row *row,
	      const struct diag_where *where, const char *fmt, ...)
{
	struct strbuf message = STRBUF_INIT;
	va_list args;

	if (!sink)
		return row->err;
	va_start(args, fmt);
	strbuf_vprintf(&message, fmt, args);
	va_end(args);
	deliver(sink, row, where ? where : DIAG_NOWHERE,
		message.oom ? row->title : strbuf_str(&message));
	strbuf_fini(&message);
	return row->err;
}

static const char *severity_word(enum skep_severity severity)
{
	static const char *const words[] = { "note", "warning", "error" };

	return words[severity];
}

/* "file: program: insn 3: file.c:7:9: " as far as each is known. */
static void render_place(struct strbuf *out, const struct skep_diag *diag)
{
	const char *source = diag->source_file;

	if (diag->file)
		strbuf_printf(out, "%s:", diag->file);
	if (!source && diag->line)
		strbuf_printf(out, "%u:%u:", diag->line, diag->column);
	if (diag->file)
		strbuf_putc(out, ' ');
	if (diag->program)
		strbuf_printf(out, "%s: ", diag->program);
	if (diag->insn >= 0)
		strbuf_printf(out, "insn %lld: ", (long long)diag->insn);
	if (source && diag->line)
		strbuf_printf(out, "%s:%u:%u: ", source, diag->line,
			      diag->column);
}

/* The source line with a caret; tabs are kept so that the caret lines up. */
static void render_caret(struct strbuf *out, const struct skep_diag *diag)
{
	const char *text = diag->source_line;

	strbuf_printf(out, "  %s\n", text);
	if (!diag->column)
		return;
	strbuf_puts(out, "  ");
	for (uint32_t i = 0; i + 1 < diag->column && text[i]; i++)
		strbuf_putc(out, text[i] == '\t' ? '\t' : ' ');
	strbuf_puts(out, "^\n");
}

/*
 * Names and lines come from files that anyone may have made: no byte of them
 * may steer the terminal.
 */
static void defuse(struct strbuf *out, size_t from)
{
	for (size_t i = from; i < out->len; i++) {
		uint8_t c = (uint8_t)out->text[i];

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			out->text[i] = '?';
	}
}

static void render(struct strbuf *out, const struct skep_diag *diag)
{
	render_place(out, diag);
	strbuf_printf(out, "%s: %s [%s]\n", severity_word(diag->severity),
		      diag->message, diag->id);
	if (diag->source_line)
		render_caret(out, diag);
	for (size_t i = 0; i < diag->notes_cnt; i++)
		strbuf_printf(out, "  note: %s\n", diag->notes[i]);
	if (diag->suggestion)
		strbuf_printf(out, "  try: %s\n", diag->suggestion);
}

void diag_render_text(struct strbuf *out, const struct skep_diag *diag)
{
	size_t from = out->len;

	render(out, diag);
	defuse(out, from);
}

static void json_opt_string(struct json *json, const char *key,
			    const char *value)
{
	if (!value)
		return;
	json_key(json, key);
	json_string(json, value);
}

void diag_render_json(struct strbuf *out, const struct skep_diag *diag)
{
	struct json json;

	json_init(&json, out, false);
	json_object_begin(&json);
	json_opt_string(&json, "id", diag->id);
	json_opt_string(&json, "severity", severity_word(diag->severity));
	json_opt_string(&json, "message", diag->message);
	json_opt_string(&json, "object", diag->file);
	json_opt_string(&json, "program", diag->program);
	json_opt_string(&json, "file", diag->source_file);
	if (diag->line) {
		json_key(&json, "line");
		json_u64(&json, diag->line);
		json_key(&json, "column");
		json_u64(&json, diag->column);
	}
	if (diag->insn >= 0) {
		json_key(&json, "insn");
		json_s64(&json, diag->insn);
	}
	json_key(&json, "notes");
	json_array_begin(&json);
	for (size_t i = 0; i < diag->notes_cnt; i++)
		json_string(&json, diag->notes[i]);
	json_array_end(&json);
	json_opt_string(&json, "suggestion", diag->suggestion);
	json_object_end(&json);
	json_fini(&json);
}
