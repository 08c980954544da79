/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs the program, and on what: the current task is the thread that
 * drives the run, the CPU is the slot that it holds.
 */
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/family.h"

#define COMM_SIZE	16

DEFINE_HELPER(get_smp_processor_id, r1, r2, r3, r4, r5)
{
	return run->cpu;
}

DEFINE_HELPER(get_numa_node_id, r1, r2, r3, r4, r5)
{
	unsigned int cpu, node = 0;

	syscall(SYS_getcpu, &cpu, &node, NULL);
	return node;
}

DEFINE_HELPER(get_current_pid_tgid, r1, r2, r3, r4, r5)
{
	return (uint64_t)getpid() << 32 | (uint32_t)syscall(SYS_gettid);
}

DEFINE_HELPER(get_current_uid_gid, r1, r2, r3, r4, r5)
{
	return (uint64_t)getgid() << 32 | getuid();
}

DEFINE_HELPER(get_current_comm, buf, size, r3, r4, r5)
{
	char comm[COMM_SIZE] = "";
	uint32_t len = (uint32_t)size;
	char *out = helper_ptr(buf);

	prctl(PR_GET_NAME, comm);
	memset(out, 0, len);
	memcpy(out, comm, MIN(strlen(comm), len - 1));
	return 0;
}

/* SplitMix64: one addition and a mixing function, any seed will do. */
DEFINE_HELPER(get_prandom_u32, r1, r2, r3, r4, r5)
{
	uint64_t z = run->rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)(z ^ z >> 31);
}
