/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Externs: undefined symbols whose types stand in the .kconfig or the .ksyms
 * DATASEC. Opening lists them and lays out the .kconfig map, by libbpf's
 * order: wide alignment first, then small, then by name.
 *
 * Linking replaces their loads and calls:
 *
 *	__kconfig variable	a place in the .kconfig map
 *	__ksym variable		its address, 0 when it is weak and not there;
 *				for the kernel, LD_BTF_ID where it has a type
 *	__ksym function		call: CALL_KFUNC; a call that never resolves
 *				names a helper that does not exist, so only
 *				executing it faults. Address: 1 or 0
 */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/hash.h"
#include "base/str.h"
#include "object/object_parts.h"

#define KCONFIG_MAX	(1u << 20)	/* bytes of all variables */
#define POISON_KFUNC	2002000000	/* + index of the extern */

static int bad_extern(const struct object *obj, const char *name,
		      const char *what, struct diag_sink *sink)
{
	return diag_report(sink, DIAG_OBJECT_EXTERN, &object_where(obj),
			   "extern %s: %s", name, what);
}

/* The undefined symbols by name. 0 or -ENOMEM. */
static int list_undefined(const struct object *obj, struct strmap *out)
{
	int err = 0;

	for (size_t i = 1; !err && i < obj->elf.symbols_cnt; i++) {
		const struct elf_symbol *sym = &obj->elf.symbols[i];

		if (sym->section == SHN_UNDEF && sym->bind != STB_LOCAL &&
		    sym->type == STT_NOTYPE && *sym->name)
			err = strmap_put(out, sym->name, i);
	}
	return err;
}

static int size_kconfig(struct object *obj, struct object_extern *ext,
			struct diag_sink *sink)
{
	int64_t size = btf_size(obj->btf, ext->btf_type);

	if (size <= 0 || size > KCONFIG_MAX)
		return bad_extern(obj, ext->name, "a type without a useful "
				  "size", sink);
	ext->size = (uint32_t)size;
	ext->align = btf_align(obj->btf, ext->btf_type);
	return 0;
}

static int add_extern(struct object *obj, const struct strmap *undefined,
		      uint32_t id, bool kconfig, struct diag_sink *sink)
{
	struct object_extern *ext = &obj->externs[obj->externs_cnt];
	const struct btf_type *t = btf_type(obj->btf, id);
	const char *name = btf_str(obj->btf, t->name_off);
	uint64_t symbol;

	if (!strmap_get(undefined, name, &symbol))
		return 0;
	obj->externs_cnt++;
	ext->symbol = (uint32_t)symbol;
	ext->weak = obj->elf.symbols[symbol].bind == STB_WEAK;
	ext->name = name;
	if (btf_kind(t) == BTF_KIND_FUNC && !kconfig) {
		ext->kind = EXTERN_KSYM_FUNC;
		ext->btf_type = id;
		return 0;
	}
	if (btf_kind(t) != BTF_KIND_VAR)
		return bad_extern(obj, name, "neither a variable nor a "
				  "function", sink);
	ext->btf_type = t->type;
	ext->kind = kconfig ? EXTERN_KCONFIG : EXTERN_KSYM_VAR;
	ext->typeless = !btf_skip_modifiers(obj->btf, t->type);
	return kconfig ? size_kconfig(obj, ext, sink) : 0;
}

static int add_section(struct object *obj, const struct strmap *undefined,
		       uint32_t datasec, bool kconfig, struct diag_sink *sink)
{
	const struct btf_type *t = btf_type(obj->btf, datasec);
	int err = 0;

	for (uint32_t i = 0; datasec && !err && i < btf_vlen(t); i++)
		err = add_extern(obj, undefined, btf_var_secinfos(t)[i].type,
				 kconfig, sink);
	return err;
}

/* .kconfig variables first, in the order of their map. */
static int extern_order(const void *a, const void *b)
{
	const struct object_extern *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->align != y->align)
		return x->align > y->align ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int layout_kconfig(struct object *obj, struct diag_sink *sink)
{
	uint64_t end = 0;
	int err;

	for (uint32_t i = 0; i < obj->externs_cnt; i++) {
		struct object_extern *ext = &obj->externs[i];

		if (ext->kind != EXTERN_KCONFIG)
			continue;
		end = align_up(end, MAX(ext->align, 1u));
		ext->offset = (uint32_t)end;
		end += ext->size;
		if (end > KCONFIG_MAX)
			return bad_extern(obj, ext->name, "too many bytes of "
					  "__kconfig variables", sink);
	}
	if (!end)
		return 0;
	err = object_add_data_map(obj, ".kconfig", end, sink);
	if (!err)
		obj->kconfig_map = (int32_t)obj->maps_cnt - 1;
	return err;
}

int object_read_externs(struct object *obj, struct diag_sink *sink)
{
	uint32_t kconfig = object_datasec(obj, ".kconfig");
	uint32_t ksyms = object_datasec(obj, ".ksyms");
	struct strmap undefined = { 0 };
	size_t room;
	int err;

	if (!obj->btf)
		return 0;
	room = (kconfig ? btf_vlen(btf_type(obj->btf, kconfig)) : 0) +
	       (ksyms ? btf_vlen(btf_type(obj->btf, ksyms)) : 0);
	if (!room)
		return 0;
	obj->externs = arena_array(&obj->arena, room, sizeof(*obj->externs));
	err = obj->externs ? list_undefined(obj, &undefined) : -1;
	if (err)
		err = object_no_memory(obj, sink);
	if (!err)
		err = add_section(obj, &undefined, kconfig, true, sink);
	if (!err)
		err = add_section(obj, &undefined, ksyms, false, sink);
	strmap_fini(&undefined);
	if (err)
		return err;
	qsort(obj->externs, obj->externs_cnt, sizeof(*obj->externs),
	      extern_order);
	return layout_kconfig(obj, sink);
}

static void apply_load(const struct object *obj, struct bpf_insn *insn,
		       const struct object_extern *ext)
{
	uint64_t value = ext->kind == EXTERN_KSYM_FUNC ? ext->resolved :
			 ext->address;

	if (ext->kind == EXTERN_KCONFIG) {
		insn[0].src_reg = BPF_PSEUDO_MAP_VALUE;
		insn[0].imm = obj->kconfig_map;
		insn[1].imm = (int32_t)ext->offset;
		return;
	}
	if (ext->kernel_id)
		value = ext->kernel_id;
	insn[0].src_reg = ext->kernel_id ? BPF_PSEUDO_BTF_ID : 0;
	insn[0].imm = (int32_t)(uint32_t)value;
	insn[1].imm = (int32_t)(uint32_t)(value >> 32);
}

static void apply_call(struct bpf_insn *insn, const struct object_extern *ext,
		       uint32_t index)
{
	insn->off = 0;
	insn->src_reg = ext->resolved ? BPF_PSEUDO_KFUNC_CALL : 0;
	insn->imm = ext->resolved ? (int32_t)ext->kfunc :
		    (int32_t)(POISON_KFUNC + index);
}

static int apply(struct object *obj, struct object_code *code,
		 const struct object_relo *relo, struct diag_sink *sink)
{
	const struct object_extern *ext = &obj->externs[relo->target];

	if (relo->kind == RELO_EXTERN_LOAD)
		apply_load(obj, &code->insns[relo->insn], ext);
	else if (ext->kind == EXTERN_KSYM_FUNC)
		apply_call(&code->insns[relo->insn], ext, relo->target);
	else
		return bad_extern(obj, ext->name, "called, but a variable",
				  sink);
	return 0;
}

int object_apply_externs(struct object *obj, struct diag_sink *sink)
{
	int err = 0;

	for (uint32_t i = 0; i < obj->codes_cnt; i++) {
		struct object_code *code = &obj->codes[i];

		for (uint32_t r = 0; !err && r < code->relos_cnt; r++) {
			if (code->relos[r].kind >= RELO_EXTERN_CALL)
				err = apply(obj, code, &code->relos[r], sink);
		}
	}
	return err;
}
