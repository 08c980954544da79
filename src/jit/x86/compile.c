/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimising tier's back end as a list of passes: for each function
 * instructions are selected, registers allocated, bytes emitted; then branches
 * are made short, and the code is put where it runs.
 */
#include "jit/x86/compile.h"

#include <errno.h>
#include <string.h>

#include "jit/x86/door.h"
#include "jit/x86/emit.h"
#include "prog/ctx.h"

/* ---- functions ---- */

static int allocate(struct mach_func *m, bool check)
{
	struct mach_func before;
	int err;

	if (!check)
		return mach_allocate(m);
	err = mach_copy(&before, m);
	if (err)
		return err;
	err = mach_allocate(m);
	assert(err || mach_check(&before, m, NULL));
	mach_fini(&before);
	return err;
}

static int emit_one(struct emit *e, struct ir_func *f, uint32_t index,
		    const struct jit_options *options)
{
	uint32_t features = jit_features() & ~options->without;
	struct mach_func m;
	int err = x86_select(&m, f, features);

	if (!err)
		err = allocate(&m, options->check);
	if (!err)
		emit_function(e, &m, f, e->func_labels[index]);
	mach_fini(&m);
	return err;
}

static int emit_all(struct emit *e, struct ir_func *const *funcs,
		    const struct jit_options *options, uint32_t *start)
{
	struct jit_origins told = { 0 };
	int err = 0;

	emit_part(e, JIT_PART_ENTER, 0);
	x86_enter(&e->code, &told);
	emit_door(e, &told);
	for (uint32_t i = 0; i < e->funcs_cnt; i++)
		e->func_labels[i] = emit_label(e);
	for (uint32_t i = 0; !err && i < e->funcs_cnt; i++)
		err = emit_one(e, funcs[i], i, options);
	if (err)
		return err == -ENOMEM ? err : -EOPNOTSUPP;
	emit_traps(e);
	*start = emit_start(e);
	if (e->failed || e->code.failed)
		return -ENOMEM;
	x86_relax(e);
	return e->failed ? -ENOMEM : 0;
}

/* ---- the whole ---- */

static void note_origins(const struct emit *e, struct jit_code *out)
{
	struct jit_origins *to = &out->origins;

	for (size_t i = 0; i < e->origins.len; i++) {
		const struct emit_origin *row = &e->origins.data[i];

		jit_origin_add(to, row->spot.at, row->part, row->slot);
	}
	if (out->size > e->code.len)
		jit_origin_add(to, e->code.len, JIT_PART_FAR, 0);
	for (size_t i = 0; i < e->depths.len; i++) {
		const struct emit_depth_at *row = &e->depths.data[i];

		jit_depth_add(to, row->spot.at, row->depth.bytes,
			      row->depth.reg);
	}
}

int x86_compile(struct ir_func *const *funcs, uint32_t cnt,
		const struct prog *prog, const struct jit_options *options,
		struct jit_code *out)
{
	uint32_t *labels = calloc(cnt, sizeof(*labels));
	struct emit e = { .prog = prog, .func_labels = labels,
			  .funcs_cnt = cnt };
	int err = labels ? 0 : -ENOMEM;
	uint32_t start;

	if (!err)
		err = emit_all(&e, funcs, options, &start);
	if (!err)
		err = jit_place(&x86_linker, &e.code, e.calls.data,
				e.calls.len, out);
	if (!err) {
		out->entry = (uintptr_t)out->mem.base +
			     e.labels.data[labels[0]].at;
		out->start = (jit_start_fn)(uintptr_t)(out->mem.base +
						       e.labels.data[start].at);
		out->memory = ctx_layout(prog->type)->memory;
		note_origins(&e, out);
	}
	vec_free(&e.sites);
	vec_free(&e.labels);
	vec_free(&e.calls);
	vec_free(&e.traps);
	vec_free(&e.origins);
	vec_free(&e.depths);
	jit_buf_fini(&e.code);
	free(labels);
	return err;
}
