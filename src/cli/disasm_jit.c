/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native code beside the instructions and source lines that it comes from.
 * What is listed is what the optimiser left, in the order in which it lies:
 * an instruction may be there in pieces, or not at all. Numbers of
 * instructions are those of the linked program, as `skep verify` has them.
 */
#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/listing.h"
#include "cli/native.h"
#include "jit/jit.h"
#include "jit/origins.h"
#include "map/map.h"
#include "vm/vm.h"

struct view {
	struct strbuf *out;
	struct json json;
	const struct listing_options *options;
	struct native *native;

	/* the program at hand */
	const struct prog *prog;
	struct jit_text text;
	const struct prog_line *line;		/* shown last */
	const struct jit_origin *shown;		/* whose instruction was */
};

/* ---- the parts of a line ---- */

/* What numbers stand for in linked instructions. */
static void put_meaning(struct strbuf *out, const struct prog *prog,
			const struct bpf_insn *insn, enum op op)
{
	const struct helper_row *row;

	switch (op) {
	case OP_CALL_HELPER:
		row = helper_row((uint32_t)insn->imm);
		if (row)
			strbuf_printf(out, "  (%s)", row->c_name);
		return;
	case OP_LD_MAP_FD:
	case OP_LD_MAP_IDX:
	case OP_LD_MAP_VALUE:
	case OP_LD_MAP_IDX_VALUE:
		strbuf_printf(out, "  (%s)",
			      prog->maps[insn->imm]->def.name);
		return;
	default:
		return;
	}
}

static void put_bpf(struct view *v, struct strbuf *out, uint32_t slot)
{
	const struct bpf_insn *insn = &v->prog->insns[slot];

	put_meaning(out, v->prog, insn,
		    disasm_insn(out, insn, &v->options->style));
}

/* An offset in the code, or a function's name; never an address. */
static void put_target(struct view *v, struct strbuf *out, uint64_t address)
{
	uint64_t base = (uintptr_t)v->text.base;

	if (address - base < v->text.size)
		strbuf_printf(out, "%llx",
			      (unsigned long long)(address - base));
	else if (!jit_callee(out, v->prog, address))
		strbuf_puts(out, "(library)");
}

static uint32_t put_native(struct view *v, struct strbuf *out, uint32_t at,
			   uint32_t end)
{
	const uint8_t *code = v->text.base + at;
	struct native_insn insn = native_text(out, v->native, code, end - at,
					      (uintptr_t)code);

	if (insn.branches)
		put_target(v, out, insn.target);
	return insn.size;
}

static const struct prog_line *line_of(const struct view *v,
				       const struct jit_origin *origin)
{
	return origin->part == JIT_PART_INSN ?
	       prog_line_at(v->prog, origin->slot) : NULL;
}

/* ---- as text ---- */

static void text_line(struct view *v, const struct jit_origin *origin)
{
	const struct prog_line *line = line_of(v, origin);
	const struct prog_line *last = v->line;

	if (!v->options->source || !line || line == last)
		return;
	v->line = line;
	if (last && last->line == line->line && str_eq(last->file, line->file))
		return;
	strbuf_printf(v->out, "; %s:%u: %s\n", line->file, line->line,
		      line->text);
}

static void text_head(struct view *v, const struct jit_origin *origin)
{
	switch ((enum jit_part)origin->part) {
	case JIT_PART_INSN:
		text_line(v, origin);
		strbuf_printf(v->out, "%8u:\t",
			      prog_origin(v->prog, origin->slot));
		put_bpf(v, v->out, origin->slot);
		strbuf_putc(v->out, '\n');
		return;
	case JIT_PART_TRAP:
		strbuf_printf(v->out, "%8u:\ttrap\n",
			      prog_origin(v->prog, origin->slot));
		return;
	default:
		return;
	}
}

static void text_insn(struct view *v, uint32_t at, uint32_t size,
		      const struct strbuf *text)
{
	strbuf_printf(v->out, "\t\t%6x:  ", at);
	for (uint32_t i = 0; i < size; i++)
		strbuf_printf(v->out, "%02x", v->text.base[at + i]);
	strbuf_printf(v->out, "%*s  %s\n", size < 10 ? 20 - 2 * (int)size : 0,
		      "", strbuf_str(text));
}

/* ---- as JSON ---- */

static void json_line(struct json *json, const struct prog_line *line)
{
	if (!line)
		return;
	json_key(json, "file");
	json_string(json, line->file);
	json_key(json, "line");
	json_u64(json, line->line);
	json_key(json, "source");
	json_string(json, line->text);
}

static void json_insn(struct view *v, const struct jit_origin *origin,
		      uint32_t at, uint32_t size, const struct strbuf *text)
{
	enum jit_part part = (enum jit_part)origin->part;
	struct strbuf bpf = STRBUF_INIT;
	struct json *json = &v->json;

	json_object_begin(json);
	json_key(json, "offset");
	json_u64(json, at);
	json_key(json, "bytes");
	json_hex_bytes(json, v->text.base + at, size);
	json_key(json, "text");
	json_string(json, strbuf_str(text));
	json_key(json, "part");
	json_string(json, jit_part_name(part));
	if (part == JIT_PART_INSN || part == JIT_PART_TRAP) {
		put_bpf(v, &bpf, origin->slot);
		json_key(json, "insn");
		json_u64(json, prog_origin(v->prog, origin->slot));
		json_key(json, "bpf");
		json_string(json, strbuf_str(&bpf));
	}
	if (v->options->source)
		json_line(json, line_of(v, origin));
	json_object_end(json);
	strbuf_fini(&bpf);
}

/* ---- the walk ---- */

static void put_origin(struct view *v, uint32_t index)
{
	const struct jit_origin *origin = &v->text.origins[index];
	uint32_t end = jit_origin_end(&v->text, index), size;
	struct strbuf text = STRBUF_INIT;

	if (!v->options->json && origin->at < end)
		text_head(v, origin);
	for (uint32_t at = origin->at; at < end; at += size) {
		strbuf_reset(&text);
		size = put_native(v, &text, at, end);
		if (v->options->json)
			json_insn(v, origin, at, size, &text);
		else
			text_insn(v, at, size, &text);
	}
	strbuf_fini(&text);
}

static void put_piece(struct view *v, const struct jit_piece *piece)
{
	char name[JIT_NAME_MAX];

	jit_piece_name(v->prog, piece, name);
	if (v->options->json) {
		json_object_begin(&v->json);
		json_key(&v->json, "name");
		json_string(&v->json, name);
		json_key(&v->json, "offset");
		json_u64(&v->json, piece->at);
		json_key(&v->json, "size");
		json_u64(&v->json, piece->size);
		json_key(&v->json, "code");
		json_array_begin(&v->json);
	} else {
		strbuf_printf(v->out, "\n%08x <%s>:\n", piece->at, name);
	}
	v->line = NULL;
	for (uint32_t i = 0; i < piece->cnt; i++)
		put_origin(v, piece->first + i);
	if (v->options->json) {
		json_array_end(&v->json);
		json_object_end(&v->json);
	}
}

static void head(struct view *v, const struct skep_prog *prog)
{
	const char *tier = jit_tier_of(v->prog) == JIT_OPT ? "opt" : "quick";
	unsigned long long us = prog->prepare_ns / 1000;

	if (!v->options->json) {
		strbuf_printf(v->out, "\n%s (%s): tier %s, %u bytes, compiled "
			      "in %llu us\n", skep_prog_name(prog),
			      skep_prog_type(prog), tier, v->text.size, us);
		return;
	}
	json_object_begin(&v->json);
	json_key(&v->json, "program");
	json_string(&v->json, skep_prog_name(prog));
	json_key(&v->json, "type");
	json_string(&v->json, skep_prog_type(prog));
	json_key(&v->json, "tier");
	json_string(&v->json, tier);
	json_key(&v->json, "code_bytes");
	json_u64(&v->json, v->text.size);
	json_key(&v->json, "compile_us");
	json_u64(&v->json, us);
	json_key(&v->json, "pieces");
	json_array_begin(&v->json);
}

static void put_program(struct view *v, const struct skep_prog *prog)
{
	struct jit_piece piece;
	uint32_t next = 0;

	v->prog = &prog->proven;
	v->text = jit_text(v->prog);
	head(v, prog);
	while (jit_piece_next(&v->text, v->prog, &next, &piece))
		put_piece(v, &piece);
	if (v->options->json) {
		json_array_end(&v->json);
		json_object_end(&v->json);
	}
}

static int put_programs(struct view *v, struct skep_object *obj,
			struct diag_sink *sink)
{
	struct skep_prog *prog = NULL;

	json_init(&v->json, v->out, true);
	if (v->options->json)
		json_array_begin(&v->json);
	while ((prog = skep_object_next_prog(obj, prog))) {
		if (!prog->engine)
			continue;
		if (!prog->engine->code_size)
			return -EOPNOTSUPP;	/* loading has said why */
		put_program(v, prog);
	}
	if (v->options->json) {
		json_array_end(&v->json);
		json_fini(&v->json);
	}
	return 0;
}

static int load(struct skep *skep, const char *path,
		const struct listing_options *options,
		struct skep_object **out)
{
	const struct skep_load_options load = {
		.size = sizeof(load), .jit = options->jit,
		.program = options->prog,
	};
	int err = skep_object_open(skep, path, out);

	return err ?: skep_object_load(*out, &load);
}

int listing_native(struct strbuf *out, const char *path,
		   const struct listing_options *options,
		   struct diag_sink *sink)
{
	const struct skep_options opts = {
		.size = sizeof(opts), .diag = sink->fn, .diag_arg = sink->arg,
	};
	struct view v = { .out = out, .options = options };
	struct skep_object *obj;
	struct skep *skep = NULL;
	int err = native_new(&v.native, sink);

	if (!err)
		err = skep_new(&skep, &opts);
	if (!err)
		err = load(skep, path, options, &obj);
	if (!err)
		err = put_programs(&v, obj, sink);
	skep_free(skep);
	native_free(v.native);
	return err;
}
