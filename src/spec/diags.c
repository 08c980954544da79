/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/diags.h"

#include <errno.h>

#include "base/str.h"

const struct diag_row diag_rows[] = {
#define DIAG(name, id, severity, err, title, page) \
	{ id, SKEP_SEVERITY_##severity, -(err), title, page },
#include "spec/diags.def"
#undef DIAG
};

static_assert(ARRAY_SIZE(diag_rows) == DIAG_CNT, "one row per diagnostic");

const struct diag_row *diag_by_id(const char *id)
{
	for (size_t i = 0; i < DIAG_CNT; i++)
		if (str_eq(diag_rows[i].id, id))
			return &diag_rows[i];
	return NULL;
}
