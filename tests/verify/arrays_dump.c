/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into the kernel selftests' test_verifier in front of bpf_prog_load:
 * every program that it loads with privileges is written to the file named
 * by DUMP, with its maps and the kernel's verdict, for arrays.c to read:
 *
 *	test TYPE ATTACH FLAGS BTF_ID VERDICT LOG
 *	map FD TYPE KEY VALUE ENTRIES FLAGS BTF_KEY BTF_VALUE BTF_HEX
 *	kfunc BTF_ID		(of a call, the name is in the kernel's BTF)
 *	insns HEX
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

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

static int privileged(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	syscall(SYS_capget, &head, data);
	return data[CAP_BPF / 32].effective >> CAP_BPF % 32 & 1;
}

static void put_hex(FILE *out, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	if (!size)
		fputc('-', out);
	for (size_t i = 0; i < size; i++)
		fprintf(out, "%02x", bytes[i]);
	fputc('\n', out);
}

static void put_btf(FILE *out, unsigned int id)
{
	static unsigned char data[1 << 16];
	struct bpf_btf_info info = {
		.btf = (unsigned long)data, .btf_size = sizeof(data),
	};
	unsigned int len = sizeof(info);
	int fd = id ? bpf_btf_get_fd_by_id(id) : -1;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		info.btf_size = 0;
	put_hex(out, data, info.btf_size);
	if (fd >= 0)
		close(fd);
}

static void put_map(FILE *out, int fd)
{
	struct bpf_map_info info = { 0 };
	unsigned int len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return;
	fprintf(out, "map %d %u %u %u %u %u %u %u ", fd, info.type,
		info.key_size, info.value_size, info.max_entries,
		info.map_flags, info.btf_key_type_id,
		info.btf_value_type_id);
	put_btf(out, info.btf_id);
}

static void put_maps(FILE *out, const struct bpf_insn *insns, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD ||
		    insns[i].src_reg == BPF_PSEUDO_MAP_VALUE)
			put_map(out, insns[i].imm);
		i++;
	}
}

static const char *last_line(char *log)
{
	static char line[200];
	char *at = log, *end;

	line[0] = 0;
	for (; at && *at; at = end ? end + 1 : NULL) {
		end = strchr(at, '\n');
		if (!strncmp(at, "processed ", 10) ||
		    !strncmp(at, "verification time", 17) ||
		    !strncmp(at, "stack depth", 11))
			continue;
		snprintf(line, sizeof(line), "%.*s",
			 end ? (int)(end - at) : 190, at);
	}
	return line;
}

int __wrap_bpf_prog_load(enum bpf_prog_type type, const char *name,
			 const char *license, const struct bpf_insn *insns,
			 size_t cnt, struct bpf_prog_load_opts *opts)
{
	const char *path = getenv("DUMP");
	FILE *out = path && privileged() ? fopen(path, "a") : NULL;
	int fd, saved;

	if (out && opts && opts->log_size)
		put_maps(out, insns, cnt);
	fd = __real_bpf_prog_load(type, name, license, insns, cnt, opts);
	saved = errno;
	if (out && opts && opts->log_size) {
		fprintf(out, "insns ");
		put_hex(out, insns, cnt * sizeof(*insns));
		fprintf(out, "test %d %d %u %u %s %s\n", type,
			opts->expected_attach_type, opts->prog_flags,
			opts->attach_btf_id,
			fd >= 0 ? "accepted" :
			opts->log_buf && *opts->log_buf ? "rejected" :
							  "refused",
			fd < 0 && opts->log_buf ? last_line(opts->log_buf) :
						  "");
	}
	if (out)
		fclose(out);
	errno = saved;
	return fd;
}
