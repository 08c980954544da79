/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the suite share: addresses and ports that frames of the
 * deck have and tables are about, and what fills the tables. The same in each
 * run of the benchmark, whatever the machine.
 */
#ifndef SKEP_BENCH_INPUTS_H
#define SKEP_BENCH_INPUTS_H

#include "base/compiler.h"
#include "cli/bench_suite.h"
#include "deck.h"

/* The sources of the deck's frames, in network order, of `i` below the cnt. */
#define DECK_HOSTS	24
uint32_t deck_host(uint32_t i);

/* Where they go to: addresses (host order, the first of four) and ports. */
#define DECK_SERVICE	0xc0000201u
#define DECK_PORTS	12
extern const uint16_t deck_ports[DECK_PORTS];

/* What rows of suite.def name: contents of a program's maps. */
int fill_none(const struct bench_tables *to);
int fill_balancer(const struct bench_tables *to);
int fill_nat(const struct bench_tables *to);
int fill_fwhash(const struct bench_tables *to);
int fill_fwprefix(const struct bench_tables *to);
int fill_rules(const struct bench_tables *to);
int fill_bitap(const struct bench_tables *to);
int fill_aho(const struct bench_tables *to);

#endif
