/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep btf: bpftool's noun, on files. The word "file" that bpftool wants
 * before the path may be left out.
 */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "btf/btf.h"
#include "btf/dump.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "spec/diags.h"

enum format { FORMAT_RAW, FORMAT_C, FORMAT_JSON };

static const char *const format_names[] = { "raw", "c", "json" };

struct options {
	const char *file, *base;
	enum format format;
	bool json, pretty;
	VEC(uint32_t) ids;
};

static int parse_format(struct options *opts, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(format_names); i++)
		if (str_eq(format_names[i], text)) {
			opts->format = (enum format)i;
			return 0;
		}
	return cli_usage("btf", "no format '%s': raw, c or json", text);
}

static int parse_id(struct options *opts, const char *text)
{
	uint64_t id;
	uint32_t *slot;

	if (str_to_u64(text, &id) || !id || id > UINT32_MAX)
		return cli_usage("btf", "'%s' is no type id", text);
	slot = vec_push(&opts->ids);
	if (!slot)
		return cli_status(diag_report(NULL, DIAG_NO_MEMORY, NULL, " "));
	*slot = (uint32_t)id;
	return 0;
}

static void set_option(struct options *opts, int id, const char *value)
{
	if (id == OPT_BTF_BASE)
		opts->base = value;
	else
		opts->json = true;
	opts->pretty |= id == OPT_BTF_PRETTY;
}

static int take_pair(struct options *opts, const char *word,
		     const char *value)
{
	if (!value)
		return cli_usage("btf", "'%s' wants a value", word);
	return str_eq(word, "format") ? parse_format(opts, value) :
					parse_id(opts, value);
}

/* dump [file] FILE [format NAME] [id N]... in any order after the verb. */
static int take_words(struct options *opts, char **words, int cnt)
{
	int status = 0;

	for (int i = 1; i < cnt && !status; i++) {
		const char *word = words[i];

		if (str_eq(word, "file") && !opts->file && i + 1 < cnt)
			opts->file = words[++i];
		else if (str_eq(word, "format") || str_eq(word, "id"))
			status = take_pair(opts, word, words[++i]);
		else if (opts->file)
			status = cli_usage("btf", "what is '%s'?", word);
		else
			opts->file = word;
	}
	return status;
}

static int parse(struct options *opts, int argc, char **argv)
{
	struct cli_args args;
	int id, status;

	cli_args_init(&args, argc, argv);
	while ((id = cli_option(&args)) > 0)
		set_option(opts, id, args.value);
	if (id < 0)
		return EXIT_USAGE;
	if (!args.words_cnt || !str_eq(args.words[0], "dump"))
		return cli_usage("btf", "the verb is 'dump'");
	status = take_words(opts, args.words, args.words_cnt);
	if (status)
		return status;
	if (!opts->file)
		return cli_usage("btf", "dump what file?");
	if (opts->json && opts->format == FORMAT_C)
		return cli_usage("btf", "C has no JSON form");
	if (opts->json)
		opts->format = FORMAT_JSON;
	return 0;
}

static int print(const struct options *opts, const struct btf *btf,
		 struct diag_sink *sink)
{
	struct btf_id_list list = { opts->ids.data, opts->ids.len };
	const struct btf_id_list *ids = list.cnt ? &list : NULL;
	struct diag_where where = { .file = opts->file, .insn = -1 };
	struct strbuf out = STRBUF_INIT;
	int err = 0, status;

	if (opts->format == FORMAT_C)
		err = btf_dump_c(&out, btf, ids);
	else if (opts->format == FORMAT_JSON)
		btf_dump_json(&out, btf, ids, opts->pretty);
	else
		btf_dump_raw(&out, btf, ids);
	if (err)
		status = cli_status(diag_report(sink, DIAG_BTF_DUMP, &where,
				    "cannot be written as C: %s",
				    err == -E2BIG ? "too long or too deep"
						  : strerror(-err)));
	else
		status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}

static int open_both(const struct options *opts, struct btf **out,
		     struct diag_sink *sink)
{
	struct btf *base = NULL;
	int err = 0;

	if (opts->base)
		err = btf_open(&base, opts->base, sink);
	if (!err)
		err = btf_open_split(out, base, opts->file, sink);
	btf_put(base);
	return err;
}

static int dump(const struct options *opts)
{
	bool json = opts->format == FORMAT_JSON;
	struct diag_sink sink = cli_sink(json);
	struct btf *btf;
	int status, err = open_both(opts, &btf, &sink);

	if (err)
		return cli_status(err);
	for (size_t i = 0; i < opts->ids.len; i++)
		if (opts->ids.data[i] >= btf_type_cnt(btf)) {
			status = cli_usage("btf", "no type %u: ids end at %u",
					   opts->ids.data[i],
					   btf_type_cnt(btf) - 1);
			goto out;
		}
	status = print(opts, btf, &sink);
out:
	btf_put(btf);
	return status;
}

int cmd_btf(int argc, char **argv)
{
	struct options opts = { 0 };
	int status = parse(&opts, argc, argv);

	if (!status)
		status = dump(&opts);
	vec_free(&opts.ids);
	return status;
}
