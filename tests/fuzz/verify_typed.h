/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of a map's value that has what only kernel code may touch:
 *
 *	 0  bpf_spin_lock		48  bpf_rb_root of struct node
 *	 8  bpf_timer			64  bpf_wq
 *	24  kptr to a task		80  numbers
 *	32  bpf_list_head of struct node
 */
#ifndef SKEP_FUZZ_VERIFY_TYPED_H
#define SKEP_FUZZ_VERIFY_TYPED_H

#include "verify/verify.h"

/* Once, before the others. */
void verify_typed_init(void);

/* The map's types: of its value, and borrowed for ever. */
void verify_typed_map(struct verify_map *map);

/* The same types, as a program's own: for bpf_obj_new. */
struct btf *verify_typed_btf(void);

#endif
