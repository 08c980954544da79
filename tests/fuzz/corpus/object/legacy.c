/* SPDX-License-Identifier: Apache-2.0 */
/* The source of legacy.o: struct bpf_map_def with a longer definition. */
struct longer_map_def {
	unsigned int type, key_size, value_size, max_entries, flags, later[2];
};

#define SEC(name) __attribute__((section(name), used))
static void *(*lookup)(void *, const void *) = (void *)1;

struct longer_map_def SEC("maps") first = { 2, 4, 8, 16 };
struct longer_map_def SEC("maps") second = { 1, 8, 12, 100, 1 };

SEC("classifier") int legacy(void *ctx)
{
	unsigned long long key = 0;

	return lookup(&first, &key) && lookup(&second, &key);
}

char _license[] SEC("license") = "Dual MIT/GPL";
unsigned int _version SEC("version") = 5;
