/* SPDX-License-Identifier: Apache-2.0 */
/* See run_value.h; types are btf/value.h's business. */
#include "cli/run_value.h"

#include "base/json.h"
#include "base/str.h"
#include "btf/value.h"

static bool fits(const struct btf *btf, uint32_t type, size_t len)
{
	int64_t size = btf && type ? btf_size(btf, type) : -1;

	return size > 0 && (uint64_t)size <= len;
}

void run_value_text(struct strbuf *out, const struct btf *btf, uint32_t type,
		    const uint8_t *data, size_t len)
{
	struct json json;

	if (fits(btf, type, len)) {
		json_init(&json, out, false);
		btf_print_value(&json, btf, type, data, len, BTF_VALUE_PLAIN);
		return;
	}
	for (size_t i = 0; i < len; i++)
		strbuf_printf(out, "%s%02x", i ? " " : "", data[i]);
}

void run_value_json(struct json *json, const struct btf *btf, uint32_t type,
		    const uint8_t *data, size_t len)
{
	if (fits(btf, type, len))
		btf_print_value(json, btf, type, data, len, BTF_VALUE_JSON);
	else
		json_hex_bytes(json, data, len);
}
