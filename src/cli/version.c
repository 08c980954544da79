/* SPDX-License-Identifier: Apache-2.0 */
/* skep version: what this is and what it was built with. */
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/options.h"

static const char *const facts[][2] = {
	{ "version", SKEP_VERSION },
	{ "compiler", __VERSION__ },
#ifdef HAVE_PCAP
	{ "pcap", "yes" },
#else
	{ "pcap", "no" },
#endif
#ifdef HAVE_LIBBPF
	{ "kernel", "yes" },
#else
	{ "kernel", "no" },
#endif
#ifdef HAVE_CAPSTONE
	{ "capstone", "yes" },
#else
	{ "capstone", "no" },
#endif
};

static void facts_json(struct strbuf *out)
{
	struct json json;

	json_init(&json, out, true);
	json_object_begin(&json);
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		json_key(&json, facts[i][0]);
		json_string(&json, facts[i][1]);
	}
	json_object_end(&json);
	json_fini(&json);
}

int cmd_version(int argc, char **argv)
{
	struct strbuf out = STRBUF_INIT;
	struct cli_args args;
	bool json = false;
	int id, status;

	cli_args_init(&args, argc, argv);
	while ((id = cli_option(&args)) > 0)
		json = true;
	if (id < 0)
		return EXIT_USAGE;
	if (args.words_cnt)
		return cli_usage(argv[0], "takes no argument");
	if (json)
		facts_json(&out);
	else
		for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
			strbuf_printf(&out, "%-9s %s\n",
				      i ? facts[i][0] : "skep", facts[i][1]);
	status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}
