/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaks: numbers that live on unnoted behind a cut, followed forwards.
 *
 * A leaked register or slot leaks into what is computed from it, loaded from
 * it, narrowed against it, or linked with what is; through calls into the
 * callee's arguments and back in r0. Where an address cannot be told, any
 * slot of any frame may be meant. To be leaked only ever spreads, so the
 * fixpoint is reached after at most 74 visits of an instruction.
 *
 * Types, maps and ways of branches need none of this: a kept state covers
 * another only when the types are equal (or it never looks at them), and a
 * branch that a number decides made that number precise.
 */
#include "verify/facts/facts_notes.h"

#include <errno.h>
#include <stdlib.h>

#include "isa/insn.h"

#define ALL_SLOTS	UINT64_MAX
#define BIT(reg)	((uint16_t)(1u << (reg)))
#define CALLER_SAVED	0x3f
#define ARGS		0x3e
#define ALL_REGS	0x3ff
#define OWN_REGS	0x3c0		/* r6 to r9 */

struct follow {
	struct verify_env *env;
	struct facts *facts;
	uint64_t *queue;		/* slots to be looked at, as bits */
	uint64_t *words;		/* words of it that are set, as bits */
	uint32_t low;			/* of words; none is set below */
	bool *returns, *rises;		/* per subprogram: r0; its callers */
	bool slots, wild;		/* some slot leaks; any slot may */
};

void facts_leak_reg(struct verify_env *env, uint32_t insn, unsigned int reg)
{
	env->facts->leaks[insn].regs |= BIT(reg);
	env->facts->leaked = true;
}

void facts_leak_slot(struct verify_env *env, uint32_t insn, uint32_t i)
{
	env->facts->leaks[insn].slots |= 1ull << i % FACTS_SLOTS;
	env->facts->leaked = true;
}

/* Linked numbers of the kept state, and what they are in the other. */
struct id_pair {
	uint32_t kept, cut;
	int64_t kept_delta, cut_delta;
};

struct cut {
	struct id_pair pairs[16];
	uint32_t cnt;
};

/* Is `cut` linked with the others of its id as `kept` is? */
static bool links_alike(struct cut *cut, const struct reg *a,
			const struct reg *b)
{
	for (uint32_t i = 0; i < cut->cnt; i++) {
		const struct id_pair *pair = &cut->pairs[i];

		if (pair->kept == a->id)
			return b->id && pair->cut == b->id &&
			       a->delta - pair->kept_delta ==
			       b->delta - pair->cut_delta;
	}
	if (cut->cnt == ARRAY_SIZE(cut->pairs))
		return false;
	cut->pairs[cut->cnt++] = (struct id_pair){
		a->id, b->id, a->delta, b->delta };
	return true;
}

static bool noted(struct cut *cut, const struct reg *kept,
		  const struct reg *reg)
{
	if (kept->type == REG_ARENA)	/* its offset is of no consequence */
		return kept->off == reg->off &&
		       scalar_holds(&kept->num, &reg->num);
	if (kept->type != REG_SCALAR || reg->type != REG_SCALAR)
		return true;
	return scalar_holds(&kept->num, &reg->num) &&
	       (!kept->id || links_alike(cut, kept, reg));
}

/* Bytes that are MISC or unset read as unknown, whatever is there. */
static bool slot_noted(struct cut *cut, const struct slot *kept,
		       const struct slot *slot)
{
	bool spill = false;

	for (int i = 0; i < SLOT_BYTES; i++) {
		if (kept->kind[i] != SLOT_SPILL && kept->kind[i] != SLOT_ZERO)
			continue;
		if (!slot || kept->kind[i] != slot->kind[i])
			return false;
		spill |= kept->kind[i] == SLOT_SPILL;
	}
	return !spill || noted(cut, &kept->reg, &slot->reg);
}

/* Behind a call of a subprogram, r0 to r5 are not what the frame has. */
static void cut_frame(struct verify_env *env, struct cut *cut, uint32_t insn,
		      const struct frame *kept, const struct frame *fr)
{
	bool behind = insn && env->facts->ops[insn - 1] == OP_CALL_LOCAL;
	uint16_t live = env->flow->insns[insn].live &
			(behind && fr != state_frame(env->cur) ? OWN_REGS :
			 ALL_REGS);

	for (unsigned int reg = 0; reg < 10; reg++)
		if (live >> reg & 1 &&
		    !noted(cut, &kept->regs[reg], &fr->regs[reg]))
			facts_leak_reg(env, insn, reg);
	for (uint32_t i = 0; i < kept->slots_cnt; i++)
		if (!slot_noted(cut, &kept->slots[i],
				i < fr->slots_cnt ? &fr->slots[i] : NULL))
			facts_leak_slot(env, insn, i);
}

/* Where frame `depth` goes on: a callback's caller at the call once more. */
static uint32_t resumes_at(const struct state *st, uint32_t depth)
{
	const struct frame *callee;

	if (depth == st->depth)
		return st->insn;
	callee = st->frames[depth + 1];
	return callee->kind == FRAME_CALLBACK ? callee->callsite :
						callee->callsite + 1;
}

void facts_cut_at(struct verify_env *env, const struct state *kept)
{
	const struct state *st = env->cur;
	struct cut cut = { .cnt = 0 };

	for (uint32_t depth = 0; depth <= st->depth; depth++)
		cut_frame(env, &cut, resumes_at(st, depth),
			  kept->frames[depth], st->frames[depth]);
}

static uint32_t words_for(uint32_t bits)
{
	return bits / 64 + 1;
}

static void queue_slot(struct follow *fw, uint32_t slot)
{
	uint32_t word = slot / 64;

	if (!(fw->facts->insns[slot].flags & FACT_REACHED))
		return;
	fw->queue[word] |= 1ull << slot % 64;
	fw->words[word / 64] |= 1ull << word % 64;
	fw->low = MIN(fw->low, word / 64);
}

/* The first of all, so that what comes before a slot is done when it is. */
static bool next_slot(struct follow *fw, uint32_t *slot)
{
	uint32_t end = words_for(words_for(fw->env->prog->insns_cnt)), word;

	while (fw->low < end && !fw->words[fw->low])
		fw->low++;
	if (fw->low == end)
		return false;
	word = fw->low * 64 + (uint32_t)__builtin_ctzll(fw->words[fw->low]);
	*slot = word * 64 + (uint32_t)__builtin_ctzll(fw->queue[word]);
	fw->queue[word] &= fw->queue[word] - 1;
	if (!fw->queue[word])
		fw->words[fw->low] &= fw->words[fw->low] - 1;
	return true;
}

static void queue_leaks(struct follow *fw)
{
	for (uint32_t slot = 0; slot < fw->env->prog->insns_cnt; slot++)
		if (fw->facts->leaks[slot].regs ||
		    fw->facts->leaks[slot].slots)
			queue_slot(fw, slot);
}

/* Loads that may be of the stack. */
static void queue_loads(struct follow *fw)
{
	for (uint32_t slot = 0; slot < fw->env->prog->insns_cnt; slot++) {
		const struct bpf_insn *insn = &fw->env->insns[slot];
		const struct verify_fact *fact = &fw->facts->insns[slot];
		const struct verify_operand *base =
			insn_base_is_dst(insn) ? &fact->dst : &fact->src;
		uint8_t class = BPF_CLASS(insn->code);

		if ((class == BPF_LDX || class == BPF_STX) &&
		    (base->type == REG_STACK || base->type == REG_UNSET))
			queue_slot(fw, slot);
	}
}

static void spread(struct follow *fw, uint32_t to, struct leak leak)
{
	struct leak *at = &fw->facts->leaks[to];

	leak.regs &= (uint16_t)~LEAK_CALLERS;
	if (!(leak.regs & ~at->regs) && !(leak.slots & ~at->slots))
		return;
	at->regs |= leak.regs;
	at->slots |= leak.slots;
	queue_slot(fw, to);
}

/* Loads that cannot tell their slot are looked at again. */
static void raise_flag(struct follow *fw, bool *flag)
{
	if (*flag)
		return;
	*flag = true;
	queue_loads(fw);
}

static uint32_t subprog_at(const struct follow *fw, uint32_t slot)
{
	return (uint32_t)(prog_subprog_at(fw->env->prog, slot) -
			  fw->env->prog->subprogs);
}

/* What a subprogram leaks to its callers: they are looked at again. */
static void raise_return(struct follow *fw, bool *flag)
{
	if (*flag)
		return;
	*flag = true;
	for (uint32_t slot = 0; slot < fw->env->prog->insns_cnt; slot++)
		if (fw->facts->shapes[slot] & SHAPE_CALL)
			queue_slot(fw, slot);
}

enum where { ELSEWHERE, OWN_FRAME, ANY_FRAME };

/* Slots that an access may fall into; `whole`: it is one, all of it. */
struct touched {
	enum where where;
	uint64_t slots;
	bool whole;
};

static uint32_t access_size(const struct bpf_insn *insn)
{
	static const uint8_t bytes[] = { 4, 2, 1, 8 };

	return bytes[BPF_SIZE(insn->code) >> 3];
}

static uint64_t slots_between(int64_t low, int64_t high)
{
	uint64_t first, last;

	if (low < -8 * FACTS_SLOTS || high > -1 || low > high)
		return ALL_SLOTS;
	first = (uint64_t)(-1 - high) / SLOT_BYTES;
	last = (uint64_t)(-1 - low) / SLOT_BYTES;
	return (ALL_SLOTS << first) & (ALL_SLOTS >> (FACTS_SLOTS - 1 - last));
}

static struct touched touched_by(const struct bpf_insn *insn,
				 const struct verify_operand *base,
				 bool base_leaks)
{
	struct touched all = { OWN_FRAME, ALL_SLOTS, false };
	uint32_t size = access_size(insn);
	int64_t low, high;

	if (base->type != REG_STACK)
		return (struct touched){ base->type == REG_UNSET ? ANY_FRAME :
					 ELSEWHERE, ALL_SLOTS, false };
	if (base->frame)
		return (struct touched){ ANY_FRAME, ALL_SLOTS, false };
	low = scalar_smin(&base->num);
	high = scalar_smax(&base->num);
	if (base_leaks || low < INT32_MIN || high > INT32_MAX)
		return all;
	low += insn->off;
	high += insn->off + (int64_t)size - 1;
	all.slots = slots_between(low, high);
	all.whole = size == SLOT_BYTES && high - low == SLOT_BYTES - 1 &&
		    !(low % SLOT_BYTES);
	return all;
}

/* May what is loaded from there be leaked? */
static bool load_leaks(const struct follow *fw, struct touched to,
		       const struct leak *leak)
{
	if (to.where == ELSEWHERE)
		return false;
	if (to.where == ANY_FRAME)
		return fw->slots || fw->wild;
	return fw->wild || (leak->slots & to.slots);
}

static void store_leaks(struct follow *fw, struct touched to, bool leaks,
			struct leak *leak)
{
	if (to.where == ELSEWHERE)
		return;
	if (to.where == ANY_FRAME) {
		if (leaks)
			raise_flag(fw, &fw->wild);
		return;
	}
	if (leaks)
		leak->slots |= to.slots;
	else if (to.whole)
		leak->slots &= ~to.slots;
}

static void set_reg(struct leak *leak, unsigned int reg, bool leaks)
{
	leak->regs = leaks ? leak->regs | BIT(reg) :
			     leak->regs & (uint16_t)~BIT(reg);
}

static void follow_atomic(struct follow *fw, uint32_t slot, struct leak *leak)
{
	const struct bpf_insn *insn = &fw->env->insns[slot];
	const struct verify_fact *fact = &fw->facts->insns[slot];
	bool to_dst = insn_base_is_dst(insn);
	struct touched to = touched_by(insn, to_dst ? &fact->dst : &fact->src,
			leak->regs >> (to_dst ? insn->dst_reg :
				       insn->src_reg) & 1);
	bool loads = load_leaks(fw, to, leak);
	bool stores = leak->regs >> insn->src_reg & 1;
	enum op op = fw->facts->ops[slot];

	if (!to_dst) {
		set_reg(leak, insn->dst_reg, loads);
		return;
	}
	to.whole &= op == OP_STORE_REL64;
	store_leaks(fw, to, stores, leak);
	if (op == OP_ATOMIC_CMPXCHG32 || op == OP_ATOMIC_CMPXCHG64)
		set_reg(leak, BPF_REG_0, loads || leak->regs & BIT(0));
	else if (insn->imm & BPF_FETCH)
		set_reg(leak, insn->src_reg, loads);
}

static void follow_memory(struct follow *fw, uint32_t slot, struct leak *leak)
{
	const struct bpf_insn *insn = &fw->env->insns[slot];
	const struct verify_fact *fact = &fw->facts->insns[slot];
	bool load = BPF_CLASS(insn->code) == BPF_LDX;
	unsigned int base = load ? insn->src_reg : insn->dst_reg;
	struct touched to = touched_by(insn, load ? &fact->src : &fact->dst,
				       leak->regs >> base & 1);

	if (BPF_CLASS(insn->code) == BPF_STX &&
	    BPF_MODE(insn->code) == BPF_ATOMIC)
		follow_atomic(fw, slot, leak);
	else if (load)
		set_reg(leak, insn->dst_reg, load_leaks(fw, to, leak));
	else
		store_leaks(fw, to, BPF_CLASS(insn->code) == BPF_STX &&
			    leak->regs >> insn->src_reg & 1, leak);
}

/* What the call hands to callbacks: any argument may become any of theirs. */
static bool follow_callbacks(struct follow *fw, const struct leak *leak)
{
	const struct prog *prog = fw->env->prog;
	struct leak args = { leak->regs & ARGS ? ARGS : 0, 0 };
	bool rises = false;

	for (uint32_t i = 0; i < prog->subprogs_cnt; i++) {
		if (!fw->env->flow->subprogs[i].callback)
			continue;
		spread(fw, prog->subprogs[i].start, args);
		rises |= fw->rises[i];
	}
	return rises;
}

static void follow_call(struct follow *fw, uint32_t slot, struct leak *leak)
{
	bool local = fw->facts->ops[slot] == OP_CALL_LOCAL;
	bool r0 = false, rises = false;
	uint32_t to = slot + 1 + (uint32_t)fw->env->insns[slot].imm;

	if (local) {
		uint32_t callee = subprog_at(fw, to);

		spread(fw, to, (struct leak){ leak->regs & ARGS, 0 });
		r0 = fw->returns[callee];
		rises = fw->rises[callee];
	} else if (fw->env->flow->insns[slot].flags & FLOW_CALLS_BACK) {
		rises = follow_callbacks(fw, leak);
	}
	leak->regs &= (uint16_t)~CALLER_SAVED;
	set_reg(leak, BPF_REG_0, r0);
	if (rises) {
		leak->regs |= OWN_REGS;
		leak->slots = ALL_SLOTS;
		raise_return(fw, &fw->rises[subprog_at(fw, slot)]);
	}
}

static void follow_branch(struct follow *fw, uint32_t slot, struct leak *leak)
{
	const struct bpf_insn *insn = &fw->env->insns[slot];
	const struct leak *links = &fw->facts->links[slot];
	uint16_t operands = BIT(insn->dst_reg);

	if (fw->facts->shapes[slot] & SHAPE_SRC)
		operands |= BIT(insn->src_reg);
	if (!((operands | links->regs) & leak->regs) &&
	    !(links->slots & leak->slots))
		return;
	leak->regs |= operands | links->regs;
	leak->slots |= links->slots;
	if (links->regs & LEAK_CALLERS)
		raise_return(fw, &fw->rises[subprog_at(fw, slot)]);
}

static void follow_alu(struct follow *fw, uint32_t slot, struct leak *leak)
{
	const struct bpf_insn *insn = &fw->env->insns[slot];
	uint8_t shape = fw->facts->shapes[slot];
	bool leaks = (shape & SHAPE_DST && leak->regs >> insn->dst_reg & 1) ||
		     (shape & SHAPE_SRC && leak->regs >> insn->src_reg & 1);

	set_reg(leak, insn->dst_reg, leaks);
}

static void follow_jump(struct follow *fw, uint32_t slot, struct leak *leak)
{
	uint8_t op = BPF_OP(fw->env->insns[slot].code);

	if (op == BPF_CALL)
		follow_call(fw, slot, leak);
	else if (op == BPF_EXIT && leak->regs & BIT(0))
		raise_return(fw, &fw->returns[subprog_at(fw, slot)]);
	else if (fw->facts->shapes[slot] & SHAPE_BRANCH)
		follow_branch(fw, slot, leak);
}

static void follow_insn(struct follow *fw, uint32_t slot, struct leak *leak)
{
	const struct bpf_insn *insn = &fw->env->insns[slot];

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		if (BPF_MODE(insn->code) == BPF_IMM)
			set_reg(leak, insn->dst_reg, false);
		else
			leak->regs &= (uint16_t)~CALLER_SAVED;
		break;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		follow_memory(fw, slot, leak);
		break;
	case BPF_ALU:
	case BPF_ALU64:
		follow_alu(fw, slot, leak);
		break;
	default:
		follow_jump(fw, slot, leak);
	}
}

static void follow_slot(struct follow *fw, uint32_t slot)
{
	const struct bpf_insn *insn = &fw->env->insns[slot];
	struct leak leak = fw->facts->leaks[slot];
	enum op op = fw->facts->ops[slot];
	bool branch = op_rows[op].off.kind == FIELD_JUMP && op != OP_JA;
	uint8_t flags = fw->facts->insns[slot].flags;
	int64_t distance;

	follow_insn(fw, slot, &leak);
	if (leak.slots)
		raise_flag(fw, &fw->slots);
	if (branch ? flags & FACT_FALLS :
	    op != OP_EXIT && op != OP_JA && op != OP_JA32)
		spread(fw, slot + op_slots(op), leak);
	if ((branch && flags & FACT_JUMPS) || op == OP_JA || op == OP_JA32) {
		insn_target(insn, &distance);
		spread(fw, (uint32_t)(slot + 1 + distance), leak);
	}
}

static void forget(struct verify_operand *op)
{
	op->num = scalar_unknown();
}

static void forget_leaked(struct follow *fw)
{
	for (uint32_t slot = 0; slot < fw->env->prog->insns_cnt; slot++) {
		const struct bpf_insn *insn = &fw->env->insns[slot];
		struct verify_fact *fact = &fw->facts->insns[slot];
		uint16_t regs = fw->facts->leaks[slot].regs;

		if (!(fact->flags & FACT_REACHED) || !regs)
			continue;
		if (regs >> insn->dst_reg & 1)
			forget(&fact->dst);
		if (regs >> insn->src_reg & 1)
			forget(&fact->src);
		for (unsigned int i = 0; fact->args && i < 5; i++)
			if (regs >> (i + 1) & 1)
				forget(&fw->facts->args[fact->args][i]);
	}
}

int facts_follow_leaks(struct verify_env *env)
{
	struct arena *arena = &env->arena;
	uint32_t words = words_for(env->prog->insns_cnt);
	uint32_t subs = env->prog->subprogs_cnt, slot;
	struct follow fw = { .env = env, .facts = env->facts };

	if (!env->facts->leaked)
		return 0;
	fw.queue = arena_array(arena, words, sizeof(uint64_t));
	fw.words = arena_array(arena, words_for(words), sizeof(uint64_t));
	fw.returns = arena_alloc(arena, subs);
	fw.rises = arena_alloc(arena, subs);
	if (!fw.queue || !fw.words || !fw.returns || !fw.rises)
		return verify_no_memory(env);
	queue_leaks(&fw);
	while (next_slot(&fw, &slot))
		follow_slot(&fw, slot);
	forget_leaked(&fw);
	return 0;
}
