/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ports: where frames come from and go to. A capture file and a network
 * interface are the same to the datapath; one row in port.c each.
 *
 * Every frame that a port gives or takes begins with an Ethernet header;
 * link.h says how other link types become that. A VLAN tag that the host
 * took off is beside the frame (vlan_*), as in struct __sk_buff.
 *
 * A port belongs to one thread.
 */
#ifndef SKEP_HOOK_NET_PORT_H
#define SKEP_HOOK_NET_PORT_H

#include <linux/virtio_net.h>

#include "base/diag.h"

enum port_kind {
	PORT_CAPTURE_IN,	/* pcap or pcapng file; "-" is stdin */
	PORT_CAPTURE_OUT,	/* pcap file; "-" is stdout */
	PORT_DEVICE,		/* a network interface, both ways */
	PORT_WATCH,		/* copies of what an interface receives */
	PORT_KIND_CNT
};

/*
 * One frame. `data` is borrowed: until the next receive on its port, or for
 * the length of the send.
 */
struct frame {
	const uint8_t *data;
	uint32_t len;			/* bytes at data */
	uint32_t wire_len;		/* as it was on the wire, >= len */
	uint64_t tstamp;		/* nanoseconds since 1970, 0 unknown */
	uint32_t pkt_type;		/* PACKET_HOST, PACKET_BROADCAST ... */
	bool vlan_present;		/* a tag is beside the data */
	uint16_t vlan_tci, vlan_proto;	/* host byte order */
	/* checksum and segment offload state of a device's frame */
	struct virtio_net_hdr offload;
};

struct port_stats {
	uint64_t received, received_bytes;
	uint64_t lost;			/* dropped before skep could read */
	uint64_t malformed;		/* no frame could be made of it */
	uint64_t sent, sent_bytes;	/* out of the port */
	uint64_t passed;		/* given back to the host's stack */
	uint64_t send_errors;		/* neither sent nor passed */
};

struct port;

struct port_ops {
	const char *name;		/* "capture", "device" */
	int (*open)(struct port *port, struct diag_sink *sink);
	/* see port_receive; NULL: an output */
	int (*receive)(struct port *port, struct frame *frames,
		       unsigned int cnt, struct diag_sink *sink);
	int (*send)(struct port *port, const struct frame *frame);
	int (*pass)(struct port *port, const struct frame *frame);
	/* takes no more frames; what is queued can still be received */
	void (*quiesce)(struct port *port);
	void (*update_stats)(struct port *port);
	void (*close)(struct port *port);
};

struct port {
	const struct port_ops *ops;
	char *name;			/* file or interface */
	uint32_t ifindex;		/* of a device; captures have 1 */
	int poll_fd;			/* readable: receive; -1: always */
	/* poll_fd may stay silent for ever: receive now and then */
	bool down;
	struct port_stats stats;
	void *priv;
};

/*
 * Opens the file or interface `name`. 0, or a negative errno with a
 * diagnostic; *out is only set on 0.
 */
int port_open(struct port **out, enum port_kind kind, const char *name,
	      struct diag_sink *sink);

/* Opens a capture that is read from `file`, which the port then owns. */
int port_open_stream(struct port **out, void *file, const char *name,
		     struct diag_sink *sink);

/*
 * Up to `cnt` frames without waiting. Their number, 0 when there is none at
 * the moment, -ENODATA at the end of a capture. A capture that is cut off
 * ends with a diagnostic and then -ENODATA: what was read before it counts.
 */
int port_receive(struct port *port, struct frame *frames, unsigned int cnt,
		 struct diag_sink *sink);

/* Sends a frame out of the port. 0 or a negative errno, counted. */
int port_send(struct port *port, const struct frame *frame);

/*
 * Gives a frame to the host as if the port had just received it; a capture
 * writes it. 0 or a negative errno, counted.
 */
int port_pass(struct port *port, const struct frame *frame);

/* Ends the intake; call before the last receives and port_close. */
void port_quiesce(struct port *port);

/* The counters, brought up to date. */
const struct port_stats *port_stats(struct port *port);

void port_close(struct port *port);	/* NULL is fine */

extern const struct port_ops capture_in_ops, capture_out_ops;
extern const struct port_ops device_ops, watch_ops;

#endif
