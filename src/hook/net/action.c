/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of actions. tc: what tcx and cls_bpf in direct-action mode make of the
 * codes; one that they do not know goes on to the next program, here to the
 * host. XDP: an unknown code is an exception.
 */
#include "hook/net/action.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "base/str.h"

struct action_row {
	int32_t result;
	enum net_action action;
};

static const struct action_row xdp_actions[] = {
	{ XDP_ABORTED,		NET_EXCEPTION },
	{ XDP_DROP,		NET_DROP },
	{ XDP_PASS,		NET_PASS },
	{ XDP_TX,		NET_SEND },
	{ XDP_REDIRECT,		NET_REDIRECT },
};

static const struct action_row sched_actions[] = {
	{ TC_ACT_SHOT,		NET_DROP },
	{ TC_ACT_STOLEN,	NET_DROP },
	{ TC_ACT_TRAP,		NET_DROP },
	{ TC_ACT_REDIRECT,	NET_REDIRECT },
};

static const struct action_row cgroup_actions[] = {
	{ 0,			NET_DROP },
};

static const struct action_row socket_actions[] = {
	{ 0,			NET_DROP },
};

/* The rows of a program type, and what a result without a row means. */
static const struct type_row {
	enum prog_type type;
	enum net_action other;
	const struct action_row *rows;
	size_t cnt;
} types[] = {
#define TYPE(type, other, rows) \
	{ PROG_TYPE_##type, other, rows, ARRAY_SIZE(rows) }
	TYPE(XDP, NET_EXCEPTION, xdp_actions),
	TYPE(SCHED_CLS, NET_PASS, sched_actions),
	TYPE(SCHED_ACT, NET_PASS, sched_actions),
	TYPE(CGROUP_SKB, NET_PASS, cgroup_actions),
	TYPE(SOCKET_FILTER, NET_COPY, socket_actions),
#undef TYPE
};

bool net_runs(enum prog_type type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i].type == type)
			return true;
	return false;
}

enum net_action net_action(enum prog_type type, uint64_t r0)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].type != type)
			continue;
		for (size_t j = 0; j < types[i].cnt; j++)
			if (types[i].rows[j].result == (int32_t)r0)
				return types[i].rows[j].action;
		return types[i].other;
	}
	return NET_PASS;
}

const char *net_verdict(enum prog_type type, uint64_t r0)
{
	const struct ctx_layout *layout = ctx_layout(type);
	const char *name = NULL;

	if (type == PROG_TYPE_SOCKET_FILTER)
		return (uint32_t)r0 ? "ACCEPT" : "DROP";
	if (layout)
		name = ctx_verdict_name(layout, (int32_t)r0);
	return name ?: VERDICT_UNKNOWN;
}

void verdict_add(struct verdict_counts *counts, const char *name)
{
	for (uint32_t i = 0; i < counts->cnt; i++) {
		if (counts->rows[i].name == name ||
		    str_eq(counts->rows[i].name, name)) {
			counts->rows[i].cnt++;
			return;
		}
	}
	assert(counts->cnt < VERDICTS_MAX);
	counts->rows[counts->cnt++] = (struct verdict_count){ name, 1 };
}

void drop_add(struct drop_counts *counts, const char *reason)
{
	struct drop_count *row = counts->rows;

	for (uint32_t i = 0; i < counts->cnt; i++, row++) {
		if (!str_eq(row->reason, reason))
			continue;
		row->cnt++;
		return;
	}
	if (counts->cnt == DROPS_MAX) {
		counts->rows[DROPS_MAX - 1].cnt++;
		return;
	}
	if (counts->cnt == DROPS_MAX - 1)
		reason = "other reasons";
	str_copy(row->reason, sizeof(row->reason), reason);
	row->cnt = 1;
	counts->cnt++;
}
