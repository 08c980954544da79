/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic BPF as Linux has it: struct sock_filter programs of sockets and of
 * seccomp. Check, run, print, parse, convert to eBPF. Reference: the kernel's
 * Documentation/networking/filter.rst and its behaviour; each function's test
 * asks the kernel, or tcpdump for what is printed.
 *
 * The rows of ops.def and ancillary.def say everything about an instruction
 * but what it does; run.c defines that and convert.c must equal it.
 */
#ifndef SKEP_CBPF_CBPF_H
#define SKEP_CBPF_CBPF_H

#include <linux/filter.h>

#include "base/arena.h"
#include "base/diag.h"

struct bpf_insn;
struct seccomp_data;
struct strbuf;

enum cbpf_op {
#define CBPF(code, name, ...) CBPF_##name,
#include "cbpf/ops.def"
#undef CBPF
	CBPF_OP_CNT,
	CBPF_INVALID = CBPF_OP_CNT
};

enum cbpf_rule {
	CBPF_RULE_NONE,
	CBPF_RULE_DIVISOR,
	CBPF_RULE_SHIFT,
	CBPF_RULE_STORE,
	CBPF_RULE_RECALL,
	CBPF_RULE_GOTO,
	CBPF_RULE_BRANCH,
	CBPF_RULE_PACKET,
};

struct cbpf_row {
	const char *name;
	const char *mnemonic, *operand;
	uint16_t code;
	enum cbpf_rule rule;
	bool seccomp;
};

extern const struct cbpf_row cbpf_rows[];	/* CBPF_OP_CNT rows */

/* The row of a code; CBPF_INVALID when there is none. */
enum cbpf_op cbpf_op(uint16_t code);

/* Ancillary loads in the order of their offsets, four apart. */
enum cbpf_ancillary {
#define ANCILLARY(skf, ...) CBPF_AD_##skf = SKF_AD_##skf / 4,
#include "cbpf/ancillary.def"
#undef ANCILLARY
	CBPF_AD_CNT,
	CBPF_AD_NONE = CBPF_AD_CNT
};

/* The name tcpdump shows. */
extern const char *const cbpf_ancillary_names[];

/* What LD of this k and op loads beside packet bytes; CBPF_AD_NONE: nothing. */
enum cbpf_ancillary cbpf_ancillary(const struct sock_filter *insn);

struct cbpf {
	const struct sock_filter *insns;
	size_t cnt;
};

enum cbpf_dialect {
	CBPF_SOCKET,
	CBPF_SECCOMP,
};

/*
 * Accepts what the kernel accepts when the filter is attached. 0 or -EINVAL
 * with a diagnostic that names the instruction. `file` may be NULL. The
 * other functions of this header want a checked program, but for printing.
 */
int cbpf_check(const struct cbpf *prog, enum cbpf_dialect dialect,
	       const char *file, struct diag_sink *sink);

/* A packet as a filter meets it. */
struct cbpf_packet {
	const uint8_t *data;
	uint32_t len;		/* bytes at `data` */
	uint32_t wire_len;	/* what "ld #pktlen" gives */
	uint32_t lead;		/* bytes readable before `data` */
	int32_t net_off;	/* network header, from `data` */
	int32_t ll_off;		/* link-layer header, from `data` */
	/*
	 * By cbpf_ancillary, host order. Unused: NLATTR, NLATTR_NEST,
	 * ALU_XOR_X, PAY_OFFSET, which are computed (the last from PROTOCOL).
	 */
	uint32_t ancillary[CBPF_AD_CNT];
};

/*
 * What the filter returns: 0 for a packet to drop, else bytes to keep. Loads
 * outside the packet, division by zero and loads about a device when there is
 * none (IFINDEX 0) end the filter as in the kernel.
 */
uint32_t cbpf_run(const struct cbpf *prog, const struct cbpf_packet *packet);

/* The same for a program of the seccomp dialect: SECCOMP_RET_*. */
uint32_t cbpf_run_seccomp(const struct cbpf *prog,
			  const struct seccomp_data *data);

/* The computed ancillary loads, as the kernel's helpers of these names. */
uint32_t cbpf_nlattr(const struct cbpf_packet *packet, uint32_t off,
		     uint32_t type);
uint32_t cbpf_nlattr_nest(const struct cbpf_packet *packet, uint32_t off,
			  uint32_t type);
uint32_t cbpf_pay_offset(const struct cbpf_packet *packet);

/* Appends as tcpdump prints with -d, -dd, -ddd. */
enum cbpf_format {
	CBPF_LISTING = 1,
	CBPF_C_ARRAY,
	CBPF_NUMBERS,
};
void cbpf_print(struct strbuf *out, const struct cbpf *prog,
		enum cbpf_format format);

/*
 * Reads the forms -dd and -ddd back; `#` to the end of the line is a comment.
 * The program is allocated in `arena`; nothing is checked but the numbers'
 * ranges. 0, or -EINVAL, -ENOMEM with a diagnostic at line and column.
 */
int cbpf_parse(const char *text, const char *file, struct arena *arena,
	       struct cbpf *out, struct diag_sink *sink);

/*
 * What eBPF cannot ask for and is known once the device is: ARPHRD_* of it,
 * and where its network header begins in the data that the socket sees. -1 is
 * unknown; a filter that needs it is then refused.
 */
struct cbpf_convert_options {
	int32_t hatype;
	int32_t net_off;
};

/*
 * Converts a checked socket filter to eBPF that a socket-filter program runs
 * with the same results: A in r0, X in r7, the context in r6, M[] on the
 * stack. Helper calls carry their number, contexts are struct __sk_buff.
 * Netlink attributes are searched with may_goto, so such filters need Linux
 * 6.9. The instructions are allocated in `arena`. 0; -EOPNOTSUPP (no
 * equivalent), -E2BIG (a jump too far), -ENOMEM, each with a diagnostic.
 */
int cbpf_convert(const struct cbpf *prog,
		 const struct cbpf_convert_options *options,
		 struct arena *arena, const struct bpf_insn **insns,
		 size_t *cnt, struct diag_sink *sink);

/*
 * Compiles a tcpdump expression with libpcap. `linktype` is libpcap's name
 * ("EN10MB"). 0; -EINVAL (libpcap's message), -ENOSYS (built without it).
 */
struct cbpf_compile_options {
	const char *linktype;
	uint32_t snaplen;
	bool optimize;
};
int cbpf_compile(const char *expression,
		 const struct cbpf_compile_options *options,
		 struct arena *arena, struct cbpf *out,
		 struct diag_sink *sink);

/*
 * A capture file ("-" is standard input), with libpcap. Opening gives 0,
 * -ENOENT (cannot be read) or -ENOSYS with a diagnostic; it is read once.
 */
struct cbpf_capture;

int cbpf_capture_open(struct cbpf_capture **out, const char *path,
		      struct diag_sink *sink);
void cbpf_capture_close(struct cbpf_capture *capture);	/* NULL is fine */

/* libpcap's name of the link type, or NULL. */
const char *cbpf_capture_linktype(const struct cbpf_capture *capture);

struct cbpf_count {
	uint64_t packets, matched;
};

/*
 * How many packets a checked filter matches. A capture that is cut off ends
 * with a warning; what was read before counts.
 */
struct cbpf_count cbpf_capture_count(struct cbpf_capture *capture,
				     const struct cbpf *prog,
				     struct diag_sink *sink);

#endif
