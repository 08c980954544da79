/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of skep run, and which of them do not go together: what would
 * have no effect is refused rather than ignored.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/options.h"
#include "cli/run_rival.h"

/*
 * So that no program can hang a run: about a tenth of a second per packet in
 * the interpreter. The kernel's own limit is a million verified instructions.
 * Native code counts when it is asked to; a signal ends it all the same.
 */
#define BUDGET	100000000

/* Options of this command, from the first of its rows on. */
#define BIT_OF(id)	(1ull << ((id) - OPT_RUN_PROGRAM))
#define BIT(name)	BIT_OF(OPT_RUN_##name)

static_assert(OPT_RUN_JSON - OPT_RUN_PROGRAM < 64,
	      "options fit into one word");

#define ALL		(~0ull)
#define OFTEN		(BIT(SET) | BIT(DEV) | BIT(MAPS) | BIT(EVENTS) | \
			 BIT(JSON))
/* What only matters where skep runs the program. */
#define SKEP_ONLY	(BIT(BTF) | BIT(BUDGET) | BIT(TRACE) | BIT(EVENTS) | \
			 BIT(JIT) | NATIVE_ONLY)
/* What native code alone has. */
#define NATIVE_ONLY	(BIT(PERF_MAP) | BIT(JITDUMP) | BIT(GDB) | \
			 BIT(JIT_CHECK) | BIT(AUDIT))

static const struct {
	uint64_t one, others;
	const char *why;
} conflicts[] = {
	{ BIT(RAW), ALL & ~(BIT(RAW) | BIT(MEM) | BIT(JSON)),
	  "--raw goes with --mem and --json only" },
	{ BIT(IN), BIT(DEV), "--in FILE or --dev IFACE, not both" },
	{ BIT(DEV), BIT(REPEAT), "--repeat wants --in" },
	{ BIT(DEV), BIT(COMPARE), "--compare wants --in" },
	{ BIT(IN), BIT(DURATION), "--duration is for --dev; --count ends a "
	  "capture" },
	{ BIT(REPEAT), BIT(COUNT), "--repeat takes the first packet only" },
	{ BIT(COMPARE), BIT(ENGINE) | BIT(REPEAT) | BIT(OUT) | BIT(EVENTS),
	  "--compare runs in interp and in the kernel, without --engine, "
	  "--repeat, --out and --events" },
	{ BIT(JIT_CHECK), BIT(COMPARE) | BIT(REPEAT) | BIT(OUT) | BIT(EVENTS),
	  "--jit-check runs native code and the interpreter, without "
	  "--compare, --repeat, --out and --events" },
	{ BIT(DEV), BIT(JIT_CHECK), "--jit-check wants --in" },
};

static int take(const char **list, uint32_t *cnt, uint32_t max,
		const char *what)
{
	if (*cnt == max)
		return cli_usage("run", "more than %u of one option", max);
	list[(*cnt)++] = what;
	return 0;
}

static int number(const char *option, const char *text, uint64_t *out)
{
	if (str_to_u64(text, out) || *out == 0)
		return cli_usage("run", "%s wants a number above 0, not '%s'",
				 option, text);
	return 0;
}

static int seconds(const char *text, uint64_t *ns)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0) || value > 1e9)
		return cli_usage("run", "--duration wants seconds, not '%s'",
				 text);
	*ns = (uint64_t)(value * 1e9);
	return 0;
}

static int set_option(struct run_options *o, int id, const char *arg)
{
	switch (id) {
	case OPT_RUN_PROGRAM: o->program = arg; return 0;
	case OPT_RUN_JSON: o->json = true; return 0;
	case OPT_RUN_IN: o->in = arg; return 0;
	case OPT_RUN_OUT: o->out = arg; return 0;
	case OPT_RUN_DEV:
		return take(o->devices, &o->devices_cnt, RUN_DEVICES_MAX, arg);
	case OPT_RUN_ENGINE: o->engine = arg; return 0;
	case OPT_RUN_JIT: o->jit = arg; return 0;
	case OPT_RUN_JITDUMP: o->jitdump = arg; return 0;
	case OPT_RUN_PERF_MAP: o->perf_map = true; return 0;
	case OPT_RUN_GDB: o->gdb = true; return 0;
	case OPT_RUN_AUDIT: o->audit = true; return 0;
	case OPT_RUN_COMPARE:
		o->rival = run_rival_named(arg);
		if (o->rival)
			return 0;
		return cli_usage("run", "--compare knows 'kernel', not '%s'",
				 arg);
	case OPT_RUN_JIT_CHECK: o->rival = &run_rival_interp; return 0;
	case OPT_RUN_REPEAT: return number("--repeat", arg, &o->repeat);
	case OPT_RUN_MAPS: o->maps = true; return 0;
	case OPT_RUN_SET:
		return take(o->sets, &o->sets_cnt, RUN_SETS_MAX, arg);
	case OPT_RUN_TYPE: o->type = arg; return 0;
	case OPT_RUN_BUDGET: return number("--budget", arg, &o->budget);
	case OPT_RUN_COUNT: return number("--count", arg, &o->count);
	case OPT_RUN_DURATION: return seconds(arg, &o->duration_ns);
	case OPT_RUN_RAW: o->raw = arg; return 0;
	case OPT_RUN_MEM: o->mem = arg; return 0;
	case OPT_RUN_TRACE: o->trace = arg; return 0;
	case OPT_RUN_EVENTS: o->events = true; return 0;
	default: o->target_btf = arg; return 0;
	}
}

static int check_together(const struct run_options *o, uint64_t given)
{
	for (size_t i = 0; i < ARRAY_SIZE(conflicts); i++)
		if ((given & conflicts[i].one) && (given & conflicts[i].others))
			return cli_usage("run", "%s", conflicts[i].why);
	if (o->mem && !o->raw)
		return cli_usage("run", "--mem is for --raw");
	if (o->raw && o->object)
		return cli_usage("run", "--raw or an object, not both");
	if (!o->raw && !o->object)
		return cli_usage("run", "wants an object file");
	if (!o->raw && !o->in && !o->devices_cnt)
		return cli_usage("run", "wants either --in FILE or --dev "
				 "IFACE");
	if (o->json && o->trace && str_eq(o->trace, "-"))
		return cli_usage("run", "--trace - would mix with --json; "
				 "name a file");
	return 0;
}

static bool is_native(const struct run_options *o)
{
	const struct engine_ops *engine = engine_choose(o->engine, o->jit);

	return engine && engine->instead;
}

static int check_engines(const struct run_options *o, uint64_t given)
{
	bool kernel = o->engine && str_eq(o->engine, "kernel");

	if (o->engine && !kernel && !engine_choose(o->engine, NULL))
		return cli_usage("run", "no engine '%s'; there are interp, jit "
				 "and kernel", o->engine);
	if (o->jit && !engine_choose(NULL, o->jit))
		return cli_usage("run", "--jit knows opt, quick and off, not "
				 "'%s'", o->jit);
	if (o->engine && !kernel && !engine_choose(o->engine, o->jit))
		return cli_usage("run", "--engine %s and --jit %s contradict",
				 o->engine, o->jit);
	if (kernel && o->devices_cnt)
		return cli_usage("run", "the kernel as engine runs captures; "
				 "attach the object with ip or bpftool "
				 "instead");
	if (kernel && (given & SKEP_ONLY))
		return cli_usage("run", "--btf, --budget, --jit, --trace, "
				 "--events and what is of native code are not "
				 "for the kernel as engine");
	if (!is_native(o) && (given & NATIVE_ONLY))
		return cli_usage("run", "--perf-map, --jitdump, --gdb, "
				 "--jit-check and --audit are for native code: "
				 "--jit opt or quick");
	return 0;
}

static bool same_file(const char *a, const char *b)
{
	struct stat sta, stb;

	return !stat(a, &sta) && !stat(b, &stb) && S_ISREG(sta.st_mode) &&
	       sta.st_dev == stb.st_dev && sta.st_ino == stb.st_ino;
}

static int check_files(const struct run_options *o)
{
	const char *const inputs[] = { o->in, o->object, o->target_btf };

	if (!o->out)
		return 0;
	if (str_eq(o->out, "-"))
		return cli_usage("run", "--out wants a file: the summary is "
				 "on standard output");
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++)
		if (inputs[i] && same_file(inputs[i], o->out))
			return cli_usage("run", "--out would overwrite %s",
					 inputs[i]);
	return 0;
}

static int check_devices(const struct run_options *o)
{
	for (uint32_t i = 0; i < o->devices_cnt; i++)
		for (uint32_t j = 0; j < i; j++)
			if (str_eq(o->devices[i], o->devices[j]))
				return cli_usage("run", "--dev %s is given "
						 "twice", o->devices[i]);
	return 0;
}

static int parse(struct run_options *o, struct cli_args *args,
		 uint64_t *given)
{
	char buf[32];
	int id;

	while ((id = cli_option(args)) > 0) {
		int status = set_option(o, id, args->value);

		if (status)
			return status;
		if (*given & ~OFTEN & BIT_OF(id))
			return cli_usage("run", "%s is given twice",
				cli_option_name((enum cli_option_id)id, buf));
		*given |= BIT_OF(id);
	}
	if (id < 0)
		return EXIT_USAGE;
	if (args->words_cnt)
		o->object = args->words[0];
	if (args->words_cnt > 1)
		return cli_usage("run", "one object at a time, not '%s' too",
				 args->words[1]);
	return 0;
}

int run_options(struct run_options *o, int argc, char **argv)
{
	struct cli_args args;
	uint64_t given = 0;
	int status;

	cli_args_init(&args, argc, argv);
	status = parse(o, &args, &given);
	if (given & BIT(JIT_CHECK) && !o->jit && !o->engine)
		o->jit = "opt";
	if (!status)
		status = check_together(o, given);
	if (!status)
		status = check_engines(o, given);
	if (!status && !o->budget && !is_native(o))
		o->budget = BUDGET;
	if (!status)
		status = check_files(o);
	return status ? status : check_devices(o);
}
