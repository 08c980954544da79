/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands share: exit status, the sink for diagnostics, output.
 * A command is one file <name>.c with cmd_<name>, one row in commands.def, one
 * in options.def for each option, and one manual page man/skep-<name>.1.
 */
#ifndef SKEP_CLI_CLI_H
#define SKEP_CLI_CLI_H

#include "base/diag.h"

/* Exit status, the same for every command (docs/architecture.md). */
enum exit_status {
	EXIT_DONE	= 0,	/* done, accepted */
	EXIT_NO		= 1,	/* the answer is no: rejected, mismatch */
	EXIT_USAGE	= 2,	/* wrong usage, or unreadable input */
	EXIT_CANNOT	= 3,	/* the machine cannot: privilege, feature */
};

struct command {
	const char *name;
	const char *args;		/* one line for each way to call it */
	const char *help;
	/* argv[0] is the command's name; returns an exit_status */
	int (*run)(int argc, char **argv);
};

#define COMMAND(name, args, help) int cmd_##name(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

extern const struct command commands[];
extern const size_t commands_cnt;

const struct command *cli_command(const char *name);	/* or NULL */

/* Prints the command's usage and options; an exit_status. */
int cli_help(const struct command *command);

/* Prints diagnostics to stderr: as text, or as JSON lines with `json`. */
struct diag_sink cli_sink(bool json);

/*
 * "skep NAME: text" and a hint at the manual, to stderr. Returns EXIT_USAGE.
 */
int cli_usage(const char *command, const char *fmt, ...) printf_like(2, 3);

/* The exit status that tells of a failed call: 2, or 3 for EPERM and kin. */
int cli_status(int err);

struct strbuf;

/* Writes the text to stdout; EXIT_CANNOT and a message when that fails. */
int cli_print(const struct strbuf *text);

/*
 * Writes a whole file, "-" being stdout. A file that is there is replaced
 * only once the new one is complete, and keeps its mode; what is no regular
 * file is written into. An exit_status, with a diagnostic unless done.
 */
int cli_write_file(const char *path, const struct strbuf *data,
		   struct diag_sink *sink);

#endif
