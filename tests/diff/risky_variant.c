/* SPDX-License-Identifier: Apache-2.0 */
#include "risky_variant.h"

#include "isa/insn.h"
#include "verify/verify.h"

static const struct bpf_insn nothing = { .code = BPF_JMP | BPF_JA };

bool risky_decided(struct risky_program *out,
		   const struct risky_program *program,
		   const struct verify_facts *facts)
{
	bool any = false;

	*out = *program;
	for (uint32_t i = 0; i < program->cnt; i++) {
		uint8_t flags = facts->insns[i].flags;
		bool jumps = flags & FACT_JUMPS, falls = flags & FACT_FALLS;
		struct bpf_insn *insn = &out->insns[i];

		if (jumps == falls || insn_op(insn) == OP_MAY_GOTO)
			continue;
		*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_JA,
					   .off = jumps ? insn->off : 0 };
		any = true;
	}
	return any;
}

static bool is_sum(const struct bpf_insn *insn)
{
	return insn[0].code == (BPF_ALU64 | BPF_ADD | BPF_X) &&
	       insn[1].code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
	       insn[1].dst_reg == insn[0].src_reg &&
	       insn[1].src_reg == insn[0].dst_reg;
}

bool risky_turned(struct risky_program *out,
		  const struct risky_program *program)
{
	bool any = false;

	*out = *program;
	for (uint32_t i = 0; i + 1 < program->cnt; i++) {
		struct bpf_insn *insn = &out->insns[i];

		if (!is_sum(insn))
			continue;
		insn[0].dst_reg = program->insns[i].src_reg;
		insn[0].src_reg = program->insns[i].dst_reg;
		insn[1] = nothing;
		any = true;
	}
	return any;
}
