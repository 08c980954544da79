/* SPDX-License-Identifier: Apache-2.0 */
/* The characters of a statement: spaces, words, numbers, strings. */
#ifndef SKEP_TEXT_SCAN_H
#define SKEP_TEXT_SCAN_H

#include <string.h>

#include "base/compiler.h"

struct strbuf;

/* What is left to read. All functions leave it unchanged when they fail. */
struct scan {
	const char *at, *end;
};

static inline bool scan_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '$';
}

static inline char scan_peek(const struct scan *scan)
{
	return scan->at < scan->end ? *scan->at : '\0';
}

void scan_space(struct scan *scan);

/* The character, after spaces. */
bool scan_char(struct scan *scan, char c);

/* A run of word characters, after spaces; *len is at least 1. */
bool scan_word(struct scan *scan, const char **word, size_t *len);

enum scan_number {
	SCAN_NUMBER,
	SCAN_NO_NUMBER,
	SCAN_TOO_BIG,		/* does not fit 64 bits; was read past */
};

/*
 * [+-] and a number in C's notation. The value counts modulo 2^64; `negative`
 * tells -1 from 2^64 - 1.
 */
enum scan_number scan_number(struct scan *scan, uint64_t *value,
			     bool *negative);

/* A "string" with C's escapes, appended to `out`. */
bool scan_string(struct scan *scan, struct strbuf *out);

#endif
