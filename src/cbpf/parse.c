/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads filters that tcpdump -dd or -ddd wrote: both are rows of four
 * numbers; -ddd has the count of rows before them, -dd has braces, commas and
 * C's hexadecimal around them. Each is its own grammar, told apart by the
 * first character.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/vec.h"
#include "cbpf/cbpf.h"
#include "spec/diags.h"

struct reader {
	const char *at, *line_start;
	uint32_t line;
	const char *file;
	struct diag_sink *sink;
};

static int complain(struct reader *r, const char *what)
{
	const struct diag_where where = {
		.file = r->file,
		.insn = -1,
		.line = r->line,
		.column = (uint32_t)(r->at - r->line_start) + 1,
	};

	return diag_report(r->sink, DIAG_CBPF_SYNTAX, &where, "%s", what);
}

static void skip_blank(struct reader *r)
{
	for (;; r->at++) {
		if (*r->at == '#')
			r->at += strcspn(r->at, "\n");
		if (*r->at == '\n') {
			r->line++;
			r->line_start = r->at + 1;
		} else if (*r->at != ' ' && *r->at != '\t' &&
			   *r->at != '\r') {
			return;
		}
	}
}

static int read_number(struct reader *r, uint64_t max, uint64_t *out)
{
	char text[32];
	uint64_t value;
	size_t len;

	skip_blank(r);
	len = strspn(r->at, "0123456789abcdefABCDEFxX");
	if (!len || len >= sizeof(text))
		return complain(r, "a number is wanted here");
	memcpy(text, r->at, len);
	text[len] = '\0';
	if (str_to_u64(text, &value))
		return complain(r, "a number is wanted here");
	if (value > max)
		return complain(r, "the number is too large for its field");
	r->at += len;
	*out = value;
	return 0;
}

static int read_char(struct reader *r, char c, const char *otherwise)
{
	skip_blank(r);
	if (*r->at != c)
		return complain(r, otherwise);
	r->at++;
	return 0;
}

/* The four numbers of a row, with commas between them or none. */
static int read_row(struct reader *r, bool commas, struct sock_filter *out)
{
	static const uint64_t max[4] = {
		UINT16_MAX, UINT8_MAX, UINT8_MAX, UINT32_MAX,
	};
	uint64_t value[4];
	int err = 0;

	for (int i = 0; i < 4 && !err; i++) {
		if (i && commas)
			err = read_char(r, ',', "a comma is wanted here");
		if (!err)
			err = read_number(r, max[i], &value[i]);
	}
	if (err)
		return err;
	*out = (struct sock_filter){ (uint16_t)value[0], (uint8_t)value[1],
				     (uint8_t)value[2], (uint32_t)value[3] };
	return 0;
}

/* Takes the comma after a row's brace, which the last row may lack. */
static int read_braced(struct reader *r, struct sock_filter *out)
{
	int err = read_char(r, '{', "a row in braces is wanted here");

	if (!err)
		err = read_row(r, true, out);
	if (!err)
		err = read_char(r, '}', "a closing brace is wanted here");
	if (err)
		return err;
	skip_blank(r);
	if (*r->at == ',')
		r->at++;
	return 0;
}

static int no_memory(struct reader *r)
{
	return diag_report(r->sink, DIAG_NO_MEMORY, NULL, "reading a filter");
}

static int read_rows(struct reader *r, struct arena *arena, struct cbpf *out)
{
	VEC(struct sock_filter) rows = { 0 };
	uint64_t cnt = UINT64_MAX;
	struct sock_filter row, *slot;
	bool braced;
	int err = 0;

	skip_blank(r);
	braced = *r->at == '{';
	if (!braced)
		err = read_number(r, BPF_MAXINSNS, &cnt);
	while (!err && (skip_blank(r), *r->at) && rows.len < BPF_MAXINSNS) {
		err = braced ? read_braced(r, &row) : read_row(r, false, &row);
		if (err)
			break;
		slot = vec_push(&rows);
		if (slot)
			*slot = row;
		else
			err = no_memory(r);
	}
	if (!err && *r->at)
		err = complain(r, "more instructions than a filter may have");
	if (!err && !braced && rows.len != cnt)
		err = complain(r, "the count at the beginning is another");
	if (!err) {
		out->insns = arena_copy(arena, rows.data,
					rows.len * sizeof(row));
		out->cnt = rows.len;
		err = out->insns ? 0 : no_memory(r);
	}
	vec_free(&rows);
	return err;
}

int cbpf_parse(const char *text, const char *file, struct arena *arena,
	       struct cbpf *out, struct diag_sink *sink)
{
	struct reader r = { text, text, 1, file, sink };
	struct cbpf read = { NULL, 0 };
	int err = read_rows(&r, arena, &read);

	if (!err)
		*out = read;
	return err;
}
