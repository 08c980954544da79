/* SPDX-License-Identifier: Apache-2.0 */
/* Many programs of many SEC() texts, several to a section. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define PROG(sec, name) SEC(sec) int name(void *ctx) { return 0; }

PROG("socket", socket_one)
PROG("socket", socket_two)
PROG("tc", tc_old)
PROG("classifier", cls)
PROG("action", act)
PROG("xdp/devmap", xdp_devmap)
PROG("xdp.frags", xdp_frags)
PROG("xdp", xdp_plain)
PROG("tracepoint/syscalls/sys_enter_openat", tracepoint_open)
PROG("raw_tp/sched_switch", raw)
PROG("kprobe/do_nanosleep", kprobe_one)
PROG("uprobe", uprobe_one)
PROG("perf_event", perf)
PROG("cgroup_skb/egress", cg_egress)
PROG("cgroup/skb", cg_skb)
PROG("cgroup/sock_create", cg_sock)
PROG("cgroup/connect4", cg_connect)
PROG("cgroup/getsockopt", cg_getsockopt)
PROG("cgroup/sysctl", cg_sysctl)
PROG("cgroup/dev", cg_dev)
PROG("sockops", sock_ops)
PROG("sk_skb/stream_parser", parser)
PROG("sk_skb", skb_verdict)
PROG("sk_msg", msg)
PROG("lwt_in", lwt)
PROG("flow_dissector", flow)
PROG("sk_lookup", lookup_one)
PROG("sk_reuseport", reuseport)
PROG("syscall", sys)
PROG("?xdp", optional)

char _license[] SEC("license") = "GPL";
