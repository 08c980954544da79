/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output: text on stdout, and files that are there whole or not at all. What
 * a file is written beside has its name and this process's number. Devices,
 * pipes and sockets cannot be replaced, so they are written into.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/cli.h"
#include "spec/diags.h"

int cli_print(const struct strbuf *text)
{
	size_t len = text->len;

	if (text->oom)
		errno = ENOMEM;
	else if (fwrite(strbuf_str(text), 1, len, stdout) == len &&
		 fflush(stdout) == 0)
		return EXIT_DONE;
	perror("skep: cannot write output");
	return EXIT_CANNOT;
}

static int write_into(int fd, const struct strbuf *data)
{
	int err;

	if (fd < 0)
		return -errno;
	err = strbuf_write(data, fd);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/* `mode` is that of the file that goes away; 0: there is none. */
static int replace(const char *path, mode_t mode, const struct strbuf *data)
{
	struct strbuf beside = STRBUF_INIT;
	const char *name;
	int fd, err;

	strbuf_printf(&beside, "%s.%d", path, (int)getpid());
	name = strbuf_str(&beside);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	err = beside.oom ? -ENOMEM : fd < 0 ? -errno : 0;
	if (!err && mode && fchmod(fd, mode & 07777))
		err = -errno;
	if (!err)
		err = write_into(fd, data);
	if (!err && rename(name, path))
		err = -errno;
	if (err && fd >= 0)
		unlink(name);
	strbuf_fini(&beside);
	return err;
}

static int write_path(const char *path, const struct strbuf *data)
{
	struct stat st;
	char *target;
	int err;

	if (stat(path, &st))
		return errno == ENOENT ? replace(path, 0, data) : -errno;
	if (!S_ISREG(st.st_mode))
		return write_into(open(path, O_WRONLY | O_CLOEXEC), data);
	if (access(path, W_OK))
		return -errno;
	/* a link stays a link */
	target = realpath(path, NULL);
	err = target ? replace(target, st.st_mode, data) : -errno;
	free(target);
	return err;
}

int cli_write_file(const char *path, const struct strbuf *data,
		   struct diag_sink *sink)
{
	struct diag_where where = { .file = path, .insn = -1 };
	int err;

	if (str_eq(path, "-"))
		return cli_print(data);
	err = data->oom ? -ENOMEM : write_path(path, data);
	if (!err)
		return EXIT_DONE;
	diag_report(sink, DIAG_FILE_WRITE, &where, "cannot be written: %s",
		    strerror(-err));
	return err == -EACCES ? EXIT_CANNOT : cli_status(err);
}
