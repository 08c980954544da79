/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both engines over the same packets and maps. Native code is made of what our
 * verifier accepts; other programs say nothing.
 */
#include "random_sides.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "interp/interp.h"
#include "isa/disasm.h"
#include "jit/jit.h"
#include "verify/flow/flow.h"

const struct map_def sides_defs[SIDES_MAPS] = {
	{ "array", MAP_TYPE_ARRAY, 4, RANDOM_VALUE, 2 },
	{ "hash", MAP_TYPE_HASH, 4, RANDOM_HASH, 8 },
	{ "out", MAP_TYPE_ARRAY, 4, RANDOM_OUT, 1 },
};

int sides_init(struct sides *sides)
{
	for (uint32_t i = 0; i < SIDES_MAPS; i++)
		if (map_create(&sides->maps[i], &sides_defs[i], 1, NULL))
			return -ENOMEM;
	return interp_attach(&sides->interp) ?: jit_attach(&sides->jit);
}

void sides_fini(struct sides *sides)
{
	interp_detach(&sides->interp);
	jit_detach(&sides->jit);
	for (uint32_t i = 0; i < SIDES_MAPS; i++)
		map_put(sides->maps[i]);
}

/* ---- running ---- */

static void reset(const struct sides *sides)
{
	uint8_t zero[RANDOM_OUT] = { 0 };

	for (uint32_t key = 0; key < 2; key++)
		map_update_elem(sides->maps[0], &key, zero, 0);
	for (uint32_t key = 0; key < SIDES_KEYS; key++)
		map_delete_elem(sides->maps[1], &key);
	map_update_elem(sides->maps[2], &(uint32_t){ 0 }, zero, 0);
}

static void read_maps(const struct sides *sides, struct outcome *out)
{
	for (uint32_t key = 0; key < 2; key++)
		map_lookup_elem(sides->maps[0], &key, out->array[key], 0);
	for (uint32_t key = 0; key < SIDES_KEYS; key++)
		out->there[key] = !map_lookup_elem(sides->maps[1], &key,
						   out->hash[key], 0);
	map_lookup_elem(sides->maps[2], &(uint32_t){ 0 }, out->out, 0);
}

static int run_packet(struct run *run, int (*engine)(struct run *run),
		       uint8_t *bytes)
{
	uint8_t room[PACKET_HEADROOM + SIDES_PACKET_LEN];
	struct packet packet = {
		.head = room, .data_meta = room + PACKET_HEADROOM,
		.data = room + PACKET_HEADROOM,
		.data_end = room + sizeof(room), .end = room + sizeof(room),
		.len = SIDES_PACKET_LEN, .wire_len = SIDES_PACKET_LEN,
	};
	int err;

	memcpy(packet.data, bytes, SIDES_PACKET_LEN);
	run->ctx = run->packet = &packet;
	run->ctx_len = sizeof(struct xdp_md);
	err = engine(run);
	memcpy(bytes, packet.data, SIDES_PACKET_LEN);
	return err;
}

static struct prog prog_of(struct sides *sides,
			     const struct random_program *program)
{
	return (struct prog){
		.name = "random", .type = PROG_TYPE_XDP, .gpl = true,
		.insns = program->insns, .insns_cnt = program->cnt,
		.maps = sides->maps, .maps_cnt = SIDES_MAPS,
	};
}

static int run_packets(struct run *run, int (*engine)(struct run *run),
			struct outcome *out)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < SIDES_PACKETS; i++) {
		err = run_packet(run, engine, out->packets[i]);
		out->ret[i] = (uint32_t)run->r0;
	}
	return err;
}

/* Other packets first, over the same maps, if there are to be more rounds. */
static int run_rounds(struct sides *sides, struct run *run,
		      int (*engine)(struct run *run), struct outcome *out)
{
	uint64_t seed = hash_bytes(out->packets, sizeof(out->packets));
	struct outcome other;
	int err = 0;

	for (uint32_t i = 0; !err && i < sides->rounds; i++) {
		sides_packets(&other, seed + i);
		err = run_packets(run, engine, &other);
		other.digest = out->digest;
		out->digest = hash_bytes(&other, sizeof(other));
	}
	return err ?: run_packets(run, engine, out);
}

int sides_interpret(struct sides *sides, const struct random_program *program,
		    struct outcome *out)
{
	struct prog prog = prog_of(sides, program);
	int err = interp_prepare(&prog, NULL);

	reset(sides);
	sides->interp.prog = &prog;
	if (!err)
		err = run_rounds(sides, &sides->interp, interp_run, out);
	interp_release(&prog);
	read_maps(sides, out);
	return err;
}

/* Proves and compiles; -EACCES when our verifier says no. */
static int make_native(struct prog *prog, const struct jit_options *wanted,
		       struct arena *arena, struct verify_result **proof)
{
	const struct verify_map views[SIDES_MAPS] = {
#define VIEW(i) [i] = { .name = sides_defs[i].name, \
			.type = sides_defs[i].type, \
			.key_size = sides_defs[i].key_size, \
			.value_size = sides_defs[i].value_size, \
			.max_entries = sides_defs[i].max_entries }
		VIEW(0), VIEW(1), VIEW(2),
#undef VIEW
	};
	struct verify_input input = { .prog = prog, .maps = views };
	struct jit_options options = *wanted;
	int err = flow_find_subprogs(arena, prog->insns, prog->insns_cnt,
				     &prog->subprogs, &prog->subprogs_cnt);

	if (!err)
		err = verify_prog(&input, NULL, proof, NULL);
	if (err)
		return -EACCES;
	options.facts = &(*proof)->facts;
	return jit_prepare(prog, &options);
}

int sides_native(struct sides *sides, const struct random_program *program,
		 enum jit_tier tier, struct outcome *out)
{
	struct jit_options options = {
		.tier = tier, .check = true, .without = sides->without,
	};
	struct prog prog = prog_of(sides, program);
	struct verify_result *proof = NULL;
	struct arena arena;
	int err;

	reset(sides);
	arena_init(&arena);
	err = make_native(&prog, &options, &arena, &proof);
	sides->jit.prog = &prog;
	if (!err) {
		err = run_rounds(sides, &sides->jit, jit_run, out);
		sides->compiled[jit_tier_of(&prog)]++;
	}
	jit_release(&prog);
	verify_free(proof);
	arena_fini(&arena);
	read_maps(sides, out);
	return err;
}

/* ---- comparing ---- */

void sides_packets(struct outcome *out, uint64_t seed)
{
	static const uint64_t edges[] = {
		0, 1, UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX,
		INT32_MAX, 1ull << 31, 0xffffffff80000000, 63, 32,
	};

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < SIDES_PACKETS; i++)
		for (uint32_t at = 0; at < SIDES_PACKET_LEN; at += 8) {
			uint64_t word = random_next(&seed);

			if (word & 1)
				word = edges[(word >> 8) % ARRAY_SIZE(edges)];
			memcpy(out->packets[i] + at, &word, 8);
		}
}

static void show_bytes(const char *what, const void *one, const void *other,
		       size_t size)
{
	const uint8_t *a = one, *b = other;

	for (size_t i = 0; i < size; i += 8) {
		uint64_t x = 0, y = 0;

		memcpy(&x, a + i, MIN(size - i, sizeof(x)));
		memcpy(&y, b + i, MIN(size - i, sizeof(y)));
		if (x != y)
			printf("%s + %zu: %#llx, %#llx\n", what, i,
			       (unsigned long long)x, (unsigned long long)y);
	}
}

void sides_show(const char *one, const struct outcome *a, const char *other,
		const struct outcome *b)
{
	printf("what %s and %s leave:\n", one, other);
#define SHOW(member) show_bytes(#member, a->member, b->member, \
				sizeof(a->member))
	SHOW(ret);
	SHOW(packets);
	SHOW(array);
	SHOW(out);
	SHOW(there);
	SHOW(hash);
#undef SHOW
}

static bool tier_differs(struct sides *sides,
			 const struct random_program *program, uint64_t seed,
			 enum jit_tier tier, const struct outcome *interp)
{
	struct outcome native;
	int err;

	sides_packets(&native, seed);
	err = sides_native(sides, program, tier, &native);
	return err ? err != -EACCES : memcmp(&native, interp, sizeof(native));
}

static void show_tier(struct sides *sides,
		      const struct random_program *program, uint64_t seed,
		      enum jit_tier tier, const struct outcome *interp)
{
	struct outcome native;
	int err;

	sides_packets(&native, seed);
	err = sides_native(sides, program, tier, &native);
	printf("native code of tier %u differs (%d)\n", tier, err);
	sides_show("the interpreter", interp, "native code", &native);
}

bool sides_native_differs(struct sides *sides,
			  const struct random_program *program, uint64_t seed,
			  const struct outcome *interp, bool verbose)
{
	bool differs = false;

	for (enum jit_tier tier = JIT_QUICK;
	     jit_usable() && tier <= jit_best_tier() && !differs; tier++) {
		differs = tier_differs(sides, program, seed, tier, interp);
		if (differs && verbose)
			show_tier(sides, program, seed, tier, interp);
	}
	return differs;
}

bool sides_compiled(const struct sides *sides, uint64_t cnt)
{
	for (enum jit_tier tier = JIT_QUICK; tier <= jit_best_tier(); tier++)
		if (sides->compiled[tier] < cnt)
			return false;
	return true;
}

static void show(const struct random_program *program)
{
	const struct disasm_style style = { 0 };

	for (uint32_t pc = 0; pc < program->cnt;) {
		struct strbuf text = STRBUF_INIT;
		enum op op = disasm_insn(&text, &program->insns[pc], &style);

		printf("%5u: %s\n", pc, strbuf_str(&text));
		strbuf_fini(&text);
		pc += op_slots(op);
	}
}

void sides_reduce(struct sides *sides, uint64_t seed, sides_differ_fn differs)
{
	struct random_program program = { .cnt = 0 };
	bool again = true;

	while (again) {
		again = false;
		for (uint32_t i = 0; i < RANDOM_STEPS; i++) {
			if (program.left_out[i])
				continue;
			program.left_out[i] = true;
			random_program(&program, seed);
			if (differs(sides, &program, seed, false))
				again = true;
			else
				program.left_out[i] = false;
		}
	}
	random_program(&program, seed);
	printf("seed %llu differs; the smallest part of it that does:\n",
	       (unsigned long long)seed);
	show(&program);
	differs(sides, &program, seed, true);
}

uint64_t sides_setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : fallback;
}
