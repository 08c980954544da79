/* SPDX-License-Identifier: Apache-2.0 */
/* skep: finds the command's row and runs it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"

const struct command commands[] = {
#define COMMAND(name, args, help) { #name, args, help, cmd_##name },
#include "cli/commands.def"
#undef COMMAND
};

const size_t commands_cnt = ARRAY_SIZE(commands);

static void print_diag(void *json, const struct skep_diag *diag)
{
	struct strbuf text = STRBUF_INIT;

	if (json) {
		diag_render_json(&text, diag);
		strbuf_putc(&text, '\n');
	} else {
		diag_render_text(&text, diag);
	}
	fputs(strbuf_str(&text), stderr);
	strbuf_fini(&text);
}

struct diag_sink cli_sink(bool json)
{
	static char as_json;

	return (struct diag_sink){ print_diag, json ? &as_json : NULL, 0 };
}

int cli_usage(const char *command, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "skep %s: ", command);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nTry 'skep help %s'.\n", command);
	return EXIT_USAGE;
}

int cli_status(int err)
{
	switch (-err) {
	case 0:
		return EXIT_DONE;
	case EPERM:
	case EACCES:
	case ENOSYS:
	case EOPNOTSUPP:
	case ENOMEM:
	case ENOSPC:
		return EXIT_CANNOT;
	default:
		return EXIT_USAGE;
	}
}

int cli_print(const struct strbuf *text)
{
	size_t len = text->len;

	if (text->oom)
		errno = ENOMEM;
	else if (fwrite(strbuf_str(text), 1, len, stdout) == len &&
		 fflush(stdout) == 0)
		return EXIT_DONE;
	perror("skep: cannot write output");
	return EXIT_CANNOT;
}

static const struct command *find(const char *name)
{
	if (str_eq(name, "--help") || str_eq(name, "-h"))
		name = "help";
	if (str_eq(name, "--version") || str_eq(name, "-V"))
		name = "version";
	for (size_t i = 0; i < commands_cnt; i++)
		if (str_eq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		fputs("usage: skep COMMAND [ARGUMENT]...\n"
		      "Try 'skep help'.\n", stderr);
		return EXIT_USAGE;
	}
	command = find(argv[1]);
	if (!command) {
		fprintf(stderr, "skep: no command '%s'\nTry 'skep help'.\n",
			argv[1]);
		return EXIT_USAGE;
	}
	return command->run(argc - 1, argv + 1);
}
