/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The summary of a run, as a table or as one JSON document whose keys are
 * those of docs/architecture.md. Losses are named where they happened.
 */
#include <string.h>

#include "base/json.h"
#include "cli/run_rival.h"

static const char *engine_name(const struct run_command *cmd)
{
	return cmd->kernel && !cmd->opts.rival ? "kernel" :
	       cmd->prog->engine->name;
}

static void head_text(struct strbuf *out, const struct run_command *cmd)
{
	const struct datapath_counts *counts = &cmd->dp.counts;

	strbuf_printf(out, "program  %s (%s), engine %s",
		      skep_prog_name(cmd->prog), skep_prog_type(cmd->prog),
		      engine_name(cmd));
	if (cmd->opts.rival)
		strbuf_printf(out, ", compared with %s",
			      cmd->opts.rival->title);
	strbuf_printf(out, "\npackets  %llu, %llu bytes\n\n",
		      (unsigned long long)counts->packets,
		      (unsigned long long)counts->bytes);
}

static void code_text(struct strbuf *out, const struct run_command *cmd)
{
	struct skep_prog *prog = NULL;

	while ((prog = skep_object_next_prog(cmd->obj, prog)))
		if (prog->engine && prog->engine->code_size)
			strbuf_printf(out, "code     %u bytes, compiled in "
				      "%llu us (%s)\n",
				      prog->engine->code_size(&prog->proven),
				      (unsigned long long)prog->prepare_ns /
				      1000, skep_prog_name(prog));
}

static void verdicts_text(struct strbuf *out,
			  const struct datapath_counts *counts)
{
	const struct verdict_counts *verdicts = &counts->verdicts;

	strbuf_printf(out, "%-18s %12s %7s\n", "verdict", "packets", "%");
	for (uint32_t i = 0; i < verdicts->cnt; i++)
		strbuf_printf(out, "%-18s %12llu %7.2f\n",
			      verdicts->rows[i].name,
			      (unsigned long long)verdicts->rows[i].cnt,
			      100.0 * (double)verdicts->rows[i].cnt /
			      (double)MAX(counts->packets, 1u));
	strbuf_putc(out, '\n');
}

/* One line for each kind of loss that there was. */
static void losses_text(struct strbuf *out, const struct run_command *cmd)
{
	static const struct {
		const char *what;
		size_t off;
	} losses[] = {
		{ "lost before skep could read them",
		  offsetof(struct port_stats, lost) },
		{ "that are no frame", offsetof(struct port_stats, malformed) },
		{ "that could not be sent",
		  offsetof(struct port_stats, send_errors) },
	};

	for (uint32_t i = 0; i < cmd->ports_cnt; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(losses); j++) {
			uint64_t cnt;

			memcpy(&cnt, (const char *)&cmd->stats[i] +
			       losses[j].off, sizeof(cnt));
			if (cnt)
				strbuf_printf(out, "losses   %llu %s (%s)\n",
					      (unsigned long long)cnt,
					      losses[j].what, cmd->opts.in ?:
					      cmd->opts.devices[i]);
		}
	}
	for (uint32_t i = 0; i < cmd->dp.counts.drops.cnt; i++)
		strbuf_printf(out, "dropped  %llu by %s\n", (unsigned long long)
			      cmd->dp.counts.drops.rows[i].cnt,
			      cmd->dp.counts.drops.rows[i].reason);
	if (cmd->skipped)
		strbuf_printf(out, "skipped  %llu that are no packet for the "
			      "kernel's test run\n",
			      (unsigned long long)cmd->skipped);
}

static void devices_text(struct strbuf *out, const struct run_command *cmd)
{
	for (uint32_t i = 0; i < cmd->opts.devices_cnt; i++) {
		const struct port_stats *stats = &cmd->stats[i];

		strbuf_printf(out, "device   %s: received %llu, passed %llu, "
			      "sent %llu\n", cmd->opts.devices[i],
			      (unsigned long long)stats->received,
			      (unsigned long long)stats->passed,
			      (unsigned long long)stats->sent);
	}
}

static void summary_text(struct strbuf *out, struct run_command *cmd)
{
	head_text(out, cmd);
	verdicts_text(out, &cmd->dp.counts);
	if (cmd->ns_per_packet >= 0)
		strbuf_printf(out, "time     %.1f ns per packet in the "
			      "program", cmd->ns_per_packet);
	if (cmd->ns_per_packet >= 0 && cmd->runs)
		strbuf_printf(out, ", %llu runs of the first",
			      (unsigned long long)cmd->runs);
	if (cmd->ns_per_packet >= 0)
		strbuf_putc(out, '\n');
	code_text(out, cmd);
	devices_text(out, cmd);
	losses_text(out, cmd);
	run_events_text(out, cmd);
	if (cmd->opts.rival)
		strbuf_puts(out, cmd->mismatch ?
			    "compare  the engines differ\n" :
			    "compare  no difference\n");
	if (cmd->opts.maps)
		run_maps_text(out, cmd);
}

static void verdicts_json(struct json *json,
			  const struct verdict_counts *verdicts)
{
	json_object_begin(json);
	for (uint32_t i = 0; i < verdicts->cnt; i++) {
		json_key(json, verdicts->rows[i].name);
		json_u64(json, verdicts->rows[i].cnt);
	}
	json_object_end(json);
}

/* An array, as reasons are no fixed set of keys. */
static void drops_json(struct json *json, const struct drop_counts *drops)
{
	json_array_begin(json);
	for (uint32_t i = 0; i < drops->cnt; i++) {
		json_object_begin(json);
		json_key(json, "reason");
		json_string(json, drops->rows[i].reason);
		json_key(json, "packets");
		json_u64(json, drops->rows[i].cnt);
		json_object_end(json);
	}
	json_array_end(json);
}

static void port_json(struct json *json, const char *name,
		      const struct port_stats *stats)
{
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "received", stats->received },
		{ "received_bytes", stats->received_bytes },
		{ "passed", stats->passed },
		{ "sent", stats->sent },
		{ "lost", stats->lost },
		{ "malformed", stats->malformed },
		{ "send_errors", stats->send_errors },
	};

	json_object_begin(json);
	json_key(json, "name");
	json_string(json, name);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		json_key(json, rows[i].key);
		json_u64(json, rows[i].value);
	}
	json_object_end(json);
}

static void ports_json(struct json *json, const struct run_command *cmd)
{
	json_array_begin(json);
	for (uint32_t i = 0; i < cmd->ports_cnt; i++)
		port_json(json, cmd->opts.in ?: cmd->opts.devices[i],
			  &cmd->stats[i]);
	json_array_end(json);
}

static void counts_json(struct json *json, const struct run_command *cmd)
{
	const struct datapath_counts *counts = &cmd->dp.counts;

	json_key(json, "packets");
	json_u64(json, counts->packets);
	json_key(json, "bytes");
	json_u64(json, counts->bytes);
	json_key(json, "verdicts");
	verdicts_json(json, &counts->verdicts);
	json_key(json, "faults");
	json_u64(json, counts->faults);
	json_key(json, "exceptions");
	json_u64(json, counts->exceptions);
	json_key(json, "drops");
	drops_json(json, &counts->drops);
	json_key(json, "skipped");
	json_u64(json, cmd->skipped);
	json_key(json, "runs");
	json_u64(json, cmd->runs);
	json_key(json, "ns_per_packet");
	if (cmd->ns_per_packet >= 0)
		json_double(json, cmd->ns_per_packet);
	else
		json_null(json);
}

/* Of native code; null where there is none. */
static void code_json(struct json *json, const struct skep_prog *prog)
{
	const struct engine_ops *engine = prog->engine;
	bool native = engine && engine->code_size;

	json_key(json, "code_bytes");
	if (native)
		json_u64(json, engine->code_size(&prog->proven));
	else
		json_null(json);
	json_key(json, "compile_us");
	if (native)
		json_double(json, (double)prog->prepare_ns / 1000);
	else
		json_null(json);
}

/* All that were loaded: tail calls lead to the others. */
static void programs_json(struct json *json, const struct run_command *cmd)
{
	struct skep_prog *prog = NULL;

	json_array_begin(json);
	while ((prog = skep_object_next_prog(cmd->obj, prog))) {
		if (!prog->engine)
			continue;
		json_object_begin(json);
		json_key(json, "name");
		json_string(json, skep_prog_name(prog));
		code_json(json, prog);
		json_object_end(json);
	}
	json_array_end(json);
}

static void summary_json(struct strbuf *out, struct run_command *cmd)
{
	struct json json;

	json_init(&json, out, true);
	json_object_begin(&json);
	json_key(&json, "program");
	json_string(&json, skep_prog_name(cmd->prog));
	json_key(&json, "type");
	json_string(&json, skep_prog_type(cmd->prog));
	json_key(&json, "engine");
	json_string(&json, engine_name(cmd));
	code_json(&json, cmd->prog);
	json_key(&json, "programs");
	programs_json(&json, cmd);
	counts_json(&json, cmd);
	if (cmd->opts.rival) {
		json_key(&json, "equal");
		json_bool(&json, !cmd->mismatch);
	}
	json_key(&json, "ports");
	ports_json(&json, cmd);
	json_key(&json, "events");
	run_events_json(&json, cmd);
	json_key(&json, "maps");
	run_maps_json(&json, cmd);
	json_object_end(&json);
	json_fini(&json);
}

int run_report(struct run_command *cmd)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	if (cmd->opts.json)
		summary_json(&out, cmd);
	else
		summary_text(&out, cmd);
	status = cli_print(&out);
	strbuf_fini(&out);
	if (status || cmd->device_gone)
		return EXIT_CANNOT;
	return cmd->mismatch || cmd->dp.counts.faults ? EXIT_NO : EXIT_DONE;
}
