/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine has that not all of its kind have. */
#include "jit/code.h"

#if defined(__x86_64__)
#include <cpuid.h>

uint32_t jit_features(void)
{
	unsigned int a, b, c, d;
	uint32_t features = 0;

	if (__get_cpuid(1, &a, &b, &c, &d) && c & bit_MOVBE)
		features |= JIT_MOVBE;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
		return features;
	if (b & bit_BMI)
		features |= JIT_BMI1;
	if (b & bit_BMI2)
		features |= JIT_BMI2;
	return features;
}
#elif defined(__aarch64__)
#include <sys/auxv.h>

#ifndef HWCAP_ATOMICS
#define HWCAP_ATOMICS	(1 << 8)
#endif

uint32_t jit_features(void)
{
	return getauxval(AT_HWCAP) & HWCAP_ATOMICS ? JIT_LSE : 0;
}
#else
uint32_t jit_features(void)
{
	return 0;
}
#endif
