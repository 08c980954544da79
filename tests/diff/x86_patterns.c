/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function for each pattern of instruction selection (src/jit/x86/select.def)
 * and for what is emitted around it, one line each: its code in hexadecimal, a
 * tab, what instructions it must have, a tab, the function.
 *
 * Functions are written backwards, as on old calculators:
 *
 *	r1 r2 add	arithmetic; add32 on low halves
 *	r3 load4@8	loads, sloads (signed), stores: size, offset
 *	5 -1 0x7f	numbers
 *	=x x		a name for the value on top; the value again
 *	sel.ult		condition of two, then two arms: a b c d sel.ult
 *	br.eq32		returns 1 or 0; the end
 *	loop-3		i + -3 stored behind r3, until i was the value on top;
 *			i begins with r1; the end
 *	sum		of r1 numbers behind r3, by a loop; the end
 *	ret		the end
 */
#include <ctype.h>
#include <stdlib.h>

#include "../unit/ir_native.h"

struct pattern {
	const char *text;	/* of the function */
	const char *want;	/* regular expressions, in order, by ';' */
	uint32_t without;
};

/* Any register; the same of 32 bits. */
#define R	"r[a-z0-9]+"
#define E	"(e[a-z]+|r[0-9]+d)"

static const struct pattern patterns[] = {
	/* sums: lea where an operand is kept or there are three parts */
	{ "r1 r2 add ret", "add " R ", " R },
	{ "r1 r2 add32 ret", "add " E ", " E },
	{ "r1 100 add ret", "add " R ", 100" },
	{ "r1 100 add32 ret", "add " E ", 100" },
	{ "r1 r3 load8 add ret", "add " R ", qword ptr \\[" R "\\]" },
	{ "r1 r3 load4@4 add32 ret", "add " E ", dword ptr \\[" R " \\+ 4\\]" },
	{ "r1 r3 load8 sub ret", "sub " R ", qword ptr" },
	{ "r1 r2 add =x r1 xor r2 xor x mul ret",
	  "lea " R ", \\[" R " \\+ " R "\\]" },
	{ "r1 r2 add 7 add ret", "lea " R ", \\[" R " \\+ " R " \\+ 7\\]" },
	{ "r1 r2 3 shl add ret", "lea " R ", \\[" R " \\+ 8\\*" R "\\]" },
	{ "r1 r2 2 shl32 add32 5 sub32 ret",
	  "lea " E ", \\[" R " \\+ 4\\*" R " - 5\\]" },
	{ "r1 10 sub =x r1 mul x xor ret", "lea " R ", \\[" R " - 10\\]" },
	{ "r1 1 shl =x r1 mul x xor ret", "lea " R ", \\[" R " \\+ " R "\\]" },
	{ "r1 2 shl =x r1 mul x xor ret", "lea " R ", \\[4\\*" R "\\]" },
	{ "0 r1 sub ret", "neg " R },
	{ "r1 neg32 ret", "neg " E },
	{ "r1 50 sub ret", "sub " R ", 50" },
	{ "r1 r2 sub ret", "sub " R ", " R },
	/* products */
	{ "r1 3 mul ret", "lea " R ", \\[" R " \\+ 2\\*" R "\\]" },
	{ "r1 9 mul32 ret", "lea " E ", \\[" R " \\+ 8\\*" R "\\]" },
	{ "r1 10 mul ret", "imul " R ", " R ", 10" },
	{ "r3 load8 1000 mul ret", "imul " R ", qword ptr \\[" R "\\], 1000" },
	{ "r1 r3 load4 mul32 ret", "imul " E ", dword ptr" },
	{ "r1 r2 mul ret", "imul " R ", " R },
	{ "r1 r2 mulh ret", "mulx " R ", " R ", " R },
	{ "r1 r3 load8 mulh ret", "mulx " R ", " R ", qword ptr" },
	{ "r1 r2 mulh ret", "mul " R, JIT_BMI2 },
	/* masks and other bits */
	{ "r1 255 and ret", "movzx " E ", (sil|[a-z]l|[a-z0-9]+b)" },
	{ "r1 65535 and32 ret", "movzx " E ", [a-z0-9]+" },
	{ "r1 0xffffffff and ret", "mov eax, esi" },
	{ "r3 load8 255 and ret", "movzx " E ", byte ptr" },
	{ "r1 4095 and ret", "and " E ", 4095" },
	{ "r1 -16 and ret", "and " R ", -16" },
	{ "r1 r3 load8 and ret", "and " R ", qword ptr" },
	{ "r1 r2 and ret", "and " R ", " R },
	{ "r1 -1 xor r2 and ret", "andn " R ", " R ", " R },
	{ "r1 -1 xor r3 load8 and ret", "andn " R ", " R ", qword ptr" },
	{ "r1 -1 xor r2 and ret", "not " R ";and " R ", " R, JIT_BMI1 },
	{ "r1 =x -1 add x and ret", "blsr " R ", " R },
	{ "r1 =x neg x and ret", "blsi " R ", " R },
	{ "r1 =x 1 sub32 x xor32 ret", "blsmsk " E ", " E },
	{ "r1 r3 load8 or ret", "or " R ", qword ptr" },
	{ "r1 96 or ret", "or " R ", 96" },
	{ "r1 r2 or ret", "or " R ", " R },
	{ "r1 -1 xor ret", "not " R },
	{ "r1 r3 load4 xor32 ret", "xor " E ", dword ptr" },
	{ "r1 96 xor ret", "xor " R ", 96" },
	{ "r1 r2 xor ret", "xor " R ", " R },
	/* shifts */
	{ "r1 5 shl ret", "shl " R ", 5" },
	{ "r1 5 shr32 ret", "shr " E ", 5" },
	{ "r1 5 sar ret", "sar " R ", 5" },
	{ "r1 r2 shl ret", "shlx " R ", " R ", " R },
	{ "r1 r2 shr32 ret", "shrx " E ", " E ", " E },
	{ "r1 r2 sar ret", "sarx " R ", " R ", " R },
	{ "r3 load8 r2 63 and shl ret", "shlx " R ", qword ptr" },
	{ "r1 r2 shl ret", "shl " R ", cl", JIT_BMI2 },
	{ "r1 r2 shr ret", "shr " R ", cl", JIT_BMI2 },
	{ "r1 r2 sar32 ret", "sar " E ", cl", JIT_BMI2 },
	{ "r1 13 rol ret", "rol " R ", 13" },
	{ "r1 13 rol =x r1 mul x xor ret", "rorx " R ", " R ", 51" },
	{ "r3 load4 13 rol32 ret", "rorx " E ", dword ptr \\[" R "\\], 19" },
	{ "r1 r2 rol ret", "rol " R ", cl" },
	/* division */
	{ "r1 r2 div ret", "test;je;xor edx, edx;div " R },
	{ "r1 10 div32 ret", "div " E },
	{ "r1 r2 1 or div ret", "or " R ", 1;xor edx, edx;div " R },
	{ "r1 r2 smod ret", "test;cmp " R ", -1;cqo;idiv " R },
	{ "r1 zext4 r2 zext4 div ret", "div " E },
	/* bytes */
	{ "r1 bswap8 ret", "bswap " R },
	{ "r1 bswap2 ret", "rol [a-z]+, 8;movzx" },
	{ "r3 load4 bswap4 ret", "movbe " E ", dword ptr" },
	{ "r3 load4 bswap4 ret", "mov " E ", dword ptr;bswap", JIT_MOVBE },
	{ "r3 r1 bswap8 store8@16 0 ret",
	  "movbe qword ptr \\[" R " \\+ 16\\]" },
	{ "r3 r1 bswap2 store2 0 ret", "movbe word ptr" },
	{ "r1 zext2 ret", "movzx " E ", [a-z]+" },
	{ "r1 sext1 ret", "movsx " R ", " },
	{ "r1 sext4 ret", "movsxd " R ", " E },
	{ "r3 load8 sext4 ret", "movsxd " R ", dword ptr" },
	{ "r3 load4 zext1 ret", "movzx " E ", byte ptr" },
	{ "r3 load4 zext4 ret", "mov " E ", dword ptr \\[" R "\\];ret" },
	/* choices */
	{ "r1 r2 1 0 sel.ult ret", "cmp " R ", " R ";setb al;movzx eax, al" },
	{ "r1 r2 0 1 sel.ult ret", "setae al" },
	{ "r1 r2 6 5 sel.ult ret", "setb;movzx;lea " R ", \\[" R " \\+ 5\\]" },
	{ "r1 r2 6 10 sel.ult ret",
	  "setae;movzx;lea " R ", \\[4\\*" R " \\+ 6\\]" },
	{ "r1 r2 r3 r4 sel.slt ret", "cmp;cmovl " R ", " R },
	{ "r1 5 r3 r4 sel.eq32 ret", "cmp " E ", 5;cmove " R ", " R },
	/* comparisons */
	{ "r1 r2 br.eq", "cmp " R ", " R },
	{ "r1 7 br.ugt32", "cmp " E ", 7" },
	{ "7 r1 br.ugt32", "cmp " E ", 7;j(b|ae)" },
	{ "r1 0 br.eq", "test " R ", " R },
	{ "r1 r3 load8 br.slt", "cmp " R ", qword ptr" },
	{ "r3 load8 r1 br.slt", "cmp qword ptr \\[" R "\\], " R },
	{ "r3 load8 1000 br.slt", "cmp qword ptr \\[" R "\\], 1000" },
	{ "r3 load1 200 br.ult",
	  "cmp byte ptr \\[" R "\\], (-56|200);j(b|ae)" },
	{ "r3 load2 100 br.sgt", "cmp word ptr \\[" R "\\], 100;j(a|be)" },
	{ "r3 load4 0xffffff br.ult", "cmp dword ptr" },
	{ "r3 load2 r1 zext2 br.sle", "cmp word ptr \\[" R "\\], " },
	{ "r1 zext1 r3 load1 br.eq32", "cmp byte ptr \\[" R "\\], " },
	{ "r1 64 br.any", "test (sil|[a-z]+l), 64" },
	{ "r1 0x10000 and 0 br.ne", "test " E ", 65536" },
	{ "r1 r2 and 0 br.eq", "test " R ", " R },
	{ "r1 0x100000000 br.any", "bt " R ", 32;j(b|ae)" },
	{ "r3 load4 8 br.any", "test byte ptr \\[" R "\\], 8" },
	{ "r3 load8 0x12345 br.any32", "test dword ptr" },
	{ "r3 load8 r1 br.any", "test qword ptr \\[" R "\\], " R },
	{ "r1 zext4 r2 zext4 br.ult", "cmp " E ", " E },
	/* flags of what is computed anyway */
	{ "r1 r2 sub =x 0 x 9 sel.eq ret", "sub;(mov|lea)?;cmov" },
	{ "r1 1 sub =x r3 x store8 x 0 br.ne", "mov qword;j(e|ne)" },
	/* a counter that is compared before its step */
	{ "9 loop1", "add (r[a-z0-9]+), 1;.*;cmp " R ", 10;j(e|ne)" },
	{ "1 loop-1", "add (r[a-z0-9]+), -1;mov;j(e|ne)" },
	/* a sum stays in its register */
	{ "sum", "mov;add " R ", " R ";add;cmp;!mov r(?!ax)[a-z0-9]+, r" },
	/* addresses */
	{ "r1 r2 3 shl add load8@24 ret",
	  "mov " R ", qword ptr \\[" R " \\+ 8\\*" R " \\+ 24\\]" },
	{ "r1 r2 add 100 add load1 ret",
	  "movzx " E ", byte ptr \\[" R " \\+ " R " \\+ 100\\]" },
	{ "fp -16 add r2 add load8 ret",
	  "mov " R ", qword ptr \\[rbp \\+ " R " - 16\\]" },
	{ "fp r1 store8@-8 fp load8@-8 ret",
	  "mov qword ptr \\[rbp - 8\\]" },
	{ "thread load8 ret", "mov " R ", qword ptr \\[r12\\]" },
	{ "0x123456789000 load8 0x123456789010 load8 add ret",
	  "movabs;mov " R ", qword ptr \\[" R " - 16\\];"
	  "add " R ", qword ptr \\[" R "\\]" },
	/* stores and changes */
	{ "r3 r1 store1 0 ret", "mov byte ptr \\[" R "\\], [a-z]+" },
	{ "r3 5 store8 0 ret", "mov qword ptr \\[" R "\\], 5" },
	{ "r3 0x12345 store2 0 ret", "mov word ptr \\[" R "\\], 9029" },
	{ "r3 r1 255 and store1 0 ret", "mov byte ptr \\[" R "\\], sil" },
	{ "r3 load8 1 add =x r3 x store8 0 ret", "add qword ptr" },
	{ "r3 r3 load8 1 add store8 0 ret",
	  "add qword ptr \\[" R "\\], 1" },
	{ "r3 r3 load4@8 r1 xor32 store4@8 0 ret",
	  "xor dword ptr \\[" R " \\+ 8\\], " E },
	{ "r3 r3 load1 r1 or store1 0 ret", "or byte ptr \\[" R "\\], sil" },
	{ "r3 r3 load2 3 sub store2 0 ret", "sub word ptr \\[" R "\\], 3" },
	{ "r3 r3 load2 -4 and store2 0 ret", "and word ptr" },
	/* atomics: what nobody looks at is not fetched */
	{ "r3 r1 fadd8 drop 0 ret", "lock add qword ptr \\[" R "\\], rsi" },
	{ "r3 1 fadd4 drop 0 ret", "lock add dword ptr \\[" R "\\], 1" },
	{ "r3 r1 fadd8 ret", "lock xadd qword ptr" },
	{ "r3 r1 for8 drop 0 ret", "lock or qword ptr" },
	{ "r3 r1 for8 ret", "mov rax, qword ptr;or;lock cmpxchg;jne" },
	{ "r3 r1 xchg4 ret", "xchg dword ptr" },
	/* a frame's bytes */
	{ "fp clear@-32 fp load8@-8 ret",
	  "xorps;movups xmmword ptr \\[rbp - 32\\];movups" },
};

/* ---- reading ---- */

#define STACK	16

struct reader {
	struct ir_native n;
	ir_ref stack[STACK], names[128];
	int top;
	bool done;
};

static ir_ref pop(struct reader *r)
{
	if (!r->top) {
		fprintf(stderr, "nothing to take\n");
		exit(1);
	}
	return r->stack[--r->top];
}

static void push(struct reader *r, ir_ref ref)
{
	r->stack[r->top++] = ref;
}

static ir_ref add(struct reader *r, struct ir_insn insn)
{
	return ir_append(&r->n.f, 0, &insn);
}

/* "add32": the name, the number behind it, what follows '@' or '.'. */
struct word {
	char name[16];
	int64_t number, at;
	char cond[8];
};

static struct word split(const char *text)
{
	struct word w = { .number = -1 };
	const char *at = strchr(text, '@'), *dot = strchr(text, '.');
	size_t len = 0;

	while (text[len] && !strchr("@.", text[len]) &&
	       !(len && isdigit((unsigned char)text[len])))
		len++;
	memcpy(w.name, text, len);
	if (isdigit((unsigned char)text[len]))
		w.number = strtoll(text + len, NULL, 0);
	if (at)
		w.at = strtoll(at + 1, NULL, 0);
	if (dot)
		for (len = 0; isalpha((unsigned char)dot[1 + len]); len++)
			w.cond[len] = dot[1 + len];
	if (dot && isdigit((unsigned char)dot[1 + strlen(w.cond)]))
		w.number = 32;
	return w;
}

static uint8_t cond_of(const char *name)
{
	static const char *const names[IR_CONDS] = {
		"eq", "ne", "ult", "uge", "ule", "ugt", "slt", "sge", "sle",
		"sgt", "none", "any",
	};
	uint8_t i = 0;

	while (i < IR_CONDS && strcmp(names[i], name))
		i++;
	return i;
}

static bool read_value(struct reader *r, const char *text)
{
	struct ir_func *f = &r->n.f;

	if (text[0] == 'r' && isdigit((unsigned char)text[1]))
		push(r, ir_float(f, IR_ARG, text[1] - '1'));
	else if (isdigit((unsigned char)text[0]) ||
		 (text[0] == '-' && text[1]))
		push(r, ir_const(f, strtoull(text, NULL, 0)));
	else if (!strcmp(text, "fp"))
		push(r, ir_float(f, IR_FRAME, 0));
	else if (!strcmp(text, "thread"))
		push(r, ir_float(f, IR_THREAD, 0));
	else if (text[0] == '=')
		r->names[(unsigned char)text[1]] = r->stack[r->top - 1];
	else if (!text[1] && r->names[(unsigned char)text[0]])
		push(r, r->names[(unsigned char)text[0]]);
	else if (!strcmp(text, "drop"))
		pop(r);
	else
		return false;
	return true;
}

static bool read_memory(struct reader *r, const struct word *w)
{
	struct ir_insn insn = { .size = (uint8_t)w->number, .imm = w->at,
				.wide = w->number == 8 };
	static const struct {
		const char *name;
		uint8_t kind;
	} atomics[] = {
		{ "fadd", IR_ATOMIC_ADD }, { "for", IR_ATOMIC_OR },
		{ "xchg", IR_ATOMIC_XCHG },
	};
	bool store = !strcmp(w->name, "store");

	for (size_t i = 0; i < ARRAY_SIZE(atomics); i++)
		if (!strcmp(w->name, atomics[i].name)) {
			insn.op = IR_ATOMIC;
			insn.cond = atomics[i].kind | IR_ATOMIC_FETCH;
		}
	if (!strcmp(w->name, "load"))
		insn.op = IR_LOAD;
	else if (store)
		insn.op = IR_STORE;
	else if (!strcmp(w->name, "clear"))
		insn.op = IR_CLEAR;
	else if (insn.op != IR_ATOMIC)
		return false;
	insn.bytes = insn.op == IR_CLEAR ? (uint32_t)-w->at : 0;
	if (insn.op == IR_ATOMIC || store)
		insn.args[1] = pop(r);
	insn.args[0] = pop(r);
	if (store || insn.op == IR_CLEAR)
		add(r, insn);
	else
		push(r, add(r, insn));
	return true;
}

static void read_branch(struct reader *r, const struct word *w)
{
	ir_block_id then = ir_new_block(&r->n.f);
	ir_block_id otherwise = ir_new_block(&r->n.f);
	struct ir_insn insn = { .op = IR_BRANCH, .cond = cond_of(w->cond),
				.wide = w->number != 32 };

	insn.args[1] = pop(r);
	insn.args[0] = pop(r);
	ir_branch(&r->n.f, 0, &insn, then, otherwise);
	ir_native_ret(&r->n, then, ir_const(&r->n.f, 1));
	ir_native_ret(&r->n, otherwise, ir_const(&r->n.f, 0));
	r->done = true;
}

/* do { i' = i + step; [r3] = i' } while (i != last) */
static void read_loop(struct reader *r, int64_t step)
{
	ir_ref last = pop(r), i, next, r3 = ir_native_arg(&r->n, 2);
	struct ir_func *f = &r->n.f;
	ir_block_id body = ir_new_block(f), out = ir_new_block(f);

	ir_jump(f, 0, body, 0);
	i = ir_phi(f, body, 2);
	next = ir_append(f, body, &(struct ir_insn){ .op = IR_ADD,
		.wide = true, .args = { i, ir_const(f, (uint64_t)step) } });
	ir_append(f, body, &(struct ir_insn){ .op = IR_STORE, .size = 8,
		.args = { r3, next } });
	ir_branch(f, body, &(struct ir_insn){ .op = IR_BRANCH, .wide = true,
		.cond = IR_NE, .args = { i, last } }, body, out);
	ir_at(f, i)->list[0] = ir_native_arg(&r->n, 0);
	ir_at(f, i)->list[1] = next;
	ir_native_ret(&r->n, out, last);
	r->done = true;
}

/* do sum = [r3 + 8 * i] + sum; while (++i != r1) */
static void read_sum(struct reader *r)
{
	struct ir_func *f = &r->n.f;
	ir_block_id body = ir_new_block(f), out = ir_new_block(f);
	ir_ref i, sum, next, at, x, one = ir_const(f, 1);

	ir_jump(f, 0, body, 0);
	i = ir_phi(f, body, 2);
	sum = ir_phi(f, body, 2);
	at = ir_append(f, body, &(struct ir_insn){ .op = IR_SHL,
		.wide = true, .args = { i, ir_const(f, 3) } });
	at = ir_append(f, body, &(struct ir_insn){ .op = IR_ADD,
		.wide = true, .args = { ir_native_arg(&r->n, 2), at } });
	x = ir_append(f, body, &(struct ir_insn){ .op = IR_LOAD,
		.size = 4, .args = { at } });
	x = ir_append(f, body, &(struct ir_insn){ .op = IR_ADD,
		.wide = true, .args = { x, sum } });
	next = ir_append(f, body, &(struct ir_insn){ .op = IR_ADD,
		.wide = true, .args = { i, one } });
	ir_branch(f, body, &(struct ir_insn){ .op = IR_BRANCH, .wide = true,
		.cond = IR_NE, .args = { next, ir_native_arg(&r->n, 0) } },
		body, out);
	ir_at(f, i)->list[0] = ir_at(f, sum)->list[0] = ir_const(f, 0);
	ir_at(f, i)->list[1] = next;
	ir_at(f, sum)->list[1] = x;
	ir_native_ret(&r->n, out, x);
	r->done = true;
}

static void read_operation(struct reader *r, const struct word *w)
{
	struct ir_insn insn = { .op = IR_ADD, .wide = w->number != 32 };

	while (insn.op < IR_OPS &&
	       (insn.op == IR_SELECT || strcmp(ir_rows[insn.op].text, w->name)))
		insn.op++;
	if (!strcmp(w->name, "sel")) {
		insn.op = IR_SELECT;
		insn.cond = cond_of(w->cond);
	}
	if (insn.op >= IR_OPS) {
		fprintf(stderr, "what is %s?\n", w->name);
		exit(1);
	}
	if (insn.op == IR_BSWAP || insn.op == IR_ZEXT || insn.op == IR_SEXT)
		insn.size = (uint8_t)w->number;
	for (uint32_t i = ir_rows[insn.op].args; i-- > 0;)
		insn.args[i] = pop(r);
	push(r, add(r, insn));
}

static void read_word(struct reader *r, const char *text)
{
	struct word w;

	if (read_value(r, text))
		return;
	w = split(text);
	if (!strncmp(text, "loop", 4)) {
		read_loop(r, strtoll(text + 4, NULL, 0));
	} else if (!strcmp(w.name, "sum")) {
		read_sum(r);
	} else if (!strcmp(w.name, "ret")) {
		ir_native_ret(&r->n, 0, pop(r));
		r->done = true;
	} else if (!strcmp(w.name, "br")) {
		read_branch(r, &w);
	} else if (!read_memory(r, &w)) {
		read_operation(r, &w);
	}
}

static bool show(const struct pattern *pattern)
{
	char text[160], *word, *rest = text;
	struct reader r = { .top = 0 };
	const uint8_t *code;
	bool fine;

	if (!ir_native_begin(&r.n, pattern->without))
		return false;
	snprintf(text, sizeof(text), "%s", pattern->text);
	while ((word = strsep(&rest, " ")))
		read_word(&r, word);
	fine = r.done && !ir_native_finish(&r.n);
	code = r.n.code.mem.base;
	for (uint64_t at = r.n.code.entry - (uintptr_t)code;
	     fine && at < r.n.code.size; at++)
		printf("%02x", code[at]);
	printf("\t%s\t%s\n", pattern->want, pattern->text);
	ir_native_end(&r.n);
	return fine;
}

int main(void)
{
	uint32_t all = JIT_BMI1 | JIT_BMI2 | JIT_MOVBE;

	if ((jit_features() & all) != all) {
		fprintf(stderr, "this machine lacks BMI or movbe\n");
		return 77;
	}
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (!show(&patterns[i])) {
			fprintf(stderr, "%s: not compiled\n",
				patterns[i].text);
			return 1;
		}
	return 0;
}
