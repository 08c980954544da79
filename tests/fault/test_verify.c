/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs verified once for every allocation on the way, which then fails:
 * of the allocator, and of arenas, whose pieces fail each on its own here. A
 * verdict is the same as with memory, or it is -ENOMEM and says so; facts of
 * an accepted program are the same; nothing is left behind.
 *
 * Arguments are objects in place of the built ones; of those that take many
 * allocations not all fail then.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../fuzz/verify_typed.h"
#include "base/hash.h"
#include "btf/btf.h"
#include "failing.h"
#include "object/verify.h"
#include "text/asm.h"
#include "verify/facts/facts.h"
#include "verify/facts/rewrite.h"
#include "verify/flow/flow.h"

#define PROGS_MAX	64

/* What came of one program; `facts` is a hash of their text. */
struct answer {
	int err;
	char id[48];
	uint64_t facts;
};

struct subject {
	const char *name;
	/* 0 or -ENOMEM, with as many answers as there are programs */
	int (*verify)(const struct subject *subject, struct answer *answers,
		      uint32_t *cnt);
	const char *text;		/* of a program, or ... */
	const char *path;		/* ... of an object's file */
	struct btf *kernel;
	long stride;			/* 0: each allocation fails */
};

static char told[48];

static void note(void *arg, const struct skep_diag *diag)
{
	snprintf(told, sizeof(told), "%s", diag->id);
}

/* ---- arenas ---- */

void *__real_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__real_arena_array(struct arena *arena, size_t cnt, size_t size);
void *__wrap_arena_array(struct arena *arena, size_t cnt, size_t size);
void *__real_arena_copy(struct arena *arena, const void *data, size_t size);
void *__wrap_arena_copy(struct arena *arena, const void *data, size_t size);
char *__real_arena_strndup(struct arena *arena, const char *str, size_t len);
char *__wrap_arena_strndup(struct arena *arena, const char *str, size_t len);
char *__real_arena_strdup(struct arena *arena, const char *str);
char *__wrap_arena_strdup(struct arena *arena, const char *str);

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
	return failing_now() ? NULL : __real_arena_alloc(arena, size);
}

void *__wrap_arena_array(struct arena *arena, size_t cnt, size_t size)
{
	return failing_now() ? NULL : __real_arena_array(arena, cnt, size);
}

void *__wrap_arena_copy(struct arena *arena, const void *data, size_t size)
{
	return failing_now() ? NULL : __real_arena_copy(arena, data, size);
}

char *__wrap_arena_strndup(struct arena *arena, const char *str, size_t len)
{
	return failing_now() ? NULL : __real_arena_strndup(arena, str, len);
}

char *__wrap_arena_strdup(struct arena *arena, const char *str)
{
	return failing_now() ? NULL : __real_arena_strdup(arena, str);
}

/* ---- subjects ---- */

/* What follows a verdict, with memory as it is; then its facts. */
static void take_answer(struct answer *answer, const struct prog *prog,
			const struct verify_result *result, int err)
{
	struct strbuf text = STRBUF_INIT;
	struct arena arena;
	struct prog out;

	answer->err = err;
	if (err)
		return;
	arena_init(&arena);
	answer->err = verify_rewrite(prog, &result->facts, &arena, &out);
	if (answer->err)
		strcpy(answer->id, "no-memory");
	arena_fini(&arena);
	failing.armed = 0;
	facts_print(&text, prog, &result->facts);
	answer->facts = hash_bytes(text.text, text.len);
	strbuf_fini(&text);
}

static int verify_text(const struct subject *subject, struct answer *answers,
		       uint32_t *cnt)
{
	struct verify_map maps[2] = {
		{ .name = "a", .type = MAP_TYPE_ARRAY, .key_size = 4,
		  .value_size = 64, .max_entries = 1 },
		{ .name = "typed", .type = MAP_TYPE_ARRAY, .key_size = 4,
		  .value_size = 96, .max_entries = 1 },
	};
	struct prog prog = {
		.name = subject->name, .object = "text", .section = "xdp",
		.license = "GPL", .gpl = true, .type = PROG_TYPE_XDP,
		.maps_cnt = 2,
	};
	struct verify_input in = { &prog, maps, NULL };
	struct strbuf log = STRBUF_INIT;
	struct verify_options opts = { .log = &log };
	struct diag_sink sink = { .fn = note };
	struct verify_result *result;
	struct arena arena;
	long armed = failing.armed;
	size_t insns;
	int err;

	failing.armed = 0;
	arena_init(&arena);
	if (text_insns(&arena, subject->name, subject->text, &prog.insns,
		       &insns, NULL))
		abort();
	prog.insns_cnt = (uint32_t)insns;
	if (flow_find_subprogs(&arena, prog.insns, prog.insns_cnt,
			       &prog.subprogs, &prog.subprogs_cnt))
		abort();
	verify_typed_map(&maps[1]);
	failing.armed = armed;
	told[0] = 0;
	err = verify_prog(&in, &opts, &result, &sink);
	memcpy(answers[0].id, told, sizeof(told));
	take_answer(&answers[0], &prog, result, err);
	*cnt = 1;
	verify_free(result);
	strbuf_fini(&log);
	arena_fini(&arena);
	return 0;
}

static void take_verdict(struct answer *answer,
			 const struct object_verdict *verdict)
{
	const struct diag_log *diags = &verdict->diags;

	if (diags->oom)
		strcpy(answer->id, "no-memory");
	else if (diags->records.len)
		snprintf(answer->id, sizeof(answer->id), "%s",
			 diags->records.data[0].id);
	take_answer(answer, &verdict->prog, verdict->result, verdict->err);
}

static int verify_object(const struct subject *subject,
			 struct answer *answers, uint32_t *cnt)
{
	struct object_verify_options options = {
		.link.kernel = subject->kernel, .log = true,
	};
	struct diag_sink sink = { .fn = note };
	struct object_verdicts verdicts;
	struct prog *progs;
	struct object *obj;
	int err;

	*cnt = 0;
	told[0] = 0;
	err = object_open(&obj, subject->path, &sink);
	if (err)
		return err;
	progs = object_progs(obj, cnt);
	for (uint32_t i = 0; i < *cnt; i++)
		progs[i].load = i < PROGS_MAX;
	*cnt = 0;
	err = object_verify(obj, &options, &verdicts, &sink);
	if (!err) {
		for (uint32_t i = 0; i < verdicts.cnt; i++)
			take_verdict(&answers[i], &verdicts.list[i]);
		*cnt = verdicts.cnt;
		object_verdicts_fini(&verdicts);
	}
	object_close(obj);
	return err;
}

/* ---- sweeps ---- */

static int wrong(const struct subject *subject, long n, const char *what,
		 const struct answer *answer)
{
	failing.armed = 0;
	printf("%s, failure %ld: %s (%d, %s)\n", subject->name, n, what,
	       answer ? answer->err : 0, answer ? answer->id : told);
	return 1;
}

static int compare(const struct subject *subject, long n,
		   const struct answer *with, const struct answer *without)
{
	if (without->err == -ENOMEM)
		return strcmp(without->id, "no-memory") ?
		       wrong(subject, n, "no diagnostic", without) : 0;
	if (with->err != without->err)
		return wrong(subject, n, "another verdict", without);
	if (strcmp(with->id, without->id) != 0 &&
	    strcmp(without->id, "no-memory") != 0)
		return wrong(subject, n, "another reason", without);
	if (with->facts != without->facts)
		return wrong(subject, n, "other facts", without);
	return 0;
}

static int one_failure(const struct subject *subject, long n,
		       const struct answer *with, uint32_t with_cnt)
{
	struct answer answers[PROGS_MAX] = { { 0 } };
	long before = failing.live;
	uint32_t cnt;
	int err, bad = 0;

	failing.hit = false;
	failing.armed = n;
	err = subject->verify(subject, answers, &cnt);
	failing.armed = 0;
	if (err && err != -ENOMEM)
		bad += wrong(subject, n, "another error", NULL);
	else if (err && !told[0])
		bad += wrong(subject, n, "no diagnostic", NULL);
	else if (!err && cnt != with_cnt)
		bad += wrong(subject, n, "other programs", NULL);
	for (uint32_t i = 0; !bad && i < cnt; i++)
		bad += compare(subject, n, &with[i], &answers[i]);
	if (failing.live != before)
		bad += wrong(subject, n, "a leak", NULL);
	return bad;
}

static int sweep(const struct subject *subject)
{
	struct answer with[PROGS_MAX] = { { 0 } };
	uint32_t cnt;
	long n = 1, met = 0;
	int bad = 0;

	if (subject->verify(subject, with, &cnt))
		return subject->stride ? 0 :
		       wrong(subject, 0, "does not work at all", NULL);
	memset(with, 0, sizeof(with));
	subject->verify(subject, with, &cnt);
	for (;; met++, n += 1 + (subject->stride ? n / subject->stride : 0)) {
		bad += one_failure(subject, n, with, cnt);
		if (!failing.hit || bad >= 10)
			break;
	}
	printf("%s: %ld failures\n", subject->name, met);
	return bad;
}

/* r9: 64 bytes of a map's value; r6, r7: words of the packet. */
#define HEAD HEAD_OF("0")
#define HEAD_OF(map) \
	"r2 = *(u32 *)(r1 + 0)\n" \
	"r3 = *(u32 *)(r1 + 4)\n" \
	"r4 = r2\n" \
	"r4 += 16\n" \
	"if r4 > r3 goto out\n" \
	"r6 = *(u64 *)(r2 + 0)\n" \
	"r7 = *(u64 *)(r2 + 8)\n" \
	"*(u32 *)(r10 - 4) = 0\n" \
	"r2 = r10\n" \
	"r2 += -4\n" \
	"ld_pseudo r1, 1, " map "\n" \
	"call 1\n" \
	"if r0 == 0 goto out\n" \
	"r9 = r0\n"
#define TAIL \
	"out:\n" \
	"r0 = 0\n" \
	"exit\n"

static const struct subject texts[] = {
	{ "second look", verify_text, HEAD
	  "if r7 > 63 goto out\n"
	  "if r6 > r7 goto out\n"
	  "r7 -= r6\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 + 0)\n" TAIL },
	{ "second look, rejected", verify_text, HEAD
	  "if r7 > 64 goto out\n"
	  "if r6 > r7 goto out\n"
	  "r7 -= r6\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 + 0)\n" TAIL },
	{ "loop, spills, calls", verify_text, HEAD
	  "r8 = 0\n"
	  "again:\n"
	  "*(u64 *)(r10 - 16) = r9\n"
	  "*(u64 *)(r10 - 24) = r6\n"
	  "r1 = r9\n"
	  "r2 = r8\n"
	  "call sub\n"
	  "r9 = *(u64 *)(r10 - 16)\n"
	  "r6 = *(u64 *)(r10 - 24)\n"
	  "r8 += 1\n"
	  "if r6 > r0 goto +1\n"
	  "r7 += 1\n"
	  "if r8 < 20 goto again\n" TAIL
	  "sub:\n"
	  "r2 &= 7\n"
	  "r1 += r2\n"
	  "r0 = *(u8 *)(r1 + 0)\n"
	  "exit\n" },
	{ "endless loop", verify_text, HEAD
	  "again:\n"
	  "r8 = r6\n"
	  "goto again\n" TAIL },
	{ "lock written", verify_text, HEAD_OF("1")
	  "*(u32 *)(r9 + 0) = 1\n" TAIL },
	{ "lock taken", verify_text, HEAD_OF("1")
	  "r1 = r9\n"
	  "call 93\n"
	  "*(u32 *)(r9 + 84) = 1\n"
	  "r1 = r9\n"
	  "call 94\n" TAIL },
	{ "too much stack", verify_text, HEAD
	  "*(u64 *)(r10 - 400) = 1\n"
	  "call sub\n" TAIL
	  "sub:\n"
	  "*(u64 *)(r10 - 400) = 1\n"
	  "r0 = 0\n"
	  "exit\n" },
	{ "bound unknown", verify_text, HEAD
	  "if r6 s> 30 goto out\n"
	  "*(u64 *)(r10 - 16) = r6\n"
	  "if r7 > 3 goto +1\n"
	  "r8 = 7\n"
	  "r5 = *(u64 *)(r10 - 16)\n"
	  "r9 += r5\n"
	  "r0 = *(u8 *)(r9 + 0)\n" TAIL },
};

static int sweep_objects(char **paths, int cnt, struct btf *kernel,
			 long stride)
{
	int bad = 0;

	for (int i = 0; i < cnt; i++) {
		struct subject subject = {
			.name = paths[i], .verify = verify_object,
			.path = paths[i], .kernel = kernel, .stride = stride,
		};

		if (!access(paths[i], R_OK))
			bad += sweep(&subject);
	}
	return bad;
}

static int sweep_built(struct btf *kernel)
{
	static const char *const files[] = {
		"tests/e2e/edit.bpf.o", "examples/parser.bpf.o",
	};
	const char *build = getenv("SKEP_BUILD");
	int bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[512], *paths = path;

		snprintf(path, sizeof(path), "%s/%s", build ? build : ".",
			 files[i]);
		bad += sweep_objects(&paths, 1, kernel, 0);
	}
	return bad;
}

int main(int argc, char **argv)
{
	struct btf *kernel = NULL;
	int bad = 0;

	failing_one_cpu();
	verify_typed_init();
	btf_open(&kernel, "/sys/kernel/btf/vmlinux", NULL);
	if (argc > 1) {
		bad += sweep_objects(argv + 1, argc - 1, kernel, 64);
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
			bad += sweep(&texts[i]);
		bad += sweep_built(kernel);
	}
	btf_put(kernel);
	return bad != 0;
}
