/* SPDX-License-Identifier: Apache-2.0 */
/* Filters over capture files, as libpcap's own do: link-layer header first. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "cbpf/cbpf.h"
#include "spec/diags.h"

struct cbpf_capture {
	pcap_t *pcap;
	const char *path;
};

static int refuse(const char *path, const char *message,
		  struct diag_sink *sink)
{
	struct diag_where where = { .file = path, .insn = -1 };

	return diag_report(sink, DIAG_FILE_OPEN, &where, "cannot be read: %s",
			   message);
}

static int open_pcap(pcap_t **out, const char *path, struct diag_sink *sink)
{
	FILE *file = str_eq(path, "-") ? stdin : fopen(path, "re");
	char message[PCAP_ERRBUF_SIZE] = "";

	if (!file)
		return refuse(path, strerror(errno), sink);
	*out = pcap_fopen_offline(file, message);
	if (*out)
		return 0;
	if (file != stdin)
		fclose(file);
	return refuse(path, message, sink);
}

int cbpf_capture_open(struct cbpf_capture **out, const char *path,
		      struct diag_sink *sink)
{
	struct cbpf_capture *capture = malloc(sizeof(*capture));
	int err;

	if (!capture)
		return diag_report(sink, DIAG_NO_MEMORY, NULL, "%s", path);
	capture->path = path;
	err = open_pcap(&capture->pcap, path, sink);
	if (err)
		free(capture);
	else
		*out = capture;
	return err;
}

void cbpf_capture_close(struct cbpf_capture *capture)
{
	if (!capture)
		return;
	pcap_close(capture->pcap);
	free(capture);
}

const char *cbpf_capture_linktype(const struct cbpf_capture *capture)
{
	return pcap_datalink_val_to_name(pcap_datalink(capture->pcap));
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

struct cbpf_count cbpf_capture_count(struct cbpf_capture *capture,
				     const struct cbpf *prog,
				     struct diag_sink *sink)
{
	struct diag_where where = { .file = capture->path, .insn = -1 };
	struct cbpf_count count = { 0, 0 };
	struct pcap_pkthdr *header;
	const uint8_t *data;
	int got;

	while ((got = pcap_next_ex(capture->pcap, &header, &data)) == 1) {
		count.packets++;
		count.matched += matches(prog, header, data);
	}
	if (got == PCAP_ERROR)
		diag_report(sink, DIAG_CAPTURE_TRUNCATED, &where,
			    "%s; %llu packets were read before it",
			    pcap_geterr(capture->pcap),
			    (unsigned long long)count.packets);
	return count;
}
