/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep's maps in lockstep with the kernel's: random definitions must get the
 * same errno, random element commands the same errno and bytes, and walks the
 * same set of keys. SKEP_MAP_OPS sets the number of commands (default
 * 200,000), SKEP_SEED the seed; a failure prints how to repeat it.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/str.h"
#include "map/map.h"

#define SKIPPED		77
#define OPS_PER_MAP	600
#define KEYS_MAX	4096

struct pair {
	struct map *ours;
	int kernel;		/* fd */
	struct map_def def;
	uint32_t cpus;
	uint32_t keys;		/* how many different ones are tried */
	size_t value_size;	/* as applications see it */
	uint64_t seed, op;
};

static uint64_t rnd_state;

static uint64_t rnd(void)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return rnd_state * 0x2545f4914f6cdd1dull;
}

static uint32_t below(uint32_t limit)
{
	return (uint32_t)((rnd() >> 32) % limit);
}

#define PICK(array)	(array)[below(ARRAY_SIZE(array))]

/* ---- the kernel's side ---- */

static int bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static int kernel_create(const struct map_def *def)
{
	union bpf_attr attr = {
		.map_type = def->type,
		.key_size = def->key_size,
		.value_size = def->value_size,
		.max_entries = def->max_entries,
		.map_flags = def->flags,
		.map_extra = def->extra,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

static int kernel_elem(int cmd, const struct pair *pair, const void *key,
		       void *value, uint64_t flags)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)pair->kernel,
		.key = (uintptr_t)key,
		.value = (uintptr_t)value,
		.flags = flags,
	};

	return bpf(cmd, &attr);
}

/* ---- telling ---- */

static void describe(const struct map_def *def)
{
	fprintf(stderr,
		"  %s key %u value %u entries %u flags %#x extra %#llx\n",
		map_row(def->type) ? map_row(def->type)->name : "?",
		def->key_size, def->value_size, def->max_entries, def->flags,
		(unsigned long long)def->extra);
}

static _Noreturn void differ(const struct pair *pair, const char *what,
			     int ours, int kernel)
{
	fprintf(stderr, "differs: %s: skep %d, kernel %d (command %llu)\n",
		what, ours, kernel, (unsigned long long)pair->op);
	describe(&pair->def);
	fprintf(stderr, "  repeat with SKEP_SEED=%llu\n",
		(unsigned long long)pair->seed);
	exit(1);
}

/* ---- definitions ---- */

static const enum map_type types[] = {
	MAP_TYPE_HASH, MAP_TYPE_ARRAY, MAP_TYPE_PERCPU_HASH,
	MAP_TYPE_PERCPU_ARRAY, MAP_TYPE_PROG_ARRAY, MAP_TYPE_PERF_EVENT_ARRAY,
	MAP_TYPE_RINGBUF, MAP_TYPE_DEVMAP, MAP_TYPE_DEVMAP_HASH,
	MAP_TYPE_QUEUE, MAP_TYPE_STACK, MAP_TYPE_LRU_HASH,
	MAP_TYPE_LRU_PERCPU_HASH, MAP_TYPE_BLOOM_FILTER, MAP_TYPE_XSKMAP,
	MAP_TYPE_CPUMAP,
};

static enum map_type pick_type(void)
{
	for (;;) {
		enum map_type type = PICK(types);

		if (map_row(type)->have)
			return type;
	}
}

static uint32_t pick_flags(void)
{
	static const uint32_t usual[] = {
		0, 0, 0, 0, BPF_F_NO_PREALLOC, BPF_F_NO_PREALLOC,
		BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY_PROG,
		BPF_F_WRONLY_PROG, BPF_F_ZERO_SEED, BPF_F_NUMA_NODE,
		BPF_F_MMAPABLE, BPF_F_INNER_MAP, BPF_F_PRESERVE_ELEMS,
		BPF_F_NO_COMMON_LRU, BPF_F_STACK_BUILD_ID, BPF_F_CLONE,
	};
	uint32_t flags = PICK(usual);

	return below(8) ? flags : flags | PICK(usual);
}

/*
 * Sizes at which something changes. Those that the kernel would try to
 * allocate, and fail to, are left out: that is its memory, not its rules.
 */
static struct map_def pick_def(void)
{
	static const uint32_t key_sizes[] = {
		4, 4, 4, 4, 4, 0, 1, 3, 5, 7, 8, 12, 13, 16, 20, 64, 65, 512,
	};
	static const uint32_t value_sizes[] = {
		4, 4, 8, 8, 0, 1, 2, 3, 5, 7, 9, 12, 16, 24, 63, 64, 65, 200,
	};
	static const uint32_t big_values[] = {
		32761, 32768, 32769, (4u << 20) - 53, (4u << 20) - 52,
		(4u << 20) - 51, 4u << 20, (4u << 20) + 1, 1u << 31,
		UINT32_MAX,
	};
	static const uint32_t entries[] = {
		1, 1, 2, 3, 5, 8, 9, 16, 31, 64, 100, 333, 1000, 0, 4096,
	};
	struct map_def def = {
		.name = "diff",
		.type = pick_type(),
		.key_size = PICK(key_sizes),
		.value_size = PICK(value_sizes),
		.max_entries = PICK(entries),
		.flags = pick_flags(),
		.extra = below(30) ? 0 : 1ull << below(6),
	};

	if (!below(20)) {
		def.value_size = PICK(big_values);
		def.max_entries = 1;
		def.key_size = 4;
		def.flags &= ~BPF_F_NO_PREALLOC;
	}
	/* how many CPUs a kernel is built for is its own affair */
	if (def.type == MAP_TYPE_CPUMAP)
		def.max_entries = MIN(def.max_entries, 9u);
	if (!below(20) && def.type == MAP_TYPE_HASH)
		def.max_entries = (1u << 27) + 1 + below(1u << 30);
	return def;
}

/* Most definitions that come from here are legal for their type. */
static struct map_def pick_legal_def(void)
{
	struct map_def def = pick_def();
	uint32_t traits = map_row(def.type)->traits;

	if (def.type == MAP_TYPE_RINGBUF)
		def.value_size = 0, def.max_entries = 4096;
	if (traits & MAP_NO_KEY)
		def.key_size = 0;
	else if (traits & MAP_INDEX)
		def.key_size = 4;
	else if (!def.key_size)
		def.key_size = 6;
	if (traits & MAP_INDEX && def.type != MAP_TYPE_ARRAY &&
	    !(traits & MAP_PERCPU))
		def.value_size = 4;
	return def;
}

static bool port_exists(void *arg, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name);
}

static const struct map_directory directory = { .port = port_exists };

/* Both created: true. Both refused the same: false. */
static bool open_pair(struct pair *pair)
{
	int err = map_create(&pair->ours, &pair->def, pair->cpus, NULL);

	pair->kernel = kernel_create(&pair->def);
	if (pair->kernel == -ENOMEM) {
		if (!err)
			map_put(pair->ours);
		return false;
	}
	if ((pair->kernel < 0 ? pair->kernel : 0) != err)
		differ(pair, "create", err, pair->kernel);
	if (!err)
		pair->ours->dir = &directory;
	return !err;
}

static void close_pair(struct pair *pair)
{
	map_put(pair->ours);
	close(pair->kernel);
}

/* ---- commands ---- */

struct buffers {
	uint8_t *key, *next_ours, *next_kernel;
	uint8_t *value, *ours, *kernel;
};

static const void *pick_key(const struct pair *pair, struct buffers *buf)
{
	uint32_t n = below(pair->keys);

	if (!pair->def.key_size)
		return below(50) ? NULL : buf->key;
	memset(buf->key, (int)(n % 3), pair->def.key_size);
	memcpy(buf->key, &n, MIN(pair->def.key_size, 4u));
	return buf->key;
}

static bool takes_ports(const struct pair *pair)
{
	return pair->def.type == MAP_TYPE_DEVMAP ||
	       pair->def.type == MAP_TYPE_DEVMAP_HASH;
}

/* Random numbers name nothing; small ones are interfaces that may exist. */
static void pick_value(const struct pair *pair, struct buffers *buf)
{
	uint32_t small = below(4);

	if (takes_ports(pair) && below(2)) {
		memset(buf->value, 0, pair->value_size);
		memcpy(buf->value, &small, MIN(pair->value_size, 4u));
		return;
	}
	for (size_t i = 0; i < pair->value_size; i++)
		buf->value[i] = (uint8_t)rnd();
}

static uint64_t pick_update_flags(void)
{
	static const uint64_t flags[] = {
		0, 0, 0, 0, 0, 0, BPF_NOEXIST, BPF_NOEXIST, BPF_EXIST,
		BPF_EXIST, BPF_EXIST | BPF_NOEXIST, BPF_F_LOCK,
		BPF_F_LOCK | BPF_NOEXIST, 1ull << 40,
	};

	return PICK(flags);
}

static uint64_t pick_read_flags(void)
{
	static const uint64_t flags[] = { 0, 0, 0, 0, 0, 0, 1, BPF_F_LOCK };

	return PICK(flags);
}

static void compare_read(const struct pair *pair, const char *what, int ours,
			 int kernel, const struct buffers *buf)
{
	if (ours != kernel)
		differ(pair, what, ours, kernel);
	if (!ours && memcmp(buf->ours, buf->kernel, pair->value_size))
		differ(pair, "bytes read", 0, 0);
}

/* Both are right about what they hold; each errs on values of its own. */
static bool may_err(const struct pair *pair, int ours, int kernel)
{
	return pair->def.type == MAP_TYPE_BLOOM_FILTER &&
	       (!ours || ours == -ENOENT) && (!kernel || kernel == -ENOENT);
}

/* A bloom filter is asked with a value, so both get the same. */
static void do_lookup(struct pair *pair, struct buffers *buf)
{
	const void *key = pick_key(pair, buf);
	uint64_t flags = pick_read_flags();
	int ours, kernel;

	memset(buf->ours, 0x11, pair->value_size);
	memset(buf->kernel, 0x11, pair->value_size);
	ours = map_lookup_elem(pair->ours, key, buf->ours, flags);
	kernel = kernel_elem(BPF_MAP_LOOKUP_ELEM, pair, key, buf->kernel,
			     flags);
	if (!may_err(pair, ours, kernel))
		compare_read(pair, "lookup", ours, kernel, buf);
}

static void do_update(struct pair *pair, struct buffers *buf)
{
	const void *key = pick_key(pair, buf);
	uint64_t flags = pick_update_flags();
	int ours, kernel;

	pick_value(pair, buf);
	ours = map_update_elem(pair->ours, key, buf->value, flags);
	kernel = kernel_elem(BPF_MAP_UPDATE_ELEM, pair, key, buf->value,
			     flags);
	if (ours != kernel)
		differ(pair, "update", ours, kernel);
}

static void do_delete(struct pair *pair, struct buffers *buf)
{
	const void *key = pick_key(pair, buf);
	int ours = map_delete_elem(pair->ours, key);
	int kernel = kernel_elem(BPF_MAP_DELETE_ELEM, pair, key, NULL, 0);

	if (ours != kernel)
		differ(pair, "delete", ours, kernel);
}

static void do_take(struct pair *pair, struct buffers *buf)
{
	const void *key = pick_key(pair, buf);
	uint64_t flags = pick_read_flags();
	int ours, kernel;

	ours = map_lookup_and_delete_elem(pair->ours, key, buf->ours, flags);
	kernel = kernel_elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, pair, key,
			     buf->kernel, flags);
	compare_read(pair, "lookup and delete", ours, kernel, buf);
}

/* Hashes may disagree on which key is next, not on whether there is one. */
static void do_next_key(struct pair *pair, struct buffers *buf)
{
	const void *key = below(4) ? pick_key(pair, buf) : NULL;
	bool ordered = map_row(pair->def.type)->traits & MAP_INDEX;
	int ours = map_get_next_key(pair->ours, key, buf->next_ours);
	int kernel = kernel_elem(BPF_MAP_GET_NEXT_KEY, pair, key,
				 buf->next_kernel, 0);

	if (!ordered && key && (ours == -ENOENT || kernel == -ENOENT))
		return;
	if (ours != kernel)
		differ(pair, "next key", ours, kernel);
	if (ordered && !ours &&
	    memcmp(buf->next_ours, buf->next_kernel, pair->def.key_size))
		differ(pair, "next key's bytes", 0, 0);
}

/* Every key of `from` is in the other map, with the same value. */
static uint32_t walk_ours(struct pair *pair, struct buffers *buf)
{
	const void *key = NULL;
	uint32_t cnt = 0;

	while (!map_get_next_key(pair->ours, key, buf->next_ours)) {
		int ours, kernel;

		memcpy(buf->key, buf->next_ours, pair->def.key_size);
		key = buf->key;
		ours = map_lookup_elem(pair->ours, key, buf->ours, 0);
		kernel = kernel_elem(BPF_MAP_LOOKUP_ELEM, pair, key,
				     buf->kernel, 0);
		compare_read(pair, "lookup in a walk", ours, kernel, buf);
		if (++cnt > pair->def.max_entries)
			differ(pair, "the walk does not end", (int)cnt, 0);
	}
	return cnt;
}

static uint32_t walk_kernel(struct pair *pair, struct buffers *buf)
{
	const void *key = NULL;
	uint32_t cnt = 0;

	while (!kernel_elem(BPF_MAP_GET_NEXT_KEY, pair, key, buf->next_kernel,
			    0)) {
		memcpy(buf->key, buf->next_kernel, pair->def.key_size);
		key = buf->key;
		cnt++;
	}
	return cnt;
}

static void do_walk(struct pair *pair, struct buffers *buf)
{
	uint32_t ours = walk_ours(pair, buf);
	uint32_t kernel = walk_kernel(pair, buf);

	if (ours != kernel)
		differ(pair, "keys in a walk", (int)ours, (int)kernel);
}

static void do_freeze(struct pair *pair, struct buffers *buf)
{
	union bpf_attr attr = { .map_fd = (uint32_t)pair->kernel };
	int ours = map_freeze(pair->ours);
	int kernel = bpf(BPF_MAP_FREEZE, &attr);

	if (ours != kernel)
		differ(pair, "freeze", ours, kernel);
}

static void (*const commands[])(struct pair *, struct buffers *) = {
	do_lookup, do_lookup, do_lookup, do_lookup,
	do_update, do_update, do_update, do_update, do_update, do_update,
	do_delete, do_delete, do_take, do_next_key, do_next_key,
};

static void buffers_init(struct buffers *buf, const struct pair *pair)
{
	size_t key = pair->def.key_size + 8, value = pair->value_size + 8;

	buf->key = calloc(1, key);
	buf->next_ours = calloc(1, key);
	buf->next_kernel = calloc(1, key);
	buf->value = calloc(1, value);
	buf->ours = calloc(1, value);
	buf->kernel = calloc(1, value);
}

static void buffers_fini(struct buffers *buf)
{
	free(buf->key);
	free(buf->next_ours);
	free(buf->next_kernel);
	free(buf->value);
	free(buf->ours);
	free(buf->kernel);
}

/*
 * A quarter more than fits. Which key an LRU map evicts is not agreed on, and
 * the kernel begins early; far fewer keys than entries, and none goes.
 */
static uint32_t keys_to_try(const struct map_def *def)
{
	bool lru = def->type == MAP_TYPE_LRU_HASH ||
		   def->type == MAP_TYPE_LRU_PERCPU_HASH;

	if (lru)
		return def->max_entries / 16;
	return MIN(def->max_entries + def->max_entries / 4 + 2, KEYS_MAX);
}

static uint64_t run_pair(struct pair *pair)
{
	uint32_t ops = pair->value_size > 4096 ? 20 : OPS_PER_MAP;
	struct buffers buf;

	pair->value_size = map_user_value_size(pair->ours);
	pair->keys = keys_to_try(&pair->def);
	buffers_init(&buf, pair);
	for (pair->op = 0; pair->op < ops; pair->op++)
		PICK(commands)(pair, &buf);
	do_walk(pair, &buf);
	if (!below(4)) {
		do_freeze(pair, &buf);
		for (; pair->op < ops + 20; pair->op++)
			PICK(commands)(pair, &buf);
		do_freeze(pair, &buf);
	}
	buffers_fini(&buf);
	return pair->op;
}

/* Each definition has a seed of its own, so that one can be repeated. */
static uint64_t run_one(uint64_t seed, uint32_t cpus)
{
	struct pair pair = { .cpus = cpus, .seed = seed };
	uint64_t ops = 1;

	rnd_state = seed * 0x9e3779b97f4a7c15ull | 1;
	rnd();
	pair.def = below(3) ? pick_legal_def() : pick_def();
	if (open_pair(&pair)) {
		if (keys_to_try(&pair.def))
			ops = run_pair(&pair);
		close_pair(&pair);
	}
	return ops;
}

static uint64_t from_env(const char *name, uint64_t other)
{
	const char *text = getenv(name);
	uint64_t value;

	return text && !str_to_u64(text, &value) ? value : other;
}

/* The kernel's per-CPU values are for each possible CPU. */
static uint32_t possible_cpus(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "r");
	unsigned int first = 0, last = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%u-%u", &first, &last) < 1)
		first = last = 0;
	fclose(file);
	return (last > first ? last : first) + 1;
}

int main(void)
{
	uint64_t want = from_env("SKEP_MAP_OPS", 200000), done = 0;
	uint64_t seed = from_env("SKEP_SEED", 0), maps = 0;
	uint32_t cpus = possible_cpus();
	struct map_def probe = {
		.type = MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
		.flags = BPF_F_ZERO_SEED,
	};
	int fd = kernel_create(&probe);

	if (fd < 0 || !cpus) {
		printf("skipped: bpf(2) cannot create maps here: %s\n",
		       strerror(-fd));
		return SKIPPED;
	}
	close(fd);
	if (seed) {
		run_one(seed, cpus);
		return 0;
	}
	while (done < want) {
		done += run_one(++seed, cpus);
		maps++;
	}
	printf("%llu commands on %llu definitions: no difference\n",
	       (unsigned long long)done, (unsigned long long)maps);
	return 0;
}
