/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RINGBUF (kernel/bpf/ringbuf.c for semantics and layout).
 *
 * The consumer may read every header below `producer_pos`, so that position
 * may only pass a record whose header says BUSY. The kernel takes a lock for
 * that; here a producer
 *
 *	1. moves `head`, { position, count of reservations }, over its record,
 *	2. writes its header,
 *	3. adds one to the count in `tail`. Who finds it equal to head's count
 *	   knows that all headers up to head's position are written: it moves
 *	   tail there too and raises producer_pos.
 *
 * All three are compare-and-swap loops in which someone always advances. A
 * producer that stops between 1 and 3 delays what the consumer sees, never
 * another producer. (DPDK's ring calls this scheme RTS.)
 *
 * head and tail are one word: position / 8 in the upper 40 bits, the count in
 * the lower 24. Positions are compared modulo 2^43; the ring is far smaller.
 */
#include "map/ringbuf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/bits.h"
#include "map/mirror.h"
#include "map/ops.h"

#define HEADER		8
#define RECORD_MAX	(UINT32_MAX / 4)
#define COUNT_BITS	24
#define POS_MASK	((1ull << 43) - 1)
#define WAKE_FLAGS	(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)

struct consumer_page {
	uint64_t pos;
};

struct producer_page {
	uint64_t pos;
	uint64_t head aligned_to(64);
	uint64_t tail aligned_to(64);
	uint64_t lost aligned_to(64);
};

/* Process-local view. */
struct ringbuf {
	struct consumer_page *cons;
	struct producer_page *prod;
	uint8_t *data;
	uint64_t size, mask;
	size_t page;
	int wake_fd;
};

static int ringbuf_check(const struct map_def *def)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (def->flags & ~BPF_F_NUMA_NODE)
		return -EINVAL;
	if (def->key_size || def->value_size || !is_pow2(def->max_entries) ||
	    def->max_entries % page)
		return -EINVAL;
	return 0;
}

static int ringbuf_init(struct map *map)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ringbuf *rb = calloc(1, sizeof(*rb));
	int err;

	if (!rb)
		return -ENOMEM;
	rb->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = rb->wake_fd < 0 ? -errno
			      : map_mirror_init(&map->region, 2 * page,
						map->def.max_entries,
						map->def.name);
	if (err) {
		if (rb->wake_fd >= 0)
			close(rb->wake_fd);
		free(rb);
		return err;
	}
	rb->cons = (void *)map->region.base;
	rb->prod = (void *)(map->region.base + page);
	rb->data = map->region.base + 2 * page;
	rb->size = map->def.max_entries;
	rb->mask = rb->size - 1;
	rb->page = page;
	map->priv = rb;
	return 0;
}

static void ringbuf_fini(struct map *map)
{
	struct ringbuf *rb = map->priv;

	close(rb->wake_fd);
	free(rb);
}

/* ---- producers ---- */

static uint64_t word_pos(uint64_t word)
{
	return (word >> COUNT_BITS) * 8;
}

/* `word` with `len` more bytes and one more in its count. */
static uint64_t word_add(uint64_t word, uint64_t len)
{
	uint64_t count = (word + 1) & ((1ull << COUNT_BITS) - 1);

	return ((word_pos(word) + len) & POS_MASK) / 8 << COUNT_BITS | count;
}

static uint64_t word_count(uint64_t word)
{
	return word & ((1ull << COUNT_BITS) - 1);
}

static bool has_room(const struct ringbuf *rb, uint64_t head, uint64_t len)
{
	uint64_t read = atomic_load_acquire(&rb->cons->pos);
	uint64_t used = (word_pos(head) - read) & POS_MASK;

	return used + len <= rb->mask;
}

/* Step 1: the position of a record of `len` bytes; false: no room. */
static bool take_room(struct ringbuf *rb, uint64_t len, uint64_t *pos)
{
	uint64_t head = atomic_load_acquire(&rb->prod->head), now;

	for (;;) {
		if (has_room(rb, head, len)) {
			if (atomic_cmpxchg(&rb->prod->head, &head,
					   word_add(head, len)))
				break;
			continue;
		}
		/* a head that is behind the consumer looks full, too */
		now = atomic_load_acquire(&rb->prod->head);
		if (now == head)
			return false;
		head = now;
	}
	*pos = word_pos(head);
	return true;
}

/* producer_pos only grows; `pos43` is at most one ring ahead of it. */
static void raise_producer(struct ringbuf *rb, uint64_t pos43)
{
	uint64_t pos = atomic_load_acquire(&rb->prod->pos);
	uint64_t ahead;

	do {
		ahead = (pos43 - pos) & POS_MASK;
		if (!ahead || ahead > rb->size)
			return;
	} while (!atomic_cmpxchg(&rb->prod->pos, &pos, pos + ahead));
}

/* Step 3. */
static void publish(struct ringbuf *rb)
{
	uint64_t tail = atomic_load_acquire(&rb->prod->tail);
	uint64_t next;

	do {
		uint64_t head = atomic_load_acquire(&rb->prod->head);

		next = word_add(tail, 0);
		if (word_count(next) == word_count(head))
			next = head;
	} while (!atomic_cmpxchg(&rb->prod->tail, &tail, next));
	if (word_pos(next) != word_pos(tail))
		raise_producer(rb, word_pos(next));
}

void *ringbuf_reserve(struct map *map, uint64_t size, uint64_t flags)
{
	struct ringbuf *rb = map->priv;
	uint64_t len = align_up(size + HEADER, 8);
	uint64_t pos, off;
	uint32_t *header;

	if (flags)
		return NULL;
	if (size > RECORD_MAX || len > rb->size || !take_room(rb, len, &pos)) {
		atomic_add_relaxed(&rb->prod->lost, 1);
		return NULL;
	}
	off = pos & rb->mask;
	header = (void *)(rb->data + off);
	atomic_store_relaxed(&header[0], (uint32_t)size | BPF_RINGBUF_BUSY_BIT);
	atomic_store_relaxed(&header[1], (uint32_t)((rb->data + off -
				(uint8_t *)rb->cons) / rb->page));
	publish(rb);
	return header + 2;
}

static void wake(const struct ringbuf *rb)
{
	uint64_t one = 1;
	ssize_t put = write(rb->wake_fd, &one, sizeof(one));

	(void)put;	/* full means that it is readable already */
}

void ringbuf_submit(struct map *map, void *record, uint64_t flags,
		    bool discard)
{
	struct ringbuf *rb = map->priv;
	uint32_t *header = (uint32_t *)record - 2;
	uint64_t off = (uint64_t)((uint8_t *)header - rb->data) & rb->mask;
	uint32_t len = atomic_load_relaxed(&header[0]) & ~BPF_RINGBUF_BUSY_BIT;

	if (discard)
		len |= BPF_RINGBUF_DISCARD_BIT;
	/* a full barrier: the consumer's position is looked at after it */
	atomic_xchg(&header[0], len);
	if (flags & BPF_RB_FORCE_WAKEUP ||
	    (!(flags & BPF_RB_NO_WAKEUP) &&
	     (atomic_load_acquire(&rb->cons->pos) & rb->mask) == off))
		wake(rb);
}

int ringbuf_output(struct map *map, const void *data, uint64_t size,
		   uint64_t flags)
{
	void *record;

	if (flags & ~(uint64_t)WAKE_FLAGS)
		return -EINVAL;
	record = ringbuf_reserve(map, size, 0);
	if (!record)
		return -EAGAIN;
	memcpy(record, data, size);
	ringbuf_submit(map, record, flags, false);
	return 0;
}

uint64_t ringbuf_query(const struct map *map, uint64_t flags)
{
	const struct ringbuf *rb = map->priv;
	uint64_t read = atomic_load_acquire(&rb->cons->pos);
	uint64_t written = atomic_load_acquire(&rb->prod->pos);

	switch (flags) {
	case BPF_RB_AVAIL_DATA: return written - read;
	case BPF_RB_RING_SIZE: return rb->size;
	case BPF_RB_CONS_POS: return read;
	case BPF_RB_PROD_POS: return written;
	default: return 0;
	}
}

uint64_t ringbuf_lost(const struct map *map)
{
	const struct ringbuf *rb = map->priv;

	return atomic_load_relaxed(&rb->prod->lost);
}

/* ---- the consumer ---- */

int ringbuf_wait_fd(const struct map *map)
{
	const struct ringbuf *rb = map->priv;

	return rb->wake_fd;
}

/*
 * Reads one record at `pos`: its whole length, 0 when there is none yet, or a
 * negative number.
 */
static int64_t read_one(struct ringbuf *rb, uint64_t pos, int64_t *cnt,
			int (*fn)(void *arg, const void *data, size_t len),
			void *arg)
{
	uint64_t written = atomic_load_acquire(&rb->prod->pos);
	uint8_t *header = rb->data + (pos & rb->mask);
	uint64_t size, total;
	uint32_t word;
	int err;

	if (written == pos)
		return 0;
	word = atomic_load_acquire((uint32_t *)header);
	if (word & BPF_RINGBUF_BUSY_BIT)
		return 0;
	size = word & ~BPF_RINGBUF_DISCARD_BIT;
	total = align_up(size + HEADER, 8);
	if (written - pos > rb->size || total > written - pos || pos % 8)
		return -EIO;
	if (!(word & BPF_RINGBUF_DISCARD_BIT)) {
		err = fn(arg, header + HEADER, size);
		if (err < 0)
			return err;
		++*cnt;
	}
	return (int64_t)total;
}

int64_t ringbuf_consume(struct map *map,
			int (*fn)(void *arg, const void *data, size_t len),
			void *arg)
{
	struct ringbuf *rb = map->priv;
	uint64_t pos = atomic_load_acquire(&rb->cons->pos);
	uint64_t signals;
	int64_t cnt = 0;
	ssize_t got = read(rb->wake_fd, &signals, sizeof(signals));

	(void)got;	/* nothing to take back is fine */
	for (;;) {
		int64_t len = read_one(rb, pos, &cnt, fn, arg);

		if (len <= 0)
			return len ? len : cnt;
		pos += (uint64_t)len;
		/* a full barrier: the next header is looked at after it */
		atomic_xchg(&rb->cons->pos, pos);
	}
}

const struct map_ops map_ops_RINGBUF = {
	.check = ringbuf_check,
	.init = ringbuf_init,
	.fini = ringbuf_fini,
	.lookup = map_lookup_none,
	.update = map_update_notsupp,
	.delete = map_delete_notsupp,
	.next_key = map_next_key_notsupp,
	.read = map_read_notsupp,
};
