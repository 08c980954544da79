/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbpf/: what is accepted, what it does, how it is printed and read back.
 * tests/diff/test_cbpf_kernel.c holds the same to the kernel.
 */
#include "cmocka_all.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/seccomp.h>
#ifdef HAVE_PCAP
#include <pcap/pcap.h>
#endif

#include "base/endian.h"
#include "base/str.h"
#include "cbpf/cbpf.h"

#define INSNS_MAX	8
#define AD(what)	((uint32_t)SKF_AD_OFF + SKF_AD_##what)

#define STMT		BPF_STMT
#define JUMP		BPF_JUMP
#define RET(k)		BPF_STMT(BPF_RET | BPF_K, k)
#define RET_A		BPF_STMT(BPF_RET | BPF_A, 0)

static void remember_id(void *arg, const struct skep_diag *diag)
{
	str_copy(arg, 64, diag->id);
}

static void checks_are_the_kernels(void **state)
{
	static const struct {
		enum cbpf_dialect dialect;
		size_t cnt;
		const char *id;		/* NULL: accepted */
		struct sock_filter insns[INSNS_MAX];
	} cases[] = {
		{ CBPF_SOCKET, 1, NULL, { RET(1) } },
		{ CBPF_SOCKET, 0, "cbpf-length", { RET(1) } },
		{ CBPF_SOCKET, 1, "cbpf-end", { STMT(BPF_LD | BPF_IMM, 1) } },
		{ CBPF_SOCKET, 2, "cbpf-opcode",
		  { STMT(0x0e, 1), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-opcode",
		  { STMT(0x1020, 1), RET(1) } },
		{ CBPF_SOCKET, 1, "cbpf-opcode", { STMT(0x0e, 0) } },
		{ CBPF_SOCKET, 2, "cbpf-divisor",
		  { STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-divisor",
		  { STMT(BPF_ALU | BPF_MOD | BPF_K, 0), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-shift",
		  { STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RET(1) } },
		{ CBPF_SOCKET, 2, NULL,
		  { STMT(BPF_ALU | BPF_RSH | BPF_K, 31), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-cell", { STMT(BPF_ST, 16), RET(1) } },
		{ CBPF_SOCKET, 2, NULL, { STMT(BPF_STX, 15), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-unset",
		  { STMT(BPF_LD | BPF_MEM, 0), RET(1) } },
		{ CBPF_SOCKET, 3, NULL,
		  { STMT(BPF_ST, 0), STMT(BPF_LDX | BPF_MEM, 0), RET(1) } },
		{ CBPF_SOCKET, 4, "cbpf-unset",
		  { JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		    STMT(BPF_ST, 3), STMT(BPF_LD | BPF_MEM, 3), RET_A } },
		{ CBPF_SOCKET, 2, "cbpf-jump",
		  { STMT(BPF_JMP | BPF_JA, 1), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-jump",
		  { STMT(BPF_JMP | BPF_JA, 0xffffffff), RET(1) } },
		{ CBPF_SOCKET, 2, NULL,
		  { STMT(BPF_JMP | BPF_JA, 0), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-jump",
		  { JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 1), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-ancillary",
		  { STMT(BPF_LD | BPF_W | BPF_ABS, AD(MAX)), RET(1) } },
		{ CBPF_SOCKET, 2, "cbpf-ancillary",
		  { STMT(BPF_LD | BPF_H | BPF_ABS, AD(MARK) + 1), RET(1) } },
		{ CBPF_SOCKET, 2, NULL,
		  { STMT(BPF_LD | BPF_B | BPF_ABS, AD(VLAN_TPID)), RET(1) } },
		{ CBPF_SECCOMP, 2, NULL,
		  { STMT(BPF_LD | BPF_W | BPF_ABS, 60), RET_A } },
		{ CBPF_SECCOMP, 2, "cbpf-seccomp-load",
		  { STMT(BPF_LD | BPF_W | BPF_ABS, 64), RET_A } },
		{ CBPF_SECCOMP, 2, "cbpf-seccomp-load",
		  { STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET_A } },
		{ CBPF_SECCOMP, 2, "cbpf-seccomp-opcode",
		  { STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET_A } },
		{ CBPF_SECCOMP, 2, "cbpf-seccomp-opcode",
		  { STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RET_A } },
		{ CBPF_SECCOMP, 2, "cbpf-seccomp-load",
		  { STMT(BPF_LD | BPF_W | BPF_ABS, AD(CPU)), RET_A } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cbpf prog = { cases[i].insns, cases[i].cnt };
		char id[64] = "";
		struct diag_sink sink = { remember_id, id, 0 };
		int err = cbpf_check(&prog, cases[i].dialect, NULL, &sink);

		assert_string_equal(id, cases[i].id ? cases[i].id : "");
		assert_int_equal(err, cases[i].id ? -EINVAL : 0);
	}
}

static void long_filters_are_refused(void **state)
{
	static struct sock_filter insns[BPF_MAXINSNS + 1];
	struct cbpf prog = { insns, BPF_MAXINSNS };

	for (size_t i = 0; i < ARRAY_SIZE(insns); i++)
		insns[i] = (struct sock_filter)RET(0);
	assert_int_equal(cbpf_check(&prog, CBPF_SOCKET, NULL, NULL), 0);
	prog.cnt++;
	assert_int_equal(cbpf_check(&prog, CBPF_SOCKET, NULL, NULL), -EINVAL);
}

/* Eight bytes that a header precedes: link layer at -4, network at -2. */
static const uint8_t bytes[12] = {
	0xa0, 0xa1, 0xb0, 0xb1, 1, 2, 3, 4, 5, 6, 7, 0xf8,
};
static const struct cbpf_packet small = {
	.data = bytes + 4, .len = 8, .wire_len = 90, .lead = 4,
	.net_off = -2, .ll_off = -4,
	.ancillary = { [CBPF_AD_PROTOCOL] = 0x88cc, [CBPF_AD_IFINDEX] = 3,
		       [CBPF_AD_HATYPE] = 772, [CBPF_AD_RANDOM] = 99 },
};

#define NET(off)	((uint32_t)SKF_NET_OFF + (off))
#define LL(off)		((uint32_t)SKF_LL_OFF + (off))

static void instructions_do_what_they_say(void **state)
{
	static const struct {
		uint32_t result;
		struct sock_filter insns[INSNS_MAX];
	} cases[] = {
		{ 0x01020304, { STMT(BPF_LD | BPF_W | BPF_ABS, 0), RET_A } },
		{ 0x050607f8, { STMT(BPF_LD | BPF_W | BPF_ABS, 4), RET_A } },
		{ 0, { STMT(BPF_LD | BPF_W | BPF_ABS, 5), RET(9) } },
		{ 0x07f8, { STMT(BPF_LD | BPF_H | BPF_ABS, 6), RET_A } },
		{ 0, { STMT(BPF_LD | BPF_H | BPF_ABS, 7), RET(9) } },
		{ 0xf8, { STMT(BPF_LD | BPF_B | BPF_ABS, 7), RET_A } },
		{ 0, { STMT(BPF_LD | BPF_B | BPF_ABS, 0x7fffffff), RET(9) } },
		{ 0xb0b1, { STMT(BPF_LD | BPF_H | BPF_ABS, NET(0)), RET_A } },
		{ 0xa0a1, { STMT(BPF_LD | BPF_H | BPF_ABS, LL(0)), RET_A } },
		{ 0xb0b10102,
		  { STMT(BPF_LD | BPF_W | BPF_ABS, LL(2)), RET_A } },
		{ 0, { STMT(BPF_LD | BPF_B | BPF_ABS, NET(10)), RET(9) } },
		{ 0, { STMT(BPF_LD | BPF_B | BPF_ABS, LL(-1)), RET(9) } },
		{ 4, { STMT(BPF_LDX | BPF_IMM, 1),
		       STMT(BPF_LD | BPF_B | BPF_IND, 2), RET_A } },
		{ 1, { STMT(BPF_LDX | BPF_IMM, 5),
		       STMT(BPF_LD | BPF_B | BPF_IND, -5), RET_A } },
		{ 0xb1, { STMT(BPF_LDX | BPF_IMM, 1),
			  STMT(BPF_LD | BPF_B | BPF_IND, NET(0)), RET_A } },
		{ 32, { STMT(BPF_LDX | BPF_B | BPF_MSH, 7),
			STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
		{ 0, { STMT(BPF_LDX | BPF_B | BPF_MSH, 8), RET(9) } },
		{ 90, { STMT(BPF_LD | BPF_LEN, 0), RET_A } },
		{ 90, { STMT(BPF_LDX | BPF_LEN, 0),
			STMT(BPF_ALU | BPF_OR | BPF_X, 0), RET_A } },
		{ 7, { STMT(BPF_LD | BPF_IMM, 7), STMT(BPF_ST, 15),
		       STMT(BPF_LDX | BPF_MEM, 15), STMT(BPF_LD | BPF_IMM, 1),
		       STMT(BPF_MISC | BPF_TXA, 0), RET_A } },
		{ 0xfffffffe, { STMT(BPF_LD | BPF_IMM, 2),
				STMT(BPF_ALU | BPF_NEG, 0), RET_A } },
		{ 0x80000000, { STMT(BPF_LD | BPF_IMM, 1),
				STMT(BPF_LDX | BPF_IMM, 63),
				STMT(BPF_ALU | BPF_LSH | BPF_X, 0), RET_A } },
		{ 0, { STMT(BPF_LD | BPF_IMM, 1),
		       STMT(BPF_ALU | BPF_DIV | BPF_X, 0), RET(9) } },
		{ 0, { STMT(BPF_ALU | BPF_MOD | BPF_X, 0), RET(9) } },
		{ 0x7fffffff, { STMT(BPF_LD | BPF_IMM, 0xffffffff),
				STMT(BPF_ALU | BPF_DIV | BPF_K, 2), RET_A } },
		{ 1, { STMT(BPF_LD | BPF_IMM, 0x80000000),
		       JUMP(BPF_JMP | BPF_JGT | BPF_K, 0x7fffffff, 0, 1),
		       RET(1), RET(2) } },
		{ 2, { STMT(BPF_LD | BPF_IMM, 6),
		       JUMP(BPF_JMP | BPF_JSET | BPF_K, 9, 0, 1),
		       RET(1), RET(2) } },
		{ 3, { STMT(BPF_JMP | BPF_JA, 1), RET(1), RET(3) } },
		{ 0x88cc, { STMT(BPF_LD | BPF_H | BPF_ABS, AD(PROTOCOL)),
			    RET_A } },
		{ 772, { STMT(BPF_LD | BPF_W | BPF_ABS, AD(HATYPE)), RET_A } },
		{ 99, { STMT(BPF_LD | BPF_W | BPF_ABS, AD(RANDOM)), RET_A } },
		{ 0x0f, { STMT(BPF_LD | BPF_IMM, 0x0a),
			  STMT(BPF_LDX | BPF_IMM, 0x05),
			  STMT(BPF_LD | BPF_W | BPF_ABS, AD(ALU_XOR_X)),
			  RET_A } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cbpf prog = { cases[i].insns, INSNS_MAX };

		while (!prog.insns[prog.cnt - 1].code)
			prog.cnt--;
		assert_int_equal(cbpf_check(&prog, CBPF_SOCKET, NULL, NULL),
				 0);
		if (cbpf_run(&prog, &small) != cases[i].result)
			fail_msg("case %zu: %#x", i, cbpf_run(&prog, &small));
	}
}

static void no_device_ends_the_filter_with_a(void **state)
{
	struct sock_filter insns[] = {
		STMT(BPF_LD | BPF_IMM, 42),
		STMT(BPF_LD | BPF_W | BPF_ABS, AD(IFINDEX)), RET(9),
	};
	struct cbpf_packet packet = small;
	struct cbpf prog = { insns, ARRAY_SIZE(insns) };

	packet.ancillary[CBPF_AD_IFINDEX] = 0;
	assert_int_equal(cbpf_run(&prog, &packet), 42);
	insns[1].k = AD(HATYPE);
	assert_int_equal(cbpf_run(&prog, &packet), 42);
}

static void seccomp_reads_host_order(void **state)
{
	const struct sock_filter insns[] = {
		STMT(BPF_LD | BPF_W | BPF_ABS,
		     offsetof(struct seccomp_data, args[1]) + 4),
		STMT(BPF_MISC | BPF_TAX, 0),
		STMT(BPF_LD | BPF_LEN, 0),
		STMT(BPF_ALU | BPF_ADD | BPF_X, 0), RET_A,
	};
	const struct cbpf prog = { insns, ARRAY_SIZE(insns) };
	const struct seccomp_data data = { .args[1] = 0x1200000000 };

	assert_int_equal(cbpf_check(&prog, CBPF_SECCOMP, NULL, NULL), 0);
	assert_int_equal(cbpf_run_seccomp(&prog, &data), 0x12 + 64);
}

static void put_attr(uint8_t *at, uint16_t len, uint16_t type)
{
	put_u16(at, len);
	put_u16(at + 2, type);
}

static void attributes_are_found(void **state)
{
	uint8_t text[40] = { 0 };
	const struct cbpf_packet packet = { .data = text, .len = 38 };

	put_attr(text + 4, 7, 1);		/* padded to 8 */
	put_attr(text + 12, 16, 0x8002);	/* nested, flag in the type */
	put_attr(text + 16, 4, 3);
	put_attr(text + 20, 8, 4);
	put_attr(text + 28, 11, 5);		/* runs over the end */
	assert_int_equal(cbpf_nlattr(&packet, 4, 1), 4);
	assert_int_equal(cbpf_nlattr(&packet, 4, 2), 12);
	assert_int_equal(cbpf_nlattr(&packet, 4, 3), 0);
	assert_int_equal(cbpf_nlattr(&packet, 4, 5), 0);
	assert_int_equal(cbpf_nlattr(&packet, 34, 0), 0);
	assert_int_equal(cbpf_nlattr(&packet, 35, 0), 0);
	assert_int_equal(cbpf_nlattr(&packet, 0xffffffff, 0), 0);
	assert_int_equal(cbpf_nlattr_nest(&packet, 12, 4), 20);
	assert_int_equal(cbpf_nlattr_nest(&packet, 12, 5), 0);
	assert_int_equal(cbpf_nlattr_nest(&packet, 28, 5), 0);
}

static void payload_begins_after_the_headers(void **state)
{
	static const struct {
		uint32_t off;
		uint16_t proto;
		uint32_t len;
		uint8_t text[64];
	} cases[] = {
		{ 28, ETH_P_IP, 60, { 0x45, [9] = 17 } },
		{ 44, ETH_P_IP, 60, { 0x45, [9] = 6, [32] = 0x60 } },
		{ 40, ETH_P_IP, 60, { 0x45, [9] = 6, [32] = 0x10 } },
		{ 20, ETH_P_IP, 30, { 0x45, [9] = 6, [32] = 0x60 } },
		{ 0, ETH_P_IP, 60, { 0x44, [9] = 17 } },
		{ 0, ETH_P_IP, 19, { 0x45, [9] = 17 } },
		{ 20, ETH_P_IP, 60, { 0x45, [7] = 1, [9] = 17 } },
		{ 28, ETH_P_IP, 60, { 0x45, [6] = 0x20, [9] = 17 } },
		{ 32, ETH_P_8021Q, 60, { [2] = 8, 0, 0x45, [13] = 17 } },
		{ 48, ETH_P_IPV6, 60, { 0x60, [6] = 58 } },
		{ 64, ETH_P_IPV6, 64, { 0x60, [6] = 0, [40] = 17, 1 } },
		{ 48, ETH_P_IPV6, 60, { 0x60, [6] = 44, [40] = 6, 0, 0, 8 } },
		{ 48, ETH_P_IP, 60, { 0x45, [9] = 4, [20] = 0x45,
				      [29] = 17 } },
		{ 0, ETH_P_ARP, 60, { 0 } },
		{ 0, 0x1234, 60, { 0 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cbpf_packet packet = {
			.data = cases[i].text, .len = cases[i].len,
			.ancillary[CBPF_AD_PROTOCOL] = cases[i].proto,
		};

		if (cbpf_pay_offset(&packet) != cases[i].off)
			fail_msg("case %zu: %u", i, cbpf_pay_offset(&packet));
	}
}

#ifdef HAVE_PCAP
static void check_line(const struct sock_filter *insn, size_t at)
{
	static struct sock_filter insns[1024];
	struct bpf_insn same = { insn->code, insn->jt, insn->jf, insn->k };
	const char *want = bpf_image(&same, (int)at), *line;
	struct strbuf out = STRBUF_INIT;

	insns[at] = *insn;
	cbpf_print(&out, &(struct cbpf){ insns, at + 1 }, CBPF_LISTING);
	strbuf_str(&out);
	out.text[out.len - 1] = '\0';
	line = strrchr(out.text, '\n');
	assert_string_equal(line ? line + 1 : out.text, want);
	strbuf_fini(&out);
}

/* "ldx #pktlen" is the one instruction that libpcap cannot name. */
static void listing_equals_libpcaps(void **state)
{
	static const uint32_t ks[] = {
		0, 1, 80, 0x7fffffff, 0x80000000, 0xffffffff, 0xfff00000,
		0xffe00004, AD(PROTOCOL), AD(CPU) + 1, AD(MAX),
	};

	for (uint32_t code = 0; code < 0x200; code++)
		for (size_t i = 0; i < ARRAY_SIZE(ks) && code != 0x81; i++)
			check_line(&(struct sock_filter){ (uint16_t)code, 2,
				   255, ks[i] }, i * 99);
	for (uint32_t k = AD(PROTOCOL); k <= AD(MAX) + 8; k++)
		check_line(&(struct sock_filter){ 0x28, 0, 0, k }, 0);
}

static void expressions_compile(void **state)
{
	struct cbpf_compile_options options = { "EN10MB", 262144, true };
	struct diag_sink sink = { 0 };
	char id[64] = "";
	struct arena arena;
	struct cbpf prog = { NULL, 0 };

	sink.fn = remember_id;
	sink.arg = id;
	arena_init(&arena);
	assert_int_equal(cbpf_compile("tcp port 80", &options, &arena, &prog,
				      &sink), 0);
	assert_int_equal(cbpf_check(&prog, CBPF_SOCKET, NULL, &sink), 0);
	assert_int_equal(cbpf_compile("tcp prt 80", &options, &arena, &prog,
				      &sink), -EINVAL);
	assert_string_equal(id, "cbpf-expression");
	options.linktype = "NOTHING";
	assert_int_equal(cbpf_compile("tcp", &options, &arena, &prog, &sink),
			 -EINVAL);
	arena_fini(&arena);
}
#endif

static void printed_filters_are_read_back(void **state)
{
	static const struct sock_filter insns[] = {
		STMT(BPF_LD | BPF_W | BPF_ABS, AD(MARK)),
		JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff, 1, 0),
		RET(0), RET(0x40000),
	};
	const struct cbpf prog = { insns, ARRAY_SIZE(insns) };

	for (enum cbpf_format f = CBPF_C_ARRAY; f <= CBPF_NUMBERS; f++) {
		struct strbuf out = STRBUF_INIT;
		struct cbpf back = { NULL, 0 };
		struct arena arena;

		arena_init(&arena);
		cbpf_print(&out, &prog, f);
		assert_int_equal(cbpf_parse(strbuf_str(&out), NULL, &arena,
					    &back, NULL), 0);
		assert_int_equal(back.cnt, prog.cnt);
		assert_memory_equal(back.insns, insns, sizeof(insns));
		strbuf_fini(&out);
		arena_fini(&arena);
	}
}

static void remember_place(void *arg, const struct skep_diag *diag)
{
	uint32_t *place = arg;

	place[0] = diag->line;
	place[1] = diag->column;
}

static void bad_text_is_refused_where_it_is_bad(void **state)
{
	static const struct {
		const char *text;
		uint32_t line, column;
	} cases[] = {
		{ "", 1, 1 },
		{ "2\n6 0 0 0\n", 3, 1 },
		{ "1\n6 0 0 0\n6 0 0 0\n", 4, 1 },
		{ "1\n6 0 256 0\n", 2, 5 },
		{ "1\n65536 0 0 0\n", 2, 1 },
		{ "1\n6 0 0 4294967296\n", 2, 7 },
		{ "1\n6 0 x 0\n", 2, 5 },
		{ "4097\n", 1, 1 },
		{ "1\n6 0 0\n", 3, 1 },
		{ "{ 0x6, 0, 0 0 },\n", 1, 13 },
		{ "{ 0x6, 0, 0, 0x1 \n# end", 2, 6 },
		{ "{ 0x6, 0, 0, 0x1 }, 7", 1, 21 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t place[2] = { 0 };
		struct diag_sink sink = { remember_place, place, 0 };
		struct cbpf out = { NULL, 77 };
		struct arena arena;

		arena_init(&arena);
		assert_int_equal(cbpf_parse(cases[i].text, NULL, &arena, &out,
					    &sink), -EINVAL);
		assert_int_equal(out.cnt, 77);
		if (place[0] != cases[i].line || place[1] != cases[i].column)
			fail_msg("case %zu: %u:%u", i, place[0], place[1]);
		arena_fini(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_are_the_kernels),
		cmocka_unit_test(long_filters_are_refused),
		cmocka_unit_test(instructions_do_what_they_say),
		cmocka_unit_test(no_device_ends_the_filter_with_a),
		cmocka_unit_test(seccomp_reads_host_order),
		cmocka_unit_test(attributes_are_found),
		cmocka_unit_test(payload_begins_after_the_headers),
#ifdef HAVE_PCAP
		cmocka_unit_test(listing_equals_libpcaps),
		cmocka_unit_test(expressions_compile),
#endif
		cmocka_unit_test(printed_filters_are_read_back),
		cmocka_unit_test(bad_text_is_refused_where_it_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
