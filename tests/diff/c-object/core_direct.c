/* SPDX-License-Identifier: Apache-2.0 */
/* CO-RE on loads and stores themselves, where the size may change too. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define relocated __attribute__((preserve_access_index))

struct sockaddr {
	__u32 sa_family;	/* 16 bits in the kernel: the load narrows */
	char sa_data[14];
} relocated;

struct net_device {
	unsigned int mtu;
	int ifindex;
	unsigned short no_such_member;
} relocated;

struct xdp_rxq_info {
	struct net_device *dev;
	__u32 queue_index;
} relocated;

struct xdp_buff {
	void *data, *data_end;
	struct xdp_rxq_info *rxq;
} relocated;

__u64 out[8];

SEC("raw_tp/sys_enter")
int direct(struct bpf_raw_tracepoint_args *ctx)
{
	struct sockaddr *addr = (void *)ctx->args[0];
	struct xdp_buff *xdp = (void *)ctx->args[0];

	out[0] = addr->sa_family;
	out[1] = addr->sa_data[3];
	out[2] = xdp->rxq->queue_index;
	out[3] = xdp->rxq->dev->ifindex;
	out[4] = xdp->rxq->dev->mtu;
	out[5] = xdp->rxq->dev->no_such_member;
	xdp->rxq->queue_index = out[0];
	return 0;
}

char _license[] SEC("license") = "GPL";
