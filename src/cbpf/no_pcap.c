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

int cbpf_capture_open(struct cbpf_capture **out, const char *path,
		      struct diag_sink *sink)
{
	return missing(sink);
}

void cbpf_capture_close(struct cbpf_capture *capture)
{
}

const char *cbpf_capture_linktype(const struct cbpf_capture *capture)
{
	return NULL;
}

struct cbpf_count cbpf_capture_count(struct cbpf_capture *capture,
				     const struct cbpf *prog,
				     struct diag_sink *sink)
{
	return (struct cbpf_count){ 0, 0 };
}
