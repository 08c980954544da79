/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a program: what it may touch, what it holds, and how it ended.
 * Engines, helpers and hooks meet here and nowhere else. A run is used by one
 * thread at a time and is reused from packet to packet; it owns CPU slot
 * `cpu` for as long as its thread runs programs.
 */
#ifndef SKEP_PROG_RUN_H
#define SKEP_PROG_RUN_H

#include "base/diag.h"
#include "prog/packet.h"
#include "prog/prog.h"

struct strbuf;

/* What kind of memory an address lies in. */
enum mem_class {
	MEM_NONE,		/* no region of this program */
	MEM_STACK,
	MEM_CTX,
	MEM_PACKET,
	MEM_PACKET_META,
	MEM_MAP_VALUE,
	MEM_MAP_KEY,		/* handed to a callback */
	MEM_RINGBUF,		/* a reserved record */
	MEM_HELPER,		/* returned by a helper */
	MEM_CLASS_CNT
};

/* A piece of memory that the program may touch at this moment. */
struct mem_window {
	uintptr_t base;
	size_t len;
	enum mem_class cls;
	bool writable;
	struct map *owner;	/* of a granted record; else NULL */
};

#define RUN_GRANTS_MAX	64
#define RUN_TAIL_CALLS_MAX 33
#define RUN_FRAMES_MAX	8
#define RUN_STACK_SIZE	512

/* Why a run ended otherwise than by EXIT. */
enum run_stop {
	RUN_EXITED,
	RUN_FAULT_LOAD,		/* a load outside every window */
	RUN_FAULT_STORE,
	RUN_FAULT_CTX,		/* no such context field, or not this way */
	RUN_FAULT_ARG,		/* a helper's argument is not what it wants */
	RUN_FAULT_CALL,		/* no such helper, function or map */
	RUN_FAULT_DEPTH,	/* too many frames */
	RUN_FAULT_OP,		/* an instruction that skep lacks */
	RUN_FAULT_BUDGET,	/* the instruction budget is used up */
	RUN_FAULT_LEAK,		/* ended holding a reference */
	RUN_FAULT_STOPPED,	/* told to from outside */
	RUN_FAULT_FACT,		/* a register is not what was proven; `addr`:
				 * what it held */
	RUN_STOPS
};

struct run_fault {
	enum run_stop stop;
	const struct prog *prog;	/* the one that ran, after tail calls,
					 * as it was linked */
	uint32_t insn;
	uint64_t addr, size;		/* of the access, or the argument */
	uint32_t arg;			/* 1..5 for RUN_FAULT_ARG */
	struct mem_window near;		/* closest window, cls MEM_NONE: none */
};

/* Where bpf_redirect and bpf_redirect_map want the packet to go. */
struct run_redirect {
	struct map *map;	/* NULL: `ifindex` counts */
	uint64_t index;		/* key in map */
	uint32_t ifindex;
	uint64_t flags;
	bool peer, neigh;
};

/* Services of whoever drives the run; any member may be NULL. */
struct run_host {
	void *arg;
	/* one line of bpf_trace_printk, with its newline if it had one */
	void (*trace)(void *arg, const char *text, size_t len);
	/* sends a copy now (clone_redirect); 0 or a negative errno */
	int (*clone)(void *arg, const struct packet *packet, uint32_t ifindex,
		     uint64_t flags);
};

struct run {
	const struct prog *prog;	/* running now; tail calls change it */
	void *ctx;			/* native context; r1 of the program */
	size_t ctx_len;			/* UAPI size of it */
	struct packet *packet;		/* same as ctx, or NULL: no packet */
	uint32_t cpu;
	const struct run_host *host;
	uint64_t rng;			/* state of bpf_get_prandom_u32 */

	uint64_t r0;			/* result after RUN_EXITED */
	uint64_t insns;			/* executed, when a budget is set */
	uint64_t budget;		/* 0: none */
	/*
	 * Looks on: called before each instruction of a run with a budget;
	 * false ends the run, as if the budget were used up. May be NULL.
	 */
	bool (*watch)(struct run *run, const struct prog *prog, uint32_t insn);
	void *watch_arg;
	uint32_t tail_calls;
	struct run_redirect redirect;
	struct run_fault fault;

	/*
	 * Calls subprogram `fn` (the value of an LD_FUNC) from a helper; set
	 * by the engine. Returns its r0. When run->fault.stop is not
	 * RUN_EXITED afterwards the helper must return at once.
	 */
	uint64_t (*call)(struct run *run, uint64_t fn, uint64_t a1,
			 uint64_t a2, uint64_t a3, uint64_t a4);

	/*
	 * How many of the `len` bytes at `addr` the program could load itself,
	 * for helpers that meet an address as data. Set by the engine; NULL:
	 * none of them.
	 */
	size_t (*readable)(struct run *run, uint64_t addr, size_t len);

	/* Memory handed out by helpers and not (yet) taken back. */
	struct mem_window grants[RUN_GRANTS_MAX];
	uint32_t grants_cnt;
	uint32_t windows_gen;	/* bumped whenever a window moved or died */

	void *engine;		/* the engine's scratch for this thread */
};

/* Adds a grant; false when RUN_GRANTS_MAX are out. */
bool run_grant(struct run *run, uintptr_t base, size_t len,
	       enum mem_class cls, bool writable);

/* Takes the grant that starts at `base` back; false when there is none. */
bool run_revoke(struct run *run, uintptr_t base);

/* What run->fault.stop is as a negative errno; 0 for RUN_EXITED. */
int run_fault_errno(enum run_stop stop);

/*
 * What a fault is, in words that are the same in every run: without addresses
 * of this process.
 */
void run_fault_say(struct strbuf *out, const struct run_fault *fault);

/* Sends run->fault as a diagnostic: instruction, line, address, class. */
int run_fault_report(const struct run *run, struct diag_sink *sink);

/* Packet pointers moved (adjust_head and its kin): forget cached windows. */
static inline void run_packet_moved(struct run *run)
{
	run->windows_gen++;
}

#endif
