/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes, opcode, ModRM, SIB, displacement, immediate: the rows of x86.def
 * say what an instruction has of these. Two of the machine's irregularities
 * are dealt with here and nowhere else: rsp and r12 as a base need a SIB byte,
 * rbp and r13 a displacement; and the byte registers spl to dil need a REX.
 *
 *	66?  REX?  0f 38?  opcode  ModRM  SIB?  disp8/32?  imm8/16/32?
 *
 * Reference: the processors' manuals.
 */
#include "jit/x86/encode.h"

#define MAP	X86_F_MAP
#define P66	X86_F_P66
#define R8	X86_F_R8
#define M8	X86_F_M8
#define M16	X86_F_M16
#define M32	X86_F_M32
#define W0	X86_F_W0
#define MEM	X86_F_MEM
#define REG	X86_F_REG
#define MAP38	X86_F_MAP38

const struct x86_row x86_rows[X86_OPS] = {
#define X86(name, text, form, flags, opcode, digit) \
	[X86_##name] = { text, X86_##form, flags, opcode, digit },
#include "jit/x86/x86.def"
#undef X86
};

const struct x86_vex_row x86_vex_rows[X86_VEX_OPS] = {
#define X86_VEX(name, text, form, prefix, map, opcode, digit) \
	[X86_##name] = { text, X86_##form, prefix, map, opcode, digit },
#include "jit/x86/x86.def"
#undef X86_VEX
};

static void put8(struct jit_buf *code, uint8_t byte)
{
	jit_buf_put(code, byte, 1);
}

/* ---- the parts ---- */

/* What stands in the reg field, and in the rm field: a register or memory. */
struct operands {
	uint8_t reg, rm;
	const struct x86_mem *mem;
};

static uint8_t high(enum x86_reg reg)
{
	return reg == X86_NO_REG ? 0 : (uint8_t)(reg >> 3);
}

/* R, X, B: the fourth bits of registers. */
static uint8_t high_bits(const struct operands *o)
{
	if (!o->mem)
		return (uint8_t)(high(o->reg) << 2 | high(o->rm));
	return (uint8_t)(high(o->reg) << 2 |
			 (o->mem->scale ? high(o->mem->index) << 1 : 0) |
			 high(o->mem->base));
}

static bool is_byte_reg(uint16_t flags, const struct operands *o)
{
	return (flags & R8 && o->reg >= X86_RSP) ||
	       (flags & M8 && !o->mem && o->rm >= X86_RSP);
}

static void put_opcode(struct jit_buf *code, const struct x86_row *row,
		       bool wide, uint8_t opcode, const struct operands *o)
{
	uint8_t rex = (uint8_t)((wide && !(row->flags & W0) ? 8 : 0) |
				high_bits(o));

	jit_buf_room(code);
	if (row->flags & P66)
		put8(code, 0x66);
	if (rex || is_byte_reg(row->flags, o))
		put8(code, 0x40 | rex);
	if (row->flags & (MAP | MAP38))
		put8(code, 0x0f);
	if (row->flags & MAP38)
		put8(code, 0x38);
	put8(code, opcode);
}

static uint8_t sib(const struct x86_mem *mem, uint8_t base)
{
	uint8_t index = mem->scale ? mem->index & 7 : X86_RSP;
	uint8_t scale = mem->scale ? (uint8_t)__builtin_ctz(mem->scale) : 0;

	return (uint8_t)(scale << 6 | index << 3 | base);
}

static void put_memory(struct jit_buf *code, uint8_t reg,
		       const struct x86_mem *mem)
{
	bool none = mem->base == X86_NO_REG;
	uint8_t base = none ? X86_RBP : mem->base & 7;
	bool short_disp = mem->disp == (int8_t)mem->disp && !none;
	bool has_disp = mem->disp || base == X86_RBP;
	bool has_sib = mem->scale || none || base == X86_RSP;

	assert(!mem->scale || mem->index != X86_RSP);
	put8(code, (uint8_t)(reg << 3 | (has_sib ? X86_RSP : base) |
			     (!has_disp || none ? 0 :
			      short_disp ? 0x40 : 0x80)));
	if (has_sib)
		put8(code, sib(mem, base));
	if (has_disp)
		jit_buf_put(code, (uint32_t)mem->disp, short_disp ? 1 : 4);
}

static void put_operands(struct jit_buf *code, const struct operands *o)
{
	if (o->mem)
		put_memory(code, o->reg & 7, o->mem);
	else
		put8(code, 0xc0 | (uint8_t)((o->reg & 7) << 3) | (o->rm & 7));
}

static void put_insn(struct jit_buf *code, enum x86_op op, bool wide,
		     const struct operands *o)
{
	const struct x86_row *row = &x86_rows[op];

	put_opcode(code, row, wide, row->opcode, o);
	put_operands(code, o);
}

static void put_imm(struct jit_buf *code, enum x86_op op, bool wide,
		    const struct operands *o, int32_t imm)
{
	const struct x86_row *row = &x86_rows[op];
	bool either = row->form == X86_MI || row->form == X86_RMI;
	bool narrow = either && imm == (int8_t)imm;
	uint32_t size = narrow || row->form == X86_MI8 ? 1 :
			row->flags & P66 ? 2 : 4;

	put_opcode(code, row, wide, row->opcode | (narrow ? 2 : 0), o);
	put_operands(code, o);
	jit_buf_put(code, (uint32_t)imm, size);
}

/* ---- instructions by rows ---- */

void x86_rr(struct jit_buf *code, enum x86_op op, bool wide,
	    enum x86_reg dst, enum x86_reg src)
{
	bool swap = x86_rows[op].form == X86_RM;

	put_insn(code, op, wide, &(struct operands){
		.reg = swap ? dst : src, .rm = swap ? src : dst });
}

void x86_rm(struct jit_buf *code, enum x86_op op, bool wide,
	    enum x86_reg reg, struct x86_mem mem)
{
	put_insn(code, op, wide,
		 &(struct operands){ .reg = reg, .mem = &mem });
}

void x86_r(struct jit_buf *code, enum x86_op op, bool wide,
	   enum x86_reg reg)
{
	put_insn(code, op, wide,
		 &(struct operands){ .reg = x86_rows[op].digit, .rm = reg });
}

void x86_m(struct jit_buf *code, enum x86_op op, bool wide,
	   struct x86_mem mem)
{
	put_insn(code, op, wide, &(struct operands){
		.reg = x86_rows[op].digit, .mem = &mem });
}

void x86_ri(struct jit_buf *code, enum x86_op op, bool wide,
	    enum x86_reg dst, int32_t imm)
{
	bool twice = x86_rows[op].form == X86_RMI;

	put_imm(code, op, wide, &(struct operands){
		.reg = twice ? dst : x86_rows[op].digit, .rm = dst }, imm);
}

void x86_rri(struct jit_buf *code, enum x86_op op, bool wide,
	     enum x86_reg dst, enum x86_reg src, int32_t imm)
{
	put_imm(code, op, wide,
		&(struct operands){ .reg = dst, .rm = src }, imm);
}

void x86_rmi(struct jit_buf *code, enum x86_op op, bool wide,
	     enum x86_reg dst, struct x86_mem mem, int32_t imm)
{
	put_imm(code, op, wide,
		&(struct operands){ .reg = dst, .mem = &mem }, imm);
}

void x86_mi(struct jit_buf *code, enum x86_op op, bool wide,
	    struct x86_mem mem, int32_t imm)
{
	put_imm(code, op, wide, &(struct operands){
		.reg = x86_rows[op].digit, .mem = &mem }, imm);
}

/* ---- instructions of their own shape ---- */

/* An opcode with a register in its low three bits. */
static void put_in_opcode(struct jit_buf *code, bool wide, bool map,
			  uint8_t opcode, enum x86_reg reg)
{
	uint8_t rex = (uint8_t)((wide ? 8 : 0) | reg >> 3);

	jit_buf_room(code);
	if (rex)
		put8(code, 0x40 | rex);
	if (map)
		put8(code, 0x0f);
	put8(code, opcode | (reg & 7));
}

void x86_number(struct jit_buf *code, enum x86_reg dst, uint64_t value)
{
	if (!value)
		x86_rr(code, X86_XOR, false, dst, dst);
	else
		x86_number_plain(code, dst, value);
}

void x86_number_plain(struct jit_buf *code, enum x86_reg dst, uint64_t value)
{
	if (value <= UINT32_MAX) {
		put_in_opcode(code, false, false, 0xb8, dst);
		jit_buf_put(code, value, 4);
	} else if (value == (uint64_t)(int32_t)value) {
		x86_ri(code, X86_MOV_I, true, dst, (int32_t)value);
	} else {
		put_in_opcode(code, true, false, 0xb8, dst);
		jit_buf_put(code, value, 8);
	}
}

void x86_push(struct jit_buf *code, enum x86_reg reg)
{
	put_in_opcode(code, false, false, 0x50, reg);
}

void x86_pop(struct jit_buf *code, enum x86_reg reg)
{
	put_in_opcode(code, false, false, 0x58, reg);
}

void x86_bswap(struct jit_buf *code, bool wide, enum x86_reg reg)
{
	put_in_opcode(code, wide, true, 0xc8, reg);
}

void x86_lock(struct jit_buf *code)
{
	jit_buf_room(code);
	put8(code, 0xf0);
}

void x86_ret(struct jit_buf *code)
{
	jit_buf_room(code);
	put8(code, 0xc3);
}

void x86_sign(struct jit_buf *code, bool wide)
{
	jit_buf_room(code);
	jit_buf_put(code, wide ? 0x9948 : 0x99, wide ? 2 : 1);
}

/* ---- conditions ---- */

void x86_setcc(struct jit_buf *code, enum x86_cond cond, enum x86_reg dst)
{
	static const struct x86_row row = { "set", X86_M, MAP | M8 | W0 };
	struct operands o = { .rm = dst };

	put_opcode(code, &row, false, 0x90 | (uint8_t)cond, &o);
	put_operands(code, &o);
}

static void put_cmov(struct jit_buf *code, enum x86_cond cond, bool wide,
		     const struct operands *o)
{
	static const struct x86_row row = { "cmov", X86_RM, MAP };

	put_opcode(code, &row, wide, 0x40 | (uint8_t)cond, o);
	put_operands(code, o);
}

void x86_cmov(struct jit_buf *code, enum x86_cond cond, bool wide,
	      enum x86_reg dst, enum x86_reg src)
{
	put_cmov(code, cond, wide,
		 &(struct operands){ .reg = dst, .rm = src });
}

void x86_cmov_mem(struct jit_buf *code, enum x86_cond cond, bool wide,
		  enum x86_reg dst, struct x86_mem mem)
{
	put_cmov(code, cond, wide,
		 &(struct operands){ .reg = dst, .mem = &mem });
}

/* ---- three operands ---- */

/*
 * VEX of three bytes: inverted R, X, B and the map of opcodes, then W, the
 * inverted third register, and the prefix that chooses the operation.
 */
static void put_vex(struct jit_buf *code, enum x86_vex op, bool wide,
		    const struct operands *o, uint8_t third)
{
	const struct x86_vex_row *row = &x86_vex_rows[op];

	jit_buf_room(code);
	put8(code, 0xc4);
	put8(code, (uint8_t)((~high_bits(o) & 7) << 5 | row->map));
	put8(code, (uint8_t)((wide ? 0x80 : 0) | (~third & 15) << 3 |
			     row->prefix));
	put8(code, row->opcode);
	put_operands(code, o);
}

static void put_vex_form(struct jit_buf *code, enum x86_vex op, bool wide,
			 struct operands *o, uint8_t other)
{
	switch (x86_vex_rows[op].form) {
	case X86_RMI8:
		put_vex(code, op, wide, o, 0);
		put8(code, other);
		return;
	case X86_VM:
		other = o->reg;
		o->reg = x86_vex_rows[op].digit;
		put_vex(code, op, wide, o, other);
		return;
	default:
		put_vex(code, op, wide, o, other);
		return;
	}
}

void x86_vex(struct jit_buf *code, enum x86_vex op, bool wide,
	     enum x86_reg dst, enum x86_reg rm, uint8_t other)
{
	put_vex_form(code, op, wide,
		     &(struct operands){ .reg = dst, .rm = rm }, other);
}

void x86_vex_mem(struct jit_buf *code, enum x86_vex op, bool wide,
		 enum x86_reg dst, struct x86_mem mem, uint8_t other)
{
	put_vex_form(code, op, wide,
		     &(struct operands){ .reg = dst, .mem = &mem }, other);
}

void x86_zero_xmm(struct jit_buf *code)
{
	jit_buf_room(code);
	jit_buf_put(code, 0xc0570f, 3);
}

void x86_store_xmm(struct jit_buf *code, struct x86_mem mem)
{
	static const struct x86_row row = { "movups", X86_MR, MAP };
	struct operands o = { .mem = &mem };

	put_opcode(code, &row, false, 0x11, &o);
	put_operands(code, &o);
}

/* ---- branches ---- */

static uint32_t put_branch(struct jit_buf *code, uint32_t opcode,
			   uint32_t cnt)
{
	jit_buf_room(code);
	jit_buf_put(code, opcode, cnt);
	jit_buf_put(code, 0, 4);
	return code->len;
}

uint32_t x86_jmp(struct jit_buf *code)
{
	return put_branch(code, 0xe9, 1);
}

uint32_t x86_jcc(struct jit_buf *code, enum x86_cond cond)
{
	return put_branch(code, 0x800f | (uint32_t)cond << 8, 2);
}

uint32_t x86_call(struct jit_buf *code)
{
	return put_branch(code, 0xe8, 1);
}

uint32_t x86_lea_code(struct jit_buf *code, enum x86_reg dst)
{
	return put_branch(code, 0x058d48 | (uint32_t)(dst >> 3) << 2 |
			  (uint32_t)(dst & 7) << 19, 3);
}

static bool is_short(const struct jit_buf *code, uint32_t target)
{
	return code->len + 2 - target <= 128;
}

static void put_short(struct jit_buf *code, uint8_t opcode, uint32_t target)
{
	jit_buf_room(code);
	put8(code, opcode);
	put8(code, (uint8_t)(target - code->len - 1));
}

void x86_jmp_to(struct jit_buf *code, uint32_t target)
{
	if (is_short(code, target))
		put_short(code, 0xeb, target);
	else
		x86_bind(code, x86_jmp(code), target);
}

void x86_jcc_to(struct jit_buf *code, enum x86_cond cond, uint32_t target)
{
	if (is_short(code, target))
		put_short(code, 0x70 | (uint8_t)cond, target);
	else
		x86_bind(code, x86_jcc(code, cond), target);
}

uint32_t x86_jmp_short(struct jit_buf *code)
{
	put_short(code, 0xeb, code->len);
	return code->len;
}

uint32_t x86_jcc_short(struct jit_buf *code, enum x86_cond cond)
{
	put_short(code, 0x70 | (uint8_t)cond, code->len);
	return code->len;
}

void x86_bind(struct jit_buf *code, uint32_t end, uint32_t target)
{
	uint32_t distance = target - end;

	if (!code->failed)
		memcpy(code->data + end - 4, &distance, 4);
}

void x86_bind_short(struct jit_buf *code, uint32_t end)
{
	assert(code->failed || code->len - end < 128);
	if (!code->failed)
		code->data[end - 1] = (uint8_t)(code->len - end);
}
