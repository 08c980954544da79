/* SPDX-License-Identifier: Apache-2.0 */
/* What bpf-gcc 12 can compile as well: helpers by its own attribute. */
typedef unsigned int __u32;
typedef unsigned long long __u64;

#define SEC(name) __attribute__((section(name), used))
#ifdef __clang__
static void *(*lookup)(void *map, const void *key) = (void *)1;
static __u32 (*prandom)(void) = (void *)7;
#else
void *lookup(void *map, const void *key) __attribute__((kernel_helper(1)));
__u32 prandom(void) __attribute__((kernel_helper(7)));
#endif

struct {
	int (*type)[2];
	int (*max_entries)[16];
	__u32 *key;
	__u64 *value;
} counts SEC(".maps");

struct {
	int (*type)[1];
	int (*max_entries)[4];
	int (*key_size)[4];
	int (*value_size)[12];
} sized SEC(".maps");

const volatile __u32 threshold = 10;
const volatile __u64 limits[3] = { 1, 2, 3 };
__u32 seen, other;
__u64 table[8] = { 5, 6, 7 };
static __u32 hidden;

static __attribute__((noinline)) __u32 leaf(__u32 x)
{
	return x * prandom();
}

__attribute__((noinline)) int shared(__u32 x)
{
	hidden += leaf(x);
	return hidden > threshold;
}

SEC("xdp")
int one(void *ctx)
{
	__u32 key = 1;
	__u64 *value = lookup(&counts, &key);

	if (value)
		*value += limits[2] + table[1];
	other++;
	return shared(key) + 1;
}

SEC("xdp")
int two(void *ctx)
{
	__u32 key = 2;

	seen += lookup(&sized, &key) != 0;
	return leaf(seen) > shared(3);
}

char _license[] SEC("license") = "GPL";
