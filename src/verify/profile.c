/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel profiles: collects what a program uses, with the release that
 * brought it, and holds that against the release that is asked for. Opcodes
 * count wherever they stand, since kernels refuse unknown ones even in code
 * that no path reaches; calls count where some path may get.
 *
 * Not here: what a kernel's verifier makes of the program's paths.
 */
#include "verify/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/str.h"
#include "btf/btf.h"
#include "isa/insn.h"
#include "spec/kfuncs.h"
#include "spec/releases.h"
#include "spec/sections.h"

/* Programs were at most this long before Linux 5.2. */
#define SMALL_PROGRAM	4096
/* Nesting of structures in a value, and members looked at in all of it. */
#define VALUE_DEPTH	8
#define VALUE_MEMBERS	10000

struct profile {
	const struct verify_input *in;
	const struct prog *prog;
	const struct verify_facts *facts;
	uint32_t release;
	profile_fn report;
	void *arg;
	int missing;
	uint32_t oldest;
	bool never;			/* something no release has */
	bool ops[OP_CNT], helpers[HELPER_END];	/* told already */
	bool *kfuncs;
	uint32_t members;		/* of values, still to be looked at */
};

static void need(struct profile *p, const struct profile_lack *lack)
{
	if (!lack->soft) {
		p->oldest = MAX(p->oldest, lack->since);
		p->never |= !lack->since;
	}
	if (lack->since && lack->since <= p->release)
		return;
	p->missing += !lack->soft;
	if (p->report)
		p->report(p->arg, lack);
}

static void need_feature(struct profile *p, enum need which, int64_t insn,
			 bool soft)
{
	const struct release_row *row = &release_needs[which];

	need(p, &(struct profile_lack){
		.kind = PROFILE_FEATURE, .name = row->name, .doc = row->doc,
		.since = row->since, .insn = insn, .soft = soft,
	});
}

static void need_row(struct profile *p, enum profile_kind kind,
		     const struct release_row *row, const char *map)
{
	need(p, &(struct profile_lack){
		.kind = kind, .name = row->name, .doc = row->doc, .map = map,
		.since = row->since, .insn = -1,
	});
}

/* The program as a whole. */

static bool attaches_otherwise(const struct prog *prog)
{
	const struct section_row *row = prog->section ?
		section_row_match(prog->section, NULL) : NULL;

	/* tc/ names a hook that older kernels have by another way */
	return (row && row->flags & SECTION_OPTIONAL) ||
	       (prog->section && str_starts(prog->section, "tc/"));
}

static void check_attach(struct profile *p)
{
	const struct attach_row *row = attach_row(p->prog->attach_type);

	if (!row || !(row->progs >> p->prog->type & 1))
		return;
	need(p, &(struct profile_lack){
		.kind = PROFILE_ATTACH, .name = row->name, .doc = row->doc,
		.since = row->since, .insn = -1,
		.soft = attaches_otherwise(p->prog),
	});
}

static void check_ops_table(struct profile *p)
{
	const struct prog_attach *at = &p->prog->attach;
	const struct release_row *row;

	if (p->prog->type != PROG_TYPE_STRUCT_OPS || !at->btf || !at->ops)
		return;
	row = release_row_by_name(&release_struct_ops,
				  btf_type_name(at->btf, at->ops));
	if (row)
		need_row(p, PROFILE_ATTACH, row, NULL);
}

static void check_program(struct profile *p)
{
	const struct prog *prog = p->prog;
	const struct prog_row *row = prog_row(prog->type);

	if (row)
		need(p, &(struct profile_lack){
			.kind = PROFILE_PROG, .name = row->name,
			.doc = row->doc, .since = row->since, .insn = -1,
		});
	check_attach(p);
	check_ops_table(p);
	for (size_t i = 0; i < release_prog_flags.cnt; i++)
		if (prog->flags & release_prog_flags.rows[i].number)
			need_row(p, PROFILE_FLAG, &release_prog_flags.rows[i],
				 NULL);
	if (prog->type == PROG_TYPE_KPROBE &&
	    prog->flags & PROG_FLAG_SLEEPABLE)
		need_feature(p, NEED_SLEEPABLE_USER, -1, false);
	if (prog->insns_cnt > SMALL_PROGRAM)
		need_feature(p, NEED_LARGE, -1, false);
	for (uint32_t i = 1; i < prog->subprogs_cnt; i++)
		if (prog->subprogs[i].global) {
			need_feature(p, NEED_GLOBAL_FUNCS,
				     prog->subprogs[i].start, true);
			break;
		}
}

/* Instructions and calls. */

static bool is_reached(const struct profile *p, uint32_t insn)
{
	return !p->facts || insn >= p->facts->insns_cnt ||
	       p->facts->insns[insn].flags & FACT_REACHED;
}

static void check_op(struct profile *p, enum op op, uint32_t insn)
{
	const struct op_row *row = &op_rows[op];

	if (p->ops[op])
		return;
	p->ops[op] = true;
	need(p, &(struct profile_lack){
		.kind = PROFILE_INSN, .name = row->name, .doc = "",
		.since = row->since, .insn = insn,
	});
}

static void check_helper(struct profile *p, uint32_t insn)
{
	const struct helper_row *row =
		helper_row((uint32_t)p->prog->insns[insn].imm);

	if (!row || p->helpers[row->id])
		return;
	p->helpers[row->id] = true;
	need(p, &(struct profile_lack){
		.kind = PROFILE_HELPER, .name = row->c_name, .doc = row->doc,
		.since = row->since, .insn = insn,
	});
}

/* A function without a row is a module's: what brought it is not known. */
static void check_kfunc(struct profile *p, uint32_t insn)
{
	uint32_t index = (uint32_t)p->prog->insns[insn].imm;
	const struct kfunc_row *row;

	if (index >= p->prog->kfuncs_cnt)
		return;
	row = kfunc_row(p->prog->kfuncs[index]);
	if (!row || p->kfuncs[row - kfunc_rows])
		return;
	p->kfuncs[row - kfunc_rows] = true;
	need(p, &(struct profile_lack){
		.kind = PROFILE_KFUNC, .name = row->name, .doc = "",
		.since = row->since, .insn = insn,
	});
}

static void check_insns(struct profile *p)
{
	uint32_t tail_call = UINT32_MAX;

	for (uint32_t i = 0; i < p->prog->insns_cnt;) {
		enum op op = insn_op(&p->prog->insns[i]);

		if (op == OP_INVALID)
			break;
		check_op(p, op, i);
		if (op == OP_CALL_HELPER && is_reached(p, i)) {
			check_helper(p, i);
			if (p->prog->insns[i].imm == HELPER_tail_call)
				tail_call = MIN(tail_call, i);
		} else if (op == OP_CALL_KFUNC && is_reached(p, i)) {
			check_kfunc(p, i);
		}
		i += op_slots(op);
	}
	if (tail_call != UINT32_MAX && p->ops[OP_CALL_LOCAL])
		need_feature(p, NEED_TAIL_SUBPROGS, tail_call, false);
}

/*
 * Loops: a depth-first walk over each subprogram's jumps. An instruction is
 * OPEN while its successors are being visited; a jump to an open one closes a
 * loop.
 */
enum colour {
	NEW,
	OPEN,
	DONE,
};

struct visit {
	uint32_t insn;
	uint32_t next;		/* which successor to look at */
};

/* Successor `which` of an instruction; UINT32_MAX when there are no more. */
static uint32_t successor(const struct prog *prog, uint32_t insn,
			  uint32_t which)
{
	const struct bpf_insn *at = &prog->insns[insn];
	enum op op = insn_op(at);
	uint32_t after = insn + (op == OP_INVALID ? 1 : op_slots(op));
	int64_t distance;
	bool jumps = op != OP_CALL_LOCAL && op != OP_LD_FUNC &&
		     op != OP_INVALID && insn_target(at, &distance);

	if (op == OP_EXIT || op == OP_INVALID || which > 1)
		return UINT32_MAX;
	if (jumps && which == 0)
		return (uint32_t)(insn + 1 + distance);
	if (op == OP_JA || op == OP_JA32 || which > (uint32_t)jumps)
		return UINT32_MAX;
	return after;
}

/* The first jump backwards that closes a loop, or UINT32_MAX. */
static uint32_t find_loop(const struct prog *prog, uint32_t start,
			  uint8_t *colours, struct visit *stack)
{
	uint32_t depth = 1;

	stack[0] = (struct visit){ start, 0 };
	colours[start] = OPEN;
	while (depth) {
		struct visit *top = &stack[depth - 1];
		uint32_t to = successor(prog, top->insn, top->next++);

		if (to >= prog->insns_cnt) {
			colours[top->insn] = DONE;
			depth--;
		} else if (colours[to] == OPEN) {
			return top->insn;
		} else if (colours[to] == NEW) {
			colours[to] = OPEN;
			stack[depth++] = (struct visit){ to, 0 };
		}
	}
	return UINT32_MAX;
}

static int check_loops(struct profile *p)
{
	const struct prog *prog = p->prog;
	uint8_t *colours = calloc(prog->insns_cnt + 1, 1);
	struct visit *stack = calloc(prog->insns_cnt + 1, sizeof(*stack));
	int err = colours && stack ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < prog->subprogs_cnt; i++) {
		uint32_t start = prog->subprogs[i].start, at;

		if (start >= prog->insns_cnt || colours[start] != NEW)
			continue;
		at = find_loop(prog, start, colours, stack);
		if (at == UINT32_MAX)
			continue;
		need_feature(p, NEED_LOOPS, at, false);
		break;
	}
	free(colours);
	free(stack);
	return err;
}

/* Maps and what their values hold. */

static void check_field(struct profile *p, const char *map, const char *name)
{
	const struct release_row *row =
		release_row_by_name(&release_value_fields, name);

	if (row)
		need_row(p, PROFILE_FIELD, row, map);
}

/* A pointer is a special field by the tag of its type. */
static void check_pointer(struct profile *p, const char *map,
			  const struct btf *btf, const struct btf_type *ptr)
{
	const struct btf_type *tag = btf_type(btf, ptr->type);

	if (tag && btf_kind(tag) == BTF_KIND_TYPE_TAG)
		check_field(p, map, btf_str(btf, tag->name_off));
}

static void check_value(struct profile *p, const char *map,
			const struct btf *btf, uint32_t id, uint32_t depth);

static void check_members(struct profile *p, const char *map,
			  const struct btf *btf, const struct btf_type *t,
			  uint32_t depth)
{
	bool section = btf_kind(t) == BTF_KIND_DATASEC;

	for (uint32_t i = 0; i < btf_vlen(t) && p->members; i++) {
		p->members--;
		check_value(p, map, btf, section ?
			    btf_var_secinfos(t)[i].type :
			    btf_members(t)[i].type, depth + 1);
	}
}

static void check_value(struct profile *p, const char *map,
			const struct btf *btf, uint32_t id, uint32_t depth)
{
	const struct btf_type *t = btf_type(btf, btf_skip_modifiers(btf, id));

	while (t && (btf_kind(t) == BTF_KIND_ARRAY ||
		     btf_kind(t) == BTF_KIND_VAR)) {
		id = btf_kind(t) == BTF_KIND_ARRAY ? btf_array(t)->type :
						     t->type;
		t = depth++ < VALUE_DEPTH ?
			btf_type(btf, btf_skip_modifiers(btf, id)) : NULL;
	}
	if (!t || depth >= VALUE_DEPTH)
		return;
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		check_pointer(p, map, btf, t);
		break;
	case BTF_KIND_STRUCT:
		check_field(p, map, btf_str(btf, t->name_off));
		/* fallthrough */
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
		check_members(p, map, btf, t, depth);
		break;
	}
}

/*
 * Loaders make maps of .data and its like mappable where the kernel can, and
 * do without where it cannot. Their names have a dot; no C name has.
 */
static bool is_wish(const struct verify_map *map, uint32_t flag)
{
	return flag == MAP_FLAG_MMAPABLE && map->name &&
	       strchr(map->name, '.');
}

static void check_map_flags(struct profile *p, const struct verify_map *map)
{
	for (size_t i = 0; i < release_map_flags.cnt; i++) {
		const struct release_row *row = &release_map_flags.rows[i];

		if (map->flags & row->number)
			need(p, &(struct profile_lack){
				.kind = PROFILE_MAP_FLAG, .name = row->name,
				.doc = row->doc, .map = map->name,
				.since = row->since, .insn = -1,
				.soft = is_wish(map, row->number),
			});
	}
}

static void check_map(struct profile *p, const struct verify_map *map)
{
	const struct map_row *row = map_row(map->type);

	if (row)
		need(p, &(struct profile_lack){
			.kind = PROFILE_MAP, .name = row->name,
			.doc = row->doc, .map = map->name,
			.since = row->since, .insn = -1,
		});
	check_map_flags(p, map);
	p->members = VALUE_MEMBERS;
	if (map->btf && map->btf_value)
		check_value(p, map->name, map->btf, map->btf_value, 0);
}

static void check_maps(struct profile *p)
{
	for (uint32_t i = 0; p->in->maps && i < p->prog->maps_cnt; i++) {
		check_map(p, &p->in->maps[i]);
		if (p->in->maps[i].inner)
			check_map(p, p->in->maps[i].inner);
	}
}

/* The object's types: what a kernel does not know, loaders replace. */

static bool is_own_function(const struct prog *prog, uint32_t id)
{
	for (uint32_t i = 0; i < prog->subprogs_cnt; i++)
		if (prog->subprogs[i].btf_func == id)
			return true;
	return false;
}

static bool is_argument_tag(const struct prog *prog, const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_DECL_TAG &&
	       str_starts(btf_str(prog->btf, t->name_off), "arg:") &&
	       is_own_function(prog, t->type);
}

static void check_types(struct profile *p)
{
	const struct btf *btf = p->prog->btf;
	uint32_t seen = 0;
	bool tags = false;

	for (uint32_t id = btf ? btf_first_id(btf) : 0;
	     btf && id < btf_type_cnt(btf); id++) {
		const struct btf_type *t = btf_type(btf, id);

		seen |= t ? 1u << btf_kind(t) : 0;
		tags |= t && is_argument_tag(p->prog, t);
	}
	for (size_t i = 0; i < release_btf_kinds.cnt; i++) {
		const struct release_row *row = &release_btf_kinds.rows[i];

		if (seen >> row->number & 1)
			need(p, &(struct profile_lack){
				.kind = PROFILE_TYPE, .name = row->name,
				.doc = row->doc, .since = row->since,
				.insn = -1, .soft = true,
			});
	}
	if (tags)
		need_feature(p, NEED_ARG_TAGS, -1, false);
}

int profile_check(const struct verify_input *in,
		  const struct verify_facts *facts, uint32_t release,
		  profile_fn report, void *arg, uint32_t *oldest)
{
	struct profile p = {
		.in = in, .prog = in->prog, .facts = facts,
		.release = release, .report = report, .arg = arg,
	};
	int err;

	p.kfuncs = calloc(kfunc_rows_cnt, sizeof(*p.kfuncs));
	if (!p.kfuncs)
		return -ENOMEM;
	check_program(&p);
	check_insns(&p);
	free(p.kfuncs);
	err = check_loops(&p);
	if (err)
		return err;
	check_maps(&p);
	check_types(&p);
	if (oldest)
		*oldest = p.never ? 0 : p.oldest;
	return p.missing;
}

uint32_t profile_release(const char *text)
{
	unsigned int major, minor;
	int used = 0;

	text += *text == 'v';
	if (sscanf(text, "%3u.%3u%n", &major, &minor, &used) != 2 || !used ||
	    (text[used] && text[used] != '.' && text[used] != '-') ||
	    minor > 255 ||
	    KERNEL_RELEASE(major, minor) < KERNEL_RELEASE(3, 18) ||
	    KERNEL_RELEASE(major, minor) > releases[releases_cnt - 1])
		return 0;
	return KERNEL_RELEASE(major, minor);
}

static const char *const kind_names[] = {
	[PROFILE_INSN]     = "instruction",
	[PROFILE_HELPER]   = "helper",
	[PROFILE_KFUNC]    = "kernel function",
	[PROFILE_PROG]     = "program type",
	[PROFILE_ATTACH]   = "attach type",
	[PROFILE_FLAG]     = "program flag",
	[PROFILE_MAP]      = "map type",
	[PROFILE_MAP_FLAG] = "map flag",
	[PROFILE_FIELD]    = "field of a map's value",
	[PROFILE_TYPE]     = "kind of type",
	[PROFILE_FEATURE]  = "feature",
};

static_assert(ARRAY_SIZE(kind_names) == PROFILE_KIND_CNT, "a name per kind");

const char *profile_kind_name(enum profile_kind kind)
{
	return kind_names[kind];
}
