/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep run: an object over a capture or over live interfaces. Here are its
 * options and the order of things: open, set, load, run, report, close.
 */
#include "cli/run.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "cli/run_raw.h"
#include "spec/diags.h"

/*
 * So that no program can hang a run: about a tenth of a second per packet in
 * the interpreter. The kernel's own limit is a million verified instructions.
 */
#define BUDGET	100000000

enum {
	OPT_IN = 256, OPT_OUT, OPT_DEV, OPT_ENGINE, OPT_COMPARE, OPT_REPEAT,
	OPT_MAPS, OPT_SET, OPT_TYPE, OPT_BUDGET, OPT_COUNT, OPT_DURATION,
	OPT_RAW, OPT_MEM, OPT_TRACE, OPT_EVENTS, OPT_BTF,
};

static const struct option long_options[] = {
	{ "program",  required_argument, NULL, 'p' },
	{ "in",	      required_argument, NULL, OPT_IN },
	{ "out",      required_argument, NULL, OPT_OUT },
	{ "dev",      required_argument, NULL, OPT_DEV },
	{ "engine",   required_argument, NULL, OPT_ENGINE },
	{ "compare",  required_argument, NULL, OPT_COMPARE },
	{ "repeat",   required_argument, NULL, OPT_REPEAT },
	{ "maps",     no_argument,	 NULL, OPT_MAPS },
	{ "set",      required_argument, NULL, OPT_SET },
	{ "type",     required_argument, NULL, OPT_TYPE },
	{ "budget",   required_argument, NULL, OPT_BUDGET },
	{ "count",    required_argument, NULL, OPT_COUNT },
	{ "duration", required_argument, NULL, OPT_DURATION },
	{ "raw",      required_argument, NULL, OPT_RAW },
	{ "mem",      required_argument, NULL, OPT_MEM },
	{ "trace",    required_argument, NULL, OPT_TRACE },
	{ "events",   no_argument,	 NULL, OPT_EVENTS },
	{ "btf",      required_argument, NULL, OPT_BTF },
	{ "json",     no_argument,	 NULL, 'j' },
	{ 0 }
};

static int add(const char **list, uint32_t *cnt, uint32_t max,
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

static int parse_option(struct run_options *o, int option, const char *arg)
{
	switch (option) {
	case 'p': o->program = arg; return 0;
	case 'j': o->json = true; return 0;
	case OPT_IN: o->in = arg; return 0;
	case OPT_OUT: o->out = arg; return 0;
	case OPT_DEV:
		return add(o->devices, &o->devices_cnt, RUN_DEVICES_MAX, arg);
	case OPT_ENGINE: o->engine = arg; return 0;
	case OPT_COMPARE: o->compare = arg; return 0;
	case OPT_REPEAT: return number("--repeat", arg, &o->repeat);
	case OPT_MAPS: o->maps = true; return 0;
	case OPT_SET: return add(o->sets, &o->sets_cnt, RUN_SETS_MAX, arg);
	case OPT_TYPE: o->type = arg; return 0;
	case OPT_BUDGET: return number("--budget", arg, &o->budget);
	case OPT_COUNT: return number("--count", arg, &o->count);
	case OPT_DURATION: return seconds(arg, &o->duration_ns);
	case OPT_RAW: o->raw = arg; return 0;
	case OPT_MEM: o->mem = arg; return 0;
	case OPT_TRACE: o->trace = arg; return 0;
	case OPT_EVENTS: o->events = true; return 0;
	case OPT_BTF: o->target_btf = arg; return 0;
	default: return EXIT_USAGE;	/* getopt has said why */
	}
}

static int check_options(const struct run_options *o)
{
	if (o->raw)
		return 0;
	if (!o->object)
		return cli_usage("run", "wants an object file");
	if (!o->in == !o->devices_cnt)
		return cli_usage("run", "wants either --in FILE or --dev "
				 "IFACE");
	if (o->compare && !str_eq(o->compare, "kernel"))
		return cli_usage("run", "--compare knows 'kernel', not '%s'",
				 o->compare);
	if (o->engine && !str_eq(o->engine, "kernel") &&
	    !engine_by_name(o->engine))
		return cli_usage("run", "no engine '%s'; there are interp and "
				 "kernel", o->engine);
	if (o->devices_cnt && (o->compare ||
			       (o->engine && str_eq(o->engine, "kernel"))))
		return cli_usage("run", "the kernel as engine runs captures; "
				 "attach the object with ip or bpftool "
				 "instead");
	if (o->repeat && !o->in)
		return cli_usage("run", "--repeat wants --in");
	return 0;
}

static int parse(struct run_options *o, int argc, char **argv)
{
	int option, status = 0;

	o->budget = BUDGET;
	optind = 1;
	while (!status && (option = getopt_long(argc, argv, "p:j",
						long_options, NULL)) != -1)
		status = parse_option(o, option, optarg);
	if (status)
		return status;
	if (optind < argc)
		o->object = argv[optind++];
	if (optind < argc)
		return cli_usage("run", "one object at a time, not '%s' too",
				 argv[optind]);
	return check_options(o);
}

static void print_trace(void *arg, const char *text, size_t len)
{
	struct run_command *cmd = arg;

	if (cmd->trace)
		fwrite(text, 1, len, cmd->trace);
}

static int open_trace(struct run_command *cmd)
{
	struct diag_where where = { .file = cmd->opts.trace, .insn = -1 };

	if (!cmd->opts.trace)
		return 0;
	cmd->trace = str_eq(cmd->opts.trace, "-") ? stdout :
		     fopen(cmd->opts.trace, "we");
	if (cmd->trace)
		return 0;
	return diag_report(&cmd->sink, DIAG_FILE_OPEN, &where, "%s",
			   strerror(errno));
}

static int apply_sets(struct run_command *cmd)
{
	for (uint32_t i = 0; i < cmd->opts.sets_cnt; i++) {
		const char *set = cmd->opts.sets[i];
		const char *eq = strchr(set, '=');
		char *name = eq ? strndup(set, (size_t)(eq - set)) : NULL;
		int err;

		if (!eq) {
			cli_usage("run", "--set wants name=value, not '%s'",
				  set);
			return -EINVAL;
		}
		if (!name)
			return -ENOMEM;
		err = skep_object_set(cmd->obj, name, eq + 1);
		free(name);
		if (err)
			return err;
	}
	return 0;
}

static bool in_slot(struct skep_object *obj, const struct skep_prog *prog)
{
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		const struct object_map *om = obj->maps[i].def;

		for (uint32_t j = 0; j < om->slots_cnt; j++)
			if (om->slots[j].prog >= 0 &&
			    &obj->progs[om->slots[j].prog] == prog)
				return true;
	}
	return false;
}

/* The first that no tail call leads to, unless one is named. */
static int choose_program(struct run_command *cmd)
{
	struct diag_where where = { .file = cmd->opts.object, .insn = -1 };
	const char *names[32];
	struct skep_prog *prog = NULL;

	if (cmd->opts.program) {
		cmd->prog = skep_object_prog(cmd->obj, cmd->opts.program);
	} else {
		while ((prog = skep_object_next_prog(cmd->obj, prog)))
			if (!in_slot(cmd->obj, prog))
				break;
		cmd->prog = prog ?: skep_object_next_prog(cmd->obj, NULL);
	}
	if (cmd->prog)
		return 0;
	prog = NULL;
	while (where.notes_cnt < ARRAY_SIZE(names) &&
	       (prog = skep_object_next_prog(cmd->obj, prog)))
		names[where.notes_cnt++] = skep_prog_name(prog);
	where.notes = names;
	return diag_report(&cmd->sink, DIAG_VM_NO_PROGRAM, &where,
			   cmd->opts.program ? "no program '%s'" :
			   "the object has no programs", cmd->opts.program);
}

static int set_type(struct run_command *cmd)
{
	int err;

	if (!cmd->opts.type)
		return 0;
	err = skep_object_set_type(cmd->obj, skep_prog_name(cmd->prog),
				   cmd->opts.type);
	if (err)
		cli_usage("run", "no program type '%s'", cmd->opts.type);
	return err;
}

static int check_type(struct run_command *cmd)
{
	struct diag_where where = {
		.file = cmd->opts.object, .insn = -1,
		.program = skep_prog_name(cmd->prog),
		.suggestion = "choose the program with -p, or say what it is "
			      "with --type",
	};

	if (net_runs(cmd->prog->prog->type))
		return 0;
	return diag_report(&cmd->sink, DIAG_VM_LACKS_TYPE, &where,
			   "type %s does not run on packets",
			   skep_prog_type(cmd->prog));
}

static int open_object(struct run_command *cmd)
{
	struct skep_options opts = {
		.size = sizeof(opts), .budget = cmd->opts.budget,
		.diag = cmd->sink.fn, .diag_arg = cmd->sink.arg,
		.trace = print_trace, .trace_arg = cmd,
		.cpus = kernel_cpus(),
	};
	int err = skep_new(&cmd->skep, &opts);

	if (err)
		return diag_report(&cmd->sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "no memory for a runtime");
	err = skep_object_open(cmd->skep, cmd->opts.object, &cmd->obj);
	if (!err)
		err = apply_sets(cmd);
	if (!err)
		err = choose_program(cmd);
	if (!err)
		err = set_type(cmd);
	return err ?: check_type(cmd);
}

static int load_object(struct run_command *cmd)
{
	struct skep_load_options opts = {
		.size = sizeof(opts), .engine = cmd->opts.engine,
		.program = skep_prog_name(cmd->prog),
		.target_btf = cmd->opts.target_btf,
	};

	return skep_object_load(cmd->obj, &opts);
}

static int open_captures(struct run_command *cmd)
{
	int err = port_open(&cmd->ports[0], PORT_CAPTURE_IN, cmd->opts.in,
			    &cmd->sink);

	if (!err)
		cmd->ports_cnt = 1;
	return err;
}

static int open_out(struct run_command *cmd)
{
	if (!cmd->opts.out)
		return 0;
	return port_open(&cmd->out, PORT_CAPTURE_OUT, cmd->opts.out,
			 &cmd->sink);
}

static int run_engine(struct run_command *cmd)
{
	bool kernel = cmd->opts.engine && str_eq(cmd->opts.engine, "kernel");
	int err = 0;

	if (cmd->opts.in)
		err = open_captures(cmd);
	if (!err)
		err = open_out(cmd);
	if (err)
		return err;
	if (kernel)
		return run_in_kernel(cmd);
	err = load_object(cmd);
	if (!err)
		err = run_events_open(cmd);
	if (err)
		return err;
	if (cmd->opts.compare)
		return run_compare(cmd);
	return cmd->opts.in ? run_capture(cmd) : run_live(cmd);
}

void run_close_ports(struct run_command *cmd)
{
	for (uint32_t i = 0; i < cmd->ports_cnt; i++) {
		if (!cmd->ports[i])
			continue;
		cmd->stats[i] = *port_stats(cmd->ports[i]);
		port_close(cmd->ports[i]);
		cmd->ports[i] = NULL;
	}
}

static int close_out(struct run_command *cmd)
{
	struct diag_where where = { .file = cmd->opts.out, .insn = -1 };
	uint64_t errors = 0;

	if (cmd->out)
		errors = port_stats(cmd->out)->send_errors;
	port_close(cmd->out);
	cmd->out = NULL;
	if (!errors)
		return 0;
	return diag_report(&cmd->sink, DIAG_CAPTURE_WRITE, &where,
			   "%llu packets could not be written",
			   (unsigned long long)errors);
}

static void close_all(struct run_command *cmd)
{
	run_events_close(cmd);
	run_close_ports(cmd);
	close_out(cmd);
	kernel_close(cmd->kernel);
	skep_free(cmd->skep);
	if (cmd->trace && cmd->trace != stdout)
		fclose(cmd->trace);
}

int cmd_run(int argc, char **argv)
{
	struct run_command cmd = { .ns_per_packet = -1 };
	int status = parse(&cmd.opts, argc, argv);
	int err;

	if (status)
		return status;
	if (cmd.opts.raw)
		return run_raw(cmd.opts.raw, cmd.opts.mem, cmd.opts.json);
	cmd.sink = cli_sink(cmd.opts.json);
	err = open_trace(&cmd);
	if (!err)
		err = open_object(&cmd);
	if (!err)
		err = run_engine(&cmd);
	run_close_ports(&cmd);
	if (!err)
		err = close_out(&cmd);
	status = err ? cli_status(err) : run_report(&cmd);
	close_all(&cmd);
	return status;
}
