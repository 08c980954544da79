/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_cases.h and kind_cases.h: skep's verdict on each, and the kernel's
 * where it loads programs. A case whose map the kernel does not make is not
 * asked there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/btf.h>

#include "call_cases.h"
#include "kind_cases.h"
#include "text/asm.h"
#include "verify/env.h"
#include "verify/verify.h"

#define SUBPROGS_MAX	16
#define LOG_SIZE	(1u << 20)

static const char text_map[64] =
	"abc\0\0\0\0\0%d\0\0\0\0\0\0%y\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"01234567890123456789012345678901";

static const struct verify_map array_map = {
	"a", MAP_TYPE_ARRAY, 4, 16, 4, 0, NULL, 0, 0, NULL, NULL
};

static const struct verify_map maps[CALL_MAPS_CNT] = {
	[MAP_A] = { "a", MAP_TYPE_ARRAY, 4, 16, 4, 0 },
	[MAP_H] = { "h", MAP_TYPE_HASH, 8, 16, 4, 0 },
	[MAP_RB] = { "rb", MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
	[MAP_PROGS] = { "progs", MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 },
	[MAP_PERF] = { "perf", MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0 },
	[MAP_Q] = { "q", MAP_TYPE_QUEUE, 0, 8, 4, 0 },
	[MAP_RO] = { "ro", MAP_TYPE_ARRAY, 4, 64, 1, 1u << 7,
		     .frozen = text_map },
	[MAP_PA] = { "pa", MAP_TYPE_PERCPU_ARRAY, 4, 16, 4, 0 },
	[MAP_OUTER] = { "outer", MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0,
			.inner = &array_map },
	[MAP_XSK] = { "xsk", MAP_TYPE_XSKMAP, 4, 4, 4, 0 },
	[MAP_SOCKS] = { "socks", MAP_TYPE_SOCKMAP, 4, 4, 4, 0 },
	[MAP_HRO] = { "hro", MAP_TYPE_HASH, 8, 16, 4, 1u << 7 },
	[MAP_BLOOM] = { "bloom", MAP_TYPE_BLOOM_FILTER, 0, 8, 4, 0 },
	[MAP_STACKS] = { "stacks", MAP_TYPE_STACK_TRACE, 4, 1016, 4, 0 },
};

static int fds[CALL_MAPS_CNT], btf_fd;

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static void freeze(int fd)
{
	union bpf_attr attr = { 0 };
	uint32_t key = 0;

	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)text_map;
	sys_bpf(BPF_MAP_UPDATE_ELEM, &attr);
	attr = (union bpf_attr){ .map_fd = (uint32_t)fd };
	sys_bpf(BPF_MAP_FREEZE, &attr);
}

static int make_map(const struct verify_map *map)
{
	union bpf_attr attr = {
		.map_type = map->type, .key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries, .map_flags = map->flags,
	};
	int fd;

	if (map->inner)
		attr.inner_map_fd = (uint32_t)fds[MAP_A];
	fd = sys_bpf(BPF_MAP_CREATE, &attr);
	if (fd >= 0 && map->frozen)
		freeze(fd);
	return fd;
}

static bool uses_absent_map(const struct bpf_insn *insns, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    insns[i].src_reg >= 5 && fds[insns[i].imm] < 0)
			return true;
	return false;
}

/* BTF of functions without arguments, as callbacks must have it. */
static const struct {
	struct btf_header hdr;
	struct btf_type number;
	uint32_t number_data;
	struct btf_type proto, func;
	char names[16];
} btf = {
	.hdr = {
		.magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(btf.hdr),
		.type_len = offsetof(typeof(btf), names) -
			    offsetof(typeof(btf), number),
		.str_off = offsetof(typeof(btf), names) -
			   offsetof(typeof(btf), number),
		.str_len = sizeof(btf.names),
	},
	.number = { 1, BTF_KIND_INT << 24, { 4 } },
	.number_data = BTF_INT_SIGNED << 24 | 32,
	.proto = { 0, BTF_KIND_FUNC_PROTO << 24, { 1 } },
	.func = { 5, BTF_KIND_FUNC << 24, { 2 } },
	.names = "\0int\0function",
};

static int load_btf(void)
{
	union bpf_attr attr = {
		.btf = (uintptr_t)&btf, .btf_size = sizeof(btf),
	};

	return sys_bpf(BPF_BTF_LOAD, &attr);
}

static uint32_t find_subprogs(const struct bpf_insn *insns, size_t cnt,
			      struct subprog *out);

static void add_func_info(union bpf_attr *attr, struct bpf_func_info *infos,
			  const struct bpf_insn *insns, size_t cnt)
{
	struct subprog subs[SUBPROGS_MAX] = { 0 };
	uint32_t found = find_subprogs(insns, cnt, subs);

	for (uint32_t i = 0; i < found; i++)
		infos[i] = (struct bpf_func_info){ subs[i].start, 3 };
	attr->prog_btf_fd = (uint32_t)btf_fd;
	attr->func_info = (uintptr_t)infos;
	attr->func_info_cnt = found;
	attr->func_info_rec_size = sizeof(*infos);
}

static int kernel_load(const struct call_case *c,
		       const struct bpf_insn *insns, size_t cnt, char *log)
{
	union bpf_attr attr = {
		.prog_type = c->type, .insns = (uintptr_t)insns,
		.insn_cnt = (uint32_t)cnt, .fd_array = (uintptr_t)fds,
		.license = (uintptr_t)(c->flags & NO_GPL ? "BSD" : "GPL"),
		.expected_attach_type = c->attach,
		.log_buf = (uintptr_t)log, .log_size = LOG_SIZE,
		.log_level = 1,
	};
	struct bpf_func_info infos[SUBPROGS_MAX];
	int fd;

	add_func_info(&attr, infos, insns, cnt);
	if (c->type == PROG_TYPE_SYSCALL)
		attr.prog_flags = BPF_F_SLEEPABLE;
	if (c->type == PROG_TYPE_KPROBE)
		attr.kern_version = 0x060c00;
	log[0] = 0;
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* Where subprograms begin: what is called, or has its address taken. */
static uint32_t find_subprogs(const struct bpf_insn *insns, size_t cnt,
			      struct subprog *out)
{
	bool start[4096] = { true };
	uint32_t found = 0;

	for (size_t i = 0; i < cnt; i++)
		if ((insns[i].code == (BPF_JMP | BPF_CALL) &&
		     insns[i].src_reg == BPF_PSEUDO_CALL) ||
		    (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		     insns[i].src_reg == BPF_PSEUDO_FUNC))
			start[(int)i + 1 + insns[i].imm] = true;
	for (uint32_t i = 0; i < cnt; i++) {
		if (start[i])
			out[found++] = (struct subprog){
				.name = i ? "sub" : "main", .start = i,
			};
		out[found - 1].cnt++;
	}
	return found;
}

/* No second look: the kernel takes none. */
static const struct verify_options as_kernel = { .no_second_look = true };

static int skep_verify(const struct call_case *c,
		       const struct bpf_insn *insns, size_t cnt,
		       struct diag_sink *sink)
{
	struct subprog subs[SUBPROGS_MAX] = { 0 };
	struct prog prog = {
		.name = "case", .section = "", .object = "", .type = c->type,
		.attach_type = c->attach, .gpl = !(c->flags & NO_GPL),
		.license = c->flags & NO_GPL ? "BSD" : "GPL",
		.flags = c->type == PROG_TYPE_SYSCALL ? 1u << 4 : 0,
		.insns = insns, .insns_cnt = (uint32_t)cnt, .subprogs = subs,
		.maps_cnt = CALL_MAPS_CNT,
	};
	struct verify_input in = { .prog = &prog, .maps = maps };
	struct verify_result *result;
	int err;

	prog.subprogs_cnt = find_subprogs(insns, cnt, subs);
	err = verify_prog(&in, &as_kernel, &result, sink);
	verify_free(result);
	return err;
}

/* The id of the last diagnostic. */
struct seen {
	const char *id;
	char message[256];
};

static void note(void *arg, const struct skep_diag *diag)
{
	struct seen *seen = arg;

	seen->id = diag->id;
	snprintf(seen->message, sizeof(seen->message), "%s", diag->message);
}

static bool check_skep(const struct call_case *c,
		       const struct bpf_insn *insns, size_t cnt)
{
	const char *want = c->diag == ACCEPT ? NULL : diag_rows[c->diag].id;
	struct seen seen = { 0 };
	struct diag_sink sink = { .fn = note, .arg = &seen };
	int err = skep_verify(c, insns, cnt, &sink);

	if (!want ? !err : err && seen.id && !strcmp(seen.id, want))
		return true;
	printf("%s: skep says %s (%d, %s), %s is wanted\n", c->name,
	       err ? seen.id ?: "no" : "accepted", err, seen.message,
	       want ?: "accepted");
	return false;
}

static bool check_kernel(const struct call_case *c,
			 const struct bpf_insn *insns, size_t cnt)
{
	static char log[LOG_SIZE];
	int err;

	if (c->flags & KERNEL_SKIP || uses_absent_map(insns, cnt))
		return true;
	err = kernel_load(c, insns, cnt, log);
	if (getenv("CALL_LOG"))
		printf("%s: %s\n", c->name, log);
	if (c->flags & KERNEL_KIND && err)
		printf("%s: this kernel is not as kind as 6.18\n", c->name);
	if (!err == (c->diag == ACCEPT) || c->flags & KERNEL_KIND)
		return true;
	printf("%s: the kernel says %s:\n%s", c->name,
	       err ? strerror(-err) : "accepted", log);
	return false;
}

static bool check_case(const struct call_case *c, bool kernel)
{
	const struct bpf_insn *insns;
	struct arena arena;
	size_t cnt;
	bool good;

	arena_init(&arena);
	if (text_insns(&arena, c->name, c->text, &insns, &cnt, NULL)) {
		printf("%s: does not assemble\n", c->name);
		good = false;
	} else {
		good = kernel ? check_kernel(c, insns, cnt) :
				check_skep(c, insns, cnt);
	}
	arena_fini(&arena);
	return good;
}

static bool kernel_usable(void)
{
	int usable = 0;

	for (int i = 0; i < CALL_MAPS_CNT; i++) {
		fds[i] = make_map(&maps[i]);
		usable |= fds[i] >= 0;
	}
	btf_fd = load_btf();
	return usable && btf_fd >= 0;
}

int main(int argc, char **argv)
{
	bool kernel = argc > 1 && !strcmp(argv[1], "kernel");
	uint32_t bad = 0, ran = 0;

	if (kernel && !kernel_usable()) {
		printf("skipped: the kernel makes no maps here\n");
		return 77;
	}
	for (size_t i = 0; i < ARRAY_SIZE(call_cases); i++, ran++)
		bad += !check_case(&call_cases[i], kernel);
	for (size_t i = 0; i < ARRAY_SIZE(kind_cases); i++, ran++)
		bad += !check_case(&kind_cases[i], kernel);
	printf("%u cases, %u wrong\n", ran, bad);
	return bad ? 1 : 0;
}
