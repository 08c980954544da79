/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers that read, change and send packets. */
#include "helper_bench.h"

#include <linux/pkt_cls.h>

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
