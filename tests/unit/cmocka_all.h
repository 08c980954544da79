/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka wants these headers before its own. */
#ifndef SKEP_TESTS_CMOCKA_ALL_H
#define SKEP_TESTS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#endif
