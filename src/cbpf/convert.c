/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic to extended BPF, one classic instruction after the other.
 *
 * Invariants: A and X are kept zero-extended; only code of one classic
 * instruction uses r1 to r5, r8, r9 and the stack below M[]; instructions
 * that nothing jumps to or falls into are left out, since the kernel refuses
 * programs that have them. Packet loads stay LD_ABS and LD_IND, which find
 * headers by SKF_NET_OFF and end the program with 0 when out of bounds.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "cbpf/cbpf.h"
#include "cbpf/emit.h"
#include "spec/diags.h"

struct converter {
	struct cbpf_emit emit;
	const struct cbpf *prog;
	bool *reached;			/* by instruction, one past the end */
	struct diag_sink *sink;
};

static int16_t cell_off(uint32_t k)
{
	return (int16_t)(-4 - 4 * (int)k);
}

static int emit_hatype(struct converter *c, size_t at)
{
	struct cbpf_emit *e = &c->emit;
	size_t device = cbpf_label(e);

	if (e->options->hatype < 0)
		return diag_report(c->sink, DIAG_CBPF_NO_EBPF,
				   &(struct diag_where){ .insn = (int)at },
				   "the type of the device is not known");
	cbpf_emit(e, LOAD(BPF_W, BPF_REG_1, REG_CTX,
			  offsetof(struct __sk_buff, ifindex)));
	cbpf_emit_jump(e, IF_IMM(BPF_JNE, BPF_REG_1, 0), device);
	cbpf_emit(e, EXIT);
	cbpf_here(e, device);
	cbpf_emit(e, W_IMM(BPF_MOV, REG_A, e->options->hatype));
	return 0;
}

static int emit_pay_offset(struct converter *c, size_t at)
{
	if (c->emit.options->net_off < 0)
		return diag_report(c->sink, DIAG_CBPF_NO_EBPF,
				   &(struct diag_where){ .insn = (int)at },
				   "where the network header begins is not "
				   "known");
	cbpf_emit_pay_offset(&c->emit);
	return 0;
}

static int emit_other(struct converter *c, size_t at,
		      enum cbpf_ancillary what)
{
	switch (what) {
	case CBPF_AD_HATYPE:
		return emit_hatype(c, at);
	case CBPF_AD_PAY_OFFSET:
		return emit_pay_offset(c, at);
	case CBPF_AD_NLATTR:
	case CBPF_AD_NLATTR_NEST:
		cbpf_emit_nlattr(&c->emit, what == CBPF_AD_NLATTR_NEST);
		return 0;
	default:
		cbpf_emit(&c->emit, W_REG(BPF_XOR, REG_A, REG_X));
		return 0;
	}
}

enum form { FORM_FIELD, FORM_SWAPPED, FORM_DEVICE, FORM_CALL, FORM_OTHER };

/* How a row of ancillary.def is said: a field's offset or a helper. */
struct saying {
	enum form form;
	int value;
};

#define FIELD(f)	{ FORM_FIELD, offsetof(struct __sk_buff, f) }
#define SWAPPED(f)	{ FORM_SWAPPED, offsetof(struct __sk_buff, f) }
#define DEVICE(f)	{ FORM_DEVICE, offsetof(struct __sk_buff, f) }
#define CALL(h)		{ FORM_CALL, BPF_FUNC_##h }
#define OTHER		{ FORM_OTHER, 0 }
static const struct saying sayings[] = {
#define ANCILLARY(skf, name, form, doc) [CBPF_AD_##skf] = form,
#include "cbpf/ancillary.def"
#undef ANCILLARY
};

static int emit_ancillary(struct converter *c, size_t at,
			  enum cbpf_ancillary what)
{
	const struct saying *saying = &sayings[what];
	struct cbpf_emit *e = &c->emit;
	int16_t field = (int16_t)saying->value;

	switch (saying->form) {
	case FORM_FIELD:
	case FORM_SWAPPED:
		cbpf_emit(e, LOAD(BPF_W, REG_A, REG_CTX, field));
		if (saying->form == FORM_SWAPPED)
			cbpf_emit(e, FROM_BE(REG_A, 16));
		return 0;
	case FORM_DEVICE: {
		size_t device = cbpf_label(e);

		cbpf_emit(e, LOAD(BPF_W, BPF_REG_1, REG_CTX, field));
		cbpf_emit_jump(e, IF_IMM(BPF_JNE, BPF_REG_1, 0), device);
		cbpf_emit(e, EXIT);
		cbpf_here(e, device);
		cbpf_emit(e, W_REG(BPF_MOV, REG_A, BPF_REG_1));
		return 0;
	}
	case FORM_CALL:
		cbpf_emit(e, CALL_HELPER(saying->value));
		cbpf_emit(e, W_REG(BPF_MOV, REG_A, REG_A));
		return 0;
	default:
		return emit_other(c, at, what);
	}
}

static int emit_absolute(struct converter *c, size_t at,
			 const struct sock_filter *insn)
{
	enum cbpf_ancillary what = cbpf_ancillary(insn);

	if (what != CBPF_AD_NONE)
		return emit_ancillary(c, at, what);
	cbpf_emit(&c->emit, INSN(insn->code, 0, 0, 0, insn->k));
	return 0;
}

/* X = 4 * (byte at k & 15); the load clobbers A, which waits in r8. */
static void emit_msh(struct cbpf_emit *e, uint32_t k)
{
	cbpf_emit(e, W_REG(BPF_MOV, REG_T, REG_A));
	cbpf_emit(e, INSN(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, k));
	cbpf_emit(e, W_IMM(BPF_AND, REG_A, 0xf));
	cbpf_emit(e, W_IMM(BPF_LSH, REG_A, 2));
	cbpf_emit(e, W_REG(BPF_MOV, REG_X, REG_A));
	cbpf_emit(e, W_REG(BPF_MOV, REG_A, REG_T));
}

static void emit_len(struct cbpf_emit *e, enum cbpf_reg reg)
{
	cbpf_emit(e, LOAD(BPF_W, reg, REG_CTX,
			  offsetof(struct __sk_buff, len)));
}

static int emit_load(struct converter *c, size_t at, enum cbpf_op op)
{
	const struct sock_filter *insn = &c->prog->insns[at];
	struct cbpf_emit *e = &c->emit;
	uint32_t k = insn->k;

	switch (op) {
	case CBPF_LD_W_ABS:
	case CBPF_LD_H_ABS:
	case CBPF_LD_B_ABS:
		return emit_absolute(c, at, insn);
	case CBPF_LD_W_IND:
	case CBPF_LD_H_IND:
	case CBPF_LD_B_IND:
		cbpf_emit(e, INSN(insn->code, 0, REG_X, 0, k));
		return 0;
	case CBPF_LDX_MSH: emit_msh(e, k); return 0;
	case CBPF_LD_LEN: emit_len(e, REG_A); return 0;
	case CBPF_LDX_LEN: emit_len(e, REG_X); return 0;
	case CBPF_LD_IMM: cbpf_emit(e, W_IMM(BPF_MOV, REG_A, k)); return 0;
	case CBPF_LDX_IMM: cbpf_emit(e, W_IMM(BPF_MOV, REG_X, k)); return 0;
	case CBPF_TAX: cbpf_emit(e, W_REG(BPF_MOV, REG_X, REG_A)); return 0;
	case CBPF_TXA: cbpf_emit(e, W_REG(BPF_MOV, REG_A, REG_X)); return 0;
	case CBPF_LD_MEM:
		cbpf_emit(e, LOAD(BPF_W, REG_A, REG_FP, cell_off(k)));
		return 0;
	case CBPF_LDX_MEM:
		cbpf_emit(e, LOAD(BPF_W, REG_X, REG_FP, cell_off(k)));
		return 0;
	case CBPF_ST:
		cbpf_emit(e, STORE(BPF_W, REG_FP, cell_off(k), REG_A));
		return 0;
	default:
		cbpf_emit(e, STORE(BPF_W, REG_FP, cell_off(k), REG_X));
		return 0;
	}
}

static void emit_alu(struct cbpf_emit *e, const struct sock_filter *insn)
{
	bool by_x = BPF_SRC(insn->code) == BPF_X;
	uint8_t op = BPF_OP(insn->code);

	if (op == BPF_NEG) {
		cbpf_emit(e, INSN(BPF_ALU | BPF_NEG, REG_A, 0, 0, 0));
	} else if (!by_x) {
		cbpf_emit(e, W_IMM(op, REG_A, insn->k));
	} else {
		if (op == BPF_DIV || op == BPF_MOD) {
			size_t divide = cbpf_label(e);

			cbpf_emit_jump(e, IF_IMM(BPF_JNE, REG_X, 0), divide);
			cbpf_emit(e, W_IMM(BPF_MOV, REG_A, 0));
			cbpf_emit(e, EXIT);
			cbpf_here(e, divide);
		}
		cbpf_emit(e, W_REG(op, REG_A, REG_X));
	}
}

/* The test that is true when `op` is false; 0 when eBPF has none. */
static uint8_t opposite(uint8_t op)
{
	switch (op) {
	case BPF_JEQ: return BPF_JNE;
	case BPF_JGT: return BPF_JLE;
	case BPF_JGE: return BPF_JLT;
	default: return 0;
	}
}

static void emit_test(struct converter *c, const struct sock_filter *insn,
		      uint8_t op, size_t target)
{
	cbpf_emit_jump(&c->emit, BPF_SRC(insn->code) == BPF_X ?
		       IF_REG(op, REG_A, REG_X) : IF_IMM(op, REG_A, insn->k),
		       target);
}

static void emit_branch(struct converter *c, size_t at)
{
	const struct sock_filter *insn = &c->prog->insns[at];
	uint8_t op = BPF_OP(insn->code);
	size_t yes = at + 1 + (op == BPF_JA ? insn->k : insn->jt);
	size_t no = op == BPF_JA ? yes : at + 1 + insn->jf;

	c->reached[yes] = c->reached[no] = true;
	if (yes == at + 1 && yes != no && opposite(op)) {
		emit_test(c, insn, opposite(op), no);
		return;
	}
	if (yes != no)
		emit_test(c, insn, op, yes);
	if (no != at + 1)
		cbpf_emit_jump(&c->emit, GOTO, no);
}

static int convert_insn(struct converter *c, size_t at)
{
	const struct sock_filter *insn = &c->prog->insns[at];

	switch (BPF_CLASS(insn->code)) {
	case BPF_RET:
		if (BPF_RVAL(insn->code) == BPF_K)
			cbpf_emit(&c->emit,
				  W_IMM(BPF_MOV, REG_A, insn->k));
		cbpf_emit(&c->emit, EXIT);
		return 0;
	case BPF_JMP:
		emit_branch(c, at);
		return 0;
	case BPF_ALU:
		emit_alu(&c->emit, insn);
		break;
	default: {
		int err = emit_load(c, at, cbpf_op(insn->code));

		if (err)
			return err;
	}
	}
	c->reached[at + 1] = true;
	return 0;
}

static int convert_all(struct converter *c)
{
	struct cbpf_emit *e = &c->emit;
	int err = 0;

	cbpf_emit(e, W_IMM(BPF_MOV, REG_A, 0));
	cbpf_emit(e, W_IMM(BPF_MOV, REG_X, 0));
	cbpf_emit(e, R_REG(BPF_MOV, REG_CTX, BPF_REG_1));
	c->reached[0] = true;
	for (size_t at = 0; at < c->prog->cnt; at++)
		cbpf_label(e);
	for (size_t at = 0; at < c->prog->cnt && !err; at++) {
		cbpf_here(e, at);
		if (c->reached[at])
			err = convert_insn(c, at);
	}
	return err;
}

static int no_memory(struct converter *c)
{
	return diag_report(c->sink, DIAG_NO_MEMORY, NULL,
			   "converting a filter");
}

static int resolve_jumps(struct converter *c)
{
	struct cbpf_emit *e = &c->emit;

	for (size_t i = 0; i < e->fixups.len; i++) {
		const struct cbpf_fixup *fixup = &e->fixups.data[i];
		size_t skip = e->labels.data[fixup->label] - fixup->at - 1;
		int64_t off = (int64_t)skip;

		if (off > INT16_MAX || off < INT16_MIN)
			return diag_report(c->sink, DIAG_CBPF_FAR, NULL,
					   "a jump spans %lld instructions",
					   (long long)off);
		e->insns.data[fixup->at].off = (int16_t)off;
	}
	return 0;
}

int cbpf_convert(const struct cbpf *prog,
		 const struct cbpf_convert_options *options,
		 struct arena *arena, const struct bpf_insn **insns,
		 size_t *cnt, struct diag_sink *sink)
{
	struct converter c = {
		.emit.options = options, .prog = prog, .sink = sink,
	};
	struct cbpf_emit *e = &c.emit;
	const struct bpf_insn *copy;
	int err = 0;

	c.reached = calloc(prog->cnt + 1, sizeof(*c.reached));
	if (c.reached)
		err = convert_all(&c);
	if (!err && (!c.reached || e->oom))
		err = no_memory(&c);
	if (!err)
		err = resolve_jumps(&c);
	if (!err) {
		copy = arena_copy(arena, e->insns.data,
				  e->insns.len * sizeof(*copy));
		err = copy ? 0 : no_memory(&c);
	}
	if (!err) {
		*insns = copy;
		*cnt = e->insns.len;
	}
	vec_free(&e->insns);
	vec_free(&e->labels);
	vec_free(&e->fixups);
	free(c.reached);
	return err;
}
