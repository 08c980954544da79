/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimising tier's back end as a list of passes: for each function
 * instructions are selected, registers allocated, bytes emitted; then branches
 * are made short, and the code is put where it runs.
 */
#include "jit/x86/compile.h"

#include <errno.h>
#include <string.h>

#include "jit/x86/emit.h"
#include "prog/ctx.h"

/* ---- functions ---- */

#ifdef NDEBUG
#define CHECKED		false
#else
#define CHECKED		true
#endif

/* Allocation is replayed where assertions are: it is cheap, and sees much. */
static int allocate(struct mach_func *m)
{
	struct mach_func before;
	int err;

	if (!CHECKED)
		return mach_allocate(m);
	err = mach_copy(&before, m);
	if (err)
		return err;
	err = mach_allocate(m);
	if (!err && !mach_check(&before, m, NULL))
		assert(!"allocation lost a value");
	mach_fini(&before);
	return err;
}

static int emit_one(struct emit *e, struct ir_func *f, uint32_t index,
		    uint32_t features)
{
	struct mach_func m;
	int err = x86_select(&m, f, features);

	if (!err)
		err = allocate(&m);
	if (!err)
		emit_function(e, &m, f->entry, e->func_labels[index]);
	mach_fini(&m);
	return err;
}

static int emit_all(struct emit *e, struct ir_func *const *funcs,
		    uint32_t features)
{
	uint32_t leave = emit_label(e);
	int err = 0;

	emit_enter(e, leave);
	for (uint32_t i = 0; i < e->funcs_cnt; i++)
		e->func_labels[i] = emit_label(e);
	for (uint32_t i = 0; !err && i < e->funcs_cnt; i++)
		err = emit_one(e, funcs[i], i, features);
	if (err)
		return err == -ENOMEM ? err : -EOPNOTSUPP;
	emit_traps(e, leave);
	if (e->failed || e->code.failed)
		return -ENOMEM;
	x86_relax(e);
	return e->failed ? -ENOMEM : 0;
}

/* ---- placing ---- */

/* What a call goes through when its target is too far: jmp [rip]; address. */
#define FAR_SIZE	14
#define TRAP_BYTE	0xcc

static uint32_t put_far(uint8_t *base, uint32_t at, uint64_t target)
{
	static const uint8_t jmp[] = { 0xff, 0x25, 0, 0, 0, 0 };

	memcpy(base + at, jmp, sizeof(jmp));
	memcpy(base + at + sizeof(jmp), &target, sizeof(target));
	return at + FAR_SIZE;
}

/* In the code's place; the bytes that it takes then. */
static uint32_t bind_calls(const struct emit *e, uint8_t *base)
{
	uint32_t len = e->code.len;

	for (size_t i = 0; i < e->calls.len; i++) {
		const struct emit_call *call = &e->calls.data[i];
		uint64_t from = (uintptr_t)base + call->end.at;
		int64_t distance = (int64_t)(call->target - from);
		int32_t near = (int32_t)distance;

		if (distance != near) {
			near = (int32_t)(len - call->end.at);
			len = put_far(base, len, call->target);
		}
		memcpy(base + call->end.at - 4, &near, sizeof(near));
	}
	return len;
}

static int place(const struct emit *e, struct jit_code *out)
{
	uint32_t most = e->code.len + (uint32_t)e->calls.len * FAR_SIZE;
	int err = execmem_init(&out->mem, most, (const void *)x86_insn_rows);

	if (err)
		return err == -ENOMEM ? err : -EOPNOTSUPP;
	memset(out->mem.base, TRAP_BYTE, out->mem.size);
	memcpy(out->mem.base, e->code.data, e->code.len);
	out->size = bind_calls(e, out->mem.base);
	if (execmem_seal(&out->mem)) {
		execmem_fini(&out->mem);
		return -EOPNOTSUPP;
	}
	out->enter = (jit_enter_fn)(uintptr_t)out->mem.base;
	out->entry = (uintptr_t)out->mem.base +
		     e->labels.data[e->func_labels[0]].at;
	return 0;
}

int x86_compile(struct ir_func *const *funcs, uint32_t cnt,
		const struct prog *prog, const struct jit_options *options,
		struct jit_code *out)
{
	uint32_t *labels = calloc(cnt, sizeof(*labels));
	struct emit e = { .prog = prog, .func_labels = labels,
			  .funcs_cnt = cnt };
	int err = labels ? 0 : -ENOMEM;

	if (!err)
		err = emit_all(&e, funcs, jit_features() & ~options->without);
	if (!err)
		err = place(&e, out);
	if (!err)
		out->memory = ctx_layout(prog->type)->memory;
	vec_free(&e.sites);
	vec_free(&e.labels);
	vec_free(&e.calls);
	vec_free(&e.traps);
	jit_buf_fini(&e.code);
	free(labels);
	return err;
}
