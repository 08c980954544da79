/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's subset of printf for bpf_trace_printk and bpf_snprintf: %d %i
 * %u %x %X with l or ll, flags and width; %c %s; %p %px %pK %ps %pS %pB as
 * addresses (there are no kernel symbols here, and no secret to hash); %pI4
 * %pi4 %pI6 %pi6 %pks %pus from memory. Reference: bpf_bprintf_prepare in
 * kernel/bpf/helpers.c.
 *
 * Memory behind a pointer argument is read only where the program could read
 * it itself; elsewhere it counts as empty or as zeroes, as memory does in
 * the kernel that faults.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "helper/family.h"

/* The kernel's buffer for arguments: strings are cut to what is left. */
#define ARGS_ROOM	512

struct printer {
	struct run *run;
	char *out;
	size_t size, len;	/* len may be beyond size */
	const uint64_t *args;
	uint32_t args_cnt, next;
	size_t used;		/* of ARGS_ROOM */
};

/* Flags and width of a conversion, for the C library's own printf. */
struct spec {
	char text[24];		/* "%", flags, width */
	const char *end;	/* behind it in the format */
};

#define WIDTH_DIGITS_MAX 5

/* No longer than this with the character behind it, or it is refused. */
#define CONVERSION_MAX	32

static void put(struct printer *pr, const char *fmt, ...) printf_like(2, 3);
static void put(struct printer *pr, const char *fmt, ...)
{
	bool room = pr->len < pr->size;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(room ? pr->out + pr->len : NULL,
			room ? pr->size - pr->len : 0, fmt, args);
	va_end(args);
	if (len > 0)
		pr->len += (size_t)len;
}

/* The format for a conversion of its own: flags, width, then `type`. */
static const char *complete(char fmt[32], const struct spec *spec,
			    const char *type, char last)
{
	snprintf(fmt, 32, "%s%s%c", spec->text, type, last);
	return fmt;
}

/* Takes `len` bytes of argument room, aligned as the kernel's. */
static bool take(struct printer *pr, size_t len, size_t align)
{
	size_t at = (pr->used + align - 1) & ~(align - 1);

	if (at + len > ARGS_ROOM)
		return false;
	pr->used = at + len;
	return true;
}

static size_t readable(struct printer *pr, uint64_t addr, size_t len)
{
	if (!pr->run->readable)
		return 0;
	return pr->run->readable(pr->run, addr, len);
}

static int print_number(struct printer *pr, const struct spec *spec,
			unsigned int longs, char type)
{
	long long arg = (long long)pr->args[pr->next];
	char fmt[32];

	if (!take(pr, longs ? 8 : 4, 4))
		return -ENOSPC;
	if (!longs)
		arg = type == 'd' || type == 'i' ? (int32_t)arg :
						   (long long)(uint32_t)arg;
	put(pr, complete(fmt, spec, "ll", type), arg);
	return 0;
}

/* A string argument; flags and width count when `spec` is there. */
static int print_string(struct printer *pr, const struct spec *spec)
{
	const char *arg = helper_ptr(pr->args[pr->next]);
	size_t room = ARGS_ROOM - pr->used, len;
	char fmt[32], copy[ARGS_ROOM];

	if (room == 0)
		return -ENOSPC;
	len = readable(pr, (uintptr_t)arg, room - 1);
	if (len) {
		len = strnlen(arg, len);
		memcpy(copy, arg, len);
	}
	copy[len] = '\0';
	pr->used += len + 1;
	put(pr, spec ? complete(fmt, spec, "", 's') : "%s", copy);
	return 0;
}

static int print_char(struct printer *pr, const struct spec *spec)
{
	char fmt[32];

	if (!take(pr, 1, 1))
		return -ENOSPC;
	put(pr, complete(fmt, spec, "", 'c'),
	    (int)(unsigned char)pr->args[pr->next]);
	return 0;
}

static size_t format_ip4(char *out, size_t size, const uint8_t *ip, bool pad)
{
	return (size_t)snprintf(out, size, pad ? "%03u.%03u.%03u.%03u" :
				"%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
}

static size_t format_ip6(char *out, size_t size, const uint8_t *ip, bool bare)
{
	size_t len = 0;

	for (int i = 0; i < 16; i += 2)
		len += (size_t)snprintf(out + len, size - len, "%s%02x%02x",
					i && !bare ? ":" : "", ip[i],
					ip[i + 1]);
	return len;
}

static int print_ip(struct printer *pr, char letter, char version)
{
	uint64_t arg = pr->args[pr->next];
	size_t size = version == '4' ? 4 : 16, len;
	uint8_t ip[16] = { 0 };
	char text[48];

	if (ARGS_ROOM - pr->used < size)
		return -ENOSPC;
	if (readable(pr, arg, size) == size)
		memcpy(ip, helper_ptr(arg), size);
	if (version == '4')
		len = format_ip4(text, sizeof(text), ip, letter == 'i');
	else
		len = format_ip6(text, sizeof(text), ip, letter == 'i');
	pr->used = MIN(pr->used + len + 1, (size_t)ARGS_ROOM);
	put(pr, "%s", text);
	return 0;
}

static int print_address(struct printer *pr, bool symbol)
{
	unsigned long long arg = pr->args[pr->next];

	if (!take(pr, 8, 4))
		return -ENOSPC;
	put(pr, symbol ? "0x%llx" : "%016llx", arg);
	return 0;
}

static bool ends_here(char c)
{
	return c == '\0' || isspace((unsigned char)c) ||
	       ispunct((unsigned char)c);
}

/* What follows "%p" at `at`; *end is set behind it. */
static int print_pointer(struct printer *pr, const char *at,
			 const char **end)
{
	*end = at;
	if (ends_here(*at))
		return print_address(pr, false);
	*end = at + 1;
	if (*at == 'x' || *at == 'K')
		return print_address(pr, false);
	if (*at == 's' || *at == 'S' || *at == 'B')
		return print_address(pr, true);
	*end = at + 2;
	if ((*at == 'k' || *at == 'u') && at[1] == 's')
		return ends_here(at[2]) ? print_string(pr, NULL) :
					  -EINVAL;
	if ((*at == 'i' || *at == 'I') && (at[1] == '4' || at[1] == '6'))
		return print_ip(pr, *at, at[1]);
	return -EINVAL;
}

/*
 * Flags and width, copied for printf; what follows is at spec->end. Widths
 * beyond what any buffer here could show are refused.
 */
static int read_spec(const char *at, struct spec *spec)
{
	size_t len = 1 + strspn(at + 1, "0+- "), digits = 0;

	if (at[len] >= '1' && at[len] <= '9')
		digits = strspn(at + len, "0123456789");
	len += digits;
	if (len >= sizeof(spec->text) || digits > WIDTH_DIGITS_MAX)
		return -EINVAL;
	memcpy(spec->text, at, len);
	spec->text[len] = '\0';
	spec->end = at + len;
	return 0;
}

/* One conversion that begins at the '%' of `at`; *end is set behind it. */
static int convert(struct printer *pr, const char *at, const char **end)
{
	unsigned int longs = 0;
	struct spec spec;
	int err;

	if (pr->next >= pr->args_cnt)
		return -EINVAL;
	err = read_spec(at, &spec);
	if (err)
		return err;
	at = spec.end;
	if (*at == 'p')
		return print_pointer(pr, at + 1, end);
	*end = at + 1;
	if (*at == 's')
		return ends_here(at[1]) ? print_string(pr, &spec) :
					  -EINVAL;
	if (*at == 'c')
		return print_char(pr, &spec);
	while (*at == 'l' && longs < 2) {
		longs++;
		at++;
	}
	*end = at + 1;
	if (*at == '\0' || !strchr("diuxX", *at))
		return -EINVAL;
	return print_number(pr, &spec, longs, *at);
}

static bool is_plain(char c)
{
	return !isascii((unsigned char)c) || isprint((unsigned char)c) ||
	       isspace((unsigned char)c);
}

/* A conversion at `at`, whose length is set: read once, others may write. */
static int print_conversion(struct printer *pr, const char *at, size_t left,
			    size_t *len)
{
	char copy[CONVERSION_MAX + 1] = "";
	const char *end = copy;
	int err;

	memcpy(copy, at, MIN(left, (size_t)CONVERSION_MAX));
	copy[0] = '%';
	err = convert(pr, copy, &end);
	*len = (size_t)(end - copy);
	return err;
}

static void put_char(struct printer *pr, char c)
{
	if (pr->len + 1 < pr->size) {
		pr->out[pr->len] = c;
		pr->out[pr->len + 1] = '\0';
	}
	pr->len++;
}

static int print_all(struct printer *pr, const char *fmt, size_t size)
{
	size_t len;

	for (size_t at = 0; at < size; at += len) {
		char c = fmt[at];
		int err;

		len = 1;
		if (!c)
			break;
		if (!is_plain(c))
			return -EINVAL;
		if (c == '%' && (at + 1 == size || fmt[at + 1] != '%')) {
			err = print_conversion(pr, fmt + at, size - at, &len);
			if (err)
				return err;
			pr->next++;
			continue;
		}
		put_char(pr, c);
		len += c == '%';
	}
	return 0;
}

int helper_format(struct run *run, char *out, size_t size, const char *fmt,
		  size_t fmt_size, struct helper_args args)
{
	struct printer pr = {
		.run = run, .out = out, .size = size,
		.args = args.values, .args_cnt = args.cnt,
	};
	int err;

	if (size)
		out[0] = '\0';
	err = print_all(&pr, fmt, fmt_size);
	return err ? err : (int)pr.len;
}
