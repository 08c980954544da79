/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of a device: a gate that keeps received frames from the
 * host's stack, and a way back in for those that the program passes.
 *
 *	wire --> device --+--> packet socket --> skep --> TAP
 *	                  |                                |
 *	                  v                                | marked, redirected
 *	                 gate  <---------------------------+ to the ingress
 *	                  |                                  of the device
 *	                  | only marked frames
 *	                  v
 *	             host's stack
 *
 * Gate and way back are tcx links and a TAP device that live as long as this
 * process: after any end of it, SIGKILL included, all is as it was.
 */
#ifndef SKEP_HOOK_NET_HOST_H
#define SKEP_HOOK_NET_HOST_H

#include <linux/virtio_net.h>
#include <sys/uio.h>

#include "base/diag.h"

struct host {
	int claim;		/* held by the one process on the interface */
	uint32_t mark;		/* of frames on their way back */
	int gate_link, tap_link;
	int tap;
	uint32_t tap_ifindex;
};

/* A host that holds nothing; host_close is then a no-op. */
#define HOST_CLOSED { .claim = -1, .gate_link = -1, .tap_link = -1, .tap = -1 }

/* Prepares the way back; the gate stays open. 0 or -E with a diagnostic. */
int host_open(struct host *host, const char *ifname, uint32_t ifindex,
	      struct diag_sink *sink);

/* Shuts the gate: from now on only marked frames reach the stack. */
int host_shut(struct host *host, const char *ifname, uint32_t ifindex,
	      struct diag_sink *sink);

/* Hands the frame to the stack; iov[0] is its virtio_net_hdr. */
int host_pass(struct host *host, const struct iovec *iov, int cnt);

void host_close(struct host *host);

#endif
