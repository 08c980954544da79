/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory orders that skep uses, by name. Plain (non _Atomic) objects, so
 * that the same words can live in shared regions and in BPF map values.
 */
#ifndef SKEP_BASE_ATOMIC_H
#define SKEP_BASE_ATOMIC_H

#define atomic_load_relaxed(p)	__atomic_load_n(p, __ATOMIC_RELAXED)
#define atomic_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define atomic_store_relaxed(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define atomic_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define atomic_add_relaxed(p, v) __atomic_fetch_add(p, v, __ATOMIC_RELAXED)
#define atomic_add(p, v)	__atomic_fetch_add(p, v, __ATOMIC_SEQ_CST)
#define atomic_sub(p, v)	__atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST)
#define atomic_or(p, v)		__atomic_fetch_or(p, v, __ATOMIC_SEQ_CST)
#define atomic_and(p, v)	__atomic_fetch_and(p, v, __ATOMIC_SEQ_CST)
#define atomic_xor(p, v)	__atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST)
#define atomic_xchg(p, v)	__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

/* True when *p was *expected and is now v; else *expected is what it was. */
#define atomic_cmpxchg(p, expected, v) \
	__atomic_compare_exchange_n(p, expected, v, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

#define atomic_fence()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define atomic_fence_acquire()	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define atomic_fence_release()	__atomic_thread_fence(__ATOMIC_RELEASE)

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

#endif
