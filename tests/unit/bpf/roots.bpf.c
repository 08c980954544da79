/* SPDX-License-Identifier: Dual BSD/GPL */
/* Programs with global functions, of which each is walked on its own. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual BSD/GPL";

#define opaque(x) asm volatile("" : "+r"(x))

/* Called from several walks, with what differs: its facts are joined. */
static __noinline __u32 shared(__u32 x)
{
	__u32 rounds = x & 63, sum = 0;

	for (__u32 i = 0; i < rounds; i++)
		sum += bpf_get_prandom_u32() & 7;
	return sum;
}

#define GLOBAL(name, bias)						\
	__noinline int name(__u32 x)					\
	{								\
		__u64 bytes[4] = { x, bias, x, bias };			\
		__u32 at = shared(x + bias) & 3;			\
									\
		opaque(at);						\
		return at < 4 ? ((volatile __u64 *)bytes)[at] : bias;	\
	}

GLOBAL(first, 1)
GLOBAL(second, 2)
GLOBAL(third, 3)
GLOBAL(fourth, 4)
GLOBAL(fifth, 5)

SEC("xdp")
int fine(struct xdp_md *ctx)
{
	__u32 sum = shared(7);

	sum += first(sum);
	sum += second(sum);
	sum += third(sum);
	sum += fourth(sum);
	sum += fifth(sum);
	return sum & 1;
}

/* NULL may be what it is handed. */
__noinline int careless(__u32 *p)
{
	return *p;
}

__noinline int beyond(__u32 x)
{
	volatile __u8 bytes[8] = { 0 };

	opaque(x);
	return bytes[x];
}

/* Two are not safe: the first of them is told, whichever is done first. */
SEC("xdp")
int two_faults(struct xdp_md *ctx)
{
	__u32 x = first(1);

	x += careless(&x);
	x += second(x);
	return beyond(x) & 1;
}

/* The program itself is not safe, and a function is not. */
SEC("xdp")
int own_fault(struct xdp_md *ctx)
{
	volatile __u8 bytes[8] = { 0 };
	__u32 x = beyond(1) + third(2);

	opaque(x);
	return bytes[x];
}

#define LONG(name, bias)						\
	__noinline int name(__u32 x)					\
	{								\
		__u32 sum = bias;					\
									\
		for (__u32 i = 0; i < 500; i++) {			\
			sum ^= x;					\
			opaque(sum);					\
		}							\
		return sum;						\
	}

LONG(long_first, 1)
LONG(long_second, 2)
LONG(long_third, 3)

/* Each is below the limit; all together are not. */
SEC("xdp")
int too_much(struct xdp_md *ctx)
{
	return long_first(1) + long_second(2) + long_third(3) + fourth(4);
}

static __noinline __u32 word(const void *p)
{
	return *(volatile const __u32 *)(p + 12);
}

__noinline int of_stack(__u32 x)
{
	__u32 words[4] = { x, x, x, x };

	opaque(x);
	return word(words);
}

/* One instruction reads the context here, and the stack there. */
SEC("xdp")
int two_kinds(struct xdp_md *ctx)
{
	return (word(ctx) + of_stack(1)) & 1;
}
