/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON into a strbuf; commas, nesting, escapes and indentation are its
 * business; the pretty form breaks lines where bpftool does. Strings that are
 * not valid UTF-8 are written byte-wise as \u00XX.
 */
#ifndef SKEP_BASE_JSON_H
#define SKEP_BASE_JSON_H

#include "base/compiler.h"

struct strbuf;

struct json {
	struct strbuf *out;
	bool pretty;
	bool first;		/* no element yet in the open container */
	bool after_key;
	unsigned int depth;
};

void json_init(struct json *json, struct strbuf *out, bool pretty);

/* Ends the document with a newline when pretty. */
void json_fini(struct json *json);

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);
void json_key(struct json *json, const char *key);

void json_string(struct json *json, const char *text);
void json_u64(struct json *json, uint64_t value);
void json_s64(struct json *json, int64_t value);
void json_double(struct json *json, double value);
void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* A value written by the caller, as it is. */
void json_raw(struct json *json, const char *text);

/* bpftool's form of bytes: an array of "0x.." strings. */
void json_hex_bytes(struct json *json, const void *data, size_t len);

#endif
