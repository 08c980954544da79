/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that call, and what a verifier says to them: each kind of argument
 * once as it should be and once not, results, references, subprograms,
 * callbacks, exits. test_call.c asks skep, and the kernel where it can.
 */
#ifndef SKEP_TESTS_CALL_CASES_H
#define SKEP_TESTS_CALL_CASES_H

#include "spec/diags.h"
#include "spec/spec.h"

#define ACCEPT		-1
#define KERNEL_SKIP	(1 << 0)	/* the kernel's word does not count */
#define NO_GPL		(1 << 1)
#define KERNEL_KIND	(1 << 2)	/* it accepts what is not safe */

struct call_case {
	const char *name;
	enum prog_type type;
	int diag;		/* DIAG_*, or ACCEPT */
	const char *text;
	uint32_t attach;
	uint32_t flags;
};

/* Maps that the programs name by index. */
enum call_map {
	MAP_A,			/* array: 16 bytes, 4 entries */
	MAP_H,			/* hash: key 8, value 16 */
	MAP_RB,			/* ring buffer */
	MAP_PROGS,
	MAP_PERF,
	MAP_Q,			/* queue: 8 bytes */
	MAP_RO,			/* array, frozen: text */
	MAP_PA,			/* per-CPU array */
	MAP_OUTER,		/* array of arrays as MAP_A */
	MAP_XSK,
	MAP_SOCKS,
	MAP_HRO,		/* hash, read-only for programs */
	MAP_BLOOM,
	MAP_STACKS,
	CALL_MAPS_CNT
};

#define S_(x)	#x
#define S(x)	S_(x)
#define LD_MAP(reg, map) "lddw " reg ", map_idx(" map ")\n"
#define A_	"0"
#define H_	"1"
#define RB_	"2"
#define PROGS_	"3"
#define PERF_	"4"
#define Q_	"5"
#define RO_	"6"
#define PA_	"7"
#define OUTER_	"8"
#define XSK_	"9"
#define SOCKS_	"10"
#define HRO_	"11"
#define BLOOM_	"12"
#define STACKS_	"13"

/* 16 zero bytes at the top of the stack; r2 points to them. */
#define ZEROS	"r1 = 0\n*(u64 *)(r10 - 8) = r1\n" \
		"*(u64 *)(r10 - 16) = r1\n" \
		"r2 = r10\nr2 += -16\n"
/* a 4-byte key on the stack; r2 points to it */
#define INDEX(n) "r1 = " n "\n*(u32 *)(r10 - 8) = r1\nr2 = r10\nr2 += -8\n"
#define RET0	"r0 = 0\nexit\n"
#define LOOKUP(map) ZEROS LD_MAP("r1", map) "call 1\n"
/* r6: a value of the hash, not NULL */
#define VALUE	LOOKUP(H_) "if r0 == 0 goto out\nr6 = r0\n"
#define OUT	"out:\n" RET0
/* a number of which nothing is known */
#define RANDOM	"call 7\n"
/* setsockopt of r1, with the four bytes at r10 - 8 */
#define SOCKOPT	"r2 = 1\nr3 = 2\nr4 = r10\nr4 += -8\nr5 = 4\ncall 49\n"
/* r0: a socket or NULL, of an XDP program */
#define SK_LOOKUP "r6 = r1\n" ZEROS \
		"r1 = 0\n*(u64 *)(r10 - 24) = r1\n" \
		"r1 = r6\nr2 = r10\nr2 += -24\nr3 = 12\nr4 = 0\nr5 = 0\n" \
		"call 84\n"
#define RESERVE	LD_MAP("r1", RB_) "r2 = 16\nr3 = 0\ncall 131\n"

static const struct call_case call_cases[] = {
	/* which helpers */
	{ "number out of range", PROG_TYPE_XDP, DIAG_VERIFY_HELPER,
	  "call 100000\n" RET0 },
	{ "poison left by CO-RE", PROG_TYPE_XDP, DIAG_VERIFY_POISON,
	  "call 195896080\n" RET0 },
	{ "not for this type", PROG_TYPE_XDP, DIAG_VERIFY_HELPER,
	  "r2 = 0\nr3 = 0\ncall 18\n" RET0 },
	{ "GPL helper, GPL program", PROG_TYPE_XDP, ACCEPT,
	  ZEROS "r1 = r10\nr1 += -16\nr2 = 8\ncall 6\n" RET0 },
	{ "GPL helper, other licence", PROG_TYPE_XDP, DIAG_VERIFY_HELPER_GPL,
	  ZEROS "r1 = r10\nr1 += -16\nr2 = 8\ncall 6\n" RET0, 0, NO_GPL },
	{ "sleeping helper", PROG_TYPE_SYSCALL, ACCEPT,
	  ZEROS "r1 = r2\nr2 = 8\nr3 = 0\ncall 148\n" RET0 },
	{ "sleeping helper, no sleep", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_SLEEP,
	  ZEROS "r1 = r2\nr2 = 8\nr3 = 0\ncall 148\n" RET0 },
	{ "argument registers are gone", PROG_TYPE_XDP, DIAG_VERIFY_UNSET,
	  "call 5\nr0 = r1\nexit\n" },
	{ "r6 is kept", PROG_TYPE_XDP, ACCEPT,
	  "r6 = 1\ncall 5\nr0 = r6\nexit\n" },
	{ "void result", PROG_TYPE_XDP, DIAG_VERIFY_UNSET,
	  "r6 = r1\n" LD_MAP("r2", PROGS_) "r1 = r6\nr3 = 0\ncall 12\n"
	  "r1 = r0\n" RET0 },

	/* ANY, CTX */
	{ "ANY unset", PROG_TYPE_XDP, DIAG_VERIFY_UNSET,
	  "r1 = 1\ncall 23\nexit\n" },
	{ "ANY takes pointers", PROG_TYPE_XDP, ACCEPT,
	  "r2 = r10\ncall 23\nexit\n" },
	{ "CTX", PROG_TYPE_XDP, ACCEPT, "r2 = 0\ncall 44\n" RET0 },
	{ "CTX moved", PROG_TYPE_XDP, DIAG_VERIFY_CTX_MOVED,
	  "r1 += 4\nr2 = 0\ncall 44\n" RET0 },
	{ "CTX of another kind", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  "r1 = r10\nr2 = 0\ncall 44\n" RET0 },
	{ "CTX that is a number", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  "r1 = 0\nr2 = 0\ncall 44\n" RET0 },

	/* maps, keys, values */
	{ "MAP that is a number", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  ZEROS "r1 = 0\ncall 1\n" RET0 },
	{ "lookup", PROG_TYPE_XDP, ACCEPT, LOOKUP(H_) RET0 },
	{ "lookup, unset key register", PROG_TYPE_XDP, DIAG_VERIFY_UNSET,
	  LD_MAP("r1", H_) "call 1\n" RET0 },
	{ "lookup, key is a number", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  LD_MAP("r1", H_) "r2 = 0\ncall 1\n" RET0 },
	{ "lookup, key out of the stack", PROG_TYPE_XDP,
	  DIAG_VERIFY_STACK_BOUNDS,
	  ZEROS LD_MAP("r1", H_) "r2 = r10\nr2 += -4\ncall 1\n" RET0 },
	{ "lookup, key is context", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  "r2 = r1\n" LD_MAP("r1", H_) "call 1\n" RET0 },
	{ "result not checked", PROG_TYPE_XDP, DIAG_VERIFY_NULL,
	  LOOKUP(H_) "r0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "result checked", PROG_TYPE_XDP, ACCEPT,
	  VALUE "r0 = *(u64 *)(r6 + 8)\nexit\n" OUT },
	{ "result, beyond the value", PROG_TYPE_XDP, DIAG_VERIFY_MAP_BOUNDS,
	  VALUE "r0 = *(u64 *)(r6 + 16)\nexit\n" OUT },
	{ "constant index of an array", PROG_TYPE_XDP, ACCEPT,
	  INDEX("0") LD_MAP("r1", A_) "call 1\n"
	  "r0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "constant index, stored as 3", PROG_TYPE_XDP, ACCEPT,
	  INDEX("3") LD_MAP("r1", A_) "call 1\nr0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "constant index, out of the array", PROG_TYPE_XDP,
	  DIAG_VERIFY_NULL,
	  INDEX("4") LD_MAP("r1", A_) "call 1\nr0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "constant index, wider store", PROG_TYPE_XDP, DIAG_VERIFY_NULL,
	  "r1 = 3\n*(u64 *)(r10 - 8) = r1\nr2 = r10\nr2 += -8\n"
	  LD_MAP("r1", A_) "call 1\nr0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "constant index, upper half of 0", PROG_TYPE_XDP, ACCEPT,
	  "*(u64 *)(r10 - 8) = 0\nr2 = r10\nr2 += -4\n"
	  LD_MAP("r1", A_) "call 1\nr0 = *(u8 *)(r0 + 0)\nexit\n" },
	{ "constant index, upper half of more", PROG_TYPE_XDP,
	  DIAG_VERIFY_NULL,
	  "r1 = 0x700000001 ll\n*(u64 *)(r10 - 8) = r1\nr2 = r10\nr2 += -4\n"
	  LD_MAP("r1", A_) "call 1\nr0 = *(u8 *)(r0 + 0)\nexit\n" },
	{ "constant index of a per-CPU array", PROG_TYPE_XDP, ACCEPT,
	  INDEX("3") LD_MAP("r1", PA_) "call 1\n"
	  "r0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "constant index, zero bytes", PROG_TYPE_XDP, ACCEPT,
	  "r1 = 0\n*(u32 *)(r10 - 4) = r1\nr2 = r10\nr2 += -4\n"
	  LD_MAP("r1", A_) "call 1\n"
	  "r0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "constant index, path with another", PROG_TYPE_XDP,
	  DIAG_VERIFY_NULL,
	  RANDOM "r1 = 1\nif r0 == 5 goto +1\nr1 = 9\n"
	  "*(u32 *)(r10 - 8) = r1\nr2 = r10\nr2 += -8\n"
	  LD_MAP("r1", A_) "call 1\nr0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "unknown index", PROG_TYPE_XDP, DIAG_VERIFY_NULL,
	  RANDOM "*(u32 *)(r10 - 8) = r0\nr2 = r10\nr2 += -8\n"
	  LD_MAP("r1", A_) "call 1\nr0 = *(u64 *)(r0 + 0)\nexit\n" },
	{ "update", PROG_TYPE_XDP, ACCEPT,
	  ZEROS LD_MAP("r1", H_) "r3 = r2\nr4 = 0\ncall 2\n" RET0 },
	{ "update, value out of the stack", PROG_TYPE_XDP,
	  DIAG_VERIFY_STACK_BOUNDS,
	  ZEROS LD_MAP("r1", H_) "r3 = r10\nr3 += -8\nr4 = 0\ncall 2\n"
	  RET0 },
	{ "update from another value", PROG_TYPE_XDP, ACCEPT,
	  VALUE "r2 = r10\nr2 += -16\nr3 = r6\nr4 = 0\n" LD_MAP("r1", H_)
	  "call 2\n" OUT },
	{ "update of a read-only map", PROG_TYPE_XDP,
	  DIAG_VERIFY_MAP_ACCESS,
	  ZEROS LD_MAP("r1", HRO_) "r3 = r2\nr4 = 0\ncall 2\n" RET0 },
	{ "lookup in a ring buffer", PROG_TYPE_XDP, DIAG_VERIFY_MAP_USE,
	  LOOKUP(RB_) RET0 },
	{ "lookup in an array of programs", PROG_TYPE_XDP,
	  DIAG_VERIFY_MAP_USE, LOOKUP(PROGS_) RET0 },
	{ "pop", PROG_TYPE_XDP, ACCEPT,
	  LD_MAP("r1", Q_) "r2 = r10\nr2 += -8\ncall 88\n"
	  "r0 = *(u64 *)(r10 - 8)\nexit\n" },
	{ "pop to a number", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  LD_MAP("r1", Q_) "r2 = 0\ncall 88\n" RET0 },
	{ "pop of a hash", PROG_TYPE_XDP, DIAG_VERIFY_MAP_USE,
	  LD_MAP("r1", H_) "r2 = r10\nr2 += -16\ncall 88\n" RET0 },
	{ "look into a bloom filter", PROG_TYPE_XDP, ACCEPT,
	  ZEROS LD_MAP("r1", BLOOM_) "call 89\n" RET0 },
	{ "map in a map", PROG_TYPE_XDP, ACCEPT,
	  LOOKUP(OUTER_) "if r0 == 0 goto out\nr1 = r0\nr2 = r10\n"
	  "r2 += -16\ncall 1\nif r0 == 0 goto out\n"
	  "r0 = *(u64 *)(r0 + 8)\nexit\n" OUT },
	{ "map in a map, not checked", PROG_TYPE_XDP, DIAG_VERIFY_NULL,
	  LOOKUP(OUTER_) "r1 = r0\nr2 = r10\nr2 += -16\ncall 1\n" RET0 },
	{ "map in a map, beyond the value", PROG_TYPE_XDP,
	  DIAG_VERIFY_MAP_BOUNDS,
	  LOOKUP(OUTER_) "if r0 == 0 goto out\nr1 = r0\nr2 = r10\n"
	  "r2 += -16\ncall 1\nif r0 == 0 goto out\n"
	  "r0 = *(u64 *)(r0 + 16)\nexit\n" OUT },
	{ "socket of a map", PROG_TYPE_XDP, ACCEPT,
	  ZEROS LD_MAP("r1", XSK_) "call 1\nif r0 == 0 goto out\n"
	  "r0 = *(u32 *)(r0 + 0)\n" OUT },
	{ "redirect_map", PROG_TYPE_XDP, ACCEPT,
	  LD_MAP("r1", XSK_) "r2 = 0\nr3 = 0\ncall 51\nexit\n" },
	{ "redirect_map by a hash", PROG_TYPE_XDP, DIAG_VERIFY_MAP_USE,
	  LD_MAP("r1", H_) "r2 = 0\nr3 = 0\ncall 51\nexit\n" },

	/* memory with a size */
	{ "MEM on the stack", PROG_TYPE_SCHED_CLS, ACCEPT,
	  "r6 = r1\n" ZEROS "r1 = r6\nr3 = r2\nr2 = 0\nr4 = 16\nr5 = 0\n"
	  "call 9\n" RET0 },
	{ "MEM, size too large", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_STACK_BOUNDS,
	  "r6 = r1\n" ZEROS "r1 = r6\nr3 = r2\nr2 = 0\nr4 = 17\nr5 = 0\n"
	  "call 9\n" RET0 },
	{ "MEM, size zero", PROG_TYPE_SCHED_CLS, DIAG_VERIFY_ARG_SIZE,
	  "r6 = r1\n" ZEROS "r1 = r6\nr3 = r2\nr2 = 0\nr4 = 0\nr5 = 0\n"
	  "call 9\n" RET0 },
	{ "MEM, size negative", PROG_TYPE_SCHED_CLS, DIAG_VERIFY_ARG_SIZE,
	  "r6 = r1\n" ZEROS "r1 = r6\nr3 = r2\nr2 = 0\nr4 = -1\nr5 = 0\n"
	  "call 9\n" RET0 },
	{ "MEM, size unknown", PROG_TYPE_SCHED_CLS, DIAG_VERIFY_ARG_SIZE,
	  "r6 = r1\n" RANDOM "r7 = r0\n" ZEROS
	  "r1 = r6\nr3 = r2\nr2 = 0\nr4 = r7\nr5 = 0\ncall 9\n" RET0 },
	{ "MEM, size masked, may be zero", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_ARG_SIZE,
	  "r6 = r1\n" RANDOM "r7 = r0\nr7 &= 7\n" ZEROS
	  "r1 = r6\nr3 = r2\nr2 = 0\nr4 = r7\nr5 = 0\ncall 9\n" RET0 },
	{ "MEM, size a range", PROG_TYPE_SCHED_CLS, ACCEPT,
	  "r6 = r1\n" RANDOM "r7 = r0\nr7 &= 7\nr7 += 1\n" ZEROS
	  "r1 = r6\nr3 = r2\nr2 = 0\nr4 = r7\nr5 = 0\ncall 9\n" RET0 },
	{ "MEM, size a range, too large", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_STACK_BOUNDS,
	  "r6 = r1\n" RANDOM "r7 = r0\nr7 &= 15\nr7 += 2\n" ZEROS
	  "r1 = r6\nr3 = r2\nr2 = 0\nr4 = r7\nr5 = 0\ncall 9\n" RET0 },
	{ "MEM is a number", PROG_TYPE_SCHED_CLS, DIAG_VERIFY_ARG,
	  "r2 = 0\nr3 = 0\nr4 = 16\nr5 = 0\ncall 9\n" RET0 },
	{ "MEM, size is a pointer", PROG_TYPE_SCHED_CLS, DIAG_VERIFY_ARG,
	  "r6 = r1\n" ZEROS "r1 = r6\nr3 = r2\nr2 = 0\nr4 = r10\nr5 = 0\n"
	  "call 9\n" RET0 },
	{ "MEM in a map value", PROG_TYPE_SCHED_CLS, ACCEPT,
	  "r7 = r1\n" VALUE "r1 = r7\nr2 = 0\nr3 = r6\nr4 = 16\nr5 = 0\n"
	  "call 9\n" OUT },
	{ "MEM beyond a map value", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_MAP_BOUNDS,
	  "r7 = r1\n" VALUE "r1 = r7\nr2 = 0\nr3 = r6\nr4 = 17\nr5 = 0\n"
	  "call 9\n" OUT },
	{ "MEM in a value that may be NULL", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_NULL,
	  "r7 = r1\n" LOOKUP(H_) "r1 = r7\nr2 = 0\nr3 = r0\nr4 = 16\n"
	  "r5 = 0\ncall 9\n" RET0 },
	{ "MEM in the packet, helper without", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_ARG,
	  "r6 = *(u32 *)(r1 + 76)\nr7 = *(u32 *)(r1 + 80)\nr8 = r6\n"
	  "r8 += 14\nif r8 > r7 goto out\nr2 = 0\nr3 = r6\nr4 = 14\n"
	  "r5 = 0\ncall 9\n" OUT },
	{ "MEM in the packet, helper with", PROG_TYPE_SCHED_CLS, ACCEPT,
	  "r6 = *(u32 *)(r1 + 76)\nr7 = *(u32 *)(r1 + 80)\nr8 = r6\n"
	  "r8 += 14\nif r8 > r7 goto out\nr1 = r6\nr2 = 12\nr3 = r6\n"
	  "r4 = 12\nr5 = 0\ncall 28\n" OUT },
	{ "MEM beyond the packet", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_PACKET_BOUNDS,
	  "r6 = *(u32 *)(r1 + 76)\nr7 = *(u32 *)(r1 + 80)\nr8 = r6\n"
	  "r8 += 14\nif r8 > r7 goto out\nr1 = r6\nr2 = 16\nr3 = r6\n"
	  "r4 = 12\nr5 = 0\ncall 28\n" OUT },
	{ "NULL with size 0", PROG_TYPE_SCHED_CLS, ACCEPT,
	  ZEROS "r3 = r2\nr4 = 8\nr1 = 0\nr2 = 0\nr5 = 0\ncall 28\n" RET0 },
	{ "NULL with a size", PROG_TYPE_SCHED_CLS, DIAG_VERIFY_ARG,
	  ZEROS "r3 = r2\nr4 = 8\nr1 = 0\nr2 = 4\nr5 = 0\ncall 28\n" RET0 },
	{ "MEM_OUT need not be set", PROG_TYPE_SCHED_CLS, ACCEPT,
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall 26\n"
	  "r0 = *(u64 *)(r10 - 8)\nexit\n" },
	{ "MEM_OUT into read-only", PROG_TYPE_SCHED_CLS,
	  DIAG_VERIFY_MAP_ACCESS,
	  "r7 = r1\n" LOOKUP(HRO_) "if r0 == 0 goto out\nr1 = r7\nr2 = 0\n"
	  "r3 = r0\nr4 = 8\ncall 26\n" OUT },
	{ "LONG_OUT", PROG_TYPE_XDP, ACCEPT,
	  ZEROS "r1 = r2\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -24\ncall 105\n"
	  "r0 = *(u64 *)(r10 - 24)\nexit\n" },
	{ "LONG_OUT misaligned", PROG_TYPE_XDP, DIAG_VERIFY_ALIGN,
	  ZEROS "r1 = r2\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -28\ncall 105\n"
	  RET0 },
	{ "LONG_OUT too short", PROG_TYPE_XDP, DIAG_VERIFY_STACK_BOUNDS,
	  ZEROS "r1 = r2\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -4\ncall 105\n"
	  RET0 },

	/* constant text */
	{ "CONST_STR", PROG_TYPE_XDP, ACCEPT,
	  ZEROS "r1 = r2\nr2 = 8\nlddw r3, map_idx_value(" RO_ ", 0)\n"
	  "call 182\n" RET0 },
	{ "CONST_STR without an end", PROG_TYPE_XDP, DIAG_VERIFY_ARG_CONST,
	  ZEROS "r1 = r2\nr2 = 8\nlddw r3, map_idx_value(" RO_ ", 32)\n"
	  "call 182\n" RET0 },
	{ "CONST_STR in another map", PROG_TYPE_XDP, DIAG_VERIFY_ARG_CONST,
	  VALUE "r1 = r10\nr1 += -16\nr2 = 8\nr3 = r6\ncall 182\n" OUT },
	{ "CONST_STR on the stack", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  ZEROS "r1 = r2\nr3 = r2\nr2 = 8\ncall 182\n" RET0 },
	{ "CONST_STR, unknown place", PROG_TYPE_XDP, DIAG_VERIFY_ARG_CONST,
	  RANDOM "r0 &= 7\nr6 = r0\n" ZEROS
	  "r1 = r2\nr2 = 8\nlddw r3, map_idx_value(" RO_ ", 0)\nr3 += r6\n"
	  "call 182\n" RET0 },
	{ "snprintf", PROG_TYPE_XDP, ACCEPT,
	  ZEROS "r4 = r2\nr1 = r10\nr1 += -32\nr2 = 16\n"
	  "lddw r3, map_idx_value(" RO_ ", 8)\nr5 = 8\ncall 165\n" RET0 },
	{ "snprintf, too few values", PROG_TYPE_XDP, DIAG_VERIFY_ARG_CONST,
	  "r1 = r10\nr1 += -32\nr2 = 16\n"
	  "lddw r3, map_idx_value(" RO_ ", 8)\nr4 = 0\nr5 = 0\ncall 165\n"
	  RET0 },
	{ "snprintf, unknown conversion", PROG_TYPE_XDP,
	  DIAG_VERIFY_ARG_CONST,
	  ZEROS "r4 = r2\nr1 = r10\nr1 += -32\nr2 = 16\n"
	  "lddw r3, map_idx_value(" RO_ ", 16)\nr5 = 8\ncall 165\n" RET0 },
	{ "snprintf, values of odd size", PROG_TYPE_XDP,
	  DIAG_VERIFY_ARG_SIZE,
	  ZEROS "r4 = r2\nr1 = r10\nr1 += -32\nr2 = 16\n"
	  "lddw r3, map_idx_value(" RO_ ", 8)\nr5 = 9\ncall 165\n" RET0 },

	/* results with ranges */
	{ "number of the CPU", PROG_TYPE_XDP, ACCEPT,
	  VALUE "call 8\nif r0 > 15 goto bad\nr6 += r0\n"
	  "r0 = *(u8 *)(r6 + 0)\n" OUT "bad:\nr0 = *(u8 *)(r10 + 0)\n" RET0,
	  0, KERNEL_SKIP },
	{ "text read: up to its size", PROG_TYPE_KPROBE, ACCEPT,
	  VALUE "r1 = r6\nr2 = 16\nr3 = 0\ncall 115\n"
	  "if r0 s< 1 goto out\nr0 += -1\nr6 += r0\n"
	  "r1 = 0\n*(u8 *)(r6 + 0) = r1\n" OUT },
	{ "text read: below zero", PROG_TYPE_KPROBE, DIAG_VERIFY_UNBOUNDED,
	  VALUE "r1 = r6\nr2 = 16\nr3 = 0\ncall 115\n"
	  "r6 += r0\nr1 = 0\n*(u8 *)(r6 + 0) = r1\n" OUT },

	/* references */
	{ "record", PROG_TYPE_XDP, ACCEPT,
	  RESERVE "if r0 == 0 goto out\nr1 = 1\n*(u64 *)(r0 + 8) = r1\n"
	  "r1 = r0\nr2 = 0\ncall 132\n" OUT },
	{ "record leaks", PROG_TYPE_XDP, DIAG_VERIFY_REF_LEAK,
	  RESERVE "if r0 == 0 goto out\n" OUT },
	{ "record not checked", PROG_TYPE_XDP, DIAG_VERIFY_NULL,
	  RESERVE "r1 = r0\nr2 = 0\ncall 132\n" RET0 },
	{ "record, beyond its size", PROG_TYPE_XDP, DIAG_VERIFY_MEM_BOUNDS,
	  RESERVE "if r0 == 0 goto out\nr1 = 1\n*(u64 *)(r0 + 16) = r1\n"
	  "r1 = r0\nr2 = 0\ncall 132\n" OUT },
	{ "record, size not constant", PROG_TYPE_XDP,
	  DIAG_VERIFY_ARG_CONST,
	  RANDOM "r0 &= 15\nr2 = r0\n" LD_MAP("r1", RB_)
	  "r3 = 0\ncall 131\n" RET0 },
	{ "record given twice", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  RESERVE "if r0 == 0 goto out\nr6 = r0\nr1 = r0\nr2 = 0\n"
	  "call 132\nr1 = r6\nr2 = 0\ncall 132\n" OUT },
	{ "record used afterwards", PROG_TYPE_XDP, DIAG_VERIFY_NOT_POINTER,
	  RESERVE "if r0 == 0 goto out\nr6 = r0\nr1 = r0\nr2 = 0\n"
	  "call 133\nr1 = *(u64 *)(r6 + 0)\n" OUT },
	{ "record moved", PROG_TYPE_XDP, DIAG_VERIFY_REF_RELEASE,
	  RESERVE "if r0 == 0 goto out\nr1 = r0\nr1 += 8\nr2 = 0\n"
	  "call 132\n" OUT },
	{ "release of a map value", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  VALUE "r1 = r6\nr2 = 0\ncall 132\n" OUT },
	{ "socket", PROG_TYPE_XDP, ACCEPT,
	  SK_LOOKUP "if r0 == 0 goto out\nr1 = r0\ncall 86\n" OUT },
	{ "socket leaks", PROG_TYPE_XDP, DIAG_VERIFY_REF_LEAK,
	  SK_LOOKUP "if r0 == 0 goto out\n" OUT },
	{ "socket not checked", PROG_TYPE_XDP, DIAG_VERIFY_NULL,
	  SK_LOOKUP "r1 = r0\ncall 86\n" RET0 },
	{ "socket, tail call", PROG_TYPE_XDP, DIAG_VERIFY_REF_LEAK,
	  SK_LOOKUP "if r0 == 0 goto out\nr7 = r0\nr1 = r6\n"
	  LD_MAP("r2", PROGS_) "r3 = 0\ncall 12\nr1 = r7\ncall 86\n" OUT },
	{ "socket through the stack", PROG_TYPE_XDP, ACCEPT,
	  SK_LOOKUP "*(u64 *)(r10 - 32) = r0\nif r0 == 0 goto out\n"
	  "r1 = *(u64 *)(r10 - 32)\ncall 86\n" OUT },
	{ "socket gone from the stack", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  SK_LOOKUP "*(u64 *)(r10 - 32) = r0\nif r0 == 0 goto out\n"
	  "r1 = r0\ncall 86\nr1 = *(u64 *)(r10 - 32)\ncall 86\n" OUT },

	/* packets that move */
	{ "packet after adjust_head", PROG_TYPE_XDP, DIAG_VERIFY_NOT_POINTER,
	  "r7 = *(u32 *)(r1 + 0)\nr2 = 0\ncall 44\nr1 = *(u8 *)(r7 + 0)\n"
	  RET0 },

	/* tail calls */
	{ "tail call", PROG_TYPE_XDP, ACCEPT,
	  LD_MAP("r2", PROGS_) "r3 = 0\ncall 12\n" RET0 },
	{ "tail call by a hash", PROG_TYPE_XDP, DIAG_VERIFY_MAP_USE,
	  LD_MAP("r2", H_) "r3 = 0\ncall 12\n" RET0 },

	/* subprograms */
	{ "result of a subprogram", PROG_TYPE_XDP, ACCEPT,
	  "r1 = 7\ncall sub\nexit\nsub:\nr0 = r1\nexit\n" },
	{ "r6 is not handed over", PROG_TYPE_XDP, DIAG_VERIFY_UNSET,
	  "r6 = 7\ncall sub\nexit\nsub:\nr0 = r6\nexit\n" },
	{ "r6 is kept by a subprogram", PROG_TYPE_XDP, ACCEPT,
	  "r6 = 7\ncall sub\nr0 = r6\nexit\nsub:\nr6 = 1\nr0 = r6\nexit\n" },
	{ "r1 is gone after a subprogram", PROG_TYPE_XDP, DIAG_VERIFY_UNSET,
	  "r1 = 7\ncall sub\nr0 = r1\nexit\nsub:\nr0 = r1\nexit\n" },
	{ "subprogram writes its caller's stack", PROG_TYPE_XDP, ACCEPT,
	  "r1 = r10\nr1 += -8\ncall sub\nr0 = *(u64 *)(r10 - 8)\nexit\n"
	  "sub:\nr2 = 5\n*(u64 *)(r1 + 0) = r2\nr0 = 0\nexit\n" },
	{ "stack pointer returned", PROG_TYPE_XDP, DIAG_VERIFY_RETURN,
	  "call sub\n" RET0 "sub:\nr0 = r10\nexit\n" },
	{ "r0 unset by a subprogram", PROG_TYPE_XDP, DIAG_VERIFY_UNSET,
	  "call sub\nr1 = r0\n" RET0 "sub:\nexit\n" },
	{ "9 frames", PROG_TYPE_XDP, DIAG_VERIFY_CALL_DEPTH,
	  "call a\nexit\na:\ncall b\nexit\nb:\ncall c\nexit\nc:\ncall d\n"
	  "exit\nd:\ncall e\nexit\ne:\ncall f\nexit\nf:\ncall g\nexit\n"
	  "g:\ncall h\nexit\nh:\n" RET0 },
	{ "8 frames", PROG_TYPE_XDP, ACCEPT,
	  "call a\nexit\na:\ncall b\nexit\nb:\ncall c\nexit\nc:\ncall d\n"
	  "exit\nd:\ncall e\nexit\ne:\ncall f\nexit\nf:\ncall g\nexit\n"
	  "g:\n" RET0 },
	{ "reference through a subprogram", PROG_TYPE_XDP, ACCEPT,
	  RESERVE "if r0 == 0 goto out\nr1 = r0\ncall sub\n" OUT
	  "sub:\nr2 = 0\ncall 132\n" RET0 },
	{ "reference taken in a subprogram", PROG_TYPE_XDP,
	  DIAG_VERIFY_REF_LEAK,
	  "call sub\n" RET0 "sub:\n" RESERVE "exit\n" },

	/* callbacks */
	{ "bpf_loop", PROG_TYPE_XDP, ACCEPT,
	  "r1 = 10\nlddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 181\n" RET0
	  "cb:\nr0 = 0\nexit\n" },
	{ "bpf_loop, many rounds", PROG_TYPE_XDP, ACCEPT,
	  "r1 = 0\n*(u64 *)(r10 - 8) = r1\nr1 = 100000\n"
	  "lddw r2, func(cb)\nr3 = r10\nr3 += -8\nr4 = 0\ncall 181\n" RET0
	  "cb:\nr1 = *(u64 *)(r2 + 0)\nr1 += 1\n*(u64 *)(r2 + 0) = r1\n"
	  "r0 = 0\nexit\n" },
	{ "bpf_loop, count in an address", PROG_TYPE_XDP,
	  DIAG_VERIFY_STACK_BOUNDS,
	  "r1 = 0\n*(u64 *)(r10 - 8) = r1\nr1 = 100\n"
	  "lddw r2, func(cb)\nr3 = r10\nr3 += -8\nr4 = 0\ncall 181\n"
	  "r1 = *(u64 *)(r10 - 8)\nr2 = r10\nr2 += -64\nr2 += r1\n"
	  "r1 = 0\n*(u8 *)(r2 + 0) = r1\n" RET0
	  "cb:\nr1 = *(u64 *)(r2 + 0)\nr1 += 1\n*(u64 *)(r2 + 0) = r1\n"
	  "r0 = 0\nexit\n" },
	{ "callback returns 2", PROG_TYPE_XDP, DIAG_VERIFY_RETURN,
	  "r1 = 10\nlddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 181\n" RET0
	  "cb:\nr0 = 2\nexit\n" },
	{ "callback returns its index", PROG_TYPE_XDP, DIAG_VERIFY_RETURN,
	  "r1 = 10\nlddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 181\n" RET0
	  "cb:\nr0 = r1\nexit\n" },
	{ "callback reads an argument it has not", PROG_TYPE_XDP,
	  DIAG_VERIFY_UNSET,
	  "r1 = 10\nlddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 181\n" RET0
	  "cb:\nr0 = r3\nr0 = 0\nexit\n" },
	{ "callback context is a map value", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  VALUE "r1 = 10\nlddw r2, func(cb)\nr3 = r6\nr4 = 0\ncall 181\n"
	  OUT "cb:\nr0 = 0\nexit\n" },
	{ "callback is a number", PROG_TYPE_XDP, DIAG_VERIFY_ARG,
	  "r1 = 10\nr2 = 0\nr3 = 0\nr4 = 0\ncall 181\n" RET0 },
	{ "callback takes a reference", PROG_TYPE_XDP, DIAG_VERIFY_REF_LEAK,
	  "r1 = 10\nlddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 181\n" RET0
	  "cb:\n" RESERVE "r0 = 0\nexit\n" },
	{ "callback gives its caller's reference", PROG_TYPE_XDP,
	  DIAG_VERIFY_REF_LEAK,
	  RESERVE "if r0 == 0 goto out\n*(u64 *)(r10 - 8) = r0\nr1 = 10\n"
	  "lddw r2, func(cb)\nr3 = r10\nr3 += -8\nr4 = 0\ncall 181\n" OUT
	  "cb:\nr1 = *(u64 *)(r2 + 0)\nr2 = 0\ncall 132\nr0 = 0\nexit\n" },
	{ "callback in a callback", PROG_TYPE_XDP, ACCEPT,
	  "r1 = 10\nlddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 181\n" RET0
	  "cb:\nr1 = 10\nlddw r2, func(inner)\nr3 = 0\nr4 = 0\ncall 181\n"
	  RET0 "inner:\n" RET0 },
	{ "each element", PROG_TYPE_XDP, ACCEPT,
	  LD_MAP("r1", H_) "lddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 164\n"
	  RET0 "cb:\nr1 = *(u64 *)(r2 + 0)\nr1 = *(u64 *)(r3 + 8)\n" RET0 },
	{ "each element, key is not written", PROG_TYPE_XDP,
	  DIAG_VERIFY_READ_ONLY,
	  LD_MAP("r1", H_) "lddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 164\n"
	  RET0 "cb:\nr1 = 0\n*(u64 *)(r2 + 0) = r1\n" RET0 },
	{ "each element, beyond the key", PROG_TYPE_XDP,
	  DIAG_VERIFY_MAP_BOUNDS,
	  LD_MAP("r1", H_) "lddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 164\n"
	  RET0 "cb:\nr1 = *(u64 *)(r2 + 8)\n" RET0 },
	{ "each element of a queue", PROG_TYPE_XDP, DIAG_VERIFY_MAP_USE,
	  LD_MAP("r1", Q_) "lddw r2, func(cb)\nr3 = 0\nr4 = 0\ncall 164\n"
	  RET0 "cb:\n" RET0 },

	/* the same helper, by where the program attaches */
	{ "socket option of the context", PROG_TYPE_CGROUP_SOCK_ADDR, ACCEPT,
	  "r6 = r1\n" ZEROS "r1 = r6\n" SOCKOPT
	  "r0 = 1\nexit\n", ATTACH_TYPE_CGROUP_INET4_CONNECT },
	{ "socket option of a context that is no socket",
	  PROG_TYPE_CGROUP_SOCKOPT, DIAG_VERIFY_ARG,
	  "r6 = r1\n" ZEROS "r1 = r6\n" SOCKOPT "r0 = 1\nexit\n",
	  ATTACH_TYPE_CGROUP_SETSOCKOPT },
	{ "cookie of a context that is no socket", PROG_TYPE_SK_REUSEPORT,
	  DIAG_VERIFY_ARG, "call 46\nr0 = 1\nexit\n",
	  ATTACH_TYPE_SK_REUSEPORT_SELECT },
	{ "cookie of a context that is arguments", PROG_TYPE_LSM,
	  DIAG_VERIFY_ARG, "call 46\n" RET0, ATTACH_TYPE_LSM_MAC,
	  KERNEL_SKIP },
	{ "no socket for a packet", PROG_TYPE_SCHED_CLS, DIAG_VERIFY_ARG,
	  "r2 = 0\nr3 = 0\ncall 124\n" RET0 },
	{ "no socket for a lookup", PROG_TYPE_SK_LOOKUP, ACCEPT,
	  "r2 = 0\nr3 = 0\ncall 124\nr0 = 1\nexit\n",
	  ATTACH_TYPE_SK_LOOKUP },

	/* exits */
	{ "r0 unset", PROG_TYPE_XDP, DIAG_VERIFY_UNSET, "exit\n" },
	{ "any number", PROG_TYPE_XDP, ACCEPT, RANDOM "exit\n" },
	{ "range of cgroup_sock", PROG_TYPE_CGROUP_SOCK, ACCEPT,
	  "r0 = 1\nexit\n", ATTACH_TYPE_CGROUP_INET_SOCK_CREATE },
	{ "out of range of cgroup_sock", PROG_TYPE_CGROUP_SOCK,
	  DIAG_VERIFY_RETURN, "r0 = 2\nexit\n",
	  ATTACH_TYPE_CGROUP_INET_SOCK_CREATE },
	{ "unknown for cgroup_sock", PROG_TYPE_CGROUP_SOCK,
	  DIAG_VERIFY_RETURN, RANDOM "exit\n",
	  ATTACH_TYPE_CGROUP_INET_SOCK_CREATE },
	{ "masked for cgroup_sock", PROG_TYPE_CGROUP_SOCK, ACCEPT,
	  RANDOM "r0 &= 1\nexit\n", ATTACH_TYPE_CGROUP_INET_SOCK_CREATE },
	{ "pointer for cgroup_sock", PROG_TYPE_CGROUP_SOCK,
	  DIAG_VERIFY_RETURN, "r0 = r1\nexit\n",
	  ATTACH_TYPE_CGROUP_INET_SOCK_CREATE },
};

#endif
