/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names out of a line of C, without parsing C: enough to write a suggestion
 * in the program's own words. BTF has no names of local variables, but the
 * line table has the text. All give false when the line does not tell.
 */
#ifndef SKEP_VERIFY_EXPLAIN_EXPLAIN_SOURCE_H
#define SKEP_VERIFY_EXPLAIN_EXPLAIN_SOURCE_H

#include "base/compiler.h"

#define NAME_CAP 64

/* "value" of "struct entry *value = bpf_map_lookup_elem(...);" */
bool source_assigned(const char *line, char name[NAME_CAP]);

/*
 * The pointer that is followed: "eth" of "if (eth->h_proto != ...", "data" of
 * "x = *data", "table" of "table[i]". The last one at or before `column` (from
 * 1; 0: the first of the line).
 */
bool source_pointer(const char *line, uint32_t column, char name[NAME_CAP]);

/* "i" of "table[i]", "at.i" of "table[at.i]", "len" of "data + len". */
bool source_index(const char *line, char name[NAME_CAP]);

/*
 * The n-th argument (from 1) of a call of `function`, without casts and
 * without an & in front: "key" of "lookup(&map, &key)" for 2.
 */
bool source_argument(const char *line, const char *function, unsigned int n,
		     char name[NAME_CAP]);

#endif
