/* SPDX-License-Identifier: Apache-2.0 */
/* The tools one by one, and what they share. */
#ifndef SKEP_JIT_TOOLS_PARTS_H
#define SKEP_JIT_TOOLS_PARTS_H

#include "base/str.h"
#include "jit/origins.h"
#include "prog/prog.h"

struct gdb_entry;

/* ---- source lines of code ---- */

/* From offset `at` on; line 0: of no line. */
struct code_line {
	uint32_t at;
	const char *file;
	uint32_t line;
};

/*
 * Of the places of a piece, each that differs from the one before it. *next is
 * the piece's `first` at first; false behind the last.
 */
bool code_line_next(const struct jit_text *text, const struct prog *prog,
		    const struct jit_piece *piece, uint32_t *next,
		    struct code_line *out);

/* ---- files ---- */

/* A descriptor, or a negative errno. */
int perf_map_open(const char *path);
void perf_map_add(int fd, const struct prog *prog);

/* The dump: its file, and what has to be mapped so that perf finds it. */
struct jitdump {
	int fd;
	void *marker;
	uint64_t index;		/* of the next piece of code */
};

/* 0, or a negative errno and nothing is there. */
int jitdump_open(struct jitdump *dump, const char *path);
void jitdump_add(struct jitdump *dump, const struct prog *prog);
void jitdump_close(struct jitdump *dump);

/* ---- gdb ---- */

/*
 * An ELF object that tells of the code, in memory: symbols, lines, how to walk
 * the stack. `out` is empty or oom when memory was out.
 */
void gdb_object(struct strbuf *out, const struct prog *prog);

/* Sections of it, over all of the code. */
void dwarf_lines(struct strbuf *out, const struct prog *prog);
void dwarf_abbrev(struct strbuf *out);
void dwarf_info(struct strbuf *out, const struct prog *prog);
void dwarf_frame(struct strbuf *out, const struct prog *prog);

/* NULL when memory is out. */
struct gdb_entry *gdb_register(const struct prog *prog);
void gdb_unregister(struct gdb_entry *entry);	/* NULL is fine */

#endif
