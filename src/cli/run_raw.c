/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep run --raw: instructions without an object around them, over plain
 * memory, as conformance suites run them. The program is of type syscall, so
 * its context is the memory as it is. Nothing is verified, and it says so.
 */
#include "cli/run_raw.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "interp/interp.h"
#include "spec/diags.h"
#include "text/asm.h"

struct raw {
	struct diag_sink sink;
	struct strbuf program, mem;
	struct arena arena;
	struct prog prog;
	struct run run;
};

/* Text has no control characters but white space; opcodes soon do. */
static bool is_text(const struct strbuf *file)
{
	for (size_t i = 0; i < file->len; i++) {
		uint8_t c = (uint8_t)file->text[i];

		if (c == 0x7f || (c < 0x20 && (c < '\t' || c > '\r')))
			return false;
	}
	return true;
}

static int read_insns(struct raw *raw, const char *file)
{
	const struct bpf_insn *insns;
	size_t cnt;
	int err = cli_read_file(file, &raw->program, &raw->sink);

	if (err)
		return err;
	if (is_text(&raw->program)) {
		err = text_insns(&raw->arena, file, strbuf_str(&raw->program),
				 &insns, &cnt, &raw->sink);
		if (err)
			return err;
	} else {
		cnt = raw->program.len / sizeof(*insns);
		insns = arena_copy(&raw->arena, raw->program.text,
				   raw->program.len);
		if (!insns)
			return diag_report(&raw->sink, DIAG_NO_MEMORY, NULL,
					   "%s", file);
		if (raw->program.len % sizeof(*insns))
			return diag_report(&raw->sink, DIAG_RAW_SIZE, NULL,
					   "%s: %zu bytes", file,
					   raw->program.len);
	}
	raw->prog = (struct prog){
		.name = "raw", .object = file, .type = PROG_TYPE_SYSCALL,
		.insns = insns, .insns_cnt = (uint32_t)cnt,
	};
	return 0;
}

static int run_it(struct raw *raw)
{
	const struct diag_where where = {
		.file = raw->prog.object, .insn = -1,
	};
	int err = interp_prepare(&raw->prog, &raw->sink);

	if (err)
		return cli_status(err);
	diag_report(&raw->sink, DIAG_RAW_UNVERIFIED, &where,
		    "run as it is, without being verified");
	raw->run.prog = &raw->prog;
	raw->run.ctx = raw->mem.len ? raw->mem.text : NULL;
	raw->run.ctx_len = raw->mem.len;
	err = interp_attach(&raw->run);
	if (err)
		return cli_status(diag_report(&raw->sink, DIAG_NO_MEMORY,
					      NULL, "a thread's scratch"));
	if (!interp_run(&raw->run))
		return EXIT_DONE;
	run_fault_report(&raw->run, &raw->sink);
	return EXIT_NO;
}

static int print_r0(uint64_t r0, bool json)
{
	struct strbuf out = STRBUF_INIT, hex = STRBUF_INIT;
	struct json doc;
	int status;

	strbuf_printf(&hex, "0x%llx", (unsigned long long)r0);
	if (json) {
		json_init(&doc, &out, true);
		json_object_begin(&doc);
		json_key(&doc, "r0");
		json_string(&doc, strbuf_str(&hex));
		json_object_end(&doc);
		json_fini(&doc);
	} else {
		strbuf_printf(&out, "%s\n", strbuf_str(&hex));
	}
	status = cli_print(&out);
	strbuf_fini(&hex);
	strbuf_fini(&out);
	return status;
}

int run_raw(const char *file, const char *mem, bool json)
{
	struct raw raw = { .sink = cli_sink(json) };
	int err, status;

	arena_init(&raw.arena);
	err = mem ? cli_read_file(mem, &raw.mem, &raw.sink) : 0;
	if (!err)
		err = read_insns(&raw, file);
	status = err ? cli_status(err) : run_it(&raw);
	if (status == EXIT_DONE)
		status = print_r0(raw.run.r0, json);
	interp_detach(&raw.run);
	interp_release(&raw.prog);
	arena_fini(&raw.arena);
	strbuf_fini(&raw.program);
	strbuf_fini(&raw.mem);
	return status;
}
