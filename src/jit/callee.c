/* SPDX-License-Identifier: Apache-2.0 */
/* The names of what native code calls, for people: see origins.h. */
#include "jit/origins.h"

#include "base/str.h"
#include "helper/helper.h"
#include "jit/audit.h"
#include "map/hash.h"
#include "map/map.h"
#include "spec/spec.h"

static const struct {
	const char *name;
	uintptr_t function;
} own[] = {
	{ "audit", (uintptr_t)jit_audit },
	{ "fault", (uintptr_t)jit_fault },
	{ "packet load", (uintptr_t)jit_packet_load },
	{ "tail call", (uintptr_t)jit_tail_call },
};

static const char *helper_at(uint64_t target)
{
	for (uint32_t id = 1; id < HELPER_END; id++) {
		helper_fn fn = helper_function(id);

		if (fn && (uintptr_t)fn == target)
			return helper_row(id)->name;
	}
	return NULL;
}

bool jit_callee(struct strbuf *out, const struct prog *prog, uint64_t target)
{
	const char *helper = helper_at(target);

	if (helper) {
		strbuf_puts(out, helper);
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (own[i].function != target)
			continue;
		strbuf_puts(out, own[i].name);
		return true;
	}
	for (uint32_t i = 0; i < prog->maps_cnt; i++) {
		const struct map *map = prog->maps[i];

		if (!map || map->def.type != MAP_TYPE_HASH ||
		    (uintptr_t)map_hash_words(map) != target)
			continue;
		strbuf_printf(out, "lookup in %s", map->def.name);
		return true;
	}
	return false;
}
