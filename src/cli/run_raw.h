/* SPDX-License-Identifier: Apache-2.0 */
/* skep run --raw. */
#ifndef SKEP_CLI_RUN_RAW_H
#define SKEP_CLI_RUN_RAW_H

#include <stdbool.h>

/*
 * Runs bare instructions (bytes, or assembler text) over a copy of `mem`'s
 * contents: r1 is its address, r2 its length; both 0 without one. Prints r0
 * as 0x%llx. An exit_status: EXIT_NO when the program was stopped.
 */
int run_raw(const char *file, const char *mem, bool json);

#endif
