/* SPDX-License-Identifier: Apache-2.0 */
/* What linking's files share. */
#ifndef SKEP_OBJECT_LINK_H
#define SKEP_OBJECT_LINK_H

#include "object/object_parts.h"

/*
 * Gives `prog` the source lines of its functions, which lie in its code in
 * `order`. 0, or -ENOMEM with a diagnostic.
 */
int object_link_lines(struct object *obj, struct prog *prog,
		      const uint32_t *order, uint32_t order_cnt,
		      struct diag_sink *sink);

#endif
