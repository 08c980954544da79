/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_typed.h"

#include <stdlib.h>

#include "../unit/btf_blob.h"
#include "btf/btf.h"

enum {
	NONE, INT, LOCK, TIMER, WQ, HEAD, LIST_NODE, ROOT, RB_NODE, NODE,
	TASK, TAG, TASK_PTR, VALUE,
};

static struct btf *types;

#define MEMBER(name, type, off)	blob_str(blob, name), type, (off) * 8

/* A struct of the kernel's that is numbers for whoever looks in. */
static void add_opaque(struct btf_blob *blob, const char *name, uint32_t size)
{
	if (size == 4)
		blob_type(blob, name, INFO(BTF_KIND_STRUCT, 1), size,
			  MEMBER("val", INT, 0));
	else
		blob_type(blob, name, INFO(BTF_KIND_STRUCT, 0), size);
}

static void add_value(struct btf_blob *blob)
{
	blob_type(blob, "task_struct", INFO(BTF_KIND_FWD, 0), 0);
	blob_type(blob, "kptr", INFO(BTF_KIND_TYPE_TAG, 0), TASK);
	blob_type(blob, "", INFO(BTF_KIND_PTR, 0), TAG);
	blob_type(blob, "value", INFO(BTF_KIND_STRUCT, 7), 96,
		  MEMBER("lock", LOCK, 0), MEMBER("timer", TIMER, 8),
		  MEMBER("task", TASK_PTR, 24), MEMBER("head", HEAD, 32),
		  MEMBER("root", ROOT, 48), MEMBER("wq", WQ, 64),
		  MEMBER("number", INT, 80));
	blob_type(blob, "contains:node:in_list", INFO(BTF_KIND_DECL_TAG, 0),
		  VALUE, 3);
	blob_type(blob, "contains:node:in_tree", INFO(BTF_KIND_DECL_TAG, 0),
		  VALUE, 4);
}

void verify_typed_init(void)
{
	static struct btf_blob room;
	static uint8_t bytes[sizeof(room)];
	struct btf_blob *blob = &room;

	blob_init(blob);
	blob_type(blob, "int", INFO(BTF_KIND_INT, 0), 4,
		  BTF_INT_SIGNED << 24 | 32);
	add_opaque(blob, "bpf_spin_lock", 4);
	add_opaque(blob, "bpf_timer", 16);
	add_opaque(blob, "bpf_wq", 16);
	add_opaque(blob, "bpf_list_head", 16);
	add_opaque(blob, "bpf_list_node", 24);
	add_opaque(blob, "bpf_rb_root", 16);
	add_opaque(blob, "bpf_rb_node", 32);
	blob_type(blob, "node", INFO(BTF_KIND_STRUCT, 3), 72,
		  MEMBER("in_list", LIST_NODE, 0),
		  MEMBER("in_tree", RB_NODE, 24), MEMBER("data", INT, 64));
	add_value(blob);
	if (btf_parse(&types, bytes, blob_write(blob, bytes), "fuzz", NULL))
		abort();
}

void verify_typed_map(struct verify_map *map)
{
	map->btf = types;
	map->btf_key = INT;
	map->btf_value = VALUE;
}

struct btf *verify_typed_btf(void)
{
	return types;
}
