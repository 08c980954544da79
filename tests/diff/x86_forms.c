/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every form that the x86-64 encoder makes, one line each: its bytes in
 * hexadecimal, a tab, and what they mean in Intel's syntax. All rows with all
 * registers in both places, all sizes of displacements and immediates.
 */
#include <stdio.h>
#include <string.h>

#include "jit/x86/encode.h"

static const char *const names[4][X86_REGS] = {
	{ "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b",
	  "r10b", "r11b", "r12b", "r13b", "r14b", "r15b" },
	{ "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w",
	  "r10w", "r11w", "r12w", "r13w", "r14w", "r15w" },
	{ "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d",
	  "r10d", "r11d", "r12d", "r13d", "r14d", "r15d" },
	{ "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9",
	  "r10", "r11", "r12", "r13", "r14", "r15" },
};
static const char *const pointers[] = { "byte", "word", "dword", "qword" };

static const int32_t displacements[] = {
	0, 1, -1, 127, -128, 128, -129, 512, INT32_MAX, INT32_MIN,
};
static const int32_t immediates[] = {
	0, 1, -1, 127, -128, 128, -129, 0x1234, INT32_MAX, INT32_MIN,
};

enum { BYTE, WORD, DWORD, QWORD };

static struct jit_buf code;

static int size_r(const struct x86_row *row, bool wide)
{
	if (row->flags & X86_F_R8)
		return BYTE;
	if (row->flags & X86_F_P66)
		return WORD;
	return wide || row->flags & X86_F_W0 ? QWORD : DWORD;
}

static int size_m(const struct x86_row *row, bool wide)
{
	if (row->flags & X86_F_M8)
		return BYTE;
	if (row->flags & X86_F_M16)
		return WORD;
	if (row->flags & X86_F_M32)
		return DWORD;
	return size_r(row, wide);
}

static void flush(const char *text)
{
	for (uint32_t i = 0; i < code.len; i++)
		printf("%02x", code.data[i]);
	printf("\t%s\n", text);
	code.len = 0;
}

static const char *mem_text(char *buf, size_t size, enum x86_op op, bool wide,
			    struct x86_mem mem)
{
	const char *base = names[QWORD][mem.base];
	char at[64];

	if (mem.disp)
		snprintf(at, sizeof(at), "[%s %c %lld]", base,
			 mem.disp < 0 ? '-' : '+',
			 mem.disp < 0 ? -(long long)mem.disp : mem.disp);
	else
		snprintf(at, sizeof(at), "[%s]", base);
	if (op == X86_LEA)
		snprintf(buf, size, "%s", at);
	else
		snprintf(buf, size, "%s ptr %s",
			 pointers[size_m(&x86_rows[op], wide)], at);
	return buf;
}

static void line(const struct x86_row *row, const char *a, const char *b,
		 const char *c)
{
	char text[160];

	snprintf(text, sizeof(text), "%s %s%s%s%s%s", row->text, a,
		 b ? ", " : "", b ? b : "", c ? ", " : "", c ? c : "");
	flush(text);
}

/* An immediate as it is printed for operands of that size. */
static const char *imm_text(char *buf, size_t size, enum x86_op op,
			    int operands, int32_t imm)
{
	long long value = imm;

	if (x86_rows[op].form == X86_MI8 && operands != BYTE)
		value = (uint8_t)imm;
	snprintf(buf, size, "%lld", value);
	return buf;
}

/* Immediates that the form has room for. */
static bool fits(enum x86_op op, int32_t imm)
{
	if (x86_rows[op].form == X86_MI8)
		return imm == (int8_t)imm;
	if (x86_rows[op].form == X86_MI16)
		return imm == (int16_t)imm;
	return true;
}

static void with_imm(enum x86_op op, bool wide, enum x86_reg reg,
		     const struct x86_mem *mem)
{
	const struct x86_row *row = &x86_rows[op];
	const char *name = names[size_m(row, wide)][reg];
	char imm[32], at[96];

	for (size_t i = 0; i < ARRAY_SIZE(immediates); i++) {
		if (!fits(op, immediates[i]))
			continue;
		imm_text(imm, sizeof(imm), op, size_m(row, wide),
			 immediates[i]);
		if (mem) {
			x86_mi(&code, op, wide, *mem, immediates[i]);
			line(row, mem_text(at, sizeof(at), op, wide, *mem),
			     imm, NULL);
			continue;
		}
		x86_ri(&code, op, wide, reg, immediates[i]);
		if (row->form == X86_RMI)
			line(row, name, name, imm);
		else
			line(row, name, imm, NULL);
	}
}

static void with_memory(enum x86_op op, bool wide, struct x86_mem mem)
{
	const struct x86_row *row = &x86_rows[op];
	char at[96];

	mem_text(at, sizeof(at), op, wide, mem);
	if (row->form == X86_M) {
		x86_m(&code, op, wide, mem);
		line(row, at, NULL, NULL);
		return;
	}
	if (row->form > X86_M) {
		with_imm(op, wide, 0, &mem);
		return;
	}
	for (enum x86_reg reg = 0; reg < X86_REGS; reg++) {
		const char *name = names[size_r(row, wide)][reg];

		x86_rm(&code, op, wide, reg, mem);
		if (row->form == X86_RM)
			line(row, name, at, NULL);
		else
			line(row, at, name, NULL);
	}
}

static void with_register(enum x86_op op, bool wide, enum x86_reg m)
{
	const struct x86_row *row = &x86_rows[op];
	const char *other = names[size_m(row, wide)][m];

	if (row->form == X86_M) {
		x86_r(&code, op, wide, m);
		line(row, other, op >= X86_SHL_CL && op <= X86_SAR_CL ? "cl" :
		     NULL, NULL);
		return;
	}
	if (row->form > X86_M) {
		with_imm(op, wide, m, NULL);
		return;
	}
	for (enum x86_reg reg = 0; reg < X86_REGS; reg++) {
		const char *name = names[size_r(row, wide)][reg];

		if (row->form == X86_RM) {
			x86_rr(&code, op, wide, reg, m);
			line(row, name, other, NULL);
		} else {
			x86_rr(&code, op, wide, m, reg);
			line(row, other, name, NULL);
		}
	}
}

static void show_row(enum x86_op op, bool wide)
{
	for (enum x86_reg m = 0; m < X86_REGS; m++) {
		if (!(x86_rows[op].flags & X86_F_MEM))
			with_register(op, wide, m);
		for (size_t i = 0; i < ARRAY_SIZE(displacements); i++)
			if (!(x86_rows[op].flags & X86_F_REG))
				with_memory(op, wide,
					    x86_at(m, displacements[i]));
	}
}

static void show_shifts(enum x86_shift op, const char *name, bool wide)
{
	const char *const *regs = names[wide ? QWORD : DWORD];
	char text[96];

	for (enum x86_reg dst = 0; dst < X86_REGS; dst++)
		for (enum x86_reg src = 0; src < X86_REGS; src++)
			for (enum x86_reg cnt = 0; cnt < X86_REGS; cnt++) {
				x86_shift(&code, op, wide, dst, src, cnt);
				snprintf(text, sizeof(text), "%s %s, %s, %s",
					 name, regs[dst], regs[src],
					 regs[cnt]);
				flush(text);
			}
}

static void show_number(enum x86_reg reg, uint64_t value)
{
	bool small = value <= UINT32_MAX;
	bool near = value == (uint64_t)(int32_t)value;
	char text[96];

	x86_number(&code, reg, value);
	if (!value)
		snprintf(text, sizeof(text), "xor %s, %s", names[DWORD][reg],
			 names[DWORD][reg]);
	else
		snprintf(text, sizeof(text), "%s %s, %lld",
			 small || near ? "mov" : "movabs",
			 names[small ? DWORD : QWORD][reg],
			 small ? (long long)(int32_t)value : (long long)value);
	flush(text);
}

static void show_register(enum x86_reg reg)
{
	static const uint64_t numbers[] = {
		0, 1, INT32_MAX, 1ull << 31, UINT32_MAX, 1ull << 32,
		UINT64_MAX, 0xffffffff80000000, 0xffffffff7fffffff,
		INT64_MAX, 1ull << 63,
	};
	char text[96];

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		show_number(reg, numbers[i]);
	x86_push(&code, reg);
	snprintf(text, sizeof(text), "push %s", names[QWORD][reg]);
	flush(text);
	x86_pop(&code, reg);
	snprintf(text, sizeof(text), "pop %s", names[QWORD][reg]);
	flush(text);
	for (int wide = 0; wide < 2; wide++) {
		x86_bswap(&code, wide, reg);
		snprintf(text, sizeof(text), "bswap %s",
			 names[DWORD + wide][reg]);
		flush(text);
	}
	x86_bind(&code, x86_lea_code(&code, reg), 7 + 0x1234);
	snprintf(text, sizeof(text), "lea %s, [rip + 4660]",
		 names[QWORD][reg]);
	flush(text);
	for (size_t i = 0; i < ARRAY_SIZE(displacements); i++) {
		char at[64];

		x86_store_xmm(&code, x86_at(reg, displacements[i]));
		mem_text(at, sizeof(at), X86_LEA, true,
			 x86_at(reg, displacements[i]));
		snprintf(text, sizeof(text), "movups xmmword ptr %s, xmm0",
			 at);
		flush(text);
	}
}

static void show_branches(void)
{
	static const char *const conds[16] = {
		[X86_B] = "jb", [X86_AE] = "jae", [X86_E] = "je",
		[X86_NE] = "jne", [X86_BE] = "jbe", [X86_A] = "ja",
		[X86_S] = "js", [X86_NS] = "jns", [X86_L] = "jl",
		[X86_GE] = "jge", [X86_LE] = "jle", [X86_G] = "jg",
	};
	char text[96];

	for (enum x86_cond cond = 0; cond < 16; cond++) {
		if (!conds[cond])
			continue;
		x86_bind(&code, x86_jcc(&code, cond), 6u - 77u);
		snprintf(text, sizeof(text), "%s -77", conds[cond]);
		flush(text);
		x86_jcc_to(&code, cond, 0);
		snprintf(text, sizeof(text), "%s -2", conds[cond]);
		flush(text);
	}
	x86_bind(&code, x86_jmp(&code), 5 + 1000);
	flush("jmp 1000");
	x86_bind(&code, x86_call(&code), 5u - 1000u);
	flush("call -1000");
	x86_jmp_to(&code, 0);
	flush("jmp -2");
}

static void show_single(void)
{
	x86_ret(&code);
	flush("ret");
	x86_sign(&code, false);
	flush("cdq");
	x86_sign(&code, true);
	flush("cqo");
	x86_zero_xmm(&code);
	flush("xorps xmm0, xmm0");
	x86_lock(&code);
	x86_rm(&code, X86_XADD, true, X86_R9, x86_at(X86_R12, 8));
	flush("lock xadd qword ptr [r12 + 8], r9");
}

int main(void)
{
	for (enum x86_op op = 0; op < X86_OPS; op++) {
		show_row(op, false);
		if (!(x86_rows[op].flags & (X86_F_W0 | X86_F_P66)))
			show_row(op, true);
	}
	for (int wide = 0; wide < 2; wide++) {
		show_shifts(X86_SHLX, "shlx", wide);
		show_shifts(X86_SHRX, "shrx", wide);
		show_shifts(X86_SARX, "sarx", wide);
	}
	for (enum x86_reg reg = 0; reg < X86_REGS; reg++)
		show_register(reg);
	show_branches();
	show_single();
	jit_buf_fini(&code);
	return 0;
}
