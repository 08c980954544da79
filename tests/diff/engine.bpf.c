// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What the kernel engine's test loads: it changes packets and writes down
 * every context field that it can see. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FIELDS	24

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FIELDS);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} runs SEC(".maps");

const volatile __u32 verdict = 2;
__u64 total;

static void note(__u32 key, __u64 value)
{
	bpf_map_update_elem(&seen, &key, &value, BPF_ANY);
}

static void count(__u32 key)
{
	__u32 *cell = bpf_map_lookup_elem(&runs, &key), one = 1;

	total++;
	if (cell)
		++*cell;
	else
		bpf_map_update_elem(&runs, &key, &one, BPF_ANY);
}

SEC("xdp")
int xdp_edit(struct xdp_md *ctx)
{
	__u8 *data;

	count(1);
	note(0, ctx->ingress_ifindex);
	note(1, ctx->rx_queue_index);
	note(2, ctx->data_end - ctx->data);
	note(3, ctx->data - ctx->data_meta);
	if (bpf_xdp_adjust_head(ctx, -4) || bpf_xdp_adjust_meta(ctx, -8))
		return XDP_ABORTED;
	data = (void *)(long)ctx->data;
	if (data + 4 > (__u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	data[0] = data[1] = data[2] = data[3] = 0xab;
	data = (void *)(long)ctx->data_meta;
	if (data + 8 > (__u8 *)(long)ctx->data)
		return XDP_ABORTED;
	*(__u64 *)data = 0x1122334455667788;
	return verdict;
}

/* Room in front of and behind the packet, by asking for ever less. */
SEC("xdp")
int xdp_room(struct xdp_md *ctx)
{
	int i, grown = 0;

	for (i = 0; i < 4096; i++)
		if (!bpf_xdp_adjust_tail(ctx, 1))
			grown++;
	note(0, grown);
	for (i = 0, grown = 0; i < 300; i++)
		if (!bpf_xdp_adjust_head(ctx, -1))
			grown++;
	note(1, grown);
	return XDP_PASS;
}

static void note_skb(struct __sk_buff *skb)
{
	note(0, skb->len);
	note(1, skb->pkt_type);
	note(2, skb->mark);
	note(3, skb->queue_mapping);
	note(4, skb->protocol);
	note(5, skb->vlan_present);
	note(6, skb->vlan_tci);
	note(7, skb->vlan_proto);
	note(8, skb->priority);
	note(9, skb->ingress_ifindex);
	note(10, skb->ifindex);
	note(11, skb->tc_index);
	note(12, skb->cb[0]);
	note(13, skb->cb[4]);
	note(14, skb->hash);
	note(15, skb->napi_id);
	note(16, skb->gso_segs);
	note(17, skb->gso_size);
}

SEC("tc")
int tc_edit(struct __sk_buff *skb)
{
	__u32 word = 0xefbeadde;

	count(2);
	note_skb(skb);
	note(18, skb->wire_len);
	note(19, skb->tstamp);
	note(20, skb->tc_classid);
	note(21, skb->data_end - skb->data);
	note(22, skb->data - skb->data_meta);
	skb->mark += 1;
	skb->cb[2] = 77;
	skb->priority = 5;
	if (bpf_skb_store_bytes(skb, 0, &word, 4, 0) ||
	    bpf_skb_change_tail(skb, skb->len + 3, 0))
		return 1;
	return 0;
}

SEC("socket")
int socket_look(struct __sk_buff *skb)
{
	__u32 word = 0;

	count(3);
	note_skb(skb);
	bpf_skb_load_bytes(skb, 0, &word, 4);
	note(18, word);
	return skb->len - 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
