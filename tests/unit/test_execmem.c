/* SPDX-License-Identifier: Apache-2.0 */
/* Code memory: never writable and executable at once, guarded, given back. */
#include "cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/execmem.h"

/* The rights of the mapping that `addr` lies in, "" when there is none. */
static void rights_of(const void *addr, char out[5])
{
	uintptr_t at = (uintptr_t)addr;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];

	out[0] = 0;
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		char rights[5];

		if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 &&
		    at >= from && at < to)
			memcpy(out, rights, 5);
	}
	fclose(maps);
}

static void assert_rights(const void *addr, const char *want)
{
	char rights[5];

	rights_of(addr, rights);
	assert_string_equal(rights, want);
}

static void written_then_run(void **state)
{
	struct execmem mem;

	assert_int_equal(execmem_init(&mem, 5000, NULL), 0);
	assert_true(mem.size >= 5000);
	assert_rights(mem.base, "rw-p");
	assert_int_equal(mem.base[0] | mem.base[mem.size - 1], 0);
	memset(mem.base, 0xcc, mem.size);
	assert_int_equal(execmem_seal(&mem), 0);
	assert_rights(mem.base, "r-xp");
	assert_rights(mem.base + mem.size - 1, "r-xp");
	assert_int_equal(mem.base[4999], 0xcc);
	execmem_fini(&mem);
	assert_null(mem.base);
}

static void guarded_on_both_sides(void **state)
{
	struct execmem mem;

	assert_int_equal(execmem_init(&mem, 1, NULL), 0);
	assert_int_equal(execmem_seal(&mem), 0);
	assert_rights(mem.base - 1, "---p");
	assert_rights(mem.base + mem.size, "---p");
	execmem_fini(&mem);
	execmem_fini(&mem);
}

static void no_bytes_is_refused(void **state)
{
	struct execmem mem = { NULL, 7 };

	assert_int_equal(execmem_init(&mem, 0, NULL), -EINVAL);
	assert_int_equal(execmem_init(&mem, SIZE_MAX, NULL), -EINVAL);
	assert_int_equal(mem.size, 7);
}

static int function(int a)
{
	return a + 1;
}

static void lies_near(void **state)
{
	struct execmem mem[4];

	for (size_t i = 0; i < ARRAY_SIZE(mem); i++) {
		intptr_t distance;

		assert_int_equal(execmem_init(&mem[i], 100,
					      (void *)(uintptr_t)function), 0);
		distance = (intptr_t)mem[i].base - (intptr_t)function;
		/* below what runs here, nothing else is mapped */
		assert_true(labs(distance) < 1l << 31);
	}
	for (size_t i = 0; i < ARRAY_SIZE(mem); i++)
		execmem_fini(&mem[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_then_run),
		cmocka_unit_test(guarded_on_both_sides),
		cmocka_unit_test(no_bytes_is_refused),
		cmocka_unit_test(lies_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
