/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An object file as libbpf's conventions read it: programs by SEC(), maps
 * by BTF or legacy definition, global data as maps, externs, CO-RE.
 *
 * Two phases, so that a user can set things in between:
 *	object_open	parses and checks; nothing of the host is looked at
 *	object_link	resolves externs and CO-RE, links subprograms, and
 *			leaves each program in the linked form of prog/prog.h
 * The runtime (vm/) then creates the maps and publishes the programs.
 */
#ifndef SKEP_OBJECT_OBJECT_H
#define SKEP_OBJECT_OBJECT_H

#include "base/arena.h"
#include "map/map.h"
#include "prog/prog.h"

struct object;

/* An initial slot of a prog array or map-in-map: values = { [3] = &x }. */
struct object_slot {
	uint32_t index;
	int32_t map, prog;	/* index into the object's, the other is -1 */
};

struct object_map {
	struct map_def def;
	const char *section;	/* ".maps", ".rodata", ... */
	bool internal;		/* made from a data section */
	bool readonly;		/* .rodata, .kconfig: freeze after filling */
	bool pin_by_name;	/* LIBBPF_PIN_BY_NAME */
	bool used;		/* some program refers to it */
	uint8_t *data;		/* initial value of an internal map */
	const struct object_slot *slots;
	uint32_t slots_cnt;
	struct map *map;	/* set by the runtime */
};

struct object_options {
	const char *target_btf;	/* the kernel's types; NULL: vmlinux's */
	struct btf *kernel;	/* the same, parsed already; or NULL */
	bool relaxed_ksyms;	/* unknown strong ksyms are no error */
	/*
	 * Linked as for the kernel, to be looked at and not to be run: its
	 * variables and functions are there when its types have them.
	 */
	bool as_kernel;
	const char *const *kfuncs; /* the runtime has, NULL-ended; or NULL */
};

/* What a SEC() text means; see spec/sections.def. */
struct section_meaning {
	enum prog_type type;
	uint32_t attach_type;
	uint32_t flags;			/* BPF_F_SLEEPABLE, BPF_F_XDP_... */
	const char *target;		/* what follows the '/', or NULL */
};

/* False when libbpf 1.x knows no such pattern. `target` borrows `sec`. */
bool section_parse(const char *sec, struct section_meaning *out);

/*
 * Opens an object from a file or from memory (copied). 0, or a negative errno
 * with a diagnostic that says what is wrong where in the file.
 */
int object_open(struct object **out, const char *path,
		struct diag_sink *sink);
int object_open_memory(struct object **out, const void *data, size_t size,
		       const char *name, struct diag_sink *sink);
void object_close(struct object *obj);	/* NULL is fine */

/*
 * Sets a global variable of .rodata, .data or .bss by its C name before
 * link: integers, enums by name or number, bool, char arrays as "text", and
 * 0x.. byte strings for the rest. a.b and a[3] name parts. 0, -ENOENT,
 * -EINVAL, -ERANGE, each with a diagnostic; nothing is written then.
 */
int object_set_variable(struct object *obj, const char *name,
			const char *value, struct diag_sink *sink);

/*
 * Resolves and links; a second time begins anew, as long as nothing of the
 * object runs. Only programs whose `load` is set are linked, and those in the
 * initial slots of a prog array that such a program names, whose `load` is
 * then set too. Opening sets it for all but SEC("?..."); until link a user
 * may set and clear it. What only other programs need (CO-RE fields, externs)
 * may be missing.
 *
 * Every linked program's `maps` is one array in the order of object_maps, all
 * NULL until the runtime puts the maps in. A weak kfunc that options->kfuncs
 * does not name is missing; a strong one is listed for the runtime to refuse.
 * `options` may be NULL. 0, or a negative errno with a diagnostic; no program
 * has instructions then.
 */
int object_link(struct object *obj, const struct object_options *options,
		struct diag_sink *sink);

/*
 * The types that the last link was given or has opened, opened now when there
 * was no need before. Borrowed until the next link. 0 or a negative errno
 * with a diagnostic.
 */
int object_kernel(struct object *obj, struct btf **out,
		  struct diag_sink *sink);

const char *object_path(const struct object *obj);
struct btf *object_btf(const struct object *obj);	/* borrowed or NULL */

/* Programs and maps; arrays live as long as the object. */
struct prog *object_progs(struct object *obj, uint32_t *cnt);
struct object_map *object_maps(struct object *obj, uint32_t *cnt);

/* By C name; for programs also by section name. NULL when there is none. */
struct prog *object_prog(struct object *obj, const char *name);

#endif
