/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an assembly is made of while it grows: sections, symbols, places to
 * fix up, and the diagnostics with the source line that they are about.
 */
#include "text/unit.h"

#include <elf.h>
#include <errno.h>
#include <stdarg.h>

#include "base/str.h"

/* More than any program or map section; stops ".zero 1 << 60" early. */
#define SECTION_MAX (64u << 20)

/* Counts on from the place asked for last: questions mostly go forward. */
struct text_place unit_place(struct text_unit *unit, const char *at)
{
	struct text_place place = unit->place;
	const char *c = unit->place_at;

	if (!c || c > at) {
		c = unit->clean;
		place = (struct text_place){ 1, 1 };
	}
	for (; c < at; c++) {
		place.column = *c == '\n' ? 1 : place.column + 1;
		place.line += *c == '\n';
	}
	unit->place = place;
	unit->place_at = at;
	return place;
}

/* The text of a line, as it was given. */
static const char *line_text(struct text_unit *unit, uint32_t line)
{
	const char *end = unit->text + (unit->end - unit->clean);
	const char *at = unit->text, *eol;

	while (--line)
		at = (const char *)memchr(at, '\n', end - at) + 1;
	eol = memchr(at, '\n', end - at);
	return arena_strndup(&unit->arena, at, (eol ? eol : end) - at);
}

int unit_report(struct text_unit *unit, struct text_place place,
		enum diag_id id, const char *suggestion, const char *fmt, ...)
{
	struct diag_where where = {
		.file = unit->file, .insn = -1, .line = place.line,
		.column = place.column, .suggestion = suggestion,
		.source_line = line_text(unit, place.line),
	};
	struct strbuf text = STRBUF_INIT;
	va_list args;
	int err;

	if (diag_rows[id].severity == SKEP_SEVERITY_ERROR)
		unit->errors++;
	va_start(args, fmt);
	strbuf_vprintf(&text, fmt, args);
	va_end(args);
	err = diag_report(unit->sink, id, &where, "%s", strbuf_str(&text));
	strbuf_fini(&text);
	return err;
}

int unit_no_memory(struct text_unit *unit)
{
	unit->errors++;
	return diag_report(unit->sink, DIAG_NO_MEMORY, NULL,
			   "no memory for the text of %s", unit->file);
}

/* What the name alone says, as in LLVM and gas. */
static void section_defaults(struct text_section *section)
{
	const char *name = section->name;

	section->type = SHT_PROGBITS;
	section->flags = SHF_ALLOC;
	section->align = 1;
	if (str_eq(name, ".text") || str_starts(name, ".text."))
		section->flags |= SHF_EXECINSTR;
	if (str_starts(name, ".data") || str_starts(name, ".bss") ||
	    str_eq(name, "maps") || str_eq(name, ".maps") ||
	    str_eq(name, "license") || str_eq(name, "version"))
		section->flags |= SHF_WRITE;
	if (str_starts(name, ".bss"))
		section->type = SHT_NOBITS;
	if (section->flags & SHF_EXECINSTR)
		section->align = 8;
	if (str_starts(name, ".BTF") || str_starts(name, ".debug"))
		section->flags = 0;
}

int32_t unit_section_named(struct text_unit *unit, const char *name,
			   size_t len)
{
	struct text_section *section;

	for (size_t i = 0; i < unit->sections.len; i++) {
		const char *have = unit->sections.data[i].name;

		if (strlen(have) == len && memcmp(have, name, len) == 0)
			return (int32_t)i;
	}
	section = vec_push(&unit->sections);
	if (!section)
		return -1;
	section->first_exit = -1;
	section->name = arena_strndup(&unit->arena, name, len);
	if (!section->name) {
		unit->sections.len--;
		return -1;
	}
	section_defaults(section);
	return (int32_t)unit->sections.len - 1;
}

int32_t unit_symbol(struct text_unit *unit, const char *name, size_t len)
{
	struct text_symbol *symbol;
	uint64_t index;

	if (strmap_get_n(&unit->symbol_index, name, len, &index))
		return (int32_t)index;
	index = unit->symbols.len;
	symbol = vec_push(&unit->symbols);
	if (!symbol)
		return -1;
	symbol->section = -1;
	symbol->name = arena_strndup(&unit->arena, name, len);
	if (!symbol->name ||
	    strmap_put(&unit->symbol_index, symbol->name, index))
		return -1;
	return (int32_t)index;
}

int unit_define(struct text_unit *unit, const char *name, size_t len,
		const char *at)
{
	int32_t index = unit_symbol(unit, name, len);
	struct text_symbol *symbol;

	if (index < 0)
		return -ENOMEM;
	symbol = &unit->symbols.data[index];
	if (symbol->section >= 0)
		return unit_error(unit, unit_place(unit, at),
				  DIAG_ASM_LABEL_DUPLICATE,
				  "'%s' is defined at line %u already",
				  symbol->name, symbol->defined.line);
	symbol->section = (int32_t)unit->current;
	symbol->value = unit_section(unit)->bytes.len;
	symbol->defined = unit_place(unit, at);
	return 0;
}

int unit_append(struct text_unit *unit, const void *data, size_t len)
{
	struct text_section *section = unit_section(unit);
	size_t before = section->bytes.len;

	if (len > SECTION_MAX - before)
		return -EFBIG;
	while (section->bytes.cap - section->bytes.len < len) {
		section->bytes.len = section->bytes.cap;
		if (!vec_push(&section->bytes)) {
			section->bytes.len = before;
			return -ENOMEM;
		}
		section->bytes.len = before;
	}
	if (data && len)
		memcpy(section->bytes.data + before, data, len);
	else if (len)
		memset(section->bytes.data + before, 0, len);
	section->bytes.len = before + len;
	return 0;
}

int unit_fixup(struct text_unit *unit, enum text_fixup_kind kind,
	       uint32_t symbol, bool ubpf, const char *at)
{
	struct text_fixup *fixup = vec_push(&unit->fixups);

	if (!fixup)
		return -ENOMEM;
	*fixup = (struct text_fixup){
		.kind = kind, .symbol = symbol, .ubpf = ubpf,
		.section = unit->current,
		.offset = unit_section(unit)->bytes.len,
		.place = unit_place(unit, at),
	};
	return 0;
}
