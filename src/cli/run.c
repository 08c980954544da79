/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep run: an object over a capture or over live interfaces. Here is the
 * order of things: open, set, load, run, report, close.
 */
#include "cli/run.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "btf/btf.h"
#include "cli/run_kernel.h"
#include "cli/run_raw.h"
#include "spec/diags.h"

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

static int apply_sets(struct run_command *cmd, struct skep_object *obj)
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
		err = skep_object_set(obj, name, eq + 1);
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

/* Why a program is not the one to run when none is named; NULL: it may be. */
static const char *why_not(struct run_command *cmd,
			   const struct skep_prog *prog)
{
	if (!cmd->opts.type && !net_runs(prog->prog->type))
		return "its type does not run on packets";
	if (in_slot(cmd->obj, prog))
		return "a tail call leads to it";
	if (!prog->prog->autoload)
		return "its section begins with '?'";
	return NULL;
}

static int no_program(struct run_command *cmd)
{
	struct diag_where where = { .file = cmd->opts.object, .insn = -1 };
	struct strbuf texts[32] = { 0 };
	const char *notes[ARRAY_SIZE(texts)];
	struct skep_prog *prog = NULL;
	int err;

	while (where.notes_cnt < ARRAY_SIZE(notes) &&
	       (prog = skep_object_next_prog(cmd->obj, prog))) {
		struct strbuf *text = &texts[where.notes_cnt];
		const char *why = why_not(cmd, prog);

		strbuf_printf(text, "%s (section %s)%s%s",
			      skep_prog_name(prog), skep_prog_section(prog),
			      why ? ": " : "", why ?: "");
		notes[where.notes_cnt++] = strbuf_str(text);
	}
	where.notes = notes;
	err = diag_report(&cmd->sink, DIAG_VM_NO_PROGRAM, &where,
			  cmd->opts.program ? "no program '%s'" :
			  where.notes_cnt ? "no program to run on packets" :
			  "the object has no programs", cmd->opts.program);
	for (size_t i = 0; i < where.notes_cnt; i++)
		strbuf_fini(&texts[i]);
	return err;
}

/* The first that may run on packets, unless one is named. */
static int choose_program(struct run_command *cmd)
{
	struct skep_prog *prog = NULL;

	if (cmd->opts.program)
		cmd->prog = skep_object_prog(cmd->obj, cmd->opts.program);
	while (!cmd->opts.program && !cmd->prog &&
	       (prog = skep_object_next_prog(cmd->obj, prog)))
		if (!why_not(cmd, prog))
			cmd->prog = prog;
	return cmd->prog ? 0 : no_program(cmd);
}

static int set_type(struct run_command *cmd, struct skep_object *obj)
{
	int err;

	if (!cmd->opts.type)
		return 0;
	err = skep_object_set_type(obj, skep_prog_name(cmd->prog),
				   cmd->opts.type);
	if (err)
		cli_usage("run", "no program type '%s'", cmd->opts.type);
	return err;
}

static int check_type(struct run_command *cmd)
{
	enum prog_type type = cmd->prog->prog->type;
	struct diag_where where = {
		.file = cmd->opts.object, .insn = -1,
		.program = skep_prog_name(cmd->prog),
		.suggestion = "another program with -p, or its type with "
			      "--type when the section does not tell it; "
			      "'skep feature prog' lists what runs",
	};

	if (net_runs(type))
		return 0;
	return diag_report(&cmd->sink, DIAG_VM_LACKS_TYPE, &where,
			   "a program of type %s (%s) has no packets to run "
			   "on, and skep does not have its events yet",
			   skep_prog_type(cmd->prog), prog_row(type)->doc);
}

static int open_object(struct run_command *cmd)
{
	struct skep_options opts = {
		.size = sizeof(opts), .budget = cmd->opts.budget,
		.diag = cmd->sink.fn, .diag_arg = cmd->sink.arg,
		.trace = print_trace, .trace_arg = cmd,
		.perf_map = cmd->opts.perf_map, .gdb = cmd->opts.gdb,
		.jitdump = cmd->opts.jitdump,
		.cpus = kernel_cpus(),
	};
	int err = skep_new(&cmd->skep, &opts);

	if (err == -ENOMEM)
		diag_report(&cmd->sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
			    "no memory for a runtime");
	if (err)
		return err;
	err = skep_object_open(cmd->skep, cmd->opts.object, &cmd->obj);
	if (!err)
		err = apply_sets(cmd, cmd->obj);
	if (!err)
		err = choose_program(cmd);
	if (!err)
		err = set_type(cmd, cmd->obj);
	return err ?: check_type(cmd);
}

/* A file that is named must be one, also where no relocation asks for it. */
static int check_target(struct run_command *cmd)
{
	struct btf *btf = NULL;
	int err = 0;

	if (cmd->opts.target_btf)
		err = btf_open(&btf, cmd->opts.target_btf, &cmd->sink);
	btf_put(btf);
	return err;
}

static int load_object(struct run_command *cmd)
{
	struct skep_load_options opts = {
		.size = sizeof(opts), .engine = cmd->opts.engine,
		.jit = cmd->opts.jit, .audit = cmd->opts.audit,
		.program = skep_prog_name(cmd->prog),
		.target_btf = cmd->opts.target_btf,
	};

	int err = check_target(cmd);

	if (err)
		return err;
	err = skep_object_load(cmd->obj, &opts);
	cmd->rejected = err == -EACCES;
	return err;
}

int run_open_other(struct run_command *cmd)
{
	const struct skep_options opts = {
		.size = sizeof(opts), .budget = cmd->opts.budget,
		.diag = cmd->sink.fn, .diag_arg = cmd->sink.arg,
		.cpus = kernel_cpus(),
	};
	const struct skep_load_options load = {
		.size = sizeof(load), .jit = "off",
		.program = skep_prog_name(cmd->prog),
		.target_btf = cmd->opts.target_btf,
	};
	struct run_other *other = &cmd->other;
	int err = skep_new(&other->skep, &opts);

	if (!err)
		err = skep_object_open(other->skep, cmd->opts.object,
				       &other->obj);
	if (!err)
		err = apply_sets(cmd, other->obj);
	if (!err)
		err = set_type(cmd, other->obj);
	if (!err)
		err = skep_object_load(other->obj, &load);
	if (!err)
		other->prog = &other->obj->progs[cmd->prog - cmd->obj->progs];
	return err;
}

static int open_out(struct run_command *cmd)
{
	if (!cmd->opts.out)
		return 0;
	return port_open(&cmd->out, PORT_CAPTURE_OUT, cmd->opts.out,
			 &cmd->sink);
}

/* Output comes last: nothing is overwritten by what cannot run. */
static int open_ports(struct run_command *cmd)
{
	int fd = -1, err = 0;

	if (cmd->opts.in)
		err = run_open_input(cmd, &fd);
	if (err)
		return err;
	err = run_catch_signals(cmd);
	if (err) {
		if (fd >= 0)
			close(fd);
		return diag_report(&cmd->sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "signals: %s", strerror(-err));
	}
	if (cmd->opts.in)
		err = run_open_capture(cmd, fd);
	return err ?: open_out(cmd);
}

static int run_engine(struct run_command *cmd)
{
	bool kernel = cmd->opts.engine && str_eq(cmd->opts.engine, "kernel");
	int err = kernel ? run_open_kernel(cmd) : load_object(cmd);

	if (!err && !kernel)
		err = run_events_open(cmd);
	if (!err)
		err = open_ports(cmd);
	if (err)
		return err;
	if (kernel)
		return run_in_kernel(cmd);
	if (cmd->opts.rival)
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
	if (cmd->dp.stop_fd >= 0)
		close(cmd->dp.stop_fd);
	kernel_close(cmd->kernel);
	skep_free(cmd->skep);
	if (cmd->trace && cmd->trace != stdout)
		fclose(cmd->trace);
}

int cmd_run(int argc, char **argv)
{
	struct run_command cmd = { .ns_per_packet = -1, .dp.stop_fd = -1 };
	int status = run_options(&cmd.opts, argc, argv);
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
	status = cmd.rejected ? EXIT_NO :
		 err ? cli_status(err) : run_report(&cmd);
	close_all(&cmd);
	return status;
}
