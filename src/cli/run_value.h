/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and values of maps for people and for JSON. */
#ifndef SKEP_CLI_RUN_VALUE_H
#define SKEP_CLI_RUN_VALUE_H

#include "base/compiler.h"

struct btf;
struct json;
struct strbuf;

/*
 * `len` bytes as their BTF type says; as hex bytes when `btf` is NULL, `type`
 * is 0 or the type is longer than the data.
 */
void run_value_text(struct strbuf *out, const struct btf *btf, uint32_t type,
		    const uint8_t *data, size_t len);
void run_value_json(struct json *json, const struct btf *btf, uint32_t type,
		    const uint8_t *data, size_t len);

/*
 * The variables of a data section by name: a line each, or the members of an
 * object. `section` is a DATASEC's id, or 0: then the bytes.
 */
void run_data_text(struct strbuf *out, const struct btf *btf,
		   uint32_t section, const uint8_t *data, size_t len);
void run_data_json(struct json *json, const struct btf *btf,
		   uint32_t section, const uint8_t *data, size_t len);

#endif
