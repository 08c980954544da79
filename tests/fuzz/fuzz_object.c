/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an object: opened, its variables set, linked. */
#include <stddef.h>
#include <stdint.h>

#include "object/object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* No CO-RE target: reading vmlinux's would take all the time. */
	struct object_options options = { .target_btf = "/nonexistent",
					  .relaxed_ksyms = true };
	struct diag_sink sink = { 0 };
	struct object *obj;

	if (object_open_memory(&obj, data, size, "fuzz", &sink))
		return 0;
	object_set_variable(obj, "limits.bytes[1]", "5", &sink);
	object_set_variable(obj, "banner", "text", &sink);
	object_set_variable(obj, "mode", "ON", &sink);
	object_link(obj, &options, &sink);
	object_close(obj);
	return 0;
}
