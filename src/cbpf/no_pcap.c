/* SPDX-License-Identifier: Apache-2.0 */
/* What needs libpcap, in a build without it. */
#include "cbpf/cbpf.h"
#include "spec/diags.h"

static int missing(struct diag_sink *sink)
{
	return diag_report(sink, DIAG_CBPF_NO_PCAP, NULL,
			   "this build has no libpcap (package libpcap-dev)");
}

int cbpf_compile(const char *expression,
		 const struct cbpf_compile_options *options,
		 struct arena *arena, struct cbpf *out,
		 struct diag_sink *sink)
{
	return missing(sink);
}

int cbpf_capture_linktype(const char *path, char *out, size_t size,
			  struct diag_sink *sink)
{
	return missing(sink);
}

int cbpf_capture_count(const struct cbpf *prog, const char *path,
		       struct cbpf_count *count, struct diag_sink *sink)
{
	return missing(sink);
}
