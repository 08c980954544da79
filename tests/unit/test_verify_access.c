/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores, per kind of memory: each bound has a case that just fits
 * and one that just does not.
 */
#include "verify_cases.h"

#define XDP	BPF_PROG_TYPE_XDP
#define CLS	BPF_PROG_TYPE_SCHED_CLS
#define CGROUP	BPF_PROG_TYPE_CGROUP_SKB
#define UNPRIV	.profile = VERIFY_UNPRIVILEGED

#define OK	"r0 = 0\nexit\n"
/* r0 points to a value of map 1, 16 bytes */
#define LOOKUP \
	"r1 = 0\n*(u64 *)(r10 - 8) = r1\nr2 = r10\nr2 += -8\n" \
	"lddw r1, map_fd(1)\ncall 1\nif r0 == 0 goto none\n"
#define VALUE	"lddw r6, map_value(0)\n"
/* r2 data, r3 data_end of xdp */
#define PACKET	"r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\n"
/* r7: a number that nothing is known of */
#define ANY	"r7 = *(u32 *)(r1 + 16)\n"

static const struct verify_case stack[] = {
	{ "lowest byte", .text =
	  "*(u8 *)(r10 - 512) = 1\n" OK },
	{ "below the frame", .text =
	  "*(u8 *)(r10 - 513) = 1\n" OK, "verify-stack-bounds" },
	{ "highest byte", .text = "*(u8 *)(r10 - 1) = 1\n" OK },
	{ "above the frame", .text =
	  "*(u8 *)(r10 + 0) = 1\n" OK, "verify-stack-bounds" },
	{ "misaligned word", .text =
	  "*(u64 *)(r10 - 12) = 1\n" OK, "verify-align" },
	{ "word at the end", .text = "*(u64 *)(r10 - 512) = 1\n" OK },
	{ "unset is read", .text =
	  "r0 = *(u64 *)(r10 - 8)\nexit\n" },
	{ "unset is read without privileges", .text =
	  "r0 = *(u64 *)(r10 - 8)\nexit\n", "verify-stack-bounds", UNPRIV },
	{ "half unset is read without privileges", .text =
	  "*(u32 *)(r10 - 8) = 0\nr0 = *(u64 *)(r10 - 8)\nexit\n",
	  "verify-stack-unset", UNPRIV },
	{ "pointer comes back", .text =
	  "*(u64 *)(r10 - 8) = r1\nr2 = *(u64 *)(r10 - 8)\n"
	  "r0 = *(u32 *)(r2 + 0)\nexit\n" },
	{ "half of a pointer is stored", .text =
	  "*(u32 *)(r10 - 8) = w1\n" OK, "verify-stack-spill" },
	{ "half of a pointer is loaded", .text =
	  "*(u64 *)(r10 - 8) = r1\nr0 = *(u32 *)(r10 - 8)\nexit\n",
	  "verify-stack-spill" },
	{ "overwritten pointer is a number", .text =
	  "*(u64 *)(r10 - 8) = r1\n*(u8 *)(r10 - 3) = 1\n"
	  "r2 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r2 + 0)\nexit\n",
	  "verify-not-pointer" },
	{ "overwritten pointer is a number and may be", .text =
	  "*(u64 *)(r10 - 8) = r1\n*(u8 *)(r10 - 3) = 1\n"
	  "r0 = *(u64 *)(r10 - 8)\nexit\n" },
	{ "spilled pointer corrupted without privileges", .text =
	  "*(u64 *)(r10 - 8) = r1\n*(u8 *)(r10 - 3) = 1\n" OK,
	  "verify-stack-spill", UNPRIV },
	{ "spilled bound survives", .text = ANY VALUE
	  "if r7 > 40 goto out\n*(u64 *)(r10 - 8) = r7\n"
	  "r8 = *(u64 *)(r10 - 8)\nr6 += r8\nr0 = *(u64 *)(r6 + 0)\n"
	  "out:\n" OK },
	{ "spilled bound one too large", .text = ANY VALUE
	  "if r7 > 41 goto out\n*(u64 *)(r10 - 8) = r7\n"
	  "r8 = *(u64 *)(r10 - 8)\nr6 += r8\nr0 = *(u64 *)(r6 + 0)\n"
	  "out:\n" OK, "verify-map-bounds" },
	{ "bound learnt after the spill", .text = ANY VALUE
	  "*(u64 *)(r10 - 8) = r7\nif r7 > 40 goto out\n"
	  "r8 = *(u64 *)(r10 - 8)\nr6 += r8\nr0 = *(u64 *)(r6 + 0)\n"
	  "out:\n" OK },
	{ "narrow spill of a narrow number", .text = ANY VALUE
	  "if r7 > 40 goto out\n*(u32 *)(r10 - 8) = w7\n"
	  "w8 = *(u32 *)(r10 - 8)\nr6 += r8\nr0 = *(u64 *)(r6 + 0)\n"
	  "out:\n" OK },
	{ "narrow fill of a wide spill", .text = ANY VALUE
	  "if r7 > 40 goto out\n*(u64 *)(r10 - 8) = r7\n"
	  "w8 = *(u32 *)(r10 - 8)\nr6 += r8\nr0 = *(u64 *)(r6 + 0)\n"
	  "out:\n" OK },
	{ "byte fill", .text = VALUE
	  "*(u64 *)(r10 - 8) = 0x28\nr8 = *(u8 *)(r10 - 8)\nr6 += r8\n"
	  "r0 = *(u64 *)(r6 + 0)\n" OK },
	{ "byte fill one too large", .text = VALUE
	  "*(u64 *)(r10 - 8) = 0x29\nr8 = *(u8 *)(r10 - 8)\nr6 += r8\n"
	  "r0 = *(u64 *)(r6 + 0)\n" OK, "verify-map-bounds" },
	{ "upper half of a spill", .text = VALUE
	  "r7 = 0x2800000001 ll\n*(u64 *)(r10 - 8) = r7\n"
	  "w8 = *(u32 *)(r10 - 4)\nr6 += r8\nr0 = *(u64 *)(r6 + 0)\n" OK,
	  .differs = "it knows fills from a slot's start alone" },
	{ "upper half of a spill, too large", .text = VALUE
	  "r7 = 0x2900000001 ll\n*(u64 *)(r10 - 8) = r7\n"
	  "w8 = *(u32 *)(r10 - 4)\nr6 += r8\nr0 = *(u64 *)(r6 + 0)\n" OK,
	  "verify-map-bounds" },
	{ "narrow spill cuts", .text = VALUE
	  "r7 = 0x100000028 ll\n*(u32 *)(r10 - 8) = w7\n"
	  "w8 = *(u32 *)(r10 - 8)\nr6 += r8\nr0 = *(u64 *)(r6 + 0)\n" OK },
	{ "wide fill of a narrow spill", .text = VALUE
	  "*(u32 *)(r10 - 8) = 0\nr8 = *(u64 *)(r10 - 8)\nr6 += r8\n"
	  "r0 = *(u64 *)(r6 + 0)\n" OK, "verify-unbounded" },
	{ "zero bytes", .text = VALUE
	  "*(u64 *)(r10 - 8) = 0\n*(u32 *)(r10 - 4) = 0\n"
	  "*(u32 *)(r10 - 8) = 0\nw8 = *(u32 *)(r10 - 4)\nr6 += r8\n"
	  "r0 = *(u64 *)(r6 + 40)\n" OK },
	{ "a byte that is not zero", .text = VALUE
	  "*(u32 *)(r10 - 4) = 0\n*(u8 *)(r10 - 3) = 1\n"
	  "w8 = *(u32 *)(r10 - 4)\nr6 += r8\nr0 = *(u64 *)(r6 + 40)\n" OK,
	  "verify-unbounded" },
	{ "variable read", .text = ANY
	  "r7 &= 7\n*(u64 *)(r10 - 8) = 0\nr2 = r10\nr2 += -8\nr2 += r7\n"
	  "r0 = *(u8 *)(r2 + 0)\nexit\n" },
	{ "variable read one too high", .text = ANY
	  "r7 &= 15\n*(u64 *)(r10 - 8) = 0\nr2 = r10\nr2 += -8\nr2 += r7\n"
	  "r0 = *(u8 *)(r2 + 0)\nexit\n", "verify-stack-bounds" },
	{ "variable read at the lowest", .text = ANY
	  "r7 &= 7\nr2 = r10\nr2 += -512\nr2 += r7\n"
	  "r0 = *(u8 *)(r2 + 0)\nexit\n" },
	{ "variable read below the lowest", .text = ANY
	  "r7 &= 7\nr2 = r10\nr2 += -513\nr2 += r7\n"
	  "r0 = *(u8 *)(r2 + 0)\nexit\n", "verify-stack-bounds" },
	{ "variable read misaligned", .text = ANY
	  "r7 &= 7\nr2 = r10\nr2 += -16\nr2 += r7\n"
	  "r0 = *(u16 *)(r2 + 0)\nexit\n", "verify-align" },
	{ "unbounded place", .text =
	  "r7 = *(u32 *)(r1 + 16)\nr2 = r10\nr2 += r7\n"
	  "r0 = *(u8 *)(r2 + 0)\nexit\n", "verify-unbounded" },
	{ "zeros read at a variable place are zero", .text = ANY VALUE
	  "*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 0\n"
	  "r7 &= 4\nr2 = r10\nr2 += -16\nr2 += r7\n"
	  "*(u32 *)(r10 - 4) = 0\n*(u32 *)(r10 - 12) = 0\n"
	  "r0 = *(u32 *)(r2 + 0)\nexit\n" },
	{ "variable write destroys a pointer", .text = ANY
	  "*(u64 *)(r10 - 8) = r1\nr7 &= 8\nr2 = r10\nr2 += -16\nr2 += r7\n"
	  "*(u64 *)(r2 + 0) = 0\nr3 = *(u64 *)(r10 - 8)\n"
	  "r0 = *(u32 *)(r3 + 0)\nexit\n", "verify-not-pointer" },
	{ "variable write leaves others", .text = ANY
	  "*(u64 *)(r10 - 24) = r1\nr7 &= 8\nr2 = r10\nr2 += -16\n"
	  "r2 += r7\n*(u64 *)(r2 + 0) = 0\nr3 = *(u64 *)(r10 - 24)\n"
	  "r0 = *(u32 *)(r3 + 0)\nexit\n" },
	{ "zero may be written over a zero", .text = ANY VALUE
	  "*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 0\n"
	  "r7 &= 8\nr2 = r10\nr2 += -16\nr2 += r7\n*(u64 *)(r2 + 0) = 0\n"
	  "r8 = *(u64 *)(r10 - 8)\nr6 += r8\nr0 = *(u64 *)(r6 + 40)\n" OK },
	{ "one may be written over a zero", .text = ANY VALUE
	  "*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 0\n"
	  "r7 &= 8\nr2 = r10\nr2 += -16\nr2 += r7\n*(u64 *)(r2 + 0) = 1\n"
	  "r8 = *(u64 *)(r10 - 8)\nr6 += r8\nr0 = *(u64 *)(r6 + 40)\n" OK,
	  "verify-unbounded" },
	{ "callee writes to its caller's frame", .text =
	  "r1 = r10\nr1 += -8\ncall f\nr0 = *(u64 *)(r10 - 8)\nexit\n"
	  "f:\n*(u64 *)(r1 + 0) = 5\n" OK },
	{ "callee keeps its own pointer there", .text =
	  "r1 = r10\nr1 += -8\ncall f\nr0 = 0\nexit\n"
	  "f:\n*(u64 *)(r1 + 0) = r10\n" OK, "verify-stack-spill" },
	{ "callee's write is seen", .text = VALUE
	  "r1 = r10\nr1 += -8\ncall f\nr8 = *(u64 *)(r10 - 8)\nr6 += r8\n"
	  "r0 = *(u64 *)(r6 + 0)\n" OK
	  "f:\n*(u64 *)(r1 + 0) = 40\n" OK },
	{ "callee's write is too large", .text = VALUE
	  "r1 = r10\nr1 += -8\ncall f\nr8 = *(u64 *)(r10 - 8)\nr6 += r8\n"
	  "r0 = *(u64 *)(r6 + 0)\n" OK
	  "f:\n*(u64 *)(r1 + 0) = 41\n" OK, "verify-map-bounds" },
	{ "a number first keeps its caller's frame", .text =
	  "r1 = r10\ncall f\nexit\n"
	  "f:\nr0 = -8\nr0 += r1\n*(u64 *)(r10 - 8) = 7\n"
	  "*(u64 *)(r0 + 0) = 9\n" OK },
	{ "two frames fit", .text =
	  "*(u8 *)(r10 - 256) = 0\ncall f\nexit\n"
	  "f:\n*(u8 *)(r10 - 256) = 0\n" OK },
	{ "two frames do not fit", .text =
	  "*(u8 *)(r10 - 256) = 0\ncall f\nexit\n"
	  "f:\n*(u8 *)(r10 - 257) = 0\n" OK, "verify-stack-depth" },
};

static const struct verify_case maps[] = {
	{ "value's end", .text = VALUE "r0 = *(u64 *)(r6 + 40)\n" OK },
	{ "over the end", .text = VALUE "r0 = *(u64 *)(r6 + 41)\n" OK,
	  "verify-map-bounds" },
	{ "last byte", .text = VALUE "r0 = *(u8 *)(r6 + 47)\n" OK },
	{ "byte behind", .text = VALUE "r0 = *(u8 *)(r6 + 48)\n" OK,
	  "verify-map-bounds" },
	{ "byte before", .text = VALUE "r0 = *(u8 *)(r6 - 1)\n" OK,
	  "verify-map-bounds" },
	{ "forth and back", .text = VALUE
	  "r6 += 48\nr0 = *(u64 *)(r6 - 8)\n" OK },
	{ "direct offset", .text =
	  "lddw r6, map_value(0, 47)\nr0 = *(u8 *)(r6 + 0)\n" OK },
	{ "direct offset behind", .text =
	  "lddw r6, map_value(0, 48)\nr0 = 0\nexit\n", "verify-map-bounds" },
	{ "direct value of a hash", .text =
	  "lddw r6, map_value(1)\n" OK, "verify-map-use" },
	{ "index fits", .text = ANY VALUE
	  "r7 &= 31\nr6 += r7\nr0 = *(u8 *)(r6 + 16)\n" OK },
	{ "index does not fit", .text = ANY VALUE
	  "r7 &= 31\nr6 += r7\nr0 = *(u8 *)(r6 + 17)\n" OK,
	  "verify-map-bounds" },
	{ "index from below", .text = ANY VALUE
	  "r7 &= 31\nr6 += r7\nr0 = *(u8 *)(r6 - 1)\n" OK,
	  "verify-map-bounds" },
	{ "negative index", .text = ANY VALUE
	  "r7 &= 31\nr7 -= 16\nr6 += r7\nr0 = *(u8 *)(r6 + 15)\n" OK,
	  "verify-unbounded" },
	/* the kernel wants no number that may be negative but below off */
	{ "negative index behind an offset", .text = ANY VALUE
	  "r7 &= 31\nr7 -= 16\nr6 += r7\nr0 = *(u8 *)(r6 + 16)\n" OK,
	  "verify-unbounded" },
	{ "unbounded index", .text = ANY VALUE
	  "r6 += r7\nr0 = *(u8 *)(r6 + 0)\n" OK, "verify-unbounded" },
	{ "misaligned is fine", .text = VALUE
	  "r0 = *(u64 *)(r6 + 3)\n" OK },
	{ "misaligned is not, when asked for", .text = VALUE
	  "r0 = *(u64 *)(r6 + 3)\n" OK, "verify-align",
	  .flags = BPF_F_STRICT_ALIGNMENT },
	{ "null is checked", .text = LOOKUP
	  "r0 = *(u64 *)(r0 + 8)\nnone:\n" OK },
	{ "null is not checked", .text =
	  "r1 = 0\n*(u64 *)(r10 - 8) = r1\nr2 = r10\nr2 += -8\n"
	  "lddw r1, map_fd(1)\ncall 1\nr0 = *(u64 *)(r0 + 8)\n" OK,
	  "verify-null" },
	{ "value of the hash ends", .text = LOOKUP
	  "r0 = *(u64 *)(r0 + 9)\nnone:\n" OK, "verify-map-bounds" },
	{ "frozen number is known", .text = VALUE
	  "lddw r2, map_value(2)\nw3 = *(u32 *)(r2 + 0)\nr6 += r3\n"
	  "r0 = *(u8 *)(r6 + 40)\n" OK },
	{ "frozen number is too large", .text = VALUE
	  "lddw r2, map_value(2)\nw3 = *(u32 *)(r2 + 0)\nr6 += r3\n"
	  "r0 = *(u8 *)(r6 + 41)\n" OK, "verify-map-bounds" },
	{ "frozen byte, sign-extended", .text = VALUE
	  "lddw r2, map_value(2)\nr3 = *(s8 *)(r2 + 12)\nr6 += 128\n"
	  "r6 += r3\nr0 = *(u8 *)(r6 + 47)\n" OK },
	{ "frozen byte, zero-extended", .text = VALUE
	  "lddw r2, map_value(2)\nr3 = *(u8 *)(r2 + 12)\nr6 += 128\n"
	  "r6 += r3\nr0 = *(u8 *)(r6 + 47)\n" OK, "verify-map-bounds" },
	{ "frozen is not written", .text =
	  "lddw r2, map_value(2)\n*(u8 *)(r2 + 0) = 1\n" OK,
	  "verify-map-access" },
	{ "read-only is not written", .text =
	  "lddw r2, map_value(4)\n*(u8 *)(r2 + 0) = 1\n" OK,
	  "verify-map-access" },
	{ "read-only is read", .text =
	  "lddw r2, map_value(4)\nr0 = *(u8 *)(r2 + 0)\n" OK },
	{ "write-only is not read", .text =
	  "r1 = 0\n*(u32 *)(r10 - 4) = w1\nr2 = r10\nr2 += -4\n"
	  "lddw r1, map_fd(3)\ncall 1\nif r0 == 0 goto none\n"
	  "r0 = *(u8 *)(r0 + 0)\nnone:\n" OK, "verify-write-only" },
	{ "write-only is written", .text =
	  "r1 = 0\n*(u32 *)(r10 - 4) = w1\nr2 = r10\nr2 += -4\n"
	  "lddw r1, map_fd(3)\ncall 1\nif r0 == 0 goto none\n"
	  "*(u8 *)(r0 + 0) = 1\nnone:\n" OK },
	{ "a map's own bytes are not written", .text =
	  "lddw r1, map_fd(1)\n*(u32 *)(r1 + 0) = 1\n" OK, "verify-btf" },
	{ "pointer into a map without privileges", .text = VALUE
	  "*(u64 *)(r6 + 0) = r10\n" OK, "verify-pointer-leak", UNPRIV },
	{ "pointer into a map", .text = VALUE
	  "*(u64 *)(r6 + 0) = r10\n" OK },
};

static const struct verify_case packets[] = {
	{ "not compared", XDP, PACKET "r0 = *(u8 *)(r2 + 0)\n" OK,
	  "verify-packet-bounds" },
	{ "compared", XDP, PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "r0 = *(u16 *)(r2 + 12)\nout:\n" OK },
	{ "one too far", XDP, PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "r0 = *(u16 *)(r2 + 13)\nout:\n" OK, "verify-packet-bounds" },
	{ "before the start", XDP, PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "r0 = *(u8 *)(r2 - 1)\nout:\n" OK, "verify-packet-bounds" },
	{ "on the wrong side", XDP, PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\ngoto done\n"
	  "out:\nr0 = *(u8 *)(r2 + 0)\ndone:\n" OK,
	  "verify-packet-bounds" },
	{ "less than the end: one byte more", XDP, PACKET
	  "r4 = r2\nr4 += 8\nif r4 < r3 goto in\ngoto out\n"
	  "in:\nr0 = *(u8 *)(r2 + 8)\nout:\n" OK },
	{ "less than the end: two bytes more", XDP, PACKET
	  "r4 = r2\nr4 += 8\nif r4 < r3 goto in\ngoto out\n"
	  "in:\nr0 = *(u8 *)(r2 + 9)\nout:\n" OK, "verify-packet-bounds" },
	{ "the pointer that was compared", XDP, PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "r0 = *(u16 *)(r4 - 2)\nout:\n" OK },
	{ "behind the pointer that was compared", XDP, PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "r0 = *(u8 *)(r4 + 0)\nout:\n" OK, "verify-packet-bounds" },
	{ "written", XDP, PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "*(u8 *)(r2 + 13) = 1\nout:\n" OK },
	{ "written beyond", XDP, PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "*(u8 *)(r2 + 14) = 1\nout:\n" OK, "verify-packet-bounds" },
	{ "read-only", CGROUP,
	  "r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\n"
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "*(u8 *)(r2 + 13) = 1\nout:\n" OK, "verify-read-only" },
	{ "read-only is read", CGROUP,
	  "r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\n"
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "r0 = *(u8 *)(r2 + 13)\nout:\n" OK },
	{ "variable", XDP, "r7 = *(u32 *)(r1 + 16)\n" PACKET
	  "r7 &= 0xff\nr2 += r7\nr4 = r2\nr4 += 4\nif r4 > r3 goto out\n"
	  "r0 = *(u32 *)(r2 + 0)\nout:\n" OK },
	{ "variable, beyond", XDP, "r7 = *(u32 *)(r1 + 16)\n" PACKET
	  "r7 &= 0xff\nr2 += r7\nr4 = r2\nr4 += 4\nif r4 > r3 goto out\n"
	  "r0 = *(u32 *)(r2 + 1)\nout:\n" OK, "verify-packet-bounds" },
	{ "variable added after the comparison", XDP,
	  "r7 = *(u32 *)(r1 + 16)\n" PACKET
	  "r7 &= 0xf\nr4 = r2\nr4 += 40\nif r4 > r3 goto out\nr2 += r7\n"
	  "r0 = *(u8 *)(r2 + 0)\nout:\n" OK, "verify-packet-bounds" },
	{ "variable taken off keeps the range", XDP,
	  "r7 = *(u32 *)(r1 + 16)\n" PACKET
	  "r7 &= 0xf\nr2 += 40\nif r2 > r3 goto out\nr2 -= r7\n"
	  "r0 = *(u8 *)(r2 - 1)\nout:\n" OK, "verify-unbounded" },
	{ "farthest", XDP, PACKET
	  "r4 = r2\nr4 += 0xffff\nif r4 > r3 goto out\n"
	  "r0 = *(u8 *)(r2 + 0x7fff)\nout:\n" OK },
	{ "too far to learn from", XDP, PACKET
	  "r4 = r2\nr4 += 0x10000\nif r4 > r3 goto out\n"
	  "r0 = *(u8 *)(r2 + 0)\nout:\n" OK, "verify-packet-bounds" },
	{ "variable as far as it may be", XDP,
	  "r7 = *(u32 *)(r1 + 16)\n" PACKET
	  "r7 &= 0x7fff\nr2 += r7\nr4 = r2\nr4 += 0x7fff\n"
	  "if r4 > r3 goto out\nr0 = *(u8 *)(r2 + 0)\nout:\n" OK },
	{ "variable too far to learn from", XDP,
	  "r7 = *(u32 *)(r1 + 16)\n" PACKET
	  "r7 &= 0xffff\nr2 += r7\nr4 = r2\nr4 += 1\n"
	  "if r4 > r3 goto out\nr0 = *(u8 *)(r2 + 0)\nout:\n" OK,
	  "verify-packet-bounds" },
	{ "meta", XDP,
	  "r2 = *(u32 *)(r1 + 8)\nr3 = *(u32 *)(r1 + 0)\n"
	  "r4 = r2\nr4 += 4\nif r4 > r3 goto out\n"
	  "r0 = *(u32 *)(r2 + 0)\nout:\n" OK },
	{ "meta, beyond", XDP,
	  "r2 = *(u32 *)(r1 + 8)\nr3 = *(u32 *)(r1 + 0)\n"
	  "r4 = r2\nr4 += 4\nif r4 > r3 goto out\n"
	  "r0 = *(u32 *)(r2 + 1)\nout:\n" OK, "verify-packet-bounds" },
	{ "the end itself", XDP, PACKET "r0 = *(u8 *)(r3 + 0)\n" OK,
	  "verify-not-pointer" },
	{ "moved by a call", XDP, "r6 = r1\n" PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\nr7 = r2\nr1 = r6\n"
	  "r2 = 0\ncall 44\nr0 = *(u8 *)(r7 + 0)\nout:\n" OK,
	  "verify-not-pointer" },
	{ "loaded again after a call", XDP, "r6 = r1\n"
	  "r2 = 0\ncall 44\nr1 = r6\n" PACKET
	  "r4 = r2\nr4 += 14\nif r4 > r3 goto out\n"
	  "r0 = *(u8 *)(r2 + 0)\nout:\n" OK },
	{ "past the end, and then less", XDP, PACKET
	  "r2 += 14\nif r2 > r3 goto beyond\n" OK
	  "beyond:\nr2 += -14\nif r2 > r3 goto out\n"
	  "r0 = *(u8 *)(r10 + 0)\nout:\n" OK, "verify-stack-bounds",
	  .differs = "it takes the way as decided after the subtraction" },
	{ "atomic", XDP, PACKET
	  "r4 = r2\nr4 += 16\nif r4 > r3 goto out\nr5 = 1\n"
	  "lock *(u64 *)(r2 + 0) += r5\nout:\n" OK, "verify-atomic" },
};

static const struct verify_case contexts[] = {
	{ "field", XDP, "r0 = *(u32 *)(r1 + 16)\n" OK },
	{ "between fields", XDP, "r0 = *(u32 *)(r1 + 14)\n" OK,
	  "verify-ctx" },
	{ "half a field", XDP, "r0 = *(u16 *)(r1 + 16)\n" OK,
	  "verify-ctx" },
	{ "behind the last", XDP, "r0 = *(u32 *)(r1 + 24)\n" OK,
	  "verify-ctx" },
	{ "before the first", XDP, "r0 = *(u32 *)(r1 - 4)\n" OK,
	  "verify-ctx" },
	{ "written", XDP, "*(u32 *)(r1 + 16) = 0\n" OK, "verify-ctx" },
	{ "narrow", CLS, "r0 = *(u8 *)(r1 + 1)\n" OK },
	{ "narrow, misaligned", CLS, "r0 = *(u16 *)(r1 + 1)\n" OK,
	  "verify-ctx" },
	{ "mark is written", CLS, "*(u32 *)(r1 + 8) = 0\n" OK },
	{ "mark is written in part", CLS, "*(u16 *)(r1 + 8) = 0\n" OK,
	  "verify-ctx" },
	{ "len is not written", CLS, "*(u32 *)(r1 + 0) = 0\n" OK,
	  "verify-ctx" },
	{ "moved", CLS, "r1 += 8\nr0 = *(u32 *)(r1 + 0)\n" OK,
	  "verify-ctx-moved" },
	{ "moved there and back", CLS,
	  "r1 += 8\nr1 += -8\nr0 = *(u32 *)(r1 + 0)\n" OK },
	{ "variable", CLS,
	  "r2 = *(u32 *)(r1 + 0)\nr2 &= 4\nr1 += r2\n"
	  "r0 = *(u32 *)(r1 + 0)\n" OK, "verify-ctx-moved" },
	{ "packet in a socket filter", 0, "r0 = *(u32 *)(r1 + 76)\n" OK,
	  "verify-ctx" },
	{ "pointer as a narrow load", CLS, "r0 = *(u16 *)(r1 + 76)\n" OK,
	  "verify-ctx" },
	{ "atomic", CLS, "r2 = 1\nlock *(u32 *)(r1 + 8) += w2\n" OK,
	  "verify-atomic" },
	{ "socket is checked", CLS,
	  "r1 = *(u64 *)(r1 + 168)\nif r1 == 0 goto out\n"
	  "r0 = *(u32 *)(r1 + 4)\nout:\n" OK },
	{ "socket is not checked", CLS,
	  "r1 = *(u64 *)(r1 + 168)\nr0 = *(u32 *)(r1 + 4)\n" OK,
	  "verify-null" },
	{ "socket is written", CLS,
	  "r1 = *(u64 *)(r1 + 168)\nif r1 == 0 goto out\n"
	  "*(u32 *)(r1 + 4) = 0\nout:\n" OK, "verify-read-only" },
	{ "socket's end", CLS,
	  "r1 = *(u64 *)(r1 + 168)\nif r1 == 0 goto out\n"
	  "r0 = *(u32 *)(r1 + 4096)\nout:\n" OK, "verify-ctx" },
	{ "context is kept on the stack", CLS,
	  "*(u64 *)(r10 - 8) = r1\nr1 = 0\nr1 = *(u64 *)(r10 - 8)\n"
	  "r0 = *(u32 *)(r1 + 0)\n" OK },
	{ "one instruction, context and stack", CLS,
	  "r2 = *(u32 *)(r1 + 0)\nif r2 > 9 goto other\nr1 = r10\n"
	  "r1 += -8\nother:\nr0 = *(u32 *)(r1 + 0)\n" OK,
	  "verify-insn" },
	{ "one instruction, map and stack", CLS,
	  "r2 = *(u32 *)(r1 + 0)\nlddw r1, map_value(0)\n"
	  "if r2 > 9 goto other\nr1 = r10\n"
	  "r1 += -8\nother:\nr0 = *(u32 *)(r1 + 0)\n" OK },
	{ "old packet load in a function without types", 0,
	  "call f\nexit\nf:\nr6 = r1\nr0 = *(u16 *)skb[12]\nexit\n",
	  "verify-ld-abs" },
	{ "old packet load", 0,
	  "r6 = r1\nr0 = *(u16 *)skb[12]\nexit\n" },
	{ "old packet load without the context", 0,
	  "r6 = 0\nr0 = *(u16 *)skb[12]\nexit\n", "verify-ld-abs" },
	{ "old packet load in xdp", XDP,
	  "r6 = r1\nr0 = *(u16 *)skb[12]\nexit\n", "verify-ld-abs" },
	{ "old packet load by register", 0,
	  "r6 = r1\nr7 = 4\nr0 = *(u8 *)skb[r7 + 2]\nexit\n" },
	{ "old packet load clobbers", 0,
	  "r6 = r1\nr0 = *(u16 *)skb[12]\nr0 = r1\nexit\n",
	  "verify-unset" },
	{ "old packet load is narrow", 0, "r6 = r1\n"
	  "lddw r8, map_value(0)\nr0 = *(u8 *)skb[12]\nr0 &= 31\n"
	  "r8 += r0\nr0 = *(u8 *)(r8 + 16)\n" OK },
};

static const struct verify_case atomics[] = {
	{ "add", .text = VALUE "r1 = 1\nlock *(u64 *)(r6 + 40) += r1\n" OK },
	{ "add beyond", .text = VALUE
	  "r1 = 1\nlock *(u64 *)(r6 + 48) += r1\n" OK,
	  "verify-map-bounds" },
	{ "add misaligned", .text = VALUE
	  "r1 = 1\nlock *(u64 *)(r6 + 4) += r1\n" OK, "verify-align" },
	{ "add of a half, aligned", .text = VALUE
	  "r1 = 1\nlock *(u32 *)(r6 + 4) += w1\n" OK },
	{ "fetch gives a number", .text = VALUE
	  "r1 = 1\nr1 = atomic_fetch_add((u64 *)(r6 + 0), r1)\nr0 = r1\n"
	  "exit\n" },
	{ "fetch from the stack gives the pointer", .text =
	  "*(u64 *)(r10 - 8) = r1\nr2 = 0\n"
	  "r2 = xchg_64(r10 - 8, r2)\nr0 = *(u32 *)(r2 + 0)\nexit\n" },
	{ "exchanged slot is a number", .text =
	  "*(u64 *)(r10 - 8) = r1\nr2 = 0\n"
	  "r2 = xchg_64(r10 - 8, r2)\nr3 = *(u64 *)(r10 - 8)\n"
	  "r0 = *(u32 *)(r3 + 0)\nexit\n", "verify-not-pointer" },
	{ "compare and exchange sets r0", .text = VALUE
	  "r0 = 0\nr1 = 5\nr0 = cmpxchg_64(r6 + 0, r0, r1)\nexit\n" },
	{ "compare and exchange reads r0", .text = VALUE
	  "r1 = 5\nr0 = cmpxchg_64(r6 + 0, r0, r1)\nexit\n",
	  "verify-unset" },
	{ "read-only", .text =
	  "lddw r6, map_value(4)\nr1 = 1\n"
	  "lock *(u64 *)(r6 + 0) += r1\n" OK, "verify-map-access" },
	{ "32-bit fetch is narrow", .text = VALUE
	  "r1 = 1\nw1 = atomic_fetch_add((u32 *)(r6 + 0), w1)\nr1 >>= 32\n"
	  "r6 += r1\nr0 = *(u8 *)(r6 + 47)\n" OK },
	{ "unset operand", .text = VALUE
	  "lock *(u64 *)(r6 + 0) += r4\n" OK, "verify-unset" },
	{ "load-acquire", .text = VALUE
	  "r0 = load_acquire((u64 *)(r6 + 40))\n" OK },
	{ "load-acquire beyond", .text = VALUE
	  "r0 = load_acquire((u64 *)(r6 + 48))\n" OK,
	  "verify-map-bounds" },
	{ "load-acquire of the context", CLS,
	  "w0 = load_acquire((u32 *)(r1 + 0))\n" OK, "verify-atomic" },
	{ "store-release", .text = VALUE
	  "r1 = 1\nstore_release((u64 *)(r6 + 40), r1)\n" OK },
	{ "store-release misaligned", .text = VALUE
	  "r1 = 1\nstore_release((u64 *)(r6 + 36), r1)\n" OK,
	  "verify-align" },
	{ "store-release spills", .text =
	  "store_release((u64 *)(r10 - 8), r1)\n"
	  "r2 = load_acquire((u64 *)(r10 - 8))\n"
	  "r0 = *(u32 *)(r2 + 0)\nexit\n" },
};

static const struct case_table tables[] = {
	CASE_TABLE(stack),
	CASE_TABLE(maps),
	CASE_TABLE(packets),
	CASE_TABLE(contexts),
	CASE_TABLE(atomics),
};

static void test_skep(void **state)
{
	case_check_all(tables, ARRAY_SIZE(tables));
}

static void test_kernel(void **state)
{
	case_check_all_kernel(tables, ARRAY_SIZE(tables));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_skep),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
