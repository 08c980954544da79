/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See native.h. libcapstone is loaded when it is asked for: its tables would
 * cost every command a millisecond and several megabytes.
 *
 * The text of a branch ends with its target, in hexadecimal.
 */
#include "cli/native.h"

#include <capstone/capstone.h>
#include <dlfcn.h>
#include <errno.h>

#include "base/str.h"
#include "spec/diags.h"

/* The library that the header is of: libcapstone.so.4 of capstone 4. */
#define TEXT_OF(number)		#number
#define LIBRARY_OF(major)	"libcapstone.so." TEXT_OF(major)
#define LIBRARY			LIBRARY_OF(CS_API_MAJOR)

#define FUNCTIONS(row) \
	row(open) row(close) row(option) row(malloc) row(free) row(strerror) \
	row(disasm_iter) row(insn_group)

struct native {
	void *library;
#define MEMBER(name) typeof(cs_##name) *name;
	FUNCTIONS(MEMBER)
#undef MEMBER
	csh handle;
	cs_insn *insn;
};

#if defined(__x86_64__)
#define ARCH	CS_ARCH_X86
#define MODE	CS_MODE_64
#define UNIT	1u
#define PREFIX	""
#else
#define ARCH	CS_ARCH_ARM64
#define MODE	CS_MODE_ARM
#define UNIT	4u
#define PREFIX	"#"
#endif

static bool find_functions(struct native *native)
{
	const struct {
		const char *name;
		void *where;
	} rows[] = {
#define ROW(function) { "cs_" #function, &native->function },
		FUNCTIONS(ROW)
#undef ROW
	};

	native->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; native->library && i < ARRAY_SIZE(rows); i++) {
		void *found = dlsym(native->library, rows[i].name);

		if (!found)
			return false;
		memcpy(rows[i].where, &found, sizeof(found));
	}
	return native->library != NULL;
}

static int begin(struct native *native, struct diag_sink *sink)
{
	cs_err status;

	if (!find_functions(native))
		return diag_report(sink, DIAG_NATIVE_NO_CAPSTONE, DIAG_NOWHERE,
				   "%s", dlerror() ?: LIBRARY);
	status = native->open(ARCH, MODE, &native->handle);
	if (status != CS_ERR_OK)
		return diag_report(sink, DIAG_NATIVE_NO_CAPSTONE, DIAG_NOWHERE,
				   LIBRARY ": %s", native->strerror(status));
	native->option(native->handle, CS_OPT_DETAIL, CS_OPT_ON);
	native->insn = native->malloc(native->handle);
	if (native->insn)
		return 0;
	return diag_report(sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
			   "no memory for a listing");
}

int native_new(struct native **out, struct diag_sink *sink)
{
	struct native *native = calloc(1, sizeof(*native));
	int err;

	if (!native)
		return diag_report(sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "no memory for a listing");
	err = begin(native, sink);
	if (err)
		native_free(native);
	else
		*out = native;
	return err;
}

void native_free(struct native *native)
{
	if (!native)
		return;
	if (native->insn)
		native->free(native->insn, 1);
	if (native->handle)
		native->close(&native->handle);
	if (native->library)
		dlclose(native->library);
	free(native);
}

static bool is_branch(const struct native *native)
{
	static const uint8_t groups[] = {
		CS_GRP_JUMP, CS_GRP_CALL, CS_GRP_BRANCH_RELATIVE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (native->insn_group(native->handle, native->insn,
				       groups[i]))
			return true;
	return false;
}

/* The number at the end of the operands; they end where it began then. */
static bool take_target(char *operands, uint64_t *target)
{
	char *last = strrchr(operands, ' ');
	char *number = last ? last + 1 : operands, *end;

	if (strncmp(number, PREFIX "0x", strlen(PREFIX "0x")))
		return false;
	*target = strtoull(number + strlen(PREFIX), &end, 16);
	if (*end)
		return false;
	*number = '\0';
	return true;
}

struct native_insn native_text(struct strbuf *out, struct native *native,
			       const uint8_t *code, size_t len,
			       uint64_t address)
{
	struct native_insn found = { .size = (uint32_t)MIN(len, UNIT) };
	cs_insn *insn = native->insn;

	if (!native->disasm_iter(native->handle, &code, &len, &address,
				 insn)) {
		strbuf_puts(out, "(data)");
		return found;
	}
	found.size = insn->size;
	if (is_branch(native))
		found.branches = take_target(insn->op_str, &found.target);
	strbuf_puts(out, insn->mnemonic);
	if (*insn->op_str || found.branches)
		strbuf_printf(out, " %s", insn->op_str);
	return found;
}
