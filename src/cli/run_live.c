/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures and devices through the datapath. SIGINT, SIGTERM and SIGHUP end
 * a live run as --count and --duration do: what was received is finished,
 * the host gets its path back, the summary is printed.
 */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/run.h"
#include "spec/diags.h"

static int stop_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

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
	dp->stop_fd = stop_signals();
	return datapath_init(dp);
}

static void finish(struct run_command *cmd)
{
	struct datapath *dp = &cmd->dp;

	if (dp->counts.packets)
		cmd->ns_per_packet = (double)dp->counts.run_ns /
				     (double)dp->counts.packets;
	if (dp->stop_fd >= 0)
		close(dp->stop_fd);
	datapath_fini(dp);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * Every run gets the packet as it came; what putting it there costs is
 * measured alone and taken off.
 */
static double time_runs(struct run_command *cmd, const struct frame *frame,
			bool with_program)
{
	struct vm_slot *slot = cmd->dp.slot;
	uint64_t from = now_ns();

	for (uint64_t i = 0; i < cmd->opts.repeat; i++) {
		if (datapath_load(slot, cmd->prog->prog->type, cmd->ports[0],
				  frame))
			return -1;
		if (with_program && vm_run(slot, cmd->prog))
			return -1;
	}
	return (double)(now_ns() - from) / (double)cmd->opts.repeat;
}

static int measure(struct run_command *cmd)
{
	struct frame frame;
	double with, without;
	int got = port_receive(cmd->ports[0], &frame, 1, &cmd->sink);

	if (got != 1)
		return got == -ENODATA ? 0 : got;
	datapath_frame(&cmd->dp, cmd->ports[0], &frame);
	if (cmd->dp.counts.faults)
		return 0;
	without = time_runs(cmd, &frame, false);
	with = time_runs(cmd, &frame, true);
	run_events_poll(cmd);
	if (with >= 0)
		cmd->ns_per_packet = MAX(with - without, 0);
	return 0;
}

int run_capture(struct run_command *cmd)
{
	int err = start(cmd);

	if (err)
		return err;
	if (cmd->opts.repeat) {
		double ns;

		err = measure(cmd);
		ns = cmd->ns_per_packet;
		finish(cmd);
		cmd->ns_per_packet = ns;
		return err;
	}
	err = datapath_run_capture(&cmd->dp);
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
	int err = open_devices(cmd);

	if (!err)
		err = start(cmd);
	if (err)
		return err;
	err = datapath_run_live(&cmd->dp);
	finish(cmd);
	return err;
}
