/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic: on numbers, where a map value of 48 bytes tells what is known of
 * a result (an index of 40 takes a load of 8 bytes, one of 41 does not), and
 * on pointers. Each bound has a case on both sides of it.
 */
#include "verify_cases.h"

#define XDP	BPF_PROG_TYPE_XDP
#define CLS	BPF_PROG_TYPE_SCHED_CLS
#define UNPRIV	.profile = VERIFY_UNPRIVILEGED

#define OK	"r0 = 0\nexit\n"
/* r6 a map's value, r7 and r8 32-bit numbers that nothing is known of */
#define BEGIN \
	"r7 = *(u32 *)(r1 + 16)\nr8 = *(u32 *)(r1 + 8)\n" \
	"lddw r6, map_value(0)\n"
#define USE(reg)	"r6 += " reg "\nr0 = *(u64 *)(r6 + 0)\nout:\n" OK
/* r7 is known to be `number`, and then `code` makes the index of it */
#define OF(number, code) \
	.text = BEGIN "r7 = " number "\n" code USE("r7")
/* r7 is at most `number` */
#define UP_TO(number, code) \
	.text = BEGIN "if r7 > " number " goto out\n" code USE("r7")
#define BAD	"verify-map-bounds"

static const struct verify_case numbers[] = {
	{ "add", UP_TO("30", "r7 += 10\n") },
	{ "add, one more", UP_TO("30", "r7 += 11\n"), BAD },
	{ "sub", OF("50", "r7 -= 10\n") },
	{ "sub, one less", OF("50", "r7 -= 9\n"), BAD },
	{ "mul", UP_TO("10", "r7 *= 4\n") },
	{ "mul, one more", UP_TO("10", "r7 *= 4\nr7 += 1\n"), BAD },
	{ "and", .text = BEGIN "r7 &= 40\n" USE("r7") },
	{ "and, one bit more", .text = BEGIN "r7 &= 41\n" USE("r7"), BAD },
	{ "or", UP_TO("31", "r7 &= 7\nr7 |= 32\n") },
	{ "or, one bit more", UP_TO("31", "r7 &= 9\nr7 |= 32\n"), BAD },
	{ "xor", .text = BEGIN "r7 &= 8\nr7 ^= 32\n" USE("r7") },
	{ "xor, one bit more", .text = BEGIN "r7 &= 9\nr7 ^= 32\n"
	  USE("r7"), BAD },
	{ "left", UP_TO("10", "r7 <<= 2\n") },
	{ "left, one more", UP_TO("11", "r7 <<= 2\n"), BAD },
	{ "right", UP_TO("81", "r7 >>= 1\n") },
	{ "right, one more", UP_TO("82", "r7 >>= 1\n"), BAD },
	{ "signed right", UP_TO("81", "r7 s>>= 1\n") },
	{ "signed right, one more", UP_TO("82", "r7 s>>= 1\n"), BAD },
	{ "negation", OF("-40", "r7 = -r7\n") },
	{ "negation, one more", OF("-41", "r7 = -r7\n"), BAD },
	{ "32-bit add wraps", OF("-10", "w7 += 50\n") },
	{ "64-bit add of the same does, too", OF("-10", "r7 += 50\n") },
	{ "32-bit result is zero-extended", OF("-1", "w7 += 0\n"),
	  "verify-unbounded" },
	{ "byte swap of a constant", OF("0x2800", "r7 = be16 r7\n") },
	{ "byte swap of another", OF("0x2900", "r7 = be16 r7\n"), BAD },
	{ "unconditional byte swap", OF("0x2800", "r7 = bswap16 r7\n") },
	{ "byte swap of an address", .text = BEGIN
	  "r7 = r10\nr7 = be64 r7\nr7 >>= 32\n" USE("r7"),
	  "verify-unbounded" },
	{ "half of an address", .text = BEGIN
	  "r7 = r10\nr7 = le32 r7\nr7 >>= 32\n" USE("r7"),
	  .differs = "it knows nothing of what is swapped" },
	{ "truncation", OF("0x10028", "r7 = le16 r7\n") },
	{ "truncation, one more", OF("0x10029", "r7 = le16 r7\n"), BAD },
	{ "sign extension of a byte", OF("0x128", "r7 = (s8)r7\n") },
	{ "sign extension of a negative byte", OF("0xd8",
	  "r7 = (s8)r7\nr7 = -r7\n") },
	{ "sign extension of another", OF("0xd7",
	  "r7 = (s8)r7\nr7 = -r7\n"), BAD },
	{ "a division by a constant is a range", UP_TO("81", "r7 /= 2\n"),
	  .differs = "it knows nothing of quotients" },
	{ "a division by a constant, one more", UP_TO("82", "r7 /= 2\n"),
	  BAD },
	{ "a remainder is a range", .text = BEGIN "r7 %= 41\n" USE("r7"),
	  .differs = "it knows nothing of remainders" },
	{ "a remainder, one more", .text = BEGIN "r7 %= 42\n" USE("r7"),
	  BAD },
	{ "division by zero", .text = BEGIN "r7 /= 0\n" OK,
	  "verify-divide" },
	{ "remainder of zero, 32-bit", .text = BEGIN "w7 %= 0\n" OK,
	  "verify-divide" },
	{ "division by a register", .text = BEGIN "r7 /= r8\n" OK },
	{ "shift by the width less one", .text = BEGIN "r7 <<= 63\n" OK },
	{ "shift by the width", .text = BEGIN "r7 <<= 64\n" OK,
	  "verify-shift" },
	{ "32-bit shift by the width less one", .text =
	  BEGIN "w7 >>= 31\n" OK },
	{ "32-bit shift by the width", .text = BEGIN "w7 >>= 32\n" OK,
	  "verify-shift" },
	{ "shift by less than nothing", .text = BEGIN "r7 s>>= -1\n" OK,
	  "verify-shift" },
	{ "unset operand", .text = "r0 += r5\nexit\n", "verify-unset" },
	{ "unset source", .text = "r0 = r5\nexit\n", "verify-unset" },
	{ "frame pointer", .text = "r10 += -8\n" OK,
	  "verify-frame-pointer" },
	{ "frame pointer moved", .text = "r10 = 8\n" OK,
	  "verify-frame-pointer" },
	{ "frame pointer loaded", .text = "r10 = *(u64 *)(r10 - 8)\n" OK,
	  "verify-frame-pointer" },
	{ "mask of a sign", .text = BEGIN
	  "r7 <<= 32\nr7 s>>= 63\nr7 &= 41\nif r7 == 41 goto out\n"
	  USE("r7") },
};

static const struct verify_case links[] = {
	{ "copy", .text = BEGIN
	  "r8 = r7\nif r7 > 40 goto out\n" USE("r8") },
	{ "copy, one more", .text = BEGIN
	  "r8 = r7\nif r7 > 41 goto out\n" USE("r8"), BAD },
	{ "copy plus constant", .text = BEGIN
	  "r8 = r7\nr8 += 10\nif r7 > 30 goto out\n" USE("r8") },
	{ "copy plus constant, one more", .text = BEGIN
	  "r8 = r7\nr8 += 11\nif r7 > 30 goto out\n" USE("r8"), BAD },
	{ "constant added to what is compared", .text = BEGIN
	  "r8 = r7\nr8 += 10\nif r8 > 50 goto out\n"
	  "if r7 > 50 goto out\n" USE("r7") },
	{ "two constants", .text = BEGIN
	  "r8 = r7\nr8 += 5\nr8 += 5\nif r7 > 30 goto out\n" USE("r8"),
	  .differs = "it follows one addition" },
	{ "other operations break it", .text = BEGIN
	  "r8 = r7\nr8 *= 2\nif r7 > 10 goto out\n" USE("r8"),
	  "verify-unbounded" },
	{ "32-bit copy of what fits", .text = BEGIN
	  "w8 = w7\nif r7 > 40 goto out\n" USE("r8") },
	{ "32-bit copy of what does not", .text = BEGIN
	  "r7 <<= 3\nw8 = w7\nif r8 > 40 goto out\n" USE("r7"),
	  "verify-unbounded" },
	{ "32-bit addition that may wrap", .text = BEGIN
	  "r8 = r7\nw8 += 10\nif r8 > 20 goto out\n" USE("r7"),
	  "verify-unbounded" },
	{ "32-bit addition that does not", .text = BEGIN
	  "r7 &= 0xffff\nr8 = r7\nw8 += 10\nif r8 > 50 goto out\n"
	  USE("r7") },
	{ "sign extension of what is positive", .text = BEGIN
	  "r7 &= 0x7f\nr8 = (s8)r7\nif r8 > 40 goto out\n" USE("r7") },
	{ "sign extension of what may be negative", .text = BEGIN
	  "r7 &= 0xff\nr8 = (s8)r7\nif r8 > 40 goto out\n" USE("r7"),
	  BAD },
	{ "through the stack", .text = BEGIN
	  "*(u64 *)(r10 - 8) = r7\nr8 = *(u64 *)(r10 - 8)\n"
	  "if r8 > 40 goto out\n" USE("r7") },
	{ "narrow, through the stack", .text = BEGIN
	  "*(u32 *)(r10 - 8) = w7\nw8 = *(u32 *)(r10 - 8)\n"
	  "if r8 > 40 goto out\n" USE("r7") },
	{ "cut, through the stack", .text = BEGIN
	  "*(u16 *)(r10 - 8) = w7\nw8 = *(u16 *)(r10 - 8)\n"
	  "if r8 > 40 goto out\n" USE("r7"), "verify-unbounded" },
};

static const struct verify_case pointers[] = {
	{ "32-bit", .text = BEGIN "w6 += 1\n" OK, "verify-pointer-math" },
	{ "32-bit difference", .text = BEGIN "w6 -= w6\n" OK },
	{ "multiplied", .text = BEGIN "r6 *= 2\n" OK,
	  "verify-pointer-math" },
	{ "masked", .text = BEGIN "r6 &= 7\n" OK, "verify-pointer-math" },
	{ "two added", .text = BEGIN "r6 += r10\n" OK,
	  "verify-pointer-math" },
	{ "difference", .text = BEGIN "r6 -= r10\n" OK },
	{ "difference without privileges", .text = BEGIN "r6 -= r10\n" OK,
	  "verify-pointer-math", UNPRIV },
	{ "difference is a number", .text = BEGIN
	  "r6 -= r10\nr0 = *(u8 *)(r6 + 0)\n" OK, "verify-not-pointer" },
	{ "taken from a number", .text = BEGIN "r7 -= r6\n" OK,
	  "verify-pointer-math" },
	{ "negated", .text = BEGIN "r6 = -r6\nr0 = *(u8 *)(r6 + 0)\n" OK,
	  "verify-not-pointer" },
	{ "number first", .text = BEGIN
	  "r7 &= 7\nr7 += r6\nr0 = *(u8 *)(r7 + 40)\n" OK },
	{ "number first, one more", .text = BEGIN
	  "r7 &= 7\nr7 += r6\nr0 = *(u8 *)(r7 + 41)\n" OK, BAD },
	{ "variable taken off", .text = BEGIN
	  "r7 &= 7\nr6 += 8\nr6 -= r7\nr0 = *(u8 *)(r6 + 0)\n" OK,
	  "verify-unbounded" },
	{ "stack pointer less", .text = "r2 = r10\nr2 -= 8\n" OK,
	  "verify-pointer-math" },
	{ "stack pointer plus", .text =
	  "r2 = r10\nr2 += -8\n*(u64 *)(r2 + 0) = 0\n" OK },
	{ "nullable", .text =
	  "r1 = 0\n*(u64 *)(r10 - 8) = r1\nr2 = r10\nr2 += -8\n"
	  "lddw r1, map_fd(1)\ncall 1\nr0 += 8\n" OK,
	  "verify-pointer-math" },
	{ "map itself", .text = "lddw r1, map_fd(1)\nr1 += 8\n" OK,
	  "verify-pointer-math" },
	{ "map itself plus zero", .text = "lddw r1, map_fd(1)\nr1 += 0\n"
	  OK },
	{ "end of the packet", XDP, "r3 = *(u32 *)(r1 + 4)\nr3 += 1\n" OK,
	  "verify-pointer-math" },
	{ "socket", CLS,
	  "r2 = *(u64 *)(r1 + 168)\nif r2 == 0 goto out\nr2 += 4\nout:\n"
	  OK, "verify-pointer-math" },
	{ "as far as it goes", .text = BEGIN "r6 += 0x1fffffff\n" OK },
	{ "one farther", .text = BEGIN "r6 += 0x20000000\n" OK,
	  "verify-unbounded" },
	{ "as far back as it goes", .text = BEGIN "r6 += -0x1fffffff\n" OK },
	{ "one farther back", .text = BEGIN "r6 += -0x20000000\n" OK,
	  "verify-unbounded" },
	{ "as far in two steps", .text = BEGIN
	  "r6 += 0x1fffffff\nr6 += 1\n" OK, "verify-unbounded" },
	{ "no lower bound", .text = BEGIN
	  "r7 <<= 32\nr6 += r7\n" OK, "verify-unbounded" },
	{ "a lower bound too low", .text = BEGIN
	  "r7 <<= 32\nr7 s>>= 32\nr6 += r7\n" OK, "verify-unbounded" },
	{ "leaves the frame without privileges", .text =
	  "r2 = r10\nr2 += -513\n" OK, "verify-pointer-math", UNPRIV },
	{ "stays in the frame without privileges", .text =
	  "r2 = r10\nr2 += -512\n" OK, UNPRIV },
	{ "partial copy without privileges", .text = "w2 = w1\n" OK,
	  "verify-pointer-leak", UNPRIV },
	{ "partial copy", .text = "w2 = w1\n" OK },
	{ "partial copy is a number", .text =
	  "w2 = w1\nr0 = *(u32 *)(r2 + 0)\nexit\n", "verify-not-pointer" },
	{ "sign-extended", .text =
	  "r2 = (s32)r1\nr0 = *(u32 *)(r2 + 0)\nexit\n",
	  "verify-not-pointer" },
};

static const struct case_table tables[] = {
	CASE_TABLE(numbers),
	CASE_TABLE(links),
	CASE_TABLE(pointers),
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
