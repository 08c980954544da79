/* SPDX-License-Identifier: Apache-2.0 */
/* cbpf_compile() in a build without libpcap. */
#include "cbpf/cbpf.h"
#include "spec/diags.h"

int cbpf_compile(const char *expression,
		 const struct cbpf_compile_options *options,
		 struct arena *arena, struct cbpf *out,
		 struct diag_sink *sink)
{
	return diag_report(sink, DIAG_CBPF_NO_PCAP, NULL,
			   "this build has no libpcap (package libpcap-dev)");
}
