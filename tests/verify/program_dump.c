/* SPDX-License-Identifier: Apache-2.0 */
/* See program_dump.h. */
#include "program_dump.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

FILE *dump_open(void)
{
	const char *path = getenv("DUMP");

	return path ? fopen(path, "a") : NULL;
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

void dump_maps(FILE *out, const struct bpf_insn *insns, size_t cnt)
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

void dump_program(FILE *out, const struct loaded *prog)
{
	fprintf(out, "insns ");
	put_hex(out, prog->insns, prog->cnt * sizeof(*prog->insns));
	fprintf(out, "test %u %u %u %u %s %s\n", prog->type,
		prog->attach_type, prog->flags, prog->btf_id, prog->verdict,
		prog->log ? last_line(prog->log) : "");
}
