/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of __kconfig variables. CONFIG_x come from the kernel's build
 * configuration (/boot/config-RELEASE or /proc/config.gz); LINUX_x are facts
 * that the loader knows. The variable's type says which texts it can take:
 *
 *	bool			y n
 *	enum libbpf_tristate	y n m
 *	char			y n m, as the letter, or a number
 *	integers		a number that fits
 *	char arrays		"text", cut to fit
 *
 * What is not configured is an error, for a weak variable 0.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "base/endian.h"
#include "base/hash.h"
#include "base/str.h"
#include "object/object_parts.h"

enum value_kind {
	VALUE_UNKNOWN,
	VALUE_BOOL,
	VALUE_CHAR,
	VALUE_INT,
	VALUE_TRISTATE,
	VALUE_TEXT,
};

struct value_type {
	enum value_kind kind;
	bool is_signed;
};

static struct value_type int_type(const struct btf_type *t)
{
	uint32_t encoding = BTF_INT_ENCODING(btf_int_data(t));
	struct value_type type = { VALUE_UNKNOWN, encoding & BTF_INT_SIGNED };

	if (encoding & BTF_INT_BOOL)
		type.kind = t->size == 1 ? VALUE_BOOL : VALUE_UNKNOWN;
	else if (t->size == 1)
		type.kind = VALUE_CHAR;
	else if (t->size == 2 || t->size == 4 || t->size == 8)
		type.kind = VALUE_INT;
	return type;
}

static struct value_type value_type(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf_type(btf, btf_skip_modifiers(btf, id));
	struct value_type type = { VALUE_UNKNOWN, false };

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return int_type(t);
	case BTF_KIND_ENUM:
		if (t->size == 4 && str_eq(btf_str(btf, t->name_off),
					   "libbpf_tristate"))
			type.kind = VALUE_TRISTATE;
		return type;
	case BTF_KIND_ARRAY:
		t = btf_type(btf, btf_skip_modifiers(btf, btf_array(t)->type));
		if (btf_kind(t) == BTF_KIND_INT &&
		    int_type(t).kind == VALUE_CHAR)
			type.kind = VALUE_TEXT;
		return type;
	default:
		return type;
	}
}

static int set_letter(uint8_t *at, struct value_type type, char letter)
{
	switch (type.kind) {
	case VALUE_BOOL:
		if (letter == 'm')
			return -EINVAL;
		*at = letter == 'y';
		return 0;
	case VALUE_TRISTATE:
		put_u32(at, letter == 'm' ? 2 : letter == 'y');
		return 0;
	case VALUE_CHAR:
		*at = (uint8_t)letter;
		return 0;
	default:
		return -EINVAL;
	}
}

static int set_text(uint8_t *at, const struct object_extern *ext,
		    const char *text)
{
	size_t len = strlen(text);

	if (len < 2 || text[len - 1] != '"')
		return -EINVAL;
	len = MIN(len - 2, (size_t)ext->size - 1);
	memcpy(at, text + 1, len);
	memset(at + len, 0, ext->size - len);
	return 0;
}

static int set_number(uint8_t *at, const struct object_extern *ext,
		      struct value_type type, const char *text)
{
	uint32_t bits = ext->size * 8;
	int64_t svalue = 0;
	uint64_t value;

	if (type.kind != VALUE_INT && type.kind != VALUE_CHAR)
		return -EINVAL;
	if (str_to_u64(text, &value)) {
		if (str_to_s64(text, &svalue))
			return -EINVAL;
		value = (uint64_t)svalue;
	}
	if (bits < 64 && type.is_signed) {
		if ((int64_t)value < -(1LL << (bits - 1)) ||
		    (int64_t)value >= 1LL << (bits - 1))
			return -ERANGE;
	} else if (bits < 64 && value >> bits) {
		return -ERANGE;
	}
	put_sized(at, value, ext->size);
	return 0;
}

static int set_value(struct object *obj, struct object_extern *ext,
		     const char *text, struct diag_sink *sink)
{
	uint8_t *at = obj->maps[obj->kconfig_map].data + ext->offset;
	struct value_type type = value_type(obj->btf, ext->btf_type);
	bool letter = strchr("ynm", *text) && *text && !text[1];
	int err;

	if (letter)
		err = set_letter(at, type, *text);
	else if (*text == '"')
		err = type.kind == VALUE_TEXT ? set_text(at, ext, text) :
		      -EINVAL;
	else
		err = set_number(at, ext, type, text);
	if (!err) {
		ext->resolved = true;
		return 0;
	}
	return diag_report(sink, DIAG_OBJECT_EXTERN, &object_where(obj),
			   "extern %s: its type cannot hold %s", ext->name,
			   text);
}

/* Debian and its like have the real version elsewhere than in the release. */
static uint32_t kernel_version(void)
{
	unsigned int major = 0, minor = 0, patch = 0;
	const char *debian;
	struct utsname uts;

	if (uname(&uts))
		return 0;
	debian = strstr(uts.version, "Debian ");
	if (!debian || sscanf(debian, "Debian %u.%u.%u", &major, &minor,
			      &patch) != 3)
		sscanf(uts.release, "%u.%u.%u", &major, &minor, &patch);
	return major << 16 | minor << 8 | MIN(patch, 255u);
}

/* LINUX_x: true when we know it. */
static bool linux_fact(const char *name, uint64_t *value)
{
	if (str_eq(name, "LINUX_KERNEL_VERSION"))
		*value = kernel_version();
	else if (str_eq(name, "LINUX_HAS_BPF_COOKIE") ||
		 str_eq(name, "LINUX_HAS_SYSCALL_WRAPPER"))
		*value = 1;
	else
		return false;
	return true;
}

static int set_fact(struct object *obj, struct object_extern *ext,
		    struct diag_sink *sink)
{
	char text[24];
	uint64_t value;

	if (!linux_fact(ext->name, &value))
		return 0;
	if (value_type(obj->btf, ext->btf_type).kind == VALUE_BOOL)
		str_copy(text, sizeof(text), value ? "y" : "n");
	else
		snprintf(text, sizeof(text), "%llu",
			 (unsigned long long)value);
	return set_value(obj, ext, text, sink);
}

static gzFile open_config(void)
{
	struct utsname uts;
	char path[512];
	gzFile file = NULL;

	if (!uname(&uts)) {
		snprintf(path, sizeof(path), "/boot/config-%s", uts.release);
		file = gzopen(path, "re");
	}
	return file ? file : gzopen("/proc/config.gz", "re");
}

static int take_line(struct object *obj, const struct strmap *wanted,
		     char *line, struct diag_sink *sink)
{
	char *value = strchr(line, '=');
	uint64_t index;

	if (!value || !strmap_get_n(wanted, line, (size_t)(value - line),
				    &index))
		return 0;
	value[strcspn(value, "\n")] = 0;
	return set_value(obj, &obj->externs[index], value + 1, sink);
}

static int read_config(struct object *obj, const struct strmap *wanted,
		       struct diag_sink *sink)
{
	gzFile file = open_config();
	char line[4096];
	int err = 0;

	if (!file)
		return 0;
	while (!err && gzgets(file, line, sizeof(line)))
		err = take_line(obj, wanted, line, sink);
	gzclose(file);
	return err;
}

static int check_resolved(const struct object *obj, struct diag_sink *sink)
{
	for (uint32_t i = 0; i < obj->externs_cnt; i++) {
		const struct object_extern *ext = &obj->externs[i];

		if (ext->kind == EXTERN_KCONFIG && !ext->resolved &&
		    !ext->weak && ext->needed)
			return diag_report(sink, DIAG_OBJECT_EXTERN,
					   &object_where(obj), "extern %s: "
					   "not in the kernel's configuration "
					   "(/boot/config-*, /proc/config.gz)",
					   ext->name);
	}
	return 0;
}

int object_resolve_kconfig(struct object *obj, struct diag_sink *sink)
{
	struct strmap wanted = { 0 };
	int err = 0;

	if (obj->kconfig_map < 0)
		return 0;
	for (uint32_t i = 0; !err && i < obj->externs_cnt; i++) {
		struct object_extern *ext = &obj->externs[i];

		if (ext->kind != EXTERN_KCONFIG)
			continue;
		if (str_starts(ext->name, "LINUX_"))
			err = set_fact(obj, ext, sink);
		else if (strmap_put(&wanted, ext->name, i))
			err = object_no_memory(obj, sink);
	}
	if (!err && wanted.cnt)
		err = read_config(obj, &wanted, sink);
	strmap_fini(&wanted);
	return err ? err : check_resolved(obj, sink);
}
