/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of `skep bench` as text: times as measured with ratios net of the
 * empty run, means of both, sizes. What the interpreter's ratios are is in the
 * JSON form only.
 */
#include "cli/bench.h"

static void cell(struct strbuf *out, bool there, const char *form, int width,
		 double value)
{
	if (there)
		strbuf_printf(out, form, width, value);
	else
		strbuf_printf(out, " %*s", width, "-");
}

static void heads(struct strbuf *out, const struct bench *bench)
{
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		strbuf_printf(out, " %8s", bench->targets[i].name);
}

/* Calls `fn` for each of skep's targets against each rival. */
static void each_pair(struct strbuf *out, const struct bench *bench,
		      void (*fn)(struct strbuf *out, const struct bench *bench,
				 uint32_t a, uint32_t b, const void *arg),
		      const void *arg)
{
	for (uint32_t b = 0; b < bench->targets_cnt; b++)
		for (uint32_t a = 0; bench->targets[b].rival &&
		     a < bench->targets_cnt; a++)
			if (!bench->targets[a].rival)
				fn(out, bench, a, b, arg);
}

static bool is_shown(const struct bench *bench, uint32_t a)
{
	return !str_eq(bench->targets[a].name, "interp");
}

static void ratio_head(struct strbuf *out, const struct bench *bench,
		       uint32_t a, uint32_t b, const void *arg)
{
	if (is_shown(bench, a))
		strbuf_printf(out, "  %s/%s", bench->targets[a].name,
			      bench->targets[b].name);
}

static int ratio_width(const struct bench *bench, uint32_t a, uint32_t b)
{
	return (int)(strlen(bench->targets[a].name) +
		     strlen(bench->targets[b].name) + 2);
}

static void ratio_text(struct strbuf *out, const struct bench *bench,
		       uint32_t a, uint32_t b, const void *arg)
{
	double r = bench_ratio(bench, arg, a, b, true);

	if (is_shown(bench, a))
		cell(out, r > 0, " %*.2f", ratio_width(bench, a, b), r);
}

static void kinds_text(struct strbuf *out, uint32_t of)
{
	size_t start = out->len;

	for (size_t i = 0; i < BENCH_KINDS; i++)
		if (of & bench_kinds[i].kind)
			strbuf_printf(out, "%s%s", out->len > start ? "," : "",
				      bench_kinds[i].name);
	strbuf_printf(out, "%*s", (int)(16 - (out->len - start)), "");
}

static void times_text(struct strbuf *out, const struct bench *bench)
{
	uint32_t i = bench_first_shown(bench);

	strbuf_printf(out, "%-10s %-16s", "ns per run", "kind");
	heads(out, bench);
	each_pair(out, bench, ratio_head, NULL);
	strbuf_putc(out, '\n');
	for (; i < bench->results_cnt; i++) {
		const struct bench_result *result = &bench->results[i];

		strbuf_printf(out, "%-10s ", result->program->name);
		kinds_text(out, result->program->kinds);
		for (uint32_t j = 0; j < bench->targets_cnt; j++)
			cell(out, result->ran[j], " %*.1f", 8, result->ns[j]);
		each_pair(out, bench, ratio_text, result);
		strbuf_puts(out, result->equal ? "\n" : "  RESULTS DIFFER\n");
	}
}

/* A row of means. */
struct mean_row {
	uint32_t kinds;
	bool is_net;
};

static void mean_text(struct strbuf *out, const struct bench *bench,
		      uint32_t a, uint32_t b, const void *arg)
{
	const struct mean_row *row = arg;
	double r = bench_mean(bench, row->kinds, a, b, row->is_net);

	if (is_shown(bench, a))
		cell(out, r > 0, " %*.2f", ratio_width(bench, a, b), r);
}

static void mean_line(struct strbuf *out, const struct bench *bench,
		      const char *name, uint32_t of)
{
	static const char *const forms[] = { "as measured", "net" };

	for (int is_net = 1; is_net >= 0; is_net--) {
		const struct mean_row row = { of, is_net };

		strbuf_printf(out, "%-10s %-16s", name, forms[is_net]);
		strbuf_printf(out, "%*s", (int)bench->targets_cnt * 9, "");
		each_pair(out, bench, mean_text, &row);
		strbuf_putc(out, '\n');
	}
}

static void means_text(struct strbuf *out, const struct bench *bench)
{
	strbuf_puts(out, "\ngeometric means\n");
	mean_line(out, bench, "all", UINT32_MAX);
	for (size_t i = 0; i < BENCH_KINDS; i++)
		mean_line(out, bench, bench_kinds[i].name, bench_kinds[i].kind);
}

static void sizes_text(struct strbuf *out, const struct bench *bench)
{
	uint32_t i = bench_first_shown(bench);

	strbuf_printf(out, "\n%-27s", "code bytes, us to prepare");
	heads(out, bench);
	for (uint32_t j = 0; j < bench->targets_cnt; j++)
		if (!bench->targets[j].rival)
			strbuf_printf(out, " %8s", bench->targets[j].name);
	strbuf_putc(out, '\n');
	for (; i < bench->results_cnt; i++) {
		const struct bench_result *result = &bench->results[i];

		strbuf_printf(out, "%-27s", result->program->name);
		for (uint32_t j = 0; j < bench->targets_cnt; j++)
			cell(out, result->code_bytes[j], " %*.0f", 8,
			     result->code_bytes[j]);
		for (uint32_t j = 0; j < bench->targets_cnt; j++)
			if (!bench->targets[j].rival)
				cell(out, true, " %*.1f", 8,
				     result->compile_us[j]);
		strbuf_putc(out, '\n');
	}
}

static void report_text(struct strbuf *out, const struct bench *bench)
{
	strbuf_puts(out, "machine  ");
	bench_machine(out);
	strbuf_printf(out, "\nmethod   medians of %u rounds of %u ms; ratios "
		      "are net of the empty program's run:",
		      bench->opts.rounds, bench->opts.slice_ms);
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		strbuf_printf(out, "%s %s %.1f", i ? "," : "",
			      bench->targets[i].name, bench->results[0].ns[i]);
	strbuf_putc(out, '\n');
	for (uint32_t i = 0; i < bench->notes_cnt; i++)
		strbuf_printf(out, "note     %s\n", bench->notes[i]);
	strbuf_putc(out, '\n');
	times_text(out, bench);
	if (bench->results_cnt > 2)
		means_text(out, bench);
	sizes_text(out, bench);
}

static bool all_equal(const struct bench *bench)
{
	for (uint32_t i = 0; i < bench->results_cnt; i++)
		if (!bench->results[i].equal)
			return false;
	return true;
}

int bench_report(const struct bench *bench)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	if (bench->opts.json)
		bench_json(&out, bench);
	else
		report_text(&out, bench);
	status = cli_print(&out);
	strbuf_fini(&out);
	return status ?: all_equal(bench) ? EXIT_DONE : EXIT_NO;
}
