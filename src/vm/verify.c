/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: what is to be run is proven safe here, whatever way it came into
 * the runtime, and there is no way around it. (Bare instructions, which
 * `skep run --raw` gives to the interpreter, are in no runtime.)
 *
 * A program's proof stays with it. What runs is another program, made by it:
 * without the code that no path reaches, so that an engine need not have what
 * only dead code calls.
 */
#include "vm/vm.h"

#include <errno.h>

#include "object/verify.h"
#include "spec/diags.h"
#include "verify/facts/rewrite.h"

static int no_memory(const struct skep_prog *prog)
{
	return diag_report(&prog->obj->vm->sink, DIAG_NO_MEMORY, NULL,
			   "verifying %s", prog->prog->name);
}

/* Takes the proof over, and makes of the program what it lets run. */
static int take_proof(struct skep_prog *prog, struct object_verdict *verdict)
{
	prog->proof = verdict->result;
	verdict->result = NULL;
	arena_init(&prog->arena);
	if (verify_rewrite(prog->prog, &prog->proof->facts, &prog->arena,
			   &prog->proven))
		return no_memory(prog);
	return 0;
}

static int take_verdict(struct skep_object *obj,
			struct object_verdict *verdict)
{
	struct prog *first = obj->progs[0].prog;
	struct skep_prog *prog = &obj->progs[verdict->origin - first];

	diag_log_send(&verdict->diags, &obj->vm->sink);
	if (!verdict->err)
		return take_proof(prog, verdict);
	return verdict->err == -ENOMEM ? -ENOMEM : -EACCES;
}

int vm_verify(struct skep_object *obj, const struct skep_load_options *opts)
{
	const struct object_verify_options options = {
		.verify.insns_max = opts->insns_max,
	};
	struct object_verdicts verdicts;
	int err = object_verify_linked(obj->obj, &options, &verdicts,
				       &obj->vm->sink);

	if (err)
		return err;
	for (uint32_t i = 0; i < verdicts.cnt; i++)
		err = take_verdict(obj, &verdicts.list[i]) ?: err;
	object_verdicts_fini(&verdicts);
	return err;
}

void vm_drop_proofs(struct skep_object *obj)
{
	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		struct skep_prog *prog = &obj->progs[i];

		arena_fini(&prog->arena);
		prog->proven = (struct prog){ 0 };
		verify_free(prog->proof);
		prog->proof = NULL;
	}
}
