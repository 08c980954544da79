/* SPDX-License-Identifier: Apache-2.0 */
/* What one verifier said of one program; the kernel's side has its own file. */
#ifndef SKEP_BENCH_VERIFY_H
#define SKEP_BENCH_VERIFY_H

#include <stdint.h>

enum verdict { NO_VERDICT, ACCEPTED, REJECTED };

struct judged {
	enum verdict verdict;
	uint64_t insns, usec;		/* processed; the verifier's own time */
	uint64_t load_usec;		/* kernel: the whole BPF_PROG_LOAD */
};

/* Loads program `name` of an object, and takes it out again. */
void kernel_judge(const char *path, const char *name, struct judged *out);

#endif
