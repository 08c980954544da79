/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random classic filters, run as they are and converted to eBPF in the
 * interpreter: the same result for every packet.
 */
#include "../unit/cmocka_all.h"

#include <arpa/inet.h>

#include "base/str.h"
#include "cbpf_frames.h"
#include "interp/interp.h"
#include "isa/insn.h"

#define PROGRAMS	20000

/* The packet as the interpreter has it: skb fields in their own order. */
static void packet_init(struct packet *to, struct frame *frame,
			const struct cbpf_packet *from)
{
	const uint32_t *ad = from->ancillary;

	memset(to, 0, sizeof(*to));
	to->head = frame->text;
	to->data = to->data_meta = frame->text + from->lead;
	to->data_end = to->data + from->len;
	to->end = frame->text + sizeof(frame->text);
	to->link_header = to->data + from->ll_off;
	to->network_header = to->data + from->net_off;
	to->len = from->len;
	to->wire_len = from->wire_len;
	to->protocol = htons((uint16_t)ad[CBPF_AD_PROTOCOL]);
	to->pkt_type = ad[CBPF_AD_PKTTYPE];
	to->ifindex = ad[CBPF_AD_IFINDEX];
	to->mark = ad[CBPF_AD_MARK];
	to->queue_mapping = ad[CBPF_AD_QUEUE];
	to->hash = ad[CBPF_AD_RXHASH];
	to->vlan_tci = ad[CBPF_AD_VLAN_TAG];
	to->vlan_present = ad[CBPF_AD_VLAN_TAG_PRESENT];
	to->vlan_proto = htons((uint16_t)ad[CBPF_AD_VLAN_TPID]);
}

static uint32_t interpret(const struct cbpf *filter, struct packet *packet,
			  int net_off, struct run *run)
{
	const struct cbpf_convert_options options = {
		ARPHRD_LOOPBACK, net_off,
	};
	struct prog prog = { .name = "filter",
			     .type = PROG_TYPE_SOCKET_FILTER };
	struct arena arena;
	size_t cnt;

	arena_init(&arena);
	assert_int_equal(cbpf_convert(filter, &options, &arena, &prog.insns,
				      &cnt, NULL), 0);
	assert_int_equal(insn_check(prog.insns, cnt, NULL, NULL), 0);
	prog.insns_cnt = (uint32_t)cnt;
	assert_int_equal(interp_prepare(&prog, NULL), 0);
	run->prog = &prog;
	run->ctx = run->packet = packet;
	run->ctx_len = ctx_layout(prog.type)->size;
	assert_int_equal(interp_run(run), 0);
	interp_release(&prog);
	arena_fini(&arena);
	return (uint32_t)run->r0;
}

static void converted_filters_equal_classic_ones(void **state)
{
	struct rng rng = { 0x9e3779b97f4a7c15 };
	struct sock_filter insns[RANDOM_MAX];
	struct run run = { .cpu = 0 };
	uint32_t accepted = 0;

	assert_int_equal(interp_attach(&run), 0);
	for (uint32_t i = 0; i < PROGRAMS; i++) {
		struct cbpf filter = random_program(&rng, insns);
		bool is_raw = rng_below(&rng, 2);
		struct cbpf_packet classic;
		struct packet packet;
		struct frame frame;
		uint32_t want, got;

		if (cbpf_check(&filter, CBPF_SOCKET, NULL, NULL))
			continue;
		accepted++;
		frame_init(&frame, &rng);
		classic = as_received(&frame, is_raw);
		for (int ad = 0; ad < CBPF_AD_CNT; ad++)
			if (ad == CBPF_AD_QUEUE || ad == CBPF_AD_RXHASH)
				classic.ancillary[ad] = rng_next(&rng) & 0x7fff;
		if (!rng_below(&rng, 20))
			classic.ancillary[CBPF_AD_IFINDEX] = 0;
		packet_init(&packet, &frame, &classic);
		want = cbpf_run(&filter, &classic);
		got = interpret(&filter, &packet, classic.net_off, &run);
		if (got != want) {
			struct strbuf out = STRBUF_INIT;

			cbpf_print(&out, &filter, CBPF_LISTING);
			fail_msg("%u, not %u:\n%s", got, want,
				 strbuf_str(&out));
		}
	}
	interp_detach(&run);
	assert_true(accepted > PROGRAMS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(converted_filters_equal_classic_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
