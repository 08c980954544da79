/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of a run: every record of the object's ring buffers and perf event
 * arrays is read between batches of packets and counted; with --events it is
 * printed at once, or kept for the JSON document.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/run_rival.h"

static bool holds_events(const struct skep_map *map)
{
	enum map_type type = map->def->def.type;

	return map->def->map && (type == MAP_TYPE_RINGBUF ||
				 type == MAP_TYPE_PERF_EVENT_ARRAY);
}

int run_events_open(struct run_command *cmd)
{
	struct skep_object *obj = cmd->obj;
	struct run_events *events = calloc(1, sizeof(*events));

	if (!events)
		return -ENOMEM;
	cmd->events = events;
	events->sources = calloc(obj->maps_cnt + 1, sizeof(*events->sources));
	if (!events->sources)
		return -ENOMEM;
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		struct skep_map *map = &obj->maps[i];
		int err;

		if (!holds_events(map))
			continue;
		err = skep_map_open_events(map, RUN_EVENTS_RING);
		if (err)
			return err;
		events->sources[events->cnt++] =
			(struct event_source){ .map = map, .cmd = cmd };
	}
	return 0;
}

static void print_event(const struct event_source *source,
			const uint8_t *data, size_t len)
{
	printf("event %s:", skep_map_name(source->map));
	for (size_t i = 0; i < len; i++)
		printf(" %02x", data[i]);
	putchar('\n');
}

static void keep_event(struct event_source *source, const void *data,
		       size_t len)
{
	struct json json;

	if (source->kept.len)
		strbuf_putc(&source->kept, ',');
	json_init(&json, &source->kept, false);
	json_hex_bytes(&json, data, len);
	json_fini(&json);
}

static int take_event(void *arg, const void *data, size_t len)
{
	struct event_source *source = arg;

	source->cnt++;
	if (source->cmd->opts.rival)
		run_compare_note(&source->ours, data, len);
	if (source->cmd->opts.events && source->cmd->opts.json)
		keep_event(source, data, len);
	else if (source->cmd->opts.events)
		print_event(source, data, len);
	return 0;
}

void run_events_poll(void *arg)
{
	struct run_command *cmd = arg;

	for (uint32_t i = 0; cmd->events && i < cmd->events->cnt; i++)
		skep_map_events(cmd->events->sources[i].map, take_event,
				&cmd->events->sources[i]);
	if (cmd->opts.devices_cnt)
		fflush(stdout);		/* whoever watches wants it now */
}

void run_events_text(struct strbuf *out, const struct run_command *cmd)
{
	for (uint32_t i = 0; cmd->events && i < cmd->events->cnt; i++) {
		const struct event_source *source = &cmd->events->sources[i];
		uint64_t lost = skep_map_events_lost(source->map);

		strbuf_printf(out, "events   %llu from %s",
			      (unsigned long long)source->cnt,
			      skep_map_name(source->map));
		if (lost)
			strbuf_printf(out, ", %llu lost",
				      (unsigned long long)lost);
		strbuf_putc(out, '\n');
	}
}

void run_events_json(struct json *json, const struct run_command *cmd)
{
	json_object_begin(json);
	for (uint32_t i = 0; cmd->events && i < cmd->events->cnt; i++) {
		const struct event_source *source = &cmd->events->sources[i];

		json_key(json, skep_map_name(source->map));
		json_object_begin(json);
		json_key(json, "count");
		json_u64(json, source->cnt);
		json_key(json, "lost");
		json_u64(json, skep_map_events_lost(source->map));
		if (cmd->opts.events) {
			json_key(json, "records");
			json_array_begin(json);
			strbuf_puts(json->out, strbuf_str(&source->kept));
			json_array_end(json);
		}
		json_object_end(json);
	}
	json_object_end(json);
}

void run_events_close(struct run_command *cmd)
{
	if (!cmd->events)
		return;
	for (uint32_t i = 0; i < cmd->events->cnt; i++) {
		struct event_source *source = &cmd->events->sources[i];

		strbuf_fini(&source->kept);
		strbuf_fini(&source->ours);
		strbuf_fini(&source->theirs);
		if (source->cmd->opts.rival)
			source->cmd->opts.rival->close_events(source);
	}
	free(cmd->events->sources);
	free(cmd->events);
	cmd->events = NULL;
}
