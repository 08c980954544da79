/* SPDX-License-Identifier: Apache-2.0 */
/* Context tables, subprogram and line look-up, grants. */
#include "cmocka_all.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "prog/returns.h"
#include "prog/run.h"

/* The widths that an access may have. */
static const uint32_t widths[] = { 1, 2, 4, 8 };

static bool allows(enum prog_type type, uint32_t off, uint32_t size, bool write)
{
	const struct ctx_layout *layout = ctx_layout(type);
	const struct ctx_field *field = ctx_field_at(layout, off, size);

	return field && ctx_field_allows(field, 0, off, size, write, false);
}

#define SKB(field)	offsetof(struct __sk_buff, field)

static void xdp_loads_words_only(void **state)
{
	for (uint32_t off = 0; off < 24; off++) {
		for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
			bool want = off % 4 == 0 && off < 20 && widths[i] == 4;

			assert_int_equal(allows(PROG_TYPE_XDP, off, widths[i],
						false), want);
			assert_false(allows(PROG_TYPE_XDP, off, widths[i],
					    true));
		}
	}
}

static void egress_ifindex_needs_its_attach_type(void **state)
{
	const struct ctx_layout *layout = ctx_layout(PROG_TYPE_XDP);
	const struct ctx_field *field = ctx_field_at(layout, 20, 4);

	assert_false(ctx_field_allows(field, BPF_XDP, 20, 4, false, false));
	assert_true(ctx_field_allows(field, BPF_XDP_DEVMAP, 20, 4, false,
				     false));
}

static void rights_follow_the_type(void **state)
{
	assert_true(allows(PROG_TYPE_SCHED_CLS, SKB(mark), 4, true));
	assert_true(allows(PROG_TYPE_SCHED_ACT, SKB(tc_classid), 4, true));
	assert_true(allows(PROG_TYPE_SCHED_CLS, SKB(tstamp), 8, true));
	assert_false(allows(PROG_TYPE_SCHED_CLS, SKB(tstamp), 4, false));
	assert_false(allows(PROG_TYPE_SCHED_CLS, SKB(mark), 2, true));
	assert_true(allows(PROG_TYPE_SCHED_CLS, SKB(mark) + 2, 2, false));
	assert_false(allows(PROG_TYPE_SCHED_CLS, SKB(mark) + 1, 2, false));
	assert_false(allows(PROG_TYPE_SCHED_CLS, SKB(data), 2, false));
	assert_false(allows(PROG_TYPE_SCHED_CLS, SKB(family), 4, false));
	assert_false(allows(PROG_TYPE_SCHED_CLS, SKB(flow_keys), 8, false));
	assert_true(allows(PROG_TYPE_SCHED_CLS, SKB(tstamp_type), 1, false));
	assert_false(allows(PROG_TYPE_SCHED_CLS, SKB(tstamp_type) + 1, 1,
			    false));
	assert_false(allows(PROG_TYPE_SOCKET_FILTER, SKB(data), 4, false));
	assert_false(allows(PROG_TYPE_SOCKET_FILTER, SKB(mark), 4, true));
	assert_true(allows(PROG_TYPE_SOCKET_FILTER, SKB(mark), 4, false));
	assert_false(allows(PROG_TYPE_SOCKET_FILTER, SKB(wire_len), 4, false));
	assert_false(allows(PROG_TYPE_CGROUP_SKB, SKB(data_meta), 4, false));
	assert_true(allows(PROG_TYPE_CGROUP_SKB, SKB(remote_ip4), 4, false));
	assert_false(allows(PROG_TYPE_CGROUP_SKB, SKB(remote_ip4), 2, false));
}

static void cb_is_plain_memory(void **state)
{
	assert_true(allows(PROG_TYPE_SOCKET_FILTER, SKB(cb), 8, true));
	assert_true(allows(PROG_TYPE_SOCKET_FILTER, SKB(cb[4]) + 3, 1, true));
	assert_false(allows(PROG_TYPE_SOCKET_FILTER, SKB(cb[4]), 8, false));
	assert_false(allows(PROG_TYPE_SOCKET_FILTER, SKB(cb[1]), 8, false));
}

static void pointers_take_no_sign(void **state)
{
	const struct ctx_layout *layout = ctx_layout(PROG_TYPE_SCHED_CLS);
	const struct ctx_field *data = ctx_field_at(layout, SKB(data), 4);
	const struct ctx_field *mark = ctx_field_at(layout, SKB(mark), 4);

	assert_false(ctx_field_allows(data, 0, SKB(data), 4, false, true));
	assert_true(ctx_field_allows(mark, 0, SKB(mark), 4, false, true));
}

static uint64_t load(const struct packet *packet, uint32_t off, uint32_t size)
{
	const struct ctx_layout *layout = ctx_layout(PROG_TYPE_SCHED_CLS);

	return ctx_field_load(ctx_field_at(layout, off, size), packet, off,
			      size);
}

static void store(struct packet *packet, uint32_t off, uint32_t size,
		  uint64_t value)
{
	const struct ctx_layout *layout = ctx_layout(PROG_TYPE_SCHED_CLS);

	ctx_field_store(ctx_field_at(layout, off, size), packet, off, size,
			value);
}

static void fields_convert(void **state)
{
	uint8_t bytes[64];
	struct packet packet = {
		.data = bytes, .data_end = bytes + 60, .mark = 0x11223344,
		.tstamp = 0x0123456789abcdef,
	};

	assert_int_equal(load(&packet, SKB(data), 4), (uintptr_t)bytes);
	assert_int_equal(load(&packet, SKB(data_end), 4),
			 (uintptr_t)bytes + 60);
	assert_int_equal(load(&packet, SKB(mark), 4), 0x11223344);
	assert_int_equal(load(&packet, SKB(mark) + 2, 2), 0x1122);
	assert_int_equal(load(&packet, SKB(mark) + 1, 1), 0x33);
	assert_int_equal(load(&packet, SKB(tstamp), 8), 0x0123456789abcdef);
	store(&packet, SKB(mark), 4, 0xffffffff00000007);
	assert_int_equal(packet.mark, 7);
	store(&packet, SKB(cb[1]), 1, 0xaa);
	assert_int_equal(packet.cb[1], 0xaa);
	store(&packet, SKB(tc_index), 4, 0x12345);
	assert_int_equal(load(&packet, SKB(tc_index), 4), 0x2345);
}

static void queue_mapping_ignores_its_last_values(void **state)
{
	struct packet packet = { .queue_mapping = 3 };

	store(&packet, SKB(queue_mapping), 4, 0xffff);
	assert_int_equal(packet.queue_mapping, 3);
	store(&packet, SKB(queue_mapping), 4, 0xfffe);
	assert_int_equal(packet.queue_mapping, 0xfffe);
}

static void verdicts_have_names(void **state)
{
	const struct ctx_layout *xdp = ctx_layout(PROG_TYPE_XDP);
	const struct ctx_layout *tc = ctx_layout(PROG_TYPE_SCHED_CLS);

	assert_string_equal(ctx_verdict_name(xdp, XDP_REDIRECT),
			    "XDP_REDIRECT");
	assert_null(ctx_verdict_name(xdp, 5));
	assert_string_equal(ctx_verdict_name(tc, -1), "TC_ACT_UNSPEC");
	assert_null(ctx_verdict_name(ctx_layout(PROG_TYPE_SOCKET_FILTER), 0));
	assert_null(ctx_layout(PROG_TYPE_UNSPEC));
	assert_null(ctx_layout(PROG_TYPE_END));
}

static bool context_allows(enum prog_type type, uint32_t attach, uint32_t off,
			   uint32_t size, uint8_t access)
{
	const struct ctx_field *field;

	return ctx_allows(ctx_layout(type), attach, off, size, access, &field);
}

static void every_type_has_a_layout(void **state)
{
	for (uint32_t type = 1; type < PROG_TYPE_END; type++) {
		const struct ctx_layout *layout = ctx_layout(type);

		assert_non_null(layout);
		assert_non_null(layout->name);
		for (size_t i = 0; i < layout->fields_cnt; i++)
			assert_true(layout->fields[i].off +
				    layout->fields[i].size <= layout->size);
		/* skep runs no program whose context it cannot make */
		assert_false(prog_row(type)->have && layout->no_native);
	}
}

static void plain_memory_has_an_end(void **state)
{
	assert_true(context_allows(PROG_TYPE_KPROBE, 0, 160, 8, CTX_READ));
	assert_false(context_allows(PROG_TYPE_KPROBE, 0, 168, 8, CTX_READ));
	assert_false(context_allows(PROG_TYPE_KPROBE, 0, 161, 8, CTX_READ));
	assert_false(context_allows(PROG_TYPE_KPROBE, 0, 0, 8, CTX_WRITE));
	assert_false(context_allows(PROG_TYPE_TRACEPOINT, 0, 0, 8, CTX_READ));
	assert_true(context_allows(PROG_TYPE_TRACEPOINT, 0, 8, 8, CTX_READ));
	assert_true(context_allows(PROG_TYPE_SYSCALL, 0, 8, 8, CTX_WRITE));
}

static void fields_belong_to_their_place(void **state)
{
	const uint32_t ip6 = offsetof(struct bpf_sock_addr, user_ip6);

	assert_true(context_allows(PROG_TYPE_CGROUP_SOCK_ADDR,
				   ATTACH_TYPE_CGROUP_INET6_BIND, ip6, 8,
				   CTX_WRITE));
	assert_false(context_allows(PROG_TYPE_CGROUP_SOCK_ADDR,
				    ATTACH_TYPE_CGROUP_INET4_BIND, ip6, 8,
				    CTX_READ));
	assert_false(context_allows(PROG_TYPE_CGROUP_SOCK_ADDR,
				    ATTACH_TYPE_CGROUP_INET6_BIND, ip6 + 4, 8,
				    CTX_READ));
}

/* A port has two bytes, and four for old programs. */
static void rows_may_overlap(void **state)
{
	const uint32_t port = offsetof(struct bpf_sock, dst_port);
	const struct ctx_field *field;

	assert_true(ctx_allows(&ctx_to_socket, 0, port, 4, CTX_READ, &field));
	assert_true(ctx_allows(&ctx_to_socket, 0, port + 1, 1, CTX_READ,
			       &field));
	assert_false(ctx_allows(&ctx_to_socket, 0, port + 2, 2, CTX_READ,
				&field));
	assert_false(ctx_allows(&ctx_to_socket, 0, port, 4, CTX_WRITE,
				&field));
}

static void privileges_are_told(void **state)
{
	const struct ctx_layout *cg = ctx_layout(PROG_TYPE_CGROUP_SKB);
	const struct ctx_layout *tc = ctx_layout(PROG_TYPE_SCHED_CLS);

	assert_true(ctx_needs_privilege(ctx_field_at(cg, SKB(data), 4),
					CTX_READ));
	assert_true(ctx_needs_privilege(ctx_field_at(cg, SKB(tstamp), 8),
					CTX_WRITE));
	assert_false(ctx_needs_privilege(ctx_field_at(cg, SKB(tstamp), 8),
					 CTX_READ));
	assert_false(ctx_needs_privilege(ctx_field_at(tc, SKB(data), 4),
					 CTX_READ));
	assert_false(ctx_needs_privilege(NULL, CTX_READ));
}

static void helpers_depend_on_the_place(void **state)
{
	const struct helper_row *bind = helper_row(HELPER_bind);
	const struct helper_row *ktime = helper_row(HELPER_ktime_get_ns);

	assert_true(helper_callable(bind, PROG_TYPE_CGROUP_SOCK_ADDR,
				    ATTACH_TYPE_CGROUP_INET4_CONNECT));
	assert_false(helper_callable(bind, PROG_TYPE_CGROUP_SOCK_ADDR,
				     ATTACH_TYPE_CGROUP_INET4_BIND));
	assert_false(helper_callable(bind, PROG_TYPE_XDP, 0));
	assert_true(helper_callable(ktime, PROG_TYPE_XDP, ATTACH_TYPE_XDP));
	assert_false(helper_callable(ktime, PROG_TYPE_END, 0));
}

static void returns_follow_type_and_place(void **state)
{
	struct return_range range = { 7, 7, false, false };

	assert_false(prog_return_range(PROG_TYPE_XDP, ATTACH_TYPE_XDP, NULL,
				       &range));
	assert_int_equal(range.min, 7);
	assert_true(prog_return_range(PROG_TYPE_CGROUP_SKB,
				      ATTACH_TYPE_CGROUP_INET_EGRESS, NULL,
				      &range));
	assert_int_equal(range.max, 3);
	assert_true(prog_return_range(PROG_TYPE_CGROUP_SKB,
				      ATTACH_TYPE_CGROUP_INET_INGRESS, NULL,
				      &range));
	assert_int_equal(range.max, 1);
	assert_true(prog_return_range(PROG_TYPE_CGROUP_SOCK_ADDR,
				      ATTACH_TYPE_CGROUP_UDP4_RECVMSG, NULL,
				      &range));
	assert_int_equal(range.min, 1);
}

static void security_hooks_return_what_they_are(void **state)
{
	const struct return_hook open = { "bpf_lsm_file_open", false };
	const struct return_hook known = { "bpf_lsm_audit_rule_known", false };
	const struct return_hook free = { "bpf_lsm_file_free_security", true };
	struct return_range range;

	assert_true(prog_return_range(PROG_TYPE_LSM, ATTACH_TYPE_LSM_MAC,
				      &open, &range));
	assert_true(range.min == -4095 && range.max == 0 && range.narrow);
	assert_true(prog_return_range(PROG_TYPE_LSM, ATTACH_TYPE_LSM_MAC,
				      &known, &range));
	assert_true(range.min == 0 && range.max == 1 && range.narrow);
	assert_true(prog_return_range(PROG_TYPE_LSM, ATTACH_TYPE_LSM_MAC,
				      &free, &range));
	assert_true(range.unset);
	assert_true(prog_return_range(PROG_TYPE_LSM, ATTACH_TYPE_LSM_CGROUP,
				      &free, &range));
	assert_true(range.min == 1 && range.max == 1 && !range.unset);
	assert_false(prog_return_range(PROG_TYPE_STRUCT_OPS, 0, &open,
				       &range));
}

static void slots_have_subprograms_and_lines(void **state)
{
	static const struct subprog subprogs[] = {
		{ "a", 0, 4 }, { "b", 4, 2 },
	};
	static const struct prog_line lines[] = {
		{ .insn = 1 }, { .insn = 4 },
	};
	const struct prog prog = {
		.subprogs = subprogs, .subprogs_cnt = 2,
		.lines = lines, .lines_cnt = 2,
	};

	assert_ptr_equal(prog_subprog_at(&prog, 0), &subprogs[0]);
	assert_ptr_equal(prog_subprog_at(&prog, 3), &subprogs[0]);
	assert_ptr_equal(prog_subprog_at(&prog, 4), &subprogs[1]);
	assert_null(prog_line_at(&prog, 0));
	assert_ptr_equal(prog_line_at(&prog, 3), &lines[0]);
	assert_ptr_equal(prog_line_at(&prog, 9), &lines[1]);
}

static void grants_come_and_go(void **state)
{
	struct run run = { 0 };

	for (uintptr_t i = 0; i < RUN_GRANTS_MAX; i++)
		assert_true(run_grant(&run, 1 + i, 8, MEM_RINGBUF, true));
	assert_false(run_grant(&run, 999, 8, MEM_RINGBUF, true));
	assert_true(run_revoke(&run, 1));
	assert_false(run_revoke(&run, 1));
	assert_int_equal(run.grants_cnt, RUN_GRANTS_MAX - 1);
	assert_int_equal(run.windows_gen, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_loads_words_only),
		cmocka_unit_test(egress_ifindex_needs_its_attach_type),
		cmocka_unit_test(rights_follow_the_type),
		cmocka_unit_test(cb_is_plain_memory),
		cmocka_unit_test(pointers_take_no_sign),
		cmocka_unit_test(fields_convert),
		cmocka_unit_test(queue_mapping_ignores_its_last_values),
		cmocka_unit_test(verdicts_have_names),
		cmocka_unit_test(every_type_has_a_layout),
		cmocka_unit_test(plain_memory_has_an_end),
		cmocka_unit_test(fields_belong_to_their_place),
		cmocka_unit_test(rows_may_overlap),
		cmocka_unit_test(privileges_are_told),
		cmocka_unit_test(helpers_depend_on_the_place),
		cmocka_unit_test(returns_follow_type_and_place),
		cmocka_unit_test(security_hooks_return_what_they_are),
		cmocka_unit_test(slots_have_subprograms_and_lines),
		cmocka_unit_test(grants_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
