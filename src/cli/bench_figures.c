/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ratios and geometric means of what was measured, net of the same engine's
 * empty run and as measured: a test run of the kernel costs much by itself,
 * which is not its code's fault. A time that is hardly more than the empty
 * run's says nothing, so it is in no net mean; the empty program is in none.
 */
#include <math.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "cli/bench.h"

#define NET_MIN		0.5	/* ns: below it the clock decides */

const struct bench_kind_row bench_kinds[BENCH_KINDS] = {
	{ BENCH_FREE, "call-free" },
	{ BENCH_MAPS, "maps" },
	{ BENCH_CALLS, "calls" },
	{ BENCH_CHAIN, "chain" },
};

double bench_net(const struct bench *bench, const struct bench_result *result,
		  uint32_t i)
{
	return result->ns[i] - bench->results[0].ns[i];
}

double bench_ratio(const struct bench *bench,
		    const struct bench_result *result, uint32_t a, uint32_t b,
		    bool is_net)
{
	double x = is_net ? bench_net(bench, result, a) : result->ns[a];
	double y = is_net ? bench_net(bench, result, b) : result->ns[b];

	if (!result->ran[a] || !result->ran[b] ||
	    (is_net && (x < NET_MIN || y < NET_MIN)))
		return 0;
	return x / y;
}

double bench_mean(const struct bench *bench, uint32_t kind_mask, uint32_t a,
		   uint32_t b, bool is_net)
{
	double sum = 0;
	uint32_t cnt = 0;

	for (uint32_t i = 1; i < bench->results_cnt; i++) {
		const struct bench_result *result = &bench->results[i];
		double r = bench_ratio(bench, result, a, b, is_net);

		if (r <= 0 || !(result->program->kinds & kind_mask))
			continue;
		sum += log(r);
		cnt++;
	}
	return cnt ? exp(sum / cnt) : 0;
}

uint32_t bench_first_shown(const struct bench *bench)
{
	return bench->empty_chosen ? 0 : 1;
}

void bench_machine(struct strbuf *out)
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
