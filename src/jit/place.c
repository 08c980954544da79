/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code memory is mapped within reach of our own functions when there is room;
 * calls that do not reach go through a jump behind the code.
 */
#include "jit/place.h"

#include <errno.h>

/* In the code's place; the bytes that it takes then. */
static uint32_t bind_calls(const struct jit_linker *linker, uint8_t *base,
			   uint32_t len, const struct jit_call *calls,
			   size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		if (linker->bind_call(base, calls[i].branch, calls[i].target))
			continue;
		linker->put_far(base + len, calls[i].target);
		linker->bind_call(base, calls[i].branch,
				  (uintptr_t)base + len);
		len += linker->far_size;
	}
	return len;
}

int jit_place(const struct jit_linker *linker, const struct jit_buf *code,
	      const struct jit_call *calls, size_t cnt, struct jit_code *out)
{
	size_t most = code->len + cnt * linker->far_size;
	int err = execmem_init(&out->mem, most, (const void *)&jit_place);

	if (err)
		return err == -ENOMEM ? err : -EOPNOTSUPP;
	memset(out->mem.base, linker->filler, out->mem.size);
	memcpy(out->mem.base, code->data, code->len);
	out->size = bind_calls(linker, out->mem.base, code->len, calls, cnt);
	if (execmem_seal(&out->mem)) {
		execmem_fini(&out->mem);
		return -EOPNOTSUPP;
	}
	out->enter = (jit_enter_fn)(uintptr_t)out->mem.base;
	return 0;
}
