/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from facts_check.c: interp and verify each have a struct frame. */
#include "facts_check.h"
#include "interp/code.h"

bool stopped_reg(const struct run *run, uint32_t up, unsigned int reg,
		 uint64_t *value)
{
	const struct interp *st = run->engine;

	if (up > st->depth)
		return false;
	*value = st->regs[st->depth - up][reg];
	return true;
}
