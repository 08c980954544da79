/* SPDX-License-Identifier: Apache-2.0 */
#include "base/region.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static int shared_fd(size_t size, const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int region_init(struct region *region, size_t size, unsigned int flags,
		const char *name)
{
	int kind = MAP_PRIVATE | MAP_ANONYMOUS;
	int fd = -1;
	void *base;
	int err;

	if (!size)
		return -EINVAL;
	if (flags & REGION_SHARED) {
		fd = shared_fd(size, name);
		if (fd < 0)
			return fd;
		kind = MAP_SHARED;
	}
	base = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    kind | MAP_NORESERVE, fd, 0);
	if (base == MAP_FAILED) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	*region = (struct region){ .base = base, .size = size, .fd = fd };
	return 0;
}

void region_fini(struct region *region)
{
	if (region->base)
		munmap(region->base, region->size);
	if (region->base && region->fd >= 0)
		close(region->fd);
	*region = (struct region){ .fd = -1 };
}
