/* SPDX-License-Identifier: Apache-2.0 */
/* skep help: the list of commands; one command's manual through man(1). */
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"

static int list_commands(void)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	strbuf_puts(&out, "usage: skep COMMAND [ARGUMENT]...\n\n");
	for (size_t i = 0; i < commands_cnt; i++)
		strbuf_printf(&out, "  %-9s %s\n", commands[i].name,
			      commands[i].help);
	strbuf_puts(&out, "\nExit status: 0 done or accepted, 1 the answer is "
		    "no, 2 wrong usage or input,\n3 the machine cannot.\n");
	status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}

static int show_manual(const struct command *command)
{
	char page[256];

	printf("usage: skep %s %s\n\n%s\n", command->name, command->args,
	       command->help);
	fflush(stdout);
	snprintf(page, sizeof(page), "%s/skep-%s.1", SKEP_MAN_DIR,
		 command->name);
	if (access(page, R_OK) == 0 && isatty(STDOUT_FILENO))
		execlp("man", "man", "-l", page, (char *)NULL);
	return EXIT_DONE;
}

int cmd_help(int argc, char **argv)
{
	if (argc < 2)
		return list_commands();
	for (size_t i = 0; i < commands_cnt; i++)
		if (str_eq(commands[i].name, argv[1]))
			return show_manual(&commands[i]);
	return cli_usage(argv[0], "no command '%s'", argv[1]);
}
