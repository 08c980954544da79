/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a CO-RE value into an instruction, by its class:
 *
 *	rX = imm, rX op= imm		the immediate
 *	loads and stores		the offset, and the size when it differs
 *	rX = imm64			both halves
 *
 * Poison is a call of helper 0xbad2310 ("bad relo"): a verifier removes it
 * where it is dead and refuses the program where it is not.
 */
#include "object/core.h"

#define POISON	0xbad2310

static void poison(struct bpf_insn *insn)
{
	uint32_t slots = insn_step(insn);

	for (uint32_t i = 0; i < slots; i++)
		insn[i] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
					     .imm = POISON };
}

static const char *patch_alu(struct bpf_insn *insn,
			     const struct core_patch *patch)
{
	if (BPF_SRC(insn->code) != BPF_K)
		return "relocates an operation without an immediate";
	if (patch->to.poison) {
		poison(insn);
		return NULL;
	}
	if (patch->from.exact && insn->imm != (int32_t)patch->from.value)
		return "immediate is not what the object's types say";
	insn->imm = (int32_t)patch->to.value;
	return NULL;
}

static int size_code(uint32_t bytes)
{
	switch (bytes) {
	case 8: return BPF_DW;
	case 4: return BPF_W;
	case 2: return BPF_H;
	case 1: return BPF_B;
	default: return -1;
	}
}

static const char *patch_memory(struct bpf_insn *insn,
				const struct core_patch *patch)
{
	int size = BPF_SIZE(insn->code);

	if (patch->to.poison) {
		poison(insn);
		return NULL;
	}
	if (patch->from.exact && insn->off != (int64_t)patch->from.value)
		return "offset is not what the object's types say";
	if (patch->to.value > INT16_MAX)
		return "the field lies too far for a load";
	if (!patch->resize_ok) {
		poison(insn);
		return NULL;
	}
	if (patch->from.size != patch->to.size) {
		if (size != size_code(patch->from.size))
			return "size is not what the object's types say";
		size = size_code(patch->to.size);
		if (size < 0)
			return "the field has a size that no load has";
	}
	insn->off = (int16_t)patch->to.value;
	insn->code = (uint8_t)(BPF_MODE(insn->code) | size |
			       BPF_CLASS(insn->code));
	return NULL;
}

static const char *patch_wide(struct bpf_insn *insn, uint32_t room,
			      const struct core_patch *patch)
{
	uint64_t imm;

	if (!insn_is_wide(insn) || room < 2 || insn[0].src_reg ||
	    insn[0].off || insn[1].code || insn[1].dst_reg ||
	    insn[1].src_reg || insn[1].off)
		return "relocates no plain 64-bit immediate";
	if (patch->to.poison) {
		poison(insn);
		return NULL;
	}
	imm = (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;
	if (patch->from.exact && imm != patch->from.value)
		return "immediate is not what the object's types say";
	insn[0].imm = (int32_t)(uint32_t)patch->to.value;
	insn[1].imm = (int32_t)(uint32_t)(patch->to.value >> 32);
	return NULL;
}

const char *core_patch_insn(struct bpf_insn *insn, uint32_t room,
			    const struct core_patch *patch)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return patch_alu(insn, patch);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return patch_memory(insn, patch);
	case BPF_LD:
		return patch_wide(insn, room, patch);
	default:
		return "relocates neither arithmetic nor a load or store";
	}
}
