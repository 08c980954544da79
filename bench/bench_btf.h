/* SPDX-License-Identifier: Apache-2.0 */
/* libbpf's header and ours have names in common, so each has its own file. */
#ifndef SKEP_BENCH_BTF_H
#define SKEP_BENCH_BTF_H

/* Loads and drops a BTF file: its number of types, or -1. */
long bench_load_btf(const char *path);

#endif
