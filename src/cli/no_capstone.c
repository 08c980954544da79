/* SPDX-License-Identifier: Apache-2.0 */
/* What needs libcapstone, in a build without it. */
#include "cli/native.h"
#include "spec/diags.h"

int native_new(struct native **out, struct diag_sink *sink)
{
	return diag_report(sink, DIAG_NATIVE_NO_CAPSTONE, DIAG_NOWHERE,
			   "this build has no libcapstone (package "
			   "libcapstone-dev)");
}

void native_free(struct native *native)
{
}

struct native_insn native_text(struct strbuf *out, struct native *native,
			       const uint8_t *code, size_t len,
			       uint64_t address)
{
	return (struct native_insn){ .size = 1 };
}
