/* SPDX-License-Identifier: Apache-2.0 */
/* skep disasm: an object's or a file's instructions as text. */
#include "base/str.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "spec/diags.h"

static int raw(struct strbuf *out, const char *path,
	       const struct strbuf *data,
	       const struct listing_options *options, struct diag_sink *sink)
{
	if (options->jit)
		return diag_report(sink, DIAG_DISASM_RAW,
				   &(struct diag_where){ .file = path,
							 .insn = -1 },
				   "bare instructions have no proof, so there "
				   "is no native code of them");
	if (options->prog || options->source || !data->len || data->len % 8)
		return diag_report(sink, DIAG_DISASM_RAW,
				   &(struct diag_where){ .file = path,
							 .insn = -1 },
				   "%s", data->len && data->len % 8 == 0 ?
				   "bare instructions have no program names "
				   "and no source lines" : "neither an ELF "
				   "object nor whole 8-byte instructions");
	listing_raw(out, data->text, data->len, options);
	return 0;
}

static int disassemble(const char *path,
		       const struct listing_options *options)
{
	struct diag_sink sink = cli_sink(options->json);
	struct strbuf data = STRBUF_INIT, out = STRBUF_INIT;
	int err, status;

	err = cli_read_file(path, &data, &sink);
	if (!err && data.len >= 4 && memcmp(data.text, "\177ELF", 4) == 0)
		err = options->jit ?
		      listing_native(&out, path, options, &sink) :
		      listing_object(&out, path, options, &sink);
	else if (!err)
		err = raw(&out, path, &data, options, &sink);
	status = err ? cli_status(err) : cli_print(&out);
	strbuf_fini(&data);
	strbuf_fini(&out);
	return status;
}

/* True for LLVM's names of a processor; from v3 on w registers are used. */
static bool set_mcpu(struct disasm_style *style, const char *name)
{
	if (strlen(name) != 2 || name[0] != 'v' || name[1] < '1' ||
	    name[1] > '4')
		return false;
	style->alu32 = name[1] >= '3';
	return true;
}

static bool set_syntax(struct disasm_style *style, const char *name)
{
	style->syntax = str_eq(name, "ubpf") ? SYNTAX_UBPF : SYNTAX_LLVM;
	return str_eq(name, "ubpf") || str_eq(name, "llvm");
}

static int set_option(struct listing_options *options, int id,
		      const char *value)
{
	switch (id) {
	case OPT_DISASM_PROG: options->prog = value; return 0;
	case OPT_DISASM_SOURCE: options->source = true; return 0;
	case OPT_DISASM_JSON: options->json = true; return 0;
	case OPT_DISASM_DECIMAL: options->style.decimal = true; return 0;
	case OPT_DISASM_EXACT: options->style.exact = true; return 0;
	case OPT_DISASM_JIT:
		options->jit = value ?: "opt";
		if (str_eq(options->jit, "opt") ||
		    str_eq(options->jit, "quick"))
			return 0;
		return cli_usage("disasm", "--jit is opt or quick, not '%s'",
				 value);
	case OPT_DISASM_MCPU:
		if (set_mcpu(&options->style, value))
			return 0;
		return cli_usage("disasm", "--mcpu is v1 to v4, not '%s'",
				 value);
	default:
		if (set_syntax(&options->style, value))
			return 0;
		return cli_usage("disasm", "--syntax is llvm or ubpf, not "
				 "'%s'", value);
	}
}

int cmd_disasm(int argc, char **argv)
{
	struct listing_options options = { 0 };
	struct cli_args args;
	int id, status = 0;

	cli_args_init(&args, argc, argv);
	while (!status && (id = cli_option(&args)) != OPT_END)
		status = id < 0 ? EXIT_USAGE :
			 set_option(&options, id, args.value);
	if (status)
		return status;
	if (args.words_cnt != 1)
		return cli_usage(argv[0], "takes one object or file");
	return disassemble(args.words[0], &options);
}
