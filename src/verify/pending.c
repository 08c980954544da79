/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-ins for parts of the verifier that are being written. */
#include "verify/access.h"
#include "verify/call.h"
#include "verify/typed.h"
#include "verify/walk.h"

#include <errno.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"

__attribute__((weak)) int access_check(struct verify_env *env, const struct access *acc)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int access_load(struct verify_env *env, const struct access *acc, struct reg *to)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int access_store(struct verify_env *env, const struct access *acc)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int access_region(struct verify_env *env, unsigned int base, uint32_t size, uint8_t mode)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int pointer_add(struct verify_env *env, const struct bpf_insn *insn, struct reg *dst, const struct reg *num, bool subtract)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) void packet_learn_range(struct verify_env *env, struct state *st, const struct reg *pkt, bool beyond_open)
{
}

__attribute__((weak)) int packet_forget(struct verify_env *env, struct state *st)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int stack_store_reg(struct verify_env *env, uint32_t frame, int32_t off, uint32_t size, const struct reg *from)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int stack_load_reg(struct verify_env *env, uint32_t frame, int32_t off, uint32_t size, struct reg *to)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) void stack_note_use(struct verify_env *env, uint32_t subprog, int32_t off)
{
}

__attribute__((weak)) int call_kfunc(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int step_alu(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int step_load_imm64(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int step_load(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int step_load_packet(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int step_store(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int step_atomic(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}



__attribute__((weak)) const char *verify_describe(struct verify_env *env, const struct reg *reg)
{
	return reg_type_name(reg);
}
