/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts on random programs that hang on numbers: bounds, links, spills,
 * loops, calls, and accesses to 16 bytes of a map value. The verifier is asked
 * in four ways that must agree: as it is, with all numbers precise, with a
 * state kept at every instruction, and with both; so a path that is cut
 * wrongly shows. The kernel is asked too: what it rejects, skep may accept
 * only for a reason that is counted here as "narrower", and what it accepts,
 * skep must.
 *
 * Runs for SKEP_DIFF_SECONDS (4), from seed SKEP_DIFF_SEED (1); prints the
 * program of each disagreement.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/str.h"
#include "isa/disasm.h"
#include "map/map.h"
#include "verify/flow/flow.h"
#include "verify/verify.h"

#define INSNS_MAX	600
#define FIXUPS_MAX	16
#define VALUE_SIZE	16
#define WAYS		4
#define LIMIT		50000	/* more is no use here, and takes long */

struct fixup {
	unsigned int insn, items;	/* jumps over so many items more */
};

struct gen {
	uint64_t seed;
	struct bpf_insn insns[INSNS_MAX];
	unsigned int cnt, depth;
	unsigned int calls[INSNS_MAX], calls_cnt;	/* of the subprogram */
};

static unsigned int draw(struct gen *gen, unsigned int below)
{
	gen->seed ^= gen->seed << 13;
	gen->seed ^= gen->seed >> 7;
	gen->seed ^= gen->seed << 17;
	return (unsigned int)(gen->seed >> 11) % below;
}

static void emit(struct gen *gen, uint8_t code, unsigned int dst,
		 unsigned int src, int16_t off, int32_t imm)
{
	if (gen->cnt < INSNS_MAX)
		gen->insns[gen->cnt++] = (struct bpf_insn){
			.code = code, .dst_reg = dst & 15,
			.src_reg = src & 15, .off = off, .imm = imm,
		};
}

static unsigned int draw_reg(struct gen *gen)
{
	return 6 + draw(gen, 3);
}

static int32_t draw_imm(struct gen *gen)
{
	static const int32_t odd[] = {
		0, 1, -1, 15, 16, 7, 255, 0x7fffffff, INT32_MIN, -16,
	};

	return draw(gen, 3) ? (int32_t)draw(gen, 20) :
	       odd[draw(gen, ARRAY_SIZE(odd))];
}

static void gen_alu(struct gen *gen)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_AND, BPF_OR, BPF_XOR, BPF_MOV, BPF_MOV,
		BPF_AND, BPF_ADD, BPF_RSH, BPF_ARSH, BPF_LSH,
	};
	uint8_t class = draw(gen, 3) ? BPF_ALU64 : BPF_ALU;
	uint8_t op = ops[draw(gen, ARRAY_SIZE(ops))];
	bool shifts = op == BPF_RSH || op == BPF_ARSH || op == BPF_LSH;

	if (shifts || draw(gen, 2))
		emit(gen, class | op | BPF_K, draw_reg(gen), 0, 0,
		     shifts ? (int32_t)draw(gen, 32) : draw_imm(gen));
	else
		emit(gen, class | op | BPF_X, draw_reg(gen), draw_reg(gen), 0,
		     0);
}

static void gen_random(struct gen *gen)
{
	unsigned int reg = draw_reg(gen);

	emit(gen, BPF_JMP | BPF_CALL, 0, 0, 0, 7);
	emit(gen, BPF_ALU64 | BPF_MOV | BPF_X, reg, 0, 0, 0);
	if (draw(gen, 2))
		emit(gen, BPF_ALU64 | BPF_AND | BPF_K, reg, 0, 0,
		     (int32_t)(1u << draw(gen, 6)) - 1);
}

static void gen_spill(struct gen *gen)
{
	uint8_t size = draw(gen, 4) ? BPF_DW : draw(gen, 2) ? BPF_W : BPF_B;
	int16_t off = (int16_t)(-8 * (int)(1 + draw(gen, 3)));

	if (draw(gen, 2))
		emit(gen, BPF_STX | BPF_MEM | size, 10, draw_reg(gen), off, 0);
	else
		emit(gen, BPF_LDX | BPF_MEM | size, draw_reg(gen), 10, off, 0);
}

static void gen_jump(struct gen *gen, struct fixup *fixup)
{
	static const uint8_t ops[] = {
		BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT,
		BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET,
	};
	uint8_t class = draw(gen, 3) ? BPF_JMP : BPF_JMP32;
	uint8_t op = ops[draw(gen, ARRAY_SIZE(ops))];

	fixup->insn = gen->cnt;
	fixup->items = 1 + draw(gen, 4);
	if (draw(gen, 3))
		emit(gen, class | op | BPF_K, draw_reg(gen), 0, 0,
		     draw_imm(gen));
	else
		emit(gen, class | op | BPF_X, draw_reg(gen), draw_reg(gen), 0,
		     0);
}

/* One byte of the value at r9, most times checked. */
static void gen_access(struct gen *gen)
{
	unsigned int reg = draw_reg(gen);
	int limit = VALUE_SIZE - 1 + (draw(gen, 12) == 0);

	if (draw(gen, 6))
		emit(gen, BPF_JMP | BPF_JGT | BPF_K, reg, 0, 3, limit);
	emit(gen, BPF_ALU64 | BPF_MOV | BPF_X, 1, 9, 0, 0);
	emit(gen, BPF_ALU64 | BPF_ADD | BPF_X, 1, reg, 0, 0);
	emit(gen, BPF_LDX | BPF_MEM | BPF_B, 1, 1, 0, 0);
}

static void gen_call(struct gen *gen)
{
	emit(gen, BPF_ALU64 | BPF_MOV | BPF_X, 1, draw_reg(gen), 0, 0);
	gen->calls[gen->calls_cnt++] = gen->cnt;
	emit(gen, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	emit(gen, BPF_ALU64 | BPF_MOV | BPF_X, draw_reg(gen), 0, 0, 0);
}

static void gen_block(struct gen *gen, unsigned int items);

/* The counter is a slot of its own. */
static void gen_loop(struct gen *gen)
{
	int16_t slot = (int16_t)(-32 - 8 * (int)gen->depth);
	unsigned int head;

	emit(gen, BPF_ST | BPF_MEM | BPF_DW, 10, 0, slot, 0);
	head = gen->cnt;
	gen_block(gen, 1 + draw(gen, 4));
	emit(gen, BPF_LDX | BPF_MEM | BPF_DW, 1, 10, slot, 0);
	emit(gen, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1);
	emit(gen, BPF_STX | BPF_MEM | BPF_DW, 10, 1, slot, 0);
	emit(gen, BPF_JMP | BPF_JLT | BPF_K, 1, 0,
	     (int16_t)((int)head - (int)gen->cnt - 1),
	     1 + (int32_t)draw(gen, 6));
}

/* Rounds without a counter: the walk must find what does not change. */
static void gen_may_goto(struct gen *gen)
{
	unsigned int head = gen->cnt;

	emit(gen, BPF_JMP | 0xe0, 0, 0, 0, 0);
	gen_block(gen, 1 + draw(gen, 5));
	emit(gen, BPF_JMP | BPF_JA, 0, 0,
	     (int16_t)((int)head - (int)gen->cnt - 1), 0);
	gen->insns[head].off = (int16_t)(gen->cnt - head - 1);
}

static void gen_item(struct gen *gen, struct fixup *fixup)
{
	fixup->items = 0;
	switch (draw(gen, 16)) {
	case 0: case 1:
		gen_random(gen);
		break;
	case 2: case 3: case 4:
		gen_spill(gen);
		break;
	case 5: case 6: case 7: case 8: case 9:
		gen_jump(gen, fixup);
		break;
	case 10:
		gen_access(gen);
		break;
	case 11:
		gen_call(gen);
		break;
	case 12:
		if (gen->depth < 2 && draw(gen, 2))
			gen_loop(gen);
		else if (gen->depth < 2)
			gen_may_goto(gen);
		break;
	default:
		gen_alu(gen);
		break;
	}
}

static void gen_block(struct gen *gen, unsigned int items)
{
	struct fixup fixups[FIXUPS_MAX];
	unsigned int cnt = 0;

	gen->depth++;
	for (unsigned int i = 0; i <= items; i++) {
		for (unsigned int j = 0; j < cnt; j++)
			if (fixups[j].items && (!--fixups[j].items ||
						i == items)) {
				fixups[j].items = 0;
				gen->insns[fixups[j].insn].off = (int16_t)
					(gen->cnt - fixups[j].insn - 1);
			}
		if (i == items)
			break;
		fixups[cnt % FIXUPS_MAX].items = 0;
		gen_item(gen, &fixups[cnt]);
		if (fixups[cnt].items) {
			fixups[cnt].items++;
			cnt += cnt < FIXUPS_MAX - 1;
		}
	}
	gen->depth--;
}

static void gen_prologue(struct gen *gen)
{
	emit(gen, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0);
	emit(gen, BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	emit(gen, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4);
	emit(gen, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_IDX, 0, 0);
	emit(gen, 0, 0, 0, 0, 0);
	emit(gen, BPF_JMP | BPF_CALL, 0, 0, 0, 1);
	emit(gen, BPF_JMP | BPF_JNE | BPF_K, 0, 0, 1, 0);
	emit(gen, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	emit(gen, BPF_ALU64 | BPF_MOV | BPF_X, 9, 0, 0, 0);
	for (unsigned int reg = 6; reg < 9; reg++) {
		emit(gen, BPF_JMP | BPF_CALL, 0, 0, 0, 7);
		emit(gen, BPF_ALU64 | BPF_MOV | BPF_X, reg, 0, 0, 0);
		emit(gen, BPF_STX | BPF_MEM | BPF_DW, 10, reg,
		     (int16_t)(-8 * (int)(reg - 5)), 0);
	}
}

/* A number that depends on another one in two ways. */
static void gen_callee(struct gen *gen)
{
	unsigned int start = gen->cnt;

	if (!gen->calls_cnt)
		return;
	for (unsigned int i = 0; i < gen->calls_cnt; i++)
		gen->insns[gen->calls[i]].imm =
			(int32_t)(start - gen->calls[i] - 1);
	emit(gen, BPF_ALU64 | BPF_MOV | BPF_X, 0, 1, 0, 0);
	emit(gen, BPF_JMP | BPF_JLT | BPF_K, 1, 0, 2, draw_imm(gen));
	emit(gen, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, draw_imm(gen));
	emit(gen, BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, draw_imm(gen));
	emit(gen, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void generate(struct gen *gen, uint64_t seed)
{
	*gen = (struct gen){ .seed = seed * 0x9e3779b97f4a7c15u + 1 };
	for (int i = 0; i < 4; i++)
		draw(gen, 2);
	gen_prologue(gen);
	gen_block(gen, 6 + draw(gen, 10));
	gen_block(gen, 6 + draw(gen, 10));
	gen_access(gen);
	emit(gen, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	emit(gen, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	gen_callee(gen);
}

/* ---- verdicts ---- */

struct verdict {
	int err;
	unsigned int processed;
	char reason[160];
};

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static int make_map(void)
{
	union bpf_attr attr = {
		.map_type = MAP_TYPE_HASH, .key_size = 4,
		.value_size = VALUE_SIZE, .max_entries = 1,
	};

	return sys_bpf(BPF_MAP_CREATE, &attr);
}

static int ask_kernel(const struct gen *gen, int map)
{
	static char log[1 << 20];
	union bpf_attr attr = {
		.prog_type = PROG_TYPE_XDP, .insns = (uintptr_t)gen->insns,
		.insn_cnt = gen->cnt, .license = (uintptr_t)"GPL",
		.fd_array = (uintptr_t)&map, .log_buf = (uintptr_t)log,
		.log_size = sizeof(log), .log_level = 4,
	};
	int fd = sys_bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void note_diag(void *arg, const struct skep_diag *diag)
{
	struct verdict *out = arg;

	snprintf(out->reason, sizeof(out->reason), "%ld: %s (%s)",
		 (long)diag->insn, diag->message, diag->id);
}

static void ask_skep(const struct gen *gen, unsigned int way,
		     struct verdict *out)
{
	struct verify_map map = {
		.name = "hash", .type = MAP_TYPE_HASH, .key_size = 4,
		.value_size = VALUE_SIZE, .max_entries = 1,
	};
	struct prog prog = {
		.name = "random", .type = PROG_TYPE_XDP, .gpl = true,
		.license = "GPL", .insns = gen->insns,
		.insns_cnt = gen->cnt, .maps_cnt = 1,
	};
	struct verify_input in = { .prog = &prog, .maps = &map };
	struct verify_options opts = {
		.exact = way & 1, .keep_often = way & 2, .insns_max = LIMIT,
	};
	struct diag_sink sink = { .fn = note_diag, .arg = out };
	struct verify_result *result = NULL;
	struct arena arena;

	arena_init(&arena);
	*out = (struct verdict){ .err = -ENOMEM };
	if (!flow_find_subprogs(&arena, prog.insns, prog.insns_cnt,
				&prog.subprogs, &prog.subprogs_cnt))
		out->err = verify_prog(&in, &opts, &result, &sink);
	if (result)
		out->processed =
			(unsigned int)result->stats.insns_processed;
	verify_free(result);
	arena_fini(&arena);
}

static void print_program(const struct gen *gen)
{
	struct strbuf out = STRBUF_INIT;

	for (unsigned int i = 0; i < gen->cnt; i++) {
		strbuf_printf(&out, "%4u: ", i);
		if (op_slots(disasm_insn(&out, &gen->insns[i],
					 &(struct disasm_style){ 0 })) > 1)
			i++;
		strbuf_putc(&out, '\n');
	}
	fputs(strbuf_str(&out), stdout);
	strbuf_fini(&out);
}

struct totals {
	unsigned long programs, accepted, narrower, complex, bad;
};

static bool is_complex(int err)
{
	return err == -E2BIG;
}

static bool one(uint64_t seed, int map, struct totals *totals)
{
	struct verdict ways[WAYS];
	bool differ = false;
	struct gen gen;
	int kernel;

	generate(&gen, seed);
	for (unsigned int way = 0; way < WAYS; way++) {
		ask_skep(&gen, way, &ways[way]);
		if (is_complex(ways[way].err)) {
			totals->complex++;
			return true;
		}
		differ |= !ways[way].err != !ways[0].err;
	}
	kernel = ask_kernel(&gen, map);
	totals->programs++;
	totals->accepted += !ways[0].err;
	totals->narrower += !ways[0].err && kernel;
	if (!differ && (kernel || !ways[0].err))
		return true;
	printf("seed %llu: kernel %d\n", (unsigned long long)seed, kernel);
	for (unsigned int way = 0; way < WAYS; way++)
		printf("  %s%s: %d after %u: %s\n",
		       way & 1 ? "exact " : "", way & 2 ? "often" : "",
		       ways[way].err, ways[way].processed, ways[way].reason);
	print_program(&gen);
	totals->bad++;
	return false;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	uint64_t seed = setting("SKEP_DIFF_SEED", 1);
	time_t end = time(NULL) + (time_t)setting("SKEP_DIFF_SECONDS", 4);
	struct totals totals = { 0 };
	int map = make_map();

	if (map < 0) {
		printf("skipped: no maps in the kernel: %s\n", strerror(-map));
		return 77;
	}
	while (time(NULL) < end && totals.bad < 3)
		one(seed++, map, &totals);
	printf("%lu programs, %lu accepted, %lu of them only by skep, %lu too "
	       "complex, %lu bad\n", totals.programs, totals.accepted,
	       totals.narrower, totals.complex, totals.bad);
	return totals.bad ? 1 : 0;
}
