/* SPDX-License-Identifier: Apache-2.0 */
/* hook/net: captures in and out, link types, VLAN tags, offload state. */
#include "cmocka_all.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/str.h"
#include "hook/net/link.h"
#include "hook/net/offload.h"
#include "hook/net/port.h"
#include "hook/net/vlan.h"

struct seen {
	char last[64];
	unsigned int cnt;
};

static void note(void *arg, const struct skep_diag *diag)
{
	struct seen *seen = arg;

	str_copy(seen->last, sizeof(seen->last), diag->id);
	seen->cnt++;
}

/* A classic pcap file in memory, nanoseconds or microseconds. */
struct file {
	uint8_t bytes[4096];
	size_t len;
};

static void put32(struct file *file, uint32_t value)
{
	put_u32(file->bytes + file->len, value);
	file->len += 4;
}

static void begin(struct file *file, uint32_t magic, uint32_t link)
{
	file->len = 0;
	put32(file, magic);
	put32(file, 2 | 4 << 16);
	put32(file, 0);
	put32(file, 0);
	put32(file, 65535);
	put32(file, link);
}

static void add(struct file *file, uint32_t fraction, const void *data,
		uint32_t len, uint32_t wire_len)
{
	put32(file, 1700000000);
	put32(file, fraction);
	put32(file, len);
	put32(file, wire_len);
	memcpy(file->bytes + file->len, data, len);
	file->len += len;
}

#define NANO	0xa1b23c4d
#define MICRO	0xa1b2c3d4

static int open_file(struct port **port, struct file *file,
		     struct seen *seen)
{
	struct diag_sink sink = { note, seen, 0 };
	FILE *stream = fmemopen(file->bytes, file->len, "r");

	assert_non_null(stream);
	memset(seen, 0, sizeof(*seen));
	return port_open_stream(port, stream, "test.pcap", &sink);
}

static void stamps_and_lengths(void **state)
{
	static const struct {
		uint32_t magic, fraction;
		uint64_t ns;
	} rows[] = {
		{ NANO,  123456789, 1700000000123456789 },
		{ MICRO, 123456,    1700000000123456000 },
	};
	uint8_t data[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct frame frame;
	struct port *port;
	struct file file;
	struct seen seen;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(&file, rows[i].magic, 1);
		add(&file, rows[i].fraction, data, 60, 1500);
		assert_int_equal(open_file(&port, &file, &seen), 0);
		assert_int_equal(port_receive(port, &frame, 1, NULL), 1);
		assert_int_equal(frame.tstamp, rows[i].ns);
		assert_int_equal(frame.len, 60);
		assert_int_equal(frame.wire_len, 1500);
		assert_int_equal(frame.pkt_type, PACKET_BROADCAST);
		assert_memory_equal(frame.data, data, 60);
		assert_int_equal(port_receive(port, &frame, 1, NULL),
				 -ENODATA);
		assert_int_equal(port_stats(port)->received, 1);
		port_close(port);
	}
}

static void cut_file_counts_what_was_read(void **state)
{
	uint8_t data[64] = { 0x02 };
	struct diag_sink sink;
	struct frame frame;
	struct port *port;
	struct file file;
	struct seen seen;

	begin(&file, NANO, 1);
	add(&file, 0, data, 64, 64);
	add(&file, 0, data, 64, 64);
	for (size_t cut = 1; cut < 80; cut++) {
		file.len = 24 + 2 * 80 - cut;
		assert_int_equal(open_file(&port, &file, &seen), 0);
		sink = (struct diag_sink){ note, &seen, 0 };
		assert_int_equal(port_receive(port, &frame, 1, &sink), 1);
		assert_int_equal(port_receive(port, &frame, 1, &sink),
				 -ENODATA);
		assert_string_equal(seen.last, "capture-truncated");
		assert_int_equal(port_receive(port, &frame, 1, &sink),
				 -ENODATA);
		assert_int_equal(seen.cnt, 1);
		port_close(port);
	}
}

static void refused_by_name(void **state)
{
	struct port *port = NULL;
	struct file file;
	struct seen seen;

	begin(&file, NANO, 105);	/* 802.11 */
	assert_int_equal(open_file(&port, &file, &seen), -EINVAL);
	assert_string_equal(seen.last, "capture-link");
	begin(&file, 0x12345678, 1);
	assert_int_equal(open_file(&port, &file, &seen), -EINVAL);
	assert_string_equal(seen.last, "capture-format");
	begin(&file, NANO, 1);
	file.len = 10;
	assert_int_equal(open_file(&port, &file, &seen), -EINVAL);
	assert_string_equal(seen.last, "capture-format");
	assert_null(port);
}

static void missing_file(void **state)
{
	struct seen seen = { 0 };
	struct diag_sink sink = { note, &seen, 0 };
	struct port *port = NULL;

	assert_true(port_open(&port, PORT_CAPTURE_IN, "/nonexistent/x",
			      &sink) < 0);
	assert_string_equal(seen.last, "file-open");
	assert_true(port_open(&port, PORT_CAPTURE_OUT, "/nonexistent/x",
			      &sink) < 0);
	assert_string_equal(seen.last, "capture-write");
	assert_null(port);
}

/* Link type, packet as captured, and the Ethernet frame that it becomes. */
static const struct {
	int dlt;
	const char *packet, *frame;
	size_t packet_len, frame_len;
	uint32_t pkt_type;
} links[] = {
#define LINK(dlt, packet, frame, type) \
	{ dlt, packet, frame, sizeof(packet) - 1, sizeof(frame) - 1, type }
#define ZERO6 "\0\0\0\0\0\0"
#define PEER "\2\0\0\0\0\7"
	LINK(101, "\x45xyz", ZERO6 ZERO6 "\x08\0\x45xyz", PACKET_HOST),
	LINK(12, "\x60xyz", ZERO6 ZERO6 "\x86\xdd\x60xyz", PACKET_HOST),
	LINK(228, "\x45", ZERO6 ZERO6 "\x08\0\x45", PACKET_HOST),
	LINK(0, "\2\0\0\0\x45x", ZERO6 ZERO6 "\x08\0\x45x", PACKET_HOST),
	LINK(113, "\0\0\0\1\0\6" PEER "\0\0\x08\0\x45x",
	     ZERO6 PEER "\x08\0\x45x", PACKET_HOST),
	LINK(113, "\0\1\0\1\0\6" PEER "\0\0\x08\6z",
	     "\xff\xff\xff\xff\xff\xff" PEER "\x08\6z", PACKET_BROADCAST),
	LINK(113, "\0\2\0\1\0\4" PEER "\0\0\x86\xddz",
	     "\1\0\x5e\0\0\0" ZERO6 "\x86\xddz", PACKET_MULTICAST),
	LINK(113, "\0\0\0\1\0\6" PEER "\0\0\0\4abc",
	     ZERO6 PEER "\0\3abc", PACKET_HOST),
	LINK(276, "\x08\0\0\0\0\0\0\5\0\1\3\6" PEER "\0\0\x45",
	     ZERO6 PEER "\x08\0\x45", PACKET_OTHERHOST),
};

static void link_types_become_ethernet(void **state)
{
	struct frame frame;
	struct port *port;
	struct file file;
	struct seen seen;

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		begin(&file, NANO, (uint32_t)links[i].dlt);
		add(&file, 0, links[i].packet, (uint32_t)links[i].packet_len,
		    (uint32_t)links[i].packet_len + 100);
		assert_int_equal(open_file(&port, &file, &seen), 0);
		assert_int_equal(port_receive(port, &frame, 1, NULL), 1);
		assert_int_equal(frame.len, links[i].frame_len);
		assert_int_equal(frame.wire_len, links[i].frame_len + 100);
		assert_memory_equal(frame.data, links[i].frame,
				    links[i].frame_len);
		assert_int_equal(frame.pkt_type, links[i].pkt_type);
		port_close(port);
	}
}

static void what_is_no_frame_is_counted(void **state)
{
	struct frame frame;
	struct port *port;
	struct file file;
	struct seen seen;

	begin(&file, NANO, 101);
	add(&file, 0, "\x10", 1, 1);
	add(&file, 0, "", 0, 40);
	add(&file, 0, "\x45", 1, 1);
	assert_int_equal(open_file(&port, &file, &seen), 0);
	assert_int_equal(port_receive(port, &frame, 1, NULL), 1);
	assert_int_equal(port_receive(port, &frame, 1, NULL), -ENODATA);
	assert_int_equal(port_stats(port)->malformed, 2);
	port_close(port);
}

static void output_reads_back(void **state)
{
	char path[] = "/tmp/skep-test-XXXXXX";
	uint8_t data[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0 };
	struct frame out = {
		.data = data, .len = 64, .wire_len = 1000,
		.tstamp = 1700000000000000007,
	}, in;
	struct port *port;

	close(mkstemp(path));
	assert_int_equal(port_open(&port, PORT_CAPTURE_OUT, path, NULL), 0);
	assert_int_equal(port_send(port, &out), 0);
	out.vlan_present = true;
	out.vlan_tci = 0x2064;
	out.vlan_proto = 0x8100;
	assert_int_equal(port_pass(port, &out), 0);
	assert_int_equal(port_stats(port)->sent, 2);
	port_close(port);

	assert_int_equal(port_open(&port, PORT_CAPTURE_IN, path, NULL), 0);
	assert_int_equal(port_receive(port, &in, 1, NULL), 1);
	assert_int_equal(in.tstamp, out.tstamp);
	assert_int_equal(in.wire_len, 1000);
	assert_int_equal(in.len, 64);
	assert_memory_equal(in.data, data, 64);
	assert_int_equal(port_receive(port, &in, 1, NULL), 1);
	assert_int_equal(in.len, 68);
	assert_int_equal(in.wire_len, 1004);
	assert_memory_equal(in.data + 12, "\x81\x00\x20\x64\x08\x00", 6);
	port_close(port);
	unlink(path);
}

static void checksums_are_filled_in(void **state)
{
	/* a pseudo header's sum of 0x1234 in place, then 0x0001, 0xff */
	uint8_t data[] = { 0xaa, 0xaa, 0x12, 0x34, 0x00, 0x01, 0xff };
	struct virtio_net_hdr offload = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.csum_start = 2, .csum_offset = 0,
	};
	uint32_t sum = 0x1234 + 0x0001 + 0xff00;

	sum = (sum & 0xffff) + (sum >> 16);
	offload_fill_checksum(data, sizeof(data), &offload);
	assert_int_equal(get_be16(data + 2), (uint16_t)~sum);
	assert_int_equal(offload.flags, 0);

	offload.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	offload.csum_start = 6;		/* would be written past the end */
	offload_fill_checksum(data, sizeof(data), &offload);
	assert_int_equal(offload.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

static void offload_moves_with_the_frame(void **state)
{
	const struct virtio_net_hdr before = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.csum_start = 34, .csum_offset = 16, .hdr_len = 54,
	};
	struct virtio_net_hdr offload = before;

	offload_shift(&offload, 20, 2000);
	assert_int_equal(offload.csum_start, 54);
	assert_int_equal(offload.hdr_len, 74);
	offload = before;
	offload_shift(&offload, -40, 2000);
	assert_int_equal(offload.flags, 0);
	assert_int_equal(offload.gso_type, 0);
	offload = before;
	offload_shift(&offload, 0, 51);	/* the sum is cut off */
	assert_int_equal(offload.flags, 0);
}

static void tag_needs_two_addresses(void **state)
{
	uint8_t data[16] = { 0 }, buf[64];
	struct frame frame = {
		.data = data, .len = 11, .vlan_present = true,
		.vlan_tci = 5, .vlan_proto = 0x88a8,
	};
	const uint8_t *at = data;

	assert_int_equal(vlan_insert(buf, sizeof(buf), &frame, &at), 11);
	assert_ptr_equal(at, data);
	frame.len = 16;
	assert_int_equal(vlan_insert(buf, 19, &frame, &at), 16);
	assert_int_equal(vlan_insert(buf, 20, &frame, &at), 20);
	assert_ptr_equal(at, buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps_and_lengths),
		cmocka_unit_test(cut_file_counts_what_was_read),
		cmocka_unit_test(refused_by_name),
		cmocka_unit_test(missing_file),
		cmocka_unit_test(link_types_become_ethernet),
		cmocka_unit_test(what_is_no_frame_is_counted),
		cmocka_unit_test(output_reads_back),
		cmocka_unit_test(checksums_are_filled_in),
		cmocka_unit_test(offload_moves_with_the_frame),
		cmocka_unit_test(tag_needs_two_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
