/* SPDX-License-Identifier: Dual BSD/GPL */
/*
 * Programs that change packets in every way that skep's helpers know, each
 * packet another way, so that a comparison with the kernel sees them all.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} sizes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} ways SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

static __u32 turn;

static __always_inline __u32 next_way(__u32 len)
{
	__u32 way = turn++ & 7;
	__u64 one = 1, *seen;

	seen = bpf_map_lookup_elem(&sizes, &len);
	if (seen)
		*seen += 1;
	else
		bpf_map_update_elem(&sizes, &len, &one, BPF_ANY);
	seen = bpf_map_lookup_elem(&ways, &way);
	if (seen)
		*seen += len;
	bpf_ringbuf_output(&events, &len, sizeof(len), 0);
	return way;
}

static __always_inline int put_byte(struct xdp_md *ctx, unsigned char byte)
{
	unsigned char *data = (void *)(long)ctx->data;

	if (data + 1 > (unsigned char *)(long)ctx->data_end)
		return XDP_ABORTED;
	*data = byte;
	return XDP_PASS;
}

SEC("xdp")
int edit_xdp(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data;
	unsigned char *meta;

	switch (next_way(len)) {
	case 0:
		if (bpf_xdp_adjust_head(ctx, -20))
			return XDP_DROP;
		return put_byte(ctx, 1);
	case 1:
		if (bpf_xdp_adjust_head(ctx, 14))
			return XDP_DROP;
		return put_byte(ctx, 2);
	case 2:
		return bpf_xdp_adjust_tail(ctx, 100) ? XDP_DROP : XDP_PASS;
	case 3:
		return bpf_xdp_adjust_tail(ctx, -20) ? XDP_TX : XDP_PASS;
	case 4:
		if (bpf_xdp_adjust_meta(ctx, -8))
			return XDP_DROP;
		meta = (void *)(long)ctx->data_meta;
		if (meta + 8 > (unsigned char *)(long)ctx->data)
			return XDP_ABORTED;
		meta[0] = 7;
		return meta[0] + meta[1] * 0;
	case 5:
		return bpf_xdp_adjust_head(ctx, -300) ? XDP_TX : XDP_PASS;
	case 6:
		return bpf_xdp_adjust_tail(ctx, 4000) ? XDP_TX : XDP_PASS;
	default:
		return put_byte(ctx, 3);
	}
}

SEC("tc")
int edit_tc(struct __sk_buff *skb)
{
	unsigned char bytes[6] = { 2, 0, 0, 0, 0, 9 };
	__u32 word = 0;

	skb->mark = skb->len;
	skb->cb[1] = skb->protocol;
	switch (next_way(skb->len)) {
	case 0:
		return bpf_skb_store_bytes(skb, 6, bytes, 6, 0) ?
		       TC_ACT_SHOT : TC_ACT_OK;
	case 1:
		if (bpf_skb_load_bytes(skb, 30, &word, 4))
			return TC_ACT_SHOT;
		if (bpf_l3_csum_replace(skb, 24, word, bpf_htonl(5), 4))
			return TC_ACT_SHOT;
		return bpf_skb_store_bytes(skb, 30, &word, 4,
					   BPF_F_RECOMPUTE_CSUM) ?
		       TC_ACT_SHOT : TC_ACT_OK;
	case 2:
		return bpf_l4_csum_replace(skb, 50, 1, 2,
					   BPF_F_PSEUDO_HDR | 2) ?
		       TC_ACT_SHOT : TC_ACT_OK;
	case 3:
		return bpf_skb_vlan_push(skb, bpf_htons(0x8100), 77) ?
		       TC_ACT_SHOT : TC_ACT_OK;
	case 4:
		return bpf_skb_vlan_pop(skb) ? TC_ACT_SHOT : TC_ACT_PIPE;
	case 5:
		return bpf_skb_change_tail(skb, skb->len + 30, 0) ?
		       TC_ACT_SHOT : TC_ACT_OK;
	case 6:
		return bpf_skb_change_tail(skb, 60, 0) ?
		       TC_ACT_STOLEN : TC_ACT_OK;
	default:
		return bpf_skb_pull_data(skb, 40) ? TC_ACT_SHOT :
						    TC_ACT_UNSPEC;
	}
}

char _license[] SEC("license") = "Dual BSD/GPL";
