/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimising tier: its passes in their order, then the machine's code.
 * After each pass the form is checked where that was asked for.
 */
#include "jit/opt/compile.h"

#include <errno.h>

#include "jit/fold/fold.h"
#include "jit/opt/opt.h"
#include "jit/x86/compile.h"

static void fold(struct ir_func *f, const struct verify_facts *facts)
{
	fold_func(f);
	ir_clean(f);
}

/* Fields that are read or written in pieces; then what that leaves over. */
static void combine(struct ir_func *f, const struct verify_facts *facts)
{
	ir_number(f);
	fold_combine_loads(f);
	fold_combine_stores(f);
	fold_func(f);
	ir_number(f);
}

/* Choices between values instead of branches. */
static void choose(struct ir_func *f, const struct verify_facts *facts)
{
	if (fold_select(f))
		fold_func(f);
}

static void (*const passes[])(struct ir_func *f,
			      const struct verify_facts *facts) = {
	opt_builtin,
	opt_stack,
	opt_thread,
	fold,
	opt_stops,
	opt_thread,
	opt_blocks,
	opt_stops,
	opt_count,
	opt_memory,
	fold,
	combine,
	choose,
	opt_blocks,
	opt_edges,
};

static int optimise(struct ir_unit *unit, struct ir_func *f, bool check)
{
	for (size_t i = 0; i < ARRAY_SIZE(passes) && !f->failed; i++) {
		passes[i](f, unit->facts);
		assert(f->failed || !check || ir_check(f, NULL));
	}
	return f->failed ? -ENOMEM : 0;
}

static int compile(struct ir_unit *unit, const struct jit_options *options,
		   struct jit_code *out)
{
	int err = 0;

	for (size_t i = 0; !err && i < unit->funcs.len; i++)
		err = optimise(unit, unit->funcs.data[i], options->check);
	if (err)
		return err;
	opt_unit(unit);
	return x86_compile(unit->funcs.data, (uint32_t)unit->funcs.len,
			   unit->prog, options, out);
}

int opt_compile(const struct prog *prog, const struct jit_options *options,
		struct jit_code *out)
{
	struct arena arena;
	struct ir_unit unit;
	int err;

	arena_init(&arena);
	err = ir_build(&unit, prog, options, &arena);
	if (!err) {
		err = compile(&unit, options, out);
		ir_unit_fini(&unit);
	}
	arena_fini(&arena);
	return err;
}
