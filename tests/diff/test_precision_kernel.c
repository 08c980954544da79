/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much the verifier knows after each operation, against the running
 * kernel's. Random programs narrow two registers, r6 and r7, by masks, shifts
 * and jumps; the kernel's log tells what it knows of them, which is what both
 * start from, and what it knows after the operation. That is compared bound
 * by bound: eight bounds and the known bits. A result is
 *
 *   tighter  if some of ours are better and none is worse,
 *   looser   if some are worse and none is better,
 *   mixed    if both are.
 *
 * Jumps count once for each outcome that both sides hold possible, and as
 * tighter or looser when one of the two alone knows that it is not.
 *
 * Usage: test_precision_kernel [ROUNDS [SEED [SHOW]]]; SHOW prints examples
 * of what is looser.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "verify/number/scalar.h"

#define INSNS		256
#define LOG		(1 << 18)
#define BOUNDS		8
/* percent of an operation's results that may be looser, or mixed */
#define LOOSER_MOST	5

static uint64_t seed = 1;
static unsigned int shows;
static char log_text[LOG];

static uint64_t draw(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* ---- programs ---- */

struct text {
	struct bpf_insn insns[INSNS];
	unsigned int cnt;
	unsigned int outs[INSNS], outs_cnt;	/* jumps to the end */
};

static void put(struct text *t, uint8_t code, unsigned int dst,
		unsigned int src, int off, int32_t imm)
{
	t->insns[t->cnt++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off,
		.imm = imm,
	};
}

static void put_const(struct text *t, unsigned int reg, uint64_t value)
{
	put(t, BPF_LD | BPF_DW | BPF_IMM, reg, 0, 0, (int32_t)value);
	put(t, 0, 0, 0, 0, (int32_t)(value >> 32));
}

static uint64_t draw_const(void)
{
	uint64_t x = draw() >> draw() % 64;

	switch (draw() % 6) {
	case 0:
		return (uint64_t)1 << draw() % 64;
	case 1:
		return ((uint64_t)1 << draw() % 64) - 1;
	case 2:
		return -x;
	case 3:
		return draw() % 65;
	}
	return x;
}

/* One of the ways in which programs come to know something. */
static void put_fact(struct text *t, unsigned int reg)
{
	static const uint8_t jumps[] = {
		BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE,
		BPF_JSLT, BPF_JSLE, BPF_JNE, BPF_JSET,
	};
	uint8_t jump = jumps[draw() % ARRAY_SIZE(jumps)];

	switch (draw() % 6) {
	case 0:
		put(t, BPF_ALU64 | BPF_AND | BPF_K, reg, 0, 0, draw_const());
		break;
	case 1:
		put(t, BPF_ALU64 | BPF_RSH | BPF_K, reg, 0, 0, draw() % 64);
		break;
	case 2:
		put(t, BPF_ALU64 | BPF_AND | BPF_K, reg, 0, 0,
		    (1u << draw() % 31) - 1);
		break;
	default:
		put_const(t, 0, draw_const());
		t->outs[t->outs_cnt++] = t->cnt;
		put(t, (draw() % 3 ? BPF_JMP : BPF_JMP32) | jump | BPF_X, reg,
		    0, 0, 0);
	}
}

static void put_operand(struct text *t, unsigned int reg, bool is_const)
{
	unsigned int facts = 1 + draw() % 3;

	if (is_const) {
		put_const(t, reg, draw_const());
		return;
	}
	put(t, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32);
	put(t, BPF_ALU64 | BPF_MOV | BPF_X, reg, 0, 0, 0);
	while (facts--)
		put_fact(t, reg);
}

static void put_end(struct text *t)
{
	put(t, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	put(t, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The log in log_text; 0 or -errno. */
static int load(struct text *t)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)t->insns, .insn_cnt = t->cnt,
		.license = (uintptr_t)"GPL", .log_buf = (uintptr_t)log_text,
		.log_size = sizeof(log_text), .log_level = 2,
	};
	unsigned int i;
	int fd;

	for (i = 0; i < t->outs_cnt; i++)
		t->insns[t->outs[i]].off = t->cnt - 2 - t->outs[i] - 1;
	log_text[0] = 0;
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* ---- what the kernel knows ---- */

enum bound {
	SMIN, SMAX, UMIN, UMAX, SMIN32, SMAX32, UMIN32, UMAX32
};

struct known {
	uint64_t bounds[BOUNDS];
	struct tnum bits;
};

static const char *const bound_names[BOUNDS] = {
	"smin", "smax", "umin", "umax", "smin32", "smax32", "umin32", "umax32",
};

static const struct known nothing = {
	{ INT64_MIN, INT64_MAX, 0, UINT64_MAX, (uint64_t)INT32_MIN, INT32_MAX,
	  0, UINT32_MAX },
	{ 0, UINT64_MAX },
};

static void of_scalar(const struct scalar *s, struct known *out)
{
	*out = (struct known){
		{ scalar_smin(s), scalar_smax(s), scalar_umin(s),
		  scalar_umax(s), (int64_t)scalar_smin32(s),
		  (int64_t)scalar_smax32(s), scalar_umin32(s),
		  scalar_umax32(s) },
		s->bits,
	};
}

/* "smin=smin32=0": one value for all names before it. Where it ends. */
static const char *read_bound(const char *p, struct known *out)
{
	const char *value = p + strcspn(p, ",)"), *name = p;
	unsigned int i;
	uint64_t x;

	while (value > p && value[-1] != '=')
		value--;
	x = *value == '-' ? (uint64_t)strtoll(value, NULL, 0) :
		strtoull(value, NULL, 0);
	for (; name < value; name = strchr(name, '=') + 1)
		for (i = 0; i < BOUNDS; i++)
			if (!strncmp(name, bound_names[i],
				     strcspn(name, "=")) &&
			    strlen(bound_names[i]) == strcspn(name, "="))
				out->bounds[i] = i == SMIN32 || i == SMAX32 ?
					(uint64_t)(int32_t)x : x;
	return value + strcspn(value, ",)");
}

/* "R8=scalar(id=1,umax=5,var_off=(0x0; 0x7))" or "R8=5". */
static bool read_reg(const char *line, unsigned int reg, struct known *out)
{
	const char *end = line + strcspn(line, "\n"), *p;
	unsigned long long value, mask;
	struct scalar s;
	char name[8];

	snprintf(name, sizeof(name), "R%u=", reg);
	p = strstr(line, name);
	if (!p || p > end)
		return false;
	p += strlen(name);
	p += *p == 'P';
	if (strncmp(p, "scalar(", 7)) {
		s = scalar_const(*p == '-' ? (uint64_t)strtoll(p, NULL, 0) :
				 strtoull(p, NULL, 0));
		of_scalar(&s, out);
		return true;
	}
	*out = nothing;
	for (p += 6; *p != ')' && p[1] != ')'; ) {
		p++;
		if (sscanf(p, "var_off=(%llx; %llx)", &value, &mask) == 2) {
			out->bits = (struct tnum){ value, mask };
			break;
		}
		p = read_bound(p, out);
	}
	return true;
}

/* The line of instruction `pc`, or that of a path's jump there. */
static const char *line_of(unsigned int pc)
{
	char start[16];
	const char *p;

	snprintf(start, sizeof(start), "\n%u: (", pc);
	p = strstr(log_text, start);
	return p ? p + 1 : NULL;
}

static const char *line_from(unsigned int from, unsigned int to)
{
	char start[32];
	const char *p;

	snprintf(start, sizeof(start), "\nfrom %u to %u: ", from, to);
	p = strstr(log_text, start);
	return p ? p + 1 : NULL;
}

static bool to_scalar(const struct known *k, struct scalar *out)
{
	struct scalar u = scalar_urange(k->bounds[UMIN], k->bounds[UMAX]);
	struct scalar s = scalar_srange(k->bounds[SMIN], k->bounds[SMAX]);
	struct scalar low = scalar_unknown();
	struct arc half = arc_range(32, k->bounds[SMIN32] & UINT32_MAX,
				    k->bounds[SMAX32] & UINT32_MAX);

	if (!arc_intersect(32, half, arc_range(32, k->bounds[UMIN32],
					       k->bounds[UMAX32]), &half))
		return false;
	low.half = half;
	low.bits = k->bits;
	return scalar_sync(&low) && scalar_intersect(&u, &s, out) &&
		scalar_intersect(out, &low, out);
}

/* ---- the comparison ---- */

enum verdict { EQUAL, TIGHTER, LOOSER, MIXED, VERDICTS };

struct row {
	const char *name;
	uint8_t op;
	bool wide, is_signed, jump;
	/* unary: code, bits */
	uint8_t unary;
	uint8_t size;
	unsigned int cnt[VERDICTS];
};

enum unary { NOT_UNARY, SEXT, ZEXT, SWAP };

#define BOTH(name, op) \
	{ name, op, true }, { name "32", op, false }
#define SIGNED(name, op) \
	{ name, op, true, true }, { name "32", op, false, true }
#define JUMP(name, op) \
	{ name, op, true, false, true }, { name "32", op, false, false, true }

static struct row rows[] = {
	BOTH("add", BPF_ADD), BOTH("sub", BPF_SUB), BOTH("mul", BPF_MUL),
	BOTH("div", BPF_DIV), BOTH("mod", BPF_MOD), SIGNED("sdiv", BPF_DIV),
	SIGNED("smod", BPF_MOD), BOTH("and", BPF_AND), BOTH("or", BPF_OR),
	BOTH("xor", BPF_XOR), BOTH("lsh", BPF_LSH), BOTH("rsh", BPF_RSH),
	BOTH("arsh", BPF_ARSH), BOTH("neg", BPF_NEG),
	{ "sext8", 0, true, .unary = SEXT, .size = 8 },
	{ "sext16", 0, true, .unary = SEXT, .size = 16 },
	{ "sext32", 0, true, .unary = SEXT, .size = 32 },
	{ "zext32", 0, true, .unary = ZEXT, .size = 32 },
	{ "bswap16", 0, true, .unary = SWAP, .size = 16 },
	{ "bswap32", 0, true, .unary = SWAP, .size = 32 },
	{ "bswap64", 0, true, .unary = SWAP, .size = 64 },
	JUMP("jeq", BPF_JEQ), JUMP("jne", BPF_JNE), JUMP("jset", BPF_JSET),
	JUMP("jgt", BPF_JGT), JUMP("jge", BPF_JGE), JUMP("jlt", BPF_JLT),
	JUMP("jle", BPF_JLE), JUMP("jsgt", BPF_JSGT), JUMP("jsge", BPF_JSGE),
	JUMP("jslt", BPF_JSLT), JUMP("jsle", BPF_JSLE),
};

static void compare_bound(unsigned int i, uint64_t ours, uint64_t theirs,
			  bool *better, bool *worse)
{
	bool is_min = i == SMIN || i == UMIN || i == SMIN32 || i == UMIN32;
	bool is_signed = i == SMIN || i == SMAX || i == SMIN32 || i == SMAX32;
	bool less = is_signed ? (int64_t)ours < (int64_t)theirs :
		ours < theirs;

	if (ours == theirs)
		return;
	*better |= less != is_min;
	*worse |= less == is_min;
}

static enum verdict compare(const struct known *ours,
			    const struct known *theirs)
{
	bool better = false, worse = false;
	unsigned int i;

	for (i = 0; i < BOUNDS; i++)
		compare_bound(i, ours->bounds[i], theirs->bounds[i], &better,
			      &worse);
	better |= !tnum_holds(ours->bits, theirs->bits);
	worse |= !tnum_holds(theirs->bits, ours->bits);
	return better ? worse ? MIXED : TIGHTER : worse ? LOOSER : EQUAL;
}

static void show(const char *name, const struct known *k)
{
	unsigned int i;

	printf("    %-6s", name);
	for (i = 0; i < BOUNDS; i++)
		printf(" %llx", (unsigned long long)k->bounds[i]);
	printf(" (%llx; %llx)\n", (unsigned long long)k->bits.value,
	       (unsigned long long)k->bits.mask);
}

static void count(struct row *row, const struct known *start,
		  const struct scalar *got, const struct known *theirs)
{
	enum verdict verdict;
	struct known ours;

	of_scalar(got, &ours);
	verdict = compare(&ours, theirs);
	row->cnt[verdict]++;
	if (verdict < LOOSER || !shows)
		return;
	shows--;
	printf("%s: looser or mixed\n", row->name);
	show("a", &start[0]);
	show("b", &start[1]);
	show("ours", &ours);
	show("kernel", theirs);
}

/* ---- arithmetic ---- */

static void put_op(struct text *t, const struct row *row)
{
	uint8_t class = row->wide ? BPF_ALU64 : BPF_ALU;
	uint8_t source = row->op == BPF_NEG ? BPF_K : BPF_X;

	if (row->unary == SEXT)
		put(t, BPF_ALU64 | BPF_MOV | BPF_X, 8, 6, row->size, 0);
	else if (row->unary == ZEXT)
		put(t, BPF_ALU | BPF_MOV | BPF_X, 8, 6, 0, 0);
	else
		put(t, BPF_ALU64 | BPF_MOV | BPF_X, 8, 6, 0, 0);
	if (row->unary == SWAP)
		put(t, BPF_ALU | BPF_END | BPF_TO_BE, 8, 0, 0, row->size);
	else if (!row->unary)
		put(t, class | row->op | source, 8,
		    source == BPF_X ? 7 : 0, row->is_signed, 0);
}

static struct scalar apply(const struct row *row, const struct scalar *a,
			   const struct scalar *b)
{
	switch (row->unary) {
	case SEXT:
		return scalar_sext(a, row->size / 8);
	case ZEXT:
		return scalar_zext(a, row->size / 8);
	case SWAP:
		return scalar_bswap(a, row->size);
	}
	return scalar_alu(row->op, row->wide, row->is_signed, a, b);
}

/* What both start from: r6 and r7 as the moves at `pc` show them. */
static bool read_start(unsigned int pc, struct known *start, struct scalar *num)
{
	const char *line6 = line_of(pc), *line7 = line_of(pc + 1);

	return line6 && line7 && read_reg(line6, 6, &start[0]) &&
		read_reg(line7, 7, &start[1]) &&
		to_scalar(&start[0], &num[0]) && to_scalar(&start[1], &num[1]);
}

static void put_operands(struct text *t)
{
	bool first = !(draw() % 8);

	t->cnt = t->outs_cnt = 0;
	put_operand(t, 6, first);
	put_operand(t, 7, !first && !(draw() % 3));
}

static void put_copies(struct text *t)
{
	put(t, BPF_ALU64 | BPF_MOV | BPF_X, 8, 6, 0, 0);
	put(t, BPF_ALU64 | BPF_MOV | BPF_X, 9, 7, 0, 0);
}

/* All operations on one pair, in one program. */
static int check_alu(void)
{
	unsigned int at[ARRAY_SIZE(rows)], pc, i;
	struct known start[2], theirs;
	struct scalar num[2], got;
	struct text t;
	int err;

	put_operands(&t);
	pc = t.cnt;
	put_copies(&t);
	for (i = 0; i < ARRAY_SIZE(rows) && !rows[i].jump; i++) {
		put_op(&t, &rows[i]);
		at[i] = t.cnt - 1;
	}
	put_end(&t);
	err = load(&t);
	if (err || !read_start(pc, start, num))
		return err;
	for (i = 0; i < ARRAY_SIZE(rows) && !rows[i].jump; i++) {
		if (!line_of(at[i]) || !read_reg(line_of(at[i]), 8, &theirs))
			continue;
		got = apply(&rows[i], &num[0], &num[1]);
		count(&rows[i], start, &got, &theirs);
	}
	return 0;
}

/* ---- jumps ---- */

static void check_outcome(struct row *row, const struct known *start,
			  const struct scalar *num, bool taken,
			  const char *line)
{
	struct scalar a = num[0], b = num[1];
	struct known theirs[2];
	bool some = scalar_refine(row->op, row->wide, taken, &a, &b);

	if (scalar_decides(row->op, row->wide, &num[0], &num[1]) == !taken)
		some = false;
	if (!some || !line) {
		row->cnt[!some && line ? TIGHTER : some ? LOOSER : EQUAL]++;
		return;
	}
	if (read_reg(line, 8, &theirs[0]))
		count(row, start, &a, &theirs[0]);
	if (read_reg(line, 9, &theirs[1]))
		count(row, start, &b, &theirs[1]);
}

static int check_jump(struct row *row)
{
	struct known start[2];
	struct scalar num[2];
	const char *no, *yes;
	unsigned int pc;
	struct text t;
	int err;

	put_operands(&t);
	pc = t.cnt;
	put_copies(&t);
	put(&t, (row->wide ? BPF_JMP : BPF_JMP32) | row->op | BPF_X, 8, 9, 2,
	    0);
	put_end(&t);
	put_end(&t);
	err = load(&t);
	if (err || !read_start(pc, start, num))
		return err;
	no = line_of(pc + 3) ? line_of(pc + 2) : NULL;
	yes = line_from(pc + 2, pc + 5);
	if (!yes && line_of(pc + 5))	/* decided: no state is printed */
		yes = line_of(pc + 2);
	check_outcome(row, start, num, false, no);
	check_outcome(row, start, num, true, yes);
	return 0;
}

static unsigned int report(void)
{
	unsigned int i, failures = 0;

	printf("| operation | tighter | equal | looser | mixed |\n"
	       "| --- | ---: | ---: | ---: | ---: |\n");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const unsigned int *cnt = rows[i].cnt;
		double all = cnt[TIGHTER] + cnt[EQUAL] + cnt[LOOSER] +
			cnt[MIXED];

		printf("| %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% |\n",
		       rows[i].name, cnt[TIGHTER] / all * 100,
		       cnt[EQUAL] / all * 100, cnt[LOOSER] / all * 100,
		       cnt[MIXED] / all * 100);
		if (!all || (cnt[LOOSER] + cnt[MIXED]) / all * 100 >
		    LOOSER_MOST) {
			printf("%s: too often looser\n", rows[i].name);
			failures++;
		}
	}
	return failures;
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000, i;
	unsigned int j;
	int err = 0;

	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	shows = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
	for (i = 0; i < rounds && err != -EPERM && err != -ENOSYS; i++) {
		err = check_alu();
		for (j = 0; j < ARRAY_SIZE(rows); j++)
			if (rows[j].jump && !(i % 4))
				check_jump(&rows[j]);
	}
	if (err == -EPERM || err == -ENOSYS) {
		printf("skipped: the kernel loads no programs here: %s\n",
		       strerror(-err));
		return 77;
	}
	return report() != 0;
}
