/* SPDX-License-Identifier: Apache-2.0 */
/* See options.h: getopt over the rows of one command. */
#include "cli/options.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"

#define LONG_BASE 256		/* what getopt returns for a long option */

const struct option_row option_rows[OPT_CNT - 1] = {
#define OPTION(command, id, letter, name, arg, help) \
	{ #command, OPT_##id, letter, name, arg, help },
#include "cli/options.def"
#undef OPTION
};

static int takes(const struct option_row *row)
{
	return !row->arg ? no_argument : *row->arg == '[' ?
	       optional_argument : required_argument;
}

static void add_row(struct cli_args *args, const struct option_row *row,
		    size_t longs, size_t shorts)
{
	assert(longs < CLI_OPTIONS_MAX);
	if (row->name)
		args->longs[longs] = (struct option){
			row->name, takes(row),
			NULL, LONG_BASE + row->id
		};
	if (row->letter)
		args->shorts[shorts] = row->letter;
	if (row->letter && row->arg)
		args->shorts[shorts + 1] = ':';
}

void cli_args_init(struct cli_args *args, int argc, char **argv)
{
	size_t longs = 0;

	*args = (struct cli_args){ .argc = argc, .argv = argv };
	/* a value that is missing is told apart from an unknown option */
	args->shorts[0] = ':';
	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++) {
		if (!str_eq(option_rows[i].command, argv[0]))
			continue;
		add_row(args, &option_rows[i], longs, strlen(args->shorts));
		longs += option_rows[i].name != NULL;
	}
	optind = 1;
	opterr = 0;
}

static int by_letter(const char *command, int letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_rows); i++)
		if (option_rows[i].letter == letter &&
		    str_eq(option_rows[i].command, command))
			return (int)option_rows[i].id;
	return -EINVAL;
}

const char *cli_option_name(enum cli_option_id id, char buf[32])
{
	const struct option_row *row = &option_rows[id - 1];

	if (row->name)
		snprintf(buf, 32, "--%s", row->name);
	else
		snprintf(buf, 32, "-%c", row->letter);
	return buf;
}

static int refuse(const struct cli_args *args, bool no_value)
{
	const char *command = args->argv[0];
	int id = optopt >= LONG_BASE ? optopt - LONG_BASE :
				       by_letter(command, optopt);
	char buf[32];

	if (no_value && id > 0)
		cli_usage(command, "%s wants a value: %s",
			  cli_option_name((enum cli_option_id)id, buf),
			  option_rows[id - 1].arg);
	else if (optopt >= LONG_BASE)
		cli_usage(command, "%s takes no value",
			  cli_option_name((enum cli_option_id)id, buf));
	else if (optopt)
		cli_usage(command, "no option '-%c'", optopt);
	else
		cli_usage(command, "'%s' is no option, or begins several",
			  args->argv[optind - 1]);
	return -EINVAL;
}

int cli_option(struct cli_args *args)
{
	int c = getopt_long(args->argc, args->argv, args->shorts, args->longs,
			    NULL);

	args->value = optarg;
	if (c == -1) {
		args->words = args->argv + optind;
		args->words_cnt = args->argc - optind;
		return OPT_END;
	}
	if (c == ':' || c == '?')
		return refuse(args, c == ':');
	return c >= LONG_BASE ? c - LONG_BASE : by_letter(args->argv[0], c);
}
