/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running kernel's word on every program of the objects named, one JSON
 * line each:
 *
 *	{"object","program","type","verdict","errno","insns","usec","expect",
 *	 "flags","log"}
 *
 * "verdict" is accepted, rejected (the verifier said no), or skipped: the
 * program did not get as far as the verifier; "log" then says why. "expect"
 * is what the source says of it in the way of the kernel's selftests.
 * Each object has a process of its own, since maps and probes may be refused
 * in many ways.
 *
 * With UNPRIVILEGED in the environment, the loader has no capabilities: only
 * programs of the types that are open to such are asked, and the sysctl
 * kernel.unprivileged_bpf_disabled has to be 0.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG_SIZE	(16u << 20)

static char log_text[LOG_SIZE], lib_text[4096];
static size_t lib_len;
static int unprivileged;

static int keep_message(enum libbpf_print_level level, const char *fmt,
			va_list args)
{
	int len;

	if (level != LIBBPF_WARN || lib_len > sizeof(lib_text) - 512)
		return 0;
	len = vsnprintf(lib_text + lib_len, 512, fmt, args);
	lib_len += (size_t)(len < 0 ? 0 : len > 511 ? 511 : len);
	return 0;
}

static void put_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

/* The last `max` bytes, from the start of a line. */
static const char *tail(const char *text, size_t max)
{
	size_t len = strlen(text);
	const char *cut = len > max ? text + len - max : text;
	const char *line = cut == text ? cut : strchr(cut, '\n');

	return line ? line : cut;
}

/* "comment:test_expect_success" ... of the function; NULL when none. */
static const char *tag_of(const struct btf *btf, const char *func,
			  const char *prefix)
{
	uint32_t cnt = btf ? btf__type_cnt(btf) : 0;
	size_t len = strlen(prefix);

	for (uint32_t i = 1; i < cnt; i++) {
		const struct btf_type *t = btf__type_by_id(btf, i), *f;
		const char *name;

		if (!btf_is_decl_tag(t))
			continue;
		f = btf__type_by_id(btf, t->type);
		name = btf__name_by_offset(btf, t->name_off);
		/* one source line may carry several: "comment:N:test_..." */
		if (strncmp(name, "comment:", 8))
			continue;
		name += 8;
		name += strspn(name, "0123456789:");
		if (btf_is_func(f) && !strncmp(name, prefix, len) &&
		    !strcmp(btf__name_by_offset(btf, f->name_off), func))
			return name + len;
	}
	return NULL;
}

static const char *expected(const struct btf *btf, const char *func)
{
	if (unprivileged && tag_of(btf, func, "test_expect_failure_unpriv"))
		return "failure";
	if (unprivileged && tag_of(btf, func, "test_expect_success_unpriv"))
		return "success";
	if (tag_of(btf, func, "test_expect_failure") &&
	    *tag_of(btf, func, "test_expect_failure") == 0)
		return "failure";
	if (tag_of(btf, func, "test_expect_success") &&
	    *tag_of(btf, func, "test_expect_success") == 0)
		return "success";
	return "";
}

static uint32_t flags_of(const struct btf *btf, const char *func)
{
	static const struct { const char *name; uint32_t flag; } names[] = {
		{ "BPF_F_STRICT_ALIGNMENT", 1 }, { "BPF_F_ANY_ALIGNMENT", 2 },
		{ "BPF_F_TEST_RND_HI32", 4 }, { "BPF_F_TEST_STATE_FREQ", 8 },
		{ "BPF_F_SLEEPABLE", 16 }, { "BPF_F_XDP_HAS_FRAGS", 32 },
		{ "BPF_F_TEST_REG_INVARIANTS", 128 },
	};
	const char *text = tag_of(btf, func, "test_prog_flags=");

	if (!text)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(text, names[i].name) ||
		    (*text == '!' && !strcmp(text + 1, names[i].name)))
			return *text == '!' ? 0 : names[i].flag;
	return (uint32_t)strtoul(text, NULL, 0);
}

/*
 * The log of a program that passes has the statistics alone, whatever
 * happens to the object afterwards (a slot for a program that was left out).
 */
static const char *verdict(int err)
{
	static const char first[] = "verification time";

	if (!err || !strncmp(log_text, first, sizeof(first) - 1))
		return "accepted";
	return strchr(log_text, '\n') ? "rejected" : "skipped";
}

static void say(const char *path, struct bpf_program *prog,
		const struct btf *btf, int err)
{
	const char *func = bpf_program__name(prog), *stats;
	unsigned long long insns = 0, usec = 0;

	stats = strstr(tail(log_text, 1000), "processed ");
	if (stats)
		sscanf(stats, "processed %llu", &insns);
	stats = strstr(tail(log_text, 1000), "verification time ");
	if (stats)
		sscanf(stats, "verification time %llu", &usec);
	printf("{\"object\":");
	put_text(path);
	printf(",\"program\":");
	put_text(func);
	printf(",\"type\":%d,\"verdict\":\"%s\",\"errno\":%d,\"insns\":%llu,"
	       "\"usec\":%llu,\"expect\":\"%s\",\"flags\":%u,\"log\":",
	       (int)bpf_program__type(prog),
	       verdict(err), -err, insns, usec, expected(btf, func),
	       flags_of(btf, func));
	put_text(tail(*log_text ? log_text : lib_text, 1500));
	printf("}\n");
	fflush(stdout);
}

static struct bpf_object *open_for(const char *path, const char *name,
				   uint32_t level)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;
	const char *func;

	if (!obj)
		return NULL;
	bpf_object__for_each_program(prog, obj) {
		func = bpf_program__name(prog);
		bpf_program__set_autoload(prog, !strcmp(func, name));
		if (strcmp(func, name))
			continue;
		bpf_program__set_log_buf(prog, log_text, LOG_SIZE);
		bpf_program__set_log_level(prog, level);
		bpf_program__set_flags(prog, bpf_program__flags(prog) |
				       flags_of(bpf_object__btf(obj), func));
	}
	return obj;
}

static void judge(const char *path, const char *name, uint32_t level)
{
	struct bpf_object *obj;
	struct bpf_program *prog;
	int err;

	log_text[0] = lib_text[0] = 0;
	lib_len = 0;
	obj = open_for(path, name, level);
	if (!obj)
		return;
	err = bpf_object__load(obj);
	bpf_object__for_each_program(prog, obj)
		if (!strcmp(bpf_program__name(prog), name))
			say(path, prog, bpf_object__btf(obj), err);
	bpf_object__close(obj);
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { 0 };

	return (int)syscall(SYS_capset, &head, none);
}

static int is_asked(const struct bpf_program *prog)
{
	return !unprivileged ||
	       bpf_program__type(prog) == BPF_PROG_TYPE_SOCKET_FILTER ||
	       bpf_program__type(prog) == BPF_PROG_TYPE_CGROUP_SKB;
}

static void judge_all(const char *path, uint32_t level)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;

	if (!obj) {
		fprintf(stderr, "%s: %s\n", path, lib_text);
		return;
	}
	bpf_object__for_each_program(prog, obj)
		if (is_asked(prog))
			judge(path, bpf_program__name(prog), level);
	bpf_object__close(obj);
}

int main(int argc, char **argv)
{
	const char *level = getenv("LOG_LEVEL");
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	unprivileged = getenv("UNPRIVILEGED") != NULL;
	setrlimit(RLIMIT_MEMLOCK, &all);
	libbpf_set_print(keep_message);
	for (int i = 1; i < argc; i++) {
		pid_t pid = fork();

		if (!pid) {
			alarm(120);
			if (unprivileged && drop_capabilities())
				exit(1);
			judge_all(argv[i], level ? (uint32_t)atoi(level) : 4);
			exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}
