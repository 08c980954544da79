/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Format strings of bpf_snprintf, which are constants and checked here:
 * printable text with %% and conversions, each of which takes one value of 8
 * bytes (%pi4 and %pi6 an address of one). Reference: bpf_bprintf_prepare in
 * kernel/bpf/helpers.c.
 */
#include <ctype.h>
#include <string.h>

#include "spec/diags.h"
#include "verify/call/call_parts.h"

#define VALUES_MAX	12

static int bad_format(struct verify_env *env, const char *why)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_ARG_CONST, 3,
			      "the format string %s", why),
		"Invalid format string");
}

static bool ends_word(char c)
{
	return !c || isspace((unsigned char)c) || ispunct((unsigned char)c);
}

static const char *skip_text(const char *at)
{
	return ends_word(*at) ? at : NULL;
}

/* After "%p": kernel and user text, symbols, addresses. NULL: none. */
static const char *skip_pointer(const char *at)
{
	static const char *const forms[] = {
		"i4", "I4", "i6", "I6", "K", "x", "s", "S", "B",
	};

	if ((*at == 'k' || *at == 'u') && at[1] == 's')
		return skip_text(at + 2);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (!strncmp(at, forms[i], strlen(forms[i])))
			return at + strlen(forms[i]);
	return ends_word(*at) ? at : NULL;
}

static const char *skip_integer(const char *at)
{
	for (int longs = 0; *at == 'l' && longs < 2; longs++)
		at++;
	return *at && strchr("diuxX", *at) ? at + 1 : NULL;
}

/* The conversion that begins after a '%'; NULL when there is no such. */
static const char *skip_conversion(const char *at)
{
	at += strspn(at, "0+- ");
	at += strspn(at, "0123456789");
	if (*at == 'p')
		return skip_pointer(at + 1);
	if (*at == 's')
		return skip_text(at + 1);
	if (*at == 'c')
		return at + 1;
	return skip_integer(at);
}

int call_format(struct verify_env *env, const char *fmt, uint64_t bytes)
{
	uint64_t values = 0;

	if (bytes % 8 || bytes / 8 > VALUES_MAX)
		return verify_reject(env, DIAG_VERIFY_ARG_SIZE, 5,
				     "the values are not up to 12 of 8 bytes");
	for (const char *at = fmt; *at;) {
		if (iscntrl((unsigned char)*at) &&
		    !isspace((unsigned char)*at))
			return bad_format(env, "has control characters");
		if (*at++ != '%')
			continue;
		if (*at == '%') {
			at++;
			continue;
		}
		if (++values > bytes / 8)
			return bad_format(env, "takes more values than it is "
					  "given");
		at = skip_conversion(at);
		if (!at)
			return bad_format(env, "has a conversion that is not "
					  "known");
	}
	return 0;
}
