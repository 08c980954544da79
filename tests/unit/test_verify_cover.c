/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which states a kept state covers, by states made by hand: an old and a
 * current register, slot or frame, and the levels at which the one stands for
 * the other, as letters:
 *
 *	M	COVER_MARKED, and nothing was marked	R	COVER_RANGE
 *	P	COVER_MARKED, and all was marked	E	COVER_EXACT
 */
#include <string.h>

#include "cmocka_all.h"
#include "verify/walk/walk.h"

struct pair {
	struct verify_env env;
	struct flow flow;
	struct flow_insn insns[4];
	struct state *old, *cur;
};

static void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	arena_init(&pair->env.arena);
	assert_int_equal(values_init(&pair->env.values), 0);
	pair->env.walk = calloc(1, sizeof(*pair->env.walk));
	assert_non_null(pair->env.walk);
	pair->env.flow = &pair->flow;
	pair->env.last_id = 99;
	pair->flow.insns = pair->insns;
	for (size_t i = 0; i < ARRAY_SIZE(pair->insns); i++)
		pair->insns[i].live = 0x3ff;
	pair->old = state_new(&pair->env);
	assert_non_null(pair->old);
	assert_int_equal(state_push_frame(&pair->env, pair->old, 0, 0,
					  FRAME_PROGRAM), 0);
	pair->env.cur = pair->cur = state_copy(&pair->env, pair->old);
	assert_non_null(state_own(&pair->env, pair->cur, 0));
}

static void pair_fini(struct pair *pair)
{
	state_free(&pair->env, pair->old);
	state_free(&pair->env, pair->cur);
	values_fini(&pair->env.values);
	arena_fini(&pair->env.arena);
	free(pair->env.walk);
}

static struct frame *old_frame(struct pair *pair)
{
	return pair->old->frames[pair->old->depth];
}

static struct frame *cur_frame(struct pair *pair)
{
	return pair->cur->frames[pair->cur->depth];
}

/* Nodes of their own for what the old state has, to be marked. */
static void give_values(struct pair *pair, uint8_t marks)
{
	struct frame *fr = old_frame(pair);

	for (unsigned int i = 0; i < FRAME_REGS; i++)
		fr->regs[i].value = verify_value(&pair->env, VALUE_CALL, 0, 0);
	for (uint32_t i = 0; i < fr->slots_cnt; i++)
		fr->slots[i].reg.value =
			verify_value(&pair->env, VALUE_CALL, 0, 0);
	for (uint32_t i = 1; marks && i < pair->env.values.cnt; i++)
		value_mark(&pair->env.values, i, marks);
}

/* 1 when the levels are not those of `covers`. */
static unsigned int expect(struct pair *pair, const char *name,
			   const char *covers)
{
	static const struct {
		char letter;
		uint8_t marks;
		enum cover level;
	} levels[] = {
		{ 'M', 0, COVER_MARKED },
		{ 'P', VALUE_PRECISE | VALUE_READ, COVER_MARKED },
		{ 'R', 0, COVER_RANGE },
		{ 'E', 0, COVER_EXACT },
	};
	char is[5] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		give_values(pair, levels[i].marks);
		if (state_covers(&pair->env, pair->old, pair->cur,
				 levels[i].level))
			is[len++] = levels[i].letter;
	}
	if (!strcmp(is, covers))
		return 0;
	print_error("%s: '%s', not '%s'\n", name, is, covers);
	return 1;
}

/* ---- registers ---- */

#define ALL		"MPRE"
#define NUM(lo, hi)	{ .type = REG_SCALAR }, lo, hi

/* A register but for its number, which is one of min ... max. */
struct reg_row {
	struct reg reg;
	int64_t min, max;
};

struct reg_case {
	const char *name;
	struct reg_row old, cur;
	const char *covers;
};

static const struct reg_case reg_cases[] = {
	{ "unset, number", { { 0 }, 0, 0 }, { NUM(1, 1) }, "MP" },
	{ "unset, unset", { { 0 }, 0, 0 }, { { 0 }, 0, 0 }, ALL },
	{ "number, unset", { NUM(1, 1) }, { { 0 }, 0, 0 }, "" },
	{ "range, within", { NUM(0, 10) }, { NUM(2, 3) }, "MPR" },
	{ "range, same", { NUM(0, 10) }, { NUM(0, 10) }, ALL },
	{ "range, beyond", { NUM(2, 3) }, { NUM(2, 4) }, "M" },
	{ "constant, same", { NUM(5, 5) }, { NUM(5, 5) }, ALL },
	{ "constant, other", { NUM(5, 5) }, { NUM(6, 6) }, "M" },
	{ "constant, range", { NUM(5, 5) }, { NUM(5, 6) }, "M" },
	{ "range, constant", { NUM(5, 6) }, { NUM(5, 5) }, "MPR" },
	{ "number, pointer", { NUM(0, 0) }, { { .type = REG_CTX }, 0, 0 },
	  "" },
	{ "pointer, number", { { .type = REG_CTX }, 0, 0 }, { NUM(0, 0) },
	  "" },
	{ "context", { { .type = REG_CTX }, 0, 0 },
	  { { .type = REG_CTX }, 0, 0 }, ALL },
	{ "context, moved", { { .type = REG_CTX }, 0, 0 },
	  { { .type = REG_CTX, .off = 8 }, 0, 0 }, "" },
	{ "stack, within", { { .type = REG_STACK }, 0, 8 },
	  { { .type = REG_STACK }, 0, 4 }, "" },
	{ "stack, other frame", { { .type = REG_STACK }, 0, 0 },
	  { { .type = REG_STACK, .frame = 1 }, 0, 0 }, "" },
	{ "value, within", { { .type = REG_MAP_VALUE }, 0, 8 },
	  { { .type = REG_MAP_VALUE }, 0, 4 }, "MPR" },
	{ "value, same", { { .type = REG_MAP_VALUE }, 0, 8 },
	  { { .type = REG_MAP_VALUE }, 0, 8 }, ALL },
	{ "value, beyond", { { .type = REG_MAP_VALUE }, 0, 4 },
	  { { .type = REG_MAP_VALUE }, 0, 8 }, "" },
	{ "value, offset", { { .type = REG_MAP_VALUE }, 0, 0 },
	  { { .type = REG_MAP_VALUE, .off = 1 }, 0, 0 }, "" },
	{ "value, other map", { { .type = REG_MAP_VALUE }, 0, 0 },
	  { { .type = REG_MAP_VALUE, .map = 1 }, 0, 0 }, "" },
	{ "value, or NULL", { { .type = REG_MAP_VALUE }, 0, 0 },
	  { { .type = REG_MAP_VALUE, .flags = REG_NULLABLE }, 0, 0 }, "" },
	{ "value, other lookups", { { .type = REG_MAP_VALUE, .map_uid = 1 },
	  0, 0 }, { { .type = REG_MAP_VALUE, .map_uid = 2 }, 0, 0 }, ALL },
	{ "value, no lookup", { { .type = REG_MAP_VALUE, .map_uid = 1 },
	  0, 0 }, { { .type = REG_MAP_VALUE }, 0, 0 }, "" },
	{ "value, a lookup", { { .type = REG_MAP_VALUE }, 0, 0 },
	  { { .type = REG_MAP_VALUE, .map_uid = 1 }, 0, 0 }, "" },
	{ "value, other ids", { { .type = REG_MAP_VALUE, .id = 1 }, 0, 0 },
	  { { .type = REG_MAP_VALUE, .id = 2 }, 0, 0 }, ALL },
	{ "value, no id", { { .type = REG_MAP_VALUE, .id = 1 }, 0, 0 },
	  { { .type = REG_MAP_VALUE }, 0, 0 }, "" },
	{ "value, no reference", { { .type = REG_MAP_VALUE, .ref = 1 }, 0, 0 },
	  { { .type = REG_MAP_VALUE }, 0, 0 }, "" },
	{ "key, within", { { .type = REG_MAP_KEY }, 0, 8 },
	  { { .type = REG_MAP_KEY }, 0, 4 }, "MPR" },
	{ "memory, within", { { .type = REG_MEM, .size = 8 }, 0, 8 },
	  { { .type = REG_MEM, .size = 8 }, 0, 4 }, "MPR" },
	{ "memory, less", { { .type = REG_MEM, .size = 8 }, 0, 0 },
	  { { .type = REG_MEM, .size = 4 }, 0, 0 }, "" },
	{ "memory, more", { { .type = REG_MEM, .size = 8 }, 0, 0 },
	  { { .type = REG_MEM, .size = 16 }, 0, 0 }, "" },
	{ "buffer, within", { { .type = REG_BUF, .size = 8 }, 0, 8 },
	  { { .type = REG_BUF, .size = 8 }, 0, 4 }, "MPR" },
	{ "tracepoint, within", { { .type = REG_TP_BUFFER }, 0, 8 },
	  { { .type = REG_TP_BUFFER }, 0, 4 }, "MPR" },
	{ "packet, longer", { { .type = REG_PACKET, .range = 8 }, 0, 0 },
	  { { .type = REG_PACKET, .range = 9 }, 0, 0 }, "MPR" },
	{ "packet, as long", { { .type = REG_PACKET, .range = 8 }, 0, 0 },
	  { { .type = REG_PACKET, .range = 8 }, 0, 0 }, ALL },
	{ "packet, shorter", { { .type = REG_PACKET, .range = 8 }, 0, 0 },
	  { { .type = REG_PACKET, .range = 7 }, 0, 0 }, "" },
	{ "packet, within", { { .type = REG_PACKET, .range = 8 }, 0, 9 },
	  { { .type = REG_PACKET, .range = 8 }, 0, 4 }, "MPR" },
	{ "meta, longer", { { .type = REG_PACKET_META, .range = 8 }, 0, 0 },
	  { { .type = REG_PACKET_META, .range = 9 }, 0, 0 }, "MPR" },
	{ "meta, shorter", { { .type = REG_PACKET_META, .range = 8 }, 0, 0 },
	  { { .type = REG_PACKET_META, .range = 7 }, 0, 0 }, "" },
	{ "arena, elsewhere", { { .type = REG_ARENA }, 0, 0 },
	  { { .type = REG_ARENA, .off = 8 }, 0, 9 }, ALL },
	{ "object, other type",
	  { { .type = REG_BTF, .btf_id = 1 }, 0, 0 },
	  { { .type = REG_BTF, .btf_id = 2 }, 0, 0 }, "" },
	{ "object, trusted",
	  { { .type = REG_BTF, .flags = REG_TRUSTED }, 0, 0 },
	  { { .type = REG_BTF }, 0, 0 }, "" },
};

static struct reg make_reg(const struct reg_row *row)
{
	struct reg reg = row->reg;

	reg.num = scalar_srange(row->min, row->max);
	return reg;
}

static void test_reg(void **state)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(reg_cases); i++) {
		const struct reg_case *c = &reg_cases[i];
		struct pair pair;

		pair_init(&pair);
		old_frame(&pair)->regs[6] = make_reg(&c->old);
		cur_frame(&pair)->regs[6] = make_reg(&c->cur);
		wrong += expect(&pair, c->name, c->covers);
		/* what is dead does not count */
		pair.insns[0].live = 0x3ff & ~(1 << 6);
		wrong += expect(&pair, c->name, ALL);
		pair_fini(&pair);
	}
	assert_int_equal(wrong, 0);
}

/* ---- links ---- */

struct link {
	uint32_t id;
	int32_t delta;
};

static const struct {
	const char *name;
	uint8_t type;
	struct link old[3], cur[3];
	const char *covers;
} link_cases[] = {
	{ "other name", REG_SCALAR, { { 3 }, { 3 } }, { { 4 }, { 4 } }, ALL },
	{ "same names", REG_SCALAR, { { 3 }, { 4 } }, { { 3 }, { 4 } }, ALL },
	{ "link broken", REG_SCALAR, { { 3 }, { 3 } }, { { 4 }, { 5 } }, "M" },
	{ "links joined", REG_SCALAR, { { 3 }, { 4 } }, { { 5 }, { 5 } },
	  "M" },
	{ "names exchanged", REG_SCALAR, { { 3 }, { 4 } }, { { 4 }, { 3 } },
	  ALL },
	{ "linked, not linked", REG_SCALAR, { { 3 }, { 3 } },
	  { { 0 }, { 0 } }, "M" },
	{ "each on its own, not linked", REG_SCALAR, { { 3 }, { 4 } },
	  { { 0 }, { 0 } }, "MPR" },
	{ "each on its own, one not linked", REG_SCALAR, { { 3 }, { 4 } },
	  { { 0 }, { 98 } }, "MPR" },
	{ "each on its own, an early name", REG_SCALAR, { { 3 }, { 4 } },
	  { { 0 }, { 1 } }, "MPR" },
	{ "second link broken", REG_SCALAR, { { 3 }, { 4 }, { 4 } },
	  { { 5 }, { 6 }, { 7 } }, "M" },
	{ "second link joined", REG_SCALAR, { { 3 }, { 4 }, { 5 } },
	  { { 5 }, { 6 }, { 6 } }, "M" },
	{ "not linked, linked", REG_SCALAR, { { 0 }, { 0 } },
	  { { 3 }, { 3 } }, "MPR" },
	{ "deltas differ alike", REG_SCALAR, { { 3, 0 }, { 3, 4 } },
	  { { 3, 1 }, { 3, 5 } }, ALL },
	{ "deltas differ otherwise", REG_SCALAR, { { 3, 0 }, { 3, 4 } },
	  { { 3, 1 }, { 3, 6 } }, "M" },
	{ "packets apart", REG_PACKET, { { 3 }, { 3 } }, { { 4 }, { 5 } },
	  "" },
	{ "packets joined", REG_PACKET, { { 3 }, { 4 } }, { { 5 }, { 5 } },
	  "" },
	{ "packets renamed", REG_PACKET, { { 3 }, { 3 } }, { { 5 }, { 5 } },
	  ALL },
};

static void test_links(void **state)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(link_cases); i++) {
		struct pair pair;

		pair_init(&pair);
		for (unsigned int j = 0; j < 3; j++) {
			struct reg *old = &old_frame(&pair)->regs[6 + j];
			struct reg *cur = &cur_frame(&pair)->regs[6 + j];

			*old = make_reg(&(struct reg_row){
				{ .type = link_cases[i].type }, 0, 9 });
			*cur = *old;
			old->id = link_cases[i].old[j].id;
			cur->id = link_cases[i].cur[j].id;
			if (old->type == REG_SCALAR) {
				old->delta = link_cases[i].old[j].delta;
				cur->delta = link_cases[i].cur[j].delta;
			}
		}
		wrong += expect(&pair, link_cases[i].name,
				link_cases[i].covers);
		pair_fini(&pair);
	}
	assert_int_equal(wrong, 0);
}

/* ---- slots ---- */

/* Bytes: u unset, m misc, z zero, s spill, d dynptr, i iterator, q irq. */
struct slot_row {
	const char *kinds;		/* of bytes 0 to 7; NULL: no slot */
	struct reg_row held;
	uint8_t iter_state;
	bool second;
};

struct slot_case {
	const char *name;
	struct slot_row old, cur;
	const char *covers, *unprivileged;
};

#define SLOT(kinds)		{ #kinds, { NUM(INT64_MIN, INT64_MAX) }, 0, 0 }
#define SPILL(lo, hi)		{ "ssssssss", { NUM(lo, hi) }, 0, 0 }
#define POINTER(type_, off_) \
	{ "ssssssss", { { .type = type_, .off = off_ }, 0, 0 }, 0, 0 }
#define OBJECT(kinds, ...)	{ #kinds, { { __VA_ARGS__ }, 0, 0 }, 0, 0 }
#define ITER(state, ...) \
	{ "iiiiiiii", { { __VA_ARGS__ }, 0, 0 }, state, 0 }

static const struct slot_case slot_cases[] = {
	{ "misc, zero", SLOT(mmmmmmmm), SLOT(zzzzzzzz), "MPR", "MPR" },
	{ "zero, misc", SLOT(zzzzzzzz), SLOT(mmmmmmmm), "M", "M" },
	{ "zero, zero", SLOT(zzzzzzzz), SLOT(zzzzzzzz), ALL, ALL },
	{ "misc, unset", SLOT(mmmmmmmm), SLOT(uuuuuuuu), "MPR", "M" },
	{ "unset, misc", SLOT(uuuuuuuu), SLOT(mmmmmmmm), "MPR", "MPR" },
	{ "zero, unset", SLOT(zzzzzzzz), SLOT(uuuuuuuu), "M", "M" },
	{ "unset, none", SLOT(uuuuuuuu), { 0 }, ALL, ALL },
	{ "zero, none", SLOT(zzzzzzzz), { 0 }, "M", "M" },
	{ "none, misc", { 0 }, SLOT(mmmmmmmm), "MPR", "MPR" },
	{ "none, unset", { 0 }, SLOT(uuuuuuuu), ALL, ALL },
	{ "one byte", SLOT(mmmzmmmm), SLOT(mmmmmmmm), "M", "M" },
	{ "first byte", SLOT(zmmmmmmm), SLOT(mmmmmmmm), "M", "M" },
	{ "last byte", SLOT(mmmmmmmz), SLOT(mmmmmmmm), "M", "M" },
	{ "unset byte", SLOT(mmmummmm), SLOT(mmmmmmmm), "MPR", "MPR" },
	{ "byte not set", SLOT(mmmmmmmm), SLOT(mmmummmm), "MPR", "M" },
	{ "spill, within", SPILL(0, 10), SPILL(2, 3), "MPR", "MPR" },
	{ "spill, same", SPILL(0, 10), SPILL(0, 10), ALL, ALL },
	{ "spill, beyond", SPILL(2, 3), SPILL(2, 4), "M", "M" },
	{ "spill, misc", SPILL(0, 10), SLOT(mmmmmmmm), "M", "M" },
	{ "unknown spill, misc", SLOT(ssssssss), SLOT(mmmmmmmm), "MPR",
	  "MPR" },
	{ "unknown spill, unset", SLOT(ssssssss), SLOT(uuuuuuuu), "MPR",
	  "M" },
	{ "misc, spill", SLOT(mmmmmmmm), SPILL(2, 3), "MPR", "MPR" },
	{ "misc, pointer", SLOT(mmmmmmmm), POINTER(REG_CTX, 0), "MPR", "M" },
	{ "zero, spilled zero", SLOT(zzzzzzzz), SPILL(0, 0), "M", "M" },
	{ "pointer", POINTER(REG_CTX, 0), POINTER(REG_CTX, 0), ALL, ALL },
	{ "pointer, moved", POINTER(REG_CTX, 0), POINTER(REG_CTX, 8), "M",
	  "M" },
	{ "pointer, number", POINTER(REG_CTX, 0), SPILL(0, 0), "M", "M" },
	{ "pointer, misc", POINTER(REG_CTX, 0), SLOT(mmmmmmmm), "M", "M" },
	{ "half a spill", { "ssssmmmm", { NUM(0, 10) }, 0, 0 },
	  { "ssssmmmm", { NUM(2, 3) }, 0, 0 }, "MPR", "MPR" },
	{ "half a spill, beyond", { "ssssmmmm", { NUM(2, 3) }, 0, 0 },
	  { "ssssmmmm", { NUM(2, 4) }, 0, 0 }, "M", "M" },
	{ "half a spill, whole", { "ssssuuuu", { NUM(0, 10) }, 0, 0 },
	  { "ssssssss", { NUM(2, 3) }, 0, 0 }, "MPR", "MPR" },
	{ "half a spill, misc", { "ssssmmmm", { NUM(0, 10) }, 0, 0 },
	  SLOT(mmmmmmmm), "M", "M" },
	{ "dynptr", OBJECT(dddddddd, .type = REG_DYNPTR, .dynptr = 1, .id = 3),
	  OBJECT(dddddddd, .type = REG_DYNPTR, .dynptr = 1, .id = 4), ALL,
	  ALL },
	{ "dynptr, other kind",
	  OBJECT(dddddddd, .type = REG_DYNPTR, .dynptr = 1),
	  OBJECT(dddddddd, .type = REG_DYNPTR, .dynptr = 2), "M", "M" },
	{ "dynptr, read-only", OBJECT(dddddddd, .type = REG_DYNPTR),
	  OBJECT(dddddddd, .type = REG_DYNPTR, .flags = REG_RDONLY), "M",
	  "M" },
	{ "dynptr, no id", OBJECT(dddddddd, .type = REG_DYNPTR, .id = 3),
	  OBJECT(dddddddd, .type = REG_DYNPTR), "M", "M" },
	{ "dynptr, no reference",
	  OBJECT(dddddddd, .type = REG_DYNPTR, .ref = 3),
	  OBJECT(dddddddd, .type = REG_DYNPTR), "M", "M" },
	{ "dynptr, other half", { "dddddddd", { { 0 }, 0, 0 }, 0, false },
	  { "dddddddd", { { 0 }, 0, 0 }, 0, true }, "M", "M" },
	{ "iterator", ITER(ITER_ACTIVE, .btf_id = 7, .ref = 3),
	  ITER(ITER_ACTIVE, .btf_id = 7, .ref = 4), ALL, ALL },
	{ "iterator, drained", ITER(ITER_ACTIVE, .btf_id = 7),
	  ITER(ITER_DRAINED, .btf_id = 7), "M", "M" },
	{ "iterator, other type", ITER(ITER_ACTIVE, .btf_id = 7),
	  ITER(ITER_ACTIVE, .btf_id = 8), "M", "M" },
	{ "iterator, flags", ITER(ITER_ACTIVE, .btf_id = 7),
	  ITER(ITER_ACTIVE, .btf_id = 7, .flags = REG_RCU), "M", "M" },
	{ "iterator, no reference", ITER(ITER_ACTIVE, .btf_id = 7, .ref = 3),
	  ITER(ITER_ACTIVE, .btf_id = 7), "M", "M" },
	{ "iterator, other half", { "iiiiiiii", { { 0 }, 0, 0 }, 1, false },
	  { "iiiiiiii", { { 0 }, 0, 0 }, 1, true }, "M", "M" },
	{ "iterator, dynptr", SLOT(iiiiiiii), SLOT(dddddddd), "M", "M" },
	{ "flags of interrupts", OBJECT(qqqqqqqq, .ref = 3),
	  OBJECT(qqqqqqqq, .ref = 4), ALL, ALL },
	{ "flags of interrupts, other kind", OBJECT(qqqqqqqq, .map = 1),
	  OBJECT(qqqqqqqq, .map = 2), "M", "M" },
	{ "flags of interrupts, not given back", OBJECT(qqqqqqqq, .ref = 3),
	  OBJECT(qqqqqqqq, .ref = 0), "M", "M" },
	{ "flags of interrupts, flags", OBJECT(qqqqqqqq, .flags = 0),
	  OBJECT(qqqqqqqq, .flags = REG_RCU), "M", "M" },
};

static void put_slot(struct pair *pair, struct state *st,
		     const struct slot_row *row)
{
	static const char letters[] = "umzsdiq";
	struct slot *slot;

	if (!row->kinds)
		return;
	slot = frame_slot(&pair->env, state_own(&pair->env, st, 0), 1);
	assert_non_null(slot);
	for (unsigned int b = 0; b < SLOT_BYTES; b++)
		slot->kind[b] = (uint8_t)(strchr(letters, row->kinds[b]) -
					  letters);
	slot->reg = make_reg(&row->held);
	slot->iter_state = row->iter_state;
	slot->first = !row->second;
}

static void test_slots(void **state)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(slot_cases); i++) {
		const struct slot_case *c = &slot_cases[i];
		struct pair pair;

		pair_init(&pair);
		put_slot(&pair, pair.old, &c->old);
		put_slot(&pair, pair.cur, &c->cur);
		wrong += expect(&pair, c->name, c->covers);
		pair.env.opts.profile = VERIFY_UNPRIVILEGED;
		wrong += expect(&pair, c->name, c->unprivileged);
		pair_fini(&pair);
	}
	assert_int_equal(wrong, 0);
}

/* ---- frames, and what is held ---- */

static void hold(struct pair *pair, struct state *st, struct held held)
{
	assert_int_not_equal(state_hold(&pair->env, st, held.kind, 0,
					held.object), 0);
	st->held[st->held_cnt - 1].id = held.id;
}

static void test_held(void **state)
{
	static const struct held ref = { .kind = HELD_REF, .id = 3 };
	static const struct held other = { .kind = HELD_REF, .id = 4 };
	static const struct held lock = { .kind = HELD_LOCK, .id = 3,
					  .object = &ref };
	static const struct held lock2 = { .kind = HELD_LOCK, .id = 3,
					   .object = &other };
	static const struct {
		const char *name;
		const struct held *old, *cur;
		const char *covers;
	} cases[] = {
		{ "renamed", &ref, &other, ALL },
		{ "given back", &ref, NULL, "" },
		{ "taken", NULL, &ref, "" },
		{ "other kind", &ref, &lock, "" },
		{ "same lock", &lock, &lock, ALL },
		{ "other lock", &lock, &lock2, "" },
	};
	unsigned int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pair pair;

		pair_init(&pair);
		if (cases[i].old)
			hold(&pair, pair.old, *cases[i].old);
		if (cases[i].cur)
			hold(&pair, pair.cur, *cases[i].cur);
		wrong += expect(&pair, cases[i].name, cases[i].covers);
		pair_fini(&pair);
	}
	assert_int_equal(wrong, 0);
}

/* Of a reference and a pointer to it, one name. */
static void test_held_ids(void **state)
{
	struct pair pair;
	struct held held = { .kind = HELD_REF, .id = 3 };

	pair_init(&pair);
	hold(&pair, pair.old, held);
	held.id = 4;
	hold(&pair, pair.cur, held);
	old_frame(&pair)->regs[6] = (struct reg){ .type = REG_SOCKET,
						  .ref = 3 };
	cur_frame(&pair)->regs[6] = (struct reg){ .type = REG_SOCKET,
						  .ref = 4 };
	assert_int_equal(expect(&pair, "both renamed", ALL), 0);
	cur_frame(&pair)->regs[6].ref = 5;
	assert_int_equal(expect(&pair, "another reference", ""), 0);
	pair_fini(&pair);
}

static void test_two_held(void **state)
{
	static const struct held ref = { .kind = HELD_REF, .id = 3 };
	struct held second = { .kind = HELD_REF, .id = 5 };
	struct pair pair;

	pair_init(&pair);
	hold(&pair, pair.old, ref);
	hold(&pair, pair.old, second);
	hold(&pair, pair.cur, ref);
	second.kind = HELD_LOCK;
	hold(&pair, pair.cur, second);
	assert_int_equal(expect(&pair, "the second is a lock", ""), 0);
	pair_fini(&pair);
}

/* Names are those of one question, and forgotten for the next. */
static void test_names(void **state)
{
	struct pair pair;

	pair_init(&pair);
	for (unsigned int i = 6; i < 8; i++) {
		old_frame(&pair)->regs[i] = (struct reg){ .type = REG_PACKET,
							  .id = 3 };
		cur_frame(&pair)->regs[i] = (struct reg){ .type = REG_PACKET,
							  .id = 4 };
	}
	assert_int_equal(expect(&pair, "one name", ALL), 0);
	cur_frame(&pair)->regs[6].id = cur_frame(&pair)->regs[7].id = 5;
	assert_int_equal(expect(&pair, "another name", ALL), 0);
	pair_fini(&pair);
}

static void fill_slots(struct pair *pair, struct state *st, uint32_t cnt)
{
	struct frame *fr = state_own(&pair->env, st, 0);

	for (uint32_t i = 0; i < cnt; i++) {
		struct slot *slot = frame_slot(&pair->env, fr, i);

		assert_non_null(slot);
		memset(slot->kind, SLOT_SPILL, SLOT_BYTES);
		slot->reg = make_reg(&(struct reg_row){
			{ .type = REG_MAP_VALUE, .id = 3 * i + 1,
			  .ref = 3 * i + 2, .map_uid = 3 * i + 3 }, 0, 0 });
	}
}

/* More names than can be kept: not covered. */
static void test_many_names(void **state)
{
	struct pair pair;

	pair_init(&pair);
	fill_slots(&pair, pair.old, 300);
	fill_slots(&pair, pair.cur, 300);
	assert_int_equal(expect(&pair, "900 names", ALL), 0);
	fill_slots(&pair, pair.old, 400);
	fill_slots(&pair, pair.cur, 400);
	assert_int_equal(expect(&pair, "1200 names", "M"), 0);
	pair_fini(&pair);
}

static void test_sections(void **state)
{
	struct pair pair;

	pair_init(&pair);
	assert_int_equal(expect(&pair, "same", ALL), 0);
	pair.cur->rcu = 1;
	assert_int_equal(expect(&pair, "rcu", ""), 0);
	pair.cur->rcu = 0;
	pair.cur->preempt_off = 1;
	assert_int_equal(expect(&pair, "preempt", ""), 0);
	pair.cur->preempt_off = 0;
	pair.cur->sleepable = true;
	assert_int_equal(expect(&pair, "sleepable", ""), 0);
	pair.cur->sleepable = false;
	pair.cur->in_async = true;
	assert_int_equal(expect(&pair, "async", ""), 0);
	pair_fini(&pair);
}

static void test_frames(void **state)
{
	struct frame *old, *cur;
	struct pair pair;

	pair_init(&pair);
	pair.cur->frames[0]->subprog = 1;
	assert_int_equal(expect(&pair, "another start", ""), 0);
	pair.cur->frames[0]->subprog = 0;
	assert_int_equal(state_push_frame(&pair.env, pair.old, 1, 2,
					  FRAME_SUBPROG), 0);
	assert_int_equal(expect(&pair, "deeper", ""), 0);
	assert_int_equal(state_push_frame(&pair.env, pair.cur, 1, 2,
					  FRAME_SUBPROG), 0);
	assert_int_equal(expect(&pair, "same", ALL), 0);
	old = pair.old->frames[1];
	cur = pair.cur->frames[1];
	cur->callsite = 3;
	assert_int_equal(expect(&pair, "called elsewhere", ""), 0);
	cur->callsite = 2;
	cur->subprog = 2;
	assert_int_equal(expect(&pair, "another function", ""), 0);
	cur->subprog = 1;
	cur->kind = FRAME_CALLBACK;
	assert_int_equal(expect(&pair, "another kind", ""), 0);
	cur->kind = FRAME_SUBPROG;
	cur->ret_min = -1;
	assert_int_equal(expect(&pair, "returns less", ""), 0);
	cur->ret_min = 0;
	cur->ret_max = 1;
	assert_int_equal(expect(&pair, "returns more", ""), 0);
	cur->ret_max = 0;
	cur->callback_depth = 1;
	assert_int_equal(expect(&pair, "ran more often", ALL), 0);
	old->callback_depth = 2;
	assert_int_equal(expect(&pair, "ran less often", ""), 0);
	pair_fini(&pair);
}

/* Of a caller, a function leaves r6 to r9; a callback's call reads all. */
static void test_callers(void **state)
{
	struct pair pair;

	pair_init(&pair);
	assert_non_null(state_own(&pair.env, pair.old, 0));
	pair.old->frames[0]->regs[3] = make_reg(&(struct reg_row){ NUM(1, 1) });
	pair.cur->frames[0]->regs[3] = (struct reg){ .type = REG_CTX };
	assert_int_equal(state_push_frame(&pair.env, pair.old, 1, 2,
					  FRAME_SUBPROG), 0);
	assert_int_equal(state_push_frame(&pair.env, pair.cur, 1, 2,
					  FRAME_SUBPROG), 0);
	assert_int_equal(state_live(&pair.env, pair.cur, 0), 0x3c0);
	assert_int_equal(state_live(&pair.env, pair.cur, 1), 0x3ff);
	assert_int_equal(expect(&pair, "r3 of a caller", ALL), 0);
	pair.old->frames[1]->kind = pair.cur->frames[1]->kind = FRAME_CALLBACK;
	assert_int_equal(expect(&pair, "r3 of a callback's caller", ""), 0);
	pair.insns[2].live = 0x3ff & ~(1 << 3);
	assert_int_equal(expect(&pair, "dead r3 of one", ALL), 0);
	pair.old->frames[1]->kind = pair.cur->frames[1]->kind = FRAME_SUBPROG;
	pair.insns[2].live = 0x3ff;
	pair.old->frames[0]->regs[6] = make_reg(&(struct reg_row){ NUM(1, 1) });
	assert_int_equal(expect(&pair, "r6 of a caller", ""), 0);
	pair.insns[2].live = 0;
	assert_int_equal(expect(&pair, "dead r6 of one", ALL), 0);
	pair_fini(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reg),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_held_ids),
		cmocka_unit_test(test_two_held),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
