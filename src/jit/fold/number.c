/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Equal values made one: pure operations with the same operands, of which one
 * is in a block that dominates the other's. Blocks come in reverse postorder,
 * so whatever dominates has been seen. PHIs are equal in one block only.
 */
#include "jit/fold/fold.h"

#include <string.h>

struct numbers {
	struct ir_func *f;
	ir_ref *heads;		/* by hash */
	ir_ref *next;		/* of those with one hash, by ref */
	uint32_t mask;
};

static uint32_t mix(uint32_t hash, uint32_t value)
{
	return (hash ^ value) * 0x9e3779b1u ^ hash >> 15;
}

/* Operands as they are now; those that may change places in order. */
static void settle(struct ir_func *f, struct ir_insn *insn)
{
	ir_ref *args = ir_args(insn), arg;

	for (uint32_t i = 0; i < insn->cnt; i++)
		args[i] = ir_value(f, args[i]);
	if (!ir_has(insn, IR_F_COMMUTES) || args[0] < args[1] ||
	    ir_is(f, args[1], IR_CONST))
		return;
	arg = args[0];
	args[0] = args[1];
	args[1] = arg;
}

static uint32_t hash_of(struct ir_insn *insn)
{
	uint32_t hash = mix(insn->op, insn->size);

	hash = mix(hash, insn->cond * 2u + insn->wide);
	for (uint32_t i = 0; i < insn->cnt; i++)
		hash = mix(hash, ir_args(insn)[i]);
	return hash ^ hash >> 16;
}

static bool equal(struct ir_insn *a, struct ir_insn *b)
{
	return a->op == b->op && a->wide == b->wide && a->size == b->size &&
	       a->cond == b->cond && a->cnt == b->cnt &&
	       (a->op != IR_PHI || a->block == b->block) &&
	       !memcmp(ir_args(a), ir_args(b), a->cnt * sizeof(ir_ref));
}

static bool number(struct numbers *n, ir_ref ref)
{
	struct ir_func *f = n->f;
	struct ir_insn *insn = ir_at(f, ref);
	uint32_t at;

	if (!ir_has(insn, IR_F_PURE))
		return false;
	settle(f, insn);
	at = hash_of(insn) & n->mask;
	for (ir_ref like = n->heads[at]; like; like = n->next[like])
		if (equal(ir_at(f, like), insn) &&
		    ir_dominates(f, ir_at(f, like)->block, insn->block)) {
			ir_replace(f, ref, like);
			return true;
		}
	n->next[ref] = n->heads[at];
	n->heads[at] = ref;
	return false;
}

bool ir_number(struct ir_func *f)
{
	struct numbers n = { .f = f, .mask = 63 };
	bool any = false;
	ir_ref next;

	while (n.mask < f->insns.len)
		n.mask = n.mask * 2 + 1;
	n.heads = arena_array(f->arena, n.mask + 1, sizeof(*n.heads));
	n.next = arena_array(f->arena, f->insns.len, sizeof(*n.next));
	if (!n.heads || !n.next) {
		f->failed = true;
		return false;
	}
	for (size_t i = 0; i < f->order.len; i++)
		for (ir_ref ref = ir_block(f, f->order.data[i])->first; ref;
		     ref = next) {
			next = ir_at(f, ref)->next;
			any |= number(&n, ref);
		}
	if (any)
		ir_clean(f);
	return any;
}
