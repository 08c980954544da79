/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes, opcode, ModRM, SIB, displacement, immediate: the rows of x86.def
 * say what an instruction has of these. Two of the machine's irregularities
 * are dealt with here and nowhere else: rsp and r12 as a base need a SIB byte,
 * rbp and r13 a displacement; and the byte registers spl to dil need a REX.
 *
 *	66?  REX?  0f?  opcode  ModRM  SIB?  disp8/32?  imm8/16/32?
 *
 * Reference: the processors' manuals. Not here: anything with an index.
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

const struct x86_row x86_rows[X86_OPS] = {
#define X86(name, text, form, flags, opcode, digit) \
	[X86_##name] = { text, X86_##form, flags, opcode, digit },
#include "jit/x86/x86.def"
#undef X86
};

static void put8(struct jit_buf *code, uint8_t byte)
{
	jit_buf_put(code, byte, 1);
}

/* ---- the parts ---- */

/* What stands in the reg and the rm field, and what is there. */
struct operands {
	uint8_t reg, rm;
	bool memory;
	int32_t disp;
};

static bool is_byte_reg(uint16_t flags, const struct operands *o)
{
	return (flags & R8 && o->reg >= X86_RSP) ||
	       (flags & M8 && !o->memory && o->rm >= X86_RSP);
}

static void put_opcode(struct jit_buf *code, const struct x86_row *row,
		       bool wide, uint8_t opcode, const struct operands *o)
{
	uint8_t rex = (uint8_t)((wide && !(row->flags & W0) ? 8 : 0) |
				(o->reg >> 3) << 2 | o->rm >> 3);

	jit_buf_room(code);
	if (row->flags & P66)
		put8(code, 0x66);
	if (rex || is_byte_reg(row->flags, o))
		put8(code, 0x40 | rex);
	if (row->flags & MAP)
		put8(code, 0x0f);
	put8(code, opcode);
}

static void put_operands(struct jit_buf *code, const struct operands *o)
{
	uint8_t reg = (uint8_t)((o->reg & 7) << 3), rm = o->rm & 7;
	bool sib = rm == X86_RSP;

	if (!o->memory) {
		put8(code, 0xc0 | reg | rm);
		return;
	}
	if (o->disp == 0 && rm != X86_RBP)
		put8(code, reg | rm);
	else if (o->disp == (int8_t)o->disp)
		put8(code, 0x40 | reg | rm);
	else
		put8(code, 0x80 | reg | rm);
	if (sib)
		put8(code, 0x24);
	if (o->disp == 0 && rm != X86_RBP)
		return;
	jit_buf_put(code, (uint32_t)o->disp,
		    o->disp == (int8_t)o->disp ? 1 : 4);
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
			row->form == X86_MI16 ? 2 : 4;

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
		 &(struct operands){ reg, mem.base, true, mem.disp });
}

void x86_r(struct jit_buf *code, enum x86_op op, bool wide,
	   enum x86_reg reg)
{
	put_insn(code, op, wide,
		 &(struct operands){ x86_rows[op].digit, reg });
}

void x86_m(struct jit_buf *code, enum x86_op op, bool wide,
	   struct x86_mem mem)
{
	put_insn(code, op, wide, &(struct operands){
		x86_rows[op].digit, mem.base, true, mem.disp });
}

void x86_ri(struct jit_buf *code, enum x86_op op, bool wide,
	    enum x86_reg dst, int32_t imm)
{
	bool twice = x86_rows[op].form == X86_RMI;

	put_imm(code, op, wide, &(struct operands){
		twice ? dst : x86_rows[op].digit, dst }, imm);
}

void x86_mi(struct jit_buf *code, enum x86_op op, bool wide,
	    struct x86_mem mem, int32_t imm)
{
	put_imm(code, op, wide, &(struct operands){
		x86_rows[op].digit, mem.base, true, mem.disp }, imm);
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
	if (!value) {
		x86_rr(code, X86_XOR, false, dst, dst);
	} else if (value <= UINT32_MAX) {
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

/*
 * VEX of three bytes: inverted R, X, B and the map 0f38, then W, the inverted
 * third register, and the prefix that chooses the operation.
 */
void x86_shift(struct jit_buf *code, enum x86_shift op, bool wide,
	       enum x86_reg dst, enum x86_reg src, enum x86_reg cnt)
{
	static const uint8_t prefix[] = {
		[X86_SHLX] = 1, [X86_SHRX] = 3, [X86_SARX] = 2,
	};

	jit_buf_room(code);
	put8(code, 0xc4);
	put8(code, (uint8_t)(0x42 | (~dst & 8) << 4 | (~src & 8) << 2));
	put8(code, (uint8_t)((wide ? 0x80 : 0) | (~cnt & 15) << 3 |
			     prefix[op]));
	put8(code, 0xf7);
	put_operands(code, &(struct operands){ dst, src });
}

void x86_zero_xmm(struct jit_buf *code)
{
	jit_buf_room(code);
	jit_buf_put(code, 0xc0570f, 3);
}

void x86_store_xmm(struct jit_buf *code, struct x86_mem mem)
{
	jit_buf_room(code);
	if (mem.base >= X86_R8)
		put8(code, 0x41);
	jit_buf_put(code, 0x110f, 2);
	put_operands(code, &(struct operands){ 0, mem.base, true, mem.disp });
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
