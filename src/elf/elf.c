/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening an ELF file. libelf says what the file is; every range in its headers
 * is then checked against the file before anything is handed out:
 *
 *	file    64-bit, this machine's byte order, fewer than SHN_LORESERVE
 *		sections
 *	section name inside a terminated string table, contents inside the
 *		file, sh_link and sh_info inside the header table where
 *		they are indices; no two contents share a byte, with each
 *		other or with the headers
 *
 * Contents are handed out as they lie in the file, at any alignment. Program
 * headers are not looked at. Reference: the System V ABI, chapters 4 and 5.
 */
#include "elf/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/str.h"
#include "elf/elf_parts.h"
#include "spec/diags.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN_ELFDATA	ELFDATA2LSB
#else
#define OWN_ELFDATA	ELFDATA2MSB
#endif

static int no_memory(const struct elf_file *elf, struct diag_sink *sink)
{
	return diag_report(sink, DIAG_NO_MEMORY, &elf_where(elf),
			   "reading ELF headers");
}

/* The identification bytes: what kind of file is this at all? */
static int check_ident(const struct elf_file *elf, const uint8_t *image,
		       size_t size, struct diag_sink *sink)
{
	if (size < EI_NIDENT || memcmp(image, ELFMAG, SELFMAG))
		return diag_report(sink, DIAG_ELF_FORMAT, &elf_where(elf),
				   "not an ELF file");
	if (image[EI_CLASS] != ELFCLASS64)
		return diag_report(sink, DIAG_ELF_CLASS, &elf_where(elf),
				   "%s file, BPF objects have 64-bit ELF",
				   image[EI_CLASS] == ELFCLASS32 ?
				   "32-bit ELF" : "unknown class of ELF");
	if (image[EI_DATA] == OWN_ELFDATA)
		return 0;
	if (image[EI_DATA] != ELFDATA2LSB && image[EI_DATA] != ELFDATA2MSB)
		return diag_report(sink, DIAG_ELF_FORMAT, &elf_where(elf),
				   "unknown byte order %u", image[EI_DATA]);
	return diag_report(sink, DIAG_ELF_FOREIGN_ENDIAN, &elf_where(elf),
			   "the object is %s-endian, this machine is not",
			   image[EI_DATA] == ELFDATA2MSB ? "big" : "little");
}

/*
 * The header's counts, before libelf acts on them. Extended numbering (a
 * count of 0 and the real one in section 0) is only for more sections than
 * we take.
 */
static int check_header(const struct elf_file *elf, const Elf64_Ehdr *eh,
			size_t size, struct diag_sink *sink)
{
	uint64_t table = (uint64_t)eh->e_shnum * sizeof(Elf64_Shdr);

	if (eh->e_version != EV_CURRENT)
		return diag_report(sink, DIAG_ELF_HEADER, &elf_where(elf),
				   "ELF version %u", eh->e_version);
	if (!eh->e_shoff)
		return diag_report(sink, DIAG_ELF_HEADER, &elf_where(elf),
				   "no section headers");
	if (!eh->e_shnum || eh->e_shnum >= SHN_LORESERVE)
		return diag_report(sink, DIAG_ELF_SECTION_CNT, &elf_where(elf),
				   "%u section headers", eh->e_shnum);
	if (eh->e_shentsize != sizeof(Elf64_Shdr))
		return diag_report(sink, DIAG_ELF_HEADER, &elf_where(elf),
				   "section headers of %u bytes, not %zu",
				   eh->e_shentsize, sizeof(Elf64_Shdr));
	if (!range_fits(eh->e_shoff, table, size))
		return diag_report(sink, DIAG_ELF_TRUNCATED, &elf_where(elf),
				   "section headers end at %#llx, the file at "
				   "%#zx", (unsigned long long)eh->e_shoff +
				   table, size);
	if (eh->e_shstrndx >= eh->e_shnum)
		return diag_report(sink, DIAG_ELF_HEADER, &elf_where(elf),
				   "section names in section %u of %u",
				   eh->e_shstrndx, eh->e_shnum);
	return 0;
}

/* Header `index`, at any alignment; check_header has seen that it is there. */
static Elf64_Shdr section_header(const uint8_t *image, uint32_t index)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sh;

	memcpy(&eh, image, sizeof(eh));
	memcpy(&sh, image + eh.e_shoff + index * sizeof(sh), sizeof(sh));
	return sh;
}

static int read_section(struct elf_file *elf, struct elf_section *sec,
			const uint8_t *image, size_t size,
			struct diag_sink *sink)
{
	Elf64_Shdr sh = section_header(image, sec->index);

	sec->type = sh.sh_type;
	sec->flags = sh.sh_flags;
	sec->addr = sh.sh_addr;
	sec->size = sh.sh_size;
	sec->link = sh.sh_link;
	sec->info = sh.sh_info;
	sec->align = sh.sh_addralign;
	sec->entsize = sh.sh_entsize;
	if (sh.sh_type == SHT_NOBITS || sh.sh_type == SHT_NULL)
		return 0;
	if (!range_fits(sh.sh_offset, sh.sh_size, size))
		return diag_report(sink, DIAG_ELF_TRUNCATED, &elf_where(elf),
				   "section %u: %#llx bytes at %#llx, the file "
				   "ends at %#zx", sec->index,
				   (unsigned long long)sh.sh_size,
				   (unsigned long long)sh.sh_offset, size);
	sec->data = image + sh.sh_offset;
	return 0;
}

static int check_links(const struct elf_file *elf,
		       const struct elf_section *sec, struct diag_sink *sink)
{
	bool reloc = sec->type == SHT_REL || sec->type == SHT_RELA;

	if (sec->link >= elf->sections_cnt)
		return diag_report(sink, DIAG_ELF_SECTION, &elf_where(elf),
				   "section %u (%s): links to section %u of "
				   "%zu", sec->index, sec->name, sec->link,
				   elf->sections_cnt);
	if ((reloc || (sec->flags & SHF_INFO_LINK)) &&
	    sec->info >= elf->sections_cnt)
		return diag_report(sink, DIAG_ELF_SECTION, &elf_where(elf),
				   "section %u (%s): is about section %u of "
				   "%zu", sec->index, sec->name, sec->info,
				   elf->sections_cnt);
	return 0;
}

static int name_section(struct elf_file *elf, struct elf_section *sec,
			const uint8_t *image, uint32_t shstrndx,
			struct diag_sink *sink)
{
	Elf64_Shdr sh = section_header(image, sec->index);

	sec->name = shstrndx == SHN_UNDEF ? "" :
		    elf_string(&elf->sections[shstrndx], sh.sh_name);
	if (!sec->name)
		return diag_report(sink, DIAG_ELF_STRING, &elf_where(elf),
				   "section %u: name outside of the string "
				   "table in section %u", sec->index,
				   shstrndx);
	return check_links(elf, sec, sink);
}

struct extent {
	const uint8_t *start, *end;
	const char *name;
};

static int extent_order(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Contents and headers, each byte of the file used at most once. */
static int check_overlaps(struct elf_file *elf, const uint8_t *image,
			  const Elf64_Ehdr *eh, struct diag_sink *sink)
{
	struct extent *extents = arena_array(&elf->arena,
					     elf->sections_cnt + 2,
					     sizeof(*extents));
	size_t cnt = 0;

	if (!extents)
		return no_memory(elf, sink);
	extents[cnt++] = (struct extent){ image, image + sizeof(*eh),
					  "the ELF header" };
	extents[cnt++] = (struct extent){
		image + eh->e_shoff, image + eh->e_shoff +
		elf->sections_cnt * sizeof(Elf64_Shdr), "section headers" };
	for (size_t i = 0; i < elf->sections_cnt; i++) {
		const struct elf_section *sec = &elf->sections[i];

		if (sec->data && sec->size)
			extents[cnt++] = (struct extent){
				sec->data, sec->data + sec->size, sec->name };
	}
	qsort(extents, cnt, sizeof(*extents), extent_order);
	for (size_t i = 1; i < cnt; i++) {
		if (extents[i].start < extents[i - 1].end)
			return diag_report(sink, DIAG_ELF_OVERLAP,
					   &elf_where(elf),
					   "%s and %s share bytes at %#zx",
					   extents[i - 1].name,
					   extents[i].name, (size_t)
					   (extents[i].start - image));
	}
	return 0;
}

static int read_sections(struct elf_file *elf, const uint8_t *image,
			 size_t size, const Elf64_Ehdr *eh,
			 struct diag_sink *sink)
{
	struct elf_section *secs = arena_array(&elf->arena, eh->e_shnum,
					       sizeof(*secs));
	int err = 0;

	if (!secs)
		return no_memory(elf, sink);
	elf->sections = secs;
	elf->sections_cnt = eh->e_shnum;
	for (uint32_t i = 0; !err && i < eh->e_shnum; i++) {
		secs[i].index = i;
		err = read_section(elf, &secs[i], image, size, sink);
	}
	for (uint32_t i = 0; !err && i < eh->e_shnum; i++)
		err = name_section(elf, &secs[i], image, eh->e_shstrndx,
				   sink);
	return err ? err : check_overlaps(elf, image, eh, sink);
}

/* All of it, over bytes that stay where they are. */
static int read_image(struct elf_file *elf, const uint8_t *image, size_t size,
		      struct diag_sink *sink)
{
	const Elf64_Ehdr *eh;
	int err = check_ident(elf, image, size, sink);

	if (err)
		return err;
	if (size < sizeof(*eh))
		return diag_report(sink, DIAG_ELF_TRUNCATED, &elf_where(elf),
				   "the ELF header takes %zu bytes, the file "
				   "has %zu", sizeof(*eh), size);
	errno = 0;
	if (elf_version(EV_CURRENT) != EV_NONE)
		elf->handle = elf_memory((char *)image, size);
	eh = elf->handle ? elf64_getehdr(elf->handle) : NULL;
	if (!eh)	/* libelf's number for want of memory is private */
		return diag_report(sink, errno == ENOMEM ? DIAG_NO_MEMORY :
				   DIAG_ELF_FORMAT, &elf_where(elf), "%s",
				   elf_errmsg(-1));
	elf->machine = eh->e_machine;
	elf->type = eh->e_type;
	err = check_header(elf, eh, size, sink);
	if (!err)
		err = read_sections(elf, image, size, eh, sink);
	return err ? err : elf_read_symbols(elf, sink);
}

static int open_image(struct elf_file *elf, const void *data, size_t size,
		      const char *path, struct diag_sink *sink)
{
	int err;

	elf->path = arena_strdup(&elf->arena, path);
	if (!elf->path)
		err = no_memory(elf, sink);
	else
		err = read_image(elf, data, size, sink);
	if (err)
		elf_close(elf);
	return err;
}

int elf_open_memory(struct elf_file *elf, const void *data, size_t size,
		    const char *path, struct diag_sink *sink)
{
	*elf = (struct elf_file){ 0 };
	arena_init(&elf->arena);
	return open_image(elf, data, size, path, sink);
}

static ssize_t read_full(int fd, uint8_t *to, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, to + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* The whole file in memory of ours: nobody truncates it under our feet. */
static int slurp(struct elf_file *elf, int fd)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	elf->image = malloc(st.st_size ? (size_t)st.st_size : 1);
	if (!elf->image)
		return -ENOMEM;
	got = read_full(fd, elf->image, (size_t)st.st_size);
	if (got < 0)
		return (int)got;
	elf->image_size = (size_t)got;
	return 0;
}

static int cannot_open(const char *path, int err, struct diag_sink *sink)
{
	struct diag_where where = { .file = path, .insn = -1 };

	diag_report(sink, DIAG_FILE_OPEN, &where, "cannot be read: %s",
		    err == -EINVAL ? "not a regular file" : strerror(-err));
	return err;
}

int elf_open(struct elf_file *elf, const char *path, struct diag_sink *sink)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	if (fd < 0)
		return cannot_open(path, -errno, sink);
	*elf = (struct elf_file){ 0 };
	arena_init(&elf->arena);
	err = slurp(elf, fd);
	close(fd);
	if (err) {
		elf_close(elf);
		return cannot_open(path, err, sink);
	}
	return open_image(elf, elf->image, elf->image_size, path, sink);
}

void elf_close(struct elf_file *elf)
{
	elf_end(elf->handle);
	free(elf->image);
	arena_fini(&elf->arena);
	*elf = (struct elf_file){ 0 };
}

const struct elf_section *elf_section_by_name(const struct elf_file *elf,
					      const char *name)
{
	for (size_t i = 1; i < elf->sections_cnt; i++) {
		if (str_eq(elf->sections[i].name, name))
			return &elf->sections[i];
	}
	return NULL;
}
