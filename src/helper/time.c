/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, and the tick that the kernel counts in jiffies. */
#include <time.h>

#include "helper/family.h"

#define NSEC_PER_SEC	1000000000ull

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

DEFINE_HELPER(ktime_get_ns, r1, r2, r3, r4, r5)
{
	return clock_ns(CLOCK_MONOTONIC);
}

DEFINE_HELPER(ktime_get_boot_ns, r1, r2, r3, r4, r5)
{
	return clock_ns(CLOCK_BOOTTIME);
}

DEFINE_HELPER(ktime_get_coarse_ns, r1, r2, r3, r4, r5)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}

DEFINE_HELPER(ktime_get_tai_ns, r1, r2, r3, r4, r5)
{
	return clock_ns(CLOCK_TAI);
}

/*
 * The coarse clock moves with the tick, so its resolution tells how long one
 * is. The kernel's count begins five minutes before it wraps around 32 bits.
 */
DEFINE_HELPER(jiffies64, r1, r2, r3, r4, r5)
{
	struct timespec tick;
	uint64_t hz;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	hz = NSEC_PER_SEC / (uint64_t)(tick.tv_nsec ? tick.tv_nsec : 1);
	return (uint32_t)(-300 * (int64_t)hz) +
	       clock_ns(CLOCK_MONOTONIC_COARSE) / (NSEC_PER_SEC / hz);
}
