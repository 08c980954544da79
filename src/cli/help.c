/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep help: the list of commands, and one command's usage and options from
 * the rows of commands.def and options.def. The manual pages say more.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "cli/options.h"

static int finish(struct strbuf *out)
{
	int status = cli_print(out);

	strbuf_fini(out);
	return status;
}

static int list_commands(void)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_puts(&out, "usage: skep COMMAND [ARGUMENT]...\n\n");
	for (size_t i = 0; i < commands_cnt; i++)
		strbuf_printf(&out, "  %-9s %s\n", commands[i].name,
			      commands[i].help);
	strbuf_puts(&out, "\n'skep help COMMAND' lists a command's options.\n"
		    "Exit status: 0 done or accepted, 1 the answer is no, "
		    "2 wrong usage or input,\n3 the machine cannot.\n");
	return finish(&out);
}

static void usage(struct strbuf *out, const struct command *command)
{
	const char *line = command->args;
	const char *head = "usage:";

	while (line) {
		const char *end = strchr(line, '\n');
		int len = end ? (int)(end - line) : (int)strlen(line);

		strbuf_printf(out, "%6s skep %s %.*s\n", head, command->name,
			      len, line);
		head = "";
		line = end ? end + 1 : NULL;
	}
	strbuf_printf(out, "\n%s\n\n", command->help);
}

static void option(struct strbuf *out, const struct option_row *row)
{
	struct strbuf left = STRBUF_INIT;

	if (row->letter)
		strbuf_printf(&left, "-%c", row->letter);
	else
		strbuf_puts(&left, "   ");
	if (row->name)
		strbuf_printf(&left, "%s--%s", row->letter ? ", " : " ",
			      row->name);
	if (row->arg)
		strbuf_printf(&left, *row->arg == '[' ? "%s" : " %s", row->arg);
	strbuf_printf(out, "  %-24s %s\n", strbuf_str(&left), row->help);
	strbuf_fini(&left);
}

int cli_help(const struct command *command)
{
	struct strbuf out = STRBUF_INIT;

	usage(&out, command);
	for (size_t i = 0; i < OPT_CNT - 1; i++)
		if (str_eq(option_rows[i].command, command->name))
			option(&out, &option_rows[i]);
	strbuf_printf(&out, "  %-24s %s\n", "-h, --help", "this text");
	if (access(SKEP_MAN_DIR, R_OK) == 0)
		strbuf_printf(&out, "\nManual: man -l %s/skep-%s.1\n",
			      SKEP_MAN_DIR, command->name);
	else
		strbuf_printf(&out, "\nManual: man skep-%s\n", command->name);
	return finish(&out);
}

int cmd_help(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2)
		return list_commands();
	if (argc > 2)
		return cli_usage(argv[0], "takes one command");
	command = cli_command(argv[1]);
	if (!command)
		return cli_usage(argv[0], "no command '%s'", argv[1]);
	return cli_help(command);
}
