/* SPDX-License-Identifier: Apache-2.0 */
/* skep explain: the page of a diagnostic's row. */
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "spec/diags.h"

static void row_json(struct strbuf *out, const struct diag_row *row)
{
	const char *const fields[][2] = {
		{ "id", row->id }, { "title", row->title },
		{ "page", row->page },
	};
	struct json json;

	json_init(&json, out, true);
	json_object_begin(&json);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		json_key(&json, fields[i][0]);
		json_string(&json, fields[i][1]);
	}
	json_object_end(&json);
	json_fini(&json);
}

static int explain(const struct diag_row *row, bool json)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	if (json)
		row_json(&out, row);
	else
		strbuf_printf(&out, "%s: %s\n\n%s\n", row->id, row->title,
			      row->page);
	status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}

int cmd_explain(int argc, char **argv)
{
	const struct diag_row *row;
	struct cli_args args;
	bool json = false;
	int id;

	cli_args_init(&args, argc, argv);
	while ((id = cli_option(&args)) > 0)
		json = true;
	if (id < 0)
		return EXIT_USAGE;
	if (args.words_cnt != 1)
		return cli_usage(argv[0], "takes one ID: what stands in [] "
				 "after a message, such as file-open");
	row = diag_by_id(args.words[0]);
	if (!row)
		return cli_usage(argv[0], "no diagnostic '%s'",
				 args.words[0]);
	return explain(row, json);
}
