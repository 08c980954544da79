/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures as output: a pcap file of Ethernet frames with nanosecond stamps,
 * written through libpcap. A VLAN tag beside a frame is put back into it. A
 * full disk is an error of the send that met it.
 */
#include "hook/net/port.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "hook/net/vlan.h"
#include "spec/diags.h"

#define SNAP_LEN 262144

struct capture_out {
	pcap_t *pcap;
	pcap_dumper_t *dump;
	uint8_t *tagged;	/* SNAP_LEN bytes: a frame with its tag */
};

static void free_out(struct capture_out *out)
{
	if (out->dump)
		pcap_dump_close(out->dump);
	if (out->pcap)
		pcap_close(out->pcap);
	free(out->tagged);
	free(out);
}

/* The caller's mistake, not the disk's. */
static bool wrong_path(int err)
{
	return err == ENOENT || err == ENOTDIR || err == EISDIR;
}

static int capture_out_open(struct port *port, struct diag_sink *sink)
{
	struct diag_where where = { .file = port->name, .insn = -1 };
	struct capture_out *out = calloc(1, sizeof(*out));
	const char *why = "no memory";

	if (!out)
		return diag_report(sink, DIAG_NO_MEMORY, &where, "%s", why);
	out->tagged = malloc(SNAP_LEN);
	out->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAP_LEN,
						PCAP_TSTAMP_PRECISION_NANO);
	errno = 0;
	if (out->tagged && out->pcap) {
		out->dump = pcap_dump_open(out->pcap, port->name);
		why = pcap_geterr(out->pcap);
	}
	if (!out->dump) {
		int err = wrong_path(errno) ? -errno : 0;
		int report = diag_report(sink, DIAG_CAPTURE_WRITE, &where,
					 "%s", why);

		free_out(out);
		return err ?: report;
	}
	port->priv = out;
	return 0;
}

static int capture_out_send(struct port *port, const struct frame *frame)
{
	struct capture_out *out = port->priv;
	struct pcap_pkthdr header = { 0 };
	const uint8_t *data = frame->data;
	uint32_t len = frame->len;

	if (frame->vlan_present)
		len = vlan_insert(out->tagged, SNAP_LEN, frame, &data);
	if (len > SNAP_LEN)
		return -EMSGSIZE;
	header.ts.tv_sec = (time_t)(frame->tstamp / 1000000000);
	header.ts.tv_usec = (suseconds_t)(frame->tstamp % 1000000000);
	header.caplen = len;
	header.len = MAX(len, frame->wire_len + (len - frame->len));
	errno = 0;
	pcap_dump((uint8_t *)out->dump, &header, data);
	return ferror(pcap_dump_file(out->dump)) ? -EIO : 0;
}

/* What libpcap still buffers may not fit on the disk: that counts too. */
static void capture_out_stats(struct port *port)
{
	struct capture_out *out = port->priv;

	if (pcap_dump_flush(out->dump) && !port->stats.send_errors)
		port->stats.send_errors++;
}

static void capture_out_close(struct port *port)
{
	free_out(port->priv);
}

const struct port_ops capture_out_ops = {
	.name		= "capture",
	.open		= capture_out_open,
	.send		= capture_out_send,
	.update_stats	= capture_out_stats,
	.close		= capture_out_close,
};
