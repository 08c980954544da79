/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs that make rejected programs do what the verifier says they may do,
 * one for each program where one is found (vm/example.h), and what is told of
 * them: a note of the diagnostic, and JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/verify.h"
#include "spec/diags.h"

#define SHOWN_RUNS	3u
#define SHOWN_BYTES	8u		/* of each */

/* The mistakes that a run can show. */
static const struct {
	enum diag_id id;
	enum vm_example_want want;
} shows[] = {
	{ DIAG_VERIFY_PACKET_BOUNDS,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_STACK_BOUNDS,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_MAP_BOUNDS,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_MEM_BOUNDS,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_UNBOUNDED,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_NULL,		VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_NOT_POINTER,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_POINTER_MATH,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_CTX,		VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_READ_ONLY,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_WRITE_ONLY,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_ATOMIC,		VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_MAP_ACCESS,	VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_MAP_USE,		VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_ARG,		VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_ARG_SIZE,		VM_EXAMPLE_FAULT },
	{ DIAG_VERIFY_REF_LEAK,		VM_EXAMPLE_LEAK },
	{ DIAG_VERIFY_LOOP,		VM_EXAMPLE_ENDLESS },
};

/* ---- looking for them ---- */

static struct skep_diag *rejection(struct object_verdict *verdict)
{
	for (size_t i = 0; i < verdict->diags.records.len; i++)
		if (verdict->diags.records.data[i].severity ==
		    SKEP_SEVERITY_ERROR)
			return &verdict->diags.records.data[i];
	return NULL;
}

static bool aim_at(struct vm_aim *aim, const struct skep_diag *diag)
{
	if (diag->insn < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(shows); i++)
		if (str_eq(diag->id, diag_rows[shows[i].id].id)) {
			*aim = (struct vm_aim){
				.want = shows[i].want,
				.insn = (uint32_t)diag->insn,
			};
			return true;
		}
	return false;
}

/* Linked for a kernel or to be run, it is the same text. */
static bool is_same(const struct prog *a, const struct prog *b)
{
	if (a->insns_cnt != b->insns_cnt || a->type != b->type)
		return false;
	for (uint32_t i = 0; i < a->insns_cnt; i++)
		if (a->insns[i].code != b->insns[i].code ||
		    a->insns[i].off != b->insns[i].off)
			return false;
	return true;
}

int verify_suspect_open(struct verify_suspect *suspect,
			const struct verify_source *source,
			const struct object_verdict *verdict,
			const struct vm_aim *aim)
{
	const char *name = verdict->prog.name;
	struct prog *prog;
	int err;

	*suspect = (struct verify_suspect){ 0 };
	err = source->open(source->arg, name, &suspect->obj) ?:
	      object_link(suspect->obj, NULL, NULL);
	if (!err) {
		prog = object_prog(suspect->obj, name);
		err = prog && is_same(prog, &verdict->prog) ?
		      vm_trial_open(&suspect->trial, suspect->obj, prog, aim) :
		      -EOPNOTSUPP;
	}
	if (err)
		verify_suspect_close(suspect);
	return err;
}

void verify_suspect_close(struct verify_suspect *suspect)
{
	vm_trial_close(suspect->trial);
	object_close(suspect->obj);
	*suspect = (struct verify_suspect){ 0 };
}

static void look(struct verify_example *example,
		 const struct verify_source *source,
		 struct object_verdict *verdict)
{
	const struct skep_diag *diag = rejection(verdict);
	struct strbuf said = STRBUF_INIT;
	struct verify_suspect suspect;

	if (!verdict->err || !diag)
		return;
	example->outcome = EXAMPLE_NO_PACKETS;
	if (!vm_trial_takes(verdict->prog.type))
		return;
	example->outcome = EXAMPLE_NO_ACCESS;
	if (!aim_at(&example->aim, diag))
		return;
	example->outcome = EXAMPLE_NO_TRIAL;
	if (verify_suspect_open(&suspect, source, verdict, &example->aim))
		return;
	example->outcome = EXAMPLE_NO_LUCK;
	if (vm_trial_search(suspect.trial, &example->input)) {
		example->insn = vm_trial_say(suspect.trial, &said);
		example->fault = arena_strdup(&verdict->diags.arena,
					      strbuf_str(&said));
		if (example->fault)
			example->outcome = EXAMPLE_FOUND;
	}
	strbuf_fini(&said);
	verify_suspect_close(&suspect);
}

int verify_find_examples(struct verify_report *report,
			 const struct verify_source *source)
{
	uint32_t cnt = report->verdicts.cnt;

	report->examples = calloc(cnt + 1, sizeof(*report->examples));
	if (!report->examples)
		return -ENOMEM;
	for (uint32_t i = 0; i < cnt; i++)
		look(&report->examples[i], source, &report->verdicts.list[i]);
	return 0;
}

/* ---- telling of them ---- */

/* "45 at 14"; returns where the run of bytes ends. */
static uint32_t say_run(struct strbuf *text, const struct vm_example *input,
			uint32_t from)
{
	uint32_t at = from;

	for (; at < input->len && input->packet[at]; at++)
		if (at - from < SHOWN_BYTES)
			strbuf_printf(text, "%02x", input->packet[at]);
	strbuf_printf(text, "%s at %u", at - from > SHOWN_BYTES ? "..." : "",
		      from);
	return at;
}

static void say_packet(struct strbuf *text, const struct vm_example *input)
{
	uint32_t runs = 0;

	for (uint32_t i = 0; i < input->len; i++) {
		if (!input->packet[i])
			continue;
		strbuf_puts(text, runs++ ? ", " : " (zero but for ");
		if (runs > SHOWN_RUNS) {
			strbuf_puts(text, "more");
			break;
		}
		i = say_run(text, input, i);
	}
	if (runs)
		strbuf_putc(text, ')');
}

/* What a capture cannot carry. */
static void say_rest(struct strbuf *text, const struct vm_example *input)
{
	if (input->fills)
		strbuf_printf(text, ", element 0 of arrays full of %#x",
			      input->fill);
	if (input->rx_queue)
		strbuf_printf(text, ", rx queue %u", input->rx_queue);
	if (input->mark)
		strbuf_printf(text, ", mark %#x", input->mark);
}

static void say(struct strbuf *text, const struct verify_example *example,
		const char *path)
{
	const struct vm_example *input = &example->input;
	bool zero = true;

	for (uint32_t i = 0; i < input->len; i++)
		zero &= !input->packet[i];
	strbuf_puts(text, "counterexample: ");
	if (example->number)
		strbuf_printf(text, "packet %u of %s, ", example->number,
			      path);
	else
		strbuf_puts(text, "a packet of ");
	strbuf_printf(text, "%u %sbytes", input->len, zero ? "zero " : "");
	say_packet(text, input);
	say_rest(text, input);
	strbuf_printf(text, ": %s", example->fault);
	if (example->aim.want == VM_EXAMPLE_FAULT &&
	    example->insn != example->aim.insn)
		strbuf_printf(text, ", at insn %u", example->insn);
}

static void say_none(struct strbuf *text, const struct verify_example *example,
		     enum prog_type type)
{
	static const char *const why[] = {
		[EXAMPLE_NO_ACCESS] = "no packet can show this mistake",
		[EXAMPLE_NO_TRIAL] = "this program cannot be tried: what it "
				     "calls, or its maps",
		[EXAMPLE_NO_LUCK] = "none was found",
	};

	strbuf_puts(text, "no counterexample: ");
	if (example->outcome == EXAMPLE_NO_PACKETS)
		strbuf_printf(text, "%s programs do not run on packets",
			      prog_row(type) ? prog_row(type)->name : "such");
	else
		strbuf_puts(text, why[example->outcome]);
}

static int note_add(struct diag_log *log, struct skep_diag *diag,
		    const char *text)
{
	const char **notes = arena_array(&log->arena, diag->notes_cnt + 1,
					 sizeof(*notes));

	if (!notes)
		return -ENOMEM;
	for (size_t i = 0; i < diag->notes_cnt; i++)
		notes[i] = diag->notes[i];
	notes[diag->notes_cnt] = arena_strdup(&log->arena, text);
	if (!notes[diag->notes_cnt])
		return -ENOMEM;
	diag->notes = notes;
	diag->notes_cnt++;
	return 0;
}

int verify_note_examples(struct verify_report *report, const char *path)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < report->verdicts.cnt; i++) {
		struct object_verdict *verdict = &report->verdicts.list[i];
		const struct verify_example *example = &report->examples[i];
		struct strbuf text = STRBUF_INIT;

		if (example->outcome == EXAMPLE_FOUND)
			say(&text, example, path);
		else if (path && example->outcome != EXAMPLE_NEEDLESS)
			say_none(&text, example, verdict->prog.type);
		if (text.oom)
			err = -ENOMEM;
		else if (text.len)
			err = note_add(&verdict->diags, rejection(verdict),
				       strbuf_str(&text));
		strbuf_fini(&text);
	}
	return err;
}

static void json_count(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	json_u64(json, value);
}

static void json_packet(struct json *json, const struct vm_example *input)
{
	char hex[2 * VM_EXAMPLE_MAX + 1] = "";

	for (uint32_t i = 0; i < input->len; i++)
		snprintf(hex + 2 * i, 3, "%02x", input->packet[i]);
	json_key(json, "packet");
	json_string(json, hex);
}

void verify_json_example(struct json *json,
			 const struct verify_example *example)
{
	const struct vm_example *input = &example->input;

	json_key(json, "counterexample");
	if (example->outcome != EXAMPLE_FOUND) {
		json_null(json);
		return;
	}
	json_object_begin(json);
	json_packet(json, input);
	json_count(json, "rx_queue", input->rx_queue);
	json_count(json, "mark", input->mark);
	json_count(json, "array_word", input->fill);
	json_count(json, "insn", example->insn);
	json_key(json, "fault");
	json_string(json, example->fault);
	if (example->number)
		json_count(json, "number", example->number);
	json_object_end(json);
}
