/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of loaders without capabilities: what may leak, and what they
 * may not have at all. The kernel is asked by a thread without capabilities,
 * where the sysctl kernel.unprivileged_bpf_disabled is 0.
 */
#include "verify_cases.h"

#define XDP	BPF_PROG_TYPE_XDP
#define CGROUP	BPF_PROG_TYPE_CGROUP_SKB
#define UNPRIV	.profile = VERIFY_UNPRIVILEGED
#define LEAK	"verify-pointer-leak", UNPRIV
#define MATH	"verify-pointer-math", UNPRIV
#define CAP	"verify-privilege", UNPRIV

#define OK	"r0 = 0\nexit\n"
/* r6: a value of map 0, 48 bytes */
#define VALUE	"lddw r6, map_value(0)\n"
/* r0: a value of map 1, 16 bytes, or NULL; r7 the context */
#define LOOKUP \
	"r7 = r1\nr1 = 0\n*(u64 *)(r10 - 8) = r1\nr2 = r10\nr2 += -8\n" \
	"lddw r1, map_fd(1)\ncall 1\n"
/* the key is zero, the value what the stack at -32 has */
#define UPDATE \
	"r1 = 0\n*(u64 *)(r10 - 8) = r1\nr2 = r10\nr2 += -8\nr3 = r10\n" \
	"r3 += -32\nr4 = 0\nlddw r1, map_fd(1)\ncall 2\n"
/* r8: a number that nothing is known of */
#define ANY	"r8 = *(u32 *)(r1 + 0)\n"

static const struct verify_case stores[] = {
	{ "context into a map", .text = VALUE
	  "*(u64 *)(r6 + 0) = r1\n" OK, LEAK },
	{ "stack into a map", .text = VALUE
	  "*(u64 *)(r6 + 0) = r10\n" OK, LEAK },
	{ "map into itself", .text = VALUE
	  "*(u64 *)(r6 + 8) = r6\n" OK, LEAK },
	{ "map's descriptor into a map", .text = VALUE
	  "lddw r2, map_fd(0)\n*(u64 *)(r6 + 8) = r2\n" OK, LEAK },
	{ "value that may be NULL into a map", .text = LOOKUP VALUE
	  "*(u64 *)(r6 + 0) = r0\n" OK, LEAK },
	{ "NULL into a map", .text = LOOKUP VALUE
	  "if r0 != 0 goto out\n*(u64 *)(r6 + 0) = r0\nout:\n" OK, UNPRIV },
	{ "half of a pointer into a map", .text = VALUE
	  "*(u32 *)(r6 + 0) = r1\n" OK, LEAK },
	{ "stack into the context", .text =
	  "*(u32 *)(r1 + 48) = r10\n" OK, LEAK },
	{ "number into the context", .text =
	  "r2 = 7\n*(u32 *)(r1 + 48) = r2\n" OK, UNPRIV },
	{ "half of a pointer onto the stack", .text =
	  "*(u32 *)(r10 - 8) = r1\n" OK, "verify-stack-spill", UNPRIV },
	{ "pointer onto the stack and back", .text =
	  "*(u64 *)(r10 - 8) = r1\nr2 = *(u64 *)(r10 - 8)\n"
	  "r0 = *(u32 *)(r2 + 0)\n" OK, UNPRIV },
	{ "spilled pointer in halves", .text =
	  "*(u64 *)(r10 - 8) = r1\nr0 = *(u32 *)(r10 - 8)\n" OK,
	  "verify-stack-spill", UNPRIV },
	{ "spilled pointer's byte overwritten", .text =
	  "*(u64 *)(r10 - 8) = r1\nr2 = 0\n*(u8 *)(r10 - 5) = r2\n" OK,
	  "verify-stack-spill", UNPRIV },
	{ "spilled pointer overwritten whole", .text =
	  "*(u64 *)(r10 - 8) = r1\nr2 = 0\n*(u64 *)(r10 - 8) = r2\n"
	  "r0 = *(u32 *)(r10 - 8)\n" OK, UNPRIV },
};

static const struct verify_case atomics[] = {
	{ "pointer added to the stack", .text =
	  "r2 = 0\n*(u64 *)(r10 - 8) = r2\n"
	  "lock *(u64 *)(r10 - 8) += r1\n" OK, LEAK },
	{ "pointer added to a map", .text = VALUE
	  "lock *(u64 *)(r6 + 0) += r1\n" OK, LEAK },
	{ "number added to a map", .text = VALUE
	  "r2 = 1\nlock *(u64 *)(r6 + 0) += r2\n" OK, UNPRIV },
	{ "number added to a spilled pointer", .text =
	  "*(u64 *)(r10 - 8) = r1\nr2 = 1\n"
	  "lock *(u64 *)(r10 - 8) += r2\n" OK, LEAK },
	{ "pointer exchanged with a map", .text = VALUE
	  "r1 = xchg_64(r6 + 0, r1)\n" OK, LEAK },
	{ "pointer as what is compared", .text = VALUE
	  "r0 = r10\nr2 = 1\nr0 = cmpxchg_64(r6 + 0, r0, r2)\n" OK, LEAK },
	{ "pointer as what is put", .text = VALUE
	  "r0 = 0\nr0 = cmpxchg_64(r6 + 0, r0, r10)\n" OK, LEAK },
	{ "numbers compared and put", .text = VALUE
	  "r0 = 0\nr2 = 1\nr0 = cmpxchg_64(r6 + 0, r0, r2)\n" OK, UNPRIV },
};

static const struct verify_case compared[] = {
	{ "with a number", .text = "if r1 == 7 goto out\nout:\n" OK, LEAK },
	{ "with zero, a context", .text = "if r1 == 0 goto out\nout:\n" OK,
	  LEAK },
	{ "with zero, a map", .text =
	  "lddw r1, map_fd(0)\nif r1 == 0 goto out\nout:\n" OK, UNPRIV },
	{ "with zero, a map's value", .text = VALUE
	  "if r6 != 0 goto out\nout:\n" OK, UNPRIV },
	{ "with one, a map's value", .text = VALUE
	  "if r6 != 1 goto out\nout:\n" OK, LEAK },
	{ "with zero in order, a map's value", .text = VALUE
	  "if r6 > 0 goto out\nout:\n" OK, LEAK },
	{ "half with zero, a map's value", .text = VALUE
	  "if w6 != 0 goto out\nout:\n" OK, LEAK,
	  .differs = "it takes the low half of an address as never zero" },
	{ "with NULL", .text = LOOKUP "if r0 == 0 goto out\nout:\n" OK,
	  UNPRIV },
	{ "half with NULL", .text = LOOKUP "if w0 == 0 goto out\nout:\n" OK,
	  LEAK },
	{ "with NULL in a register", .text = LOOKUP
	  "r2 = 0\nif r0 == r2 goto out\nout:\n" OK, LEAK },
	{ "with a number in a register", .text = ANY
	  "if r8 == r10 goto out\nout:\n" OK, LEAK },
	{ "with another", .text = "if r1 == r10 goto out\nout:\n" OK, LEAK },
	{ "with itself", .text = "if r1 == r1 goto out\nout:\n" OK, LEAK },
	{ "bits", .text = "if r1 & 1 goto out\nout:\n" OK, LEAK },
};

static const struct verify_case sums[] = {
	{ "difference", .text = "r1 -= r10\n" OK, MATH },
	{ "with itself", .text = "r1 -= r1\n" OK, MATH },
	{ "half", .text = "w1 -= w1\n" OK, MATH },
	{ "xor with itself", .text = "r1 ^= r1\n" OK, MATH },
	{ "and with zero", .text = "r1 &= 0\n" OK, MATH },
	{ "times zero", .text = "r1 *= 0\n" OK, MATH },
	{ "shifted", .text = "r1 >>= 32\n" OK, MATH },
	{ "negated", .text = "r1 = -r1\n" OK, MATH },
	{ "byte order", .text = "r1 = be64 r1\n" OK, MATH },
	{ "low half", .text = "w2 = w1\n" OK, LEAK },
	{ "low byte", .text = "r2 = (s8)r1\n" OK, LEAK },
	{ "past a value, and not back", .text = VALUE
	  "r6 += 48\n" OK, MATH },
	{ "to a value's last byte", .text = VALUE
	  "r6 += 47\n" OK, UNPRIV },
	{ "before a value", .text = VALUE
	  "r6 -= 1\n" OK, MATH },
	{ "a number that may leave the value", .text = ANY VALUE
	  "r8 &= 63\nr6 += r8\n" OK, MATH },
	{ "a number that may not", .text = ANY VALUE
	  "r8 &= 31\nr6 += r8\n" OK, UNPRIV },
	{ "register added to the context", .text =
	  "r2 = 0\nr1 += r2\n" OK, MATH },
	{ "constant added to the context", .text =
	  "r1 += 0\n" OK, UNPRIV },
	{ "register added to a map", .text =
	  "r2 = 0\nlddw r3, map_fd(0)\nr3 += r2\n" OK, MATH },
	{ "number minus pointer", .text = ANY "r8 -= r1\n" OK, MATH },
	{ "number and pointer", .text = ANY "r8 &= r1\n" OK, MATH },
	{ "number times pointer", .text = ANY "r8 *= r1\n" OK, MATH },
	{ "number plus pointer", .text = VALUE ANY
	  "r8 &= 7\nr8 += r6\nr0 = *(u8 *)(r8 + 0)\n" OK, UNPRIV },
	{ "variable stack", .text = ANY
	  "r8 &= 7\nr2 = r10\nr2 += -16\nr2 += r8\n" OK, MATH },
};

static const struct verify_case stack[] = {
	{ "unset word", .text = "r0 = *(u64 *)(r10 - 8)\nexit\n",
	  "verify-stack-bounds", UNPRIV },
	{ "unset word above one that is set", .text =
	  "r2 = 0\n*(u64 *)(r10 - 16) = r2\nr0 = *(u64 *)(r10 - 8)\nexit\n",
	  "verify-stack-unset", UNPRIV },
	{ "unset on one path", .text = ANY
	  "if r8 > 7 goto on\nr2 = 0\n*(u64 *)(r10 - 8) = r2\non:\n"
	  "r2 = 0\n*(u64 *)(r10 - 16) = r2\n"
	  "r0 = *(u64 *)(r10 - 8)\nexit\n",
	  "verify-stack-unset", UNPRIV },
	{ "pointer on one path", .text = ANY
	  "r2 = 0\n*(u64 *)(r10 - 8) = r2\n"
	  "if r8 > 7 goto on\n*(u64 *)(r10 - 8) = r1\non:\n"
	  "r0 = *(u64 *)(r10 - 8)\nexit\n", LEAK },
	{ "pointer on one path, by a call", .text = ANY
	  "r2 = 0\n*(u64 *)(r10 - 32) = r2\n*(u64 *)(r10 - 24) = r2\n"
	  "if r8 > 7 goto on\n*(u64 *)(r10 - 32) = r1\non:\n"
	  UPDATE OK, "verify-stack-unset", UNPRIV },
	{ "bytes or a pointer on one path, by a call", .text = ANY
	  "r2 = 0\n*(u64 *)(r10 - 24) = r2\n"
	  "if r8 > 7 goto on\n*(u64 *)(r10 - 32) = r1\ngoto both\non:\n"
	  "*(u32 *)(r10 - 32) = r8\n*(u32 *)(r10 - 28) = r8\nboth:\n"
	  UPDATE OK, "verify-stack-unset", UNPRIV },
};

static const struct verify_case calls[] = {
	{ "unset value", .text = UPDATE OK, "verify-stack-unset", UNPRIV },
	{ "value with a gap", .text =
	  "r2 = 0\n*(u64 *)(r10 - 32) = r2\n*(u32 *)(r10 - 24) = r2\n"
	  UPDATE OK, "verify-stack-unset", UNPRIV },
	{ "value of numbers", .text =
	  "r2 = 0\n*(u64 *)(r10 - 32) = r2\n*(u64 *)(r10 - 24) = r2\n"
	  UPDATE OK, UNPRIV },
	{ "value with a pointer", .text =
	  "r2 = 0\n*(u64 *)(r10 - 32) = r2\n*(u64 *)(r10 - 24) = r1\n"
	  UPDATE OK, "verify-stack-unset", UNPRIV },
	{ "pointer as any argument", .text =
	  "r2 = r10\nr3 = r10\nr3 += -8\nr4 = 8\ncall 26\n" OK, LEAK },
	{ "number as any argument", .text =
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall 26\n" OK, UNPRIV },
	{ "call writes over a spilled pointer", .text =
	  "*(u64 *)(r10 - 8) = r1\n"
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall 26\n" OK,
	  "verify-stack-spill", UNPRIV },
	{ "what a call wrote is read", .text =
	  "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall 26\n"
	  "r0 = *(u64 *)(r10 - 8)\nexit\n", UNPRIV },
	{ "the result of a lookup as a number", .text = LOOKUP "exit\n",
	  LEAK },
	{ "no check of a constant index", .text =
	  "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nlddw r1, map_fd(0)\n"
	  "call 1\nr0 = *(u32 *)(r0 + 0)\nexit\n", "verify-null", UNPRIV },
};

static const struct verify_case results[] = {
	{ "context", .text = "r0 = r1\nexit\n", LEAK },
	{ "stack", .text = "r0 = r10\nexit\n", LEAK },
	{ "map's descriptor", .text = "lddw r0, map_fd(0)\nexit\n", LEAK },
	{ "pointer on one path", .text = ANY
	  "r0 = 0\nif r8 > 7 goto out\nr0 = r1\nout:\nexit\n", LEAK },
	{ "number", .text = ANY "r0 = r8\nexit\n", UNPRIV },
};

static const struct verify_case capabilities[] = {
	{ "loop", .text = "r0 = 9\non:\nr0 += -1\nif r0 > 1 goto on\nexit\n",
	  "verify-back-edge", UNPRIV },
	{ "loop forward", .text =
	  "r0 = 9\nmay_goto on\nr0 += -1\non:\nexit\n", UNPRIV },
	{ "function", .text = "call f\nexit\nf:\nr0 = 0\nexit\n", CAP },
	{ "program type", XDP, OK, CAP },
	{ "cgroup_skb", CGROUP, "r0 = 1\nexit\n", UNPRIV },
	{ "packet in cgroup_skb", CGROUP,
	  "r2 = *(u32 *)(r1 + 76)\nr0 = 1\nexit\n", "verify-ctx", UNPRIV },
	{ "time stamp is written", CGROUP,
	  "r2 = 0\n*(u64 *)(r1 + 152) = r2\nr0 = 1\nexit\n", "verify-ctx",
	  UNPRIV },
	{ "old helper", .text = "call 5\n" OK, UNPRIV },
	{ "helper of CAP_BPF", .text = "call 118\n" OK, CAP },
	{ "helper of CAP_PERFMON", .text =
	  "r1 = r10\nr1 += -8\n*(u64 *)(r10 - 8) = 0\nr2 = 8\ncall 6\n" OK,
	  CAP },
	{ "old packet load", .text =
	  "r6 = r1\nr0 = *(u16 *)skb[12]\nexit\n", UNPRIV },
	{ "a map's own bytes", .text =
	  "lddw r1, map_fd(1)\nr0 = *(u32 *)(r1 + 0)\n" OK, "verify-btf",
	  UNPRIV },
};

static const struct case_table tables[] = {
	CASE_TABLE(stores),
	CASE_TABLE(atomics),
	CASE_TABLE(compared),
	CASE_TABLE(sums),
	CASE_TABLE(stack),
	CASE_TABLE(calls),
	CASE_TABLE(results),
	CASE_TABLE(capabilities),
};

static void test_skep(void **state)
{
	case_check_all(tables, ARRAY_SIZE(tables));
}

static void test_kernel(void **state)
{
	if (!case_kernel_is_open())
		skip();
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
