/* SPDX-License-Identifier: Apache-2.0 */
/* See run_value.h; types are btf/value.h's business. */
#include "cli/run_value.h"

#include "base/json.h"
#include "base/str.h"
#include "btf/value.h"

/* A global variable in its section's data. */
struct variable {
	const char *name;
	uint32_t type;
	size_t offset, size;
};

static bool fits(const struct btf *btf, uint32_t type, size_t len)
{
	int64_t size = btf && type ? btf_size(btf, type) : -1;

	return size > 0 && (uint64_t)size <= len;
}

/* What is longer is cut in the text form. */
#define TEXT_VALUE_MAX	480

static void add_cut(struct strbuf *out, const struct strbuf *value)
{
	if (value->len <= TEXT_VALUE_MAX) {
		strbuf_puts(out, strbuf_str(value));
		return;
	}
	strbuf_add(out, strbuf_str(value), TEXT_VALUE_MAX);
	strbuf_puts(out, " ... (--json has all)");
}

void run_value_text(struct strbuf *out, const struct btf *btf, uint32_t type,
		    const uint8_t *data, size_t len)
{
	struct strbuf value = STRBUF_INIT;
	struct json json;

	json_init(&json, &value, false);
	if (fits(btf, type, len))
		btf_print_value(&json, btf, type, data, len, BTF_VALUE_PLAIN);
	else
		for (size_t i = 0; i < MIN(len, TEXT_VALUE_MAX); i++)
			strbuf_printf(&value, "%s%02x", i ? " " : "", data[i]);
	json_fini(&json);
	add_cut(out, &value);
	strbuf_fini(&value);
}

void run_value_json(struct json *json, const struct btf *btf, uint32_t type,
		    const uint8_t *data, size_t len)
{
	if (fits(btf, type, len))
		btf_print_value(json, btf, type, data, len, BTF_VALUE_JSON);
	else
		json_hex_bytes(json, data, len);
}

/* The variable at place `i` of a section; false: beyond the data. */
static bool variable(struct variable *var, const struct btf *btf,
		     uint32_t section, uint32_t i, size_t len)
{
	const struct btf_var_secinfo *info =
		&btf_var_secinfos(btf_type(btf, section))[i];
	const struct btf_type *t = btf_type(btf, info->type);

	if (btf_kind(t) != BTF_KIND_VAR || info->offset > len)
		return false;
	*var = (struct variable){
		btf_str(btf, t->name_off), t->type, info->offset,
		MIN(info->size, len - info->offset),
	};
	return true;
}

static uint32_t section_vlen(const struct btf *btf, uint32_t section)
{
	const struct btf_type *t = btf && section ? btf_type(btf, section) :
						    NULL;

	return t && btf_kind(t) == BTF_KIND_DATASEC ? btf_vlen(t) : 0;
}

void run_data_text(struct strbuf *out, const struct btf *btf,
		   uint32_t section, const uint8_t *data, size_t len)
{
	uint32_t cnt = section_vlen(btf, section);
	struct variable var;

	for (uint32_t i = 0; i < cnt; i++) {
		if (!variable(&var, btf, section, i, len))
			continue;
		strbuf_printf(out, "  %s = ", var.name);
		run_value_text(out, btf, var.type, data + var.offset,
			       var.size);
		strbuf_putc(out, '\n');
	}
	if (cnt)
		return;
	strbuf_puts(out, "  ");
	run_value_text(out, NULL, 0, data, len);
	strbuf_putc(out, '\n');
}

void run_data_json(struct json *json, const struct btf *btf,
		   uint32_t section, const uint8_t *data, size_t len)
{
	uint32_t cnt = section_vlen(btf, section);
	struct variable var;

	if (!cnt) {
		json_hex_bytes(json, data, len);
		return;
	}
	json_object_begin(json);
	for (uint32_t i = 0; i < cnt; i++) {
		if (!variable(&var, btf, section, i, len))
			continue;
		json_key(json, var.name);
		run_value_json(json, btf, var.type, data + var.offset,
			       var.size);
	}
	json_object_end(json);
}
