/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One mapping for each piece of code: guard page, code, guard page. Near
 * places are looked for below the address that is asked for, where a program
 * and its heap leave room; nothing that is mapped already is replaced.
 */
#include "base/execmem.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define MB		((uintptr_t)1 << 20)
#define NEAR_STEPS	96	/* of 1 MB: some machines call no farther */
#define WIDE_STEPS	28	/* of 32 MB, up to 1 GB */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static void *reserve_at(uintptr_t where, size_t size)
{
	void *at = mmap((void *)where, size, PROT_NONE, MAP_PRIVATE |
			MAP_ANONYMOUS | (where ? MAP_FIXED_NOREPLACE : 0),
			-1, 0);

	/* kernels before 4.17 take the address for a hint */
	if (at == MAP_FAILED || !where || at == (void *)where)
		return at;
	munmap(at, size);
	return MAP_FAILED;
}

/* How far below the address the i-th place that is tried lies. */
static uintptr_t step_down(uint32_t i)
{
	return i <= NEAR_STEPS ? i * MB :
	       NEAR_STEPS * MB + (i - NEAR_STEPS) * 32 * MB;
}

static void *reserve(size_t size, const void *near, size_t page)
{
	uintptr_t where = (uintptr_t)near & ~(page - 1);
	void *at;

	for (uint32_t i = 1; where && i <= NEAR_STEPS + WIDE_STEPS; i++) {
		if (where < step_down(i) + size)
			break;
		at = reserve_at(where - step_down(i), size);
		if (at != MAP_FAILED)
			return at;
	}
	return reserve_at(0, size);
}

int execmem_init(struct execmem *mem, size_t size, const void *near)
{
	size_t page = page_size(), room;
	uint8_t *at;
	int err;

	if (!size || size > SIZE_MAX / 2)
		return -EINVAL;
	room = (size + page - 1) & ~(page - 1);
	at = reserve(room + 2 * page, near, page);
	if (at == MAP_FAILED)
		return -errno;
	if (mprotect(at + page, room, PROT_READ | PROT_WRITE)) {
		err = -errno;
		munmap(at, room + 2 * page);
		return err;
	}
	*mem = (struct execmem){ at + page, room };
	return 0;
}

int execmem_seal(struct execmem *mem)
{
	if (mprotect(mem->base, mem->size, PROT_READ | PROT_EXEC))
		return -errno;
	__builtin___clear_cache((char *)mem->base,
				(char *)mem->base + mem->size);
	return 0;
}

void execmem_fini(struct execmem *mem)
{
	size_t page = page_size();

	if (mem->base)
		munmap(mem->base - page, mem->size + 2 * page);
	*mem = (struct execmem){ NULL, 0 };
}
