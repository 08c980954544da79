/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of engines; the first is the default. */
#include "vm/engine.h"

#include "base/str.h"
#include "interp/interp.h"

static const struct engine_ops engines[] = {
	{
		.name		= "interp",
		.prepare	= interp_prepare,
		.release	= interp_release,
		.attach		= interp_attach,
		.detach		= interp_detach,
		.run		= interp_run,
		.stop		= interp_stop,
		.report		= run_fault_report,
	},
};

const struct engine_ops *engine_by_name(const char *name)
{
	if (!name)
		return &engines[0];
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		if (str_eq(engines[i].name, name))
			return &engines[i];
	return NULL;
}
