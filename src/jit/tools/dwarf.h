/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as DWARF writes them, and lengths that are known at the end. */
#ifndef SKEP_JIT_TOOLS_DWARF_H
#define SKEP_JIT_TOOLS_DWARF_H

#include "base/str.h"

static inline void dwarf_number(struct strbuf *out, uint64_t value, size_t size)
{
	strbuf_add(out, (const char *)&value, size);
}

static inline void dwarf_uleb(struct strbuf *out, uint64_t value)
{
	do {
		uint8_t low = value & 0x7f;

		value >>= 7;
		strbuf_putc(out, (char)(low | (value ? 0x80 : 0)));
	} while (value);
}

static inline void dwarf_sleb(struct strbuf *out, int64_t value)
{
	bool more = true;

	while (more) {
		uint8_t low = value & 0x7f;

		value = (value - low) / 128;	/* downward, as it is exact */
		more = !((value == 0 && !(low & 0x40)) ||
			 (value == -1 && low & 0x40));
		strbuf_putc(out, (char)(low | (more ? 0x80 : 0)));
	}
}

static inline void dwarf_text(struct strbuf *out, const char *text)
{
	strbuf_add(out, text, strlen(text) + 1);
}

/* A length of 32 bits, of all that comes until it is ended. */
static inline size_t dwarf_begin(struct strbuf *out)
{
	dwarf_number(out, 0, 4);
	return out->len;
}

static inline void dwarf_end(struct strbuf *out, size_t from)
{
	uint32_t len = (uint32_t)(out->len - from);

	if (!out->oom)
		memcpy(out->text + from - 4, &len, sizeof(len));
}

#endif
