/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets through BPF_PROG_TEST_RUN. The buffer goes in and comes out in one
 * form per kind of program:
 *
 *	XDP	metadata, packet; xdp_md.data says where the packet begins
 *	tc	the frame
 *	skb	the frame; its first ETH_HLEN bytes come out as zeroes
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>
#include <time.h>

#include "base/endian.h"
#include "engine/internal.h"
#include "spec/diags.h"

/* What one call of the kernel takes; `skb` and `xdp` by program type. */
struct shot {
	struct bpf_test_run_opts opts;
	struct xdp_md xdp;
	struct __sk_buff skb;
	enum prog_type type;
};

static void fill_skb(struct __sk_buff *skb, const struct packet *packet)
{
	*skb = (struct __sk_buff){
		.mark = packet->mark,
		.priority = packet->priority,
		.tstamp = packet->tstamp,
		.wire_len = packet->wire_len,
		.gso_segs = packet->gso_segs,
		.gso_size = packet->gso_size,
		.hwtstamp = packet->hwtstamp,
	};
	memcpy(skb->cb, packet->cb, sizeof(skb->cb));
}

/*
 * The Ethernet header that prepare took off the data still lies before it;
 * it decides protocol and pkt_type again, so it must be handed in.
 */
static const uint8_t *first_byte(enum prog_type type,
				 const struct packet *packet)
{
	if (type == PROG_TYPE_XDP)
		return packet->data_meta;
	return packet->data - (kernel_type_is_l2(type) ? 0 : ETH_HLEN);
}

static void aim(struct shot *shot, struct kernel *kernel,
		const struct packet *packet)
{
	const uint8_t *from = first_byte(shot->type, packet);

	shot->opts = (struct bpf_test_run_opts){
		.sz = sizeof(shot->opts),
		.data_in = from,
		.data_size_in = (uint32_t)(packet->data_end - from),
		.data_out = kernel->buffer,
		.data_size_out = KERNEL_BUFFER,
	};
	if (shot->type == PROG_TYPE_XDP) {
		shot->xdp = (struct xdp_md){
			.data = (uint32_t)(packet->data - from),
			.data_end = shot->opts.data_size_in,
		};
		shot->opts.ctx_in = shot->opts.ctx_out = &shot->xdp;
		shot->opts.ctx_size_in = sizeof(shot->xdp);
	} else {
		fill_skb(&shot->skb, packet);
		shot->opts.ctx_in = shot->opts.ctx_out = &shot->skb;
		shot->opts.ctx_size_in = sizeof(shot->skb);
	}
	shot->opts.ctx_size_out = shot->opts.ctx_size_in;
}

static void take_skb(struct packet *packet, const struct __sk_buff *skb)
{
	packet->mark = skb->mark;
	packet->priority = skb->priority;
	packet->tstamp = skb->tstamp;
	packet->wire_len = skb->wire_len;
	packet->gso_segs = skb->gso_segs;
	packet->hwtstamp = skb->hwtstamp;
	packet->len = (uint32_t)(packet->data_end - packet->data);
	memcpy(packet->cb, skb->cb, sizeof(packet->cb));
}

/*
 * Bytes that came out before the data, and those to skip altogether. The
 * packet's place between head and end is of no meaning afterwards, so it is
 * put where the headroom is, or as far back as it must to fit.
 */
static int take(struct packet *packet, const struct kernel *kernel,
		const struct shot *shot)
{
	bool xdp = shot->type == PROG_TYPE_XDP;
	size_t skip = xdp || kernel_type_is_l2(shot->type) ? 0 : ETH_HLEN;
	size_t meta = xdp ? shot->xdp.data : 0;
	size_t room = (size_t)(packet->end - packet->head);
	size_t len = shot->opts.data_size_out;
	size_t lead;

	if (len < skip || len - skip > room || meta > len)
		return -EMSGSIZE;
	len -= skip;
	lead = MIN((size_t)(packet->data_meta - packet->head), room - len);
	packet->data_meta = packet->head + lead;
	packet->data = packet->data_meta + meta;
	packet->data_end = packet->data_meta + len;
	packet->link_header = packet->network_header = NULL;
	memcpy(packet->data_meta, kernel->buffer + skip, len);
	if (!xdp)
		take_skb(packet, &shot->skb);
	return 0;
}

static int report(struct kernel *kernel, int err, struct diag_sink *sink)
{
	struct diag_where where = kernel_where(kernel);

	if (err == -EPERM)
		return diag_report(sink, DIAG_KERNEL_PERMISSION, &where,
				   "test run: %s", strerror(-err));
	diag_report(sink, DIAG_KERNEL_RUN, &where, "test run: %s",
		    strerror(-err));
	return err;
}

static uint64_t thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * The kernel's own figure is whole nanoseconds. Before and after more than one
 * run of XDP it waits for other CPUs, some 30 ms, which is not counted here.
 */
static int shoot(struct shot *shot, int fd, uint32_t repeat, uint64_t *ns)
{
	uint64_t start;
	int err;

	shot->opts.repeat = (int)repeat;
	start = thread_ns();
	err = bpf_prog_test_run_opts(fd, &shot->opts);
	*ns = thread_ns() - start;
	return err;
}

int kernel_run_often(struct kernel *kernel, struct packet *packet,
		     uint32_t repeat, uint32_t *r0, uint64_t *ns,
		     struct diag_sink *sink)
{
	struct shot shot = { .type = kernel_prog_type(kernel) };
	int err = -EOPNOTSUPP;

	if (!repeat || repeat > INT32_MAX)
		return report(kernel, -EINVAL, sink);
	if (shot.type == PROG_TYPE_XDP || kernel_type_is_skb(shot.type)) {
		aim(&shot, kernel, packet);
		err = shoot(&shot, bpf_program__fd(kernel->program), repeat,
			    ns);
	}
	if (!err)
		err = take(packet, kernel, &shot);
	if (err)
		return report(kernel, err, sink);
	*r0 = shot.opts.retval;
	return 0;
}

int kernel_run(struct kernel *kernel, struct packet *packet, uint32_t *r0,
	       struct diag_sink *sink)
{
	uint64_t ns;

	return kernel_run_often(kernel, packet, 1, r0, &ns, sink);
}

static int empty_program(struct kernel *kernel)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	enum bpf_prog_type type = bpf_program__type(kernel->program);

	if (kernel->empty_fd < 0)
		kernel->empty_fd = bpf_prog_load(type, "skep_empty", "GPL",
						 insns, ARRAY_SIZE(insns),
						 NULL);
	return kernel->empty_fd;
}

static int time_runs(struct kernel *kernel, int fd,
		     const struct packet *packet, uint32_t repeat,
		     uint64_t *ns)
{
	struct shot shot = { .type = kernel_prog_type(kernel) };

	if (shot.type != PROG_TYPE_XDP && !kernel_type_is_skb(shot.type))
		return -EOPNOTSUPP;
	aim(&shot, kernel, packet);
	return shoot(&shot, fd, repeat, ns);
}

int kernel_repeat(struct kernel *kernel, const struct packet *packet,
		  uint32_t repeat, double *ns_per_run,
		  struct diag_sink *sink)
{
	uint64_t full, empty;
	int fd, err = -EINVAL;

	if (!repeat || repeat > INT32_MAX)
		return report(kernel, err, sink);
	fd = empty_program(kernel);
	err = fd < 0 ? fd : time_runs(kernel, fd, packet, repeat, &empty);
	if (!err)
		err = time_runs(kernel, bpf_program__fd(kernel->program),
				packet, repeat, &full);
	if (err)
		return report(kernel, err, sink);
	*ns_per_run = full > empty ? (double)(full - empty) / repeat : 0;
	return 0;
}
