/* SPDX-License-Identifier: Apache-2.0 */
/* The source of seed.o: a map, .rodata, .bss, a subprogram, a relocation. */
typedef unsigned int __u32;
#define SEC(x) __attribute__((section(x), used))
static void *(*map_lookup)(void *, const void *) = (void *)1;

struct {
	int (*type)[1];
	int (*max_entries)[8];
	__u32 *key;
	__u32 *value;
} hits SEC(".maps");

const volatile int limit = 5;
int total;

static __attribute__((noinline)) int bump(__u32 *n)
{
	*n += 1;
	return *n > limit ? 1 : 2;
}

SEC("xdp") int count(void *ctx)
{
	__u32 key = 0, *n = map_lookup(&hits, &key);

	if (!n)
		return 0;
	total++;
	return bump(n);
}

char _license[] SEC("license") = "GPL";
