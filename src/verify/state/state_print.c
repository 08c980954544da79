/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States as text, in the form of the kernel's log:
 *
 *	R1=pkt(id=1,off=4,r=14) R2=scalar(smin=0,umax=255,var_off=(0x0; 0xff))
 *	R3=P7 R10=fp0 fp-8=map_value(map=flows,ks=4,vs=16) fp-16=mmmm0000
 *
 * P: the number is PRECISE. A slot's bytes are listed from its highest
 * address: s spill, m written, 0 zero, d dynptr, i iterator, f irq flags, ?
 * not set; a spill of eight bytes is its register.
 */
#include "verify/state/state.h"

#include <inttypes.h>

#include "base/str.h"
#include "btf/btf.h"
#include "verify/env.h"
#include "verify/typed/typed.h"

static const char *const type_names[REG_TYPE_CNT] = {
	[REG_UNSET] = "?", [REG_SCALAR] = "scalar", [REG_CTX] = "ctx",
	[REG_MAP] = "map_ptr", [REG_MAP_VALUE] = "map_value",
	[REG_MAP_KEY] = "map_key", [REG_STACK] = "fp",
	[REG_PACKET] = "pkt", [REG_PACKET_META] = "pkt_meta",
	[REG_PACKET_END] = "pkt_end", [REG_FLOW_KEYS] = "flow_keys",
	[REG_SOCKET] = "sock", [REG_SOCK_COMMON] = "sock_common",
	[REG_TCP_SOCK] = "tcp_sock", [REG_XDP_SOCK] = "xdp_sock",
	[REG_TP_BUFFER] = "tp_buffer", [REG_BUF] = "buf",
	[REG_MEM] = "mem", [REG_BTF] = "ptr_", [REG_ARENA] = "arena",
	[REG_FUNC] = "func", [REG_DYNPTR] = "dynptr_ptr",
};

static const struct {
	uint16_t flag;
	const char *text;
} prefixes[] = {
	{ REG_RDONLY, "rdonly_" },
	{ REG_RINGBUF, "ringbuf_" },
	{ REG_USER, "user_" },
	{ REG_PERCPU, "percpu_" },
	{ REG_RCU, "rcu_" },
	{ REG_UNTRUSTED, "untrusted_" },
	{ REG_TRUSTED, "trusted_" },
};

static const char *const dynptr_names[] = {
	[DYNPTR_NONE] = "none", [DYNPTR_LOCAL] = "local",
	[DYNPTR_RINGBUF] = "ringbuf", [DYNPTR_SKB] = "skb",
	[DYNPTR_XDP] = "xdp", [DYNPTR_SKB_META] = "skb_meta",
};

static const char slot_letters[] = "?m0sdif";

/* What the list in parentheses is given item by item. */
struct items {
	struct strbuf *out;
	const char *sep;
};

const char *reg_type_name(const struct reg *reg)
{
	return reg->type < REG_TYPE_CNT ? type_names[reg->type] : "?";
}

/* Small numbers in decimal, others in hexadecimal. */
static bool is_small(int64_t num)
{
	return num >= INT16_MIN && num <= INT16_MAX;
}

static void put_signed(struct strbuf *out, int64_t num)
{
	if (is_small(num))
		strbuf_printf(out, "%" PRId64, num);
	else
		strbuf_printf(out, "0x%" PRIx64, (uint64_t)num);
}

static void put_unsigned(struct strbuf *out, uint64_t num)
{
	strbuf_printf(out, num <= UINT16_MAX ? "%" PRIu64 : "0x%" PRIx64, num);
}

static void item(struct items *items, const char *name)
{
	strbuf_printf(items->out, "%s%s=", items->sep, name);
	items->sep = ",";
}

/* One bound; those of the same number share it: "smin=umin=1". */
struct bound {
	const char *name;
	uint64_t num;
	bool is_signed, omit;
};

static bool bound_shares(const struct bound *a, const struct bound *b)
{
	return !b->omit && a->num == b->num &&
	       (a->is_signed && (int64_t)a->num < 0) ==
	       (b->is_signed && (int64_t)b->num < 0);
}

static uint64_t half_word(int32_t num)
{
	return is_small(num) ? (uint64_t)(int64_t)num : (uint32_t)num;
}

static void put_bounds(struct items *items, struct bound *bounds,
		       unsigned int cnt)
{
	for (unsigned int i = 0; i < cnt; i++) {
		if (bounds[i].omit)
			continue;
		item(items, bounds[i].name);
		for (unsigned int j = i + 2; j < cnt; j += 2) {
			if (!bound_shares(&bounds[i], &bounds[j]))
				continue;
			bounds[j].omit = true;
			strbuf_printf(items->out, "%s=", bounds[j].name);
		}
		if (bounds[i].is_signed)
			put_signed(items->out, (int64_t)bounds[i].num);
		else
			put_unsigned(items->out, bounds[i].num);
	}
}

static void put_number(struct items *items, const struct scalar *num)
{
	int64_t smin = scalar_smin(num), smax = scalar_smax(num);
	uint64_t umin = scalar_umin(num), umax = scalar_umax(num);
	int32_t smin32 = scalar_smin32(num), smax32 = scalar_smax32(num);
	uint32_t umin32 = scalar_umin32(num), umax32 = scalar_umax32(num);
	struct bound bounds[] = {
		{ "smin", (uint64_t)smin, true, smin == INT64_MIN },
		{ "smax", (uint64_t)smax, true, smax == INT64_MAX },
		{ "umin", umin, false, !umin },
		{ "umax", umax, false, umax == UINT64_MAX },
		{ "smin32", half_word(smin32), true, smin32 == INT32_MIN },
		{ "smax32", half_word(smax32), true, smax32 == INT32_MAX },
		{ "umin32", umin32, false, !umin32 },
		{ "umax32", umax32, false, umax32 == UINT32_MAX },
	};

	put_bounds(items, bounds, ARRAY_SIZE(bounds));
	if (~num->bits.mask) {
		item(items, "var_off");
		strbuf_printf(items->out, "(0x%" PRIx64 "; 0x%" PRIx64 ")",
			      num->bits.value, num->bits.mask);
	}
}

static void put_type(struct strbuf *out, const struct reg *reg)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (reg->flags & prefixes[i].flag)
			strbuf_puts(out, prefixes[i].text);
	strbuf_puts(out, reg_type_name(reg));
	if (reg->type == REG_BTF) {
		if (reg->flags & REG_NULLABLE)
			strbuf_puts(out, "or_null_");
		if (reg->btf)
			strbuf_puts(out, btf_type_name(reg->btf, reg->btf_id));
	} else if (reg->flags & REG_NULLABLE) {
		strbuf_puts(out, "_or_null");
	}
}

static void put_map(struct items *items, const struct verify_env *env,
		    const struct reg *reg)
{
	const struct verify_map *map = reg_map(env, reg);

	if (!map)
		return;
	if (map->name && map->name[0]) {
		item(items, "map");
		strbuf_puts(items->out, map->name);
	}
	item(items, "ks");
	strbuf_printf(items->out, "%u,vs=%u", map->key_size, map->value_size);
}

static void put_ids(struct items *items, const struct reg *reg)
{
	if (reg->id) {
		item(items, "id");
		strbuf_printf(items->out, "%u", reg->id);
		if (reg->type == REG_SCALAR && reg->delta)
			strbuf_printf(items->out, "%+d", reg->delta);
	}
	if (reg->ref) {
		item(items, "ref_obj_id");
		strbuf_printf(items->out, "%u", reg->ref);
	}
}

static void put_extent(struct items *items, const struct reg *reg)
{
	switch (reg->type) {
	case REG_PACKET:
	case REG_PACKET_META:
		item(items, "r");
		put_unsigned(items->out, reg->range);
		break;
	case REG_MEM:
		item(items, "sz");
		put_unsigned(items->out, reg->size);
		break;
	case REG_DYNPTR:
		item(items, "type");
		strbuf_puts(items->out, dynptr_names[reg->dynptr]);
		break;
	default:
		break;
	}
}

static void put_details(struct strbuf *out, const struct verify_env *env,
			const struct reg *reg)
{
	struct items items = { .out = out, .sep = "" };

	strbuf_putc(out, '(');
	put_ids(&items, reg);
	if (reg->type == REG_MAP || reg->type == REG_MAP_VALUE ||
	    reg->type == REG_MAP_KEY)
		put_map(&items, env, reg);
	if (reg->type != REG_SCALAR && reg->off) {
		item(&items, "off");
		put_signed(out, reg->off);
	}
	put_extent(&items, reg);
	if (!scalar_is_const(&reg->num)) {
		put_number(&items, &reg->num);
	} else if (reg->num.bits.value) {
		item(&items, "imm");
		put_signed(out, (int64_t)reg->num.bits.value);
	}
	strbuf_putc(out, ')');
}

void reg_print(struct strbuf *out, const struct verify_env *env,
	       const struct reg *reg)
{
	bool fixed = scalar_is_const(&reg->num);

	if (reg->type == REG_SCALAR && reg->value < env->values.cnt &&
	    value_marks(&env->values, reg->value) & VALUE_PRECISE)
		strbuf_putc(out, 'P');
	if (reg->type == REG_SCALAR && fixed) {
		put_signed(out, (int64_t)reg->num.bits.value);
		return;
	}
	put_type(out, reg);
	if (reg->type == REG_ARENA)
		return;
	if (reg->type == REG_STACK) {
		if (env->cur && reg->frame != env->cur->depth)
			strbuf_printf(out, "[%u]", reg->frame);
		if (fixed) {
			put_signed(out, reg->off +
					(int64_t)reg->num.bits.value);
			return;
		}
	}
	put_details(out, env, reg);
}

static void put_bytes(struct strbuf *out, const struct slot *slot,
		      unsigned int from)
{
	for (unsigned int i = SLOT_BYTES; i-- > from;)
		strbuf_putc(out, slot_letters[slot->kind[i]]);
}

static unsigned int spilled_bytes(const struct slot *slot)
{
	unsigned int cnt = 0;

	while (cnt < SLOT_BYTES && slot->kind[cnt] == SLOT_SPILL)
		cnt++;
	return cnt;
}

static void put_object(struct strbuf *out, const struct slot *slot)
{
	const struct reg *reg = &slot->reg;

	if (slot->kind[0] == SLOT_DYNPTR)
		strbuf_printf(out, "dynptr_%s(id=%u,ref_id=%u)",
			      dynptr_names[reg->dynptr], reg->id, reg->ref);
	else
		strbuf_printf(out, "iter(ref_id=%u,state=%s,depth=%u)",
			      reg->ref,
			      slot->iter_state == ITER_ACTIVE ? "active" :
			      slot->iter_state == ITER_DRAINED ? "drained" :
			      "none", slot->iter_depth);
}

static void put_slot(struct strbuf *out, const struct verify_env *env,
		     const struct slot *slot, uint32_t i)
{
	bool is_object = slot->kind[0] == SLOT_DYNPTR ||
			 slot->kind[0] == SLOT_ITER;
	unsigned int spilled = spilled_bytes(slot);

	if (is_object && !slot->first)
		return;
	strbuf_printf(out, " fp-%u=", (i + 1) * SLOT_BYTES);
	if (is_object) {
		put_object(out, slot);
		return;
	}
	put_bytes(out, slot, spilled);
	if (spilled)
		reg_print(out, env, &slot->reg);
}

static bool slot_is_unset(const struct slot *slot)
{
	for (unsigned int i = 0; i < SLOT_BYTES; i++)
		if (slot->kind[i])
			return false;
	return true;
}

void frame_print(struct strbuf *out, const struct verify_env *env,
		 const struct frame *fr, const struct frame *before)
{
	for (unsigned int i = 0; i < FRAME_REGS; i++) {
		if (fr->regs[i].type == REG_UNSET ||
		    (before && reg_same(&before->regs[i], &fr->regs[i])))
			continue;
		strbuf_printf(out, " R%u=", i);
		reg_print(out, env, &fr->regs[i]);
	}
	for (uint32_t i = 0; i < fr->slots_cnt; i++)
		if (!slot_is_unset(&fr->slots[i]) &&
		    !(before && i < before->slots_cnt &&
		      slot_same(&before->slots[i], &fr->slots[i])))
			put_slot(out, env, &fr->slots[i], i);
}

void state_print(struct strbuf *out, const struct verify_env *env,
		 const struct state *st)
{
	if (st->depth)
		strbuf_printf(out, " frame%u:", st->depth);
	frame_print(out, env, state_frame(st), NULL);
	for (uint32_t i = 0; i < st->held_cnt; i++)
		strbuf_printf(out, "%s%u", i ? "," : " refs=",
			      st->held[i].id);
}
