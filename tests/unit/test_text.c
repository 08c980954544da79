/* SPDX-License-Identifier: Apache-2.0 */
/* isa/disasm and text/: every row to text and back, and what is refused. */
#include "cmocka_all.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "isa/disasm.h"
#include "text/asm.h"

#define ROUNDS 9

/* Edge values; REG is cut to r0..r10, off to 16 bits. */
static const int32_t edges[ROUNDS] = {
	0, 1, -1, 7, -8, INT16_MAX, INT16_MIN, INT32_MAX, INT32_MIN,
};

static int32_t value_of(const struct op_field *field, int round)
{
	switch (field->kind) {
	case FIELD_ZERO:
		return 0;
	case FIELD_FIXED:
		return field->fixed;
	case FIELD_REG:
		return (round * 3 + 1) % INSN_REGS;
	default:
		return edges[round];
	}
}

static size_t instance(enum op op, int round, struct bpf_insn insn[2])
{
	const struct op_row *row = &op_rows[op];

	memset(insn, 0, 2 * sizeof(*insn));
	insn->code = row->opcode;
	insn->dst_reg = value_of(&row->dst, round);
	insn->src_reg = row->src.kind == FIELD_REG ?
		value_of(&row->src, round + 1) : value_of(&row->src, round);
	insn->off = value_of(&row->off, round);
	insn->imm = value_of(&row->imm, round);
	if (row->imm.kind == FIELD_WIDE || row->imm.kind == FIELD_PAIR)
		insn[1].imm = edges[(round + 2) % ROUNDS];
	return op_slots(op);
}

static void fail_on_diag(void *arg, const struct skep_diag *diag)
{
	print_error("%s: %s [%s]\n", (const char *)arg, diag->message,
		    diag->id);
}

static void each_row_survives(const struct disasm_style *style,
			      enum text_syntax syntax)
{
	for (int i = 0; i < OP_CNT * ROUNDS; i++) {
		enum op op = i / ROUNDS;
		struct strbuf text = STRBUF_INIT;
		struct bpf_insn insn[2];
		const struct bpf_insn *back;
		size_t cnt = instance(op, i % ROUNDS, insn), back_cnt;
		struct text_unit unit;
		struct diag_sink sink = { fail_on_diag, NULL, 0 };

		assert_int_equal(insn_op(insn), op);
		assert_int_equal(disasm_insn(&text, insn, style), op);
		sink.arg = text.text;
		assert_int_equal(text_assemble(&unit, "t", text.text,
					       text.len, syntax, &sink), 0);
		assert_int_equal(text_raw(&unit, &back, &back_cnt), 0);
		assert_int_equal(sink.errors, 0);
		if (back_cnt != cnt || memcmp(back, insn, cnt * 8))
			fail_msg("%s: '%s' came back as another instruction",
				 op_rows[op].name, text.text);
		text_unit_fini(&unit);
		strbuf_fini(&text);
	}
}

static void llvm_round_trip(void **state)
{
	static const struct disasm_style styles[] = {
		{ .exact = true },
		{ .exact = true, .decimal = true },
		{ .exact = true, .alu32 = true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
		each_row_survives(&styles[i], TEXT_LLVM);
		each_row_survives(&styles[i], TEXT_AUTO);
	}
}

static void ubpf_round_trip(void **state)
{
	static const struct disasm_style style = {
		.syntax = SYNTAX_UBPF, .exact = true,
	};

	each_row_survives(&style, TEXT_UBPF);
	each_row_survives(&style, TEXT_AUTO);
}

/* One line of text and the bytes it means. */
static void spellings(void **state)
{
	static const struct { const char *text; struct bpf_insn insn; } t[] = {
		{ "r1=5", { 0xb7, 1, 0, 0, 5 } },
		{ "\tr1  =  0x5 # five", { 0xb7, 1, 0, 0, 5 } },
		{ "r1 = 5 // five", { 0xb7, 1, 0, 0, 5 } },
		{ "r1 /* is */ = 5;", { 0xb7, 1, 0, 0, 5 } },
		{ "r1 = 5 ; five", { 0xb7, 1, 0, 0, 5 } },
		{ "r1 = 0xffffffff", { 0xb7, 1, 0, 0, -1 } },
		{ "r1 = -r1", { 0x87, 1, 0, 0, 0 } },
		{ "r2 %= 7", { 0x97, 2, 0, 0, 7 } },
		{ "r2 s%= r3", { 0x9f, 2, 3, 1, 0 } },
		{ "r2 s >>= 7", { 0xc7, 2, 0, 0, 7 } },
		{ "w1 = *(u8*)(r2)", { 0x71, 1, 2, 0, 0 } },
		{ "r1 = *(u8 *)(r2+-8)", { 0x71, 1, 2, -8, 0 } },
		{ "*(u32 *)(r10-4) = -1", { 0x62, 10, 0, -4, -1 } },
		{ "lock *(u32 *)(r1 + 0) += r2", { 0xc3, 1, 2, 0, 0 } },
		{ "if w1 s<= 3 goto 2", { 0xd6, 1, 0, 2, 3 } },
		{ "call 5", { 0x85, 0, 0, 0, 5 } },
		{ "mov %r0, %r1", { 0xbf, 0, 1, 0, 0 } },
		{ "mov32 r0, 0x10", { 0xb4, 0, 0, 0, 16 } },
		{ "mov32 r1, 0x876543210", { 0xb4, 1, 0, 0, 0x76543210 } },
		{ "ldxdw r1, [r2+8]", { 0x79, 1, 2, 8, 0 } },
		{ "stxw [r10-4], r1", { 0x63, 10, 1, -4, 0 } },
		{ "stdw [r1+2], 0x44", { 0x7a, 1, 0, 2, 0x44 } },
		{ "jeq r1, 0x10, +3", { 0x15, 1, 0, 3, 16 } },
		{ "jslt32 r1, r2, -3", { 0xce, 1, 2, -3, 0 } },
		{ "ja32 +70000", { 0x06, 0, 0, 0, 70000 } },
		{ "swap64 r0", { 0xd7, 0, 0, 0, 64 } },
		{ "be32 r0", { 0xdc, 0, 0, 0, 32 } },
		{ "lock add [r1], r2", { 0xdb, 1, 2, 0, 0 } },
		{ "lock fetch_add32 [r1+4], r2", { 0xc3, 1, 2, 4, 1 } },
		{ "lock fetch add32 [r1+4], r2", { 0xc3, 1, 2, 4, 1 } },
		{ "lock cmpxchg [r10-8], r1", { 0xdb, 10, 1, -8, 0xf1 } },
		{ "movsx832 r0, r1", { 0xbc, 0, 1, 8, 0 } },
		{ "movsx3264 r0, r1", { 0xbf, 0, 1, 32, 0 } },
		{ "call helper 7", { 0x85, 0, 0, 0, 7 } },
		{ "call local +2", { 0x85, 0, 1, 0, 2 } },
		{ "callx r3", { 0x8d, 3, 0, 0, 0 } },
		{ "smod32 r1, -3", { 0x94, 1, 0, 1, -3 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct bpf_insn *insns;
		struct arena arena;
		size_t cnt;

		arena_init(&arena);
		if (text_insns(&arena, "t", t[i].text, &insns, &cnt, NULL) ||
		    cnt != 1 || memcmp(insns, &t[i].insn, 8))
			fail_msg("'%s' is read as another instruction",
				 t[i].text);
		arena_fini(&arena);
	}
}

static void labels_and_calls(void **state)
{
	static const char text[] =
		"start:	if r1 > 5 goto out; r2 = 0x1122334455667788 ll\n"
		"	jne r0, r1, exit\n"
		"	call f\n"
		"	gotol start\n"
		"out:	exit\n"
		"f:	r0 = 1\n"
		"	exit\n";
	const struct bpf_insn *insns;
	struct arena arena;
	size_t cnt;

	arena_init(&arena);
	assert_int_equal(text_insns(&arena, "t", text, &insns, &cnt, NULL), 0);
	assert_int_equal(cnt, 9);
	assert_int_equal(insns[0].off, 5);
	assert_int_equal(insn_imm64(&insns[1]), 0x1122334455667788);
	assert_int_equal(insns[3].off, 2);
	assert_int_equal(insns[4].src_reg, 1);
	assert_int_equal(insns[4].imm, 2);
	assert_int_equal(insns[5].imm, -6);
	assert_int_equal(insn_check(insns, cnt, "t", NULL), 0);
	arena_fini(&arena);
}

/* Collects "line:column:id " of each diagnostic. */
static void note_place(void *arg, const struct skep_diag *diag)
{
	strbuf_printf(arg, "%u:%u:%s ", diag->line, diag->column, diag->id);
}

static void assert_said(const char *text, const char *said,
			enum text_syntax syntax)
{
	struct strbuf notes = STRBUF_INIT;
	struct diag_sink sink = { note_place, &notes, 0 };
	const struct bpf_insn *insns;
	struct text_unit unit;
	size_t cnt;
	int err;

	err = text_assemble(&unit, "t", text, strlen(text), syntax, &sink);
	if (!err)
		err = text_raw(&unit, &insns, &cnt);
	assert_int_equal(err, sink.errors ? -EINVAL : 0);
	assert_string_equal(strbuf_str(&notes), said);
	text_unit_fini(&unit);
	strbuf_fini(&notes);
}

static void refusals(void **state)
{
	assert_said("frob r1", "1:1:asm-mnemonic ", TEXT_AUTO);
	assert_said("\tr1 = r11", "1:7:asm-register ", TEXT_AUTO);
	assert_said("r1 = *(u8 *)(r2 + 8", "1:20:asm-expected ", TEXT_AUTO);
	assert_said("r1 = *(u8 *)(r2 + 32768)", "1:17:asm-range ", TEXT_AUTO);
	assert_said("r1 = 0x1ffffffff", "1:6:asm-range ", TEXT_AUTO);
	assert_said("r1 = 99999999999999999999 ll", "1:6:asm-range ",
		    TEXT_AUTO);
	assert_said("r1 = -r2", "1:7:asm-same-register ", TEXT_AUTO);
	assert_said("exit exit", "1:6:asm-trailing ", TEXT_AUTO);
	assert_said("goto nowhere", "1:6:asm-label-undefined ", TEXT_AUTO);
	assert_said("a: exit\na: exit", "2:1:asm-label-duplicate ",
		    TEXT_AUTO);
	assert_said(".frob", "1:1:asm-directive ", TEXT_AUTO);
	assert_said(".byte 256\n.p2align 3", "1:7:asm-range ",
		    TEXT_AUTO);
	assert_said(".byte 1\nexit", "2:1:asm-unaligned ", TEXT_AUTO);
	assert_said("exit /* and", "1:6:asm-comment ", TEXT_AUTO);
	assert_said("", "1:0:asm-raw ", TEXT_AUTO);
	assert_said("r1 = map ll", "1:6:asm-label-undefined ", TEXT_AUTO);
	assert_said("exit\n.section x,\"ax\"\ngoto a\n.text\na: exit",
		    "3:6:asm-section ", TEXT_AUTO);
	assert_said("exit\n.section x,\"ax\"\nexit", "1:0:asm-raw ",
		    TEXT_AUTO);
	assert_said("mov r0, 1", "1:1:asm-mnemonic ", TEXT_LLVM);
	assert_said("r0 = 1", "1:1:asm-mnemonic ", TEXT_UBPF);
	assert_said("mov32 r1, 0x876543210", "1:1:asm-truncated ", TEXT_UBPF);
	assert_said("exit ; c", "1:8:asm-mnemonic ", TEXT_LLVM);
	assert_said("r1 = 1\nr12 = 2\nr1 = (s8)q\n\n exit now\n",
		    "2:1:asm-register 3:10:asm-expected 5:7:asm-trailing ",
		    TEXT_AUTO);
}

static void too_far(void **state)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_puts(&text, "goto out\n");
	for (int i = 0; i < 32768; i++)
		strbuf_puts(&text, "r0 = 1\n");
	strbuf_puts(&text, "out: exit\n");
	assert_said(strbuf_str(&text), "1:6:asm-too-far ", TEXT_AUTO);
	strbuf_reset(&text);
	strbuf_puts(&text, "goto out\n");
	for (int i = 0; i < 32767; i++)
		strbuf_puts(&text, "r0 = 1\n");
	strbuf_puts(&text, "out: exit\n");
	assert_said(strbuf_str(&text), "", TEXT_AUTO);
	strbuf_fini(&text);
}

static void errors_end(void **state)
{
	struct strbuf text = STRBUF_INIT, notes = STRBUF_INIT;
	struct diag_sink sink = { note_place, &notes, 0 };
	struct text_unit unit;

	for (int i = 0; i < 1000; i++)
		strbuf_puts(&text, "frob\n");
	assert_int_equal(text_assemble(&unit, "t", text.text, text.len,
				       TEXT_AUTO, &sink), -EINVAL);
	assert_int_equal(sink.errors, 20);
	text_unit_fini(&unit);
	strbuf_fini(&text);
	strbuf_fini(&notes);
}

static void object_has_what_was_said(void **state)
{
	static const char text[] =
		".section xdp,\"ax\",@progbits\n"
		".globl p\n.type p,@function\n"
		"p: r1 = m ll\n call f\n exit\n.Lend:\n.size p, .Lend-p\n"
		".section license,\"aw\",@progbits\n.asciz \"GPL\"\n"
		".section maps,\"aw\",@progbits\nm: .long 1, 4, 8, 1, 0\n";
	struct strbuf out = STRBUF_INIT;
	const Elf64_Ehdr *file;
	const Elf64_Shdr *sh;
	struct text_unit unit;

	assert_int_equal(text_assemble(&unit, "t", text, strlen(text),
				       TEXT_AUTO, NULL), 0);
	assert_int_equal(text_object(&unit, &out), 0);
	file = (const void *)out.text;
	assert_memory_equal(file->e_ident, ELFMAG, SELFMAG);
	assert_int_equal(file->e_machine, 247);
	assert_int_equal(file->e_shoff + file->e_shnum * sizeof(*sh),
			 out.len);
	sh = (const void *)(out.text + file->e_shoff);
	/* null .text xdp license maps .relxdp .symtab .strtab */
	assert_int_equal(file->e_shnum, 8);
	assert_int_equal(sh[2].sh_size, 32);
	assert_int_equal(sh[5].sh_type, SHT_REL);
	assert_int_equal(sh[5].sh_size, 2 * sizeof(Elf64_Rel));
	assert_int_equal(sh[5].sh_info, 2);
	assert_int_equal(sh[6].sh_type, SHT_SYMTAB);
	assert_memory_equal(out.text + sh[3].sh_offset, "GPL", 4);
	text_unit_fini(&unit);
	strbuf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(llvm_round_trip),
		cmocka_unit_test(ubpf_round_trip),
		cmocka_unit_test(spellings),
		cmocka_unit_test(labels_and_calls),
		cmocka_unit_test(refusals),
		cmocka_unit_test(too_far),
		cmocka_unit_test(errors_end),
		cmocka_unit_test(object_has_what_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
