/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does skep have what a program needs? Asked once, before anything runs, so
 * that a lack is named at load and not met in the middle of a packet. What a
 * program may do with it is not asked here: that is the verifier's question,
 * and until then the interpreter's at run time.
 */
#include "vm/vm.h"

#include <errno.h>

#include "helper/helper.h"
#include "spec/diags.h"

static struct diag_where place(const struct prog *prog, uint32_t insn)
{
	const struct prog_line *line = prog_line_at(prog, insn);
	struct diag_where where = {
		.file = prog->object, .program = prog->name, .insn = insn,
	};

	if (line) {
		where.source_file = line->file;
		where.source_line = line->text;
		where.line = line->line;
		where.column = line->column;
	}
	return where;
}

static int check_helper(const struct prog *prog, uint32_t insn, uint32_t id,
			struct diag_sink *sink)
{
	const struct helper_row *row = helper_row(id);
	struct diag_where where = place(prog, insn);

	if (!row)
		return diag_report(sink, DIAG_VM_LACKS_HELPER, &where,
				   "helper %u is unknown", id);
	if (!row->have)
		return diag_report(sink, DIAG_VM_LACKS_HELPER, &where,
				   "helper bpf_%s (%u) is needed and skep does "
				   "not have it yet", row->name, id);
	if (!(row->progs >> prog->type & 1))
		return diag_report(sink, DIAG_VM_LACKS_HELPER, &where,
				   "helper bpf_%s (%u) is not for programs of "
				   "type %s", row->name, id,
				   prog_row(prog->type)->name);
	if ((row->flags & HELPER_GPL) && !prog->gpl)
		return diag_report(sink, DIAG_VM_GPL, &where,
				   "helper bpf_%s (%u) is for programs under a "
				   "GPL-compatible license; this one's is '%s'",
				   row->name, id, prog->license ?: "");
	return 0;
}

static int check_map(const struct prog *prog, uint32_t insn, uint32_t index,
		     struct diag_sink *sink)
{
	struct diag_where where = place(prog, insn);

	if (index < prog->maps_cnt && prog->maps[index])
		return 0;
	return diag_report(sink, DIAG_VM_NO_MAP, &where,
			   "map %u of the object could not be made", index);
}

static int check_kfunc(const struct prog *prog, uint32_t insn, uint32_t index,
		       struct diag_sink *sink)
{
	struct diag_where where = place(prog, insn);

	return diag_report(sink, DIAG_VM_LACKS_KFUNC, &where,
			   "kernel function %s is needed and skep does not "
			   "have it", index < prog->kfuncs_cnt ?
			   prog->kfuncs[index] : "?");
}

static bool names_map(const struct bpf_insn *insn)
{
	return insn->src_reg == BPF_PSEUDO_MAP_FD ||
	       insn->src_reg == BPF_PSEUDO_MAP_VALUE ||
	       insn->src_reg == BPF_PSEUDO_MAP_IDX ||
	       insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
}

static int check_insn(const struct prog *prog, uint32_t pc,
		      struct diag_sink *sink)
{
	const struct bpf_insn *insn = &prog->insns[pc];

	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
		return names_map(insn) ?
		       check_map(prog, pc, (uint32_t)insn->imm, sink) : 0;
	if (insn->code != (BPF_JMP | BPF_CALL))
		return 0;
	if (insn->src_reg == 0)
		return check_helper(prog, pc, (uint32_t)insn->imm, sink);
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
		return check_kfunc(prog, pc, (uint32_t)insn->imm, sink);
	return 0;
}

int vm_check_program(const struct prog *prog, struct diag_sink *sink)
{
	struct diag_where where = {
		.file = prog->object, .program = prog->name, .insn = -1,
	};
	const struct prog_row *row = prog_row(prog->type);
	int err = 0;

	if (!row || !row->have)
		return diag_report(sink, DIAG_VM_LACKS_TYPE, &where,
				   "skep does not run programs of type %s "
				   "(section %s)", row ? row->name : "?",
				   prog->section);
	for (uint32_t pc = 0; pc < prog->insns_cnt; pc++) {
		err = check_insn(prog, pc, sink) ?: err;
		if (prog->insns[pc].code == (BPF_LD | BPF_IMM | BPF_DW))
			pc++;
	}
	return err;
}
