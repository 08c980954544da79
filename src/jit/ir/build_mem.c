/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads, stores, atomics. The verifier's word on the base register says which
 * region is meant. Three kinds are not just made: fields of a context lie
 * elsewhere natively, by the rows of prog/ctx.h; a context that is plain
 * memory is as long as the run says (LIMIT); and kernel objects are not there
 * at all, so that who gets to them has followed a null pointer (FAULT).
 */
#include "jit/ir/build.h"

#include "prog/ctx.h"
#include "verify/state/state.h"

/* Where pointers of each type lead, and whether anything is there. */
static const struct {
	bool there;
	uint8_t region;
} pointers[REG_TYPE_CNT] = {
	[REG_UNSET]	  = { true, IR_REGION_ANY },	/* one or another */
	[REG_CTX]	  = { true, IR_REGION_CTX },
	[REG_MAP_VALUE]	  = { true, IR_REGION_VALUE },
	[REG_MAP_KEY]	  = { true, IR_REGION_MEM },
	[REG_STACK]	  = { true, IR_REGION_STACK },
	[REG_PACKET]	  = { true, IR_REGION_PACKET },
	[REG_PACKET_META] = { true, IR_REGION_PACKET },
	[REG_MEM]	  = { true, IR_REGION_ANY },	/* whatever a helper
							 * gave, or takes */
};

static const struct verify_operand *base_of(const struct build *b)
{
	const struct verify_fact *fact = build_fact(b);

	return insn_base_is_dst(b->insn) ? &fact->dst : &fact->src;
}

static ir_ref base_value(struct build *b)
{
	return build_read(b, insn_base_is_dst(b->insn) ? b->insn->dst_reg :
							 b->insn->src_reg);
}

/* Fills in the address; false when the access can only fail. */
static bool reach(struct build *b, struct ir_insn *access, bool store)
{
	const struct verify_operand *base = base_of(b);

	access->args[0] = base_value(b);
	access->imm = b->insn->off;
	access->region = pointers[base->type].region;
	access->map = base->known_map ? base->map : UINT32_MAX;
	if (!pointers[base->type].there) {
		build_add(b, &(struct ir_insn){
			.op = IR_FAULT, .size = access->size, .sign = store,
			.imm = access->imm, .args = { access->args[0] } });
		b->cur = IR_NOWHERE;
		return false;
	}
	if (base->type == REG_CTX)
		build_add(b, &(struct ir_insn){
			.op = IR_LIMIT, .size = access->size, .sign = store,
			.imm = access->imm, .args = { access->args[0] } });
	return true;
}

/* ---- fields of a context ---- */

static bool has_fields(const struct build *b)
{
	return !b->layout->memory && base_of(b)->type == REG_CTX;
}

/*
 * The field that the access falls into and its offset in the UAPI struct;
 * NULL when that is not known, which the verifier does not let pass.
 */
static const struct ctx_field *field_of(struct build *b, uint32_t size,
					uint32_t *off)
{
	const struct scalar *num = &base_of(b)->num;
	const struct ctx_field *field = NULL;

	*off = (uint32_t)(num->bits.value + (uint64_t)(int64_t)b->insn->off);
	if (scalar_is_const(num))
		field = ctx_field_at(b->layout, *off, size);
	if (!field)
		b->refused = true;
	return field;
}

/* The native offset, from where the base points to. */
static int64_t native_off(const struct build *b, uint32_t off)
{
	return (int64_t)off - (int64_t)base_of(b)->num.bits.value;
}

/* Bytes of the field that are not there natively are zero. */
static void load_field(struct build *b, const struct build_rule *rule)
{
	struct ir_insn load = { .op = IR_LOAD, .size = rule->size,
				.sign = rule->sign, .region = IR_REGION_CTX };
	const struct ctx_field *field;
	uint32_t off, at;

	field = field_of(b, rule->size, &off);
	if (!field)
		return;
	at = off - field->off;
	if (ctx_is_pointer(field)) {
		at = 0;
		load.size = 8;
	} else if (field->kind != CTX_BYTES && rule->size < 8 &&
		   at >= field->native_size) {
		build_write(b, b->insn->dst_reg, ir_const(b->f, 0));
		return;
	} else if (field->kind != CTX_BYTES &&
		   rule->size > field->native_size - at) {
		load.size = (uint8_t)(field->native_size - at);
		load.sign = false;
	}
	load.imm = native_off(b, field->native_off + at);
	load.args[0] = base_value(b);
	build_write(b, b->insn->dst_reg, build_add(b, &load));
}

/*
 * A queue takes none of 65535 and above, of the whole register: the store has
 * a block of its own.
 */
static void store_queue(struct build *b, const struct ir_insn *store)
{
	ir_block_id from = b->cur, set = build_inner_block(b, from);
	ir_block_id on = build_inner_block(b, from);
	ir_ref limit = ir_const(b->f, UINT16_MAX);

	if (b->f->failed)
		return;
	build_branch(b, &(struct ir_insn){
		.op = IR_BRANCH, .wide = true, .cond = IR_ULT,
		.args = { store->args[1], limit } }, set, on);
	b->cur = set;
	build_add(b, store);
	build_goto(b, on);
	b->cur = on;
}

static void store_field(struct build *b, const struct build_rule *rule,
			ir_ref value)
{
	struct ir_insn store = { .op = IR_STORE, .size = rule->size,
				 .region = IR_REGION_CTX };
	const struct ctx_field *field;
	uint32_t off;

	field = field_of(b, rule->size, &off);
	if (!field)
		return;
	store.imm = native_off(b, field->native_off);
	if (field->kind == CTX_BYTES)
		store.imm += off - field->off;
	else
		store.size = (uint8_t)field->native_size;
	store.args[0] = base_value(b);
	store.args[1] = value;
	if (field->kind == CTX_QUEUE)
		store_queue(b, &store);
	else
		build_add(b, &store);
}

/* ---- instructions; `wide` of loads and stores: they are ordered ---- */

BUILD_MAKE(load)
{
	struct ir_insn load = { .op = IR_LOAD, .size = rule->size,
				.sign = rule->sign, .ordered = rule->wide };

	if (has_fields(b))
		load_field(b, rule);
	else if (reach(b, &load, false))
		build_write(b, b->insn->dst_reg, build_add(b, &load));
}

BUILD_MAKE(store)
{
	struct ir_insn store = { .op = IR_STORE, .size = rule->size,
				 .ordered = rule->wide };
	ir_ref value = rule->imm ?
		ir_const(b->f, (uint64_t)(int64_t)b->insn->imm) :
		build_read(b, b->insn->src_reg);

	if (has_fields(b)) {
		store_field(b, rule, value);
	} else if (reach(b, &store, true)) {
		store.args[1] = value;
		build_add(b, &store);
	}
}

BUILD_MAKE(atomic)
{
	struct ir_insn atomic = { .op = IR_ATOMIC, .wide = rule->wide,
				  .size = rule->size, .cond = rule->op };
	ir_ref value = build_read(b, b->insn->src_reg), old;

	if (!reach(b, &atomic, true))
		return;
	atomic.args[1] = value;
	old = build_add(b, &atomic);
	if (rule->op & IR_ATOMIC_FETCH)
		build_write(b, b->insn->src_reg, old);
}

BUILD_MAKE(cmpxchg)
{
	struct ir_insn swap = { .op = IR_CMPXCHG, .wide = rule->wide,
				.size = rule->size };
	ir_ref value = build_read(b, b->insn->src_reg);
	ir_ref expected = build_read(b, BPF_REG_0);

	if (!reach(b, &swap, true))
		return;
	swap.args[1] = value;
	swap.args[2] = expected;
	build_write(b, BPF_REG_0, build_add(b, &swap));
}
