/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter and native code against the running kernel on random
 * programs (program_random.h): what the kernel's verifier accepts runs on the
 * same packets here and there, and must leave the same result, packet and
 * maps. Native code is asked for what our verifier accepts as well.
 *
 * Runs for SKEP_DIFF_SECONDS (4), from seed SKEP_DIFF_SEED (1). Of a program
 * that differs it prints the smallest that still does, and its seed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "isa/disasm.h"
#include "map/map.h"
#include "program_random.h"
#include "verify/flow/flow.h"

#define PACKETS		3
#define PACKET_LEN	80
#define KEYS		16
#define MAPS		3

/* All that a program leaves behind. */
struct outcome {
	uint32_t ret[PACKETS];
	uint8_t packets[PACKETS][PACKET_LEN];
	uint8_t array[2][RANDOM_VALUE], out[RANDOM_OUT];
	bool there[KEYS];
	uint8_t hash[KEYS][RANDOM_HASH];
};

static const struct map_def defs[MAPS] = {
	{ "array", MAP_TYPE_ARRAY, 4, RANDOM_VALUE, 2 },
	{ "hash", MAP_TYPE_HASH, 4, RANDOM_HASH, 8 },
	{ "out", MAP_TYPE_ARRAY, 4, RANDOM_OUT, 1 },
};

/* Both sides' maps; they live as long as the test. */
struct sides {
	int fds[MAPS];
	struct map *maps[MAPS];
	struct run interp, jit;
	uint64_t compiled[JIT_OPT + 1];	/* by each tier */
};

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr)) < 0 ? -errno : 0;
}

/* ---- the kernel ---- */

static int kernel_elem(enum bpf_cmd cmd, int fd, uint32_t key, void *value)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd, .key = (uintptr_t)&key,
		.value = (uintptr_t)value,
	};

	return sys_bpf(cmd, &attr);
}

static int kernel_load(const struct sides *sides,
		       const struct random_program *program, char *log,
		       size_t size)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = program->cnt,
		.insns = (uintptr_t)program->insns,
		.license = (uintptr_t)"GPL",
		.fd_array = (uintptr_t)sides->fds,
		.log_level = size ? 1 : 0, .log_size = (uint32_t)size,
		.log_buf = (uintptr_t)log,
	};
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

static void kernel_reset(const struct sides *sides)
{
	uint8_t zero[RANDOM_OUT] = { 0 };

	for (uint32_t key = 0; key < 2; key++)
		kernel_elem(BPF_MAP_UPDATE_ELEM, sides->fds[0], key, zero);
	for (uint32_t key = 0; key < KEYS; key++)
		kernel_elem(BPF_MAP_DELETE_ELEM, sides->fds[1], key, NULL);
	kernel_elem(BPF_MAP_UPDATE_ELEM, sides->fds[2], 0, zero);
}

static int kernel_run(const struct sides *sides, int fd, struct outcome *out)
{
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint8_t in[PACKET_LEN];
		union bpf_attr attr = {
			.test = { .prog_fd = (uint32_t)fd,
				  .data_in = (uintptr_t)in,
				  .data_size_in = PACKET_LEN,
				  .data_out = (uintptr_t)out->packets[i],
				  .data_size_out = PACKET_LEN },
		};
		int err;

		memcpy(in, out->packets[i], PACKET_LEN);
		err = sys_bpf(BPF_PROG_TEST_RUN, &attr);
		if (err)
			return err;
		out->ret[i] = attr.test.retval;
	}
	for (uint32_t key = 0; key < 2; key++)
		kernel_elem(BPF_MAP_LOOKUP_ELEM, sides->fds[0], key,
			    out->array[key]);
	for (uint32_t key = 0; key < KEYS; key++)
		out->there[key] = !kernel_elem(BPF_MAP_LOOKUP_ELEM,
					       sides->fds[1], key,
					       out->hash[key]);
	return kernel_elem(BPF_MAP_LOOKUP_ELEM, sides->fds[2], 0, out->out);
}

/* ---- here ---- */

static void skep_reset(const struct sides *sides)
{
	uint8_t zero[RANDOM_OUT] = { 0 };

	for (uint32_t key = 0; key < 2; key++)
		map_update_elem(sides->maps[0], &key, zero, 0);
	for (uint32_t key = 0; key < KEYS; key++)
		map_delete_elem(sides->maps[1], &key);
	map_update_elem(sides->maps[2], &(uint32_t){ 0 }, zero, 0);
}

static void skep_read(const struct sides *sides, struct outcome *out)
{
	for (uint32_t key = 0; key < 2; key++)
		map_lookup_elem(sides->maps[0], &key, out->array[key], 0);
	for (uint32_t key = 0; key < KEYS; key++)
		out->there[key] = !map_lookup_elem(sides->maps[1], &key,
						   out->hash[key], 0);
	map_lookup_elem(sides->maps[2], &(uint32_t){ 0 }, out->out, 0);
}

static int skep_packet(struct run *run, int (*engine)(struct run *run),
		       uint8_t *bytes)
{
	uint8_t room[PACKET_HEADROOM + PACKET_LEN];
	struct packet packet = {
		.head = room, .data_meta = room + PACKET_HEADROOM,
		.data = room + PACKET_HEADROOM,
		.data_end = room + sizeof(room), .end = room + sizeof(room),
		.len = PACKET_LEN, .wire_len = PACKET_LEN,
	};
	int err;

	memcpy(packet.data, bytes, PACKET_LEN);
	run->ctx = run->packet = &packet;
	run->ctx_len = sizeof(struct xdp_md);
	err = engine(run);
	memcpy(bytes, packet.data, PACKET_LEN);
	return err;
}

static struct prog skep_prog(struct sides *sides,
			     const struct random_program *program)
{
	return (struct prog){
		.name = "random", .type = PROG_TYPE_XDP, .gpl = true,
		.insns = program->insns, .insns_cnt = program->cnt,
		.maps = sides->maps, .maps_cnt = MAPS,
	};
}

static int skep_packets(struct run *run, int (*engine)(struct run *run),
			struct outcome *out)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < PACKETS; i++) {
		err = skep_packet(run, engine, out->packets[i]);
		out->ret[i] = (uint32_t)run->r0;
	}
	return err;
}

static int skep_run(struct sides *sides, const struct random_program *program,
		    struct outcome *out)
{
	struct prog prog = skep_prog(sides, program);
	int err = interp_prepare(&prog, NULL);

	sides->interp.prog = &prog;
	if (!err)
		err = skep_packets(&sides->interp, interp_run, out);
	interp_release(&prog);
	skep_read(sides, out);
	return err;
}

/* Proves and compiles; -EACCES when our verifier says no. */
static int make_native(struct prog *prog, enum jit_tier tier,
		       struct arena *arena, struct verify_result **proof)
{
	const struct verify_map views[MAPS] = {
#define VIEW(i) [i] = { .name = defs[i].name, .type = defs[i].type, \
			.key_size = defs[i].key_size, \
			.value_size = defs[i].value_size, \
			.max_entries = defs[i].max_entries }
		VIEW(0), VIEW(1), VIEW(2),
#undef VIEW
	};
	struct verify_input input = { .prog = prog, .maps = views };
	struct jit_options options = { .tier = tier, .check = true };
	int err = flow_find_subprogs(arena, prog->insns, prog->insns_cnt,
				     &prog->subprogs, &prog->subprogs_cnt);

	if (!err)
		err = verify_prog(&input, NULL, proof, NULL);
	if (err)
		return -EACCES;
	options.facts = &(*proof)->facts;
	return jit_prepare(prog, &options);
}

static int native_run(struct sides *sides,
		      const struct random_program *program,
		      enum jit_tier tier, struct outcome *out)
{
	struct prog prog = skep_prog(sides, program);
	struct verify_result *proof = NULL;
	struct arena arena;
	int err;

	arena_init(&arena);
	err = make_native(&prog, tier, &arena, &proof);
	sides->jit.prog = &prog;
	if (!err) {
		err = skep_packets(&sides->jit, jit_run, out);
		sides->compiled[jit_tier_of(&prog)]++;
	}
	jit_release(&prog);
	verify_free(proof);
	arena_fini(&arena);
	skep_read(sides, out);
	return err;
}

/* ---- both ---- */

static void make_packets(struct outcome *out, uint64_t seed)
{
	static const uint64_t edges[] = {
		0, 1, UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX,
		INT32_MAX, 1ull << 31, 0xffffffff80000000, 63, 32,
	};

	memset(out, 0, sizeof(*out));
	for (uint32_t i = 0; i < PACKETS; i++)
		for (uint32_t at = 0; at < PACKET_LEN; at += 8) {
			uint64_t word = random_next(&seed);

			if (word & 1)
				word = edges[(word >> 8) % ARRAY_SIZE(edges)];
			memcpy(out->packets[i] + at, &word, 8);
		}
}

enum answer { SAME, REFUSED, DIFFERENT };

static void show_bytes(const char *what, const void *kernel, const void *skep,
		       size_t size)
{
	const uint8_t *a = kernel, *b = skep;

	for (size_t i = 0; i < size; i += 8) {
		uint64_t x = 0, y = 0;

		memcpy(&x, a + i, MIN(size - i, sizeof(x)));
		memcpy(&y, b + i, MIN(size - i, sizeof(y)));
		if (x != y)
			printf("%s + %zu: kernel %#llx, skep %#llx\n", what, i,
			       (unsigned long long)x, (unsigned long long)y);
	}
}

static void show_outcomes(const struct outcome *kernel,
			  const struct outcome *skep)
{
#define SHOW(member) show_bytes(#member, kernel->member, skep->member, \
				sizeof(skep->member))
	SHOW(ret);
	SHOW(packets);
	SHOW(array);
	SHOW(out);
	SHOW(there);
	SHOW(hash);
#undef SHOW
}

/* True when native code leaves something else than the interpreter. */
static bool tier_differs(struct sides *sides,
			 const struct random_program *program,
			 uint64_t seed, enum jit_tier tier,
			 const struct outcome *interp)
{
	struct outcome native;
	int err;

	make_packets(&native, seed);
	skep_reset(sides);
	err = native_run(sides, program, tier, &native);
	if (err == -EACCES)
		return false;
	if (err || memcmp(&native, interp, sizeof(native)))
		printf("native code of tier %u differs (%d)\n", tier, err);
	return err || memcmp(&native, interp, sizeof(native));
}

static bool native_differs(struct sides *sides,
			   const struct random_program *program,
			   uint64_t seed, const struct outcome *interp)
{
	return jit_usable() &&
	       (tier_differs(sides, program, seed, JIT_QUICK, interp) ||
		tier_differs(sides, program, seed, JIT_OPT, interp));
}

static enum answer compare(struct sides *sides,
			   const struct random_program *program,
			   uint64_t seed, bool verbose)
{
	struct outcome kernel, skep;
	int fd = kernel_load(sides, program, NULL, 0), err, err2;

	if (fd < 0)
		return REFUSED;
	make_packets(&kernel, seed);
	make_packets(&skep, seed);
	kernel_reset(sides);
	skep_reset(sides);
	err = kernel_run(sides, fd, &kernel);
	close(fd);
	err2 = skep_run(sides, program, &skep);
	if (verbose) {
		printf("runs: kernel %d, skep %d\n", err, err2);
		show_outcomes(&kernel, &skep);
	}
	if (err || err2 || memcmp(&kernel, &skep, sizeof(skep)))
		return DIFFERENT;
	return native_differs(sides, program, seed, &skep) ? DIFFERENT : SAME;
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

/* Leaves out what can be, as long as the difference stays. */
static void show_smallest(struct sides *sides, uint64_t seed)
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
			if (compare(sides, &program, seed, false) == DIFFERENT)
				again = true;
			else
				program.left_out[i] = false;
		}
	}
	random_program(&program, seed);
	printf("seed %llu differs; the smallest part of it that does:\n",
	       (unsigned long long)seed);
	show(&program);
	compare(sides, &program, seed, true);
}

static void show_refused(const struct sides *sides,
			 const struct random_program *program, uint64_t seed)
{
	static char log[1 << 20];
	int fd = kernel_load(sides, program, log, sizeof(log));
	size_t len = strlen(log);

	printf("seed %llu refused: %d\n%s\n", (unsigned long long)seed, fd,
	       log + (len > 600 ? len - 600 : 0));
}

static int make_sides(struct sides *sides)
{
	for (uint32_t i = 0; i < MAPS; i++) {
		union bpf_attr attr = {
			.map_type = defs[i].type,
			.key_size = defs[i].key_size,
			.value_size = defs[i].value_size,
			.max_entries = defs[i].max_entries,
		};
		long fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr,
				  sizeof(attr));

		if (fd < 0)
			return -errno;
		sides->fds[i] = (int)fd;
		if (map_create(&sides->maps[i], &defs[i], 1, NULL))
			return -ENOMEM;
	}
	return interp_attach(&sides->interp) ?: jit_attach(&sides->jit);
}

static void drop_sides(struct sides *sides)
{
	interp_detach(&sides->interp);
	jit_detach(&sides->jit);
	for (uint32_t i = 0; i < MAPS; i++) {
		map_put(sides->maps[i]);
		close(sides->fds[i]);
	}
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : fallback;
}

int main(void)
{
	time_t end = time(NULL) + (time_t)setting("SKEP_DIFF_SECONDS", 4);
	uint64_t first = setting("SKEP_DIFF_SEED", 1), seed = first;
	bool verbose = setting("SKEP_DIFF_REFUSED", 0);
	uint64_t counts[3] = { 0 }, insns = 0;
	struct random_program program = { .cnt = 0 };
	struct sides sides = { 0 };
	int err = make_sides(&sides);

	if (err) {
		printf("skipped: the kernel makes no maps here: %s\n",
		       strerror(-err));
		return 77;
	}
	for (; time(NULL) < end && counts[DIFFERENT] < 3; seed++) {
		enum answer answer;

		random_program(&program, seed);
		answer = compare(&sides, &program, seed, false);
		counts[answer]++;
		insns += program.cnt;
		if (answer == DIFFERENT)
			show_smallest(&sides, seed);
		if (answer == REFUSED && verbose)
			show_refused(&sides, &program, seed);
	}
	printf("%llu programs of %llu instructions from seed %llu: the kernel "
	       "accepted %llu, %llu compiled quickly, %llu optimised, %llu "
	       "differ\n",
	       (unsigned long long)(seed - first),
	       (unsigned long long)(insns / MAX(seed - first, 1)),
	       (unsigned long long)first,
	       (unsigned long long)(counts[SAME] + counts[DIFFERENT]),
	       (unsigned long long)sides.compiled[JIT_QUICK],
	       (unsigned long long)sides.compiled[JIT_OPT],
	       (unsigned long long)counts[DIFFERENT]);
	if (jit_usable() && (sides.compiled[JIT_OPT] < counts[SAME] / 2 ||
			     sides.compiled[JIT_QUICK] < counts[SAME] / 2))
		counts[DIFFERENT]++;
	drop_sides(&sides);
	if (counts[SAME] + counts[DIFFERENT] < counts[REFUSED])
		return 1;
	return counts[DIFFERENT] != 0;
}
