/* SPDX-License-Identifier: Apache-2.0 */
/* The search goes down a tree of at most BUDGET operations. */
#include "jit/fold/bytes.h"

#include "base/compiler.h"
#include "jit/fold/eval.h"

#define BUDGET		48

struct search {
	const struct ir_func *f;
	unsigned int budget;
};

static struct fold_bytes bytes_of(struct search *s, ir_ref ref);

static struct fold_bytes own_bytes(ir_ref ref)
{
	struct fold_bytes out;

	for (uint8_t i = 0; i < 8; i++)
		out.at[i] = (struct fold_byte){ ref, i };
	return out;
}

static struct fold_bytes cut(struct fold_bytes bytes, unsigned int cnt)
{
	for (unsigned int i = cnt; i < 8; i++)
		bytes.at[i] = (struct fold_byte){ 0, 0 };
	return bytes;
}

/* The constant operand 1 of `insn`; false when it is none. */
static bool number(const struct search *s, const struct ir_insn *insn,
		   uint64_t *out)
{
	const struct ir_insn *arg = ir_at(s->f, ir_value(s->f, insn->args[1]));

	*out = (uint64_t)arg->imm;
	return arg->op == IR_CONST;
}

/* Byte i goes to i + by, around at `width` if `turn`. */
static struct fold_bytes moved(struct fold_bytes from, int by, int width,
			       bool turn)
{
	struct fold_bytes out = cut(from, 0);

	for (int i = 0; i < width; i++) {
		int to = turn ? (i + by) % width : i + by;

		if (to >= 0 && to < width)
			out.at[to] = from.at[i];
	}
	return out;
}

static struct fold_bytes of_shift(struct search *s, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(s->f, ref);
	unsigned int width = insn->wide ? 8 : 4;
	uint64_t count;
	int by;

	if (!number(s, insn, &count) || count % 8)
		return own_bytes(ref);
	by = (int)(count / 8 % width);
	return moved(bytes_of(s, insn->args[0]),
		     insn->op == IR_SHR ? -by : by, (int)width,
		     insn->op == IR_ROL);
}

static struct fold_bytes of_mask(struct search *s, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(s->f, ref);
	struct fold_bytes out;
	uint64_t mask;

	if (!number(s, insn, &mask))
		return own_bytes(ref);
	out = bytes_of(s, insn->args[0]);
	for (uint8_t i = 0; i < 8; i++) {
		uint8_t byte = (uint8_t)(mask >> i * 8);

		if (byte != 0xff && out.at[i].ref)
			out.at[i] = (struct fold_byte){ byte ? ref : 0, i };
	}
	return out;
}

/* Where both operands have something, a sum may carry: nothing is known. */
static struct fold_bytes of_sum(struct search *s, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(s->f, ref);
	struct fold_bytes out = bytes_of(s, insn->args[0]);
	struct fold_bytes other = bytes_of(s, insn->args[1]);

	for (uint8_t i = 0; i < 8; i++) {
		if (out.at[i].ref && other.at[i].ref) {
			if (insn->op == IR_ADD)
				return own_bytes(ref);
			out.at[i] = (struct fold_byte){ ref, i };
		} else if (other.at[i].ref) {
			out.at[i] = other.at[i];
		}
	}
	return out;
}

static struct fold_bytes of_extension(struct search *s, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(s->f, ref);
	struct fold_bytes from = bytes_of(s, insn->args[0]), out;

	out = insn->op == IR_SEXT ? own_bytes(ref) : cut(from, 0);
	for (uint8_t i = 0; i < insn->size; i++)
		out.at[i] = from.at[insn->op == IR_BSWAP ?
				    insn->size - 1 - i : i];
	return out;
}

static struct fold_bytes of_const(const struct search *s, ir_ref ref)
{
	struct fold_bytes out = own_bytes(ref);
	uint64_t value = (uint64_t)ir_at(s->f, ref)->imm;

	for (unsigned int i = 0; i < 8; i++)
		if (!(value >> i * 8 & 0xff))
			out.at[i] = (struct fold_byte){ 0, 0 };
	return out;
}

static struct fold_bytes bytes_of(struct search *s, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(s->f, ref = ir_value(s->f, ref));
	struct fold_bytes out;

	if (!s->budget)
		return own_bytes(ref);
	s->budget--;
	switch (insn->op) {
	case IR_CONST:
		return of_const(s, ref);
	case IR_LOAD:
		return insn->sign ? own_bytes(ref) :
		       cut(own_bytes(ref), insn->size);
	case IR_ZEXT:
	case IR_SEXT:
	case IR_BSWAP:
		out = of_extension(s, ref);
		return insn->op == IR_SEXT && !insn->wide ? cut(out, 4) : out;
	case IR_SHL:
	case IR_SHR:
	case IR_ROL:
		out = of_shift(s, ref);
		break;
	case IR_AND:
		out = of_mask(s, ref);
		break;
	case IR_OR:
	case IR_XOR:
	case IR_ADD:
		out = of_sum(s, ref);
		break;
	default:
		return own_bytes(ref);
	}
	return insn->wide ? out : cut(out, 4);
}

struct fold_bytes fold_bytes_of(const struct ir_func *f, ir_ref ref)
{
	struct search s = { f, BUDGET };

	return bytes_of(&s, ref);
}

/* ---- memory ---- */

static bool plain(const struct ir_insn *insn)
{
	return insn->op == IR_LOAD || insn->op == IR_STORE;
}

bool fold_may_overlap(const struct ir_func *f, const struct ir_insn *a,
		      const struct ir_insn *b)
{
	if (!plain(a) || !plain(b))
		return true;
	if (ir_value(f, a->args[0]) == ir_value(f, b->args[0]))
		return a->imm < b->imm + b->size && b->imm < a->imm + a->size;
	if (a->region == IR_REGION_ANY || b->region == IR_REGION_ANY)
		return true;
	if (a->region != b->region)
		return false;
	return a->region != IR_REGION_VALUE || a->map == b->map ||
	       a->map == UINT32_MAX || b->map == UINT32_MAX;
}
