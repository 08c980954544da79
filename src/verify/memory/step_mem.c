/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps that touch memory: loads, stores, atomics. What may be touched,
 * and what a load gives, is access.h's.
 */
#include "verify/memory/access_rows.h"
#include "verify/walk/walk.h"

#include "spec/diags.h"

#define MODE_MEMSX	0x80	/* sign-extending; not in all UAPI headers */
#define LOAD_ACQUIRE	0x100
#define STORE_RELEASE	0x110

/* By BPF_SIZE() >> 3: W, H, B, DW. */
static const uint8_t sizes[4] = { 4, 2, 1, 8 };

static uint32_t size_of(const struct bpf_insn *insn)
{
	return sizes[BPF_SIZE(insn->code) >> 3];
}

static int next(struct verify_env *env, int err)
{
	if (likely(!err))
		env->cur->insn++;
	return err;
}

int step_load(struct verify_env *env, const struct bpf_insn *insn)
{
	struct reg *regs = state_frame(env->cur)->regs;
	struct access acc = {
		.base = insn->src_reg, .off = insn->off,
		.size = size_of(insn), .mode = ACCESS_READ,
	};
	int err;

	if (BPF_MODE(insn->code) == MODE_MEMSX)
		acc.mode |= ACCESS_SIGNED;
	err = access_reads(env, insn->src_reg);
	if (!err)
		err = access_writes(env, insn->dst_reg);
	if (!err)
		err = access_load(env, &acc, &regs[insn->dst_reg]);
	return next(env, err);
}

int step_store(struct verify_env *env, const struct bpf_insn *insn)
{
	struct reg imm;
	struct access acc = {
		.base = insn->dst_reg, .off = insn->off,
		.size = size_of(insn), .mode = ACCESS_WRITE,
		.from = &state_frame(env->cur)->regs[insn->src_reg],
	};
	int err = access_reads(env, insn->dst_reg);

	if (err)
		return err;
	if (BPF_CLASS(insn->code) == BPF_ST) {
		reg_set_const(&imm, (uint64_t)(int64_t)insn->imm,
			      verify_value(env, VALUE_CONST, 0, 0));
		acc.from = &imm;
	} else {
		err = access_reads(env, insn->src_reg);
	}
	return next(env, err ?: access_store(env, &acc));
}

/* ---- atomics ---- */

static int reject_atomic(struct verify_env *env, unsigned int base,
			 const char *what)
{
	const char *name = reg_type_name(state_reg(env->cur, base));

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_ATOMIC, (int)base,
			      "r%u points to memory (%s) that takes no atomics",
			      base, name),
		"BPF_ATOMIC %s R%u %s is not allowed", what, base, name);
}

static int leaks(struct verify_env *env, unsigned int n)
{
	if (!verify_unprivileged(env) ||
	    !reg_is_pointer(state_reg(env->cur, n)))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_LEAK, (int)n,
			      "a pointer is stored where others can read it"),
		"R%u leaks addr into mem", n);
}

static bool takes_atomics(const struct verify_env *env, unsigned int base)
{
	return access_takes_atomics(state_reg(env->cur, base));
}

static int load_acquire(struct verify_env *env, const struct bpf_insn *insn,
			struct access *acc)
{
	struct reg *regs = state_frame(env->cur)->regs;
	int err;

	acc->base = insn->src_reg;
	acc->mode = ACCESS_READ | ACCESS_ATOMIC;
	err = access_reads(env, insn->src_reg);
	if (!err)
		err = access_writes(env, insn->dst_reg);
	if (!err && !takes_atomics(env, insn->src_reg))
		err = reject_atomic(env, insn->src_reg, "loads from");
	return err ?: access_load(env, acc, &regs[insn->dst_reg]);
}

static int store_release(struct verify_env *env, const struct bpf_insn *insn,
			 struct access *acc)
{
	struct reg *regs = state_frame(env->cur)->regs;
	int err;

	acc->mode = ACCESS_WRITE | ACCESS_ATOMIC;
	acc->from = &regs[insn->src_reg];
	err = access_reads(env, insn->src_reg);
	if (!err)
		err = access_reads(env, insn->dst_reg);
	if (!err && !takes_atomics(env, insn->dst_reg))
		err = reject_atomic(env, insn->dst_reg, "stores into");
	return err ?: access_store(env, acc);
}

static int check_operands(struct verify_env *env, const struct bpf_insn *insn)
{
	int err = access_reads(env, insn->src_reg);

	if (!err)
		err = access_reads(env, insn->dst_reg);
	if (!err && insn->imm == BPF_CMPXCHG)
		err = access_reads(env, BPF_REG_0) ?: leaks(env, BPF_REG_0);
	if (!err)
		err = leaks(env, insn->src_reg);
	if (!err && !takes_atomics(env, insn->dst_reg))
		err = reject_atomic(env, insn->dst_reg, "stores into");
	return err;
}

/*
 * Read, change, write. The old value is loaded before the memory becomes
 * unknown, and kept apart: it may go to the register with the address.
 */
static int modify(struct verify_env *env, const struct bpf_insn *insn,
		  struct access *acc)
{
	struct reg *regs = state_frame(env->cur)->regs;
	unsigned int to = insn->imm == BPF_CMPXCHG ? BPF_REG_0 :
			  insn->src_reg;
	bool fetch = insn->imm & BPF_FETCH;
	struct reg old = { 0 };
	int err = check_operands(env, insn);

	if (!err && fetch)
		err = access_writes(env, to);
	acc->mode = ACCESS_READ | ACCESS_ATOMIC;
	if (!err)
		err = access_check(env, acc);
	if (!err && fetch)
		err = access_load(env, acc, &old);
	acc->mode = ACCESS_WRITE | ACCESS_ATOMIC;
	if (!err)
		err = access_store(env, acc);
	if (!err && fetch)
		regs[to] = old;
	return err;
}

int step_atomic(struct verify_env *env, const struct bpf_insn *insn)
{
	struct access acc = {
		.base = insn->dst_reg, .off = insn->off,
		.size = size_of(insn),
	};

	if (insn->imm == LOAD_ACQUIRE)
		return next(env, load_acquire(env, insn, &acc));
	if (insn->imm == STORE_RELEASE)
		return next(env, store_release(env, insn, &acc));
	return next(env, modify(env, insn, &acc));
}
