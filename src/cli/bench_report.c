/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is printed. Times are as measured, the cost of a run included. Ratios
 * and means are of times net of the same engine's empty run, and of times as
 * they are beside them: a test run of the kernel costs much by itself, which
 * is not its code's fault. A time below the empty run's says nothing, so it is
 * in no net mean; the empty program is in none.
 */
#include <math.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "cli/bench.h"

#define NET_MIN		0.5	/* ns: below it the clock decides */

static const struct {
	enum bench_kind kind;
	const char *name;
} kinds[] = {
	{ BENCH_FREE, "call-free" },
	{ BENCH_MAPS, "maps" },
	{ BENCH_CALLS, "calls" },
	{ BENCH_CHAIN, "chain" },
};

static double net(const struct bench *bench, const struct bench_result *result,
		  uint32_t i)
{
	return result->ns[i] - bench->results[0].ns[i];
}

/* a / b; 0 when there is none. */
static double ratio(const struct bench *bench,
		    const struct bench_result *result, uint32_t a, uint32_t b,
		    bool is_net)
{
	double x = is_net ? net(bench, result, a) : result->ns[a];
	double y = is_net ? net(bench, result, b) : result->ns[b];

	if (!result->ran[a] || !result->ran[b] ||
	    (is_net && (x < NET_MIN || y < NET_MIN)))
		return 0;
	return x / y;
}

/* The geometric mean over programs of the kinds; 0 when there is none. */
static double mean(const struct bench *bench, uint32_t kind_mask, uint32_t a,
		   uint32_t b, bool is_net)
{
	double sum = 0;
	uint32_t cnt = 0;

	for (uint32_t i = 1; i < bench->results_cnt; i++) {
		const struct bench_result *result = &bench->results[i];
		double r = ratio(bench, result, a, b, is_net);

		if (r <= 0 || !(result->program->kinds & kind_mask))
			continue;
		sum += log(r);
		cnt++;
	}
	return cnt ? exp(sum / cnt) : 0;
}

static uint32_t first_shown(const struct bench *bench)
{
	return bench->empty_chosen ? 0 : 1;
}

static bool all_equal(const struct bench *bench)
{
	for (uint32_t i = 0; i < bench->results_cnt; i++)
		if (!bench->results[i].equal)
			return false;
	return true;
}

/* Whose processor, and which kernel. */
static void machine(struct strbuf *out)
{
	FILE *info = fopen("/proc/cpuinfo", "re");
	struct utsname uts;
	char line[256], name[256] = "";

	while (info && !*name && fgets(line, sizeof(line), info))
		sscanf(line, "model name : %255[^\n]", name);
	if (info)
		fclose(info);
	uname(&uts);
	strbuf_printf(out, "%s, %s %s", *name ? name : uts.machine,
		      uts.sysname, uts.release);
}

/* ---- text ---- */

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

/* The interpreter's is in the JSON form. */
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
	double r = ratio(bench, arg, a, b, true);

	if (is_shown(bench, a))
		cell(out, r > 0, " %*.2f", ratio_width(bench, a, b), r);
}

static void kinds_text(struct strbuf *out, uint32_t of)
{
	size_t start = out->len;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (of & kinds[i].kind)
			strbuf_printf(out, "%s%s", out->len > start ? "," : "",
				      kinds[i].name);
	strbuf_printf(out, "%*s", (int)(16 - (out->len - start)), "");
}

static void times_text(struct strbuf *out, const struct bench *bench)
{
	strbuf_printf(out, "%-10s %-16s", "ns per run", "kind");
	heads(out, bench);
	each_pair(out, bench, ratio_head, NULL);
	strbuf_putc(out, '\n');
	for (uint32_t i = first_shown(bench); i < bench->results_cnt; i++) {
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
	double r = mean(bench, row->kinds, a, b, row->is_net);

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
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		mean_line(out, bench, kinds[i].name, kinds[i].kind);
}

static void sizes_text(struct strbuf *out, const struct bench *bench)
{
	strbuf_printf(out, "\n%-27s", "code bytes, us to prepare");
	heads(out, bench);
	for (uint32_t j = 0; j < bench->targets_cnt; j++)
		if (!bench->targets[j].rival)
			strbuf_printf(out, " %8s", bench->targets[j].name);
	strbuf_putc(out, '\n');
	for (uint32_t i = first_shown(bench); i < bench->results_cnt; i++) {
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
	machine(out);
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

/* ---- JSON ---- */

static void number(struct json *json, const struct bench *bench, uint32_t i,
		   bool there, double value)
{
	json_key(json, bench->targets[i].name);
	if (there)
		json_double(json, value);
	else
		json_null(json);
}

/* Rounded as far as a clock is worth. */
static double rounded(double ns)
{
	return round(ns * 100) / 100;
}

static void times_json(struct json *json, const struct bench *bench,
		       const struct bench_result *result)
{
	json_key(json, "ns");
	json_object_begin(json);
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		number(json, bench, i, result->ran[i], rounded(result->ns[i]));
	json_object_end(json);
	json_key(json, "net_ns");
	json_object_begin(json);
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		number(json, bench, i, result->ran[i],
		       rounded(net(bench, result, i)));
	json_object_end(json);
	json_key(json, "code_bytes");
	json_object_begin(json);
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		number(json, bench, i, result->code_bytes[i],
		       result->code_bytes[i]);
	json_object_end(json);
	json_key(json, "compile_us");
	json_object_begin(json);
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		number(json, bench, i, !bench->targets[i].rival,
		       rounded(result->compile_us[i]));
	json_object_end(json);
}

static void program_json(struct json *json, const struct bench *bench,
			 const struct bench_result *result)
{
	json_object_begin(json);
	json_key(json, "name");
	json_string(json, result->program->name);
	json_key(json, "doc");
	json_string(json, result->program->doc);
	json_key(json, "kind");
	json_array_begin(json);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (result->program->kinds & kinds[i].kind)
			json_string(json, kinds[i].name);
	json_array_end(json);
	json_key(json, "equal");
	json_bool(json, result->equal);
	times_json(json, bench, result);
	json_object_end(json);
}

static void means_json(struct json *json, const struct bench *bench,
		       uint32_t of, bool is_net)
{
	for (uint32_t b = 0; b < bench->targets_cnt; b++)
		for (uint32_t a = 0; bench->targets[b].rival &&
		     a < bench->targets_cnt; a++) {
			double r = mean(bench, of, a, b, is_net);
			char key[64];

			if (bench->targets[a].rival || r <= 0)
				continue;
			snprintf(key, sizeof(key), "%s_vs_%s",
				 bench->targets[a].name,
				 bench->targets[b].name);
			json_key(json, key);
			json_double(json, round(r * 1000) / 1000);
		}
}

/* Of all programs, and by kind. */
static void geomean_json(struct json *json, const struct bench *bench,
			 const char *key, bool is_net)
{
	json_key(json, key);
	json_object_begin(json);
	means_json(json, bench, UINT32_MAX, is_net);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_key(json, kinds[i].name);
		json_object_begin(json);
		means_json(json, bench, kinds[i].kind, is_net);
		json_object_end(json);
	}
	json_object_end(json);
}

static void empty_json(struct json *json, const struct bench *bench)
{
	json_key(json, "empty_ns");
	json_object_begin(json);
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		number(json, bench, i, true,
		       rounded(bench->results[0].ns[i]));
	json_object_end(json);
}

static void report_json(struct strbuf *out, const struct bench *bench)
{
	struct strbuf name = STRBUF_INIT;
	struct json json;

	machine(&name);
	json_init(&json, out, true);
	json_object_begin(&json);
	json_key(&json, "machine");
	json_string(&json, strbuf_str(&name));
	json_key(&json, "rounds");
	json_u64(&json, bench->opts.rounds);
	json_key(&json, "notes");
	json_array_begin(&json);
	for (uint32_t i = 0; i < bench->notes_cnt; i++)
		json_string(&json, bench->notes[i]);
	json_array_end(&json);
	empty_json(&json, bench);
	json_key(&json, "programs");
	json_array_begin(&json);
	for (uint32_t i = first_shown(bench); i < bench->results_cnt; i++)
		program_json(&json, bench, &bench->results[i]);
	json_array_end(&json);
	geomean_json(&json, bench, "geomean", true);
	geomean_json(&json, bench, "geomean_as_measured", false);
	json_object_end(&json);
	json_fini(&json);
	strbuf_fini(&name);
}

int bench_report(const struct bench *bench)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	if (bench->opts.json)
		report_json(&out, bench);
	else
		report_text(&out, bench);
	status = cli_print(&out);
	strbuf_fini(&out);
	return status ?: all_equal(bench) ? EXIT_DONE : EXIT_NO;
}
