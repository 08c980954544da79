/* SPDX-License-Identifier: Apache-2.0 */
/* skep asm: text to an object, or to bare instructions. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/input.h"
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

/* Written beside and renamed, so that a failure leaves the old file. */
static int write_file(const char *path, const struct strbuf *data)
{
	struct strbuf beside = STRBUF_INIT;
	FILE *file;
	bool done;

	strbuf_printf(&beside, "%s.%d", path, (int)getpid());
	file = fopen(strbuf_str(&beside), "we");
	done = file &&
	       fwrite(strbuf_str(data), 1, data->len, file) == data->len;
	if (file)
		done = fclose(file) == 0 && done;
	if (done)
		done = rename(strbuf_str(&beside), path) == 0;
	if (!done) {
		fprintf(stderr, "skep asm: %s: %s\n", path, strerror(errno));
		unlink(strbuf_str(&beside));
	}
	strbuf_fini(&beside);
	return done ? EXIT_DONE : EXIT_CANNOT;
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
	status = err ? cli_status(err) : write_file(options->out, &out);
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

int cmd_asm(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "syntax", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct asm_options options = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "o:s:j", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			options.out = optarg;
			break;
		case 'j':
			options.json = true;
			break;
		case 's':
			if (set_syntax(&options, optarg))
				break;
			return cli_usage(argv[0], "--syntax is auto, llvm or "
					 "ubpf, not '%s'", optarg);
		default:
			return cli_usage(argv[0], "unknown option");
		}
	}
	if (optind + 1 != argc || !options.out)
		return cli_usage(argv[0], "takes one file and -o OUTPUT");
	options.in = argv[optind];
	return assemble(&options);
}
