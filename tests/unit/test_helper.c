/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers called as an engine calls them, on packets and maps made here. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <unistd.h>

#include "base/str.h"
#include "cmocka_all.h"
#include "helper/helper.h"
#include "map/perf_array.h"
#include "map/ringbuf.h"

#define ROOM	4096
#define CALL(name, ...) call(HELPER_##name, __VA_ARGS__)
#define ERR(e)	((uint64_t)-(int64_t)(e))
#define PTR(p)	((uint64_t)(uintptr_t)(p))

static uint8_t buffer[ROOM];
static struct packet packet;
static struct prog prog;
static struct run run;
static char traced[2048];

static void keep_trace(void *arg, const char *text, size_t len)
{
	str_copy(traced, sizeof(traced), text);
}

static uint32_t cloned_to;

static int keep_clone(void *arg, const struct packet *p, uint32_t ifindex,
		      uint64_t flags)
{
	cloned_to = ifindex;
	return ifindex == 99 ? -EINVAL : 0;
}

static const struct run_host host = {
	.trace = keep_trace, .clone = keep_clone,
};

/* Programs may read anything that these tests own. */
static size_t read_all(struct run *r, uint64_t addr, size_t len)
{
	return addr < 4096 ? 0 : len;
}

static uint64_t call_all(enum helper_id id, const uint64_t arg[5])
{
	return helper_function(id)(&run, arg[0], arg[1], arg[2], arg[3],
				   arg[4]);
}

#define call(id, ...) call_all(id, (uint64_t[5]){ __VA_ARGS__ })

static int start(void **state)
{
	memset(buffer, 0, sizeof(buffer));
	packet = (struct packet){
		.head = buffer, .data_meta = buffer + 256,
		.data = buffer + 256, .data_end = buffer + 256 + 64,
		.end = buffer + 3776, .wire_len = 64, .len = 64,
		.protocol = htons(ETH_P_IP),
	};
	for (int i = 0; i < 64; i++)
		packet.data[i] = (uint8_t)i;
	packet.data[12] = 8;
	packet.data[13] = 0;
	prog = (struct prog){ .type = PROG_TYPE_XDP };
	run = (struct run){
		.prog = &prog, .ctx = &packet, .packet = &packet, .cpu = 1,
		.host = &host, .readable = read_all,
	};
	traced[0] = '\0';
	return 0;
}

static size_t length(void)
{
	return (size_t)(packet.data_end - packet.data);
}

static void test_xdp_edges(void **state)
{
	assert_int_equal(CALL(xdp_adjust_head, 0, ERR(217)), ERR(EINVAL));
	assert_int_equal(CALL(xdp_adjust_head, 0, ERR(216)), 0);
	assert_int_equal(length(), 64 + 216);
	assert_int_equal(CALL(xdp_adjust_head, 0, 216 + 51), ERR(EINVAL));
	assert_int_equal(CALL(xdp_adjust_head, 0, 216 + 50), 0);
	assert_int_equal(CALL(xdp_get_buff_len, 0), 14);
	assert_int_equal(run.windows_gen, 2);
	start(NULL);
	assert_int_equal(CALL(xdp_adjust_tail, 0, ERR(51)), ERR(EINVAL));
	assert_int_equal(CALL(xdp_adjust_tail, 0, 4096), ERR(EINVAL));
	assert_int_equal(CALL(xdp_adjust_tail, 0, 16), 0);
	assert_int_equal(packet.data[79], 0);
	assert_int_equal(packet.wire_len, 64);
}

static void test_xdp_meta_moves_with_head(void **state)
{
	assert_int_equal(CALL(xdp_adjust_meta, 0, ERR(3)), ERR(EACCES));
	assert_int_equal(CALL(xdp_adjust_meta, 0, ERR(220)), ERR(EINVAL));
	assert_int_equal(CALL(xdp_adjust_meta, 0, ERR(8)), 0);
	memcpy(packet.data_meta, "metadata", 8);
	assert_int_equal(CALL(xdp_adjust_head, 0, 4), 0);
	assert_memory_equal(packet.data_meta, "metadata", 8);
	assert_ptr_equal(packet.data_meta + 8, packet.data);
}

static void test_bytes(void **state)
{
	uint8_t out[8];

	assert_int_equal(CALL(xdp_load_bytes, 0, 60, PTR(out), 4), 0);
	assert_int_equal(out[3], 63);
	assert_int_equal(CALL(xdp_load_bytes, 0, 61, PTR(out), 4),
			 ERR(EINVAL));
	assert_int_equal(CALL(xdp_store_bytes, 0, 0x10000, PTR(out), 4),
			 ERR(EFAULT));
	assert_int_equal(CALL(xdp_store_bytes, 0, 0, PTR("abcd"), 4), 0);
	assert_memory_equal(packet.data, "abcd", 4);
	assert_int_equal(CALL(skb_load_bytes, 0, 61, PTR(out), 4),
			 ERR(EFAULT));
	assert_int_equal(out[0], 0);
	assert_int_equal(CALL(skb_load_bytes_relative, 0, 1, PTR(out), 4, 1),
			 0);
	assert_int_equal(out[0], 15);
	packet.hash = 7;
	assert_int_equal(CALL(skb_store_bytes, 0, 62, PTR("xy"), 2, 2), 0);
	assert_int_equal(packet.data[63], 'y');
	assert_int_equal(packet.hash, 0);
	assert_int_equal(CALL(skb_store_bytes, 0, 0, PTR("xy"), 2, 4),
			 ERR(EINVAL));
}

static void test_skb_length(void **state)
{
	assert_int_equal(CALL(skb_pull_data, 0, 65), ERR(ENOMEM));
	assert_int_equal(CALL(skb_pull_data, 0, 0), 0);
	assert_int_equal(CALL(skb_change_tail, 0, 13, 0), ERR(EINVAL));
	assert_int_equal(CALL(skb_change_tail, 0, 100, 1), ERR(EINVAL));
	assert_int_equal(CALL(skb_change_tail, 0, 100, 0), 0);
	assert_int_equal(packet.len, 100);
	assert_int_equal(CALL(skb_change_tail, 0, 20, 0), 0);
	assert_int_equal(length(), 20);
	assert_int_equal(CALL(skb_change_head, 0, 1000, 0), ERR(ENOMEM));
	assert_int_equal(CALL(skb_change_head, 0, 14, 0), 0);
	assert_int_equal(length(), 34);
	assert_int_equal(packet.data[13], 0);
	assert_int_equal(packet.data[15], 1);
}

static void test_skb_fields(void **state)
{
	assert_int_equal(CALL(skb_change_type, 0, 4), ERR(EINVAL));
	assert_int_equal(CALL(skb_change_type, 0, 3), 0);
	assert_int_equal(packet.pkt_type, 3);
	assert_int_equal(CALL(skb_set_tstamp, 0, 0, 1), ERR(EINVAL));
	assert_int_equal(CALL(skb_set_tstamp, 0, 5, 1), 0);
	assert_int_equal(packet.tstamp, 5);
	packet.protocol = 0;
	assert_int_equal(CALL(skb_set_tstamp, 0, 5, 1), ERR(EOPNOTSUPP));
}

static void test_vlan(void **state)
{
	uint8_t before[64];

	memcpy(before, packet.data, sizeof(before));
	assert_int_equal(CALL(skb_vlan_push, 0, htons(ETH_P_8021AD), 5), 0);
	assert_int_equal(packet.vlan_tci, 5);
	assert_int_equal(length(), 64);
	assert_int_equal(CALL(skb_vlan_push, 0, 0, 6), 0);
	assert_int_equal(length(), 68);
	assert_memory_equal(packet.data + 12, "\x88\xa8\0\5\x08\0", 6);
	assert_int_equal(packet.vlan_proto, htons(ETH_P_8021Q));
	assert_int_equal(packet.protocol, htons(ETH_P_8021AD));
	assert_int_equal(CALL(skb_vlan_pop, 0), 0);
	assert_int_equal(packet.vlan_present, 1);
	assert_int_equal(packet.vlan_tci, 5);
	assert_int_equal(CALL(skb_vlan_pop, 0), 0);
	assert_int_equal(packet.vlan_present, 0);
	assert_int_equal(length(), 64);
	assert_memory_equal(packet.data, before, 64);
	assert_int_equal(packet.protocol, htons(ETH_P_IP));
	assert_int_equal(CALL(skb_vlan_pop, 0), 0);
}

static void test_hash(void **state)
{
	uint64_t hash = CALL(get_hash_recalc, 0);

	assert_true(hash);
	assert_int_equal(CALL(get_hash_recalc, 0), hash);
	packet.data[26] ^= 1;
	assert_int_equal(CALL(get_hash_recalc, 0), hash);
	CALL(set_hash_invalid, 0);
	assert_true(CALL(get_hash_recalc, 0) != hash);
	CALL(set_hash, 0, 77);
	assert_int_equal(CALL(get_hash_recalc, 0), 77);
}

/* RFC 1071: the sum of the words with the carries added back in. */
static uint16_t slow_sum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(data[i] | data[i + 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void test_csum(void **state)
{
	uint32_t from = 0x01020304, to = 0xfff00102;
	uint16_t sum;

	assert_int_equal(CALL(csum_diff, 0, 0, PTR(packet.data), 64, 0),
			 slow_sum(packet.data, 64));
	assert_int_equal(CALL(csum_diff, 0, 0, PTR(packet.data), 6, 0),
			 slow_sum(packet.data, 6));
	/* a packet with a right checksum keeps it through a change */
	memcpy(packet.data + 20, &from, 4);
	memset(packet.data + 24, 0, 2);
	sum = (uint16_t)~slow_sum(packet.data, 64);
	memcpy(packet.data + 24, &sum, 2);
	assert_int_equal(slow_sum(packet.data, 64), 0xffff);
	memcpy(packet.data + 20, &to, 4);
	assert_int_equal(CALL(l4_csum_replace, 0, 24, from, to, 4), 0);
	assert_int_equal(slow_sum(packet.data, 64), 0xffff);
	memcpy(packet.data + 20, &from, 4);
	assert_int_equal(CALL(l3_csum_replace, 0, 24, 0,
			      CALL(csum_diff, PTR(&to), 4, PTR(&from), 4, 0),
			      0), 0);
	assert_int_equal(slow_sum(packet.data, 64), 0xffff);
	assert_int_equal(CALL(l3_csum_replace, 0, 25, 0, 0, 2), ERR(EFAULT));
	assert_int_equal(CALL(l3_csum_replace, 0, 24, 0, 0, 3), ERR(EINVAL));
	assert_int_equal(CALL(csum_update, 0, 0), ERR(524));
}

static void test_csum_level(void **state)
{
	assert_int_equal(CALL(csum_level, 0, BPF_CSUM_LEVEL_QUERY),
			 ERR(EACCES));
	assert_int_equal(CALL(csum_level, 0, BPF_CSUM_LEVEL_INC), 0);
	assert_int_equal(CALL(csum_level, 0, BPF_CSUM_LEVEL_INC), 0);
	assert_int_equal(CALL(csum_level, 0, BPF_CSUM_LEVEL_QUERY), 1);
	assert_int_equal(CALL(csum_level, 0, BPF_CSUM_LEVEL_RESET), 0);
	assert_int_equal(CALL(csum_level, 0, 9), ERR(EINVAL));
}

static void test_redirect(void **state)
{
	assert_int_equal(CALL(redirect, 5, 1), XDP_ABORTED);
	assert_int_equal(CALL(redirect, 5, 0), XDP_REDIRECT);
	assert_int_equal(run.redirect.ifindex, 5);
	prog.type = PROG_TYPE_SCHED_CLS;
	assert_int_equal(CALL(redirect, 6, 2), TC_ACT_SHOT);
	assert_int_equal(CALL(redirect, 6, BPF_F_INGRESS), TC_ACT_REDIRECT);
	assert_int_equal(run.redirect.flags, BPF_F_INGRESS);
	assert_int_equal(CALL(redirect_peer, 7, 1), TC_ACT_SHOT);
	assert_int_equal(CALL(redirect_peer, 7, 0), TC_ACT_REDIRECT);
	assert_true(run.redirect.peer);
	assert_int_equal(CALL(redirect_neigh, 8, 0, 4, 0), TC_ACT_SHOT);
	assert_int_equal(CALL(redirect_neigh, 8, 0, 0, 0), TC_ACT_REDIRECT);
	assert_true(run.redirect.neigh && !run.redirect.peer);
	assert_int_equal(CALL(clone_redirect, 0, 3, 0), 0);
	assert_int_equal(cloned_to, 3);
	assert_int_equal(CALL(clone_redirect, 0, 99, 0), ERR(EINVAL));
	assert_int_equal(CALL(clone_redirect, 0, 3, 4), ERR(EINVAL));
}

static struct map *new_map(enum map_type type, uint32_t entries)
{
	const struct map_def def = {
		.name = "m", .type = type, .key_size = 4, .value_size = 8,
		.max_entries = entries,
	};
	struct map *map = NULL;

	assert_int_equal(map_create(&map, &def, 2, NULL), 0);
	return map;
}

/* Entries of arrays are always there, so this is an entry that is not. */
static void test_redirect_map(void **state)
{
	struct map *map = new_map(MAP_TYPE_HASH, 4);
	uint64_t value = 1;
	uint32_t key = 2;

	assert_int_equal(CALL(redirect_map, PTR(map), 2, XDP_PASS), XDP_PASS);
	assert_int_equal(CALL(redirect_map, PTR(map), 2, 8), XDP_ABORTED);
	assert_int_equal(CALL(map_update_elem, PTR(map), PTR(&key),
			      PTR(&value), 0), 0);
	assert_int_equal(CALL(redirect_map, PTR(map), 2, 0), XDP_REDIRECT);
	assert_ptr_equal(run.redirect.map, map);
	assert_int_equal(run.redirect.index, 2);
	assert_int_equal(CALL(redirect_map, PTR(map), 3, XDP_DROP), XDP_DROP);
	assert_null(run.redirect.map);
	map_put(map);
}

static void test_maps(void **state)
{
	struct map *map = new_map(MAP_TYPE_PERCPU_ARRAY, 4);
	uint64_t value = 5, *found;
	uint32_t key = 2;

	assert_int_equal(CALL(map_update_elem, PTR(map), PTR(&key),
			      PTR(&value), 0), 0);
	found = (void *)(uintptr_t)CALL(map_lookup_elem, PTR(map), PTR(&key));
	assert_int_equal(*found, 5);
	assert_int_equal(CALL(map_lookup_percpu_elem, PTR(map), PTR(&key), 1),
			 PTR(found));
	found = (void *)(uintptr_t)CALL(map_lookup_percpu_elem, PTR(map),
					PTR(&key), 0);
	assert_int_equal(*found, 0);
	assert_int_equal(CALL(map_lookup_percpu_elem, PTR(map), PTR(&key), 2),
			 0);
	assert_int_equal(CALL(map_delete_elem, PTR(map), PTR(&key)),
			 ERR(EINVAL));
	assert_int_equal(CALL(map_push_elem, PTR(map), PTR(&value), 0),
			 ERR(EOPNOTSUPP));
	assert_int_equal(CALL(map_pop_elem, PTR(map), PTR(&value)),
			 ERR(EOPNOTSUPP));
	assert_int_equal(CALL(map_peek_elem, PTR(map), PTR(&value)),
			 ERR(EOPNOTSUPP));
	map_put(map);
}

static uint64_t calls, stop_at;

/* Plays a callback: counts, and for maps sees that the key may be read. */
static uint64_t count_calls(struct run *r, uint64_t fn, uint64_t a1,
			    uint64_t a2, uint64_t a3, uint64_t a4)
{
	if (fn == 2) {
		assert_int_equal(r->grants_cnt, 1);
		assert_int_equal(r->grants[0].base, a2);
		assert_int_equal(a4, 33);
	}
	return ++calls == stop_at;
}

static void test_callbacks(void **state)
{
	struct map *map = new_map(MAP_TYPE_ARRAY, 6);

	run.call = count_calls;
	calls = stop_at = 0;
	assert_int_equal(CALL(loop, 10, 1, 0, 0), 10);
	assert_int_equal(calls, 10);
	assert_int_equal(CALL(loop, 10, 1, 0, 1), ERR(EINVAL));
	assert_int_equal(CALL(loop, (8 << 20) + 1, 1, 0, 0), ERR(E2BIG));
	stop_at = 14;
	assert_int_equal(CALL(loop, 10, 1, 0, 0), 4);
	calls = 0;
	stop_at = 3;
	assert_int_equal(CALL(for_each_map_elem, PTR(map), 2, 33, 0), 3);
	assert_int_equal(run.grants_cnt, 0);
	stop_at = 0;
	assert_int_equal(CALL(for_each_map_elem, PTR(map), 2, 33, 0), 6);
	assert_int_equal(CALL(for_each_map_elem, PTR(map), 2, 33, 1),
			 ERR(EINVAL));
	map_put(map);
}

static int keep_record(void *arg, const void *data, size_t len)
{
	str_copy(arg, MIN(len + 1, (size_t)64), data);
	return 0;
}

static void test_ringbuf(void **state)
{
	const struct map_def def = {
		.name = "rb", .type = MAP_TYPE_RINGBUF, .max_entries = 4096,
	};
	struct map *map = NULL;
	uint64_t record;
	char text[64] = "";

	assert_int_equal(map_create(&map, &def, 2, NULL), 0);
	assert_int_equal(CALL(ringbuf_query, PTR(map), BPF_RB_RING_SIZE),
			 4096);
	assert_int_equal(CALL(ringbuf_reserve, PTR(map), 8, 1), 0);
	assert_int_equal(CALL(ringbuf_reserve, PTR(map), 5000, 0), 0);
	record = CALL(ringbuf_reserve, PTR(map), 8, 0);
	assert_true(record);
	assert_int_equal(run.grants_cnt, 1);
	assert_int_equal(run.grants[0].len, 8);
	memcpy((void *)(uintptr_t)record, "reserved", 8);
	CALL(ringbuf_submit, record, 0);
	assert_int_equal(run.grants_cnt, 0);
	assert_int_equal(ringbuf_consume(map, keep_record, text), 1);
	assert_string_equal(text, "reserved");
	record = CALL(ringbuf_reserve, PTR(map), 8, 0);
	CALL(ringbuf_discard, record, 0);
	assert_int_equal(CALL(ringbuf_output, PTR(map), PTR("copied"), 6, 0),
			 0);
	assert_int_equal(CALL(ringbuf_output, PTR(map), PTR("x"), 1, 4),
			 ERR(EINVAL));
	ringbuf_consume(map, keep_record, text);
	assert_string_equal(text, "copied");
	/* no grant is free: no record is out either */
	for (int i = 0; i < RUN_GRANTS_MAX; i++)
		run_grant(&run, 1, 1, MEM_HELPER, false);
	assert_int_equal(CALL(ringbuf_reserve, PTR(map), 8, 0), 0);
	map_put(map);
}

static size_t perf_len;

static int keep_perf(void *arg, uint32_t cpu, const void *data, size_t len)
{
	perf_len = len;
	memcpy(arg, data, MIN(len, (size_t)64));
	return 0;
}

static void test_perf_output(void **state)
{
	const struct map_def def = {
		.name = "pe", .type = MAP_TYPE_PERF_EVENT_ARRAY,
		.key_size = 4, .value_size = 4, .max_entries = 2,
	};
	struct map *map = NULL;
	char out[64];

	assert_int_equal(map_create(&map, &def, 2, NULL), 0);
	assert_int_equal(CALL(perf_event_output, 0, PTR(map),
			      BPF_F_CURRENT_CPU, PTR("meta"), 4),
			 ERR(ENOENT));
	assert_int_equal(perf_array_open(map, 1, 1, 4096), 0);
	assert_int_equal(CALL(perf_event_output, 0, PTR(map),
			      BPF_F_CURRENT_CPU | 16ull << 32, PTR("meta"),
			      4), 0);
	assert_int_equal(perf_array_consume(map, 1, keep_perf, out), 1);
	assert_true(perf_len >= 20);
	assert_memory_equal(out, "meta", 4);
	assert_memory_equal(out + 4, packet.data, 16);
	assert_int_equal(CALL(perf_event_output, 0, PTR(map),
			      BPF_F_CURRENT_CPU | 65ull << 32, PTR("meta"),
			      4), ERR(EFAULT));
	assert_int_equal(CALL(perf_event_output, 0, PTR(map), 1ull << 52,
			      PTR("meta"), 4), ERR(EINVAL));
	assert_int_equal(CALL(perf_event_output, 0, PTR(map), 2, PTR("meta"),
			      4), ERR(E2BIG));
	map_put(map);
}

static void test_clocks(void **state)
{
	uint64_t t = CALL(ktime_get_ns, 0), jiffies = CALL(jiffies64, 0);

	assert_true(CALL(ktime_get_ns, 0) >= t);
	assert_true(CALL(ktime_get_boot_ns, 0) >= t);
	assert_true(t + 1000000000 > CALL(ktime_get_coarse_ns, 0));
	assert_true(CALL(ktime_get_tai_ns, 0) > 1000000000);
	assert_true(CALL(jiffies64, 0) >= jiffies);
}

static void test_process(void **state)
{
	char comm[16], small[4];

	assert_int_equal(CALL(get_smp_processor_id, 0), 1);
	assert_true(CALL(get_numa_node_id, 0) < 1024);
	assert_int_equal(CALL(get_current_pid_tgid, 0) >> 32, getpid());
	assert_int_equal((uint32_t)CALL(get_current_uid_gid, 0), getuid());
	assert_int_equal(CALL(get_current_comm, PTR(comm), 16), 0);
	assert_string_equal(comm, "test_helper");
	assert_int_equal(CALL(get_current_comm, PTR(small), 4), 0);
	assert_string_equal(small, "tes");
	assert_true(CALL(get_prandom_u32, 0) != CALL(get_prandom_u32, 0));
}

static const struct {
	const char *text;
	uint64_t flags;
	int64_t signed_ret, value;
	int64_t unsigned_ret;
} number_cases[] = {
	{ "12",			  0,  2, 12,		2 },
	{ " \t-12x",		  0,  5, -12,		-EINVAL },
	{ "0x1f",		  0,  4, 31,		4 },
	{ "017",		  0,  3, 15,		3 },
	{ "017",		  10, 3, 17,		3 },
	{ "0x1f",		  16, 4, 31,		4 },
	{ "0xg",		  0,  1, 0,		1 },
	{ "08",			  0,  1, 0,		1 },
	{ "",			  0,  -EINVAL, 0,	-EINVAL },
	{ "x",			  0,  -EINVAL, 0,	-EINVAL },
	{ "-",			  0,  -EINVAL, 0,	-EINVAL },
	{ "1",			  7,  -EINVAL, 0,	-EINVAL },
	{ "1",			  32, -EINVAL, 0,	-EINVAL },
	{ "-9223372036854775808", 0,  20, INT64_MIN,	-EINVAL },
	{ "9223372036854775808",  0,  -ERANGE, 0,	19 },
	{ "18446744073709551616", 0,  -ERANGE, 0,	-ERANGE },
};

static void test_numbers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(number_cases); i++) {
		const char *text = number_cases[i].text;
		int64_t value = 99;

		assert_int_equal(CALL(strtol, PTR(text), strlen(text) + 1,
				      number_cases[i].flags, PTR(&value)),
				 number_cases[i].signed_ret);
		assert_int_equal(value, number_cases[i].value);
		assert_int_equal(CALL(strtoul, PTR(text), strlen(text) + 1,
				      number_cases[i].flags, PTR(&value)),
				 number_cases[i].unsigned_ret);
	}
	assert_int_equal(CALL(strncmp, PTR("abc"), 4, PTR("abd")), ERR(1));
	assert_int_equal(CALL(strncmp, PTR("abc"), 2, PTR("abd")), 0);
	assert_int_equal(CALL(strncmp, PTR("b"), 2, PTR("abd")), 1);
}

/* What each format makes of the arguments below; or the error. */
static const struct {
	const char *fmt;
	uint32_t args;
	const char *text;
	int err;
} format_cases[] = {
	{ "plain",		0, "plain", 0 },
	{ "100%%",		0, "100%", 0 },
	{ "%d %u",		2, "-1 4294967295", 0 },
	{ "%lld|%lu",		2, "-1|18446744073709551615", 0 },
	{ "%5d|%-5d|%05d|%+d",	4, "   -1|-1   |-0001|-1", 0 },
	{ "%x %X %lx",		3, "ffffffff FFFFFFFF ffffffffffffffff", 0 },
	{ "%d%d",		1, NULL, -EINVAL },
	{ "%f",			1, NULL, -EINVAL },
	{ "%",			1, NULL, -EINVAL },
	{ "%hd",		1, NULL, -EINVAL },
	{ "%#x",		1, NULL, -EINVAL },
	{ "%.3d",		1, NULL, -EINVAL },
	{ "%sx",		1, NULL, -EINVAL },
	{ "%pz",		1, NULL, -EINVAL },
	{ "\a",			0, NULL, -EINVAL },
};

static void test_formats(void **state)
{
	uint64_t args[4] = { ~0ull, ~0ull, ~0ull, ~0ull };
	char out[128];

	for (size_t i = 0; i < ARRAY_SIZE(format_cases); i++) {
		int64_t ret = (int64_t)CALL(snprintf, PTR(out), sizeof(out),
					    PTR(format_cases[i].fmt),
					    PTR(args),
					    format_cases[i].args * 8);

		if (format_cases[i].err) {
			assert_int_equal(ret, format_cases[i].err);
			continue;
		}
		assert_string_equal(out, format_cases[i].text);
		assert_int_equal(ret, strlen(out) + 1);
	}
}

static void test_format_of_memory(void **state)
{
	const uint8_t ip4[] = { 10, 0, 200, 1 };
	const uint8_t ip6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	uint64_t args[] = {
		PTR("word"), PTR(ip4), PTR(ip4), PTR(ip6), PTR(ip6), 16,
	};
	char out[256];

	CALL(snprintf, PTR(out), sizeof(out),
	     PTR("%6s %pI4 %pi4 %pI6 %pi6 %px"), PTR(args), sizeof(args));
	assert_string_equal(out, "  word 10.0.200.1 010.000.200.001 "
			    "2001:0db8:0000:0000:0000:0000:0000:0001 "
			    "20010db8000000000000000000000001 "
			    "0000000000000010");
	args[0] = 16;
	CALL(snprintf, PTR(out), sizeof(out), PTR("<%s>"), PTR(args), 8);
	assert_string_equal(out, "<>");
	/* what does not fit is cut, and counted */
	assert_int_equal(CALL(snprintf, PTR(out), 4, PTR("abcdef"), 0, 0), 7);
	assert_string_equal(out, "abc");
	assert_int_equal(CALL(snprintf, 0, 0, PTR("abcdef"), 0, 0), 7);
	assert_int_equal(CALL(snprintf, PTR(out), 4, PTR("a"), 0, 8),
			 ERR(EINVAL));
}

static void test_trace(void **state)
{
	const uint64_t args[] = { 1, 2, 3, 4, 5 };

	assert_int_equal(CALL(trace_printk, PTR("%d-%d-%c\n"), 10, 7, 8, 'x'),
			 6);
	assert_string_equal(traced, "7-8-x\n");
	assert_int_equal(CALL(trace_printk, PTR("abc"), 3, 0, 0, 0),
			 ERR(EINVAL));
	assert_int_equal(CALL(trace_vprintk, PTR("%d%d%d%d%d"), 11, PTR(args),
			      sizeof(args)), 5);
	assert_string_equal(traced, "12345");
	assert_int_equal(CALL(trace_vprintk, PTR("a"), 2, PTR(args), 7),
			 ERR(EINVAL));
	run.host = NULL;
	assert_int_equal(CALL(trace_printk, PTR("a"), 2, 0, 0, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_xdp_edges, start),
		cmocka_unit_test_setup(test_xdp_meta_moves_with_head, start),
		cmocka_unit_test_setup(test_bytes, start),
		cmocka_unit_test_setup(test_skb_length, start),
		cmocka_unit_test_setup(test_skb_fields, start),
		cmocka_unit_test_setup(test_vlan, start),
		cmocka_unit_test_setup(test_hash, start),
		cmocka_unit_test_setup(test_csum, start),
		cmocka_unit_test_setup(test_csum_level, start),
		cmocka_unit_test_setup(test_redirect, start),
		cmocka_unit_test_setup(test_redirect_map, start),
		cmocka_unit_test_setup(test_maps, start),
		cmocka_unit_test_setup(test_callbacks, start),
		cmocka_unit_test_setup(test_ringbuf, start),
		cmocka_unit_test_setup(test_perf_output, start),
		cmocka_unit_test_setup(test_clocks, start),
		cmocka_unit_test_setup(test_process, start),
		cmocka_unit_test_setup(test_numbers, start),
		cmocka_unit_test_setup(test_formats, start),
		cmocka_unit_test_setup(test_format_of_memory, start),
		cmocka_unit_test_setup(test_trace, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
