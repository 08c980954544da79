/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of engines; the first is the default. */
#include "vm/engine.h"

#include <errno.h>

#include "base/str.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "spec/diags.h"

static int prepare_interp(struct prog *prog, const struct engine_want *want,
			  struct diag_sink *sink)
{
	return interp_prepare(prog, sink);
}

static int prepare_tier(struct prog *prog, const struct engine_want *want,
			enum jit_tier tier, struct diag_sink *sink)
{
	const struct jit_options options = {
		.tier = tier, .check = JIT_CHECKED, .facts = want->facts,
		.counts = want->budget,
		.tools = want->tools, .audit = want->audit,
	};
	int err = jit_prepare(prog, &options);

	if (err && err != -EOPNOTSUPP)
		diag_report(sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
			    "compiling program %s", prog->name);
	return err;
}

static int prepare_opt(struct prog *prog, const struct engine_want *want,
		       struct diag_sink *sink)
{
	return prepare_tier(prog, want, JIT_OPT, sink);
}

static int prepare_quick(struct prog *prog, const struct engine_want *want,
			 struct diag_sink *sink)
{
	return prepare_tier(prog, want, JIT_QUICK, sink);
}

enum { ENGINE_INTERP, ENGINE_OPT, ENGINE_QUICK, ENGINES };

#define NATIVE(how) { \
		.name		= "jit", \
		.instead	= &engines[ENGINE_INTERP], \
		.prepare	= how, \
		.release	= jit_release, \
		.attach		= jit_attach, \
		.detach		= jit_detach, \
		.run		= jit_run, \
		.stop		= jit_stop, \
		.report		= run_fault_report, \
		.code_size	= jit_code_size, \
	}

static const struct engine_ops engines[ENGINES] = {
	[ENGINE_INTERP] = {
		.name		= "interp",
		.prepare	= prepare_interp,
		.release	= interp_release,
		.attach		= interp_attach,
		.detach		= interp_detach,
		.run		= interp_run,
		.stop		= interp_stop,
		.report		= run_fault_report,
	},
	[ENGINE_OPT] = NATIVE(prepare_opt),
	[ENGINE_QUICK] = NATIVE(prepare_quick),
};

/* What --jit may say, and the engine that it asks for. */
static const struct {
	const char *name;
	const struct engine_ops *engine;
} tiers[] = {
	{ "off", &engines[ENGINE_INTERP] },
	{ "quick", &engines[ENGINE_QUICK] },
	{ "opt", &engines[ENGINE_OPT] },
};

static const struct engine_ops *by_name(const char *name)
{
	for (size_t i = 0; i < ENGINES; i++)
		if (str_eq(engines[i].name, name))
			return &engines[i];
	return NULL;
}

static const struct engine_ops *by_tier(const char *jit)
{
	for (size_t i = 0; i < ARRAY_SIZE(tiers); i++)
		if (str_eq(tiers[i].name, jit))
			return tiers[i].engine;
	return NULL;
}

const char *engine_tier(size_t i)
{
	return i < ARRAY_SIZE(tiers) ? tiers[i].name : NULL;
}

const struct engine_ops *engine_choose(const char *name, const char *jit)
{
	const struct engine_ops *named = name ? by_name(name) : NULL;
	const struct engine_ops *tier = jit ? by_tier(jit) : NULL;

	if ((name && !named) || (jit && !tier))
		return NULL;
	if (named && tier && !str_eq(named->name, tier->name))
		return NULL;
	return tier ?: named ?: &engines[0];
}
