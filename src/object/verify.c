/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying an object's programs. Verifications share nothing that is
 * written, so each is a job that some thread takes from the queue: an index
 * that counts up. The caller's thread is one of them, and does all the work
 * where no other can be made. Threads that outnumber the programs are theirs,
 * in equal shares, for global subprograms (verify/roots.h).
 *
 * Linking is per object, and one program that names what is not there fails
 * it for all. Then they are linked and verified one after the other; what
 * linking has made of one stays valid when the next is linked, since it all
 * is in the object's arena, and a verdict keeps its own struct prog.
 */
#include "object/verify.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/atomic.h"
#include "object/input.h"
#include "object/object_parts.h"
#include "spec/sections.h"

#define THREADS_MAX	64u

struct queue {
	const struct object_verify_options *options;
	const struct verify_map *maps;
	const struct btf *kernel;
	uint32_t threads;
	struct object_verdict **jobs;
	uint32_t jobs_cnt;
	uint32_t next;			/* atomic: the first not taken */
};

static void verify_one(const struct queue *queue, struct object_verdict *job)
{
	struct diag_sink sink = diag_log_sink(&job->diags);
	struct verify_options options = queue->options->verify;
	struct verify_input in = {
		.prog = &job->prog, .maps = queue->maps,
		.kernel = queue->kernel,
	};

	options.log = queue->options->log ? &job->log : NULL;
	options.threads = queue->threads / queue->jobs_cnt;
	job->err = verify_prog(&in, &options, &job->result, &sink);
}

static void *work(void *arg)
{
	struct queue *queue = arg;
	uint32_t i;

	while ((i = atomic_add(&queue->next, 1)) < queue->jobs_cnt)
		verify_one(queue, queue->jobs[i]);
	return NULL;
}

/* One for each CPU that the process may use, or as many as are asked for. */
static uint32_t threads_for(const struct object_verify_options *options)
{
	cpu_set_t set;
	uint32_t cnt = options->threads;

	if (!cnt && !sched_getaffinity(0, sizeof(set), &set))
		cnt = (uint32_t)CPU_COUNT(&set);
	return MIN(MAX(cnt, 1u), THREADS_MAX);
}

static void run_queue(struct queue *queue)
{
	uint32_t wanted = MIN(queue->threads, queue->jobs_cnt);
	pthread_t threads[THREADS_MAX];
	uint32_t cnt = 0;

	while (cnt + 1 < wanted &&
	       !pthread_create(&threads[cnt], NULL, work, queue))
		cnt++;
	work(queue);
	while (cnt)
		pthread_join(threads[--cnt], NULL);
}

/*
 * What a program attaches to must be there: the verifier takes the types of
 * its context from it.
 */
static int check_place(struct object_verdict *job)
{
	struct diag_sink sink = diag_log_sink(&job->diags);
	const struct prog *prog = &job->prog;
	const struct section_row *row = section_row_match(prog->section, NULL);
	const struct diag_where where = {
		.file = prog->object, .program = prog->name, .insn = -1,
	};
	const char *what = NULL;

	if (prog->type == PROG_TYPE_UNSPEC)
		what = "the section does not tell the type of program";
	else if (prog->type == PROG_TYPE_STRUCT_OPS && !prog->attach.ops)
		what = "no member of a structure of the kernel points to it";
	else if (row && row->flags & SECTION_BTF &&
		 prog->type != PROG_TYPE_EXT && !prog->attach.proto)
		what = "the kernel has no such function or hook";
	if (!what)
		return 0;
	job->err = diag_report(&sink, DIAG_VERIFY_ATTACH, &where, "%s: %s",
			       prog->section, what);
	return job->err;
}

/*
 * The types that the verifier is given. A program that needs them is rejected
 * where they are not to be had.
 */
static void take_kernel(struct object *obj, struct object_verdicts *out)
{
	struct btf *kernel;

	if (!out->kernel && object_is_typed(obj) &&
	    !object_kernel(obj, &kernel, NULL))
		out->kernel = btf_get(kernel);
}

/* Verifies those of `cnt` verdicts whose programs are linked. */
static int verify_some(struct object *obj,
		       const struct object_verify_options *options,
		       struct object_verdicts *out, uint32_t first,
		       uint32_t cnt, struct diag_sink *sink)
{
	struct queue queue = {
		.options = options, .threads = threads_for(options),
	};
	int err = object_verify_maps(obj, &out->maps, sink);

	take_kernel(obj, out);
	queue.maps = out->maps;
	queue.kernel = out->kernel;
	queue.jobs = calloc(cnt + 1, sizeof(struct object_verdict *));
	if (!err && !queue.jobs)
		err = object_no_memory(obj, sink);
	for (uint32_t i = first; !err && i < first + cnt; i++)
		if (out->list[i].prog.insns && !check_place(&out->list[i]))
			queue.jobs[queue.jobs_cnt++] = &out->list[i];
	if (!err)
		run_queue(&queue);
	free(queue.jobs);
	return err;
}

/* One verdict for each program to load. */
static int start(struct object *obj, struct object_verdicts *out,
		 struct diag_sink *sink)
{
	*out = (struct object_verdicts){ 0 };
	out->list = calloc(obj->progs_cnt + 1, sizeof(*out->list));
	if (!out->list)
		return object_no_memory(obj, sink);
	for (uint32_t i = 0; i < obj->progs_cnt; i++)
		if (obj->progs[i].load)
			out->list[out->cnt++].origin = &obj->progs[i];
	return 0;
}

static void take_linked(struct object_verdicts *out)
{
	for (uint32_t i = 0; i < out->cnt; i++)
		out->list[i].prog = *out->list[i].origin;
}

static void load_only(struct object *obj, const struct prog *prog)
{
	for (uint32_t i = 0; i < obj->progs_cnt; i++)
		obj->progs[i].load = &obj->progs[i] == prog;
}

static int link_alone(struct object *obj, const struct object_options *link,
		      struct object_verdict *verdict)
{
	struct diag_sink sink = diag_log_sink(&verdict->diags);

	load_only(obj, verdict->origin);
	verdict->err = object_link(obj, link, &sink);
	verdict->prog = *verdict->origin;
	if (verdict->err)
		verdict->prog.insns = NULL;
	return verdict->err;
}

static int verify_each(struct object *obj,
		       const struct object_verify_options *options,
		       struct object_options *link,
		       struct object_verdicts *out, struct diag_sink *sink)
{
	int err = 0;

	/* the same for all, and read once */
	out->kernel = obj->kernel ? btf_get(obj->kernel) : NULL;
	for (uint32_t i = 0; !err && i < out->cnt; i++) {
		link->kernel = out->kernel;
		if (!link_alone(obj, link, &out->list[i]))
			err = verify_some(obj, options, out, i, 1, sink);
	}
	for (uint32_t i = 0; i < out->cnt; i++)
		out->list[i].origin->load = true;
	return err;
}

static int finish(struct object_verdicts *verdicts, int err,
		  struct object_verdicts *out)
{
	if (err)
		object_verdicts_fini(verdicts);
	else
		*out = *verdicts;
	return err;
}

int object_verify(struct object *obj,
		  const struct object_verify_options *options,
		  struct object_verdicts *out, struct diag_sink *sink)
{
	struct object_options link = options->link;
	struct object_verdicts verdicts;
	int err = start(obj, &verdicts, sink);

	link.as_kernel = true;
	if (!err && !object_link(obj, &link, NULL)) {
		take_linked(&verdicts);
		err = verify_some(obj, options, &verdicts, 0, verdicts.cnt,
				  sink);
	} else if (!err) {
		err = verify_each(obj, options, &link, &verdicts, sink);
	}
	return finish(&verdicts, err, out);
}

int object_verify_linked(struct object *obj,
			 const struct object_verify_options *options,
			 struct object_verdicts *out, struct diag_sink *sink)
{
	struct object_verdicts verdicts;
	int err = start(obj, &verdicts, sink);

	if (!err) {
		take_linked(&verdicts);
		err = verify_some(obj, options, &verdicts, 0, verdicts.cnt,
				  sink);
	}
	return finish(&verdicts, err, out);
}

void object_verdicts_fini(struct object_verdicts *verdicts)
{
	for (uint32_t i = 0; i < verdicts->cnt; i++) {
		verify_free(verdicts->list[i].result);
		diag_log_fini(&verdicts->list[i].diags);
		strbuf_fini(&verdicts->list[i].log);
	}
	free(verdicts->list);
	btf_put(verdicts->kernel);
	*verdicts = (struct object_verdicts){ 0 };
}
