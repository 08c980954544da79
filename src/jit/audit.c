/* SPDX-License-Identifier: Apache-2.0 */
/* See audit.h. Types of pointers that are in no row are not looked at. */
#include "jit/audit.h"

#include "isa/insn.h"
#include "map/map.h"
#include "verify/state/state.h"

static bool is_memory(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);

	return class == BPF_LDX || class == BPF_ST || class == BPF_STX;
}

static bool divides_by_reg(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_ALU || class == BPF_ALU64) &&
	       (op == BPF_DIV || op == BPF_MOD) &&
	       BPF_SRC(insn->code) == BPF_X;
}

static uint32_t add(struct jit_audited *out, uint32_t cnt, uint8_t reg,
		    const struct verify_operand *claim)
{
	if (claim->type == REG_UNSET)
		return cnt;
	out[cnt] = (struct jit_audited){ reg, claim };
	return cnt + 1;
}

uint32_t jit_audited(const struct prog *prog, const struct verify_facts *facts,
		     uint32_t slot, struct jit_audited out[JIT_AUDITED_MAX])
{
	const struct verify_fact *fact =
		&facts->insns[prog_origin(prog, slot)];
	const struct bpf_insn *insn = &prog->insns[slot];
	uint32_t cnt = 0;

	if (is_memory(insn))
		return insn_base_is_dst(insn) ?
		       add(out, 0, insn->dst_reg, &fact->dst) :
		       add(out, 0, insn->src_reg, &fact->src);
	if (divides_by_reg(insn))
		return add(out, 0, insn->src_reg, &fact->src);
	if (insn_op(insn) != OP_CALL_HELPER)
		return 0;
	for (uint8_t i = 0; fact->args && i < 5; i++)
		cnt = add(out, cnt, BPF_REG_1 + i, &facts->args[fact->args][i]);
	return cnt;
}

/* ---- at run time ---- */

/* Where a pointer of that type counts from; false: not looked at. */
static bool base_of(const struct run *run, const struct verify_operand *claim,
		    uint64_t fp, uint64_t *base)
{
	const struct packet *packet = run->packet;

	switch (claim->type) {
	case REG_SCALAR:
		*base = 0;
		return true;
	case REG_CTX:
		*base = (uintptr_t)run->ctx;
		return true;
	case REG_STACK:
		*base = fp - (uint64_t)(claim->frame * JIT_FRAME_STRIDE);
		return true;
	case REG_PACKET:
		*base = packet ? (uintptr_t)packet->data : 0;
		return packet;
	case REG_MAP:
		*base = claim->known_map ?
			(uintptr_t)run->prog->maps[claim->map] : 0;
		return claim->known_map;
	default:
		return false;
	}
}

static bool inside(uint64_t addr, uint32_t size, uint64_t from, uint64_t to)
{
	return addr >= from && addr <= to && size <= to - addr;
}

static bool in_value(struct run *run, const struct verify_operand *claim,
		     uint64_t addr, uint32_t size)
{
	struct mem_window found;

	if (!claim->known_map)
		return jit_readable(run, addr, size) == size;
	return map_window(run->prog->maps[claim->map], addr, &found) &&
	       inside(addr, size, found.base, found.base + found.len);
}

/* Does the access lie where pointers of that type lead? */
static bool reaches(struct run *run, const struct verify_operand *claim,
		    uint64_t fp, uint64_t addr, uint32_t size)
{
	const struct packet *packet = run->packet;
	uint64_t base = 0;

	base_of(run, claim, fp, &base);
	switch (claim->type) {
	case REG_STACK:
		return inside(addr, size, base - RUN_STACK_SIZE, base);
	case REG_PACKET:
		return packet && inside(addr, size, (uintptr_t)packet->data,
					(uintptr_t)packet->data_end);
	case REG_PACKET_META:
		return packet && inside(addr, size,
					(uintptr_t)packet->data_meta,
					(uintptr_t)packet->data);
	case REG_MAP_VALUE:
		return in_value(run, claim, addr, size);
	default:
		return true;
	}
}

static bool holds(struct jit_thread *st, const struct bpf_insn *insn,
		  const struct verify_operand *claim, uint64_t fp,
		  uint64_t value)
{
	static const uint8_t sizes[] = {
		[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1,
		[BPF_DW >> 3] = 8,
	};
	uint64_t base, addr = value + (uint64_t)(int64_t)insn->off;

	if (!value && claim->flags & REG_NULLABLE)
		return true;
	if (base_of(st->run, claim, fp, &base) &&
	    !scalar_has(&claim->num, value - base))
		return false;
	return !is_memory(insn) ||
	       reaches(st->run, claim, fp, addr,
		       sizes[BPF_SIZE(insn->code) >> 3]);
}

uint64_t jit_audit(struct jit_thread *st, uint32_t slot, uint64_t value,
		   uint64_t fp, const struct verify_operand *claim)
{
	const struct prog *prog = st->run->prog;

	if (likely(holds(st, &prog->insns[slot], claim, fp, value)))
		return 0;
	jit_fault(st, slot, RUN_FAULT_FACT, value, 0);
	return 1;
}
