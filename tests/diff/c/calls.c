/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers, functions of the same section, of .text, and of other files. */
#include "types.h"

static u64 (*const ktime)(void) = (void *)5;
static long (*const trace)(const char *, u32, ...) = (void *)6;

extern int elsewhere(int);

static noinline int local(int x)
{
	return x * 3 + (int)ktime();
}

noinline int global(int x)
{
	return local(x) + local(x + 1);
}

SEC("kprobe/f") static noinline int beside(int x)
{
	char text[] = "x %d";

	return trace(text, sizeof(text), x);
}

SEC("kprobe/f") int entry(int *ctx)
{
	return global(ctx[0]) + beside(ctx[1]) + elsewhere(ctx[2]);
}
