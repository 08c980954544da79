/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep filter: a tcpdump expression, or a classic program that tcpdump -dd or
 * -ddd wrote, to what is asked for: a listing, eBPF, an object, or a count of
 * the packets of a capture that match.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>

#include "base/json.h"
#include "base/str.h"
#include "cbpf/cbpf.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/options.h"
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
	struct cbpf_capture *packets;	/* the capture, opened */
	char linktype[64];
	bool linktype_set, output_set, json;
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
	int err = cli_read_file(path, &text, sink);

	if (!err)
		err = cbpf_parse(strbuf_str(&text), path, arena, out, sink);
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
		err = cbpf_compile(strbuf_str(&o->expression), &compile, arena,
				   out, sink);
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

static void ebpf_json(struct strbuf *out, const struct bpf_insn *insns,
		      size_t cnt)
{
	struct json json;

	json_init(&json, out, false);
	json_object_begin(&json);
	json_key(&json, "ebpf");
	json_array_begin(&json);
	for (size_t at = 0; at < cnt;) {
		const struct disasm_style style = { .exact = true };
		struct strbuf text = STRBUF_INIT;
		size_t slots = op_slots(disasm_insn(&text, &insns[at],
						    &style));

		json_object_begin(&json);
		json_key(&json, "insn");
		json_u64(&json, at);
		json_key(&json, "bytes");
		json_hex_bytes(&json, &insns[at], slots * sizeof(*insns));
		json_key(&json, "text");
		json_string(&json, strbuf_str(&text));
		json_object_end(&json);
		strbuf_fini(&text);
		at += slots;
	}
	json_array_end(&json);
	json_object_end(&json);
	json_fini(&json);
	strbuf_putc(out, '\n');
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
	if (o->output == EBPF && o->json)
		ebpf_json(&out, insns, cnt);
	else if (o->output == EBPF)
		write_insns(&out, insns, cnt, true);
	else
		err = assemble(&out, insns, cnt, sink);
	if (err)
		status = cli_status(err);
	else
		status = o->output == EBPF ? cli_print(&out) :
			 cli_write_file(o->object, &out, sink);
	strbuf_fini(&out);
	return status;
}

static int output_count(const struct filter_options *o,
			const struct cbpf *prog, struct diag_sink *sink)
{
	struct cbpf_count count = cbpf_capture_count(o->packets, prog, sink);
	struct strbuf out = STRBUF_INIT;
	struct json json;
	int status;

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

/* One program: its instructions as struct sock_filter has them. */
static void cbpf_json(struct strbuf *out, const struct cbpf *prog)
{
	struct json json;

	json_init(&json, out, false);
	json_object_begin(&json);
	json_key(&json, "cbpf");
	json_array_begin(&json);
	for (size_t at = 0; at < prog->cnt; at++) {
		const struct sock_filter *insn = &prog->insns[at];

		json_object_begin(&json);
		json_key(&json, "code");
		json_u64(&json, insn->code);
		json_key(&json, "jt");
		json_u64(&json, insn->jt);
		json_key(&json, "jf");
		json_u64(&json, insn->jf);
		json_key(&json, "k");
		json_u64(&json, insn->k);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	json_fini(&json);
	strbuf_putc(out, '\n');
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
		if (o->json)
			cbpf_json(&out, prog);
		else
			cbpf_print(&out, prog, o->format);
		status = cli_print(&out);
		strbuf_fini(&out);
		return status;
	}
}

/* The expression is compiled for the capture's link type. */
static int open_capture(struct filter_options *o, struct diag_sink *sink)
{
	const char *name;
	int err;

	if (!o->capture)
		return 0;
	err = cbpf_capture_open(&o->packets, o->capture, sink);
	if (err || o->linktype_set)
		return err;
	name = cbpf_capture_linktype(o->packets);
	if (!name) {
		cli_usage("filter", "%s: its link type has no name; say "
			  "which with -y", o->capture);
		return -EINVAL;
	}
	str_copy(o->linktype, sizeof(o->linktype), name);
	return 0;
}

static int run_filter(struct filter_options *o)
{
	struct diag_sink sink = cli_sink(o->json);
	struct cbpf prog = { NULL, 0 };
	struct arena arena;
	int err, status;

	arena_init(&arena);
	err = open_capture(o, &sink);
	if (!err)
		err = get_program(o, &arena, &prog, &sink);
	status = err ? cli_status(err) : output(o, &prog, &arena, &sink);
	cbpf_capture_close(o->packets);
	arena_fini(&arena);
	return status;
}

/* One kind of output: the second that is asked for is an error. */
static int set_output(struct filter_options *o, enum filter_output output)
{
	bool other = o->output_set && (o->output != output ||
				       output != LISTING);

	if (other)
		return cli_usage("filter", "one of -d, --ebpf, -o and -r, "
				 "once");
	o->output_set = true;
	o->output = output;
	return 0;
}

static int set_program(struct filter_options *o, enum cbpf_dialect dialect,
		       const char *file)
{
	if (o->program)
		return cli_usage("filter", "one of --file and --seccomp, "
				 "once");
	o->program = file;
	o->dialect = dialect;
	return 0;
}

static int set_snaplen(struct filter_options *o, const char *text)
{
	uint64_t number;

	if (str_to_u64(text, &number) || !number || number > INT32_MAX)
		return cli_usage("filter", "no snapshot length '%s'", text);
	o->snaplen = (uint32_t)number;
	return 0;
}

static int set_option(struct filter_options *o, int id, const char *value)
{
	switch (id) {
	case OPT_FILTER_D:
		if (o->format < CBPF_NUMBERS)
			o->format++;
		return set_output(o, LISTING);
	case OPT_FILTER_EBPF: return set_output(o, EBPF);
	case OPT_FILTER_OUT:
		o->object = value;
		return set_output(o, OBJECT);
	case OPT_FILTER_READ:
		o->capture = value;
		return set_output(o, COUNT);
	case OPT_FILTER_FILE: return set_program(o, CBPF_SOCKET, value);
	case OPT_FILTER_SECCOMP: return set_program(o, CBPF_SECCOMP, value);
	case OPT_FILTER_SNAP: return set_snaplen(o, value);
	case OPT_FILTER_JSON: o->json = true; return 0;
	case OPT_FILTER_PLAIN: o->optimize = false; return 0;
	default:
		str_copy(o->linktype, sizeof(o->linktype), value);
		o->linktype_set = true;
		return 0;
	}
}

/* Words of the expression may be several arguments, as for tcpdump. */
static int take_words(struct filter_options *o, const struct cli_args *args)
{
	if (o->program && args->words_cnt)
		return cli_usage("filter", "an expression or a file, not "
				 "both");
	if (!o->program && !args->words_cnt)
		return cli_usage("filter", "an expression is wanted");
	if (o->dialect == CBPF_SECCOMP && o->output != LISTING)
		return cli_usage("filter", "a seccomp filter has no packets "
				 "and no eBPF");
	for (int i = 0; i < args->words_cnt; i++)
		strbuf_printf(&o->expression, i ? " %s" : "%s",
			      args->words[i]);
	return 0;
}

int cmd_filter(int argc, char **argv)
{
	struct filter_options o = {
		.linktype = "EN10MB", .snaplen = 262144, .optimize = true,
	};
	struct cli_args args;
	int id, status = 0;

	cli_args_init(&args, argc, argv);
	while (!status && (id = cli_option(&args)) != OPT_END)
		status = id < 0 ? EXIT_USAGE : set_option(&o, id, args.value);
	if (!o.format)
		o.format = CBPF_LISTING;
	if (!status)
		status = take_words(&o, &args);
	if (!status)
		status = run_filter(&o);
	strbuf_fini(&o.expression);
	return status;
}
