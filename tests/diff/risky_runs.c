/* SPDX-License-Identifier: Apache-2.0 */
#include "risky_runs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interp/interp.h"
#include "program_random.h"
#include "../insns.h"

/* Past that, a loop of loops has shown what it does. */
#define INSNS_MAX	100000

static uint64_t some_word(struct risky_bench *bench)
{
	static const uint64_t edges[] = {
		UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX, INT32_MAX,
		1ull << 31, 0xffffffff80000000, 1ull << 32, 255, 256, 65535,
		65536, 63, 64, 31, 32,
	};
	uint64_t word = random_next(&bench->rng), kind = word >> 60;

	return kind < 8 ? word & 31 : kind < 11 ? word & 255 :
	       kind < 13 ? edges[word % ARRAY_SIZE(edges)] : word;
}

/* ---- maps ---- */

static struct map *inner_map(void *arg, uint32_t handle)
{
	struct risky_bench *bench = arg;

	return handle < 2 ? bench->inner[handle] : NULL;
}

static void fill_value(struct risky_bench *bench, struct map *map,
		       const void *key)
{
	uint64_t words[8];

	for (uint32_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = some_word(bench);
	map_update_elem(map, key, words, 0);
}

/* Values change, entries come and go. */
static void change_maps(struct risky_bench *bench)
{
	uint64_t what = random_next(&bench->rng);

	for (uint32_t key = 0; key < 2; key++)
		fill_value(bench, bench->maps[RISKY_ARRAY], &key);
	fill_value(bench, bench->maps[RISKY_DIRECT], &(uint32_t){ 0 });
	fill_value(bench, bench->inner[what & 1], &(uint32_t){ 0 });
	for (uint64_t key = 0; key < 4; key++)
		if (what >> (key + 2) & 1)
			fill_value(bench, bench->maps[RISKY_HASH], &key);
		else
			map_delete_elem(bench->maps[RISKY_HASH], &key);
}

static int make_maps(struct risky_bench *bench)
{
	bench->directory = (struct map_directory){
		.arg = bench, .map = inner_map,
	};
	for (uint32_t i = 0; i < RISKY_ALL_MAPS; i++) {
		const struct map_def *def = &risky_maps[i];

		bench->views[i] = (struct verify_map){
			.name = def->name, .type = def->type,
			.key_size = def->key_size,
			.value_size = def->value_size,
			.max_entries = def->max_entries,
			.inner = def->inner ? &bench->views[RISKY_INNER] :
					      NULL,
		};
		if (i < RISKY_MAPS &&
		    map_create(&bench->maps[i], def, 1, NULL))
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < 2; i++)
		if (map_create(&bench->inner[i], &risky_maps[RISKY_INNER], 1,
			       NULL))
			return -ENOMEM;
	bench->maps[RISKY_OUTER]->dir = &bench->directory;
	/* key 1 stays without a map */
	return map_update_elem(bench->maps[RISKY_OUTER], &(uint32_t){ 0 },
			       &(uint32_t){ 1 }, 0);
}

int risky_bench_init(struct risky_bench *bench, uint64_t seed)
{
	int err;

	*bench = (struct risky_bench){ .rng = seed };
	err = make_maps(bench);
	return err ? err : interp_attach(&bench->run);
}

void risky_bench_fini(struct risky_bench *bench)
{
	if (bench->run.engine)
		interp_detach(&bench->run);
	for (uint32_t i = 0; i < RISKY_MAPS; i++)
		map_put(bench->maps[i]);
	for (uint32_t i = 0; i < 2; i++)
		map_put(bench->inner[i]);
}

/* ---- runs ---- */

static void make_context(struct risky_bench *bench, enum prog_type type)
{
	uint32_t len = (uint32_t)(random_next(&bench->rng) % 96);
	uint8_t *data = bench->room + PACKET_HEADROOM;

	len = MIN(len, RISKY_PACKET);
	if (type != PROG_TYPE_XDP)
		len = MAX(len, 14);
	for (uint32_t at = 0; at < len; at += 8) {
		uint64_t word = some_word(bench);

		memcpy(data + at, &word, 8);
	}
	bench->packet = (struct packet){
		.head = bench->room, .data_meta = data, .data = data,
		.data_end = data + len,
		.end = bench->room + sizeof(bench->room), .len = len,
		.wire_len = len, .mark = (uint32_t)some_word(bench),
		.ifindex = 2, .ingress_ifindex = len & 15,
		.rx_queue_index = (uint32_t)some_word(bench),
		.priority = (uint32_t)some_word(bench), .protocol = 8,
		.hash = (uint32_t)some_word(bench),
		.cb = { (uint32_t)some_word(bench), len },
	};
}

static void run_once(void *arg)
{
	struct risky_bench *bench = arg;
	struct run *run = &bench->run;

	make_context(bench, run->prog->type);
	run->ctx = run->packet = &bench->packet;
	run->ctx_len = run->prog->type == PROG_TYPE_XDP ?
		       sizeof(struct xdp_md) : sizeof(struct __sk_buff);
	interp_run(run);
}

struct prog risky_prog(struct risky_bench *bench,
		       const struct risky_program *program)
{
	return (struct prog){
		.name = "random", .type = program->type, .gpl = true,
		.license = "GPL", .insns = program->insns,
		.insns_cnt = program->cnt, .maps = bench->maps,
		.maps_cnt = RISKY_MAPS,
	};
}

/* What no path gets to may be what the interpreter does not take. */
static const struct bpf_insn *without_dead(const struct prog *prog,
					   const struct verify_facts *facts)
{
	static struct bpf_insn insns[RISKY_INSNS];
	uint32_t slots;

	for (uint32_t i = 0; i < prog->insns_cnt; i += slots) {
		slots = prog->insns[i].code == 0x18 ? 2 : 1;
		for (uint32_t k = i; k < i + slots; k++)
			insns[k] = facts->insns[i].flags & FACT_REACHED ?
				   prog->insns[k] : EXIT();
	}
	return insns;
}

bool risky_runs(struct risky_bench *bench, struct prog *prog,
		const struct verify_facts *facts, uint32_t times)
{
	struct facts_run fr = {
		.prog = prog, .facts = facts, .run = &bench->run,
		.once = run_once, .arg = bench, .insns_max = INSNS_MAX,
	};
	const struct bpf_insn *linked = prog->insns;
	bool fine;

	prog->insns = without_dead(prog, facts);
	fine = !interp_prepare(prog, NULL);
	bench->run.prog = prog;
	for (uint32_t i = 0; fine && i < times; i++) {
		if (i % 4 == 0)
			change_maps(bench);
		fine = facts_check(&fr);
		bench->runs++;
	}
	interp_release(prog);
	prog->insns = linked;
	bench->checked += fr.checked;
	bench->insns += fr.insns;
	return fine;
}
