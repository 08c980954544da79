/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables behind spec.h: each .def file expanded once. The columns' words
 * get their meaning here; a word that several .def files share means the same
 * in all of them.
 */
#include "spec/spec.h"

#include "base/str.h"

#define V(major, minor)	KERNEL_RELEASE(major, minor)
#define YES		true
#define NO		false

/* PROGS: one program type, and the groups that the kernel has as well. */
#define P(name)		PROG_BIT(name)

#define P_ALL		((PROG_BIT(END) - 1) & ~P(UNSPEC))
#define P_BASE		(P_ALL & ~P(LIRC_MODE2))
#define P_TC		(P(SCHED_CLS) | P(SCHED_ACT))
#define P_LWT		(P(LWT_IN) | P(LWT_OUT) | P(LWT_XMIT) | \
			 P(LWT_SEG6LOCAL))
/* those whose context is a packet with its metadata */
#define P_SKB		(P(SOCKET_FILTER) | P_TC | P(CGROUP_SKB) | P_LWT | \
			 P(SK_SKB) | P(FLOW_DISSECTOR))
/* those whose context leads to a socket */
#define P_NET		(P_SKB | P(XDP) | P(SOCK_OPS) | P(SK_MSG) | \
			 P(CGROUP_SOCK_ADDR) | P(SK_LOOKUP))
/* probes with untyped arguments; programs whose arguments BTF describes */
#define P_PROBE		(P(KPROBE) | P(TRACEPOINT) | P(PERF_EVENT) | \
			 P(RAW_TRACEPOINT) | P(RAW_TRACEPOINT_WRITABLE))
#define P_TYPED		(P(TRACING) | P(LSM) | P(SYSCALL))
#define P_TRACE		(P_PROBE | P_TYPED)
#define P_CGROUP	(P(CGROUP_SOCK) | P(CGROUP_DEVICE) | P(LSM) | \
			 P(CGROUP_SOCK_ADDR) | P(CGROUP_SYSCTL) | \
			 P(CGROUP_SOCKOPT))

/* groups of single helpers */
#define P_OUTPUT	(P_BASE & ~(P(SK_REUSEPORT) | P(FLOW_DISSECTOR) | \
				    P(STRUCT_OPS) | P(NETFILTER)))
#define P_COARSE	(P(CGROUP_SOCK) | P(SK_REUSEPORT) | \
			 P(CGROUP_SYSCTL) | P(STRUCT_OPS))
#define P_LOOKUP	(P_TC | P(XDP) | P(CGROUP_SKB) | P(SK_SKB) | \
			 P(CGROUP_SOCK_ADDR))
#define P_SOCKOPT	(P(SOCK_OPS) | P(CGROUP_SOCK_ADDR) | \
			 P(CGROUP_SOCKOPT) | P(STRUCT_OPS) | P(LSM) | \
			 P(TRACING))
#define P_COOKIE	(P(SOCKET_FILTER) | P_TC | P(CGROUP_SKB) | \
			 P(CGROUP_SOCK) | P(SOCK_OPS) | P(SK_SKB) | \
			 P(CGROUP_SOCK_ADDR) | P(SK_REUSEPORT) | P_TYPED)
#define P_SK_STORAGE	(P_TC | P(CGROUP_SKB) | P(SOCK_OPS) | P(SK_MSG) | \
			 P(CGROUP_SOCK_ADDR) | P(CGROUP_SOCKOPT) | P_TYPED | \
			 P(STRUCT_OPS))
#define P_NETNS		(P(SOCKET_FILTER) | P_TC | P(CGROUP_SKB) | \
			 P(CGROUP_SOCK) | P(SOCK_OPS) | P(SK_MSG) | \
			 P(CGROUP_SOCK_ADDR) | P(CGROUP_SOCKOPT))

const struct prog_row prog_rows[] = {
#define PROG(id, name, text, since, have, test_run, layout, context, doc) \
	{ PROG_TYPE_##name, text, since, have, test_run, context, doc },
#include "spec/progs.def"
#undef PROG
};

/* FLAGS of maps: those of releases.def, and groups of them. */
enum {
#define MAP_FLAG(name, bit, ...) name = 1u << (bit),
#include "spec/releases.def"
	RDWR = RDONLY | WRONLY,
	ACCESS = RDWR | RDONLY_PROG | WRONLY_PROG,
};

#define INDEX		MAP_INDEX
#define PERCPU		MAP_PERCPU
#define NO_KEY		MAP_NO_KEY
#define INNER		MAP_INNER

const struct map_row map_rows[] = {
#define MAP(id, name, text, since, have, traits, flags, doc) \
	{ MAP_TYPE_##name, text, since, have, traits, flags, doc },
#include "spec/maps.def"
#undef MAP
};

const struct attach_row attach_rows[] = {
#define ATTACH(id, name, text, since, have, progs, doc) \
	{ ATTACH_TYPE_##name, text, since, have, progs, doc },
#include "spec/attach.def"
#undef ATTACH
};

#define GPL		HELPER_GPL
#define PURE		HELPER_PURE
#define PKT		HELPER_PKT
#define MOVES		HELPER_MOVES_PACKET
#define ACQUIRES	HELPER_ACQUIRES
#define RELEASES	HELPER_RELEASES
#define SLEEPS		HELPER_SLEEPS
#define CALLBACK	HELPER_CALLBACK
#define FASTCALL	HELPER_FASTCALL
#define PRIV		HELPER_PRIVILEGED
#define ARG__		ARG_NONE

const struct helper_row helper_rows[] = {
#define HELPER(id, name, since, have, doc, flags, progs, ret, \
	       a1, a2, a3, a4, a5) \
	{ HELPER_##name, #name, "bpf_" #name, since, HELPER_HAVE_##have, doc, \
	  flags, progs, RET_##ret, \
	  { ARG_##a1, ARG_##a2, ARG_##a3, ARG_##a4, ARG_##a5 }, \
	  #ret, { #a1, #a2, #a3, #a4, #a5 }, #flags },
#include "spec/helpers.def"
#undef HELPER
};

const struct feature_row feature_rows[] = {
#define FEATURE(name, text, have, doc) { text, have, doc },
#include "spec/features.def"
#undef FEATURE
};

static_assert(ARRAY_SIZE(prog_rows) == PROG_TYPE_END, "a row per number");
static_assert(ARRAY_SIZE(map_rows) == MAP_TYPE_END, "a row per number");
static_assert(ARRAY_SIZE(attach_rows) == ATTACH_TYPE_END, "a row per number");
static_assert(ARRAY_SIZE(helper_rows) == HELPER_END - 1, "a row per number");

#define LOOK_UP(kind, first) \
const size_t kind##_rows_cnt = ARRAY_SIZE(kind##_rows); \
const struct kind##_row *kind##_row(uint32_t id) \
{ \
	if (id - (first) >= kind##_rows_cnt) \
		return NULL; \
	return &kind##_rows[id - (first)]; \
} \
const struct kind##_row *kind##_row_by_name(const char *name) \
{ \
	for (size_t i = 0; i < kind##_rows_cnt; i++) \
		if (str_eq(kind##_rows[i].name, name)) \
			return &kind##_rows[i]; \
	return NULL; \
}

LOOK_UP(prog, 0u)
LOOK_UP(map, 0u)
LOOK_UP(attach, 0u)
LOOK_UP(helper, 1u)

const size_t feature_rows_cnt = ARRAY_SIZE(feature_rows);
