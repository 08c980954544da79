/* SPDX-License-Identifier: Apache-2.0 */
/* Where native code comes from: the table that compiling leaves to tools. */
#include "cmocka_all.h"

#include <elf.h>

#include "../insns.h"
#include "base/str.h"
#include "jit/code.h"
#include "jit/jit.h"
#include "jit/tools/parts.h"
#include "verify/flow/flow.h"

/*
 * 0..6 the program, with a call of a helper and of a subprogram that is called
 * twice and goes round, so that it is not built in; 7.. the subprogram.
 */
static const struct bpf_insn insns[] = {
	MOV_IMM(6, 2),
	CALL(7),		/* get_prandom_u32 */
	MOV_REG(1, 0),
	CALL_LOCAL(6),
	ADD_IMM(6, -1),
	JNE_IMM(6, 0, -5),
	MOV_IMM(0, 1),
	JA(0),
	MOV_IMM(0, 2),
	EXIT(),
	/* the subprogram */
	MOV_REG(0, 1),
	MOV_IMM(2, 5),
	ADD_IMM(2, -1),
	JNE_IMM(2, 0, -2),
	EXIT(),
};

#define FUNC	10

/* How much is pushed where, and calls by a distance: x86-64 alone. */
#if defined(__x86_64__)
#define TELLS_DEPTHS	true
#else
#define TELLS_DEPTHS	false
#endif

/* As gdb has it. */
extern struct {
	uint32_t version, action;
	void *relevant, *first;
} __jit_debug_descriptor;

struct native {
	struct arena arena;
	struct prog prog;
	struct verify_result *proof;
	struct jit_text text;
};

static void begin(struct native *n, enum jit_tier tier, bool counts)
{
	struct verify_input in = { .prog = &n->prog };
	struct jit_options options = { .tier = tier, .counts = counts };
	struct subprog *subs;

	memset(n, 0, sizeof(*n));
	arena_init(&n->arena);
	n->prog = (struct prog){
		.name = "main", .type = PROG_TYPE_XDP, .gpl = true,
		.insns = insns, .insns_cnt = ARRAY_SIZE(insns),
	};
	assert_int_equal(flow_find_subprogs(&n->arena, insns,
					    ARRAY_SIZE(insns),
					    &n->prog.subprogs,
					    &n->prog.subprogs_cnt), 0);
	subs = (struct subprog *)n->prog.subprogs;
	subs[1].name = "sub";
	assert_int_equal(verify_prog(&in, NULL, &n->proof, NULL), 0);
	options.facts = &n->proof->facts;
	assert_int_equal(jit_prepare(&n->prog, &options), 0);
	n->text = jit_text(&n->prog);
}

static void end(struct native *n)
{
	jit_release(&n->prog);
	verify_free(n->proof);
	arena_fini(&n->arena);
}

static void each(void (*check)(const struct native *n))
{
	struct native n;

	if (!jit_usable())
		skip();
	for (int tier = JIT_QUICK; tier <= (int)jit_best_tier(); tier++) {
		begin(&n, (enum jit_tier)tier, false);
		assert_int_equal(jit_tier_of(&n.prog), tier);
		check(&n);
		end(&n);
	}
	begin(&n, JIT_QUICK, true);
	check(&n);
	end(&n);
}

static void check_sorted(const struct native *n)
{
	const struct jit_text *text = &n->text;

	assert_true(text->origins_cnt > 0);
	assert_int_equal(text->origins[0].at, 0);
	assert_int_equal(text->origins[0].part, JIT_PART_ENTER);
	assert_int_equal(text->size, jit_code_size(&n->prog));
	for (uint32_t i = 0; i < text->origins_cnt; i++) {
		assert_true(text->origins[i].at <= jit_origin_end(text, i));
		assert_true(text->origins[i].at < text->size);
		assert_true(text->origins[i].slot < ARRAY_SIZE(insns));
	}
}

static void places_are_sorted(void **state)
{
	each(check_sorted);
}

/* Functions begin where their rows say: one of them is the entry. */
static void check_functions(const struct native *n)
{
	const struct jit_code *code = n->prog.engine;
	uint32_t next = 0, at = 0, funcs = 0;
	struct jit_piece piece;
	char name[JIT_NAME_MAX];

	while (jit_piece_next(&n->text, &n->prog, &next, &piece)) {
		assert_int_equal(piece.at, at);
		at += piece.size;
		jit_piece_name(&n->prog, &piece, name);
		if (piece.part != JIT_PART_FUNC)
			continue;
		if (n->text.origins[piece.first].slot == 0) {
			assert_string_equal(name, "main");
			assert_int_equal(code->entry, (uintptr_t)
					 (n->text.base + piece.at));
		} else {
			assert_int_equal(n->text.origins[piece.first].slot,
					 FUNC);
			assert_string_equal(name, "main.sub");
		}
		funcs++;
	}
	assert_int_equal(at, n->text.size);
	assert_true(funcs >= 1 && funcs <= 2);
}

static void functions_have_names(void **state)
{
	each(check_functions);
}

/* Is there a call of this function in code of that slot? */
static bool calls(const struct jit_text *text, uint32_t slot,
		  const char *name, const struct prog *prog)
{
	bool found = false;

	for (uint32_t i = 0; i < text->origins_cnt; i++) {
		const struct jit_origin *place = &text->origins[i];
		uint32_t end = jit_origin_end(text, i);

		if (place->part != JIT_PART_INSN || place->slot != slot)
			continue;
		for (uint32_t at = place->at; at + 5 <= end; at++) {
			struct strbuf got = STRBUF_INIT;
			int32_t by;

			memcpy(&by, text->base + at + 1, sizeof(by));
			if (text->base[at] == 0xe8 &&
			    jit_callee(&got, prog,
				       (uintptr_t)text->base + at + 5 +
				       (uint64_t)(int64_t)by))
				found |= str_eq(strbuf_str(&got), name);
			strbuf_fini(&got);
		}
	}
	return found;
}

static void check_calls(const struct native *n)
{
	for (uint32_t slot = 0; TELLS_DEPTHS && slot < ARRAY_SIZE(insns);
	     slot++)
		assert_int_equal(calls(&n->text, slot, "get_prandom_u32",
				       &n->prog), slot == 1);
}

static void calls_are_of_their_instruction(void **state)
{
	each(check_calls);
}

/* A jump back that stops, a call that runs out of frames. */
static void check_traps(const struct native *n)
{
	uint32_t traps = 0, leaves = 0;

	for (uint32_t i = 0; i < n->text.origins_cnt; i++) {
		const struct jit_origin *place = &n->text.origins[i];

		traps += place->part == JIT_PART_TRAP;
		leaves += place->part == JIT_PART_LEAVE;
		if (place->part == JIT_PART_TRAP &&
		    !((const struct jit_code *)n->prog.engine)->counts)
			assert_true(place->slot == 3 || place->slot == 5 ||
				    place->slot == FUNC + 3);
	}
	assert_true(traps >= 2);
	assert_int_equal(leaves, 1);
}

static void traps_are_of_their_instruction(void **state)
{
	each(check_traps);
}

/* What has no code is not there; functions are. */
static void rows_without_code_go(void **state)
{
	struct jit_origins p = { 0 };

	jit_origin_add(&p, 0, JIT_PART_ENTER, 0);
	jit_origin_add(&p, 8, JIT_PART_FUNC, 0);
	jit_origin_add(&p, 8, JIT_PART_INSN, 0);
	jit_origin_add(&p, 8, JIT_PART_INSN, 1);
	jit_origin_add(&p, 9, JIT_PART_INSN, 1);
	jit_origin_add(&p, 12, JIT_PART_INSN, 2);
	assert_int_equal(p.rows.len, 4);
	assert_int_equal(p.rows.data[1].part, JIT_PART_FUNC);
	assert_int_equal(p.rows.data[2].slot, 1);
	assert_int_equal(p.rows.data[3].at, 12);
	assert_false(p.failed);
	jit_origin_add(&p, 13, JIT_PART_INSN, JIT_SLOTS_MAX);
	assert_true(p.failed);
	jit_origins_fini(&p);
}

/*
 * Functions begin with their return address alone, go back to it before they
 * return, and are left as deep as their bodies are.
 */
static void check_depths(const struct native *n)
{
	const struct jit_text *text = &n->text;
	struct jit_piece piece;
	uint32_t next = 0, row = 0;

	if (!TELLS_DEPTHS)
		return;
	assert_true(text->depths_cnt > 0);
	for (uint32_t i = 1; i < text->depths_cnt; i++)
		assert_true(text->depths[i - 1].at < text->depths[i].at);
	while (jit_piece_next(text, &n->prog, &next, &piece)) {
		while (row < text->depths_cnt &&
		       text->depths[row].at < piece.at)
			row++;
		assert_true(row < text->depths_cnt);
		assert_int_equal(text->depths[row].at, piece.at);
		assert_int_equal(text->depths[row].bytes,
				 piece.part == JIT_PART_TRAP ||
				 piece.part == JIT_PART_LEAVE ? 0 : 8);
	}
	for (uint32_t i = 0; i + 1 < text->depths_cnt; i++)
		if (text->depths[i].bytes == 8 && text->depths[i].at &&
		    text->base[text->depths[i].at] == 0xc3)
			assert_int_equal(text->depths[i + 1].at,
					 text->depths[i].at + 1);
}

static void depths_are_told(void **state)
{
	each(check_depths);
}

/* What gdb reads is an ELF object whose parts are where it says. */
static void check_object(const struct native *n)
{
	struct strbuf object = STRBUF_INIT;
	Elf64_Shdr sections[16];
	Elf64_Ehdr header;
	uint32_t symbols = 0, pieces = 0, next = 0;
	struct jit_piece piece;

	gdb_object(&object, &n->prog);
	assert_false(object.oom);
	memcpy(&header, object.text, sizeof(header));
	assert_memory_equal(header.e_ident, ELFMAG, SELFMAG);
	assert_true(header.e_shnum <= ARRAY_SIZE(sections));
	assert_int_equal(header.e_shoff + header.e_shnum * sizeof(*sections),
			 object.len);
	memcpy(sections, object.text + header.e_shoff,
	       header.e_shnum * sizeof(*sections));
	while (jit_piece_next(&n->text, &n->prog, &next, &piece))
		pieces++;
	for (uint32_t i = 1; i < header.e_shnum; i++) {
		if (sections[i].sh_type == SHT_SYMTAB)
			symbols = (uint32_t)(sections[i].sh_size /
					     sizeof(Elf64_Sym));
		if (sections[i].sh_type == SHT_NOBITS) {
			assert_int_equal(sections[i].sh_addr,
					 (uintptr_t)n->text.base);
			assert_int_equal(sections[i].sh_size, n->text.size);
		} else {
			assert_true(sections[i].sh_size > 0 || !TELLS_DEPTHS);
			assert_true(sections[i].sh_offset +
				    sections[i].sh_size <= header.e_shoff);
		}
	}
	assert_int_equal(symbols, pieces + 1);
	strbuf_fini(&object);
}

static void object_is_whole(void **state)
{
	each(check_object);
}

/* The list that gdb walks, as programs come and go in any order. */
static void list_of_gdb_is_linked(void **state)
{
	struct native n;
	struct gdb_entry *a, *b, *c;

	if (!jit_usable())
		skip();
	begin(&n, JIT_QUICK, false);
	a = gdb_register(&n.prog);
	b = gdb_register(&n.prog);
	c = gdb_register(&n.prog);
	assert_true(a && b && c);
	gdb_unregister(b);
	gdb_unregister(c);
	b = gdb_register(&n.prog);
	gdb_unregister(a);
	gdb_unregister(b);
	gdb_unregister(NULL);
	assert_null(__jit_debug_descriptor.first);
	assert_null(__jit_debug_descriptor.relevant);
	end(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_sorted),
		cmocka_unit_test(functions_have_names),
		cmocka_unit_test(calls_are_of_their_instruction),
		cmocka_unit_test(traps_are_of_their_instruction),
		cmocka_unit_test(rows_without_code_go),
		cmocka_unit_test(depths_are_told),
		cmocka_unit_test(object_is_whole),
		cmocka_unit_test(list_of_gdb_is_linked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
