/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that are not safe, that Linux 6.18 accepts, and that skep rejects:
 * docs/verifier.md tells of each ("Where the kernel is too kind"). A kernel
 * that rejects one has learnt since; test_call.c says so.
 */
#ifndef SKEP_TESTS_KIND_CASES_H
#define SKEP_TESTS_KIND_CASES_H

#include "call_cases.h"

#define KIND	0, KERNEL_KIND
/* r2 the packet, r3 its end */
#define PACKET	"r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\n"
/* r6 a value of map A, or the program ends */
#define VALUE_A \
	"r1 = 0\n*(u32 *)(r10 - 4) = r1\nr2 = r10\nr2 += -4\n" \
	LD_MAP("r1", A_) "call 1\nif r0 == 0 goto none\nr6 = r0\n"

static const struct call_case kind_cases[] = {
	/* what a comparison said of an address is kept for another one */
	{ "past the end, then less", PROG_TYPE_XDP, DIAG_VERIFY_STACK_BOUNDS,
	  PACKET "r2 += 14\nif r2 > r3 goto beyond\n" RET0
	  "beyond:\nr2 += -14\nif r2 > r3 goto out\n"
	  "r0 = *(u8 *)(r10 + 0)\nout:\n" RET0, KIND },
	/* r2 is of f's frame; 6.18 takes it for one of the main function's,
	 * and so believes r3 to be the map value that g overwrote */
	{ "number plus stack pointer", PROG_TYPE_XDP,
	  DIAG_VERIFY_NOT_POINTER,
	  VALUE_A "r1 = r6\ncall f\nnone:\n" RET0
	  "f:\n*(u64 *)(r10 - 8) = r1\nr1 = r10\ncall g\n"
	  "r3 = *(u64 *)(r10 - 8)\nr0 = *(u8 *)(r3 + 0)\n" RET0
	  "g:\nr2 = 0\nr2 += r1\nr3 = 7\n*(u64 *)(r2 - 8) = r3\n" RET0, KIND },
	/* a tail call that is made comes back to the caller of f, and what
	 * follows it in f has not run: the slot may still be 100. 6.18 takes
	 * it as written by each way through f, so as dead at `join`, where it
	 * then compares the paths without it */
	{ "written after a tail call", PROG_TYPE_XDP,
	  DIAG_VERIFY_STACK_BOUNDS,
	  "r7 = r1\nr2 = 0\n*(u64 *)(r10 - 8) = r2\nr8 = 0\nr8 = 0\nr8 = 0\n"
	  RANDOM "if r0 > 5 goto bad\njoin:\nr0 = 0\nr1 = r7\nr2 = r10\n"
	  "r2 += -8\ncall f\nr3 = *(u64 *)(r10 - 8)\nr2 = r10\nr2 += -8\n"
	  "r2 += r3\n*(u8 *)(r2 + 0) = 0\n" RET0
	  "bad:\nr2 = 100\n*(u64 *)(r10 - 8) = r2\ngoto join\n"
	  "f:\nr6 = r2\n" LD_MAP("r2", PROGS_) "r3 = 0\ncall 12\n"
	  "r1 = 0\n*(u64 *)(r6 + 0) = r1\n" RET0, KIND },
	/* the sum does not know that it is part of a record */
	{ "number plus a record, given back", PROG_TYPE_XDP,
	  DIAG_VERIFY_NOT_POINTER,
	  LD_MAP("r1", RB_) "r2 = 8\nr3 = 0\ncall 131\n"
	  "if r0 == 0 goto out\nr6 = 0\nr6 += r0\nr1 = r0\nr2 = 0\n"
	  "call 132\nr0 = *(u8 *)(r6 + 0)\nout:\n" RET0, KIND },
	{ "number plus a slice, given back", PROG_TYPE_XDP,
	  DIAG_VERIFY_NOT_POINTER,
	  LD_MAP("r1", RB_) "r2 = 8\nr3 = 0\nr4 = r10\nr4 += -16\ncall 198\n"
	  "r1 = r10\nr1 += -16\nr2 = 0\nr3 = 8\ncall 203\n"
	  "r6 = 0\nr7 = r0\nif r0 == 0 goto none\nr6 += r7\n"
	  "r1 = r10\nr1 += -16\nr2 = 0\ncall 199\n"
	  "r0 = *(u8 *)(r6 + 0)\n" RET0
	  "none:\nr1 = r10\nr1 += -16\nr2 = 0\ncall 200\n" RET0, KIND },
};

#endif
