/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The assembler: text in LLVM's BPF syntax or ubpf's -> sections, symbols and
 * relocations -> bare instructions or an ELF object.
 */
#ifndef SKEP_TEXT_ASM_H
#define SKEP_TEXT_ASM_H

#include <linux/bpf.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/vec.h"

struct strbuf;

/* A place in the source text. */
struct text_place {
	uint32_t line, column;
};

struct text_section {
	const char *name;
	uint32_t type;			/* SHT_* */
	uint64_t flags;			/* SHF_* */
	uint64_t align;
	VEC(uint8_t) bytes;
	int64_t first_exit;		/* its offset, -1: none */
};

struct text_symbol {
	const char *name;
	int32_t section;		/* index, -1: not defined here */
	uint64_t value, size;
	uint8_t bind, type, visibility;	/* STB_*, STT_*, STV_* */
	bool bind_set;			/* by .globl, .weak or .local */
	struct text_place defined;
};

/* A place that the value of a symbol goes to. */
struct text_fixup {
	enum text_fixup_kind {
		FIXUP_OFF_JUMP,		/* slots, into off */
		FIXUP_IMM_JUMP,		/* slots, into imm */
		FIXUP_CALL,		/* slots, into imm; may stay open */
		FIXUP_IMM64,		/* stays open, as those below */
		FIXUP_DATA32,
		FIXUP_DATA64,
		FIXUP_DONE,		/* resolved */
	} kind;
	uint32_t section;
	uint64_t offset;
	uint32_t symbol;
	bool ubpf;			/* "exit" is the first exit */
	struct text_place place;
};

struct text_unit {
	struct arena arena;
	const char *file, *text;	/* as given */
	const char *clean, *end;	/* the same without comments */
	unsigned int syntaxes;
	struct diag_sink *sink;
	uint32_t errors;

	VEC(struct text_section) sections;
	VEC(struct text_symbol) symbols;
	VEC(struct text_fixup) fixups;
	VEC(struct text_size) sizes;
	struct strmap symbol_index;
	uint32_t current;		/* section */
	const char *place_at;		/* in `clean`, and where that is */
	struct text_place place;
};

enum text_syntax {
	TEXT_AUTO,			/* each line in either */
	TEXT_LLVM,
	TEXT_UBPF,
};

/*
 * Assembles `len` bytes of text, which must live as long as the unit; `file`
 * is for messages. 0, or -EINVAL after a diagnostic for each error (at most
 * twenty); the unit wants text_unit_fini either way.
 */
int text_assemble(struct text_unit *unit, const char *file, const char *text,
		  size_t len, enum text_syntax syntax,
		  struct diag_sink *sink);
void text_unit_fini(struct text_unit *unit);

/*
 * The instructions of the only section that has any, with calls between its
 * functions resolved. 0 and an array that lives as long as the unit, or
 * -EINVAL with a diagnostic: none, several, or references to what is not in
 * the section.
 */
int text_raw(struct text_unit *unit, const struct bpf_insn **insns,
	     size_t *cnt);

/* Appends a relocatable ELF object. 0 or -ENOMEM. */
int text_object(const struct text_unit *unit, struct strbuf *out);

/* One call for all of it: text to instructions in `arena`. */
int text_insns(struct arena *arena, const char *file, const char *text,
	       const struct bpf_insn **insns, size_t *cnt,
	       struct diag_sink *sink);

#endif
