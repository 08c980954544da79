/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine/kernel.h against known values, and kernel_prepare_packet() against
 * what programs in the kernel see. argv[1] is the folder of the objects.
 */
#include "../unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/str.h"
#include "engine/kernel.h"

#define SKIPPED		77
#define SEEN_CNT	24

static const char *objects;

struct frame {
	uint8_t bytes[8192];
	struct packet packet;
};

static const uint8_t udp_frame[60] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 2, 2, 2, 2, 2, 0x08, 0x00,
	0x45, 0, 0, 46, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x12, 0x34, 0, 53, 0, 26, 0, 0, 'h', 'e', 'l', 'l', 'o',
};

static struct packet *frame_init(struct frame *frame, size_t len)
{
	struct packet *packet = &frame->packet;

	memset(frame, 0, sizeof(*frame));
	packet->head = frame->bytes;
	packet->data = packet->data_meta = packet->head + PACKET_HEADROOM;
	packet->data_end = packet->data + len;
	packet->end = packet->head + sizeof(frame->bytes);
	packet->wire_len = packet->len = (uint32_t)len;
	memcpy(packet->data, udp_frame, MIN(len, sizeof(udp_frame)));
	return packet;
}

static void remember_id(void *arg, const struct skep_diag *diag)
{
	str_copy(arg, 64, diag->id);
}

static struct kernel *load(const char *program)
{
	struct kernel *kernel = NULL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/engine.bpf.o", objects);
	assert_int_equal(kernel_open(&kernel, path, program, 0, NULL), 0);
	assert_int_equal(kernel_load(kernel, NULL), 0);
	return kernel;
}

static void read_seen(struct kernel *kernel, uint64_t seen[SEEN_CNT])
{
	struct kernel_map *map = kernel_map(kernel, "seen");

	assert_int_equal(kernel_map_value_size(map), 8);
	for (uint32_t i = 0; i < SEEN_CNT; i++)
		assert_int_equal(kernel_map_lookup(map, &i, &seen[i]), 0);
}

static uint64_t sum_runs(struct kernel *kernel, uint32_t key)
{
	struct kernel_map *map = kernel_map(kernel, "runs");
	uint64_t cells[1024], sum = 0;

	assert_int_equal(kernel_map_value_size(map), 8 * kernel_cpus());
	assert_int_equal(kernel_map_lookup(map, &key, cells), 0);
	for (uint32_t cpu = 0; cpu < kernel_cpus(); cpu++)
		sum += (uint32_t)cells[cpu];
	return sum;
}

static void xdp_packet_and_maps_come_back(void **state)
{
	struct kernel *kernel = load("xdp_edit");
	uint64_t seen[SEEN_CNT], total = 0;
	uint32_t r0 = 0, key = 0, next = 0;
	struct frame frame;
	struct packet *packet = frame_init(&frame, 60);

	assert_int_equal(kernel_prog_type(kernel), PROG_TYPE_XDP);
	assert_string_equal(kernel_prog_name(kernel), "xdp_edit");
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_XDP, packet), 0);
	assert_int_equal(kernel_run(kernel, packet, &r0, NULL), 0);
	assert_int_equal(r0, 2);
	assert_int_equal(packet->data_end - packet->data, 64);
	assert_int_equal(get_u32(packet->data), 0xabababab);
	assert_memory_equal(packet->data + 4, udp_frame, 60);
	assert_int_equal(packet->data - packet->data_meta, 8);
	assert_true(get_u64(packet->data_meta) == 0x1122334455667788);

	read_seen(kernel, seen);
	assert_int_equal(seen[0], packet->ingress_ifindex);
	assert_int_equal(seen[1], packet->rx_queue_index);
	assert_int_equal(seen[2], 60);
	assert_int_equal(seen[3], 0);
	assert_int_equal(sum_runs(kernel, 1), 1);
	assert_int_equal(kernel_map_lookup(kernel_map(kernel, ".bss"), &key,
					   &total), 0);
	assert_int_equal(total, 1);
	assert_int_equal(kernel_map_next_key(kernel_map(kernel, "runs"), NULL,
					     &next), 0);
	assert_int_equal(next, 1);
	assert_int_equal(kernel_map_next_key(kernel_map(kernel, "runs"),
					     &next, &next), -ENOENT);
	assert_int_equal(kernel_map_delete(kernel_map(kernel, "runs"), &next),
			 0);
	assert_null(kernel_map(kernel, "nothing"));
	kernel_close(kernel);
}

static void xdp_metadata_goes_in(void **state)
{
	struct kernel *kernel = load("xdp_edit");
	uint64_t seen[SEEN_CNT];
	struct frame frame;
	struct packet *packet = frame_init(&frame, 60);
	uint32_t r0;

	packet->data_meta -= 12;
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_XDP, packet), 0);
	assert_int_equal(packet->data - packet->head, PACKET_HEADROOM);
	assert_int_equal(kernel_run(kernel, packet, &r0, NULL), 0);
	read_seen(kernel, seen);
	assert_int_equal(seen[2], 60);
	assert_int_equal(seen[3], 12);
	kernel_close(kernel);
}

static void xdp_room_is_as_prepared(void **state)
{
	struct kernel *kernel = load("xdp_room");
	uint64_t seen[SEEN_CNT];
	struct frame frame;
	struct packet *packet = frame_init(&frame, 100);
	size_t lead, tail;
	uint32_t r0;

	assert_int_equal(kernel_prepare_packet(PROG_TYPE_XDP, packet), 0);
	lead = (size_t)(packet->data - packet->head);
	tail = (size_t)(packet->end - packet->data_end);
	assert_int_equal(kernel_run(kernel, packet, &r0, NULL), 0);
	read_seen(kernel, seen);
	assert_int_equal(seen[0], tail);
	/* The frame's own bookkeeping takes some of the headroom. */
	assert_int_equal(seen[1] + 40, lead);
	kernel_close(kernel);
}

static void globals_are_set_before_load(void **state)
{
	struct kernel *kernel = NULL;
	struct frame frame;
	struct packet *packet = frame_init(&frame, 60);
	uint32_t verdict = 3, r0;
	char path[4096];

	snprintf(path, sizeof(path), "%s/engine.bpf.o", objects);
	assert_int_equal(kernel_open(&kernel, path, NULL, 0, NULL), 0);
	assert_int_equal(kernel_set_data(kernel, ".rodata", &verdict, 3,
					 NULL), -EINVAL);
	assert_int_equal(kernel_set_data(kernel, ".rodata.x", &verdict, 4,
					 NULL), -EINVAL);
	assert_int_equal(kernel_set_data(kernel, ".rodata", &verdict, 4,
					 NULL), 0);
	assert_int_equal(kernel_load(kernel, NULL), 0);
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_XDP, packet), 0);
	assert_int_equal(kernel_run(kernel, packet, &r0, NULL), 0);
	assert_int_equal(r0, 3);
	kernel_close(kernel);
}

/* The fields that note_skb() of engine.bpf.c writes down, in its order. */
static void check_skb(const uint64_t *seen, const struct packet *p)
{
	const uint64_t want[] = {
		p->len, p->pkt_type, p->mark, p->queue_mapping, p->protocol,
		p->vlan_present, p->vlan_tci, p->vlan_proto, p->priority,
		p->ingress_ifindex, p->ifindex, p->tc_index, p->cb[0],
		p->cb[4], p->hash, p->napi_id, p->gso_segs, p->gso_size,
	};

	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		if (seen[i] != want[i])
			fail_msg("field %zu: %llx, not %llx", i,
				 (unsigned long long)seen[i],
				 (unsigned long long)want[i]);
}

static void set_skb_fields(struct packet *packet)
{
	packet->mark = 0x1234;
	packet->priority = 7;
	packet->cb[0] = 100;
	packet->cb[4] = 104;
	packet->tstamp = 1234567890123;
	packet->gso_segs = 3;
	packet->gso_size = 500;
	packet->wire_len = 1400;
	packet->hash = 99;
	packet->queue_mapping = 2;
}

static void tc_sees_what_was_prepared(void **state)
{
	struct kernel *kernel = load("tc_edit");
	uint64_t seen[SEEN_CNT];
	struct packet before, *packet;
	struct frame frame;
	uint32_t r0;

	packet = frame_init(&frame, 60);
	set_skb_fields(packet);
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_SCHED_CLS, packet),
			 0);
	before = *packet;
	assert_int_equal(kernel_run(kernel, packet, &r0, NULL), 0);
	assert_int_equal(r0, 0);
	read_seen(kernel, seen);
	check_skb(seen, &before);
	assert_int_equal(seen[18], before.wire_len);
	assert_int_equal(seen[19], before.tstamp);
	assert_int_equal(seen[20], before.tc_classid);
	assert_int_equal(seen[21], 60);
	assert_int_equal(seen[22], 0);

	assert_int_equal(packet->mark, 0x1235);
	assert_int_equal(packet->cb[0], 100);
	assert_int_equal(packet->cb[2], 77);
	assert_int_equal(packet->priority, 5);
	assert_int_equal(packet->len, 63);
	assert_int_equal(packet->data_end - packet->data, 63);
	assert_int_equal(get_be32(packet->data), 0xdeadbeef);
	assert_memory_equal(packet->data + 4, udp_frame + 4, 56);
	assert_int_equal(sum_runs(kernel, 2), 1);
	kernel_close(kernel);
}

static void frames_of_all_kinds_are_prepared(void **state)
{
	static const struct {
		uint8_t first;
		uint16_t type, payload;
		size_t len;
	} kinds[] = {
		{ 0x00, 0x0800, 0, 60 }, { 0x01, 0x86dd, 0, 1500 },
		{ 0x02, 0x8100, 0, 60 }, { 0xff, 0x05ff, 0xffff, 60 },
		{ 0x02, 0x0600, 0, 15 }, { 0x02, 0x0020, 0x4242, 60 },
		{ 0x02, 0x88a8, 0, KERNEL_SKB_MAX },
		{ 0x02, 0x0020, 0xffff, 15 },
	};
	struct kernel *kernel = load("tc_edit");
	uint64_t seen[SEEN_CNT];
	struct packet before;
	struct frame frame;
	uint32_t r0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct packet *packet = frame_init(&frame, kinds[i].len);

		memset(packet->data, 0, 6);
		packet->data[0] = kinds[i].first;
		put_be16(packet->data + 12, kinds[i].type);
		memcpy(packet->data + 14, &kinds[i].payload,
		       MIN(kinds[i].len - 14, (size_t)2));
		assert_int_equal(kernel_prepare_packet(PROG_TYPE_SCHED_CLS,
						       packet), 0);
		before = *packet;
		assert_int_equal(kernel_run(kernel, packet, &r0, NULL), 0);
		read_seen(kernel, seen);
		check_skb(seen, &before);
	}
	kernel_close(kernel);
}

static void socket_filters_see_no_ethernet(void **state)
{
	struct kernel *kernel = load("socket_look");
	uint64_t seen[SEEN_CNT];
	struct packet before, *packet;
	struct frame frame;
	uint32_t r0;

	packet = frame_init(&frame, 60);
	set_skb_fields(packet);
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_SOCKET_FILTER,
					       packet), 0);
	assert_int_equal(packet->len, 46);
	before = *packet;
	assert_int_equal(kernel_run(kernel, packet, &r0, NULL), 0);
	assert_int_equal(r0, 45);
	read_seen(kernel, seen);
	check_skb(seen, &before);
	assert_int_equal((uint32_t)seen[18], get_u32(udp_frame + 14));
	assert_int_equal(packet->len, 46);
	assert_memory_equal(packet->data, udp_frame + 14, 46);
	kernel_close(kernel);
}

static void what_no_test_run_takes_is_refused(void **state)
{
	struct kernel *kernel = load("tc_edit");
	struct packet before, *packet;
	struct frame frame;
	char id[64] = "";
	struct diag_sink sink = { remember_id, id, 0 };
	uint32_t r0 = 42;

	packet = frame_init(&frame, 13);
	before = *packet;
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_XDP, packet),
			 -EMSGSIZE);
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_SCHED_CLS, packet),
			 -EMSGSIZE);
	packet = frame_init(&frame, 60);
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_KPROBE, packet),
			 -EOPNOTSUPP);
	packet = frame_init(&frame, KERNEL_XDP_ROOM - PACKET_HEADROOM + 1);
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_XDP, packet),
			 -EMSGSIZE);
	packet = frame_init(&frame, KERNEL_SKB_MAX + 1);
	assert_int_equal(kernel_prepare_packet(PROG_TYPE_SCHED_CLS, packet),
			 -EMSGSIZE);
	before = *packet;
	assert_int_equal(kernel_run(kernel, packet, &r0, &sink), -EINVAL);
	assert_string_equal(id, "kernel-run");
	assert_int_equal(r0, 42);
	assert_memory_equal(packet, &before, sizeof(before));
	kernel_close(kernel);
}

static void failures_are_diagnosed(void **state)
{
	char path[4096], id[64] = "";
	struct diag_sink sink = { remember_id, id, 0 };
	struct kernel *kernel = NULL;

	assert_int_not_equal(kernel_open(&kernel, "/nonexistent", NULL, 0,
					 &sink), 0);
	assert_string_equal(id, "kernel-open");
	snprintf(path, sizeof(path), "%s/engine.bpf.o", objects);
	assert_int_equal(kernel_open(&kernel, path, "nobody", 0, &sink),
			 -ENOENT);
	assert_string_equal(id, "kernel-program");
	assert_null(kernel);
	snprintf(path, sizeof(path), "%s/rejected.bpf.o", objects);
	assert_int_equal(kernel_open(&kernel, path, NULL, 0, &sink), 0);
	assert_int_equal(kernel_load(kernel, &sink), -EINVAL);
	assert_string_equal(id, "kernel-rejected");
	kernel_close(kernel);
}

/* Every example, so that targets of tail calls are loaded as well. */
static void examples_load_and_run(void **state)
{
	static const struct {
		const char *name;
		enum prog_type type;
	} examples[] = {
		{ "blocklist", PROG_TYPE_XDP }, { "count", PROG_TYPE_XDP },
		{ "synflood", PROG_TYPE_XDP }, { "parser", PROG_TYPE_XDP },
		{ "firewall", PROG_TYPE_SCHED_CLS },
		{ "sample", PROG_TYPE_SOCKET_FILTER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		struct kernel *kernel = NULL;
		struct frame frame;
		struct packet *packet = frame_init(&frame, 60);
		char path[4096];
		uint32_t r0;

		snprintf(path, sizeof(path), "%s/../../examples/%s.bpf.o",
			 objects, examples[i].name);
		assert_int_equal(kernel_open(&kernel, path, NULL, 0, NULL),
				 0);
		assert_int_equal(kernel_load(kernel, NULL), 0);
		assert_int_equal(kernel_prog_type(kernel), examples[i].type);
		assert_int_equal(kernel_prepare_packet(examples[i].type,
						       packet), 0);
		assert_int_equal(kernel_run(kernel, packet, &r0, NULL), 0);
		kernel_close(kernel);
	}
}

static void repeats_are_counted_and_timed(void **state)
{
	struct kernel *kernel = load("socket_look");
	struct frame frame;
	struct packet *packet = frame_init(&frame, 60);
	double ns = -1;

	assert_int_equal(kernel_prepare_packet(PROG_TYPE_SOCKET_FILTER,
					       packet), 0);
	assert_int_equal(kernel_repeat(kernel, packet, 10000, &ns, NULL), 0);
	assert_true(ns >= 0);
	assert_int_equal(sum_runs(kernel, 3), 10000);
	assert_int_equal(kernel_repeat(kernel, packet, 0, &ns, NULL),
			 -EINVAL);
	kernel_close(kernel);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_packet_and_maps_come_back),
		cmocka_unit_test(xdp_metadata_goes_in),
		cmocka_unit_test(xdp_room_is_as_prepared),
		cmocka_unit_test(globals_are_set_before_load),
		cmocka_unit_test(tc_sees_what_was_prepared),
		cmocka_unit_test(frames_of_all_kinds_are_prepared),
		cmocka_unit_test(socket_filters_see_no_ethernet),
		cmocka_unit_test(what_no_test_run_takes_is_refused),
		cmocka_unit_test(failures_are_diagnosed),
		cmocka_unit_test(examples_load_and_run),
		cmocka_unit_test(repeats_are_counted_and_timed),
	};

	if (argc != 2 || geteuid() != 0 || !kernel_cpus()) {
		printf("skipped: needs root, libbpf and the BPF objects\n");
		return SKIPPED;
	}
	objects = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
