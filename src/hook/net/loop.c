/* SPDX-License-Identifier: Apache-2.0 */
/* The loops over a capture and over devices, and their ends. */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "base/vec.h"
#include "hook/net/forward.h"

#define BATCH		32u
#define BETWEEN_MS	100	/* at most from one between() to the next */
#define STOP_EVERY	64u	/* packets of a capture between two looks */
#define DRAIN_MAX	65536u	/* frames that a stopped port still has */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static unsigned int room(const struct datapath *dp)
{
	uint64_t left = dp->limit - dp->counts.packets;

	return dp->limit && left < BATCH ? (unsigned int)left : BATCH;
}

static void between(struct datapath *dp)
{
	vm_slot_quiet(dp->slot);
	if (dp->between)
		dp->between(dp->between_arg);
}

/* A batch from one port; what port_receive returned. */
static int take_batch(struct datapath *dp, struct port *port)
{
	struct frame frames[BATCH];
	int got = port_receive(port, frames, room(dp), dp->sink);

	for (int i = 0; i < got; i++)
		datapath_frame(dp, port, &frames[i]);
	return got;
}

static bool told_to_stop(const struct datapath *dp)
{
	struct pollfd fd = { .fd = dp->stop_fd, .events = POLLIN };

	return dp->counts.packets % STOP_EVERY == 0 && poll(&fd, 1, 0) > 0;
}

int datapath_run_capture(struct datapath *dp)
{
	int got = 1;

	while (got > 0 && room(dp) && !told_to_stop(dp)) {
		got = take_batch(dp, dp->ports[0]);
		between(dp);
	}
	return got < 0 && got != -ENODATA ? got : 0;
}

/* Hands the rest back as it is: the program has had its `limit`. */
static void pass_rest(struct datapath *dp, struct port *port)
{
	struct frame frames[BATCH];
	int got = 1;

	for (unsigned int all = 0; got > 0 && all < DRAIN_MAX; all += BATCH) {
		got = port_receive(port, frames, BATCH, dp->sink);
		for (int i = 0; i < got; i++)
			port_pass(port, &frames[i]);
	}
}

static void drain(struct datapath *dp)
{
	for (uint32_t i = 0; i < dp->ports_cnt; i++)
		port_quiesce(dp->ports[i]);
	for (uint32_t i = 0; i < dp->ports_cnt; i++) {
		struct port *port = dp->ports[i];

		for (unsigned int all = 0; all < DRAIN_MAX && room(dp);
		     all += BATCH)
			if (take_batch(dp, port) <= 0)
				break;
		if (!room(dp))
			pass_rest(dp, port);
	}
}

/* Milliseconds to wait at most; 0 when the time is up. */
static int patience(uint64_t end)
{
	uint64_t now = now_ns();

	if (!end)
		return BETWEEN_MS;
	if (now >= end)
		return 0;
	return (int)MIN((end - now) / 1000000 + 1, (uint64_t)BETWEEN_MS);
}

/* True when some port had its last frame: the interface is gone. */
static bool serve(struct datapath *dp, const struct pollfd *fds)
{
	bool gone = false;

	for (uint32_t i = 0; i < dp->ports_cnt && room(dp); i++)
		if (fds[i].revents || dp->ports[i]->down)
			gone |= take_batch(dp, dp->ports[i]) < 0;
	return gone;
}

int datapath_run_live(struct datapath *dp)
{
	uint64_t end = dp->duration_ns ? now_ns() + dp->duration_ns : 0;
	VEC(struct pollfd) fds = { 0 };
	struct pollfd *fd;
	int err = 0, wait;

	for (uint32_t i = 0; i <= dp->ports_cnt; i++) {
		fd = vec_push(&fds);
		if (!fd) {
			vec_free(&fds);
			return -ENOMEM;
		}
		fd->events = POLLIN;
		fd->fd = i < dp->ports_cnt ? dp->ports[i]->poll_fd :
					     dp->stop_fd;
	}
	while (room(dp) && (wait = patience(end)) > 0) {
		if (poll(fds.data, fds.len, wait) < 0 && errno != EINTR) {
			err = -errno;
			break;
		}
		if (fds.data[dp->ports_cnt].revents)
			break;
		if (serve(dp, fds.data)) {
			err = -ENODEV;
			break;
		}
		between(dp);
	}
	drain(dp);
	between(dp);
	vec_free(&fds);
	return err;
}
