/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps. A map is a region (base/region.h): elements are addressed by index,
 * so the region can be shared. Each type is one file with its map_ops last,
 * and one row in spec/maps.def. Error codes are the kernel's
 * (kernel/bpf/{hashtab,arraymap,ringbuf}.c, bpf(2)).
 *
 * Threads: lookups take no lock; a value pointer stays valid memory of some
 * element of this map for the map's life (type-stable), as in the kernel.
 * Updates may run concurrently with everything. Per-CPU values belong to the
 * run that holds the CPU slot.
 */
#ifndef SKEP_MAP_MAP_H
#define SKEP_MAP_MAP_H

#include "base/diag.h"
#include "base/region.h"
#include "prog/run.h"
#include "spec/spec.h"

struct btf;
struct prog;

/* The kernel's "not supported", which no libc names. */
#define ERR_NOTSUPP	524

/* What a map is created from. */
struct map_def {
	const char *name;
	enum map_type type;
	uint32_t key_size, value_size, max_entries;
	uint32_t flags;			/* BPF_F_* of BPF_MAP_CREATE */
	uint64_t extra;			/* map_extra */
	struct btf *btf;		/* types of key and value, or NULL */
	uint32_t key_type, value_type;	/* BTF ids, 0 unknown */
	const struct map_def *inner;	/* of the maps in a map-in-map */
};

struct map;

/*
 * Turns the numbers that applications store in maps (programs, maps, ports)
 * into what they name. Set by the runtime; without one every number is
 * unknown, except that any interface index is taken as it is.
 */
struct map_directory {
	void *arg;
	struct prog *(*prog)(void *arg, uint32_t handle);	/* or NULL */
	struct map *(*map)(void *arg, uint32_t handle);		/* or NULL */
	bool (*port)(void *arg, uint32_t ifindex);
	/* Puts an inner map when no run can hold it any more; NULL: at once. */
	void (*retire)(void *arg, struct map *map);
};

/* A position in a map's elements; starts as all zero. */
struct map_cursor {
	uint64_t pos;
	uint32_t index;		/* where an array's key is kept */
	const void *key;	/* of the element stepped to */
	void *value;		/* as lookup gives it */
};

struct map_ops {
	bool may_lock;		/* a value may hold a bpf_spin_lock */

	/* Checks def as the kernel's alloc_check does; 0 or -E. */
	int (*check)(const struct map_def *def);
	int (*init)(struct map *map);
	void (*fini)(struct map *map);

	/* For programs on CPU slot `cpu`: the value in place, or NULL. */
	void *(*lookup)(struct map *map, const void *key, uint32_t cpu);
	int (*update)(struct map *map, const void *key, const void *value,
		      uint64_t flags, uint32_t cpu);
	int (*delete)(struct map *map, const void *key);
	/* key NULL or gone: the first. -ENOENT at the end. */
	int (*next_key)(struct map *map, const void *key, void *next);

	/*
	 * To the next element; false at the end. The element stepped to may
	 * be deleted before the next step. NULL: the type has no walk.
	 */
	bool (*step)(struct map *map, struct map_cursor *cur, uint32_t cpu);

	/* Keyless maps (queue, stack, bloom filter); else NULL. */
	int (*push)(struct map *map, const void *value, uint64_t flags);
	int (*pop)(struct map *map, void *value);
	int (*peek)(struct map *map, void *value);

	/*
	 * For applications: per-CPU maps take and give nr_cpus values, each
	 * rounded up to 8 bytes. NULL: as lookup and update.
	 */
	int (*read)(struct map *map, const void *key, void *value,
		    uint64_t flags);
	int (*write)(struct map *map, const void *key, const void *value,
		     uint64_t flags);
	size_t (*user_value_size)(const struct map *map); /* NULL: value_size */
	/* Reads and deletes in one; NULL: not for this type. */
	int (*take)(struct map *map, const void *key, void *value,
		    uint64_t flags);

	/* The one value that `addr` lies in, for checked access. */
	bool (*window)(const struct map *map, uintptr_t addr,
		       struct mem_window *out);
};

/*
 * lookup, update, delete and next_key are set in every type; a type that has
 * no such operation answers as the kernel's does. The others may be NULL.
 */

struct map {
	struct map_def def;	/* its name and inner def are owned copies */
	const struct map_ops *ops;
	struct region region;
	uint32_t nr_cpus;
	uint32_t value_stride;	/* value_size rounded up to 8 */
	uint32_t id;		/* given by the runtime */
	uint32_t refs;		/* atomic */
	int32_t lock_off;	/* of a bpf_spin_lock in the value, or -1 */
	const struct map_directory *dir;	/* borrowed, may be NULL */
	uint32_t frozen;	/* no writes by applications any more */
	void *priv;		/* type's own, process-local */
	/* the runtime's, from dir->retire on */
	struct map *retired;
	uint32_t retire_state;
};

/*
 * Creates a map with one reference. Flags and sizes are checked as the kernel
 * does. 0, or a negative errno with a diagnostic; *out only set on 0.
 */
int map_create(struct map **out, const struct map_def *def, uint32_t nr_cpus,
	       struct diag_sink *sink);
struct map *map_get(struct map *map);
void map_put(struct map *map);		/* NULL is fine */

/* Bytes an application passes for one value: nr_cpus * stride if per-CPU. */
size_t map_user_value_size(const struct map *map);

/* As bpf(2)'s element commands: 0, or the kernel's negative errno. */
int map_lookup_elem(struct map *map, const void *key, void *value,
		    uint64_t flags);
int map_update_elem(struct map *map, const void *key, const void *value,
		    uint64_t flags);
int map_delete_elem(struct map *map, const void *key);
int map_get_next_key(struct map *map, const void *key, void *next);
int map_lookup_and_delete_elem(struct map *map, const void *key, void *value,
			       uint64_t flags);
int map_freeze(struct map *map);

/*
 * Calls `fn` with each key and its application value (map_user_value_size
 * bytes, NULL when the entry went away meanwhile), in get_next_key order.
 * Stops early when `fn` returns nonzero, and returns that; else 0 or -E.
 */
int map_walk(struct map *map,
	     int (*fn)(void *arg, const void *key, const void *value),
	     void *arg);

/* map->ops->window, or false for types whose values nobody points into. */
static inline bool map_window(const struct map *map, uintptr_t addr,
			      struct mem_window *out)
{
	return map->ops->window && map->ops->window(map, addr, out);
}

/* May programs write (read) the values? */
static inline bool map_prog_writes(const struct map *map)
{
	return !(map->def.flags & BPF_F_RDONLY_PROG);
}

static inline bool map_prog_reads(const struct map *map)
{
	return !(map->def.flags & BPF_F_WRONLY_PROG);
}

#endif
