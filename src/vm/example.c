/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search for a counterexample (example.h). First plain packets of every
 * length, from zeros to TCP over IPv4; then packets and map values that have
 * the numbers that the program itself compares with, at random places. No
 * constraint is solved: what the program tests is small and near its start.
 */
#include "vm/example.h"

#include <string.h>

#include "base/endian.h"
#include "isa/insn.h"
#include "vm/trial.h"

#define TRIALS		20000u
#define SEARCH_WORK	10000000u
#define REFINE_WORK	15000000u	/* of both together */
#define REPLAYS		3u		/* of an answer, against chance */
#define STALE		64u		/* runs that maps are good for */
#define FRAME_MIN	14u

static uint32_t random_below(struct vm_trial *trial, uint32_t limit)
{
	trial->random ^= trial->random << 13;
	trial->random ^= trial->random >> 7;
	trial->random ^= trial->random << 17;
	return (uint32_t)((trial->random >> 32) * limit >> 32);
}

/* ---- what to try ---- */

static void number_add(struct trial_numbers *numbers, uint32_t number)
{
	for (uint32_t i = 0; i < numbers->cnt; i++)
		if (numbers->list[i] == number)
			return;
	if (numbers->cnt < TRIAL_NUMBERS_MAX)
		numbers->list[numbers->cnt++] = number;
}

/* A comparison's constant and its neighbours, what is added, where loads go. */
static void numbers_of(struct vm_trial *trial, const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);
	bool constant = BPF_SRC(insn->code) == BPF_K;
	uint32_t imm = (uint32_t)insn->imm, off = (uint32_t)insn->off;

	if ((class == BPF_JMP || class == BPF_JMP32) && constant &&
	    BPF_OP(insn->code) != BPF_CALL) {
		number_add(&trial->numbers, imm);
		number_add(&trial->numbers, imm + 1);
		number_add(&trial->numbers, imm - 1);
	} else if (class == BPF_ALU64 && constant &&
		   BPF_OP(insn->code) == BPF_ADD && imm < VM_EXAMPLE_MAX) {
		number_add(&trial->steps, imm);
	} else if (class == BPF_LDX && off < VM_EXAMPLE_MAX) {
		number_add(&trial->offsets, off);
	}
}

static void numbers_gather(struct vm_trial *trial)
{
	static const uint32_t often[] = {
		0, 1, 0xff, 0xffff, INT32_MAX, 1u << 31, UINT32_MAX
	};

	for (size_t i = 0; i < ARRAY_SIZE(often); i++)
		number_add(&trial->numbers, often[i]);
	number_add(&trial->steps, 0);
	number_add(&trial->offsets, 0);
	for (uint32_t i = 0; i < trial->prog->insns_cnt; i++)
		numbers_of(trial, &trial->prog->insns[i]);
}

static uint32_t one_of(struct vm_trial *trial,
		       const struct trial_numbers *numbers)
{
	return numbers->list[random_below(trial, numbers->cnt)];
}

static uint32_t number(struct vm_trial *trial)
{
	return one_of(trial, &trial->numbers);
}

/* Where the program may look, or anywhere; room for a word is there. */
static uint32_t place(struct vm_trial *trial)
{
	uint32_t at = one_of(trial, &trial->offsets);

	if (random_below(trial, 2))
		return random_below(trial, 64);
	if (random_below(trial, 2))
		at += one_of(trial, &trial->steps);
	return MIN(at, VM_EXAMPLE_MAX - (uint32_t)sizeof(uint32_t));
}

/* About what the program may ask for, or any. */
static uint32_t length(struct vm_trial *trial)
{
	uint32_t len = one_of(trial, &trial->steps);

	if (random_below(trial, 2))
		return FRAME_MIN + random_below(trial, VM_EXAMPLE_MAX + 1 -
						FRAME_MIN);
	if (random_below(trial, 2))
		len += one_of(trial, &trial->steps);
	return MAX(MIN(len, VM_EXAMPLE_MAX), FRAME_MIN);
}

/* Ethernet, IPv4 with `words` of header, TCP. */
static void put_ipv4(uint8_t *packet, uint8_t words)
{
	packet[12] = 0x08;
	packet[14] = 0x40 | words;
	packet[17] = VM_EXAMPLE_MAX - 14;
	packet[22] = 64;
	packet[23] = 6;
	packet[14 + words * 4 + 12] = 0x50;
}

static void put_ipv6(uint8_t *packet)
{
	packet[12] = 0x86;
	packet[13] = 0xdd;
	packet[14] = 0x60;
	packet[19] = VM_EXAMPLE_MAX - 54;
	packet[20] = 6;
	packet[21] = 64;
	packet[54 + 12] = 0x50;
}

#define SHAPES	5u

static void put_shape(uint8_t *packet, uint32_t shape)
{
	memset(packet, shape == 4 ? 0xff : 0, VM_EXAMPLE_MAX);
	if (shape == 1)
		put_ipv4(packet, 5);
	else if (shape == 2)
		put_ipv4(packet, 15);
	else if (shape == 3)
		put_ipv6(packet);
}

/* A number of the program somewhere, in either order and some width. */
static void put_number(struct vm_trial *trial, struct vm_example *example)
{
	uint32_t at = place(trial), value = number(trial);
	uint8_t *to = example->packet + at;

	switch (random_below(trial, 4)) {
	case 0:
		to[0] = (uint8_t)value;
		break;
	case 1:
		put_be16(to, (uint16_t)value);
		break;
	case 2:
		memcpy(to, &value, sizeof(uint16_t));
		break;
	default:
		memcpy(to, &value, sizeof(value));
	}
}

static void vary(struct vm_trial *trial, struct vm_example *example)
{
	uint32_t changes = random_below(trial, 5);

	*example = (struct vm_example){ .len = length(trial) };
	put_shape(example->packet, random_below(trial, SHAPES));
	while (changes--)
		put_number(trial, example);
	example->fills = random_below(trial, 2);
	example->fill = example->fills ? number(trial) : 0;
	example->rx_queue = random_below(trial, 2) ? number(trial) : 0;
	example->mark = random_below(trial, 2) ? number(trial) : 0;
}

/* ---- the search ---- */

/* Again and again the same: not by the clock, nor by what came before. */
static bool holds(struct vm_trial *trial, const struct vm_example *example)
{
	for (unsigned int i = 0; i < REPLAYS; i++)
		if (!vm_trial_replay(trial, example))
			return false;
	return true;
}

/* Number `i` of a search; maps keep what a few runs leave in them. */
static bool attempt(struct vm_trial *trial, uint32_t i,
		    const struct vm_example *example)
{
	if (i % STALE == 0 && trial_refresh(trial))
		return false;
	return trial_run(trial, example) && holds(trial, example);
}

/* Packets alone, with maps as they are at first: the plainest answer. */
static bool search_plain(struct vm_trial *trial, struct vm_example *out)
{
	uint32_t lens = VM_EXAMPLE_MAX - FRAME_MIN + 1;

	for (uint32_t i = 0; i < SHAPES * lens; i++) {
		if (trial->work > SEARCH_WORK)
			return false;
		*out = (struct vm_example){ .len = FRAME_MIN + i % lens };
		put_shape(out->packet, i / lens);
		if (attempt(trial, i, out))
			return true;
	}
	return false;
}

/* Frames that no Ethernet carries, but that a program may be handed. */
static bool search_short(struct vm_trial *trial, struct vm_example *out)
{
	for (uint32_t len = FRAME_MIN; len--;) {
		*out = (struct vm_example){ .len = len };
		if (attempt(trial, FRAME_MIN - len, out))
			return true;
	}
	return false;
}

static bool search_random(struct vm_trial *trial, struct vm_example *out)
{
	for (uint32_t i = 0; i < TRIALS; i++) {
		if (trial->work > SEARCH_WORK)
			return false;
		vary(trial, out);
		if (attempt(trial, i, out))
			return true;
	}
	return false;
}

/* Takes what is less when it will do as well. */
static bool refine(struct vm_trial *trial, struct vm_example *example,
		   const struct vm_example *less)
{
	if (!memcmp(example, less, sizeof(*less)) ||
	    trial->work > REFINE_WORK || !vm_trial_replay(trial, less))
		return false;
	*example = *less;
	return true;
}

static void refine_rest(struct vm_trial *trial, struct vm_example *example)
{
	struct vm_example less = *example;

	less.fills = false;
	less.fill = 0;
	refine(trial, example, &less);
	less = *example;
	less.rx_queue = 0;
	refine(trial, example, &less);
	less = *example;
	less.mark = 0;
	refine(trial, example, &less);
}

static void refine_packet(struct vm_trial *trial, struct vm_example *example)
{
	struct vm_example less = *example;

	memset(less.packet, 0, sizeof(less.packet));
	if (!refine(trial, example, &less))
		for (uint32_t i = 0; i < example->len; i++) {
			less = *example;
			less.packet[i] = 0;
			refine(trial, example, &less);
		}
	for (uint32_t len = FRAME_MIN; len < example->len; len++) {
		less = *example;
		less.len = len;
		memset(less.packet + len, 0, sizeof(less.packet) - len);
		if (refine(trial, example, &less))
			break;
	}
}

bool vm_trial_search(struct vm_trial *trial, struct vm_example *out)
{
	numbers_gather(trial);
	if (!search_plain(trial, out) && !search_short(trial, out) &&
	    !search_random(trial, out))
		return false;
	refine_rest(trial, out);
	refine_packet(trial, out);
	return holds(trial, out);
}
