/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way in from C saves what C keeps, so that a program's first function
 * need not; and calls of C, which reach 2 GB.
 */
#include "jit/x86/door.h"

#define THREAD		X86_R12
#define MEMBER(member) \
	x86_at(THREAD, (int32_t)offsetof(struct jit_thread, member))

static const uint8_t saved[] = {
	X86_RBX, X86_RBP, X86_R12, X86_R13, X86_R14, X86_R15,
};

/* Behind the registers, rsp is a multiple of 16 again. */
static int32_t padding(const struct x86_start *start)
{
	return __builtin_popcount(start->saved) % 2 ? 0 : 8;
}

static void depth(struct jit_origins *origins, const struct jit_buf *code,
		  int32_t bytes, uint32_t reg)
{
	jit_depth_add(origins, code->len, (uint32_t)bytes, reg);
}

void x86_start(struct jit_buf *code, const struct x86_start *start,
	       struct jit_origins *origins)
{
	int32_t bytes = 8;

	depth(origins, code, bytes, JIT_NO_REG);
	for (size_t i = 0; i < ARRAY_SIZE(saved); i++) {
		if (!(start->saved >> saved[i] & 1))
			continue;
		x86_push(code, saved[i]);
		depth(origins, code, bytes += 8, saved[i]);
	}
	if (start->thread)
		x86_rr(code, X86_MOV, true, THREAD, X86_RDI);
	if (padding(start))
		x86_ri(code, X86_SUB_I, true, X86_RSP, padding(start));
	if (padding(start))
		depth(origins, code, bytes + padding(start), JIT_NO_REG);
	if (start->sp)
		x86_rm(code, X86_MOV, true, X86_RSP, MEMBER(sp));
	if (start->frame)
		x86_rm(code, X86_LOAD, true, X86_RBP, MEMBER(fp));
}

void x86_started(struct jit_buf *code, const struct x86_start *start,
		 struct jit_origins *origins)
{
	int32_t bytes = 8 + 8 * __builtin_popcount(start->saved);

	if (padding(start))
		x86_ri(code, X86_ADD_I, true, X86_RSP, padding(start));
	depth(origins, code, bytes, JIT_NO_REG);
	for (size_t i = ARRAY_SIZE(saved); i-- > 0;) {
		if (!(start->saved >> saved[i] & 1))
			continue;
		x86_pop(code, saved[i]);
		depth(origins, code, bytes -= 8, JIT_NO_REG);
	}
	x86_ret(code);
}

/* The thread in rdi, r1 to r4 in their places, the function in r9. */
void x86_enter(struct jit_buf *code, struct jit_origins *origins)
{
	struct x86_start all = { .thread = true, .frame = true, .sp = true };

	for (size_t i = 0; i < ARRAY_SIZE(saved); i++)
		all.saved |= 1u << saved[i];
	x86_start(code, &all, origins);
	x86_r(code, X86_CALL_REG, true, X86_R9);
	x86_started(code, &all, origins);
}

/* The return address lies below what `sp` was when the call was made. */
void x86_end_badly(struct jit_buf *code, struct jit_origins *origins)
{
	depth(origins, code, 0, JIT_NO_REG);
	x86_rm(code, X86_LOAD, true, X86_RSP, MEMBER(sp));
	x86_ri(code, X86_SUB_I, true, X86_RSP, 16);
	depth(origins, code, 16, JIT_NO_REG);
	x86_rr(code, X86_MOV, true, X86_RDI, THREAD);
}

void x86_ended_badly(struct jit_buf *code, struct jit_origins *origins)
{
	x86_number(code, X86_RAX, 0);
	x86_ri(code, X86_ADD_I, true, X86_RSP, 8);
	depth(origins, code, 8, JIT_NO_REG);
	x86_ret(code);
}

static bool bind_call(uint8_t *base, uint32_t branch, uint64_t target)
{
	int64_t distance = (int64_t)(target - ((uintptr_t)base + branch));
	int32_t near = (int32_t)distance;

	if (distance != near)
		return false;
	memcpy(base + branch - 4, &near, sizeof(near));
	return true;
}

/* jmp [rip]; address */
static void put_far(uint8_t *at, uint64_t target)
{
	static const uint8_t jmp[] = { 0xff, 0x25, 0, 0, 0, 0 };

	memcpy(at, jmp, sizeof(jmp));
	memcpy(at + sizeof(jmp), &target, sizeof(target));
}

const struct jit_linker x86_linker = {
	.bind_call = bind_call, .put_far = put_far, .far_size = 14,
	.filler = 0xcc,
};
