/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every packet through the engine and through its rival: result, packet,
 * metadata and events after each run, and at the end the maps must be equal.
 * The first difference is shown and ends the comparison.
 *
 * Both run on one processor, so that per-CPU values have the same place.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run_rival.h"

#define SHOWN	64	/* bytes of a dump around a difference */

void run_hexdump(struct strbuf *out, const uint8_t *data, size_t len,
		 size_t mark)
{
	size_t from = mark > SHOWN / 2 ? (mark - SHOWN / 2) & ~(size_t)15 : 0;

	for (size_t at = from; at < len && at < from + SHOWN; at += 16) {
		strbuf_printf(out, "  %04zx ", at);
		for (size_t i = at; i < at + 16 && i < len; i++)
			strbuf_printf(out, "%c%02x", i == mark ? '>' : ' ',
				      data[i]);
		strbuf_putc(out, '\n');
	}
}

void run_show(struct run_command *cmd, struct strbuf *text)
{
	cmd->mismatch = true;
	fprintf(stderr, "%s", strbuf_str(text));
	strbuf_fini(text);
}

static void show_verdicts(struct run_command *cmd, uint64_t r0,
			  uint64_t their_r0)
{
	enum prog_type type = cmd->prog->prog->type;
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "packet %llu: %s returned %s (%#llx), %s %s "
		      "(%#llx)\n",
		      (unsigned long long)cmd->dp.counts.packets,
		      cmd->prog->engine->name, net_verdict(type, r0),
		      (unsigned long long)r0, cmd->opts.rival->title,
		      net_verdict(type, their_r0),
		      (unsigned long long)their_r0);
	run_show(cmd, &text);
}

static void say_end(struct strbuf *out, const struct run_fault *fault)
{
	if (!fault) {
		strbuf_puts(out, "returned");
		return;
	}
	strbuf_printf(out, "ended at instruction %u: ", fault->insn);
	run_fault_say(out, fault);
}

static void show_ends(struct run_command *cmd, const struct run_fault *ours,
		      const struct run_fault *theirs)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "packet %llu: %s ",
		      (unsigned long long)cmd->dp.counts.packets,
		      cmd->prog->engine->name);
	say_end(&text, ours);
	strbuf_printf(&text, "\n%s ", cmd->opts.rival->title);
	say_end(&text, theirs);
	strbuf_putc(&text, '\n');
	run_show(cmd, &text);
}

struct bytes {
	const uint8_t *data;
	size_t len;
};

static size_t first_difference(const uint8_t *a, size_t a_len,
			       const uint8_t *b, size_t b_len)
{
	size_t i = 0;

	while (i < a_len && i < b_len && a[i] == b[i])
		i++;
	return i;
}

static void show_bytes(struct run_command *cmd, const char *what,
		       const struct bytes *mine, const struct bytes *theirs)
{
	size_t at = first_difference(mine->data, mine->len, theirs->data,
				     theirs->len);
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "packet %llu: %s differs at byte %zu\n%s, %zu "
		      "bytes:\n", (unsigned long long)cmd->dp.counts.packets,
		      what, at, cmd->prog->engine->name, mine->len);
	run_hexdump(&text, mine->data, mine->len, at);
	strbuf_printf(&text, "%s, %zu bytes:\n", cmd->opts.rival->title,
		      theirs->len);
	run_hexdump(&text, theirs->data, theirs->len, at);
	run_show(cmd, &text);
}

static struct bytes span(const uint8_t *from, const uint8_t *to)
{
	return (struct bytes){ from, (size_t)(to - from) };
}

static void compare_bytes(struct run_command *cmd, const char *what,
			  struct bytes a, struct bytes b)
{
	if (!cmd->mismatch &&
	    (a.len != b.len || memcmp(a.data, b.data, a.len)))
		show_bytes(cmd, what, &a, &b);
}

/* The fields of struct __sk_buff that a test run gives back. */
#define FIELD(name) { #name, offsetof(struct packet, name), \
		      sizeof(((struct packet *)0)->name) }

static const struct {
	const char *name;
	size_t off, size;
} skb_fields[] = {
	FIELD(mark), FIELD(priority), FIELD(tstamp), FIELD(cb),
	FIELD(wire_len), FIELD(gso_segs), FIELD(hwtstamp),
};

static void compare_packets(struct run_command *cmd, const struct packet *a,
			    const struct packet *b)
{
	bool skb = packet_type_is_skb(cmd->prog->prog->type);

	compare_bytes(cmd, "the packet", span(a->data, a->data_end),
		      span(b->data, b->data_end));
	if (!skb)
		compare_bytes(cmd, "the metadata",
			      span(a->data_meta, a->data),
			      span(b->data_meta, b->data));
	for (size_t i = 0; skb && i < ARRAY_SIZE(skb_fields); i++) {
		const uint8_t *x = (const uint8_t *)a + skb_fields[i].off;
		const uint8_t *y = (const uint8_t *)b + skb_fields[i].off;

		compare_bytes(cmd, skb_fields[i].name,
			      span(x, x + skb_fields[i].size),
			      span(y, y + skb_fields[i].size));
	}
}

static void report_fault(struct run_command *cmd)
{
	cmd->dp.counts.faults++;
	verdict_add(&cmd->dp.counts.verdicts, VERDICT_FAULT);
	cmd->prog->engine->report(&cmd->dp.slot->run, &cmd->sink);
}

/* Both ended badly: in the same way, at the same instruction? */
static bool same_fault(const struct run_fault *a, const struct run_fault *b)
{
	return a->stop == b->stop && a->insn == b->insn && a->size == b->size;
}

static void compare_outcomes(struct run_command *cmd,
			     const struct run_outcome *ours,
			     const struct run_outcome *theirs)
{
	uint64_t mask = cmd->opts.rival->word ? UINT32_MAX : UINT64_MAX;

	if (!ours->fault != !theirs->fault ||
	    (ours->fault && !same_fault(ours->fault, theirs->fault)))
		show_ends(cmd, ours->fault, theirs->fault);
	else if (!ours->fault && (ours->r0 & mask) != theirs->r0)
		show_verdicts(cmd, ours->r0, theirs->r0);
	else if (!ours->fault)
		compare_packets(cmd, ours->packet, theirs->packet);
}

static int compare_one(struct run_command *cmd, const struct frame *frame)
{
	struct vm_slot *slot = cmd->dp.slot;
	struct run_outcome ours, theirs;
	int err = cmd->opts.rival->run(cmd, frame, &theirs);

	if (err == -EMSGSIZE)
		cmd->skipped++;
	if (err)
		return err == -EMSGSIZE ? 0 : err;
	ours = (struct run_outcome){ .packet = &slot->packet.packet };
	if (vm_run(slot, cmd->prog))
		ours.fault = &slot->run.fault;
	ours.r0 = slot->run.r0;
	if (ours.fault)
		report_fault(cmd);
	else
		verdict_add(&cmd->dp.counts.verdicts,
			    net_verdict(cmd->prog->prog->type, ours.r0));
	compare_outcomes(cmd, &ours, &theirs);
	return 0;
}

static void show_values(struct run_command *cmd, const struct map_view *view,
			const uint8_t *key, const uint8_t *mine,
			const uint8_t *theirs)
{
	size_t at = first_difference(mine, view->value_size, theirs,
				     view->value_size);
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "map %s: values differ at byte %zu\nkey:\n",
		      view->def->def.name, at);
	run_hexdump(&text, key, view->def->def.key_size, SIZE_MAX);
	strbuf_printf(&text, "%s:\n", cmd->prog->engine->name);
	run_hexdump(&text, mine, view->value_size, at);
	strbuf_printf(&text, "%s:\n", cmd->opts.rival->title);
	run_hexdump(&text, theirs, view->value_size, at);
	run_show(cmd, &text);
}

static void show_missing(struct run_command *cmd, const struct map_view *view,
			 const uint8_t *key, const char *where)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "map %s: a key is missing in %s\n",
		      view->def->def.name, where);
	run_hexdump(&text, key, view->def->def.key_size, SIZE_MAX);
	run_show(cmd, &text);
}

/* Two views of one map and room for an element of each. */
struct map_check {
	const struct map_view *a, *b;
	uint8_t *key, *next, *mine, *theirs;
};

static bool check_init(struct map_check *check, const struct map_view *a,
		       const struct map_view *b)
{
	size_t key_size = MAX(a->def->def.key_size, 4u);

	*check = (struct map_check){
		.a = a, .b = b,
		.key = calloc(1, key_size), .next = calloc(1, key_size),
		.mine = calloc(1, a->value_size + 8),
		.theirs = calloc(1, b->value_size + 8),
	};
	return check->key && check->next && check->mine && check->theirs;
}

static void check_fini(struct map_check *check)
{
	free(check->key);
	free(check->next);
	free(check->mine);
	free(check->theirs);
}

static void check_elements(struct run_command *cmd, struct map_check *check,
			   const char *missing_in)
{
	const void *key = NULL;

	while (!cmd->mismatch &&
	       !map_view_next(check->a, key, check->next)) {
		memcpy(check->key, check->next, check->a->def->def.key_size);
		key = check->key;
		if (map_view_lookup(check->a, key, check->mine))
			continue;
		if (map_view_lookup(check->b, key, check->theirs))
			show_missing(cmd, check->a, key, missing_in);
		else if (memcmp(check->mine, check->theirs,
				check->a->value_size))
			show_values(cmd, check->a, key, check->mine,
				    check->theirs);
	}
}

static void compare_map(struct run_command *cmd, uint32_t map)
{
	const struct run_rival *rival = cmd->opts.rival;
	struct map_view mine, theirs;
	struct map_check there, back;

	if (!map_view_skep(&mine, &cmd->obj->maps[map]) ||
	    !rival->view(&theirs, cmd, map) ||
	    mine.value_size != theirs.value_size)
		return;
	if (check_init(&there, &mine, &theirs))
		check_elements(cmd, &there, rival->title);
	check_fini(&there);
	if (check_init(&back, &theirs, &mine))
		check_elements(cmd, &back, cmd->prog->engine->name);
	check_fini(&back);
}

/*
 * Both engines on one processor: bpf_get_smp_processor_id() and the values of
 * per-CPU maps are then the same on both sides.
 */
static int stay_here(struct run_command *cmd)
{
	cpu_set_t set;
	int cpu = sched_getcpu();

	CPU_ZERO(&set);
	CPU_SET(cpu < 0 ? 0 : cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return -errno;
	cmd->dp.prog = cmd->prog;
	cmd->dp.sink = &cmd->sink;
	return datapath_init(&cmd->dp);
}

int run_compare(struct run_command *cmd)
{
	struct datapath_counts *counts = &cmd->dp.counts;
	uint64_t limit = cmd->opts.count ?: UINT64_MAX;
	struct frame frame;
	int err = stay_here(cmd);

	if (!err)
		err = cmd->opts.rival->open(cmd);
	if (!err)
		err = run_compare_events_open(cmd);
	while (!err && !cmd->mismatch && counts->packets < limit &&
	       !run_stopped(cmd) &&
	       port_receive(cmd->ports[0], &frame, 1, &cmd->sink) > 0) {
		counts->packets++;
		counts->bytes += frame.len;
		err = compare_one(cmd, &frame);
		run_events_poll(cmd);
		if (!err)
			run_compare_events(cmd);
	}
	for (uint32_t i = 0; !err && !cmd->mismatch &&
	     i < cmd->obj->maps_cnt; i++)
		compare_map(cmd, i);
	datapath_fini(&cmd->dp);
	cmd->opts.rival->close(cmd);
	return err;
}
