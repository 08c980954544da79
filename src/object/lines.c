/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source lines of linked programs: the records of each function, moved from
 * where it lay in its section to where it lies in the program.
 */
#include "object/link.h"

/* The first record at or after slot `insn`. */
static size_t first_line(const struct btf_ext_section *ext, uint32_t insn)
{
	size_t low = 0, high = ext->lines_cnt;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ext->lines[mid].insn < insn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Copies a function's lines to *out, or only counts when it is NULL. */
static size_t func_lines(const struct object *obj, uint32_t func,
			 uint32_t start, struct prog_line *out)
{
	const struct object_func *f = &obj->funcs[func];
	const struct btf_ext_section *ext = obj->codes[f->code].ext;
	size_t cnt = 0;

	if (!ext)
		return 0;
	for (size_t i = first_line(ext, f->start); i < ext->lines_cnt &&
	     ext->lines[i].insn - f->start < f->cnt; i++, cnt++) {
		const struct btf_line_info *line = &ext->lines[i];

		if (out)
			out[cnt] = (struct prog_line){
				.insn = line->insn - f->start + start,
				.file = line->file, .text = line->text,
				.line = line->line, .column = line->column,
			};
	}
	return cnt;
}

int object_link_lines(struct object *obj, struct prog *prog,
		      const uint32_t *order, uint32_t order_cnt,
		      struct diag_sink *sink)
{
	struct prog_line *lines;
	size_t cnt = 0;

	for (uint32_t i = 0; i < order_cnt; i++)
		cnt += func_lines(obj, order[i], 0, NULL);
	lines = arena_array(&obj->arena, cnt, sizeof(*lines));
	if (!lines)
		return object_no_memory(obj, sink);
	cnt = 0;
	for (uint32_t i = 0; i < order_cnt; i++)
		cnt += func_lines(obj, order[i], prog->subprogs[i].start,
				  lines + cnt);
	prog->lines = lines;
	prog->lines_cnt = (uint32_t)cnt;
	return 0;
}
