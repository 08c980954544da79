/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of progs.def, maps.def, attach.def, helpers.def and features.def
 * as enums and tables. Instructions are in isa/insn.h, diagnostics in
 * spec/diags.h.
 */
#ifndef SKEP_SPEC_SPEC_H
#define SKEP_SPEC_SPEC_H

#include "base/compiler.h"

/* A kernel release, comparable as a number; 0 when no kernel has it. */
#define KERNEL_RELEASE(major, minor)	((major) << 8 | (minor))

enum prog_type {
#define PROG(id, name, ...) PROG_TYPE_##name = (id),
#include "spec/progs.def"
#undef PROG
	PROG_TYPE_END
};

enum map_type {
#define MAP(id, name, ...) MAP_TYPE_##name = (id),
#include "spec/maps.def"
#undef MAP
	MAP_TYPE_END
};

enum attach_type {
#define ATTACH(id, name, ...) ATTACH_TYPE_##name = (id),
#include "spec/attach.def"
#undef ATTACH
	ATTACH_TYPE_END
};

enum helper_id {
	HELPER_unspec,
#define HELPER(id, name, ...) HELPER_##name = (id),
#include "spec/helpers.def"
#undef HELPER
	HELPER_END
};

/* What a helper demands of an argument. MEM kinds pair with the SIZE after. */
enum arg_kind {
	ARG_NONE,		/* the helper has no such argument */
	ARG_ANY,		/* any value, not looked at as a pointer */
	ARG_VARARG,		/* the same, and need not be set at all */
	ARG_CTX,		/* the program's context, unmodified */
	ARG_CTX_OR_NULL,
	ARG_CTX_OR_BTF,		/* kernel objects where programs are typed */
	ARG_CTX_OR_SOCK,	/* likewise, a BTF_SOCK_COMMON */
	ARG_MAP,		/* a constant map pointer */
	ARG_MAP_KEY,		/* readable, key_size of the map before it */
	ARG_MAP_KEY_OR_NULL,
	ARG_MAP_VALUE,		/* readable, value_size of that map */
	ARG_MAP_VALUE_OR_NULL,
	ARG_MAP_VALUE_OUT,	/* writable, value_size; need not be set */
	ARG_MEM,		/* readable, as long as the SIZE after it */
	ARG_MEM_OR_NULL,
	ARG_MEM_OUT,		/* writable, need not be initialised */
	ARG_MEM_OUT_OR_NULL,
	ARG_MEM_INOUT,		/* readable and writable */
	ARG_INT_OUT,		/* writable, 4 bytes, aligned */
	ARG_INT_INOUT,		/* readable and writable, 4 bytes, aligned */
	ARG_LONG_OUT,		/* writable, 8 bytes, aligned */
	ARG_SIZE,		/* a size of at least 1 */
	ARG_SIZE_OR_ZERO,
	ARG_IPHDR,		/* readable, struct iphdr without options */
	ARG_IPV6HDR,
	ARG_TCPHDR,
	ARG_ALLOC_SIZE,		/* a constant: bytes to allocate */
	ARG_RINGBUF_MEM,	/* a record from ringbuf_reserve */
	ARG_FUNC,		/* a callback: a subprogram's address */
	ARG_STACK_OR_NULL,	/* into the stack; handed to the callback */
	ARG_CONST_STR,		/* a NUL-terminated constant in .rodata */
	ARG_SPIN_LOCK,
	ARG_TIMER,
	ARG_KPTR,
	ARG_DYNPTR,
	ARG_DYNPTR_OUT,
	ARG_SOCKET,		/* a full socket */
	ARG_SOCKET_OR_NULL,
	ARG_SOCK_COMMON,	/* any socket, full or not */
	ARG_BTF_SOCK_COMMON,	/* the same, or a kernel one by BTF */
	ARG_BTF_ID,		/* a kernel object by BTF */
	ARG_BTF_ID_OR_NULL,
	ARG_PERCPU_BTF_ID,
	ARG_KIND_CNT
};

/* What a helper gives back in r0. */
enum ret_kind {
	RET_ANY,		/* an integer */
	RET_VOID,
	RET_MAP_VALUE_OR_NULL,
	RET_MAP_VALUE,
	RET_MEM_OR_NULL,	/* of the ALLOC_SIZE argument */
	RET_MEM,
	RET_DYNPTR_MEM_OR_NULL,
	RET_SOCKET_OR_NULL,
	RET_SOCK_COMMON_OR_NULL,
	RET_TCP_SOCK_OR_NULL,
	RET_BTF_ID_OR_NULL,
	RET_BTF_ID,
	RET_MEM_OR_BTF_ID_OR_NULL, /* a kernel variable, by its type */
	RET_MEM_OR_BTF_ID,
	RET_KIND_CNT
};

enum helper_flags {
	HELPER_GPL		= 1 << 0, /* GPL-compatible programs only */
	HELPER_PURE		= 1 << 1, /* no effect but its result */
	HELPER_ACQUIRES		= 1 << 2, /* result must be released */
	HELPER_RELEASES		= 1 << 3, /* argument 1 is given back */
	HELPER_MOVES_PACKET	= 1 << 4, /* packet pointers die */
	HELPER_SLEEPS		= 1 << 5, /* sleepable programs only */
	HELPER_CALLBACK		= 1 << 6, /* runs a subprogram */
	HELPER_PKT		= 1 << 7, /* takes packet memory */
	HELPER_FASTCALL		= 1 << 8, /* keeps r1 to r5 */
	HELPER_PRIVILEGED	= 1 << 9, /* CAP_BPF or CAP_PERFMON */
};

/* HAVE: who does a helper's work. */
enum helper_have {
	HELPER_HAVE_NO,
	HELPER_HAVE_YES,		/* a function in src/helper/ */
	HELPER_HAVE_ENG,		/* each engine itself */
};

enum map_traits {
	MAP_INDEX		= 1 << 0, /* key: a 4-byte index or fd */
	MAP_PERCPU		= 1 << 1, /* one value per CPU and key */
	MAP_NO_KEY		= 1 << 2, /* key_size must be 0 */
	MAP_INNER		= 1 << 3, /* values are maps */
};

/* The bit of a program type in a mask of them. */
#define PROG_BIT(name)	(1ull << PROG_TYPE_##name)

struct prog_row {
	enum prog_type id;
	const char *name;	/* "xdp": the UAPI name in lower case */
	uint32_t since;		/* KERNEL_RELEASE */
	bool have;
	bool test_run;		/* the kernel has BPF_PROG_TEST_RUN for it */
	const char *context;	/* "xdp_md"; "" when it has no such struct */
	const char *doc;
};

struct map_row {
	enum map_type id;
	const char *name;
	uint32_t since;
	bool have;
	uint32_t traits;	/* enum map_traits */
	uint32_t flags;		/* the BPF_F_* that creating it may carry */
	const char *doc;
};

struct attach_row {
	enum attach_type id;
	const char *name;
	uint32_t since;
	bool have;
	uint64_t progs;		/* PROG_BIT of each type that may */
	const char *doc;
};

struct helper_row {
	enum helper_id id;
	const char *name;	/* "map_lookup_elem" */
	const char *c_name;	/* "bpf_map_lookup_elem" */
	uint32_t since;
	enum helper_have have;
	const char *doc;
	uint32_t flags;		/* enum helper_flags */
	uint64_t progs;		/* PROG_BIT of each type that may call it */
	enum ret_kind ret;
	enum arg_kind args[5];
	const char *ret_text, *args_text[5];	/* "MAP_KEY"; "_" for none */
	const char *flags_text;			/* "PKT | PURE", "0" */
};

struct feature_row {
	const char *name;	/* "load-core" */
	bool have;
	const char *doc;
};

extern const struct prog_row prog_rows[];
extern const struct map_row map_rows[];
extern const struct attach_row attach_rows[];
extern const struct helper_row helper_rows[];
extern const struct feature_row feature_rows[];
extern const size_t prog_rows_cnt, map_rows_cnt, attach_rows_cnt,
		    helper_rows_cnt, feature_rows_cnt;

/* The row of a number or a name; NULL when there is none. */
const struct prog_row *prog_row(uint32_t id);
const struct prog_row *prog_row_by_name(const char *name);
const struct map_row *map_row(uint32_t id);
const struct map_row *map_row_by_name(const char *name);
const struct attach_row *attach_row(uint32_t id);
const struct attach_row *attach_row_by_name(const char *name);
const struct helper_row *helper_row(uint32_t id);
const struct helper_row *helper_row_by_name(const char *name);

/*
 * The types (1 << enum map_type) that the MAP argument of a helper may be of;
 * 0 for a helper without one.
 */
uint64_t helper_map_types(uint32_t id);

/* Is it one of those types? False for a number that is no type. */
static inline bool map_type_in(uint64_t types, uint32_t type)
{
	return type < MAP_TYPE_END && types >> type & 1;
}

/*
 * May a program of `type`, attached as `attach` (enum attach_type, 0 when not
 * told), call the helper? Freplace is judged as what it replaces.
 */
bool helper_callable(const struct helper_row *row, enum prog_type type,
		     uint32_t attach);

#endif
