/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"

#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "spec/diags.h"

int cli_read_file(const char *path, struct strbuf *out,
		  struct diag_sink *sink)
{
	FILE *file = str_eq(path, "-") ? stdin : fopen(path, "re");
	char piece[16384];
	size_t len;
	int err = 0;

	if (file)
		while ((len = fread(piece, 1, sizeof(piece), file)))
			strbuf_add(out, piece, len);
	if (!file || ferror(file))
		err = diag_report(sink, DIAG_FILE_OPEN, NULL, "%s: %s", path,
				  strerror(errno));
	else if (out->oom)
		err = diag_report(sink, DIAG_NO_MEMORY, NULL, "%s", path);
	if (file && file != stdin)
		fclose(file);
	return err;
}
