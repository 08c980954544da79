/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into the kernel selftests' test_verifier in front of bpf_prog_load:
 * every program that it loads with privileges is written down.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program_dump.h"

int __real_bpf_prog_load(enum bpf_prog_type type, const char *name,
			 const char *license, const struct bpf_insn *insns,
			 size_t cnt, struct bpf_prog_load_opts *opts);
int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name,
			 const char *license, const struct bpf_insn *insns,
			 size_t cnt, struct bpf_prog_load_opts *opts);
int __wrap_load_bpf_testmod(int verbose);
int __wrap_unload_bpf_testmod(int verbose);

/* The module is not there; tests of its functions say so themselves. */
int __wrap_load_bpf_testmod(int verbose)
{
	return 0;
}

int __wrap_unload_bpf_testmod(int verbose)
{
	return 0;
}

static struct __user_cap_header_struct caps_head = {
	.version = _LINUX_CAPABILITY_VERSION_3,
};

static int privileged(void)
{
	struct __user_cap_data_struct data[2] = { 0 };

	syscall(SYS_capget, &caps_head, data);
	return data[CAP_BPF / 32].effective >> CAP_BPF % 32 & 1;
}

/* The tests have given up what it takes to read a map's types: for them,
 * all that the process may have is taken back for a moment. */
static void dump_maps_whole(FILE *out, const struct bpf_insn *insns,
			    size_t cnt)
{
	struct __user_cap_data_struct kept[2] = { 0 }, all[2];

	syscall(SYS_capget, &caps_head, kept);
	for (int i = 0; i < 2; i++) {
		all[i] = kept[i];
		all[i].effective = all[i].permitted;
	}
	syscall(SYS_capset, &caps_head, all);
	dump_maps(out, insns, cnt);
	syscall(SYS_capset, &caps_head, kept);
}

/*
 * The log of a program that passes has the statistics alone; the kernel may
 * still refuse it for what comes after the verifier (no trampolines).
 */
static const char *verdict(int fd, const char *log)
{
	if (fd >= 0)
		return "accepted";
	if (!log || !*log)
		return "refused";
	return strncmp(log, "verification time", 17) &&
	       strncmp(log, "processed ", 10) ? "rejected" : "accepted";
}

int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name,
			 const char *license, const struct bpf_insn *insns,
			 size_t cnt, struct bpf_prog_load_opts *opts)
{
	FILE *out = opts && opts->log_size && privileged() ? dump_open() :
							     NULL;
	struct loaded prog = { .insns = insns, .cnt = cnt, .type = type };
	int fd, saved;

	if (out)
		dump_maps_whole(out, insns, cnt);
	fd = __real_bpf_prog_load(type, name, license, insns, cnt, opts);
	saved = errno;
	if (out) {
		prog.attach_type = opts->expected_attach_type;
		prog.flags = opts->prog_flags;
		prog.btf_id = opts->attach_btf_id;
		prog.log = fd < 0 ? opts->log_buf : NULL;
		prog.verdict = verdict(fd, prog.log);
		dump_program(out, &prog);
		fclose(out);
	}
	errno = saved;
	return fd;
}
