/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that link this allocate here, with all libraries they use. */
#include "failing.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t cnt, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *mem);

struct failing failing;

bool failing_now(void)
{
	if (!failing.armed || --failing.armed)
		return false;
	failing.hit = true;
	errno = ENOMEM;
	return true;
}

static void *counted(void *mem)
{
	failing.live += mem != NULL;
	return mem;
}

void *malloc(size_t size)
{
	return failing_now() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t cnt, size_t size)
{
	return failing_now() ? NULL : counted(__libc_calloc(cnt, size));
}

void *realloc(void *old, size_t size)
{
	if (failing_now())
		return NULL;
	return old ? __libc_realloc(old, size) : counted(__libc_malloc(size));
}

void *reallocarray(void *old, size_t cnt, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(cnt, size, &bytes))
		return NULL;
	return realloc(old, bytes);
}

void *aligned_alloc(size_t align, size_t size)
{
	return failing_now() ? NULL : counted(__libc_memalign(align, size));
}

void free(void *mem)
{
	failing.live -= mem != NULL;
	__libc_free(mem);
}

static void *map(void *at, size_t len, int prot, int flags, int fd, off_t off)
{
	void *mem;

	if (failing_now())
		return MAP_FAILED;
	mem = (void *)syscall(SYS_mmap, at, len, prot, flags, fd, off);
	failing.live += mem != MAP_FAILED && !(flags & MAP_FIXED);
	return mem;
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t off)
{
	return map(at, len, prot, flags, fd, off);
}

void *mmap64(void *at, size_t len, int prot, int flags, int fd, off_t off)
{
	return map(at, len, prot, flags, fd, off);
}

int munmap(void *at, size_t len)
{
	failing.live--;
	return (int)syscall(SYS_munmap, at, len);
}

int memfd_create(const char *name, unsigned int flags)
{
	return failing_now() ? -1 : (int)syscall(SYS_memfd_create, name, flags);
}

void failing_one_cpu(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(sched_getcpu(), &first);
	sched_setaffinity(0, sizeof(first), &first);
}
