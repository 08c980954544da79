/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a helper's number to its function. The rows of spec/helpers.def are
 * the only list: a row that says YES names its function, and a function that
 * is not there is an error of the linker.
 */
#include "helper/helper.h"

#define FUNCTION_NO(name)	[HELPER_##name] = NULL,
#define FUNCTION_ENG(name)	[HELPER_##name] = NULL,
#define FUNCTION_YES(name)	[HELPER_##name] = helper_##name,

static const helper_fn functions[] = {
#define HELPER(id, name, since, have, ...) FUNCTION_##have(name)
#include "spec/helpers.def"
#undef HELPER
};

static_assert(ARRAY_SIZE(functions) == HELPER_END, "a place per number");

helper_fn helper_function(uint32_t id)
{
	return id < ARRAY_SIZE(functions) ? functions[id] : NULL;
}
