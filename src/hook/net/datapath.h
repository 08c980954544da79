/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The datapath: frames in by a port, the program's verdict, frames out. One
 * thread with one CPU slot. A capture goes through once; devices until they
 * are told to stop.
 *
 * A frame becomes a packet as the kernel would show it to the program: XDP
 * finds a VLAN tag in the data, skb types beside it when the host took it
 * off. From a capture every tag is in the data.
 */
#ifndef SKEP_HOOK_NET_DATAPATH_H
#define SKEP_HOOK_NET_DATAPATH_H

#include "hook/net/action.h"
#include "hook/net/port.h"
#include "vm/vm.h"

struct datapath_counts {
	uint64_t packets, bytes;
	uint64_t faults;	/* runs that broke a rule; their frames drop */
	uint64_t exceptions;	/* ABORTED, unknown codes, lost redirects */
	uint64_t run_ns;	/* in the program, clock reading taken off */
	struct verdict_counts verdicts;
	struct drop_counts drops;	/* the exceptions by reason */
};

struct datapath {
	const struct skep_prog *prog;
	struct port **ports;		/* devices, or the one capture */
	uint32_t ports_cnt;
	struct port *out;		/* takes a copy of what goes on */
	uint64_t limit;			/* packets; 0: none */
	uint64_t duration_ns;		/* of a live run; 0: no end */
	int stop_fd;			/* readable: end; -1: none */
	void (*between)(void *arg);	/* between batches; may be NULL */
	void *between_arg;
	struct diag_sink *sink;

	struct datapath_counts counts;

	/* private from here on */
	struct vm_slot *slot;
	struct run_host host;
	uint64_t clock_ns;		/* what reading the clock takes */
	uint64_t told_second;
	uint32_t told;
	const struct port *at;		/* port of the frame in work */
};

/* Claims a slot and readies it for the program. 0 or -E with a diagnostic. */
int datapath_init(struct datapath *dp);
void datapath_fini(struct datapath *dp);

/* Runs a capture to its end or to the limit. 0 or -E. */
int datapath_run_capture(struct datapath *dp);

/*
 * Runs on devices until stop_fd, limit or duration. What was received before
 * the end still meets the program; with a limit, the rest is passed as it is.
 */
int datapath_run_live(struct datapath *dp);

/* One frame from `port` through the program and to where it belongs. */
void datapath_frame(struct datapath *dp, struct port *port,
		    const struct frame *frame);

/*
 * Puts a frame into the slot's packet as a program of that type sees it.
 * `port` gives the interface. 0, -EMSGSIZE or -ENOMEM.
 */
int datapath_load(struct vm_slot *slot, enum prog_type type,
		  const struct port *port, const struct frame *frame);

/* The packet after the run as a frame; `before` is what it was made from. */
void datapath_unload(const struct vm_slot *slot, enum prog_type type,
		     const struct frame *before, struct frame *after);

#endif
