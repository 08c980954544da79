/* SPDX-License-Identifier: Apache-2.0 */
/* Registers and places of the program in words. */
#include <inttypes.h>
#include <string.h>

#include "isa/disasm.h"
#include "verify/explain/explain.h"
#include "verify/typed/typed.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *trimmed(const char *text)
{
	return text + strspn(text, " \t");
}

void words_place(struct strbuf *out, const struct verify_env *env,
		 uint32_t insn)
{
	const struct prog_line *line = prog_line_at(env->prog, insn);
	struct disasm_style style = { .decimal = true };

	if (line && line->file && line->text && *line->text) {
		strbuf_printf(out, "%s:%u: `%s`", base_name(line->file),
			      line->line, trimmed(line->text));
		return;
	}
	strbuf_printf(out, "insn %u: `", insn);
	disasm_insn(out, &env->insns[insn], &style);
	strbuf_puts(out, "`");
}

/* The tighter of the two ways to look at the bounds. */
static void words_range(struct strbuf *out, const struct scalar *num)
{
	uint64_t umin = scalar_umin(num), umax = scalar_umax(num);
	int64_t smin = scalar_smin(num), smax = scalar_smax(num);

	if (umax - umin <= (uint64_t)smax - (uint64_t)smin)
		strbuf_printf(out, umax <= UINT32_MAX ?
			      "[%" PRIu64 ", %" PRIu64 "]" :
			      "[%#" PRIx64 ", %#" PRIx64 "]", umin, umax);
	else
		strbuf_printf(out, "[%" PRId64 ", %" PRId64 "]", smin, smax);
}

static bool is_unknown(const struct scalar *num)
{
	struct scalar any = scalar_unknown();

	return scalar_equal(num, &any);
}

/* Where the low half alone is known better: a 32-bit comparison did it. */
static void words_half(struct strbuf *out, const struct scalar *num)
{
	uint32_t umax = scalar_umax32(num);
	int32_t smax = scalar_smax32(num);

	if (umax < scalar_umax(num) && umax < INT32_MAX)
		strbuf_printf(out, ", of which the low 32 bits are in "
			      "[%u, %u]", scalar_umin32(num), umax);
	else if (umax > INT32_MAX && smax < INT32_MAX &&
		 scalar_smin(num) >= 0)
		strbuf_printf(out, ", which as a signed number of 32 bits is "
			      "in [%d, %d]", scalar_smin32(num), smax);
}

static void words_number(struct strbuf *out, const struct scalar *num)
{
	unsigned int zeros;

	if (scalar_is_const(num)) {
		strbuf_printf(out, "the number %" PRId64,
			      (int64_t)num->bits.value);
		return;
	}
	if (is_unknown(num)) {
		strbuf_puts(out, "any number");
		return;
	}
	strbuf_puts(out, "a number in ");
	words_range(out, num);
	zeros = (unsigned int)__builtin_ctzll(num->bits.mask);
	if (zeros && zeros < 32 && !(num->bits.value & word_mask(zeros)))
		strbuf_printf(out, ", a multiple of %u", 1u << zeros);
	words_half(out, num);
}

static void words_offset(struct strbuf *out, const struct reg *reg)
{
	if (scalar_is_const(&reg->num)) {
		int64_t off = reg->off + (int64_t)reg->num.bits.value;

		if (off)
			strbuf_printf(out, " at offset %" PRId64, off);
		return;
	}
	strbuf_printf(out, " at offset %d + ", reg->off);
	if (is_unknown(&reg->num))
		strbuf_puts(out, "any number");
	else
		words_range(out, &reg->num);
}

static void words_map(struct strbuf *out, const struct verify_env *env,
		      const struct reg *reg)
{
	const struct verify_map *map = reg_map(env, reg);
	const char *name = map && map->name ? map->name : "?";

	if (reg->type == REG_MAP)
		strbuf_printf(out, "map '%s'", name);
	else if (reg->type == REG_MAP_KEY)
		strbuf_printf(out, "a key of map '%s' (%u bytes)", name,
			      map ? map->key_size : 0);
	else
		strbuf_printf(out, "a value of map '%s' (%u bytes)", name,
			      map ? map->value_size : 0);
}

/* What a pointer points to, where the type alone tells. */
static const char *const pointees[REG_TYPE_CNT] = {
	[REG_UNSET] = "nothing that was ever set",
	[REG_CTX] = "the context",
	[REG_STACK] = "the stack",
	[REG_PACKET] = "the packet",
	[REG_PACKET_META] = "the packet's metadata",
	[REG_PACKET_END] = "the end of the packet",
	[REG_FLOW_KEYS] = "the flow keys",
	[REG_SOCKET] = "a socket",
	[REG_SOCK_COMMON] = "a socket of any state",
	[REG_TCP_SOCK] = "a TCP socket",
	[REG_XDP_SOCK] = "an XDP socket",
	[REG_TP_BUFFER] = "the tracepoint's buffer",
	[REG_BUF] = "a buffer",
	[REG_MEM] = "a piece of memory",
	[REG_BTF] = "a kernel object",
	[REG_ARENA] = "the arena",
	[REG_FUNC] = "a function",
	[REG_DYNPTR] = "a dynptr",
};

static void words_pointee(struct strbuf *out, const struct verify_env *env,
			  const struct reg *reg)
{
	if (reg->type == REG_MAP || reg->type == REG_MAP_VALUE ||
	    reg->type == REG_MAP_KEY)
		words_map(out, env, reg);
	else
		strbuf_puts(out, pointees[reg->type]);
	if (reg->type == REG_MEM || reg->type == REG_BUF ||
	    reg->type == REG_TP_BUFFER)
		strbuf_printf(out, " of %u bytes", reg->size);
}

void words_reg(struct strbuf *out, const struct verify_env *env,
	       const struct reg *reg)
{
	if (reg->type == REG_SCALAR) {
		words_number(out, &reg->num);
		return;
	}
	if (reg->type == REG_UNSET) {
		strbuf_puts(out, "not set");
		return;
	}
	if (reg->flags & REG_NULLABLE)
		strbuf_puts(out, "NULL, or ");
	if (reg->flags & REG_UNTRUSTED)
		strbuf_puts(out, "untrusted: ");
	words_pointee(out, env, reg);
	words_offset(out, reg);
	if (reg->type == REG_PACKET || reg->type == REG_PACKET_META)
		strbuf_printf(out, ", of which %u bytes are checked",
			      reg->range);
	if (reg->flags & REG_RDONLY)
		strbuf_puts(out, ", read-only");
}

const char *verify_describe(struct verify_env *env, const struct reg *reg)
{
	struct strbuf text = { 0 };
	const char *copy;

	words_reg(&text, env, reg);
	copy = arena_strdup(&env->arena, strbuf_str(&text));
	strbuf_fini(&text);
	return copy ?: "";
}
