/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the text of a filter, and as its instructions: what the check
 * accepts runs the same as it is and converted to eBPF. The last bytes are
 * the packet.
 */
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cbpf/cbpf.h"
#include "interp/interp.h"
#include "isa/insn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
	if (!condition)
		abort();
}

static void read_text(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct strbuf out = STRBUF_INIT;
	struct cbpf prog = { NULL, 0 }, again = { NULL, 0 };
	struct arena arena;

	arena_init(&arena);
	if (text && !cbpf_parse(text, "fuzz", &arena, &prog, NULL)) {
		cbpf_print(&out, &prog, CBPF_NUMBERS);
		demand(!cbpf_parse(strbuf_str(&out), NULL, &arena, &again,
				   NULL));
		demand(again.cnt == prog.cnt &&
		       !memcmp(again.insns, prog.insns,
			       prog.cnt * sizeof(*prog.insns)));
	}
	strbuf_fini(&out);
	arena_fini(&arena);
	free(text);
}

static uint32_t interpret(const struct bpf_insn *insns, size_t cnt,
			  const struct cbpf_packet *from)
{
	struct prog prog = {
		.name = "filter", .type = PROG_TYPE_SOCKET_FILTER,
		.insns = insns, .insns_cnt = (uint32_t)cnt,
	};
	uint8_t *bytes = (uint8_t *)from->data;
	struct packet packet = {
		.head = bytes, .data_meta = bytes, .data = bytes,
		.data_end = bytes + from->len, .end = bytes + from->len,
		.len = from->len, .wire_len = from->len, .ifindex = 1,
		.protocol = 8,
		.link_header = bytes, .network_header = bytes,
	};
	struct run run = {
		.prog = &prog, .ctx = &packet, .packet = &packet,
		.ctx_len = ctx_layout(prog.type)->size,
	};

	demand(!insn_check(insns, cnt, NULL, NULL));
	demand(!interp_prepare(&prog, NULL));
	demand(!interp_attach(&run));
	demand(!interp_run(&run));
	interp_release(&prog);
	interp_detach(&run);
	return (uint32_t)run.r0;
}

static bool is_random(const struct cbpf *prog)
{
	for (size_t i = 0; i < prog->cnt; i++)
		if (cbpf_ancillary(&prog->insns[i]) == CBPF_AD_RANDOM)
			return true;
	return false;
}

static void run_both(const struct cbpf *prog, const uint8_t *data, size_t size)
{
	const struct cbpf_convert_options options = { 1, 0 };
	struct cbpf_packet packet = {
		.data = data, .len = (uint32_t)size,
		.wire_len = (uint32_t)size,
		.ancillary = { [CBPF_AD_IFINDEX] = 1, [CBPF_AD_HATYPE] = 1,
			       [CBPF_AD_PROTOCOL] = ETH_P_IP },
	};
	const struct bpf_insn *insns;
	struct arena arena;
	uint32_t want;
	size_t cnt;

	arena_init(&arena);
	want = cbpf_run(prog, &packet);
	if (!cbpf_convert(prog, &options, &arena, &insns, &cnt, NULL) &&
	    !is_random(prog))
		demand(interpret(insns, cnt, &packet) == want);
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t packet_len = size ? MIN(data[size - 1], size) : 0;
	struct strbuf out = STRBUF_INIT;
	struct cbpf prog;
	uint8_t *packet;

	read_text(data, size);
	prog.cnt = (size - packet_len) / sizeof(struct sock_filter);
	prog.insns = malloc(prog.cnt * sizeof(struct sock_filter) + 1);
	packet = malloc(packet_len + 1);
	if (prog.insns && packet) {
		memcpy((void *)prog.insns, data,
		       prog.cnt * sizeof(struct sock_filter));
		memcpy(packet, data + size - packet_len, packet_len);
		cbpf_print(&out, &prog, CBPF_LISTING);
		(void)!cbpf_check(&prog, CBPF_SECCOMP, NULL, NULL);
		if (!cbpf_check(&prog, CBPF_SOCKET, NULL, NULL))
			run_both(&prog, packet, packet_len);
	}
	strbuf_fini(&out);
	free((void *)prog.insns);
	free(packet);
	return 0;
}
