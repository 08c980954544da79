/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DWARF 4 of a program's code: one unit that has a function for each piece,
 * and the table of source lines. Files are named as BTF names them.
 */
#include "jit/tools/dwarf.h"

#include "base/vec.h"
#include "jit/tools/parts.h"

#define VERSION		4

/* ---- lines ---- */

enum {
	LNS_COPY = 1, LNS_ADVANCE_PC = 2, LNS_ADVANCE_LINE = 3,
	LNS_SET_FILE = 4,
	LNE_END = 1, LNE_SET_ADDRESS = 2,
};

/* Operands of the standard opcodes, which readers can skip by. */
static const uint8_t operands[] = { 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1 };

struct files {
	VEC(const char *) names;
};

/* Its number, from 1 on; 1 when memory is out. */
static uint32_t file_number(struct files *files, const char *name)
{
	const char **added;

	for (size_t i = files->names.len; i-- > 0;)
		if (str_eq(files->names.data[i], name))
			return (uint32_t)i + 1;
	added = vec_push(&files->names);
	if (added)
		*added = name;
	return added ? (uint32_t)files->names.len : 1;
}

/* What the machine for lines stands at. */
struct line_state {
	struct files *files;
	uint32_t at, file, line;
};

static void put_line(struct strbuf *out, struct line_state *st,
		     const struct code_line *to)
{
	uint32_t file = to->line ? file_number(st->files, to->file) : st->file;

	strbuf_putc(out, LNS_ADVANCE_PC);
	dwarf_uleb(out, to->at - st->at);
	if (file != st->file) {
		strbuf_putc(out, LNS_SET_FILE);
		dwarf_uleb(out, file);
	}
	strbuf_putc(out, LNS_ADVANCE_LINE);
	dwarf_sleb(out, (int64_t)to->line - st->line);
	strbuf_putc(out, LNS_COPY);
	st->at = to->at;
	st->file = file;
	st->line = to->line;
}

/*
 * Each piece that has lines is a sequence of its own, since what lies between
 * would be of the last line before it.
 */
static void put_sequence(struct strbuf *out, struct files *files,
			 const struct jit_text *text, const struct prog *prog,
			 const struct jit_piece *piece)
{
	struct line_state st = { .files = files, .at = piece->at, .file = 1,
				 .line = 1 };
	uint32_t next = piece->first;
	struct code_line line;

	strbuf_add(out, "\0\11", 2);
	strbuf_putc(out, LNE_SET_ADDRESS);
	dwarf_number(out, (uintptr_t)text->base + piece->at, 8);
	while (code_line_next(text, prog, piece, &next, &line))
		put_line(out, &st, &line);
	strbuf_putc(out, LNS_ADVANCE_PC);
	dwarf_uleb(out, piece->at + piece->size - st.at);
	strbuf_add(out, "\0\1", 2);
	strbuf_putc(out, LNE_END);
}

static bool has_lines(const struct jit_piece *piece)
{
	return piece->part == JIT_PART_FUNC || piece->part == JIT_PART_TRAP ||
	       piece->part == JIT_PART_LEAVE;
}

static void put_program(struct strbuf *out, struct files *files,
			const struct prog *prog)
{
	struct jit_text text = jit_text(prog);
	struct jit_piece piece;
	uint32_t next = 0;

	while (jit_piece_next(&text, prog, &next, &piece))
		if (has_lines(&piece))
			put_sequence(out, files, &text, prog, &piece);
}

static void put_header(struct strbuf *out, const struct files *files)
{
	size_t from;

	dwarf_number(out, VERSION, 2);
	from = dwarf_begin(out);
	/* bytes of an instruction, operations, is a statement */
	strbuf_add(out, "\1\1\1", 3);
	/* line base and range of special opcodes, which are not used */
	strbuf_add(out, "\373\16", 2);
	strbuf_putc(out, ARRAY_SIZE(operands) + 1);
	strbuf_add(out, (const char *)operands, sizeof(operands));
	strbuf_putc(out, 0);
	for (size_t i = 0; i < files->names.len; i++) {
		dwarf_text(out, files->names.data[i]);
		strbuf_add(out, "\0\0\0", 3);
	}
	strbuf_putc(out, 0);
	dwarf_end(out, from);
}

void dwarf_lines(struct strbuf *out, const struct prog *prog)
{
	struct strbuf program = STRBUF_INIT;
	struct files files = { 0 };
	size_t from = dwarf_begin(out);

	put_program(&program, &files, prog);
	put_header(out, &files);
	strbuf_add(out, strbuf_str(&program), program.len);
	out->oom |= program.oom;
	dwarf_end(out, from);
	strbuf_fini(&program);
	vec_free(&files.names);
}

/* ---- functions ---- */

enum {
	TAG_UNIT = 0x11, TAG_FUNCTION = 0x2e,
	AT_NAME = 0x03, AT_LINES = 0x10, AT_LOW = 0x11, AT_HIGH = 0x12,
	AT_LANGUAGE = 0x13, AT_PRODUCER = 0x25, AT_EXTERNAL = 0x3f,
	FORM_ADDRESS = 0x01, FORM_8 = 0x07, FORM_TEXT = 0x08, FORM_1 = 0x0b,
	FORM_OFFSET = 0x17, FORM_YES = 0x19,
	LANGUAGE_C99 = 0x0c,
	UNIT = 1, FUNCTION = 2,		/* numbers of these abbreviations */
};

static const uint8_t abbrev[] = {
	UNIT, TAG_UNIT, 1,
	AT_PRODUCER, FORM_TEXT, AT_LANGUAGE, FORM_1, AT_NAME, FORM_TEXT,
	AT_LOW, FORM_ADDRESS, AT_HIGH, FORM_8, AT_LINES, FORM_OFFSET, 0, 0,
	FUNCTION, TAG_FUNCTION, 0,
	AT_NAME, FORM_TEXT, AT_LOW, FORM_ADDRESS, AT_HIGH, FORM_8,
	AT_EXTERNAL, FORM_YES, 0, 0,
	0,
};

void dwarf_abbrev(struct strbuf *out)
{
	strbuf_add(out, (const char *)abbrev, sizeof(abbrev));
}

void dwarf_info(struct strbuf *out, const struct prog *prog)
{
	struct jit_text text = jit_text(prog);
	uint64_t base = (uintptr_t)text.base;
	size_t from = dwarf_begin(out);
	char name[JIT_NAME_MAX];
	struct jit_piece piece;
	uint32_t next = 0;

	dwarf_number(out, VERSION, 2);
	dwarf_number(out, 0, 4);		/* of .debug_abbrev */
	dwarf_number(out, 8, 1);		/* bytes of an address */
	dwarf_uleb(out, UNIT);
	dwarf_text(out, "skep " SKEP_VERSION);
	dwarf_number(out, LANGUAGE_C99, 1);
	dwarf_text(out, prog->lines_cnt ? prog->lines[0].file :
					  prog->object ?: "");
	dwarf_number(out, base, 8);
	dwarf_number(out, text.size, 8);
	dwarf_number(out, 0, 4);		/* of .debug_line */
	while (jit_piece_next(&text, prog, &next, &piece)) {
		jit_piece_name(prog, &piece, name);
		dwarf_uleb(out, FUNCTION);
		dwarf_text(out, name);
		dwarf_number(out, base + piece.at, 8);
		dwarf_number(out, piece.size, 8);
	}
	dwarf_uleb(out, 0);
	dwarf_end(out, from);
}
