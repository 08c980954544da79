/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an object whose programs are verified, by both profiles. Its
 * own types stand for the kernel's, so that places and kernel symbols may be
 * found in them.
 */
#include <stddef.h>
#include <stdint.h>

#include "object/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct object_verify_options options = {
		.verify.insns_max = 20000,
		.link = { .target_btf = "/nonexistent" },
		.log = true,
	};
	struct object_verdicts verdicts;
	struct diag_sink sink = { 0 };
	struct object *obj;
	struct prog *progs;
	uint32_t cnt;

	if (object_open_memory(&obj, data, size, "fuzz", &sink))
		return 0;
	progs = object_progs(obj, &cnt);
	for (uint32_t i = 0; i < cnt; i++)
		progs[i].load = true;
	options.link.kernel = object_btf(obj);
	for (int profile = VERIFY_STRICT; profile <= VERIFY_UNPRIVILEGED;
	     profile++) {
		options.verify.profile = (enum verify_profile)profile;
		if (!object_verify(obj, &options, &verdicts, &sink))
			object_verdicts_fini(&verdicts);
	}
	object_close(obj);
	return 0;
}
