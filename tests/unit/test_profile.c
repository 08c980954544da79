/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel profiles: what a program uses against the release that brought it. */
#include "cmocka_all.h"

#include "isa/insn.h"
#include "spec/releases.h"
#include "verify/profile.h"

#define LACKS_MAX	16

struct told {
	struct profile_lack lacks[LACKS_MAX];
	uint32_t cnt;
};

static void keep(void *arg, const struct profile_lack *lack)
{
	struct told *told = arg;

	if (told->cnt < LACKS_MAX)
		told->lacks[told->cnt++] = *lack;
}

static const struct profile_lack *find(const struct told *told,
				       enum profile_kind kind,
				       const char *name)
{
	for (uint32_t i = 0; i < told->cnt; i++)
		if (told->lacks[i].kind == kind &&
		    strcmp(told->lacks[i].name, name) == 0)
			return &told->lacks[i];
	return NULL;
}

#define INSN(code_, dst_, src_, off_, imm_) \
	((struct bpf_insn){ .code = code_, .dst_reg = dst_, .src_reg = src_, \
			    .off = off_, .imm = imm_ })
#define CALL(helper)	INSN(BPF_JMP | BPF_CALL, 0, 0, 0, HELPER_##helper)
#define SET(dst, imm)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define EXIT		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static const struct subprog whole = { .name = "main" };

/* Fills in what every program here has. */
static struct prog prog_of(const struct bpf_insn *insns, uint32_t cnt)
{
	return (struct prog){
		.name = "main", .section = "xdp", .type = PROG_TYPE_XDP,
		.attach_type = ATTACH_TYPE_XDP, .insns = insns,
		.insns_cnt = cnt, .subprogs = &whole, .subprogs_cnt = 1,
	};
}

static int check(const struct prog *prog, const struct verify_map *maps,
		 uint32_t release, struct told *told, uint32_t *oldest)
{
	const struct verify_input in = { .prog = prog, .maps = maps };

	told->cnt = 0;
	return profile_check(&in, NULL, release, keep, told, oldest);
}

static void plain_program_loads_everywhere(void **state)
{
	const struct bpf_insn insns[] = { SET(0, 2), EXIT };
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	struct told told;
	uint32_t oldest;

	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(5, 4), &told,
			       &oldest), 0);
	assert_int_equal(oldest, KERNEL_RELEASE(4, 8));
	/* the attach type came later, and older kernels do without */
	assert_int_equal(told.cnt, 1);
	assert_true(told.lacks[0].soft);
	assert_int_equal(told.lacks[0].kind, PROFILE_ATTACH);
}

static void helpers_have_their_release_and_place(void **state)
{
	const struct bpf_insn insns[] = {
		SET(0, 0), CALL(loop), CALL(loop), EXIT,
	};
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	const struct profile_lack *lack;
	struct told told;
	uint32_t oldest;

	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(5, 15), &told,
			       &oldest), 1);
	lack = find(&told, PROFILE_HELPER, "bpf_loop");
	assert_non_null(lack);
	assert_int_equal(lack->insn, 1);
	assert_int_equal(lack->since, KERNEL_RELEASE(5, 17));
	assert_int_equal(oldest, KERNEL_RELEASE(5, 17));
	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(6, 1), &told,
			       &oldest), 0);
}

static void dead_calls_do_not_count(void **state)
{
	const struct bpf_insn insns[] = { SET(0, 0), EXIT, CALL(loop), EXIT };
	struct verify_fact reached[4] = {
		{ .flags = FACT_REACHED }, { .flags = FACT_REACHED },
	};
	const struct verify_facts facts = { .insns = reached, .insns_cnt = 4 };
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	const struct verify_input in = { .prog = &prog };
	uint32_t oldest;

	assert_int_equal(profile_check(&in, NULL, KERNEL_RELEASE(5, 4), NULL,
				       NULL, &oldest), 1);
	assert_int_equal(profile_check(&in, &facts, KERNEL_RELEASE(5, 4), NULL,
				       NULL, &oldest), 0);
	assert_int_equal(oldest, KERNEL_RELEASE(4, 8));
}

static void instructions_have_their_release(void **state)
{
	const struct bpf_insn insns[] = {
		SET(0, 6),
		INSN(BPF_ALU64 | BPF_DIV | BPF_K, 0, 0, 1, 3), /* signed */
		EXIT,
	};
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	const struct profile_lack *lack;
	struct told told;
	uint32_t oldest;

	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(6, 1), &told,
			       &oldest), 1);
	lack = find(&told, PROFILE_INSN, "SDIV64_IMM");
	assert_non_null(lack);
	assert_int_equal(lack->insn, 1);
	assert_int_equal(oldest, KERNEL_RELEASE(6, 6));
}

/* A jump backwards is no loop unless it can come back to itself. */
static void loops_are_found(void **state)
{
	const struct bpf_insn loop[] = {
		SET(0, 9),
		INSN(BPF_ALU64 | BPF_SUB | BPF_K, 0, 0, 0, 1),
		INSN(BPF_JMP | BPF_JNE | BPF_K, 0, 0, -2, 0),
		EXIT,
	};
	const struct bpf_insn layout[] = {
		INSN(BPF_JMP | BPF_JA, 0, 0, 2, 0),
		SET(0, 0), EXIT,
		INSN(BPF_JMP | BPF_JA, 0, 0, -3, 0),
	};
	struct prog prog = prog_of(loop, ARRAY_SIZE(loop));
	const struct profile_lack *lack;
	struct told told;
	uint32_t oldest;

	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(5, 2), &told,
			       &oldest), 1);
	lack = find(&told, PROFILE_FEATURE, "loops");
	assert_non_null(lack);
	assert_int_equal(lack->insn, 2);
	assert_int_equal(oldest, KERNEL_RELEASE(5, 3));
	prog = prog_of(layout, ARRAY_SIZE(layout));
	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(5, 2), &told,
			       &oldest), 0);
}

static void maps_have_types_and_flags(void **state)
{
	const struct bpf_insn insns[] = { SET(0, 2), EXIT };
	const struct verify_map maps[] = {
		{ .name = "events", .type = MAP_TYPE_RINGBUF },
		{ .name = "state", .type = MAP_TYPE_ARRAY,
		  .flags = MAP_FLAG_MMAPABLE },
	};
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	const struct profile_lack *lack;
	struct told told;
	uint32_t oldest;

	prog.maps_cnt = 2;
	assert_int_equal(check(&prog, maps, KERNEL_RELEASE(5, 4), &told,
			       &oldest), 2);
	lack = find(&told, PROFILE_MAP, "ringbuf");
	assert_non_null(lack);
	assert_string_equal(lack->map, "events");
	assert_non_null(find(&told, PROFILE_MAP_FLAG, "BPF_F_MMAPABLE"));
	assert_int_equal(oldest, KERNEL_RELEASE(5, 8));
}

/* Loaders drop the flag where .data cannot be mapped. */
static void global_data_need_not_be_mappable(void **state)
{
	const struct bpf_insn insns[] = { SET(0, 2), EXIT };
	const struct verify_map map = {
		.name = "object.data", .type = MAP_TYPE_ARRAY,
		.flags = MAP_FLAG_MMAPABLE,
	};
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	struct told told;

	prog.maps_cnt = 1;
	assert_int_equal(check(&prog, &map, KERNEL_RELEASE(5, 4), &told, NULL),
			 0);
	assert_true(find(&told, PROFILE_MAP_FLAG, "BPF_F_MMAPABLE")->soft);
}

static void tail_calls_beside_calls_are_newer(void **state)
{
	static const struct subprog subprogs[] = {
		{ "main", 0, 3 }, { "sub", 3, 2 },
	};
	const struct bpf_insn insns[] = {
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 2),
		CALL(tail_call), EXIT,
		SET(0, 0), EXIT,
	};
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	struct told told;
	uint32_t oldest;

	prog.subprogs = subprogs;
	prog.subprogs_cnt = 2;
	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(5, 4), &told,
			       &oldest), 1);
	assert_int_equal(oldest, KERNEL_RELEASE(5, 10));
}

static void programs_have_types_flags_and_places(void **state)
{
	const struct bpf_insn insns[] = { SET(0, 1), EXIT };
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	struct told told;
	uint32_t oldest;

	prog.type = PROG_TYPE_NETFILTER;
	prog.attach_type = ATTACH_TYPE_NETFILTER;
	prog.section = "netfilter";
	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(6, 1), &told,
			       &oldest), 2);
	prog = prog_of(insns, ARRAY_SIZE(insns));
	prog.section = "xdp.frags";
	prog.flags = PROG_FLAG_XDP_HAS_FRAGS;
	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(5, 15), &told,
			       &oldest), 1);
	assert_non_null(find(&told, PROFILE_FLAG, "BPF_F_XDP_HAS_FRAGS"));
	prog = prog_of(insns, ARRAY_SIZE(insns));
	prog.type = PROG_TYPE_SCHED_CLS;
	prog.attach_type = ATTACH_TYPE_TCX_INGRESS;
	prog.section = "tc/ingress";
	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(5, 4), &told,
			       &oldest), 0);
	prog.section = "tcx/ingress";
	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(5, 4), &told,
			       &oldest), 1);
	assert_int_equal(oldest, KERNEL_RELEASE(6, 6));
}

static void no_kernel_has_calls_by_register(void **state)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_JMP | BPF_CALL | BPF_X, 1, 0, 0, 0), EXIT,
	};
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	struct told told;
	uint32_t oldest = 7;

	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(6, 18), &told,
			       &oldest), 1);
	assert_int_equal(oldest, 0);
}

static void kernel_functions_have_their_release(void **state)
{
	static const char *const kfuncs[] = { "bpf_iter_num_new", "no_such" };
	const struct bpf_insn insns[] = {
		SET(0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 1),
		EXIT,
	};
	struct prog prog = prog_of(insns, ARRAY_SIZE(insns));
	struct told told;
	uint32_t oldest;

	prog.kfuncs = kfuncs;
	prog.kfuncs_cnt = ARRAY_SIZE(kfuncs);
	assert_int_equal(check(&prog, NULL, KERNEL_RELEASE(6, 1), &told,
			       &oldest), 1);
	assert_int_equal(find(&told, PROFILE_KFUNC, "bpf_iter_num_new")->insn,
			 1);
	assert_int_equal(oldest, KERNEL_RELEASE(6, 4));
}

static void releases_are_read(void **state)
{
	assert_int_equal(profile_release("5.15"), KERNEL_RELEASE(5, 15));
	assert_int_equal(profile_release("v6.1"), KERNEL_RELEASE(6, 1));
	assert_int_equal(profile_release("6.12.9-amd64"),
			 KERNEL_RELEASE(6, 12));
	assert_int_equal(profile_release("6.18"), KERNEL_RELEASE(6, 18));
	assert_int_equal(profile_release("6.999"), 0);
	assert_int_equal(profile_release("2.6"), 0);
	assert_int_equal(profile_release("5"), 0);
	assert_int_equal(profile_release("5.15x"), 0);
	assert_int_equal(profile_release(""), 0);
	assert_int_equal(profile_release("7.0"), 0);
}

static void kinds_have_names(void **state)
{
	for (int kind = 0; kind < PROFILE_KIND_CNT; kind++)
		assert_true(*profile_kind_name((enum profile_kind)kind));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_program_loads_everywhere),
		cmocka_unit_test(helpers_have_their_release_and_place),
		cmocka_unit_test(dead_calls_do_not_count),
		cmocka_unit_test(instructions_have_their_release),
		cmocka_unit_test(loops_are_found),
		cmocka_unit_test(maps_have_types_and_flags),
		cmocka_unit_test(global_data_need_not_be_mappable),
		cmocka_unit_test(tail_calls_beside_calls_are_newer),
		cmocka_unit_test(programs_have_types_flags_and_places),
		cmocka_unit_test(no_kernel_has_calls_by_register),
		cmocka_unit_test(kernel_functions_have_their_release),
		cmocka_unit_test(releases_are_read),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
