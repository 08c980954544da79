/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing array of any type:
 *
 *	VEC(struct line) lines = { 0 };
 *	struct line *line = vec_push(&lines);	NULL when memory is out
 *	... lines.data[i], i < lines.len ...
 *	vec_free(&lines);
 *
 * Elements are zeroed when pushed and move when the vector grows, so hold
 * indices, not pointers, across a push.
 */
#ifndef SKEP_BASE_VEC_H
#define SKEP_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VEC(type) struct { type *data; size_t len, cap; }

/* A new zeroed element at the end, or NULL when memory is out. */
#define vec_push(vec) \
	((typeof((vec)->data))vec_push_raw((void **)&(vec)->data, \
		&(vec)->len, &(vec)->cap, sizeof(*(vec)->data)))

#define vec_free(vec) \
	(free((vec)->data), (vec)->data = NULL, (vec)->len = (vec)->cap = 0)

static inline void *vec_push_raw(void **data, size_t *len, size_t *cap,
				 size_t size)
{
	char *slot;

	if (*len == *cap) {
		size_t room = *cap ? *cap * 2 : 8;
		void *grown = reallocarray(*data, room, size);

		if (!grown)
			return NULL;
		*data = grown;
		*cap = room;
	}
	slot = (char *)*data + (*len)++ * size;
	memset(slot, 0, size);
	return slot;
}

#endif
