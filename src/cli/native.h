/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions of this machine as text, by libcapstone where there is one. */
#ifndef SKEP_CLI_NATIVE_H
#define SKEP_CLI_NATIVE_H

#include "base/diag.h"

struct strbuf;
struct native;

/*
 * *out to be freed with native_free, which takes NULL, too. -EOPNOTSUPP with a
 * diagnostic when there is no libcapstone, or it does not know the machine;
 * -ENOMEM.
 */
int native_new(struct native **out, struct diag_sink *sink);
void native_free(struct native *native);

struct native_insn {
	uint32_t size;
	bool branches;		/* or calls, */
	uint64_t target;	/* and goes here; text has no number of it */
};

/*
 * Appends the text of the instruction at code[0], which lies at `address`.
 * What is none is one byte (or word) of data.
 */
struct native_insn native_text(struct strbuf *out, struct native *native,
			       const uint8_t *code, size_t len,
			       uint64_t address);

#endif
