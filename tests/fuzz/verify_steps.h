/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a program that the verifier has much to say of: each 8 bytes
 * are one step, an instruction or a piece that programs are made of, mostly
 * good. Registers of main:
 *
 *	r6	ctx			r8	end of the packet
 *	r7	packet			r9	value of map 0
 *
 * and of other functions: the caller's r1 to r4.
 */
#ifndef SKEP_FUZZ_VERIFY_STEPS_H
#define SKEP_FUZZ_VERIFY_STEPS_H

#include "map/map.h"
#include "prog/prog.h"

#define STEPS_SLOTS	768
#define STEPS_MARGIN	40		/* as many as one step can emit */
#define STEPS_FUNCS	8
#define STEPS_KFUNCS	16

enum steps_map {
	STEPS_ARRAY, STEPS_HASH, STEPS_RING, STEPS_PERCPU, STEPS_QUEUE,
	STEPS_CONST, STEPS_OUTER, STEPS_PROGS, STEPS_TYPED, STEPS_MAPS
};

extern const struct map_def steps_maps[STEPS_MAPS];

struct steps {
	struct bpf_insn insns[STEPS_SLOTS + STEPS_MARGIN];
	uint32_t cnt;
	uint32_t starts[STEPS_SLOTS + STEPS_MARGIN]; /* slots of operations */
	uint32_t starts_cnt;
	uint32_t funcs[STEPS_FUNCS];	/* the first slot of each */
	uint32_t first[STEPS_FUNCS + 1]; /* its first operation */
	uint32_t funcs_cnt;
	const char *kfuncs[STEPS_KFUNCS];
	uint32_t kfuncs_cnt;
	enum prog_type type;
	const struct btf *kernel;	/* or NULL: no kfuncs are called */
};

/* From `type` and `kernel` and the bytes, all else. */
void steps_make(struct steps *s, const uint8_t *data, size_t size);

#endif
