/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to walk the stack: for each piece where its return address is, at each
 * instruction, and where the registers are that it has pushed. A register that
 * was popped is said to be where it was still: that is right until a return.
 */
#include "jit/tools/dwarf.h"
#include "jit/tools/parts.h"

enum {
	CFA_OFFSET = 0x80, CFA_ADVANCE_4 = 0x04, CFA_UNDEFINED = 0x07,
	CFA_DEF = 0x0c, CFA_DEF_OFFSET = 0x0e,
};

/* Of x86-64: DWARF's number of each register. */
enum { DWARF_RSP = 7, DWARF_RETURN = 16 };

static const uint8_t numbers[] = {
	0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15,
};

#define WORD	8u

static void put_common(struct strbuf *out)
{
	size_t from = dwarf_begin(out);

	dwarf_number(out, UINT32_MAX, 4);
	strbuf_add(out, "\1\0", 2);	/* version, no augmentation */
	dwarf_uleb(out, 1);
	dwarf_sleb(out, -(int64_t)WORD);
	dwarf_uleb(out, DWARF_RETURN);
	strbuf_putc(out, CFA_DEF);
	dwarf_uleb(out, DWARF_RSP);
	dwarf_uleb(out, WORD);
	strbuf_putc(out, (char)(CFA_OFFSET | DWARF_RETURN));
	dwarf_uleb(out, 1);
	while ((out->len - from) % WORD != 4)
		strbuf_putc(out, 0);
	dwarf_end(out, from);
}

static void put_depth(struct strbuf *out, const struct jit_depth *depth,
		      uint32_t before)
{
	if (!depth->bytes) {
		strbuf_putc(out, CFA_UNDEFINED);
		dwarf_uleb(out, DWARF_RETURN);
		return;
	}
	if (!before) {
		strbuf_putc(out, (char)(CFA_OFFSET | DWARF_RETURN));
		dwarf_uleb(out, 1);
	}
	strbuf_putc(out, CFA_DEF_OFFSET);
	dwarf_uleb(out, depth->bytes);
	if (depth->reg >= ARRAY_SIZE(numbers))
		return;
	strbuf_putc(out, (char)(CFA_OFFSET | numbers[depth->reg]));
	dwarf_uleb(out, depth->bytes / WORD);
}

static void put_piece(struct strbuf *out, const struct jit_text *text,
		      const struct jit_piece *piece, uint32_t *row)
{
	uint32_t at = piece->at, before = WORD;
	size_t from = dwarf_begin(out);

	dwarf_number(out, 0, 4);	/* what is common is first */
	dwarf_number(out, (uintptr_t)text->base + at, 8);
	dwarf_number(out, piece->size, 8);
	for (; *row < text->depths_cnt &&
	     text->depths[*row].at < piece->at + piece->size; (*row)++) {
		const struct jit_depth *depth = &text->depths[*row];

		if (depth->at > at) {
			strbuf_putc(out, CFA_ADVANCE_4);
			dwarf_number(out, depth->at - at, 4);
			at = depth->at;
		}
		put_depth(out, depth, before);
		before = depth->bytes;
	}
	while ((out->len - from) % WORD != 4)
		strbuf_putc(out, 0);
	dwarf_end(out, from);
}

void dwarf_frame(struct strbuf *out, const struct prog *prog)
{
	struct jit_text text = jit_text(prog);
	uint32_t next = 0, row = 0;
	struct jit_piece piece;

	if (!text.depths_cnt)
		return;
	put_common(out);
	while (jit_piece_next(&text, prog, &next, &piece))
		put_piece(out, &text, &piece, &row);
}
