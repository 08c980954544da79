/* SPDX-License-Identifier: Apache-2.0 */
/* skep asm: text to an object, or to bare instructions. */
#include <errno.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/options.h"
#include "spec/diags.h"
#include "text/asm.h"

struct asm_options {
	const char *in, *out;
	enum text_syntax syntax;
	bool json;
};

static bool is_object(const char *path)
{
	size_t len = strlen(path);

	return len > 2 && str_eq(path + len - 2, ".o");
}

static int encode(struct text_unit *unit, const char *path,
		  struct strbuf *out)
{
	const struct bpf_insn *insns;
	size_t cnt;
	int err;

	if (is_object(path))
		return text_object(unit, out);
	err = text_raw(unit, &insns, &cnt);
	if (!err)
		strbuf_add(out, (const char *)insns, cnt * sizeof(*insns));
	return err ? err : out->oom ? -ENOMEM : 0;
}

static int assemble(const struct asm_options *options)
{
	struct diag_sink sink = cli_sink(options->json);
	struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
	struct text_unit unit;
	int err, status;

	err = cli_read_file(options->in, &text, &sink);
	if (!err) {
		err = text_assemble(&unit, options->in, strbuf_str(&text),
				    text.len, options->syntax, &sink);
		if (!err)
			err = encode(&unit, options->out, &out);
		text_unit_fini(&unit);
	}
	status = err ? cli_status(err) :
		 cli_write_file(options->out, &out, &sink);
	strbuf_fini(&text);
	strbuf_fini(&out);
	return status;
}

static bool set_syntax(struct asm_options *options, const char *name)
{
	static const char *const names[] = {
		[TEXT_AUTO] = "auto", [TEXT_LLVM] = "llvm",
		[TEXT_UBPF] = "ubpf",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!str_eq(names[i], name))
			continue;
		options->syntax = (enum text_syntax)i;
		return true;
	}
	return false;
}

static int set_option(struct asm_options *options, int id, const char *value)
{
	switch (id) {
	case OPT_ASM_OUT: options->out = value; return 0;
	case OPT_ASM_JSON: options->json = true; return 0;
	default:
		if (set_syntax(options, value))
			return 0;
		return cli_usage("asm", "--syntax is auto, llvm or ubpf, "
				 "not '%s'", value);
	}
}

int cmd_asm(int argc, char **argv)
{
	struct asm_options options = { 0 };
	struct cli_args args;
	int id, status = 0;

	cli_args_init(&args, argc, argv);
	while (!status && (id = cli_option(&args)) != OPT_END)
		status = id < 0 ? EXIT_USAGE :
			 set_option(&options, id, args.value);
	if (status)
		return status;
	if (args.words_cnt != 1 || !options.out)
		return cli_usage(argv[0], "takes one file and -o OUTPUT");
	options.in = args.words[0];
	return assemble(&options);
}
