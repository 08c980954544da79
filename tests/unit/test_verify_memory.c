/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds and rights of memory that few programs can reach: each row is one
 * access through a pointer that is made by hand.
 */
#include "base/str.h"
#include "cmocka_all.h"
#include "spec/diags.h"
#include "verify/memory/access.h"

#define R	ACCESS_READ
#define W	ACCESS_WRITE
#define CALL	ACCESS_CALL

struct memory_case {
	const char *name;
	uint8_t type;
	uint16_t flags;
	uint32_t bytes;			/* of the memory, or known to be */
	int32_t off;			/* of the pointer */
	int64_t min, max;		/* what was added to it */
	int32_t at;			/* of the instruction */
	uint32_t size;
	uint8_t mode;
	int diag;			/* 0: allowed */
};

#define BOUNDS		DIAG_VERIFY_MEM_BOUNDS
#define UNBOUNDED	DIAG_VERIFY_UNBOUNDED
#define READ_ONLY	DIAG_VERIFY_READ_ONLY
#define PROBE		(REG_RDONLY | REG_UNTRUSTED)
#define FAR		(1 << 29)

static const struct memory_case cases[] = {
	{ "mem: all", REG_MEM, 0, 8, 0, 0, 0, 0, 8, R },
	{ "mem: the end", REG_MEM, 0, 16, 0, 0, 0, 8, 8, R },
	{ "mem: over it", REG_MEM, 0, 16, 0, 0, 0, 9, 8, R, BOUNDS },
	{ "mem: before", REG_MEM, 0, 16, 0, 0, 0, -1, 1, R, BOUNDS },
	{ "mem: both offsets", REG_MEM, 0, 16, -4, 0, 0, 4, 8, W },
	{ "mem: both are before", REG_MEM, 0, 16, -4, 0, 0, 3, 8, W, BOUNDS },
	{ "mem: smaller than the access", REG_MEM, 0, 4, 0, 0, 0, 0, 8, R,
	  BOUNDS },
	{ "mem: range", REG_MEM, 0, 16, 0, 0, 8, 0, 8, R },
	{ "mem: range over the end", REG_MEM, 0, 16, 0, 0, 9, 0, 8, R,
	  BOUNDS },
	{ "mem: range from one", REG_MEM, 0, 16, -1, 1, 9, 0, 8, R },
	{ "mem: range from before", REG_MEM, 0, 16, -2, 1, 3, 0, 1, R,
	  BOUNDS },
	{ "mem: negative", REG_MEM, 0, 16, 0, -1, 7, 0, 1, R, UNBOUNDED },
	{ "mem: negative behind an offset", REG_MEM, 0, 16, 1, -1, 7, 0, 1,
	  R, UNBOUNDED },
	{ "mem: negative beyond it", REG_MEM, 0, 16, 1, -2, 7, 0, 1, R,
	  UNBOUNDED },
	{ "mem: known number", REG_MEM, 0, 16, 0, 1, 1, 14, 1, R },
	{ "mem: known number, over", REG_MEM, 0, 16, 0, 1, 1, 15, 1, R,
	  BOUNDS },
	{ "mem: far", REG_MEM, 0, 16, 0, 0, FAR - 1, 0, 1, R, BOUNDS },
	{ "mem: too far", REG_MEM, 0, 16, 0, 0, FAR, 0, 1, R, UNBOUNDED },
	{ "mem: unbounded", REG_MEM, 0, 16, 0, 0, -1, 0, 1, R, UNBOUNDED },
	{ "mem: written", REG_MEM, 0, 16, 0, 0, 0, 0, 8, W },
	{ "mem: written by a call", REG_MEM, 0, 16, 0, 0, 0, 0, 16, W | CALL },
	{ "mem: read-only", REG_MEM, REG_RDONLY, 16, 0, 0, 0, 0, 8, R },
	{ "mem: read-only, over", REG_MEM, REG_RDONLY, 16, 0, 0, 0, 9, 8, R,
	  BOUNDS },
	{ "mem: read-only is written", REG_MEM, REG_RDONLY, 16, 0, 0, 0, 0, 8,
	  W, READ_ONLY },
	{ "mem: untrusted, over", REG_MEM, REG_UNTRUSTED, 16, 0, 0, 0, 9, 8,
	  R, BOUNDS },
	{ "mem: probed, over", REG_MEM, PROBE, 16, 0, 0, 0, 9, 8, R },
	{ "mem: probed, written", REG_MEM, PROBE, 16, 0, 0, 0, 0, 8, W,
	  READ_ONLY },
	{ "mem: or NULL", REG_MEM, REG_NULLABLE, 16, 0, 0, 0, 0, 8, R,
	  DIAG_VERIFY_NULL },

	{ "buf: of no known size", REG_BUF, 0, 0, 0, 0, 0, 4000, 8, R },
	{ "buf: its start", REG_BUF, 0, 0, 0, 0, 0, 0, 8, W },
	{ "buf: before", REG_BUF, 0, 0, 0, 0, 0, -1, 8, R, BOUNDS },
	{ "buf: variable", REG_BUF, 0, 0, 0, 0, 1, 8, 8, R, BOUNDS },
	{ "buf: known number", REG_BUF, 0, 0, 0, 1, 1, 8, 8, R, BOUNDS },
	{ "buf: end", REG_BUF, 0, 16, 0, 0, 0, 8, 8, R },
	{ "buf: over it", REG_BUF, 0, 16, 0, 0, 0, 9, 8, R, BOUNDS },
	{ "buf: read-only", REG_BUF, REG_RDONLY, 16, 0, 0, 0, 8, 8, R },
	{ "buf: read-only, written", REG_BUF, REG_RDONLY, 16, 0, 0, 0, 8, 8,
	  W, READ_ONLY },
	{ "buf: written", REG_BUF, 0, 16, 0, 0, 0, 8, 8, W },
	{ "tracepoint: far", REG_TP_BUFFER, 0, 0, 0, 0, 0, 4000, 8, R },
	{ "tracepoint: before", REG_TP_BUFFER, 0, 0, 0, 0, 0, -1, 8, R,
	  BOUNDS },

	{ "arena: anywhere", REG_ARENA, 0, 0, 0, 0, -1, 4000, 8, R },
	{ "arena: anywhere, written", REG_ARENA, 0, 0, 0, 0, -1, -1, 8, W },

	{ "key", REG_MAP_KEY, 0, 0, 0, 0, 0, 0, 8, R },
	{ "key: over", REG_MAP_KEY, 0, 0, 0, 0, 0, 1, 8, R,
	  DIAG_VERIFY_MAP_BOUNDS },
	{ "key: written", REG_MAP_KEY, 0, 0, 0, 0, 0, 0, 8, W, READ_ONLY },
	{ "key: written by a call", REG_MAP_KEY, 0, 0, 0, 0, 0, 0, 8,
	  W | CALL, READ_ONLY },

	{ "packet: all", REG_PACKET, 0, 8, 0, 0, 0, 0, 8, R },
	{ "packet: over", REG_PACKET, 0, 8, 0, 0, 0, 1, 8, R,
	  DIAG_VERIFY_PACKET_BOUNDS },
	{ "packet: before", REG_PACKET, 0, 8, 0, 0, 0, -1, 1, R,
	  DIAG_VERIFY_PACKET_BOUNDS },
	{ "packet: behind what was added", REG_PACKET, 0, 8, 0, 0, 99, 0, 8,
	  R },
	{ "packet: what was added is negative", REG_PACKET, 0, 8, 0, -1, 9, 0,
	  1, R, UNBOUNDED },
	{ "packet: written", REG_PACKET, 0, 8, 0, 0, 0, 0, 8, W, READ_ONLY },
	{ "packet: written by a call", REG_PACKET, 0, 8, 0, 0, 0, 0, 8,
	  W | CALL },
};

static const struct verify_map map = {
	.name = "m", .type = MAP_TYPE_HASH, .key_size = 8, .value_size = 16,
};

static char phrase[200];		/* the kernel's, of what it rejected */

/* Which diagnostic; loads must give a number of that size. */
static int run(const struct memory_case *c)
{
	static const struct bpf_insn insns[1];
	struct prog prog = {
		.type = PROG_TYPE_CGROUP_SKB, .insns = insns, .insns_cnt = 1,
	};
	struct verify_input in = { .prog = &prog, .maps = &map };
	struct verify_env env = { .in = &in, .prog = &prog };
	struct access acc = {
		.base = 1, .off = c->at, .size = c->size, .mode = c->mode,
	};
	struct reg *base, *to;
	int err, diag;

	arena_init(&env.arena);
	assert_int_equal(values_init(&env.values), 0);
	env.cur = state_new(&env);
	assert_non_null(env.cur);
	assert_int_equal(state_push_frame(&env, env.cur, 0, 0, FRAME_PROGRAM),
			 0);
	base = &state_frame(env.cur)->regs[1];
	to = &state_frame(env.cur)->regs[2];
	reg_set_pointer(base, c->type, c->flags, 0);
	base->off = c->off;
	base->num = scalar_srange(c->min, c->max);
	if (c->type != REG_MAP_KEY && c->type != REG_ARENA)
		base->size = c->bytes;
	err = c->mode == R ? access_load(&env, &acc, to) :
			     access_check(&env, &acc);
	diag = err ? (int)(env.why.row - diag_rows) : 0;
	str_copy(phrase, sizeof(phrase), err ? env.why.kernel : "");
	if (!err && c->mode == R && (to->type != REG_SCALAR ||
	    scalar_umax(&to->num) != word_mask(c->size * 8)))
		fail_msg("%s: no number of %u bytes", c->name, c->size);
	state_free(&env, env.cur);
	values_fini(&env.values);
	arena_fini(&env.arena);
	return diag;
}

static void test_cases(void **state)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int diag = run(&cases[i]);

		if (diag == cases[i].diag)
			continue;
		print_error("%s: %s\n", cases[i].name,
			    diag ? diag_rows[diag].id : "allowed");
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Buffers by the kernel's names for them. */
static void test_phrases(void **state)
{
	static const struct {
		uint8_t type;
		uint16_t flags;
		const char *says;
	} rows[] = {
		{ REG_BUF, 0,
		  "R1 invalid rdwr buffer access: off=-1, size=8" },
		{ REG_BUF, REG_RDONLY,
		  "R1 invalid rdonly buffer access: off=-1, size=8" },
		{ REG_TP_BUFFER, 0,
		  "R1 invalid tracepoint buffer access: off=-1, size=8" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct memory_case c = {
			.name = rows[i].says, .type = rows[i].type,
			.flags = rows[i].flags, .at = -1, .size = 8,
			.mode = R,
		};

		assert_int_equal(run(&c), BOUNDS);
		assert_string_equal(phrase, rows[i].says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_phrases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
