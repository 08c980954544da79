/* SPDX-License-Identifier: Apache-2.0 */
/*
 * btf_value OBJECT STRUCT json|plain HEX...: values of one struct, given as
 * hexadecimal, by its type; each on a line of its own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "btf/btf.h"
#include "btf/value.h"

#define VALUE_MAX	4096

static size_t read_hex(uint8_t *out, const char *text)
{
	size_t len = 0;
	unsigned int byte;

	for (; len < VALUE_MAX && sscanf(text, "%2x", &byte) == 1; text += 2)
		out[len++] = (uint8_t)byte;
	return len;
}

static int print(const struct btf *btf, uint32_t id, const char *hex,
		 bool plain)
{
	static uint8_t data[VALUE_MAX];
	size_t size = read_hex(data, hex);
	struct strbuf out = STRBUF_INIT;
	struct json json;
	int err;

	json_init(&json, &out, false);
	err = btf_print_value(&json, btf, id, data, size,
			      plain ? BTF_VALUE_PLAIN : BTF_VALUE_JSON);
	puts(strbuf_str(&out));
	strbuf_fini(&out);
	return err;
}

int main(int argc, char **argv)
{
	struct btf *btf;
	uint32_t id;
	int err = 0;

	if (argc < 4 || btf_open(&btf, argv[1], NULL))
		return 2;
	id = btf_find(btf, argv[2], BTF_KIND_STRUCT);
	for (int i = 4; i < argc && !err; i++)
		err = print(btf, id, argv[i], str_eq(argv[3], "plain"));
	btf_put(btf);
	return err ? 1 : 0;
}
