/* SPDX-License-Identifier: Apache-2.0 */
/* Source lines of native code, by way of the origins that it comes from. */
#include "jit/tools/parts.h"

static struct code_line line_of(const struct prog *prog,
				const struct jit_origin *origin)
{
	const struct prog_line *line = NULL;

	if (origin->part >= JIT_PART_FUNC && origin->part <= JIT_PART_TRAP)
		line = prog_line_at(prog, origin->slot);
	return (struct code_line){
		.at = origin->at, .file = line ? line->file : "",
		.line = line ? line->line : 0,
	};
}

static bool is_same(const struct code_line *a, const struct code_line *b)
{
	return a->line == b->line && str_eq(a->file, b->file);
}

bool code_line_next(const struct jit_text *text, const struct prog *prog,
		    const struct jit_piece *piece, uint32_t *next,
		    struct code_line *out)
{
	uint32_t end = piece->first + piece->cnt;
	struct code_line before;

	for (uint32_t i = *next; i < end; i++) {
		if (text->origins[i].at == jit_origin_end(text, i))
			continue;
		*out = line_of(prog, &text->origins[i]);
		if (i > piece->first) {
			before = line_of(prog, &text->origins[i - 1]);
			if (text->origins[i - 1].at != out->at &&
			    is_same(out, &before))
				continue;
		}
		*next = i + 1;
		return true;
	}
	*next = end;
	return false;
}
