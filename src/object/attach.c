/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs attach to, by the kernel's types: functions and hooks that
 * SEC() names, and the members of struct_ops variables. A variable of a
 * .struct_ops section is a table of functions; each of its function pointers
 * is a relocation that names a program, and the member at that place says
 * which function of the kernel's structure the program implements.
 *
 * A target that the kernel does not have is no error here: only a program
 * that is verified needs it. Not here: types of kernel modules, and of the
 * programs that freplace replaces.
 */
#include <string.h>

#include "base/str.h"
#include "object/core.h"

#define ANY_ATTACH	UINT32_MAX

/* How the kernel's types name what a section's target names. */
static const struct {
	enum prog_type type;
	uint32_t attach;
	const char *prefix;
	uint32_t kind;
} places[] = {
	{ PROG_TYPE_TRACING, ATTACH_TYPE_TRACE_RAW_TP, "btf_trace_",
	  BTF_KIND_TYPEDEF },
	{ PROG_TYPE_TRACING, ATTACH_TYPE_TRACE_ITER, "bpf_iter_",
	  BTF_KIND_FUNC },
	{ PROG_TYPE_TRACING, ANY_ATTACH, "", BTF_KIND_FUNC },
	{ PROG_TYPE_LSM, ANY_ATTACH, "bpf_lsm_", BTF_KIND_FUNC },
};

/* The prototype behind a function, or a typedef of a pointer to one; 0. */
static uint32_t proto_of(const struct btf *btf, uint32_t id)
{
	for (uint32_t hops = 0; id && hops < CORE_DEPTH; hops++) {
		const struct btf_type *t = btf_type(btf, id);
		uint32_t kind = btf_kind(t);

		if (kind == BTF_KIND_FUNC_PROTO)
			return id;
		if (kind != BTF_KIND_FUNC && kind != BTF_KIND_TYPEDEF &&
		    kind != BTF_KIND_PTR && kind != BTF_KIND_CONST)
			return 0;
		id = t->type;
	}
	return 0;
}

/* "vfs_read" of "vmlinux:vfs_read". */
static const char *without_module(const char *target)
{
	const char *colon = strrchr(target, ':');

	return colon ? colon + 1 : target;
}

static int find_place(struct object *obj, const struct btf *kernel,
		      struct prog *prog, size_t place)
{
	struct prog_attach *attach = &prog->attach;
	char *name = arena_printf(&obj->arena, "%s%s", places[place].prefix,
				  without_module(attach->target));

	if (!name)
		return -1;
	attach->btf = kernel;
	attach->func = btf_find(kernel, name, places[place].kind);
	attach->proto = proto_of(kernel, attach->func);
	return 0;
}

static int attach_by_name(struct object *obj, const struct btf *kernel,
			  struct prog *prog)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].type == prog->type &&
		    (places[i].attach == ANY_ATTACH ||
		     places[i].attach == prog->attach_type))
			return find_place(obj, kernel, prog, i);
	return 0;
}

/* The member's index, or -1. */
static int64_t find_member(const struct btf *btf, uint32_t type,
			   const char *name)
{
	const struct btf_type *t = btf_type(btf, type);

	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (str_eq(btf_str(btf, btf_members(t)[i].name_off), name))
			return i;
	return -1;
}

static int attach_op(struct object *obj, const struct btf *kernel,
		     const struct object_op *op)
{
	struct prog_attach *attach = &obj->progs[op->prog].attach;
	const char *type = arena_strndup(&obj->arena, op->type,
					 core_name_len(op->type));
	int64_t member;

	if (obj->progs[op->prog].type != PROG_TYPE_STRUCT_OPS)
		return 0;
	if (!type)
		return -1;
	attach->btf = kernel;
	attach->target = op->member;
	attach->ops = btf_find(kernel, type, BTF_KIND_STRUCT);
	member = attach->ops ? find_member(kernel, attach->ops, op->member) :
		 -1;
	if (member < 0) {
		attach->ops = 0;
		return 0;
	}
	attach->member = (uint32_t)member;
	attach->proto = proto_of(kernel, btf_members(btf_type(kernel,
					 attach->ops))[member].type);
	return 0;
}

/* Whether some program to load is of a kind that needs the kernel's types. */
static bool any_attached(const struct object *obj)
{
	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		enum prog_type type = obj->progs[i].type;

		if (obj->progs[i].load &&
		    (type == PROG_TYPE_TRACING || type == PROG_TYPE_LSM ||
		     type == PROG_TYPE_STRUCT_OPS))
			return true;
	}
	return false;
}

int object_attach_progs(struct object *obj, struct diag_sink *sink)
{
	struct btf *kernel;
	int err;

	if (!any_attached(obj))
		return 0;
	err = object_kernel(obj, &kernel, sink);
	if (err)
		return err;
	for (uint32_t i = 0; !err && i < obj->progs_cnt; i++)
		if (obj->progs[i].load && obj->progs[i].attach.target)
			err = attach_by_name(obj, kernel, &obj->progs[i]);
	for (uint32_t i = 0; !err && i < obj->ops_cnt; i++)
		err = attach_op(obj, kernel, &obj->ops[i]);
	return err ? object_no_memory(obj, sink) : 0;
}

static bool is_ops_section(const char *name)
{
	if (*name == '?')
		name++;
	return str_eq(name, ".struct_ops") || str_eq(name, ".struct_ops.link");
}

static struct object_op *add_op(struct object *obj)
{
	uint32_t cap = obj->ops_cap ? obj->ops_cap * 2 : 16;
	struct object_op *grown;

	if (obj->ops_cnt < obj->ops_cap)
		return &obj->ops[obj->ops_cnt++];
	grown = arena_array(&obj->arena, cap, sizeof(*grown));
	if (!grown)
		return NULL;
	if (obj->ops_cnt)
		memcpy(grown, obj->ops, obj->ops_cnt * sizeof(*grown));
	obj->ops = grown;
	obj->ops_cap = cap;
	return &obj->ops[obj->ops_cnt++];
}

/* The structure whose variable holds byte `offset` of the section, or 0. */
static uint32_t variable_at(const struct btf *btf, uint32_t datasec,
			    uint64_t *offset)
{
	const struct btf_type *t = btf_type(btf, datasec);

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(t)[i];
		uint32_t type = btf_type(btf, info->type)->type;

		if (*offset < info->offset ||
		    *offset - info->offset >= info->size ||
		    btf_kind(btf_type(btf, info->type)) != BTF_KIND_VAR)
			continue;
		type = btf_skip_modifiers(btf, type);
		if (btf_kind(btf_type(btf, type)) != BTF_KIND_STRUCT)
			return 0;
		*offset -= info->offset;
		return type;
	}
	return 0;
}

/* A relocation of a struct_ops section; those of other things are left. */
static int read_op(struct object *obj, uint32_t datasec,
		   const struct elf_reloc *reloc)
{
	int32_t prog = object_prog_of(obj, &obj->elf.symbols[reloc->symbol]);
	uint64_t offset = reloc->offset;
	uint32_t type = variable_at(obj->btf, datasec, &offset);
	const struct btf_type *t = btf_type(obj->btf, type);
	struct object_op *op;

	if (prog < 0 || !type)
		return 0;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (btf_member_bit_offset(t, i) != offset * 8)
			continue;
		op = add_op(obj);
		if (!op)
			return -1;
		op->prog = (uint32_t)prog;
		op->type = btf_type_name(obj->btf, type);
		op->member = btf_str(obj->btf, btf_members(t)[i].name_off);
		return 0;
	}
	return 0;
}

static int read_ops_section(struct object *obj, const struct elf_section *sec,
			    struct diag_sink *sink)
{
	uint32_t datasec = object_datasec(obj, sec->name);
	const struct elf_reloc *relocs;
	size_t cnt;
	int err;

	if (!datasec)
		return 0;
	err = elf_relocs(&obj->elf, sec, &relocs, &cnt, sink);
	if (err)
		return err;
	for (size_t i = 0; i < cnt; i++)
		if (read_op(obj, datasec, &relocs[i]))
			return object_no_memory(obj, sink);
	return 0;
}

int object_read_ops(struct object *obj, struct diag_sink *sink)
{
	int err = 0;

	for (size_t i = 1; !err && i < obj->elf.sections_cnt; i++)
		if (is_ops_section(obj->elf.sections[i].name))
			err = read_ops_section(obj, &obj->elf.sections[i],
					       sink);
	return err;
}
