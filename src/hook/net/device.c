/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network interface through a packet socket. While the port is open the
 * host's stack gets nothing from the interface but what is passed (host.h).
 *
 * Order of opening: the gate shuts before the socket listens, so that no
 * frame is seen both by the host and by skep. What arrives between the two
 * is lost, as on an interface that comes up.
 *
 * Checksums that the sender left to the device (local traffic over veth) are
 * filled in on receipt, so programs see what a wire would carry. Frames of
 * segmentation offload stay whole and keep their offload state.
 *
 * A watch port (for socket filters) is the socket alone: the host's path
 * stays open and nothing is sent.
 */
#include "hook/net/port.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "hook/net/host.h"
#include "hook/net/offload.h"
#include "hook/net/vlan.h"
#include "spec/diags.h"

#define BATCH		32u
#define FRAME_CAP	(65536u + 256u)
#define RECEIVE_BUFFER	(32 << 20)

struct device {
	int sock;
	struct host host;
	uint8_t *frames;	/* BATCH * FRAME_CAP */
	uint8_t *tagged;	/* FRAME_CAP: a frame with its tag */
};

static int refuse(struct port *port, struct diag_sink *sink, const char *what)
{
	struct diag_where where = { .file = port->name, .insn = -1 };
	int err = errno;

	if (err == EPERM || err == EACCES)
		return diag_report(sink, DIAG_PORT_PRIVILEGE, &where, "%s: %s",
				   what, strerror(err));
	return diag_report(sink, DIAG_PORT_DEVICE, &where, "%s: %s", what,
			   strerror(err));
}

/* Frames that skep passed come by again with its mark: not a second time. */
static int ignore_marked(int sock, uint32_t mark)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mark, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
	};
	struct sock_fprog filter = { ARRAY_SIZE(insns), insns };

	return setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
			  sizeof(filter));
}

static int set_options(struct device *dev)
{
	int one = 1, size = RECEIVE_BUFFER;

	if (setsockopt(dev->sock, SOL_PACKET, PACKET_VNET_HDR, &one,
		       sizeof(one)) ||
	    setsockopt(dev->sock, SOL_PACKET, PACKET_AUXDATA, &one,
		       sizeof(one)) ||
	    setsockopt(dev->sock, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)))
		return -1;
	setsockopt(dev->sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (!dev->host.mark)
		return 0;
	return ignore_marked(dev->sock, dev->host.mark);
}

static int listen_on(struct port *port, struct device *dev,
		     struct diag_sink *sink)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htobe16(ETH_P_ALL),
		.sll_ifindex = (int)port->ifindex,
	};
	socklen_t len = sizeof(errno);
	int err;

	if (bind(dev->sock, (struct sockaddr *)&addr, sizeof(addr)))
		return refuse(port, sink, "cannot listen");
	if (getsockopt(dev->sock, SOL_SOCKET, SO_ERROR, &err, &len) == 0 &&
	    err) {
		errno = err;
		return refuse(port, sink, "cannot listen");
	}
	return 0;
}

static bool takes_over(const struct port *port)
{
	return port->ops == &device_ops;
}

static int set_up(struct port *port, struct device *dev,
		  struct diag_sink *sink)
{
	int err = 0;

	dev->frames = malloc((size_t)BATCH * FRAME_CAP);
	dev->tagged = malloc(FRAME_CAP);
	if (!dev->frames || !dev->tagged)
		return diag_report(sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "no memory for port %s", port->name);
	dev->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			   0);
	if (dev->sock < 0)
		return refuse(port, sink, "no packet socket");
	if (takes_over(port))
		err = host_open(&dev->host, port->name, port->ifindex, sink);
	if (err)
		return err;
	if (set_options(dev))
		return refuse(port, sink, "packet socket options");
	if (takes_over(port))
		err = host_shut(&dev->host, port->name, port->ifindex, sink);
	return err ?: listen_on(port, dev, sink);
}

static void free_device(struct device *dev)
{
	if (dev->sock >= 0)
		close(dev->sock);
	host_close(&dev->host);
	free(dev->frames);
	free(dev->tagged);
	free(dev);
}

static int device_open(struct port *port, struct diag_sink *sink)
{
	struct device *dev;
	int err;

	port->ifindex = if_nametoindex(port->name);
	if (!port->ifindex)
		return refuse(port, sink, "no such interface");
	dev = calloc(1, sizeof(*dev));
	if (!dev)
		return diag_report(sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				   "no memory for port %s", port->name);
	dev->sock = -1;
	dev->host = (struct host)HOST_CLOSED;
	err = set_up(port, dev, sink);
	if (err) {
		free_device(dev);
		return err;
	}
	port->priv = dev;
	port->poll_fd = dev->sock;
	return 0;
}

union control {
	char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct cmsghdr align;
};

static void read_tag(struct msghdr *msg, struct frame *frame)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_PACKET ||
		    cmsg->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(cmsg), sizeof(aux));
		frame->wire_len = MAX(aux.tp_len, frame->len);
		frame->vlan_present = aux.tp_status & TP_STATUS_VLAN_VALID;
		frame->vlan_tci = aux.tp_vlan_tci;
		frame->vlan_proto = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ?
				    aux.tp_vlan_tpid : ETH_P_8021Q;
	}
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/*
 * 0 when the interface is only down for a while, else -ENODATA. An interface
 * that is removed goes down first, and the socket tells of that alone.
 */
static int receive_error(struct port *port, struct diag_sink *sink)
{
	bool silent = errno == EAGAIN || errno == EINTR;
	char name[IF_NAMESIZE];

	if (silent && !port->down)
		return 0;
	if (silent || errno == ENETDOWN) {
		port->down = true;
		if (if_indextoname(port->ifindex, name))
			return 0;
	}
	refuse(port, sink, "no more packets");
	return -ENODATA;
}

static int device_receive(struct port *port, struct frame *frames,
			  unsigned int cnt, struct diag_sink *sink)
{
	struct device *dev = port->priv;
	struct mmsghdr msgs[BATCH] = { 0 };
	union control control[BATCH];
	struct sockaddr_ll from[BATCH];
	struct iovec iov[BATCH][2];
	uint64_t tstamp;
	int got;

	cnt = MIN(cnt, BATCH);
	for (unsigned int i = 0; i < cnt; i++) {
		memset(&frames[i], 0, sizeof(frames[i]));
		frames[i].data = dev->frames + (size_t)i * FRAME_CAP;
		iov[i][0] = (struct iovec){ &frames[i].offload,
					    sizeof(frames[i].offload) };
		iov[i][1] = (struct iovec){ (void *)frames[i].data,
					    FRAME_CAP };
		msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i], .msg_namelen = sizeof(from[i]),
			.msg_iov = iov[i], .msg_iovlen = 2,
			.msg_control = &control[i],
			.msg_controllen = sizeof(control[i]),
		};
	}
	got = recvmmsg(dev->sock, msgs, cnt, MSG_DONTWAIT, NULL);
	if (got < 0)
		return receive_error(port, sink);
	port->down = false;
	tstamp = now();
	for (int i = 0; i < got; i++) {
		frames[i].len = msgs[i].msg_len -
				(uint32_t)sizeof(frames[i].offload);
		frames[i].wire_len = frames[i].len;
		frames[i].tstamp = tstamp;
		frames[i].pkt_type = from[i].sll_pkttype;
		read_tag(&msgs[i].msg_hdr, &frames[i]);
		offload_fill_checksum((uint8_t *)frames[i].data, frames[i].len,
				      &frames[i].offload);
	}
	return got;
}

/*
 * Both ways out take header and frame as one write. Offload state that the
 * kernel refuses (the program changed the frame) is left out at a second try.
 */
static int emit(struct port *port, const struct frame *frame,
		int (*out)(struct device *, const struct iovec *, int))
{
	struct device *dev = port->priv;
	struct virtio_net_hdr offload = frame->offload;
	const uint8_t *data = frame->data;
	uint32_t len = frame->len;
	struct iovec iov[2];
	int err;

	if (frame->vlan_present) {
		len = vlan_insert(dev->tagged, FRAME_CAP, frame, &data);
		offload_shift(&offload, (int32_t)(len - frame->len), len);
	}
	iov[0] = (struct iovec){ &offload, sizeof(offload) };
	iov[1] = (struct iovec){ (void *)data, len };
	err = out(dev, iov, 2);
	if (err != -EINVAL || !offload.flags)
		return err;
	memset(&offload, 0, sizeof(offload));
	return out(dev, iov, 2);
}

static int to_wire(struct device *dev, const struct iovec *iov, int cnt)
{
	return writev(dev->sock, iov, cnt) < 0 ? -errno : 0;
}

static int to_host(struct device *dev, const struct iovec *iov, int cnt)
{
	return host_pass(&dev->host, iov, cnt);
}

static int device_send(struct port *port, const struct frame *frame)
{
	return emit(port, frame, to_wire);
}

static int device_pass(struct port *port, const struct frame *frame)
{
	return emit(port, frame, to_host);
}

static void device_quiesce(struct port *port)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = { 1, &nothing };
	struct device *dev = port->priv;

	setsockopt(dev->sock, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
		   sizeof(filter));
}

/* Reading the socket's counters sets them back. */
static void device_stats(struct port *port)
{
	struct device *dev = port->priv;
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	if (!getsockopt(dev->sock, SOL_PACKET, PACKET_STATISTICS, &stats,
			&len))
		port->stats.lost += stats.tp_drops;
}

static void device_close(struct port *port)
{
	free_device(port->priv);
}

const struct port_ops device_ops = {
	.name		= "device",
	.open		= device_open,
	.receive	= device_receive,
	.send		= device_send,
	.pass		= device_pass,
	.quiesce	= device_quiesce,
	.update_stats	= device_stats,
	.close		= device_close,
};

const struct port_ops watch_ops = {
	.name		= "watch",
	.open		= device_open,
	.receive	= device_receive,
	.quiesce	= device_quiesce,
	.update_stats	= device_stats,
	.close		= device_close,
};
