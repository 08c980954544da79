/* SPDX-License-Identifier: Apache-2.0 */
/* The report of `skep bench` as JSON; its keys are in docs/architecture.md. */
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "cli/bench.h"

/* Rounded as far as a clock is worth. */
static double rounded(double ns)
{
	return round(ns * 100) / 100;
}

static bool is_target(const struct bench *bench, const char *name)
{
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		if (str_eq(bench->targets[i].name, name))
			return true;
	return false;
}

/* A number by engine; null where it is NAN, and for rivals left out. */
static void cells(struct json *json, const struct bench *bench,
		  const char *key, const double *values)
{
	static const char *const rivals[] = { "kernel", "native" };

	json_key(json, key);
	json_object_begin(json);
	for (uint32_t i = 0; i < bench->targets_cnt; i++) {
		json_key(json, bench->targets[i].name);
		if (isnan(values[i]))
			json_null(json);
		else
			json_double(json, rounded(values[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(rivals); i++)
		if (!is_target(bench, rivals[i])) {
			json_key(json, rivals[i]);
			json_null(json);
		}
	json_object_end(json);
}

static void times_json(struct json *json, const struct bench *bench,
		       const struct bench_result *result)
{
	double ns[BENCH_TARGETS_MAX], net[BENCH_TARGETS_MAX];
	double code[BENCH_TARGETS_MAX], compile[BENCH_TARGETS_MAX];

	for (uint32_t i = 0; i < bench->targets_cnt; i++) {
		bool ran = result->ran[i];
		bool compiled = ran && !bench->targets[i].rival;

		ns[i] = ran ? result->ns[i] : NAN;
		net[i] = ran ? bench_net(bench, result, i) : NAN;
		code[i] = result->code_bytes[i] ? result->code_bytes[i] : NAN;
		compile[i] = compiled ? result->compile_us[i] : NAN;
	}
	cells(json, bench, "ns", ns);
	cells(json, bench, "net_ns", net);
	cells(json, bench, "code_bytes", code);
	cells(json, bench, "compile_us", compile);
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
	for (size_t i = 0; i < BENCH_KINDS; i++)
		if (result->program->kinds & bench_kinds[i].kind)
			json_string(json, bench_kinds[i].name);
	json_array_end(json);
	json_key(json, "equal");
	json_bool(json, result->equal);
	json_key(json, "insns");
	json_u64(json, result->insns);
	times_json(json, bench, result);
	json_object_end(json);
}

static void means_json(struct json *json, const struct bench *bench,
		       uint32_t of, bool is_net)
{
	for (uint32_t b = 0; b < bench->targets_cnt; b++)
		for (uint32_t a = 0; bench->targets[b].rival &&
		     a < bench->targets_cnt; a++) {
			double r = bench_mean(bench, of, a, b, is_net);
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
	for (size_t i = 0; i < BENCH_KINDS; i++) {
		json_key(json, bench_kinds[i].name);
		json_object_begin(json);
		means_json(json, bench, bench_kinds[i].kind, is_net);
		json_object_end(json);
	}
	json_object_end(json);
}

void bench_json(struct strbuf *out, const struct bench *bench)
{
	struct strbuf name = STRBUF_INIT;
	struct json json;

	bench_machine(&name);
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
	cells(&json, bench, "empty_ns", bench->results[0].ns);
	json_key(&json, "programs");
	json_array_begin(&json);
	for (uint32_t i = bench_first_shown(bench); i < bench->results_cnt; i++)
		program_json(&json, bench, &bench->results[i]);
	json_array_end(&json);
	geomean_json(&json, bench, "geomean", true);
	geomean_json(&json, bench, "geomean_as_measured", false);
	json_object_end(&json);
	json_fini(&json);
	strbuf_fini(&name);
}
