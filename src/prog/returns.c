/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The range of r0 at a program's exit: the first row of spec/returns.def that
 * fits. Callbacks have ranges of their own, which the verifier knows.
 * Reference: kernel/bpf/verifier.c, check_return_code; bpf_lsm.c.
 */
#include "prog/returns.h"

#include "base/str.h"

enum return_which {
	HOOK_ANY,
	HOOK_VOID,
	HOOK_BOOL,
};

enum return_flags {
	RETURN_NARROW	= 1 << 0,
	RETURN_UNSET	= 1 << 1,
};

struct return_row {
	enum prog_type type;
	uint32_t attach;	/* ATTACH_TYPE_ANY: every one */
	enum return_which which;
	int32_t min, max;
	uint8_t flags;		/* enum return_flags */
};

#define ATTACH_TYPE_ANY	UINT32_MAX
#define NARROW		RETURN_NARROW
#define UNSET		RETURN_UNSET

static const struct return_row rows[] = {
#define RETURN(type, attach, hook, min, max, flags) \
	{ PROG_TYPE_##type, ATTACH_TYPE_##attach, HOOK_##hook, min, max, \
	  flags },
#include "spec/returns.def"
#undef RETURN
};

/* Security hooks that answer yes or no; others give 0 or an errno. */
static const char *const bool_hooks[] = {
	"bpf_lsm_audit_rule_known",
	"bpf_lsm_inode_xattr_skipcap",
	"bpf_lsm_xfrm_state_pol_flow_match",
};

static bool is_bool(const struct return_hook *hook)
{
	for (size_t i = 0; i < ARRAY_SIZE(bool_hooks); i++)
		if (hook->name && str_eq(hook->name, bool_hooks[i]))
			return true;
	return false;
}

static bool hook_fits(enum return_which which, const struct return_hook *hook)
{
	if (which == HOOK_VOID)
		return hook && hook->is_void;
	return which == HOOK_ANY || (hook && is_bool(hook));
}

bool prog_return_range(enum prog_type type, uint32_t attach_type,
		       const struct return_hook *hook,
		       struct return_range *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct return_row *row = &rows[i];

		if (row->type != type || !hook_fits(row->which, hook))
			continue;
		if (row->attach != ATTACH_TYPE_ANY &&
		    row->attach != attach_type)
			continue;
		*out = (struct return_range){
			.min = row->min, .max = row->max,
			.narrow = row->flags & RETURN_NARROW,
			.unset = row->flags & RETURN_UNSET,
		};
		return true;
	}
	return false;
}
