/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every packet through skep and through the kernel: verdict, packet after the
 * run, and at the end the maps must be equal. The first difference is shown
 * and ends the comparison.
 *
 * Both run on one processor, so that per-CPU values have the same place.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run_kernel.h"

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

static void show(struct run_command *cmd, struct strbuf *text)
{
	cmd->mismatch = true;
	fprintf(stderr, "%s", strbuf_str(text));
	strbuf_fini(text);
}

static void show_verdicts(struct run_command *cmd, uint64_t r0, uint32_t kr0)
{
	enum prog_type type = cmd->prog->prog->type;
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "packet %llu: %s returned %s (%#llx), the kernel "
		      "%s (%#x)\n",
		      (unsigned long long)cmd->dp.counts.packets,
		      cmd->prog->engine->name, net_verdict(type, r0),
		      (unsigned long long)r0, net_verdict(type, kr0), kr0);
	show(cmd, &text);
}

static size_t first_difference(const uint8_t *a, size_t a_len,
			       const uint8_t *b, size_t b_len)
{
	size_t i = 0;

	while (i < a_len && i < b_len && a[i] == b[i])
		i++;
	return i;
}

static void show_packets(struct run_command *cmd, const struct packet *mine,
			 const struct packet *theirs)
{
	size_t my_len = (size_t)(mine->data_end - mine->data);
	size_t their_len = (size_t)(theirs->data_end - theirs->data);
	size_t at = first_difference(mine->data, my_len, theirs->data,
				     their_len);
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "packet %llu: differs at byte %zu\n%s, %zu "
		      "bytes:\n", (unsigned long long)cmd->dp.counts.packets,
		      at, cmd->prog->engine->name, my_len);
	run_hexdump(&text, mine->data, my_len, at);
	strbuf_printf(&text, "kernel, %zu bytes:\n", their_len);
	run_hexdump(&text, theirs->data, their_len, at);
	show(cmd, &text);
}

static bool same_packet(const struct packet *a, const struct packet *b)
{
	size_t len = (size_t)(a->data_end - a->data);

	return len == (size_t)(b->data_end - b->data) &&
	       memcmp(a->data, b->data, len) == 0;
}

static void report_fault(struct run_command *cmd)
{
	cmd->dp.counts.faults++;
	verdict_add(&cmd->dp.counts.verdicts, VERDICT_FAULT);
	cmd->prog->engine->report(&cmd->dp.slot->run, &cmd->sink);
	cmd->mismatch = true;
}

static int compare_one(struct run_command *cmd, const struct frame *frame,
		       struct packet_buf *theirs)
{
	enum prog_type type = cmd->prog->prog->type;
	struct vm_slot *slot = cmd->dp.slot;
	uint32_t kr0;
	int err = run_kernel_frame(cmd, frame, theirs, &kr0);

	if (!err)
		err = run_kernel_packet(type, frame, &slot->packet);
	if (err == -EMSGSIZE)
		cmd->skipped++;
	if (err)
		return err == -EMSGSIZE ? 0 : err;
	if (vm_run(slot, cmd->prog)) {
		report_fault(cmd);
		return 0;
	}
	verdict_add(&cmd->dp.counts.verdicts,
		    net_verdict(type, slot->run.r0));
	if ((uint32_t)slot->run.r0 != kr0)
		show_verdicts(cmd, slot->run.r0, kr0);
	else if (!same_packet(&slot->packet.packet, &theirs->packet))
		show_packets(cmd, &slot->packet.packet, &theirs->packet);
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
	strbuf_puts(&text, "kernel:\n");
	run_hexdump(&text, theirs, view->value_size, at);
	show(cmd, &text);
}

static void show_missing(struct run_command *cmd, const struct map_view *view,
			 const uint8_t *key, const char *where)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "map %s: a key is missing in %s\n",
		      view->def->def.name, where);
	run_hexdump(&text, key, view->def->def.key_size, SIZE_MAX);
	show(cmd, &text);
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

static void compare_map(struct run_command *cmd, const struct skep_map *map)
{
	struct map_view mine, theirs;
	struct map_check there, back;

	if (!map_view_skep(&mine, map) ||
	    !map_view_kernel(&theirs, map, cmd->kernel) ||
	    mine.value_size != theirs.value_size)
		return;
	if (check_init(&there, &mine, &theirs))
		check_elements(cmd, &there, "the kernel");
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
	struct packet_buf theirs = { 0 };
	struct frame frame;
	int err = run_open_kernel(cmd);

	if (!err)
		err = stay_here(cmd);
	while (!err && !cmd->mismatch && counts->packets < limit &&
	       !run_stopped(cmd) &&
	       port_receive(cmd->ports[0], &frame, 1, &cmd->sink) > 0) {
		counts->packets++;
		counts->bytes += frame.len;
		err = compare_one(cmd, &frame, &theirs);
		run_events_poll(cmd);
	}
	for (uint32_t i = 0; !err && !cmd->mismatch &&
	     i < cmd->obj->maps_cnt; i++)
		compare_map(cmd, &cmd->obj->maps[i]);
	datapath_fini(&cmd->dp);
	packet_buf_fini(&theirs);
	return err;
}
