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

static void put_disp(char *at, size_t size, const char *regs, int32_t disp)
{
	if (disp && *regs)
		snprintf(at, size, "[%s %c %lld]", regs, disp < 0 ? '-' : '+',
			 disp < 0 ? -(long long)disp : disp);
	else if (disp)
		snprintf(at, size, "[%lld]", (long long)disp);
	else
		snprintf(at, size, "[%s]", *regs ? regs : "0");
}

static const char *address_text(char *at, size_t size, struct x86_mem mem)
{
	bool none = mem.base == X86_NO_REG;
	char scaled[16] = "", regs[32];

	if (mem.scale > 1 || (mem.scale && none))
		snprintf(scaled, sizeof(scaled), "%u*", mem.scale);
	if (mem.scale)
		snprintf(regs, sizeof(regs), "%s%s%s%s",
			 none ? "" : names[QWORD][mem.base],
			 none ? "" : " + ", scaled, names[QWORD][mem.index]);
	else
		snprintf(regs, sizeof(regs), "%s",
			 none ? "" : names[QWORD][mem.base]);
	put_disp(at, size, regs, mem.disp);
	return at;
}

static const char *mem_text(char *buf, size_t size, enum x86_op op, bool wide,
			    struct x86_mem mem)
{
	char at[64];

	address_text(at, sizeof(at), mem);
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
	if (x86_rows[op].form == X86_MI16 || x86_rows[op].flags & X86_F_P66)
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
			mem_text(at, sizeof(at), op, wide, *mem);
			if (row->form == X86_RMI) {
				x86_rmi(&code, op, wide, reg, *mem,
					immediates[i]);
				line(row, name, at, imm);
				continue;
			}
			x86_mi(&code, op, wide, *mem, immediates[i]);
			line(row, at, imm, NULL);
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
		line(row, other, op >= X86_ROL_CL && op <= X86_SAR_CL ? "cl" :
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
			/* what changes places is written in either order */
			x86_rr(&code, op, wide, m, reg);
			line(row, op == X86_XCHG ? name : other,
			     op == X86_XCHG ? other : name, NULL);
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

/* Addresses with an index: every pair of registers, scales, no base. */
static void show_indexed(void)
{
	static const int32_t some[] = { 0, 8, -129, 512 };
	struct x86_mem mem;

	for (enum x86_reg base = 0; base <= X86_NO_REG; base++)
		for (enum x86_reg index = 0; index < X86_REGS; index++)
			for (int i = 0; i < 16 && index != X86_RSP; i++) {
				mem = (struct x86_mem){ base, some[i % 4],
					index, (uint8_t)(1 << i / 4) };
				with_memory(X86_LEA, true, mem);
				with_memory(X86_ADD8_I, false, mem);
			}
	for (size_t i = 0; i < ARRAY_SIZE(displacements); i++)
		with_memory(X86_LOAD, true, (struct x86_mem){
			X86_NO_REG, displacements[i], 0, 0 });
}

static void vex_text(enum x86_vex op, bool wide, enum x86_reg dst,
		     const char *m, uint8_t other)
{
	const struct x86_vex_row *row = &x86_vex_rows[op];
	const char *const *regs = names[wide ? QWORD : DWORD];
	char text[128];

	switch (row->form) {
	case X86_RMV:
		snprintf(text, sizeof(text), "%s %s, %s, %s", row->text,
			 regs[dst], m, regs[other]);
		break;
	case X86_RVM:
		snprintf(text, sizeof(text), "%s %s, %s, %s", row->text,
			 regs[dst], regs[other], m);
		break;
	case X86_RMI8:
		snprintf(text, sizeof(text), "%s %s, %s, %u", row->text,
			 regs[dst], m, other);
		break;
	default:
		snprintf(text, sizeof(text), "%s %s, %s", row->text,
			 regs[dst], m);
		break;
	}
	flush(text);
}

static void show_vex(enum x86_vex op, bool wide)
{
	const char *const *regs = names[wide ? QWORD : DWORD];
	char at[96];

	for (enum x86_reg dst = 0; dst < X86_REGS; dst++)
		for (enum x86_reg m = 0; m < X86_REGS; m++) {
			struct x86_mem mem = { X86_R13, 8, m, 4 };

			for (uint8_t k = 0; k < X86_REGS; k++) {
				x86_vex(&code, op, wide, dst, m, k);
				vex_text(op, wide, dst, regs[m], k);
			}
			mem.scale = m == X86_RSP ? 0 : 4;
			x86_vex_mem(&code, op, wide, dst, mem, dst);
			mem_text(at, sizeof(at), X86_LOAD, wide, mem);
			vex_text(op, wide, dst, at, dst);
		}
}

static void show_number(enum x86_reg reg, uint64_t value)
{
	bool small = value <= UINT32_MAX;
	bool near = value == (uint64_t)(int32_t)value;
	char text[96];

	x86_number_plain(&code, reg, value);
	if (!value) {
		snprintf(text, sizeof(text), "mov %s, 0", names[DWORD][reg]);
		flush(text);
	} else {
		code.len = 0;
	}
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

static const char *const conds[X86_CONDS] = {
	[X86_B] = "b", [X86_AE] = "ae", [X86_E] = "e", [X86_NE] = "ne",
	[X86_BE] = "be", [X86_A] = "a", [X86_S] = "s", [X86_NS] = "ns",
	[X86_L] = "l", [X86_GE] = "ge", [X86_LE] = "le", [X86_G] = "g",
};

static void show_moves(enum x86_cond cond, bool wide)
{
	const char *const *regs = names[wide ? QWORD : DWORD];
	char text[96];

	for (enum x86_reg dst = 0; dst < X86_REGS; dst++)
		for (enum x86_reg src = 0; src < X86_REGS; src++) {
			x86_cmov(&code, cond, wide, dst, src);
			snprintf(text, sizeof(text), "cmov%s %s, %s",
				 conds[cond], regs[dst], regs[src]);
			flush(text);
			x86_cmov_mem(&code, cond, wide, dst, x86_at(src, 8));
			snprintf(text, sizeof(text),
				 "cmov%s %s, %s ptr [%s + 8]", conds[cond],
				 regs[dst], pointers[wide ? QWORD : DWORD],
				 names[QWORD][src]);
			flush(text);
		}
}

static void show_conditions(void)
{
	char text[96];

	for (enum x86_cond cond = 0; cond < X86_CONDS; cond++) {
		if (!conds[cond])
			continue;
		show_moves(cond, false);
		show_moves(cond, true);
		for (enum x86_reg dst = 0; dst < X86_REGS; dst++) {
			x86_setcc(&code, cond, dst);
			snprintf(text, sizeof(text), "set%s %s", conds[cond],
				 names[BYTE][dst]);
			flush(text);
		}
	}
}

static void show_branches(void)
{
	char text[96];

	for (enum x86_cond cond = 0; cond < X86_CONDS; cond++) {
		if (!conds[cond])
			continue;
		x86_bind(&code, x86_jcc(&code, cond), 6u - 77u);
		snprintf(text, sizeof(text), "j%s -77", conds[cond]);
		flush(text);
		x86_jcc_to(&code, cond, 0);
		snprintf(text, sizeof(text), "j%s -2", conds[cond]);
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
		for (enum x86_vex op = 0; op < X86_VEX_OPS; op++)
			show_vex(op, wide);
	}
	for (enum x86_reg reg = 0; reg < X86_REGS; reg++)
		show_register(reg);
	show_indexed();
	show_conditions();
	show_branches();
	show_single();
	jit_buf_fini(&code);
	return 0;
}
