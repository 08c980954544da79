/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `skep verify`: flow and options in verify.c, what is printed in
 * verify_print.c, older kernels in verify_kernel.c.
 */
#ifndef SKEP_CLI_VERIFY_H
#define SKEP_CLI_VERIFY_H

#include "object/verify.h"
#include "verify/profile.h"

struct json;

/* What a release lacks of what a program uses. */
struct kernel_report {
	uint32_t release;		/* 0: nobody asked */
	int missing;
	uint32_t oldest;		/* that has all; 0: none has */
	VEC(struct profile_lack) lacks;	/* also those it loads without */
};

/* All that is said of an object. */
struct verify_report {
	const char *object;
	struct object_verdicts verdicts;
	struct kernel_report *kernels;	/* one a verdict, or NULL */
	uint32_t verbose;		/* 1: more figures, 2: the logs */
	bool facts;
};

/* 0 or -ENOMEM; what was found is freed with the vec of lacks. */
int verify_ask_kernel(struct kernel_report *report,
		      const struct object_verdicts *verdicts,
		      const struct object_verdict *verdict, uint32_t release);
void verify_print_kernel(struct strbuf *out, const struct prog *prog,
			 const struct kernel_report *report);
void verify_json_kernel(struct json *json, const struct prog *prog,
			const struct kernel_report *report);

void verify_print_text(struct strbuf *out, const struct verify_report *report);

/* The document that docs/architecture.md fixes, on one line. */
void verify_print_json(struct strbuf *out, const struct verify_report *report);

#endif
