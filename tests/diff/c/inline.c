/* SPDX-License-Identifier: Apache-2.0 */
/* Inline assembly with labels of its own. */
#include "types.h"

SEC("socket") u64 labels(u64 a)
{
	u64 r;

	asm volatile("%0 = %1\n\t"
		     "if %0 > 7 goto big_%=\n\t"
		     "%0 <<= 3\n\t"
		     "goto done_%=\n"
		     "big_%=:\n\t"
		     "%0 = 0x1122334455667788 ll\n"
		     "done_%=:\n\t"
		     "%0 s>>= 1" : "=&r"(r) : "r"(a));
	return r;
}
