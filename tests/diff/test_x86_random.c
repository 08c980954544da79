/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random functions in the optimiser's form, with memory, choices and loops,
 * through the back end for x86-64: native code leaves the result and the
 * memory that the form says (tests/fold/ir_run.c), with the machine's features
 * and without them. Allocation is replayed each time.
 *
 * Runs for SKEP_DIFF_SECONDS (3), from seed SKEP_DIFF_SEED (1).
 */
#include <stdlib.h>
#include <time.h>

#include "../fold/ir_run.h"
#include "../unit/ir_native.h"
#include "base/str.h"

#define MEMORY		128	/* bytes of a frame, and behind r4 */
#define POOL		48
#define STEPS		40
#define RUNS		6

struct maker {
	struct ir_native n;
	uint64_t seed;
	ir_block_id block;	/* that is added to */
	ir_ref pool[POOL];	/* values that are there */
	uint32_t pool_cnt;
	uint32_t depth;		/* of choices and loops */
};

static uint64_t draw(struct maker *m, uint64_t most)
{
	return (draw_word(&m->seed) >> 16) % most;
}

static ir_ref add(struct maker *m, struct ir_insn insn)
{
	return ir_append(&m->n.f, m->block, &insn);
}

static void keep(struct maker *m, ir_ref ref)
{
	if (m->pool_cnt < POOL)
		m->pool[m->pool_cnt++] = ref;
	else
		m->pool[draw(m, POOL)] = ref;
}

/* One of the values, the last ones more often; or a number. */
static ir_ref value(struct maker *m)
{
	uint64_t how = draw(m, 8);

	if (how == 0)
		return ir_const(&m->n.f, draw_bits(&m->seed));
	if (how < 4 && m->pool_cnt > 4)
		return m->pool[m->pool_cnt - 1 - draw(m, 4)];
	return m->pool[draw(m, m->pool_cnt)];
}

/* ---- instructions ---- */

static void step_binary(struct maker *m)
{
	static const uint8_t ops[] = {
		IR_ADD, IR_ADD, IR_ADD, IR_SUB, IR_MUL, IR_AND, IR_AND, IR_OR,
		IR_XOR, IR_SHL, IR_SHL, IR_SHR, IR_SAR, IR_ROL, IR_DIV,
		IR_MOD, IR_SDIV, IR_SMOD, IR_MULH,
	};
	uint8_t op = ops[draw(m, ARRAY_SIZE(ops))];
	ir_ref a = value(m), b = value(m);

	if ((op == IR_SHL || op == IR_ROL) && draw(m, 2))
		b = ir_const(&m->n.f, draw(m, 4));
	keep(m, add(m, (struct ir_insn){ .op = op, .args = { a, b },
		.wide = op == IR_MULH || draw(m, 3) }));
}

/* x & ~y, x & (x - 1), x & -x, x ^ (x - 1). */
static void step_bits(struct maker *m)
{
	ir_ref x = value(m), y = value(m), other;
	uint64_t how = draw(m, 4);
	bool wide = draw(m, 2);

	if (how == 0)
		other = add(m, (struct ir_insn){ .op = IR_XOR, .wide = wide,
			.args = { y, ir_const(&m->n.f, UINT64_MAX) } });
	else if (how == 1)
		other = add(m, (struct ir_insn){ .op = IR_NEG, .wide = wide,
			.args = { x } });
	else
		other = add(m, (struct ir_insn){ .op = IR_ADD, .wide = wide,
			.args = { x, ir_const(&m->n.f, UINT64_MAX) } });
	keep(m, add(m, (struct ir_insn){ .wide = wide,
		.op = how == 3 ? IR_XOR : IR_AND, .args = { x, other } }));
}

static void step_unary(struct maker *m)
{
	static const uint8_t ops[] = { IR_NEG, IR_ZEXT, IR_SEXT, IR_BSWAP };
	uint8_t op = ops[draw(m, ARRAY_SIZE(ops))];
	uint8_t size = (uint8_t)(1 << draw(m, 4));

	if ((op == IR_SEXT && size == 8) || (op == IR_BSWAP && size == 1))
		size = 4;
	keep(m, add(m, (struct ir_insn){ .op = op, .size = size,
		.wide = draw(m, 2), .args = { value(m) } }));
}

static struct ir_insn comparison(struct maker *m)
{
	ir_ref a = value(m), b = draw(m, 3) ? value(m) :
			    ir_const(&m->n.f, draw(m, 2) * 4);

	return (struct ir_insn){ .cond = (uint8_t)draw(m, IR_CONDS),
				 .wide = draw(m, 2), .args = { a, b } };
}

static void step_select(struct maker *m)
{
	struct ir_insn insn = comparison(m);

	insn.op = IR_SELECT;
	insn.args[2] = value(m);
	insn.args[3] = value(m);
	if (!draw(m, 4)) {
		insn.args[2] = ir_const(&m->n.f, draw(m, 2));
		insn.args[3] = ir_const(&m->n.f,
				!ir_at(&m->n.f, insn.args[2])->imm);
	}
	keep(m, add(m, insn));
}

/* ---- memory ---- */

/* An access in the middle of the frame, or of what r4 points to. */
static struct ir_insn access(struct maker *m, uint8_t op)
{
	struct ir_func *f = &m->n.f;
	bool frame = draw(m, 2);
	ir_ref base = frame ? ir_float(f, IR_FRAME, 0) :
			      ir_native_arg(&m->n, 3);
	ir_ref index;

	if (draw(m, 2)) {
		index = add(m, (struct ir_insn){ .op = IR_AND, .wide = true,
			.args = { value(m), ir_const(f, 7) } });
		if (draw(m, 2))
			index = add(m, (struct ir_insn){ .op = IR_SHL,
				.wide = true,
				.args = { index,
					  ir_const(f, draw(m, 4)) } });
		base = add(m, (struct ir_insn){ .op = IR_ADD, .wide = true,
			.args = { base, index } });
		if (draw(m, 2))
			base = add(m, (struct ir_insn){ .op = IR_ADD,
				.wide = true,
				.args = { base, ir_const(f, draw(m, 8)) } });
	}
	return (struct ir_insn){ .op = op,
		.size = (uint8_t)(1 << draw(m, 4)),
		.region = frame ? IR_REGION_STACK : IR_REGION_PACKET,
		.imm = (int64_t)draw(m, 48) - (frame ? MEMORY : 0),
		.args = { base } };
}

static void step_load(struct maker *m)
{
	struct ir_insn insn = access(m, IR_LOAD);

	insn.sign = insn.size < 8 && !draw(m, 3);
	keep(m, add(m, insn));
}

static void step_store(struct maker *m)
{
	struct ir_insn insn = access(m, IR_STORE);

	insn.args[1] = value(m);
	add(m, insn);
}

/* [mem] op= x, or a swapped value. */
static void step_change(struct maker *m)
{
	static const uint8_t ops[] = { IR_ADD, IR_SUB, IR_AND, IR_OR, IR_XOR };
	struct ir_insn insn = access(m, IR_LOAD);
	ir_ref old = add(m, insn), new;

	if (!draw(m, 3))
		step_store(m);
	if (insn.size > 1 && !draw(m, 3))
		new = add(m, (struct ir_insn){ .op = IR_BSWAP,
			.size = insn.size, .args = { old } });
	else
		new = add(m, (struct ir_insn){
			.op = ops[draw(m, ARRAY_SIZE(ops))],
			.wide = insn.size == 8 || draw(m, 2),
			.args = { old, value(m) } });
	insn.op = IR_STORE;
	insn.args[1] = new;
	add(m, insn);
	if (!draw(m, 3))
		keep(m, new);
}

/* ---- flow ---- */

static void steps(struct maker *m, uint32_t cnt);

/* One arm or two, which join in PHIs. */
static void step_if(struct maker *m)
{
	struct ir_func *f = &m->n.f;
	struct ir_insn branch = comparison(m);
	ir_block_id from = m->block, then = ir_new_block(f);
	ir_block_id join = ir_new_block(f), otherwise = join;
	uint32_t kept = m->pool_cnt;
	ir_ref a, b, phi;

	if (kept > POOL - 10)
		return;
	if (draw(m, 2))
		otherwise = ir_new_block(f);
	branch.op = IR_BRANCH;
	branch.sure = !draw(m, 4);
	ir_branch(f, from, &branch, then, otherwise);
	m->block = then;
	steps(m, 3);
	a = value(m);
	ir_jump(f, m->block, join, 0);
	m->pool_cnt = kept;
	b = value(m);
	if (otherwise != join) {
		m->block = otherwise;
		steps(m, 3);
		b = value(m);
		ir_jump(f, m->block, join, 0);
		m->pool_cnt = kept;
	}
	m->block = join;
	phi = ir_phi(f, join, 2);
	/* the direct edge is the first one when there is one */
	ir_at(f, phi)->list[0] = otherwise == join ? b : a;
	ir_at(f, phi)->list[1] = otherwise == join ? a : b;
	keep(m, phi);
}

/* Some rounds, tested at the top or at the end. */
static void step_loop(struct maker *m)
{
	struct ir_func *f = &m->n.f;
	ir_block_id from = m->block, head = ir_new_block(f);
	ir_block_id body = head, out = ir_new_block(f);
	uint32_t kept = m->pool_cnt;
	ir_ref start = value(m), i, x, next, last;
	bool top = draw(m, 2);

	if (kept > POOL - 10)
		return;
	ir_jump(f, from, head, 0);
	i = ir_phi(f, head, 2);
	x = ir_phi(f, head, 2);
	m->block = head;
	if (top) {
		body = ir_new_block(f);
		ir_branch(f, head, &(struct ir_insn){ .op = IR_BRANCH,
			.cond = IR_EQ, .args = { i, ir_const(f, 0) } }, out,
			body);
		m->block = body;
	}
	keep(m, i);
	keep(m, x);
	steps(m, 4);
	last = value(m);
	next = add(m, (struct ir_insn){ .op = IR_SUB, .wide = true,
		.args = { i, ir_const(f, 1) } });
	if (top)
		ir_jump(f, m->block, head, 0);
	else if (draw(m, 2))
		ir_branch(f, m->block, &(struct ir_insn){ .op = IR_BRANCH,
			.wide = true, .cond = IR_NE,
			.args = { next, ir_const(f, 0) } }, head, out);
	else
		ir_branch(f, m->block, &(struct ir_insn){ .op = IR_BRANCH,
			.wide = true, .cond = IR_NE,
			.args = { i, ir_const(f, 1) } }, head, out);
	ir_at(f, i)->list[0] = ir_const(f, 1 + draw(m, 3));
	ir_at(f, i)->list[1] = next;
	ir_at(f, x)->list[0] = start;
	ir_at(f, x)->list[1] = last;
	m->pool_cnt = kept;
	m->block = out;
	keep(m, x);
}

static void step_flow(struct maker *m)
{
	if (m->depth > 2)
		return;
	m->depth++;
	if (draw(m, 2))
		step_if(m);
	else
		step_loop(m);
	m->depth--;
}

static void steps(struct maker *m, uint32_t cnt)
{
	static void (*const all[])(struct maker *m) = {
		step_binary, step_binary, step_binary, step_binary, step_bits,
		step_unary, step_select, step_load, step_load, step_store,
		step_change, step_flow,
	};

	while (cnt--)
		all[draw(m, ARRAY_SIZE(all))](m);
}

static bool make(struct maker *m, uint64_t seed, uint32_t without)
{
	if (!ir_native_begin(&m->n, without))
		return false;
	m->seed = seed * 0x9e3779b97f4a7c15ull + 1;
	m->block = 0;
	m->pool_cnt = m->depth = 0;
	for (uint32_t i = 0; i < 3; i++)
		keep(m, ir_native_arg(&m->n, i));
	steps(m, 4 + (uint32_t)draw(m, STEPS));
	add(m, (struct ir_insn){ .op = IR_RET, .args = { value(m) } });
	if (m->n.f.failed)
		return false;
	ir_order(&m->n.f);
	ir_clean(&m->n.f);
	return !m->n.f.failed;
}

/* ---- running ---- */

struct outcome {
	uint64_t result;
	uint8_t frame[MEMORY], behind[MEMORY];
};

static void fill(struct outcome *out, uint64_t *seed)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < MEMORY; i += 8) {
		uint64_t a = draw_bits(seed), b = draw_bits(seed);

		memcpy(out->frame + i, &a, 8);
		memcpy(out->behind + i, &b, 8);
	}
}

static void run_native(struct ir_native *n, const uint64_t *args,
		       struct outcome *out)
{
	struct jit_thread *st = n->run.engine;
	uint8_t *frame = st->frames[0].end - MEMORY;

	memcpy(frame, out->frame, MEMORY);
	out->result = ir_native_run(n, args[0], args[1], args[2],
				    (uintptr_t)out->behind);
	memcpy(out->frame, frame, MEMORY);
}

static bool same(struct maker *m, uint64_t seed)
{
	for (int i = 0; i < RUNS; i++) {
		uint64_t args[3] = { draw_bits(&seed), draw_bits(&seed),
				     draw_bits(&seed) };
		struct outcome want, got;
		struct ir_run run = { .frame = want.frame + MEMORY,
			.limit = 1000000, .args = { args[0], args[1], args[2],
						    (uintptr_t)want.behind } };

		fill(&want, &seed);
		got = want;
		want.result = ir_run(&m->n.f, &run);
		run_native(&m->n, args, &got);
		if (memcmp(&want, &got, sizeof(got)))
			return false;
	}
	return true;
}

static bool one(struct maker *m, uint64_t seed, uint32_t without)
{
	struct strbuf text = { 0 };
	bool fine = make(m, seed, without);

	if (fine)
		fine = !ir_native_finish(&m->n) && same(m, seed);
	if (!fine) {
		ir_print(&text, &m->n.f);
		printf("seed %llu, without %#x:\n%s\n",
		       (unsigned long long)seed, without, strbuf_str(&text));
		strbuf_fini(&text);
	}
	ir_native_end(&m->n);
	return fine;
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : fallback;
}

int main(void)
{
	time_t end = time(NULL) + (time_t)setting("SKEP_DIFF_SECONDS", 3);
	uint64_t first = setting("SKEP_DIFF_SEED", 1), seed = first;
	struct maker m;
	bool fine = true;

	for (; fine && time(NULL) < end; seed++)
		fine = one(&m, seed, 0) && one(&m, seed, ~0u);
	printf("%llu functions from seed %llu%s\n",
	       (unsigned long long)(seed - first), (unsigned long long)first,
	       fine ? "" : ", the last one differs");
	return !fine;
}
