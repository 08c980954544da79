/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The assembler's walk over the text: comments out, statements one by one,
 * labels and instructions into sections. After an error it goes on with the
 * next statement, so that one run shows all errors.
 *
 * A ';' ends a statement. At the start of a line it begins a comment, and so
 * it does, but for pure LLVM syntax, where no instruction begins after it.
 */
#include "text/asm.h"

#include <elf.h>
#include <errno.h>

#include "base/str.h"
#include "text/match.h"
#include "text/unit.h"

#define ERRORS_MAX 20

/* Comments become spaces; line ends and strings stay as they are. */
static const char *blank_comment(char *text, const char *end)
{
	bool block = text[0] == '/' && text + 1 < end && text[1] == '*';
	char *at = text;

	if (!block) {
		while (at < end && *at != '\n')
			*at++ = ' ';
		return at;
	}
	at[0] = at[1] = ' ';
	for (at += 2; at < end; at++) {
		bool closed = at + 1 < end && at[0] == '*' && at[1] == '/';

		if (closed)
			at[0] = at[1] = ' ';
		if (closed)
			return at + 2;
		if (*at != '\n')
			*at = ' ';
	}
	return NULL;
}

static const char *skip_string(const char *text, const char *end)
{
	for (text++; text < end && *text != '"' && *text != '\n'; text++)
		if (*text == '\\' && text + 1 < end && text[1] != '\n')
			text++;
	return text < end ? text + 1 : end;
}

static int blank_comments(struct text_unit *unit, char *text, const char *end)
{
	const char *after;

	while (text < end) {
		bool slashes = text[0] == '/' && text + 1 < end &&
			       (text[1] == '/' || text[1] == '*');

		if (*text == '"') {
			text += skip_string(text, end) - text;
			continue;
		}
		if (*text != '#' && !slashes) {
			text++;
			continue;
		}
		after = blank_comment(text, end);
		if (!after)
			return unit_error(unit, unit_place(unit, text),
					  DIAG_ASM_COMMENT,
					  "a comment without its end");
		text += after - text;
	}
	return 0;
}

static int fixup_of(struct text_unit *unit, const struct match *match)
{
	static const enum text_fixup_kind kinds[] = {
		[USE_OFF_JUMP] = FIXUP_OFF_JUMP,
		[USE_IMM_JUMP] = FIXUP_IMM_JUMP,
		[USE_CALL] = FIXUP_CALL,
		[USE_IMM64] = FIXUP_IMM64,
	};
	int32_t symbol;

	if (match->use == USE_NONE)
		return 0;
	symbol = unit_symbol(unit, match->symbol, match->symbol_len);
	if (symbol < 0)
		return -ENOMEM;
	return unit_fixup(unit, kinds[match->use], symbol,
			  match->syntax == SYNTAX_UBPF, match->symbol);
}

static int complain(struct text_unit *unit, const struct match *match,
		    struct scan statement)
{
	struct text_place place = unit_place(unit, match->at);
	struct scan rest = { match->at, statement.end };
	const char *word = "";
	size_t len = 0;

	scan_word(&rest, &word, &len);
	switch (match->problem) {
	case DIAG_ASM_MNEMONIC:
		return unit_error(unit, place, match->problem,
				  "no instruction begins like this");
	case DIAG_ASM_TRAILING:
		return unit_error(unit, place, match->problem,
				  "the instruction is complete before this");
	case DIAG_ASM_REGISTER:
		return unit_error(unit, place, match->problem,
				  "no register '%.*s'", (int)len, word);
	case DIAG_ASM_SAME_REGISTER:
		return unit_error(unit, place, match->problem,
				  "this register must be the one before");
	case DIAG_ASM_RANGE:
		return unit_error(unit, place, match->problem,
				  "the number does not fit its field");
	default:
		return unit_error(unit, place, match->problem,
				  "expected %s", match->detail);
	}
}

static int instruction(struct text_unit *unit, struct scan statement)
{
	struct text_section *section = unit_section(unit);
	struct match match;
	int err;

	if (!text_match(&match, statement, unit->syntaxes))
		return complain(unit, &match, statement);
	if (match.truncated)
		unit_error(unit, unit_place(unit, statement.at),
			   DIAG_ASM_TRUNCATED,
			   "the immediate is cut to its low 32 bits");
	if (section->bytes.len % 8)
		return unit_error(unit, unit_place(unit, statement.at),
				  DIAG_ASM_UNALIGNED, "the section has %zu "
				  "bytes before this instruction",
				  section->bytes.len);
	if (match.op == OP_EXIT && section->first_exit < 0)
		section->first_exit = (int64_t)section->bytes.len;
	if (match.use == USE_CALL)
		match.insn->imm = -1;
	if (match.use == USE_IMM64) {
		match.insn[0].imm = (int32_t)match.addend;
		match.insn[1].imm = (int32_t)(match.addend >> 32);
	}
	err = fixup_of(unit, &match);
	return err ? err : unit_append(unit, match.insn, op_slots(match.op) *
				       sizeof(*match.insn));
}

/* Labels at the start of a statement. */
static int labels(struct text_unit *unit, struct scan *statement)
{
	struct scan ahead = *statement;
	const char *word;
	size_t len;
	int err;

	while (scan_word(&ahead, &word, &len) && scan_char(&ahead, ':')) {
		err = unit_define(unit, word, len, word);
		*statement = ahead;
		if (err)
			return err;
	}
	scan_space(statement);
	return 0;
}

static int statement(struct text_unit *unit, struct scan text)
{
	int err = labels(unit, &text);

	if (err || text.at == text.end)
		return err;
	if (*text.at == '.')
		return directive_assemble(unit, text);
	return instruction(unit, text);
}

static const char *statement_end(const char *at, const char *end)
{
	while (at < end && *at != '\n' && *at != ';')
		at = *at == '"' ? skip_string(at, end) : at + 1;
	return at;
}

/* Whether what follows a statement and ';' is a comment. */
static bool is_comment(const struct text_unit *unit, struct scan rest)
{
	struct match match;

	scan_space(&rest);
	if (unit->syntaxes == MATCH_LLVM || rest.at == rest.end)
		return false;
	return !text_match(&match, rest, unit->syntaxes) &&
	       match.problem == DIAG_ASM_MNEMONIC;
}

static int line(struct text_unit *unit, const char *at, const char *end)
{
	struct scan rest = { at, end };

	scan_space(&rest);
	if (scan_peek(&rest) == ';')
		return 0;
	for (const char *begin = at; at <= end; at++) {
		const char *stop = statement_end(at, end);
		int err;

		if (at > begin &&
		    is_comment(unit, (struct scan){ at, stop }))
			break;
		err = statement(unit, (struct scan){ at, stop });
		if (err == -ENOMEM)
			return err;
		at = stop;
	}
	return 0;
}

static int all_lines(struct text_unit *unit, const char *text,
		     const char *end)
{
	while (text < end && unit->errors < ERRORS_MAX) {
		const char *eol = memchr(text, '\n', end - text);
		int err = line(unit, text, eol ? eol : end);

		if (err)
			return err;
		text = eol ? eol + 1 : end;
	}
	return 0;
}

static unsigned int syntaxes_of(enum text_syntax syntax)
{
	return syntax == TEXT_LLVM ? MATCH_LLVM :
	       syntax == TEXT_UBPF ? MATCH_UBPF : MATCH_LLVM | MATCH_UBPF;
}

int text_assemble(struct text_unit *unit, const char *file, const char *text,
		  size_t len, enum text_syntax syntax,
		  struct diag_sink *sink)
{
	char *clean;
	int err;

	*unit = (struct text_unit){
		.file = file, .text = text,
		.syntaxes = syntaxes_of(syntax), .sink = sink,
	};
	arena_init(&unit->arena);
	clean = arena_copy(&unit->arena, text, len);
	if (!clean || unit_section_named(unit, ".text", 5) < 0)
		return unit_no_memory(unit);
	unit->clean = clean;
	unit->end = clean + len;
	err = blank_comments(unit, clean, clean + len);
	if (!err)
		err = all_lines(unit, clean, clean + len);
	if (!err)
		err = unit_link(unit);
	if (err == -ENOMEM)
		return unit_no_memory(unit);
	return err || unit->errors ? -EINVAL : 0;
}

void text_unit_fini(struct text_unit *unit)
{
	for (size_t i = 0; i < unit->sections.len; i++)
		vec_free(&unit->sections.data[i].bytes);
	vec_free(&unit->sections);
	vec_free(&unit->symbols);
	vec_free(&unit->fixups);
	vec_free(&unit->sizes);
	strmap_fini(&unit->symbol_index);
	arena_fini(&unit->arena);
}

int text_insns(struct arena *arena, const char *file, const char *text,
	       const struct bpf_insn **insns, size_t *cnt,
	       struct diag_sink *sink)
{
	const struct bpf_insn *own;
	struct text_unit unit;
	size_t own_cnt;
	int err;

	err = text_assemble(&unit, file, text, strlen(text), TEXT_AUTO, sink);
	if (!err)
		err = text_raw(&unit, &own, &own_cnt);
	if (!err) {
		own = arena_copy(arena, own, own_cnt * sizeof(*own));
		err = own ? 0 : unit_no_memory(&unit);
	}
	if (!err) {
		*insns = own;
		*cnt = own_cnt;
	}
	text_unit_fini(&unit);
	return err;
}
