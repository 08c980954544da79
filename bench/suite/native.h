/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The suite's programs as C of this machine: what <linux/bpf.h> and
 * <bpf/bpf_helpers.h> are to BPF. Each program becomes a shared object whose
 * function and maps are found by name.
 *
 * Maps are skep's, with skep's own code, which is included and inlined, and
 * what a map definition says is constant in it. The first word of a map's
 * definition, unused otherwise, is where its memory is: `skep bench` writes
 * it before the first run (enum native_map in cli/bench_native.h says what).
 */
#ifndef SKEP_BENCH_NATIVE_H
#define SKEP_BENCH_NATIVE_H

#define xdp_md		uapi_xdp_md
#define __sk_buff	uapi_sk_buff
#include <linux/bpf.h>
#undef xdp_md
#undef __sk_buff

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/bits.h"
#include "base/endian.h"
#include "cli/bench_native.h"
#include "map/copy.h"
#include "map/mirror.h"
#include "map/ops.h"

#define xdp_md		native_context
#define __sk_buff	native_context

#pragma GCC visibility push(hidden)
#pragma clang attribute push(__attribute__((__always_inline__)), \
			     apply_to = function)
#include "map/hash_table.c"
#include "map/ringbuf.c"

void map_spin_lock(uint32_t *lock)
{
	uint32_t unlocked = 0;

	while (!atomic_cmpxchg(lock, &unlocked, 1)) {
		unlocked = 0;
		cpu_relax();
	}
}

void map_spin_unlock(uint32_t *lock)
{
	atomic_store_release(lock, 0);
}

uint32_t native_cpu __attribute__((visibility("protected")));

/* What a definition says; constant wherever it is used. */
struct native_shape {
	uint32_t type, key_size, value_size, entries;
};

/* bpf_helpers.h's, but that some definitions have no key or value. */
#define NATIVE_SHAPE(map) ((struct native_shape){ \
	sizeof(*(map)->type) / sizeof(int), sizeof(*(map)->key), \
	sizeof(*(map)->value), sizeof(*(map)->max_entries) / sizeof(int) })

static uint32_t native_stride(struct native_shape shape)
{
	return (uint32_t)align_up(shape.value_size, 8);
}

/* The table with its constants made such. */
static struct hash_table native_table(const struct hash_table *from,
				      struct native_shape shape)
{
	struct hash_table t = *from;

	t.key_size = shape.key_size;
	t.key_room = (uint32_t)align_up(shape.key_size, 8);
	t.value_room = native_stride(shape);
	t.elem_size = elem_size_of(sizeof(struct hash_elem) + t.key_room +
				   t.value_room);
	return t;
}

static void *native_lookup(void *at, struct native_shape shape,
			   const void *key)
{
	uint64_t stride = native_stride(shape);
	struct hash_table t;
	uint32_t elem;

	if (shape.type == BPF_MAP_TYPE_HASH) {
		t = native_table(at, shape);
		elem = hash_table_find(&t, key);
		return elem == HASH_NONE ? NULL : hash_value_of(&t, elem);
	}
	elem = get_u32(key);
	if (elem >= shape.entries)
		return NULL;
	if (shape.type == BPF_MAP_TYPE_PERCPU_ARRAY)
		at = (uint8_t *)at + native_cpu * stride * shape.entries;
	return (uint8_t *)at + elem * stride;
}

/* HASH: a new element in the old one's place, as map/hash.c does. */
static long native_update(void *at, struct native_shape shape,
			  const void *key, const void *value, uint64_t flags)
{
	struct hash_table t = native_table(at, shape);
	struct hash_place place;
	uint32_t elem;
	long err = 0;

	if (flags > BPF_EXIST)
		return -EINVAL;
	hash_table_lock(&t, key, &place);
	if (place.elem != HASH_NONE && flags == BPF_NOEXIST)
		err = -EEXIST;
	else if (place.elem == HASH_NONE && flags == BPF_EXIST)
		err = -ENOENT;
	if (err)
		goto out;
	elem = place.elem == HASH_NONE ? hash_table_alloc(&t) :
					 hash_spare_take(&t, native_cpu);
	if (elem == HASH_NONE) {
		err = -E2BIG;
		goto out;
	}
	hash_elem_begin(&t, elem, key);
	map_copy_in(hash_value_of(&t, elem), value, shape.value_size);
	if (place.elem == HASH_NONE) {
		hash_table_insert(&t, &place, elem);
	} else {
		hash_table_replace(&t, &place, elem);
		hash_spare_put(&t, native_cpu, place.elem);
	}
out:
	hash_table_unlock(&place);
	return err;
}

static long native_delete(void *at, struct native_shape shape,
			  const void *key)
{
	struct hash_table t = native_table(at, shape);
	struct hash_place place;

	hash_table_lock(&t, key, &place);
	if (place.elem != HASH_NONE)
		hash_table_remove(&t, &place);
	hash_table_unlock(&place);
	if (place.elem == HASH_NONE)
		return -ENOENT;
	hash_table_free(&t, place.elem);
	return 0;
}

static long native_loop(uint32_t rounds, long (*fn)(uint32_t i, void *arg),
			void *arg, uint64_t flags)
{
	uint32_t i = 0;

	if (flags)
		return -EINVAL;
	if (rounds > 1u << 23)
		return -E2BIG;
	while (i < rounds)
		if (fn(i++, arg))
			break;
	return i;
}
#pragma clang attribute pop
#pragma GCC visibility pop

/* ---- what programs say ---- */

#define SEC(name)
#define __uint(name, val)	int (*name)[val]
#define __type(name, val)	val *name
#define __array(name, val)	__typeof__(val) *name[]
#ifndef __always_inline
#define __always_inline		always_inline
#endif
#define __noinline		noinline

#define bpf_map_lookup_elem(map, key_) \
	native_lookup(*(void **)(map), NATIVE_SHAPE(map), key_)
#define bpf_map_update_elem(map, key_, value_, flags_) \
	native_update(*(void **)(map), NATIVE_SHAPE(map), key_, value_, flags_)
#define bpf_map_delete_elem(map, key_) \
	native_delete(*(void **)(map), NATIVE_SHAPE(map), key_)
#define bpf_ringbuf_reserve(map, size, flags) \
	ringbuf_reserve(*(void **)(map), size, flags)
/* The submitting program has one ring. */
#define bpf_ringbuf_submit(record, flags) \
	ringbuf_submit(*(void **)&records, record, flags, false)
#define bpf_loop(rounds, fn, arg, flags) native_loop(rounds, fn, arg, flags)
#define bpf_xdp_get_buff_len(ctx) ((ctx)->data_end - (ctx)->data)
#define bpf_tail_call(ctx, map, index) do { \
	uint32_t index_ = (index); \
	\
	if (index_ < sizeof(*(map)->max_entries) / sizeof(int) && \
	    (map)->values[index_]) \
		return (map)->values[index_](ctx); \
} while (0)

#endif
