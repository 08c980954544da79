/* SPDX-License-Identifier: Apache-2.0 */
/* What run_kernel.c shares with run_compare.c. */
#ifndef SKEP_CLI_RUN_KERNEL_H
#define SKEP_CLI_RUN_KERNEL_H

#include "cli/run.h"

/* Opens and loads the command's object in the kernel, with its --set. */
int run_open_kernel(struct run_command *cmd);

/*
 * The frame as a packet that the kernel's test run takes, in the shape that
 * both engines start from. -EMSGSIZE when it is too short or too long.
 */
int run_kernel_packet(enum prog_type type, const struct frame *frame,
		      struct packet_buf *buf);

/*
 * The frame through the kernel: *r0 and, in `buf`, the packet that came out.
 * -EMSGSIZE, unreported, for a frame that a test run does not take: newer
 * kernels also refuse IP packets shorter than their header with EINVAL.
 */
int run_kernel_frame(struct run_command *cmd, const struct frame *frame,
		     struct packet_buf *buf, uint32_t *r0);

#endif
