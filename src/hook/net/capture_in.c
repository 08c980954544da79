/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures as input: pcap and pcapng through libpcap, with nanosecond
 * stamps. A packet whose captured bytes are fewer than its wire length keeps
 * both. Link types become Ethernet by link.c. pcapng files whose interfaces
 * differ in link type or snap length are refused by libpcap, with its words.
 */
#include "hook/net/port.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hook/net/link.h"
#include "spec/diags.h"

struct capture_in {
	pcap_t *pcap;
	const struct link_type *link;
	uint8_t *frame;		/* where a converted frame is put together */
	uint32_t frame_cap;
	bool ended;
};

static int refuse(struct port *port, struct diag_sink *sink, const char *why)
{
	struct diag_where where = { .file = port->name, .insn = -1 };

	return diag_report(sink, DIAG_CAPTURE_FORMAT, &where, "%s", why);
}

static int open_file(struct port *port, FILE **file, struct diag_sink *sink)
{
	struct diag_where where = { .file = port->name, .insn = -1 };

	*file = strcmp(port->name, "-") ? fopen(port->name, "re") : stdin;
	if (*file)
		return 0;
	return diag_report(sink, DIAG_FILE_OPEN, &where, "%s",
			   strerror(errno));
}

static int capture_in_open(struct port *port, struct diag_sink *sink)
{
	struct diag_where where = { .file = port->name, .insn = -1 };
	char why[PCAP_ERRBUF_SIZE] = "";
	struct capture_in *in;
	FILE *file = port->priv;
	int err;

	if (!file) {
		err = open_file(port, &file, sink);
		if (err)
			return err;
	}
	in = calloc(1, sizeof(*in));
	if (!in) {
		fclose(file);
		return diag_report(sink, DIAG_NO_MEMORY, &where, "no memory");
	}
	in->pcap = pcap_fopen_offline_with_tstamp_precision(file,
				PCAP_TSTAMP_PRECISION_NANO, why);
	if (!in->pcap) {
		err = refuse(port, sink, why);
		fclose(file);
		free(in);
		return err;
	}
	in->link = link_type(pcap_datalink(in->pcap));
	if (!in->link) {
		err = diag_report(sink, DIAG_CAPTURE_LINK, &where,
			"link type %d (%s) is not one that skep reads",
			pcap_datalink(in->pcap),
			pcap_datalink_val_to_name(pcap_datalink(in->pcap)) ?:
			"unknown");
		pcap_close(in->pcap);
		free(in);
		return err;
	}
	port->priv = in;
	return 0;
}

/* The converted frame: a header of our own, then what followed theirs. */
static int convert(struct capture_in *in, struct frame *frame)
{
	uint32_t skip = in->link->header_len;
	uint32_t len;

	if (frame->len < skip)
		return -EINVAL;
	len = frame->len - skip + LINK_HEADER_LEN;
	if (len > in->frame_cap) {
		uint8_t *grown = realloc(in->frame, len);

		if (!grown)
			return -ENOMEM;
		in->frame = grown;
		in->frame_cap = len;
	}
	if (!in->link->convert(frame->data, frame->len, in->frame,
			       &frame->pkt_type))
		return -EINVAL;
	memcpy(in->frame + LINK_HEADER_LEN, frame->data + skip,
	       frame->len - skip);
	frame->data = in->frame;
	frame->wire_len = frame->wire_len - skip + LINK_HEADER_LEN;
	frame->len = len;
	return 0;
}

static int make_frame(struct capture_in *in, const struct pcap_pkthdr *header,
		      const uint8_t *data, struct frame *frame)
{
	memset(frame, 0, sizeof(*frame));
	frame->data = data;
	frame->len = header->caplen;
	frame->wire_len = MAX(header->len, header->caplen);
	/* tv_usec counts nanoseconds at this precision */
	frame->tstamp = (uint64_t)header->ts.tv_sec * 1000000000 +
			(uint64_t)header->ts.tv_usec;
	if (in->link->convert)
		return convert(in, frame);
	if (frame->len < 6)
		return frame->len ? 0 : -EINVAL;
	frame->pkt_type = link_pkt_type(data);
	return 0;
}

/* One frame per call: libpcap's data lives until the next read. */
static int capture_in_receive(struct port *port, struct frame *frames,
			      unsigned int cnt, struct diag_sink *sink)
{
	struct diag_where where = { .file = port->name, .insn = -1 };
	struct capture_in *in = port->priv;
	struct pcap_pkthdr *header;
	const uint8_t *data;
	int got, err;

	if (!cnt)
		return 0;
	while (!in->ended) {
		got = pcap_next_ex(in->pcap, &header, &data);
		if (got == 1) {
			err = make_frame(in, header, data, &frames[0]);
			if (!err)
				return 1;
			port->stats.malformed++;
			continue;
		}
		in->ended = true;
		if (got == PCAP_ERROR)
			diag_report(sink, DIAG_CAPTURE_TRUNCATED, &where,
				    "%s; %llu packets were read before it",
				    pcap_geterr(in->pcap), (unsigned long long)
				    port->stats.received);
	}
	return -ENODATA;
}

static void capture_in_close(struct port *port)
{
	struct capture_in *in = port->priv;

	pcap_close(in->pcap);
	free(in->frame);
	free(in);
}

const struct port_ops capture_in_ops = {
	.name		= "capture",
	.open		= capture_in_open,
	.receive	= capture_in_receive,
	.close		= capture_in_close,
};
