/* SPDX-License-Identifier: Apache-2.0 */
/* Where an instruction of a program lies: its subprogram, its source line. */
#include "prog/prog.h"

/*
 * Both tables are sorted by first slot, so an instruction belongs to the last
 * row that starts at or before it.
 */
const struct subprog *prog_subprog_at(const struct prog *prog, uint32_t insn)
{
	uint32_t low = 0, high = prog->subprogs_cnt;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (prog->subprogs[mid].start <= insn)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &prog->subprogs[low - 1] : NULL;
}

const struct prog_line *prog_line_at(const struct prog *prog, uint32_t insn)
{
	uint32_t low = 0, high = prog->lines_cnt;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (prog->lines[mid].insn <= insn)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? &prog->lines[low - 1] : NULL;
}
