/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of `skep run`: flow in run.c, options in run_options.c, the input
 * and signals in run_input.c, captures and devices in run_live.c, the kernel
 * as engine in run_kernel.c, two engines side by side in run_compare.c and
 * run_rival.c, maps in run_maps.c, events in run_events.c, what is printed at
 * the end in run_report.c, bare instructions in run_raw.c.
 */
#ifndef SKEP_CLI_RUN_H
#define SKEP_CLI_RUN_H

#include <pthread.h>
#include <stdio.h>

#include "base/str.h"
#include "cli/cli.h"
#include "engine/kernel.h"
#include "hook/net/datapath.h"

#define RUN_DEVICES_MAX	16
#define RUN_SETS_MAX	64

struct run_rival;

struct run_options {
	const char *object;
	const char *program;
	const char *in, *out;
	const char *devices[RUN_DEVICES_MAX];
	uint32_t devices_cnt;
	const char *sets[RUN_SETS_MAX];	/* "name=value" */
	uint32_t sets_cnt;
	const char *jit;
	const char *jitdump;
	bool perf_map, gdb, audit;
	const char *engine;
	const struct run_rival *rival;	/* to compare with, or NULL */
	const char *type;
	const char *target_btf;
	const char *trace;		/* file, "-" for stdout */
	const char *raw, *mem;
	uint64_t repeat, budget, count;
	uint64_t duration_ns;
	bool maps, events, json;
};

/* What a comparison holds of its other side; see run_rival.c. */
struct run_other {
	struct packet_buf packet;	/* after the kernel's run */
	struct skep *skep;		/* the object again, and */
	struct skep_object *obj;
	struct skep_prog *prog;		/* the same program of it */
	struct vm_slot *slot;
};

/* Everything one command holds; run_close gives it all back. */
struct run_command {
	struct run_options opts;
	struct diag_sink sink;
	struct skep *skep;
	struct skep_object *obj;
	struct skep_prog *prog;
	struct kernel *kernel;		/* when an engine is the kernel */
	struct run_other other;
	struct port *ports[RUN_DEVICES_MAX];	/* devices or a capture */
	struct port_stats stats[RUN_DEVICES_MAX];	/* once closed */
	uint32_t ports_cnt;
	struct port *out;
	FILE *trace;
	struct datapath dp;
	struct run_events *events;	/* see run_events.c */

	double ns_per_packet;		/* < 0: not known */
	uint64_t runs;			/* measured by --repeat */
	uint64_t skipped;	/* not for a kernel test run */
	bool rejected;			/* the program is not safe */
	bool mismatch;
	bool device_gone;		/* an interface, during the run */
};

/* From the command line; 0, or EXIT_USAGE when it has said what is wrong. */
int run_options(struct run_options *o, int argc, char **argv);

/*
 * Closes the ports and keeps their counters. Devices are given back to the
 * host before anything is printed.
 */
void run_close_ports(struct run_command *cmd);

/*
 * The input: its file, then, once signals are caught, the capture in it. The
 * descriptor is given up by run_open_capture, also when it fails.
 */
int run_open_input(struct run_command *cmd, int *fd);
int run_catch_signals(struct run_command *cmd);
int run_open_capture(struct run_command *cmd, int fd);

/* True once a signal has asked for the end. */
bool run_stopped(const struct run_command *cmd);

/*
 * Stops the program when a signal came a second ago and it has not returned
 * to the datapath, which is running; see run_watch.c. Without a thread for it
 * signals only work between frames.
 */
struct run_watch {
	struct datapath *dp;
	pthread_t thread;
	int done_fd;		/* readable: it is over; -1: no thread */
};

void run_watch_begin(struct run_watch *watch, struct datapath *dp);
void run_watch_end(struct run_watch *watch);

/* Flows; each returns 0 or a negative errno with a diagnostic. */
int run_capture(struct run_command *cmd);
int run_live(struct run_command *cmd);
int run_in_kernel(struct run_command *cmd);
int run_compare(struct run_command *cmd);

/* The same object and program once more, in the interpreter: cmd->other. */
int run_open_other(struct run_command *cmd);

/*
 * A map to look at, whichever engine holds it. Values are as applications
 * see them: for per-CPU maps `cpus` of them, each rounded up to 8 bytes.
 */
struct map_view {
	const struct object_map *def;
	struct map *map;		/* skep's, or NULL */
	struct kernel_map *kernel;	/* the kernel's, or NULL */
	size_t value_size;		/* as above */
	uint32_t cpus;			/* values per key; 0: one, no list */
};

/* False when the map has no elements to look at (ring buffers, slots). */
bool map_view_skep(struct map_view *view, const struct skep_map *map);
bool map_view_kernel(struct map_view *view, const struct skep_map *map,
		     struct kernel *kernel);
int map_view_next(const struct map_view *view, const void *key, void *next);
int map_view_lookup(const struct map_view *view, const void *key,
		    void *value);

struct json;

void run_maps_text(struct strbuf *out, struct run_command *cmd);
void run_maps_json(struct json *json, struct run_command *cmd);

/* Reads what ring buffers and perf event arrays hold; datapath's between. */
int run_events_open(struct run_command *cmd);
void run_events_poll(void *cmd);
void run_events_text(struct strbuf *out, const struct run_command *cmd);
void run_events_json(struct json *json, const struct run_command *cmd);
void run_events_close(struct run_command *cmd);

/* The summary on stdout; an exit_status. */
int run_report(struct run_command *cmd);

/* Prints a first difference, which ends the comparison; frees the text. */
void run_show(struct run_command *cmd, struct strbuf *text);

/* Offset, hex and text, 16 bytes a line, around `mark` when it is inside. */
void run_hexdump(struct strbuf *out, const uint8_t *data, size_t len,
		 size_t mark);

#endif
