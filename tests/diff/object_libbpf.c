/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object loader against libbpf: every object named on the command line is
 * opened by both, then linked by both, and must agree on programs (section,
 * type, attach type), maps (all that a definition says, initial contents),
 * and linked instructions, one by one.
 *
 * libbpf links while it loads into the kernel. A load that the kernel refuses
 * has linked all the same; when it fails earlier (an error of its own, below
 * -4000: it cannot link what binutils assembles), the instructions are not
 * compared and the summary says so. Map descriptors and map indices need only
 * correspond one to one. Kernel addresses of kfuncs and typed ksyms are the
 * kernel engine's alone and are masked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/str.h"
#include "object/object.h"

#define FDS 4096

struct pair {
	const char *path;
	struct bpf_object *theirs;
	struct object *ours;
	int32_t fds[FDS];	/* their descriptor -> our index + 1 */
	unsigned int differences, insns;
};

static void show(void *arg, const struct skep_diag *diag)
{
	fprintf(stderr, "  %s: %s [%s]\n", diag->file ? diag->file : "-",
		diag->message, diag->id);
}

static struct diag_sink sink = { .fn = show };

static bool gave_up;	/* libbpf did, before it linked */

static int listen(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	if ((strstr(text, "failed to create") && strstr(text, "map")) ||
	    strstr(text, "extern"))
		gave_up |= level == LIBBPF_WARN;
	if (getenv("LIBBPF_SHOW") && level <= LIBBPF_INFO)
		fputs(text, stderr);
	return 0;
}

static void differ(struct pair *pair, const char *what, const char *name,
		   long long ours, long long theirs)
{
	pair->differences++;
	fprintf(stderr, "%s: %s of %s: ours %lld (%#llx), theirs %lld\n",
		pair->path, what, name, ours, ours, theirs);
}

#define SAME(what, name, a, b) do { \
	if ((long long)(a) != (long long)(b)) \
		differ(pair, what, name, (long long)(a), (long long)(b)); \
} while (0)

static struct object_map *our_map(struct pair *pair, const char *name)
{
	uint32_t cnt;
	struct object_map *maps = object_maps(pair->ours, &cnt);

	for (uint32_t i = 0; i < cnt; i++) {
		if (str_eq(maps[i].def.name, name))
			return &maps[i];
	}
	return NULL;
}

static void compare_contents(struct pair *pair, const char *name,
			     const struct object_map *ours,
			     struct bpf_map *theirs)
{
	size_t size = 0;
	const void *data = bpf_map__initial_value(theirs, &size);

	if (!data || str_eq(ours->section, ".kconfig"))
		return;
	SAME("bytes", name, ours->def.value_size, size);
	SAME("contents", name, memcmp(ours->data, data,
				      MIN(size, ours->def.value_size)), 0);
}

static void compare_map(struct pair *pair, struct bpf_map *theirs,
			const char *name)
{
	const struct object_map *ours = our_map(pair, name);

	if (!ours) {
		differ(pair, "existence", name, 0, 1);
		return;
	}
	SAME("type", name, ours->def.type, bpf_map__type(theirs));
	SAME("key size", name, ours->def.key_size, bpf_map__key_size(theirs));
	SAME("value size", name, ours->def.value_size,
	     bpf_map__value_size(theirs));
	SAME("max entries", name, ours->def.max_entries,
	     bpf_map__max_entries(theirs));
	SAME("flags", name, ours->def.flags, bpf_map__map_flags(theirs));
	SAME("extra", name, ours->def.extra, bpf_map__map_extra(theirs));
	SAME("internal", name, ours->internal, bpf_map__is_internal(theirs));
	SAME("key type", name, ours->def.key_type,
	     bpf_map__btf_key_type_id(theirs));
	if (!ours->internal)
		SAME("value type", name, ours->def.value_type,
		     bpf_map__btf_value_type_id(theirs));
	SAME("pinning", name, ours->pin_by_name,
	     bpf_map__pin_path(theirs) != NULL);
	if (ours->internal)
		compare_contents(pair, name, ours, theirs);
}

static void compare_maps(struct pair *pair)
{
	struct bpf_map *theirs;
	uint32_t cnt, seen = 0;

	object_maps(pair->ours, &cnt);
	bpf_object__for_each_map(theirs, pair->theirs) {
		compare_map(pair, theirs, bpf_map__name(theirs));
		seen++;
	}
	SAME("number of maps", "object", cnt, seen);
}

static void compare_progs(struct pair *pair)
{
	struct bpf_program *theirs;
	uint32_t cnt, i = 0;
	struct prog *progs = object_progs(pair->ours, &cnt);

	bpf_object__for_each_program(theirs, pair->theirs) {
		const char *name = bpf_program__name(theirs);

		if (i >= cnt || !str_eq(progs[i].name, name)) {
			differ(pair, "place", name, -1, i);
			return;
		}
		SAME("type", name, progs[i].type, bpf_program__type(theirs));
		SAME("attach type", name, progs[i].attach_type,
		     bpf_program__expected_attach_type(theirs));
		if (!str_eq(progs[i].section,
			    bpf_program__section_name(theirs)))
			differ(pair, "section", name, 0, 0);
		i++;
	}
	SAME("number of programs", "object", cnt, i);
}

/* Masks what may differ; false when what may not does. */
static bool same_ref(struct pair *pair, struct bpf_insn *a, struct bpf_insn *b)
{
	int32_t *known;

	if (a->code != (BPF_LD | BPF_IMM | BPF_DW) ||
	    (a->src_reg != BPF_PSEUDO_MAP_FD &&
	     a->src_reg != BPF_PSEUDO_MAP_VALUE))
		return true;
	if (b->imm < 0 || b->imm >= FDS)
		return false;
	known = &pair->fds[b->imm];
	if (!*known)
		*known = a->imm + 1;
	if (*known != a->imm + 1)
		return false;
	b->imm = a->imm;
	return true;
}

static void compare_insns(struct pair *pair, const struct prog *ours,
			  struct bpf_program *theirs)
{
	const struct bpf_insn *insns = bpf_program__insns(theirs);
	size_t cnt = bpf_program__insn_cnt(theirs);

	SAME("instructions", ours->name, ours->insns_cnt, cnt);
	for (uint32_t i = 0; i < MIN(cnt, ours->insns_cnt); i++) {
		struct bpf_insn a = ours->insns[i], b = insns[i];

		pair->insns++;
		if (same_ref(pair, &a, &b) && !memcmp(&a, &b, sizeof(a)))
			continue;
		fprintf(stderr, "%s: %s: insn %u: ours %02x %x:%x %d %#x, "
			"theirs %02x %x:%x %d %#x\n", pair->path, ours->name,
			i, a.code, a.dst_reg, a.src_reg, a.off, a.imm,
			b.code, b.dst_reg, b.src_reg, b.off, b.imm);
		pair->differences++;
		if (pair->differences > 20)
			return;
	}
}

/* Sizes that the tools set at run time, so that the kernel takes the maps. */
static void fill_sizes(struct bpf_object *obj)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj) {
		if (!bpf_map__value_size(map) &&
		    bpf_map__type(map) == BPF_MAP_TYPE_STACK_TRACE)
			bpf_map__set_value_size(map, 8 * 64);
		if (!bpf_map__max_entries(map) &&
		    bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			bpf_map__set_max_entries(map, 16);
	}
}

/* Known only once linking has looked at the kernel. */
static void compare_kconfig(struct pair *pair)
{
	struct bpf_map *theirs;

	bpf_object__for_each_map(theirs, pair->theirs) {
		const char *name = bpf_map__name(theirs);
		const struct object_map *ours = our_map(pair, name);
		size_t size;
		const void *data;

		if (!ours || !str_eq(ours->section, ".kconfig"))
			continue;
		data = bpf_map__initial_value(theirs, &size);
		SAME("values", name, data && memcmp(data, ours->data, size),
		     0);
	}
}

static void compare_linked(struct pair *pair)
{
	struct bpf_program *theirs;
	uint32_t cnt, i = 0;
	struct prog *progs;
	int err;

	fill_sizes(pair->theirs);
	gave_up = false;
	err = bpf_object__load(pair->theirs);
	if (object_link(pair->ours, NULL, &sink)) {
		differ(pair, "linking", "object", -1, err);
		return;
	}
	if (!gave_up)
		compare_kconfig(pair);
	progs = object_progs(pair->ours, &cnt);
	bpf_object__for_each_program(theirs, pair->theirs) {
		if (i < cnt && !gave_up && err > -4000 &&
		    bpf_program__autoload(theirs))
			compare_insns(pair, &progs[i], theirs);
		i++;
	}
	printf("  libbpf's load: %d; %u instructions compared\n", err,
	       pair->insns);
}

static int compare(const char *path)
{
	struct pair pair = { .path = path };
	int err;

	pair.theirs = bpf_object__open_file(path, NULL);
	if (!pair.theirs)
		err = -errno;
	else
		err = 0;
	if (object_open(&pair.ours, path, &sink)) {
		printf("%s: libbpf %d, ours refused\n", path, err);
		bpf_object__close(pair.theirs);
		return err ? 0 : 1;
	}
	if (!err) {
		compare_maps(&pair);
		compare_progs(&pair);
		if (!getenv("OPEN_ONLY"))
			compare_linked(&pair);
	}
	printf("%s: %s, %u differences\n", path, err ? "libbpf refused" :
	       "compared", pair.differences);
	bpf_object__close(pair.theirs);
	object_close(pair.ours);
	return pair.differences != 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (geteuid()) {
		printf("skipped: libbpf links only while loading, as root\n");
		return 77;
	}
	libbpf_set_print(listen);
	for (int i = 1; i < argc; i++)
		failed += compare(argv[i]);
	printf("%d objects, %d differ\n", argc - 1, failed);
	return failed != 0;
}
