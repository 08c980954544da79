/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tcpdump expressions through libpcap. pcap.h has a struct bpf_insn of its
 * own, the classic one, so this file includes no <linux/bpf.h>.
 */
#include <errno.h>
#include <pcap/pcap.h>

#include "cbpf/cbpf.h"
#include "spec/diags.h"

static int refuse(const char *expression, const char *message,
		  struct diag_sink *sink)
{
	const struct diag_where where = {
		.insn = -1, .source_line = expression,
	};

	return diag_report(sink, DIAG_CBPF_EXPRESSION, &where, "'%s': %s",
			   expression, message);
}

static int copy_program(const struct bpf_program *from, struct arena *arena,
			struct cbpf *out)
{
	struct sock_filter *insns;

	insns = arena_array(arena, from->bf_len, sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	for (size_t i = 0; i < from->bf_len; i++) {
		const struct bpf_insn *insn = &from->bf_insns[i];

		insns[i] = (struct sock_filter){ insn->code, insn->jt,
						 insn->jf, insn->k };
	}
	*out = (struct cbpf){ insns, from->bf_len };
	return 0;
}

static int compile(pcap_t *pcap, const char *expression, bool optimize,
		   struct arena *arena, struct cbpf *out,
		   struct diag_sink *sink)
{
	struct bpf_program program;
	int err;

	if (pcap_compile(pcap, &program, expression, optimize,
			 PCAP_NETMASK_UNKNOWN))
		return refuse(expression, pcap_geterr(pcap), sink);
	err = copy_program(&program, arena, out);
	pcap_freecode(&program);
	if (err)
		return diag_report(sink, DIAG_NO_MEMORY, NULL,
				   "compiling a filter");
	return 0;
}

int cbpf_compile(const char *expression,
		 const struct cbpf_compile_options *options,
		 struct arena *arena, struct cbpf *out,
		 struct diag_sink *sink)
{
	int linktype = pcap_datalink_name_to_val(options->linktype);
	pcap_t *pcap;
	int err;

	if (linktype < 0)
		return refuse(options->linktype, "no such link type", sink);
	pcap = pcap_open_dead(linktype, (int)options->snaplen);
	if (!pcap)
		return diag_report(sink, DIAG_NO_MEMORY, NULL,
				   "compiling a filter");
	err = compile(pcap, expression, options->optimize, arena, out, sink);
	pcap_close(pcap);
	return err;
}
