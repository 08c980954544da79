/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directives: those that clang -S writes for BPF and those that a program
 * with maps and a license needs when it is written by hand. Each is a row.
 * Debug information (.loc, .cfi_...) is read over.
 */
#include "text/unit.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>

#include "base/bits.h"
#include "base/str.h"

struct directive {
	const char *name;
	int (*assemble)(struct text_unit *unit, struct scan *scan, int arg);
	int arg;
};

static int expected(struct text_unit *unit, struct scan *scan,
		    const char *what)
{
	scan_space(scan);
	return unit_error(unit, unit_place(unit, scan->at), DIAG_ASM_EXPECTED,
			  "expected %s", what);
}

static int append(struct text_unit *unit, struct scan *scan, const void *data,
		  size_t len)
{
	int err = unit_append(unit, data, len);

	if (err == -EFBIG)
		return unit_error(unit, unit_place(unit, scan->at),
				  DIAG_ASM_RANGE, "the section gets too big");
	return err;
}

static int ignore(struct text_unit *unit, struct scan *scan, int arg)
{
	scan->at = scan->end;
	return 0;
}

static int enter(struct text_unit *unit, const char *name, size_t len)
{
	int32_t section = unit_section_named(unit, name, len);

	if (section < 0)
		return -ENOMEM;
	unit->current = (uint32_t)section;
	return 0;
}

static int to_text(struct text_unit *unit, struct scan *scan, int arg)
{
	return enter(unit, ".text", 5);
}

static int to_data(struct text_unit *unit, struct scan *scan, int arg)
{
	return enter(unit, ".data", 5);
}

static int to_bss(struct text_unit *unit, struct scan *scan, int arg)
{
	return enter(unit, ".bss", 4);
}

static int section_flags(struct text_unit *unit, struct scan *scan)
{
	static const struct { char letter; uint64_t flag; } letters[] = {
		{ 'a', SHF_ALLOC }, { 'w', SHF_WRITE }, { 'x', SHF_EXECINSTR },
		{ 'M', SHF_MERGE }, { 'S', SHF_STRINGS }, { 'e', SHF_EXCLUDE },
	};
	struct strbuf text = STRBUF_INIT;
	uint64_t flags = 0;

	if (!scan_string(scan, &text)) {
		strbuf_fini(&text);
		return expected(unit, scan, "flags in quotes, as \"ax\"");
	}
	for (const char *c = strbuf_str(&text); *c; c++)
		for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
			if (letters[i].letter == *c)
				flags |= letters[i].flag;
	strbuf_fini(&text);
	/* strings stay apart here, so nothing is merged */
	unit_section(unit)->flags = flags & ~(uint64_t)(SHF_MERGE |
							SHF_STRINGS);
	return 0;
}

static int section_type(struct text_unit *unit, struct scan *scan)
{
	const char *word;
	size_t len;

	if ((!scan_char(scan, '@') && !scan_char(scan, '%')) ||
	    !scan_word(scan, &word, &len))
		return expected(unit, scan, "a type, as @progbits");
	if (len == 6 && memcmp(word, "nobits", 6) == 0)
		unit_section(unit)->type = SHT_NOBITS;
	else
		unit_section(unit)->type = SHT_PROGBITS;
	scan->at = scan->end;	/* entry size of mergeable sections */
	return 0;
}

/* A section's name: in quotes, or up to the comma. */
static int to_section(struct text_unit *unit, struct scan *scan, int arg)
{
	struct strbuf name = STRBUF_INIT;
	int err;

	scan_space(scan);
	if (scan_peek(scan) != '"')
		while (scan->at < scan->end && !strchr(", \t", *scan->at))
			strbuf_putc(&name, *scan->at++);
	else
		scan_string(scan, &name);
	err = name.len ? enter(unit, strbuf_str(&name), name.len) :
			 expected(unit, scan, "a section name");
	strbuf_fini(&name);
	if (!err && scan_char(scan, ','))
		err = section_flags(unit, scan);
	if (!err && scan_char(scan, ','))
		err = section_type(unit, scan);
	return err;
}

static struct text_symbol *symbol_arg(struct text_unit *unit,
				      struct scan *scan, int *err)
{
	const char *word;
	int32_t index;
	size_t len;

	*err = 0;
	if (!scan_word(scan, &word, &len)) {
		*err = expected(unit, scan, "a symbol");
		return NULL;
	}
	index = unit_symbol(unit, word, len);
	if (index < 0)
		*err = -ENOMEM;
	return index < 0 ? NULL : &unit->symbols.data[index];
}

static int set_bind(struct text_unit *unit, struct scan *scan, int bind)
{
	do {
		int err;
		struct text_symbol *symbol = symbol_arg(unit, scan, &err);

		if (!symbol)
			return err;
		symbol->bind = (uint8_t)bind;
		symbol->bind_set = true;
	} while (scan_char(scan, ','));
	return 0;
}

static int set_visibility(struct text_unit *unit, struct scan *scan,
			  int visibility)
{
	int err;
	struct text_symbol *symbol = symbol_arg(unit, scan, &err);

	if (symbol)
		symbol->visibility = (uint8_t)visibility;
	return err;
}

/* .type name,@function */
static int set_type(struct text_unit *unit, struct scan *scan, int arg)
{
	int err;
	struct text_symbol *symbol = symbol_arg(unit, scan, &err);
	const char *word;
	size_t len;

	if (!symbol)
		return err;
	scan_char(scan, ',');
	if (!scan_char(scan, '@'))
		scan_char(scan, '%');
	if (!scan_word(scan, &word, &len))
		return expected(unit, scan, "@function or @object");
	if (len == 8 && memcmp(word, "function", 8) == 0)
		symbol->type = STT_FUNC;
	else if (len == 6 && memcmp(word, "object", 6) == 0)
		symbol->type = STT_OBJECT;
	else
		return expected(unit, scan, "@function or @object");
	return 0;
}

/* A symbol, or "." as a nameless one defined here. */
static int place_arg(struct text_unit *unit, struct scan *scan, int32_t *out)
{
	struct scan ahead = *scan;
	const char *word;
	char name[40];
	size_t len;
	int err;

	if (!scan_word(&ahead, &word, &len))
		return expected(unit, scan, "a symbol or '.'");
	*scan = ahead;
	if (len == 1 && *word == '.') {
		len = (size_t)snprintf(name, sizeof(name), ".L.here%zu",
				       unit->symbols.len);
		err = unit_define(unit, name, len, word);
		if (err)
			return err;
		word = name;
	}
	*out = unit_symbol(unit, word, len);
	return *out < 0 ? -ENOMEM : 0;
}

/* .size name, number | .size name, to-from */
static int set_size(struct text_unit *unit, struct scan *scan, int arg)
{
	struct text_size size = { .from = -1, .to = -1 };
	int err;
	struct text_symbol *symbol = symbol_arg(unit, scan, &err);
	struct text_size *slot;
	bool negative;

	if (!symbol)
		return err;
	size.symbol = (uint32_t)(symbol - unit->symbols.data);
	scan_char(scan, ',');
	if (scan_number(scan, &size.value, &negative) != SCAN_NUMBER) {
		err = place_arg(unit, scan, &size.to);
		if (!err && !scan_char(scan, '-'))
			err = expected(unit, scan, "'-'");
		if (!err)
			err = place_arg(unit, scan, &size.from);
	}
	if (err)
		return err;
	slot = vec_push(&unit->sizes);
	if (!slot)
		return -ENOMEM;
	*slot = size;
	return 0;
}

static int data_symbol(struct text_unit *unit, struct scan *scan, int size,
		       uint64_t *addend)
{
	const char *word;
	bool negative;
	int32_t symbol;
	size_t len;
	int err;

	*addend = 0;
	if (size < 4 || !scan_word(scan, &word, &len))
		return expected(unit, scan, "a number");
	symbol = unit_symbol(unit, word, len);
	if (symbol < 0)
		return -ENOMEM;
	err = unit_fixup(unit, size == 4 ? FIXUP_DATA32 : FIXUP_DATA64,
			 (uint32_t)symbol, false, word);
	scan_space(scan);
	if (!err && (scan_peek(scan) == '+' || scan_peek(scan) == '-') &&
	    scan_number(scan, addend, &negative) != SCAN_NUMBER)
		err = expected(unit, scan, "a number");
	return err;
}

/* Whether `size` bytes hold the value, signed or not. */
static bool data_fits(uint64_t value, bool negative, int size)
{
	uint64_t limit = size == 8 ? 0 : 1ULL << (size * 8);

	if (size == 8)
		return true;
	return negative ? value >= -(limit >> 1) : value < limit;
}

static int data(struct text_unit *unit, struct scan *scan, int size)
{
	do {
		uint64_t value, stored;
		bool negative = false;
		const char *at;
		int err = 0;

		scan_space(scan);
		at = scan->at;
		switch (scan_number(scan, &value, &negative)) {
		case SCAN_NO_NUMBER:
			err = data_symbol(unit, scan, size, &value);
			break;
		case SCAN_NUMBER:
			if (data_fits(value, negative, size))
				break;
			fallthrough;
		case SCAN_TOO_BIG:
			err = unit_error(unit, unit_place(unit, at),
					 DIAG_ASM_RANGE, "the number does not "
					 "fit %d bytes", size);
		}
		stored = htole64(value);
		if (!err)
			err = append(unit, scan, &stored, (size_t)size);
		if (err)
			return err;
	} while (scan_char(scan, ','));
	return 0;
}

static int string(struct text_unit *unit, struct scan *scan, int zero)
{
	do {
		struct strbuf text = STRBUF_INIT;
		int err;

		if (scan_string(scan, &text))
			err = append(unit, scan, strbuf_str(&text),
				     text.len + (zero ? 1 : 0));
		else
			err = expected(unit, scan, "a string in quotes");
		strbuf_fini(&text);
		if (err)
			return err;
	} while (scan_char(scan, ','));
	return 0;
}

static int zeros(struct text_unit *unit, struct scan *scan, int arg)
{
	bool negative;
	uint64_t cnt;

	if (scan_number(scan, &cnt, &negative) != SCAN_NUMBER || negative)
		return expected(unit, scan, "a number of bytes");
	return append(unit, scan, NULL, cnt);
}

static int align(struct text_unit *unit, struct scan *scan, int is_power)
{
	struct text_section *section = unit_section(unit);
	uint64_t value;
	bool negative;

	if (scan_number(scan, &value, &negative) != SCAN_NUMBER || negative)
		return expected(unit, scan, "an alignment");
	if (is_power)
		value = value < 16 ? 1ULL << value : 0;
	if (!is_pow2(value) || value > 1 << 15)
		return unit_error(unit, unit_place(unit, scan->at),
				  DIAG_ASM_RANGE, "an alignment is a power of "
				  "two up to 32768");
	section->align = MAX(section->align, value);
	scan->at = scan->end;	/* fill value, limit */
	return append(unit, scan, NULL, align_up(section->bytes.len, value) -
					section->bytes.len);
}

static const struct directive directives[] = {
	{ ".text", to_text },
	{ ".data", to_data },
	{ ".bss", to_bss },
	{ ".section", to_section },
	{ ".globl", set_bind, STB_GLOBAL },
	{ ".global", set_bind, STB_GLOBAL },
	{ ".local", set_bind, STB_LOCAL },
	{ ".weak", set_bind, STB_WEAK },
	{ ".hidden", set_visibility, STV_HIDDEN },
	{ ".type", set_type },
	{ ".size", set_size },
	{ ".byte", data, 1 },
	{ ".short", data, 2 },
	{ ".2byte", data, 2 },
	{ ".long", data, 4 },
	{ ".int", data, 4 },
	{ ".4byte", data, 4 },
	{ ".quad", data, 8 },
	{ ".8byte", data, 8 },
	{ ".ascii", string, 0 },
	{ ".asciz", string, 1 },
	{ ".string", string, 1 },
	{ ".zero", zeros },
	{ ".space", zeros },
	{ ".skip", zeros },
	{ ".p2align", align, 1 },
	{ ".balign", align, 0 },
	{ ".align", align, 0 },
	{ ".file", ignore },
	{ ".ident", ignore },
	{ ".loc", ignore },
	{ ".addrsig", ignore },
	{ ".addrsig_sym", ignore },
};

int directive_assemble(struct text_unit *unit, struct scan statement)
{
	const char *at = statement.at, *word;
	size_t len;
	int err;

	scan_word(&statement, &word, &len);
	if (len > 5 && memcmp(word, ".cfi_", 5) == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(directives); i++) {
		const struct directive *row = &directives[i];

		if (strlen(row->name) != len || memcmp(row->name, word, len))
			continue;
		err = row->assemble(unit, &statement, row->arg);
		scan_space(&statement);
		if (!err && statement.at < statement.end)
			err = unit_error(unit, unit_place(unit, statement.at),
					 DIAG_ASM_TRAILING, "the directive is "
					 "complete before this");
		return err;
	}
	return unit_error(unit, unit_place(unit, at), DIAG_ASM_DIRECTIVE,
			  "no directive '%.*s'", (int)len, word);
}
