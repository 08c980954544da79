/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a global function takes, from its BTF: numbers, the context, memory of
 * known size, dynptrs; and, where the declaration carries a tag
 * ("arg:trusted" and its like, by __arg_trusted), kernel objects, arena
 * pointers, pointers that are not NULL, pointers that may dangle.
 *
 * Reference: btf_prepare_func_args, btf_is_prog_ctx_type and
 * btf_validate_prog_ctx_type in kernel/bpf/btf.c.
 */
#include <string.h>

#include "base/str.h"
#include "btf/btf.h"
#include "spec/diags.h"
#include "verify/call/call_parts.h"

enum tag {
	TAG_CTX		= 1 << 0,
	TAG_NONNULL	= 1 << 1,
	TAG_TRUSTED	= 1 << 2,
	TAG_NULLABLE	= 1 << 3,
	TAG_ARENA	= 1 << 4,
	TAG_UNTRUSTED	= 1 << 5,
	TAG_BAD		= 1 << 6,	/* one that is not known */
};

static const struct {
	const char *name;
	enum tag tag;
} tags[] = {
	{ "ctx", TAG_CTX },
	{ "nonnull", TAG_NONNULL },
	{ "trusted", TAG_TRUSTED },
	{ "nullable", TAG_NULLABLE },
	{ "arena", TAG_ARENA },
	{ "untrusted", TAG_UNTRUSTED },
};

/* A parameter that is being looked at. */
struct reader {
	struct verify_env *env;
	const struct btf *btf;
	const char *func;
	uint32_t at;			/* which: 0 is the first */
	uint32_t type;			/* below modifiers: PTR, INT, ... */
	uint32_t below;			/* PTR: what it points to, as it is */
	uint8_t tags;
	struct param *out;
};

static enum tag tag_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (str_eq(tags[i].name, name))
			return tags[i].tag;
	return TAG_BAD;
}

/* The tags of all parameters of a function. */
static void find_tags(const struct btf *btf, uint32_t func, uint8_t out[5])
{
	for (uint32_t id = btf_first_id(btf); id < btf_type_cnt(btf); id++) {
		const struct btf_type *type = btf_type(btf, id);
		const char *name = btf_str(btf, type->name_off);
		int32_t at;

		if (btf_kind(type) != BTF_KIND_DECL_TAG || type->type != func)
			continue;
		at = ((const struct btf_decl_tag *)(type + 1))->component_idx;
		if (at >= 0 && at < 5 && !strncmp(name, "arg:", 4))
			out[at] |= (uint8_t)tag_by_name(name + 4);
	}
}

static int bad_param(const struct reader *rd, const char *why)
{
	struct verify_env *env = rd->env;

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_GLOBAL, -1,
			      "parameter %u of global function %s %s",
			      rd->at + 1, rd->func, why),
		"arg#%u %s", rd->at, why);
}

static bool is_struct(const struct btf_type *type)
{
	return btf_kind(type) == BTF_KIND_STRUCT ||
	       btf_kind(type) == BTF_KIND_UNION;
}

static bool is_number(const struct btf_type *type)
{
	uint32_t kind = btf_kind(type);

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM ||
	       kind == BTF_KIND_ENUM64;
}

/* The context of probes goes by a typedef too. */
static bool is_pt_regs(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf_type(btf, id);

	for (; btf_kind(type) == BTF_KIND_CONST ||
	       btf_kind(type) == BTF_KIND_VOLATILE ||
	       btf_kind(type) == BTF_KIND_RESTRICT ||
	       btf_kind(type) == BTF_KIND_TYPE_TAG;
	     type = btf_type(btf, type->type))
		;
	return btf_kind(type) == BTF_KIND_TYPEDEF &&
	       str_eq(btf_str(btf, type->name_off), "bpf_user_pt_regs_t");
}

static bool is_named_ctx(const struct reader *rd, const char *name)
{
	enum prog_type type = rd->env->prog->type;
	const char *ctx = prog_row(type)->context;

	if (type == PROG_TYPE_KPROBE && str_eq(name, "bpf_user_pt_regs_t"))
		return true;
	return ctx[0] && str_eq(ctx, name);
}

/* Without a tag: a pointer to the struct that this type of program is given. */
static bool is_ctx(const struct reader *rd)
{
	uint32_t id = btf_skip_modifiers(rd->btf, rd->below);

	if (rd->env->prog->type == PROG_TYPE_KPROBE &&
	    is_pt_regs(rd->btf, rd->below))
		return true;
	return is_struct(btf_type(rd->btf, id)) &&
	       is_named_ctx(rd, btf_type_name(rd->btf, id));
}

/* Programs whose context is an array of 64-bit arguments. */
static bool has_word_ctx(const struct prog *prog)
{
	const uint64_t types = PROG_BIT(RAW_TRACEPOINT) |
			       PROG_BIT(RAW_TRACEPOINT_WRITABLE) |
			       PROG_BIT(LSM) | PROG_BIT(STRUCT_OPS);

	if (prog->type == PROG_TYPE_TRACING)
		return prog->attach_type != ATTACH_TYPE_TRACE_ITER;
	return types >> prog->type & 1;
}

/* With a tag: the same, void *, and what else the type of program knows. */
static bool may_be_ctx(const struct reader *rd)
{
	const uint64_t any = PROG_BIT(TRACEPOINT) | PROG_BIT(SYSCALL) |
			     PROG_BIT(EXT);
	uint32_t id = btf_skip_modifiers(rd->btf, rd->below);
	const struct btf_type *type = btf_type(rd->btf, id);
	const char *name = btf_type_name(rd->btf, id);
	const struct prog *prog = rd->env->prog;

	if (!id || any >> prog->type & 1 || is_ctx(rd))
		return true;
	if (prog->type == PROG_TYPE_PERF_EVENT ||
	    prog->type == PROG_TYPE_KPROBE)
		return is_pt_regs(rd->btf, rd->below) ||
		       (is_struct(type) && str_eq(name, "pt_regs"));
	if (has_word_ctx(prog) && btf_kind(type) == BTF_KIND_INT)
		return type->size == 8;
	if (prog->type != PROG_TYPE_TRACING || !is_struct(type))
		return false;
	if (prog->attach_type == ATTACH_TYPE_TRACE_RAW_TP)
		return str_eq(name, "bpf_raw_tracepoint_args");
	return prog->attach_type == ATTACH_TYPE_TRACE_ITER &&
	       !strncmp(name, "bpf_iter__", strlen("bpf_iter__"));
}

static bool is_dynptr(const struct reader *rd)
{
	uint32_t id = btf_skip_modifiers(rd->btf, rd->below);
	const struct btf_type *type = btf_type(rd->btf, id);

	if (!is_struct(type) && btf_kind(type) != BTF_KIND_FWD)
		return false;
	return str_eq(btf_type_name(rd->btf, id), "bpf_dynptr");
}

/* The one type of the kernel that the pointer's target is named after. */
static uint32_t kernel_type(const struct reader *rd)
{
	const struct btf *kernel = rd->env->in->kernel;
	uint32_t id = btf_skip_modifiers(rd->btf, rd->below), next, found = 0;
	const char *name = btf_type_name(rd->btf, id);
	uint32_t kind = btf_kind(btf_type(rd->btf, id));

	if (!kernel || !name[0])
		return 0;
	for (next = btf_find_flavor(kernel, name, btf_essential_len(name), 0);
	     next; next = btf_find_flavor(kernel, name,
					  btf_essential_len(name), next)) {
		if (btf_kind(btf_type(kernel, next)) != kind)
			continue;
		if (found)
			return 0;
		found = next;
	}
	return found;
}

static int read_object(const struct reader *rd, uint16_t flags)
{
	*rd->out = (struct param){
		.kind = PARAM_BTF, .flags = flags,
		.btf_id = kernel_type(rd),
	};
	return rd->out->btf_id ? 0 :
	       bad_param(rd, "has no one type of the kernel that it matches");
}

static int read_trusted(const struct reader *rd)
{
	uint16_t flags = REG_TRUSTED;

	if (rd->tags & ~(TAG_TRUSTED | TAG_NULLABLE))
		return bad_param(rd, "has invalid combination of tags");
	if (rd->tags & TAG_NULLABLE)
		flags |= REG_NULLABLE;
	return read_object(rd, flags);
}

/* May dangle: memory of any size that is read with faults caught. */
static int read_untrusted(const struct reader *rd)
{
	uint32_t id = btf_skip_modifiers(rd->btf, rd->below);
	const struct btf_type *type = btf_type(rd->btf, id);

	if (rd->tags & ~TAG_UNTRUSTED)
		return bad_param(rd, "untrusted cannot be combined with any "
				 "other tags");
	if (id && !is_number(type))
		return is_struct(type) ? read_object(rd, REG_UNTRUSTED) :
		       bad_param(rd, "has a type that is neither a struct nor "
				 "a number");
	*rd->out = (struct param){
		.kind = PARAM_MEM, .flags = REG_RDONLY | REG_UNTRUSTED,
	};
	return 0;
}

static int read_memory(const struct reader *rd)
{
	int64_t size = btf_size(rd->btf, rd->below);

	if (rd->tags & TAG_NULLABLE)
		return bad_param(rd, "has invalid combination of tags");
	if (size < 0 || size > UINT32_MAX)
		return bad_param(rd, "points to something whose size cannot "
				 "be determined");
	*rd->out = (struct param){
		.kind = PARAM_MEM, .size = (uint32_t)size,
		.flags = rd->tags & TAG_NONNULL ? 0 : REG_NULLABLE,
	};
	return 0;
}

static int read_tagless(const struct reader *rd, enum param_kind kind,
			uint8_t own_tag)
{
	if (rd->tags & ~own_tag)
		return bad_param(rd, "has invalid combination of tags");
	*rd->out = (struct param){ .kind = (uint8_t)kind };
	return 0;
}

static int read_pointer(const struct reader *rd)
{
	if (rd->tags & TAG_CTX && !may_be_ctx(rd))
		return bad_param(rd, "is tagged as context and has another "
				 "type");
	if (rd->tags & TAG_CTX || is_ctx(rd))
		return read_tagless(rd, PARAM_CTX, TAG_CTX);
	if (is_dynptr(rd))
		return read_tagless(rd, PARAM_DYNPTR, 0);
	if (rd->tags & TAG_TRUSTED)
		return read_trusted(rd);
	if (rd->tags & TAG_UNTRUSTED)
		return read_untrusted(rd);
	if (rd->tags & TAG_ARENA)
		return read_tagless(rd, PARAM_ARENA, TAG_ARENA);
	return read_memory(rd);
}

static int read_param(const struct reader *rd)
{
	const struct btf_type *type = btf_type(rd->btf, rd->type);

	if (rd->tags & TAG_BAD)
		return bad_param(rd, "has unsupported set of tags");
	if (btf_kind(type) == BTF_KIND_PTR)
		return read_pointer(rd);
	if (rd->tags)
		return bad_param(rd, "has pointer tag, but is not a pointer "
				 "type");
	if (!is_number(type))
		return bad_param(rd, "has a type that is not supported yet");
	*rd->out = (struct param){ .kind = PARAM_NUMBER };
	return 0;
}

static int bad_function(struct verify_env *env, const char *name,
			const char *why)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_GLOBAL, -1,
			      "global function %s %s", name, why),
		"Global function %s() %s", name, why);
}

static int read_function(struct verify_env *env, uint32_t func,
			 struct signature *out)
{
	const struct btf *btf = env->prog->btf;
	const char *name = btf_type_name(btf, func);
	const struct btf_type *proto;
	uint8_t found[5] = { 0 };
	uint32_t ret;
	int err = 0;

	proto = btf_type(btf, btf_type(btf, func)->type);
	if (btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return bad_function(env, name, "has no prototype in BTF.");
	if (btf_vlen(proto) > ARRAY_SIZE(out->params))
		return bad_function(env, name, "has more than 5 args.");
	ret = btf_skip_modifiers(btf, proto->type);
	if (!is_number(btf_type(btf, ret)))
		return bad_function(env, name, "doesn't return scalar. Only "
				    "those are supported.");
	find_tags(btf, func, found);
	for (uint32_t i = 0; i < btf_vlen(proto) && !err; i++) {
		uint32_t id = btf_skip_modifiers(btf,
						 btf_params(proto)[i].type);
		struct reader rd = {
			.env = env, .btf = btf, .func = name, .at = i,
			.type = id, .below = btf_type(btf, id)->type,
			.tags = found[i], .out = &out->params[i],
		};

		err = read_param(&rd);
	}
	out->cnt = btf_vlen(proto);
	return err;
}

int call_signature(struct verify_env *env, uint32_t subprog,
		   const struct signature **out)
{
	uint32_t func = env->prog->subprogs[subprog].btf_func;
	struct signature *sig;
	int err;

	if (!env->subprogs)
		env->subprogs = arena_array(&env->arena,
					    env->prog->subprogs_cnt,
					    sizeof(*env->subprogs));
	if (!env->subprogs)
		return verify_no_memory(env);
	sig = &env->subprogs[subprog].signature;
	err = sig->known ? 0 : read_function(env, func, sig);
	if (err)
		return err;
	sig->known = true;
	*out = sig;
	return 0;
}
