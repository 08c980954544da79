/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comparisons tell of pointers: whether they are NULL, and how a packet
 * pointer lies to its end. Nothing is learnt from 32-bit comparisons.
 */
#include "verify/walk/branch.h"

#include <errno.h>

#include "spec/spec.h"
#include "verify/memory/access.h"
#include "verify/typed/typed.h"

static bool is_packet_any(const struct reg *reg)
{
	return reg->type == REG_PACKET || reg->type == REG_PACKET_META ||
	       reg->type == REG_PACKET_END;
}

bool branch_both_packet(const struct branch *br)
{
	return br->wide && is_packet_any(br->dst) && is_packet_any(br->src);
}

bool branch_is_null_check(const struct branch *br)
{
	return br->wide && !br->by_reg && !br->insn->imm &&
	       (br->op == BPF_JEQ || br->op == BPF_JNE) &&
	       br->dst->flags & REG_NULLABLE;
}

/* `a` op `b` is the same as `b` flip(op) `a`. */
static uint8_t flip(uint8_t op)
{
	switch (op) {
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JLT:
		return BPF_JGT;
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JLE:
		return BPF_JGE;
	case BPF_JSGT:
		return BPF_JSLT;
	case BPF_JSLT:
		return BPF_JSGT;
	case BPF_JSGE:
		return BPF_JSLE;
	case BPF_JSLE:
		return BPF_JSGE;
	default:
		return op;
	}
}

/*
 * Types whose pointers are known not to be NULL when they are not
 * REG_NULLABLE; the kernel's set, so that the same code is dead. (Pointers to
 * the stack and context are not NULL either, but programs that compare them
 * and depend on it are no programs that a compiler makes.)
 */
static bool never_null(const struct reg *reg)
{
	switch (reg->type) {
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK:
	case REG_MAP:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
		return !(reg->flags & REG_NULLABLE);
	case REG_MEM:
		return !(reg->flags & (REG_NULLABLE | REG_UNTRUSTED));
	case REG_BTF:
		return (reg->ref || reg->flags & (REG_TRUSTED | REG_ALLOC)) &&
		       !(reg->flags & (REG_NULLABLE | REG_UNTRUSTED));
	default:
		return false;
	}
}

static bool is_zero(const struct reg *reg)
{
	return reg->type == REG_SCALAR && scalar_is(&reg->num, 0);
}

static int decides_null(const struct branch *br)
{
	if (!(never_null(br->dst) && is_zero(br->src)) &&
	    !(never_null(br->src) && is_zero(br->dst)))
		return -1;
	return br->op == BPF_JEQ ? 0 : br->op == BPF_JNE ? 1 : -1;
}

/* `pkt` op its end, where an earlier comparison has told of that. */
static int decides_end(const struct reg *pkt, uint8_t op)
{
	bool beyond = pkt->flags & REG_PKT_BEYOND;

	switch (op) {
	case BPF_JGT:
	case BPF_JLE:
		return beyond ? op == BPF_JGT : -1;
	case BPF_JGE:
	case BPF_JLT:
		return beyond || pkt->flags & REG_PKT_AT_END ?
		       op == BPF_JGE : -1;
	default:
		return -1;
	}
}

int branch_decides_pointer(const struct verify_env *env maybe_unused,
			   const struct branch *br)
{
	if (!br->wide)
		return -1;
	if (!branch_both_packet(br))
		return decides_null(br);
	if (br->src->type == REG_PACKET_END)
		return decides_end(br->dst, br->op);
	if (br->dst->type == REG_PACKET_END)
		return decides_end(br->src, flip(br->op));
	return -1;
}

/*
 * An id that some lock depends on: lock and unlock name the same object. All
 * other ids have done their work when the pointer is known not to be NULL.
 */
static bool id_outlives(struct verify_env *env, const struct reg *reg)
{
	const struct specials *all;

	if (reg->flags & REG_ALLOC)
		return true;
	if (reg->type != REG_MAP_VALUE)
		return false;
	all = map_specials(env, reg->map, reg_map(env, reg));
	return all && (special_of(all, SPECIAL_SPIN_LOCK) ||
		       special_of(all, SPECIAL_RES_SPIN_LOCK));
}

/* A value of the map is an object of its own, no bytes to be read. */
static bool value_is_object(const struct verify_map *map, enum reg_type *type)
{
	if (map->inner)
		*type = REG_MAP;
	else if (map->type == MAP_TYPE_XSKMAP)
		*type = REG_XDP_SOCK;
	else if (map->type == MAP_TYPE_SOCKMAP ||
		 map->type == MAP_TYPE_SOCKHASH)
		*type = REG_SOCKET;
	else
		return false;
	return true;
}

void branch_not_null(struct verify_env *env, struct reg *reg)
{
	const struct verify_map *map = NULL;
	enum reg_type type = REG_MAP_VALUE;

	reg->flags &= (uint16_t)~REG_NULLABLE;
	if (reg->type == REG_MAP_VALUE)
		map = reg_map(env, reg);
	if (map && value_is_object(map, &type)) {
		reg->type = (uint8_t)type;
		if (type == REG_MAP)
			reg->map_uid = reg->id;
		else
			reg->map = reg->map_uid = 0;
	}
	if (!id_outlives(env, reg))
		reg->id = 0;
}

struct null_check {
	struct verify_env *env;
	uint32_t id;
	bool is_null;
};

static bool null_is_of(const void *arg, const struct reg *reg)
{
	const struct null_check *check = arg;

	return reg->flags & REG_NULLABLE && reg->id == check->id;
}

static void null_known(void *arg, struct reg *reg)
{
	struct null_check *check = arg;

	if (!check->is_null)
		branch_not_null(check->env, reg);
	else
		reg_set_const(reg, 0, verify_value(check->env, VALUE_REFINED,
						   reg->value, 0));
}

/*
 * All that is NULL together. A reference that was taken, when it was, with
 * this very pointer is not held where that is NULL.
 */
static int null_learn(struct verify_env *env, struct state *st,
		      const struct reg *reg, bool is_null)
{
	struct null_check check = {
		.env = env, .id = reg->id, .is_null = is_null,
	};

	if (is_null && reg->ref && reg->ref == reg->id)
		state_unhold(st, reg->ref);
	return state_each_match(env, st, null_is_of, null_known, &check);
}

/* A packet pointer at the start, as PACKET_META's end. */
static bool is_packet_start(const struct reg *reg)
{
	return reg->type == REG_PACKET && !reg->off && !reg->id &&
	       scalar_is(&reg->num, 0);
}

static bool ends(const struct reg *pkt, const struct reg *end)
{
	return (pkt->type == REG_PACKET && end->type == REG_PACKET_END) ||
	       (pkt->type == REG_PACKET_META && is_packet_start(end));
}

static void mark_end(struct state *st, unsigned int reg, uint16_t flag)
{
	struct reg *pkt = &state_frame(st)->regs[reg];

	if (pkt->type == REG_PACKET)
		pkt->flags |= flag;
}

/*
 * From pkt op end: the state in which pkt is below the end (or just at it)
 * may read up to pkt; in the other one pkt is known to lie at or past it.
 */
static void end_learn(struct verify_env *env, uint8_t op,
		      const struct reg *pkt, unsigned int regno,
		      struct state *sides[2])
{
	bool jump_is_below = op == BPF_JLT || op == BPF_JLE;
	bool open = op == BPF_JLT || op == BPF_JGE;	/* pkt < end */

	if (op != BPF_JLT && op != BPF_JLE && op != BPF_JGT && op != BPF_JGE)
		return;
	packet_learn_range(env, sides[jump_is_below], pkt, open);
	mark_end(sides[!jump_is_below], regno,
		 open ? REG_PKT_AT_END : REG_PKT_BEYOND);
}

/*
 * Where both pointers are equal, neither is NULL when one is not. Pointers to
 * kernel objects may be NULL though they do not say so, and tell nothing.
 */
static void equal_learn(struct verify_env *env, const struct branch *br,
			struct state *equal)
{
	struct reg *regs = state_frame(equal)->regs;

	if (br->dst->type == REG_BTF || br->src->type == REG_BTF)
		return;
	if (never_null(br->dst) && br->src->flags & REG_NULLABLE)
		branch_not_null(env, &regs[br->insn->src_reg]);
	if (never_null(br->src) && br->dst->flags & REG_NULLABLE)
		branch_not_null(env, &regs[br->insn->dst_reg]);
}

int branch_learn_pointer(struct verify_env *env, const struct branch *br,
			 struct state *jump, struct state *fall)
{
	struct state *sides[2] = { fall, jump };
	int err = 0;

	if (branch_is_null_check(br)) {
		err = null_learn(env, jump, br->dst, br->op == BPF_JEQ);
		return err ?: null_learn(env, fall, br->dst,
					 br->op == BPF_JNE);
	}
	if (!br->wide || !br->by_reg || !reg_is_pointer(br->dst) ||
	    !reg_is_pointer(br->src))
		return 0;
	if (ends(br->dst, br->src))
		end_learn(env, br->op, br->dst, br->insn->dst_reg, sides);
	else if (ends(br->src, br->dst))
		end_learn(env, flip(br->op), br->src, br->insn->src_reg,
			  sides);
	else if (br->op == BPF_JEQ || br->op == BPF_JNE)
		equal_learn(env, br, sides[br->op == BPF_JEQ]);
	return 0;
}
