/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer of machine code that grows. Errors stay in it: after memory was
 * out, `failed` is set and what is emitted goes nowhere. Whoever finishes the
 * code looks.
 */
#ifndef SKEP_JIT_BUF_H
#define SKEP_JIT_BUF_H

#include <string.h>

#include "base/compiler.h"

/* What jit_buf_room() makes room for; no encoder's call emits more. */
#define JIT_BUF_ROOM	32

struct jit_buf {
	uint8_t *data;
	uint32_t len, cap;
	bool failed;		/* memory was out, or too much code */
};

void jit_buf_fini(struct jit_buf *buf);

/* Of jit_buf_room(): when there is none. */
void jit_buf_grow(struct jit_buf *buf);

/* Room for one instruction; after a failure all goes to the same place. */
static inline void jit_buf_room(struct jit_buf *buf)
{
	if (unlikely(buf->len + JIT_BUF_ROOM > buf->cap))
		jit_buf_grow(buf);
}

/* Up to eight bytes, the lowest first, where room was made. */
static inline void jit_buf_put(struct jit_buf *buf, uint64_t bytes,
			       uint32_t cnt)
{
	/* nothing, where not even the first room was to be had */
	if (unlikely(!buf->cap))
		return;
	memcpy(buf->data + buf->len, &bytes, cnt);
	buf->len += cnt;
}

#endif
