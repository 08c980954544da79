/* SPDX-License-Identifier: Apache-2.0 */
/* bpf_loop: the bound is the kernel's, the budget the engine's. */
#include <errno.h>

#include "helper/family.h"

#define LOOPS_MAX	(8u << 20)

DEFINE_HELPER(loop, cnt, fn, arg, flags, r5)
{
	uint32_t loops = (uint32_t)cnt;

	if (flags)
		return helper_error(EINVAL);
	if (loops > LOOPS_MAX)
		return helper_error(E2BIG);
	for (uint32_t i = 0; i < loops; i++) {
		uint64_t stop = run->call(run, fn, i, arg, 0, 0);

		if (stop || helper_run_stopped(run))
			return i + 1;
	}
	return loops;
}
