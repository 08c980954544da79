/* SPDX-License-Identifier: Apache-2.0 */
/* Machine code grows in one piece, which doubles. */
#include "jit/buf.h"

#include <stdlib.h>

#define FIRST	4096u
#define MOST	(1u << 30)

void jit_buf_fini(struct jit_buf *buf)
{
	free(buf->data);
	*buf = (struct jit_buf){ 0 };
}

void jit_buf_grow(struct jit_buf *buf)
{
	uint32_t cap = buf->cap ? buf->cap * 2 : FIRST;
	uint8_t *data = buf->failed || cap > MOST ? NULL :
			realloc(buf->data, cap);

	if (data) {
		buf->data = data;
		buf->cap = cap;
		return;
	}
	buf->failed = true;
	buf->len = 0;
}
