/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime itself: its life, and its CPU slots. */
#include "vm/vm.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/atomic.h"
#include "jit/tools/tools.h"
#include "spec/diags.h"

#define CPUS_MAX	4096u

const char *skep_version(void)
{
	return SKEP_VERSION;
}

static uint32_t machine_cpus(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	return cpus < 1 ? 1 : MIN((uint32_t)cpus, CPUS_MAX);
}

static void trace_line(void *arg, const char *text, size_t len)
{
	struct skep *vm = arg;

	vm->trace(vm->trace_arg, text, len);
}

static int init_slots(struct skep *vm)
{
	size_t size = vm->cpus * sizeof(*vm->slots);

	vm->slots = aligned_alloc(64, size);
	if (!vm->slots)
		return -ENOMEM;
	memset(vm->slots, 0, size);
	for (uint32_t i = 0; i < vm->cpus; i++) {
		struct vm_slot *slot = &vm->slots[i];

		slot->vm = vm;
		slot->run.cpu = i;
		slot->run.host = &vm->host;
		slot->run.budget = vm->budget;
		if (getrandom(&slot->run.rng, sizeof(slot->run.rng), 0) < 0)
			slot->run.rng = (uintptr_t)slot;
		slot->run.rng |= 1;	/* zero would stay zero */
	}
	return 0;
}

/* The caller's struct, as far as this library and the caller know it. */
static int read_options(struct skep_options *out,
			const struct skep_options *opts)
{
	*out = (struct skep_options){ 0 };
	if (!opts)
		return 0;
	if (opts->size < sizeof(opts->size) || opts->cpus > CPUS_MAX)
		return -EINVAL;
	memcpy(out, opts, MIN(opts->size, sizeof(*out)));
	return 0;
}

int skep_new(struct skep **out, const struct skep_options *opts)
{
	struct skep_options o;
	struct skep *vm;
	int err;

	if (read_options(&o, opts))
		return -EINVAL;
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return -ENOMEM;
	vm->sink = (struct diag_sink){ o.diag, o.diag_arg, 0 };
	vm->trace = o.trace;
	vm->trace_arg = o.trace_arg;
	vm->host = (struct run_host){ vm, o.trace ? trace_line : NULL, NULL };
	vm->budget = o.budget;
	vm->cpus = o.cpus ?: machine_cpus();
	pthread_mutex_init(&vm->lock, NULL);
	pthread_mutex_init(&vm->retire_lock, NULL);
	vm_directory_init(vm);
	err = init_slots(vm) ?: vm_tools_open(vm, &o);
	if (err) {
		free(vm->slots);
		free(vm);
		return err;
	}
	*out = vm;
	return 0;
}

void skep_free(struct skep *vm)
{
	if (!vm)
		return;
	while (vm->objects)
		skep_object_close(vm->objects);
	vm_reclaim_end(vm);
	for (uint32_t i = 0; i < vm->cpus; i++) {
		if (vm->slots[i].engine)
			vm->slots[i].engine->detach(&vm->slots[i].run);
		packet_buf_fini(&vm->slots[i].packet);
	}
	jit_tools_free(vm->tools);
	pthread_mutex_destroy(&vm->retire_lock);
	pthread_mutex_destroy(&vm->lock);
	free(vm->slots);
	free(vm);
}

static bool claim(struct vm_slot *slot)
{
	uint32_t free_now = 0;

	return !atomic_load_relaxed(&slot->busy) &&
	       atomic_cmpxchg(&slot->busy, &free_now, 1);
}

/* Memory that cached windows show may be freed from the next moment on. */
static void see_changes(struct vm_slot *slot)
{
	uint64_t changes = atomic_load_acquire(&slot->vm->changes);

	if (slot->changes != changes)
		run_packet_moved(&slot->run);
	slot->changes = changes;
}

struct vm_slot *vm_slot_get(struct skep *vm)
{
	int cpu = sched_getcpu();
	uint32_t first = cpu < 0 ? 0 : (uint32_t)cpu % vm->cpus;

	for (uint32_t i = 0; i < vm->cpus; i++) {
		struct vm_slot *slot = &vm->slots[(first + i) % vm->cpus];

		if (!claim(slot))
			continue;
		atomic_add(&slot->gen, 1);
		see_changes(slot);
		return slot;
	}
	diag_report(&vm->sink, DIAG_VM_CPUS, DIAG_NOWHERE,
		    "all %u CPU slots are taken", vm->cpus);
	return NULL;
}

void vm_slot_put(struct vm_slot *slot)
{
	if (!slot)
		return;
	atomic_add(&slot->gen, 1);
	atomic_store_release(&slot->busy, 0);
	if (atomic_load_relaxed(&slot->vm->retired))
		vm_reclaim(slot->vm);
}

void vm_slot_quiet(struct vm_slot *slot)
{
	atomic_add(&slot->gen, 2);
	see_changes(slot);
	if (atomic_load_relaxed(&slot->vm->retired))
		vm_reclaim(slot->vm);
}

int vm_slot_attach(struct vm_slot *slot, const struct engine_ops *engine)
{
	int err;

	if (slot->engine == engine)
		return 0;
	if (slot->engine)
		slot->engine->detach(&slot->run);
	slot->engine = NULL;
	err = engine->attach(&slot->run);
	if (!err)
		slot->engine = engine;
	return err;
}
