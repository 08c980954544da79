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

/* Inputs that may not be read are EACCES, privileges that are missing EPERM. */
int cli_status(int err)
{
	static const int machine[] = {
		EPERM, ENOSYS, EOPNOTSUPP, ENOMEM, ENOSPC, EDQUOT, EIO, EROFS,
		EFBIG, EMFILE, ENFILE, EBUSY,
	};

	if (!err)
		return EXIT_DONE;
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++)
		if (machine[i] == -err)
			return EXIT_CANNOT;
	return EXIT_USAGE;
}

const struct command *cli_command(const char *name)
{
	for (size_t i = 0; i < commands_cnt; i++)
		if (str_eq(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* The words that other commands have as options. */
static const char *as_word(const char *name)
{
	if (str_eq(name, "--help") || str_eq(name, "-h"))
		return "help";
	if (str_eq(name, "--version") || str_eq(name, "-V"))
		return "version";
	return name;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 2; i < argc && !str_eq(argv[i], "--"); i++)
		if (str_eq(argv[i], "--help") || str_eq(argv[i], "-h"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		fputs("usage: skep COMMAND [ARGUMENT]...\n"
		      "Try 'skep help'.\n", stderr);
		return EXIT_USAGE;
	}
	command = cli_command(as_word(argv[1]));
	if (!command) {
		fprintf(stderr, "skep: no command '%s'\nTry 'skep help'.\n",
			argv[1]);
		return EXIT_USAGE;
	}
	if (wants_help(argc, argv))
		return cli_help(command);
	argv[1] = (char *)command->name;
	return command->run(argc - 1, argv + 1);
}
