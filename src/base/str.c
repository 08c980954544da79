/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool strbuf_room(struct strbuf *sb, size_t len)
{
	size_t cap = sb->cap ? sb->cap : 64;
	char *grown;

	if (sb->oom)
		return false;
	if (sb->cap - sb->len > len)
		return true;
	while (cap - sb->len <= len)
		cap *= 2;
	grown = realloc(sb->text, cap);
	if (!grown) {
		sb->oom = true;
		return false;
	}
	sb->text = grown;
	sb->cap = cap;
	return true;
}

void strbuf_add(struct strbuf *sb, const char *text, size_t len)
{
	if (!strbuf_room(sb, len))
		return;
	memcpy(sb->text + sb->len, text, len);
	sb->len += len;
	sb->text[sb->len] = '\0';
}

void strbuf_puts(struct strbuf *sb, const char *text)
{
	strbuf_add(sb, text, strlen(text));
}

void strbuf_putc(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len >= 0 && strbuf_room(sb, (size_t)len)) {
		vsnprintf(sb->text + sb->len, (size_t)len + 1, fmt, again);
		sb->len += (size_t)len;
	}
	va_end(again);
}

void strbuf_printf(struct strbuf *sb, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	strbuf_vprintf(sb, fmt, args);
	va_end(args);
}

int strbuf_write(const struct strbuf *sb, int fd)
{
	const char *at = strbuf_str(sb);
	size_t left = sb->len;

	if (sb->oom)
		return -ENOMEM;
	while (left) {
		ssize_t done = write(fd, at, left);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			at += done;
			left -= (size_t)done;
		}
	}
	return 0;
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->oom = false;
	if (sb->text)
		sb->text[0] = '\0';
}

void strbuf_fini(struct strbuf *sb)
{
	free(sb->text);
	memset(sb, 0, sizeof(*sb));
}

const char *strbuf_str(const struct strbuf *sb)
{
	return sb->text ? sb->text : "";
}

void str_copy(char *dst, size_t size, const char *src)
{
	size_t len = strnlen(src, size - 1);

	memcpy(dst, src, len);
	dst[len] = '\0';
}

int str_to_u64(const char *text, uint64_t *out)
{
	uint64_t value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*out = value;
	return 0;
}

int str_to_s64(const char *text, int64_t *out)
{
	const char *digits = text + (text[0] == '-' || text[0] == '+');
	int64_t value;
	char *end;

	if (!isdigit((unsigned char)digits[0]))
		return -EINVAL;
	errno = 0;
	value = strtoll(text, &end, 0);
	if (*end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*out = value;
	return 0;
}
