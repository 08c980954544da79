#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# object_source.sh PROGRAMS: C source of a large object: that many programs,
# each with its own subprogram, maps, global data and types.
cnt=$1
cat <<'HEAD'
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
static void *(*lookup)(void *, const void *) = (void *)1;
static u32 (*prandom)(void) = (void *)7;
HEAD
i=0
while [ $i -lt "$cnt" ]; do
cat <<PROGRAM
struct value_$i { u64 packets_$i, bytes_$i; u32 last_$i[4]; };
struct { int (*type)[2]; int (*max_entries)[8]; u32 *key;
	 struct value_$i *value; } map_$i SEC(".maps");
u64 total_$i;
const volatile u32 limit_$i = $i;
static __attribute__((noinline)) u64 step_$i(struct value_$i *v, u64 x)
{
	v->packets_$i += x;
	v->bytes_$i ^= x * 0x9e3779b97f4a7c15ULL;
	v->last_$i[x & 3] = prandom() + limit_$i;
	return v->bytes_$i >> 3;
}
SEC("xdp") int prog_$i(void *ctx)
{
	u32 key = prandom() & 7;
	struct value_$i *v = lookup(&map_$i, &key);
	if (!v)
		return 1;
	for (int i = 0; i < 20; i++)
		total_$i += step_$i(v, total_$i + i);
	return total_$i & 1 ? 1 : 2;
}
PROGRAM
i=$((i + 1))
done
echo 'char _license[] SEC("license") = "GPL";'
