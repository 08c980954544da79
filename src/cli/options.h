/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options, from the rows of options.def:
 *
 *	struct cli_args args;
 *
 *	cli_args_init(&args, argc, argv);
 *	while ((id = cli_option(&args)) > 0)
 *		...			args.value is the option's argument
 *	if (id < 0)
 *		return EXIT_USAGE;	said why
 *	...				args.words are what is no option
 */
#ifndef SKEP_CLI_OPTIONS_H
#define SKEP_CLI_OPTIONS_H

#include <getopt.h>

#include "base/compiler.h"

enum cli_option_id {
	OPT_END,
#define OPTION(command, id, letter, name, arg, help) OPT_##id,
#include "cli/options.def"
#undef OPTION
	OPT_CNT
};

struct option_row {
	const char *command;
	enum cli_option_id id;
	char letter;			/* 0: none */
	const char *name;		/* NULL: none */
	const char *arg;		/* NULL: takes none; "[=X]": a long
					 * one may do without */
	const char *help;
};

extern const struct option_row option_rows[OPT_CNT - 1];

#define CLI_OPTIONS_MAX	32	/* of one command */

struct cli_args {
	int argc;
	char **argv;			/* argv[0] is the command's name */
	const char *value;
	char **words;			/* at the end; NULL after the last */
	int words_cnt;
	struct option longs[CLI_OPTIONS_MAX + 1];
	char shorts[2 * CLI_OPTIONS_MAX + 2];
};

void cli_args_init(struct cli_args *args, int argc, char **argv);

/* The next option's id, OPT_END, or -EINVAL when it has said what is wrong. */
int cli_option(struct cli_args *args);

/* "--in" or "-d": how messages name the option. */
const char *cli_option_name(enum cli_option_id id, char buf[32]);

#endif
