/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of diags.def as an enum and a table. */
#ifndef SKEP_SPEC_DIAGS_H
#define SKEP_SPEC_DIAGS_H

#include "base/diag.h"

enum diag_id {
#define DIAG(name, ...) DIAG_##name,
#include "spec/diags.def"
#undef DIAG
	DIAG_CNT
};

extern const struct diag_row diag_rows[];	/* DIAG_CNT rows */

/* The row whose id is `id` ("elf-truncated"), or NULL. */
const struct diag_row *diag_by_id(const char *id);

#define diag_report(sink, id, ...) \
	diag_send(sink, &diag_rows[id], __VA_ARGS__)

#endif
