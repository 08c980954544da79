/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between functions: those that nobody calls any more go, and calls hand over
 * what the callee looks at.
 */
#include "jit/opt/opt.h"

/* Calls `visit` for each operand of the function that floats. */
static void each_floating(struct ir_func *f,
			  void (*visit)(void *arg, struct ir_insn *insn),
			  void *arg)
{
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i]) {
			struct ir_insn *insn = ir_at(f, ref);

			for (uint32_t k = 0; k < insn->cnt; k++) {
				struct ir_insn *value =
					ir_at(f, ir_args(insn)[k]);

				if (ir_has(value, IR_F_FLOATS))
					visit(arg, value);
			}
		}
}

/* ---- functions that are called ---- */

struct reach {
	uint32_t *number;	/* of each function: 1 + the new one, 0 none */
	uint32_t *list;		/* in their new order */
	uint32_t cnt;
};

static void reach(struct reach *r, uint32_t index)
{
	if (r->number[index])
		return;
	r->list[r->cnt] = index;
	r->number[index] = ++r->cnt;
}

static void reach_operand(void *arg, struct ir_insn *insn)
{
	if (insn->op == IR_FUNC)
		reach(arg, (uint32_t)insn->imm);
}

static void reach_from(struct reach *r, struct ir_func *f)
{
	each_floating(f, reach_operand, r);
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			if (ir_is(f, ref, IR_LOCAL))
				reach(r, (uint32_t)ir_at(f, ref)->imm);
}

static void renumber(const struct reach *r, struct ir_func *f)
{
	for (ir_ref ref = 1; ref < f->insns.len; ref++) {
		struct ir_insn *insn = ir_at(f, ref);

		if ((insn->op == IR_LOCAL || insn->op == IR_FUNC) &&
		    r->number[insn->imm])
			insn->imm = r->number[insn->imm] - 1;
	}
}

static void keep_reached(struct ir_unit *unit, struct reach *r)
{
	struct ir_func **kept = arena_array(unit->arena, r->cnt,
					    sizeof(*kept));

	if (!kept) {
		unit->funcs.data[0]->failed = true;
		return;
	}
	for (uint32_t i = 0; i < r->cnt; i++) {
		kept[i] = unit->funcs.data[r->list[i]];
		renumber(r, kept[i]);
	}
	for (size_t i = 0; i < unit->funcs.len; i++)
		if (!r->number[i])
			ir_fini(unit->funcs.data[i]);
	unit->funcs.len = r->cnt;
	for (uint32_t i = 0; i < r->cnt; i++)
		unit->funcs.data[i] = kept[i];
}

static void drop_uncalled(struct ir_unit *unit)
{
	size_t cnt = unit->funcs.len;
	struct reach r = {
		.number = arena_array(unit->arena, cnt, sizeof(*r.number)),
		.list = arena_array(unit->arena, cnt, sizeof(*r.list)),
	};

	if (!r.number || !r.list) {
		unit->funcs.data[0]->failed = true;
		return;
	}
	reach(&r, 0);
	for (uint32_t i = 0; i < r.cnt; i++)
		reach_from(&r, unit->funcs.data[r.list[i]]);
	keep_reached(unit, &r);
}

/* ---- what is handed over ---- */

static void count_arg(void *arg, struct ir_insn *insn)
{
	uint32_t *cnt = arg;

	if (insn->op == IR_ARG)
		*cnt = MAX(*cnt, (uint32_t)insn->imm + 1);
}

static uint32_t args_of(struct ir_func *f)
{
	uint32_t cnt = 0;

	each_floating(f, count_arg, &cnt);
	return cnt;
}

static bool trim_calls(struct ir_unit *unit, struct ir_func *f)
{
	bool changed = false;

	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i]) {
			struct ir_insn *call = ir_at(f, ref);
			uint32_t cnt;

			if (call->op != IR_LOCAL)
				continue;
			cnt = args_of(unit->funcs.data[call->imm]);
			changed |= cnt < call->cnt;
			call->cnt = MIN(cnt, call->cnt);
		}
	return changed;
}

void opt_unit(struct ir_unit *unit)
{
	drop_uncalled(unit);
	for (size_t i = 0; i < unit->funcs.len; i++)
		if (trim_calls(unit, unit->funcs.data[i]))
			ir_clean(unit->funcs.data[i]);
}
