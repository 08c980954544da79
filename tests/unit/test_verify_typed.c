/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed objects: the walk of kernel types, the rows of kernel functions, and
 * dynptrs by programs that the running kernel is asked about too. Programs
 * that call kernel functions are compared in tests/verify.
 */
#include "verify_cases.h"

#include <sys/utsname.h>

#include "btf/btf.h"
#include "btf_blob.h"
#include "spec/kfuncs.h"
#include "verify/typed/btf_walk.h"
#include "verify/call/call.h"
#include "verify/env.h"
#include "verify/typed/typed.h"

#define VMLINUX	"/sys/kernel/btf/vmlinux"

/* A dynptr at r10 - 24, over a value of map 0. */
#define DYNPTR \
	"*(u32 *)(r10 - 4) = 0\n" \
	"r2 = r10\n" \
	"r2 += -4\n" \
	"lddw r1, map_fd(0)\n" \
	"call 1\n" \
	"if r0 != 0 goto have\n" \
	"r0 = 0\n" \
	"exit\n" \
	"have:\n" \
	"r1 = r0\n" \
	"r2 = 32\n" \
	"r3 = 0\n" \
	"r4 = r10\n" \
	"r4 += -24\n" \
	"call 197\n"

/* Sixteen bytes of it to r10 - 48, with r3 where `add` says. */
#define READ(add) \
	"r1 = r10\n" \
	"r1 += -48\n" \
	"r2 = 16\n" \
	"r3 = r10\n" \
	"r3 += " add "\n" \
	"r4 = 0\n" \
	"r5 = 0\n" \
	"call 201\n"

/* A piece of it in r0, not NULL. */
#define DATA \
	"r1 = r10\n" \
	"r1 += -24\n" \
	"r2 = 0\n" \
	"r3 = 8\n" \
	"call 203\n" \
	"if r0 != 0 goto data\n" \
	"r0 = 0\n" \
	"exit\n" \
	"data:\n"

#define END \
	"r0 = 0\n" \
	"exit\n"

static const struct verify_case cases[] = {
	{ "dynptr, read", 0, DYNPTR READ("-24") END, NULL },
	{ "dynptr, never made", 0,
	  "*(u64 *)(r10 - 24) = 0\n"
	  "*(u64 *)(r10 - 16) = 0\n" READ("-24") END, "verify-dynptr" },
	{ "dynptr, its second slot", 0, DYNPTR READ("-16") END,
	  "verify-dynptr" },
	{ "dynptr, not aligned", 0, DYNPTR READ("-20") END,
	  "verify-dynptr" },
	{ "dynptr, first half overwritten", 0,
	  DYNPTR "*(u64 *)(r10 - 24) = 0\n" READ("-24") END,
	  "verify-dynptr" },
	{ "dynptr, one byte overwritten", 0,
	  DYNPTR "*(u8 *)(r10 - 9) = 0\n" READ("-24") END,
	  "verify-dynptr" },
	{ "slice, used", 0,
	  DYNPTR DATA "*(u64 *)(r0 + 0) = 1\n" END, NULL },
	{ "slice, beyond", 0,
	  DYNPTR DATA "*(u64 *)(r0 + 1) = 1\n" END, "verify-mem-bounds" },
	{ "slice, not checked", 0,
	  DYNPTR
	  "r1 = r10\n"
	  "r1 += -24\n"
	  "r2 = 0\n"
	  "r3 = 8\n"
	  "call 203\n"
	  "*(u64 *)(r0 + 0) = 1\n" END, "verify-null" },
	{ "slice, its dynptr overwritten", 0,
	  DYNPTR DATA
	  "*(u64 *)(r10 - 16) = 0\n"
	  "*(u64 *)(r0 + 0) = 1\n" END, "verify-not-pointer" },
	{ "slice, of a size that is not constant", 0,
	  DYNPTR
	  "call 7\n"
	  "r3 = r0\n"
	  "r1 = r10\n"
	  "r1 += -24\n"
	  "r2 = 0\n"
	  "call 203\n" END, "verify-arg-const" },
	{ "dynptr, over the stack", 0,
	  "r1 = r10\n"
	  "r1 += -8\n"
	  "*(u64 *)(r1 + 0) = 0\n"
	  "r2 = 8\n"
	  "r3 = 0\n"
	  "r4 = r10\n"
	  "r4 += -24\n"
	  "call 197\n" END, "verify-arg" },
	{ "spin lock, in a map without one", PROG_TYPE_SCHED_CLS,
	  "*(u32 *)(r10 - 4) = 0\n"
	  "r2 = r10\n"
	  "r2 += -4\n"
	  "lddw r1, map_fd(0)\n"
	  "call 1\n"
	  "if r0 == 0 goto +2\n"
	  "r1 = r0\n"
	  "call 93\n" END, "verify-lock" },
	{ "context of a system call, as a frame", PROG_TYPE_SYSCALL,
	  "call 188\n" END, "verify-arg", .flags = BPF_F_SLEEPABLE },
	{ "a filter that sleeps", 0, END, "verify-sleep",
	  .flags = BPF_F_SLEEPABLE },
};

static const struct case_table table = CASE_TABLE(cases);

static void test_cases(void **state)
{
	case_check_all(&table, 1);
}

static void test_cases_kernel(void **state)
{
	case_check_all_kernel(&table, 1);
}

/* ---- kernel types ---- */

struct fixture {
	struct btf *btf;
	struct verify_env env;
	struct state st;
	struct prog prog;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	arena_init(&f->env.arena);
	f->prog.name = "test";
	f->env.prog = &f->prog;
	f->env.cur = &f->st;
	if (btf_open(&f->btf, VMLINUX, NULL))
		f->btf = NULL;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	btf_put(f->btf);
	arena_fini(&f->env.arena);
	free(f);
	return 0;
}

static uint32_t type_of(struct fixture *f, const char *name)
{
	uint32_t id;

	if (!f->btf)
		skip();
	id = btf_find(f->btf, name, BTF_KIND_STRUCT);
	assert_int_not_equal(id, 0);
	return id;
}

static int walk(struct fixture *f, struct btf_walk *w, const char *type,
		uint32_t off, uint32_t size)
{
	*w = (struct btf_walk){
		.btf = f->btf, .id = type_of(f, type), .off = off,
		.size = size, .flexible = true,
	};
	return btf_walk(&f->env, w);
}

static void test_walk(void **state)
{
	struct fixture *f = *state;
	uint32_t task = type_of(f, "task_struct"), off, size;
	struct btf_walk w;

	assert_true(btf_member_range(f->btf, task, "pid", &off, &size));
	assert_int_equal(walk(f, &w, "task_struct", off, 4), 0);
	assert_int_equal(w.found, FOUND_NUMBER);
	assert_string_equal(w.field, "pid");
	/* eight bytes from the second of a pair are beyond its end */
	assert_int_equal(walk(f, &w, "task_struct", off, 8), -EACCES);

	assert_true(btf_member_range(f->btf, task, "mm", &off, &size));
	assert_int_equal(walk(f, &w, "task_struct", off, 8), 0);
	assert_int_equal(w.found, FOUND_STRUCT_POINTER);
	assert_string_equal(btf_type_name(f->btf, w.id), "mm_struct");
	assert_int_equal(walk(f, &w, "task_struct", off, 4), -EACCES);
	assert_int_equal(walk(f, &w, "task_struct", off + 1, 8), -EACCES);

	assert_true(btf_member_range(f->btf, task, "comm", &off, &size));
	assert_int_equal(walk(f, &w, "task_struct", off + 1, 8), 0);
	assert_int_equal(w.found, FOUND_NUMBER);
	assert_int_equal(walk(f, &w, "task_struct", off + size - 1, 2),
			 -EACCES);
	assert_int_equal(walk(f, &w, "task_struct", UINT32_MAX - 4, 8),
			 -EACCES);
}

static void test_first_members(void **state)
{
	struct fixture *f = *state;
	uint32_t tcp = type_of(f, "tcp_sock"), sock = type_of(f, "sock");
	uint32_t common = type_of(f, "sock_common");
	uint32_t task = type_of(f, "task_struct");

	assert_true(btf_begins_with(f->btf, tcp, 0, f->btf, tcp, true));
	assert_true(btf_begins_with(f->btf, tcp, 0, f->btf, sock, false));
	assert_true(btf_begins_with(f->btf, tcp, 0, f->btf, common, false));
	assert_false(btf_begins_with(f->btf, tcp, 0, f->btf, common, true));
	assert_false(btf_begins_with(f->btf, tcp, 8, f->btf, common, false));
	assert_false(btf_begins_with(f->btf, sock, 0, f->btf, tcp, false));
	assert_false(btf_begins_with(f->btf, task, 0, f->btf, sock, false));
}

#define NESTED		10
#define NESTED_MEMBERS	60

/* Ten unions, each of sixty times the next one: 60^10 members. */
static void test_nested(void **state)
{
	static struct btf_blob blob;
	static uint8_t bytes[sizeof(blob)];
	const struct verify_input in = { NULL };
	struct fixture *f = *state;
	struct btf *btf;

	f->env.in = &in;
	blob_init(&blob);
	for (uint32_t id = 1; id <= NESTED; id++) {
		blob_type(&blob, "u", INFO(BTF_KIND_UNION, NESTED_MEMBERS), 4);
		for (uint32_t i = 0; i < NESTED_MEMBERS; i++) {
			blob.types[blob.words++] = 0;
			blob.types[blob.words++] = id + 1;
			blob.types[blob.words++] = 0;
		}
	}
	blob_type(&blob, "int", INFO(BTF_KIND_INT, 0), 4, 32);
	assert_int_equal(btf_parse(&btf, bytes, blob_write(&blob, bytes),
				   "test", NULL), 0);
	assert_non_null(btf_specials(&f->env, btf, 1)->error);
	assert_null(btf_specials(&f->env, btf, NESTED)->error);
	btf_put(btf);
}

/* ---- places ---- */

/* What is said to a program for that member of tcp_congestion_ops. */
static int attach_to(struct fixture *f, const char *member, uint32_t flags,
		     bool gpl)
{
	uint32_t ops = type_of(f, "tcp_congestion_ops"), i = 0;
	const struct btf_type *type = btf_type(f->btf, ops);

	while (!str_eq(btf_str(f->btf, btf_members(type)[i].name_off),
		       member))
		assert_true(++i < btf_vlen(type));
	f->env.cur = NULL;
	f->prog.type = PROG_TYPE_STRUCT_OPS;
	f->prog.flags = flags;
	f->prog.gpl = gpl;
	f->prog.attach = (struct prog_attach){
		.btf = f->btf, .ops = ops, .member = i,
	};
	return attach_check(&f->env);
}

static void test_members(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(attach_to(f, "ssthresh", 0, true), 0);
	assert_int_equal(attach_to(f, "ssthresh", 0, false), -EINVAL);
	assert_int_equal(attach_to(f, "get_info", 0, true), -EINVAL);
	assert_true(attach_to(f, "ssthresh", BPF_F_SLEEPABLE, true) < 0);
	assert_string_equal(f->env.why.row->id, "verify-sleep");
}

/* ---- rows ---- */

static void test_rows(void **state)
{
	const uint32_t iter = KFUNC_ITER_NEW | KFUNC_ITER_NEXT |
			      KFUNC_ITER_DESTROY;

	for (size_t i = 0; i < kfunc_rows_cnt; i++) {
		const struct kfunc_row *row = &kfunc_rows[i];

		/* the name finds this row: no other has it */
		assert_ptr_equal(kfunc_row(row->name), row);
		assert_int_not_equal(row->progs, 0);
		assert_int_not_equal(row->since, 0);
		assert_int_equal(str_starts(row->name, "bpf_iter_"),
				 !!(row->flags & iter));
	}
	assert_null(kfunc_row("no_such_function"));
}

/* Of the kernel, at most the last whose functions were looked at. */
static bool known_release(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) ||
	    sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return false;
	return KERNEL_RELEASE(major, minor) <= KERNEL_RELEASE(6, 18);
}

/* Every function that the running kernel marks as one for programs. */
static void test_rows_kernel(void **state)
{
	static const char *const not_called[] = {
		"__bpf_trap", "bpf_fentry_test1", "bpf_modify_return_test",
		"bpf_modify_return_test2",
	};
	struct fixture *f = *state;
	size_t missing = 0;

	if (!f->btf)
		skip();
	for (uint32_t id = 1; id < btf_type_cnt(f->btf); id++) {
		const struct btf_type *t = btf_type(f->btf, id);
		const char *name;
		bool skipped = false;

		if (btf_kind(t) != BTF_KIND_DECL_TAG ||
		    !str_eq(btf_str(f->btf, t->name_off), "bpf_kfunc"))
			continue;
		name = btf_type_name(f->btf, t->type);
		for (size_t i = 0; i < ARRAY_SIZE(not_called); i++)
			skipped |= str_eq(not_called[i], name);
		if (skipped || kfunc_row(name))
			continue;
		print_message("no row: %s\n", name);
		missing++;
	}
	/* later kernels may have more than the rows know */
	if (known_release())
		assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cases_kernel),
		cmocka_unit_test_setup_teardown(test_walk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_first_members, setup,
						teardown),
		cmocka_unit_test(test_rows),
		cmocka_unit_test_setup_teardown(test_rows_kernel, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
