/* SPDX-License-Identifier: Apache-2.0 */
/* skep explain: the page of a diagnostic's row. */
#include "base/str.h"
#include "cli/cli.h"
#include "spec/diags.h"

int cmd_explain(int argc, char **argv)
{
	struct strbuf out = STRBUF_INIT;
	const struct diag_row *row;
	int status;

	if (argc != 2)
		return cli_usage(argv[0], "takes one ID, as in [elf-magic]");
	row = diag_by_id(argv[1]);
	if (!row)
		return cli_usage(argv[0], "no diagnostic '%s'", argv[1]);
	strbuf_printf(&out, "%s: %s\n\n%s\n", row->id, row->title, row->page);
	status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}
