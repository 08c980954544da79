/* SPDX-License-Identifier: Apache-2.0 */
/* What the sources here need; they are compiled without any other header. */
#ifndef SKEP_TESTS_DIFF_TYPES_H
#define SKEP_TESTS_DIFF_TYPES_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define noinline __attribute__((noinline))

#endif
