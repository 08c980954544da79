/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call a helper: its PROGS column, and the rows of helper_at.def. */
#include "spec/spec.h"

#define A(name)		(1ull << ATTACH_TYPE_##name)

#define A_CONNECT	(A(CGROUP_INET4_CONNECT) | A(CGROUP_INET6_CONNECT))
/* socket calls that a program may refuse, so that they return an error */
#define A_REFUSE	(A_CONNECT | A(CGROUP_UNIX_CONNECT) | \
			 A(CGROUP_INET4_BIND) | A(CGROUP_INET6_BIND) | \
			 A(CGROUP_UDP4_SENDMSG) | A(CGROUP_UDP6_SENDMSG) | \
			 A(CGROUP_UNIX_SENDMSG))
/* functions, entered by a trampoline */
#define A_FUNC		(A(TRACE_FENTRY) | A(TRACE_FEXIT) | A(MODIFY_RETURN))

static const struct helper_at {
	enum helper_id id;
	enum prog_type type;
	uint64_t places;
} rows[] = {
#define HELPER_AT(helper, type, places) \
	{ HELPER_##helper, PROG_TYPE_##type, places },
#include "spec/helper_at.def"
#undef HELPER_AT
};

static_assert(ATTACH_TYPE_END <= 64, "masks of attach types have a bit each");

bool helper_callable(const struct helper_row *row, enum prog_type type,
		     uint32_t attach)
{
	if ((uint32_t)type >= PROG_TYPE_END || !(row->progs >> type & 1))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].id == row->id && rows[i].type == type)
			return attach < 64 && rows[i].places >> attach & 1;
	return true;
}
