/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep verify: every program of an object, each on its own, as a kernel would
 * look at it when it is loaded. Programs that wait to be asked for
 * (SEC("?...")) are asked for. Why one is rejected goes to stderr, in the
 * order of the programs; verdicts and figures go to stdout.
 */
#include <errno.h>
#include <stdlib.h>

#include "btf/btf.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/verify.h"
#include "spec/diags.h"

#define SETS_MAX	64

struct options {
	const char *object, *program, *type;
	const char *counterexample;	/* a pcap to write, or NULL */
	const char *sets[SETS_MAX];
	uint32_t sets_cnt;
	bool json, facts;
	uint32_t flags;			/* BPF_F_* for each program */
	uint32_t verbose;
	uint32_t kernel;		/* KERNEL_RELEASE, 0: none */
	struct object_verify_options verify;
};

static int number(const char *option, const char *text, uint32_t *out)
{
	uint64_t value;

	if (str_to_u64(text, &value) || !value || value > UINT32_MAX)
		return cli_usage("verify", "%s wants a number above 0, not "
				 "'%s'", option, text);
	*out = (uint32_t)value;
	return 0;
}

static int profile(struct verify_options *o, const char *name)
{
	static const char *const names[] = {
		[VERIFY_STRICT] = "strict",
		[VERIFY_UNPRIVILEGED] = "unprivileged",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i], name)) {
			o->profile = (enum verify_profile)i;
			return 0;
		}
	return cli_usage("verify", "no profile '%s'; there are strict and "
			 "unprivileged", name);
}

/* An older kernel takes no second look, so neither do we. */
static int kernel(struct options *o, const char *text)
{
	o->kernel = profile_release(text);
	o->verify.verify.no_second_look = true;
	return o->kernel ? 0 : cli_usage("verify", "no release '%s' of Linux",
					 text);
}

static int add_set(struct options *o, const char *text)
{
	if (o->sets_cnt == SETS_MAX)
		return cli_usage("verify", "more than %d --set", SETS_MAX);
	if (!strchr(text, '='))
		return cli_usage("verify", "--set wants name=value, not '%s'",
				 text);
	o->sets[o->sets_cnt++] = text;
	return 0;
}

static int set_option(struct options *o, int id, const char *arg)
{
	struct verify_options *verify = &o->verify.verify;

	switch (id) {
	case OPT_VERIFY_PROGRAM: o->program = arg; return 0;
	case OPT_VERIFY_TYPE: o->type = arg; return 0;
	case OPT_VERIFY_SET: return add_set(o, arg);
	case OPT_VERIFY_BTF: o->verify.link.target_btf = arg; return 0;
	case OPT_VERIFY_PROFILE: return profile(verify, arg);
	case OPT_VERIFY_STACK:
		return number("--stack-size", arg, &verify->stack_size);
	case OPT_VERIFY_INSNS:
		return number("--insns", arg, &verify->insns_max);
	case OPT_VERIFY_ALIGN: o->flags |= BPF_F_STRICT_ALIGNMENT; return 0;
	case OPT_VERIFY_NO_LOOK: verify->no_second_look = true; return 0;
	case OPT_VERIFY_VERBOSE: o->verbose++; return 0;
	case OPT_VERIFY_FACTS: o->facts = true; return 0;
	case OPT_VERIFY_KERNEL: return kernel(o, arg);
	case OPT_VERIFY_COUNTEREXAMPLE: o->counterexample = arg; return 0;
	default: o->json = true; return 0;
	}
}

static int parse(struct options *o, int argc, char **argv)
{
	struct cli_args args;
	int id, status = 0;

	cli_args_init(&args, argc, argv);
	while (!status && (id = cli_option(&args)) != OPT_END)
		status = id < 0 ? EXIT_USAGE : set_option(o, id, args.value);
	if (status)
		return status;
	if (args.words_cnt != 1)
		return cli_usage("verify", "takes one object");
	if (o->type && !prog_row_by_name(o->type))
		return cli_usage("verify", "no program type '%s'", o->type);
	if (o->counterexample && str_eq(o->counterexample, "-"))
		return cli_usage("verify", "--counterexample wants a file, "
				 "which is read back");
	o->object = args.words[0];
	o->verify.log = o->verbose > 1;
	return 0;
}

static int no_program(const struct options *o, struct diag_sink *sink)
{
	struct diag_where where = { .file = o->object, .insn = -1 };

	if (!o->program)
		return diag_report(sink, DIAG_VM_NO_PROGRAM, &where,
				   "the object has no programs");
	return diag_report(sink, DIAG_VM_NO_PROGRAM, &where,
			   "no program '%s'", o->program);
}

/* Marks what is to be verified. */
static int choose(const struct options *o, struct object *obj,
		  struct diag_sink *sink)
{
	struct prog *named = o->program ? object_prog(obj, o->program) : NULL;
	uint32_t cnt;
	struct prog *progs = object_progs(obj, &cnt);

	if (!cnt || (o->program && !named))
		return no_program(o, sink);
	for (uint32_t i = 0; i < cnt; i++) {
		progs[i].load = !o->program || &progs[i] == named;
		progs[i].flags |= o->flags;
		if (o->type)
			progs[i].type = prog_row_by_name(o->type)->id;
	}
	return 0;
}

static int apply_sets(const struct options *o, struct object *obj,
		      struct diag_sink *sink)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < o->sets_cnt; i++) {
		const char *eq = strchr(o->sets[i], '=');
		char *name = strndup(o->sets[i], (size_t)(eq - o->sets[i]));

		if (!name)
			return diag_report(sink, DIAG_NO_MEMORY, NULL,
					   "--set");
		err = object_set_variable(obj, name, eq + 1, sink);
		free(name);
	}
	return err;
}

/* Only the types that are named must be there. */
static int open_target(struct options *o, struct diag_sink *sink)
{
	struct object_options *link = &o->verify.link;

	return link->target_btf ? btf_open(&link->kernel, link->target_btf,
					   sink) : 0;
}

/* What linking refuses is EINVAL; otherwise it lacked something to link. */
static bool cannot(const struct object_verdict *verdict)
{
	return verdict->err == -ENOMEM ||
	       (verdict->err && verdict->err != -EINVAL &&
		!verdict->prog.insns);
}

static int status_of(const struct verify_report *report)
{
	const struct object_verdicts *verdicts = &report->verdicts;
	int status = EXIT_DONE;

	for (uint32_t i = 0; i < verdicts->cnt; i++) {
		if (cannot(&verdicts->list[i]))
			return EXIT_CANNOT;
		if (verdicts->list[i].err ||
		    (report->kernels && report->kernels[i].missing))
			status = EXIT_NO;
	}
	return status;
}

static int ask_kernel(const struct options *o, struct verify_report *report,
		      struct diag_sink *sink)
{
	const struct object_verdicts *verdicts = &report->verdicts;
	int err;

	if (!o->kernel)
		return 0;
	report->kernels = calloc(verdicts->cnt + 1, sizeof(*report->kernels));
	err = report->kernels ? 0 : -ENOMEM;
	for (uint32_t i = 0; !err && i < verdicts->cnt; i++)
		err = verify_ask_kernel(&report->kernels[i], verdicts,
					&verdicts->list[i], o->kernel);
	return err ? diag_report(sink, DIAG_NO_MEMORY, NULL, "--kernel") : 0;
}

/* As the object is when it is to be run. */
static int reopen(void *arg, const char *program, struct object **out)
{
	struct options o = *(const struct options *)arg;
	struct object *obj;
	int err = object_open(&obj, o.object, NULL);

	if (err)
		return err;
	o.program = program;
	err = choose(&o, obj, NULL) ?: apply_sets(&o, obj, NULL);
	if (err)
		object_close(obj);
	else
		*out = obj;
	return err;
}

/* An exit_status. */
static int show_why(struct options *o, struct verify_report *report,
		    struct diag_sink *sink)
{
	struct verify_source source = { .open = reopen, .arg = o };
	const char *path = o->counterexample;
	int status, err = verify_find_examples(report, &source);

	status = err ? cli_status(err) : EXIT_DONE;
	if (!status && path)
		status = verify_write_examples(report, path, &source, sink);
	if (!status)
		err = verify_note_examples(report, path);
	if (err)
		status = cli_status(diag_report(sink, DIAG_NO_MEMORY, NULL,
						"counterexamples"));
	return status;
}

static int print(const struct options *o, const struct verify_report *report,
		 struct diag_sink *sink)
{
	const struct object_verdicts *verdicts = &report->verdicts;
	struct strbuf out = STRBUF_INIT;
	int status;

	for (uint32_t i = 0; !o->json && i < verdicts->cnt; i++)
		diag_log_send(&verdicts->list[i].diags, sink);
	if (o->json)
		verify_print_json(&out, report);
	else
		verify_print_text(&out, report);
	status = cli_print(&out);
	strbuf_fini(&out);
	return status ?: status_of(report);
}

static void report_fini(struct verify_report *report)
{
	for (uint32_t i = 0; report->kernels && i < report->verdicts.cnt; i++)
		vec_free(&report->kernels[i].lacks);
	free(report->kernels);
	free(report->examples);
	object_verdicts_fini(&report->verdicts);
}

static int verify(struct options *o)
{
	struct verify_report report = {
		.object = o->object, .verbose = o->verbose, .facts = o->facts,
	};
	struct diag_sink sink = cli_sink(o->json);
	struct object *obj = NULL;
	int status, err = object_open(&obj, o->object, &sink);

	if (!err)
		err = open_target(o, &sink);
	if (!err)
		err = choose(o, obj, &sink);
	if (!err)
		err = apply_sets(o, obj, &sink);
	if (!err)
		err = object_verify(obj, &o->verify, &report.verdicts, &sink);
	if (!err)
		err = ask_kernel(o, &report, &sink);
	status = err ? cli_status(err) : EXIT_DONE;
	if (!status)
		status = show_why(o, &report, &sink);
	if (!status)
		status = print(o, &report, &sink);
	report_fini(&report);
	object_close(obj);
	btf_put(o->verify.link.kernel);
	return status;
}

int cmd_verify(int argc, char **argv)
{
	struct options o = { 0 };
	int status = parse(&o, argc, argv);

	return status ?: verify(&o);
}
