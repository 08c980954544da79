/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers on text: numbers from it, comparing it. */
#include <errno.h>
#include <string.h>

#include "helper/family.h"

/* BPF_STRTOX_BASE_MASK, and as many digits as the kernel looks at. */
#define BASE_MASK	0x1full
#define DIGITS_MAX	63

/* The kernel's isspace, which counts the Latin-1 no-break space. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xa0';
}

static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (unsigned int)((c | 0x20) - 'a' + 10);
	return 255;
}

/* Text with its end; reading behind the end gives NULs. */
struct text {
	const char *at, *end;
};

static char peek(const struct text *text, size_t n)
{
	return text->at + n < text->end ? text->at[n] : '\0';
}

static bool has_hex_prefix(const struct text *text)
{
	return peek(text, 0) == '0' && (peek(text, 1) | 0x20) == 'x';
}

static unsigned int skip_prefix(struct text *text, unsigned int base)
{
	if (base == 0) {
		base = peek(text, 0) == '0' ? 8 : 10;
		if (has_hex_prefix(text) && digit_value(peek(text, 2)) < 16)
			base = 16;
	}
	if (base == 16 && has_hex_prefix(text))
		text->at += 2;
	return base;
}

static int parse_digits(struct text *text, unsigned int base, uint64_t *out)
{
	const char *start = text->at;
	bool overflow = false;
	uint64_t value = 0;

	while (digit_value(peek(text, 0)) < base) {
		overflow |= __builtin_mul_overflow(value, base, &value);
		overflow |= __builtin_add_overflow(
			value, digit_value(peek(text, 0)), &value);
		text->at++;
	}
	if (overflow)
		return -ERANGE;
	*out = value;
	return text->at == start ? -EINVAL : 0;
}

/* The number of characters read, and the number without its sign. */
static int parse(const char *buf, uint64_t size, uint64_t flags,
		 uint64_t *value, bool *negative)
{
	struct text text = { buf, buf + size };
	unsigned int base = flags & BASE_MASK;
	int err;

	if (flags & ~BASE_MASK)
		return -EINVAL;
	if (base != 0 && base != 8 && base != 10 && base != 16)
		return -EINVAL;
	while (text.at < text.end && is_space(*text.at))
		text.at++;
	*negative = peek(&text, 0) == '-';
	text.at += *negative;
	if (text.at == text.end)
		return -EINVAL;
	text.end = MIN(text.end, text.at + DIGITS_MAX);
	base = skip_prefix(&text, base);
	err = parse_digits(&text, base, value);
	return err ? err : (int)(text.at - buf);
}

DEFINE_HELPER(strtol, buf, size, flags, res, r5)
{
	uint64_t value = 0;
	int64_t *out = helper_ptr(res);
	bool negative;
	int ret;

	*out = 0;
	ret = parse(helper_ptr(buf), size, flags, &value, &negative);
	if (ret < 0)
		return (int64_t)ret;
	if (value > (uint64_t)INT64_MAX + negative)
		return helper_error(ERANGE);
	*out = (int64_t)(negative ? -value : value);
	return (int64_t)ret;
}

DEFINE_HELPER(strtoul, buf, size, flags, res, r5)
{
	uint64_t value = 0;
	uint64_t *out = helper_ptr(res);
	bool negative;
	int ret;

	*out = 0;
	ret = parse(helper_ptr(buf), size, flags, &value, &negative);
	if (ret >= 0 && negative)
		ret = -EINVAL;
	if (ret >= 0)
		*out = value;
	return (int64_t)ret;
}

DEFINE_HELPER(strncmp, text, size, constant, r4, r5)
{
	int order = strncmp(helper_ptr(text), helper_ptr(constant),
			    (uint32_t)size);

	return (int64_t)((order > 0) - (order < 0));
}
