/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep verify --kernel: what an older release lacks of what each program
 * uses. Dead code counts as far as that kernel would look at it, so programs
 * that are not accepted are counted whole.
 */
#include "cli/verify.h"

#include <errno.h>

#include "base/json.h"

static void note(void *arg, const struct profile_lack *lack)
{
	struct kernel_report *report = arg;
	struct profile_lack *kept = vec_push(&report->lacks);

	if (kept)
		*kept = *lack;
	else
		report->missing = -ENOMEM;
}

int verify_ask_kernel(struct kernel_report *report,
		      const struct object_verdicts *verdicts,
		      const struct object_verdict *verdict, uint32_t release)
{
	struct verify_input in = {
		.prog = &verdict->prog, .maps = verdicts->maps,
		.kernel = verdicts->kernel,
	};
	const struct verify_facts *facts = NULL;
	int missing;

	*report = (struct kernel_report){ .release = release };
	if (!verdict->prog.insns)
		return 0;
	if (verdict->result && verdict->result->accepted &&
	    verdict->result->facts.insns)
		facts = &verdict->result->facts;
	missing = profile_check(&in, facts, release, note, report,
				&report->oldest);
	if (missing < 0 || report->missing < 0)
		return -ENOMEM;
	report->missing = missing;
	return 0;
}

static void print_release(struct strbuf *out, uint32_t release)
{
	strbuf_printf(out, "%u.%u", release >> 8, release & 0xff);
}

static void print_lack(struct strbuf *out, const struct prog *prog,
		       const struct profile_lack *lack)
{
	const struct prog_line *line = lack->insn < 0 ? NULL :
		prog_line_at(prog, (uint32_t)lack->insn);

	strbuf_printf(out, "    %s %s", profile_kind_name(lack->kind),
		      lack->name);
	if (lack->map)
		strbuf_printf(out, " of map %s", lack->map);
	strbuf_puts(out, lack->since ? ", since " : ", in no release");
	if (lack->since)
		print_release(out, lack->since);
	if (lack->insn >= 0)
		strbuf_printf(out, ": insn %lld", (long long)lack->insn);
	if (line)
		strbuf_printf(out, ", %s:%u", line->file, line->line);
	strbuf_puts(out, lack->soft ? " (loads without it)\n" : "\n");
}

void verify_print_kernel(struct strbuf *out, const struct prog *prog,
			 const struct kernel_report *report)
{
	strbuf_printf(out, "%s: Linux ", prog->name);
	print_release(out, report->release);
	if (!report->missing) {
		strbuf_puts(out, " has all that it uses\n");
	} else {
		strbuf_printf(out, " lacks %d of what it uses; ",
			      report->missing);
		strbuf_puts(out, report->oldest ? "the oldest that would do "
			    "is " : "no release would do");
		if (report->oldest)
			print_release(out, report->oldest);
		strbuf_putc(out, '\n');
	}
	for (size_t i = 0; i < report->lacks.len; i++)
		print_lack(out, prog, &report->lacks.data[i]);
}

static void json_release(struct json *json, const char *key, uint32_t release)
{
	struct strbuf text = STRBUF_INIT;

	json_key(json, key);
	print_release(&text, release);
	if (release)
		json_string(json, strbuf_str(&text));
	else
		json_null(json);
	strbuf_fini(&text);
}

static void json_lack(struct json *json, const struct prog *prog,
		      const struct profile_lack *lack)
{
	const struct prog_line *line = lack->insn < 0 ? NULL :
		prog_line_at(prog, (uint32_t)lack->insn);

	json_object_begin(json);
	json_key(json, "kind");
	json_string(json, profile_kind_name(lack->kind));
	json_key(json, "name");
	json_string(json, lack->name);
	if (lack->map) {
		json_key(json, "map");
		json_string(json, lack->map);
	}
	json_release(json, "since", lack->since);
	json_key(json, "insn");
	json_s64(json, lack->insn);
	if (line) {
		json_key(json, "file");
		json_string(json, line->file);
		json_key(json, "line");
		json_u64(json, line->line);
	}
	json_key(json, "loads_without");
	json_bool(json, lack->soft);
	json_object_end(json);
}

void verify_json_kernel(struct json *json, const struct prog *prog,
			const struct kernel_report *report)
{
	json_key(json, "kernel");
	json_object_begin(json);
	json_release(json, "release", report->release);
	json_key(json, "loads");
	json_bool(json, !report->missing);
	json_release(json, "oldest", report->oldest);
	json_key(json, "lacks");
	json_array_begin(json);
	for (size_t i = 0; i < report->lacks.len; i++)
		json_lack(json, prog, &report->lacks.data[i]);
	json_array_end(json);
	json_object_end(json);
}
