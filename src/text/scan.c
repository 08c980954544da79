/* SPDX-License-Identifier: Apache-2.0 */
/* Reading characters; what they mean is decided in match.c and asm.c. */
#include "text/scan.h"

#include "base/str.h"

void scan_space(struct scan *scan)
{
	while (scan->at < scan->end &&
	       (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r'))
		scan->at++;
}

bool scan_char(struct scan *scan, char c)
{
	struct scan ahead = *scan;

	scan_space(&ahead);
	if (ahead.at == ahead.end || *ahead.at != c)
		return false;
	ahead.at++;
	*scan = ahead;
	return true;
}

bool scan_word(struct scan *scan, const char **word, size_t *len)
{
	struct scan ahead = *scan;

	scan_space(&ahead);
	*word = ahead.at;
	while (ahead.at < ahead.end && scan_is_word(*ahead.at))
		ahead.at++;
	*len = ahead.at - *word;
	if (!*len)
		return false;
	*scan = ahead;
	return true;
}

static int digit_value(char c, int base)
{
	int value = c >= '0' && c <= '9' ? c - '0' :
		    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
		    c >= 'A' && c <= 'F' ? c - 'A' + 10 : base;

	return value < base ? value : -1;
}

static int number_base(struct scan *scan)
{
	if (scan_peek(scan) != '0' || scan->end - scan->at < 2)
		return 10;
	switch (scan->at[1]) {
	case 'x':
	case 'X':
		scan->at += 2;
		return 16;
	case 'b':
	case 'B':
		scan->at += 2;
		return 2;
	default:
		return 8;
	}
}

/* Digits up to the end of the word; at least one. */
static enum scan_number scan_digits(struct scan *scan, uint64_t *value)
{
	bool too_big = false;
	int base = number_base(scan);
	const char *first = scan->at;

	*value = 0;
	for (; scan->at < scan->end && scan_is_word(*scan->at); scan->at++) {
		int digit = digit_value(*scan->at, base);

		if (digit < 0)
			return SCAN_NO_NUMBER;
		too_big |= __builtin_mul_overflow(*value, base, value);
		too_big |= __builtin_add_overflow(*value, digit, value);
	}
	if (scan->at == first)
		return SCAN_NO_NUMBER;
	return too_big ? SCAN_TOO_BIG : SCAN_NUMBER;
}

enum scan_number scan_number(struct scan *scan, uint64_t *value,
			     bool *negative)
{
	struct scan ahead = *scan;
	bool minus = scan_char(&ahead, '-');
	enum scan_number kind;
	uint64_t magnitude;

	if (!minus)
		scan_char(&ahead, '+');
	scan_space(&ahead);
	kind = scan_digits(&ahead, &magnitude);
	if (kind == SCAN_NO_NUMBER)
		return kind;
	if (minus && magnitude > (uint64_t)INT64_MAX + 1)
		kind = SCAN_TOO_BIG;
	*scan = ahead;
	*value = minus ? -magnitude : magnitude;
	*negative = minus && magnitude;
	return kind;
}

static int scan_octal(struct scan *scan)
{
	int value = 0;

	for (int i = 0; i < 3 && digit_value(scan_peek(scan), 8) >= 0; i++)
		value = value * 8 + digit_value(*scan->at++, 8);
	return value;
}

static int scan_hex(struct scan *scan)
{
	int value = 0;

	while (digit_value(scan_peek(scan), 16) >= 0)
		value = (value * 16 + digit_value(*scan->at++, 16)) & 0xff;
	return value;
}

/* After the backslash. */
static int scan_escape(struct scan *scan)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	const char *known;
	char c = scan_peek(scan);

	if (digit_value(c, 8) >= 0)
		return scan_octal(scan);
	scan->at++;
	if (c == 'x')
		return scan_hex(scan);
	known = c ? strchr(from, c) : NULL;
	return known ? to[known - from] : c;
}

bool scan_string(struct scan *scan, struct strbuf *out)
{
	struct scan ahead = *scan;
	size_t before = out->len;

	if (!scan_char(&ahead, '"'))
		return false;
	while (ahead.at < ahead.end && *ahead.at != '"') {
		char c = *ahead.at++;

		if (c == '\\' && ahead.at < ahead.end)
			c = scan_escape(&ahead);
		strbuf_putc(out, c);
	}
	if (!scan_char(&ahead, '"')) {
		out->len = before;
		return false;
	}
	*scan = ahead;
	return true;
}
