/* SPDX-License-Identifier: Apache-2.0 */
/* What the verifier is handed of a linked object. */
#ifndef SKEP_OBJECT_INPUT_H
#define SKEP_OBJECT_INPUT_H

#include "object/object.h"
#include "verify/verify.h"

/*
 * One for each of object_maps, in their order; whether they exist does not
 * matter. *out lives as long as the object and shows the data sections as
 * they are now. 0 or -ENOMEM with a diagnostic.
 */
int object_verify_maps(struct object *obj, const struct verify_map **out,
		       struct diag_sink *sink);

/*
 * Whether a linked program may need the kernel's types to be verified. They
 * take longer to read than most programs to be verified.
 */
bool object_is_typed(const struct object *obj);

#endif
