/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets. Pointers of one id are start + num + off with the same num; their
 * range says how many bytes from start + num on are there. A comparison with
 * the end teaches it to all of them. Anything that may move the bytes makes
 * the pointers void.
 *
 * num is at most 0xffff where a range is known, so no sum wraps: an address
 * past 2^63 could compare as before the end.
 */
#include "verify/memory/access_rows.h"

#include "prog/ctx.h"
#include "spec/diags.h"

#define PACKET_OFF_MAX	0xffff

static int reject_write(struct verify_env *env, const struct access *acc)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_READ_ONLY, (int)acc->base,
			      "programs of this type do not write packets"),
		"cannot write into packet");
}

static int reject_range(struct verify_env *env, const struct access *acc,
			const struct reg *base)
{
	int64_t off = access_off(acc, base);
	int err;

	if (scalar_smin(&base->num) < 0)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_UNBOUNDED,
				      (int)acc->base,
				      "what was added to r%u may be negative",
				      acc->base),
			"R%u min value is negative, either use unsigned "
			"index or do a if (index >=0) check.", acc->base);
	err = verify_reject(env, DIAG_VERIFY_PACKET_BOUNDS, (int)acc->base,
			    "%u byte%s at offset %lld may be beyond the end "
			    "of the packet, of which %u byte%s checked",
			    acc->size, plural(acc->size), (long long)off,
			    base->range, base->range == 1 ? " is" : "s are");
	err = verify_bounds(env, err, off, off, acc->size, base->range);
	return verify_says(env, err, "invalid access to packet, off=%lld "
			   "size=%u, R%u(id=%u,off=%lld,r=%u)\n"
			   "R%u offset is outside of the packet",
			   (long long)off, acc->size, acc->base, base->id,
			   (long long)off, base->range, acc->base);
}

int packet_access(struct verify_env *env, const struct access *acc,
		  const struct reg *base, struct reg *to)
{
	int64_t off = access_off(acc, base);
	const struct ctx_layout *layout;
	(void)to;

	if (acc->mode & ACCESS_WRITE && !(acc->mode & ACCESS_CALL)) {
		layout = ctx_layout(env->prog->type);
		if (!layout || !(layout->packet & CTX_WRITE))
			return reject_write(env, acc);
	}
	if (likely(off >= 0 && off + acc->size <= base->range &&
		   scalar_smin(&base->num) >= 0))
		return 0;
	return reject_range(env, acc, base);
}

/* ---- what comparisons teach ---- */

struct lesson {
	uint8_t type;
	uint32_t id, range;
};

static void learn(void *arg, struct reg *reg)
{
	const struct lesson *lesson = arg;

	if (reg->type == lesson->type && reg->id == lesson->id &&
	    !(reg->flags & REG_NULLABLE))
		reg->range = MAX(reg->range, lesson->range);
}

void packet_learn_range(struct verify_env *env, struct state *st,
			const struct reg *pkt, bool beyond_open)
{
	struct lesson lesson = { .type = pkt->type, .id = pkt->id };
	uint64_t max = scalar_umax(&pkt->num);

	if (pkt->off < 0 || (!pkt->off && beyond_open) ||
	    max > PACKET_OFF_MAX ||
	    max + (uint64_t)pkt->off > PACKET_OFF_MAX)
		return;
	lesson.range = (uint32_t)pkt->off + beyond_open;
	(void)state_each_reg(env, st, learn, &lesson);
}

/* ---- bytes that move ---- */

/* Slices of a packet's dynptr lie in it too. */
static bool in_packet(const struct reg *reg)
{
	if (reg->type == REG_MEM)
		return reg->map_uid && reg->map >= DYNPTR_SKB;
	return reg->type >= REG_PACKET && reg->type <= REG_PACKET_END;
}

static void forget(void *arg, struct reg *reg)
{
	struct verify_env *env = arg;

	if (!in_packet(reg))
		return;
	reg_set_unknown(reg, verify_value(env, VALUE_CALL, reg->value, 0));
	if (verify_unprivileged(env))
		reg->type = REG_UNSET;
}

int packet_forget(struct verify_env *env, struct state *st)
{
	return state_each_reg(env, st, forget, env);
}
