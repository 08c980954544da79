/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic BPF against the kernel: what it accepts, what filters return on
 * packets of a loopback device in a network namespace of our own, the same
 * through the conversion to eBPF, and seccomp's dialect in child processes.
 */
#include "../unit/cmocka_all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/str.h"
#include "cbpf/cbpf.h"
#include "cbpf_frames.h"

#define SKIPPED		77
#define PROGRAMS	3000
#define SECCOMP_PROGRAMS 400

static int sender, raw, cooked;		/* sockets on lo */

static void bring_lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		perror("lo");
	close(fd);
}

static int packet_socket(int type, int protocol)
{
	const struct sockaddr_ll lo = {
		.sll_family = AF_PACKET, .sll_protocol = htons(protocol),
		.sll_ifindex = LO,
	};
	int fd = socket(AF_PACKET, type | SOCK_NONBLOCK, 0), yes = 1;

	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes));
	if (bind(fd, (const struct sockaddr *)&lo, sizeof(lo)))
		return -1;
	return fd;
}

static bool set_up(void)
{
	uint32_t mark = MARK;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	if (unshare(CLONE_NEWNET))
		return false;
	bring_lo_up();
	sender = packet_socket(SOCK_RAW, 0);
	raw = packet_socket(SOCK_RAW, ETH_P_ALL);
	cooked = packet_socket(SOCK_DGRAM, ETH_P_ALL);
	return sender >= 0 && raw >= 0 && cooked >= 0 &&
	       !setsockopt(sender, SOL_SOCKET, SO_MARK, &mark, sizeof(mark));
}

static bool attach_classic(int fd, const struct cbpf *prog)
{
	struct sock_fprog fprog = { (unsigned short)prog->cnt,
				    (struct sock_filter *)prog->insns };

	return !setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog,
			   sizeof(fprog));
}

/* Bytes that the socket keeps of the frame, 0 when it drops it. */
static uint32_t kept(int fd, const struct frame *frame)
{
	static char text[65536];
	ssize_t len;

	while (recv(fd, text, sizeof(text), 0) >= 0)
		;
	assert_int_equal(send(sender, frame->text, frame->len, 0),
			 frame->len);
	len = recv(fd, text, sizeof(text), 0);
	return len < 0 ? 0 : (uint32_t)len;
}

static void explain(const struct cbpf *prog, uint32_t want, uint32_t got,
		    const char *what)
{
	struct strbuf out = STRBUF_INIT;

	cbpf_print(&out, prog, CBPF_LISTING);
	cbpf_print(&out, prog, CBPF_NUMBERS);
	fail_msg("%s: %u, not %u:\n%s", what, got, want, strbuf_str(&out));
}

static int load_ebpf(const struct bpf_insn *insns, size_t cnt)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)insns,
		.insn_cnt = (uint32_t)cnt,
		.license = (uintptr_t)"Apache-2.0",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void check_ebpf(int fd, const struct cbpf *prog, uint32_t want,
		       const struct frame *frame, int net_off)
{
	const struct cbpf_convert_options options = {
		ARPHRD_LOOPBACK, net_off,
	};
	const struct bpf_insn *insns;
	struct arena arena;
	uint32_t got;
	size_t cnt;
	int ebpf;

	arena_init(&arena);
	assert_int_equal(cbpf_convert(prog, &options, &arena, &insns, &cnt,
				      NULL), 0);
	ebpf = load_ebpf(insns, cnt);
	arena_fini(&arena);
	if (ebpf < 0)
		explain(prog, 0, (uint32_t)errno, "the verifier's errno");
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &ebpf,
				    sizeof(ebpf)), 0);
	close(ebpf);
	got = kept(fd, frame);
	if (got != want)
		explain(prog, want, got, "eBPF");
}

static void filters_equal_the_kernels(void **state)
{
	struct rng rng = { 0x9e3779b97f4a7c15 };
	struct sock_filter insns[RANDOM_MAX];
	uint32_t accepted = 0, zero = 0;

	for (uint32_t i = 0; i < PROGRAMS; i++) {
		struct cbpf prog = random_program(&rng, insns);
		bool is_raw = rng_below(&rng, 2);
		int fd = is_raw ? raw : cooked;
		bool good = !cbpf_check(&prog, CBPF_SOCKET, NULL, NULL);
		struct frame sent, seen;
		struct cbpf_packet packet;
		uint32_t want, got;

		if (attach_classic(fd, &prog) != good)
			explain(&prog, good, !good, "accepted");
		if (!good)
			continue;
		accepted++;
		frame_init(&sent, &rng);
		seen = sent;
		packet = as_received(&seen, is_raw);
		want = MIN(cbpf_run(&prog, &packet), packet.len);
		got = kept(fd, &sent);
		if (got != want)
			explain(&prog, want, got, "classic");
		zero += !want;
		check_ebpf(fd, &prog, want, &sent, packet.net_off);
	}
	print_message("%u accepted of %u, %u returned 0\n", accepted,
		      PROGRAMS, zero);
	assert_true(accepted > PROGRAMS / 2 && zero < accepted / 2);
}

/* Each ancillary load alone, so that none hides behind random code. */
static void ancillary_loads_equal_the_kernels(void **state)
{
	struct rng rng = { 42 };

	for (uint32_t what = 0; what < CBPF_AD_CNT; what++) {
		for (int round = 0; round < 40; round++) {
			struct sock_filter insns[RANDOM_MAX] = {
				BPF_STMT(BPF_LD | BPF_IMM,
					 rng_below(&rng, 70) * 4),
				BPF_STMT(BPF_LDX | BPF_IMM,
					 rng_below(&rng, 80)),
				BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					 (uint32_t)SKF_AD_OFF + 4 * what),
			};
			struct cbpf prog = { insns,
				3 + random_fold(insns + 3, 0) };
			bool is_raw = rng_below(&rng, 2);
			int fd = is_raw ? raw : cooked;
			struct cbpf_packet packet;
			struct frame sent, seen;
			uint32_t want, got;

			if (what == CBPF_AD_RANDOM)
				continue;
			frame_init(&sent, &rng);
			seen = sent;
			packet = as_received(&seen, is_raw);
			assert_true(attach_classic(fd, &prog));
			want = cbpf_run(&prog, &packet);
			got = kept(fd, &sent);
			if (got != want)
				explain(&prog, want, got, "classic");
			check_ebpf(fd, &prog, want, &sent, packet.net_off);
		}
	}
}

#define TEST_SYSCALL	5000

static const struct seccomp_data call = {
	.nr = TEST_SYSCALL,
#ifdef __x86_64__
	.arch = AUDIT_ARCH_X86_64,
#elif defined(__aarch64__)
	.arch = AUDIT_ARCH_AARCH64,
#endif
	.args = { 0x1122334455667788, 2, 0xfffffffffffffffd, 4,
		  0x8000000000000000, 6 },
};

static int set_filter(const struct cbpf *prog, unsigned int flags)
{
	struct sock_fprog fprog = { (unsigned short)prog->cnt,
				    (struct sock_filter *)prog->insns };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
			    &fprog);
}

/*
 * A listener cannot be made without a file descriptor, which is found out
 * after the check and before the filter counts: EMFILE means accepted.
 */
static int seccomp_verdict(const struct cbpf *prog)
{
	set_filter(prog, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	return errno == EMFILE ? 0 : errno;
}

static int seccomp_errno(const struct cbpf *prog)
{
	if (set_filter(prog, 0))
		return 255;
	syscall(TEST_SYSCALL, call.args[0], call.args[1], call.args[2],
		call.args[3], call.args[4], call.args[5]);
	return errno;
}

/* What `probe` returns in a child, -1 when the filter killed it. */
static int in_child(const struct cbpf *prog,
		    int (*probe)(const struct cbpf *prog))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		const struct rlimit none = { 0, 0 };

		if (probe == seccomp_verdict)
			setrlimit(RLIMIT_NOFILE, &none);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(probe(prog));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Loads of what the caller cannot know; killing returns are kept out. */
static void tame(struct sock_filter *insn, struct rng *rng)
{
	if (insn->code == (BPF_LD | BPF_W | BPF_ABS)) {
		insn->k = rng_below(rng, 17) * 4 + !rng_below(rng, 60);
		if (insn->k == offsetof(struct seccomp_data,
					instruction_pointer) ||
		    insn->k == offsetof(struct seccomp_data,
					instruction_pointer) + 4)
			insn->k = 0;
	}
	if (BPF_CLASS(insn->code) == BPF_RET)
		*insn = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0);
	if (insn->code < 0x100 && cbpf_op(insn->code) != CBPF_INVALID &&
	    !cbpf_rows[cbpf_op(insn->code)].seccomp && rng_below(rng, 80))
		*insn = (struct sock_filter)BPF_STMT(BPF_LD | BPF_LEN, 0);
}

static struct cbpf random_seccomp(struct rng *rng, struct sock_filter *insns)
{
	uint32_t body = 1 + rng_below(rng, RANDOM_BODY);
	size_t cnt = 0;

	insns[cnt++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						    0);
	insns[cnt++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, TEST_SYSCALL, 1, 0);
	insns[cnt++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						    SECCOMP_RET_ALLOW);
	insns[cnt++] = (struct sock_filter)BPF_STMT(BPF_ST, 0);
	for (uint32_t i = 0; i < body; i++) {
		insns[cnt] = random_insn(rng, body - i);
		tame(&insns[cnt++], rng);
	}
	cnt += random_fold(insns + cnt, SECCOMP_RET_ERRNO);
	insns[cnt - 4].k = 0x7f;
	return (struct cbpf){ insns, cnt };
}

static void seccomp_filters_equal_the_kernels(void **state)
{
	struct rng rng = { 7 };
	struct sock_filter insns[RANDOM_MAX];
	uint32_t accepted = 0;

	for (uint32_t i = 0; i < SECCOMP_PROGRAMS; i++) {
		struct cbpf prog = random_seccomp(&rng, insns);
		int err = cbpf_check(&prog, CBPF_SECCOMP, NULL, NULL), got;
		uint32_t want;

		got = in_child(&prog, seccomp_verdict);
		if (got != -err)
			explain(&prog, (uint32_t)-err, (uint32_t)got,
				"seccomp's check");
		if (err)
			continue;
		accepted++;
		want = cbpf_run_seccomp(&prog, &call);
		got = in_child(&prog, seccomp_errno);
		if (got != (want ? (int)(want & 0xff) : -1))
			explain(&prog, want & 0xff, (uint32_t)got, "seccomp");
	}
	print_message("%u accepted of %u\n", accepted, SECCOMP_PROGRAMS);
	assert_true(accepted > SECCOMP_PROGRAMS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ancillary_loads_equal_the_kernels),
		cmocka_unit_test(filters_equal_the_kernels),
		cmocka_unit_test(seccomp_filters_equal_the_kernels),
	};

	if (geteuid() != 0 || !set_up()) {
		printf("skipped: needs root and a network namespace\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
