/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that somebody loads into the kernel, as text for arrays.c:
 *
 *	map FD TYPE KEY VALUE ENTRIES FLAGS BTF_KEY BTF_VALUE BTF_HEX
 *	insns HEX
 *	test TYPE ATTACH FLAGS BTF_ID VERDICT LOG
 *
 * VERDICT is accepted, rejected, or refused: not for what the program does.
 */
#ifndef SKEP_TESTS_PROGRAM_DUMP_H
#define SKEP_TESTS_PROGRAM_DUMP_H

#include <bpf/bpf.h>
#include <stdio.h>

struct loaded {
	const struct bpf_insn *insns;
	size_t cnt;
	unsigned int type, attach_type, flags, btf_id;
	const char *verdict;
	char *log;			/* the verifier's, or NULL */
};

/* The file to append to, named by the environment's DUMP; or NULL. */
FILE *dump_open(void);

/* Before the load, while the maps are there; then what came of it. */
void dump_maps(FILE *out, const struct bpf_insn *insns, size_t cnt);
void dump_program(FILE *out, const struct loaded *prog);

#endif
