/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the mistakes share: maps, and the license that they are loaded with.
 *
 * Each file is one mistake, and its cure under FIXED. The head comment says
 * what must be answered: the diagnostic, a piece of the line that it must
 * point at, and words that the answer must have.
 */
#ifndef MISTAKE_H
#define MISTAKE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct entry {
	__u32 n;
	__u8 table[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct entry);
} entries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static __always_inline struct entry *first_entry(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&entries, &zero);
}

#ifndef LICENSE
#define LICENSE "Dual BSD/GPL"
#endif
char terms[] SEC("license") = LICENSE;

#endif
