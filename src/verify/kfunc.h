/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kfuncs: kernel functions that programs call by name. The prototype comes
 * from the kernel's BTF, what it demands and does beyond that from the rows
 * of spec/kfuncs.def.
 */
#ifndef SKEP_VERIFY_KFUNC_H
#define SKEP_VERIFY_KFUNC_H

#include "verify/typed.h"

/* May it be called while a lock is held? */
bool kfunc_in_lock(const char *name);

#endif
