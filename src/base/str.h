/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that grows. A failed allocation is remembered (`oom`) and makes later
 * appends no-ops, so a writer checks once, at the end.
 */
#ifndef SKEP_BASE_STR_H
#define SKEP_BASE_STR_H

#include <stdarg.h>
#include <string.h>

#include "base/compiler.h"

struct strbuf {
	char *text;	/* NUL-terminated once anything was appended */
	size_t len, cap;
	bool oom;
};

#define STRBUF_INIT { 0 }

void strbuf_add(struct strbuf *sb, const char *text, size_t len);
void strbuf_puts(struct strbuf *sb, const char *text);
void strbuf_putc(struct strbuf *sb, char c);
void strbuf_printf(struct strbuf *sb, const char *fmt, ...) printf_like(2, 3);
void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list args);

/* All of it to a file, with one call where that is enough; 0 or -E. */
int strbuf_write(const struct strbuf *sb, int fd);

/* Empties the text and keeps its memory. */
void strbuf_reset(struct strbuf *sb);
void strbuf_fini(struct strbuf *sb);

/* The text as a C string, "" when nothing was appended. Borrowed. */
const char *strbuf_str(const struct strbuf *sb);

static inline bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline bool str_starts(const char *str, const char *prefix)
{
	return strncmp(str, prefix, strlen(prefix)) == 0;
}

/* Copies at most size - 1 bytes and always ends in NUL. */
void str_copy(char *dst, size_t size, const char *src);

/*
 * Reads a whole number in C's notation (0x, 0 and a sign) that fills all of
 * `text`. 0, -EINVAL (not a number) or -ERANGE; *out only written on 0.
 */
int str_to_u64(const char *text, uint64_t *out);
int str_to_s64(const char *text, int64_t *out);

#endif
