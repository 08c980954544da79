/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each ELF section is to the loader, by libbpf's rules:
 *
 *	executable, not empty			code
 *	.data .rodata .bss and .data.x ...	global data, one map each
 *	.maps, maps				map definitions
 *	.addr_space.1				global data in the arena map
 *	license, version			one value each
 *	.BTF, .BTF.ext				types and what lies on lines
 *
 * Debug information and what we do not know is left alone, as libbpf does.
 */
#include <string.h>

#include "base/endian.h"
#include "base/str.h"
#include "object/object_parts.h"
#include "spec/sections.h"

bool section_parse(const char *sec, struct section_meaning *out)
{
	const char *target = NULL;
	const struct section_row *row;

	if (*sec == '?')
		sec++;
	row = section_row_match(sec, &target);
	if (!row)
		return false;
	out->type = row->prog;
	out->attach_type = row->attach;
	out->flags = row->flags & SECTION_SLEEPABLE ? BPF_F_SLEEPABLE : 0;
	if (row->flags & SECTION_FRAGS)
		out->flags |= BPF_F_XDP_HAS_FRAGS;
	out->target = target;
	return true;
}

/* `name` is `stem` or begins with `stem` and a dot. */
static bool is_stem(const char *name, const char *stem)
{
	size_t len = strlen(stem);

	return str_starts(name, stem) && (!name[len] || name[len] == '.');
}

static bool is_data(const struct elf_section *sec)
{
	if (sec->type == SHT_NOBITS)
		return is_stem(sec->name, ".bss");
	return sec->type == SHT_PROGBITS &&
	       (is_stem(sec->name, ".data") || is_stem(sec->name, ".rodata"));
}

static enum section_role role_of(const struct elf_section *sec)
{
	if (sec->type == SHT_PROGBITS && str_eq(sec->name, ".maps"))
		return ROLE_BTF_MAPS;
	if (sec->type == SHT_PROGBITS && str_eq(sec->name, "maps"))
		return ROLE_LEGACY_MAPS;
	if (!sec->size)
		return ROLE_NONE;
	if (str_eq(sec->name, ".addr_space.1"))
		return ROLE_ARENA;
	if (sec->type == SHT_PROGBITS && (sec->flags & SHF_EXECINSTR))
		return ROLE_CODE;
	return is_data(sec) ? ROLE_DATA : ROLE_NONE;
}

static int read_license(struct object *obj, const struct elf_section *sec,
			struct diag_sink *sink)
{
	if (!sec->data)
		return 0;
	obj->license = arena_strndup(&obj->arena, (const char *)sec->data,
				     strnlen((const char *)sec->data,
					     sec->size));
	return obj->license ? 0 : object_no_memory(obj, sink);
}

static int read_version(struct object *obj, const struct elf_section *sec,
			struct diag_sink *sink)
{
	if (!sec->data || sec->size != sizeof(uint32_t))
		return diag_report(sink, DIAG_OBJECT_SECTION,
				   &object_where(obj), "section version has "
				   "%zu bytes, not 4", sec->size);
	obj->version = get_u32(sec->data);
	return 0;
}

static int read_code(struct object *obj, const struct elf_section *sec,
		     struct diag_sink *sink)
{
	struct object_code *code = &obj->codes[obj->codes_cnt];

	if (sec->size % sizeof(struct bpf_insn))
		return diag_report(sink, DIAG_OBJECT_SECTION,
				   &object_where(obj), "section %s has %zu "
				   "bytes, instructions take 8 each",
				   sec->name, sec->size);
	code->sec = sec;
	code->cnt = (uint32_t)(sec->size / sizeof(struct bpf_insn));
	code->insns = arena_copy(&obj->arena, sec->data, sec->size);
	if (!code->insns)
		return object_no_memory(obj, sink);
	obj->sections[sec->index].index = obj->codes_cnt++;
	return 0;
}

static bool is_gcc(const struct elf_section *sec)
{
	static const char word[] = "GCC: ";

	return sec->data && memmem(sec->data, sec->size, word,
				   sizeof(word) - 1);
}

static int read_section(struct object *obj, const struct elf_section *sec,
			struct diag_sink *sink)
{
	enum section_role role = role_of(sec);

	obj->sections[sec->index].role = role;
	if (role == ROLE_CODE)
		return read_code(obj, sec, sink);
	if (str_eq(sec->name, "license"))
		return read_license(obj, sec, sink);
	if (str_eq(sec->name, "version"))
		return read_version(obj, sec, sink);
	if (str_eq(sec->name, ".comment"))
		obj->gas = is_gcc(sec);
	return 0;
}

int object_read_sections(struct object *obj, struct diag_sink *sink)
{
	size_t cnt = obj->elf.sections_cnt;
	int err = 0;

	obj->sections = arena_array(&obj->arena, cnt, sizeof(*obj->sections));
	obj->codes = arena_array(&obj->arena, cnt, sizeof(*obj->codes));
	if (!obj->sections || !obj->codes)
		return object_no_memory(obj, sink);
	for (size_t i = 1; !err && i < cnt; i++)
		err = read_section(obj, &obj->elf.sections[i], sink);
	return err;
}
