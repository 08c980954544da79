/* SPDX-License-Identifier: Apache-2.0 */
/* The double mapping of rings, as the kernel's ring buffer has it. */
#include "map/mirror.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static int map_fixed(uint8_t *at, size_t size, int fd, size_t off)
{
	void *got = mmap(at, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd, (off_t)off);

	return got == MAP_FAILED ? -errno : 0;
}

static int map_twice(struct region *region, size_t head, size_t data, int fd)
{
	size_t size = head + 2 * data;
	uint8_t *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE |
			     MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int err;

	if (base == MAP_FAILED)
		return -errno;
	err = map_fixed(base, head + data, fd, 0);
	if (!err)
		err = map_fixed(base + head + data, data, fd, head);
	if (err) {
		munmap(base, size);
		return err;
	}
	*region = (struct region){ .base = base, .size = size, .fd = fd };
	return 0;
}

int map_mirror_init(struct region *region, size_t head, size_t data,
		    const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)(head + data)) < 0)
		err = -errno;
	else
		err = map_twice(region, head, data, fd);
	if (err)
		close(fd);
	return err;
}
