/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operation on every operand: the interpreter equals the model, and the
 * running kernel equals both. The operands come from memory at run time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "interp/interp.h"
#include "kernel.h"
#include "native.h"

static int differ(const char *who, enum op op, const struct cases *c,
		  const uint64_t *words)
{
	for (uint32_t i = 0; i < c->want_cnt; i++) {
		if (words[OPERANDS + i] == c->want[i])
			continue;
		printf("%s: %s: result %u is %#llx, the model says %#llx\n",
		       op_rows[op].name, who, i,
		       (unsigned long long)words[OPERANDS + i],
		       (unsigned long long)c->want[i]);
		return 1;
	}
	return 0;
}

static int run_interp(enum op op, const struct cases *c)
{
	struct prog prog = {
		.name = op_rows[op].name, .type = PROG_TYPE_SYSCALL,
		.insns = c->insns, .insns_cnt = c->insns_cnt,
	};
	struct run run = { .prog = &prog };
	uint64_t *words = malloc(sizeof(c->words));
	int bad = 1;

	memcpy(words, c->words, sizeof(c->words));
	run.ctx = words;
	run.ctx_len = sizeof(c->words);
	if (interp_prepare(&prog, NULL) || interp_attach(&run))
		printf("%s: not prepared\n", prog.name);
	else if (interp_run(&run))
		printf("%s: stopped by %d at instruction %u\n", prog.name,
		       run.fault.stop, run.fault.insn);
	else
		bad = differ("interp", op, c, words);
	interp_detach(&run);
	interp_release(&prog);
	free(words);
	return bad;
}

/* By code with all features of this machine (0), or without some. */
static int run_jit(enum op op, const struct cases *c, enum jit_tier tier,
		   uint32_t without)
{
	struct prog prog = {
		.name = op_rows[op].name, .type = PROG_TYPE_SYSCALL,
		.insns = c->insns, .insns_cnt = c->insns_cnt,
	};
	struct run run = { .prog = &prog };
	uint64_t *words = malloc(sizeof(c->words));
	struct native native = { .tier = tier, .without = without };
	int bad = 1;

	memcpy(words, c->words, sizeof(c->words));
	run.ctx = words;
	run.ctx_len = sizeof(c->words);
	if (native_make(&native, &prog, NULL) || jit_attach(&run))
		printf("%s: not compiled\n", prog.name);
	else if (jit_run(&run))
		printf("%s: native code stopped by %d at instruction %u\n",
		       prog.name, run.fault.stop, run.fault.insn);
	else
		bad = differ(tier ? "opt" : "quick", op, c, words);
	jit_detach(&run);
	native_drop(&native, &prog);
	free(words);
	return bad;
}

static int run_kernel(enum op op, const struct cases *c)
{
	static char log[1 << 16];
	uint64_t words[OPERANDS + RESULTS_MAX];
	uint32_t ret;
	int err, fd = kernel_load(BPF_PROG_TYPE_SYSCALL, c->insns,
				  c->insns_cnt, NULL, log, sizeof(log));

	if (fd < 0) {
		/* newer than this kernel: EINVAL or EOPNOTSUPP */
		printf("%s: skipped: the kernel refuses it: %s\n%.200s\n",
		       op_rows[op].name, strerror(-fd), log);
		return 0;
	}
	memcpy(words, c->words, sizeof(words));
	err = kernel_run_memory(fd, words, sizeof(words), &ret);
	close(fd);
	if (err) {
		printf("%s: the kernel's test run: %s\n", op_rows[op].name,
		       strerror(-err));
		return 1;
	}
	return differ("kernel", op, c, words);
}

int main(void)
{
	struct cases *c = malloc(sizeof(*c));
	bool kernel = kernel_usable();
	uint32_t rows = 0, results = 0;
	int bad = 0;

	for (enum op op = 0; op < OP_CNT; op++) {
		if (!cases_make(c, op))
			continue;
		rows++;
		results += c->want_cnt;
		bad |= run_interp(op, c);
		for (enum jit_tier tier = JIT_QUICK;
		     jit_usable() && tier <= jit_best_tier(); tier++)
			bad |= run_jit(op, c, tier, 0) |
			       run_jit(op, c, tier, ~0u);
		if (kernel)
			bad |= run_kernel(op, c);
	}
	printf("%u operations, %u results%s%s\n", rows, results,
	       jit_usable() ? ", native code's too" : "",
	       kernel ? ", the kernel's too" : "");
	free(c);
	return bad || !rows;
}
