/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value graph. Graphs are text, one node a word, numbered from 1:
 *
 *	c		a constant
 *	y1		a copy of node 1
 *	a1,2		computed from 1 and 2
 *	r1,2		1 refined by 2
 *	s1,2		1 stored over 2
 *	k1		the checkpoint of 1
 *	l1		loaded at address 1
 *	w1		was 1, now unknown
 */
#include <stdio.h>
#include <stdlib.h>

#include "cmocka_all.h"
#include "verify/state/value.h"

static const enum value_kind kinds[256] = {
	['c'] = VALUE_CONST, ['y'] = VALUE_COPY, ['a'] = VALUE_ALU,
	['r'] = VALUE_REFINED, ['s'] = VALUE_STORED, ['k'] = VALUE_CHECKPOINT,
	['l'] = VALUE_LOAD, ['w'] = VALUE_WIDENED,
};

static void build(struct values *values, const char *text)
{
	char kind;
	int used;

	assert_int_equal(values_init(values), 0);
	while (sscanf(text, " %c%n", &kind, &used) == 1) {
		unsigned int a = 0, b = 0;

		text += used;
		if (sscanf(text, "%u%n", &a, &used) == 1)
			text += used;
		if (sscanf(text, ",%u%n", &b, &used) == 1)
			text += used;
		assert_int_not_equal(value_new(values,
				     kinds[(unsigned char)kind], 7, a, b), 0);
	}
}

/* Marks as letters, by node: "P" precise, "R" read, "B" both, "." none. */
static void expect(const struct values *values, const char *marks)
{
	for (uint32_t i = 1; i < values->cnt; i++) {
		char is = ".PRB"[value_marks(values, i)];

		if (is != marks[i - 1])
			fail_msg("node %u is %c, not %c of %s", i, is,
				 marks[i - 1], marks);
	}
}

static void test_flows(void **state maybe_unused)
{
	static const struct {
		const char *graph;
		uint32_t node;
		uint8_t marks;
		const char *expect;
	} cases[] = {
		{ "c y1 y2", 3, VALUE_PRECISE, "PPP" },
		{ "c y1 y2", 2, VALUE_PRECISE, "PP." },
		{ "c y1 y2", 3, VALUE_READ, "..R" },
		{ "c c a1,2 y3", 4, VALUE_PRECISE, "PPPP" },
		{ "c c r1,2", 3, VALUE_PRECISE, "PPP" },
		{ "c c r1,2", 3, VALUE_READ, "R.R" },
		{ "c s1 s1,2", 3, VALUE_READ, ".RR" },
		{ "c c s1 s2,3", 4, VALUE_PRECISE, "PPPP" },
		{ "c k1 y2", 3, VALUE_PRECISE, "PPP" },
		{ "c s1 k2 k3", 4, VALUE_READ, ".RRR" },
		{ "c s1 k2 s1,3", 4, VALUE_READ, ".RRR" },
		{ "c l1 y2", 3, VALUE_PRECISE, ".PP" },
		{ "c w1 y2", 3, VALUE_PRECISE, ".PP" },
		{ "c s1 w2 y3", 3, VALUE_READ, ".RR." },
		{ "c k1", 2, VALUE_PRECISE | VALUE_READ, "BB" },
		{ "c", 0, VALUE_PRECISE, "." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct values values;

		build(&values, cases[i].graph);
		value_mark(&values, cases[i].node, cases[i].marks);
		expect(&values, cases[i].expect);
		assert_int_equal(value_marks(&values, 0), 0);
		values_fini(&values);
	}
}

/* A cut value has what the kept one has, and gets what that gets later. */
static void test_followers(void **state maybe_unused)
{
	struct values values;

	build(&values, "c k1 c y3 y2");
	value_follow(&values, 2, 4);
	expect(&values, ".....");
	value_mark(&values, 5, VALUE_PRECISE);
	expect(&values, "PPPPP");
	value_mark(&values, 2, VALUE_READ);
	expect(&values, "BBPBP");
	values_fini(&values);

	build(&values, "c k1 c y3");
	value_mark(&values, 2, VALUE_PRECISE);
	value_follow(&values, 2, 4);
	expect(&values, "PPPP");
	values_fini(&values);
}

/* A loop: the value of its end follows its head, from which it was made. */
static void test_circle(void **state maybe_unused)
{
	struct values values;

	build(&values, "c k1 c a2,3 c k5");
	value_follow(&values, 2, 4);
	value_follow(&values, 6, 2);
	value_mark(&values, 3, VALUE_PRECISE);
	expect(&values, "..P...");
	value_mark(&values, 6, VALUE_PRECISE);
	expect(&values, "PPPPPP");
	values_fini(&values);
}

/* Chains as long as paths are need no stack. */
static void test_long(void **state maybe_unused)
{
	struct values values;
	uint32_t node;

	assert_int_equal(values_init(&values), 0);
	node = value_new(&values, VALUE_CONST, 0, 0, 0);
	for (int i = 0; i < 1000000; i++)
		node = value_new(&values, VALUE_ALU, 0, node, node);
	value_mark(&values, node, VALUE_PRECISE);
	assert_int_equal(value_marks(&values, 1), VALUE_PRECISE);
	assert_false(values.failed);
	values_fini(&values);
}

/*
 * Random graphs with followers, against the definition: a node has a mark
 * when one is reachable that was given it.
 */
#define NODES	40

static bool random_edge(const struct value *node, uint32_t to, uint8_t mark)
{
	bool is_read = mark == VALUE_READ;

	switch (node->kind) {
	case VALUE_COPY:
		return !is_read && node->a == to;
	case VALUE_ALU:
		return !is_read && (node->a == to || node->b == to);
	case VALUE_REFINED:
		return node->a == to || (!is_read && node->b == to);
	case VALUE_WIDENED:
		return is_read && node->a == to;
	case VALUE_STORED:
		return (!is_read && node->a == to) || node->b == to;
	case VALUE_CHECKPOINT:
		return node->a == to;
	default:
		return false;
	}
}

static void check_closed(const struct values *values, uint8_t mark,
			 const bool given[NODES + 1],
			 bool follows[NODES + 1][NODES + 1])
{
	bool has[NODES + 1] = { false };
	bool again = true;

	for (uint32_t i = 1; i <= NODES; i++)
		has[i] = given[i];
	while (again) {
		again = false;
		for (uint32_t i = 1; i <= NODES; i++)
			for (uint32_t to = 1; to <= NODES; to++)
				if (has[i] && !has[to] &&
				    (follows[i][to] ||
				     random_edge(&values->nodes[i], to, mark)))
					has[to] = again = true;
	}
	for (uint32_t i = 1; i <= NODES; i++)
		assert_int_equal(!!(value_marks(values, i) & mark), has[i]);
}

static void random_step(struct values *values, bool given[2][NODES + 1],
			bool follows[NODES + 1][NODES + 1])
{
	uint32_t a = 1 + (uint32_t)rand() % NODES;
	uint32_t b = 1 + (uint32_t)rand() % NODES;
	int mark = rand() % 2;

	if (rand() % 2) {
		value_mark(values, a, (uint8_t)(1 << mark));
		given[mark][a] = true;
	} else if (a != b && values->nodes[a].kind == VALUE_CHECKPOINT) {
		value_follow(values, a, b);
		follows[a][b] = true;
	}
}

static void test_random(void **state maybe_unused)
{
	srand(1);
	for (int round = 0; round < 500; round++) {
		bool given[2][NODES + 1] = { 0 };
		bool follows[NODES + 1][NODES + 1] = { 0 };
		struct values values;

		assert_int_equal(values_init(&values), 0);
		for (uint32_t i = 1; i <= NODES; i++) {
			int kind = VALUE_CONST + rand() % (VALUE_KIND_CNT - 2);
			uint32_t b = kind == VALUE_CHECKPOINT ? 0 :
				     (uint32_t)rand() % i;

			value_new(&values, (enum value_kind)kind, 0,
				  (uint32_t)rand() % i, b);
		}
		for (int i = 0; i < 12; i++)
			random_step(&values, given, follows);
		check_closed(&values, VALUE_PRECISE, given[0], follows);
		check_closed(&values, VALUE_READ, given[1], follows);
		values_fini(&values);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_followers),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
