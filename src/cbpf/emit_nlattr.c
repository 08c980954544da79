/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nlattr.c as eBPF. r8 is the attribute looked at, r9 the end of the search;
 * both are offsets in the packet. may_goto bounds the loop for the kernel's
 * verifier; a search takes at most 16384 turns, far from its limit.
 */
#include "cbpf/emit.h"

#define HEADER		4
#define TYPE_MASK	0x3fff

/* may_goto appeared after the oldest UAPI headers that skep builds with. */
#define MAY_GOTO	INSN(BPF_JMP | 0xe0 | BPF_K, 0, 0, 0, 0)

/* r1 = the length of the attribute at r8 if it fits; else goto `miss`. */
static void emit_attribute(struct cbpf_emit *e, size_t miss)
{
	cbpf_emit(e, W_REG(BPF_MOV, BPF_REG_1, REG_U));
	cbpf_emit(e, W_REG(BPF_SUB, BPF_REG_1, REG_T));
	cbpf_emit_jump(e, IF_IMM(BPF_JLT, BPF_REG_1, HEADER), miss);
	cbpf_emit(e, R_REG(BPF_MOV, BPF_REG_1, REG_CTX));
	cbpf_emit(e, W_REG(BPF_MOV, BPF_REG_2, REG_T));
	cbpf_emit(e, R_REG(BPF_MOV, BPF_REG_3, REG_FP));
	cbpf_emit(e, R_IMM(BPF_ADD, BPF_REG_3, SLOT_BYTES));
	cbpf_emit(e, W_IMM(BPF_MOV, BPF_REG_4, HEADER));
	cbpf_emit(e, CALL_HELPER(BPF_FUNC_skb_load_bytes));
	cbpf_emit_jump(e, IF_IMM(BPF_JNE, BPF_REG_0, 0), miss);
	cbpf_emit(e, LOAD(BPF_H, BPF_REG_1, REG_FP, SLOT_BYTES));
	cbpf_emit_jump(e, IF_IMM(BPF_JLT, BPF_REG_1, HEADER), miss);
	cbpf_emit(e, W_REG(BPF_MOV, BPF_REG_2, REG_U));
	cbpf_emit(e, W_REG(BPF_SUB, BPF_REG_2, REG_T));
	cbpf_emit_jump(e, IF_REG(BPF_JGT, BPF_REG_1, BPF_REG_2), miss);
}

/*
 * Makes the verifier forget what it knows of r8 and r9, by mixing in a number
 * that it does not know and taking it out again. Were a branch of the loop
 * decided by known bounds, the kernel would hold on to exact values, and no
 * turn of the loop would look like the one before.
 */
static void emit_forget(struct cbpf_emit *e)
{
	cbpf_emit(e, LOAD(BPF_W, BPF_REG_1, REG_CTX,
			  offsetof(struct __sk_buff, hash)));
	for (int i = 0; i < 2; i++) {
		cbpf_emit(e, W_REG(BPF_XOR, REG_T, BPF_REG_1));
		cbpf_emit(e, W_REG(BPF_XOR, REG_U, BPF_REG_1));
	}
}

/* Goes on to `found` with r8 at the attribute, or to `miss`. */
static void emit_search(struct cbpf_emit *e, size_t found, size_t miss)
{
	size_t next = cbpf_label(e);

	emit_forget(e);
	cbpf_here(e, next);
	cbpf_emit_jump(e, MAY_GOTO, miss);
	emit_attribute(e, miss);
	cbpf_emit(e, LOAD(BPF_H, BPF_REG_3, REG_FP, SLOT_BYTES + 2));
	cbpf_emit(e, W_IMM(BPF_AND, BPF_REG_3, TYPE_MASK));
	cbpf_emit_jump(e, IF_REG(BPF_JEQ, BPF_REG_3, REG_X), found);
	cbpf_emit(e, W_IMM(BPF_ADD, BPF_REG_1, HEADER - 1));
	cbpf_emit(e, W_IMM(BPF_AND, BPF_REG_1, -HEADER));
	cbpf_emit_jump(e, IF_REG(BPF_JGT, BPF_REG_1, BPF_REG_2), miss);
	cbpf_emit(e, W_REG(BPF_ADD, REG_T, BPF_REG_1));
	cbpf_emit_jump(e, GOTO, next);
}

void cbpf_emit_nlattr(struct cbpf_emit *e, bool nested)
{
	size_t found = cbpf_label(e), miss = cbpf_label(e);
	size_t done = cbpf_label(e);

	cbpf_emit(e, W_REG(BPF_MOV, REG_T, REG_A));
	cbpf_emit(e, LOAD(BPF_W, REG_U, REG_CTX,
			  offsetof(struct __sk_buff, len)));
	cbpf_emit_jump(e, IF_REG(BPF_JGT, REG_T, REG_U), miss);
	if (nested) {
		emit_attribute(e, miss);
		cbpf_emit(e, W_REG(BPF_MOV, REG_U, REG_T));
		cbpf_emit(e, W_REG(BPF_ADD, REG_U, BPF_REG_1));
		cbpf_emit(e, W_IMM(BPF_ADD, REG_T, HEADER));
	}
	emit_search(e, found, miss);
	cbpf_here(e, found);
	cbpf_emit(e, W_REG(BPF_MOV, REG_A, REG_T));
	cbpf_emit_jump(e, GOTO, done);
	cbpf_here(e, miss);
	cbpf_emit(e, W_IMM(BPF_MOV, REG_A, 0));
	cbpf_here(e, done);
}
