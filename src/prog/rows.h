/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of context tables share: the layouts that spec/progs.def
 * names, the words of a field's rights, and rows without a native field.
 *
 *	NO	no access		R	whole loads only
 *	RN	loads of any aligned part
 *	RW	whole loads and stores	RWN	stores whole, loads of any part
 *	RH	loads of any size at the field's first byte
 */
#ifndef SKEP_PROG_ROWS_H
#define SKEP_PROG_ROWS_H

#include "prog/ctx.h"

#define PROG(id, name, text, since, have, test_run, layout, ...) \
	extern const struct ctx_layout ctx_##layout;
#include "spec/progs.def"
#undef PROG

#define NO	0
#define R	CTX_READ
#define RN	(CTX_READ | CTX_NARROW)
#define RH	(CTX_READ | CTX_HEAD)
#define RW	(CTX_READ | CTX_WRITE)
#define RWN	(CTX_READ | CTX_WRITE | CTX_NARROW)

/* { "mark", offset and size of bpf_sock.mark, CTX_SCALAR, RW, more } */
#define CTX_FIELD(type, field, kind_, access_, ...) \
	CTX_PART(#field, offsetof(type, field), sizeof_field(type, field), \
		 kind_, access_, ##__VA_ARGS__)
#define CTX_PART(name_, off_, size_, kind_, access_, ...) \
	{ .name = name_, .off = off_, .size = size_, .kind = CTX_##kind_, \
	  .access = access_, ##__VA_ARGS__ }

#define CTX_ROWS(table)	.fields = table, .fields_cnt = ARRAY_SIZE(table)

#endif
