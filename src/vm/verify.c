/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: what is to be run is proven safe here, whatever way it came into
 * the runtime, and there is no way around it. (Bare instructions, which
 * `skep run --raw` gives to the interpreter, are in no runtime.)
 *
 * A program's proof stays with it: its facts say which code no path reaches,
 * so that an engine need not have what only dead code calls.
 */
#include "vm/vm.h"

#include <errno.h>
#include <stdlib.h>

#include "object/verify.h"
#include "spec/diags.h"

static int no_memory(const struct skep_prog *prog)
{
	return diag_report(&prog->obj->vm->sink, DIAG_NO_MEMORY, NULL,
			   "verifying %s", prog->prog->name);
}

/* One flag a slot: does some path get there? */
static bool *reached_slots(const struct verify_facts *facts)
{
	bool *reached = calloc(facts->insns_cnt + 1, sizeof(*reached));

	for (uint32_t i = 0; reached && i < facts->insns_cnt; i++)
		reached[i] = facts->insns[i].flags & FACT_REACHED;
	return reached;
}

/* Takes the proof over. */
static int take_proof(struct skep_prog *prog, struct object_verdict *verdict)
{
	const struct verify_facts *facts = &verdict->result->facts;
	bool *reached = facts->insns ? reached_slots(facts) : NULL;

	if (facts->insns && !reached)
		return no_memory(prog);
	prog->prog->reached = reached;
	prog->proof = verdict->result;
	verdict->result = NULL;
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

		free((bool *)prog->prog->reached);
		prog->prog->reached = NULL;
		verify_free(prog->proof);
		prog->proof = NULL;
	}
}
