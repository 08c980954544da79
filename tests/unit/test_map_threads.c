/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps under several threads. Values are functions of their keys, so a value
 * of another key or half of one shows; rings carry counters per producer, so
 * disorder, loss and doubles show.
 */
#include "cmocka_all.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "map/hash_table.h"
#include "map/perf_array.h"
#include "map/ringbuf.h"

#define WRITERS		2
#define KEYS_MAX	4096
#define ROUNDS		600000

static struct map *new_map(enum map_type type, uint32_t key_size,
			   uint32_t value_size, uint32_t entries)
{
	struct map_def def = {
		.name = "threads",
		.type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = entries,
	};
	struct map *map = NULL;

	assert_int_equal(map_create(&map, &def, 4, NULL), 0);
	return map;
}

static uint64_t next_rnd(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* ---- hashes ---- */

struct key {
	uint64_t a, b, c;
};

struct value {
	uint64_t key, twice, turned, version;
};

/* The key of number n and the numbers behind it. */
static struct key key_made_of(uint64_t name)
{
	return (struct key){ name, name * 3, ~name };
}

static struct value value_of(uint64_t n, uint64_t version)
{
	return (struct value){ n, n * 2, ~n, version };
}

struct hash_case {
	struct map *map;
	uint32_t keys;		/* tried; the first `kept` never go away */
	uint32_t kept;
	uint32_t done;		/* atomic: writers that ended */
	uint32_t errors;	/* atomic */
	uint32_t turn;		/* atomic: 0, the key may be gone */
	uint64_t version[64];	/* atomic: latest of the kept ones */
	uint64_t names[KEYS_MAX];
};

static struct key key_of(const struct hash_case *shared, uint64_t n)
{
	return key_made_of(shared->names[n]);
}

/* Names for all keys; of one bucket when `collide`. */
static void name_keys(struct hash_case *shared, bool collide)
{
	const struct hash_table *t = shared->map->priv;
	struct key first = key_made_of(0);
	uint64_t name = 0;

	for (uint32_t n = 0; n < shared->keys; name++) {
		struct key key = key_made_of(name);

		if (!collide || !((hash_table_hash(t, &key) ^
				   hash_table_hash(t, &first)) & t->mask))
			shared->names[n++] = name;
	}
}

struct worker {
	struct hash_case *shared;
	uint32_t id;
};

static void check(struct hash_case *shared, bool good)
{
	if (!good)
		atomic_add_relaxed(&shared->errors, 1);
}

/* Kept keys are replaced only, each by one writer; others come and go. */
static void *hash_writer(void *arg)
{
	struct worker *worker = arg;
	struct hash_case *shared = worker->shared;
	uint64_t state = worker->id + 1;

	for (uint64_t i = 1; i <= ROUNDS; i++) {
		uint64_t n = next_rnd(&state) % shared->keys;
		bool kept = n < shared->kept;
		struct key key;
		struct value value;

		if (kept)
			n -= n % WRITERS, n += worker->id;
		key = key_of(shared, n);
		value = value_of(n, i);
		if (kept) {
			check(shared, !map_update_elem(shared->map, &key,
						       &value, BPF_EXIST));
			atomic_store_release(&shared->version[n], i);
		} else if (next_rnd(&state) % 2) {
			map_update_elem(shared->map, &key, &value, 0);
		} else {
			map_delete_elem(shared->map, &key);
		}
	}
	atomic_add(&shared->done, 1);
	return NULL;
}

static void *hash_reader(void *arg)
{
	struct worker *worker = arg;
	struct hash_case *shared = worker->shared;
	uint64_t state = worker->id + 77;

	while (atomic_load_acquire(&shared->done) < WRITERS) {
		uint64_t n = next_rnd(&state) % shared->keys;
		uint64_t least = n < shared->kept ?
			atomic_load_acquire(&shared->version[n]) : 0;
		struct key key = key_of(shared, n);
		struct value value;
		int err = map_lookup_elem(shared->map, &key, &value, 0);

		if (n < shared->kept)
			check(shared, !err && value.version >= least);
		if (!err)
			check(shared, value.key == n && value.twice == n * 2 &&
				      value.turned == ~n);
		if (n < shared->kept)
			check(shared, shared->map->ops->lookup(shared->map,
							       &key, 0));
	}
	return NULL;
}

/* Walks see each kept key, and no key that nobody wrote. */
static void *hash_walker(void *arg)
{
	struct worker *worker = arg;
	struct hash_case *shared = worker->shared;
	struct key key;

	while (atomic_load_acquire(&shared->done) < WRITERS) {
		const void *from = NULL;

		for (int steps = 0; steps < 10000; steps++) {
			if (map_get_next_key(shared->map, from, &key))
				break;
			check(shared, key.b == key.a * 3 && key.c == ~key.a);
			from = &key;
		}
	}
	return NULL;
}

static void fill(struct hash_case *shared, uint64_t n, uint64_t end)
{
	for (; n < end; n++) {
		struct value value = value_of(n, 0);
		struct key key = key_of(shared, n);

		assert_int_equal(map_update_elem(shared->map, &key, &value, 0),
				 0);
	}
}

/* The kept keys go in last, to the chains' ends, where deletes move them. */
static void run_hash(uint32_t entries, uint32_t keys, uint32_t kept,
		     bool collide)
{
	struct hash_case shared = { .keys = keys, .kept = kept };
	void *(*const roles[])(void *) = {
		hash_writer, hash_writer, hash_reader, hash_reader,
		hash_walker,
	};
	struct worker workers[ARRAY_SIZE(roles)];
	pthread_t threads[ARRAY_SIZE(roles)];
	uint32_t left = 0;
	struct key key;

	shared.map = new_map(MAP_TYPE_HASH, sizeof(struct key),
			     sizeof(struct value), entries);
	name_keys(&shared, collide);
	fill(&shared, kept, MIN(entries, keys));
	fill(&shared, 0, kept);
	for (uint32_t i = 0; i < ARRAY_SIZE(roles); i++) {
		workers[i] = (struct worker){ &shared, i };
		pthread_create(&threads[i], NULL, roles[i], &workers[i]);
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(roles); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared.errors, 0);
	while (!map_get_next_key(shared.map, NULL, &key)) {
		assert_int_equal(map_delete_elem(shared.map, &key), 0);
		left++;
	}
	assert_in_range(left, kept, entries);
	/* no element got lost */
	fill(&shared, 0, MIN(entries, keys));
	map_put(shared.map);
}

static void hash_with_room(void **state)
{
	run_hash(4096, 2000, 64, false);
}

static void hash_full_all_the_time(void **state)
{
	run_hash(96, 400, 64, false);
}

/* All in one bucket: its chain grows and shrinks under the readers. */
static void hash_of_long_chains(void **state)
{
	run_hash(40, 60, 8, true);
}

/*
 * One key goes from an overflow group into the head's hole, again and again,
 * while a reader looks for it. It may miss it only when `turn` has changed.
 */
#define TURNS		60000

static void *move_reader(void *arg)
{
	struct hash_case *shared = arg;
	struct key key = key_of(shared, HASH_SLOTS);

	while (!atomic_load_acquire(&shared->done)) {
		uint32_t turn = atomic_load_acquire(&shared->turn);
		bool found;

		if (!turn)
			continue;
		found = shared->map->ops->lookup(shared->map, &key, 0);
		check(shared, found ||
			      atomic_load_acquire(&shared->turn) != turn);
	}
	return NULL;
}

static void take_turn(struct hash_case *shared, uint32_t turn)
{
	struct key hole = key_of(shared, turn % HASH_SLOTS);

	fill(shared, 0, HASH_SLOTS + 1);
	atomic_store_release(&shared->turn, turn);
	for (int i = 0; i < 20 + (int)(turn % 64); i++)
		cpu_relax();
	assert_int_equal(map_delete_elem(shared->map, &hole), 0);
	for (int i = 0; i < 20; i++)
		cpu_relax();
	atomic_store_release(&shared->turn, 0);
	atomic_fence();
	for (uint64_t n = 0; n <= HASH_SLOTS; n++) {
		struct key key = key_of(shared, n);

		map_delete_elem(shared->map, &key);
	}
}

static void hash_moved_key_is_never_missed(void **state)
{
	struct hash_case shared = { .keys = HASH_SLOTS + 1 };
	pthread_t thread;

	shared.map = new_map(MAP_TYPE_HASH, sizeof(struct key),
			     sizeof(struct value), 40);
	name_keys(&shared, true);
	pthread_create(&thread, NULL, move_reader, &shared);
	for (uint32_t turn = 1; turn <= TURNS; turn++)
		take_turn(&shared, turn);
	atomic_store_release(&shared.done, 1);
	pthread_join(thread, NULL);
	assert_int_equal(shared.errors, 0);
	map_put(shared.map);
}

/* ---- rings ---- */

#define PRODUCERS	4
#define RECORDS		60000

struct ring_case {
	struct map *map;
	uint32_t done;				/* atomic */
	uint64_t refused[PRODUCERS];
	uint64_t next[PRODUCERS], got;
	bool bad;
};

struct producer {
	struct ring_case *shared;
	uint32_t id;
};

struct record {
	uint32_t producer, len;
	uint64_t number;
	uint8_t fill[];
};

/* Every seventh record is discarded, each has another length. */
static void *ring_producer(void *arg)
{
	struct producer *me = arg;
	struct ring_case *shared = me->shared;

	for (uint64_t i = 0; i < RECORDS; i++) {
		uint32_t len = (uint32_t)(i * 13 % 200);
		struct record *record = ringbuf_reserve(shared->map,
						sizeof(*record) + len, 0);

		if (!record) {
			shared->refused[me->id]++;
			continue;
		}
		record->producer = me->id;
		record->len = len;
		record->number = i;
		memset(record->fill, (int)i, len);
		ringbuf_submit(shared->map, record, 0, i % 7 == 0);
	}
	atomic_add(&shared->done, 1);
	return NULL;
}

static int take_record(void *arg, const void *data, size_t len)
{
	struct ring_case *shared = arg;
	const struct record *record = data;
	uint32_t id = record->producer;

	shared->got++;
	if (len != sizeof(*record) + record->len || id >= PRODUCERS ||
	    record->number < shared->next[id] || record->number % 7 == 0) {
		shared->bad = true;
		return 0;
	}
	for (uint32_t i = 0; i < record->len; i++)
		shared->bad |= record->fill[i] != (uint8_t)record->number;
	shared->next[id] = record->number + 1;
	return 0;
}

static void ringbuf_many_producers(void **state)
{
	struct ring_case shared = { .map = new_map(MAP_TYPE_RINGBUF, 0, 0,
						   16384) };
	struct producer producers[PRODUCERS];
	pthread_t threads[PRODUCERS];
	uint64_t refused = 0;
	bool done;

	for (uint32_t i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){ &shared, i };
		pthread_create(&threads[i], NULL, ring_producer,
			       &producers[i]);
	}
	do {
		done = atomic_load_acquire(&shared.done) == PRODUCERS;
		assert_true(ringbuf_consume(shared.map, take_record,
					    &shared) >= 0);
	} while (!done);
	for (uint32_t i = 0; i < PRODUCERS; i++) {
		pthread_join(threads[i], NULL);
		refused += shared.refused[i];
	}
	assert_false(shared.bad);
	assert_int_equal(ringbuf_lost(shared.map), refused);
	assert_int_equal(ringbuf_query(shared.map, BPF_RB_AVAIL_DATA), 0);
	assert_true(shared.got + refused <= PRODUCERS * RECORDS);
	assert_true(shared.got + refused >= PRODUCERS * (RECORDS * 6ull / 7));
	map_put(shared.map);
}

/* With room for all, what comes out is exactly what went in. */
static void ringbuf_loses_nothing_unsaid(void **state)
{
	struct ring_case shared = { .map = new_map(MAP_TYPE_RINGBUF, 0, 0,
						   1u << 26) };
	struct producer producers[PRODUCERS];
	pthread_t threads[PRODUCERS];

	for (uint32_t i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){ &shared, i };
		pthread_create(&threads[i], NULL, ring_producer,
			       &producers[i]);
	}
	for (uint32_t i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	assert_true(ringbuf_consume(shared.map, take_record, &shared) > 0);
	assert_int_equal(ringbuf_lost(shared.map), 0);
	assert_false(shared.bad);
	assert_int_equal(shared.got,
			 PRODUCERS * (RECORDS - (RECORDS + 6) / 7));
	map_put(shared.map);
}

struct perf_case {
	struct map *map;
	uint32_t done;
	uint64_t next, bad, refused;
};

static void *perf_producer(void *arg)
{
	struct perf_case *shared = arg;

	for (uint64_t i = 0; i < RECORDS; i++) {
		struct perf_part parts[] = { { &i, 8 }, { "tail", i % 5 } };

		shared->refused += perf_array_output(shared->map,
						     BPF_F_CURRENT_CPU, 1,
						     parts, 2) != 0;
	}
	atomic_store_release(&shared->done, 1);
	return NULL;
}

static int take_perf(void *arg, uint32_t cpu, const void *data, size_t len)
{
	struct perf_case *shared = arg;
	uint64_t number;

	memcpy(&number, data, 8);
	shared->bad += cpu != 1 || number < shared->next ||
		       len != 8 + number % 5;
	shared->next = number + 1;
	return 0;
}

static void perf_array_producer_and_consumer(void **state)
{
	struct perf_case shared = {
		.map = new_map(MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2),
	};
	int64_t got, total = 0;
	pthread_t thread;
	bool done;

	assert_int_equal(perf_array_open(shared.map, 1, 1, 8192), 0);
	pthread_create(&thread, NULL, perf_producer, &shared);
	do {
		done = atomic_load_acquire(&shared.done);
		got = perf_array_consume(shared.map, 1, take_perf, &shared);
		assert_true(got >= 0);
		total += got;
	} while (!done);
	pthread_join(thread, NULL);
	assert_int_equal(shared.bad, 0);
	assert_int_equal(shared.refused, perf_array_lost(shared.map, 1));
	assert_int_equal(total + (int64_t)shared.refused, RECORDS);
	map_put(shared.map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_with_room),
		cmocka_unit_test(hash_full_all_the_time),
		cmocka_unit_test(hash_of_long_chains),
		cmocka_unit_test(hash_moved_key_is_never_missed),
		cmocka_unit_test(ringbuf_many_producers),
		cmocka_unit_test(ringbuf_loses_nothing_unsaid),
		cmocka_unit_test(perf_array_producer_and_consumer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
