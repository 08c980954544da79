/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of src/spec/ against the running kernel: ids and names against
 * its BTF, and for each helper which program types it lets call it, whether
 * only GPL programs, and which map flags it takes.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/bpf.h>

#include "base/str.h"
#include "cmocka_all.h"
#include "spec/spec.h"

/* The newest kernel that the rows describe in full. */
#define ROWS_RELEASE	KERNEL_RELEASE(6, 18)

static struct btf *vmlinux;

static uint32_t kernel_release(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname uts;

	uname(&uts);
	sscanf(uts.release, "%u.%u", &major, &minor);
	return KERNEL_RELEASE(major, minor);
}

typedef const char *(*name_fn)(uint32_t id);

/* "_MAX", "DEPRECATED" and the like are no values of their own. */
static bool is_marker(const char *name)
{
	return str_starts(name, "__") || strstr(name, "DEPRECATED");
}

static bool same_name(const char *kernel, const char *row)
{
	return row && strcasecmp(kernel, row) == 0;
}

static void compare(const char *type, const char *prefix, name_fn name_of)
{
	int id = btf__find_by_name_kind(vmlinux, type, BTF_KIND_ENUM);
	const struct btf_type *t = btf__type_by_id(vmlinux, id);
	uint32_t release = kernel_release();
	bool alias = false;

	assert_true(id > 0);
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_enum *value = &btf_enum(t)[i];
		const char *name = btf__name_by_offset(vmlinux,
						       value->name_off);

		if (is_marker(name))
			continue;
		assert_true(str_starts(name, prefix));
		alias = same_name(name + strlen(prefix), name_of(value->val));
		if (!alias && release <= ROWS_RELEASE) {
			print_error("%s is %u\n", name, value->val);
			fail();
		}
	}
}

static const char *prog_name(uint32_t id)
{
	return prog_row(id) ? prog_row(id)->name : NULL;
}

static const char *map_name(uint32_t id)
{
	return map_row(id) ? map_row(id)->name : NULL;
}

static const char *attach_name(uint32_t id)
{
	return attach_row(id) ? attach_row(id)->name : NULL;
}

static const char *helper_name(uint32_t id)
{
	if (id == 0)
		return "unspec";
	return helper_row(id) ? helper_row(id)->name : NULL;
}

static void test_prog_names(void **state)
{
	compare("bpf_prog_type", "BPF_PROG_TYPE_", prog_name);
}

static void test_map_names(void **state)
{
	compare("bpf_map_type", "BPF_MAP_TYPE_", map_name);
}

static void test_attach_names(void **state)
{
	compare("bpf_attach_type", "BPF_", attach_name);
}

static void test_helper_names(void **state)
{
	compare("bpf_func_id", "BPF_FUNC_", helper_name);
}

enum answer {
	CANNOT_TELL,		/* the kernel refuses for another reason */
	REFUSED,
	GPL_ONLY,
	ALLOWED,
};

/* What a program type needs to get as far as its first call. */
struct probe {
	enum prog_type type;
	uint32_t attach, flags, btf_id;
};

static enum answer ask(const struct probe *probe, uint32_t helper,
		       const char *license)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = (int)helper },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static char log[1 << 16];
	union bpf_attr attr = {
		.prog_type = probe->type,
		.expected_attach_type = probe->attach,
		.prog_flags = probe->flags,
		.attach_btf_id = probe->btf_id,
		.insns = (uintptr_t)insns,
		.insn_cnt = ARRAY_SIZE(insns),
		.license = (uintptr_t)license,
		.log_buf = (uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	int fd;

	log[0] = '\0';
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		close(fd);
	else if (!log[0])
		return CANNOT_TELL;
	if (strstr(log, "GPL"))
		return GPL_ONLY;
	if (strstr(log, "unknown func") || strstr(log, "cannot use helper"))
		return REFUSED;
	return ALLOWED;
}

static uint32_t btf_id(const char *name, int kind)
{
	int id = btf__find_by_name_kind(vmlinux, name, kind);

	return id < 0 ? 0 : id;
}

/* Helpers that a kernel configuration or a special target may leave out. */
static bool may_be_absent(uint32_t helper)
{
	switch (helper) {
	case HELPER_probe_write_user:	/* lockdown */
	case HELPER_override_return:	/* CONFIG_BPF_KPROBE_OVERRIDE */
	case HELPER_get_func_arg:	/* trampolines */
	case HELPER_get_func_ret:
	case HELPER_get_func_arg_cnt:
	case HELPER_skb_get_xfrm_state:	/* CONFIG_XFRM */
		return true;
	default:
		return false;
	}
}

static bool anyone_may(const struct probe *probes, size_t cnt,
		       const struct helper_row *row, bool *gpl)
{
	bool allowed = false;

	for (size_t i = 0; i < cnt; i++) {
		enum answer answer = ask(&probes[i], row->id, "GPL");

		if (answer == ALLOWED)
			allowed = true;
		if (answer == ALLOWED &&
		    ask(&probes[i], row->id, "Proprietary") == GPL_ONLY)
			*gpl = true;
	}
	return allowed;
}

static size_t check_type(const struct probe *probes, size_t cnt)
{
	enum prog_type type = probes[0].type;
	size_t wrong = 0;

	if (ask(&probes[0], HELPER_map_lookup_elem, "GPL") == CANNOT_TELL) {
		print_message("skipped: this kernel loads no %s\n",
			      prog_row(type)->name);
		return 0;
	}
	for (size_t i = 0; i < helper_rows_cnt; i++) {
		const struct helper_row *row = &helper_rows[i];
		bool may = row->progs >> type & 1, gpl = false;

		if (anyone_may(probes, cnt, row, &gpl) == may) {
			/* struct_ops as a whole is for GPL programs */
			if (may && gpl != !!(row->flags & HELPER_GPL) &&
			    type != PROG_TYPE_STRUCT_OPS &&
			    type != PROG_TYPE_PERF_EVENT) {
				print_error("%s: GPL %d for %s\n", row->name,
					    gpl, prog_row(type)->name);
				wrong++;
			}
			continue;
		}
		if (may && may_be_absent(row->id))
			continue;
		print_error("%s: may %s call it: the row says %d\n", row->name,
			    prog_row(type)->name, may);
		wrong++;
	}
	return wrong;
}

/* Types whose helpers depend on where they attach. */
static size_t check_special(void)
{
	const struct probe cgroup_sock_addr[] = {
		{ PROG_TYPE_CGROUP_SOCK_ADDR, ATTACH_TYPE_CGROUP_INET4_BIND },
		{ PROG_TYPE_CGROUP_SOCK_ADDR,
		  ATTACH_TYPE_CGROUP_INET4_CONNECT },
		{ PROG_TYPE_CGROUP_SOCK_ADDR,
		  ATTACH_TYPE_CGROUP_UDP4_SENDMSG },
	};
	const struct probe cgroup_sockopt[] = {
		{ PROG_TYPE_CGROUP_SOCKOPT, ATTACH_TYPE_CGROUP_GETSOCKOPT },
		{ PROG_TYPE_CGROUP_SOCKOPT, ATTACH_TYPE_CGROUP_SETSOCKOPT },
	};
	const struct probe tracing[] = {
		{ PROG_TYPE_TRACING, ATTACH_TYPE_TRACE_RAW_TP, 0,
		  btf_id("btf_trace_sched_switch", BTF_KIND_TYPEDEF) },
		{ PROG_TYPE_TRACING, ATTACH_TYPE_TRACE_ITER, 0,
		  btf_id("bpf_iter_tcp", BTF_KIND_FUNC) },
	};
	const struct probe struct_ops = {
		PROG_TYPE_STRUCT_OPS, 0, 0,
		btf_id("tcp_congestion_ops", BTF_KIND_STRUCT)
	};

	return check_type(cgroup_sock_addr, ARRAY_SIZE(cgroup_sock_addr)) +
	       check_type(cgroup_sockopt, ARRAY_SIZE(cgroup_sockopt)) +
	       check_type(tracing, ARRAY_SIZE(tracing)) +
	       check_type(&struct_ops, 1);
}

static void test_helpers_per_program_type(void **state)
{
	static const struct probe probes[] = {
		{ PROG_TYPE_SOCKET_FILTER }, { PROG_TYPE_KPROBE },
		{ PROG_TYPE_SCHED_CLS }, { PROG_TYPE_SCHED_ACT },
		{ PROG_TYPE_TRACEPOINT }, { PROG_TYPE_XDP },
		{ PROG_TYPE_PERF_EVENT }, { PROG_TYPE_CGROUP_SKB },
		{ PROG_TYPE_CGROUP_SOCK, ATTACH_TYPE_CGROUP_INET_SOCK_CREATE },
		{ PROG_TYPE_LWT_IN }, { PROG_TYPE_LWT_OUT },
		{ PROG_TYPE_LWT_XMIT },
		{ PROG_TYPE_SOCK_OPS, ATTACH_TYPE_CGROUP_SOCK_OPS },
		{ PROG_TYPE_SK_SKB },
		{ PROG_TYPE_CGROUP_DEVICE, ATTACH_TYPE_CGROUP_DEVICE },
		{ PROG_TYPE_SK_MSG }, { PROG_TYPE_RAW_TRACEPOINT },
		{ PROG_TYPE_LWT_SEG6LOCAL }, { PROG_TYPE_LIRC_MODE2 },
		{ PROG_TYPE_SK_REUSEPORT, ATTACH_TYPE_SK_REUSEPORT_SELECT },
		{ PROG_TYPE_FLOW_DISSECTOR },
		{ PROG_TYPE_CGROUP_SYSCTL, ATTACH_TYPE_CGROUP_SYSCTL },
		{ PROG_TYPE_RAW_TRACEPOINT_WRITABLE },
		{ PROG_TYPE_SK_LOOKUP, ATTACH_TYPE_SK_LOOKUP },
		{ PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE },
		{ PROG_TYPE_NETFILTER, ATTACH_TYPE_NETFILTER },
	};
	size_t wrong = 0;

	if (kernel_release() != ROWS_RELEASE) {
		print_message("skipped: helpers per type are compared with "
			      "6.18 alone\n");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		wrong += check_type(&probes[i], 1);
	wrong += check_special();
	assert_int_equal(wrong, 0);
}

/* Helpers that depend on the place, and no other ones, at every place. */
static size_t check_place(const struct probe *probe)
{
	size_t wrong = 0;

	if (ask(probe, HELPER_map_lookup_elem, "GPL") == CANNOT_TELL)
		return 0;
	for (size_t i = 0; i < helper_rows_cnt; i++) {
		const struct helper_row *row = &helper_rows[i];
		bool may = helper_callable(row, probe->type, probe->attach);

		if ((ask(probe, row->id, "GPL") == ALLOWED) == may ||
		    (may && may_be_absent(row->id)))
			continue;
		print_error("%s: may %s at %u call it: the rows say %d\n",
			    row->name, prog_row(probe->type)->name,
			    probe->attach, may);
		wrong++;
	}
	return wrong;
}

static void test_helpers_per_place(void **state)
{
	const struct probe typed[] = {
		{ PROG_TYPE_TRACING, ATTACH_TYPE_TRACE_RAW_TP, 0,
		  btf_id("btf_trace_sched_switch", BTF_KIND_TYPEDEF) },
		{ PROG_TYPE_TRACING, ATTACH_TYPE_TRACE_ITER, 0,
		  btf_id("bpf_iter_tcp", BTF_KIND_FUNC) },
	};
	size_t wrong = 0;

	if (kernel_release() != ROWS_RELEASE)
		skip();
	for (uint32_t type = 1; type < PROG_TYPE_TRACING; type++) {
		for (uint32_t at = 0; at < ATTACH_TYPE_END; at++) {
			const struct probe probe = { type, at };

			if (!at || attach_row(at)->progs >> type & 1)
				wrong += check_place(&probe);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(typed); i++)
		wrong += check_place(&typed[i]);
	assert_int_equal(wrong, 0);
}

static bool kernel_takes_bpf(void)
{
	static const struct probe probe = { PROG_TYPE_SOCKET_FILTER };

	return ask(&probe, HELPER_map_lookup_elem, "GPL") != CANNOT_TELL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prog_names),
		cmocka_unit_test(test_map_names),
		cmocka_unit_test(test_attach_names),
		cmocka_unit_test(test_helper_names),
	};
	const struct CMUnitTest probes[] = {
		cmocka_unit_test(test_helpers_per_program_type),
		cmocka_unit_test(test_helpers_per_place),
	};
	int failed;

	vmlinux = btf__load_vmlinux_btf();
	if (!vmlinux) {
		puts("skipped: this kernel has no BTF of itself");
		return 77;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (kernel_takes_bpf())
		failed += cmocka_run_group_tests(probes, NULL, NULL);
	else
		puts("skipped: bpf(2) needs root");
	btf__free(vmlinux);
	return failed;
}
