/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deck's frames: what a link carries, in a fixed random order. IPv4 with
 * TCP and UDP for the most part; one frame in four has tags, options, IPv6,
 * extension headers or something else that a parser has to get by. Checksums
 * of IPv4 headers are right. All lengths are within the frame's room.
 */
#include "inputs.h"

#include <string.h>

#include "base/endian.h"

const uint16_t deck_ports[DECK_PORTS] = {
	80, 443, 53, 8080, 22, 993, 5060, 2049, 51820, 27015, 9999, 40001,
};

/* What a frame looks like, and how many of the deck's do. */
static const struct look {
	uint8_t cnt, tags, proto;
	bool ip6, options, fragment;
	uint8_t extensions;
} looks[] = {
	{ 13, 0, 6 },
	{ 8, 0, 17 },
	{ 1, 0, 1 },
	{ 2, 1, 6 },
	{ 1, 2, 17 },
	{ 1, 0, 6, .options = true },
	{ 1, 0, 17, .fragment = true },
	{ 1, 0, 6, .ip6 = true },
	{ 1, 0, 17, .ip6 = true, .extensions = 1 },
	{ 1, 0, 6, .ip6 = true, .extensions = 2 },
	{ 1, 1, 17, .ip6 = true, .extensions = 1 },
	{ 1, 0, 0 },				/* ARP */
};

static uint32_t roll(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((*state >> 33) % below);
}

uint32_t deck_host(uint32_t i)
{
	uint8_t addr[4] = { 10, (uint8_t)(i % 3), (uint8_t)(i * 37),
			    (uint8_t)(i * 91 + 5) };

	return get_u32(addr);
}

static void put_text(uint8_t *frame, uint64_t *state)
{
	static const char *const words[] = {
		"passwd=", "select", "union", "cmd.exe", "/etc/", "hello",
	};
	static const char letters[] = "etaoinshrdlucmfwypvbgkjqxz=/. !1";
	const char *word = words[roll(state, ARRAY_SIZE(words))];

	for (uint32_t i = 0; i < DECK_ROOM; i++)
		frame[i] = (uint8_t)letters[roll(state, 32)];
	memcpy(frame + 56 + roll(state, 36), word, strlen(word));
}

static uint16_t header_sum(const uint8_t *ip)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < (ip[0] & 15u) * 4; i += 2)
		sum += get_be16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

static uint8_t *put_ip4(uint8_t *ip, const struct look *look, uint64_t *state)
{
	uint32_t len = look->options ? 24 : 20;

	memset(ip, 0, len);
	ip[0] = (uint8_t)(0x40 | len / 4);
	ip[1] = (uint8_t)(roll(state, 8) ? 0 : roll(state, 64) << 2);
	put_be16(ip + 2, (uint16_t)(40 + roll(state, 1460)));
	if (look->fragment)
		put_be16(ip + 6, 185);
	ip[8] = (uint8_t)(32 + roll(state, 200));
	ip[9] = look->proto;
	put_u32(ip + 12, deck_host(roll(state, DECK_HOSTS)));
	put_be32(ip + 16, DECK_SERVICE + roll(state, 4));
	put_be16(ip + 10, header_sum(ip));
	return ip + len;
}

static uint8_t *put_ip6(uint8_t *ip, const struct look *look, uint64_t *state)
{
	uint8_t *next = ip + 6, *at = ip + 40;

	memset(ip, 0, 40);
	ip[0] = 0x60;
	put_be16(ip + 4, (uint16_t)(40 + roll(state, 1400)));
	ip[7] = 64;
	put_be16(ip + 8, 0x2001);
	put_u32(ip + 20, deck_host(roll(state, DECK_HOSTS)));
	put_be16(ip + 24, 0x2001);
	put_be32(ip + 36, DECK_SERVICE + roll(state, 4));
	for (uint32_t i = 0; i < look->extensions; i++, at += 8) {
		memset(at, 0, 8);
		*next = i ? 60 : 0;	/* hop-by-hop, then destination */
		next = at;
	}
	*next = look->proto;
	return at;
}

static void put_transport(uint8_t *at, const struct look *look,
			  uint64_t *state)
{
	static const uint8_t flags[] = { 2, 16, 16, 16, 24, 24, 17, 4 };

	put_be16(at, (uint16_t)(1024 + roll(state, 60000)));
	put_be16(at + 2, deck_ports[roll(state, DECK_PORTS)]);
	if (look->proto == 6) {
		at[12] = 0x50;
		at[13] = flags[roll(state, ARRAY_SIZE(flags))];
	} else {
		put_be16(at + 4, (uint16_t)(8 + roll(state, 1400)));
	}
}

static void put_frame(uint8_t *frame, const struct look *look,
		      uint64_t *state)
{
	uint8_t *at = frame + 12;

	put_text(frame, state);
	memset(frame, 2, 12);
	frame[5] = (uint8_t)roll(state, 256);
	frame[11] = (uint8_t)roll(state, 256);
	for (uint32_t i = look->tags; i; i--, at += 4) {
		put_be16(at, i == 2 ? 0x88a8 : 0x8100);
		put_be16(at + 2, (uint16_t)roll(state, 4096));
	}
	put_be16(at, look->ip6 ? 0x86dd : look->proto ? 0x0800 : 0x0806);
	at += 2;
	if (look->ip6)
		at = put_ip6(at, look, state);
	else if (look->proto)
		at = put_ip4(at, look, state);
	if (look->proto > 1)
		put_transport(at, look, state);
}

const size_t bench_deck_size = DECK_SIZE;

void bench_deck_fill(uint8_t *out)
{
	uint8_t *frames = out + sizeof(struct deck);
	uint64_t state = 2024;
	uint32_t cnt = 0;

	memset(out, 0, DECK_SIZE);
	for (uint32_t i = 0; i < ARRAY_SIZE(looks); i++)
		for (uint32_t j = 0; j < looks[i].cnt; j++, cnt++)
			put_frame(frames + (size_t)cnt * DECK_ROOM, &looks[i],
				  &state);
	assert(cnt == DECK_FRAMES);
}
