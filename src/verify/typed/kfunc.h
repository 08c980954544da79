/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kfuncs: kernel functions that programs call by name. The prototype comes
 * from the kernel's BTF, what it demands and does beyond that from the rows
 * of spec/kfuncs.def; a few are known by name.
 */
#ifndef SKEP_VERIFY_TYPED_KFUNC_H
#define SKEP_VERIFY_TYPED_KFUNC_H

#include "spec/kfuncs.h"
#include "verify/call/call_parts.h"
#include "verify/typed/typed.h"

/* Functions whose effects no prototype tells. */
#define KFUNC_SPECIALS(X) \
	X(OBJ_NEW, "bpf_obj_new_impl") \
	X(OBJ_DROP, "bpf_obj_drop_impl") \
	X(PERCPU_OBJ_NEW, "bpf_percpu_obj_new_impl") \
	X(PERCPU_OBJ_DROP, "bpf_percpu_obj_drop_impl") \
	X(REFCOUNT_ACQUIRE, "bpf_refcount_acquire_impl") \
	X(LIST_PUSH_FRONT, "bpf_list_push_front_impl") \
	X(LIST_PUSH_BACK, "bpf_list_push_back_impl") \
	X(LIST_POP_FRONT, "bpf_list_pop_front") \
	X(LIST_POP_BACK, "bpf_list_pop_back") \
	X(LIST_FRONT, "bpf_list_front") \
	X(LIST_BACK, "bpf_list_back") \
	X(RBTREE_ADD, "bpf_rbtree_add_impl") \
	X(RBTREE_REMOVE, "bpf_rbtree_remove") \
	X(RBTREE_FIRST, "bpf_rbtree_first") \
	X(RBTREE_ROOT, "bpf_rbtree_root") \
	X(RBTREE_LEFT, "bpf_rbtree_left") \
	X(RBTREE_RIGHT, "bpf_rbtree_right") \
	X(CAST_TO_KERN_CTX, "bpf_cast_to_kern_ctx") \
	X(RDONLY_CAST, "bpf_rdonly_cast") \
	X(RCU_LOCK, "bpf_rcu_read_lock") \
	X(RCU_UNLOCK, "bpf_rcu_read_unlock") \
	X(PREEMPT_DISABLE, "bpf_preempt_disable") \
	X(PREEMPT_ENABLE, "bpf_preempt_enable") \
	X(IRQ_SAVE, "bpf_local_irq_save") \
	X(IRQ_RESTORE, "bpf_local_irq_restore") \
	X(RES_LOCK, "bpf_res_spin_lock") \
	X(RES_UNLOCK, "bpf_res_spin_unlock") \
	X(RES_LOCK_IRQ, "bpf_res_spin_lock_irqsave") \
	X(RES_UNLOCK_IRQ, "bpf_res_spin_unlock_irqrestore") \
	X(DYNPTR_SLICE, "bpf_dynptr_slice") \
	X(DYNPTR_SLICE_RDWR, "bpf_dynptr_slice_rdwr") \
	X(DYNPTR_CLONE, "bpf_dynptr_clone") \
	X(DYNPTR_FROM_SKB, "bpf_dynptr_from_skb") \
	X(DYNPTR_FROM_SKB_META, "bpf_dynptr_from_skb_meta") \
	X(DYNPTR_FROM_XDP, "bpf_dynptr_from_xdp") \
	X(SESSION_COOKIE, "bpf_session_cookie") \
	X(WQ_SET_CALLBACK, "bpf_wq_set_callback_impl") \
	X(TASK_WORK_SIGNAL, "bpf_task_work_schedule_signal_impl") \
	X(TASK_WORK_RESUME, "bpf_task_work_schedule_resume_impl") \
	X(XDP_PULL_DATA, "bpf_xdp_pull_data") \
	X(THROW, "bpf_throw")

enum kfunc_special {
	KF_PLAIN,
#define SPECIAL(id, name) KF_##id,
	KFUNC_SPECIALS(SPECIAL)
#undef SPECIAL
};

/* One call. */
struct kcall {
	struct call call;		/* name, args, callback for call_*() */
	const struct kfunc_row *row;
	enum kfunc_special special;
	const struct btf *btf;		/* of the prototype */
	const struct btf_type *proto;
	uint32_t params;

	/* found in arguments */
	bool constant_known;
	uint64_t constant;
	uint64_t size;			/* of what r0 points to, 0 none */
	bool read_only;
	uint32_t ref;			/* of an argument */
	unsigned int release;		/* argument that is released, 0 none */
	struct reg dynptr;		/* that was handed in */
	const struct special *root;	/* list head or tree root */
	struct reg object;		/* of the program's own */
	uint32_t iter_frame, iter_slot;
};

/* May it be called while a lock is held? */
bool kfunc_in_lock(const char *name);

/* All arguments; fills what is found. 0, or rejects. */
int kfunc_args(struct verify_env *env, struct kcall *kc);

/* Lists and trees: the root, and a node, in register `n`. */
int kfunc_root(struct verify_env *env, struct kcall *kc, unsigned int n,
	       enum field_special kind);
int kfunc_node(struct verify_env *env, struct kcall *kc, unsigned int n,
	       enum field_special kind);

/* A node went into a list or tree: its pointers own it no more. */
int kfunc_give_node(struct verify_env *env, uint32_t ref);

/* r1 and r2 of a tree's less(), and the first node that is found. */
void kfunc_graph_node(struct verify_env *env, struct reg *reg,
		      const struct special *root, bool owning);

/* The iterator in register `n`: made, used or destroyed, by the row. */
int kfunc_iter(struct verify_env *env, struct kcall *kc, unsigned int n);

/* r0 of bpf_iter_*_next is set: forks into one more, and none. */
int kfunc_iter_next(struct verify_env *env, const struct kcall *kc);

/* r0, after r0 to r5 are clobbered. */
int kfunc_result(struct verify_env *env, struct kcall *kc);

int kfunc_reject(struct verify_env *env, int reg, const char *message,
		 const char *fmt, ...) printf_like(4, 5);

#endif
