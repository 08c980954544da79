/* SPDX-License-Identifier: Apache-2.0 */
/* What the running kernel says to a program of risky_random.h. */
#ifndef SKEP_TESTS_RISKY_KERNEL_H
#define SKEP_TESTS_RISKY_KERNEL_H

#include "risky_random.h"

struct risky_kernel;

struct risky_objection {
	char text[96];			/* its log's last line, numbers as # */
	long insn;			/* -1: it names none */
	bool walked[RISKY_INSNS];	/* on the path that it objects to */
};

/* 0 with *out, or a negative errno: no maps can be made here. */
int risky_kernel_new(struct risky_kernel **out);
void risky_kernel_free(struct risky_kernel *kernel);

/* 0 when it takes the program, else its errno, negative. */
int risky_kernel_ask(const struct risky_kernel *kernel,
		     const struct risky_program *program);

/* What it has against a program that it does not take. */
void risky_kernel_objects(struct risky_kernel *kernel,
			  const struct risky_program *program,
			  struct risky_objection *out);

/* Its log of a program, on stdout. */
void risky_kernel_show(struct risky_kernel *kernel,
		       const struct risky_program *program);

#endif
