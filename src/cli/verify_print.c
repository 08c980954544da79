/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts as a table and as JSON. One line a program; with -v figures that
 * do not fit into it follow, with -vv each program's log comes first. Facts
 * and older kernels come last.
 */
#include "cli/verify.h"

#include "base/json.h"
#include "verify/facts/facts.h"

static const char *type_name(const struct prog *prog)
{
	const struct prog_row *row = prog_row(prog->type);

	return row ? row->name : "unspec";
}

static const char *verdict_name(const struct object_verdict *verdict)
{
	return verdict->err ? "rejected" : "accepted";
}

static const struct verify_stats *stats_of(const struct object_verdict *v)
{
	static const struct verify_stats none;

	return v->result ? &v->result->stats : &none;
}

struct widths {
	int name, type;
};

static struct widths measure(const struct object_verdicts *verdicts)
{
	struct widths widths = { 7, 4 };

	for (uint32_t i = 0; i < verdicts->cnt; i++) {
		const struct prog *prog = &verdicts->list[i].prog;

		widths.name = MAX(widths.name, (int)strlen(prog->name));
		widths.type = MAX(widths.type, (int)strlen(type_name(prog)));
	}
	return widths;
}

static void print_row(struct strbuf *out, const struct widths *widths,
		      const struct object_verdict *verdict)
{
	const struct verify_stats *stats = stats_of(verdict);

	strbuf_printf(out, "%-*s  %-*s  %-8s %8llu %7u %7u %9.3f ms\n",
		      widths->name, verdict->prog.name, widths->type,
		      type_name(&verdict->prog), verdict_name(verdict),
		      (unsigned long long)stats->insns_processed,
		      stats->states, stats->peak_states,
		      (double)stats->usec / 1000);
}

static void print_more(struct strbuf *out,
		       const struct object_verdict *verdict)
{
	const struct verify_stats *stats = stats_of(verdict);
	const struct prog *prog = &verdict->prog;

	strbuf_printf(out, "    section %s, %u instructions, %u "
		      "subprograms, stack %u bytes, %llu KiB at most\n",
		      prog->section, prog->insns_cnt, prog->subprogs_cnt ?
		      prog->subprogs_cnt - 1 : 0, stats->stack_depth,
		      (unsigned long long)stats->peak_bytes / 1024);
}

static void print_logs(struct strbuf *out,
		       const struct object_verdicts *verdicts)
{
	for (uint32_t i = 0; i < verdicts->cnt; i++)
		strbuf_printf(out, "%s:\n%s\n", verdicts->list[i].prog.name,
			      strbuf_str(&verdicts->list[i].log));
}

static bool has_facts(const struct object_verdict *verdict)
{
	return !verdict->err && verdict->result &&
	       verdict->result->facts.insns;
}

static void print_facts(struct strbuf *out,
			const struct object_verdicts *verdicts)
{
	for (uint32_t i = 0; i < verdicts->cnt; i++) {
		const struct object_verdict *verdict = &verdicts->list[i];

		if (!has_facts(verdict))
			continue;
		strbuf_printf(out, "\n%s:\n", verdict->prog.name);
		facts_print(out, &verdict->prog, &verdict->result->facts);
	}
}

static void print_kernels(struct strbuf *out,
			  const struct verify_report *report)
{
	strbuf_putc(out, '\n');
	for (uint32_t i = 0; i < report->verdicts.cnt; i++)
		verify_print_kernel(out, &report->verdicts.list[i].prog,
				    &report->kernels[i]);
	strbuf_puts(out, "This is about features and limits; what a release's "
		    "verifier can follow is\nanother question.\n");
}

void verify_print_text(struct strbuf *out, const struct verify_report *report)
{
	const struct object_verdicts *verdicts = &report->verdicts;
	struct widths widths = measure(verdicts);

	if (report->verbose > 1)
		print_logs(out, verdicts);
	strbuf_printf(out, "%-*s  %-*s  %-8s %8s %7s %7s %12s\n", widths.name,
		      "program", widths.type, "type", "verdict", "insns",
		      "states", "peak", "time");
	for (uint32_t i = 0; i < verdicts->cnt; i++) {
		print_row(out, &widths, &verdicts->list[i]);
		if (report->verbose)
			print_more(out, &verdicts->list[i]);
	}
	if (report->facts)
		print_facts(out, verdicts);
	if (report->kernels)
		print_kernels(out, report);
}

static void json_pair(struct json *json, const char *key, const char *text)
{
	json_key(json, key);
	json_string(json, text);
}

static void json_count(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_u64(json, value);
}

static void json_stats(struct json *json, const struct verify_stats *stats)
{
	json_count(json, "insns_processed", stats->insns_processed);
	json_count(json, "states", stats->states);
	json_count(json, "peak_states", stats->peak_states);
	json_count(json, "usec", stats->usec);
	json_count(json, "peak_bytes", stats->peak_bytes);
	json_count(json, "stack_depth", stats->stack_depth);
}

/* Why it was rejected: the first error; null for what was accepted. */
static void json_diag(struct json *json, const struct diag_log *log)
{
	struct strbuf text = STRBUF_INIT;

	json_key(json, "diag");
	for (size_t i = 0; !text.len && i < log->records.len; i++)
		if (log->records.data[i].severity == SKEP_SEVERITY_ERROR)
			diag_render_json(&text, &log->records.data[i]);
	if (text.len)
		json_raw(json, strbuf_str(&text));
	else
		json_null(json);
	json->out->oom |= text.oom;
	strbuf_fini(&text);
}

static void json_facts(struct json *json,
		       const struct object_verdict *verdict)
{
	struct strbuf text = STRBUF_INIT;

	if (has_facts(verdict))
		facts_print(&text, &verdict->prog, &verdict->result->facts);
	json_pair(json, "facts", strbuf_str(&text));
	json->out->oom |= text.oom;
	strbuf_fini(&text);
}

static void json_program(struct json *json,
			 const struct verify_report *report, uint32_t i)
{
	const struct object_verdict *verdict = &report->verdicts.list[i];
	const struct prog *prog = &verdict->prog;

	json_object_begin(json);
	json_pair(json, "name", prog->name);
	json_pair(json, "section", prog->section);
	json_pair(json, "type", type_name(prog));
	json_pair(json, "verdict", verdict_name(verdict));
	json_count(json, "insns", prog->insns_cnt);
	json_stats(json, stats_of(verdict));
	json_diag(json, &verdict->diags);
	verify_json_example(json, &report->examples[i]);
	if (report->verbose > 1)
		json_pair(json, "log", strbuf_str(&verdict->log));
	if (report->facts)
		json_facts(json, verdict);
	if (report->kernels)
		verify_json_kernel(json, prog, &report->kernels[i]);
	json_object_end(json);
}

void verify_print_json(struct strbuf *out, const struct verify_report *report)
{
	struct json json;

	json_init(&json, out, false);
	json_object_begin(&json);
	json_pair(&json, "object", report->object);
	json_key(&json, "programs");
	json_array_begin(&json);
	for (uint32_t i = 0; i < report->verdicts.cnt; i++)
		json_program(&json, report, i);
	json_array_end(&json);
	json_object_end(&json);
	json_fini(&json);
	strbuf_putc(out, '\n');
}
