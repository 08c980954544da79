/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contents of maps after a run, from skep's maps or the kernel's alike.
 * JSON has every element; the text form leaves out elements of arrays that
 * are all zero and says how many.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/run.h"
#include "cli/run_value.h"

#define TEXT_MAX 256	/* elements of one map shown as text */

static bool is_percpu(enum map_type type)
{
	return type == MAP_TYPE_PERCPU_HASH ||
	       type == MAP_TYPE_PERCPU_ARRAY ||
	       type == MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(enum map_type type)
{
	return type == MAP_TYPE_ARRAY || type == MAP_TYPE_PERCPU_ARRAY;
}

/* Keyless maps, rings, and those that hold no data of the program's. */
static bool has_elements(enum map_type type)
{
	static const enum map_type types[] = {
		MAP_TYPE_HASH, MAP_TYPE_ARRAY, MAP_TYPE_PERCPU_HASH,
		MAP_TYPE_PERCPU_ARRAY, MAP_TYPE_LRU_HASH,
		MAP_TYPE_LRU_PERCPU_HASH, MAP_TYPE_LPM_TRIE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i] == type)
			return true;
	return false;
}

static bool view_init(struct map_view *view, const struct skep_map *map)
{
	*view = (struct map_view){ .def = map->def };
	return has_elements(map->def->def.type);
}

bool map_view_skep(struct map_view *view, const struct skep_map *map)
{
	if (!view_init(view, map) || !map->def->map)
		return false;
	view->map = map->def->map;
	view->value_size = map_user_value_size(view->map);
	if (is_percpu(map->def->def.type))
		view->cpus = view->map->nr_cpus;
	return true;
}

bool map_view_kernel(struct map_view *view, const struct skep_map *map,
		     struct kernel *kernel)
{
	if (!view_init(view, map))
		return false;
	view->kernel = kernel_map(kernel, map->def->internal ?
				  map->def->section : map->def->def.name);
	if (!view->kernel)
		return false;
	view->value_size = kernel_map_value_size(view->kernel);
	if (is_percpu(map->def->def.type))
		view->cpus = kernel_cpus();
	return true;
}

int map_view_next(const struct map_view *view, const void *key, void *next)
{
	return view->map ? map_get_next_key(view->map, key, next) :
			   kernel_map_next_key(view->kernel, key, next);
}

int map_view_lookup(const struct map_view *view, const void *key, void *value)
{
	return view->map ? map_lookup_elem(view->map, key, value, 0) :
			   kernel_map_lookup(view->kernel, key, value);
}

static bool view_of(struct map_view *view, struct run_command *cmd,
		    uint32_t i)
{
	const struct skep_map *map = &cmd->obj->maps[i];

	return cmd->kernel && !cmd->opts.rival ?
	       map_view_kernel(view, map, cmd->kernel) :
	       map_view_skep(view, map);
}

/* One element at a time; the buffers are the walk's own. */
struct map_walk {
	struct map_view view;
	uint8_t *key, *next, *value;
	bool begun;
};

static bool walk_begin(struct map_walk *walk)
{
	size_t key_size = MAX(walk->view.def->def.key_size, 4u);

	walk->begun = false;
	walk->key = calloc(1, key_size);
	walk->next = calloc(1, key_size);
	walk->value = calloc(1, walk->view.value_size + 8);
	return walk->key && walk->next && walk->value;
}

static bool walk_step(struct map_walk *walk)
{
	uint8_t *key = walk->next;

	do {
		if (map_view_next(&walk->view, walk->begun ? walk->key : NULL,
				  walk->next))
			return false;
		key = walk->next;
		walk->next = walk->key;
		walk->key = key;
		walk->begun = true;
	} while (map_view_lookup(&walk->view, walk->key, walk->value));
	return true;
}

static void walk_end(struct map_walk *walk)
{
	free(walk->key);
	free(walk->next);
	free(walk->value);
}

static bool all_zero(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i])
			return false;
	return true;
}

static size_t stride(const struct map_view *view)
{
	return view->cpus ? view->value_size / view->cpus : view->value_size;
}

static void value_text(struct strbuf *out, const struct map_walk *walk)
{
	const struct map_def *def = &walk->view.def->def;
	bool first = true;

	if (!walk->view.cpus) {
		run_value_text(out, def->btf, def->value_type, walk->value,
			       def->value_size);
		return;
	}
	for (uint32_t cpu = 0; cpu < walk->view.cpus; cpu++) {
		const uint8_t *at = walk->value + cpu * stride(&walk->view);

		if (all_zero(at, def->value_size))
			continue;
		strbuf_printf(out, "%scpu%u ", first ? "" : ", ", cpu);
		run_value_text(out, def->btf, def->value_type, at,
			       def->value_size);
		first = false;
	}
	if (first)
		strbuf_puts(out, "0 on every cpu");
}

/* A data section is one value: its variables are what people know. */
static void data_text(struct strbuf *out, struct map_walk *walk)
{
	const struct map_def *def = &walk->view.def->def;

	strbuf_printf(out, "\nvariables %s\n", def->name);
	while (walk_step(walk))
		run_data_text(out, def->btf, def->value_type, walk->value,
			      def->value_size);
}

static void map_text(struct strbuf *out, struct map_walk *walk)
{
	const struct map_def *def = &walk->view.def->def;
	bool array = is_array(def->type);
	uint64_t zero = 0, shown = 0, rest = 0;

	strbuf_printf(out, "\nmap %s (%s)\n", def->name,
		      map_row(def->type)->name);
	while (walk_step(walk)) {
		if (array && all_zero(walk->value, walk->view.value_size)) {
			zero++;
		} else if (shown == TEXT_MAX) {
			rest++;
		} else {
			shown++;
			strbuf_puts(out, "  ");
			run_value_text(out, def->btf, def->key_type,
				       walk->key, def->key_size);
			strbuf_puts(out, ": ");
			value_text(out, walk);
			strbuf_putc(out, '\n');
		}
	}
	if (rest)
		strbuf_printf(out, "  and %llu more (--json has all)\n",
			      (unsigned long long)rest);
	if (zero)
		strbuf_printf(out, "  and %llu that are zero\n",
			      (unsigned long long)zero);
	else if (!shown)
		strbuf_puts(out, "  (empty)\n");
}

/* Constants of the program are its text, not its result. */
static bool worth_showing(const struct map_view *view)
{
	return !view->def->readonly;
}

void run_maps_text(struct strbuf *out, struct run_command *cmd)
{
	struct map_walk walk;

	for (uint32_t i = 0; i < cmd->obj->maps_cnt; i++) {
		if (!view_of(&walk.view, cmd, i) ||
		    !worth_showing(&walk.view))
			continue;
		if (!walk_begin(&walk))
			out->oom = true;
		else if (walk.view.def->internal)
			data_text(out, &walk);
		else
			map_text(out, &walk);
		walk_end(&walk);
	}
}

static void value_json(struct json *json, const struct map_walk *walk)
{
	const struct map_def *def = &walk->view.def->def;

	if (walk->view.def->internal) {
		run_data_json(json, def->btf, def->value_type, walk->value,
			      def->value_size);
		return;
	}
	if (!walk->view.cpus) {
		run_value_json(json, def->btf, def->value_type, walk->value,
			       def->value_size);
		return;
	}
	json_array_begin(json);
	for (uint32_t cpu = 0; cpu < walk->view.cpus; cpu++) {
		json_object_begin(json);
		json_key(json, "cpu");
		json_u64(json, cpu);
		json_key(json, "value");
		run_value_json(json, def->btf, def->value_type,
			       walk->value + cpu * stride(&walk->view),
			       def->value_size);
		json_object_end(json);
	}
	json_array_end(json);
}

static void key_json(struct json *json, const struct map_walk *walk)
{
	const struct map_def *def = &walk->view.def->def;

	if (walk->view.def->internal)
		json_u64(json, 0);
	else
		run_value_json(json, def->btf, def->key_type, walk->key,
			       def->key_size);
}

static void map_json(struct json *json, struct map_walk *walk)
{
	const struct map_def *def = &walk->view.def->def;

	json_key(json, def->name);
	json_array_begin(json);
	while (walk_step(walk)) {
		json_object_begin(json);
		json_key(json, "key");
		key_json(json, walk);
		json_key(json, "value");
		value_json(json, walk);
		json_object_end(json);
	}
	json_array_end(json);
}

void run_maps_json(struct json *json, struct run_command *cmd)
{
	struct map_walk walk;

	json_object_begin(json);
	for (uint32_t i = 0; i < cmd->obj->maps_cnt; i++) {
		if (!view_of(&walk.view, cmd, i))
			continue;
		if (walk_begin(&walk))
			map_json(json, &walk);
		else
			json->out->oom = true;
		walk_end(&walk);
	}
	json_object_end(json);
}
