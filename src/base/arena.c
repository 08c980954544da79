/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chunks in a list: the first of 64 KiB, each other as large as all before it,
 * up to 16 MiB; an allocation larger than that gets a chunk of its own. Chunks
 * come from calloc, so pieces are zero already, and what is never taken costs
 * no memory.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/large.h"

#define ARENA_CHUNK	((size_t)64 << 10)
#define ARENA_CHUNK_MAX	((size_t)16 << 20)
#define ARENA_ALIGN	16u

struct arena_chunk {
	struct arena_chunk *next;
	char data[] aligned_to(ARENA_ALIGN);
};

void arena_init(struct arena *arena)
{
	memset(arena, 0, sizeof(*arena));
}

void arena_fini(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	arena_init(arena);
}

static bool arena_grow(struct arena *arena, size_t size)
{
	size_t like = MIN(MAX(arena->size, ARENA_CHUNK), ARENA_CHUNK_MAX);
	size_t room = MAX(size, like);
	struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + room);

	if (!chunk)
		return false;
	large_hint(chunk, sizeof(*chunk) + room);
	arena->size += room;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->next = chunk->data;
	arena->end = chunk->data + room;
	return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *piece;

	if (size > PTRDIFF_MAX / 2)
		return NULL;
	size = align_up(MAX(size, 1), ARENA_ALIGN);
	if ((size_t)(arena->end - arena->next) < size &&
	    !arena_grow(arena, size))
		return NULL;
	piece = arena->next;
	arena->next += size;
	return piece;
}

void *arena_array(struct arena *arena, size_t cnt, size_t size)
{
	if (size && cnt > PTRDIFF_MAX / 2 / size)
		return NULL;
	return arena_alloc(arena, cnt * size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);

	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_strndup(struct arena *arena, const char *str, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	if (copy)
		memcpy(copy, str, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *str)
{
	return arena_strndup(arena, str, strlen(str));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args, again;
	char *text;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(args);
	return text;
}
