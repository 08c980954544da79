/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals while a program runs. The datapath looks for them between frames,
 * which a program without an end never lets it come to; so a thread watches
 * for them as well. It stops the program a second later, and when even that
 * does not help it lets the signal end the process.
 */
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/run.h"

#define STOP_AFTER_MS	1000
#define END_AFTER_MS	5000

static bool done_within(const struct run_watch *watch, int ms)
{
	struct pollfd fd = { .fd = watch->done_fd, .events = POLLIN };

	return poll(&fd, 1, ms) > 0;
}

static void *watch_signals(void *arg)
{
	const struct run_watch *watch = arg;
	struct pollfd fds[] = {
		{ .fd = watch->dp->stop_fd, .events = POLLIN },
		{ .fd = watch->done_fd, .events = POLLIN },
	};
	sigset_t all;

	while (poll(fds, 2, -1) < 0)
		;
	if (done_within(watch, STOP_AFTER_MS))
		return NULL;
	vm_slot_stop(watch->dp->slot);
	if (done_within(watch, END_AFTER_MS))
		return NULL;
	/* what is pending still is delivered, and nobody handles it */
	sigfillset(&all);
	pthread_sigmask(SIG_UNBLOCK, &all, NULL);
	return NULL;
}

void run_watch_begin(struct run_watch *watch, struct datapath *dp)
{
	watch->dp = dp;
	watch->done_fd = eventfd(0, EFD_CLOEXEC);
	if (watch->done_fd < 0 || !pthread_create(&watch->thread, NULL,
						  watch_signals, watch))
		return;
	close(watch->done_fd);
	watch->done_fd = -1;
}

void run_watch_end(struct run_watch *watch)
{
	if (watch->done_fd < 0)
		return;
	eventfd_write(watch->done_fd, 1);
	pthread_join(watch->thread, NULL);
	close(watch->done_fd);
}
