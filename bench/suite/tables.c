/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What maps hold before their programs run, as a control plane would have put
 * it there. Most of it fits some of the deck's frames, the rest makes tables
 * as large as they are.
 */
#include "inputs.h"
#include "tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"

int fill_none(const struct bench_tables *to)
{
	return 0;
}

static int put(const struct bench_tables *to, const char *map,
	       const void *key, const void *value)
{
	return to->put(to->arg, map, key, value);
}

/* Elements 0 to cnt - 1 of an array. */
static int put_array(const struct bench_tables *to, const char *map,
		     const void *values, size_t size, uint32_t cnt)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < cnt; i++)
		err = put(to, map, &i, (const uint8_t *)values + i * size);
	return err;
}

/* ---- balancer ---- */

/* Services on three ports of each address, TCP and UDP. */
static int put_vips(const struct bench_tables *to)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < 24; i++) {
		struct vip vip = {
			.addr = htobe32(DECK_SERVICE + i % 4),
			.port = htobe16(deck_ports[i / 4 % 3]),
			.proto = i < 12 ? 6 : 17,
		};
		struct vip_info info = { .number = i * 0x9e3779b9u };

		err = put(to, "vips", &vip, &info);
	}
	return err;
}

int fill_balancer(const struct bench_tables *to)
{
	uint32_t ring[RING_SIZE];
	struct real reals[REALS] = { 0 };
	int err;

	for (uint32_t i = 0; i < RING_SIZE; i++)
		ring[i] = i * 2654435761u >> 28;
	for (uint32_t i = 0; i < REALS; i++) {
		reals[i].addr = htobe32(0xac100001u + i);
		reals[i].mac[0] = 2;
		reals[i].mac[5] = (uint8_t)i;
	}
	err = put_vips(to);
	if (!err)
		err = put_array(to, "ring", ring, sizeof(*ring), RING_SIZE);
	return err ?: put_array(to, "reals", reals, sizeof(*reals), REALS);
}

/* ---- nat ---- */

/* From the tuple to another, and from that one back. */
static int bind_both(const struct bench_tables *to, const struct tuple *inner)
{
	struct tuple outer = *inner;
	struct nat_entry out = { 0 }, in = { 0 };
	int err;

	outer.src = htobe32(0xcb007101u);
	outer.source = inner->source ^ htobe16(0x5a5a);
	out.addr = outer.src;
	out.port = outer.source;
	in.addr = inner->src;
	in.port = inner->source;
	err = put(to, "bindings", inner, &out);
	return err ?: put(to, "bindings", &outer, &in);
}

/* A tuple for all plain TCP frames but each fourth. */
int fill_nat(const struct bench_tables *to)
{
	uint8_t deck[DECK_SIZE];
	int err = 0;

	bench_deck_fill(deck);
	for (uint32_t i = 0; !err && i < DECK_FRAMES; i++) {
		const uint8_t *ip = deck + sizeof(struct deck) +
				    (size_t)i * DECK_ROOM + 14;
		struct tuple tuple = {
			.src = get_u32(ip + 12), .dst = get_u32(ip + 16),
			.source = get_u16(ip + 20), .dest = get_u16(ip + 22),
			.proto = ip[9],
		};

		if (get_be16(ip - 2) == 0x0800 && ip[0] == 0x45 &&
		    ip[9] == 6 && i % 4)
			err = bind_both(to, &tuple);
	}
	for (uint32_t i = 0; !err && i < 200; i++) {
		struct tuple tuple = {
			.src = htobe32(0x0a000000u + i * 7),
			.dst = htobe32(DECK_SERVICE),
			.source = htobe16((uint16_t)(2000 + i * 11)),
			.dest = htobe16(443), .proto = 6,
		};

		err = bind_both(to, &tuple);
	}
	return err;
}

/* ---- firewalls ---- */

/* Each third of the deck's hosts, and 3000 more. */
int fill_fwhash(const struct bench_tables *to)
{
	const struct blocked none = { 0 };
	int err = 0;

	for (uint32_t i = 0; !err && i < DECK_HOSTS; i += 3) {
		uint32_t host = deck_host(i);

		err = put(to, "sources", &host, &none);
	}
	for (uint32_t i = 0; !err && i < 3000; i++) {
		uint32_t low = i * 2654435761u % 0xffffff;
		uint32_t host = htobe32(0x0b000000u + low);

		err = put(to, "sources", &host, &none);
	}
	return err;
}

struct trie {
	struct trie_node nodes[TRIE_NODES];
	uint32_t used;
};

/* `len` bits of `addr`, in host order; a longer one covers a shorter one. */
static void add_prefix(struct trie *trie, uint32_t addr, uint32_t len,
		       uint8_t action)
{
	uint32_t node = 0, shift = 24, low;

	for (; len > 8; len -= 8, shift -= 8) {
		uint16_t *next = &trie->nodes[node].next[addr >> shift & 255];

		if (!*next)
			*next = (uint16_t)trie->used++;
		node = *next;
	}
	low = addr >> shift & 255 & ~(255u >> len);
	for (uint32_t i = 0; i < 1u << (8 - len); i++)
		trie->nodes[node].action[low + i] = action;
}

/* Shorter prefixes first. */
int fill_fwprefix(const struct bench_tables *to)
{
	struct trie *trie = calloc(1, sizeof(*trie));
	int err;

	if (!trie)
		return -ENOMEM;
	trie->used = 1;
	add_prefix(trie, 0x0a000000, 8, 1);
	add_prefix(trie, 0x0a010000, 16, 2);
	add_prefix(trie, 0x0a020000, 15, 3);
	for (uint32_t i = 0; i < DECK_HOSTS; i += 2)
		add_prefix(trie, htobe32(deck_host(i)), 20 + i % 13,
			   (uint8_t)(1 + i % 7));
	assert(trie->used <= TRIE_NODES);
	err = put_array(to, "trie", trie->nodes, sizeof(*trie->nodes),
			TRIE_NODES);
	free(trie);
	return err;
}

/* The first ones fit nothing; the others a port, a host, a network each. */
int fill_rules(const struct bench_tables *to)
{
	struct rule rules[RULES] = { 0 };

	for (uint32_t i = 0; i < RULES; i++) {
		struct rule *rule = &rules[i];

		rule->action = (uint8_t)(1 + i % 3);
		rule->proto = i % 2 ? 6 : 17;
		rule->port_high = 65535;
		rule->src_mask = htobe32(i % 3 ? 0xffff0000u : 0xffffff00u);
		rule->src = htobe32(0x0a400000u + (i << 8)) & rule->src_mask;
		if (i < 16)
			continue;
		if (i % 4 == 0)
			rule->src = deck_host(i % DECK_HOSTS) & rule->src_mask;
		if (i % 4 == 1)
			rule->src = rule->src_mask = 0;
		rule->port_low = rule->port_high = deck_ports[i % DECK_PORTS];
	}
	return put_array(to, "rule_list", rules, sizeof(*rules), RULES);
}

/* ---- string match ---- */

/* Bit i is clear where letter i of the word is that byte. */
int fill_bitap(const struct bench_tables *to)
{
	static const char word[] = "passwd=";
	uint64_t masks[256];

	memset(masks, 0xff, sizeof(masks));
	for (uint32_t i = 0; word[i]; i++)
		masks[(uint8_t)word[i]] &= ~(1ull << i);
	return put_array(to, "masks", masks, sizeof(*masks), 256);
}

struct automaton {
	struct aho_state states[AHO_STATES];
	uint8_t fail[AHO_STATES];
	uint32_t used;
};

static void add_word(struct automaton *a, const char *word)
{
	uint32_t at = 0;

	for (; *word; word++) {
		uint8_t *next = &a->states[at].next[(uint8_t)*word];

		if (!*next)
			*next = (uint8_t)a->used++;
		at = *next;
	}
	a->states[at].matches++;
}

/*
 * Breadth first: where a state has no edge it takes that of the longest
 * suffix that is a state too.
 */
static void complete(struct automaton *a)
{
	uint8_t queue[AHO_STATES] = { 0 };
	uint32_t head = 0, tail = 1;

	while (head < tail) {
		uint32_t at = queue[head++];
		const struct aho_state *suffix = &a->states[a->fail[at]];

		for (uint32_t c = 0; c < 256; c++) {
			uint8_t *next = &a->states[at].next[c];

			if (!*next) {
				*next = at ? suffix->next[c] : 0;
				continue;
			}
			a->fail[*next] = at ? suffix->next[c] : 0;
			a->states[*next].matches +=
				a->states[a->fail[*next]].matches;
			queue[tail++] = *next;
		}
	}
}

int fill_aho(const struct bench_tables *to)
{
	static const char *const words[] = {
		"passwd=", "select", "union", "cmd.exe", "/etc/", "elect",
	};
	struct automaton *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return -ENOMEM;
	a->used = 1;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		add_word(a, words[i]);
	assert(a->used <= AHO_STATES);
	complete(a);
	err = put_array(to, "states", a->states, sizeof(*a->states),
			AHO_STATES);
	free(a);
	return err;
}
