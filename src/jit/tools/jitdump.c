/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jit-PID.dump: pieces of code with their bytes and source lines, which
 * `perf inject --jit` makes objects of. perf finds the file by a mapping of
 * it that is executable; times are those of CLOCK_MONOTONIC (perf record -k).
 *
 *	header		magic, version, size, machine, process, time
 *	debug info	address, rows of address, line, column 0, file
 *	code		address, index, name, the bytes; behind its debug info
 *	close
 *
 * Reference: Documentation/jitdump-specification.txt of Linux' tools/perf.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "jit/tools/parts.h"

#define MAGIC	0x4a695444u	/* "JiTD", of this machine's byte order */
#define VERSION	1u

#if defined(__aarch64__)
#define MACHINE	EM_AARCH64
#else
#define MACHINE	EM_X86_64
#endif

enum record { RECORD_CODE = 0, RECORD_LINES = 2, RECORD_CLOSE = 3 };

struct header {
	uint32_t magic, version, size, machine, pad, pid;
	uint64_t time, flags;
};

struct prefix {
	uint32_t id, size;
	uint64_t time;
};

struct code_record {
	struct prefix prefix;
	uint32_t pid, tid;
	uint64_t vma, address, size, index;
	/* the name with its NUL, the bytes */
};

struct lines_record {
	struct prefix prefix;
	uint64_t address, cnt;
	/* rows, each with the file's name and a NUL */
};

struct line_row {
	uint64_t address;
	uint32_t line, column;
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int put_header(int fd)
{
	const struct header header = {
		.magic = MAGIC, .version = VERSION, .size = sizeof(header),
		.machine = MACHINE, .pid = (uint32_t)getpid(), .time = now(),
	};
	struct strbuf out = STRBUF_INIT;
	int err;

	strbuf_add(&out, (const char *)&header, sizeof(header));
	err = strbuf_write(&out, fd);
	strbuf_fini(&out);
	return err;
}

/* One that is there goes: it is of a process that had the same number. */
int jitdump_open(struct jitdump *dump, const char *path)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd, err;

	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	*dump = (struct jitdump){ .fd = fd, .marker = MAP_FAILED };
	err = put_header(fd);
	if (!err)
		dump->marker = mmap(NULL, page, PROT_READ | PROT_EXEC,
				    MAP_PRIVATE, fd, 0);
	if (!err && dump->marker == MAP_FAILED)
		err = -errno;
	if (!err)
		return 0;
	unlink(path);
	close(fd);
	return err;
}

static void put_lines(struct strbuf *out, const struct jit_text *text,
		      const struct prog *prog, const struct jit_piece *piece)
{
	size_t at = out->len;
	uint64_t base = (uintptr_t)text->base;
	struct lines_record record = {
		.prefix = { .id = RECORD_LINES, .time = now() },
		.address = base + piece->at,
	};
	uint32_t next = piece->first;
	struct code_line line;

	strbuf_add(out, (const char *)&record, sizeof(record));
	while (code_line_next(text, prog, piece, &next, &line)) {
		struct line_row row = { base + line.at, line.line, 0 };

		if (!line.line)
			continue;
		strbuf_add(out, (const char *)&row, sizeof(row));
		strbuf_add(out, line.file, strlen(line.file) + 1);
		record.cnt++;
	}
	record.prefix.size = (uint32_t)(out->len - at);
	if (out->oom)
		return;
	if (record.cnt)
		memcpy(out->text + at, &record, sizeof(record));
	else
		out->len = at;
}

static void put_code(struct strbuf *out, const struct jit_text *text,
		     const struct prog *prog, const struct jit_piece *piece,
		     uint64_t index)
{
	struct code_record record = {
		.prefix = { .id = RECORD_CODE, .time = now() },
		.pid = (uint32_t)getpid(),
		.tid = (uint32_t)syscall(SYS_gettid),
		.vma = (uintptr_t)text->base + piece->at,
		.size = piece->size, .index = index,
	};
	char name[JIT_NAME_MAX];

	jit_piece_name(prog, piece, name);
	record.address = record.vma;
	record.prefix.size = (uint32_t)(sizeof(record) + strlen(name) + 1 +
					piece->size);
	strbuf_add(out, (const char *)&record, sizeof(record));
	strbuf_add(out, name, strlen(name) + 1);
	strbuf_add(out, (const char *)text->base + piece->at, piece->size);
}

void jitdump_add(struct jitdump *dump, const struct prog *prog)
{
	struct jit_text text = jit_text(prog);
	struct strbuf out = STRBUF_INIT;
	struct jit_piece piece;
	uint32_t next = 0;

	while (jit_piece_next(&text, prog, &next, &piece)) {
		put_lines(&out, &text, prog, &piece);
		put_code(&out, &text, prog, &piece, dump->index++);
	}
	strbuf_write(&out, dump->fd);
	strbuf_fini(&out);
}

void jitdump_close(struct jitdump *dump)
{
	const struct prefix close_it = {
		.id = RECORD_CLOSE, .size = sizeof(close_it), .time = now(),
	};
	struct strbuf out = STRBUF_INIT;

	if (dump->fd < 0)
		return;
	strbuf_add(&out, (const char *)&close_it, sizeof(close_it));
	strbuf_write(&out, dump->fd);
	strbuf_fini(&out);
	munmap(dump->marker, (size_t)sysconf(_SC_PAGESIZE));
	close(dump->fd);
}
