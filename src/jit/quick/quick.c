/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one pass over a program, for any machine:
 *
 *	functions	where they begin, which slots are jumped to
 *	pass		function by function: scan, prologue, instructions
 *	traps		the ends of runs that end badly
 *	place		code memory, near our own code; calls and jumps bound
 *
 * Code that counts adds the length of a block to run->insns where the block
 * begins. Machines whose short branches do not reach from one end of a program
 * to the other get a second pass with long ones.
 */
#include "jit/quick/quick.h"

#include <errno.h>

uint32_t quick_target(const struct quick *q, const struct bpf_insn *insn)
{
	int64_t distance = 0;

	insn_target(insn, &distance);
	return (uint32_t)(quick_slot(q, insn) + 1 + distance);
}

bool quick_is_backward(const struct quick *q, const struct bpf_insn *insn)
{
	return quick_target(q, insn) <= quick_slot(q, insn);
}

void quick_jump_to(struct quick *q, uint32_t branch, uint32_t slot,
		   bool function)
{
	struct quick_jump *jump = vec_push(&q->jumps);

	if (jump)
		*jump = (struct quick_jump){ branch, slot, function };
	else
		q->failed = true;
}

void quick_call_to(struct quick *q, uint32_t branch, uint64_t target)
{
	struct jit_call *call = vec_push(&q->calls);

	if (call)
		*call = (struct jit_call){ branch, target };
	else
		q->failed = true;
}

void quick_trap_at(struct quick *q, uint32_t branch, uint32_t slot,
		   enum run_stop stop, uint32_t size)
{
	struct quick_trap *trap = vec_push(&q->traps);

	if (trap)
		*trap = (struct quick_trap){ branch, slot, stop, size };
	else
		q->failed = true;
}

void quick_bind(struct quick *q, uint32_t branch, uint32_t target)
{
	if (!q->code.failed && !q->machine->bind(&q->code, branch, target))
		q->unreached = true;
}

/* ---- blocks ---- */

/* Does something else run, perhaps, before the instruction behind it? */
static bool ends_block(enum op op)
{
	return op_rows[op].off.kind == FIELD_JUMP || op == OP_JA32 ||
	       op == OP_CALL_HELPER || op == OP_CALL_LOCAL || op == OP_EXIT ||
	       (op >= OP_LD_ABS8 && op <= OP_LD_IND32);
}

static uint32_t block_len(const struct quick *q, uint32_t slot)
{
	uint32_t cnt = 0;
	enum op op;

	do {
		op = q->ops[slot];
		slot += op_slots(op);
		cnt++;
	} while (!ends_block(op) && slot < q->func.end && !q->marks[slot]);
	return cnt;
}

/* ---- the pass ---- */

static void audit(struct quick *q, uint32_t slot)
{
	struct jit_audited list[JIT_AUDITED_MAX];
	uint32_t cnt = jit_audited(q->prog, q->facts, slot, list);

	for (uint32_t i = 0; i < cnt; i++)
		q->machine->audit(q, slot, &list[i]);
}

static void translate(struct quick *q, uint32_t slot)
{
	const struct quick_rule *rule = &quick_rules[q->ops[slot]];

	if (q->audit)
		audit(q, slot);
	if (rule->kind == QUICK_NONE)
		q->refused = true;
	else
		q->machine->emit[rule->kind](q, &q->prog->insns[slot], rule);
}

static void translate_function(struct quick *q, uint32_t start)
{
	bool block = true;

	quick_scan_function(q, start);
	q->func_at[start] = q->code.len;
	q->machine->prologue(q);
	for (uint32_t slot = start; slot < q->func.end && !q->refused;
	     slot += op_slots(q->ops[slot])) {
		q->at[slot] = q->code.len;
		if (q->counts && (block || q->marks[slot]))
			q->machine->count(q, slot, block_len(q, slot));
		translate(q, slot);
		block = ends_block(q->ops[slot]);
	}
}

static int begin(struct quick *q)
{
	uint32_t cnt = q->prog->insns_cnt;

	q->ops = arena_alloc(&q->arena, cnt);
	q->marks = arena_alloc(&q->arena, cnt);
	q->at = arena_array(&q->arena, cnt, sizeof(*q->at));
	q->func_at = arena_array(&q->arena, cnt, sizeof(*q->func_at));
	if (!q->ops || !q->marks || !q->at || !q->func_at)
		return -ENOMEM;
	for (uint32_t slot = 0; slot < cnt;) {
		enum op op = insn_op(&q->prog->insns[slot]);

		if (op == OP_INVALID)
			return -EOPNOTSUPP;
		q->ops[slot] = (uint8_t)op;
		slot += op_slots(op);
	}
	quick_find_functions(q);
	return 0;
}

/* Slots lie in the code as they do in the program. */
static void note_origins(struct quick *q)
{
	jit_origin_add(&q->origins, 0, JIT_PART_ENTER, 0);
	for (uint32_t slot = 0; slot < q->prog->insns_cnt;
	     slot += op_slots(q->ops[slot])) {
		if (q->marks[slot] & QUICK_FUNC)
			jit_origin_add(&q->origins, q->func_at[slot],
				       JIT_PART_FUNC, slot);
		jit_origin_add(&q->origins, q->at[slot], JIT_PART_INSN, slot);
	}
	if (q->traps.len)
		jit_origin_add(&q->origins, q->code.len, JIT_PART_LEAVE, 0);
}

static int translate_all(struct quick *q)
{
	q->machine->enter(q);
	for (uint32_t slot = 0; slot < q->prog->insns_cnt && !q->refused;
	     slot = q->func.end)
		translate_function(q, slot);
	if (q->refused)
		return -EOPNOTSUPP;
	note_origins(q);
	if (q->traps.len)
		q->machine->traps(q);
	for (size_t i = 0; i < q->jumps.len; i++) {
		const struct quick_jump *jump = &q->jumps.data[i];

		quick_bind(q, jump->branch, jump->function ?
			   q->func_at[jump->slot] : q->at[jump->slot]);
	}
	return q->failed || q->code.failed || q->origins.failed ? -ENOMEM : 0;
}

/* Anew, with branches of any distance, when short ones do not do. */
static int translate_far(struct quick *q)
{
	q->far = true;
	q->unreached = false;
	q->code.len = 0;
	q->jumps.len = q->calls.len = q->traps.len = 0;
	q->origins.rows.len = q->origins.depths.len = 0;
	return translate_all(q);
}

static int place(struct quick *q, struct jit_code *out)
{
	int err = jit_place(q->machine->linker, &q->code, q->calls.data,
			    q->calls.len, out);

	if (err)
		return err;
	if (out->size > q->code.len)
		jit_origin_add(&q->origins, q->code.len, JIT_PART_FAR, 0);
	out->origins = q->origins;
	q->origins = (struct jit_origins){ 0 };
	out->entry = (uintptr_t)out->mem.base + q->func_at[0];
	out->memory = q->layout->memory;
	out->counts = q->counts;
	return 0;
}

int quick_compile(const struct quick_machine *machine, uint32_t features,
		  const struct prog *prog, const struct jit_options *options,
		  struct jit_code *out)
{
	struct quick q = {
		.machine = machine, .features = features,
		.prog = prog, .facts = options->facts,
		.layout = ctx_layout(prog->type),
		.counts = options->counts, .audit = options->audit,
	};
	int err;

	if (!q.facts || !q.layout || q.layout->no_native || q.layout->by_btf)
		return -EOPNOTSUPP;
	arena_init(&q.arena);
	err = begin(&q);
	if (!err)
		err = translate_all(&q);
	if (!err && q.unreached)
		err = translate_far(&q);
	if (!err && q.unreached)
		err = -EOPNOTSUPP;
	if (!err)
		err = place(&q, out);
	vec_free(&q.jumps);
	vec_free(&q.calls);
	vec_free(&q.traps);
	jit_origins_fini(&q.origins);
	jit_buf_fini(&q.code);
	arena_fini(&q.arena);
	return err;
}
