/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf_trace_printk and its kin. The line goes to the host of the run; without
 * one it is formatted, checked and dropped.
 */
#include <errno.h>
#include <string.h>

#include "helper/family.h"

#define LINE_SIZE	1024
#define ARGS_MAX	12

static uint64_t trace(struct run *run, const char *fmt, size_t fmt_size,
		      struct helper_args args)
{
	char line[LINE_SIZE];
	int len;

	if (!memchr(fmt, '\0', fmt_size))
		return helper_error(EINVAL);
	len = helper_format(run, line, sizeof(line), fmt, fmt_size, args);
	if (len >= 0 && run->host && run->host->trace)
		run->host->trace(run->host->arg, line, strlen(line));
	return (int64_t)len;
}

DEFINE_HELPER(trace_printk, fmt, size, arg1, arg2, arg3)
{
	const uint64_t args[] = { arg1, arg2, arg3 };

	return trace(run, helper_ptr(fmt), size,
		     (struct helper_args){ args, ARRAY_SIZE(args) });
}

/* The number of arguments in an array of `size` bytes, or -EINVAL. */
static int args_in(uint64_t args, uint32_t size)
{
	if (size % 8 || size > ARGS_MAX * 8 || (size && !args))
		return -EINVAL;
	return (int)(size / 8);
}

DEFINE_HELPER(trace_vprintk, fmt, size, args, args_size, r5)
{
	int cnt = args_in(args, (uint32_t)args_size);
	uint64_t copy[ARGS_MAX] = { 0 };

	if (cnt < 0)
		return (int64_t)cnt;
	if (cnt)
		memcpy(copy, helper_ptr(args), (size_t)cnt * 8);
	return trace(run, helper_ptr(fmt), size,
		     (struct helper_args){ copy, (uint32_t)cnt });
}

DEFINE_HELPER(snprintf, buf, size, fmt, args, args_size)
{
	int cnt = args_in(args, (uint32_t)args_size), len;
	uint64_t copy[ARGS_MAX] = { 0 };

	if (cnt < 0)
		return (int64_t)cnt;
	if (cnt)
		memcpy(copy, helper_ptr(args), (size_t)cnt * 8);
	len = helper_format(run, helper_ptr(buf), size, helper_ptr(fmt),
			    strlen(helper_ptr(fmt)),
			    (struct helper_args){ copy, (uint32_t)cnt });
	return (int64_t)(len < 0 ? len : len + 1);
}
