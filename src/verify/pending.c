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

__attribute__((weak)) int btf_access(struct verify_env *env, const struct access *acc, struct reg *to)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) bool btf_is_a(const struct reg *reg, const struct btf *btf, uint32_t id)
{
	return false;
}

__attribute__((weak)) const struct specials *map_specials(struct verify_env *env, uint32_t map, const struct verify_map *vm)
{
	return NULL;
}

__attribute__((weak)) const struct specials *btf_specials(struct verify_env *env, const struct btf *btf, uint32_t id)
{
	return NULL;
}

__attribute__((weak)) const struct verify_map *reg_map(const struct verify_env *env, const struct reg *reg)
{
	return NULL;
}

__attribute__((weak)) int typed_arg(struct verify_env *env, struct call *call, unsigned int n)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int typed_overwrite(struct verify_env *env, uint32_t frame, uint32_t slot)
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


__attribute__((weak)) int section_call(struct verify_env *env, const struct bpf_insn *insn, const char *name, bool sleeps)
{
	return 0;
}

__attribute__((weak)) int section_exit(struct verify_env *env, const char *what)
{
	return 0;
}

__attribute__((weak)) int typed_done(struct verify_env *env, struct call *call)
{
	return 0;
}

__attribute__((weak)) int typed_ret(struct verify_env *env, const struct call *call, struct reg *r0)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) const struct special *special_of(const struct specials *all, enum field_special kind)
{
	return NULL;
}
