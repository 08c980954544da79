/* SPDX-License-Identifier: Apache-2.0 */
#include "facts_check.h"

#include <stdio.h>

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

static bool holds(const struct facts_run *fr, const struct verify_operand *op,
		  uint64_t value)
{
	uint64_t base;

	if (op->type == REG_SCALAR)
		return scalar_has(&op->num, value);
	if (!base_of(fr, op, &base) ||
	    (!value && op->flags & REG_NULLABLE))
		return true;
	return scalar_has(&op->num, value - base);
}

static bool check_reg(struct facts_run *fr, unsigned int reg,
		      const struct verify_operand *op)
{
	uint64_t value = 0;

	if (op->type == REG_UNSET || !stopped_reg(fr->run, 0, reg, &value))
		return true;
	fr->checked++;
	if (holds(fr, op, value))
		return true;
	printf("%s, instruction %u: r%u is %#llx, of type %u, and not of the "
	       "fact (%#llx, mask %#llx)\n", fr->prog->name,
	       fr->run->fault.insn, reg, (unsigned long long)value, op->type,
	       (unsigned long long)op->num.bits.value,
	       (unsigned long long)op->num.bits.mask);
	return false;
}

/* The operands of the instruction that the run has stopped before. */
static bool check_stop(struct facts_run *fr)
{
	uint32_t slot = fr->run->fault.insn;
	const struct verify_fact *fact = &fr->facts->insns[slot];
	const struct bpf_insn *insn = &fr->prog->insns[slot];
	bool fine;

	if (!(fact->flags & FACT_REACHED)) {
		printf("%s comes to instruction %u, which is dead\n",
		       fr->prog->name, slot);
		return false;
	}
	fine = check_reg(fr, insn->dst_reg, &fact->dst) &&
	       check_reg(fr, insn->src_reg, &fact->src);
	for (unsigned int i = 0; fine && fact->args && i < 5; i++)
		fine = check_reg(fr, i + 1, &fr->facts->args[fact->args][i]);
	return fine;
}

bool facts_check(struct facts_run *fr)
{
	struct run *run = fr->run;
	bool fine = true;

	for (uint64_t budget = 1; fine && budget < fr->insns_max; budget++) {
		run->budget = budget;
		fr->once(fr->arg);
		if (run->fault.stop != RUN_FAULT_BUDGET)
			break;
		if (run->fault.prog == fr->prog)
			fine = check_stop(fr);
	}
	run->budget = 0;
	return fine;
}
