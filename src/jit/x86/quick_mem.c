/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads, stores, atomics. Proven accesses are just made. Three kinds are not:
 * fields of a context lie elsewhere natively, by the rows of prog/ctx.h; a
 * context that is plain memory is as long as the run says; and kernel objects
 * are not there at all, so that who gets to them has followed a null pointer.
 *
 * x86 orders loads and stores as acquire and release do, and its locked
 * instructions order everything.
 */
#include "jit/x86/quick.h"

#define DST	quick_reg(insn->dst_reg)
#define SRC	quick_reg(insn->src_reg)

/* Memory that is there whenever the verifier lets it be touched. */
static const bool present[REG_TYPE_CNT] = {
	[REG_UNSET]	  = true,	/* one or another of these */
	[REG_MAP_VALUE]	  = true,
	[REG_MAP_KEY]	  = true,
	[REG_STACK]	  = true,
	[REG_PACKET]	  = true,
	[REG_PACKET_META] = true,
	[REG_MEM]	  = true,
};

struct access {
	const struct bpf_insn *insn;
	enum x86_reg base;
	uint32_t size;
	bool store;
};

/* What the base register points to, as the verifier has it. */
static const struct verify_operand *base_of(const struct quick *q,
					    const struct bpf_insn *insn)
{
	const struct verify_fact *fact = quick_fact(q, quick_slot(q, insn));

	return insn_base_is_dst(insn) ? &fact->dst : &fact->src;
}

/* rdi = the end of the access. */
static void put_end(struct quick *q, const struct access *acc)
{
	x86_rm(&q->code, X86_LEA, true, QUICK_T0,
	       x86_at(acc->base, acc->insn->off + (int32_t)acc->size));
}

/* Readies an access to memory; false when it can only fail. */
static bool check(struct quick *q, const struct access *acc)
{
	enum run_stop stop = acc->store ? RUN_FAULT_STORE : RUN_FAULT_LOAD;
	uint8_t type = base_of(q, acc->insn)->type;
	uint32_t slot = quick_slot(q, acc->insn);

	if (present[type])
		return true;
	put_end(q, acc);
	if (type != REG_CTX) {
		quick_trap_at(q, x86_jmp(&q->code), slot, stop, acc->size);
		return false;
	}
	x86_rm(&q->code, X86_CMP_MEM, true, QUICK_T0, QUICK_MEMBER(ctx_end));
	quick_trap_at(q, x86_jcc(&q->code, X86_A), slot, stop, acc->size);
	return true;
}

/* ---- loads and stores of memory ---- */

static void load(struct quick *q, enum x86_reg dst, struct x86_mem mem,
		 uint32_t size, bool sign)
{
	switch (size) {
	case 1:
		x86_rm(&q->code, sign ? X86_MOVSX8 : X86_MOVZX8, sign, dst,
		       mem);
		return;
	case 2:
		x86_rm(&q->code, sign ? X86_MOVSX16 : X86_MOVZX16, sign, dst,
		       mem);
		return;
	case 4:
		x86_rm(&q->code, sign ? X86_MOVSXD : X86_LOAD, sign, dst, mem);
		return;
	default:
		x86_rm(&q->code, X86_LOAD, true, dst, mem);
		return;
	}
}

static void store(struct quick *q, enum x86_reg src, struct x86_mem mem,
		  uint32_t size)
{
	x86_rm(&q->code, size == 1 ? X86_MOV8 : size == 2 ? X86_MOV16 :
	       X86_MOV, size == 8, src, mem);
}

static void store_number(struct quick *q, int32_t value, struct x86_mem mem,
			 uint32_t size)
{
	x86_mi(&q->code, size == 1 ? X86_MOV8_I : size == 2 ? X86_MOV16_I :
	       X86_MOV_I, size == 8, mem, value);
}

/* ---- fields of a context ---- */

static bool has_fields(const struct quick *q, const struct bpf_insn *insn)
{
	return !q->layout->memory && base_of(q, insn)->type == REG_CTX;
}

/*
 * The field that the access falls into and its offset in the UAPI struct;
 * NULL when that is not known, which the verifier does not let pass.
 */
static const struct ctx_field *field_of(struct quick *q,
					const struct bpf_insn *insn,
					uint32_t size, uint32_t *off)
{
	const struct scalar *num = &base_of(q, insn)->num;
	const struct ctx_field *field = NULL;

	*off = (uint32_t)(num->bits.value + (uint64_t)(int64_t)insn->off);
	if (scalar_is_const(num))
		field = ctx_field_at(q->layout, *off, size);
	if (!field)
		q->refused = true;
	return field;
}

/* Where the field is: the base may be off from the context's start. */
static struct x86_mem native_at(const struct quick *q,
				const struct bpf_insn *insn, uint32_t off)
{
	int32_t past = (int32_t)base_of(q, insn)->num.bits.value;

	return x86_at(quick_reg(insn_base_is_dst(insn) ? insn->dst_reg :
				insn->src_reg), (int32_t)off - past);
}

/* Bytes of the field that are not there natively are zero. */
static void load_field(struct quick *q, const struct bpf_insn *insn,
		       const struct quick_rule *rule)
{
	uint32_t off, at, size = rule->size;
	const struct ctx_field *field = field_of(q, insn, size, &off);
	bool sign = rule->sign;

	if (!field)
		return;
	at = off - field->off;
	if (ctx_is_pointer(field)) {
		at = 0;
		size = 8;
	} else if (field->kind != CTX_BYTES && size < 8 &&
		   at >= field->native_size) {
		x86_number(&q->code, DST, 0);
		return;
	} else if (field->kind != CTX_BYTES &&
		   size > field->native_size - at) {
		size = field->native_size - at;
		sign = false;
	}
	load(q, DST, native_at(q, insn, field->native_off + at), size, sign);
}

/*
 * A field takes what fits into it; a queue none of 65535 and above, of the
 * whole register.
 */
static void store_field(struct quick *q, const struct bpf_insn *insn,
			const struct quick_rule *rule)
{
	uint32_t off, size = rule->size, skip = 0;
	const struct ctx_field *field = field_of(q, insn, size, &off);
	bool by_reg = BPF_CLASS(insn->code) == BPF_STX;
	struct x86_mem mem;

	if (!field)
		return;
	if (field->kind == CTX_BYTES) {
		mem = native_at(q, insn, field->native_off + off - field->off);
	} else {
		mem = native_at(q, insn, field->native_off);
		size = field->native_size;
	}
	if (field->kind == CTX_QUEUE && by_reg) {
		x86_ri(&q->code, X86_CMP_I, true, SRC, UINT16_MAX);
		skip = x86_jcc_short(&q->code, X86_AE);
	}
	if (by_reg)
		store(q, SRC, mem, size);
	else if (field->kind != CTX_QUEUE ||
		 (uint64_t)(int64_t)insn->imm < UINT16_MAX)
		store_number(q, insn->imm, mem, size);
	if (skip)
		x86_bind_short(&q->code, skip);
}

/* ---- instructions ---- */

QUICK_EMIT(load)
{
	struct access acc = { insn, SRC, rule->size, false };

	if (has_fields(q, insn))
		load_field(q, insn, rule);
	else if (check(q, &acc))
		load(q, DST, x86_at(SRC, insn->off), rule->size, rule->sign);
}

QUICK_EMIT(store_reg)
{
	struct access acc = { insn, DST, rule->size, true };

	if (has_fields(q, insn))
		store_field(q, insn, rule);
	else if (check(q, &acc))
		store(q, SRC, x86_at(DST, insn->off), rule->size);
}

QUICK_EMIT(store_imm)
{
	struct access acc = { insn, DST, rule->size, true };

	if (has_fields(q, insn))
		store_field(q, insn, rule);
	else if (check(q, &acc))
		store_number(q, insn->imm, x86_at(DST, insn->off),
			     rule->size);
}

/* One locked instruction, which leaves the old value in src, if at all. */
QUICK_EMIT(atomic)
{
	struct access acc = { insn, DST, rule->wide ? 8 : 4, true };

	if (!check(q, &acc))
		return;
	if (rule->op != X86_XCHG)
		x86_lock(&q->code);
	x86_rm(&q->code, rule->op, rule->wide, SRC, x86_at(DST, insn->off));
}

/* A compared word that was equal leaves the upper half of rax alone. */
QUICK_EMIT(cmpxchg)
{
	struct access acc = { insn, DST, rule->wide ? 8 : 4, true };

	if (!check(q, &acc))
		return;
	x86_lock(&q->code);
	x86_rm(&q->code, X86_CMPXCHG, rule->wide, SRC, x86_at(DST, insn->off));
	if (!rule->wide)
		x86_rr(&q->code, X86_MOV, false, X86_RAX, X86_RAX);
}

/*
 * The old value of what the machine does not fetch: again and again until no
 * one came between. rax is the machine's choice for the old value; what r0
 * holds waits in r10.
 *
 *	again:	r11 = rax; r11 op= src; if ([rdi] == rax) [rdi] = r11
 */
QUICK_EMIT(fetch_loop)
{
	struct access acc = { insn, DST, rule->wide ? 8 : 4, true };
	enum x86_reg src = SRC, with = src == X86_RAX ? QUICK_T1 : src;
	struct x86_mem mem = x86_at(QUICK_T0, insn->off);
	uint32_t again;

	if (!check(q, &acc))
		return;
	x86_rr(&q->code, X86_MOV, true, QUICK_T0, DST);
	x86_rr(&q->code, X86_MOV, true, QUICK_T1, X86_RAX);
	x86_rm(&q->code, X86_LOAD, rule->wide, X86_RAX, mem);
	again = q->code.len;
	x86_rr(&q->code, X86_MOV, true, QUICK_T2, X86_RAX);
	x86_rr(&q->code, rule->op, rule->wide, QUICK_T2, with);
	x86_lock(&q->code);
	x86_rm(&q->code, X86_CMPXCHG, rule->wide, QUICK_T2, mem);
	x86_jcc_to(&q->code, X86_NE, again);
	x86_rr(&q->code, X86_MOV, rule->wide, src, X86_RAX);
	if (src != X86_RAX)
		x86_rr(&q->code, X86_MOV, true, X86_RAX, QUICK_T1);
}
