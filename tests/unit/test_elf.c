/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf/: a real object reads as it is; each lie about it is refused by the id
 * that names it; no truncation and no single changed byte reads out of bounds
 * (the sanitized build sees that: copies are of exact size).
 */
#include "cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "elf/elf.h"

static uint8_t *seed;
static size_t seed_size;
static const char *last_id;

static void remember(void *arg, const struct skep_diag *diag)
{
	last_id = diag->id;
}

static struct diag_sink sink = { .fn = remember };

static int load_seed(void **state)
{
	const char *src = getenv("SKEP_SRC");
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/elf/seed.o",
		 src ? src : ".");
	file = fopen(path, "rb");
	if (!file)
		return -1;
	seed = malloc(1 << 16);
	seed_size = fread(seed, 1, 1 << 16, file);
	seed = realloc(seed, seed_size);
	return fclose(file);
}

static int drop_seed(void **state)
{
	free(seed);
	return 0;
}

static int try_open(const uint8_t *image, size_t size)
{
	struct elf_file elf;
	int err;

	last_id = NULL;
	err = elf_open_memory(&elf, image, size, "seed.o", &sink);
	if (err)
		return err;
	for (size_t i = 0; !err && i < elf.sections_cnt; i++) {
		const struct elf_reloc *relocs;
		size_t cnt;

		err = elf_relocs(&elf, &elf.sections[i], &relocs, &cnt, &sink);
	}
	elf_close(&elf);
	return err;
}

static void reads_a_real_object(void **state)
{
	const struct elf_section *xdp;
	const struct elf_reloc *relocs;
	struct elf_file elf;
	size_t cnt;

	assert_int_equal(elf_open_memory(&elf, seed, seed_size, "s", &sink), 0);
	assert_int_equal(elf.machine, EM_BPF);
	xdp = elf_section_by_name(&elf, "xdp");
	assert_non_null(xdp);
	assert_int_equal(xdp->size % 8, 0);
	assert_null(elf_section_by_name(&elf, "xdq"));
	assert_int_equal(elf_relocs(&elf, xdp, &relocs, &cnt, &sink), 0);
	assert_int_equal(cnt, 3);
	assert_string_equal(elf.symbols[relocs[0].symbol].name, "hits");
	for (size_t i = 1; i < cnt; i++)
		assert_true(relocs[i - 1].offset <= relocs[i].offset);
	elf_close(&elf);
}

/* One lie: `size` bytes of the image at `off` replaced by `value`. */
struct lie {
	size_t off;
	uint64_t value;
	uint32_t size;
	const char *id;
};

#define EHDR(field, v, id) \
	{ offsetof(Elf64_Ehdr, field), v, \
	  sizeof(((Elf64_Ehdr *)0)->field), id }

static const struct lie header_lies[] = {
	{ EI_MAG0, 0, 1, "elf-format" },
	{ EI_CLASS, ELFCLASS32, 1, "elf-class" },
	{ EI_CLASS, 9, 1, "elf-class" },
	{ EI_DATA, ELFDATA2MSB, 1, "elf-foreign-endian" },
	{ EI_DATA, 7, 1, "elf-format" },
	EHDR(e_version, 2, "elf-header"),
	EHDR(e_shoff, 0, "elf-header"),
	EHDR(e_shoff, ~0ULL - 64, "elf-truncated"),
	EHDR(e_shnum, 0, "elf-section-count"),
	EHDR(e_shnum, 0xff00, "elf-section-count"),
	EHDR(e_shnum, 0x4000, "elf-truncated"),
	EHDR(e_shentsize, 40, "elf-header"),
	EHDR(e_shstrndx, 0xfff0, "elf-header"),
	EHDR(e_shoff, 32, NULL),
};

static void check_lie(const struct lie *lie)
{
	uint8_t *copy = malloc(seed_size);

	memcpy(copy, seed, seed_size);
	memcpy(copy + lie->off, &lie->value, lie->size);
	assert_int_equal(try_open(copy, seed_size), -EINVAL);
	assert_non_null(last_id);
	if (lie->id)
		assert_string_equal(last_id, lie->id);
	free(copy);
}

static void header_lies_are_named(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(header_lies); i++)
		check_lie(&header_lies[i]);
}

static size_t section_header(uint32_t type, size_t field)
{
	Elf64_Ehdr eh;

	memcpy(&eh, seed, sizeof(eh));
	for (size_t i = 0; i < eh.e_shnum; i++) {
		size_t at = eh.e_shoff + i * sizeof(Elf64_Shdr);
		Elf64_Shdr sh;

		memcpy(&sh, seed + at, sizeof(sh));
		if (sh.sh_type == type)
			return at + field;
	}
	fail_msg("no section of type %u", type);
	return 0;
}

#define SHDR(type, field, v, id) \
	{ section_header(type, offsetof(Elf64_Shdr, field)), v, \
	  sizeof(((Elf64_Shdr *)0)->field), id }

static void section_lies_are_named(void **state)
{
	const struct lie lies[] = {
		SHDR(SHT_PROGBITS, sh_offset, ~0ULL - 8, "elf-truncated"),
		SHDR(SHT_PROGBITS, sh_size, ~0ULL, "elf-truncated"),
		SHDR(SHT_SYMTAB, sh_offset, 16, "elf-overlap"),
		SHDR(SHT_SYMTAB, sh_link, 999, "elf-section"),
		SHDR(SHT_SYMTAB, sh_link, 2, "elf-symbol"),
		SHDR(SHT_SYMTAB, sh_entsize, 0, "elf-section"),
		SHDR(SHT_SYMTAB, sh_entsize, 25, "elf-section"),
		SHDR(SHT_SYMTAB, sh_size, 23, "elf-section"),
		SHDR(SHT_REL, sh_info, 500, "elf-section"),
		SHDR(SHT_REL, sh_entsize, 1, "elf-section"),
		SHDR(SHT_REL, sh_link, 1, "elf-reloc"),
		SHDR(SHT_REL, sh_type, SHT_SYMTAB, "elf-symbol"),
		SHDR(SHT_STRTAB, sh_size, 3, "elf-string"),
		SHDR(SHT_STRTAB, sh_type, SHT_PROGBITS, "elf-string"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++)
		check_lie(&lies[i]);
}

static size_t entry_offset(uint32_t type, size_t entry)
{
	uint64_t off;

	memcpy(&off, seed + section_header(type,
		offsetof(Elf64_Shdr, sh_offset)), sizeof(off));
	return off + entry;
}

static void entry_lies_are_named(void **state)
{
	size_t sym = entry_offset(SHT_SYMTAB, sizeof(Elf64_Sym));
	size_t rel = entry_offset(SHT_REL, 0);
	const struct lie lies[] = {
		{ sym + offsetof(Elf64_Sym, st_name), 1 << 20, 4,
		  "elf-symbol" },
		{ sym + offsetof(Elf64_Sym, st_shndx), 0x700, 2,
		  "elf-symbol" },
		{ sym + sizeof(Elf64_Sym) + offsetof(Elf64_Sym, st_size),
		  ~0ULL, 8, "elf-symbol" },
		{ rel + offsetof(Elf64_Rel, r_offset), ~0ULL, 8,
		  "elf-reloc" },
		{ rel + offsetof(Elf64_Rel, r_info) + 4, 12345, 4,
		  "elf-reloc" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++)
		check_lie(&lies[i]);
}

static void every_truncation_is_refused(void **state)
{
	for (size_t size = 0; size < seed_size; size++) {
		uint8_t *copy = malloc(size ? size : 1);

		memcpy(copy, seed, size);
		assert_int_equal(try_open(copy, size), -EINVAL);
		free(copy);
	}
}

static void every_flip_is_survived(void **state)
{
	uint8_t *copy = malloc(seed_size);

	memcpy(copy, seed, seed_size);
	for (size_t i = 0; i < seed_size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			copy[i] ^= (uint8_t)(1 << bit);
			if (try_open(copy, seed_size))
				assert_non_null(last_id);
			copy[i] = seed[i];
		}
	}
	free(copy);
}

static void files_that_cannot_be_read(void **state)
{
	struct elf_file elf;

	assert_int_equal(elf_open(&elf, "/nonexistent.o", &sink), -ENOENT);
	assert_string_equal(last_id, "file-open");
	assert_int_equal(elf_open(&elf, "/", &sink), -EINVAL);
	assert_string_equal(last_id, "file-open");
	assert_int_equal(elf_open(&elf, "/dev/zero", &sink), -EINVAL);
	assert_int_equal(elf_open(&elf, "/proc/self/status", &sink), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_real_object),
		cmocka_unit_test(header_lies_are_named),
		cmocka_unit_test(section_lies_are_named),
		cmocka_unit_test(entry_lies_are_named),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flip_is_survived),
		cmocka_unit_test(files_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, load_seed, drop_seed);
}
