/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every form that the arm64 encoder makes, one line each: its bytes in
 * hexadecimal, a tab, and what they mean; "; " between instructions of one
 * call. All rows with all registers in each place, edges of all numbers, all
 * patterns of bits.
 */
#include <stdio.h>
#include <string.h>

#include "jit/arm64/encode.h"

static struct jit_buf code;
static uint32_t start;		/* of what is shown next */
static char text[512];

/* Appends to the line. */
#define SAY(...) snprintf(text + strlen(text), sizeof(text) - strlen(text), \
			  __VA_ARGS__)

static void flush(void)
{
	for (uint32_t i = start; i < code.len; i++)
		printf("%02x", code.data[i]);
	printf("\t%s\n", text);
	code.len = start;
	text[0] = 0;
}

/* ---- names ---- */

/* Register 31 is the stack pointer where `sp` says so. */
static const char *name(enum a64_reg reg, bool wide, bool sp)
{
	static char names[8][8];
	static int turn;
	char *out = names[turn++ % 8];

	if (reg == A64_ZR)
		snprintf(out, 8, "%s", sp ? wide ? "sp" : "wsp" :
			 wide ? "xzr" : "wzr");
	else
		snprintf(out, 8, "%c%d", wide ? 'x' : 'w', (int)reg);
	return out;
}

static const char *mnemonic(enum a64_op op)
{
	return a64_rows[op].text;
}

static bool sets_flags(enum a64_op op)
{
	return op == A64_ADDS_I || op == A64_SUBS_I || op == A64_ANDS_I;
}

static bool has_width(enum a64_op op, bool wide)
{
	return !(a64_rows[op].flags & (wide ? A64_F_W32 : A64_F_W64));
}

/* ---- forms ---- */

/* Three registers, each through all of them while the others stay. */
static void each_register(void (*show)(enum a64_op op, bool wide,
				       const enum a64_reg *regs),
			  enum a64_op op, bool wide)
{
	for (int place = 0; place < 3; place++)
		for (enum a64_reg reg = 0; reg < A64_REGS; reg++) {
			enum a64_reg regs[3] = { A64_X9, A64_X22, A64_X12 };

			regs[place] = reg;
			show(op, wide, regs);
		}
}

static void show_dnm(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	const char *d = name(regs[0], wide, false);

	a64_rrr(&code, op, wide, regs[0], regs[1], regs[2]);
	SAY("%s %s, %s, %s", mnemonic(op), d, name(regs[1], wide, false),
	    name(regs[2], wide, false));
	if (a64_rows[op].form == A64_DNMZ)
		SAY(", %s", wide ? "xzr" : "wzr");
	if (a64_rows[op].form == A64_DNMD)
		SAY(", %s", d);
	flush();
}

static void show_dn(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	a64_rr(&code, op, wide, regs[0], regs[1]);
	SAY("%s %s, %s", mnemonic(op), name(regs[0], wide, false),
	    name(regs[1], wide, false));
	flush();
}

static void show_dni(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	static const uint32_t numbers[] = {
		0, 1, 0x555, 0xfff, 0x1000, 0xaaa000, 0xfff000,
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		a64_rri(&code, op, wide, regs[0], regs[1], numbers[i]);
		SAY("%s %s, %s, #%u", mnemonic(op),
		    name(regs[0], wide, !sets_flags(op)),
		    name(regs[1], wide, true), numbers[i]);
		flush();
	}
}

static void show_pattern(enum a64_op op, bool wide, const enum a64_reg *regs,
			 uint64_t value)
{
	int32_t pattern = a64_pattern(value, wide);

	if (pattern < 0)
		SAY("no pattern: ");
	a64_rrl(&code, op, wide, regs[0], regs[1], pattern);
	SAY("%s %s, %s, #%#llx", mnemonic(op),
	    name(regs[0], wide, !sets_flags(op)), name(regs[1], wide, false),
	    (unsigned long long)(wide ? value : (uint32_t)value));
	flush();
}

static void show_dnl(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	show_pattern(op, wide, regs, 0xff);
	show_pattern(op, wide, regs, 0xaaaaaaaaaaaaaaaa);
}

static void show_dnb(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	static const struct a64_bits fields[] = {
		{ 0, 0 }, { 0, 7 }, { 31, 0 }, { 0, 31 }, { 21, 10 },
		{ 10, 21 }, { 63, 1 }, { 1, 63 }, { 42, 32 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!wide && (fields[i].turn > 31 || fields[i].last > 31))
			continue;
		a64_rrb(&code, op, wide, regs[0], regs[1], fields[i]);
		SAY("%s %s, %s, #%u, #%u", mnemonic(op),
		    name(regs[0], wide, false), name(regs[1], wide, false),
		    fields[i].turn, fields[i].last);
		flush();
	}
}

static void show_dh(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	for (uint32_t place = 0; place < (wide ? 64u : 32u); place += 16) {
		a64_rh(&code, op, wide, regs[0], 0x8421, place);
		SAY("%s %s, #0x8421, lsl #%u", mnemonic(op),
		    name(regs[0], wide, false), place);
		flush();
	}
}

static void show_mem(enum a64_op op, bool wide, const enum a64_reg *regs,
		     int32_t disp)
{
	uint32_t scale = a64_rows[op].word >> 30;
	bool scaled = disp >= 0 && disp < 4096 << scale &&
		      !(disp & ((1 << scale) - 1));
	char plain[16], *last;

	snprintf(plain, sizeof(plain), "%s", mnemonic(op));
	last = plain + 2;	/* ldr, str: ldur, stur */
	if (!scaled) {
		memmove(last + 1, last, strlen(last) + 1);
		*last = 'u';
	}
	a64_rm(&code, op, regs[0], a64_at(regs[1], disp));
	SAY("%s %s, [%s, #%d]", plain, name(regs[0], wide, false),
	    name(regs[1], true, true), disp);
	flush();
}

static void show_tmem(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	uint32_t scale = a64_rows[op].word >> 30;
	const int32_t near[] = {
		0, 1, 8, -1, 255, -256, 256, 4095 << scale,
	};

	for (size_t i = 0; i < ARRAY_SIZE(near); i++)
		show_mem(op, wide, regs, near[i]);
	a64_rmr(&code, op, regs[0], regs[1], regs[2]);
	SAY("%s %s, [%s, %s]", mnemonic(op), name(regs[0], wide, false),
	    name(regs[1], true, true), name(regs[2], true, false));
	flush();
}

static void show_pair(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	static const int32_t disps[] = { 0, 8, -8, 504, -512 };
	enum a64_form form = a64_rows[op].form;

	/* nobody can say what a register twice would be */
	if (regs[0] == regs[1] || regs[0] == regs[2] || regs[1] == regs[2])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(disps); i++) {
		a64_pair(&code, op, regs[0], regs[1],
			 a64_at(regs[2], disps[i]));
		SAY("%s %s, %s, [%s", mnemonic(op), name(regs[0], wide, false),
		    name(regs[1], wide, false), name(regs[2], true, true));
		SAY(form == A64_POST ? "], #%d" : form == A64_PRE ?
		    ", #%d]!" : ", #%d]", disps[i]);
		flush();
	}
}

static void show_tn(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	a64_rr(&code, op, wide, regs[0], regs[1]);
	SAY("%s %s, [%s]", mnemonic(op), name(regs[0], wide, false),
	    name(regs[1], true, true));
	flush();
}

static void show_stn(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	bool narrow = a64_rows[op].flags & A64_F_S32;

	if (narrow && (regs[0] == regs[1] || regs[0] == regs[2]))
		return;
	a64_rrr(&code, op, wide, regs[0], regs[1], regs[2]);
	SAY("%s %s, %s, [%s]", mnemonic(op),
	    name(regs[0], wide && !narrow, false), name(regs[1], wide, false),
	    name(regs[2], true, true));
	flush();
}

static void show_n(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	a64_r(&code, op, regs[0]);
	SAY("%s %s", mnemonic(op), name(regs[0], true, false));
	flush();
}

static void show_none(enum a64_op op, bool wide, const enum a64_reg *regs)
{
	a64_r(&code, op, regs[0]);
	SAY("%s", mnemonic(op));
	flush();
}

static void (*const shows[])(enum a64_op op, bool wide,
			     const enum a64_reg *regs) = {
	[A64_DNM] = show_dnm, [A64_DNMZ] = show_dnm, [A64_DNMD] = show_dnm,
	[A64_DN] = show_dn, [A64_DNI] = show_dni, [A64_DNL] = show_dnl,
	[A64_DNB] = show_dnb, [A64_DH] = show_dh, [A64_TMEM] = show_tmem,
	[A64_PAIR] = show_pair, [A64_PRE] = show_pair, [A64_POST] = show_pair,
	[A64_TN] = show_tn, [A64_STN] = show_stn, [A64_N] = show_n,
	[A64_NONE] = show_none,
};

/* ---- what rows do not tell ---- */

/* Every number that is a pattern: runs of ones in elements, turned. */
static void show_patterns(bool wide)
{
	static const enum a64_reg regs[] = { A64_X3, A64_X7 };

	for (uint32_t size = 2; size <= (wide ? 64u : 32u); size *= 2)
		for (uint32_t ones = 1; ones < size; ones++)
			for (uint32_t turn = 0; turn < size; turn++) {
				uint64_t value = (1ull << ones) - 1;

				value = value >> turn |
					(turn ? value << (size - turn) : 0);
				value &= ~0ull >> (64 - size);
				for (uint32_t i = size; i < 64; i *= 2)
					value |= value << i;
				show_pattern(A64_EOR_I, wide, regs, value);
			}
}

static void show_numbers(void)
{
	static const struct {
		uint64_t value;
		const char *want;
	} rows[] = {
		{ 0, "movz x5, #0" },
		{ 0xffff, "movz x5, #0xffff" },
		{ 0x12340000, "movz x5, #0x1234, lsl #16" },
		{ 1ull << 63, "movz x5, #0x8000, lsl #48" },
		{ ~0ull, "movn x5, #0" },
		{ ~1ull, "movn x5, #1" },
		{ 0xffffffff1234ffff, "movn x5, #0xedcb, lsl #16" },
		{ 0xff00ff00ff00ff00, "orr x5, xzr, #0xff00ff00ff00ff00" },
		{ UINT32_MAX, "orr x5, xzr, #0xffffffff" },
		{ 0x12345678, "movz x5, #0x5678; movk x5, #0x1234, lsl #16" },
		{ 0xffffffff12345678,
		  "movn x5, #0xa987; movk x5, #0x1234, lsl #16" },
		{ 0x1234000056780000,
		  "movz x5, #0x5678, lsl #16; movk x5, #0x1234, lsl #48" },
		{ 0x123456789abcdef1,
		  "movz x5, #0xdef1; movk x5, #0x9abc, lsl #16; "
		  "movk x5, #0x5678, lsl #32; movk x5, #0x1234, lsl #48" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		a64_number(&code, A64_X5, rows[i].value);
		SAY("%s", rows[i].want);
		flush();
	}
}

/* Sums, comparisons and masks with numbers of all sizes. */
static void show_with_numbers(void)
{
	struct jit_buf *c = &code;

#define SHOW(emit, want) do { emit; SAY("%s", want); flush(); } while (0)
	SHOW(a64_add(c, true, A64_X1, A64_X2, 5), "add x1, x2, #5");
	SHOW(a64_add(c, false, A64_X1, A64_X2, -5), "sub w1, w2, #5");
	SHOW(a64_add(c, true, A64_X1, A64_SP, 0xfff000),
	     "add x1, sp, #0xfff000");
	SHOW(a64_add(c, true, A64_X1, A64_X2, 0x1001),
	     "movz x16, #0x1001; add x1, x2, x16");
	SHOW(a64_add(c, true, A64_X1, A64_X2, INT32_MIN),
	     "orr x16, xzr, #0xffffffff80000000; add x1, x2, x16");
	SHOW(a64_compare(c, true, A64_X1, 4095), "subs xzr, x1, #4095");
	SHOW(a64_compare(c, false, A64_X1, -1), "adds wzr, w1, #1");
	SHOW(a64_compare(c, true, A64_X1, UINT16_MAX),
	     "movz x16, #0xffff; subs xzr, x1, x16");
	SHOW(a64_mask(c, A64_AND, true, A64_X1, A64_X2, -8),
	     "and x1, x2, #0xfffffffffffffff8");
	SHOW(a64_mask(c, A64_ORR, false, A64_X1, A64_X2, -8),
	     "orr w1, w2, #0xfffffff8");
	SHOW(a64_mask(c, A64_ANDS, true, A64_ZR, A64_X2, 1),
	     "ands xzr, x2, #1");
	SHOW(a64_mask(c, A64_EOR, true, A64_X1, A64_X2, 5),
	     "movz x16, #5; eor x1, x2, x16");
	SHOW(a64_mov(c, false, A64_X1, A64_X2), "orr w1, wzr, w2");
	SHOW(a64_rm(c, A64_LDRB, A64_X1, a64_at(A64_X2, -257)),
	     "movn x16, #256; ldrb w1, [x2, x16]");
	SHOW(a64_rm(c, A64_STR64, A64_X1, a64_at(A64_SP, 1 << 15)),
	     "movz x16, #0x8000; str x1, [sp, x16]");
	SHOW(a64_rm(c, A64_STRH, A64_X1, a64_at(A64_X2, 257)),
	     "movz x16, #257; strh w1, [x2, x16]");
#undef SHOW
}

/* ---- branches ---- */

#define MB	(1 << 20)

/* From 1 MB on, so that branches can go as far back. */
static void show_branch(uint32_t test, const char *want, const char *inverted)
{
	a64_bind(&code, a64_branch(&code, test, false), 0);
	SAY("%s #-0x100000", want);
	flush();
	a64_bind(&code, a64_branch(&code, test, false), start + MB - 4);
	SAY("%s #0xffffc", want);
	flush();
	a64_bind(&code, a64_branch(&code, test, true),
		 start + 4 + 128 * MB - 4);
	SAY("%s #8; b #0x7fffffc", inverted);
	flush();
}

static void show_conditions(void)
{
	static const char *const conds[] = {
		"eq", "ne", "hs", "lo", "mi", "pl", NULL, NULL,
		"hi", "ls", "ge", "lt", "gt", "le",
	};

	for (enum a64_cond cond = 0; cond < ARRAY_SIZE(conds); cond++) {
		char want[8], inverted[8];

		if (!conds[cond])
			continue;
		snprintf(want, sizeof(want), "b.%s", conds[cond]);
		snprintf(inverted, sizeof(inverted), "b.%s", conds[cond ^ 1]);
		show_branch(a64_if(cond), want, inverted);
	}
}

static void show_zero_tests(enum a64_reg reg, bool wide)
{
	char zero[16], other[16];

	snprintf(zero, sizeof(zero), "cbz %s,", name(reg, wide, false));
	snprintf(other, sizeof(other), "cbnz %s,", name(reg, wide, false));
	show_branch(a64_if_zero(wide, reg), zero, other);
	show_branch(a64_if_not_zero(wide, reg), other, zero);
}

static void show_jumps(void)
{
	uint32_t branch;

	a64_bind(&code, a64_b(&code), start + 128 * MB - 4);
	SAY("b #0x7fffffc");
	flush();
	a64_bind(&code, a64_bl(&code), 0);
	SAY("bl #-0x100000");
	flush();
	for (enum a64_reg reg = 0; reg < A64_ZR; reg++) {
		a64_bind(&code, a64_address(&code, reg), start + 0x12345678);
		SAY("adrp x%d, #0x12345000; add x%d, x%d, #0x678", reg, reg,
		    reg);
		flush();
		a64_bind(&code, a64_address(&code, reg), 0x1234);
		SAY("adrp x%d, #-0xff000; add x%d, x%d, #0x234", reg, reg,
		    reg);
		flush();
	}
	branch = a64_branch(&code, a64_if(A64_EQ), false);
	if (a64_bind(&code, branch, start + MB))
		SAY("reaches too far: ");
	SAY("b.eq #0");
	flush();
	branch = a64_b(&code);
	if (a64_bind(&code, branch, start + 128 * MB) ||
	    !a64_reaching(0x14000000, -128 * MB) ||
	    a64_reaching(0x14000000, -128 * MB - 4))
		SAY("reaches too far: ");
	SAY("b #0");
	flush();
}

int main(void)
{
	for (enum a64_op op = 0; op < A64_OPS; op++)
		for (int wide = 0; wide < 2; wide++)
			if (has_width(op, wide))
				each_register(shows[a64_rows[op].form], op,
					      wide);
	show_patterns(false);
	show_patterns(true);
	show_numbers();
	show_with_numbers();
	while (code.len < MB)
		a64_r(&code, A64_RET, A64_LR);
	start = MB;
	for (enum a64_reg reg = 0; reg < A64_REGS; reg++) {
		show_zero_tests(reg, false);
		show_zero_tests(reg, true);
	}
	show_conditions();
	show_jumps();
	jit_buf_fini(&code);
	return 0;
}
