/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that are written as arrays of instructions, from the file that
 * arrays_dump.c wrote (first argument): skep's verdict beside the kernel's.
 * Status 1 when they differ and the list of known differences (second
 * argument, lines "arrays N reason") does not have it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "btf/btf.h"
#include "isa/insn.h"
#include "spec/diags.h"
#include "verify/verify.h"

#define MAPS_MAX	64
#define SUBPROGS_MAX	300

struct test {
	struct verify_map maps[MAPS_MAX];
	int fds[MAPS_MAX];
	uint32_t maps_cnt;
	struct bpf_insn *insns;
	uint32_t insns_cnt;
	struct subprog subprogs[SUBPROGS_MAX];
	uint32_t subprogs_cnt;
	const char *kfuncs[64];
	uint32_t kfuncs_cnt;
};

static struct btf *vmlinux;
static char said[400];

static void keep(void *arg, const struct skep_diag *diag)
{
	snprintf(said, sizeof(said), "%s %s", diag->id, diag->message);
}

static uint8_t digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t len = 0;

	for (; text[0] && text[0] != '-' && text[1]; text += 2)
		out[len++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
	return len;
}

static void read_map(struct test *test, char *line)
{
	struct verify_map *map = &test->maps[test->maps_cnt];
	uint32_t type;
	char *hex = strrchr(line, ' ') + 1;
	uint8_t *data = malloc(strlen(hex) / 2 + 1);
	struct btf *btf = NULL;
	size_t len = from_hex(hex, data);

	if (test->maps_cnt == MAPS_MAX ||
	    sscanf(line, "map %d %u %u %u %u %u %u %u",
		   &test->fds[test->maps_cnt], &type, &map->key_size,
		   &map->value_size, &map->max_entries, &map->flags,
		   &map->btf_key, &map->btf_value) != 8)
		abort();
	map->type = (enum map_type)type;
	map->name = "map";
	if (len && btf_parse(&btf, data, len, "map", NULL) == 0)
		map->btf = btf;
	test->maps_cnt++;
	free(data);
}

/* What the tests put into their maps of maps: an array of one int. */
static void give_inner(struct test *test)
{
	static struct verify_map inner = {
		.name = "inner", .type = MAP_TYPE_ARRAY, .key_size = 4,
		.value_size = 4, .max_entries = 1,
	};

	for (uint32_t i = 0; i < test->maps_cnt; i++)
		test->maps[i].inner =
			test->maps[i].type == MAP_TYPE_ARRAY_OF_MAPS ||
			test->maps[i].type == MAP_TYPE_HASH_OF_MAPS ?
			&inner : NULL;
}

static int map_of_fd(const struct test *test, int fd)
{
	for (uint32_t i = 0; i < test->maps_cnt; i++)
		if (test->fds[i] == fd)
			return (int)i;
	return fd;
}

static void add_subprog(struct test *test, int64_t start)
{
	uint32_t at = 0;

	if (start < 0 || start >= test->insns_cnt ||
	    test->subprogs_cnt == SUBPROGS_MAX)
		return;
	while (at < test->subprogs_cnt && test->subprogs[at].start < start)
		at++;
	if (at < test->subprogs_cnt && test->subprogs[at].start == start)
		return;
	memmove(&test->subprogs[at + 1], &test->subprogs[at],
		(test->subprogs_cnt - at) * sizeof(*test->subprogs));
	test->subprogs[at] = (struct subprog){
		.name = start ? "sub" : "main", .start = (uint32_t)start,
	};
	test->subprogs_cnt++;
}

/* Into the linked form: map indices, kfunc names, subprograms. */
static void link_insn(struct test *test, uint32_t pc)
{
	struct bpf_insn *insn = &test->insns[pc];
	bool wide = insn->code == (BPF_LD | BPF_IMM | BPF_DW);

	if (wide && (insn->src_reg == BPF_PSEUDO_MAP_FD ||
		     insn->src_reg == BPF_PSEUDO_MAP_VALUE))
		insn->imm = map_of_fd(test, insn->imm);
	if ((wide && insn->src_reg == BPF_PSEUDO_FUNC) ||
	    (insn->code == (BPF_JMP | BPF_CALL) &&
	     insn->src_reg == BPF_PSEUDO_CALL))
		add_subprog(test, (int64_t)pc + 1 + insn->imm);
	if (insn->code == (BPF_JMP | BPF_CALL) &&
	    insn->src_reg == BPF_PSEUDO_KFUNC_CALL) {
		test->kfuncs[test->kfuncs_cnt] =
			btf_type_name(vmlinux, (uint32_t)insn->imm);
		insn->imm = (int32_t)test->kfuncs_cnt++;
		insn->off = 0;
	}
}

static void link_test(struct test *test)
{
	give_inner(test);
	add_subprog(test, 0);
	for (uint32_t pc = 0; pc < test->insns_cnt; pc++) {
		link_insn(test, pc);
		if (test->insns[pc].code == (BPF_LD | BPF_IMM | BPF_DW))
			pc++;
	}
	for (uint32_t i = 0; i < test->subprogs_cnt; i++)
		test->subprogs[i].cnt =
			(i + 1 < test->subprogs_cnt ?
			 test->subprogs[i + 1].start : test->insns_cnt) -
			test->subprogs[i].start;
}

/* No second look: the kernel takes none. */
static const struct verify_options as_kernel = { .no_second_look = true };

static bool judge(struct test *test, uint32_t type, uint32_t attach,
		  uint32_t flags, uint32_t btf_id)
{
	struct prog prog = {
		.name = "main", .section = "", .object = "arrays",
		.type = (enum prog_type)type, .attach_type = attach,
		.flags = flags, .license = "GPL", .gpl = true,
		.insns = test->insns, .insns_cnt = test->insns_cnt,
		.subprogs = test->subprogs,
		.subprogs_cnt = test->subprogs_cnt,
		.maps_cnt = test->maps_cnt, .kfuncs = test->kfuncs,
		.kfuncs_cnt = test->kfuncs_cnt,
	};
	struct verify_input in = { &prog, test->maps, vmlinux };
	struct diag_sink sink = { .fn = keep };
	struct verify_result *res;
	int err;

	if (btf_id) {
		prog.attach.btf = vmlinux;
		prog.attach.func = btf_id;
		prog.attach.proto = btf_type(vmlinux, btf_id)->type;
		prog.attach.target = btf_type_name(vmlinux, btf_id);
	}
	said[0] = 0;
	err = verify_prog(&in, &as_kernel, &res, &sink);
	verify_free(res);
	return err == 0;
}

static bool is_known(const char *path, uint32_t num)
{
	FILE *file = path ? fopen(path, "r") : NULL;
	char line[300];
	unsigned int one;
	bool found = false;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "arrays %u", &one) == 1 && one == num)
			found = true;
	if (file)
		fclose(file);
	return found;
}

static void clear(struct test *test)
{
	for (uint32_t i = 0; i < test->maps_cnt; i++)
		btf_put((struct btf *)test->maps[i].btf);
	free(test->insns);
	memset(test, 0, sizeof(*test));
}

struct count {
	uint32_t num, judged, equal, unknown;
	const char *known;		/* file of known differences */
};

/* A line "test ...", which ends one. */
static void read_test(struct test *test, const char *line,
		      struct count *count)
{
	uint32_t type, attach, flags, btf_id;
	const char *ours;
	char verdict[20];
	int text;

	if (sscanf(line, "test %u %u %u %u %19s %n", &type, &attach, &flags,
		   &btf_id, verdict, &text) != 5)
		return;
	count->num++;
	if (str_eq(verdict, "refused") || !test->insns_cnt)
		return;
	link_test(test);
	ours = judge(test, type, attach, flags, btf_id) ? "accepted" :
							  "rejected";
	count->judged++;
	if (str_eq(ours, verdict)) {
		count->equal++;
		return;
	}
	if (is_known(count->known, count->num))
		return;
	count->unknown++;
	printf("%u type %u: kernel %s (%s), skep %s (%s)\n", count->num, type,
	       verdict, line + text, ours, said);
}

static void read_line(struct test *test, char *line, struct count *count)
{
	line[strcspn(line, "\n")] = 0;
	if (str_starts(line, "map ")) {
		read_map(test, line);
	} else if (str_starts(line, "insns ")) {
		test->insns = malloc(strlen(line) / 2);
		test->insns_cnt = (uint32_t)(from_hex(line + 6,
					(uint8_t *)test->insns) / 8);
	} else {
		read_test(test, line, count);
		clear(test);
	}
}

int main(int argc, char **argv)
{
	FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
	struct count count = { .known = argc > 2 ? argv[2] : NULL };
	static struct test test;
	char *line = NULL;
	size_t cap = 0;

	if (!file)
		return 2;
	btf_open(&vmlinux, "/sys/kernel/btf/vmlinux", NULL);
	while (getline(&line, &cap, file) > 0)
		read_line(&test, line, &count);
	printf("%u arrays judged, %u equal (%.2f %%), %u unknown\n",
	       count.judged, count.equal,
	       100.0 * count.equal / (count.judged ?: 1), count.unknown);
	free(line);
	fclose(file);
	btf_put(vmlinux);
	return count.unknown ? 1 : 0;
}
