/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a loader needs capabilities for, whatever the program does with it:
 * types of programs and maps, sizes, and calls of other functions than
 * helpers. Linux refuses maps when they are made, and the rest when the
 * program is loaded; here both are the program's, for each map that it names.
 *
 * Not here: helpers (their rows say PRIV), fields of contexts (READ_PRIV),
 * loops (flow_graph.c), and leaks, where pointers are used.
 */
#include "verify/privilege.h"

#include "isa/insn.h"
#include "spec/diags.h"
#include "spec/spec.h"
#include "verify/env.h"

#define INSNS_MAX	4096
#define ZERO_SEED	(1u << 6)	/* of a map: for tests of hashes */

static const uint64_t open_progs =
	1ull << PROG_TYPE_SOCKET_FILTER | 1ull << PROG_TYPE_CGROUP_SKB;

static const uint64_t open_maps =
	1ull << MAP_TYPE_ARRAY | 1ull << MAP_TYPE_PERCPU_ARRAY |
	1ull << MAP_TYPE_HASH | 1ull << MAP_TYPE_PERCPU_HASH |
	1ull << MAP_TYPE_ARRAY_OF_MAPS | 1ull << MAP_TYPE_HASH_OF_MAPS |
	1ull << MAP_TYPE_PROG_ARRAY | 1ull << MAP_TYPE_PERF_EVENT_ARRAY |
	1ull << MAP_TYPE_CGROUP_ARRAY | 1ull << MAP_TYPE_CGROUP_STORAGE |
	1ull << MAP_TYPE_PERCPU_CGROUP_STORAGE |
	1ull << MAP_TYPE_RINGBUF | 1ull << MAP_TYPE_USER_RINGBUF;

static_assert(PROG_TYPE_END <= 64 && MAP_TYPE_END <= 64, "sets are words");

static bool map_is_open(const struct verify_map *map)
{
	return map_type_in(open_maps, map->type) && !(map->flags & ZERO_SEED);
}

static int check_map(struct verify_env *env, uint32_t index)
{
	const struct verify_map *map;
	const struct map_row *row;

	if (index >= env->prog->maps_cnt)
		return 0;
	map = &env->in->maps[index];
	row = map_row(map->type);
	if (map_is_open(map))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_PRIVILEGE, -1,
			      map->flags & ZERO_SEED ?
			      "map '%s' is made with BPF_F_ZERO_SEED" :
			      "map '%s' is of a type (%s) that is made with "
			      "capabilities alone", map->name,
			      row ? row->name : "unknown"),
		"Operation not permitted");
}

static int reject_call(struct verify_env *env)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_PRIVILEGE, -1,
			      "only helpers are called without CAP_BPF"),
		"loading/calling other bpf or kernel functions are allowed "
		"for CAP_BPF and CAP_SYS_ADMIN");
}

static int check_insn(struct verify_env *env, const struct bpf_insn *insn)
{
	switch (insn_op(insn)) {
	case OP_CALL_LOCAL:
	case OP_CALL_KFUNC:
	case OP_LD_FUNC:
		return reject_call(env);
	case OP_LD_MAP_FD:
	case OP_LD_MAP_VALUE:
		return check_map(env, (uint32_t)insn->imm);
	default:
		return 0;
	}
}

static int check_program(struct verify_env *env)
{
	const struct prog *prog = env->prog;
	const struct prog_row *row = prog_row(prog->type);

	if (!row || !(open_progs >> prog->type & 1))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_PRIVILEGE, -1,
				      "programs of type %s are not for "
				      "loaders without capabilities",
				      row ? row->name : "unknown"),
			"Operation not permitted");
	if (prog->insns_cnt > INSNS_MAX)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_PRIVILEGE, -1,
				      "the program has %u instructions; %u is "
				      "the limit without CAP_BPF",
				      prog->insns_cnt, INSNS_MAX),
			"Argument list too long");
	return 0;
}

int privilege_check(struct verify_env *env)
{
	int err = check_program(env);
	uint32_t pc = 0;

	while (!err && pc < env->prog->insns_cnt) {
		env->why.insn = pc;
		err = check_insn(env, &env->insns[pc]);
		pc += op_slots(insn_op(&env->insns[pc]));
	}
	return err;
}
