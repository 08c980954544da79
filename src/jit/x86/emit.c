/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions: what they begin and end with, their blocks and the branches
 * between these, and what register allocation has put between instructions.
 * Blocks that have nothing but a jump are not there: who goes to one goes to
 * where it leads.
 */
#include "jit/x86/emit.h"

static const struct {
	void (*emit)(struct emit *e, const struct mach_insn *insn);
} emitters[] = {
#define INSN(name, text, emitter, ...) { emit_##emitter },
#include "jit/x86/insns.def"
#undef INSN
};

#define READS	X86_INSN_READS
#define ENDS	X86_INSN_ENDS
#define CALLS	X86_INSN_CALLS

const struct x86_insn_row x86_insn_rows[X86_INSNS_END - MACH_OWN] = {
#define INSN(name, text, emitter, flags, reg, mem, imm) \
	{ text, flags, X86_##reg, X86_##mem, X86_##imm },
#include "jit/x86/insns.def"
#undef INSN
};

/* ---- labels and sites ---- */

uint32_t emit_label(struct emit *e)
{
	if (!vec_push(&e->labels)) {
		e->failed = true;
		return 0;
	}
	return (uint32_t)e->labels.len - 1;
}

static struct emit_spot here(const struct emit *e)
{
	return (struct emit_spot){ e->code.len, (uint32_t)e->sites.len };
}

void emit_bind(struct emit *e, uint32_t label)
{
	if (label < e->labels.len)
		e->labels.data[label] = here(e);
}

void emit_branch(struct emit *e, enum emit_site_kind kind, uint8_t detail,
		 uint32_t label)
{
	struct emit_site *site = vec_push(&e->sites);

	if (site)
		*site = (struct emit_site){ .at = e->code.len, .label = label,
					    .kind = (uint8_t)kind,
					    .detail = detail };
	else
		e->failed = true;
}

void emit_part(struct emit *e, enum jit_part part, uint32_t slot)
{
	size_t len = e->origins.len;
	struct emit_origin *row;

	row = len ? &e->origins.data[len - 1] : NULL;
	if (row && row->part == part && row->slot == slot)
		return;
	row = vec_push(&e->origins);
	if (row)
		*row = (struct emit_origin){ here(e), slot, part };
	else
		e->failed = true;
}

static void add_depth(struct emit *e, struct emit_spot spot,
		      struct jit_depth depth)
{
	struct emit_depth_at *row = vec_push(&e->depths);

	if (row)
		*row = (struct emit_depth_at){ spot, depth };
	else
		e->failed = true;
}

void emit_pushed(struct emit *e, uint32_t bytes, uint32_t reg)
{
	add_depth(e, here(e), (struct jit_depth){ 0, bytes, reg });
}

void emit_door(struct emit *e, struct jit_origins *told)
{
	for (size_t i = 0; i < told->depths.len; i++) {
		const struct jit_depth *depth = &told->depths.data[i];

		add_depth(e, (struct emit_spot){ depth->at,
						 (uint32_t)e->sites.len },
			  *depth);
	}
	e->failed |= told->failed;
	jit_origins_fini(told);
}

void emit_c(struct emit *e, uint64_t target)
{
	struct jit_call *call = vec_push(&e->calls);

	if (!call) {
		e->failed = true;
		return;
	}
	call->target = target;
	emit_branch(e, EMIT_C, 0, (uint32_t)e->calls.len - 1);
}

/* ---- operands ---- */

struct x86_mem emit_mem(const struct emit *e, const struct mach_insn *insn,
			uint32_t index)
{
	struct x86_mem mem = { .base = X86_NO_REG, .disp = insn->disp,
			       .scale = insn->scale };

	switch (x86_base_of(insn)) {
	case X86_BASE_VALUE:
		mem.base = emit_reg(e, insn, index++);
		break;
	case X86_BASE_FRAME:
		mem.base = X86_RBP;
		break;
	case X86_BASE_THREAD:
		mem.base = EMIT_THREAD;
		break;
	case X86_BASE_NONE:
		break;
	}
	if (mem.scale)
		mem.index = emit_reg(e, insn, index);
	return mem;
}

/* ---- moves of allocation ---- */

static bool same_place(struct mach_place a, struct mach_place b)
{
	return a.reg == b.reg && (a.reg != MACH_NO_REG || a.slot == b.slot);
}

static void move(struct emit *e, const struct mach_insn *insn)
{
	struct mach_place to = emit_place(e, insn, 0);
	struct mach_place from = emit_place(e, insn, 1);

	if (same_place(to, from))
		return;
	if (to.reg == MACH_NO_REG)
		x86_rm(&e->code, X86_MOV, true, (enum x86_reg)from.reg,
		       emit_slot(to));
	else if (from.reg == MACH_NO_REG)
		x86_rm(&e->code, X86_LOAD, true, (enum x86_reg)to.reg,
		       emit_slot(from));
	else
		x86_rr(&e->code, X86_MOV, true, (enum x86_reg)to.reg,
		       (enum x86_reg)from.reg);
}

/* Will somebody look at the flags that are there? */
static bool flags_live(const struct emit *e, const struct mach_insn *insn)
{
	const struct mach_block *blk = &e->m->blocks.data[e->block];
	const struct mach_insn *end =
		&e->m->insns.data[blk->first + blk->cnt];

	while (++insn < end)
		if (insn->op >= MACH_OWN)
			return x86_insn_row(insn->op)->flags & READS;
	return false;
}

static void make(struct emit *e, const struct mach_insn *insn)
{
	const struct mach_operand *op = &e->m->operands.data[insn->operands];
	const struct mach_value_info *info = &e->m->values.data[op->value];
	enum x86_reg dst = emit_reg(e, insn, 0);

	switch ((enum mach_make)info->make) {
	case MACH_NUMBER:
		if (flags_live(e, insn))
			x86_number_plain(&e->code, dst, (uint64_t)info->number);
		else
			x86_number(&e->code, dst, (uint64_t)info->number);
		return;
	case MACH_ADDRESS:
		x86_rm(&e->code, X86_LEA, true, dst,
		       x86_at(X86_RBP, (int32_t)info->number));
		return;
	case MACH_CODE:
		assert(info->number < e->funcs_cnt);
		emit_branch(e, EMIT_LEA, (uint8_t)dst,
			    e->func_labels[info->number]);
		return;
	case MACH_KEEP:
		break;
	}
	assert(!"a value that is kept is not made");
}

/* What allocation has put in is of the instruction that it is there for. */
static uint32_t slot_of(const struct emit *e, const struct mach_insn *insn)
{
	const struct mach_block *blk = &e->m->blocks.data[e->block];
	const struct mach_insn *last =
		&e->m->insns.data[blk->first + blk->cnt - 1];

	while (insn->op < MACH_OWN && insn < last)
		insn++;
	return insn->slot;
}

static void emit_insn(struct emit *e, const struct mach_insn *insn)
{
	emit_part(e, JIT_PART_INSN, slot_of(e, insn));
	switch (insn->op) {
	case MACH_MOVE:
		move(e, insn);
		return;
	case MACH_MAKE:
		make(e, insn);
		return;
	case MACH_SWAP:
		x86_rr(&e->code, X86_XCHG, true, emit_reg(e, insn, 0),
		       emit_reg(e, insn, 1));
		return;
	default:
		emitters[insn->op - MACH_OWN].emit(e, insn);
		return;
	}
}

/* ---- blocks ---- */

/* Nothing but a jump? Moves to where a value is already are nothing. */
static bool is_empty(const struct emit *e, uint32_t block)
{
	const struct mach_block *blk = &e->m->blocks.data[block];

	for (uint32_t i = 0; i < blk->cnt; i++) {
		const struct mach_insn *insn =
			&e->m->insns.data[blk->first + i];

		if (insn->op == X86_INSN_JMP)
			continue;
		if (insn->op != MACH_MOVE ||
		    !same_place(emit_place(e, insn, 0),
				emit_place(e, insn, 1)))
			return false;
	}
	return block && blk->succs[0] != block;
}

/* Where a branch to the block ends up; endless rings stay where they are. */
static uint32_t leads_to(const struct emit *e, uint32_t block)
{
	uint32_t left = (uint32_t)e->m->blocks.len;

	while (is_empty(e, block) && left--)
		block = e->m->blocks.data[block].succs[0];
	return block;
}

static void jump_to(struct emit *e, uint32_t block)
{
	if (block != e->next)
		emit_branch(e, EMIT_JMP, 0, e->blocks + block);
}

EMIT(jmp)
{
	jump_to(e, leads_to(e, e->m->blocks.data[e->block].succs[0]));
}

static bool is_hotter(const struct emit *e, uint32_t a, uint32_t b)
{
	const struct mach_block *blocks = e->m->blocks.data;

	return blocks[a].seldom != blocks[b].seldom ? blocks[b].seldom :
	       blocks[a].depth > blocks[b].depth;
}

EMIT(jcc)
{
	const struct mach_block *blk = &e->m->blocks.data[e->block];
	uint32_t then = leads_to(e, blk->succs[0]);
	uint32_t otherwise = leads_to(e, blk->succs[1]);

	if (then == otherwise) {
		jump_to(e, then);
	} else if (then == e->next || (otherwise != e->next &&
				       is_hotter(e, otherwise, then))) {
		emit_branch(e, EMIT_JCC, insn->cond ^ 1,
			    e->blocks + otherwise);
		jump_to(e, then);
	} else {
		emit_branch(e, EMIT_JCC, insn->cond, e->blocks + then);
		jump_to(e, otherwise);
	}
}

EMIT(nothing)
{
}

/* Blocks in a ring of empty ones are there, if anybody leads into it. */
static bool is_there(const struct emit *e, uint32_t block)
{
	return !is_empty(e, block) || leads_to(e, block) == block;
}

static uint32_t next_there(const struct emit *e, uint32_t block)
{
	uint32_t cnt = (uint32_t)e->m->blocks.len;

	do
		block++;
	while (block < cnt && !is_there(e, block));
	return block;
}

static void emit_block(struct emit *e, uint32_t block)
{
	const struct mach_block *blk = &e->m->blocks.data[block];

	e->block = block;
	e->next = next_there(e, block);
	emit_bind(e, e->blocks + block);
	for (uint32_t i = 0; i < blk->cnt; i++)
		emit_insn(e, &e->m->insns.data[blk->first + i]);
}

/* ---- beginnings and ends ---- */

static const uint8_t kept[] = {
	X86_RBX, X86_RBP, X86_R13, X86_R14, X86_R15,
};

static bool has_flag(const struct mach_func *m, uint8_t flag)
{
	for (size_t i = 0; i < m->insns.len; i++)
		if (m->insns.data[i].op >= MACH_OWN &&
		    x86_insn_row(m->insns.data[i].op)->flags & flag)
			return true;
	return false;
}

static bool has_tail_call(const struct mach_func *m)
{
	for (size_t i = 0; i < m->insns.len; i++)
		if (m->insns.data[i].op == X86_INSN_TAIL)
			return true;
	return false;
}

static bool names_thread(const struct mach_func *m)
{
	for (size_t i = 0; i < m->insns.len; i++)
		if (m->insns.data[i].op == X86_INSN_THREAD ||
		    (m->insns.data[i].op >= MACH_OWN &&
		     x86_base_of(&m->insns.data[i]) == X86_BASE_THREAD))
			return true;
	return false;
}

/* What calls C or other functions needs the thread, for these. */
static void find_start(struct emit *e)
{
	const struct mach_func *m = e->m;

	e->start.saved = m->used & X86_KEPT;
	e->start.thread = names_thread(m) || has_flag(m, CALLS);
	e->start.frame = !(m->regs & X86_BIT(X86_RBP));
}

/* A program that is called as a tail keeps nothing for who called us. */
static void find_saved(struct emit *e)
{
	const struct mach_func *m = e->m;
	bool tail = has_tail_call(m);

	e->saved = m->used & m->dear;
	if (e->entry) {
		e->saved &= ~X86_KEPT;
		find_start(e);
	}
	if (!e->entry && tail)
		e->saved |= X86_KEPT;
	if (e->entry && tail) {
		e->start.saved |= X86_KEPT | X86_BIT(X86_RBP);
		e->start.frame = e->start.sp = true;
	}
}

/* Slots that anybody reads or writes: the last ones may have gone unused. */
static int32_t used_slots(const struct mach_func *m)
{
	int32_t used = 0;

	for (size_t i = 0; i < m->insns.len; i++)
		for (uint32_t k = 0; k < m->insns.data[i].operands_cnt; k++) {
			struct mach_place place = m->operands.data[
				m->insns.data[i].operands + k].place;

			if (place.reg == MACH_NO_REG)
				used = MAX(used, place.slot + 1);
		}
	return used;
}

static void find_room(struct emit *e)
{
	int32_t saved = 8 * __builtin_popcount(e->saved);

	e->room = used_slots(e->m) * 8;
	if (has_flag(e->m, CALLS) && (8 + saved + e->room) % 16)
		e->room += 8;
}

static uint32_t own_bytes(const struct emit *e)
{
	return 8 + 8 * (uint32_t)__builtin_popcount(e->saved);
}

void emit_left(struct emit *e)
{
	emit_pushed(e, own_bytes(e) + (uint32_t)e->room, JIT_NO_REG);
}

static void begin(struct emit *e)
{
	uint32_t bytes = 8;

	emit_pushed(e, bytes, JIT_NO_REG);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (!(e->saved & X86_BIT(kept[i])))
			continue;
		x86_push(&e->code, kept[i]);
		emit_pushed(e, bytes += 8, kept[i]);
	}
	if (e->room)
		x86_ri(&e->code, X86_SUB_I, true, X86_RSP, e->room);
	emit_left(e);
}

void emit_leave(struct emit *e)
{
	uint32_t bytes = own_bytes(e);

	if (e->room)
		x86_ri(&e->code, X86_ADD_I, true, X86_RSP, e->room);
	emit_pushed(e, bytes, JIT_NO_REG);
	for (size_t i = ARRAY_SIZE(kept); i-- > 0;) {
		if (!(e->saved & X86_BIT(kept[i])))
			continue;
		x86_pop(&e->code, kept[i]);
		emit_pushed(e, bytes -= 8, JIT_NO_REG);
	}
}

EMIT(ret)
{
	emit_leave(e);
	x86_ret(&e->code);
	emit_left(e);
}

void emit_function(struct emit *e, const struct mach_func *m,
		   const struct ir_func *f, uint32_t label)
{
	e->m = m;
	e->entry = f->entry;
	e->blocks = (uint32_t)e->labels.len;
	for (size_t i = 0; i < m->blocks.len; i++)
		emit_label(e);
	find_saved(e);
	find_room(e);
	emit_bind(e, label);
	emit_part(e, JIT_PART_FUNC, f->start);
	begin(e);
	for (uint32_t i = 0; i < m->blocks.len && !e->failed; i++)
		if (is_there(e, i))
			emit_block(e, i);
}

uint32_t emit_start(struct emit *e)
{
	struct x86_start *start = &e->start;
	struct jit_origins told = { 0 };
	uint32_t label;

	start->sp |= e->traps.len > 0;
	start->thread |= start->sp || start->frame;
	start->saved |= (start->thread ? X86_BIT(X86_R12) : 0) |
			(start->frame ? X86_BIT(X86_RBP) : 0);
	if (!start->saved)
		return e->func_labels[0];
	label = emit_label(e);
	emit_bind(e, label);
	emit_part(e, JIT_PART_START, 0);
	x86_start(&e->code, start, &told);
	emit_door(e, &told);
	emit_branch(e, EMIT_CALL, 0, e->func_labels[0]);
	x86_started(&e->code, start, &told);
	emit_door(e, &told);
	return label;
}
