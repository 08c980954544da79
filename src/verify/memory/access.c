/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores: one row per kind of pointer says who checks bounds, and
 * what all kinds share is here: NULL, alignment, leaks, and what is known of
 * a number that came from memory.
 *
 * Alignment is demanded of the stack always, as its bytes are tracked by
 * slots of eight; of everything by atomics and under BPF_F_STRICT_ALIGNMENT.
 * Contexts have rules of their own, by field.
 */
#include "verify/memory/access_rows.h"

#include <errno.h>

#include "spec/diags.h"
#include "verify/typed/typed.h"

#define IP_ALIGN	2	/* where strict alignment takes packets to be */

typedef int (*access_fn)(struct verify_env *env, const struct access *acc,
			 const struct reg *base, struct reg *to);

struct access_kind {
	access_fn check;
	const char *align;	/* in the kernel's message; NULL: any */
	const char *leak;	/* no pointers here without privileges */
	bool atomics;
};

static const struct access_kind access_kinds[REG_TYPE_CNT] = {
	/*                    check             align          leak  atomics */
	[REG_CTX]         = { ctx_access,       "context ",    "ctx",  false },
	[REG_MAP]         = { map_access,       "",            NULL,   true },
	[REG_MAP_VALUE]   = { map_value_access, "value ",      "map",  true },
	[REG_MAP_KEY]     = { map_key_access,   "key ",        NULL,   true },
	[REG_STACK]       = { stack_load,       "stack ",      NULL,   true },
	[REG_PACKET]      = { packet_access,    "packet ",     "packet",
			      false },
	[REG_PACKET_META] = { packet_access,    "packet ",     "packet",
			      false },
	[REG_FLOW_KEYS]   = { flow_keys_access, "flow keys ",  "flow keys",
			      false },
	[REG_SOCKET]      = { sock_access,      "sock ",       NULL,   false },
	[REG_SOCK_COMMON] = { sock_access,      "sock_common ", NULL,  false },
	[REG_TCP_SOCK]    = { sock_access,      "tcp_sock ",   NULL,   false },
	[REG_XDP_SOCK]    = { sock_access,      "xdp_sock ",   NULL,   false },
	[REG_TP_BUFFER]   = { buf_access,       "",            NULL,   true },
	[REG_BUF]         = { buf_access,       "",            NULL,   true },
	[REG_MEM]         = { mem_access,       "",            "mem",  true },
	[REG_BTF]         = { kernel_access,    "",            NULL,   true },
	[REG_ARENA]       = { arena_access,     NULL,          NULL,   true },
};

/* ---- registers ---- */

int access_unset(struct verify_env *env, unsigned int reg)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_UNSET, (int)reg,
			      "r%u is not set", reg),
		"R%u !read_ok", reg);
}

int access_frame_pointer(struct verify_env *env)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_FRAME_POINTER, BPF_REG_10,
			      "r10 is written"),
		"frame pointer is read only");
}

const char *scalar_bits_text(struct verify_env *env,
			     const struct scalar *num)
{
	const char *text;

	text = arena_printf(&env->arena, "(0x%llx; 0x%llx)",
			    (unsigned long long)num->bits.value,
			    (unsigned long long)num->bits.mask);
	return text ?: "";
}

int pointer_exact(struct verify_env *env, unsigned int n,
		  const struct reg *reg, bool moved)
{
	const char *name;
	int err;

	if (likely(scalar_is(&reg->num, 0) &&
		   (!reg->off || (moved && reg->off > 0))))
		return 0;
	name = reg_type_name(reg);
	err = verify_reject(env, DIAG_VERIFY_CTX_MOVED, (int)n,
			    "the %s pointer in r%u has been moved, and must "
			    "be as it came", name, n);
	if (reg->off < 0)
		return verify_says(env, err, "negative offset %s ptr R%u "
				   "off=%d disallowed", name, n, reg->off);
	if (reg->off && !moved)
		return verify_says(env, err, "dereference of modified %s ptr "
				   "R%u off=%d disallowed", name, n, reg->off);
	return verify_says(env, err, "variable %s access var_off=%s "
			   "disallowed", name,
			   scalar_bits_text(env, &reg->num));
}

/* ---- what all kinds demand ---- */

static int reject_kind(struct verify_env *env, const struct access *acc,
		       const struct reg *base)
{
	const char *name = reg_type_name(base);
	int n = (int)acc->base, err;

	if (base->flags & REG_NULLABLE)
		err = verify_reject(env, DIAG_VERIFY_NULL, n,
				    "the pointer in r%d may be NULL", n);
	else if (base->type == REG_SCALAR)
		err = verify_reject(env, DIAG_VERIFY_NOT_POINTER, n,
				    "r%d is a number, no pointer", n);
	else
		err = verify_reject(env, DIAG_VERIFY_NOT_POINTER, n,
				    "r%d is no pointer to memory (%s)", n,
				    name);
	return verify_says(env, err, "R%d invalid mem access '%s%s'", n, name,
			   base->flags & REG_NULLABLE &&
			   base->type != REG_BTF ? "_or_null" : "");
}

static bool is_aligned(const struct reg *base, int64_t off, uint32_t size)
{
	uint64_t low = size - 1;

	return !(base->num.bits.mask & low) &&
		!((base->num.bits.value + (uint64_t)off) & low);
}

static int reject_align(struct verify_env *env, const struct access *acc,
			const struct reg *base, const char *what)
{
	const char *bits = scalar_bits_text(env, &base->num);
	int err;

	err = verify_reject(env, DIAG_VERIFY_ALIGN, (int)acc->base,
			    "%u byte%s at offset %lld%s: not aligned",
			    acc->size, plural(acc->size),
			    (long long)access_off(acc, base),
			    scalar_is_const(&base->num) ? "" :
			    " plus what was added");
	if (base->type == REG_PACKET || base->type == REG_PACKET_META)
		return verify_says(env, err, "misaligned packet access off "
				   "%d+%s+%d+%d size %u", IP_ALIGN, bits,
				   base->off, acc->off, acc->size);
	return verify_says(env, err, "misaligned %saccess off %s+%d+%d size "
			   "%u", what, bits, base->off, acc->off, acc->size);
}

static int check_align(struct verify_env *env, const struct access *acc,
		       const struct reg *base, const char *what)
{
	bool packet = base->type == REG_PACKET ||
		      base->type == REG_PACKET_META;
	int64_t off = access_off(acc, base) + (packet ? IP_ALIGN : 0);

	if (base->type != REG_STACK && !(acc->mode & ACCESS_ATOMIC) &&
	    !(env->prog->flags & BPF_F_STRICT_ALIGNMENT))
		return 0;
	return is_aligned(base, off, acc->size) ? 0 :
		reject_align(env, acc, base, what);
}

static int reject_leak(struct verify_env *env, const struct access *acc,
		       const char *where)
{
	const struct reg *regs = state_frame(env->cur)->regs;
	int n = acc->from >= regs && acc->from < regs + FRAME_REGS ?
		(int)(acc->from - regs) : -1;

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_LEAK, n,
			      "a pointer is stored where others can read it"),
		"R%d leaks addr into %s", n, where);
}

static int demands(struct verify_env *env, const struct access *acc,
		   const struct reg *base)
{
	const struct access_kind *kind = &access_kinds[base->type];

	if (unlikely(!kind->check || (base->flags & REG_NULLABLE)))
		return reject_kind(env, acc, base);
	if (unlikely(verify_unprivileged(env) && acc->from && kind->leak &&
		     reg_is_pointer(acc->from)))
		return reject_leak(env, acc, kind->leak);
	return kind->align ? check_align(env, acc, base, kind->align) : 0;
}

/* ---- one instruction, several kinds ---- */

/*
 * Loads and stores of these are translated into others, or may fault: the
 * instruction has to reach the same kind on every path.
 */
static const bool translated[REG_TYPE_CNT] = {
	[REG_CTX]	  = true,
	[REG_SOCKET]	  = true,
	[REG_SOCK_COMMON] = true,
	[REG_TCP_SOCK]	  = true,
	[REG_XDP_SOCK]	  = true,
	[REG_BTF]	  = true,
	[REG_ARENA]	  = true,
};

static bool same_kind(uint8_t a, uint8_t b)
{
	return !a || !b || a == b || (!translated[a] && !translated[b]);
}

static int begin_reached(struct verify_env *env)
{
	if (!env->reached)
		env->reached = arena_alloc(&env->arena, env->prog->insns_cnt);
	return env->reached ? 0 : verify_no_memory(env);
}

bool access_agrees_reached(const struct verify_env *env,
			   const struct verify_env *other)
{
	uint32_t cnt = env->reached && other->reached ?
		       env->prog->insns_cnt : 0;

	for (uint32_t i = 0; i < cnt; i++)
		if (!same_kind(env->reached[i], other->reached[i]))
			return false;
	return true;
}

int access_add_reached(struct verify_env *env, const struct verify_env *other)
{
	if (!other->reached)
		return 0;
	if (begin_reached(env))
		return -ENOMEM;
	for (uint32_t i = 0; i < env->prog->insns_cnt; i++)
		if (other->reached[i])
			env->reached[i] = other->reached[i];
	return 0;
}

static noinline int reach_first(struct verify_env *env, uint8_t type)
{
	uint8_t *reached;

	if (begin_reached(env))
		return -ENOMEM;
	reached = &env->reached[env->cur->insn];
	if (!same_kind(*reached, type))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_INSN, -1,
				      "the instruction reaches memory of "
				      "another kind on another path"),
			"same insn cannot be used with different pointers");
	*reached = type;
	return 0;
}

static int reach(struct verify_env *env, uint8_t type)
{
	if (likely(env->reached && env->reached[env->cur->insn] == type))
		return 0;
	return reach_first(env, type);
}

/* ---- loads, stores ---- */

#define LOADED(bits_, word_, half_) \
	{ .bits = { 0, bits_ }, .word = word_, .half = half_ }
#define ARC(base_, size_) { base_, size_ }
#define FROM(width)	(0 - (1ull << ((width) - 1)))

/* Numbers of 1, 2, 4, 8 bytes from memory: zero-extended, sign-extended. */
static const struct scalar loaded[2][4] = { {
	LOADED(0xff, ARC(0, 0xff), ARC(0, 0xff)),
	LOADED(0xffff, ARC(0, 0xffff), ARC(0, 0xffff)),
	LOADED(UINT32_MAX, ARC(0, UINT32_MAX), ARC(0, UINT32_MAX)),
	LOADED(UINT64_MAX, ARC(0, UINT64_MAX), ARC(0, UINT32_MAX)),
}, {
	LOADED(UINT64_MAX, ARC(FROM(8), 0xff), ARC((uint32_t)FROM(8), 0xff)),
	LOADED(UINT64_MAX, ARC(FROM(16), 0xffff),
	       ARC((uint32_t)FROM(16), 0xffff)),
	LOADED(UINT64_MAX, ARC(FROM(32), UINT32_MAX), ARC(0, UINT32_MAX)),
	LOADED(UINT64_MAX, ARC(0, UINT64_MAX), ARC(0, UINT32_MAX)),
} };

static void set_loaded(struct reg *to, const struct access *acc,
		       uint32_t value)
{
	unsigned int log = (unsigned int)__builtin_ctz(acc->size);

	to->type = REG_SCALAR;
	to->frame = 0;
	to->flags = 0;
	to->off = 0;
	to->id = to->ref = 0;
	to->delta = 0;
	to->map = to->map_uid = 0;
	to->btf = NULL;
	to->value = value;
	to->num = loaded[!!(acc->mode & ACCESS_SIGNED)][log];
}

/* A number that is known in part, and came zero-extended. */
static void sign_extend(struct reg *to, uint32_t size)
{
	if (to->type != REG_SCALAR || size == 8)
		return;
	if (scalar_umax(&to->num) > word_mask(size * 8 - 1)) {
		to->id = 0;
		to->delta = 0;
	}
	to->num = scalar_sext(&to->num, size);
}

int access_load(struct verify_env *env, const struct access *acc,
		struct reg *to)
{
	const struct reg *base = state_reg(env->cur, acc->base);
	uint32_t address = base->value;
	int err = demands(env, acc, base) ?: reach(env, base->type);

	if (unlikely(err))
		return err;
	err = access_kinds[base->type].check(env, acc, base, to);
	if (unlikely(err < 0))
		return err;
	if (!err)
		set_loaded(to, acc, verify_value(env, VALUE_LOAD, address, 0));
	else if (acc->mode & ACCESS_SIGNED)
		sign_extend(to, acc->size);
	return 0;
}

int access_store(struct verify_env *env, const struct access *acc)
{
	const struct reg *base = state_reg(env->cur, acc->base);
	int err = demands(env, acc, base) ?: reach(env, base->type);

	if (unlikely(err))
		return err;
	if (base->type == REG_STACK)
		return stack_store(env, acc, base);
	err = access_kinds[base->type].check(env, acc, base, NULL);
	return err < 0 ? err : 0;
}

int access_check(struct verify_env *env, const struct access *acc)
{
	const struct reg *base = state_reg(env->cur, acc->base);
	int err = demands(env, acc, base);

	if (!err)
		err = access_kinds[base->type].check(env, acc, base, NULL);
	return err < 0 ? err : 0;
}

bool access_takes_atomics(const struct reg *base)
{
	return access_kinds[base->type].atomics;
}

int access_region(struct verify_env *env, unsigned int base, uint32_t size,
		  uint8_t mode)
{
	struct access acc = {
		.base = base, .size = size, .mode = mode | ACCESS_CALL,
	};
	const struct reg *reg = state_reg(env->cur, base);
	int err = 0;

	if (!access_kinds[reg->type].check || (reg->flags & REG_NULLABLE))
		return reject_kind(env, &acc, reg);
	if (reg->type == REG_STACK)
		return stack_region(env, &acc, reg);
	/* read first: memory may be good for one of them alone */
	acc.mode = ACCESS_CALL | ACCESS_READ;
	if ((mode & ACCESS_READ) || !(mode & ACCESS_WRITE))
		err = access_kinds[reg->type].check(env, &acc, reg, NULL);
	acc.mode = ACCESS_CALL | ACCESS_WRITE;
	if (err >= 0 && (mode & ACCESS_WRITE))
		err = access_kinds[reg->type].check(env, &acc, reg, NULL);
	return err < 0 ? err : 0;
}
