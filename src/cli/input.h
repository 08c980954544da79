/* SPDX-License-Identifier: Apache-2.0 */
/* Files that commands read whole. */
#ifndef SKEP_CLI_INPUT_H
#define SKEP_CLI_INPUT_H

struct diag_sink;
struct strbuf;

/*
 * Appends the bytes of a file, "-" for the standard input. 0, or a negative
 * errno with a diagnostic.
 */
int cli_read_file(const char *path, struct strbuf *out,
		  struct diag_sink *sink);

#endif
