/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of a run on both sides, record by record, after every packet.
 *
 * The kernel pads a record of a perf event array so that its length and it
 * together are whole words; what is beyond our length is not looked at then.
 */
#include <string.h>

#include "cli/run_rival.h"

void run_compare_note(struct strbuf *to, const void *data, size_t len)
{
	uint32_t size = (uint32_t)len;

	strbuf_add(to, (const char *)&size, sizeof(size));
	strbuf_add(to, data, len);
}

int run_compare_events_open(struct run_command *cmd)
{
	for (uint32_t i = 0; cmd->events && i < cmd->events->cnt; i++) {
		struct event_source *source = &cmd->events->sources[i];
		int err = cmd->opts.rival->open_events(source);

		if (err)
			return err;
	}
	return 0;
}

struct record {
	const uint8_t *data;
	uint32_t len;
};

/* Takes the record at *at; false behind the last. */
static bool next_record(const struct strbuf *from, size_t *at,
			struct record *out)
{
	if (*at >= from->len)
		return false;
	memcpy(&out->len, from->text + *at, sizeof(out->len));
	out->data = (const uint8_t *)from->text + *at + sizeof(out->len);
	*at += sizeof(out->len) + out->len;
	return true;
}

static bool same_record(const struct record *a, const struct record *b,
			bool padded)
{
	uint32_t words = (a->len + 4 + 7) / 8 * 8 - 4;

	return (a->len == b->len || (padded && b->len == words)) &&
	       !memcmp(a->data, b->data, a->len);
}

static void dump(struct strbuf *text, const char *who,
		 const struct record *record, size_t mark)
{
	if (!record->data) {
		strbuf_printf(text, "%s: no record\n", who);
		return;
	}
	strbuf_printf(text, "%s, %u bytes:\n", who, record->len);
	run_hexdump(text, record->data, record->len, mark);
}

static void show_records(struct run_command *cmd,
			 const struct event_source *source,
			 const struct record *a, const struct record *b)
{
	struct strbuf text = STRBUF_INIT;
	size_t at = 0;

	while (at < a->len && at < b->len && a->data[at] == b->data[at])
		at++;
	strbuf_printf(&text, "packet %llu: record %llu of map %s differs\n",
		      (unsigned long long)cmd->dp.counts.packets,
		      (unsigned long long)source->compared,
		      skep_map_name(source->map));
	dump(&text, cmd->prog->engine->name, a, at);
	dump(&text, cmd->opts.rival->title, b, at);
	run_show(cmd, &text);
}

static void compare_source(struct run_command *cmd,
			   struct event_source *source)
{
	bool padded = cmd->opts.rival->pads &&
		source->map->def->def.type == MAP_TYPE_PERF_EVENT_ARRAY;
	size_t at = 0, their_at = 0;

	cmd->opts.rival->read_events(source);
	while (!cmd->mismatch) {
		struct record a = { 0 }, b = { 0 };
		bool one = next_record(&source->ours, &at, &a);
		bool other = next_record(&source->theirs, &their_at, &b);

		if (!one && !other)
			break;
		if (!one || !other || !same_record(&a, &b, padded))
			show_records(cmd, source, &a, &b);
		else
			source->compared++;
	}
	strbuf_reset(&source->ours);
	strbuf_reset(&source->theirs);
}

void run_compare_events(struct run_command *cmd)
{
	for (uint32_t i = 0; cmd->events && i < cmd->events->cnt; i++)
		if (!cmd->mismatch)
			compare_source(cmd, &cmd->events->sources[i]);
}
