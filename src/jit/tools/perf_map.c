/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /tmp/perf-PID.map: a line of start, size and name for each piece of code.
 * Several runtimes of a process append to one file; what a process that had
 * the same number left there is dropped.
 *
 * Reference: Documentation/jit-interface.txt of Linux' tools/perf.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "jit/tools/parts.h"

#define START_FIELD	22	/* of /proc/self/stat, in clock ticks */

/* Seconds since the system started; the name, in (), may have spaces. */
static double own_start(void)
{
	FILE *file = fopen("/proc/self/stat", "re");
	unsigned long long ticks = 0;
	char text[1024], *at;
	size_t len;

	if (!file)
		return 0;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	at = strrchr(text, ')');
	for (int field = 2; at && field < START_FIELD; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %llu", &ticks) != 1)
		return 0;
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Was it written before this process began? */
static bool is_stale(const struct stat *st)
{
	double boot = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
	double written = (double)st->st_mtim.tv_sec +
			 (double)st->st_mtim.tv_nsec / 1e9;

	return written < boot + own_start() - 1;
}

/* /tmp is everybody's: only a plain file of our own is written. */
int perf_map_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW |
			    O_NONBLOCK | O_CLOEXEC, 0600);
	int err = fd < 0 ? -errno : 0;
	struct stat st;

	if (!err && fstat(fd, &st))
		err = -errno;
	if (!err && (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		     st.st_nlink != 1))
		err = -EACCES;
	if (!err && is_stale(&st) && ftruncate(fd, 0))
		err = -errno;
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return err;
}

void perf_map_add(int fd, const struct prog *prog)
{
	struct jit_text text = jit_text(prog);
	struct strbuf out = STRBUF_INIT;
	char name[JIT_NAME_MAX];
	struct jit_piece piece;
	uint32_t next = 0;

	while (jit_piece_next(&text, prog, &next, &piece)) {
		jit_piece_name(prog, &piece, name);
		strbuf_printf(&out, "%llx %x %s\n", (unsigned long long)
			      (uintptr_t)(text.base + piece.at), piece.size,
			      name);
	}
	strbuf_write(&out, fd);
	strbuf_fini(&out);
}
