/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures and devices through the datapath. Signals end a run as --count and
 * --duration do: what was received is finished, the host gets its path back,
 * the summary is printed.
 */
#include <errno.h>
#include <time.h>

#include "cli/run.h"

#define RUNS_AT_ONCE	16384	/* between two looks at signals and events */

static int start(struct run_command *cmd)
{
	struct datapath *dp = &cmd->dp;

	dp->prog = cmd->prog;
	dp->ports = cmd->ports;
	dp->ports_cnt = cmd->ports_cnt;
	dp->out = cmd->out;
	dp->limit = cmd->opts.count;
	dp->duration_ns = cmd->opts.duration_ns;
	dp->between = run_events_poll;
	dp->between_arg = cmd;
	dp->sink = &cmd->sink;
	return datapath_init(dp);
}

static void finish(struct run_command *cmd)
{
	struct datapath *dp = &cmd->dp;

	if (dp->counts.packets && !cmd->opts.repeat)
		cmd->ns_per_packet = (double)dp->counts.run_ns /
				     (double)dp->counts.packets;
	datapath_fini(dp);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static double time_runs(struct run_command *cmd, const struct frame *frame,
			uint64_t cnt, bool with_program)
{
	struct vm_slot *slot = cmd->dp.slot;
	uint64_t from = now_ns();

	for (uint64_t i = 0; i < cnt; i++) {
		if (datapath_load(slot, cmd->prog->prog->type, cmd->ports[0],
				  frame))
			return -1;
		if (with_program && vm_run(slot, cmd->prog))
			return -1;
	}
	return (double)(now_ns() - from);
}

/*
 * Every run gets the packet as it came; what putting it there costs is
 * measured alone, in turns, and taken off.
 */
static void repeat(struct run_command *cmd, const struct frame *frame)
{
	double spent = 0;

	while (cmd->runs < cmd->opts.repeat && !run_stopped(cmd)) {
		uint64_t cnt = MIN(cmd->opts.repeat - cmd->runs,
				   (uint64_t)RUNS_AT_ONCE);
		double without = time_runs(cmd, frame, cnt, false);
		double with = time_runs(cmd, frame, cnt, true);

		if (with < 0 || without < 0)
			return;
		spent += with - without;
		cmd->runs += cnt;
		run_events_poll(cmd);
	}
	if (cmd->runs)
		cmd->ns_per_packet = MAX(spent, 0) / (double)cmd->runs;
}

static int measure(struct run_command *cmd)
{
	struct frame frame;
	int got = port_receive(cmd->ports[0], &frame, 1, &cmd->sink);

	if (got != 1)
		return got == -ENODATA ? 0 : got;
	datapath_frame(&cmd->dp, cmd->ports[0], &frame);
	if (!cmd->dp.counts.faults)
		repeat(cmd, &frame);
	return 0;
}

int run_capture(struct run_command *cmd)
{
	struct run_watch watch;
	int err = start(cmd);

	if (err)
		return err;
	run_watch_begin(&watch, &cmd->dp);
	err = cmd->opts.repeat ? measure(cmd) : datapath_run_capture(&cmd->dp);
	run_watch_end(&watch);
	finish(cmd);
	return err;
}

static int open_devices(struct run_command *cmd)
{
	enum port_kind kind = cmd->prog->prog->type == PROG_TYPE_SOCKET_FILTER
			      ? PORT_WATCH : PORT_DEVICE;

	for (uint32_t i = 0; i < cmd->opts.devices_cnt; i++) {
		int err = port_open(&cmd->ports[i], kind,
				    cmd->opts.devices[i], &cmd->sink);

		if (err)
			return err;
		cmd->ports_cnt++;
	}
	return 0;
}

int run_live(struct run_command *cmd)
{
	struct run_watch watch;
	int err = open_devices(cmd);

	if (!err)
		err = start(cmd);
	if (err)
		return err;
	run_watch_begin(&watch, &cmd->dp);
	err = datapath_run_live(&cmd->dp);
	run_watch_end(&watch);
	finish(cmd);
	/* what was counted before the interface went is worth telling */
	cmd->device_gone = err == -ENODEV;
	return cmd->device_gone ? 0 : err;
}
