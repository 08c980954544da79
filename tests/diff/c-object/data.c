/* SPDX-License-Identifier: Apache-2.0 */
/* Global data in every kind of section, at offsets of every kind. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum mode { OFF, ON = 7, AUTO = -3 };

struct limits {
	__u8 tag;
	__u32 low, high;
	union {
		__u16 half;
		__u8 bytes[2];
	};
};

const volatile __u64 threshold = 1000;
const volatile char banner[16] = "hello";
const volatile enum mode mode = ON;
const volatile bool verbose = true;
const volatile __s8 tiny = -1;
struct limits limits = { 1, 2, 3, { 4 } };
__u32 table[64] = { [3] = 9, [63] = 1 };
__u64 hits, misses;
static __u32 hidden = 5, counter;
__u32 custom SEC(".data.custom") = 77;
const volatile __u32 fixed SEC(".rodata.fixed") = 78;
__u8 scratch[100] SEC(".bss.scratch");
static const char words[4][8] = { "one", "two", "three", "four" };
__u32 *pointer_like;

SEC("xdp")
int data(struct xdp_md *ctx)
{
	static __u32 in_function;
	__u32 i = ctx->rx_queue_index & 63;

	in_function++;
	counter += hidden;
	hits += table[i] > threshold;
	misses += banner[i & 15] + tiny + verbose;
	scratch[i] = words[i & 3][i & 7];
	limits.high = custom + fixed + in_function;
	bpf_printk("%d %s", mode, words[1]);
	return limits.bytes[1] + counter;
}

char _license[] SEC("license") = "GPL";
__u32 _version SEC("version") = 0x60102;
