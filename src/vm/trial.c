/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trying a rejected program (trial.h). Programs whose maps are large, hold
 * maps, or have locks, which an unproven program can leave locked for ever,
 * are not tried.
 */
#include "vm/trial.h"

#include <errno.h>
#include <stdlib.h>

#include "interp/interp.h"
#include "isa/insn.h"
#include "spec/diags.h"

#define BUDGET		20000u		/* instructions of one run */
#define RUN_WORK	200u
#define FRESH_WORK	5000u
#define MAPS_MAX	(16ull << 20)	/* bytes of all maps together */
#define VALUE_MAX	(256u << 10)
#define MATH_REACH	4u
#define SEED		0x9e3779b97f4a7c15ull

static void maps_drop(struct vm_trial *trial)
{
	struct object_map *maps;
	uint32_t cnt;

	maps = object_maps(trial->obj, &cnt);
	for (uint32_t i = 0; i < cnt; i++) {
		map_put(maps[i].map);
		maps[i].map = NULL;
	}
	for (uint32_t i = 0; i < trial->prog->maps_cnt; i++)
		trial->prog->maps[i] = NULL;
}

static int map_make(struct object_map *om)
{
	const struct map_row *row = map_row(om->def.type);
	uint32_t key = 0;
	int err;

	if (!om->used)
		return 0;
	if (!row || !row->have || row->traits & MAP_INNER)
		return -EOPNOTSUPP;
	err = map_create(&om->map, &om->def, 1, NULL);
	if (!err && om->map->lock_off >= 0)
		err = -EOPNOTSUPP;
	if (!err && om->data)
		err = map_update_elem(om->map, &key, om->data, 0);
	if (!err && om->readonly)
		err = map_freeze(om->map);
	return err;
}

/* The decoded program has its maps in it, so that both are new together. */
int trial_refresh(struct vm_trial *trial)
{
	struct object_map *maps;
	uint32_t cnt;
	int err = 0;

	trial->work += trial->fresh_work;
	interp_release(trial->prog);
	maps_drop(trial);
	maps = object_maps(trial->obj, &cnt);
	for (uint32_t i = 0; !err && i < cnt; i++)
		err = map_make(&maps[i]);
	for (uint32_t i = 0; !err && i < trial->prog->maps_cnt; i++)
		trial->prog->maps[i] = maps[i].map;
	run_packet_moved(&trial->run);
	return err ?: interp_prepare(trial->prog, NULL);
}

static bool can_fill(const struct object_map *om)
{
	return om->map && !om->internal && om->def.type == MAP_TYPE_ARRAY;
}

static void map_fill(struct vm_trial *trial, struct map *map, uint32_t word)
{
	size_t words = map_user_value_size(map) / sizeof(word) + 1;
	uint32_t *value = calloc(words, sizeof(*value)), key = 0;

	trial->work += words;
	for (size_t i = 0; value && i < words; i++)
		value[i] = word;
	if (value)	/* one that cannot be filled stays as it is */
		(void)!map_update_elem(map, &key, value, 0);
	free(value);
}

static void fill(struct vm_trial *trial, uint32_t word)
{
	struct object_map *maps;
	uint32_t cnt;

	maps = object_maps(trial->obj, &cnt);
	for (uint32_t i = 0; i < cnt; i++)
		if (can_fill(&maps[i]))
			map_fill(trial, maps[i].map, word);
}

/*
 * At the instruction itself; arithmetic does no harm before the access that it
 * is for, which follows close behind.
 */
static bool is_there(const struct vm_trial *trial)
{
	const struct run_fault *fault = &trial->run.fault;
	uint32_t insn = trial->aim.insn;
	uint8_t class = BPF_CLASS(trial->prog->insns[insn].code);
	bool math = class == BPF_ALU || class == BPF_ALU64;

	return fault->prog == trial->prog && fault->insn >= insn &&
	       fault->insn <= insn + (math ? MATH_REACH : 0);
}

static bool happened(const struct vm_trial *trial)
{
	switch (trial->run.fault.stop) {
	case RUN_FAULT_LEAK:
		return trial->aim.want == VM_EXAMPLE_LEAK;
	case RUN_FAULT_BUDGET:
		return trial->aim.want == VM_EXAMPLE_ENDLESS;
	case RUN_FAULT_LOAD:
	case RUN_FAULT_STORE:
	case RUN_FAULT_CTX:
	case RUN_FAULT_ARG:
		return trial->aim.want == VM_EXAMPLE_FAULT && is_there(trial);
	default:
		return false;
	}
}

bool trial_run(struct vm_trial *trial, const struct vm_example *example)
{
	struct run *run = &trial->run;
	int err;

	if (example->fills)
		fill(trial, example->fill);
	if (packet_buf_set(&trial->packet, trial->prog->type, example->packet,
			   example->len))
		return false;
	trial->packet.packet.rx_queue_index = example->rx_queue;
	trial->packet.packet.mark = example->mark;
	run->prog = trial->prog;
	run->ctx = run->packet = &trial->packet.packet;
	run->rng = 1;
	run->insns = 0;
	run->budget = BUDGET;
	run->tail_calls = 0;
	run->grants_cnt = 0;
	run->redirect = (struct run_redirect){ 0 };
	err = interp_run(run);
	trial->work += RUN_WORK + run->insns * trial->insn_work;
	return err && happened(trial);
}

bool vm_trial_replay(struct vm_trial *trial, const struct vm_example *example)
{
	return !trial_refresh(trial) && trial_run(trial, example);
}

uint32_t vm_trial_say(const struct vm_trial *trial, struct strbuf *out)
{
	const struct run_fault *fault = &trial->run.fault;

	if (fault->stop == RUN_FAULT_BUDGET)
		strbuf_printf(out, "still running after %u instructions",
			      BUDGET);
	else
		run_fault_say(out, fault);
	return fault->insn;
}

bool vm_trial_takes(enum prog_type type)
{
	return type == PROG_TYPE_XDP || type == PROG_TYPE_SCHED_CLS ||
	       type == PROG_TYPE_SCHED_ACT || type == PROG_TYPE_SOCKET_FILTER;
}

/* What the maps cost, or -EOPNOTSUPP when that is too much. */
static int measure(struct vm_trial *trial)
{
	uint32_t cnt, value = 0;
	const struct object_map *maps = object_maps(trial->obj, &cnt);
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < cnt; i++) {
		const struct map_def *def = &maps[i].def;
		uint64_t element = (uint64_t)def->key_size + def->value_size;

		if (!maps[i].used)
			continue;
		value = MAX(value, def->value_size);
		/* also a ring buffer, whose elements are bytes */
		element = MAX(element, (uint64_t)1);
		if (value > VALUE_MAX || element > MAPS_MAX ||
		    def->max_entries > MAPS_MAX / element)
			return -EOPNOTSUPP;
		bytes += element * def->max_entries;
	}
	trial->fresh_work = FRESH_WORK + bytes / 16;
	trial->insn_work = 1 + value / 512;
	return bytes > MAPS_MAX ? -EOPNOTSUPP : 0;
}

int vm_trial_open(struct vm_trial **out, struct object *obj, struct prog *prog,
		  const struct vm_aim *aim)
{
	struct vm_trial *trial;
	int err;

	if (!prog->insns || aim->insn >= prog->insns_cnt)
		return -EINVAL;
	if (!vm_trial_takes(prog->type))
		return -EOPNOTSUPP;
	trial = calloc(1, sizeof(*trial));
	if (!trial)
		return -ENOMEM;
	*trial = (struct vm_trial){
		.obj = obj, .prog = prog, .aim = *aim, .random = SEED,
	};
	err = measure(trial) ?: trial_refresh(trial) ?:
	      interp_attach(&trial->run);
	if (err) {
		vm_trial_close(trial);
		return err;
	}
	*out = trial;
	return 0;
}

void vm_trial_close(struct vm_trial *trial)
{
	if (!trial)
		return;
	interp_detach(&trial->run);
	interp_release(trial->prog);
	maps_drop(trial);
	packet_buf_fini(&trial->packet);
	free(trial);
}
