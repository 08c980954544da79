/* SPDX-License-Identifier: Apache-2.0 */
#include "facts_check.h"

#include <stdio.h>

#include "isa/insn.h"
#include "map/map.h"
#include "verify/state/state.h"

/* Where a pointer of the operand's type starts, false: not looked at. */
static bool base_of(const struct facts_run *fr,
		    const struct verify_operand *op, uint64_t *base)
{
	const struct packet *packet = fr->run->packet;

	switch (op->type) {
	case REG_CTX:
		*base = (uintptr_t)fr->run->ctx;
		return true;
	case REG_STACK:
		return stopped_reg(fr->run, op->frame, 10, base);
	case REG_PACKET:
		*base = packet ? (uintptr_t)packet->data : 0;
		return packet;
	case REG_PACKET_END:
		*base = packet ? (uintptr_t)packet->data_end : 0;
		return packet;
	case REG_MAP:
		*base = op->known_map ? (uintptr_t)fr->prog->maps[op->map] : 0;
		return op->known_map;
	default:
		return false;
	}
}

/* In a value of an array that is small enough to try each. */
static bool in_array(const struct facts_run *fr,
		     const struct verify_operand *op, uint64_t value)
{
	struct map *map = op->known_map ? fr->prog->maps[op->map] : NULL;

	if (!map || map->def.type != MAP_TYPE_ARRAY ||
	    map->def.max_entries > 4)
		return true;
	for (uint32_t key = 0; key < map->def.max_entries; key++) {
		uint64_t base = (uintptr_t)map->ops->lookup(map, &key, 0);

		if (scalar_has(&op->num, value - base))
			return true;
	}
	return false;
}

static bool holds(const struct facts_run *fr, const struct verify_operand *op,
		  uint64_t value)
{
	uint64_t base;

	if (op->type == REG_SCALAR)
		return scalar_has(&op->num, value);
	if (!value && op->flags & REG_NULLABLE)
		return true;
	if (op->type == REG_MAP_VALUE)
		return in_array(fr, op, value);
	if (!base_of(fr, op, &base))
		return true;
	return scalar_has(&op->num, value - base);
}

static bool check_reg(struct facts_run *fr, uint32_t insn, unsigned int reg,
		      const struct verify_operand *op)
{
	uint64_t value = 0;

	if (op->type == REG_UNSET || !stopped_reg(fr->run, 0, reg, &value))
		return true;
	fr->checked++;
	if (likely(holds(fr, op, value)))
		return true;
	printf("%s, instruction %u: r%u is %#llx, of type %u, and not of the "
	       "fact (%#llx, mask %#llx)\n", fr->prog->name, insn, reg,
	       (unsigned long long)value, op->type,
	       (unsigned long long)op->num.bits.value,
	       (unsigned long long)op->num.bits.mask);
	return false;
}

/* The operands of the instruction that comes next. */
static bool check_insn(struct facts_run *fr, uint32_t slot)
{
	const struct verify_fact *fact = &fr->facts->insns[slot];
	const struct bpf_insn *insn = &fr->prog->insns[slot];
	bool fine;

	if (!(fact->flags & FACT_REACHED)) {
		printf("%s comes to instruction %u, which is dead\n",
		       fr->prog->name, slot);
		return false;
	}
	fine = check_reg(fr, slot, insn->dst_reg, &fact->dst) &&
	       check_reg(fr, slot, insn->src_reg, &fact->src);
	for (unsigned int i = 0; fine && fact->args && i < 5; i++)
		fine = check_reg(fr, slot, i + 1,
				 &fr->facts->args[fact->args][i]);
	return fine;
}

/* Has the conditional jump at `from` gone where its fact says it may? */
static bool check_jump(const struct facts_run *fr, uint32_t from, uint32_t to)
{
	const struct bpf_insn *insn = &fr->prog->insns[from];
	uint8_t flags = fr->facts->insns[from].flags;
	int64_t distance;

	if (BPF_CLASS(insn->code) != BPF_JMP &&
	    BPF_CLASS(insn->code) != BPF_JMP32)
		return true;
	if (!(flags & (FACT_JUMPS | FACT_FALLS)) ||
	    !insn_target(insn, &distance) || !distance)
		return true;
	if (flags & (to == from + 1 ? FACT_FALLS : FACT_JUMPS))
		return true;
	printf("%s, instruction %u: goes on at %u, not as the fact says\n",
	       fr->prog->name, from, to);
	return false;
}

static bool look_on(struct run *run, const struct prog *prog, uint32_t insn)
{
	struct facts_run *fr = run->watch_arg;

	bool known = fr->from < fr->prog->insns_cnt;

	if (prog != fr->prog) {
		fr->from = UINT32_MAX;
		return true;
	}
	fr->fails = !check_insn(fr, insn) ||
		    (known && !check_jump(fr, fr->from, insn));
	fr->from = insn;
	return !fr->fails;
}

/*
 * Has the run ended where no run may? Some maps are the kernel's own objects
 * to programs, which may look into them; skep's hold nothing there.
 */
static bool is_violation(const struct facts_run *fr)
{
	const struct run_fault *fault = &fr->run->fault;
	const struct verify_fact *fact;

	if (fault->stop == RUN_EXITED || fault->stop == RUN_FAULT_BUDGET)
		return false;
	fact = &fr->facts->insns[fault->insn];
	return fault->stop != RUN_FAULT_LOAD || fact->src.type != REG_MAP;
}

bool facts_check(struct facts_run *fr)
{
	struct run *run = fr->run;

	fr->fails = false;
	fr->from = UINT32_MAX;
	run->budget = fr->insns_max;
	run->watch = look_on;
	run->watch_arg = fr;
	fr->once(fr->arg);
	fr->insns += run->insns;
	run->budget = 0;
	run->watch = NULL;
	if (!fr->fails && is_violation(fr)) {
		printf("%s: fault %u at instruction %u\n", fr->prog->name,
		       run->fault.stop, run->fault.insn);
		fr->fails = true;
	}
	return !fr->fails;
}
