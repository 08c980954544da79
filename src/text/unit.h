/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the assembler do to a unit. */
#ifndef SKEP_TEXT_UNIT_H
#define SKEP_TEXT_UNIT_H

#include "spec/diags.h"
#include "text/asm.h"
#include "text/scan.h"

/* What .size said: the distance from one symbol to another, or a number. */
struct text_size {
	uint32_t symbol;
	int32_t from, to;	/* symbols, -1: `value` alone counts */
	uint64_t value;
};

/* Where `at` lies; it points into the unit's text. */
struct text_place unit_place(struct text_unit *unit, const char *at);

/* Sends a diagnostic with the source line; counts errors. */
#define unit_error(unit, place, id, ...) \
	unit_report(unit, place, id, NULL, __VA_ARGS__)
int unit_report(struct text_unit *unit, struct text_place place,
		enum diag_id id, const char *suggestion, const char *fmt, ...)
	printf_like(5, 6);

int unit_no_memory(struct text_unit *unit);

static inline struct text_section *unit_section(struct text_unit *unit)
{
	return &unit->sections.data[unit->current];
}

/* The section of that name, made when there is none. -1: memory is out. */
int32_t unit_section_named(struct text_unit *unit, const char *name,
			   size_t len);

/* The symbol of that name, made undefined when new. -1: memory is out. */
int32_t unit_symbol(struct text_unit *unit, const char *name, size_t len);

/* Defines a symbol at the end of the current section. */
int unit_define(struct text_unit *unit, const char *name, size_t len,
		const char *at);

/* Appends to the current section; NULL data appends zeros. */
int unit_append(struct text_unit *unit, const void *data, size_t len);

int unit_fixup(struct text_unit *unit, enum text_fixup_kind kind,
	       uint32_t symbol, bool ubpf, const char *at);

/* A directive, `scan` at its leading dot. */
int directive_assemble(struct text_unit *unit, struct scan statement);

/* Distances and sizes, when all text has been read. */
int unit_link(struct text_unit *unit);

#endif
