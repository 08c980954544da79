/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every GNU extension that skep uses, under one name each. Code elsewhere
 * spells no __attribute__ and no __builtin of its own; typeof, statement
 * expressions and computed goto are the exceptions and are plain to see.
 */
#ifndef SKEP_BASE_COMPILER_H
#define SKEP_BASE_COMPILER_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#define must_check	__attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define noinline	__attribute__((noinline))
#define always_inline	inline __attribute__((always_inline))
#define maybe_unused	__attribute__((unused))
#define fallthrough	__attribute__((fallthrough))
#define packed_struct	__attribute__((packed))
#define aligned_to(n)	__attribute__((aligned(n)))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define sizeof_field(type, field) sizeof(((type *)0)->field)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))

#endif
