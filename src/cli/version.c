/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "cli/cli.h"

int cmd_version(int argc, char **argv)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	if (argc > 1)
		return cli_usage(argv[0], "takes no argument");
	strbuf_printf(&out, "skep %s\n", SKEP_VERSION);
	strbuf_printf(&out, "compiler  %s\n", __VERSION__);
	status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}
