/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two halves of printing C: what to declare and when (dump_c.c), and how
 * one declaration is spelled (c_decl.c for declarators and enums, c_struct.c
 * for bodies of structs).
 */
#ifndef SKEP_BTF_C_TEXT_H
#define SKEP_BTF_C_TEXT_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"
#include "btf/btf.h"

/* Types may be written so that their text has no end; these bound it. */
#define C_DEPTH_MAX	1000
#define C_STEPS_MIN	(1u << 16)
#define C_STEPS_PER_BYTE 16

struct c_text {
	struct strbuf *out;
	const struct btf *btf;
	const char **names;		/* [id] resolved, NULL not yet */
	struct strmap tags;		/* struct, union, enum: times used */
	struct strmap idents;		/* typedefs and enumerators */
	struct arena arena;
	VEC(uint32_t) chain;		/* declarators, innermost last */
	uint32_t depth;
	uint64_t steps;			/* left */
	bool no_bodies;			/* anonymous types by kind alone */
	int err;			/* first failure; text is then void */
};

/* 0 or -ENOMEM; c_fini is due either way. */
int c_init(struct c_text *c, struct strbuf *out, const struct btf *btf);
void c_fini(struct c_text *c);

/* False, with `err` set, when the text is too deep or too long. */
bool c_enter(struct c_text *c);
void c_leave(struct c_text *c);
void c_fail(struct c_text *c, int err);

void c_indent(struct c_text *c, uint32_t level);

/* The name, with "___2" and so on when another type had it before. */
const char *c_tag_name(struct c_text *c, uint32_t id);
const char *c_ident_name(struct c_text *c, uint32_t id);

/* How often this enumerator's name was used, now included. */
uint64_t c_ident_use(struct c_text *c, const char *name);

/* "int (*name)[3]" */
void c_decl(struct c_text *c, uint32_t id, const char *name, uint32_t level);

/* "struct name" */
void c_struct_tag(struct c_text *c, uint32_t id);

/* "struct name { ... }", "enum name { ... }", "typedef ... name" */
void c_struct_def(struct c_text *c, uint32_t id, uint32_t level);
void c_enum_def(struct c_text *c, uint32_t id, uint32_t level);
void c_typedef_def(struct c_text *c, uint32_t id);

#endif
