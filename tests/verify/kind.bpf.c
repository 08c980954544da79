/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that are not safe, that Linux 6.18 accepts, and that skep rejects;
 * those that take types (kind_cases.h has the others). test_kind.py asks.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))

struct bpf_crypto_params {
	char bytes[408];
};

struct bpf_crypto_ctx {
	int opaque;
};

struct bpf_crypto_ctx *
bpf_crypto_ctx_create(const struct bpf_crypto_params *params, __u32 size,
		      int *err) __ksym;
void bpf_crypto_ctx_release(struct bpf_crypto_ctx *ctx) __ksym;
int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags,
			struct bpf_dynptr *dynptr) __ksym;
void *bpf_dynptr_slice(const struct bpf_dynptr *dynptr, __u32 off,
		       void *buffer, __u32 size) __ksym;

/* A pointer to NULL that the compiler cannot see through. */
static void *null(void)
{
	void *ptr = 0;

	asm volatile("" : "+r"(ptr));
	return ptr;
}

__attribute__((noinline)) int follow(int *number __arg_nonnull)
{
	return *number;
}

/* The tag says that it is never NULL, so follow() does not look. */
SEC("xdp")
int null_for_a_global_function(struct xdp_md *ctx)
{
	return follow(null());
}

/* The kernel writes what went wrong to where the last argument says. */
SEC("syscall")
int null_for_a_kernel_function(void *ctx)
{
	struct bpf_crypto_params params = {};
	struct bpf_crypto_ctx *crypto;

	crypto = bpf_crypto_ctx_create(&params, sizeof(params), null());
	if (crypto)
		bpf_crypto_ctx_release(crypto);
	return 0;
}

__attribute__((noinline)) int move(struct __sk_buff *skb,
				   const struct bpf_dynptr *dynptr)
{
	char bytes[8], *slice = bpf_dynptr_slice(dynptr, 0, bytes, 8);

	if (!slice)
		return 0;
	bpf_skb_pull_data(skb, 0);
	return slice[0];
}

/* move() takes the slice for one of a map's value, which stays. */
SEC("tc")
int packet_that_moves_under_a_slice(struct __sk_buff *skb)
{
	struct bpf_dynptr dynptr;

	bpf_dynptr_from_skb(skb, 0, &dynptr);
	return move(skb, &dynptr);
}

char _license[] SEC("license") = "GPL";
