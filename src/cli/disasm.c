/* SPDX-License-Identifier: Apache-2.0 */
/* skep disasm: an object's or a file's instructions as text. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/listing.h"
#include "spec/diags.h"

static int raw(struct strbuf *out, const char *path,
	       const struct strbuf *data,
	       const struct listing_options *options, struct diag_sink *sink)
{
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
		err = listing_object(&out, path, options, &sink);
	else if (!err)
		err = raw(&out, path, &data, options, &sink);
	status = err ? cli_status(err) : cli_print(&out);
	strbuf_fini(&data);
	strbuf_fini(&out);
	return status;
}

enum { OPT_DECIMAL = 256, OPT_MCPU, OPT_EXACT };

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

static int parse(int argc, char **argv, struct listing_options *options)
{
	static const struct option longs[] = {
		{ "prog", required_argument, NULL, 'p' },
		{ "source", no_argument, NULL, 'S' },
		{ "syntax", required_argument, NULL, 's' },
		{ "decimal", no_argument, NULL, OPT_DECIMAL },
		{ "exact", no_argument, NULL, OPT_EXACT },
		{ "mcpu", required_argument, NULL, OPT_MCPU },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	bool good = true;
	int c;

	while (good && (c = getopt_long(argc, argv, "p:Ss:j", longs,
					NULL)) != -1) {
		if (c == 'p')
			options->prog = optarg;
		else if (c == 'S')
			options->source = true;
		else if (c == 'j')
			options->json = true;
		else if (c == OPT_DECIMAL)
			options->style.decimal = true;
		else if (c == OPT_EXACT)
			options->style.exact = true;
		else if (c == OPT_MCPU)
			good = set_mcpu(&options->style, optarg);
		else
			good = c == 's' && set_syntax(&options->style, optarg);
	}
	return good ? 0 : -EINVAL;
}

int cmd_disasm(int argc, char **argv)
{
	struct listing_options options = { 0 };

	if (parse(argc, argv, &options))
		return cli_usage(argv[0], "unknown option or value; --syntax "
				 "is llvm or ubpf, --mcpu v1 to v4");
	if (optind + 1 != argc)
		return cli_usage(argv[0], "takes one object or file");
	return disassemble(argv[optind], &options);
}
