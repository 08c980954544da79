/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relocations of code, by what the relocated instruction is:
 *
 *	call		a function, or an extern one (kfunc)
 *	64-bit load	a map, a place in global data, a function's address,
 *			or an extern variable
 *
 * References to maps and data are final at once: they name maps by index.
 * Calls and externs wait for linking. The addend is in the instruction; for
 * calls it counts slots from the next one, and -1 stands for the symbol.
 * The assembler of binutils 2.40 has its own ways: a load holds the place in
 * the section, symbol included, and a call of a named symbol holds no addend.
 *
 * Compilers emit no pseudo source register where a relocation must fill in;
 * one without a relocation would name somebody's file descriptor. A program
 * with such an instruction is refused when it is linked.
 */
#include "object/object_parts.h"

struct reloc_site {
	struct object *obj;
	struct object_code *code;
	struct bpf_insn *insn;
	uint32_t pc;
	const struct elf_reloc *reloc;
	const struct elf_symbol *sym;
	struct diag_sink *sink;
};

static int bad_reloc(const struct reloc_site *site, const char *what)
{
	return diag_report(site->sink, DIAG_OBJECT_RELOC,
			   &object_where(site->obj), "%s, slot %u: %s (%s)",
			   site->code->sec->name, site->pc, what,
			   site->sym && *site->sym->name ? site->sym->name :
			   "no name");
}

static int add_relo(const struct reloc_site *site, enum relo_kind kind,
		    int32_t target)
{
	struct object_code *code = site->code;

	code->relos[code->relos_cnt++] = (struct object_relo){
		.insn = site->pc, .kind = kind, .target = (uint32_t)target };
	return 0;
}

static int add_extern(const struct reloc_site *site, enum relo_kind kind)
{
	const struct object *obj = site->obj;

	for (uint32_t i = 0; i < obj->externs_cnt; i++) {
		if (obj->externs[i].symbol == site->reloc->symbol)
			return add_relo(site, kind, (int32_t)i);
	}
	return bad_reloc(site, "against an undefined symbol that is neither "
			 "__kconfig nor __ksym");
}

/* The function at `offset` bytes of the symbol's section. */
static int add_func(const struct reloc_site *site, enum relo_kind kind,
		    int64_t offset)
{
	const struct object_section *to =
		&site->obj->sections[site->sym->section];
	int32_t func = -1;

	if (offset >= 0 && offset % 8 == 0)
		func = object_func_at(site->obj, to->index,
				      (uint64_t)offset / 8);
	if (func < 0)
		return bad_reloc(site, "no function starts there");
	return add_relo(site, kind, func);
}

static bool is_undefined(const struct elf_symbol *sym)
{
	return sym->section == SHN_UNDEF;
}

static enum section_role role_of(const struct reloc_site *site)
{
	if (site->sym->section >= site->obj->elf.sections_cnt)
		return ROLE_NONE;
	return site->obj->sections[site->sym->section].role;
}

/* Where in the symbol's section a 64-bit load points. */
static int64_t load_offset(const struct reloc_site *site)
{
	if (site->obj->gas)
		return site->insn->imm;
	return (int64_t)site->sym->value + site->reloc->addend +
	       site->insn->imm;
}

static int64_t call_offset(const struct reloc_site *site)
{
	if (site->obj->gas && site->sym->type != STT_SECTION)
		return (int64_t)site->sym->value;
	return (int64_t)site->sym->value + site->reloc->addend +
	       ((int64_t)site->insn->imm + 1) * 8;
}

static int reloc_call(const struct reloc_site *site)
{
	if (site->insn->src_reg != BPF_PSEUDO_CALL)
		return bad_reloc(site, "relocates a call that is no call of "
				 "a function");
	if (is_undefined(site->sym))
		return add_extern(site, RELO_EXTERN_CALL);
	if (role_of(site) != ROLE_CODE)
		return bad_reloc(site, "calls what is no function");
	return add_func(site, RELO_CALL, call_offset(site));
}

static int reloc_map(const struct reloc_site *site)
{
	const struct elf_section *sec =
		&site->obj->elf.sections[site->sym->section];
	int32_t map = object_map_at(site->obj, sec,
				    (uint64_t)load_offset(site));

	if (map < 0)
		return bad_reloc(site, "no map is defined there");
	site->insn[0].src_reg = BPF_PSEUDO_MAP_FD;
	site->insn[0].imm = map;
	site->insn[1].imm = 0;
	return 0;
}

/* Of `size` bytes of data that are the map's value, or begin it. */
static int reloc_value(const struct reloc_site *site, uint32_t map,
		       uint64_t size)
{
	uint64_t offset = (uint64_t)load_offset(site);

	if (offset >= size)
		return bad_reloc(site, "points past its section");
	site->insn[0].src_reg = BPF_PSEUDO_MAP_VALUE;
	site->insn[0].imm = (int32_t)map;
	site->insn[1].imm = (int32_t)offset;
	return 0;
}

static int reloc_data(const struct reloc_site *site)
{
	uint32_t map = site->obj->sections[site->sym->section].index;

	return reloc_value(site, map, site->obj->maps[map].def.value_size);
}

static int reloc_arena(const struct reloc_site *site)
{
	const struct object *obj = site->obj;

	for (uint32_t i = 0; i < obj->maps_cnt; i++)
		if (obj->maps[i].def.type == MAP_TYPE_ARENA)
			return reloc_value(site, i, obj->elf.sections[
					   site->sym->section].size);
	return bad_reloc(site, "lies in an arena, but there is no arena map");
}

static int reloc_load(const struct reloc_site *site)
{
	if (is_undefined(site->sym))
		return add_extern(site, RELO_EXTERN_LOAD);
	switch (role_of(site)) {
	case ROLE_CODE:
		site->insn->src_reg = BPF_PSEUDO_FUNC;
		return add_func(site, RELO_FUNC_ADDR, load_offset(site));
	case ROLE_BTF_MAPS:
	case ROLE_LEGACY_MAPS:
		return reloc_map(site);
	case ROLE_DATA:
		return reloc_data(site);
	case ROLE_ARENA:
		return reloc_arena(site);
	default:
		return bad_reloc(site, "against a section that is neither "
				 "code nor maps nor data");
	}
}

static int read_reloc(struct reloc_site *site, bool *seen)
{
	uint64_t offset = site->reloc->offset;

	site->pc = (uint32_t)(offset / 8);
	site->insn = &site->code->insns[site->pc];
	site->sym = &site->obj->elf.symbols[site->reloc->symbol];
	if (offset % 8)
		return bad_reloc(site, "offset inside an instruction");
	if (*seen)
		return bad_reloc(site, "two relocations");
	*seen = true;
	if (insn_is_call(site->insn))
		return reloc_call(site);
	if (!insn_is_wide(site->insn) || site->pc + 1 >= site->code->cnt)
		return bad_reloc(site, "relocates neither a call nor a 64-bit "
				 "load");
	return reloc_load(site);
}

/* What only a relocation may write. */
static bool needs_reloc(const struct bpf_insn *insn)
{
	if (insn_is_call(insn))
		return insn->src_reg > BPF_PSEUDO_CALL;
	return insn_is_wide(insn) && insn->src_reg &&
	       insn->src_reg != BPF_PSEUDO_FUNC;
}

/* Where a relocation is missing; `seen` becomes that. */
static void note_unnamed(struct object_code *code, bool *seen)
{
	for (uint32_t pc = 0; pc < code->cnt;
	     pc += insn_step(&code->insns[pc])) {
		seen[pc] = needs_reloc(&code->insns[pc]) && !seen[pc];
		if (seen[pc])
			code->unnamed = seen;
	}
}

static int check_func(struct object *obj, const struct object_func *func,
		      struct diag_sink *sink)
{
	struct object_code *code = &obj->codes[func->code];
	struct reloc_site site = { .obj = obj, .code = code, .sink = sink };

	for (uint32_t pc = func->start; pc < func->start + func->cnt;
	     pc += insn_step(&code->insns[pc])) {
		site.pc = pc;
		if (code->unnamed[pc])
			return bad_reloc(&site, "names a map or a kernel "
					 "object without a relocation");
	}
	return 0;
}

int object_check_named(struct object *obj, struct diag_sink *sink)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < obj->funcs_cnt; i++)
		if (obj->funcs[i].needed &&
		    obj->codes[obj->funcs[i].code].unnamed)
			err = check_func(obj, &obj->funcs[i], sink);
	return err;
}

static int read_code_relocs(struct object *obj, struct object_code *code,
			    struct diag_sink *sink)
{
	struct reloc_site site = { .obj = obj, .code = code, .sink = sink };
	const struct elf_reloc *relocs;
	bool *seen = arena_array(&obj->arena, code->cnt, sizeof(*seen));
	size_t cnt;
	int err = elf_relocs(&obj->elf, code->sec, &relocs, &cnt, sink);

	if (err)
		return err;
	code->relos = arena_array(&obj->arena, cnt, sizeof(*code->relos));
	if (!code->relos || !seen)
		return object_no_memory(obj, sink);
	for (size_t i = 0; !err && i < cnt; i++) {
		site.reloc = &relocs[i];
		err = read_reloc(&site, &seen[relocs[i].offset / 8]);
	}
	if (!err)
		note_unnamed(code, seen);
	return err;
}

int object_read_relocs(struct object *obj, struct diag_sink *sink)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < obj->codes_cnt; i++)
		err = read_code_relocs(obj, &obj->codes[i], sink);
	return err;
}

const struct object_relo *object_relo_at(const struct object_code *code,
					 uint32_t insn)
{
	uint32_t low = 0, high = code->relos_cnt;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (code->relos[mid].insn == insn)
			return &code->relos[mid];
		if (code->relos[mid].insn < insn)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
