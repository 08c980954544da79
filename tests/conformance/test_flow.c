/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is not one operation on operands: jumps, calls, callbacks, tail calls,
 * addresses of maps, legacy packet loads. Each program's result is written
 * down, and the interpreter and the running kernel both give it; so does what
 * the verifier rewrites it to, interpreted and as native code.
 */
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../insns.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "kernel.h"
#include "map/prog_array.h"
#include "verify/flow/flow.h"
#include "verify/facts/rewrite.h"

#define FRAME_LEN	78
#define LINK_LEN	14
#define INSNS		20

/* maps[0]: an array of one value; maps[1]: a prog array, [0] the program. */
enum { MAP_VALUES, MAP_PROGS, MAPS };

static const uint64_t map_value[2] = { 0x1122334455667788, 99 };

struct flow_case {
	const char *name;
	uint32_t want;
	struct bpf_insn insns[INSNS];
};

/* Over 64 bytes of zeroed memory. */
static const struct flow_case memory_flows[] = {
	{ "ja", 3, { MOV_IMM(0, 3), JEQ_IMM(1, 0, 1), JA(1), MOV_IMM(0, 4),
		     EXIT() } },
	{ "ja back", 10, { MOV_IMM(0, 0), ADD_IMM(0, 1), JEQ_IMM(0, 10, 1),
			   JA(-3), EXIT() } },
	{ "gotol", 3, { MOV_IMM(0, 3), JEQ_IMM(1, 0, 1),
			INSN(0x06, 0, 0, 0, 1), MOV_IMM(0, 4), EXIT() } },
	{ "may_goto", 5, { MOV_IMM(0, 0), JEQ_IMM(0, 5, 3), MAY_GOTO(2),
			   ADD_IMM(0, 1), JA(-4), EXIT() } },
	{ "call", 42, { MOV_IMM(1, 40), MOV_IMM(2, 2), CALL_LOCAL(1), EXIT(),
			MOV_REG(0, 1), ADD_REG(0, 2), EXIT() } },
	{ "call keeps r6", 7, { MOV_IMM(6, 7), CALL_LOCAL(2), MOV_REG(0, 6),
				EXIT(), MOV_IMM(6, 1), MOV_IMM(0, 0),
				EXIT() } },
	{ "caller's stack", 9, { ST64(10, -8, 0), MOV_REG(1, 10),
				 ADD_IMM(1, -8), CALL_LOCAL(2),
				 LDX64(0, 10, -8), EXIT(), ST64(1, 0, 9),
				 MOV_IMM(0, 0), EXIT() } },
	{ "map value", 99, { LD64(1, 2, 8ULL << 32), LDX64(0, 1, 0), EXIT() } },
	{ "map value by index", 0x55667788,
	  { LD64(1, 6, 0), LDX64(0, 1, 0), EXIT() } },
	{ "map", 99, { ST32(10, -4, 0), LD_MAP(1, MAP_VALUES), MOV_REG(2, 10),
		       ADD_IMM(2, -4), CALL(1), JEQ_IMM(0, 0, 1),
		       LDX64(0, 0, 8), EXIT() } },
	{ "map by index", 99, { ST32(10, -4, 0), LD64(1, 5, MAP_VALUES),
				MOV_REG(2, 10), ADD_IMM(2, -4), CALL(1),
				JEQ_IMM(0, 0, 1), LDX64(0, 0, 8), EXIT() } },
};

/* The kernel takes these with BTF only, as objects have it: not asked. */
static const struct flow_case callback_flows[] = {
	{ "callback", 45, { ST64(10, -8, 0), MOV_IMM(1, 10), LD_FUNC(2, 7),
			    MOV_REG(3, 10), ADD_IMM(3, -8), MOV_IMM(4, 0),
			    CALL(181), LDX64(0, 10, -8), EXIT(),
			    LDX64(3, 2, 0), ADD_REG(3, 1), STX64(2, 3, 0),
			    MOV_IMM(0, 0), EXIT() } },
	{ "callback stops", 4, { MOV_IMM(1, 10), LD_FUNC(2, 5), MOV_IMM(3, 0),
				 MOV_IMM(4, 0), CALL(181), EXIT(),
				 MOV_IMM(0, 0), JNE_IMM(1, 3, 1),
				 MOV_IMM(0, 1), EXIT() } },
};

/* As socket filters, which may tail-call; cb[0] of the context counts. */
static const struct flow_case frame_flows[] = {
	{ "tail calls", 34, { LDX32(6, 1, 48), ADD_IMM(6, 1), STX32(1, 6, 48),
			      LD_MAP(2, MAP_PROGS), MOV_IMM(3, 0), CALL(12),
			      MOV_REG(0, 6), EXIT() } },
	{ "tail call into nothing", 5,
	  { LD_MAP(2, MAP_PROGS), MOV_IMM(3, 1), CALL(12), MOV_IMM(0, 5),
	    EXIT() } },
	{ "tail call past the end", 5,
	  { LD_MAP(2, MAP_PROGS), MOV_IMM(3, -1), CALL(12), MOV_IMM(0, 5),
	    EXIT() } },
};

static uint32_t slots_of(const struct flow_case *flow)
{
	uint32_t cnt = INSNS;

	while (!flow->insns[cnt - 1].code)
		cnt--;
	return cnt;
}

static int verdict(const struct flow_case *flow, const char *who, int err,
		   uint32_t got)
{
	if (!err && got == flow->want)
		return 0;
	printf("%s: %s: %#x, not %#x (error %d)\n", flow->name, who, got,
	       flow->want, err);
	return 1;
}

static void make_maps(struct map **maps)
{
	static const struct map_def defs[MAPS] = {
		{ "values", MAP_TYPE_ARRAY, 4, sizeof(map_value), 1 },
		{ "progs", MAP_TYPE_PROG_ARRAY, 4, 4, 2 },
	};
	uint32_t key = 0;

	for (int i = 0; i < MAPS; i++)
		if (map_create(&maps[i], &defs[i], 1, NULL))
			abort();
	if (map_update_elem(maps[MAP_VALUES], &key, map_value, 0))
		abort();
}

/* Ways to run a program here. */
enum form { PLAIN, REWRITTEN, NATIVE, NATIVE_COUNTED, NATIVE_OPT, FORMS };

static const char *const form_names[FORMS] = {
	"interp", "rewritten", "native", "native, counted", "optimised",
};

/* The program as the verifier proves and rewrites it; *proof is its proof. */
static int rewrite(const struct prog *in, struct arena *arena,
		   struct prog *out, struct verify_result **proof)
{
	static const struct verify_map views[MAPS] = {
		{ .name = "values", .type = MAP_TYPE_ARRAY, .key_size = 4,
		  .value_size = sizeof(map_value), .max_entries = 1 },
		{ .name = "progs", .type = MAP_TYPE_PROG_ARRAY, .key_size = 4,
		  .value_size = 4, .max_entries = 2 },
	};
	struct verify_input input = { .prog = in, .maps = views };
	int err = verify_prog(&input, NULL, proof, NULL);

	return err ?: verify_rewrite(in, &(*proof)->facts, arena, out);
}

static int run_interp(struct prog *prog, struct run *run)
{
	int err = interp_prepare(prog, NULL);

	run->prog = prog;
	prog_array_set(prog->maps[MAP_PROGS], 0, prog, 1);
	if (!err)
		err = interp_attach(run);
	if (!err)
		err = interp_run(run);
	interp_detach(run);
	prog_array_set(prog->maps[MAP_PROGS], 0, NULL, 0);
	interp_release(prog);
	return err;
}

static int run_native(struct prog *prog, struct run *run,
		      const struct verify_result *proof, enum form form)
{
	bool counts = form == NATIVE_COUNTED;
	struct jit_options options = {
		.facts = &proof->facts, .counts = counts, .check = true,
		.tier = form == NATIVE_OPT ? JIT_OPT : JIT_QUICK,
	};
	int err = jit_prepare(prog, &options);

	run->prog = prog;
	run->budget = counts ? 1000 : 0;
	prog_array_set(prog->maps[MAP_PROGS], 0, prog, 1);
	if (!err)
		err = jit_attach(run);
	if (!err)
		err = jit_run(run);
	jit_detach(run);
	prog_array_set(prog->maps[MAP_PROGS], 0, NULL, 0);
	jit_release(prog);
	return err;
}

static int run_form(const struct flow_case *flow, enum prog_type type,
		    struct run *run, enum form form)
{
	struct map *maps[MAPS];
	struct prog prog = {
		.name = flow->name, .type = type, .gpl = true,
		.flags = type == PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
		.insns = flow->insns, .insns_cnt = slots_of(flow),
		.maps = maps, .maps_cnt = MAPS,
	};
	struct verify_result *proof = NULL;
	struct prog linked = prog;
	struct arena arena;
	int err;

	arena_init(&arena);
	err = flow_find_subprogs(&arena, linked.insns, linked.insns_cnt,
				 &linked.subprogs, &linked.subprogs_cnt);
	if (!err && form != PLAIN)
		err = rewrite(&linked, &arena, &prog, &proof);
	make_maps(maps);
	if (!err)
		err = form < NATIVE ? run_interp(&prog, run) :
		      run_native(&prog, run, proof, form);
	verify_free(proof);
	for (int i = 0; i < MAPS; i++)
		map_put(maps[i]);
	arena_fini(&arena);
	return verdict(flow, form_names[form], err, (uint32_t)run->r0);
}

static enum form forms(void)
{
	return jit_usable() ? FORMS : NATIVE;
}

static int here_memory(const struct flow_case *flow)
{
	int bad = 0;

	for (enum form form = 0; form < forms(); form++) {
		uint64_t mem[8] = { 0 };
		struct run run = { .ctx = mem, .ctx_len = sizeof(mem) };

		bad |= run_form(flow, PROG_TYPE_SYSCALL, &run, form);
	}
	return bad;
}

/* Map indices become file descriptors, but in the forms that keep them. */
static void patch_maps(struct bpf_insn *insns, uint32_t cnt, const int *fds)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (insns[i].code == 0x18 && (insns[i].src_reg == 1 ||
					      insns[i].src_reg == 2))
			insns[i].imm = fds[insns[i].imm];
}

/* Over `frame` when there is one, else over zeroed memory. */
static int in_kernel(const struct flow_case *flow, uint32_t type,
		     const uint8_t *frame)
{
	static char log[65536];
	int fds[MAPS] = {
		kernel_array(map_value, sizeof(map_value)),
		kernel_prog_array(2),
	};
	struct bpf_insn insns[INSNS];
	uint32_t cnt = slots_of(flow), ret = 0;
	uint64_t mem[8] = { 0 };
	int fd, err;

	memcpy(insns, flow->insns, sizeof(insns));
	patch_maps(insns, cnt, fds);
	fd = kernel_load(type, insns, cnt, fds, log, sizeof(log));
	err = fd;
	if (fd < 0)
		printf("%s: %s\n", flow->name, log);
	else if (frame)
		err = kernel_prog_array_set(fds[MAP_PROGS], 0, fd);
	if (err >= 0)
		err = frame ? kernel_run_frame(fd, frame, FRAME_LEN, &ret) :
			      kernel_run_memory(fd, mem, sizeof(mem), &ret);
	close(fd);
	close(fds[MAP_VALUES]);
	close(fds[MAP_PROGS]);
	return verdict(flow, "kernel", err, ret);
}

/* A socket filter sees a frame from behind its link header on. */
static int here_frame(const struct flow_case *flow, uint8_t *frame)
{
	int bad = 0;

	for (enum form form = 0; form < forms(); form++) {
		struct packet packet = {
			.head = frame, .data = frame + LINK_LEN,
			.data_meta = frame + LINK_LEN,
			.data_end = frame + FRAME_LEN,
			.end = frame + FRAME_LEN, .link_header = frame,
			.network_header = frame + LINK_LEN,
		};
		struct run run = {
			.ctx = &packet, .packet = &packet, .ctx_len = 192,
		};

		bad |= run_form(flow, PROG_TYPE_SOCKET_FILTER, &run, form);
	}
	return bad;
}

/* What a load of `size` bytes at `off` gives; 0 ends the program. */
static uint32_t expect(const uint8_t *frame, int64_t off, uint32_t size)
{
	uint32_t value = 0;

	if (off >= 0)
		off += LINK_LEN;
	else if (off >= SKF_NET_OFF)
		off += LINK_LEN - SKF_NET_OFF;
	else if (off >= SKF_LL_OFF)
		off -= SKF_LL_OFF;
	else
		return 0;
	if (off + size > FRAME_LEN)
		return 0;
	for (uint32_t i = 0; i < size; i++)
		value = value << 8 | frame[off + i];
	return value + 1;
}

static const int32_t offsets[] = {
	0, 1, 2, 31, 59, 60, 61, 62, 63, 64, 65, 0x10000, INT32_MAX, -1,
	SKF_NET_OFF, SKF_NET_OFF + 1, SKF_NET_OFF + 62, SKF_NET_OFF + 64,
	SKF_LL_OFF, SKF_LL_OFF + 12, SKF_LL_OFF + 77, SKF_LL_OFF + 78,
	SKF_LL_OFF - 1, INT32_MIN,
};

static int legacy(uint8_t *frame, bool indirect, uint8_t code, uint32_t size,
		  int32_t off, bool kernel)
{
	/* an indirect load takes a part of the offset from r7 */
	int32_t part = indirect ? 5 : 0;
	struct flow_case flow = {
		indirect ? "ld_ind" : "ld_abs",
		expect(frame, off, size),
		{ MOV_REG(6, 1), MOV_IMM(7, part),
		  INSN(code, 0, indirect ? 7 : 0, 0,
		       (int32_t)((uint32_t)off - (uint32_t)part)),
		  ADD_IMM(0, 1), EXIT() },
	};
	int bad = here_frame(&flow, frame);

	if (kernel)
		bad |= in_kernel(&flow, BPF_PROG_TYPE_SOCKET_FILTER, frame);
	return bad;
}

int main(void)
{
	static const uint8_t codes[] = { 0x30, 0x28, 0x20 };
	bool kernel = kernel_usable();
	uint8_t frame[FRAME_LEN];
	int bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(memory_flows); i++) {
		bad |= here_memory(&memory_flows[i]);
		if (kernel)
			bad |= in_kernel(&memory_flows[i],
					 BPF_PROG_TYPE_SYSCALL, NULL);
	}
	for (int i = 0; i < FRAME_LEN; i++)
		frame[i] = (uint8_t)(i * 7 + 1);
	frame[12] = 0x12;	/* no protocol that the kernel would parse */
	frame[13] = 0x34;
	for (size_t i = 0; i < ARRAY_SIZE(callback_flows); i++)
		bad |= here_memory(&callback_flows[i]);
	for (size_t i = 0; i < ARRAY_SIZE(frame_flows); i++) {
		bad |= here_frame(&frame_flows[i], frame);
		if (kernel)
			bad |= in_kernel(&frame_flows[i],
					 BPF_PROG_TYPE_SOCKET_FILTER, frame);
	}
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (uint32_t j = 0; j < ARRAY_SIZE(codes); j++) {
			bad |= legacy(frame, false, codes[j], 1 << j,
				      offsets[i], kernel);
			bad |= legacy(frame, true, codes[j] ^ 0x60, 1 << j,
				      offsets[i], kernel);
		}
	}
	printf("%zu flows, %zu legacy loads%s\n",
	       ARRAY_SIZE(memory_flows) + ARRAY_SIZE(frame_flows),
	       ARRAY_SIZE(offsets) * 6, kernel ? ", the kernel's too" : "");
	return bad;
}
