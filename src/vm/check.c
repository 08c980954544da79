/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program must be before it is verified: of a type that skep runs, with
 * maps that exist, and of one kind with the programs that share its prog
 * arrays. Which instructions, helpers and maps an engine lacks is the engine's
 * own answer, given when it prepares the program.
 */
#include "vm/vm.h"

#include <errno.h>

#include "map/prog_array.h"
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

/* Programs that tail-call each other through one array are of one kind. */
static int claim_array(const struct prog *prog, uint32_t insn,
		       struct map *map, struct diag_sink *sink)
{
	struct diag_where where = place(prog, insn);

	if (map->def.type != MAP_TYPE_PROG_ARRAY ||
	    !prog_array_claim(map, prog))
		return 0;
	return diag_report(sink, DIAG_VM_SLOT, &where,
			   "prog array %s is used by programs of another kind",
			   map->def.name);
}

/* As the kernel's, which wants every map that a program names to exist. */
static int check_map(const struct skep_prog *prog, uint32_t insn,
		     uint32_t index, struct diag_sink *sink)
{
	struct diag_where where = place(prog->prog, insn);
	const struct object_map *om = prog->obj->maps[index].def;
	const struct map_row *row = map_row(om->def.type);

	if (om->map)
		return claim_array(prog->prog, insn, om->map, sink);
	return diag_report(sink, DIAG_VM_NO_MAP, &where,
			   "map %s is of type %s (%u), which skep does not "
			   "have yet", om->def.name, row ? row->name :
			   "unknown", (uint32_t)om->def.type);
}

static bool names_map(const struct prog *prog, const struct bpf_insn *insn)
{
	return (insn->src_reg == BPF_PSEUDO_MAP_FD ||
		insn->src_reg == BPF_PSEUDO_MAP_IDX ||
		insn->src_reg == BPF_PSEUDO_MAP_VALUE ||
		insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE) &&
	       (uint32_t)insn->imm < prog->maps_cnt;
}

static int check_insn(const struct skep_prog *sprog, uint32_t pc,
		      struct diag_sink *sink)
{
	const struct prog *prog = sprog->prog;
	const struct bpf_insn *insn = &prog->insns[pc];

	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && names_map(prog, insn))
		return check_map(sprog, pc, (uint32_t)insn->imm, sink);
	return 0;
}

/* As check_insn, for what is prepared: its engine is known now. */
static int claim_for_engine(const struct prog *runs, struct diag_sink *sink)
{
	int err = 0;

	for (uint32_t pc = 0; pc < runs->insns_cnt; pc++) {
		const struct bpf_insn *insn = &runs->insns[pc];

		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (names_map(runs, insn) && runs->maps[insn->imm])
			err = claim_array(runs, pc, runs->maps[insn->imm],
					  sink) ?: err;
		pc++;
	}
	return err;
}

int vm_claim_arrays(struct skep_object *obj, struct diag_sink *sink)
{
	int err = 0;

	for (uint32_t i = 0; i < obj->progs_cnt; i++)
		if (obj->progs[i].engine)
			err = claim_for_engine(&obj->progs[i].proven, sink) ?:
			      err;
	return err;
}

int vm_check_program(const struct skep_prog *sprog, struct diag_sink *sink)
{
	const struct prog *prog = sprog->prog;
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
		err = check_insn(sprog, pc, sink) ?: err;
		if (prog->insns[pc].code == (BPF_LD | BPF_IMM | BPF_DW))
			pc++;
	}
	return err;
}
