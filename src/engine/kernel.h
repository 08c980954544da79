/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as an engine: the same object file, loaded by libbpf, and packets
 * run through BPF_PROG_TEST_RUN. It is the referee for skep's own engines.
 *
 * A test run is not a packet's whole life. What a program sees in one is
 * fixed by the kernel (net/bpf/test_run.c) and kernel_prepare_packet() gives
 * a packet the same shape, so that both sides start equal:
 *
 *	both	at least ETH_HLEN bytes; the device is lo (ifindex 1)
 *	XDP	256 bytes of headroom, metadata included, of which the first
 *		40 are the kernel's own (bpf_xdp_adjust_head refuses them);
 *		the tail grows up to KERNEL_XDP_ROOM bytes from the head
 *	skb	at most KERNEL_SKB_MAX bytes; behind the Ethernet header of an
 *		IPv4 or IPv6 frame (no tag between) at least that header;
 *		at most 64 kB on the wire; protocol from the Ethernet header;
 *		pkt_type as lo sees it, whose address and broadcast address
 *		are zero, so never BROADCAST; a VLAN tag stays in the data;
 *		hash, queue_mapping, vlan_*, tc_index, napi_id, tc_classid,
 *		ingress_ifindex are 0; mark, priority, cb, tstamp, wire_len,
 *		gso_segs, gso_size, hwtstamp are what is passed in
 *	skb, not tc	the Ethernet header lies before the data (a packet
 *		socket would see it in the data); it comes out zeroed, so it
 *		is left out of the result
 *
 * Needs the build option `kernel` (libbpf); without it every call that could
 * reach the kernel returns -ENOSYS with the diagnostic kernel-missing.
 * One thread per struct kernel.
 */
#ifndef SKEP_ENGINE_KERNEL_H
#define SKEP_ENGINE_KERNEL_H

#include "base/diag.h"
#include "prog/packet.h"
#include "spec/spec.h"

struct kernel;
struct kernel_map;

/* From the head of an XDP test packet to the end of its tail room. */
#define KERNEL_XDP_ROOM	(4096u - 320u)

/* What fits in a page beside headroom and bookkeeping. */
#define KERNEL_SKB_MAX	(4096u - 64u - 320u)

/*
 * Opens the object; nothing of the kernel is touched yet. `program` is the C
 * name or the section of the one that kernel_run() runs, NULL for the first.
 * `type` overrides what libbpf makes of the section, 0 leaves it. The others
 * are loaded only when the object has a prog array. 0, or -ENOENT (no such
 * program), -EINVAL, -ENOSYS with a diagnostic; *out only set on 0.
 */
int kernel_open(struct kernel **out, const char *path, const char *program,
		enum prog_type type, struct diag_sink *sink);
void kernel_close(struct kernel *kernel);	/* NULL is fine */

/*
 * Between open and load: the initial bytes of a data section (".rodata",
 * ".data.x"), as struct object_map has them after object_set_variable().
 * 0, or -EINVAL (no such section, or another size) with a diagnostic.
 */
int kernel_set_data(struct kernel *kernel, const char *section,
		    const void *data, size_t size, struct diag_sink *sink);

/*
 * Loads maps and programs. -EPERM (kernel-permission) without the privilege;
 * a rejected program is -EINVAL (kernel-rejected) with the end of the
 * verifier's log as notes.
 */
int kernel_load(struct kernel *kernel, struct diag_sink *sink);

/* The type of the chosen program, and its C name (borrowed). */
enum prog_type kernel_prog_type(const struct kernel *kernel);
const char *kernel_prog_name(const struct kernel *kernel);

/*
 * Gives `packet` the shape that a test run of `type` shows to the program
 * (see above). The packet holds an Ethernet frame. 0, -EOPNOTSUPP (no packet
 * type), -EMSGSIZE (no frame for a test run, by the rules above); the packet is
 * unchanged on error. Needs no kernel.
 */
int kernel_prepare_packet(enum prog_type type, struct packet *packet);

/*
 * Runs the program once over a prepared packet. On 0, *r0 is its result and
 * `packet` what came out: data, metadata, and for skb types the fields that
 * test run hands back (mark, priority, cb, tstamp, wire_len, gso_segs,
 * hwtstamp; a tag that bpf_skb_vlan_push put beside the data is not among
 * them); where its headers are is not known any more. -EMSGSIZE when the
 * result does not fit between packet->head and packet->end; else the kernel's
 * errno; always with a diagnostic.
 */
int kernel_run(struct kernel *kernel, struct packet *packet, uint32_t *r0,
	       struct diag_sink *sink);

/*
 * As kernel_run, `repeat` times in one call, each over what the one before
 * left; *r0 is the last one's. *ns is the thread's time in the call, of which
 * some 0.2 ms are not the runs' (XDP, more than one).
 */
int kernel_run_often(struct kernel *kernel, struct packet *packet,
		     uint32_t repeat, uint32_t *r0, uint64_t *ns,
		     struct diag_sink *sink);

/* Bytes of native code of all programs that are loaded; 0: not known. */
uint32_t kernel_code_size(const struct kernel *kernel);

/*
 * Nanoseconds per run over `repeat` runs in one call, an empty program's time
 * taken off. Changes that a run makes to the packet are seen by the next.
 */
int kernel_repeat(struct kernel *kernel, const struct packet *packet,
		  uint32_t repeat, double *ns_per_run,
		  struct diag_sink *sink);

/* Maps of the loaded object. Name as in C, or the section of a data map. */
struct kernel_map *kernel_map(struct kernel *kernel, const char *name);

/* Bytes of a value as the calls below pass it: per CPU, each rounded to 8. */
size_t kernel_map_value_size(const struct kernel_map *map);
size_t kernel_map_key_size(const struct kernel_map *map);

/* CPUs that per-CPU values come for; 0 without libbpf. */
uint32_t kernel_cpus(void);

/* As bpf(2)'s element commands: 0 or a negative errno. */
int kernel_map_lookup(const struct kernel_map *map, const void *key,
		      void *value);
int kernel_map_update(const struct kernel_map *map, const void *key,
		      const void *value, uint64_t flags);
int kernel_map_delete(const struct kernel_map *map, const void *key);
int kernel_map_next_key(const struct kernel_map *map, const void *key,
			void *next);

/* Readers of a ring buffer or perf event array of the loaded object. */
struct kernel_events;

/*
 * Opens a map's records; each goes to `fn` at kernel_events_consume(), whose
 * result is their number (of a perf event array 0) or a negative errno. 0, or
 * a negative errno; *out is only set on 0.
 */
int kernel_events_open(struct kernel_events **out,
		       const struct kernel_map *map,
		       int (*fn)(void *arg, const void *data, size_t len),
		       void *arg);
int kernel_events_consume(struct kernel_events *events);
void kernel_events_close(struct kernel_events *events);	/* NULL is fine */

#endif
