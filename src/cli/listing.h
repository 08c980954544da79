/* SPDX-License-Identifier: Apache-2.0 */
/* The listing of an object's or a file's instructions for skep disasm. */
#ifndef SKEP_CLI_LISTING_H
#define SKEP_CLI_LISTING_H

#include "base/diag.h"
#include "isa/disasm.h"

struct strbuf;

struct listing_options {
	struct disasm_style style;
	const char *prog;	/* this function or section alone; NULL: all */
	bool source;		/* with source lines from .BTF.ext */
	bool json;
	const char *jit;	/* as native code of this tier; or NULL */
};

/*
 * Appends the listing of an ELF object: without `prog` and `source`, byte for
 * byte what llvm-objdump -d prints. 0, or a negative errno with a diagnostic;
 * -ESRCH when there is no such `prog`.
 */
int listing_object(struct strbuf *out, const char *path,
		   const struct listing_options *options,
		   struct diag_sink *sink);

/*
 * The same as native code of tier options->jit: the object is loaded, so its
 * programs are proven and its maps made. A program that cannot be native code
 * is -EOPNOTSUPP with a diagnostic.
 */
int listing_native(struct strbuf *out, const char *path,
		   const struct listing_options *options,
		   struct diag_sink *sink);

/* Appends the listing of bare instructions: slot numbers and text. */
void listing_raw(struct strbuf *out, const void *data, size_t size,
		 const struct listing_options *options);

#endif
