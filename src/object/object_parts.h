/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object's inside, for the files of object/ alone. Opening fills these
 * in the order of object.c's list of passes; each pass may lean on those
 * before it. All memory is the object's arena.
 */
#ifndef SKEP_OBJECT_OBJECT_PARTS_H
#define SKEP_OBJECT_OBJECT_PARTS_H

#include <linux/bpf.h>

#include "btf/btf.h"
#include "btf/ext.h"
#include "elf/elf.h"
#include "object/object.h"
#include "spec/diags.h"

/* What a section is to us; `index` counts within its role. */
enum section_role {
	ROLE_NONE,
	ROLE_CODE,		/* index into codes */
	ROLE_DATA,		/* index into maps */
	ROLE_BTF_MAPS,
	ROLE_LEGACY_MAPS,
	ROLE_ARENA,		/* global data that lies in the arena map */
};

struct object_section {
	enum section_role role;
	uint32_t index;
};

enum relo_kind {
	RELO_CALL,		/* target: function */
	RELO_FUNC_ADDR,		/* target: function */
	RELO_EXTERN_CALL,	/* target: extern */
	RELO_EXTERN_LOAD,	/* target: extern */
};

/* What linking still has to do; references to maps are done at opening. */
struct object_relo {
	uint32_t insn;		/* slot within the section */
	enum relo_kind kind;
	uint32_t target;	/* index into funcs or externs */
};

/* An executable section. */
struct object_code {
	const struct elf_section *sec;
	struct bpf_insn *insns;	/* our copy, relocated step by step */
	const struct bpf_insn *pristine;	/* as opened, once linked */
	uint32_t cnt;
	struct object_relo *relos;	/* sorted by insn */
	uint32_t relos_cnt;
	const bool *unnamed;	/* slots that lack a relocation; NULL: none */
	const struct btf_ext_section *ext;	/* NULL without .BTF.ext */
	uint32_t func, funcs_cnt;	/* its functions are contiguous */
};

/* A function symbol; sorted by code and start, disjoint. */
struct object_func {
	const char *name;
	uint32_t code;		/* index into codes */
	uint32_t start, cnt;	/* slots within the section */
	uint32_t btf_func;	/* 0 unknown */
	bool global;
	int32_t prog;		/* index into progs, -1 for a subprogram */
	int32_t exception;	/* a program's callback of bpf_throw, or -1 */
	bool exceptions;	/* it names more than one */
	bool needed;		/* by a program to load; set when linking */
};

enum extern_kind {
	EXTERN_KCONFIG,
	EXTERN_KSYM_VAR,
	EXTERN_KSYM_FUNC,
};

struct object_extern {
	const char *name;	/* with its ___flavour */
	uint32_t symbol;	/* index into the ELF symbols */
	enum extern_kind kind;
	uint32_t btf_type;	/* of the variable; FUNC's id for functions */
	bool weak, typeless, resolved;
	bool needed;		/* by a program to load; set when linking */
	uint32_t offset, size, align;	/* KCONFIG: within the map's value */
	uint64_t address;	/* KSYM_VAR */
	uint32_t kernel_id;	/* KSYM_VAR: of the kernel's types, or 0 */
	uint32_t kfunc;		/* KSYM_FUNC: index into kfuncs */
};

/* A member of a struct_ops variable that points to a program. */
struct object_op {
	uint32_t prog;
	const char *type, *member;	/* the local type's and its name */
};

struct object {
	struct arena arena;
	struct elf_file elf;
	const char *path;
	char name[16];		/* libbpf's: file name up to the first dot */
	struct btf *btf;	/* NULL without .BTF */
	struct btf_ext ext;
	const char *target_btf;	/* of the last link */
	struct btf *kernel;	/* the types there, NULL until needed */
	const char *license;
	uint32_t version;	/* of the version section, 0 without */
	bool gas;		/* assembled by binutils; see relocs.c */

	struct object_section *sections;	/* one per ELF section */
	struct object_code *codes;
	uint32_t codes_cnt;
	struct object_func *funcs;
	uint32_t funcs_cnt;
	struct object_extern *externs;
	uint32_t externs_cnt;
	int32_t kconfig_map;	/* index into maps, -1 without */
	const char **kfuncs;
	uint32_t kfuncs_cnt;
	struct object_op *ops;
	uint32_t ops_cnt, ops_cap;

	struct object_map *maps;
	uint32_t *map_offsets;	/* each map's place in its ELF section */
	uint32_t maps_cnt, maps_cap;
	struct map **map_refs;	/* every program's `maps` */
	struct prog *progs;
	uint32_t progs_cnt;
};

#define object_where(obj) \
	((const struct diag_where){ .file = (obj)->path, .insn = -1 })

/* Passes of object_open, in this order. 0 or -E with a diagnostic. */
int object_read_sections(struct object *obj, struct diag_sink *sink);
int object_read_btf(struct object *obj, struct diag_sink *sink);
int object_read_funcs(struct object *obj, struct diag_sink *sink);
int object_read_btf_maps(struct object *obj, struct diag_sink *sink);
int object_read_legacy_maps(struct object *obj, struct diag_sink *sink);
int object_read_data(struct object *obj, struct diag_sink *sink);
int object_read_externs(struct object *obj, struct diag_sink *sink);
int object_read_slots(struct object *obj, struct diag_sink *sink);
int object_read_ops(struct object *obj, struct diag_sink *sink);
int object_read_relocs(struct object *obj, struct diag_sink *sink);

/* Passes of object_link, in this order. */
int object_find_needed(struct object *obj, struct diag_sink *sink);
int object_check_named(struct object *obj, struct diag_sink *sink);
int object_resolve_kconfig(struct object *obj, struct diag_sink *sink);
int object_resolve_ksyms(struct object *obj,
			 const struct object_options *options,
			 struct diag_sink *sink);
int object_apply_externs(struct object *obj, struct diag_sink *sink);
int object_apply_core(struct object *obj, struct diag_sink *sink);
void object_size_maps(struct object *obj);
int object_attach_progs(struct object *obj, struct diag_sink *sink);
int object_link_progs(struct object *obj, struct diag_sink *sink);

/* A map for `size` zero bytes of global data in `section`. 0 or -ENOMEM. */
int object_add_data_map(struct object *obj, const char *section, size_t size,
			struct diag_sink *sink);

/* A new zeroed map that lies at `offset` of its section, or NULL. */
struct object_map *object_add_map(struct object *obj, const char *section,
				  uint32_t offset);

/* Index of the map at `offset` of ELF section `sec`, or -1. */
int32_t object_map_at(const struct object *obj, const struct elf_section *sec,
		      uint64_t offset);

/* The function that starts at slot `start` of code section `code`, or -1. */
int32_t object_func_at(const struct object *obj, uint32_t code,
		       uint64_t start);

/* The function that slot `insn` of `code` lies in, or -1. */
int32_t object_func_around(const struct object *obj, uint32_t code,
			   uint64_t insn);

/* True for a call of a subprogram and for a load of one's address. */
bool insn_is_reference(const struct bpf_insn *insn);

/* The function that the reference in slot `pc` of `code` names, or -1. */
int32_t object_reference(const struct object *obj, uint32_t code,
			 uint32_t pc);

/* Index of the program that a symbol names, or -1. */
int32_t object_prog_of(const struct object *obj,
		       const struct elf_symbol *sym);

/* The relocation of slot `insn`, or NULL. */
const struct object_relo *object_relo_at(const struct object_code *code,
					 uint32_t insn);

/* Id of the DATASEC of that name, 0 without BTF or without one. */
uint32_t object_datasec(const struct object *obj, const char *name);

static inline bool insn_is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static inline bool insn_is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

/* Slots of the instruction at insns[i] of cnt. */
static inline uint32_t insn_step(const struct bpf_insn *insn)
{
	return insn_is_wide(insn) ? 2 : 1;
}

static inline int object_no_memory(const struct object *obj,
				   struct diag_sink *sink)
{
	return diag_report(sink, DIAG_NO_MEMORY, &object_where(obj),
			   "loading the object");
}

#endif
