/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <math.h>

#include "base/str.h"

static void newline(struct json *json)
{
	if (!json->pretty)
		return;
	strbuf_putc(json->out, '\n');
	for (unsigned int i = 0; i < json->depth; i++)
		strbuf_puts(json->out, "    ");
}

/* Before every value or key: a comma where it belongs. */
static void separate(struct json *json)
{
	if (json->after_key) {
		json->after_key = false;
		return;
	}
	if (!json->first)
		strbuf_putc(json->out, ',');
	json->first = false;
}

static void open_container(struct json *json, char c)
{
	separate(json);
	strbuf_putc(json->out, c);
	json->depth++;
	json->first = true;
}

static void close_container(struct json *json, char c)
{
	bool empty = json->first;

	json->depth--;
	if (!empty)
		newline(json);
	strbuf_putc(json->out, c);
	json->first = false;
}

void json_init(struct json *json, struct strbuf *out, bool pretty)
{
	*json = (struct json){ .out = out, .pretty = pretty, .first = true };
}

void json_fini(struct json *json)
{
	if (json->pretty)
		strbuf_putc(json->out, '\n');
}

void json_object_begin(struct json *json) { open_container(json, '{'); }
void json_object_end(struct json *json) { close_container(json, '}'); }
void json_array_begin(struct json *json) { open_container(json, '['); }
void json_array_end(struct json *json) { close_container(json, ']'); }

/* Length of the well-formed UTF-8 sequence at p, 0 when there is none. */
static size_t utf8_len(const unsigned char *p)
{
	static const struct { unsigned char mask, lead, len; } forms[] = {
		{ 0x80, 0x00, 1 }, { 0xe0, 0xc0, 2 },
		{ 0xf0, 0xe0, 3 }, { 0xf8, 0xf0, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t n = 1;

		if ((p[0] & forms[i].mask) != forms[i].lead)
			continue;
		while (n < forms[i].len && (p[n] & 0xc0) == 0x80)
			n++;
		return n == forms[i].len ? n : 0;
	}
	return 0;
}

static void quote(struct strbuf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	strbuf_putc(out, '"');
	while (*p) {
		size_t len = utf8_len(p);

		if (*p == '"' || *p == '\\')
			strbuf_printf(out, "\\%c", *p++);
		else if (*p < 0x20 || *p == 0x7f || !len)
			strbuf_printf(out, "\\u%04x", *p++);
		else {
			strbuf_add(out, (const char *)p, len);
			p += len;
		}
	}
	strbuf_putc(out, '"');
}

void json_key(struct json *json, const char *key)
{
	separate(json);
	newline(json);
	quote(json->out, key);
	strbuf_puts(json->out, json->pretty ? ": " : ":");
	json->after_key = true;
}

void json_string(struct json *json, const char *text)
{
	separate(json);
	quote(json->out, text);
}

void json_u64(struct json *json, uint64_t value)
{
	separate(json);
	strbuf_printf(json->out, "%llu", (unsigned long long)value);
}

void json_s64(struct json *json, int64_t value)
{
	separate(json);
	strbuf_printf(json->out, "%lld", (long long)value);
}

void json_double(struct json *json, double value)
{
	separate(json);
	if (isfinite(value))
		strbuf_printf(json->out, "%.6g", value);
	else
		strbuf_puts(json->out, "null");
}

void json_bool(struct json *json, bool value)
{
	separate(json);
	strbuf_puts(json->out, value ? "true" : "false");
}

void json_raw(struct json *json, const char *text)
{
	separate(json);
	strbuf_puts(json->out, text);
}

void json_null(struct json *json)
{
	separate(json);
	strbuf_puts(json->out, "null");
}

void json_hex_bytes(struct json *json, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	char text[5] = "0x00";

	json_array_begin(json);
	for (size_t i = 0; i < len; i++) {
		static const char digits[] = "0123456789abcdef";

		text[2] = digits[bytes[i] >> 4];
		text[3] = digits[bytes[i] & 15];
		json_string(json, text);
	}
	json_array_end(json);
}
