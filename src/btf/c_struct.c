/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of structs and unions in C, laid out so that a compiler puts every
 * member where BTF has it. Gaps that natural alignment would not make are
 * filled with unnamed bit fields; a struct with members off their natural
 * alignment is packed.
 */
#include "base/bits.h"
#include "btf/c_text.h"

struct pad_unit {
	const char *name;
	uint32_t bits;
};

/* Widest first. */
static const struct pad_unit units[] = {
	{ "long", 64 }, { "int", 32 }, { "short", 16 }, { "char", 8 },
};

static void put_pad(struct c_text *c, uint32_t level, const char *name,
		    uint64_t bits)
{
	strbuf_putc(c->out, '\n');
	c_indent(c, level);
	strbuf_printf(c->out, "%s: %llu;", name, (unsigned long long)bits);
}

/* The gap before a member: from bit `at` to bit `end`. */
struct gap {
	uint64_t at, end;
	uint32_t align;		/* of what comes after, in bits */
	bool between_bits;	/* both neighbours are bit fields */
};

/* The widest unit with a boundary inside the gap. */
static const struct pad_unit *gap_unit(const struct gap *gap)
{
	const struct pad_unit *unit = units;

	while (unit->bits > 8 && align_up(gap->at, unit->bits) > gap->end)
		unit++;
	return unit;
}

/*
 * Brings the gap's start to a boundary of `unit`. Most often the compiler
 * does so by itself; a ": 0" tells it where it would not, which is when what
 * follows is content with less, or when a pad of the unit's rest would fit in
 * before the boundary.
 */
static void align_gap(struct c_text *c, struct gap *gap,
		      const struct pad_unit *unit, uint32_t level)
{
	uint64_t edge = align_up(gap->at, unit->bits);
	uint64_t natural = (gap->at + gap->align - 1) / gap->align *
			   gap->align;

	if (edge == gap->at || edge > gap->end)
		return;
	if (gap->between_bits)
		put_pad(c, level, unit->name, edge - gap->at);
	else if (edge == gap->end ? natural != edge :
		 gap->end - edge <= edge - gap->at)
		put_pad(c, level, unit->name, 0);
	gap->at = edge;
}

static void fill_gap(struct c_text *c, struct gap gap, uint32_t level)
{
	const struct pad_unit *unit;

	if (gap.at >= gap.end)
		return;
	unit = gap_unit(&gap);
	align_gap(c, &gap, unit, level);
	for (; gap.end - gap.at >= unit->bits && c_enter(c);
	     gap.at += unit->bits) {
		put_pad(c, level, unit->name, unit->bits);
		c_leave(c);
	}
	if (gap.at == gap.end || c->err)
		return;
	unit = &units[ARRAY_SIZE(units) - 1];
	while (unit->bits < gap.end - gap.at)
		unit--;
	put_pad(c, level, unit->name, gap.end - gap.at);
}

/* As the compiler would see it; BTF does not say it. */
static bool is_packed(const struct c_text *c, const struct btf_type *t)
{
	uint32_t most = 1;

	if (btf_kind(t) != BTF_KIND_STRUCT)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t align = btf_align(c->btf, btf_members(t)[i].type);

		if (!btf_member_bit_size(t, i) &&
		    btf_member_bit_offset(t, i) % (8 * align))
			return true;
		most = MAX(most, align);
	}
	return t->size % most;
}

static void put_members(struct c_text *c, uint32_t id, uint32_t level,
			bool packed)
{
	const struct btf_type *t = btf_type(c->btf, id);
	const struct btf_member *member = btf_members(t);
	struct gap gap = { 0 };
	bool after_bits = false;

	for (uint32_t i = 0; i < btf_vlen(t) && !c->err; i++, member++) {
		uint32_t bits = btf_member_bit_size(t, i);
		uint64_t size = (uint64_t)btf_size(c->btf, member->type) * 8;
		uint64_t offset = btf_member_bit_offset(t, i);

		gap.end = offset;
		gap.align = packed ? 8 : 8 * btf_align(c->btf, member->type);
		gap.between_bits = after_bits && bits;
		fill_gap(c, gap, level);
		strbuf_putc(c->out, '\n');
		c_indent(c, level);
		c_decl(c, member->type, btf_str(c->btf, member->name_off),
		       level);
		if (bits)
			strbuf_printf(c->out, ": %u", bits);
		strbuf_putc(c->out, ';');
		gap.at = offset + (bits ? bits : size);
		after_bits = bits;
	}
	if (btf_kind(t) != BTF_KIND_STRUCT)
		return;
	gap.end = (uint64_t)t->size * 8;
	gap.between_bits = false;
	gap.align = 8 * btf_align(c->btf, id);
	fill_gap(c, gap, level);
}

void c_struct_tag(struct c_text *c, uint32_t id)
{
	const struct btf_type *t = btf_type(c->btf, id);

	strbuf_puts(c->out,
		    btf_kind(t) == BTF_KIND_STRUCT ? "struct" : "union");
	if (t->name_off)
		strbuf_printf(c->out, " %s", c_tag_name(c, id));
}

void c_struct_def(struct c_text *c, uint32_t id, uint32_t level)
{
	const struct btf_type *t = btf_type(c->btf, id);
	bool packed = is_packed(c, t);

	if (!c_enter(c))
		return;
	c_struct_tag(c, id);
	strbuf_puts(c->out, " {");
	put_members(c, id, level + 1, packed);
	if (btf_vlen(t) || t->size) {
		strbuf_putc(c->out, '\n');
		c_indent(c, level);
	}
	strbuf_puts(c->out, packed ? "} __attribute__((packed))" : "}");
	c_leave(c);
}
