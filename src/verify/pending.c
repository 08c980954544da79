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

__attribute__((weak)) struct frame *state_own(struct verify_env *env, struct state *st, uint32_t depth)
{
	return NULL;
}

__attribute__((weak)) struct state *state_new(struct verify_env *env)
{
	return NULL;
}

__attribute__((weak)) struct state *state_copy(struct verify_env *env, const struct state *st)
{
	return NULL;
}

__attribute__((weak)) void state_free(struct verify_env *env, struct state *st)
{
}

__attribute__((weak)) int state_push_frame(struct verify_env *env, struct state *st, uint32_t subprog, uint32_t callsite, enum frame_kind kind)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) void state_pop_frame(struct verify_env *env, struct state *st)
{
}

__attribute__((weak)) struct slot *frame_slot(struct verify_env *env, struct frame *fr, uint32_t i)
{
	return NULL;
}

__attribute__((weak)) uint32_t state_hold(struct verify_env *env, struct state *st, enum held_kind kind, uint32_t insn, const void *object)
{
	return 0;
}

__attribute__((weak)) bool state_unhold(struct state *st, uint32_t id)
{
	return false;
}

__attribute__((weak)) const struct held *state_held(const struct state *st, uint32_t id)
{
	return NULL;
}

__attribute__((weak)) int state_each_reg(struct verify_env *env, struct state *st, reg_fn fn, void *arg)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) void reg_set_unknown(struct reg *reg, uint32_t value)
{
}

__attribute__((weak)) void reg_set_const(struct reg *reg, uint64_t num, uint32_t value)
{
}

__attribute__((weak)) void reg_set_pointer(struct reg *reg, enum reg_type type, uint16_t flags, uint32_t value)
{
}

__attribute__((weak)) const char *reg_type_name(const struct reg *reg)
{
	return NULL;
}

__attribute__((weak)) void reg_print(struct strbuf *out, const struct verify_env *env, const struct reg *reg)
{
}

__attribute__((weak)) void state_print(struct strbuf *out, const struct verify_env *env, const struct state *st)
{
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

__attribute__((weak)) int values_init(struct values *values)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) void values_fini(struct values *values)
{
}

__attribute__((weak)) uint32_t value_new(struct values *values, enum value_kind kind, uint32_t insn, uint32_t a, uint32_t b)
{
	return 0;
}

__attribute__((weak)) void value_mark(struct values *values, uint32_t node, uint8_t marks)
{
}

__attribute__((weak)) void value_follow(struct values *values, uint32_t kept, uint32_t cut)
{
}

__attribute__((weak)) struct state *walk_fork(struct verify_env *env, uint32_t insn)
{
	return NULL;
}

__attribute__((weak)) void walk_note(struct verify_env *env, struct state *st, uint32_t insn, uint32_t to)
{
}

__attribute__((weak)) int walk_run(struct verify_env *env, struct state *st)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int walk_replay(struct verify_env *env, uint32_t trail, uint32_t last, walk_fn fn, void *arg)
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

__attribute__((weak)) int step_jump(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int step_exit(struct verify_env *env, const struct bpf_insn *insn)
{
	return -EOPNOTSUPP;
}

__attribute__((weak)) int prune_at(struct verify_env *env)
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
