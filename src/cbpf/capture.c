/* SPDX-License-Identifier: Apache-2.0 */
/* Filters over capture files, as libpcap's own do: link-layer header first. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include "base/str.h"
#include "cbpf/cbpf.h"
#include "spec/diags.h"

static int refuse(const char *path, const char *message,
		  struct diag_sink *sink)
{
	return diag_report(sink, DIAG_FILE_OPEN, NULL, "%s: %s", path,
			   message);
}

static pcap_t *open_capture(const char *path, struct diag_sink *sink)
{
	char message[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_open_offline(path, message);

	if (!pcap)
		refuse(path, message, sink);
	return pcap;
}

int cbpf_capture_linktype(const char *path, char *out, size_t size,
			  struct diag_sink *sink)
{
	pcap_t *pcap = open_capture(path, sink);
	const char *name;
	int err = 0;

	if (!pcap)
		return -ENOENT;
	name = pcap_datalink_val_to_name(pcap_datalink(pcap));
	if (name)
		str_copy(out, size, name);
	else
		err = refuse(path, "a link type without a name", sink);
	pcap_close(pcap);
	return err;
}

static bool matches(const struct cbpf *prog, const struct pcap_pkthdr *header,
		    const uint8_t *data)
{
	const struct cbpf_packet packet = {
		.data = data,
		.len = header->caplen,
		.wire_len = header->len,
	};

	return cbpf_run(prog, &packet) != 0;
}

int cbpf_capture_count(const struct cbpf *prog, const char *path,
		       struct cbpf_count *count, struct diag_sink *sink)
{
	pcap_t *pcap = open_capture(path, sink);
	struct cbpf_count so_far = { 0, 0 };
	struct pcap_pkthdr *header;
	const uint8_t *data;
	int got, err = 0;

	if (!pcap)
		return -ENOENT;
	while ((got = pcap_next_ex(pcap, &header, &data)) == 1) {
		so_far.packets++;
		so_far.matched += matches(prog, header, data);
	}
	if (got == PCAP_ERROR)
		err = refuse(path, pcap_geterr(pcap), sink);
	pcap_close(pcap);
	if (!err)
		*count = so_far;
	return err;
}
