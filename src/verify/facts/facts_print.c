/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts as text, one line an instruction that some path reaches:
 *
 *	  12: r3 packet+14 <- r2 0..255
 *	  13: r1 5 always jumps
 *	  20: r1 ctx+0, r2 map 0, r3 stack-8
 *
 * A number is a constant, a range (signed where that is shorter), known bits
 * in front of / where they tell more, or ? for anything.
 */
#include "verify/facts/facts.h"

#include <inttypes.h>

#include "base/str.h"
#include "isa/insn.h"

static const char *const type_names[] = {
	[REG_UNSET] = "varies", [REG_SCALAR] = "number", [REG_CTX] = "ctx",
	[REG_MAP] = "map", [REG_MAP_VALUE] = "value", [REG_MAP_KEY] = "key",
	[REG_STACK] = "stack", [REG_PACKET] = "packet",
	[REG_PACKET_META] = "meta", [REG_PACKET_END] = "end",
	[REG_FLOW_KEYS] = "flow_keys", [REG_SOCKET] = "sock",
	[REG_SOCK_COMMON] = "sock_common", [REG_TCP_SOCK] = "tcp_sock",
	[REG_XDP_SOCK] = "xdp_sock", [REG_TP_BUFFER] = "tp_buffer",
	[REG_BUF] = "buf", [REG_MEM] = "mem", [REG_BTF] = "object",
	[REG_ARENA] = "arena", [REG_FUNC] = "func", [REG_DYNPTR] = "dynptr",
};

static_assert(ARRAY_SIZE(type_names) == REG_TYPE_CNT, "one name a type");

static bool is_unknown(const struct scalar *num)
{
	return num->bits.mask == UINT64_MAX && num->word.size == UINT64_MAX &&
	       num->half.size == UINT32_MAX;
}

static void print_number(struct strbuf *out, const struct scalar *num)
{
	uint64_t umin = scalar_umin(num), umax = scalar_umax(num);
	int64_t smin = scalar_smin(num), smax = scalar_smax(num);
	uint64_t width = umax | (umax >> 1);

	if (is_unknown(num)) {
		strbuf_putc(out, '?');
		return;
	}
	if (scalar_is_const(num)) {
		strbuf_printf(out, "%" PRId64, (int64_t)num->bits.value);
		return;
	}
	if ((uint64_t)smax - (uint64_t)smin < umax - umin)
		strbuf_printf(out, "%" PRId64 "..%" PRId64, smin, smax);
	else
		strbuf_printf(out, "%" PRIu64 "..%" PRIu64, umin, umax);
	for (int by = 2; by < 64; by *= 2)
		width |= width >> by;
	if (num->bits.mask != width)
		strbuf_printf(out, "/%" PRIx64 ":%" PRIx64, num->bits.value,
			      num->bits.mask);
}

static void print_offset(struct strbuf *out, const struct scalar *num)
{
	if (scalar_is_const(num)) {
		if (num->bits.value)
			strbuf_printf(out, "%+" PRId64,
				      (int64_t)num->bits.value);
		return;
	}
	strbuf_puts(out, "+(");
	print_number(out, num);
	strbuf_putc(out, ')');
}

static void print_operand(struct strbuf *out, unsigned int reg,
			  const struct verify_operand *op)
{
	strbuf_printf(out, "r%u ", reg);
	if (op->type == REG_SCALAR) {
		print_number(out, &op->num);
		return;
	}
	strbuf_puts(out, type_names[op->type]);
	if (op->type == REG_UNSET)
		return;
	if (op->known_map)
		strbuf_printf(out, " %u", op->map);
	if (op->frame)
		strbuf_printf(out, op->frame == UINT8_MAX ? "^*" : "^%u",
			      op->frame);
	print_offset(out, &op->num);
	if (op->flags & REG_NULLABLE)
		strbuf_puts(out, " or NULL");
}

static bool is_empty(const struct verify_operand *op)
{
	return op->type == REG_UNSET;
}

static void print_args(struct strbuf *out, const struct verify_operand *args)
{
	const char *sep = " ";

	for (unsigned int i = 0; i < 5; i++) {
		if (is_empty(&args[i]))
			continue;
		strbuf_puts(out, sep);
		print_operand(out, i + 1, &args[i]);
		sep = ", ";
	}
}

static void print_fact(struct strbuf *out, const struct bpf_insn *insn,
		       const struct verify_facts *facts, uint32_t slot)
{
	const struct verify_fact *fact = &facts->insns[slot];

	strbuf_printf(out, "%4u:", slot);
	if (!is_empty(&fact->dst)) {
		strbuf_putc(out, ' ');
		print_operand(out, insn->dst_reg, &fact->dst);
	}
	if (!is_empty(&fact->src)) {
		strbuf_puts(out, " <- ");
		print_operand(out, insn->src_reg, &fact->src);
	}
	if (fact->args)
		print_args(out, facts->args[fact->args]);
	if (fact->flags & FACT_JUMPS && !(fact->flags & FACT_FALLS))
		strbuf_puts(out, " always jumps");
	if (fact->flags & FACT_FALLS && !(fact->flags & FACT_JUMPS))
		strbuf_puts(out, " never jumps");
	strbuf_putc(out, '\n');
}

void facts_print(struct strbuf *out, const struct prog *prog,
		 const struct verify_facts *facts)
{
	uint32_t cnt = MIN(facts->insns_cnt, prog->insns_cnt);

	for (uint32_t slot = 0; slot < cnt; slot++)
		if (facts->insns[slot].flags & FACT_REACHED)
			print_fact(out, &prog->insns[slot], facts, slot);
}
