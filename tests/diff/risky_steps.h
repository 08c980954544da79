/* SPDX-License-Identifier: Apache-2.0 */
/* Between risky_random.c, which makes functions, and risky_steps.c. */
#ifndef SKEP_TESTS_RISKY_STEPS_H
#define SKEP_TESTS_RISKY_STEPS_H

#include "risky_random.h"

#include "program_random.h"
#include "../insns.h"

#define RISKY_FUNCTIONS	5

enum {
	SLOT_DATA = -32, SLOT_END = -40, SLOT_VALUE = -48, SLOT_CTX = -56,
	SLOT_KEY = -64, SLOT_BUFFER = -96, SLOT_COUNTER = -104,
};

enum function_has {
	HAS_CTX		= 1 << 0,
	HAS_PACKET	= 1 << 1,
	HAS_VALUE	= 1 << 2,
	HAS_CALLER	= 1 << 3,	/* r9: the caller's buffer */
	HAS_CALLS	= 1 << 4,
};

enum r9_kind {
	R9_NUMBER,
	R9_PACKET,
	R9_STACK,
	R9_CALLER,
	R9_COUNTER,			/* of a loop, not the body's */
};

enum packet_field {
	FIELD_DATA,
	FIELD_END,
	FIELD_META,
};

struct risky_function {
	uint32_t first, steps;		/* of all steps */
	uint32_t has;			/* enum function_has */
};

extern const struct risky_function risky_functions[RISKY_FUNCTIONS];

struct risky {
	struct risky_program *program;
	const struct risky_function *fn;
	uint64_t rng;
	uint32_t odds;			/* against each defect */
	uint32_t value_map;		/* of SLOT_VALUE */
	enum r9_kind r9;
	uint32_t depth;			/* of loops */
	uint32_t step;			/* in the function */
	uint32_t starts[RISKY_STEPS + 1];	/* of the function's steps */
	struct { uint32_t at, to; } jumps[64];
	uint32_t jumps_cnt;
	struct { uint32_t at, fn; } calls[32];
	uint32_t calls_cnt;
};

/* A number below n, which is not 0. */
uint32_t risky_below(struct risky *g, uint32_t n);
void risky_emit(struct risky *g, struct bpf_insn insn);

#define below	risky_below
#define emit	risky_emit
#define EMIT(...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	for (size_t i_ = 0; i_ < ARRAY_SIZE(insns_); i_++) \
		emit(g, insns_[i_]); \
} while (0)

/* Offset of a field in the context of the program's type. */
int risky_data_at(const struct risky *g, enum packet_field field);

/* The packet's start and end go to their slots, by r6; r1 and r2 have them. */
void risky_reload_packet(struct risky *g);

/* A value or NULL to r0 and, with `keep`, to SLOT_VALUE. */
void risky_look_up(struct risky *g, uint32_t map, bool keep);

/* One step of the function at hand. */
void risky_step(struct risky *g);

#endif
