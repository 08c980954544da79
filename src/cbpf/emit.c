/* SPDX-License-Identifier: Apache-2.0 */
#include "cbpf/emit.h"

void cbpf_emit(struct cbpf_emit *e, struct bpf_insn insn)
{
	struct bpf_insn *slot = vec_push(&e->insns);

	if (slot)
		*slot = insn;
	else
		e->oom = true;
}

size_t cbpf_label(struct cbpf_emit *e)
{
	if (!vec_push(&e->labels))
		e->oom = true;
	return e->labels.len - 1;
}

void cbpf_here(struct cbpf_emit *e, size_t label)
{
	if (!e->oom)
		e->labels.data[label] = e->insns.len;
}

void cbpf_emit_jump(struct cbpf_emit *e, struct bpf_insn insn, size_t label)
{
	struct cbpf_fixup *fixup = vec_push(&e->fixups);

	if (fixup)
		*fixup = (struct cbpf_fixup){ e->insns.len, label };
	else
		e->oom = true;
	cbpf_emit(e, insn);
}
