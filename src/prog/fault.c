/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a run ended badly, whichever engine found it: the errno that goes with
 * run->fault, and the diagnostic that people read.
 */
#include <stdio.h>

#include "base/str.h"
#include "isa/disasm.h"
#include "isa/insn.h"
#include "prog/run.h"
#include "spec/diags.h"
#include "spec/spec.h"

static const struct {
	enum diag_id id;
	const char *what;
} stops[] = {
	[RUN_EXITED]       = { DIAG_CNT, "" },
	[RUN_FAULT_LOAD]   = { DIAG_RUN_LOAD, "load" },
	[RUN_FAULT_STORE]  = { DIAG_RUN_STORE, "store" },
	[RUN_FAULT_CTX]    = { DIAG_RUN_CONTEXT, "context access" },
	[RUN_FAULT_ARG]    = { DIAG_RUN_ARGUMENT, "argument" },
	[RUN_FAULT_CALL]   = { DIAG_RUN_CALL, "call" },
	[RUN_FAULT_DEPTH]  = { DIAG_RUN_DEPTH, "call" },
	[RUN_FAULT_OP]     = { DIAG_RUN_OP, "instruction" },
	[RUN_FAULT_BUDGET] = { DIAG_RUN_BUDGET, "instruction" },
	[RUN_FAULT_LEAK]   = { DIAG_RUN_LEAK, "exit" },
	[RUN_FAULT_STOPPED] = { DIAG_RUN_STOPPED, "instruction" },
	[RUN_FAULT_FACT]   = { DIAG_RUN_FACT, "instruction" },
};

static const char *const classes[MEM_CLASS_CNT] = {
	[MEM_NONE]        = "no memory of this program",
	[MEM_STACK]       = "the stack",
	[MEM_CTX]         = "the context",
	[MEM_PACKET]      = "the packet",
	[MEM_PACKET_META] = "the packet's metadata",
	[MEM_MAP_VALUE]   = "a map value",
	[MEM_MAP_KEY]     = "a map key",
	[MEM_RINGBUF]     = "a ring-buffer record",
	[MEM_HELPER]      = "memory that a helper returned",
};

static_assert(ARRAY_SIZE(stops) == RUN_STOPS, "one per run_stop");

int run_fault_errno(enum run_stop stop)
{
	return stop == RUN_EXITED ? 0 : diag_rows[stops[stop].id].err;
}

/* "4 bytes past the end of the packet (60 bytes)" */
static void say_where(struct strbuf *sb, const struct run_fault *fault)
{
	const struct mem_window *near = &fault->near;
	const char *cls = classes[near->cls];
	uint64_t end = near->base + near->len;

	if (near->cls == MEM_NONE)
		strbuf_printf(sb, "it lies in %s", cls);
	else if (fault->addr == end)
		strbuf_printf(sb, "it begins right behind the end of %s "
			      "(%zu bytes)", cls, near->len);
	else if (fault->addr > end)
		strbuf_printf(sb, "it begins %llu bytes past the end of %s "
			      "(%zu bytes)",
			      (unsigned long long)(fault->addr - end), cls,
			      near->len);
	else if (fault->addr < near->base)
		strbuf_printf(sb, "it begins %llu bytes before %s (%zu bytes)",
			      (unsigned long long)(near->base - fault->addr),
			      cls, near->len);
	else if (fault->size > end - fault->addr)
		strbuf_printf(sb, "it reaches %llu bytes past the end of %s "
			      "(%zu bytes)",
			      (unsigned long long)(fault->addr + fault->size -
						   end), cls, near->len);
	else
		strbuf_printf(sb, "it lies in %s, which may not be used so",
			      cls);
}

static void say_call(struct strbuf *sb, const struct run_fault *fault)
{
	const struct bpf_insn *insn = &fault->prog->insns[fault->insn];

	if (insn_op(insn) == OP_CALL_HELPER && helper_row(insn->imm))
		strbuf_printf(sb, "bpf_%s cannot be called here",
			      helper_row(insn->imm)->name);
	else if (insn_op(insn) == OP_CALL_HELPER)
		strbuf_printf(sb, "there is no helper %d%s", insn->imm,
			      (insn->imm & ~0xfffffff) == 0 &&
			      insn->imm >= 0xbad2310 &&
			      insn->imm <= 0xbad2310 + 0xffff ?
			      ": a failed CO-RE relocation left it" : "");
	else
		strbuf_printf(sb, "%#llx is no function of this program",
			      (unsigned long long)fault->addr);
}

#define NO_ADDRESS	(1ull << 31)	/* ours are beyond, as a rule */
#define NULL_PAGE	4096ull

/* A number that says something by itself, and the same in every run. */
static bool is_small(uint64_t number, uint64_t limit)
{
	return number + limit <= 2 * limit;
}

static void say_argument(struct strbuf *sb, const struct run_fault *fault,
			 bool addr)
{
	const struct bpf_insn *insn = &fault->prog->insns[fault->insn];
	const struct helper_row *row = helper_row(insn->imm);

	strbuf_printf(sb, "argument %u of %s%s", fault->arg,
		      row ? "bpf_" : "the call", row ? row->name : "");
	if (addr || is_small(fault->addr, NO_ADDRESS))
		strbuf_printf(sb, ", %#llx,", (unsigned long long)fault->addr);
	strbuf_puts(sb, " is not what it wants");
	if (fault->size) {
		strbuf_printf(sb, ": of %llu bytes there, ",
			      (unsigned long long)fault->size);
		say_where(sb, fault);
	}
}

static void say_access(struct strbuf *sb, const struct run_fault *fault,
		       bool addr)
{
	strbuf_printf(sb, "%s of %llu byte%s", stops[fault->stop].what,
		      (unsigned long long)fault->size,
		      fault->size == 1 ? "" : "s");
	if (addr || is_small(fault->addr, NULL_PAGE))
		strbuf_printf(sb, " at %#llx",
			      (unsigned long long)fault->addr);
	strbuf_puts(sb, ": ");
	say_where(sb, fault);
}

static void say(struct strbuf *sb, const struct run_fault *fault, bool addr)
{
	switch (fault->stop) {
	case RUN_FAULT_LOAD:
	case RUN_FAULT_STORE:
		say_access(sb, fault, addr);
		break;
	case RUN_FAULT_CTX:
		strbuf_printf(sb, "%llu bytes at offset %llu of struct %s: no "
			      "field that this program may use so",
			      (unsigned long long)fault->size,
			      (unsigned long long)fault->addr,
			      ctx_layout(fault->prog->type)->name);
		break;
	case RUN_FAULT_ARG:
		say_argument(sb, fault, addr);
		break;
	case RUN_FAULT_CALL:
		say_call(sb, fault);
		break;
	case RUN_FAULT_OP:
		strbuf_printf(sb, "%s: skep does not have it, or not for this "
			      "program",
			      op_rows[insn_op(&fault->prog->insns[fault->insn])]
			      .name);
		break;
	case RUN_FAULT_LEAK:
		strbuf_printf(sb, "the program ended and kept %s of %llu "
			      "bytes", classes[fault->near.cls],
			      (unsigned long long)fault->size);
		break;
	default:
		strbuf_puts(sb, diag_rows[stops[fault->stop].id].title);
	}
}

/* The instruction as an assembler would write it. */
static void say_insn(struct strbuf *sb, const struct run_fault *fault)
{
	const struct disasm_style style = { 0 };

	strbuf_puts(sb, "; the instruction is `");
	disasm_insn(sb, &fault->prog->insns[fault->insn], &style);
	strbuf_puts(sb, "`");
}

void run_fault_say(struct strbuf *out, const struct run_fault *fault)
{
	say(out, fault, false);
}

int run_fault_report(const struct run *run, struct diag_sink *sink)
{
	const struct run_fault *fault = &run->fault;
	const struct prog *prog = fault->prog;
	const struct prog_line *line;
	struct strbuf text = STRBUF_INIT;
	struct diag_where where;
	int err;

	if (fault->stop == RUN_EXITED)
		return 0;
	line = prog_line_at(prog, fault->insn);
	where = (struct diag_where){
		.file = prog->object, .program = prog->name,
		.insn = fault->insn,
		.source_file = line ? line->file : NULL,
		.line = line ? line->line : 0,
		.column = line ? line->column : 0,
		.source_line = line ? line->text : NULL,
	};
	say(&text, fault, true);
	say_insn(&text, fault);
	err = diag_report(sink, stops[fault->stop].id, &where, "%s",
			  strbuf_str(&text));
	strbuf_fini(&text);
	return err;
}
