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

static bool loads(const struct probe *probe, const struct bpf_insn *insns,
		  uint32_t cnt)
{
	union bpf_attr attr = {
		.prog_type = probe->type,
		.expected_attach_type = probe->attach,
		.prog_flags = probe->flags,
		.attach_btf_id = probe->btf_id,
		.insns = (uintptr_t)insns,
		.insn_cnt = cnt,
		.license = (uintptr_t)"GPL",
	};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return false;
	close(fd);
	return true;
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

static int make_xskmap(void)
{
	union bpf_attr attr = {
		.map_type = MAP_TYPE_XSKMAP, .key_size = 4, .value_size = 4,
		.max_entries = 1,
	};

	return (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static void xdp_sockets_are_the_kernels(void **state)
{
	int fd = make_xskmap();
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
