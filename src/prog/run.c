/* SPDX-License-Identifier: Apache-2.0 */
/* Grants: memory that helpers hand to the running program and take back. */
#include "prog/run.h"

bool run_grant(struct run *run, uintptr_t base, size_t len,
	       enum mem_class cls, bool writable)
{
	if (run->grants_cnt == RUN_GRANTS_MAX)
		return false;
	run->grants[run->grants_cnt++] = (struct mem_window){
		.base = base, .len = len, .cls = cls, .writable = writable,
	};
	return true;
}

bool run_revoke(struct run *run, uintptr_t base)
{
	for (uint32_t i = 0; i < run->grants_cnt; i++) {
		if (run->grants[i].base != base)
			continue;
		run->grants[i] = run->grants[--run->grants_cnt];
		run->windows_gen++;
		return true;
	}
	return false;
}
