/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep filter: a tcpdump expression, or a classic program that tcpdump -dd or
 * -ddd wrote, to what is asked for: a listing, eBPF, an object, or a count of
 * the packets of a capture that match.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/bpf.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "cbpf/cbpf.h"
#include "cli/cli.h"
#include "isa/disasm.h"
#include "spec/diags.h"
#include "text/asm.h"

enum filter_output { LISTING, EBPF, OBJECT, COUNT };

struct filter_options {
	enum filter_output output;
	enum cbpf_format format;
	enum cbpf_dialect dialect;
	const char *program;		/* file to read instead */
	const char *capture, *object;
	char linktype[64];
	bool linktype_set, json;
	uint32_t snaplen;
	bool optimize;
	struct strbuf expression;
};

/* What a link type says of the sockets that its filters are attached to. */
static const struct {
	const char *name;
	struct cbpf_convert_options options;
} linktypes[] = {
	{ "EN10MB", { ARPHRD_ETHER, ETH_HLEN } },
	{ "RAW", { ARPHRD_NONE, 0 } },
	{ "IPV4", { ARPHRD_NONE, 0 } },
	{ "IPV6", { ARPHRD_NONE, 0 } },
};

static struct cbpf_convert_options convert_options(const char *linktype)
{
	for (size_t i = 0; i < ARRAY_SIZE(linktypes); i++)
		if (str_eq(linktypes[i].name, linktype))
			return linktypes[i].options;
	return (struct cbpf_convert_options){ -1, -1 };
}

static int read_program(const char *path, struct arena *arena,
			struct cbpf *out, struct diag_sink *sink)
{
	struct strbuf text = STRBUF_INIT;
	FILE *file = str_eq(path, "-") ? stdin : fopen(path, "re");
	char piece[4096];
	size_t len;
	int err;

	if (!file)
		return diag_report(sink, DIAG_FILE_OPEN, NULL, "%s: %s", path,
				   strerror(errno));
	while ((len = fread(piece, 1, sizeof(piece), file)))
		strbuf_add(&text, piece, len);
	if (ferror(file))
		err = diag_report(sink, DIAG_FILE_OPEN, NULL, "%s: %s", path,
				  strerror(errno));
	else if (text.oom)
		err = diag_report(sink, DIAG_NO_MEMORY, NULL, "%s", path);
	else
		err = cbpf_parse(strbuf_str(&text), path, arena, out, sink);
	if (file != stdin)
		fclose(file);
	strbuf_fini(&text);
	return err;
}

static int get_program(struct filter_options *o, struct arena *arena,
		       struct cbpf *out, struct diag_sink *sink)
{
	const struct cbpf_compile_options compile = {
		o->linktype, o->snaplen, o->optimize,
	};
	int err = 0;

	if (o->program) {
		err = read_program(o->program, arena, out, sink);
	} else {
		if (o->capture && !o->linktype_set)
			err = cbpf_capture_linktype(o->capture, o->linktype,
						    sizeof(o->linktype),
						    sink);
		if (!err)
			err = cbpf_compile(strbuf_str(&o->expression),
					   &compile, arena, out, sink);
	}
	/*
	 * Listings are of what libpcap made, even where that is for its own
	 * interpreter only: "protochain" jumps backwards.
	 */
	if (!err && (o->program || o->output != LISTING))
		err = cbpf_check(out, o->dialect, o->program, sink);
	return err;
}

static void write_insns(struct strbuf *out, const struct bpf_insn *insns,
			size_t cnt, bool numbered)
{
	const struct disasm_style style = { .exact = !numbered };

	for (size_t at = 0; at < cnt;) {
		enum op op;

		if (numbered)
			strbuf_printf(out, "%8zu:\t", at);
		else
			strbuf_putc(out, '\t');
		op = disasm_insn(out, &insns[at], &style);
		strbuf_putc(out, '\n');
		at += op_slots(op);
	}
}

/* The object is the assembler's work: this is what it reads. */
static void write_assembly(struct strbuf *out, const struct bpf_insn *insns,
			   size_t cnt)
{
	strbuf_puts(out, "\t.section socket,\"ax\",@progbits\n"
		    "\t.globl filter\n\t.type filter,@function\nfilter:\n");
	write_insns(out, insns, cnt, false);
	strbuf_puts(out, ".Lend:\n\t.size filter, .Lend-filter\n"
		    "\t.section license,\"aw\",@progbits\n"
		    "\t.asciz \"Dual BSD/GPL\"\n");
}

static int assemble(struct strbuf *object, const struct bpf_insn *insns,
		    size_t cnt, struct diag_sink *sink)
{
	struct strbuf text = STRBUF_INIT;
	struct text_unit unit;
	int err;

	write_assembly(&text, insns, cnt);
	err = text_assemble(&unit, "filter", strbuf_str(&text), text.len,
			    TEXT_LLVM, sink);
	if (!err)
		err = text_object(&unit, object);
	text_unit_fini(&unit);
	strbuf_fini(&text);
	return err;
}

/* Written beside and renamed, so that a failure leaves the old file. */
static int write_object(const char *path, const struct strbuf *object)
{
	struct strbuf beside = STRBUF_INIT;
	FILE *file;
	bool done;

	strbuf_printf(&beside, "%s.%d", path, (int)getpid());
	file = fopen(strbuf_str(&beside), "we");
	done = file && fwrite(strbuf_str(object), 1, object->len, file) ==
		       object->len;
	if (file)
		done = fclose(file) == 0 && done;
	done = done && rename(strbuf_str(&beside), path) == 0;
	if (!done) {
		fprintf(stderr, "skep filter: %s: %s\n", path,
			strerror(errno));
		unlink(strbuf_str(&beside));
	}
	strbuf_fini(&beside);
	return done ? EXIT_DONE : EXIT_CANNOT;
}

static int output_ebpf(const struct filter_options *o,
		       const struct cbpf *prog, struct arena *arena,
		       struct diag_sink *sink)
{
	struct cbpf_convert_options options = convert_options(o->linktype);
	struct strbuf out = STRBUF_INIT;
	const struct bpf_insn *insns;
	int err, status;
	size_t cnt;

	err = cbpf_convert(prog, &options, arena, &insns, &cnt, sink);
	if (err)
		return cli_status(err);
	if (o->output == EBPF) {
		write_insns(&out, insns, cnt, true);
		status = cli_print(&out);
	} else {
		err = assemble(&out, insns, cnt, sink);
		status = err ? cli_status(err) : write_object(o->object, &out);
	}
	strbuf_fini(&out);
	return status;
}

static int output_count(const struct filter_options *o,
			const struct cbpf *prog, struct diag_sink *sink)
{
	struct strbuf out = STRBUF_INIT;
	struct cbpf_count count;
	struct json json;
	int status, err = cbpf_capture_count(prog, o->capture, &count, sink);

	if (err)
		return cli_status(err);
	if (o->json) {
		json_init(&json, &out, false);
		json_object_begin(&json);
		json_key(&json, "packets");
		json_u64(&json, count.packets);
		json_key(&json, "matched");
		json_u64(&json, count.matched);
		json_object_end(&json);
		json_fini(&json);
		strbuf_putc(&out, '\n');
	} else {
		strbuf_printf(&out, "%llu of %llu packets match\n",
			      (unsigned long long)count.matched,
			      (unsigned long long)count.packets);
	}
	status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}

static int output(const struct filter_options *o, const struct cbpf *prog,
		  struct arena *arena, struct diag_sink *sink)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	switch (o->output) {
	case EBPF:
	case OBJECT:
		return output_ebpf(o, prog, arena, sink);
	case COUNT:
		return output_count(o, prog, sink);
	default:
		cbpf_print(&out, prog, o->format);
		status = cli_print(&out);
		strbuf_fini(&out);
		return status;
	}
}

static int run_filter(struct filter_options *o)
{
	struct diag_sink sink = cli_sink(o->json);
	struct cbpf prog = { NULL, 0 };
	struct arena arena;
	int err, status;

	arena_init(&arena);
	err = get_program(o, &arena, &prog, &sink);
	status = err ? cli_status(err) : output(o, &prog, &arena, &sink);
	arena_fini(&arena);
	return status;
}

static const struct option longs[] = {
	{ "ebpf", no_argument, NULL, 'e' },
	{ "file", required_argument, NULL, 'f' },
	{ "json", no_argument, NULL, 'j' },
	{ "linktype", required_argument, NULL, 'y' },
	{ "no-optimize", no_argument, NULL, 'O' },
	{ "seccomp", required_argument, NULL, 'S' },
	{ 0 },
};

static int read_option(struct filter_options *o, int c, const char *command)
{
	uint64_t number;

	switch (c) {
	case 'd':
		if (o->format < CBPF_NUMBERS)
			o->format++;
		return 0;
	case 'e': o->output = EBPF; return 0;
	case 'o': o->output = OBJECT; o->object = optarg; return 0;
	case 'r': o->output = COUNT; o->capture = optarg; return 0;
	case 'f': o->program = optarg; return 0;
	case 'j': o->json = true; return 0;
	case 'O': o->optimize = false; return 0;
	case 'S':
		o->program = optarg;
		o->dialect = CBPF_SECCOMP;
		return 0;
	case 'y':
		str_copy(o->linktype, sizeof(o->linktype), optarg);
		o->linktype_set = true;
		return 0;
	case 's':
		if (str_to_u64(optarg, &number) || !number ||
		    number > INT32_MAX)
			return cli_usage(command, "no snapshot length '%s'",
					 optarg);
		o->snaplen = (uint32_t)number;
		return 0;
	default:
		return cli_usage(command, "unknown option");
	}
}

/* Words of the expression may be several arguments, as for tcpdump. */
static int read_words(struct filter_options *o, int argc, char **argv)
{
	const char *command = argv[0];

	if (o->program && optind < argc)
		return cli_usage(command, "an expression or a file, not both");
	if (!o->program && optind == argc)
		return cli_usage(command, "an expression is wanted");
	if (o->dialect == CBPF_SECCOMP && o->output != LISTING)
		return cli_usage(command, "a seccomp filter has no packets "
				 "and no eBPF");
	for (int i = optind; i < argc; i++)
		strbuf_printf(&o->expression, i > optind ? " %s" : "%s",
			      argv[i]);
	return 0;
}

int cmd_filter(int argc, char **argv)
{
	struct filter_options o = {
		.linktype = "EN10MB", .snaplen = 262144, .optimize = true,
	};
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "def:jo:Or:s:y:",
					   longs, NULL)) != -1)
		status = read_option(&o, c, argv[0]);
	if (!o.format)
		o.format = CBPF_LISTING;
	if (!status)
		status = read_words(&o, argc, argv);
	if (!status)
		status = run_filter(&o);
	strbuf_fini(&o.expression);
	return status;
}
