/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check that stands between a filter and its first packet. Jumps only go
 * forward, so every accepted program ends, and one pass in program order sees
 * all ways to an instruction before the instruction itself.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include "cbpf/cbpf.h"
#include "spec/diags.h"

#define ALL_CELLS	0xffffu

struct checker {
	const struct cbpf *prog;
	const char *file;
	struct diag_sink *sink;
	uint16_t *written;	/* cells of M[] set on every jump to here */
	uint16_t now;		/* cells set when falling into here */
};

#define refuse(c, at, id, ...) \
	diag_report((c)->sink, id, &(const struct diag_where){ \
		.file = (c)->file, .insn = (int64_t)(at) }, __VA_ARGS__)

static int check_goto(struct checker *c, size_t at)
{
	const struct sock_filter *insn = &c->prog->insns[at];

	if (insn->k >= c->prog->cnt - at - 1)
		return refuse(c, at, DIAG_CBPF_JUMP,
			      "ja skips %u, %zu follow", insn->k,
			      c->prog->cnt - at - 1);
	c->written[at + 1 + insn->k] &= c->now;
	c->now = ALL_CELLS;
	return 0;
}

static int check_branch(struct checker *c, size_t at)
{
	const struct sock_filter *insn = &c->prog->insns[at];
	size_t after = c->prog->cnt - at - 1;

	if (insn->jt >= after || insn->jf >= after)
		return refuse(c, at, DIAG_CBPF_JUMP,
			      "branch skips %u or %u, %zu follow", insn->jt,
			      insn->jf, after);
	c->written[at + 1 + insn->jt] &= c->now;
	c->written[at + 1 + insn->jf] &= c->now;
	c->now = ALL_CELLS;
	return 0;
}

static int check_cell(struct checker *c, size_t at, enum cbpf_rule rule)
{
	uint32_t cell = c->prog->insns[at].k;

	if (cell >= BPF_MEMWORDS)
		return refuse(c, at, DIAG_CBPF_CELL,
			      "M[%u], there are %d", cell, BPF_MEMWORDS);
	if (rule == CBPF_RULE_STORE)
		c->now |= (uint16_t)(1u << cell);
	else if (!(c->now & 1u << cell))
		return refuse(c, at, DIAG_CBPF_UNSET,
			      "M[%u] is read before it is written", cell);
	return 0;
}

static int check_packet(struct checker *c, size_t at)
{
	const struct sock_filter *insn = &c->prog->insns[at];

	if (insn->k >= (uint32_t)SKF_AD_OFF &&
	    cbpf_ancillary(insn) == CBPF_AD_NONE)
		return refuse(c, at, DIAG_CBPF_ANCILLARY,
			      "no ancillary load at SKF_AD_OFF + %u",
			      insn->k - (uint32_t)SKF_AD_OFF);
	return 0;
}

static int check_insn(struct checker *c, size_t at)
{
	const struct sock_filter *insn = &c->prog->insns[at];
	enum cbpf_op op = cbpf_op(insn->code);

	if (op == CBPF_INVALID)
		return refuse(c, at, DIAG_CBPF_OPCODE, "no instruction %#x",
			      insn->code);
	c->now &= c->written[at];
	switch (cbpf_rows[op].rule) {
	case CBPF_RULE_DIVISOR:
		return insn->k ? 0 : refuse(c, at, DIAG_CBPF_DIVISOR,
					    "division by the constant 0");
	case CBPF_RULE_SHIFT:
		return insn->k < 32 ? 0 : refuse(c, at, DIAG_CBPF_SHIFT,
						 "shift by %u", insn->k);
	case CBPF_RULE_STORE:
	case CBPF_RULE_RECALL:
		return check_cell(c, at, cbpf_rows[op].rule);
	case CBPF_RULE_GOTO:
		return check_goto(c, at);
	case CBPF_RULE_BRANCH:
		return check_branch(c, at);
	case CBPF_RULE_PACKET:
		return check_packet(c, at);
	default:
		return 0;
	}
}

static int check_seccomp_insn(struct checker *c, size_t at)
{
	const struct sock_filter *insn = &c->prog->insns[at];
	enum cbpf_op op = cbpf_op(insn->code);

	if (!cbpf_rows[op].seccomp)
		return refuse(c, at, DIAG_CBPF_SECCOMP_OPCODE,
			      "'%s' is no seccomp instruction",
			      cbpf_rows[op].name);
	if (op == CBPF_LD_W_ABS &&
	    (insn->k >= sizeof(struct seccomp_data) || insn->k & 3))
		return refuse(c, at, DIAG_CBPF_SECCOMP_LOAD,
			      "load of 4 bytes at %u of %zu", insn->k,
			      sizeof(struct seccomp_data));
	return 0;
}

static int check_all(struct checker *c, enum cbpf_dialect dialect)
{
	size_t cnt = c->prog->cnt;
	int err = 0;

	for (size_t at = 0; at < cnt && !err; at++)
		err = check_insn(c, at);
	if (err)
		return err;
	if (BPF_CLASS(c->prog->insns[cnt - 1].code) != BPF_RET)
		return refuse(c, cnt - 1, DIAG_CBPF_END,
			      "the last instruction is no ret");
	for (size_t at = 0; at < cnt && !err && dialect == CBPF_SECCOMP; at++)
		err = check_seccomp_insn(c, at);
	return err;
}

int cbpf_check(const struct cbpf *prog, enum cbpf_dialect dialect,
	       const char *file, struct diag_sink *sink)
{
	struct checker c = { prog, file, sink, NULL, 0 };
	int err;

	if (!prog->cnt || prog->cnt > BPF_MAXINSNS)
		return refuse(&c, -1, DIAG_CBPF_LENGTH,
			      "%zu instructions, 1 to %d are allowed",
			      prog->cnt, BPF_MAXINSNS);
	c.written = malloc(prog->cnt * sizeof(*c.written));
	if (!c.written)
		return refuse(&c, -1, DIAG_NO_MEMORY, "checking a filter");
	for (size_t at = 0; at < prog->cnt; at++)
		c.written[at] = ALL_CELLS;
	err = check_all(&c, dialect);
	free(c.written);
	return err;
}
