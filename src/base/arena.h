/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: memory that is taken piece by piece and given back whole. Each
 * phase (load, verify, compile) owns one and drops it at its end, so nothing
 * inside a phase is freed on its own. Not thread-safe; one owner at a time.
 */
#ifndef SKEP_BASE_ARENA_H
#define SKEP_BASE_ARENA_H

#include "base/compiler.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;	/* newest first */
	char *next;			/* free bytes of the newest chunk */
	char *end;
	size_t size;			/* of all chunks */
};

void arena_init(struct arena *arena);

/* Frees all that was taken from the arena; it is then as after init. */
void arena_fini(struct arena *arena);

/* `size` zeroed bytes, aligned to 16; NULL when memory is out. */
void *arena_alloc(struct arena *arena, size_t size) must_check;

/* As arena_alloc for `cnt` elements of `size`; NULL also on overflow. */
void *arena_array(struct arena *arena, size_t cnt, size_t size) must_check;

/* Copies; the string forms end in NUL. NULL when memory is out. */
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *str);
char *arena_strndup(struct arena *arena, const char *str, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...)
	printf_like(2, 3);

#endif
