/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One frame: load, run, count, act. Where frames come from and when it ends
 * is in loop.c.
 *
 * Exceptions are what the kernel's tracepoints xdp_exception and
 * xdp_redirect_err tell of. They are counted all and told at most
 * TOLD_PER_SECOND times in a second.
 */
#include "hook/net/datapath.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "hook/net/forward.h"
#include "spec/diags.h"

#define TOLD_PER_SECOND	5

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The least of several tries is what two readings cost. */
static uint64_t clock_cost(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 100; i++) {
		uint64_t from = now_ns();

		least = MIN(least, now_ns() - from);
	}
	return least;
}

static void forward_trace(void *arg, const char *text, size_t len)
{
	struct datapath *dp = arg;
	struct run_host *host = &dp->prog->obj->vm->host;

	if (host->trace)
		host->trace(host->arg, text, len);
}

int datapath_init(struct datapath *dp)
{
	dp->slot = vm_slot_get(dp->prog->obj->vm);
	if (!dp->slot)
		return -EBUSY;
	if (vm_slot_attach(dp->slot, dp->prog->engine)) {
		datapath_fini(dp);
		return diag_report(dp->sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "no memory for the engine");
	}
	dp->host = (struct run_host){ dp, forward_trace, forward_clone };
	dp->slot->run.host = &dp->host;
	dp->clock_ns = clock_cost();
	return 0;
}

void datapath_fini(struct datapath *dp)
{
	if (dp->slot)
		dp->slot->run.host = &dp->slot->vm->host;
	vm_slot_put(dp->slot);
	dp->slot = NULL;
}

static bool may_tell(struct datapath *dp)
{
	uint64_t second = now_ns() / 1000000000;

	if (dp->told_second != second)
		dp->told = 0;
	dp->told_second = second;
	return dp->told++ < TOLD_PER_SECOND;
}

void datapath_exception(struct datapath *dp, const char *fmt, ...)
{
	struct diag_where where = {
		.file = dp->at->name, .program = dp->prog->prog->name,
		.insn = -1,
	};

	char reason[DROP_REASON_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	dp->counts.exceptions++;
	drop_add(&dp->counts.drops, reason);
	if (may_tell(dp))
		diag_report(dp->sink, DIAG_NET_EXCEPTION, &where,
			    "packet %llu: %s",
			    (unsigned long long)dp->counts.packets, reason);
}

static void fault(struct datapath *dp)
{
	dp->counts.faults++;
	verdict_add(&dp->counts.verdicts, VERDICT_FAULT);
	if (may_tell(dp))
		dp->prog->engine->report(&dp->slot->run, dp->sink);
}

static void exception(struct datapath *dp, const char *verdict, uint64_t r0)
{
	if (str_eq(verdict, VERDICT_UNKNOWN))
		datapath_exception(dp, "unknown action %u", (uint32_t)r0);
	else
		datapath_exception(dp, "%s", verdict);
}

static void act(struct datapath *dp, const struct frame *before)
{
	enum prog_type type = dp->prog->prog->type;
	uint64_t r0 = dp->slot->run.r0;
	enum net_action action = net_action(type, r0);
	struct frame after;

	verdict_add(&dp->counts.verdicts, net_verdict(type, r0));
	if (action == NET_DROP)
		return;
	if (action == NET_EXCEPTION) {
		exception(dp, net_verdict(type, r0), r0);
		return;
	}
	datapath_unload(dp->slot, type, before, &after);
	if (action == NET_COPY)
		after.len = MIN(after.len, (uint32_t)r0);
	forward_frame(dp, action, &after);
}

void datapath_frame(struct datapath *dp, struct port *port,
		    const struct frame *frame)
{
	enum prog_type type = dp->prog->prog->type;
	uint64_t from, took;
	int err;

	dp->at = port;
	dp->counts.packets++;
	dp->counts.bytes += frame->len;
	err = datapath_load(dp->slot, type, port, frame);
	if (err) {
		datapath_exception(dp, "frame: %s", strerror(-err));
		return;
	}
	from = now_ns();
	err = vm_run(dp->slot, dp->prog);
	took = now_ns() - from;
	dp->counts.run_ns += took > dp->clock_ns ? took - dp->clock_ns : 0;
	if (err)
		fault(dp);
	else
		act(dp, frame);
}
