/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on numbers, and copies of registers. What operations do to sets
 * of numbers is scalar.h's; here are the rules of which operands they take,
 * and the links between registers:
 *
 * Registers with one id hold one number, each plus its delta modulo 2^64. A
 * copy links; adding a constant in 64 bits keeps the link, whatever wraps. A
 * narrower copy or addition keeps it only when the number is known to fit, so
 * that nothing is cut off. All else breaks it.
 *
 * Arithmetic on pointers is in alu_pointer.c.
 * Reference: RFC 9669, section 4.1.
 */
#include "verify/memory/alu.h"

#include "spec/diags.h"
#include "verify/memory/access.h"
#include "verify/walk/walk.h"

#define ADDR_SPACE_CAST	1	/* offset of a mov between address spaces */
#define TO_PROGRAM	1	/* its immediates: from the arena's space, */
#define TO_ARENA	(1 << 16)	/* and to it */

static const char *const op_names[16] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=",
	"neg", "%=", "^=", "=", "s>>=", "endian", "??", "??",
};

const char *alu_op_name(const struct bpf_insn *insn)
{
	return op_names[BPF_OP(insn->code) >> 4];
}

void alu_unknown(struct verify_env *env, const struct bpf_insn *insn,
		 struct reg *dst, uint32_t a, uint32_t b)
{
	uint32_t value = verify_value(env, VALUE_ALU, a, b);

	reg_set_unknown(dst, value);
	if (BPF_CLASS(insn->code) == BPF_ALU)
		dst->num = scalar_zext(&dst->num, 4);
}

/* ---- copies ---- */

void reg_link(struct verify_env *env, struct reg *reg)
{
	if (!reg->id && !scalar_is_const(&reg->num)) {
		reg->id = verify_id(env);
		reg->delta = 0;
	}
}

static void unlink_reg(struct reg *reg)
{
	reg->id = 0;
	reg->delta = 0;
}

/* A whole register; numbers are linked. */
static void copy(struct verify_env *env, struct reg *dst, struct reg *src)
{
	uint32_t value = verify_value(env, VALUE_COPY, src->value, 0);

	if (src->type == REG_SCALAR)
		reg_link(env, src);
	*dst = *src;
	dst->value = value;
}

/* The low `bytes` bytes of a number, zero- or sign-extended. */
static void copy_part(struct verify_env *env, const struct bpf_insn *insn,
		      struct reg *dst, struct reg *src)
{
	bool extend = insn->off != 0;
	unsigned int bytes = extend ? (unsigned int)insn->off / 8 : 4;
	uint64_t fits = word_mask(extend ? bytes * 8 - 1 : bytes * 8);
	uint32_t value;

	if (scalar_umax(&src->num) <= fits) {
		copy(env, dst, src);
		return;
	}
	value = verify_value(env, VALUE_COPY, src->value, 0);
	*dst = *src;
	dst->value = value;
	unlink_reg(dst);
	if (extend)
		dst->num = scalar_sext(&src->num, bytes);
	if (BPF_CLASS(insn->code) == BPF_ALU)
		dst->num = scalar_zext(&dst->num, 4);
}

static int partial_pointer(struct verify_env *env,
			   const struct bpf_insn *insn)
{
	bool extend = insn->off && BPF_CLASS(insn->code) == BPF_ALU64;
	int src = insn->src_reg;

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_LEAK, src,
			      "a part of the pointer in r%d is taken", src),
		"R%d %s of pointer", src,
		extend ? "sign-extension part" : "partial copy");
}

static bool has_arena(const struct verify_env *env)
{
	for (uint32_t i = 0; i < env->prog->maps_cnt; i++)
		if (env->in->maps[i].type == MAP_TYPE_ARENA)
			return true;
	return false;
}

static int cast_address(struct verify_env *env, const struct bpf_insn *insn,
			struct reg *dst, const struct reg *src)
{
	uint32_t value = verify_value(env, VALUE_ALU, src->value, 0);

	if (insn->imm != TO_PROGRAM && insn->imm != TO_ARENA)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_INSN, -1,
				      "there are no such address spaces"),
			"addr_space_cast insn can only convert between "
			"address space 1 and 0");
	if (!has_arena(env))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_INSN, -1,
				      "the program has no arena"),
			"addr_space_cast insn can only be used in a program "
			"that has an associated arena");
	if (insn->imm == TO_PROGRAM)
		reg_set_pointer(dst, REG_ARENA, 0, value);
	else
		reg_set_unknown(dst, value);
	return 0;
}

static int mov_imm(struct verify_env *env, const struct bpf_insn *insn,
		   struct reg *dst)
{
	uint64_t imm = BPF_CLASS(insn->code) == BPF_ALU64 ?
		(uint64_t)(int64_t)insn->imm : (uint32_t)insn->imm;

	reg_set_const(dst, imm, verify_value(env, VALUE_CONST, 0, 0));
	return 0;
}

static int mov(struct verify_env *env, const struct bpf_insn *insn,
	       struct reg *regs)
{
	struct reg *dst = &regs[insn->dst_reg], *src = &regs[insn->src_reg];
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	int err;

	if (BPF_SRC(insn->code) == BPF_K)
		return mov_imm(env, insn, dst);
	err = access_reads(env, insn->src_reg);
	if (err)
		return err;
	if (wide && insn->off == ADDR_SPACE_CAST)
		return cast_address(env, insn, dst, src);
	else if (wide && !insn->off)
		copy(env, dst, src);
	else if (src->type == REG_SCALAR)
		copy_part(env, insn, dst, src);
	else if (verify_unprivileged(env))
		return partial_pointer(env, insn);
	else
		alu_unknown(env, insn, dst, src->value, 0);
	return 0;
}

/* ---- one operand ---- */

static struct scalar swapped(const struct bpf_insn *insn,
			     const struct scalar *num)
{
	unsigned int bits = (unsigned int)insn->imm;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	bool swap = BPF_SRC(insn->code) == BPF_TO_BE;
#else
	bool swap = BPF_SRC(insn->code) == BPF_TO_LE;
#endif

	if (swap || BPF_CLASS(insn->code) == BPF_ALU64)
		return scalar_bswap(num, bits);
	return bits == 64 ? *num : scalar_zext(num, bits / 8);
}

static int unary(struct verify_env *env, const struct bpf_insn *insn,
		 struct reg *dst)
{
	const struct scalar any = scalar_unknown();
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	int err = access_reads(env, insn->dst_reg);

	if (err)
		return err;
	if (dst->type != REG_SCALAR && verify_unprivileged(env))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_POINTER_MATH,
				      insn->dst_reg, "r%d is a pointer",
				      insn->dst_reg),
			"R%d pointer arithmetic prohibited", insn->dst_reg);
	if (dst->type != REG_SCALAR) {
		alu_unknown(env, insn, dst, dst->value, 0);
		/* of its own width, whatever the class */
		if (BPF_OP(insn->code) == BPF_END)
			dst->num = swapped(insn, &any);
		return 0;
	}
	dst->value = verify_value(env, VALUE_ALU, dst->value, 0);
	dst->num = BPF_OP(insn->code) == BPF_END ?
		swapped(insn, &dst->num) :
		scalar_alu(BPF_NEG, wide, false, &dst->num, &dst->num);
	unlink_reg(dst);
	return 0;
}

/* ---- two operands ---- */

/*
 * What remains of the link after dst op= src. A 32-bit addition is one of 64
 * bits when neither the number nor the sum leaves the low half.
 */
static void relink(const struct bpf_insn *insn, struct reg *dst,
		   const struct scalar *src)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	uint8_t op = BPF_OP(insn->code);
	bool same = BPF_SRC(insn->code) == BPF_X &&
		    insn->src_reg == insn->dst_reg;
	int64_t by, delta;

	if ((op != BPF_ADD && op != BPF_SUB) || !dst->id || same ||
	    !scalar_is_const(src)) {
		unlink_reg(dst);
		return;
	}
	by = wide ? (int64_t)src->bits.value : (int32_t)src->bits.value;
	if (by > INT32_MAX || by < -INT32_MAX) {
		unlink_reg(dst);
		return;
	}
	by = op == BPF_SUB ? -by : by;
	delta = dst->delta + by;
	if (delta != (int32_t)delta ||
	    (!wide && (scalar_umax(&dst->num) > UINT32_MAX ||
		       (int64_t)scalar_umin(&dst->num) + by < 0 ||
		       (int64_t)scalar_umax(&dst->num) + by > UINT32_MAX)))
		unlink_reg(dst);
	else
		dst->delta = (int32_t)delta;
}

/*
 * A number that is all ones or zero, masked with a constant (compilers make
 * such of `x < 0 ? A : B`): both are looked at apart, as the union of the two
 * results says little. The other way goes on behind the instruction.
 */
static int fork_mask(struct verify_env *env, const struct bpf_insn *insn,
		     struct reg *dst, const struct scalar *src)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	uint8_t op = BPF_OP(insn->code);
	struct scalar ones = scalar_const(wide ? UINT64_MAX : UINT32_MAX);
	struct scalar zero = scalar_const(0);
	struct state *fork;
	struct reg *other;

	fork = walk_fork(env, env->cur->insn + 1);
	if (!fork)
		return walk_failed(env);
	other = &state_frame(fork)->regs[insn->dst_reg];
	other->value = verify_value(env, VALUE_ALU, dst->value, 0);
	other->num = scalar_alu(op, wide, false, &zero, src);
	unlink_reg(other);
	dst = &state_frame(env->cur)->regs[insn->dst_reg];
	dst->value = verify_value(env, VALUE_ALU, dst->value, 0);
	dst->num = scalar_alu(op, wide, false, &ones, src);
	unlink_reg(dst);
	return 0;
}

static bool is_mask(const struct bpf_insn *insn, const struct scalar *num)
{
	if (BPF_OP(insn->code) != BPF_AND && BPF_OP(insn->code) != BPF_OR)
		return false;
	if (BPF_CLASS(insn->code) == BPF_ALU64)
		return num->word.size == 1 && num->word.base == UINT64_MAX;
	return num->half.size == 1 && num->half.base == UINT32_MAX;
}

static int numbers(struct verify_env *env, const struct bpf_insn *insn,
		   struct reg *dst, const struct reg *src)
{
	if (unlikely(is_mask(insn, &dst->num)) && scalar_is_const(&src->num))
		return fork_mask(env, insn, dst, &src->num);
	dst->value = verify_value(env, VALUE_ALU, dst->value, src->value);
	relink(insn, dst, &src->num);
	dst->num = scalar_alu(BPF_OP(insn->code),
			      BPF_CLASS(insn->code) == BPF_ALU64,
			      insn->off == 1, &dst->num, &src->num);
	return 0;
}

static int constant_operand(struct verify_env *env,
			    const struct bpf_insn *insn)
{
	int width = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	uint8_t op = BPF_OP(insn->code);

	if ((op == BPF_DIV || op == BPF_MOD) && !insn->imm)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_DIVIDE, insn->dst_reg,
				      "r%d is divided by the constant 0",
				      insn->dst_reg), "div by zero");
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) &&
	    (insn->imm < 0 || insn->imm >= width))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_SHIFT, insn->dst_reg,
				      "a %d-bit number is shifted by %d",
				      width, insn->imm),
			"invalid shift %d", insn->imm);
	return 0;
}

static int binary_imm(struct verify_env *env, const struct bpf_insn *insn,
		      struct reg *dst)
{
	struct reg imm = {
		.type = REG_SCALAR,
		.num = scalar_const((uint64_t)(int64_t)insn->imm),
	};
	int err = constant_operand(env, insn);

	if (err)
		return err;
	if (likely(dst->type == REG_SCALAR))
		return numbers(env, insn, dst, &imm);
	return alu_pointer(env, insn, dst, &imm);
}

static int binary(struct verify_env *env, const struct bpf_insn *insn,
		  struct reg *regs)
{
	struct reg *dst = &regs[insn->dst_reg];
	const struct reg *src = &regs[insn->src_reg];
	int err = access_reads(env, insn->dst_reg);

	if (err)
		return err;
	if (BPF_SRC(insn->code) == BPF_K)
		return binary_imm(env, insn, dst);
	err = access_reads(env, insn->src_reg);
	if (err)
		return err;
	if (likely(dst->type == REG_SCALAR && src->type == REG_SCALAR))
		return numbers(env, insn, dst, src);
	return alu_pointer(env, insn, dst, src);
}

int step_alu(struct verify_env *env, const struct bpf_insn *insn)
{
	struct reg *regs = state_frame(env->cur)->regs;
	uint8_t op = BPF_OP(insn->code);
	int err = access_writes(env, insn->dst_reg);

	if (err)
		return err;
	if (op == BPF_MOV)
		err = mov(env, insn, regs);
	else if (op == BPF_NEG || op == BPF_END)
		err = unary(env, insn, &regs[insn->dst_reg]);
	else
		err = binary(env, insn, regs);
	if (likely(!err))
		env->cur->insn++;
	return err;
}
