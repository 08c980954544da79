/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs as text, each with what the verifier is to say of it: the name of
 * a diagnostic, or nothing. The running kernel is asked the same where it can
 * be; a case on which the two differ says why.
 *
 * Maps that programs may name (as map_fd(N)):
 *	0  array of one, 48 bytes	3  array of one, write-only to programs
 *	1  hash, 8 to 16 bytes		4  array of one, read-only to programs
 *	2  frozen array of one, 16 bytes: 7, 0xffffffff, 0, 0x80
 */
#ifndef SKEP_TESTS_VERIFY_CASES_H
#define SKEP_TESTS_VERIFY_CASES_H

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"
#include "cmocka_all.h"
#include "spec/diags.h"
#include "text/asm.h"
#include "verify/flow/flow.h"
#include "verify/verify.h"

#define CASE_MAPS	5

struct verify_case {
	const char *name;
	uint32_t type;			/* 0: socket_filter */
	const char *text;
	const char *id;			/* "verify-null"; NULL: accepted */
	const char *differs;		/* why the kernel says otherwise */
	uint32_t attach, flags;
	enum verify_profile profile;
};

static const uint32_t case_frozen[4] = { 7, 0xffffffff, 0, 0x80 };

static const struct verify_map case_maps[CASE_MAPS] = {
	{ .name = "one", .type = MAP_TYPE_ARRAY, .key_size = 4,
	  .value_size = 48, .max_entries = 1 },
	{ .name = "hash", .type = MAP_TYPE_HASH, .key_size = 8,
	  .value_size = 16, .max_entries = 4 },
	{ .name = "frozen", .type = MAP_TYPE_ARRAY, .key_size = 4,
	  .value_size = 16, .max_entries = 1, .frozen = case_frozen,
	  .flags = BPF_F_RDONLY_PROG },
	{ .name = "wronly", .type = MAP_TYPE_ARRAY, .key_size = 4,
	  .value_size = 16, .max_entries = 1, .flags = BPF_F_WRONLY_PROG },
	{ .name = "rdonly", .type = MAP_TYPE_ARRAY, .key_size = 4,
	  .value_size = 16, .max_entries = 1, .flags = BPF_F_RDONLY_PROG },
};

/* ---- skep ---- */

struct case_answer {
	char id[64], text[512];
};

static void case_note(void *arg, const struct skep_diag *diag)
{
	struct case_answer *answer = arg;
	struct strbuf text = STRBUF_INIT;

	if (!answer->id[0])
		snprintf(answer->id, sizeof(answer->id), "%s", diag->id);
	diag_render_text(&text, diag);
	snprintf(answer->text, sizeof(answer->text), "%s",
		 strbuf_str(&text));
	strbuf_fini(&text);
}

static const struct bpf_insn *case_insns(struct arena *arena,
					 const struct verify_case *c,
					 size_t *cnt)
{
	const struct bpf_insn *insns;

	if (text_insns(arena, c->name, c->text, &insns, cnt, NULL))
		fail_msg("%s: not assembled:\n%s", c->name, c->text);
	return insns;
}

static struct case_answer case_skep(const struct verify_case *c)
{
	struct case_answer answer = { "" };
	struct diag_sink sink = { .fn = case_note, .arg = &answer };
	struct verify_options opts = {
		.profile = c->profile, .no_second_look = true,
	};
	const struct subprog *subprogs;
	struct verify_result *result;
	struct arena arena;
	struct prog prog = {
		.name = c->name, .object = "test", .section = "",
		.license = "GPL", .gpl = true, .attach_type = c->attach,
		.type = c->type ?: PROG_TYPE_SOCKET_FILTER,
		.flags = c->flags, .maps_cnt = CASE_MAPS,
	};
	struct verify_input in = { .prog = &prog, .maps = case_maps };
	size_t cnt;

	arena_init(&arena);
	prog.insns = case_insns(&arena, c, &cnt);
	prog.insns_cnt = (uint32_t)cnt;
	assert_int_equal(flow_find_subprogs(&arena, prog.insns,
					    prog.insns_cnt, &subprogs,
					    &prog.subprogs_cnt), 0);
	prog.subprogs = subprogs;
	verify_prog(&in, &opts, &result, &sink);
	verify_free(result);
	arena_fini(&arena);
	return answer;
}

/* False, after saying how, when skep says otherwise. */
static bool case_holds(const struct verify_case *c)
{
	struct case_answer answer = case_skep(c);

	if (strcmp(answer.id, c->id ?: "") != 0)
		print_error("%s: '%s', not '%s'\n%s\n%s\n", c->name,
			    answer.id, c->id ?: "", answer.text, c->text);
	return strcmp(answer.id, c->id ?: "") == 0;
}

/* ---- the kernel ---- */

static long case_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int case_map(const struct verify_map *map)
{
	union bpf_attr attr = {
		.map_type = map->type, .key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries, .map_flags = map->flags,
	};
	uint32_t key = 0;
	int fd = (int)case_bpf(BPF_MAP_CREATE, &attr);

	if (fd < 0 || !map->frozen)
		return fd;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)map->frozen;
	assert_int_equal(case_bpf(BPF_MAP_UPDATE_ELEM, &attr), 0);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)fd;
	assert_int_equal(case_bpf(BPF_MAP_FREEZE, &attr), 0);
	return fd;
}

/* 1 when there is no kernel to ask. */
static int case_open_maps(int *fds)
{
	for (int i = 0; i < CASE_MAPS; i++) {
		fds[i] = case_map(&case_maps[i]);
		if (fds[i] < 0)
			return 1;
	}
	return 0;
}

static bool case_kernel_accepts(const struct verify_case *c, const int *fds,
				char *log, size_t log_size)
{
	union bpf_attr attr = {
		.prog_type = c->type ?: BPF_PROG_TYPE_SOCKET_FILTER,
		.license = (uintptr_t)"GPL", .log_buf = (uintptr_t)log,
		.log_size = (uint32_t)log_size, .log_level = 1,
		.expected_attach_type = c->attach, .prog_flags = c->flags,
	};
	struct bpf_insn insns[512];
	const struct bpf_insn *from;
	struct arena arena;
	size_t cnt;
	int fd;

	arena_init(&arena);
	from = case_insns(&arena, c, &cnt);
	assert_true(cnt <= ARRAY_SIZE(insns));
	memcpy(insns, from, cnt * sizeof(*insns));
	arena_fini(&arena);
	for (size_t i = 0; i < cnt; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    (insns[i].src_reg == BPF_PSEUDO_MAP_FD ||
		     insns[i].src_reg == BPF_PSEUDO_MAP_VALUE))
			insns[i].imm = fds[insns[i].imm];
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)cnt;
	log[0] = 0;
	fd = (int)case_bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool case_kernel_is_open(void)
{
	FILE *file = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "r");
	int first = file ? fgetc(file) : '2';

	if (file)
		fclose(file);
	return first == '0';
}

static void case_set_caps(struct __user_cap_data_struct *caps, int call)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	assert_int_equal(syscall(call, &head, caps), 0);
}

/* As a loader without capabilities, where the kernel takes any of its. */
static bool case_kernel_accepts_any(const struct verify_case *c,
				    const int *fds, char *log, size_t size)
{
	struct __user_cap_data_struct all[2], none[2];
	bool accepts;

	case_set_caps(all, SYS_capget);
	memcpy(none, all, sizeof(none));
	none[0].effective = none[1].effective = 0;
	case_set_caps(none, SYS_capset);
	accepts = case_kernel_accepts(c, fds, log, size);
	case_set_caps(all, SYS_capset);
	return accepts;
}

static bool case_kernel_holds(const struct verify_case *c, const int *fds)
{
	static char log[1 << 20];
	bool accepts, expect = (c->id == NULL) != (c->differs != NULL);

	if (c->profile == VERIFY_UNPRIVILEGED && !case_kernel_is_open())
		return true;
	accepts = c->profile == VERIFY_UNPRIVILEGED ?
		case_kernel_accepts_any(c, fds, log, sizeof(log)) :
		case_kernel_accepts(c, fds, log, sizeof(log));
	if (accepts != expect)
		print_error("%s: the kernel %s\n%s\n%s\n", c->name,
			    accepts ? "accepts" : "rejects", c->text, log);
	return accepts == expect;
}

/* ---- whole tables ---- */

struct case_table {
	const struct verify_case *cases;
	size_t cnt;
};

#define CASE_TABLE(cases_) { cases_, ARRAY_SIZE(cases_) }

static void case_check_all(const struct case_table *tables, size_t cnt)
{
	size_t wrong = 0;

	for (size_t t = 0; t < cnt; t++)
		for (size_t i = 0; i < tables[t].cnt; i++)
			wrong += !case_holds(&tables[t].cases[i]);
	assert_int_equal(wrong, 0);
}

/* Skipped where the kernel takes no maps. */
static void case_check_all_kernel(const struct case_table *tables, size_t cnt)
{
	size_t wrong = 0;
	int fds[CASE_MAPS];

	if (case_open_maps(fds))
		skip();
	for (size_t t = 0; t < cnt; t++)
		for (size_t i = 0; i < tables[t].cnt; i++)
			wrong += !case_kernel_holds(&tables[t].cases[i], fds);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	assert_int_equal(wrong, 0);
}

#endif
