/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What register allocation chooses. Functions are text, a line for a block,
 * an instruction (its operands), or what belongs to the block:
 *
 *	block 1 seldom		depth, unlikely
 *	params 4 5	args 6 7	to 2 3
 *	=5 6 7:1 8? 9+		5 is defined; 7 in register 1, 8 memory will
 *				do, 9 is needed late
 *	=5@1 6			5 takes the register of operand 1
 *	=5:0 7:1 lost 7e	registers that are lost, as bits
 *
 * Values are below 40; those from 30 on are constants. r0 to r7 are there, r6
 * and r7 have to be saved.
 */
#include <stdio.h>

#include "base/compiler.h"
#include "base/str.h"
#include "cmocka_all.h"
#include "jit/mach/mach.h"

#define VALUES	40
#define MADE	30

static uint32_t read_list(struct arena *arena, const char *text,
			  mach_value **list)
{
	unsigned int value;
	uint32_t cnt = 0;
	int used;

	*list = arena_array(arena, 16, sizeof(**list));
	while (sscanf(text, " %u%n", &value, &used) == 1) {
		(*list)[cnt++] = value;
		text += used;
	}
	return cnt;
}

static void read_operand(struct mach_func *f, const char *word)
{
	struct mach_operand *op = vec_push(&f->operands);
	char *end;

	*op = (struct mach_operand){ .fixed = MACH_NO_REG,
				     .tied = MACH_NOT_TIED };
	if (*word == '=') {
		op->role = MACH_DEF;
		word++;
	}
	op->value = strtoul(word, &end, 10);
	if (*end == ':')
		op->fixed = strtoul(end + 1, NULL, 10);
	else if (*end == '@')
		op->tied = strtoul(end + 1, NULL, 10);
	else if (*end == '+')
		op->role = MACH_USE_LATE;
	op->memory = *end == '?';
}

static void read_insn(struct mach_func *f, char *line)
{
	struct mach_insn *insn = vec_push(&f->insns);
	char *save, *word = strtok_r(line, " ", &save);

	insn->op = MACH_OWN;
	insn->imm = f->insns.len;
	insn->operands = f->operands.len;
	f->blocks.data[f->blocks.len - 1].cnt++;
	for (; word; word = strtok_r(NULL, " ", &save)) {
		if (str_eq(word, "lost")) {
			insn->lost = strtoul(strtok_r(NULL, " ", &save), NULL,
					     16);
		} else if (!str_eq(word, "jump")) {
			read_operand(f, word);
			insn->operands_cnt++;
		}
	}
}

static void read_line(struct mach_func *f, char *line)
{
	struct mach_block *blk = f->blocks.len ?
		&f->blocks.data[f->blocks.len - 1] : NULL;
	mach_value *list;

	if (str_starts(line, "block")) {
		blk = vec_push(&f->blocks);
		blk->first = f->insns.len;
		blk->depth = strtoul(line + 6, NULL, 10);
		blk->seldom = strstr(line, "seldom");
	} else if (str_starts(line, "params")) {
		blk->params_cnt = read_list(f->arena, line + 6, &blk->params);
	} else if (str_starts(line, "args")) {
		blk->args_cnt = read_list(f->arena, line + 4, &blk->args);
	} else if (str_starts(line, "to")) {
		blk->succs_cnt = read_list(f->arena, line + 2, &list);
		memcpy(blk->succs, list, blk->succs_cnt * sizeof(*list));
	} else {
		read_insn(f, line);
	}
}

static void read_func(struct mach_func *f, struct arena *arena,
		      const char *text)
{
	char *save, *copy = arena_strdup(arena, text);

	*f = (struct mach_func){ .arena = arena, .regs = 0xff, .dear = 0xc0 };
	for (unsigned int v = 0; v < VALUES; v++)
		*(struct mach_value_info *)vec_push(&f->values) =
			(struct mach_value_info){
				.make = v < MADE ? MACH_KEEP : MACH_NUMBER,
				.number = v, .hint = MACH_NO_REG,
			};
	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		read_line(f, line);
}

struct counts {
	unsigned int moves, makes, swaps, memory;
};

static void count(const struct mach_func *f, const struct mach_insn *insn,
		  struct counts *c)
{
	const struct mach_operand *op = &f->operands.data[insn->operands];

	c->moves += insn->op == MACH_MOVE;
	c->makes += insn->op == MACH_MAKE;
	c->swaps += insn->op == MACH_SWAP;
	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		c->memory += op[i].place.reg == MACH_NO_REG;
}

/* What was added to a block (-1: to all of them that are likely). */
static struct counts counts_of(const struct mach_func *f, int only)
{
	struct counts c = { 0 };

	for (size_t id = 0; id < f->blocks.len; id++) {
		const struct mach_block *blk = &f->blocks.data[id];

		if (only < 0 ? blk->seldom : id != (size_t)only)
			continue;
		for (uint32_t i = 0; i < blk->cnt; i++)
			count(f, &f->insns.data[blk->first + i], &c);
	}
	return c;
}

static void expect(const char *text, int block, const struct counts *most)
{
	struct mach_func before, after;
	struct strbuf out = STRBUF_INIT;
	struct arena arena;
	struct counts c;

	arena_init(&arena);
	read_func(&before, &arena, text);
	assert_int_equal(mach_copy(&after, &before), 0);
	assert_int_equal(mach_allocate(&after), 0);
	mach_print(&out, &after);
	if (!mach_check(&before, &after, &out))
		fail_msg("%s", strbuf_str(&out));
	c = counts_of(&after, block);
	if (c.moves > most->moves || c.makes > most->makes ||
	    c.swaps > most->swaps || c.memory > most->memory)
		fail_msg("%u moves, %u makes, %u swaps, %u in memory:\n%s",
			 c.moves, c.makes, c.swaps, c.memory, strbuf_str(&out));
	strbuf_fini(&out);
	mach_fini(&before);
	mach_fini(&after);
	arena_fini(&arena);
}

/* A result that takes a register, again and again, ends where it is wanted. */
static void test_chain(void **state maybe_unused)
{
	expect("block 0\n=1:1 =2:2\n=3@1 1 2\n=4@1 3 2\n=5@1 4\n5:1",
	       -1, &(struct counts){ 0 });
	expect("block 0\n=1 \n=2@1 1\n=3@1 2\n3:4",
	       -1, &(struct counts){ 0 });
}

/* A shift count is computed in the register that it is wanted in. */
static void test_fixed(void **state maybe_unused)
{
	expect("block 0\n=1:1 =2:2\n=3 1\n=4@1 2 3:1\n4:0",
	       -1, &(struct counts){ .moves = 1 });
	expect("block 0\n=1:3\n=2 1\n=3 1\n=4:0 2:1 3:2 lost 3e\n4:0",
	       -1, &(struct counts){ 0 });
}

/* What only an unlikely block calls for is stored and loaded there. */
static void test_seldom(void **state maybe_unused)
{
	expect("block 0\n=1 \n=2 \n=3 \n=4 \n1 2\nto 1 3\n"
	       "block 0\njump\nto 2\n"
	       "block 0\n1 2 3 4\n"
	       "block 0 seldom\n=5:0 1:1 lost ff\njump\nto 2",
	       -1, &(struct counts){ 0 });
}

/* Six values pass a loop that needs four registers: nothing to do in it. */
static void test_loop(void **state maybe_unused)
{
	static const char text[] =
		"block 0\n=1 \n=2 \n=3 \n=4 \n=5 \n=6 \n=7 \njump\n"
		"args 7\nto 1\n"
		"block 1\nparams 8\n=9 8\n=10 9 8\n=11 10 9 8\n"
		"=12 11 10 9 8\n12\nto 2 3\n"
		"block 1\njump\nargs 12\nto 1\n"
		"block 0\n1 2 3\n4 5 6";

	expect(text, 1, &(struct counts){ 0 });
	expect(text, 2, &(struct counts){ .moves = 1 });
}

/* A constant is made before the loop that needs it in a register. */
static void test_constant(void **state maybe_unused)
{
	static const char text[] =
		"block 0\n=7 \njump\nargs 7\nto 1\n"
		"block 1\nparams 8\n=9@1 8 30\n=10@1 9 30\n10\nto 2 3\n"
		"block 1\njump\nargs 10\nto 1\n"
		"block 0\n10";

	expect(text, 1, &(struct counts){ 0 });
	expect(text, 2, &(struct counts){ 0 });
}

/* Parameters that change places do so in registers. */
static void test_cycle(void **state maybe_unused)
{
	expect("block 0\n=1 \n=2 \n=3 \njump\nargs 1 2 3\nto 1\n"
	       "block 1\nparams 4 5 6\n4 5 6\nto 2 3\n"
	       "block 1\njump\nargs 5 6 4\nto 1\n"
	       "block 0\n4 5 6", -1, &(struct counts){ .swaps = 2 });
}

/* Around a call values are where it keeps them; others are not saved for. */
static void test_call(void **state maybe_unused)
{
	expect("block 0\n=1 \n=2 \n=3:0 1:1 lost 3e\n=4:0 3:1 lost 3e\n1 2 4",
	       -1, &(struct counts){ .moves = 2 });
}

/* Operands that may be in memory are read there, once. */
static void test_memory(void **state maybe_unused)
{
	expect("block 0\n=1 \n=2:0 lost ff\n=3@1 2 1?\n3:0",
	       -1, &(struct counts){ .moves = 1, .memory = 2 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_seldom),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
