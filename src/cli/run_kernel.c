/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as engine: the same object through libbpf, each packet through
 * the kernel's test run. The object is opened by skep too: it tells which
 * program, and holds the values of --set.
 *
 * A test run takes socket filters' Ethernet header off. A copy of it is put
 * before the frame, so that the program sees the frame as a packet socket
 * would show it.
 */
#include <errno.h>
#include <string.h>

#include "cli/run.h"
#include "cli/run_kernel.h"
#include "spec/diags.h"

#define ETH_LEN	14u
#define RUNS_AT_ONCE	(1u << 20)	/* between two looks at signals */

static int copy_data(struct run_command *cmd)
{
	for (uint32_t i = 0; i < cmd->obj->maps_cnt; i++) {
		const struct object_map *om = cmd->obj->maps[i].def;
		int err;

		if (!om->data)
			continue;
		err = kernel_set_data(cmd->kernel, om->section, om->data,
				      om->def.value_size, &cmd->sink);
		if (err)
			return err;
	}
	return 0;
}

int run_open_kernel(struct run_command *cmd)
{
	int err = kernel_open(&cmd->kernel, cmd->opts.object,
			      skep_prog_name(cmd->prog),
			      cmd->opts.type ? cmd->prog->prog->type : 0,
			      &cmd->sink);

	if (!err && cmd->opts.sets_cnt)
		err = copy_data(cmd);
	return err ?: kernel_load(cmd->kernel, &cmd->sink);
}

static bool wants_extra_header(enum prog_type type)
{
	return type == PROG_TYPE_SOCKET_FILTER || type == PROG_TYPE_CGROUP_SKB;
}

int run_kernel_packet(enum prog_type type, const struct frame *frame,
		      struct packet_buf *buf)
{
	uint8_t *data = (uint8_t *)frame->data;
	int err;

	if (frame->len < ETH_LEN)
		return -EMSGSIZE;
	err = packet_buf_set(buf, type, data, frame->len);
	if (err)
		return err;
	buf->packet.tstamp = frame->tstamp;
	if (wants_extra_header(type)) {
		buf->packet.data -= ETH_LEN;
		memcpy(buf->packet.data, data, ETH_LEN);
	}
	err = kernel_prepare_packet(type, &buf->packet);
	if (!err && wants_extra_header(type)) {
		buf->packet.link_header = buf->packet.data - ETH_LEN;
		buf->packet.network_header = buf->packet.data;
	}
	return err;
}

int run_kernel_frame(struct run_command *cmd, const struct frame *frame,
		     struct packet_buf *buf, uint32_t *r0)
{
	int err = run_kernel_packet(cmd->prog->prog->type, frame, buf);

	if (err)
		return err;
	err = kernel_run(cmd->kernel, &buf->packet, r0, NULL);
	/* once more, for the reason */
	return err ? kernel_run(cmd->kernel, &buf->packet, r0, &cmd->sink) : 0;
}

static void forward(struct run_command *cmd, const struct frame *before,
		    const struct packet *packet)
{
	struct frame after = *before;

	after.data = packet->data;
	after.len = (uint32_t)(packet->data_end - packet->data);
	after.wire_len = after.len + (before->wire_len - before->len);
	port_send(cmd->out, &after);
}

static int run_one(struct run_command *cmd, const struct frame *frame,
		   struct packet_buf *buf)
{
	enum prog_type type = cmd->prog->prog->type;
	uint32_t r0;
	int err = run_kernel_frame(cmd, frame, buf, &r0);

	if (err == -EMSGSIZE)
		cmd->skipped++;
	if (err)
		return err == -EMSGSIZE ? 0 : err;
	verdict_add(&cmd->dp.counts.verdicts, net_verdict(type, r0));
	if (cmd->out && net_goes_on(type, r0))
		forward(cmd, frame, &buf->packet);
	return 0;
}

static int measure(struct run_command *cmd, const struct frame *frame,
		   struct packet_buf *buf)
{
	int err = run_kernel_packet(cmd->prog->prog->type, frame, buf);
	double spent = 0, ns;

	while (!err && cmd->runs < cmd->opts.repeat && !run_stopped(cmd)) {
		uint64_t cnt = MIN(cmd->opts.repeat - cmd->runs,
				   (uint64_t)RUNS_AT_ONCE);

		err = kernel_repeat(cmd->kernel, &buf->packet, (uint32_t)cnt,
				    &ns, &cmd->sink);
		if (err)
			break;
		spent += ns * (double)cnt;
		cmd->runs += cnt;
	}
	if (cmd->runs)
		cmd->ns_per_packet = spent / (double)cmd->runs;
	return err;
}

int run_in_kernel(struct run_command *cmd)
{
	struct datapath_counts *counts = &cmd->dp.counts;
	uint64_t limit = cmd->opts.count ?: UINT64_MAX;
	struct packet_buf buf = { 0 };
	struct frame frame;
	int err = 0, got = 1;

	while (!err && got > 0 && counts->packets < limit &&
	       !run_stopped(cmd)) {
		got = port_receive(cmd->ports[0], &frame, 1, &cmd->sink);
		if (got <= 0)
			break;
		counts->packets++;
		counts->bytes += frame.len;
		err = run_one(cmd, &frame, &buf);
		if (cmd->opts.repeat && !err)
			err = measure(cmd, &frame, &buf);
		if (cmd->opts.repeat)
			break;
	}
	packet_buf_fini(&buf);
	return err;
}
