/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libskep: eBPF objects in any process, without the kernel.
 *
 * The rules, for every function here:
 *
 *  - Handles are opaque. What a function gives back is owned by the handle
 *    that it came from unless its comment says "free with".
 *  - Functions return 0 (or a count) or a negative errno. A failed call
 *    leaves its arguments and the runtime as they were. Reasons that a person
 *    should read go to the runtime's diagnostic sink as struct skep_diag.
 *  - Option structs begin with their size: `.size = sizeof(opts)`. Zeroed
 *    members mean the default; NULL in place of the struct means all defaults.
 *  - A runtime (struct skep) is independent of every other in the process.
 *    Objects are opened, loaded and closed by one thread at a time; programs
 *    run, and map calls work, on any number of threads at once. Each running
 *    program holds one CPU slot of its runtime for the length of the run.
 *  - Maps of a runtime may name programs and maps of all its objects, by id.
 *    A map that is in a map lives on when its object is closed; a program is
 *    taken out of every prog array then.
 *  - Callbacks (diagnostics, trace lines, events) must not call the library.
 *  - A fork while no other thread is in the library copies the runtime: what
 *    the child does with it stays in the child.
 *  - The library never prints and never exits.
 *
 *	struct skep *skep;
 *	struct skep_object *obj;
 *	struct skep_run_result res = { .size = sizeof(res) };
 *
 *	skep_new(&skep, NULL);
 *	skep_object_open(skep, "drop.bpf.o", &obj);
 *	skep_object_load(obj, NULL);
 *	skep_prog_run(skep_object_prog(obj, "drop"), packet, len, NULL, &res);
 *	printf("%s\n", res.verdict);
 */
#ifndef SKEP_SKEP_H
#define SKEP_SKEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/diag.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SKEP_API __attribute__((visibility("default")))

struct skep;		/* a runtime */
struct skep_object;	/* an object file in it */
struct skep_prog;	/* a program of an object */
struct skep_map;	/* a map of an object */

/* One line of bpf_trace_printk; `len` bytes, not NUL-terminated. */
typedef void (*skep_trace_fn)(void *arg, const char *text, size_t len);

struct skep_options {
	size_t size;
	uint32_t cpus;		/* CPU slots; default: the machine's CPUs */
	skep_diag_fn diag;	/* called on the thread that failed */
	void *diag_arg;
	skep_trace_fn trace;	/* called on the thread that runs */
	void *trace_arg;
	uint64_t budget;	/* instructions per run; default: no limit */
	/*
	 * Who is told of native code, from its load on: perf, by
	 * /tmp/perf-PID.map; perf, with bytes and source lines, by
	 * jit-PID.dump in this directory (for `perf inject --jit`); gdb. Also
	 * by SKEP_JIT_TOOLS=perf-map,jitdump=DIR,gdb in the environment.
	 */
	bool perf_map, gdb;
	const char *jitdump;
};

/* The version of the library, "MAJOR.MINOR.PATCH". */
SKEP_API const char *skep_version(void);

/*
 * A new runtime; free with skep_free. 0, -ENOMEM, -EINVAL (size), or what
 * opening a file of perf_map and jitdump gives, with a diagnostic.
 */
SKEP_API int skep_new(struct skep **out, const struct skep_options *opts);

/*
 * Frees the runtime and every object in it. No program of it may be running.
 * NULL is fine.
 */
SKEP_API void skep_free(struct skep *skep);

/*
 * Opens an ELF object as clang or gcc makes it; free with skep_object_close
 * or with the runtime. The memory form copies; `name` is for messages. Nothing
 * of it runs or exists as a map before skep_object_load. 0, -ENOENT, -EINVAL
 * and other errors, each with a diagnostic.
 */
SKEP_API int skep_object_open(struct skep *skep, const char *path,
			      struct skep_object **out);
SKEP_API int skep_object_open_memory(struct skep *skep, const void *data,
				     size_t len, const char *name,
				     struct skep_object **out);

/*
 * Sets a global variable before load, by its C name: a number, true, false, an
 * enumerator, text for char arrays, or 0x... bytes for anything else. -ENOENT,
 * -EINVAL, -ERANGE with a diagnostic; -EBUSY after load.
 */
SKEP_API int skep_object_set(struct skep_object *obj, const char *variable,
			     const char *value);

/*
 * Sets the type of a program before load, for sections whose name does not
 * tell it: "xdp", "sched_cls", "socket_filter" as in the UAPI, any case.
 * -ENOENT, -EINVAL, -EBUSY after load.
 */
SKEP_API int skep_object_set_type(struct skep_object *obj,
				  const char *program, const char *type);

struct skep_load_options {
	size_t size;
	/*
	 * Only this program (C name or section) and those in the initial
	 * slots of the prog arrays that it names are loaded; NULL: all but
	 * SEC("?..."). What others lack does not matter.
	 */
	const char *program;
	const char *engine;	/* "interp", "jit"; NULL: as `jit` says */
	const char *target_btf;	/* CO-RE against this file; NULL: vmlinux */
	/* that the verifier looks at, of one program; default: 1,000,000 */
	uint32_t insns_max;
	/*
	 * Native code: "opt", "quick", which is compiled sooner and runs
	 * slower, or "off": the interpreter, which is the default. What cannot
	 * be optimised (on another machine than x86-64) is compiled quickly;
	 * what cannot be native code at all (on one that is not arm64 either)
	 * the interpreter runs, and a diagnostic says so.
	 */
	const char *jit;
	/*
	 * Native code asserts what it takes from the proof: a run that finds
	 * it wrong ends with the diagnostic run-fact. For tests; slow.
	 */
	bool audit;
};

/*
 * Resolves, creates the maps, verifies and prepares the programs; there is no
 * option to leave the verifier out. 0; -EBUSY when loaded already; -EACCES
 * when a program is not proven safe, with a diagnostic that says why;
 * -EOPNOTSUPP when it needs what skep lacks, with a diagnostic that names it;
 * or another errno with a diagnostic. After a failure the object may be
 * loaded again, with other options.
 */
SKEP_API int skep_object_load(struct skep_object *obj,
			      const struct skep_load_options *opts);

/*
 * Closes it; its programs must not be running, but by a tail call from another
 * object's, whose end is waited for. NULL is fine.
 */
SKEP_API void skep_object_close(struct skep_object *obj);

/* By C name, or by section; NULL when there is none, or several match. */
SKEP_API struct skep_prog *skep_object_prog(struct skep_object *obj,
					    const char *name);

/* The program after `prev`, the first for NULL; NULL at the end. */
SKEP_API struct skep_prog *skep_object_next_prog(struct skep_object *obj,
						 struct skep_prog *prev);

SKEP_API const char *skep_prog_name(const struct skep_prog *prog);
SKEP_API const char *skep_prog_section(const struct skep_prog *prog);
SKEP_API const char *skep_prog_type(const struct skep_prog *prog);

/* Unique in its runtime, never used again; 0 while it cannot be run. */
SKEP_API uint32_t skep_prog_id(const struct skep_prog *prog);

struct skep_run_options {
	size_t size;
	uint32_t wire_len;	/* default: the packet's length */
	uint64_t tstamp;	/* nanoseconds */
	uint32_t ifindex;	/* default: 1 */
	uint32_t rx_queue;
	uint32_t mark;
	void *out;		/* the packet after the run goes here */
	size_t out_cap;
	/*
	 * So many runs, each over the packet as the one before it left it, as
	 * BPF_PROG_TEST_RUN does; time is taken. Default: one, without.
	 */
	uint32_t repeat;
};

struct skep_run_result {
	size_t size;
	uint64_t r0;		/* what the program returned */
	const char *verdict;	/* "XDP_DROP"; NULL when r0 has no name */
	size_t out_len;		/* length of the packet after the run */
	uint32_t redirect_ifindex; /* of a redirect to an interface, or 0 */
	uint64_t ns;		/* the thread's time in the runs of `repeat` */
};

/*
 * Runs a program over a packet (an Ethernet frame for packet programs; the
 * context as it is for types without a packet), once unless opts->repeat says
 * more often; the result is then the last run's. 0 and *result;
 * -EFAULT and kin with a diagnostic when the program did what it may not;
 * -EBUSY when all CPU slots are taken; -ENOSPC when `out` is too small (the
 * result is set all the same); -EINVAL when the program is not loaded.
 */
SKEP_API int skep_prog_run(struct skep_prog *prog, const void *packet,
			   size_t len, const struct skep_run_options *opts,
			   struct skep_run_result *result);

/* By C name, a data section by its section name (".rodata"). Or NULL. */
SKEP_API struct skep_map *skep_object_map(struct skep_object *obj,
					  const char *name);
SKEP_API struct skep_map *skep_object_next_map(struct skep_object *obj,
					       struct skep_map *prev);

/*
 * Unique in its runtime, programs included; 0 before load. It is what one
 * writes into a map of maps, and reads there.
 */
SKEP_API uint32_t skep_map_id(const struct skep_map *map);

SKEP_API const char *skep_map_name(const struct skep_map *map);
SKEP_API const char *skep_map_type(const struct skep_map *map);
SKEP_API uint32_t skep_map_key_size(const struct skep_map *map);
SKEP_API uint32_t skep_map_max_entries(const struct skep_map *map);

/*
 * Bytes of a value as the calls below take and give it: for per-CPU maps one
 * per CPU slot, each rounded up to 8 bytes.
 */
SKEP_API size_t skep_map_value_size(const struct skep_map *map);

/*
 * As bpf(2)'s element commands, with their errors; -EINVAL before load.
 * skep_map_next_key: `key` NULL for the first; -ENOENT at the end.
 */
SKEP_API int skep_map_lookup(struct skep_map *map, const void *key,
			     void *value);
SKEP_API int skep_map_update(struct skep_map *map, const void *key,
			     const void *value, uint64_t flags);
SKEP_API int skep_map_delete(struct skep_map *map, const void *key);
SKEP_API int skep_map_next_key(struct skep_map *map, const void *key,
			       void *next);

/*
 * One record of a ring buffer or perf event array; borrowed. A negative
 * return ends the reading; the record is read again next time.
 */
typedef int (*skep_event_fn)(void *arg, const void *data, size_t len);

/*
 * Opens a perf event array for output: one ring of `bytes` for each CPU slot.
 * Before that its programs get -ENOENT. Ring buffers are open from the load
 * on, for them this does nothing. 0, -EINVAL (another kind of map), -ENOMEM.
 */
SKEP_API int skep_map_open_events(struct skep_map *map, size_t bytes);

/*
 * Hands every record that is there to `fn`, in order (of a perf event array,
 * ring by ring); one thread at a time. The number handed over, what `fn`
 * returned to end it, or -EINVAL when the map holds no events.
 */
SKEP_API int64_t skep_map_events(struct skep_map *map, skep_event_fn fn,
				 void *arg);

/* Records that were lost for want of room, since the load. */
SKEP_API uint64_t skep_map_events_lost(const struct skep_map *map);

#ifdef __cplusplus
}
#endif

#endif
