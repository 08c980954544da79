/* SPDX-License-Identifier: Dual BSD/GPL */
/* One program per type; what it answers is set before load. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

const volatile int verdict = 2;		/* XDP_PASS */
const volatile unsigned int target = 0;	/* of a redirect */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static __always_inline void count(void)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&seen, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
}

/* Out of the same port it must find the way back: addresses swapped. */
static __always_inline void swap(void *data, void *end)
{
	unsigned char *eth = data;

	if (data + 14 > end)
		return;
	for (int i = 0; i < 6; i++) {
		unsigned char byte = eth[i];

		eth[i] = eth[i + 6];
		eth[i + 6] = byte;
	}
}

SEC("xdp")
int entry(struct xdp_md *ctx)
{
	count();
	if (verdict == XDP_TX)
		swap((void *)(long)ctx->data, (void *)(long)ctx->data_end);
	if (target)
		return bpf_redirect(target, 0);
	return verdict;
}

SEC("tc")
int classify(struct __sk_buff *skb)
{
	count();
	if (target)
		return bpf_redirect(target, 0);
	return verdict;
}

SEC("socket")
int filter(struct __sk_buff *skb)
{
	count();
	return verdict;
}

char _license[] SEC("license") = "Dual BSD/GPL";
