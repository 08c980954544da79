/* SPDX-License-Identifier: Apache-2.0 */
/* Legacy packet access, as LLVM's builtins make it. */
#include "types.h"

u64 load_byte(void *skb, u64 off) asm("llvm.bpf.load.byte");
u64 load_half(void *skb, u64 off) asm("llvm.bpf.load.half");
u64 load_word(void *skb, u64 off) asm("llvm.bpf.load.word");

SEC("socket") u64 ports(void *skb)
{
	u64 at = load_byte(skb, 14) & 15;

	if (load_half(skb, 12) != 0x800)
		return 0;
	return load_half(skb, at * 4 + 14) ^ load_word(skb, -4096) ^
	       load_byte(skb, at) ^ load_word(skb, at + 3);
}
