/* SPDX-License-Identifier: Apache-2.0 */
/* What `skep verify` prints of its verdicts: verify_print.c. */
#ifndef SKEP_CLI_VERIFY_H
#define SKEP_CLI_VERIFY_H

#include "object/verify.h"

/* `verbose`: 1 more figures, 2 the logs. */
void verify_print_text(struct strbuf *out,
		       const struct object_verdicts *verdicts,
		       uint32_t verbose);

/* The document that docs/architecture.md fixes, on one line. */
void verify_print_json(struct strbuf *out, const char *object,
		       const struct object_verdicts *verdicts,
		       uint32_t verbose);

#endif
