/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BTF from a file: the .BTF section of an ELF object, or the bare blob, as in
 * /sys/kernel/btf. The first bytes tell which. Files of sysfs may not say
 * their size, so the file is read until it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "btf/btf.h"
#include "elf/elf.h"
#include "spec/diags.h"

#define FILE_MAX	(1u << 30)

struct content {
	uint8_t *data;
	size_t size, cap;
};

/* One read; the bytes that came, 0 at the end, or a negative errno. */
static ssize_t read_more(int fd, struct content *content)
{
	ssize_t got;

	if (content->size == content->cap) {
		size_t cap = content->cap * 2;
		uint8_t *grown = cap > FILE_MAX ? NULL :
				 realloc(content->data, cap);

		if (!grown)
			return cap > FILE_MAX ? -EFBIG : -ENOMEM;
		content->data = grown;
		content->cap = cap;
	}
	got = read(fd, content->data + content->size,
		   content->cap - content->size);
	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	content->size += (size_t)got;
	return got;
}

static int read_fd(int fd, struct content *content)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (st.st_size > FILE_MAX)
		return -EFBIG;
	content->cap = (size_t)st.st_size + 4096;
	content->data = malloc(content->cap);
	if (!content->data)
		return -ENOMEM;
	do {
		got = read_more(fd, content);
	} while (got > 0);
	return (int)got;
}

static int read_file(const char *path, struct content *content)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = read_fd(fd, content);
	close(fd);
	return err;
}

static int parse_elf(struct btf **out, struct btf *base,
		     const struct content *content, const char *path,
		     struct diag_sink *sink)
{
	struct diag_where where = { .file = path, .insn = -1 };
	const struct elf_section *section;
	struct elf_file elf;
	int err = elf_open_memory(&elf, content->data, content->size, path,
				  sink);

	if (err)
		return err;
	section = elf_section_by_name(&elf, ".BTF");
	if (!section || !section->data) {
		where.suggestion = "compile with -g";
		err = diag_report(sink, DIAG_BTF_MISSING, &where,
				  "the object has no .BTF section");
	} else {
		err = btf_parse_split(out, base, section->data, section->size,
				      path, sink);
	}
	elf_close(&elf);
	return err;
}

int btf_open_split(struct btf **out, struct btf *base, const char *path,
		   struct diag_sink *sink)
{
	struct diag_where where = { .file = path, .insn = -1 };
	struct content content = { 0 };
	int err = read_file(path, &content);

	if (err) {
		diag_report(sink, DIAG_FILE_OPEN, &where, "cannot read: %s",
			    strerror(-err));
		free(content.data);
		return err;
	}
	if (content.size < SELFMAG || memcmp(content.data, ELFMAG, SELFMAG))
		return btf_parse_owned(out, base, content.data, content.size,
				       path, sink);
	err = parse_elf(out, base, &content, path, sink);
	free(content.data);
	return err;
}

int btf_open(struct btf **out, const char *path, struct diag_sink *sink)
{
	return btf_open_split(out, NULL, path, sink);
}
