/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of ops.def and ancillary.def as tables. */
#include "cbpf/cbpf.h"

#define YES	true
#define NO	false

const struct cbpf_row cbpf_rows[] = {
#define CBPF(code, name, mnemonic, operand, rule, seccomp) \
	{ #name, mnemonic, operand, code, CBPF_RULE_##rule, seccomp },
#include "cbpf/ops.def"
#undef CBPF
};

enum cbpf_op cbpf_op(uint16_t code)
{
	static const uint8_t row_after[256] = {
#define CBPF(code, name, ...) [code] = CBPF_##name + 1,
#include "cbpf/ops.def"
#undef CBPF
	};

	if (code >= ARRAY_SIZE(row_after) || !row_after[code])
		return CBPF_INVALID;
	return row_after[code] - 1;
}

const char *const cbpf_ancillary_names[] = {
#define ANCILLARY(skf, name, ...) [CBPF_AD_##skf] = name,
#include "cbpf/ancillary.def"
#undef ANCILLARY
};

enum cbpf_ancillary cbpf_ancillary(const struct sock_filter *insn)
{
	uint32_t index = insn->k - (uint32_t)SKF_AD_OFF;

	if (insn->k < (uint32_t)SKF_AD_OFF || index % 4 ||
	    index / 4 >= CBPF_AD_CNT || BPF_CLASS(insn->code) != BPF_LD ||
	    BPF_MODE(insn->code) != BPF_ABS)
		return CBPF_AD_NONE;
	return index / 4;
}
