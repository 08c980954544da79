/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A pipeline of tail calls: one program for each layer, chosen by what the
 * layer before found. The cursor goes from one to the next in the deck.
 */
#include "suite.h"

enum stage { STAGE_IP, STAGE_TCP, STAGE_UDP, STAGE_DONE };

int stage_ip(struct xdp_md *ctx);
int stage_tcp(struct xdp_md *ctx);
int stage_udp(struct xdp_md *ctx);
int stage_done(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(struct xdp_md *));
} pipeline SEC(".maps") = {
	.values = {
		[STAGE_IP] = &stage_ip,
		[STAGE_TCP] = &stage_tcp,
		[STAGE_UDP] = &stage_udp,
		[STAGE_DONE] = &stage_done,
	},
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

/* The frame that this run drew, again. */
static __always_inline void *drawn(struct xdp_md *ctx, __u64 size)
{
	struct deck *deck = (void *)(long)ctx->data;
	void *frames = deck + 1;

	if (frames > DATA_END(ctx))
		return NULL;
	frames += (deck->state >> DECK_SHIFT) * DECK_ROOM;
	return frames + size > DATA_END(ctx) ? NULL : frames;
}

static __always_inline void count(__u32 stage)
{
	__u64 *cnt = bpf_map_lookup_elem(&seen, &stage);

	if (cnt)
		++*cnt;
}

SEC("xdp") int stage_done(struct xdp_md *ctx)
{
	count(STAGE_DONE);
	return XDP_TX;
}

SEC("xdp") int stage_tcp(struct xdp_md *ctx)
{
	__u8 *frame = drawn(ctx, 54);

	count(STAGE_TCP);
	if (!frame || frame[47] & 4)
		return XDP_DROP;
	bpf_tail_call(ctx, &pipeline, STAGE_DONE);
	return XDP_ABORTED;
}

SEC("xdp") int stage_udp(struct xdp_md *ctx)
{
	__u8 *frame = drawn(ctx, 42);

	count(STAGE_UDP);
	if (!frame || !(frame[38] | frame[39]))
		return XDP_DROP;
	bpf_tail_call(ctx, &pipeline, STAGE_DONE);
	return XDP_ABORTED;
}

SEC("xdp") int stage_ip(struct xdp_md *ctx)
{
	__u8 *frame = drawn(ctx, 34);

	count(STAGE_IP);
	if (!frame || frame[14] != 0x45)
		return XDP_PASS;
	bpf_tail_call(ctx, &pipeline,
		      frame[23] == IPPROTO_TCP ? STAGE_TCP : STAGE_UDP);
	return XDP_ABORTED;
}

SEC("xdp") int stages(struct xdp_md *ctx)
{
	struct ethhdr *eth = draw(ctx);

	if (!eth || (void *)(eth + 1) > DATA_END(ctx))
		return XDP_ABORTED;
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	bpf_tail_call(ctx, &pipeline, STAGE_IP);
	return XDP_ABORTED;
}
