/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For LD_PRELOAD: every program that a tool (bpftrace, bcc's) loads with
 * bpf(2) is written down. libbpf reaches the system call by syscall().
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program_dump.h"

typedef long (*syscall_fn)(long nr, ...);

static void write_down(const union bpf_attr *attr, long fd, int err)
{
	FILE *out = attr->insn_cnt > 2 ? dump_open() : NULL;
	const struct bpf_insn *insns = (void *)(unsigned long)attr->insns;
	struct loaded prog = {
		.insns = insns, .cnt = attr->insn_cnt,
		.type = attr->prog_type,
		.attach_type = attr->expected_attach_type,
		.flags = attr->prog_flags, .btf_id = attr->attach_btf_id,
		.verdict = fd >= 0 ? "accepted" :
			   err == EACCES || err == EINVAL || err == E2BIG ?
			   "rejected" : "refused",
	};

	if (!out)
		return;
	dump_maps(out, insns, attr->insn_cnt);
	dump_program(out, &prog);
	fclose(out);
}

/* Six words cover every system call; those not given are never looked at. */
long syscall(long nr, ...)
{
	syscall_fn next = (syscall_fn)dlsym(RTLD_NEXT, "syscall");
	long words[6], ret;
	va_list args;
	int saved;

	va_start(args, nr);
	for (int i = 0; i < 6; i++)
		words[i] = va_arg(args, long);
	va_end(args);
	ret = next(nr, words[0], words[1], words[2], words[3], words[4],
		   words[5]);
	saved = errno;
	if (nr == SYS_bpf && words[0] == BPF_PROG_LOAD)
		write_down((const union bpf_attr *)words[1], ret, saved);
	errno = saved;
	return ret;
}
