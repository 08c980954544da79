/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context tables of src/prog/ and the return ranges of spec/returns.def
 * against the running kernel: for every program type and place of attachment
 * that it loads, each load and store of 1, 2, 4 and 8 bytes at every offset
 * of the context and a little beyond, and each return value around the edges,
 * as a program of its own.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/bpf.h>

#include "cmocka_all.h"
#include "prog/returns.h"
#include "prog/ctx.h"

/* The release that the tables describe in full. */
#define ROWS_RELEASE	KERNEL_RELEASE(6, 18)

static struct btf *vmlinux;

/* What a program needs to be loaded, and how it gets at the struct. */
struct probe {
	enum prog_type type;
	uint32_t attach, flags, btf_id;
	const struct ctx_layout *layout;
	const struct bpf_insn *before;	/* leaves the address in r7 */
	uint32_t before_cnt;
};

/* The log that the kernel gives at level 2, when `log` is not NULL. */
static bool loads_with(const struct probe *probe, const struct bpf_insn *insns,
		       uint32_t cnt, char *log, uint32_t log_size)
{
	union bpf_attr attr = {
		.prog_type = probe->type,
		.expected_attach_type = probe->attach,
		.prog_flags = probe->flags,
		.attach_btf_id = probe->btf_id,
		.insns = (uintptr_t)insns,
		.insn_cnt = cnt,
		.license = (uintptr_t)"GPL",
		.log_buf = (uintptr_t)log,
		.log_size = log_size,
		.log_level = log ? 2 : 0,
	};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool loads(const struct probe *probe, const struct bpf_insn *insns,
		  uint32_t cnt)
{
	return loads_with(probe, insns, cnt, NULL, 0);
}

/* A number that the program may end with. */
static int32_t good_return(const struct probe *probe)
{
	struct return_range range;

	if (prog_return_range(probe->type, probe->attach, NULL, &range))
		return (int32_t)range.min;
	return 0;
}

#define INSNS_MAX	32

static bool kernel_allows(const struct probe *probe,
			  const struct bpf_insn *access)
{
	struct bpf_insn insns[INSNS_MAX];
	uint32_t cnt = probe->before_cnt;

	memcpy(insns, probe->before, cnt * sizeof(*insns));
	insns[cnt++] = (struct bpf_insn){
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3,
	};
	insns[cnt++] = *access;
	insns[cnt++] = (struct bpf_insn){
		.code = BPF_ALU64 | BPF_MOV | BPF_K,
		.imm = good_return(probe),
	};
	insns[cnt++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	return loads(probe, insns, cnt);
}

enum mode {
	LOAD,
	LOAD_SIGNED,
	STORE,
	STORE_IMM,
	MODE_CNT
};

static const struct {
	const char *name;
	uint8_t code, access;
} modes[] = {
	[LOAD]        = { "load", BPF_LDX | BPF_MEM, CTX_READ },
	[LOAD_SIGNED] = { "signed load", BPF_LDX | 0x80,
			  CTX_READ | CTX_SIGNED },
	[STORE]       = { "store", BPF_STX | BPF_MEM, CTX_WRITE },
	[STORE_IMM]   = { "store of a constant", BPF_ST | BPF_MEM, CTX_WRITE },
};

static const struct {
	uint32_t size;
	uint8_t code;
} sizes[] = {
	{ 1, BPF_B }, { 2, BPF_H }, { 4, BPF_W }, { 8, BPF_DW },
};

static uint8_t size_code(uint32_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (sizes[i].size == size)
			return sizes[i].code;
	return BPF_B;
}

static struct bpf_insn access_of(enum mode mode, uint8_t size, uint32_t off)
{
	return (struct bpf_insn){
		.code = modes[mode].code | size, .off = (int16_t)off,
		.dst_reg = mode <= LOAD_SIGNED ? 2 : 7,
		.src_reg = mode <= LOAD_SIGNED ? 7 : mode == STORE ? 3 : 0,
	};
}

static size_t asked, different;

static void compare(const struct probe *probe, uint32_t off, uint32_t size,
		    uint8_t size_code, enum mode mode)
{
	const struct ctx_layout *layout = probe->layout;
	const struct bpf_insn insn = access_of(mode, size_code, off);
	const struct ctx_field *field;
	bool ours = ctx_allows(layout, probe->attach, off, size,
			       modes[mode].access, &field);
	bool theirs = kernel_allows(probe, &insn);

	asked++;
	if (ours == theirs)
		return;
	print_error("%s at %u, struct %s: %s of %u at %u: kernel %d, skep %d\n",
		    prog_row(probe->type)->name, probe->attach, layout->name,
		    modes[mode].name, size, off, theirs, ours);
	different++;
}

/* Offsets that tell something: all of a struct, the ends of a large one. */
static bool is_telling(const struct ctx_layout *layout, uint32_t off)
{
	return off < 256 || off + 16 >= layout->size;
}

static void check_layout(const struct probe *probe)
{
	const struct ctx_layout *layout = probe->layout;
	uint32_t end = MIN(layout->size + 8u, (uint32_t)INT16_MAX - 7);

	for (uint32_t off = 0; off < end; off++) {
		if (!is_telling(layout, off))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			for (enum mode mode = 0; mode < MODE_CNT; mode++)
				if (mode != LOAD_SIGNED || sizes[i].size < 8)
					compare(probe, off, sizes[i].size,
						sizes[i].code, mode);
	}
}

static bool returns(const struct probe *probe, int32_t value)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return loads(probe, insns, ARRAY_SIZE(insns));
}

static bool may_return(const struct probe *probe,
		       const struct return_hook *hook, int64_t value)
{
	struct return_range range;

	if (!prog_return_range(probe->type, probe->attach, hook, &range))
		return true;
	return range.unset || (value >= range.min && value <= range.max);
}

static void check_returns(const struct probe *probe,
			  const struct return_hook *hook)
{
	static const int32_t values[] = {
		INT32_MIN, -4096, -4095, -2, -1, 0, 1, 2, 3, 4, 5, INT32_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		bool theirs = returns(probe, values[i]);

		asked++;
		if (theirs == may_return(probe, hook, values[i]))
			continue;
		print_error("%s at %u returns %d: kernel %d\n",
			    prog_row(probe->type)->name, probe->attach,
			    values[i], theirs);
		different++;
	}
}

static const struct bpf_insn from_ctx[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 7, .src_reg = 1 },
};

static struct probe probe_of(enum prog_type type, uint32_t attach)
{
	return (struct probe){
		.type = type, .attach = attach,
		.flags = type == PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
		.layout = ctx_layout(type), .before = from_ctx,
		.before_cnt = ARRAY_SIZE(from_ctx),
	};
}

static bool loadable(const struct probe *probe)
{
	return returns(probe, good_return(probe));
}

typedef void (*check_fn)(const struct probe *probe);

/* Every place where the kernel loads programs of a type. */
static uint32_t each_place(enum prog_type type, check_fn check)
{
	uint32_t places = 0;

	for (uint32_t attach = 0; attach < ATTACH_TYPE_END; attach++) {
		struct probe probe = probe_of(type, attach);

		if (attach && !(attach_row(attach)->progs >> type & 1))
			continue;
		if (!loadable(&probe))
			continue;
		check(&probe);
		places++;
	}
	return places;
}

static void check_context(const struct probe *probe)
{
	if (!probe->layout->by_btf)
		check_layout(probe);
}

static void check_plain_returns(const struct probe *probe)
{
	check_returns(probe, NULL);
}

static void contexts_are_the_kernels(void **state)
{
	asked = different = 0;
	for (uint32_t type = 1; type < PROG_TYPE_END; type++)
		if (!each_place(type, check_context))
			print_message("skipped: this kernel loads no %s\n",
				      prog_row(type)->name);
	print_message("%zu accesses, %zu differ\n", asked, different);
	assert_int_equal(different, 0);
}

/* How the kernel's log begins what it knows of a register. */
static const char *const kinds[] = {
	[CTX_SCALAR] = "scalar(", [CTX_BYTES] = "scalar(",
	[CTX_QUEUE] = "scalar(", [CTX_PACKET] = "pkt(",
	[CTX_PACKET_META] = "pkt_meta(", [CTX_PACKET_END] = "pkt_end(",
	[CTX_SOCKET] = "sock(", [CTX_SOCKET_OR_NULL] = "sock_or_null(",
	[CTX_SOCK_COMMON_OR_NULL] = "sock_common_or_null(",
	[CTX_FLOW_KEYS] = "flow_keys(", [CTX_TP_BUFFER] = "tp_buffer(",
	[CTX_BTF] = "trusted_ptr_",
};

static void check_kind(const struct probe *probe, const struct ctx_field *field)
{
	uint32_t size = field->unit ? field->unit : field->size;
	const struct bpf_insn insns[] = {
		{ .code = BPF_LDX | BPF_MEM | size_code(size), .dst_reg = 2,
		  .src_reg = 1, .off = (int16_t)field->off },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .imm = good_return(probe) },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static char log[1 << 14];
	const char *at;

	log[0] = '\0';
	if (!loads_with(probe, insns, ARRAY_SIZE(insns), log, sizeof(log)))
		return;
	asked++;
	at = strstr(log, "R2");
	at = at ? strchr(at, '=') : NULL;
	if (at && strncmp(at + 1, kinds[field->kind],
			  strlen(kinds[field->kind])) == 0 &&
	    (!field->btf || strncmp(at + 1 + strlen(kinds[CTX_BTF]),
				    field->btf, strlen(field->btf)) == 0))
		return;
	print_error("struct %s, %s: kernel has %.30s\n", probe->layout->name,
		    field->name, at ? at : log);
	different++;
}

static void check_kinds(const struct probe *probe)
{
	for (size_t i = 0; i < probe->layout->fields_cnt; i++) {
		const struct ctx_field *field = &probe->layout->fields[i];

		if (field->kind != CTX_BYTES)
			check_kind(probe, field);
	}
}

static void loads_give_what_the_kernel_says(void **state)
{
	asked = different = 0;
	for (uint32_t type = 1; type < PROG_TYPE_END; type++)
		each_place(type, check_kinds);
	print_message("%zu loads, %zu differ\n", asked, different);
	assert_true(asked > 500);
	assert_int_equal(different, 0);
}

#define LOAD_FIELD(dst, src, offset) \
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = dst, \
	  .src_reg = src, .off = offset }
#define MOVE(dst, src) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst, .src_reg = src }
#define CALL(helper) \
	{ .code = BPF_JMP | BPF_CALL, .imm = HELPER_##helper }
#define SET(dst, value) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = dst, .imm = value }
#define EXIT_UNLESS(reg) \
	{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = reg, .off = 2 }, \
	SET(0, 0), { .code = BPF_JMP | BPF_EXIT }

static void check_behind(enum prog_type type, const struct ctx_layout *layout,
			 const struct bpf_insn *before, uint32_t cnt)
{
	struct probe probe = probe_of(type, 0);

	probe.layout = layout;
	probe.before = before;
	probe.before_cnt = cnt;
	check_layout(&probe);
}

static void sockets_are_the_kernels(void **state)
{
	static const struct bpf_insn common[] = {
		LOAD_FIELD(7, 1, offsetof(struct __sk_buff, sk)),
		EXIT_UNLESS(7),
	};
	static const struct bpf_insn full[] = {
		LOAD_FIELD(1, 1, offsetof(struct __sk_buff, sk)),
		EXIT_UNLESS(1), CALL(sk_fullsock), EXIT_UNLESS(0), MOVE(7, 0),
	};
	static const struct bpf_insn tcp[] = {
		LOAD_FIELD(1, 1, offsetof(struct __sk_buff, sk)),
		EXIT_UNLESS(1), CALL(tcp_sock), EXIT_UNLESS(0), MOVE(7, 0),
	};

	asked = different = 0;
	check_behind(PROG_TYPE_SCHED_CLS, &ctx_to_sock_common, common,
		     ARRAY_SIZE(common));
	check_behind(PROG_TYPE_SCHED_CLS, &ctx_to_socket, full,
		     ARRAY_SIZE(full));
	check_behind(PROG_TYPE_SCHED_CLS, &ctx_to_tcp_sock, tcp,
		     ARRAY_SIZE(tcp));
	print_message("%zu accesses, %zu differ\n", asked, different);
	assert_int_equal(different, 0);
}

static int make_map(enum map_type type)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = 4,
		.max_entries = 1,
	};

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static void xdp_sockets_are_the_kernels(void **state)
{
	int fd = make_map(MAP_TYPE_XSKMAP);
	const struct bpf_insn before[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd },
		{ 0 },
		MOVE(2, 10),
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2,
		  .imm = -4 },
		CALL(map_lookup_elem), EXIT_UNLESS(0), MOVE(7, 0),
	};

	if (fd < 0)
		skip();
	asked = different = 0;
	check_behind(PROG_TYPE_XDP, &ctx_to_xdp_sock, before,
		     ARRAY_SIZE(before));
	close(fd);
	assert_int_equal(different, 0);
}

static const struct ctx_field *field_of_kind(const struct ctx_layout *layout,
					     enum ctx_kind kind)
{
	for (size_t i = 0; i < layout->fields_cnt; i++)
		if (layout->fields[i].kind == kind &&
		    layout->fields[i].access & CTX_READ)
			return &layout->fields[i];
	return NULL;
}

/* What a program does to 4 bytes of the packet at r7. */
enum use {
	USE_LOAD,
	USE_STORE,
	USE_KEY,		/* for a helper that takes packets */
	USE_TEXT,		/* for one that does not */
	USE_CNT
};

static bool rows_allow(const struct ctx_layout *layout, enum use use)
{
	switch (use) {
	case USE_LOAD:
		return layout->packet & CTX_READ;
	case USE_STORE:
		return layout->packet & CTX_WRITE;
	case USE_KEY:
		return layout->packet_calls >= CTX_CALLS_SOME;
	default:
		return layout->packet_calls == CTX_CALLS_ALL;
	}
}

static bool packet_allows(const struct probe *probe, enum use use, int map)
{
	const struct ctx_field *data = field_of_kind(probe->layout,
						     CTX_PACKET);
	const struct ctx_field *end = field_of_kind(probe->layout,
						    CTX_PACKET_END);
	const struct bpf_insn uses[USE_CNT][4] = {
		[USE_LOAD] = { { .code = BPF_LDX | BPF_MEM | BPF_W,
				 .dst_reg = 2, .src_reg = 7 } },
		[USE_STORE] = { { .code = BPF_ST | BPF_MEM | BPF_W,
				  .dst_reg = 7 } },
		[USE_KEY] = { MOVE(2, 7),
			{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1,
			  .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
			{ 0 }, CALL(map_lookup_elem) },
		[USE_TEXT] = { MOVE(1, 7), SET(2, 4), CALL(trace_printk),
			       SET(0, 0) },
	};
	const uint8_t used = use <= USE_STORE ? 1 : 4;
	struct bpf_insn insns[16] = {
		{ .code = BPF_LDX | BPF_MEM | size_code(data->size),
		  .dst_reg = 7, .src_reg = 1, .off = (int16_t)data->off },
		{ .code = BPF_LDX | BPF_MEM | size_code(end->size),
		  .dst_reg = 3, .src_reg = 1, .off = (int16_t)end->off },
		MOVE(4, 7),
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 4,
		  .imm = 4 },
		{ .code = BPF_JMP | BPF_JGT | BPF_X, .dst_reg = 4,
		  .src_reg = 3, .off = used },
	};

	memcpy(insns + 5, uses[use], used * sizeof(*insns));
	insns[5 + used] = (struct bpf_insn)SET(0, good_return(probe));
	insns[6 + used] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	return loads(probe, insns, 7 + used);
}

static int array_map;

static void check_packet(const struct probe *probe)
{
	if (!field_of_kind(probe->layout, CTX_PACKET))
		return;
	for (enum use use = 0; use < USE_CNT; use++) {
		bool ours = rows_allow(probe->layout, use);
		bool theirs = packet_allows(probe, use, array_map);

		asked++;
		if (ours == theirs)
			continue;
		print_error("%s: use %d of the packet: kernel %d, skep %d\n",
			    prog_row(probe->type)->name, use, theirs, ours);
		different++;
	}
}

static void packets_are_reached_as_in_the_kernel(void **state)
{
	array_map = make_map(MAP_TYPE_ARRAY);
	assert_true(array_map >= 0);
	asked = different = 0;
	for (uint32_t type = 1; type < PROG_TYPE_END; type++)
		each_place(type, check_packet);
	close(array_map);
	print_message("%zu uses of packets, %zu differ\n", asked, different);
	assert_true(asked > 40);
	assert_int_equal(different, 0);
}

static void returns_are_the_kernels(void **state)
{
	asked = different = 0;
	for (uint32_t type = 1; type < PROG_TYPE_END; type++)
		each_place(type, check_plain_returns);
	print_message("%zu return values, %zu differ\n", asked, different);
	assert_int_equal(different, 0);
}

static void typed_returns_are_the_kernels(void **state)
{
	struct probe probe = probe_of(PROG_TYPE_TRACING,
				      ATTACH_TYPE_TRACE_RAW_TP);

	asked = different = 0;
	probe.btf_id = (uint32_t)btf__find_by_name_kind(vmlinux,
		"btf_trace_sched_switch", BTF_KIND_TYPEDEF);
	if (loadable(&probe))
		check_returns(&probe, NULL);
	probe.attach = ATTACH_TYPE_TRACE_ITER;
	probe.btf_id = (uint32_t)btf__find_by_name_kind(vmlinux,
		"bpf_iter_task", BTF_KIND_FUNC);
	if (loadable(&probe))
		check_returns(&probe, NULL);
	print_message("%zu return values, %zu differ\n", asked, different);
	assert_int_equal(different, 0);
}

/* Whether a member of a struct of functions points to one without result. */
static bool is_void(const struct btf_type *ops, uint32_t member)
{
	const struct btf_type *t;

	t = btf__type_by_id(vmlinux, btf_members(ops)[member].type);
	if (!btf_is_ptr(t))
		return false;
	t = btf__type_by_id(vmlinux, t->type);
	return btf_is_func_proto(t) && !t->type;
}

static void struct_ops_return_what_their_table_says(void **state)
{
	int id = btf__find_by_name_kind(vmlinux, "tcp_congestion_ops",
					BTF_KIND_STRUCT);
	const struct btf_type *ops = btf__type_by_id(vmlinux, id);

	asked = different = 0;
	for (uint32_t i = 0; id > 0 && i < btf_vlen(ops); i++) {
		struct probe probe = probe_of(PROG_TYPE_STRUCT_OPS, i);
		const struct return_hook hook = { NULL, is_void(ops, i) };

		probe.btf_id = (uint32_t)id;
		if (loadable(&probe))
			check_returns(&probe, &hook);
	}
	print_message("%zu return values, %zu differ\n", asked, different);
	assert_int_equal(different, 0);
}

static uint32_t kernel_release(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname uts;

	uname(&uts);
	sscanf(uts.release, "%u.%u", &major, &minor);
	return KERNEL_RELEASE(major, minor);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_are_the_kernels),
		cmocka_unit_test(sockets_are_the_kernels),
		cmocka_unit_test(xdp_sockets_are_the_kernels),
		cmocka_unit_test(loads_give_what_the_kernel_says),
		cmocka_unit_test(packets_are_reached_as_in_the_kernel),
		cmocka_unit_test(returns_are_the_kernels),
		cmocka_unit_test(typed_returns_are_the_kernels),
		cmocka_unit_test(struct_ops_return_what_their_table_says),
	};
	struct probe probe = probe_of(PROG_TYPE_XDP, 0);
	int failed;

	if (kernel_release() != ROWS_RELEASE) {
		puts("skipped: the tables are compared with Linux 6.18 alone");
		return 77;
	}
	vmlinux = btf__load_vmlinux_btf();
	if (!vmlinux || !loadable(&probe)) {
		puts("skipped: needs root, bpf(2) and the kernel's BTF");
		return 77;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	btf__free(vmlinux);
	return failed;
}
