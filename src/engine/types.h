/* SPDX-License-Identifier: Apache-2.0 */
/* How the kernel's test run treats the program types. */
#ifndef SKEP_ENGINE_TYPES_H
#define SKEP_ENGINE_TYPES_H

#include "spec/spec.h"

/* True when a test run of this type hands the program an skb. */
bool kernel_type_is_skb(enum prog_type type);

/* True when the skb's data begins at the Ethernet header. */
bool kernel_type_is_l2(enum prog_type type);

#endif
