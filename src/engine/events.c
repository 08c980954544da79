/* SPDX-License-Identifier: Apache-2.0 */
/* Records of ring buffers and perf event arrays, through libbpf's readers. */
#include <errno.h>
#include <stdlib.h>

#include "engine/internal.h"

#define PERF_PAGES	64

/* One of the two readers is set, by the type of the map. */
struct kernel_events {
	struct ring_buffer *ring;
	struct perf_buffer *perf;
	int (*fn)(void *arg, const void *data, size_t len);
	void *arg;
};

static int take_ring(void *arg, void *data, size_t len)
{
	struct kernel_events *events = arg;

	return events->fn(events->arg, data, len);
}

static void take_perf(void *arg, int cpu, void *data, uint32_t len)
{
	struct kernel_events *events = arg;

	events->fn(events->arg, data, len);
}

int kernel_events_open(struct kernel_events **out,
		       const struct kernel_map *map,
		       int (*fn)(void *arg, const void *data, size_t len),
		       void *arg)
{
	const struct bpf_map *bpf_map = (const struct bpf_map *)map;
	struct kernel_events *events = calloc(1, sizeof(*events));
	int fd = bpf_map__fd(bpf_map);

	if (!events)
		return -ENOMEM;
	events->fn = fn;
	events->arg = arg;
	errno = EINVAL;
	if (bpf_map__type(bpf_map) == BPF_MAP_TYPE_RINGBUF)
		events->ring = ring_buffer__new(fd, take_ring, events, NULL);
	else if (bpf_map__type(bpf_map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		events->perf = perf_buffer__new(fd, PERF_PAGES, take_perf,
						NULL, events, NULL);
	if (events->ring || events->perf) {
		*out = events;
		return 0;
	}
	free(events);
	return -errno;
}

int kernel_events_consume(struct kernel_events *events)
{
	return events->ring ? ring_buffer__consume(events->ring)
			    : perf_buffer__consume(events->perf);
}

void kernel_events_close(struct kernel_events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	perf_buffer__free(events->perf);
	free(events);
}
