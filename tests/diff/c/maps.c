/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of maps, of global data, and of strings. */
#include "types.h"

struct map_def {
	u32 type, key_size, value_size, max_entries, flags;
};

SEC("maps") struct map_def counts = { 1, 4, 8, 100, 0 };
SEC("maps") struct map_def events = { 2, 4, 8, 1, 0 };
SEC("license") char _license[] = "Dual BSD/GPL";

static void *(*const lookup)(void *, const void *) = (void *)1;
static long (*const update)(void *, const void *, const void *, u64) =
	(void *)2;

const volatile u32 limit = 5;
u64 seen, total = 7;

SEC("xdp") int count(u32 *ctx)
{
	u32 key = ctx[0];
	u64 one = 1, *value = lookup(&counts, &key);

	seen++;
	if (value)
		*value += total;
	else if (key < limit)
		update(&counts, &key, &one, 0);
	value = lookup(&events, &key);
	return value ? 2 : 1;
}
