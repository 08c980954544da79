/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records to the application: the ring buffer (map/ringbuf.h) and the perf
 * buffers (map/perf_array.h). A reserved record is memory of the program
 * until it is submitted or discarded; the run's grants say which are out.
 */
#include <errno.h>
#include <linux/bpf.h>

#include "helper/family.h"
#include "map/perf_array.h"
#include "map/ringbuf.h"

/* Programs' maps of other types do not get past the kernel's verifier. */
static bool is_ringbuf(const struct map *map)
{
	return map->def.type == MAP_TYPE_RINGBUF;
}

DEFINE_HELPER(ringbuf_output, map, data, size, flags, r5)
{
	struct map *m = helper_ptr(map);

	if (!is_ringbuf(m))
		return helper_error(EOPNOTSUPP);
	return (int64_t)ringbuf_output(m, helper_ptr(data), size, flags);
}

/* No grant free counts as no room: the record goes back unseen. */
DEFINE_HELPER(ringbuf_reserve, map, size, flags, r4, r5)
{
	struct map *m = helper_ptr(map);
	void *record;

	if (!is_ringbuf(m))
		return 0;
	record = ringbuf_reserve(m, size, flags);
	if (!record)
		return 0;
	if (run_grant(run, (uintptr_t)record, size, MEM_RINGBUF, true)) {
		run->grants[run->grants_cnt - 1].owner = m;
		return (uintptr_t)record;
	}
	ringbuf_submit(m, record, 0, true);
	return 0;
}

/* The map that a record is out of, or NULL when it is none. */
static struct map *owner_of(const struct run *run, uint64_t record)
{
	for (uint32_t i = 0; i < run->grants_cnt; i++)
		if (run->grants[i].base == record &&
		    run->grants[i].cls == MEM_RINGBUF)
			return run->grants[i].owner;
	return NULL;
}

static void end_record(struct run *run, uint64_t record, uint64_t flags,
		       bool discard)
{
	struct map *map = owner_of(run, record);

	if (!map)
		return;
	run_revoke(run, record);
	ringbuf_submit(map, helper_ptr(record), flags, discard);
}

DEFINE_HELPER(ringbuf_submit, record, flags, r3, r4, r5)
{
	end_record(run, record, flags, false);
	return 0;
}

DEFINE_HELPER(ringbuf_discard, record, flags, r3, r4, r5)
{
	end_record(run, record, flags, true);
	return 0;
}

bool helper_drop_records(struct run *run, struct mem_window *kept)
{
	bool any = false;

	for (uint32_t i = run->grants_cnt; i-- > 0;) {
		struct mem_window record = run->grants[i];

		if (record.cls != MEM_RINGBUF)
			continue;
		if (!any)
			*kept = record;
		any = true;
		helper_ringbuf_discard(run, record.base, 0, 0, 0, 0);
	}
	return any;
}

DEFINE_HELPER(ringbuf_query, map, what, r3, r4, r5)
{
	struct map *m = helper_ptr(map);

	return is_ringbuf(m) ? ringbuf_query(m, what) : 0;
}

/*
 * A record of `data` and, where the context is a packet, as many of its first
 * bytes as the upper half of the flags says.
 */
DEFINE_HELPER(perf_event_output, ctx, map, flags, data, size)
{
	uint64_t bytes = (flags & BPF_F_CTXLEN_MASK) >> 32;
	uint64_t known = BPF_F_INDEX_MASK;
	struct map *m = helper_ptr(map);
	struct perf_part parts[2] = { { helper_ptr(data), size } };

	if (run->packet)
		known |= BPF_F_CTXLEN_MASK;
	if (flags & ~known)
		return helper_error(EINVAL);
	if (bytes && bytes > helper_packet_len(run->packet))
		return helper_error(EFAULT);
	if (m->def.type != MAP_TYPE_PERF_EVENT_ARRAY)
		return helper_error(EOPNOTSUPP);
	if (bytes)
		parts[1] = (struct perf_part){ run->packet->data, bytes };
	return (int64_t)perf_array_output(m, flags & BPF_F_INDEX_MASK,
					  run->cpu, parts, bytes ? 2 : 1);
}
