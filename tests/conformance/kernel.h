/* SPDX-License-Identifier: Apache-2.0 */
/* The running kernel as the referee: loads instructions and runs them once. */
#ifndef SKEP_TESTS_KERNEL_H
#define SKEP_TESTS_KERNEL_H

#include <linux/bpf.h>

#include "base/compiler.h"

/*
 * Loads a program. Its fd, or a negative errno with the verifier's last words
 * in `log` (`size` bytes). `fds` may be NULL; else map fds for *_IDX.
 */
int kernel_load(uint32_t type, const struct bpf_insn *insns, size_t cnt,
		const int *fds, char *log, size_t size);

/* True when this process may load programs; else prints why not. */
bool kernel_usable(void);

/* Runs a SYSCALL program over `mem` in place. 0 and *ret, or -errno. */
int kernel_run_memory(int fd, void *mem, size_t size, uint32_t *ret);

/* Runs a program on a frame. 0 and *ret, or -errno. */
int kernel_run_frame(int fd, const void *frame, size_t size, uint32_t *ret);

/* An array map with one element, or a program array. Its fd or -errno. */
int kernel_array(const void *value, uint32_t size);
int kernel_prog_array(uint32_t entries);
int kernel_prog_array_set(int map, uint32_t index, int prog);

#endif
