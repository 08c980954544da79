/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All instructions are words of 32 bits; the rows of arm64.def have what is
 * fixed, and the forms say where fields lie:
 *
 *	31 30    22 21    16 15    10 9    5 4    0
 *	sf  ...     m (s)     a, imms    n    d (t)
 *
 * Reference: the architecture's manual. Not here: vector registers.
 */
#include "jit/arm64/encode.h"

#define W32	A64_F_W32
#define W64	A64_F_W64
#define X30	A64_F_X30
#define S32	A64_F_S32

const struct a64_row a64_rows[A64_OPS] = {
#define A64(name, text, form, flags, word) \
	[A64_##name] = { text, A64_##form, flags, word },
#include "jit/arm64/arm64.def"
#undef A64
};

static void put(struct jit_buf *code, uint32_t word)
{
	jit_buf_room(code);
	jit_buf_put(code, word, sizeof(word));
}

/* The row's word; bit 31 or 30 chooses 64 bits where both are to be had. */
static uint32_t word_of(enum a64_op op, bool wide)
{
	const struct a64_row *row = &a64_rows[op];

	if (row->flags & X30)
		return row->word | (uint32_t)wide << 30;
	return row->flags & (W32 | W64) ? row->word :
	       row->word | (uint32_t)wide << 31;
}

/* ---- instructions by rows ---- */

void a64_rrr(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	     enum a64_reg n, enum a64_reg m)
{
	uint32_t word = word_of(op, wide);

	if (a64_rows[op].form == A64_STN)
		word |= (uint32_t)d << 16 | (uint32_t)m << 5 | n;
	else
		word |= (uint32_t)m << 16 | (uint32_t)n << 5 | d;
	if (a64_rows[op].form == A64_DNMD)
		word |= (uint32_t)d << 10;
	put(code, word);
}

void a64_rr(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	    enum a64_reg n)
{
	put(code, word_of(op, wide) | (uint32_t)n << 5 | d);
}

void a64_r(struct jit_buf *code, enum a64_op op, enum a64_reg n)
{
	put(code, a64_rows[op].form == A64_NONE ? a64_rows[op].word :
	    a64_rows[op].word | (uint32_t)n << 5);
}

bool a64_fits(uint32_t imm)
{
	return imm < 1u << 12 || (imm < 1u << 24 && !(imm & 0xfff));
}

void a64_rri(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	     enum a64_reg n, uint32_t imm)
{
	uint32_t field = imm < 1u << 12 ? imm : imm >> 12 | 1u << 12;

	assert(a64_fits(imm));
	put(code, word_of(op, wide) | field << 10 | (uint32_t)n << 5 | d);
}

/*
 * N:immr:imms. The element of `size` bits that repeats has `ones` ones in a
 * row, turned right by immr. imms has the size in its upper bits, as ones and
 * a zero (and N for 64), and ones - 1 below.
 */
int32_t a64_pattern(uint64_t value, bool wide)
{
	uint32_t size = 64, turn = 0, ones;
	uint64_t mask;

	if (!wide)
		value = (uint32_t)value * 0x100000001ull;
	if (!value || !~value)
		return -1;
	while (size > 2 && (value >> size / 2 | value << (64 - size / 2)) ==
			   value)
		size /= 2;
	mask = ~0ull >> (64 - size);
	/* turned left until the lowest one has a zero below */
	while (!(value & 1) || value >> (size - 1) & 1) {
		value = value >> 63 | value << 1;
		turn++;
	}
	ones = (uint32_t)__builtin_popcountll(value & mask);
	if ((value & mask) != ~0ull >> (64 - ones))
		return -1;
	return (int32_t)((uint32_t)(size == 64) << 12 | turn << 6 |
			 (~(size * 2 - 1) & 0x3f) | (ones - 1));
}

void a64_rrl(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	     enum a64_reg n, int32_t pattern)
{
	put(code, word_of(op, wide) | (uint32_t)pattern << 10 |
	    (uint32_t)n << 5 | d);
}

void a64_rrb(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	     enum a64_reg n, struct a64_bits bits)
{
	put(code, word_of(op, wide) | (uint32_t)wide << 22 |
	    (uint32_t)bits.turn << 16 | (uint32_t)bits.last << 10 |
	    (uint32_t)n << 5 | d);
}

void a64_rh(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	    uint16_t bits, uint32_t place)
{
	put(code, word_of(op, wide) | place / 16 << 21 | (uint32_t)bits << 5 |
	    d);
}

/* ---- memory ---- */

#define SCALED		(1u << 24)
#define BY_REGISTER	0x206800u	/* with all of its 64 bits */

void a64_rmr(struct jit_buf *code, enum a64_op op, enum a64_reg t,
	     enum a64_reg base, enum a64_reg m)
{
	put(code, a64_rows[op].word | BY_REGISTER | (uint32_t)m << 16 |
	    (uint32_t)base << 5 | t);
}

void a64_rm(struct jit_buf *code, enum a64_op op, enum a64_reg t,
	    struct a64_mem mem)
{
	uint32_t word = a64_rows[op].word | (uint32_t)mem.base << 5 | t;
	uint32_t scale = word >> 30, disp = (uint32_t)mem.disp;

	if (disp >> scale < 1u << 12 && !(disp & ((1u << scale) - 1))) {
		put(code, word | SCALED | disp >> scale << 10);
	} else if (mem.disp >= -256 && mem.disp < 256) {
		put(code, word | (disp & 0x1ff) << 12);
	} else {
		a64_number(code, A64_TMP, (uint64_t)(int64_t)mem.disp);
		a64_rmr(code, op, t, mem.base, A64_TMP);
	}
}

void a64_pair(struct jit_buf *code, enum a64_op op, enum a64_reg t,
	      enum a64_reg t2, struct a64_mem mem)
{
	assert(mem.disp >= -512 && mem.disp <= 504 && mem.disp % 8 == 0);
	put(code, a64_rows[op].word | ((uint32_t)mem.disp / 8 & 0x7f) << 15 |
	    (uint32_t)t2 << 10 | (uint32_t)mem.base << 5 | t);
}

/* ---- numbers ---- */

/* Halfwords of the value that are not `same`. */
static uint32_t halves(uint64_t value, uint16_t same)
{
	uint32_t cnt = 0;

	for (uint32_t place = 0; place < 64; place += 16)
		cnt += (uint16_t)(value >> place) != same;
	return cnt;
}

void a64_number(struct jit_buf *code, enum a64_reg d, uint64_t value)
{
	bool ones = halves(value, 0xffff) < halves(value, 0);
	uint16_t same = ones ? 0xffff : 0;
	int32_t pattern = a64_pattern(value, true);
	bool begun = false;

	if (halves(value, same) > 1 && pattern >= 0) {
		a64_rrl(code, A64_ORR_I, true, d, A64_ZR, pattern);
		return;
	}
	for (uint32_t place = 0; place < 64; place += 16) {
		uint16_t half = (uint16_t)(value >> place);

		if (half == same)
			continue;
		if (begun)
			a64_rh(code, A64_MOVK, true, d, half, place);
		else
			a64_rh(code, ones ? A64_MOVN : A64_MOVZ, true, d,
			       half ^ same, place);
		begun = true;
	}
	if (!begun)
		a64_rh(code, ones ? A64_MOVN : A64_MOVZ, true, d, 0, 0);
}

/* Adds, or compares by `flags`; false when the number has no place. */
static bool add_small(struct jit_buf *code, bool wide, enum a64_reg d,
		      enum a64_reg n, int32_t imm, bool flags)
{
	uint32_t size = imm < 0 ? -(uint32_t)imm : (uint32_t)imm;
	enum a64_op plus = flags ? A64_ADDS_I : A64_ADD_I;
	enum a64_op minus = flags ? A64_SUBS_I : A64_SUB_I;

	if (!a64_fits(size))
		return false;
	a64_rri(code, (imm < 0) != flags ? minus : plus, wide, d, n, size);
	return true;
}

void a64_add(struct jit_buf *code, bool wide, enum a64_reg d, enum a64_reg n,
	     int32_t imm)
{
	if (add_small(code, wide, d, n, imm, false))
		return;
	a64_number(code, A64_TMP, (uint64_t)(int64_t)imm);
	a64_rrr(code, A64_ADD, wide, d, n, A64_TMP);
}

void a64_compare(struct jit_buf *code, bool wide, enum a64_reg n, int32_t imm)
{
	if (add_small(code, wide, A64_ZR, n, imm, true))
		return;
	a64_number(code, A64_TMP, (uint64_t)(int64_t)imm);
	a64_rrr(code, A64_SUBS, wide, A64_ZR, n, A64_TMP);
}

void a64_mask(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	      enum a64_reg n, int32_t imm)
{
	static const enum a64_op by_pattern[A64_OPS] = {
		[A64_AND] = A64_AND_I, [A64_ORR] = A64_ORR_I,
		[A64_EOR] = A64_EOR_I, [A64_ANDS] = A64_ANDS_I,
	};
	uint64_t value = (uint64_t)(int64_t)imm;
	int32_t pattern = a64_pattern(value, wide);

	if (pattern >= 0) {
		a64_rrl(code, by_pattern[op], wide, d, n, pattern);
		return;
	}
	a64_number(code, A64_TMP, value);
	a64_rrr(code, op, wide, d, n, A64_TMP);
}

/* ---- branches ---- */

#define B	0x14000000u
#define BL	0x94000000u
#define ADRP	0x90000000u

static uint32_t put_branch(struct jit_buf *code, uint32_t word)
{
	put(code, word);
	return code->len - 4;
}

uint32_t a64_b(struct jit_buf *code)
{
	return put_branch(code, B);
}

uint32_t a64_bl(struct jit_buf *code)
{
	return put_branch(code, BL);
}

/* The opposite of a test: of conditions bit 0, of cbz bit 24. */
static uint32_t inverted(uint32_t test)
{
	return test ^ (test & 1u << 30 ? 1 : 1u << 24);
}

uint32_t a64_branch(struct jit_buf *code, uint32_t test, bool far)
{
	if (!far)
		return put_branch(code, test);
	put(code, inverted(test) | 2 << 5);
	return a64_b(code);
}

uint32_t a64_address(struct jit_buf *code, enum a64_reg d)
{
	uint32_t at = put_branch(code, ADRP | d);

	a64_rri(code, A64_ADD_I, true, d, d, 0);
	return at;
}

/* The signed field of `bits` bits at `shift` of a word; 0: no room. */
static uint32_t with_field(uint32_t word, int64_t value, uint32_t bits,
			   uint32_t shift)
{
	uint32_t mask = (1u << bits) - 1;

	if (value < -(1ll << (bits - 1)) || value >= 1ll << (bits - 1))
		return 0;
	return (word & ~(mask << shift)) | ((uint32_t)value & mask) << shift;
}

uint32_t a64_reaching(uint32_t word, int64_t distance)
{
	return with_field(word, distance / 4, 26, 0);
}

/* adrp, add: pages between the two, and the place in the page. */
static void bind_address(uint32_t *words, uint32_t at, uint32_t target)
{
	uint32_t pages = (target >> 12) - (at >> 12);

	words[0] = (words[0] & 0x9f00001f) | (pages & 3) << 29 |
		   (pages >> 2 & 0x7ffff) << 5;
	words[1] = (words[1] & 0xffc003ff) | (target & 0xfff) << 10;
}

bool a64_bind(struct jit_buf *code, uint32_t branch, uint32_t target)
{
	int64_t distance = (int64_t)target - branch;
	uint32_t words[2], bound;

	if (code->failed)
		return true;
	memcpy(words, code->data + branch, 4);
	if ((words[0] & 0x9f000000) == ADRP) {
		memcpy(&words[1], code->data + branch + 4, 4);
		bind_address(words, branch, target);
		memcpy(code->data + branch, words, sizeof(words));
		return true;
	}
	bound = (words[0] & 0x7c000000) == B ?
		a64_reaching(words[0], distance) :
		with_field(words[0], distance / 4, 19, 5);
	if (bound)
		memcpy(code->data + branch, &bound, sizeof(bound));
	return bound;
}

void a64_bind_here(struct jit_buf *code, uint32_t branch)
{
	a64_bind(code, branch, code->len);
}
