/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The packet that all programs of the suite run over; see suite.h, deck.c. */
#ifndef SKEP_BENCH_DECK_H
#define SKEP_BENCH_DECK_H

#include <linux/types.h>

#define DECK_SHIFT	27			/* 32 - 5: of 32 frames */
#define DECK_FRAMES	32
#define DECK_ROOM	104			/* bytes for each frame */

struct deck {
	__u32 link[4];		/* zero: a test run takes it for Ethernet */
	__u32 state;		/* of the generator that draws */
	__u32 unused[3];
};

/* Fits a test run of XDP in one page, and one of tc. */
#define DECK_SIZE	(sizeof(struct deck) + DECK_FRAMES * DECK_ROOM)

#endif
