/* SPDX-License-Identifier: Apache-2.0 */
/* Variables in sections, external and static, and a program. */
#define section(x) __attribute__((section(x), used))
const volatile int config = 3;
static volatile int counter;
int table[4] = { 1, 2 };
static const char *const texts[] = { "a", "b" };
extern const void symbol section(".ksyms");
extern int kconfig section(".kconfig");
char _license[] section("license") = "Dual BSD/GPL";
struct { int (*type)[1]; unsigned (*key); long *value; } map section(".maps");

static __attribute__((noinline)) int helper(int x)
{
	return x * config + counter++;
}

section("xdp") int program(void *ctx)
{
	return helper(table[1]) + (long)texts[counter & 1] + kconfig +
	       (&symbol == ctx);
}
