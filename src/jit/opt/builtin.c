/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lookups whose map is known are built in:
 *
 *	ARRAY		an index, a bound, an address; an index that is known
 *			is an address at once
 *	PERCPU_ARRAY	the same, in the part of the run's CPU
 *	hash types	a function that takes the key in registers; what is
 *			stored into the key's bytes just before goes nowhere
 *
 * Loads from values that never change again are what they give.
 */
#include "jit/opt/opt.h"

#include <string.h>

#include "helper/helper.h"
#include "jit/code.h"
#include "map/hash.h"
#include "map/map.h"

struct place {
	struct ir_func *f;
	ir_ref before;		/* what is added comes before it */
	uint32_t slot;
};

static ir_ref put(struct place *at, const struct ir_insn *insn)
{
	struct ir_insn copy = *insn;

	copy.slot = at->slot;
	return ir_insert(at->f, at->before, &copy);
}

static const struct map *map_at(const struct ir_func *f, ir_ref ref,
				uint32_t *index)
{
	const struct ir_insn *insn = ir_at(f, ref);
	const struct prog *prog = f->prog;

	if (insn->op != IR_CONST)
		return NULL;
	for (*index = 0; *index < prog->maps_cnt; ++*index)
		if (prog->maps[*index] && (uintptr_t)prog->maps[*index] ==
					  (uint64_t)insn->imm)
			return prog->maps[*index];
	return NULL;
}

static ir_ref key_word(struct place *at, ir_ref key, uint32_t off,
		       uint32_t size)
{
	return put(at, &(struct ir_insn){
		.op = IR_LOAD, .size = (uint8_t)size, .imm = off,
		.args = { key } });
}

/* ---- arrays ---- */

/* What a run of this thread has in struct run. */
static ir_ref run_field(struct place *at, size_t off, uint32_t size)
{
	ir_ref thread = ir_float(at->f, IR_THREAD, 0), run;

	run = put(at, &(struct ir_insn){
		.op = IR_LOAD, .size = 8, .region = IR_REGION_RUN,
		.imm = offsetof(struct jit_thread, run),
		.args = { thread } });
	return put(at, &(struct ir_insn){
		.op = IR_LOAD, .size = (uint8_t)size,
		.region = IR_REGION_RUN, .imm = (int64_t)off,
		.args = { run } });
}

static ir_ref scaled(struct place *at, ir_ref index, uint64_t by)
{
	ir_ref factor = ir_const(at->f, by);

	return put(at, &(struct ir_insn){
		.op = IR_MUL, .wide = true, .args = { index, factor } });
}

static ir_ref added(struct place *at, ir_ref a, ir_ref b)
{
	return put(at, &(struct ir_insn){
		.op = IR_ADD, .wide = true, .sure = true, .args = { a, b } });
}

static ir_ref first_value(struct place *at, const struct map *map)
{
	ir_ref base = ir_const(at->f, (uintptr_t)map->region.base), cpu;

	if (map->def.type == MAP_TYPE_ARRAY)
		return base;
	cpu = run_field(at, offsetof(struct run, cpu), 4);
	cpu = scaled(at, cpu, (uint64_t)map->def.max_entries *
			      map->value_stride);
	return added(at, cpu, base);
}

/*
 *	if index < max_entries: found = first + index * stride
 *	r0 = phi found, 0
 */
static void array_by_index(struct place *at, const struct map *map,
			   ir_ref call, ir_ref index)
{
	struct ir_func *f = at->f;
	ir_ref most = ir_const(f, map->def.max_entries);
	ir_ref zero = ir_const(f, 0), found, phi;
	ir_block_id from = ir_at(f, call)->block;
	ir_block_id join = ir_split(f, call), hit = ir_new_block(f);

	if (f->failed)
		return;
	ir_branch(f, from, &(struct ir_insn){
		.op = IR_BRANCH, .wide = true, .cond = IR_ULT,
		.slot = at->slot, .args = { index, most } }, hit, join);
	ir_jump(f, hit, join, at->slot);
	at->before = ir_block(f, hit)->last;
	found = scaled(at, index, map->value_stride);
	found = added(at, found, first_value(at, map));
	phi = ir_phi(f, join, 2);
	if (f->failed)
		return;
	ir_at(f, phi)->list[0] = zero;
	ir_at(f, phi)->list[1] = found;
	ir_replace(f, call, phi);
}

static void lookup_array(struct place *at, const struct map *map, ir_ref call)
{
	ir_ref key = ir_at(at->f, call)->list[1], index;

	index = key_word(at, key, 0, 4);
	if (!at->f->failed)
		array_by_index(at, map, call, index);
}

/* ---- hash types ---- */

static void lookup_hash(struct place *at, const struct map *map, ir_ref call)
{
	ir_ref key = ir_at(at->f, call)->list[1];
	uint32_t size = map->def.key_size, cnt = 1;
	map_words_fn fn = map_hash_words(map);
	ir_ref *list = ir_list(at->f, 1 + MAP_KEY_WORDS), found;

	if (!fn || !list)
		return;
	list[0] = ir_const(at->f, (uintptr_t)map->priv);
	for (uint32_t off = 0; off < size; off += 8)
		list[cnt++] = key_word(at, key, off, MIN(size - off, 8u));
	found = put(at, &(struct ir_insn){
		.op = IR_ASK, .imm = (int64_t)(uintptr_t)fn,
		.cnt = cnt, .list = list });
	if (found)
		ir_replace(at->f, call, found);
}

/* ---- calls ---- */

static void (*const lookups[MAP_TYPE_END])(struct place *at,
					   const struct map *map,
					   ir_ref call) = {
	[MAP_TYPE_ARRAY]	= lookup_array,
	[MAP_TYPE_PERCPU_ARRAY]	= lookup_array,
	[MAP_TYPE_HASH]		= lookup_hash,
};

static void build_in(struct ir_func *f, ir_ref call)
{
	struct place at = { f, call, ir_at(f, call)->slot };
	uint32_t index;
	const struct map *map;

	switch (ir_at(f, call)->imm) {
	case HELPER_map_lookup_elem:
		map = map_at(f, ir_at(f, call)->list[0], &index);
		if (map && lookups[map->def.type])
			lookups[map->def.type](&at, map, call);
		return;
	case HELPER_get_smp_processor_id:
		ir_replace(f, call, run_field(&at, offsetof(struct run, cpu),
					      4));
		return;
	default:
		return;
	}
}

void opt_builtin(struct ir_func *f, const struct verify_facts *facts)
{
	ir_ref last = (ir_ref)f->insns.len;

	for (ir_ref ref = 1; ref < last && !f->failed; ref++)
		if (ir_is(f, ref, IR_CALL) &&
		    ir_at(f, ref)->block != IR_NOWHERE)
			build_in(f, ref);
	ir_order(f);
	ir_clean(f);
}
