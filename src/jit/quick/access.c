/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a load, a store or an atomic reaches. Proven accesses are just made.
 * Three kinds are not: fields of a context lie elsewhere natively, by the rows
 * of prog/ctx.h; a context that is plain memory is as long as the run says;
 * and kernel objects are not there at all, so that who gets to them has
 * followed a null pointer.
 */
#include "jit/quick/quick.h"

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

/* What the base register points to, as the verifier has it. */
static const struct verify_operand *base_of(const struct quick *q,
					    const struct bpf_insn *insn)
{
	const struct verify_fact *fact = quick_fact(q, quick_slot(q, insn));

	return insn_base_is_dst(insn) ? &fact->dst : &fact->src;
}

/* ---- fields of a context ---- */

/*
 * The field that the access falls into and its offset in the UAPI struct;
 * NULL when that is not known, which the verifier does not let pass.
 */
static const struct ctx_field *field_of(const struct quick *q,
					const struct verify_operand *base,
					const struct bpf_insn *insn,
					uint32_t size, uint32_t *off)
{
	*off = (uint32_t)(base->num.bits.value + (uint64_t)(int64_t)insn->off);
	return scalar_is_const(&base->num) ?
	       ctx_field_at(q->layout, *off, size) : NULL;
}

/* Bytes of the field that are not there natively are zero. */
static void load_field(struct quick_access *acc, const struct ctx_field *field,
		       uint32_t at)
{
	acc->off = (int32_t)(field->native_off + at);
	if (field->kind == CTX_BYTES)
		return;
	if (ctx_is_pointer(field)) {
		acc->off = field->native_off;
		acc->size = 8;
	} else if (acc->size < 8 && at >= field->native_size) {
		acc->reach = QUICK_ZERO;
	} else if (acc->size > field->native_size - at) {
		acc->size = field->native_size - at;
		acc->sign = false;
	}
}

/* A field takes what fits into it. */
static void store_field(struct quick_access *acc,
			const struct ctx_field *field, uint32_t at)
{
	acc->off = field->native_off;
	if (field->kind == CTX_BYTES)
		acc->off += (int32_t)at;
	else
		acc->size = field->native_size;
	acc->queue = field->kind == CTX_QUEUE;
}

static void access_field(const struct quick *q, const struct bpf_insn *insn,
			 struct quick_access *acc)
{
	const struct verify_operand *base = base_of(q, insn);
	uint32_t off;
	const struct ctx_field *field = field_of(q, base, insn, acc->size,
						 &off);

	if (!field) {
		acc->reach = QUICK_REFUSED;
		return;
	}
	if (acc->stop == RUN_FAULT_STORE)
		store_field(acc, field, off - field->off);
	else
		load_field(acc, field, off - field->off);
	/* the base may be off from the context's start */
	acc->off -= (int32_t)base->num.bits.value;
}

/* ---- any access ---- */

struct quick_access quick_access(struct quick *q, const struct bpf_insn *insn,
				 const struct quick_rule *rule)
{
	bool by_dst = insn_base_is_dst(insn);
	uint8_t type = base_of(q, insn)->type;
	struct quick_access acc = {
		.reach = QUICK_THERE, .off = insn->off,
		.base = by_dst ? insn->dst_reg : insn->src_reg,
		.size = rule->size, .sign = rule->sign,
		.stop = by_dst ? RUN_FAULT_STORE : RUN_FAULT_LOAD,
	};

	if (type == REG_CTX && !q->layout->memory)
		access_field(q, insn, &acc);
	else if (type == REG_CTX)
		acc.reach = QUICK_LIMITED;
	else if (!present[type])
		acc.reach = QUICK_NEVER;
	q->refused |= acc.reach == QUICK_REFUSED;
	return acc;
}
