/* SPDX-License-Identifier: Apache-2.0 */
/* A small program out of a large one, and how it is shown. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "isa/disasm.h"
#include "risky_random.h"
#include "../insns.h"

static bool drop_steps(struct risky_program *program, uint64_t seed,
		       bool (*shows)(void *arg, const struct risky_program *),
		       void *arg)
{
	bool any = false;

	for (uint32_t i = 0; i < RISKY_STEPS; i++) {
		if (program->left_out[i])
			continue;
		program->left_out[i] = true;
		risky_random(program, seed);
		if (shows(arg, program))
			any = true;
		else
			program->left_out[i] = false;
	}
	risky_random(program, seed);
	return any;
}

static bool is_nothing(const struct bpf_insn *insn)
{
	return !memcmp(insn, &JA(0), sizeof(*insn));
}

static bool drop_insns(struct risky_program *program,
		       bool (*shows)(void *arg, const struct risky_program *),
		       void *arg)
{
	struct bpf_insn *insns = program->insns;
	bool any = false;
	uint32_t slots;

	for (uint32_t i = 0; i < program->cnt; i += slots) {
		struct bpf_insn old[2] = { insns[i], insns[i] };

		slots = insns[i].code == 0x18 && i + 1 < program->cnt ? 2 : 1;
		if (is_nothing(&insns[i]))
			continue;
		memcpy(old, &insns[i], slots * sizeof(*old));
		for (uint32_t k = 0; k < slots; k++)
			insns[i + k] = JA(0);
		if (shows(arg, program))
			any = true;
		else
			memcpy(&insns[i], old, slots * sizeof(*old));
	}
	return any;
}

void risky_reduce(struct risky_program *program, uint64_t seed,
		  bool (*shows)(void *arg, const struct risky_program *),
		  void *arg)
{
	while (drop_steps(program, seed, shows, arg))
		;
	while (drop_insns(program, shows, arg))
		;
}

void risky_show(const struct risky_program *program)
{
	const struct disasm_style style = { 0 };
	struct strbuf text = STRBUF_INIT;

	for (uint32_t pc = 0; pc < program->cnt;) {
		const struct bpf_insn *insn = &program->insns[pc];
		unsigned int slots;

		if (is_nothing(insn)) {
			pc++;
			continue;
		}
		strbuf_printf(&text, "%5u: ", pc);
		slots = op_slots(disasm_insn(&text, insn, &style));
		pc += MAX(slots, 1u);
		strbuf_putc(&text, '\n');
	}
	fputs(strbuf_str(&text), stdout);
	strbuf_fini(&text);
}
