/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branches into the code. All are short at first; those that do not reach
 * become long, which may push others apart, until all reach. Branches only
 * grow, so it ends.
 *
 * A spot of the code that had no branches is moved by the sizes of all sites
 * before it.
 */
#include "jit/x86/emit.h"

static uint32_t size_of(const struct emit_site *site)
{
	switch ((enum emit_site_kind)site->kind) {
	case EMIT_JMP:
		return site->far ? 5 : 2;
	case EMIT_JCC:
		return site->far ? 6 : 2;
	case EMIT_CALL:
	case EMIT_C:
		return 5;
	default:
		return 7;
	}
}

/* moved[i]: the sizes of the first i sites. */
static void add_up(const struct emit *e, uint32_t *moved)
{
	moved[0] = 0;
	for (size_t i = 0; i < e->sites.len; i++)
		moved[i + 1] = moved[i] + size_of(&e->sites.data[i]);
}

static uint32_t spot_at(struct emit_spot spot, const uint32_t *moved)
{
	return spot.at + moved[spot.sites];
}

/* The distance from the end of a site to its label. */
static int32_t distance(const struct emit *e, size_t i, const uint32_t *moved)
{
	const struct emit_site *site = &e->sites.data[i];

	return (int32_t)(spot_at(e->labels.data[site->label], moved) -
			 (site->at + moved[i + 1]));
}

static bool grow(struct emit *e, uint32_t *moved)
{
	bool grown = false;

	add_up(e, moved);
	for (size_t i = 0; i < e->sites.len; i++) {
		struct emit_site *site = &e->sites.data[i];
		int32_t to;

		if (site->far || site->kind > EMIT_JCC)
			continue;
		to = distance(e, i, moved);
		if (to == (int8_t)to)
			continue;
		site->far = true;
		grown = true;
	}
	return grown;
}

static void copy(struct jit_buf *to, const uint8_t *from, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i += 8) {
		uint32_t part = MIN(cnt - i, 8u);
		uint64_t bytes = 0;

		memcpy(&bytes, from + i, part);
		jit_buf_room(to);
		jit_buf_put(to, bytes, part);
	}
}

static void put_branch(struct jit_buf *code, const struct emit_site *site,
		       int32_t to)
{
	uint32_t target;

	switch ((enum emit_site_kind)site->kind) {
	case EMIT_CALL:
		target = x86_call(code);
		break;
	case EMIT_LEA:
		target = x86_lea_code(code, (enum x86_reg)site->detail);
		break;
	case EMIT_JCC:
		target = site->far ?
			 x86_jcc(code, (enum x86_cond)site->detail) :
			 x86_jcc_short(code, (enum x86_cond)site->detail);
		break;
	default:
		target = site->far ? x86_jmp(code) : x86_jmp_short(code);
		break;
	}
	if (code->failed)
		return;
	if (site->far || site->kind > EMIT_JCC)
		x86_bind(code, target, target + (uint32_t)to);
	else
		code->data[target - 1] = (uint8_t)to;
}

static void put_site(struct emit *e, struct jit_buf *code, size_t i,
		     const uint32_t *moved)
{
	const struct emit_site *site = &e->sites.data[i];

	if (site->kind == EMIT_C)
		e->calls.data[site->label].branch = x86_call(code);
	else
		put_branch(code, site, distance(e, i, moved));
}

static struct jit_buf join(struct emit *e, const uint32_t *moved)
{
	struct jit_buf code = { 0 };
	uint32_t at = 0;

	for (size_t i = 0; i < e->sites.len; i++) {
		const struct emit_site *site = &e->sites.data[i];

		copy(&code, e->code.data + at, site->at - at);
		put_site(e, &code, i, moved);
		at = site->at;
	}
	copy(&code, e->code.data + at, e->code.len - at);
	return code;
}

static void move_spots(struct emit *e, const uint32_t *moved)
{
	for (size_t i = 0; i < e->labels.len; i++)
		e->labels.data[i].at = spot_at(e->labels.data[i], moved);
	for (size_t i = 0; i < e->origins.len; i++)
		e->origins.data[i].spot.at =
			spot_at(e->origins.data[i].spot, moved);
	for (size_t i = 0; i < e->depths.len; i++)
		e->depths.data[i].spot.at =
			spot_at(e->depths.data[i].spot, moved);
}

void x86_relax(struct emit *e)
{
	uint32_t *moved = calloc(e->sites.len + 1, sizeof(*moved));
	struct jit_buf code;

	if (!moved || e->failed || e->code.failed) {
		e->failed = true;
		free(moved);
		return;
	}
	while (grow(e, moved))
		;
	code = join(e, moved);
	move_spots(e, moved);
	jit_buf_fini(&e->code);
	e->code = code;
	e->failed |= code.failed;
	free(moved);
}
