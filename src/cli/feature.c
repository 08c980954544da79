/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep feature: the rows of src/spec/ as tables. Each kind of row is seen
 * through the same few columns; one row alone is shown with all of its own.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "isa/insn.h"
#include "spec/sections.h"
#include "spec/spec.h"

/* What all kinds of rows have. */
struct entry {
	const char *name, *doc;
	int64_t id;		/* -1: rows of this kind have no number */
	uint32_t since;		/* 0: no kernel release */
	bool have;
};

struct kind {
	const char *name, *title;
	size_t (*count)(void);
	struct entry (*entry)(size_t i);
	/* What a row has beside its entry; NULL: nothing. */
	void (*detail)(struct strbuf *out, size_t i);
	void (*detail_json)(struct json *json, size_t i);
};

/* ---- masks of program types ---- */

static void print_progs(struct strbuf *out, uint64_t progs)
{
	strbuf_puts(out, "programs ");
	for (size_t i = 1; i < prog_rows_cnt; i++)
		if (progs >> i & 1)
			strbuf_printf(out, " %s", prog_rows[i].name);
	strbuf_putc(out, '\n');
}

static void json_progs(struct json *json, uint64_t progs)
{
	json_key(json, "programs");
	json_array_begin(json);
	for (size_t i = 1; i < prog_rows_cnt; i++)
		if (progs >> i & 1)
			json_string(json, prog_rows[i].name);
	json_array_end(json);
}

/* ---- one kind after the other ---- */

static size_t insn_count(void)
{
	return OP_CNT;
}

static struct entry insn_entry(size_t i)
{
	const struct op_row *row = &op_rows[i];

	return (struct entry){ row->name, row->group, row->opcode, row->since,
			       row->have };
}

/* The number 0 of programs and maps is no type. */
static size_t prog_count(void)
{
	return prog_rows_cnt - 1;
}

static struct entry prog_entry(size_t i)
{
	const struct prog_row *row = &prog_rows[i + 1];

	return (struct entry){ row->name, row->doc, row->id, row->since,
			       row->have };
}

static void prog_detail(struct strbuf *out, size_t i)
{
	const struct prog_row *row = &prog_rows[i + 1];

	if (*row->context)
		strbuf_printf(out, "context   struct %s\n", row->context);
	strbuf_printf(out, "test run  %s\n", row->test_run ? "yes" : "no");
	strbuf_puts(out, "sections ");
	for (size_t j = 0; j < section_rows_cnt; j++)
		if (section_rows[j].prog == row->id)
			strbuf_printf(out, " %s", section_rows[j].pattern);
	strbuf_putc(out, '\n');
}

static void prog_json(struct json *json, size_t i)
{
	const struct prog_row *row = &prog_rows[i + 1];

	json_key(json, "context");
	json_string(json, row->context);
	json_key(json, "test_run");
	json_bool(json, row->test_run);
}

static size_t map_count(void)
{
	return map_rows_cnt - 1;
}

static struct entry map_entry(size_t i)
{
	const struct map_row *row = &map_rows[i + 1];

	return (struct entry){ row->name, row->doc, row->id, row->since,
			       row->have };
}

static void map_detail(struct strbuf *out, size_t i)
{
	strbuf_printf(out, "flags     0x%x\n", map_rows[i + 1].flags);
}

static void map_json(struct json *json, size_t i)
{
	json_key(json, "flags");
	json_u64(json, map_rows[i + 1].flags);
}

static size_t attach_count(void)
{
	return attach_rows_cnt;
}

static struct entry attach_entry(size_t i)
{
	const struct attach_row *row = &attach_rows[i];

	return (struct entry){ row->name, row->doc, row->id, row->since,
			       row->have };
}

static void attach_detail(struct strbuf *out, size_t i)
{
	print_progs(out, attach_rows[i].progs);
}

static void attach_json(struct json *json, size_t i)
{
	json_progs(json, attach_rows[i].progs);
}

static size_t helper_count(void)
{
	return helper_rows_cnt;
}

static struct entry helper_entry(size_t i)
{
	const struct helper_row *row = &helper_rows[i];

	return (struct entry){ row->name, row->doc, row->id, row->since,
			       row->have != HELPER_HAVE_NO };
}

static void helper_detail(struct strbuf *out, size_t i)
{
	const struct helper_row *row = &helper_rows[i];

	strbuf_puts(out, "arguments");
	for (int a = 0; a < 5 && row->args[a] != ARG_NONE; a++)
		strbuf_printf(out, " %s", row->args_text[a]);
	strbuf_printf(out, "\nreturns   %s\n", row->ret_text);
	if (row->flags)
		strbuf_printf(out, "flags     %s\n", row->flags_text);
	print_progs(out, row->progs);
}

static void helper_json(struct json *json, size_t i)
{
	const struct helper_row *row = &helper_rows[i];

	json_key(json, "arguments");
	json_array_begin(json);
	for (int a = 0; a < 5 && row->args[a] != ARG_NONE; a++)
		json_string(json, row->args_text[a]);
	json_array_end(json);
	json_key(json, "returns");
	json_string(json, row->ret_text);
	json_key(json, "gpl");
	json_bool(json, row->flags & HELPER_GPL);
	json_progs(json, row->progs);
}

static size_t ability_count(void)
{
	return feature_rows_cnt;
}

static struct entry ability_entry(size_t i)
{
	const struct feature_row *row = &feature_rows[i];

	return (struct entry){ row->name, row->doc, -1, 0, row->have };
}

static const struct kind kinds[] = {
	{ "insn", "instructions", insn_count, insn_entry, NULL, NULL },
	{ "prog", "program types", prog_count, prog_entry, prog_detail,
	  prog_json },
	{ "attach", "attach types", attach_count, attach_entry, attach_detail,
	  attach_json },
	{ "map", "map types", map_count, map_entry, map_detail, map_json },
	{ "helper", "helpers", helper_count, helper_entry, helper_detail,
	  helper_json },
	{ "ability", "abilities", ability_count, ability_entry, NULL, NULL },
};

/* ---- tables ---- */

static const char *release(uint32_t since, char buf[16])
{
	if (!since)
		return "-";
	snprintf(buf, 16, "%u.%u", since >> 8, since & 0xff);
	return buf;
}

static size_t have_count(const struct kind *kind)
{
	size_t cnt = 0;

	for (size_t i = 0; i < kind->count(); i++)
		cnt += kind->entry(i).have;
	return cnt;
}

static void print_summary(struct strbuf *out)
{
	strbuf_printf(out, "%-8s %5s %5s\n", "kind", "skep", "of");
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		strbuf_printf(out, "%-8s %5zu %5zu  %s\n", kinds[k].name,
			      have_count(&kinds[k]), kinds[k].count(),
			      kinds[k].title);
}

static int name_width(const struct kind *kind)
{
	size_t width = 4;

	for (size_t i = 0; i < kind->count(); i++)
		width = MAX(width, strlen(kind->entry(i).name));
	return (int)width;
}

static void print_table(struct strbuf *out, const struct kind *kind)
{
	int width = name_width(kind);
	char buf[16];

	strbuf_printf(out, "%-*s  kernel  skep  \n", width, kind->name);
	for (size_t i = 0; i < kind->count(); i++) {
		struct entry entry = kind->entry(i);

		strbuf_printf(out, "%-*s  %-6s  %-4s  %s\n", width, entry.name,
			      release(entry.since, buf),
			      entry.have ? "yes" : "no", entry.doc);
	}
	strbuf_printf(out, "%zu of %zu %s\n", have_count(kind), kind->count(),
		      kind->title);
}

static void print_row(struct strbuf *out, const struct kind *kind, size_t i)
{
	struct entry entry = kind->entry(i);
	char buf[16];

	strbuf_printf(out, "%s %s: %s\n", kind->name, entry.name, entry.doc);
	if (entry.id >= 0)
		strbuf_printf(out, "number    %lld\n", (long long)entry.id);
	if (entry.since)
		strbuf_printf(out, "kernel    %s\n",
			      release(entry.since, buf));
	strbuf_printf(out, "skep      %s\n", entry.have ? "yes" : "no");
	if (kind->detail)
		kind->detail(out, i);
}

/* ---- JSON ---- */

static void json_row(struct json *json, const struct kind *kind, size_t i)
{
	struct entry entry = kind->entry(i);
	char buf[16];

	json_object_begin(json);
	if (entry.id >= 0) {
		json_key(json, "id");
		json_s64(json, entry.id);
	}
	json_key(json, "name");
	json_string(json, entry.name);
	json_key(json, "kernel");
	if (entry.since)
		json_string(json, release(entry.since, buf));
	else
		json_null(json);
	json_key(json, "skep");
	json_bool(json, entry.have);
	json_key(json, "doc");
	json_string(json, entry.doc);
	if (kind->detail_json)
		kind->detail_json(json, i);
	json_object_end(json);
}

/* ---- the command ---- */

struct query {
	const struct kind *kind;	/* NULL: all kinds */
	const char *name;		/* NULL: all rows */
	bool tables, json;
};

static bool kind_wanted(const struct query *query, const struct kind *kind)
{
	return !query->kind || query->kind == kind;
}

/* Names are the same in any case: ADD64_IMM, add64_imm. */
static bool row_wanted(const struct query *query, const char *name)
{
	return !query->name || strcasecmp(query->name, name) == 0;
}

static size_t json_kind(struct json *json, const struct query *query,
			const struct kind *kind)
{
	size_t shown = 0;

	json_key(json, kind->name);
	json_array_begin(json);
	for (size_t i = 0; i < kind->count(); i++) {
		if (!row_wanted(query, kind->entry(i).name))
			continue;
		json_row(json, kind, i);
		shown++;
	}
	json_array_end(json);
	return shown;
}

static size_t print_json(struct strbuf *out, const struct query *query)
{
	struct json json;
	size_t shown = 0;

	json_init(&json, out, false);
	json_object_begin(&json);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		if (kind_wanted(query, &kinds[k]))
			shown += json_kind(&json, query, &kinds[k]);
	json_key(&json, "summary");
	json_object_begin(&json);
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		json_key(&json, kinds[k].name);
		json_object_begin(&json);
		json_key(&json, "skep");
		json_u64(&json, have_count(&kinds[k]));
		json_key(&json, "of");
		json_u64(&json, kinds[k].count());
		json_object_end(&json);
	}
	json_object_end(&json);
	json_object_end(&json);
	json_fini(&json);
	strbuf_putc(out, '\n');
	return shown;
}

static size_t print_rows(struct strbuf *out, const struct query *query)
{
	size_t shown = 0;

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (!kind_wanted(query, &kinds[k]))
			continue;
		for (size_t i = 0; i < kinds[k].count(); i++) {
			if (!row_wanted(query, kinds[k].entry(i).name))
				continue;
			if (shown++)
				strbuf_putc(out, '\n');
			print_row(out, &kinds[k], i);
		}
	}
	return shown;
}

static size_t print_tables(struct strbuf *out, const struct query *query)
{
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		if (!kind_wanted(query, &kinds[k]))
			continue;
		if (out->len)
			strbuf_putc(out, '\n');
		print_table(out, &kinds[k]);
	}
	return 1;
}

static const struct kind *kind_by_name(const char *name)
{
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		if (str_eq(kinds[k].name, name))
			return &kinds[k];
	return NULL;
}

/* One more word of the command line; false when there are too many. */
static bool add_word(struct query *query, const char *word)
{
	if (query->name)
		return false;
	if (!query->tables) {
		query->tables = true;
		query->kind = kind_by_name(word);
		if (query->kind || str_eq(word, "all"))
			return true;
	}
	/* bpftool and programs write helpers with their prefix */
	query->name = str_starts(word, "bpf_") ? word + 4 : word;
	return true;
}

static int print(const struct query *query)
{
	struct strbuf out = STRBUF_INIT;
	size_t shown = 1;
	int status;

	if (query->json)
		shown = print_json(&out, query);
	else if (query->name)
		shown = print_rows(&out, query);
	else if (query->tables)
		shown = print_tables(&out, query);
	else
		print_summary(&out);
	if (!shown)
		status = cli_usage("feature", "nothing is called '%s'",
				   query->name);
	else
		status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}

int cmd_feature(int argc, char **argv)
{
	struct query query = { 0 };
	struct cli_args args;
	int id;

	cli_args_init(&args, argc, argv);
	while ((id = cli_option(&args)) > 0)
		query.json = true;
	if (id < 0)
		return EXIT_USAGE;
	for (int i = 0; i < args.words_cnt; i++)
		if (!add_word(&query, args.words[i]))
			return cli_usage(argv[0], "takes a kind and a name");
	return print(&query);
}
