/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listings in llvm-objdump's layout: sections with code in file order, a
 * heading for each symbol, slot number, bytes and text, and behind a jump the
 * symbol that its target belongs to. Where several symbols share an address
 * the one that sorts last by type and name speaks for it, as in LLVM.
 */
#include "cli/listing.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "base/vec.h"
#include "btf/btf.h"
#include "btf/ext.h"
#include "elf/elf.h"
#include "spec/diags.h"

struct listing {
	struct strbuf *out;
	const struct listing_options *options;
	struct elf_file elf;
	struct btf *btf;
	struct btf_ext ext;
	struct arena arena;
	struct json json;
	bool found;			/* something of `prog` */

	/* of the current section */
	const struct elf_section *section;
	VEC(struct elf_symbol) symbols;	/* sorted; the first is at 0 */
	const struct btf_ext_section *lines;
	size_t line;			/* the next of `lines` */
	const struct btf_line_info *before; /* of the instruction before */
};

static int by_address(const void *a, const void *b)
{
	const struct elf_symbol *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int collect_symbols(struct listing *l)
{
	struct elf_symbol *symbol;

	l->symbols.len = 0;
	for (size_t i = 1; i < l->elf.symbols_cnt; i++) {
		const struct elf_symbol *have = &l->elf.symbols[i];

		if (have->section != l->section->index ||
		    have->type == STT_SECTION || have->type == STT_FILE)
			continue;
		symbol = vec_push(&l->symbols);
		if (!symbol)
			return -ENOMEM;
		*symbol = *have;
	}
	if (l->symbols.len)
		qsort(l->symbols.data, l->symbols.len,
		      sizeof(*l->symbols.data), by_address);
	if (l->symbols.len && l->symbols.data[0].value == 0)
		return 0;
	symbol = vec_push(&l->symbols);
	if (!symbol)
		return -ENOMEM;
	memmove(l->symbols.data + 1, l->symbols.data,
		(l->symbols.len - 1) * sizeof(*symbol));
	l->symbols.data[0] = (struct elf_symbol){ .name = l->section->name };
	return 0;
}

/* The symbol that `address` belongs to: the last at or before it. */
static const struct elf_symbol *symbol_at(const struct listing *l,
					  uint64_t address)
{
	size_t low = 0, high = l->symbols.len;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (l->symbols.data[mid].value <= address)
			low = mid;
		else
			high = mid;
	}
	return &l->symbols.data[low];
}

/* " <name+0x10>" behind a jump; calls have none in LLVM's listing. */
static void put_target(struct listing *l, struct strbuf *out,
		       const struct bpf_insn *insn, uint64_t address)
{
	const struct elf_symbol *symbol;
	int64_t distance;
	uint64_t target;

	if (insn->code == (BPF_JMP | BPF_CALL) ||
	    BPF_CLASS(insn->code) == BPF_LD || !insn_target(insn, &distance))
		return;
	target = address + 8 + (uint64_t)distance * 8;
	symbol = symbol_at(l, target);
	strbuf_printf(out, " <%s", symbol->name);
	if (target != symbol->value)
		strbuf_printf(out, "+0x%llx",
			      (unsigned long long)(target - symbol->value));
	strbuf_putc(out, '>');
}

/* The line record that begins at the slot, NULL when none does. */
static const struct btf_line_info *line_at(struct listing *l, uint64_t slot)
{
	const struct btf_line_info *line = NULL;

	while (l->lines && l->line < l->lines->lines_cnt &&
	       l->lines->lines[l->line].insn <= slot) {
		if (l->lines->lines[l->line].insn == slot)
			line = &l->lines->lines[l->line];
		l->line++;
	}
	return line;
}

/* LLVM leaves a line out that the instruction before has too. */
static void put_source(struct listing *l, uint64_t slot)
{
	const struct btf_line_info *line = line_at(l, slot);
	const struct btf_line_info *before = l->before;

	if (line && *line->text &&
	    (!before || before->line != line->line ||
	     !str_eq(before->file, line->file)))
		strbuf_printf(l->out, "; %s\n", line->text);
	l->before = line;
}

static void put_bytes(struct strbuf *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		strbuf_printf(out, i ? " %02x" : "%02x", bytes[i]);
}

/* One instruction as JSON; `line` may be NULL. */
static void json_insn(struct listing *l, uint64_t slot, const char *symbol,
		      const uint8_t *bytes, size_t len, const char *text)
{
	const struct btf_line_info *line = line_at(l, slot);
	struct json *json = &l->json;

	json_object_begin(json);
	json_key(json, "section");
	json_string(json, l->section->name);
	json_key(json, "symbol");
	json_string(json, symbol);
	json_key(json, "insn");
	json_u64(json, slot);
	json_key(json, "bytes");
	json_hex_bytes(json, bytes, len);
	json_key(json, "text");
	json_string(json, text);
	if (line) {
		json_key(json, "file");
		json_string(json, line->file);
		json_key(json, "line");
		json_u64(json, line->line);
		json_key(json, "source");
		json_string(json, line->text);
	}
	json_object_end(json);
}

/* LLVM leaves runs of at least 8 zero bytes out. */
static size_t zero_run(const uint8_t *bytes, size_t len)
{
	size_t run = 0;

	while (run < len && !bytes[run])
		run++;
	return run >= 8 ? run & ~(size_t)7 : 0;
}

/* The instruction at `at`, which `left` bytes follow; returns its length. */
static size_t put_insn(struct listing *l, const struct elf_symbol *symbol,
		       uint64_t at, size_t left)
{
	struct bpf_insn insn[2] = { 0 };
	struct strbuf text = STRBUF_INIT;
	size_t len = MIN(left, 8);
	enum op op;

	memcpy(insn, l->section->data + at, MIN(left, sizeof(insn)));
	op = left < 8 ? OP_INVALID : insn_op(insn);
	if (op != OP_INVALID && op_slots(op) * 8 > left)
		op = OP_INVALID;
	if (op == OP_INVALID) {
		strbuf_puts(&text, "<unknown>");
	} else {
		disasm_insn(&text, insn, &l->options->style);
		len = op_slots(op) * 8;
		put_target(l, &text, insn, at);
	}
	if (l->options->json) {
		json_insn(l, at / 8, symbol->name, l->section->data + at, len,
			  strbuf_str(&text));
	} else {
		strbuf_printf(l->out, "%8llu:\t", (unsigned long long)at / 8);
		put_bytes(l->out, l->section->data + at, len);
		strbuf_printf(l->out, "\t%s\n", strbuf_str(&text));
	}
	strbuf_fini(&text);
	return len;
}

static void put_range(struct listing *l, const struct elf_symbol *symbol,
		      uint64_t end)
{
	uint64_t at = symbol->value;
	bool json = l->options->json;

	if (!json)
		strbuf_printf(l->out, "\n%016llx <%s>:\n",
			      (unsigned long long)at, symbol->name);
	while (at < end) {
		size_t zeros = zero_run(l->section->data + at, end - at);

		if (zeros && !json)
			strbuf_puts(l->out, "\t\t...\n");
		at += zeros;
		if (zeros)
			continue;
		if (!json)
			put_source(l, at / 8);
		at += put_insn(l, symbol, at, end - at);
	}
}

static bool is_wanted(const struct listing *l,
		      const struct elf_symbol *function)
{
	const char *prog = l->options->prog;

	return !prog || str_eq(prog, l->section->name) ||
	       (function && str_eq(prog, function->name));
}

static void put_section(struct listing *l)
{
	const struct elf_symbol *function = NULL;
	bool headed = l->options->json;

	for (size_t i = 0; i < l->symbols.len; i++) {
		const struct elf_symbol *symbol = &l->symbols.data[i];
		uint64_t end = i + 1 < l->symbols.len ? symbol[1].value :
							l->section->size;

		if (symbol->type == STT_FUNC)
			function = symbol;
		/* the last of one address speaks for all */
		if (symbol->value >= MIN(end, l->section->size) ||
		    !is_wanted(l, function))
			continue;
		if (!headed)
			strbuf_printf(l->out, "\nDisassembly of section %s:\n",
				      l->section->name);
		headed = l->found = true;
		put_range(l, symbol, MIN(end, l->section->size));
	}
}

static const struct elf_section *section_named(const struct listing *l,
					       const char *name)
{
	return elf_section_by_name(&l->elf, name);
}

static int load_lines(struct listing *l, struct diag_sink *sink)
{
	const struct elf_section *btf = section_named(l, ".BTF");
	const struct elf_section *ext = section_named(l, ".BTF.ext");
	int err;

	if (!btf || !ext || !btf->data || !ext->data)
		return diag_report(sink, DIAG_DISASM_NO_LINES,
				   &(struct diag_where){ .file = l->elf.path,
							 .insn = -1 },
				   "no source lines: the object has no "
				   ".BTF.ext section");
	err = btf_parse(&l->btf, btf->data, btf->size, l->elf.path, sink);
	if (err)
		return err;
	return btf_ext_parse(&l->ext, &l->arena, l->btf, ext->data, ext->size,
			     l->elf.path, sink);
}

static int put_sections(struct listing *l)
{
	for (size_t i = 1; i < l->elf.sections_cnt; i++) {
		const struct elf_section *section = &l->elf.sections[i];

		if (!(section->flags & SHF_EXECINSTR) || !section->size ||
		    !section->data)
			continue;
		l->section = section;
		l->line = 0;
		l->before = NULL;
		l->lines = btf_ext_section(&l->ext, section->name);
		if (collect_symbols(l))
			return -ENOMEM;
		put_section(l);
	}
	return 0;
}

static int put_object(struct listing *l, const char *path,
		      struct diag_sink *sink)
{
	int err = 0;

	if (l->elf.machine != EM_BPF)
		return diag_report(sink, DIAG_DISASM_FOREIGN,
				   &(struct diag_where){ .file = path,
							 .insn = -1 },
				   "the object is for machine %u, not BPF",
				   l->elf.machine);
	if (l->options->source)
		err = load_lines(l, sink);
	if (err)
		return err;
	if (!l->options->json)
		strbuf_printf(l->out, "\n%s:\tfile format elf64-bpf\n", path);
	json_init(&l->json, l->out, true);
	if (l->options->json)
		json_array_begin(&l->json);
	err = put_sections(l);
	if (l->options->json) {
		json_array_end(&l->json);
		json_fini(&l->json);
	}
	if (!err && l->options->prog && !l->found)
		return diag_report(sink, DIAG_DISASM_NO_PROG,
				   &(struct diag_where){ .file = path,
							 .insn = -1 },
				   "no function or section '%s' with code",
				   l->options->prog);
	return err;
}

int listing_object(struct strbuf *out, const char *path,
		   const struct listing_options *options,
		   struct diag_sink *sink)
{
	struct listing l = { .out = out, .options = options };
	int err = elf_open(&l.elf, path, sink);

	if (err)
		return err;
	arena_init(&l.arena);
	err = put_object(&l, path, sink);
	vec_free(&l.symbols);
	arena_fini(&l.arena);
	btf_put(l.btf);
	elf_close(&l.elf);
	return err;
}

static void json_bare(struct json *json, size_t slot, const uint8_t *bytes,
		      size_t len, const char *text)
{
	json_object_begin(json);
	json_key(json, "insn");
	json_u64(json, slot);
	json_key(json, "bytes");
	json_hex_bytes(json, bytes, len);
	json_key(json, "text");
	json_string(json, text);
	json_object_end(json);
}

void listing_raw(struct strbuf *out, const void *data, size_t size,
		 const struct listing_options *options)
{
	const struct bpf_insn *insns = data;
	struct strbuf text = STRBUF_INIT;
	size_t cnt = size / sizeof(*insns), len;
	struct json json;

	json_init(&json, out, true);
	if (options->json)
		json_array_begin(&json);
	for (size_t pc = 0; pc < cnt; pc += len) {
		struct bpf_insn pair[2] = { insns[pc] };
		enum op op;

		if (pc + 1 < cnt)
			pair[1] = insns[pc + 1];
		strbuf_reset(&text);
		op = disasm_insn(&text, pair, &options->style);
		len = op == OP_INVALID ? 1 : MIN(op_slots(op), cnt - pc);
		if (options->json)
			json_bare(&json, pc, (const uint8_t *)&insns[pc],
				  len * sizeof(*insns), strbuf_str(&text));
		else
			strbuf_printf(out, "%8zu:\t%s\n", pc,
				      strbuf_str(&text));
	}
	if (options->json) {
		json_array_end(&json);
		json_fini(&json);
	}
	strbuf_fini(&text);
}
