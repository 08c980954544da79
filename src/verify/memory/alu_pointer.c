/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on pointers. An address is an object's start + off + num: known
 * numbers go to off, others to num. Both stay below 2^29 in magnitude and an
 * access adds at most 2^15 + 2^29 to them, so no sum here overflows; the
 * upper bound of num may be larger, and then no access passes.
 *
 * Packet pointers of one id share num, and the range behind it; a new num is
 * a new id. What a comparison said of this very address (past the end, at the
 * end) does not hold for any other: it goes with each change.
 *
 * Not here: masking against speculation; of the rules that it makes for
 * loaders without privileges, those that hold for one path alone are.
 */
#include "verify/memory/alu.h"

#include "spec/diags.h"
#include "verify/memory/access_rows.h"
#include "verify/look/look.h"
#include "verify/typed/typed.h"

#define OFF_MAX		(1 << 29)
#define PKT_FLAGS	(REG_PKT_BEYOND | REG_PKT_AT_END)

enum math {
	MATH_NONE,
	MATH_ANY,		/* plus and minus numbers */
	MATH_CONST,		/* constants alone */
	MATH_ZERO,		/* plus the constant zero alone */
};

static const uint8_t math_of[REG_TYPE_CNT] = {
	[REG_CTX]		= MATH_ANY,
	[REG_MAP]		= MATH_ZERO,
	[REG_MAP_VALUE]		= MATH_ANY,
	[REG_MAP_KEY]		= MATH_ANY,
	[REG_STACK]		= MATH_ANY,
	[REG_PACKET]		= MATH_ANY,
	[REG_PACKET_META]	= MATH_ANY,
	[REG_FLOW_KEYS]		= MATH_CONST,
	[REG_TP_BUFFER]		= MATH_ANY,
	[REG_BUF]		= MATH_ANY,
	[REG_MEM]		= MATH_ANY,
	[REG_BTF]		= MATH_ANY,
	[REG_FUNC]		= MATH_ANY,
	[REG_DYNPTR]		= MATH_ANY,
};

static bool is_packet(const struct reg *reg)
{
	return reg->type == REG_PACKET || reg->type == REG_PACKET_META;
}

static int reject_kind(struct verify_env *env, const struct bpf_insn *insn,
		       const struct reg *ptr)
{
	const char *name = reg_type_name(ptr);

	if (ptr->flags & REG_NULLABLE)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_POINTER_MATH,
				      insn->dst_reg, "the pointer in r%d may "
				      "be NULL", insn->dst_reg),
			"R%d pointer arithmetic on %s prohibited, null-check "
			"it first", insn->dst_reg, name);
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_MATH, insn->dst_reg,
			      "r%d is a pointer of a kind (%s) that takes no "
			      "such arithmetic", insn->dst_reg, name),
		"R%d pointer arithmetic on %s prohibited", insn->dst_reg,
		name);
}

static bool kind_takes(const struct reg *ptr, const struct scalar *num,
		       bool subtract)
{
	if (ptr->flags & REG_NULLABLE)
		return false;
	switch ((enum math)math_of[ptr->type]) {
	case MATH_ANY:
		return true;
	case MATH_CONST:
		return scalar_is_const(num);
	case MATH_ZERO:
		return scalar_is(num, 0) && !subtract;
	case MATH_NONE:
		break;
	}
	return false;
}

/* ---- how far ---- */

static int reject_known(struct verify_env *env, const struct bpf_insn *insn,
			const char *name, int64_t by)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_UNBOUNDED, insn->dst_reg,
			      "%lld is too far from the start of an object",
			      (long long)by),
		"math between %s pointer and %lld is not allowed", name,
		(long long)by);
}

static int reject_min(struct verify_env *env, const struct bpf_insn *insn,
		      const char *name, int64_t min)
{
	if (min == INT64_MIN)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_UNBOUNDED,
				      insn->dst_reg,
				      "the number has no lower bound"),
			"math between %s pointer and register with unbounded "
			"min value is not allowed", name);
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_UNBOUNDED, insn->dst_reg,
			      "the number may be %lld, which is too far from "
			      "the start of an object", (long long)min),
		"value %lld makes %s pointer be out of bounds",
		(long long)min, name);
}

static bool far(int64_t by)
{
	return by >= OFF_MAX || by <= -OFF_MAX;
}

/* A number, or the variable part of a pointer, is near enough to zero. */
static int near(struct verify_env *env, const struct bpf_insn *insn,
		const struct reg *ptr, const struct scalar *num)
{
	int64_t min;

	if (scalar_is_const(num))
		return far((int64_t)num->bits.value) ?
			reject_known(env, insn, reg_type_name(ptr),
				     (int64_t)num->bits.value) : 0;
	min = scalar_smin(num);
	return far(min) ?
		reject_min(env, insn, reg_type_name(ptr), min) : 0;
}

static int near_off(struct verify_env *env, const struct bpf_insn *insn,
		    const struct reg *ptr)
{
	if (!far(ptr->off))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_UNBOUNDED, insn->dst_reg,
			      "the pointer would be %d bytes from the start of "
			      "its object", ptr->off),
		"%s pointer offset %d is not allowed", reg_type_name(ptr),
		ptr->off);
}

/* ---- without privileges: addresses stay inside of what they point to ---- */

static int in_stack(struct verify_env *env, const struct bpf_insn *insn,
		    const struct reg *ptr)
{
	int n = insn->dst_reg;

	if (!scalar_is_const(&ptr->num))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
				      "a variable place on the stack needs "
				      "privileges"),
			"R%d variable stack access prohibited for !root, "
			"var_off=%s off=%d", n,
			scalar_bits_text(env, &ptr->num), ptr->off);
	if (ptr->off < 0 && ptr->off >= -512)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
			      "r%d leaves the stack frame", n),
		"R%d stack pointer arithmetic goes out of range, prohibited "
		"for !root; off=%d", n, ptr->off);
}

static int in_value(struct verify_env *env, const struct bpf_insn *insn,
		    const struct reg *ptr)
{
	uint64_t max = scalar_umax(&ptr->num);
	uint32_t size = reg_map(env, ptr)->value_size;
	int n = insn->dst_reg;

	if (scalar_smin(&ptr->num) + ptr->off >= 0 && max < OFF_MAX &&
	    (int64_t)max + ptr->off < (int64_t)size)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
			      "r%d may leave the map's value of %u bytes, "
			      "which needs privileges", n, size),
		"R%d pointer arithmetic of map value goes out of range, "
		"prohibited for !root", n);
}

static int inside(struct verify_env *env, const struct bpf_insn *insn,
		  const struct reg *ptr)
{
	if (ptr->type == REG_STACK)
		return in_stack(env, insn, ptr);
	return ptr->type == REG_MAP_VALUE ? in_value(env, insn, ptr) : 0;
}

/* A register that is added is masked to what the object has left of it. */
static int check_maskable(struct verify_env *env, const struct bpf_insn *insn,
			  const struct reg *ptr)
{
	int n = insn->dst_reg;

	if (BPF_SRC(insn->code) == BPF_K || ptr->type == REG_STACK ||
	    ptr->type == REG_MAP_VALUE)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
			      "a register is added to %s, which needs "
			      "privileges", reg_type_name(ptr)),
		"R%d has pointer with unsupported alu operation, pointer "
		"arithmetic with it prohibited for !root", n);
}

/* ---- the sum ---- */

/* A known number goes to off; ids and ranges, which are num's, stay. */
static int add_known(struct verify_env *env, const struct bpf_insn *insn,
		     struct reg *ptr, int64_t by)
{
	ptr->off += (int32_t)by;
	if (by)
		ptr->flags &= (uint16_t)~PKT_FLAGS;
	return near_off(env, insn, ptr);
}

/*
 * num changes. A packet pointer's range was said of bytes behind the old num:
 * it holds behind a lower one, too, as accesses need num not to be negative.
 */
static int add_variable(struct verify_env *env, const struct bpf_insn *insn,
			struct reg *ptr, const struct scalar *num,
			bool subtract)
{
	ptr->num = scalar_alu(subtract ? BPF_SUB : BPF_ADD, true, false,
			      &ptr->num, num);
	if (is_packet(ptr)) {
		ptr->id = verify_id(env);
		ptr->flags &= (uint16_t)~PKT_FLAGS;
		if (!subtract || scalar_smin(num) < 0)
			ptr->range = 0;
	}
	return near(env, insn, ptr, &ptr->num);
}

int pointer_add(struct verify_env *env, const struct bpf_insn *insn,
		struct reg *dst, const struct reg *num, bool subtract)
{
	uint32_t value;
	int64_t by;
	int err;

	if (!kind_takes(dst, &num->num, subtract))
		return reject_kind(env, insn, dst);
	value = verify_value(env, VALUE_ALU, dst->value, num->value);
	dst->value = value;
	/* reached by probing alone: where it points to does not matter */
	if (dst->type == REG_MEM && (dst->flags & REG_UNTRUSTED))
		return 0;
	err = near(env, insn, dst, &num->num) ?: near_off(env, insn, dst) ?:
	      near(env, insn, dst, &dst->num);
	if (err)
		return err;
	if (scalar_is_const(&num->num)) {
		by = (int64_t)num->num.bits.value;
		err = add_known(env, insn, dst, subtract ? -by : by);
	} else {
		err = add_variable(env, insn, dst, &num->num, subtract);
	}
	if (!err && verify_unprivileged(env))
		err = inside(env, insn, dst);
	return err;
}

/* ---- the step ---- */

/* Of two pointers: a distance, or nothing. */
static int pointers(struct verify_env *env, const struct bpf_insn *insn,
		    struct reg *dst, const struct reg *src)
{
	int n = insn->dst_reg;

	if (BPF_OP(insn->code) == BPF_SUB && !verify_unprivileged(env)) {
		alu_unknown(env, insn, dst, dst->value, src->value);
		return 0;
	}
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
			      "r%d and r%d are both pointers", n,
			      insn->src_reg),
		"R%d pointer %s pointer prohibited", n, alu_op_name(insn));
}

static int reject_op(struct verify_env *env, const struct bpf_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);
	int n = insn->dst_reg;
	int err = verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
				"pointers do not take %s", alu_op_name(insn));

	if (op == BPF_AND || op == BPF_OR || op == BPF_XOR)
		return verify_says(env, err, "R%d bitwise operator %s on "
				   "pointer prohibited", n,
				   alu_op_name(insn));
	return verify_says(env, err, "R%d pointer arithmetic with %s operator "
			   "prohibited", n, alu_op_name(insn));
}

static int narrow(struct verify_env *env, const struct bpf_insn *insn,
		  struct reg *dst, const struct reg *src)
{
	int n = insn->dst_reg;

	if (BPF_OP(insn->code) == BPF_SUB && !verify_unprivileged(env)) {
		alu_unknown(env, insn, dst, dst->value, src->value);
		return 0;
	}
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
			      "a pointer has 64 bits, this operation 32"),
		"R%d 32-bit pointer arithmetic prohibited", n);
}

static int from_number(struct verify_env *env, const struct bpf_insn *insn)
{
	int n = insn->dst_reg;

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
			      "r%d is a number and r%d, which is taken from "
			      "it, a pointer", n, insn->src_reg),
		"R%d tried to subtract pointer from scalar", n);
}

static int from_stack(struct verify_env *env, const struct bpf_insn *insn)
{
	int n = insn->dst_reg;

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_MATH, n,
			      "subtraction from a stack pointer: add a "
			      "negative number"),
		"R%d subtraction from stack pointer prohibited", n);
}

/* Arena pointers take everything: where they point is checked as they do. */
static void arena_math(struct verify_env *env, struct reg *dst,
		       const struct reg *src)
{
	uint32_t value = verify_value(env, VALUE_ALU, dst->value, src->value);

	if (dst->type != REG_ARENA)
		*dst = *src;
	dst->value = value;
}

/* A number whose least value says nothing may still be near enough. */
static void look_near(struct verify_env *env, unsigned int n,
		      struct reg *num)
{
	if (far(scalar_smin(&num->num)) &&
	    second_look(env, n, 1 - OFF_MAX, OFF_MAX - 1))
		*num = *state_reg(env->cur, n);
}

int alu_pointer(struct verify_env *env, const struct bpf_insn *insn,
		struct reg *dst, const struct reg *src)
{
	bool subtract = BPF_OP(insn->code) == BPF_SUB;
	bool commuted = dst->type == REG_SCALAR;
	struct reg sum, num;
	int err;

	if (dst->type == REG_ARENA || src->type == REG_ARENA) {
		arena_math(env, dst, src);
		return 0;
	}
	if (dst->type != REG_SCALAR && src->type != REG_SCALAR)
		return pointers(env, insn, dst, src);
	sum = commuted ? *src : *dst;
	num = commuted ? *dst : *src;
	verify_precise(env, &num);
	if (BPF_CLASS(insn->code) != BPF_ALU64)
		return narrow(env, insn, dst, src);
	if (!kind_takes(&sum, &num.num, subtract))
		return reject_kind(env, insn, &sum);
	if (!subtract && BPF_OP(insn->code) != BPF_ADD)
		return reject_op(env, insn);
	if (subtract && commuted)
		return from_number(env, insn);
	if (subtract && sum.type == REG_STACK)
		return from_stack(env, insn);
	if (BPF_SRC(insn->code) == BPF_X)
		look_near(env, commuted ? insn->dst_reg : insn->src_reg,
			  &num);
	err = verify_unprivileged(env) ? check_maskable(env, insn, &sum) : 0;
	err = err ?: pointer_add(env, insn, &sum, &num, subtract);
	if (!err)
		*dst = sum;
	return err;
}
