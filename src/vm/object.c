/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects in a runtime: open, set, load, close. vm_load is the list of steps
 * that makes an opened object run; whatever fails, the object is afterwards
 * as it was before load, and may be loaded with other options.
 */
#include "vm/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/atomic.h"
#include "base/str.h"
#include "spec/diags.h"

static int index_parts(struct skep_object *obj)
{
	struct object_map *maps = object_maps(obj->obj, &obj->maps_cnt);
	struct prog *progs = object_progs(obj->obj, &obj->progs_cnt);

	obj->maps = calloc(obj->maps_cnt + 1, sizeof(*obj->maps));
	obj->progs = calloc(obj->progs_cnt + 1, sizeof(*obj->progs));
	if (!obj->maps || !obj->progs)
		return -ENOMEM;
	for (uint32_t i = 0; i < obj->maps_cnt; i++)
		obj->maps[i] = (struct skep_map){ obj, &maps[i] };
	for (uint32_t i = 0; i < obj->progs_cnt; i++)
		obj->progs[i] = (struct skep_prog){
			.obj = obj, .prog = &progs[i],
		};
	return 0;
}

/* Wraps an opened object, which it then owns, also when it fails. */
static int adopt(struct skep *vm, struct object *opened,
		 struct skep_object **out)
{
	struct skep_object *obj = calloc(1, sizeof(*obj));
	int err = -ENOMEM;

	if (obj) {
		obj->vm = vm;
		obj->obj = opened;
		err = index_parts(obj);
	}
	if (err) {
		if (obj) {
			free(obj->maps);
			free(obj->progs);
		}
		free(obj);
		object_close(opened);
		return diag_report(&vm->sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "no memory for an object");
	}
	pthread_mutex_lock(&vm->lock);
	obj->next = vm->objects;
	vm->objects = obj;
	pthread_mutex_unlock(&vm->lock);
	*out = obj;
	return 0;
}

int skep_object_open(struct skep *vm, const char *path,
		     struct skep_object **out)
{
	struct object *opened;
	int err = object_open(&opened, path, &vm->sink);

	return err ?: adopt(vm, opened, out);
}

int skep_object_open_memory(struct skep *vm, const void *data, size_t len,
			    const char *name, struct skep_object **out)
{
	struct object *opened;
	int err = object_open_memory(&opened, data, len, name ?: "memory",
				     &vm->sink);

	return err ?: adopt(vm, opened, out);
}

int skep_object_set(struct skep_object *obj, const char *variable,
		    const char *value)
{
	if (obj->loaded)
		return -EBUSY;
	return object_set_variable(obj->obj, variable, value, &obj->vm->sink);
}

static const struct prog_row *type_by_name(const char *name)
{
	for (uint32_t id = 0; id < PROG_TYPE_END; id++) {
		const struct prog_row *row = prog_row(id);

		if (row && strcasecmp(row->name, name) == 0)
			return row;
	}
	return NULL;
}

int skep_object_set_type(struct skep_object *obj, const char *program,
			 const char *type)
{
	struct skep_prog *prog = skep_object_prog(obj, program);
	const struct prog_row *row = type_by_name(type);

	if (obj->loaded)
		return -EBUSY;
	if (!prog)
		return -ENOENT;
	if (!row)
		return -EINVAL;
	prog->prog->type = row->id;
	return 0;
}

/* Marks what is to be linked: the named one, or all that want it. */
static void choose(struct skep_object *obj, const struct skep_prog *named)
{
	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		struct prog *prog = obj->progs[i].prog;

		prog->load = named ? named == &obj->progs[i] : prog->autoload;
	}
}

static int publish(struct skep_prog *prog, const struct engine_ops *engine,
		   bool audit, struct diag_sink *sink)
{
	const struct engine_want want = {
		.facts = &prog->proof->facts,
		.budget = prog->obj->vm->budget,
		.tools = prog->obj->vm->tools,
		.audit = audit,
	};
	uint64_t from = vm_thread_ns();
	int err = engine->prepare(&prog->proven, &want, sink);

	prog->prepare_ns = vm_thread_ns() - from;
	if (err)
		return err;
	prog->engine = engine;
	prog->id = atomic_add(&prog->obj->vm->last_id, 1) + 1;
	return 0;
}

static void release_all(struct skep_object *obj)
{
	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		struct skep_prog *prog = &obj->progs[i];

		if (prog->engine)
			prog->engine->release(&prog->proven);
		prog->engine = NULL;
		prog->id = 0;
	}
}

static void unpublish(struct skep_object *obj)
{
	release_all(obj);
	vm_drop_proofs(obj);
}

static int check_all(struct skep_object *obj)
{
	int err = 0;

	for (uint32_t i = 0; i < obj->progs_cnt; i++)
		if (obj->progs[i].prog->load)
			err = vm_check_program(&obj->progs[i],
					       &obj->vm->sink) ?: err;
	return err;
}

/* All by one engine: they may tail-call each other. */
static int publish_all(struct skep_object *obj,
		       const struct engine_ops *engine, bool audit)
{
	struct diag_sink *sink = &obj->vm->sink;
	int err = 0;

	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		struct skep_prog *prog = &obj->progs[i];

		if (!prog->prog->load)
			continue;
		err = publish(prog, engine, audit, sink) ?: err;
		if (err != -EOPNOTSUPP || !engine->instead)
			continue;
		diag_report(sink, DIAG_JIT_INSTEAD, &(struct diag_where){
			.file = prog->prog->object, .insn = -1,
			.program = prog->prog->name },
			"no native code is made of it here: the object runs "
			"in engine %s", engine->instead->name);
		release_all(obj);
		return publish_all(obj, engine->instead, audit);
	}
	return err ?: vm_claim_arrays(obj, sink);
}

static int load(struct skep_object *obj, const struct skep_load_options *opts,
		const struct skep_prog *named, const struct engine_ops *engine)
{
	struct object_options link = { .target_btf = opts->target_btf };
	struct diag_sink *sink = &obj->vm->sink;
	int err;

	choose(obj, named);
	err = object_link(obj->obj, &link, sink);
	if (err)
		return err;
	pthread_mutex_lock(&obj->vm->lock);	/* nobody sees half of it */
	err = vm_create_maps(obj, sink);
	if (!err)
		err = check_all(obj);
	if (!err)
		err = vm_verify(obj, opts);
	if (!err)
		err = publish_all(obj, engine, opts->audit);
	if (!err)
		err = vm_fill_slots(obj, sink);
	if (err) {
		vm_drop_maps(obj);
		unpublish(obj);
	}
	pthread_mutex_unlock(&obj->vm->lock);
	return err;
}

int skep_object_load(struct skep_object *obj,
		     const struct skep_load_options *opts)
{
	struct diag_where where = {
		.file = object_path(obj->obj), .insn = -1
	};
	struct skep_load_options o = { 0 };
	const struct skep_prog *named = NULL;
	const struct engine_ops *engine;
	int err;

	if (obj->loaded)
		return -EBUSY;
	if (opts && opts->size < sizeof(opts->size))
		return -EINVAL;
	if (opts)
		memcpy(&o, opts, MIN(opts->size, sizeof(o)));
	engine = engine_choose(o.engine, o.jit);
	if (!engine)
		return -EINVAL;
	if (o.program)
		named = skep_object_prog(obj, o.program);
	if (o.program && !named)
		return diag_report(&obj->vm->sink, DIAG_VM_NO_PROGRAM, &where,
				   "no program '%s'", o.program);
	err = load(obj, &o, named, engine);
	obj->loaded = !err;
	return err;
}

void skep_object_close(struct skep_object *obj)
{
	struct skep_object **at;
	struct skep *vm;
	bool found;

	if (!obj)
		return;
	vm = obj->vm;
	pthread_mutex_lock(&vm->lock);
	for (at = &obj->vm->objects; *at != obj; at = &(*at)->next)
		;
	*at = obj->next;
	found = vm_take_out(obj);
	pthread_mutex_unlock(&vm->lock);
	if (found)
		vm_wait_quiet(vm);
	else
		atomic_add(&vm->changes, 1);
	vm_drop_maps(obj);
	unpublish(obj);
	object_close(obj->obj);
	free(obj->progs);
	free(obj->maps);
	free(obj);
}

struct skep_prog *skep_object_prog(struct skep_object *obj, const char *name)
{
	struct prog *prog = object_prog(obj->obj, name);

	for (uint32_t i = 0; prog && i < obj->progs_cnt; i++)
		if (obj->progs[i].prog == prog)
			return &obj->progs[i];
	return NULL;
}

struct skep_prog *skep_object_next_prog(struct skep_object *obj,
					struct skep_prog *prev)
{
	size_t next = prev ? (size_t)(prev - obj->progs) + 1 : 0;

	return next < obj->progs_cnt ? &obj->progs[next] : NULL;
}
