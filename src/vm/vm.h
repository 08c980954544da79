/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime: from an opened object to programs that run. It owns the CPU
 * slots, gives out ids, and knows the engines by rows. The public handles of
 * skep/skep.h are defined here.
 *
 *	object_open -> set -> object_link -> maps -> checks -> proof ->
 *	rewrite -> engine -> ids
 */
#ifndef SKEP_VM_VM_H
#define SKEP_VM_VM_H

#include <skep/skep.h>

#include <pthread.h>
#include <time.h>

#include "base/diag.h"
#include "object/object.h"
#include "prog/run.h"
#include "verify/verify.h"
#include "vm/engine.h"
#include "vm/packet_buf.h"

/*
 * A CPU slot and what its holder runs with. `busy` is claimed by an atomic
 * exchange; everything else belongs to the holder, but for `gen`, which all
 * may read, and `snapshot`, which retire_lock guards; see retire.c.
 */
struct vm_slot {
	uint32_t busy;
	uint64_t gen;
	uint64_t snapshot;
	uint64_t changes;		/* of the runtime, as last seen */
	struct skep *vm;
	const struct engine_ops *engine;	/* attached to `run`, or NULL */
	struct packet_buf packet;
	struct run run;
} aligned_to(64);

struct skep {
	struct diag_sink sink;
	struct run_host host;
	skep_trace_fn trace;
	void *trace_arg;
	uint64_t budget;
	uint32_t cpus;
	struct vm_slot *slots;
	uint32_t last_id;			/* atomic */
	struct map_directory dir;		/* what handles in maps mean */
	struct jit_tools *tools;		/* of native code, or NULL */
	pthread_mutex_t lock;			/* guards objects */
	struct skep_object *objects;		/* newest first */

	/* What is taken out and not yet freed; see retire.c. */
	pthread_mutex_t retire_lock;		/* guards fresh, waiting */
	struct map *fresh, *waiting;
	uint32_t retired;			/* atomic: there is something */
	uint32_t readers;			/* atomic: in maps of maps */
	uint64_t changes;			/* atomic: memory went away */
};

struct skep_prog {
	struct skep_object *obj;
	struct prog *prog;			/* as it is linked */
	struct verify_result *proof;		/* why it is safe, and facts */
	struct prog proven;			/* what runs; see rewrite.h */
	struct arena arena;			/* of `proven` */
	const struct engine_ops *engine;	/* set when published */
	uint32_t id;
	uint64_t prepare_ns;			/* its engine's, for it */
};

struct skep_map {
	struct skep_object *obj;
	struct object_map *def;			/* its map is set by load */
};

struct skep_object {
	struct skep *vm;
	struct skep_object *next;
	struct object *obj;
	struct skep_prog *progs;
	struct skep_map *maps;
	uint32_t progs_cnt, maps_cnt;
	bool loaded;
};

/* What the calling thread has had of processors; waiting does not count. */
static inline uint64_t vm_thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/*
 * Claims a CPU slot, near the thread's processor when that is free. NULL and
 * a diagnostic when all are taken. Give it back with vm_slot_put.
 */
struct vm_slot *vm_slot_get(struct skep *vm);
void vm_slot_put(struct vm_slot *slot);		/* NULL is fine */

/*
 * Says that the slot's holder runs no program just now and holds nothing that
 * one has seen. Those who keep a slot for long say it now and then.
 */
void vm_slot_quiet(struct vm_slot *slot);

/* Makes the slot ready for programs of that engine. 0 or -ENOMEM. */
int vm_slot_attach(struct vm_slot *slot, const struct engine_ops *engine);

/*
 * Runs a published program over slot->packet.packet. As engine_ops.run:
 * 0 and slot->run.r0, or a negative errno and slot->run.fault. The slot must
 * be attached to the program's engine.
 */
static inline int vm_run(struct vm_slot *slot, const struct skep_prog *prog)
{
	struct run *run = &slot->run;

	run->prog = &prog->proven;
	run->ctx = run->packet = &slot->packet.packet;
	if (run->redirect.map || run->redirect.ifindex)
		run->redirect = (struct run_redirect){ 0 };
	return prog->engine->run(run);
}

/*
 * Who is told of native code, by the options and the environment, in
 * vm->tools. 0, or a negative errno with a diagnostic.
 */
int vm_tools_open(struct skep *vm, const struct skep_options *opts);

/* Readies vm->dir. */
void vm_directory_init(struct skep *vm);

/*
 * Takes the programs of `gone` out of all prog arrays of other objects; true
 * when there was one. With vm->lock held, `gone` no longer among the objects.
 */
bool vm_take_out(struct skep_object *gone);

/* Puts a map, which is in no map any more, when no run can hold it. */
void vm_retire_map(void *vm, struct map *map);

/* Frees what can be freed by now; not for holders of retire_lock. */
void vm_reclaim(struct skep *vm);
void vm_reclaim_end(struct skep *vm);		/* all; nothing may run */

/* Waits until whatever runs now has come to its end. */
void vm_wait_quiet(struct skep *vm);

/*
 * Ends what runs in the slot, and all that is run there later, with the fault
 * "stopped". From any thread, while the slot is held and attached.
 */
static inline void vm_slot_stop(struct vm_slot *slot)
{
	slot->engine->stop(&slot->run);
}

/* Type and maps, before it is verified; see check.c. 0 or -E. */
int vm_check_program(const struct skep_prog *prog, struct diag_sink *sink);

/*
 * Prog arrays that prepared programs name are of their engine from here on:
 * 0, or -EINVAL with a diagnostic where they are of another.
 */
int vm_claim_arrays(struct skep_object *obj, struct diag_sink *sink);

/*
 * Proves every program to load safe, with maps made and frozen, and makes what
 * is to run of them; they keep their proofs. -EACCES with diagnostics when one
 * is not. See verify.c.
 */
int vm_verify(struct skep_object *obj, const struct skep_load_options *opts);
void vm_drop_proofs(struct skep_object *obj);

/*
 * Creates, fills and freezes the maps; all or none. The slots of prog arrays
 * and of maps in maps are filled when the programs have their ids.
 */
int vm_create_maps(struct skep_object *obj, struct diag_sink *sink);
int vm_fill_slots(struct skep_object *obj, struct diag_sink *sink);
void vm_drop_maps(struct skep_object *obj);

#endif
