/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of ports, one row each, and the calls that count and forward.
 * What a port does is in capture_in.c, capture_out.c and device.c.
 */
#include "hook/net/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spec/diags.h"

static const struct port_ops *const port_kinds[] = {
#ifdef HAVE_PCAP
	[PORT_CAPTURE_IN]	= &capture_in_ops,
	[PORT_CAPTURE_OUT]	= &capture_out_ops,
#endif
	[PORT_DEVICE]		= &device_ops,
	[PORT_WATCH]		= &watch_ops,
};

static_assert(ARRAY_SIZE(port_kinds) == PORT_KIND_CNT, "one row per kind");

static int open_with(struct port **out, enum port_kind kind, void *priv,
		     const char *name, struct diag_sink *sink)
{
	struct port *port;
	int err;

	if (!port_kinds[kind])
		return diag_report(sink, DIAG_PORT_NO_PCAP, DIAG_NOWHERE,
				   "captures need libpcap, which this build "
				   "is without");
	port = calloc(1, sizeof(*port));
	if (port)
		port->name = strdup(name);
	if (!port || !port->name) {
		free(port);
		return diag_report(sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "no memory for port %s", name);
	}
	port->ops = port_kinds[kind];
	port->ifindex = 1;
	port->poll_fd = -1;
	port->priv = priv;
	err = port->ops->open(port, sink);
	if (err) {
		free(port->name);
		free(port);
		return err;
	}
	*out = port;
	return 0;
}

int port_open(struct port **out, enum port_kind kind, const char *name,
	      struct diag_sink *sink)
{
	return open_with(out, kind, NULL, name, sink);
}

int port_open_stream(struct port **out, void *file, const char *name,
		     struct diag_sink *sink)
{
	return open_with(out, PORT_CAPTURE_IN, file, name, sink);
}

int port_receive(struct port *port, struct frame *frames, unsigned int cnt,
		 struct diag_sink *sink)
{
	int got = port->ops->receive(port, frames, cnt, sink);

	for (int i = 0; i < got; i++)
		port->stats.received_bytes += frames[i].len;
	if (got > 0)
		port->stats.received += (uint64_t)got;
	return got;
}

int port_send(struct port *port, const struct frame *frame)
{
	int err = port->ops->send(port, frame);

	if (err) {
		port->stats.send_errors++;
		return err;
	}
	port->stats.sent++;
	port->stats.sent_bytes += frame->len;
	return 0;
}

int port_pass(struct port *port, const struct frame *frame)
{
	int err;

	if (!port->ops->pass)
		return port_send(port, frame);
	err = port->ops->pass(port, frame);
	if (err)
		port->stats.send_errors++;
	else
		port->stats.passed++;
	return err;
}

void port_quiesce(struct port *port)
{
	if (port->ops->quiesce)
		port->ops->quiesce(port);
}

const struct port_stats *port_stats(struct port *port)
{
	if (port->ops->update_stats)
		port->ops->update_stats(port);
	return &port->stats;
}

void port_close(struct port *port)
{
	if (!port)
		return;
	port->ops->close(port);
	free(port->name);
	free(port);
}
