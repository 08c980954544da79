/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimising tier's back end for x86-64: every operation of the
 * intermediate form, with its operands in registers, as numbers and in
 * memory, on numbers from the edges, equals plain C; with all features of the
 * machine and without. Which instructions are taken is tests/diff's business.
 */
#include "cmocka_all.h"

#include "ir_native.h"

#define ALL_FEATURES	(JIT_BMI1 | JIT_BMI2 | JIT_MOVBE)

static const uint64_t edges[] = {
	0, 1, 2, 7, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0x7fff,
	0xffff, 0x12345678, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	0x100000000, 0x123456789abcdef0, 0x7fffffffffffffff,
	0x8000000000000000, 0xffffffff80000000, 0xfffffffffffffffe,
	0xffffffffffffffff,
};
#define EDGES	ARRAY_SIZE(edges)

static uint64_t narrow(uint64_t value, bool wide)
{
	return wide ? value : (uint32_t)value;
}

/* ---- plain C ---- */

static uint64_t model_signed(enum ir_op op, bool wide, uint64_t a, uint64_t b)
{
	int64_t x = wide ? (int64_t)a : (int32_t)a;
	int64_t y = wide ? (int64_t)b : (int32_t)b;
	bool mod = op == IR_SMOD;

	if (!y)
		return narrow(mod ? (uint64_t)x : 0, wide);
	if (y == -1)
		return narrow(mod ? 0 : -(uint64_t)x, wide);
	return narrow((uint64_t)(mod ? x % y : x / y), wide);
}

static uint64_t model(enum ir_op op, bool wide, uint64_t a, uint64_t b)
{
	uint32_t width = wide ? 64 : 32, cnt = (uint32_t)b & (width - 1);

	a = narrow(a, wide);
	b = narrow(b, wide);
	switch (op) {
	case IR_ADD:
		return narrow(a + b, wide);
	case IR_SUB:
		return narrow(a - b, wide);
	case IR_MUL:
		return narrow(a * b, wide);
	case IR_AND:
		return a & b;
	case IR_OR:
		return a | b;
	case IR_XOR:
		return a ^ b;
	case IR_SHL:
		return narrow(a << cnt, wide);
	case IR_SHR:
		return a >> cnt;
	case IR_SAR:
		return narrow((uint64_t)((wide ? (int64_t)a :
					  (int32_t)a) >> cnt), wide);
	case IR_ROL:
		return cnt ? narrow(a << cnt | a >> (width - cnt), wide) : a;
	case IR_DIV:
		return b ? a / b : 0;
	case IR_MOD:
		return b ? a % b : a;
	case IR_NEG:
		return narrow(-a, wide);
	case IR_MULH:
		return (uint64_t)((unsigned __int128)a * b >> 64);
	default:
		return model_signed(op, wide, a, b);
	}
}

static bool model_cond(enum ir_cond cond, bool wide, uint64_t a, uint64_t b)
{
	int64_t x = wide ? (int64_t)a : (int32_t)a;
	int64_t y = wide ? (int64_t)b : (int32_t)b;

	a = narrow(a, wide);
	b = narrow(b, wide);
	switch (cond) {
	case IR_EQ:
		return a == b;
	case IR_NE:
		return a != b;
	case IR_ULT:
		return a < b;
	case IR_UGE:
		return a >= b;
	case IR_ULE:
		return a <= b;
	case IR_UGT:
		return a > b;
	case IR_SLT:
		return x < y;
	case IR_SGE:
		return x >= y;
	case IR_SLE:
		return x <= y;
	case IR_SGT:
		return x > y;
	case IR_NONE:
		return !(a & b);
	default:
		return a & b;
	}
}

static uint64_t model_load(uint64_t word, uint32_t size, bool sign)
{
	uint32_t unused = 64 - size * 8;

	return sign ? (uint64_t)((int64_t)(word << unused) >> unused) :
		      word << unused >> unused;
}

/* ---- arithmetic ---- */

enum form { REG_REG, REG_NUMBER, NUMBER_REG, REG_MEM, MEM_REG, SAME, FORMS };

/* r1 and r2, or a number, or what r3 points to. */
static void make_op(struct ir_native *n, enum ir_op op, bool wide,
		    enum form form, uint64_t number)
{
	ir_ref a = ir_native_arg(n, 0), b = ir_native_arg(n, 1);
	ir_ref mem = ir_native_arg(n, 2);

	if (form == REG_NUMBER)
		b = ir_const(&n->f, number);
	if (form == NUMBER_REG)
		a = ir_const(&n->f, number);
	if (form == REG_MEM)
		b = ir_native_load(n, mem, 8, wide ? 8 : 4);
	if (form == MEM_REG)
		a = ir_native_load(n, mem, 0, wide ? 8 : 4);
	if (form == SAME)
		b = a;
	ir_native_ret(n, 0, ir_native_op(n, op, wide, a, b));
}

static void check_op(struct ir_native *n, enum ir_op op, bool wide,
		     enum form form, uint64_t number)
{
	for (size_t i = 0; i < EDGES; i++)
		for (size_t k = 0; k < EDGES; k++) {
			uint64_t mem[2] = { edges[i], edges[k] };
			uint64_t a = form == NUMBER_REG ? number : edges[i];
			uint64_t b = form == REG_NUMBER ? number :
				     form == SAME ? a : edges[k];
			uint64_t want = model(op, wide, a, b), got;

			got = ir_native_run(n, edges[i], edges[k],
					    (uintptr_t)mem, 0);
			if (got != want)
				fail_msg("op %s%s form %d: %llx, %llx: %llx, "
					 "not %llx", ir_rows[op].text,
					 wide ? "" : "32", form,
					 (unsigned long long)a,
					 (unsigned long long)b,
					 (unsigned long long)got,
					 (unsigned long long)want);
		}
}

static void run_op(enum ir_op op, bool wide, enum form form, uint64_t number,
		   uint32_t without)
{
	struct ir_native n;

	assert_true(ir_native_begin(&n, without));
	make_op(&n, op, wide, form, number);
	assert_int_equal(ir_native_finish(&n), 0);
	check_op(&n, op, wide, form, number);
	ir_native_end(&n);
}

static void test_ops(void **state)
{
	for (enum ir_op op = IR_ADD; op <= IR_MULH; op++)
		for (int i = op == IR_MULH; i < 4; i += 1 + (op == IR_MULH))
			for (enum form form = 0; form < FORMS; form++) {
				bool numbers = form == REG_NUMBER ||
					       form == NUMBER_REG;

				for (size_t k = 0; k < EDGES; k++)
					if (numbers || !k)
						run_op(op, i & 1, form,
						       edges[k], i & 2 ?
						       ALL_FEATURES : 0);
			}
}

/* Numbers that are multiplied by with lea, and divided by. */
static void test_numbers(void **state)
{
	static const uint64_t some[] = { 3, 5, 9, 10, 100, 1000, 641, 8 };

	for (size_t i = 0; i < ARRAY_SIZE(some); i++)
		for (int wide = 0; wide < 2; wide++) {
			run_op(IR_MUL, wide, REG_NUMBER, some[i], 0);
			for (enum ir_op op = IR_DIV; op <= IR_SMOD; op++)
				run_op(op, wide, REG_NUMBER, some[i], 0);
		}
}

/* ---- one operand ---- */

static uint64_t model_unary(enum ir_op op, uint32_t size, bool wide,
			    uint64_t a)
{
	if (op == IR_BSWAP)
		return __builtin_bswap64(a) >> (64 - size * 8);
	return narrow(model_load(a, size, op == IR_SEXT),
		      wide || op == IR_ZEXT);
}

static void run_unary(enum ir_op op, uint8_t size, bool wide, bool load,
		      uint32_t without)
{
	struct ir_native n;
	ir_ref arg;

	assert_true(ir_native_begin(&n, without));
	arg = load ? ir_native_load(&n, ir_native_arg(&n, 2), 0, 8) :
		     ir_native_arg(&n, 0);
	ir_native_ret(&n, 0, ir_append(&n.f, 0, &(struct ir_insn){
		.op = (uint8_t)op, .size = size, .wide = wide,
		.args = { arg } }));
	assert_int_equal(ir_native_finish(&n), 0);
	for (size_t i = 0; i < EDGES; i++) {
		uint64_t mem = edges[i];

		assert_int_equal(ir_native_run(&n, mem, 0, (uintptr_t)&mem, 0),
				 model_unary(op, size, wide, mem));
	}
	ir_native_end(&n);
}

static void test_unary(void **state)
{
	for (int i = 0; i < 8; i++)
		for (uint8_t size = 1; size <= 8; size *= 2) {
			uint32_t without = i & 4 ? ALL_FEATURES : 0;

			run_unary(IR_ZEXT, size, i & 1, i & 2, without);
			if (size < 8)
				run_unary(IR_SEXT, size, (i & 1) || size == 8,
					  i & 2, without);
			if (size > 1)
				run_unary(IR_BSWAP, size, i & 1, i & 2,
					  without);
		}
}

/* ---- comparisons ---- */

enum result { ARMS, BIT, NOT_BIT, NUMBERS, MOVE, RESULTS };

static void compare_with(struct ir_native *n, struct ir_insn compare,
			 enum result result)
{
	ir_ref one = ir_const(&n->f, 1), zero = ir_const(&n->f, 0);
	ir_block_id then, otherwise;

	if (result == ARMS) {
		then = ir_new_block(&n->f);
		otherwise = ir_new_block(&n->f);
		compare.op = IR_BRANCH;
		ir_branch(&n->f, 0, &compare, then, otherwise);
		ir_native_ret(n, then, one);
		ir_native_ret(n, otherwise, zero);
		return;
	}
	compare.op = IR_SELECT;
	compare.args[2] = result == BIT ? one : result == NOT_BIT ? zero :
			  ir_native_arg(n, 0);
	compare.args[3] = result == BIT ? zero : result == NOT_BIT ? one :
			  ir_native_arg(n, 1);
	if (result == NUMBERS) {
		compare.args[2] = ir_const(&n->f, (uint64_t)-3);
		compare.args[3] = ir_const(&n->f, 5);
	}
	ir_native_ret(n, 0, ir_append(&n->f, 0, &compare));
}

struct compared {
	enum ir_cond cond;
	bool wide;
	enum form form;
	enum result result;
	uint64_t number;
	uint8_t size;		/* of the load */
};

static void make_compare(struct ir_native *n, const struct compared *c)
{
	ir_ref a = ir_native_arg(n, 0), b = ir_native_arg(n, 1);
	ir_ref mem = ir_native_arg(n, 2);

	if (c->form == MEM_REG || (c->form == REG_NUMBER && c->size))
		a = ir_native_load(n, mem, 0, c->size);
	if (c->form == REG_MEM)
		b = ir_native_load(n, mem, 8, c->size);
	if (c->form == REG_NUMBER)
		b = ir_const(&n->f, c->number);
	if (c->form == NUMBER_REG)
		a = ir_const(&n->f, c->number);
	compare_with(n, (struct ir_insn){ .wide = c->wide,
		.cond = (uint8_t)c->cond, .args = { a, b } }, c->result);
}

static uint64_t result_of(const struct compared *c, uint64_t x, uint64_t y)
{
	uint64_t a = x, b = y;
	bool holds;

	if (c->form == MEM_REG || (c->form == REG_NUMBER && c->size))
		a = model_load(a, c->size, false);
	if (c->form == REG_MEM)
		b = model_load(b, c->size, false);
	if (c->form == REG_NUMBER)
		b = c->number;
	if (c->form == NUMBER_REG)
		a = c->number;
	if (c->form == SAME)
		b = a;
	holds = model_cond(c->cond, c->wide, a, b);
	if (c->result == NUMBERS)
		return holds ? (uint64_t)-3 : 5;
	return c->result == MOVE ? (holds ? x : y) :
	       c->result == NOT_BIT ? !holds : holds;
}

static void run_compare(const struct compared *c)
{
	struct ir_native n;

	assert_true(ir_native_begin(&n, 0));
	make_compare(&n, c);
	assert_int_equal(ir_native_finish(&n), 0);
	for (size_t i = 0; i < EDGES; i++)
		for (size_t k = 0; k < EDGES; k++) {
			uint64_t mem[2] = { edges[i], edges[k] }, got;

			got = ir_native_run(&n, edges[i], edges[k],
					    (uintptr_t)mem, 0);
			if (got != result_of(c, edges[i], edges[k]))
				fail_msg("cond %d wide %d form %d result %d "
					 "size %d number %llx: %llx %llx",
					 c->cond, c->wide, c->form, c->result,
					 c->size,
					 (unsigned long long)c->number,
					 (unsigned long long)edges[i],
					 (unsigned long long)edges[k]);
		}
	ir_native_end(&n);
}

static void compare_all_numbers(struct compared c)
{
	for (size_t i = 0; i < EDGES; i++) {
		c.number = edges[i];
		run_compare(&c);
	}
}

static void test_compare(void **state)
{
	for (enum ir_cond cond = 0; cond < IR_CONDS; cond++)
		for (int wide = 0; wide < 2; wide++)
			for (enum result result = 0; result < RESULTS;
			     result++) {
				struct compared c = { .cond = cond,
					.wide = wide, .result = result };

				run_compare(&c);
				c.form = REG_NUMBER;
				compare_all_numbers(c);
			}
}

static void test_compare_memory(void **state)
{
	for (enum ir_cond cond = 0; cond < IR_CONDS; cond++)
		for (int wide = 0; wide < 2; wide++)
			for (uint8_t size = 1; size <= 8; size *= 2) {
				struct compared c = { .cond = cond,
					.wide = wide, .form = MEM_REG,
					.size = size };

				run_compare(&c);
				c.form = REG_MEM;
				run_compare(&c);
				c.form = REG_NUMBER;
				compare_all_numbers(c);
			}
}

/* A result that is compared with 0, and needed: its flags are used. */
static void run_flags(enum ir_op op, bool wide, enum ir_cond cond,
		      bool compared_wide, uint64_t number)
{
	struct ir_native n;
	ir_ref value;

	assert_true(ir_native_begin(&n, 0));
	value = ir_native_op(&n, op, wide, ir_native_arg(&n, 0),
			     number ? ir_const(&n.f, number) :
			     ir_native_arg(&n, 1));
	ir_native_ret(&n, 0, ir_append(&n.f, 0, &(struct ir_insn){
		.op = IR_SELECT, .cond = (uint8_t)cond,
		.wide = compared_wide,
		.args = { value, ir_const(&n.f, 0), value,
			  ir_const(&n.f, 77) } }));
	assert_int_equal(ir_native_finish(&n), 0);
	for (size_t i = 0; i < EDGES; i++)
		for (size_t k = 0; k < EDGES; k++) {
			uint64_t b = number ?: edges[k];
			uint64_t want = model(op, wide, edges[i], b);

			if (!model_cond(cond, compared_wide, want, 0))
				want = 77;
			assert_int_equal(ir_native_run(&n, edges[i], edges[k],
						       0, 0), want);
		}
	ir_native_end(&n);
}

static void test_flags(void **state)
{
	static const uint8_t conds[] = { IR_EQ, IR_NE, IR_SLT, IR_SGE,
					 IR_SGT };

	for (enum ir_op op = IR_ADD; op <= IR_SAR; op++)
		for (size_t i = 0; i < ARRAY_SIZE(conds); i++)
			for (int k = 0; k < 4; k++) {
				run_flags(op, k & 1, conds[i], k & 2, 0);
				run_flags(op, k & 1, conds[i], k & 2, 1);
				run_flags(op, k & 1, conds[i], k & 2,
					  UINT64_MAX);
			}
}

/* ---- memory ---- */

static void test_loads(void **state)
{
	for (int i = 0; i < 8; i++) {
		uint8_t size = (uint8_t)(1 << i / 2);
		bool sign = i & 1 && size < 8;
		struct ir_native n;

		assert_true(ir_native_begin(&n, 0));
		ir_native_ret(&n, 0, ir_append(&n.f, 0, &(struct ir_insn){
			.op = IR_LOAD, .size = size, .sign = sign,
			.args = { ir_native_arg(&n, 0) } }));
		assert_int_equal(ir_native_finish(&n), 0);
		for (size_t k = 0; k < EDGES; k++)
			assert_int_equal(
				ir_native_run(&n, (uintptr_t)&edges[k], 0, 0,
					      0),
				model_load(edges[k], size, sign));
		ir_native_end(&n);
	}
}

static uint64_t stored(uint64_t word, uint32_t size, uint64_t value)
{
	memcpy(&word, &value, size);
	return word;
}

static void run_store(uint8_t size, bool by_number, uint64_t number)
{
	const uint64_t before = 0x1122334455667788;
	struct ir_native n;

	assert_true(ir_native_begin(&n, 0));
	ir_native_store(&n, ir_native_arg(&n, 2), 0, size, by_number ?
			ir_const(&n.f, number) : ir_native_arg(&n, 0));
	ir_native_ret(&n, 0, ir_const(&n.f, 0));
	assert_int_equal(ir_native_finish(&n), 0);
	for (size_t i = 0; i < EDGES; i++) {
		uint64_t mem = before;

		ir_native_run(&n, edges[i], 0, (uintptr_t)&mem, 0);
		assert_int_equal(mem, stored(before, size, by_number ?
					     number : edges[i]));
	}
	ir_native_end(&n);
}

static void test_stores(void **state)
{
	for (uint8_t size = 1; size <= 8; size *= 2) {
		run_store(size, false, 0);
		for (size_t i = 0; i < EDGES; i++)
			run_store(size, true, edges[i]);
	}
}

/* [r3] op= r1, or a number; swapped: the load is on the right. */
static void run_change(enum ir_op op, uint8_t size, bool by_number,
		       uint64_t number, bool swapped)
{
	const uint64_t before = 0x1122334455667788;
	struct ir_native n;
	ir_ref mem, old, x, value;

	assert_true(ir_native_begin(&n, 0));
	mem = ir_native_arg(&n, 2);
	old = ir_native_load(&n, mem, 0, size);
	x = by_number ? ir_const(&n.f, number) : ir_native_arg(&n, 0);
	value = ir_native_op(&n, op, size == 8, swapped ? x : old,
			     swapped ? old : x);
	ir_native_store(&n, mem, 0, size, value);
	ir_native_ret(&n, 0, ir_const(&n.f, 0));
	assert_int_equal(ir_native_finish(&n), 0);
	for (size_t i = 0; i < EDGES; i++) {
		uint64_t word = before, a = model_load(before, size, false);
		uint64_t b = by_number ? number : edges[i];
		uint64_t want = swapped ? model(op, true, b, a) :
					  model(op, true, a, b);

		ir_native_run(&n, edges[i], 0, (uintptr_t)&word, 0);
		assert_int_equal(word, stored(before, size, want));
	}
	ir_native_end(&n);
}

static void test_changes(void **state)
{
	static const uint8_t ops[] = { IR_ADD, IR_SUB, IR_AND, IR_OR, IR_XOR };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		for (uint8_t size = 1; size <= 8; size *= 2)
			for (int swapped = 0; swapped < 2; swapped++) {
				run_change(ops[i], size, false, 0, swapped);
				for (size_t k = 0; k < EDGES; k++)
					run_change(ops[i], size, true,
						   edges[k], swapped);
			}
}

/* A store of the same bytes between: the load must not move behind it. */
static void test_store_between(void **state)
{
	for (int64_t off = -8; off <= 8; off++) {
		uint64_t words[3] = { 0, 5, 0 }, want[3];
		struct ir_native n;
		ir_ref mem, old, sum;

		assert_true(ir_native_begin(&n, 0));
		mem = ir_native_arg(&n, 2);
		old = ir_native_load(&n, mem, 0, 8);
		ir_native_store(&n, mem, off, 8, ir_native_arg(&n, 0));
		sum = ir_native_op(&n, IR_ADD, true, old,
				   ir_native_arg(&n, 1));
		ir_native_store(&n, mem, 0, 8, sum);
		ir_native_ret(&n, 0, sum);
		assert_int_equal(ir_native_finish(&n), 0);
		memcpy(want, words, sizeof(want));
		memcpy((char *)&want[1] + off, &edges[12], 8);
		want[1] = 7;
		assert_int_equal(ir_native_run(&n, edges[12], 2,
					       (uintptr_t)&words[1], 0), 7);
		assert_memory_equal(words, want, sizeof(want));
		ir_native_end(&n);
	}
}

/* ---- atomics ---- */

static uint64_t model_atomic(uint8_t kind, uint64_t a, uint64_t b)
{
	static const uint8_t ops[] = { IR_ADD, IR_OR, IR_AND, IR_XOR };

	kind &= 7;
	return kind == IR_ATOMIC_XCHG ? b :
	       model((enum ir_op)ops[kind], true, a, b);
}

static void run_atomic(uint8_t kind, bool wide, bool by_number, bool wanted,
		       uint64_t number)
{
	uint32_t size = wide ? 8 : 4;
	struct ir_native n;
	ir_ref x, old;

	assert_true(ir_native_begin(&n, 0));
	x = by_number ? ir_const(&n.f, number) : ir_native_arg(&n, 0);
	old = ir_append(&n.f, 0, &(struct ir_insn){
		.op = IR_ATOMIC, .wide = wide, .cond = kind,
		.size = (uint8_t)size,
		.args = { ir_native_arg(&n, 2), x } });
	ir_native_ret(&n, 0, wanted ? old : ir_const(&n.f, 9));
	assert_int_equal(ir_native_finish(&n), 0);
	for (size_t i = 0; i < EDGES; i++)
		for (size_t k = 0; k < EDGES; k++) {
			uint64_t mem = edges[k], got;
			uint64_t b = by_number ? number : edges[i];

			got = ir_native_run(&n, edges[i], 0, (uintptr_t)&mem,
					    0);
			assert_int_equal(got, wanted ?
					 narrow(edges[k], wide) : 9);
			assert_int_equal(mem, stored(edges[k], size,
					 model_atomic(kind, edges[k], b)));
		}
	ir_native_end(&n);
}

static void test_atomics(void **state)
{
	for (uint8_t kind = 0; kind <= IR_ATOMIC_XCHG; kind++)
		for (int i = 0; i < 8; i++) {
			uint8_t fetch = i & 4 || kind == IR_ATOMIC_XCHG ?
					IR_ATOMIC_FETCH : 0;

			run_atomic(kind | fetch, i & 1, i & 2, fetch, 3);
			run_atomic(kind | fetch, i & 1, i & 2, false,
				   UINT64_MAX);
		}
}

static void run_cmpxchg(bool wide)
{
	uint32_t size = wide ? 8 : 4;
	struct ir_native n;

	assert_true(ir_native_begin(&n, 0));
	ir_native_ret(&n, 0, ir_append(&n.f, 0, &(struct ir_insn){
		.op = IR_CMPXCHG, .wide = wide, .size = (uint8_t)size,
		.args = { ir_native_arg(&n, 2), ir_native_arg(&n, 0),
			  ir_native_arg(&n, 1) } }));
	assert_int_equal(ir_native_finish(&n), 0);
	for (size_t i = 0; i < EDGES; i++)
		for (size_t k = 0; k < EDGES; k++) {
			uint64_t mem = edges[k], got;
			bool equal = narrow(edges[k], wide) ==
				     narrow(edges[i], wide);

			got = ir_native_run(&n, 0x1234567890abcdef, edges[i],
					    (uintptr_t)&mem, 0);
			assert_int_equal(got, narrow(edges[k], wide));
			assert_int_equal(mem, equal ? stored(edges[k], size,
					 0x1234567890abcdef) : edges[k]);
		}
	ir_native_end(&n);
}

static void test_cmpxchg(void **state)
{
	run_cmpxchg(true);
	run_cmpxchg(false);
}

/* ---- addresses ---- */

/* [r1 + (r2 << by) + disp], in all shapes. */
static void run_address(int64_t by, int64_t disp, int64_t off, bool frame)
{
	uint64_t words[64], *from = words + 24;
	struct ir_native n;
	ir_ref index, base;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = i * 0x0101010101010101;
	assert_true(ir_native_begin(&n, 0));
	index = ir_native_arg(&n, 1);
	if (by)
		index = ir_native_op(&n, IR_SHL, true, index,
				     ir_const(&n.f, (uint64_t)by));
	base = frame ? ir_float(&n.f, IR_FRAME, 0) : ir_native_arg(&n, 0);
	base = ir_native_op(&n, IR_ADD, true, base, index);
	base = ir_native_op(&n, IR_ADD, true, base,
			    ir_const(&n.f, (uint64_t)disp));
	if (frame)
		ir_native_store(&n, base, off, 8, ir_native_arg(&n, 2));
	ir_native_ret(&n, 0, ir_native_load(&n, base, off, 8));
	assert_int_equal(ir_native_finish(&n), 0);
	for (uint64_t i = 0; i < 3; i++) {
		uint64_t want;

		memcpy(&want, (char *)from + (i << by) + disp + off, 8);
		assert_int_equal(ir_native_run(&n, (uintptr_t)from, i, want,
					       0), want);
	}
	ir_native_end(&n);
}

static void test_addresses(void **state)
{
	for (int64_t by = 0; by < 5; by++)
		for (int i = 0; i < 8; i++)
			run_address(by, i & 1 ? -64 : 0, i & 2 ? -40 : 0,
				    i & 4);
}

/* ---- flow ---- */

/* The sum of the r2 bytes at r1: a loop with its test at the top. */
static void test_loop(void **state)
{
	struct ir_native n;
	struct ir_func *f = &n.f;
	ir_block_id head, body, out;
	ir_ref i, sum, next_i, next_sum, byte;

	assert_true(ir_native_begin(&n, 0));
	head = ir_new_block(f);
	body = ir_new_block(f);
	out = ir_new_block(f);
	ir_jump(f, 0, head, 0);
	sum = ir_phi(f, head, 2);
	i = ir_phi(f, head, 2);
	ir_branch(f, head, &(struct ir_insn){ .op = IR_BRANCH, .wide = true,
		.cond = IR_UGE, .args = { i, ir_native_arg(&n, 1) } }, out,
		body);
	ir_append(f, body, &(struct ir_insn){ .op = IR_STOP });
	byte = ir_append(f, body, &(struct ir_insn){ .op = IR_ADD,
		.wide = true, .args = { ir_native_arg(&n, 0), i } });
	byte = ir_append(f, body, &(struct ir_insn){ .op = IR_LOAD,
		.size = 1, .args = { byte } });
	next_sum = ir_append(f, body, &(struct ir_insn){ .op = IR_ADD,
		.wide = true, .args = { sum, byte } });
	next_i = ir_append(f, body, &(struct ir_insn){ .op = IR_ADD,
		.wide = true, .args = { i, ir_const(f, 1) } });
	ir_jump(f, body, head, 0);
	ir_at(f, sum)->list[0] = ir_at(f, i)->list[0] = ir_const(f, 0);
	ir_at(f, sum)->list[1] = next_sum;
	ir_at(f, i)->list[1] = next_i;
	ir_native_ret(&n, out, sum);
	assert_int_equal(ir_native_finish(&n), 0);
	assert_int_equal(ir_native_run(&n, (uintptr_t)"abcdefg", 7, 0, 0),
			 'a' * 7 + 21);
	assert_int_equal(ir_native_run(&n, (uintptr_t)"", 0, 0, 0), 0);
	ir_native_end(&n);
}

/* Many values at once, a branch to the block itself, PHIs that swap. */
static void test_swapping_loop(void **state)
{
	struct ir_native n;
	struct ir_func *f = &n.f;
	ir_block_id loop, out;
	ir_ref a, b, i, next;

	assert_true(ir_native_begin(&n, 0));
	loop = ir_new_block(f);
	out = ir_new_block(f);
	ir_jump(f, 0, loop, 0);
	i = ir_phi(f, loop, 2);
	b = ir_phi(f, loop, 2);
	a = ir_phi(f, loop, 2);
	next = ir_append(f, loop, &(struct ir_insn){ .op = IR_SUB,
		.wide = true, .args = { i, ir_const(f, 1) } });
	ir_branch(f, loop, &(struct ir_insn){ .op = IR_BRANCH, .wide = true,
		.cond = IR_NE, .args = { next, ir_const(f, 0) } }, loop, out);
	ir_at(f, a)->list[0] = ir_native_arg(&n, 0);
	ir_at(f, b)->list[0] = ir_native_arg(&n, 1);
	ir_at(f, i)->list[0] = ir_native_arg(&n, 2);
	ir_at(f, a)->list[1] = b;
	ir_at(f, b)->list[1] = a;
	ir_at(f, i)->list[1] = next;
	ir_native_ret(&n, out, a);
	assert_int_equal(ir_native_finish(&n), 0);
	assert_int_equal(ir_native_run(&n, 10, 20, 1, 0), 10);
	assert_int_equal(ir_native_run(&n, 10, 20, 2, 0), 20);
	assert_int_equal(ir_native_run(&n, 10, 20, 7, 0), 10);
	ir_native_end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_unary),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_compare_memory),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_store_between),
		cmocka_unit_test(test_atomics),
		cmocka_unit_test(test_cmpxchg),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_swapping_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
