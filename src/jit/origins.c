/* SPDX-License-Identifier: Apache-2.0 */
/* See origins.h. Rows come in the order of the code, so nothing is sorted. */
#include "jit/origins.h"

#include <stdio.h>

#include "base/str.h"
#include "jit/code.h"

static const char *const part_names[JIT_PARTS] = {
	[JIT_PART_ENTER]	= "enter",
	[JIT_PART_START]	= "start",
	[JIT_PART_FUNC]		= "function",
	[JIT_PART_INSN]		= "insn",
	[JIT_PART_TRAP]		= "trap",
	[JIT_PART_LEAVE]	= "leave",
	[JIT_PART_FAR]		= "far",
};

const char *jit_part_name(enum jit_part part)
{
	return part_names[part];
}

static bool is_same(const struct jit_origin *row, enum jit_part part,
		    uint32_t slot)
{
	return row->part == part && row->slot == slot;
}

void jit_origin_add(struct jit_origins *origins, uint32_t at,
		    enum jit_part part, uint32_t slot)
{
	size_t len = origins->rows.len;
	struct jit_origin *row = len ? &origins->rows.data[len - 1] : NULL;

	if (row && is_same(row, part, slot))
		return;
	if (!row || row->at != at || row->part == JIT_PART_FUNC)
		row = vec_push(&origins->rows);
	if (!row || slot >= JIT_SLOTS_MAX)
		origins->failed = true;
	else
		*row = (struct jit_origin){ at, slot, part };
}

void jit_depth_add(struct jit_origins *origins, uint32_t at, uint32_t bytes,
		   uint32_t reg)
{
	size_t len = origins->depths.len;
	struct jit_depth *row = len ? &origins->depths.data[len - 1] : NULL;

	if (!row || row->at != at)
		row = vec_push(&origins->depths);
	if (row)
		*row = (struct jit_depth){ at, bytes, reg };
	else
		origins->failed = true;
}

#define TRIM(vec) do { \
	void *less_ = (vec)->len ? reallocarray((vec)->data, (vec)->len, \
						sizeof(*(vec)->data)) : NULL; \
	if (less_) { \
		(vec)->data = less_; \
		(vec)->cap = (vec)->len; \
	} \
} while (0)

void jit_origins_trim(struct jit_origins *origins)
{
	TRIM(&origins->rows);
	TRIM(&origins->depths);
}

void jit_origins_fini(struct jit_origins *origins)
{
	vec_free(&origins->rows);
	vec_free(&origins->depths);
}

struct jit_text jit_text(const struct prog *prog)
{
	const struct jit_code *code = prog->engine;

	return (struct jit_text){
		.base = code->mem.base, .size = code->size,
		.origins = code->origins.rows.data,
		.origins_cnt = (uint32_t)code->origins.rows.len,
		.depths = code->origins.depths.data,
		.depths_cnt = (uint32_t)code->origins.depths.len,
	};
}

/* ---- pieces ---- */

static bool begins_piece(enum jit_part part, enum jit_part of)
{
	return part <= JIT_PART_FUNC || part == JIT_PART_FAR ||
	       ((part == JIT_PART_TRAP || part == JIT_PART_LEAVE) &&
		of != JIT_PART_TRAP && of != JIT_PART_LEAVE);
}

bool jit_piece_next(const struct jit_text *text, const struct prog *prog,
		    uint32_t *next, struct jit_piece *out)
{
	uint32_t i = *next;
	const struct subprog *func;

	if (i >= text->origins_cnt)
		return false;
	*out = (struct jit_piece){
		.at = text->origins[i].at, .first = i,
		.part = (enum jit_part)text->origins[i].part,
	};
	if (out->part == JIT_PART_FUNC && prog->subprogs_cnt) {
		func = prog_subprog_at(prog, text->origins[i].slot);
		out->func = func;
	}
	do
		i++;
	while (i < text->origins_cnt &&
	       !begins_piece((enum jit_part)text->origins[i].part, out->part));
	out->cnt = i - out->first;
	out->size = jit_origin_end(text, i - 1) - out->at;
	*next = i;
	return true;
}

void jit_piece_name(const struct prog *prog, const struct jit_piece *piece,
		    char *name)
{
	const char *part = piece->part == JIT_PART_LEAVE ?
			   part_names[JIT_PART_TRAP] :
			   part_names[piece->part];

	if (piece->part != JIT_PART_FUNC)
		snprintf(name, JIT_NAME_MAX, "%s.%s", prog->name, part);
	else if (!piece->func || !piece->func->start)
		snprintf(name, JIT_NAME_MAX, "%s", prog->name);
	else if (*piece->func->name)
		snprintf(name, JIT_NAME_MAX, "%s.%s", prog->name,
			 piece->func->name);
	else
		snprintf(name, JIT_NAME_MAX, "%s.%u", prog->name,
			 piece->func->start);
}
