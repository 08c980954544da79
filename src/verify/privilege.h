/* SPDX-License-Identifier: Apache-2.0 */
/* What only a loader with capabilities may load. */
#ifndef SKEP_VERIFY_PRIVILEGE_H
#define SKEP_VERIFY_PRIVILEGE_H

struct verify_env;

/*
 * Of the profile VERIFY_UNPRIVILEGED: 0, or the rejection of a program whose
 * type, size, calls or maps are not for loaders without capabilities. What
 * depends on a path (helpers, leaks) is found by the walk.
 */
int privilege_check(struct verify_env *env);

#endif
