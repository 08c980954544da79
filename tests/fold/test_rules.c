/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each rule is applied in a function that provoke.py made for it, and the
 * function gives the same results as before. Folding again changes nothing:
 * rules do not undo each other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "ir_run.h"
#include "base/str.h"
#include "jit/fold/fold.h"

#define RUNS		24
#define NODES_MAX	64
#define LOADED		(5 * 8)	/* below the frame; then what is stored */
#define MEMORY		((NODES_MAX + 8) * 8)

/* How a case is asked about. */
enum how {
	RETURNED,		/* what the tree's root is */
	KEPT,			/* all its nodes have another use: a STORE */
	BRANCHED,		/* a BRANCH instead of a SELECT at the root */
	HOWS
};

static uint32_t wrong;

static ir_ref add_node(struct ir_func *f, ir_ref *refs,
		       const struct case_node *node)
{
	struct ir_insn insn = {
		.op = node->op, .wide = node->wide, .size = node->size,
		.cond = node->cond, .imm = (int64_t)node->imm,
	};

	if (ir_has(&insn, IR_F_FLOATS))
		return ir_float(f, node->op, (int64_t)node->imm);
	for (uint32_t i = 0; i < ir_rows[node->op].args; i++)
		insn.args[i] = refs[node->args[i]];
	return ir_append(f, 0, &insn);
}

/* A BRANCH looks at what the SELECT that is returned looks at. */
static void branch_instead(struct ir_func *f)
{
	ir_ref ret = ir_block(f, 0)->last, root = ir_at(f, ret)->args[0];
	struct ir_insn select = *ir_at(f, root);
	ir_block_id arms[2] = { ir_new_block(f), ir_new_block(f) };

	ir_remove(f, ret);
	ir_remove(f, root);
	select.op = IR_BRANCH;
	ir_branch(f, 0, &select, arms[0], arms[1]);
	for (int i = 0; i < 2; i++)
		ir_append(f, arms[i], &(struct ir_insn){
			.op = IR_RET, .args = { select.args[2 + i] } });
	ir_order(f);
}

/* The function of a case, which returns the root of its tree. */
static void build(struct ir_func *f, struct arena *arena,
		  const struct fold_case *fold, enum how how)
{
	ir_ref refs[NODES_MAX + 1];

	ir_init(f, NULL, arena);
	for (uint32_t i = 0; i < fold->cnt; i++)
		refs[i + 1] = add_node(f, refs, &case_nodes[fold->first + i]);
	for (uint32_t i = 1; i < fold->cnt && how == KEPT; i++)
		ir_append(f, 0, &(struct ir_insn){
			.op = IR_STORE, .size = 8, .wide = true,
			.imm = -8 * (8 + (int64_t)i),
			.args = { ir_float(f, IR_FRAME, 0), refs[i] } });
	ir_append(f, 0, &(struct ir_insn){ .op = IR_RET,
					   .args = { refs[fold->cnt] } });
	ir_order(f);
	if (how == BRANCHED)
		branch_instead(f);
}

static void complain(const struct fold_case *fold, const char *what,
		     const struct ir_func *before, const struct ir_func *after)
{
	struct strbuf text = { 0 };

	if (wrong++ > 10)
		return;
	ir_print(&text, before);
	strbuf_printf(&text, "----\n");
	ir_print(&text, after);
	fprintf(stderr, "%s: %s\n%s\n", fold_texts[fold->rule], what,
		strbuf_str(&text));
	strbuf_fini(&text);
}

static void compare(const struct fold_case *fold, const struct ir_func *before,
		    const struct ir_func *after, uint64_t *seed)
{
	uint8_t memory[MEMORY], was[MEMORY] = { 0 }, one[MEMORY];

	for (int i = 0; i < RUNS; i++) {
		struct ir_run run = { .frame = memory + MEMORY, .limit = 10 };
		uint64_t result;

		for (int k = 0; k < 5; k++)
			run.args[k] = draw_bits(seed);
		for (size_t k = MEMORY - LOADED; k < MEMORY; k++)
			was[k] = (uint8_t)draw_bits(seed);
		memcpy(memory, was, MEMORY);
		result = ir_run(before, &run);
		memcpy(one, memory, MEMORY);
		memcpy(memory, was, MEMORY);
		if (ir_run(after, &run) != result ||
		    memcmp(memory, one, MEMORY)) {
			complain(fold, "other results", before, after);
			return;
		}
	}
}

static void check(const struct fold_case *fold, enum how how, uint32_t *fired,
		  uint64_t *seed)
{
	struct ir_func before, after;
	struct arena arena;

	arena_init(&arena);
	build(&before, &arena, fold, how);
	build(&after, &arena, fold, how);
	fold_func_counted(&after, fired);
	if (!ir_check(&after, NULL))
		complain(fold, "the form is broken", &before, &after);
	compare(fold, &before, &after, seed);
	if (fold_func(&after))
		complain(fold, "folding does not end", &before, &after);
	ir_fini(&before);
	ir_fini(&after);
	arena_fini(&arena);
}

int main(void)
{
	uint32_t *fired = calloc(fold_rules_cnt, sizeof(*fired));
	uint32_t *tried = calloc(fold_rules_cnt, sizeof(*tried));
	uint64_t seed = 88172645463325252u;

	for (uint32_t i = 0; i < fold_cases_cnt; i++) {
		const struct fold_case *fold = &fold_cases[i];
		uint32_t root = fold->first + fold->cnt - 1;

		tried[fold->rule]++;
		for (enum how how = 0; how < HOWS; how++)
			if (how != BRANCHED || case_nodes[root].op == IR_SELECT)
				check(fold, how, fired, &seed);
	}
	for (uint32_t i = 0; i < fold_rules_cnt; i++)
		if (!fired[i]) {
			fprintf(stderr, "%s: never applied in %u cases\n",
				fold_texts[i], tried[i]);
			wrong++;
		}
	printf("%u cases of %u rules, %u wrong\n", fold_cases_cnt,
	       fold_rules_cnt, wrong);
	free(fired);
	free(tried);
	return wrong != 0;
}
