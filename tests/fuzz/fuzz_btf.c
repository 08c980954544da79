/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as BTF: all that reads, finds and prints types and values. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "btf/btf.h"
#include "btf/dump.h"
#include "btf/value.h"

#define VALUE_MAX	4096
#define TYPES_MAX	64	/* more of them take time and show nothing */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_type(struct strbuf *out, const struct btf *btf, uint32_t id)
{
	int64_t size = btf_size(btf, id);
	struct json json;
	uint8_t *value;

	strbuf_reset(out);
	btf_print_type(out, btf, id, "name");
	if (size < 0 || size > VALUE_MAX)
		return;
	value = calloc(1, (size_t)size ? (size_t)size : 1);
	json_init(&json, out, id & 1);
	btf_print_value(&json, btf, id, value, (size_t)size,
			id & 2 ? BTF_VALUE_PLAIN : BTF_VALUE_JSON);
	free(value);
}

static void read_all(const struct btf *btf)
{
	struct strbuf out = STRBUF_INIT;
	uint32_t cnt = btf_type_cnt(btf);

	for (uint32_t id = 0; id < cnt; id++) {
		const char *name = btf_type_name(btf, id);

		if (*name && !btf_find(btf, name, btf_kind(btf_type(btf, id))))
			abort();
		if (btf_skip_modifiers(btf, id) >= cnt || !btf_align(btf, id))
			abort();
	}
	for (uint32_t id = 0; id < cnt && id < TYPES_MAX; id++)
		print_type(&out, btf, id);
	strbuf_reset(&out);
	btf_dump_c(&out, btf, NULL);
	strbuf_reset(&out);
	btf_dump_raw(&out, btf, NULL);
	btf_dump_json(&out, btf, NULL, true);
	strbuf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink sink = { 0 };
	struct btf *btf;

	if (btf_parse(&btf, data, size, "fuzz", &sink))
		return 0;
	read_all(btf);
	btf_put(btf);
	return 0;
}
