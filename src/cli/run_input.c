/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The capture that is read, and the signals that end a run. SIGINT, SIGTERM
 * and SIGHUP are blocked and become readable in dp.stop_fd; reading from a
 * pipe waits for both, so that a silent pipe can be left too.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "spec/diags.h"

int run_catch_signals(struct run_command *cmd)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	cmd->dp.stop_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return cmd->dp.stop_fd < 0 ? -errno : 0;
}

bool run_stopped(const struct run_command *cmd)
{
	struct pollfd fd = { .fd = cmd->dp.stop_fd, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

struct pipe_input {
	int fd, stop_fd;
};

/* read(2), or the end when it is time to stop. */
static ssize_t pipe_read(void *arg, char *buf, size_t size)
{
	const struct pipe_input *in = arg;
	struct pollfd fds[] = {
		{ .fd = in->fd, .events = POLLIN },
		{ .fd = in->stop_fd, .events = POLLIN },
	};

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		if (errno != EINTR)
			return -1;
	return fds[1].revents ? 0 : read(in->fd, buf, size);
}

static int pipe_close(void *arg)
{
	struct pipe_input *in = arg;

	close(in->fd);
	free(in);
	return 0;
}

static FILE *pipe_stream(int fd, int stop_fd)
{
	const cookie_io_functions_t io = {
		.read = pipe_read, .close = pipe_close,
	};
	struct pipe_input *in = malloc(sizeof(*in));
	FILE *file = NULL;

	if (in) {
		*in = (struct pipe_input){ fd, stop_fd };
		file = fopencookie(in, "r", io);
	}
	if (!file)
		free(in);
	return file;
}

/* Before the signals are blocked: a FIFO without a writer waits here. */
int run_open_input(struct run_command *cmd, int *fd)
{
	const char *path = cmd->opts.in;
	struct diag_where where = { .file = path, .insn = -1 };

	*fd = str_eq(path, "-") ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) :
				  open(path, O_RDONLY | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	return diag_report(&cmd->sink, DIAG_FILE_OPEN, &where,
			   "cannot be read: %s", strerror(errno));
}

int run_open_capture(struct run_command *cmd, int fd)
{
	struct stat st;
	FILE *file;
	int err;

	file = fstat(fd, &st) || !S_ISREG(st.st_mode) ?
	       pipe_stream(fd, cmd->dp.stop_fd) : fdopen(fd, "r");
	if (!file) {
		close(fd);
		return diag_report(&cmd->sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "no memory to read a capture");
	}
	err = port_open_stream(&cmd->ports[0], file, cmd->opts.in,
			       &cmd->sink);
	if (!err)
		cmd->ports_cnt = 1;
	return err;
}
