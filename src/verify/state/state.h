/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The abstract machine: what the walk knows at one instruction of one path.
 * Tests build, read and print it (state_print.c). Types and flags are the
 * kernel's, reg_state by reg_state, but for three things: a number's bounds
 * are scalars (scalar.h), where a value came from is a node of the value
 * graph (value.h), and frames are shared between states until written.
 */
#ifndef SKEP_VERIFY_STATE_STATE_H
#define SKEP_VERIFY_STATE_STATE_H

#include "isa/insn.h"
#include "verify/number/scalar.h"

struct btf;

#define VERIFY_FRAMES	8	/* calls deep, the program itself included */
#define FRAME_REGS	INSN_REGS
#define SLOT_BYTES	8

enum reg_type {
	REG_UNSET,		/* may not be read */
	REG_SCALAR,		/* a number: num */
	/* pointers: at off + num from the start of their object */
	REG_CTX,
	REG_MAP,		/* a map itself: map */
	REG_MAP_VALUE,		/* map */
	REG_MAP_KEY,		/* of a callback: map */
	REG_STACK,		/* frame; off from its top, negative */
	REG_PACKET,		/* range: bytes from off + num's base */
	REG_PACKET_META,
	REG_PACKET_END,
	REG_FLOW_KEYS,
	REG_SOCKET,		/* struct bpf_sock of a full socket */
	REG_SOCK_COMMON,	/* struct bpf_sock of any */
	REG_TCP_SOCK,		/* struct bpf_tcp_sock */
	REG_XDP_SOCK,		/* struct bpf_xdp_sock */
	REG_TP_BUFFER,		/* of a writable raw tracepoint: size */
	REG_BUF,		/* of an iterator or sysctl-like hook: size */
	REG_MEM,		/* size bytes */
	REG_BTF,		/* a kernel object: btf, btf_id */
	REG_ARENA,
	REG_FUNC,		/* subprog */
	REG_DYNPTR,		/* a dynptr handed in, not on the stack */
	REG_TYPE_CNT
};

/* Of pointers. The kernel's flags of the same names (MEM_, PTR_). */
enum reg_flags {
	REG_NULLABLE	= 1 << 0,
	REG_RDONLY	= 1 << 1,
	REG_RINGBUF	= 1 << 2,	/* a whole record: ringbuf_submit's */
	REG_USER	= 1 << 3,	/* user memory */
	REG_PERCPU	= 1 << 4,
	REG_UNTRUSTED	= 1 << 5,	/* may dangle: loads may fault */
	REG_TRUSTED	= 1 << 6,
	REG_RCU		= 1 << 7,	/* valid in this RCU section */
	REG_ALLOC	= 1 << 8,	/* of bpf_obj_new */
	REG_NON_OWNING	= 1 << 9,	/* in a list or tree under its lock */
	REG_PKT_BEYOND	= 1 << 10,	/* known past PACKET_END */
	REG_PKT_AT_END	= 1 << 11,	/* known at or past it */
};

enum dynptr_kind {
	DYNPTR_NONE,
	DYNPTR_LOCAL,
	DYNPTR_RINGBUF,
	DYNPTR_SKB,
	DYNPTR_XDP,
	DYNPTR_SKB_META,
};

/*
 * A register, or what a stack slot that was spilled holds. Two registers with
 * one id (not 0) are linked: scalars differ by their `delta` for good, so
 * that refining one refines both; pointers that are NULLABLE are NULL
 * together; packet pointers share their range. `ref` is the reference that
 * the pointer belongs to, 0 for none.
 */
struct reg {
	uint8_t type;			/* enum reg_type */
	uint8_t frame;			/* STACK: index of its frame */
	uint16_t flags;			/* enum reg_flags */
	int32_t off;			/* pointers: the constant part */
	uint32_t id;
	uint32_t ref;
	uint32_t value;			/* node of the value graph */
	union {
		int32_t delta;		/* SCALAR: against others of its id */
		uint32_t range;		/* PACKET, PACKET_META */
		uint32_t size;		/* MEM, BUF, TP_BUFFER */
		uint32_t subprog;	/* FUNC */
		uint32_t dynptr;	/* DYNPTR: enum dynptr_kind */
		uint32_t btf_id;	/* BTF, and ALLOC objects */
	};
	/*
	 * MAP, MAP_VALUE, MAP_KEY: index of the map and, for one found in
	 * another map, the lookup that found it (else 0): maps of one lookup
	 * are the same map. MEM: map_uid is the id of the dynptr that it is a
	 * slice of, 0 none, and map its kind.
	 */
	uint32_t map, map_uid;
	const struct btf *btf;		/* BTF: whose btf_id is */
	struct scalar num;		/* SCALAR: it; else variable offset */
};

enum slot_kind {
	SLOT_UNSET,
	SLOT_MISC,		/* written, nothing known */
	SLOT_ZERO,
	SLOT_SPILL,		/* a byte of `reg` */
	SLOT_DYNPTR,		/* reg.dynptr, reg.ref; two slots */
	SLOT_ITER,		/* reg.btf/btf_id of its type */
	SLOT_IRQ,
};

/*
 * Eight bytes of stack. kind[i] tells of the byte at address + i. A spill of
 * fewer than eight bytes has SLOT_SPILL in the last `size` of them ... the
 * bytes that it wrote, always those that end the slot's low part.
 */
struct slot {
	uint8_t kind[SLOT_BYTES];
	uint8_t iter_state;		/* ITER: enum iter_state */
	bool first;			/* DYNPTR, ITER: its lowest slot */
	uint32_t iter_depth;
	struct reg reg;			/* reg.value: node of the whole slot */
};

enum iter_state {
	ITER_NONE,
	ITER_ACTIVE,
	ITER_DRAINED,
};

enum frame_kind {
	FRAME_PROGRAM,			/* or a global subprogram on its own */
	FRAME_SUBPROG,			/* called statically */
	FRAME_CALLBACK,			/* run by a helper or kfunc */
	FRAME_ASYNC,			/* a timer's, run later: no caller */
	FRAME_EXCEPTION,
};

/* One call. Shared by states (refs) until one of them writes to it. */
struct frame {
	uint32_t refs;
	uint32_t subprog;		/* index in prog->subprogs */
	uint32_t callsite;		/* the call's instruction */
	uint8_t kind;			/* enum frame_kind */
	uint32_t callback_depth;	/* runs of it so far on this path */
	int64_t ret_min, ret_max;	/* CALLBACK: of r0 at its exit */
	struct reg regs[FRAME_REGS];
	uint32_t slots_cnt;		/* used: from the top of the frame */
	uint32_t slots_cap;
	struct slot *slots;		/* [i]: fp - 8 * (i + 1) ... */
};

/* What is held and must be given back: a socket, a record, a lock ... */
enum held_kind {
	HELD_REF,			/* an acquired pointer */
	HELD_LOCK,			/* bpf_spin_lock */
	HELD_RES_LOCK,
	HELD_RES_LOCK_IRQ,
	HELD_IRQ,			/* saved interrupt flags */
};

struct held {
	uint8_t kind;
	uint32_t id;			/* reg.ref of its pointers */
	uint32_t insn;			/* that took it */
	const void *object;		/* locks: of which map or BTF object */
	uint32_t object_id;		/* locks: reg.id of the object's */
};

/*
 * A path's state. `frames[depth]` runs. Copies are cheap: they share frames.
 */
struct state {
	struct frame *frames[VERIFY_FRAMES];
	uint32_t depth;
	uint32_t insn;			/* next to be looked at */
	uint32_t last;			/* the one before; jumped from */
	uint32_t trail;			/* branches that led here: walk.h */
	uint64_t steps;			/* made so far on this path */
	struct held *held;
	uint32_t held_cnt, held_cap;
	uint32_t locks;			/* of held: HELD_LOCK, RES_LOCKs */
	uint32_t rcu, preempt_off;	/* nesting */
	uint32_t may_goto_depth;
	bool sleepable;
	bool in_async;
	uint32_t async_id;		/* its start of a callback, 0: none */
	struct kept *parent;		/* the kept state that led here */
	struct state *next;		/* in the list that owns it */
};

struct verify_env;

/* Free pieces; all zero at first. Whole pieces come from env->arena. */
struct state_pool {
	void *states, *frames;
	void *slots[16];		/* by size: 4, 8, 16 ... */
	size_t bytes;			/* taken from the arena */
};

/* The running frame and its registers, to be read. */
static inline struct frame *state_frame(const struct state *st)
{
	return st->frames[st->depth];
}

static inline const struct reg *state_reg(const struct state *st,
					  unsigned int reg)
{
	return &st->frames[st->depth]->regs[reg];
}

/*
 * A frame that only this state has, to be written; NULL (env->err set) when
 * memory is out. Pointers into the frame from before are void after it: take
 * them again. The running frame of the state that the walk is at is always
 * its own; other frames (callers' stacks) must be asked for.
 */
struct frame *state_own(struct verify_env *env, struct state *st,
			uint32_t depth) must_check;

struct state *state_new(struct verify_env *env) must_check;
struct state *state_copy(struct verify_env *env, const struct state *st)
	must_check;
void state_free(struct verify_env *env, struct state *st);

/*
 * A frame in front of the others; registers unset but for r10, no stack. The
 * first of a new state is frame 0. The caller has checked that there are less
 * than VERIFY_FRAMES. 0 or -ENOMEM.
 */
int state_push_frame(struct verify_env *env, struct state *st,
		     uint32_t subprog, uint32_t callsite,
		     enum frame_kind kind);
void state_pop_frame(struct verify_env *env, struct state *st);

/*
 * Slot `i` (fp - 8 * (i + 1)) of an own frame, which grows to hold it. NULL
 * when memory is out. A slot beyond slots_cnt reads as all SLOT_UNSET.
 */
struct slot *frame_slot(struct verify_env *env, struct frame *fr,
			uint32_t i) must_check;

/* Holds something: its new id, 0 when memory is out. */
uint32_t state_hold(struct verify_env *env, struct state *st,
		    enum held_kind kind, uint32_t insn, const void *object);
/* False when nothing of that id is held. */
bool state_unhold(struct state *st, uint32_t id);
const struct held *state_held(const struct state *st, uint32_t id);

/*
 * For every register and spilled slot of every frame, frames owned first:
 * changes to `reg` stay. 0 or -ENOMEM.
 */
typedef void (*reg_fn)(void *arg, struct reg *reg);
int state_each_reg(struct verify_env *env, struct state *st, reg_fn fn,
		   void *arg);

/*
 * The same for the registers alone that `match` picks; frames without such a
 * one are left shared.
 */
typedef bool (*reg_match_fn)(const void *arg, const struct reg *reg);
int state_each_match(struct verify_env *env, struct state *st,
		     reg_match_fn match, reg_fn fn, void *arg);

static inline bool reg_is_pointer(const struct reg *reg)
{
	return reg->type > REG_SCALAR;
}

void reg_set_unknown(struct reg *reg, uint32_t value);
void reg_set_const(struct reg *reg, uint64_t num, uint32_t value);
/* A pointer of `type` at offset 0, nothing else set. */
void reg_set_pointer(struct reg *reg, enum reg_type type, uint16_t flags,
		     uint32_t value);

/* All that is known is the same; only where it came from may differ. */
bool reg_same(const struct reg *a, const struct reg *b);
bool slot_same(const struct slot *a, const struct slot *b);

const char *reg_type_name(const struct reg *reg);	/* the kernel's: "fp" */

struct strbuf;

/* "R1=pkt(off=4,r=14)" ... as the kernel's log has it; see state_print.c. */
void reg_print(struct strbuf *out, const struct verify_env *env,
	       const struct reg *reg);
/* `before`: only what is not as it was there; NULL: all that is set. */
void frame_print(struct strbuf *out, const struct verify_env *env,
		 const struct frame *fr, const struct frame *before);
void state_print(struct strbuf *out, const struct verify_env *env,
		 const struct state *st);

#endif
