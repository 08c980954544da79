/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep verify --counterexample: the packets of counterexamples as a capture
 * file. What is told of them then is what happened when the file was read
 * back and run.
 */
#include <errno.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/input.h"
#include "cli/verify.h"
#include "spec/diags.h"

#define PCAP_MAGIC	0xa1b2c3d4u
#define PCAP_ETHERNET	1u

struct pcap_head {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, sigfigs, snaplen, linktype;
};

struct pcap_packet {
	uint32_t sec, usec, caplen, len;
};

static void file_begin(struct strbuf *file)
{
	const struct pcap_head head = {
		.magic = PCAP_MAGIC, .major = 2, .minor = 4,
		.snaplen = 1u << 16, .linktype = PCAP_ETHERNET,
	};

	strbuf_add(file, (const char *)&head, sizeof(head));
}

static void file_add(struct strbuf *file, const struct vm_example *input)
{
	const struct pcap_packet packet = {
		.caplen = input->len, .len = input->len,
	};

	strbuf_add(file, (const char *)&packet, sizeof(packet));
	strbuf_add(file, (const char *)input->packet, input->len);
}

/* It is read again, which what is no regular file does not stand. */
static int check_path(const char *path, struct diag_sink *sink)
{
	struct diag_where where = { .file = path, .insn = -1 };
	struct stat st;

	if (stat(path, &st) || S_ISREG(st.st_mode))
		return 0;
	return diag_report(sink, DIAG_FILE_WRITE, &where,
			   "is no regular file, so that it cannot be "
			   "replayed");
}

static void replay(struct verify_example *example,
		   const struct verify_source *source,
		   const struct object_verdict *verdict)
{
	struct verify_suspect suspect;

	example->outcome = EXAMPLE_NO_LUCK;
	if (verify_suspect_open(&suspect, source, verdict, &example->aim))
		return;
	if (vm_trial_replay(suspect.trial, &example->input))
		example->outcome = EXAMPLE_FOUND;
	verify_suspect_close(&suspect);
}

/* The examples become what the file has, and hold only if that does it. */
static int replay_all(struct verify_report *report, const char *path,
		      const struct verify_source *source,
		      struct diag_sink *sink)
{
	struct diag_where where = { .file = path, .insn = -1 };
	size_t at = sizeof(struct pcap_head);
	struct strbuf file = STRBUF_INIT;
	int err = cli_read_file(path, &file, sink);

	for (uint32_t i = 0; !err && i < report->verdicts.cnt; i++) {
		struct verify_example *example = &report->examples[i];
		uint32_t len = example->input.len;

		if (example->outcome != EXAMPLE_FOUND)
			continue;
		at += sizeof(struct pcap_packet);
		if (file.len < at + len) {
			err = diag_report(sink, DIAG_FILE_WRITE, &where,
					  "is shorter than what was written");
			break;
		}
		memcpy(example->input.packet, file.text + at, len);
		at += len;
		replay(example, source, &report->verdicts.list[i]);
	}
	strbuf_fini(&file);
	return err ? cli_status(err) : EXIT_DONE;
}

int verify_write_examples(struct verify_report *report, const char *path,
			  const struct verify_source *source,
			  struct diag_sink *sink)
{
	struct strbuf file = STRBUF_INIT;
	uint32_t number = 0;
	int status;

	if (check_path(path, sink))
		return EXIT_CANNOT;
	file_begin(&file);
	for (uint32_t i = 0; i < report->verdicts.cnt; i++) {
		struct verify_example *example = &report->examples[i];

		if (example->outcome != EXAMPLE_FOUND)
			continue;
		file_add(&file, &example->input);
		example->number = ++number;
	}
	status = cli_write_file(path, &file, sink);
	strbuf_fini(&file);
	return status ?: replay_all(report, path, source, sink);
}
