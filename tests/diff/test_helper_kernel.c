/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers against the running kernel's: random sequences of calls with
 * arguments from the edges of their ranges, once as a program through the
 * kernel's test run, once called here. Results, the memory that they fill
 * and the packet must come out the same.
 *
 * Not compared: what the kernel's skb does once a packet has outgrown the 64
 * bytes of headroom that a test run gives it. Its transport header, unset
 * until then, is moved along and from then on limits skb_change_tail.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/helper.h"

#define STEPS_MAX	4
#define MEM_SIZE	32
#define ROUNDS		1500
#define XDP_ROOM	3776
#define SKB_ROOM	32768
#define SKB_HEADROOM	2048

/* Values to choose an argument from; memory arguments choose none. */
struct choice {
	uint64_t values[10];
	uint32_t cnt;
};

#define ONE_OF(...) { { __VA_ARGS__ }, \
	sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t) }
#define NEG(n)	(uint64_t)-(int64_t)(n)
#define OFFSETS ONE_OF(0, 1, 13, 20, 50, 60, 0xffff, 0x10000, 0x7fffffff, \
		       0xffffffff)
#define SIZES	ONE_OF(1, 2, 3, 4, 8, 14, 16, 32)
#define WORDS	ONE_OF(0, 4, 8, 16, 32, 6, 3, 31)
#define ANYTHING ONE_OF(0, 1, 0xffff, 0x10000, 0xffffffff, 0x01020304, \
			0xfffe0001, 0x1234)
#define MEM	{ { 0 }, 0 }

static const struct call {
	enum helper_id id;
	uint64_t progs;
	struct choice args[5];	/* r1 (when it is not the context) to r5 */
} calls[] = {
#define XDP	PROG_BIT(XDP)
#define TC	PROG_BIT(SCHED_CLS)
	{ HELPER_xdp_adjust_head, XDP, { MEM,
	  ONE_OF(NEG(217), NEG(216), NEG(100), NEG(4), 0, 4, 14, 40, 46, 200)
	} },
	{ HELPER_xdp_adjust_tail, XDP, { MEM,
	  ONE_OF(NEG(100), NEG(46), NEG(4), 0, 1, 64, 3000, 3456, 3457) } },
	{ HELPER_xdp_adjust_meta, XDP, { MEM,
	  ONE_OF(NEG(216), NEG(32), NEG(8), NEG(4), NEG(3), 0, 4, 8) } },
	{ HELPER_xdp_get_buff_len, XDP, { MEM } },
	{ HELPER_xdp_load_bytes, XDP, { MEM, OFFSETS, MEM, SIZES } },
	{ HELPER_xdp_store_bytes, XDP, { MEM, OFFSETS, MEM, SIZES } },
	{ HELPER_redirect, XDP | TC, { ONE_OF(1, 9999), ONE_OF(0, 1, 2) } },
	{ HELPER_csum_diff, XDP | TC, { MEM, WORDS, MEM, WORDS, ANYTHING } },
	{ HELPER_strtol, XDP | TC, { MEM, SIZES,
	  ONE_OF(0, 8, 10, 16, 7, 32), MEM } },
	{ HELPER_strtoul, XDP | TC, { MEM, SIZES,
	  ONE_OF(0, 8, 10, 16, 7, 32), MEM } },
	{ HELPER_trace_printk, XDP | TC, { MEM, ONE_OF(32), ANYTHING,
	  ANYTHING, ANYTHING } },
	{ HELPER_skb_load_bytes, TC, { MEM, OFFSETS, MEM, SIZES } },
	{ HELPER_skb_load_bytes_relative, TC, { MEM, OFFSETS, MEM, SIZES,
	  ONE_OF(0, 1, 2) } },
	{ HELPER_skb_store_bytes, TC, { MEM, OFFSETS, MEM, SIZES,
	  ONE_OF(0, 1, 2, 3, 4) } },
	{ HELPER_skb_pull_data, TC, { MEM,
	  ONE_OF(0, 14, 60, 1000, 0xffffffff) } },
	{ HELPER_skb_change_tail, TC, { MEM,
	  ONE_OF(0, 13, 14, 18, 60, 100, 1000, 3000, 16064, 16065),
	  ONE_OF(0, 0, 0, 1) } },
	{ HELPER_skb_change_head, TC, { MEM,
	  ONE_OF(0, 4, 14, 20000, 0xffffffff),
	  ONE_OF(0, 0, 0, 1) } },
	{ HELPER_skb_change_type, TC, { MEM, ONE_OF(0, 3, 4, 0xffffffff) } },
	{ HELPER_skb_vlan_push, TC, { MEM, ONE_OF(0, 0x81, 0xa888, 0x0008),
	  ONE_OF(0, 5, 0xffff, 0x10001) } },
	{ HELPER_skb_vlan_pop, TC, { MEM } },
	{ HELPER_l3_csum_replace, TC, { MEM, OFFSETS, ANYTHING, ANYTHING,
	  ONE_OF(0, 2, 4, 3, 0x12) } },
	{ HELPER_l4_csum_replace, TC, { MEM, OFFSETS, ANYTHING, ANYTHING,
	  ONE_OF(0, 2, 4, 0x12, 0x14, 0x22, 0x34, 0x62, 0x100) } },
	{ HELPER_csum_level, TC, { MEM, ONE_OF(0, 1, 1, 2, 3, 4) } },
	{ HELPER_csum_update, TC, { MEM, ANYTHING } },
	{ HELPER_skb_set_tstamp, TC, { MEM, ONE_OF(0, 77),
	  ONE_OF(0, 1, 2, 3) } },
	{ HELPER_set_hash, TC, { MEM, ONE_OF(5) } },
	{ HELPER_set_hash_invalid, TC, { MEM } },
	{ HELPER_redirect_peer, TC, { ONE_OF(1), ONE_OF(0, 1) } },
	{ HELPER_clone_redirect, TC, { MEM, ONE_OF(999999),
	  ONE_OF(0, 1, 2) } },
};

/* What the memory of a program holds when it starts: text, mostly. */
static const char *const texts[] = {
	"0x1f", " -12x", "017", "99999999999999999999", "-0", "0x", "  ",
	"%d %x %llu", "%5d|%-5u|%05x", "%c%c", "%p %px %pK", "%s|%s",
	"%pI4 %pi6", "%ps %pB", "%d%d%d%d", "%f", "%", "%%%d", "%hd", "%lld%",
	"%08lx", "%+d % d", "%pks", "%sx", "%pI5", "a\xc3\xa4", "a\ab", "%ld",
	"%l", "%i%X", "%-08d", "%pS!",
};

struct step {
	const struct call *call;
	uint64_t args[5];
};

struct trial {
	enum prog_type type;
	struct step steps[STEPS_MAX];
	uint32_t steps_cnt;
	char memory[2 * MEM_SIZE];
	uint8_t packet[1500];
	uint32_t len;
};

struct outcome {
	uint32_t ret;
	uint8_t packet[SKB_ROOM];
	uint32_t len;
};

static uint64_t seed = 0x5eed;

static uint32_t pick(uint32_t cnt)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 20) % cnt;
}

static bool is_memory(enum arg_kind kind)
{
	return (kind >= ARG_MEM && kind <= ARG_MEM_INOUT) ||
	       kind == ARG_LONG_OUT;
}

static bool is_context(enum arg_kind kind)
{
	return kind == ARG_CTX || kind == ARG_CTX_OR_BTF;
}

/* ---- making trials ---- */

static void make_step(struct trial *trial, struct step *step)
{
	do
		step->call = &calls[pick(ARRAY_SIZE(calls))];
	while (!(step->call->progs >> trial->type & 1));
	for (int i = 0; i < 5; i++) {
		const struct choice *choice = &step->call->args[i];

		step->args[i] = choice->cnt ?
				choice->values[pick(choice->cnt)] : 0;
	}
}

static void make_packet(struct trial *trial)
{
	static const uint16_t protocols[] = {
		ETH_P_IP, ETH_P_IPV6, ETH_P_8021Q, ETH_P_8021AD, ETH_P_ARP,
	};
	static const uint32_t lengths[] = { 15, 18, 34, 60, 64, 200, 1500 };

	for (uint32_t i = 0; i < sizeof(trial->packet); i++)
		trial->packet[i] = (uint8_t)pick(256);
	trial->len = lengths[pick(ARRAY_SIZE(lengths))];
	for (int at = 12; at < 24; at += 4) {
		uint16_t proto = protocols[pick(ARRAY_SIZE(protocols))];

		proto = htons(proto);
		memcpy(trial->packet + at, &proto, sizeof(proto));
	}
}

static void make_trial(struct trial *trial, enum prog_type type)
{
	memset(trial, 0, sizeof(*trial));
	trial->type = type;
	trial->steps_cnt = 1 + pick(STEPS_MAX);
	for (uint32_t i = 0; i < trial->steps_cnt; i++)
		make_step(trial, &trial->steps[i]);
	for (int i = 0; i < 2; i++) {
		const char *text = texts[pick(ARRAY_SIZE(texts))];

		memcpy(trial->memory + i * MEM_SIZE, text, strlen(text));
	}
	make_packet(trial);
}

/* ---- the kernel ---- */

struct text_of {
	struct bpf_insn insns[256];
	uint32_t cnt;
};

static void emit(struct text_of *text, uint8_t code, uint8_t dst, uint8_t src,
		 int16_t off, int32_t imm)
{
	text->insns[text->cnt++] = (struct bpf_insn){
		.code = code, .dst_reg = dst & 15, .src_reg = src & 15,
		.off = off, .imm = imm,
	};
}

static void emit_imm64(struct text_of *text, uint8_t dst, uint64_t value)
{
	emit(text, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (int32_t)value);
	emit(text, 0, 0, 0, 0, (int32_t)(value >> 32));
}

/* r7 = r7 * 31 + r0 */
static void emit_mix(struct text_of *text)
{
	emit(text, BPF_ALU64 | BPF_MUL | BPF_K, 7, 0, 0, 31);
	emit(text, BPF_ALU64 | BPF_ADD | BPF_X, 7, 0, 0, 0);
}

static void emit_step(struct text_of *text, const struct step *step)
{
	const struct helper_row *row = helper_row(step->call->id);
	int memory = 0;

	for (uint8_t i = 0; i < 5; i++) {
		uint8_t reg = i + 1;

		if (is_context(row->args[i])) {
			emit(text, BPF_ALU64 | BPF_MOV | BPF_X, reg, 6, 0, 0);
		} else if (is_memory(row->args[i])) {
			emit(text, BPF_ALU64 | BPF_MOV | BPF_X, reg, 10, 0,
			     0);
			emit(text, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0,
			     (memory++ - 2) * MEM_SIZE);
		} else {
			emit_imm64(text, reg, step->args[i]);
		}
	}
	emit(text, BPF_JMP | BPF_CALL, 0, 0, 0, (int32_t)step->call->id);
	emit_mix(text);
}

static void emit_trial(struct text_of *text, const struct trial *trial)
{
	emit(text, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	emit(text, BPF_ALU64 | BPF_MOV | BPF_K, 7, 0, 0, 0);
	for (int16_t i = 0; i < 2 * MEM_SIZE; i += 4) {
		int32_t word;

		memcpy(&word, trial->memory + i, sizeof(word));
		emit(text, BPF_ST | BPF_MEM | BPF_W, 10, 0,
		     (int16_t)(i - 2 * MEM_SIZE), word);
	}
	for (uint32_t i = 0; i < trial->steps_cnt; i++)
		emit_step(text, &trial->steps[i]);
	for (int16_t i = 0; i < 2 * MEM_SIZE; i += 8) {
		emit(text, BPF_LDX | BPF_MEM | BPF_DW, 0, 10,
		     (int16_t)(i - 2 * MEM_SIZE), 0);
		emit_mix(text);
	}
	emit(text, BPF_ALU64 | BPF_MOV | BPF_X, 0, 7, 0, 0);
	emit(text, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static char verifier_log[1 << 16];

static int load(const struct trial *trial)
{
	struct text_of text = { .cnt = 0 };
	union bpf_attr attr = {
		.prog_type = trial->type, .insns = (uintptr_t)text.insns,
		.license = (uintptr_t)"GPL", .log_level = 1,
		.log_buf = (uintptr_t)verifier_log,
		.log_size = sizeof(verifier_log),
	};

	emit_trial(&text, trial);
	attr.insn_cnt = text.cnt;
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* 0, or the errno of the load or of the run. */
static int run_in_kernel(const struct trial *trial, struct outcome *out)
{
	union bpf_attr attr = { 0 };
	int fd = load(trial), err;

	if (fd < 0)
		return errno;
	attr.test.prog_fd = (uint32_t)fd;
	attr.test.data_in = (uintptr_t)trial->packet;
	attr.test.data_size_in = trial->len;
	attr.test.data_out = (uintptr_t)out->packet;
	attr.test.data_size_out = sizeof(out->packet);
	err = syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) ?
	      errno : 0;
	close(fd);
	out->ret = attr.test.retval;
	out->len = attr.test.data_size_out;
	return err;
}

/* ---- here ---- */

static int no_such_port(void *arg, const struct packet *packet,
			uint32_t ifindex, uint64_t flags)
{
	return -EINVAL;
}

/* Arguments of %s are numbers here, and so no addresses. */
static size_t read_nothing(struct run *run, uint64_t addr, size_t len)
{
	return 0;
}

static void place_packet(const struct trial *trial, uint8_t *room,
			 struct packet *packet)
{
	bool xdp = trial->type == PROG_TYPE_XDP;
	uint32_t head = xdp ? PACKET_HEADROOM : SKB_HEADROOM;
	uint16_t proto;

	memset(room, 0, SKB_ROOM);
	memcpy(room + head, trial->packet, trial->len);
	memcpy(&proto, trial->packet + 12, sizeof(proto));
	*packet = (struct packet){
		.head = room, .data_meta = room + head, .data = room + head,
		.data_end = room + head + trial->len,
		.end = room + (xdp ? XDP_ROOM : SKB_ROOM),
		.len = trial->len, .wire_len = trial->len, .protocol = proto,
	};
}

static uint64_t do_step(struct run *run, const struct step *step,
			char *memory)
{
	const struct helper_row *row = helper_row(step->call->id);
	uint64_t args[5];
	int used = 0;

	for (int i = 0; i < 5; i++) {
		args[i] = step->args[i];
		if (is_context(row->args[i]))
			args[i] = (uintptr_t)run->ctx;
		else if (is_memory(row->args[i]))
			args[i] = (uintptr_t)(memory + used++ * MEM_SIZE);
	}
	return helper_function(step->call->id)(run, args[0], args[1], args[2],
					       args[3], args[4]);
}

static void run_here(const struct trial *trial, struct outcome *out)
{
	const struct run_host host = { .clone = no_such_port };
	struct prog prog = { .type = trial->type };
	static uint8_t room[SKB_ROOM];
	char memory[2 * MEM_SIZE];
	struct packet packet;
	struct run run = {
		.prog = &prog, .ctx = &packet, .packet = &packet,
		.host = &host, .readable = read_nothing,
	};
	uint64_t mix = 0, word;

	place_packet(trial, room, &packet);
	memcpy(memory, trial->memory, sizeof(memory));
	for (uint32_t i = 0; i < trial->steps_cnt; i++)
		mix = mix * 31 + do_step(&run, &trial->steps[i], memory);
	for (int i = 0; i < 2 * MEM_SIZE; i += 8) {
		memcpy(&word, memory + i, sizeof(word));
		mix = mix * 31 + word;
	}
	out->ret = (uint32_t)mix;
	out->len = (uint32_t)(packet.data_end - packet.data_meta);
	memcpy(out->packet, packet.data_meta, out->len);
}

/* ---- both ---- */

static void show(const struct trial *trial, const struct outcome *kernel,
		 const struct outcome *here)
{
	printf("differs: %s, %u bytes, memory \"%s\" \"%s\"\n",
	       prog_row(trial->type)->name, trial->len, trial->memory,
	       trial->memory + MEM_SIZE);
	for (uint32_t i = 0; i < trial->steps_cnt; i++) {
		const struct step *step = &trial->steps[i];

		printf("  %s(", helper_row(step->call->id)->name);
		for (int a = 0; a < 5; a++)
			printf("%s0x%llx", a ? ", " : "",
			       (unsigned long long)step->args[a]);
		printf(")\n");
	}
	printf("  kernel 0x%x, %u bytes; here 0x%x, %u bytes; packet %s\n",
	       kernel->ret, kernel->len, here->ret, here->len,
	       memcmp(kernel->packet, here->packet, kernel->len) ? "differs" :
								   "equal");
}

/* Metadata in front is given out by the kernel only when an edge moved. */
static bool equal(const struct outcome *a, const struct outcome *b)
{
	return a->ret == b->ret && a->len == b->len &&
	       memcmp(a->packet, b->packet, a->len) == 0;
}

static int compare(enum prog_type type)
{
	static struct outcome kernel, here;
	uint32_t ran = 0, differ = 0;
	struct trial trial;

	for (int i = 0; i < ROUNDS; i++) {
		int err;

		make_trial(&trial, type);
		err = run_in_kernel(&trial, &kernel);
		if (err == EPERM) {
			puts("skipped: loading programs needs root");
			return 77;
		}
		if (err)
			continue;	/* a header of less than its size */
		ran++;
		run_here(&trial, &here);
		if (!equal(&kernel, &here) && differ++ < 5)
			show(&trial, &kernel, &here);
	}
	printf("%s: %u sequences, %u differ\n", prog_row(type)->name, ran,
	       differ);
	return differ || ran < ROUNDS * 3 / 4;
}

int main(void)
{
	int xdp = compare(PROG_TYPE_XDP);

	if (xdp == 77)
		return 77;
	return xdp + compare(PROG_TYPE_SCHED_CLS) != 0;
}
