/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `skep verify`: flow and options in verify.c, what is printed in
 * verify_print.c, older kernels in verify_kernel.c, counterexamples in
 * verify_example.c and, as a capture file, verify_capture.c.
 */
#ifndef SKEP_CLI_VERIFY_H
#define SKEP_CLI_VERIFY_H

#include "object/verify.h"
#include "verify/profile.h"
#include "vm/example.h"

struct json;

/* What a release lacks of what a program uses. */
struct kernel_report {
	uint32_t release;		/* 0: nobody asked */
	int missing;
	uint32_t oldest;		/* that has all; 0: none has */
	VEC(struct profile_lack) lacks;	/* also those it loads without */
};

/* Whether there is a counterexample, or why not. */
enum verify_example_outcome {
	EXAMPLE_NEEDLESS,		/* accepted, or no program yet */
	EXAMPLE_FOUND,
	EXAMPLE_NO_PACKETS,		/* its type runs on none */
	EXAMPLE_NO_ACCESS,		/* no run shows such a mistake */
	EXAMPLE_NO_TRIAL,		/* it cannot be run */
	EXAMPLE_NO_LUCK,
};

struct verify_example {
	enum verify_example_outcome outcome;
	struct vm_aim aim;
	struct vm_example input;	/* this and the rest when found */
	uint32_t insn;			/* where it faults */
	const char *fault;		/* in words; the verdict's arena's */
	uint32_t number;		/* in the capture file, 0: in none */
};

/* All that is said of an object. */
struct verify_report {
	const char *object;
	struct object_verdicts verdicts;
	struct kernel_report *kernels;	/* one a verdict, or NULL */
	struct verify_example *examples;	/* one a verdict, or NULL */
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

/* Opens the object anew with one program to load; 0 or a negative errno. */
struct verify_source {
	int (*open)(void *arg, const char *program, struct object **out);
	void *arg;
};

/* A rejected program under trial. */
struct verify_suspect {
	struct object *obj;
	struct vm_trial *trial;
};

int verify_suspect_open(struct verify_suspect *suspect,
			const struct verify_source *source,
			const struct object_verdict *verdict,
			const struct vm_aim *aim);
void verify_suspect_close(struct verify_suspect *suspect);

/* Looks for one for each rejected program. 0 or -ENOMEM. */
int verify_find_examples(struct verify_report *report,
			 const struct verify_source *source);

/*
 * Writes what was found to a pcap file, and runs what the file then has. An
 * exit_status, with a diagnostic unless done; none found is no failure.
 */
int verify_write_examples(struct verify_report *report, const char *path,
			  const struct verify_source *source,
			  struct diag_sink *sink);

/*
 * Adds a note to the diagnostic of each program that has one; with a path,
 * of the capture file, also where there is none. 0 or -ENOMEM.
 */
int verify_note_examples(struct verify_report *report, const char *path);
void verify_json_example(struct json *json,
			 const struct verify_example *example);

void verify_print_text(struct strbuf *out, const struct verify_report *report);

/* The document that docs/architecture.md fixes, on one line. */
void verify_print_json(struct strbuf *out, const struct verify_report *report);

#endif
