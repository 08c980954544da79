/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the datapath: where frames go after the verdict. */
#ifndef SKEP_HOOK_NET_FORWARD_H
#define SKEP_HOOK_NET_FORWARD_H

#include "hook/net/datapath.h"

/* Counts by the reason, and tells it when it is not too often. */
void datapath_exception(struct datapath *dp, const char *fmt, ...)
	printf_like(2, 3);

/* Brings the frame where NET_PASS, NET_SEND, NET_REDIRECT, NET_COPY want. */
void forward_frame(struct datapath *dp, enum net_action action,
		   const struct frame *frame);

/* run_host.clone; `arg` is the datapath. */
int forward_clone(void *arg, const struct packet *packet, uint32_t ifindex,
		  uint64_t flags);

#endif
