/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instruction parser. There is no grammar but the templates of ops.def,
 * which the disassembler writes from too: a statement is tried against every
 * row, and the first row that fits it to its end wins. Spaces in a template
 * match any number of spaces. Among rows that don't fit, one that fits but
 * for a value tells what is wrong, else the one that fits furthest.
 */
#include "text/match.h"

#include "base/str.h"

struct matcher {
	struct match *out;
	const struct op_row *row;
	struct scan scan;
	bool dst_set, src_set;
};

static bool no(struct matcher *m, enum diag_id problem, const char *detail)
{
	m->out->problem = problem;
	m->out->detail = detail;
	scan_space(&m->scan);
	m->out->at = m->scan.at;
	return false;
}

static bool expected(struct matcher *m, const char *what)
{
	return no(m, DIAG_ASM_EXPECTED, what);
}

/* A complaint about what begins at `at` rather than about what follows. */
static bool wrong(struct matcher *m, const char *at, enum diag_id problem,
		  const char *detail)
{
	m->scan.at = at;
	return no(m, problem, detail);
}

/* "r7" or "%r7": the number, -1 when the word names no register. */
static int scan_register(struct scan *scan, char bank)
{
	struct scan ahead = *scan;
	const char *word;
	size_t len;
	int reg = 0;

	scan_char(&ahead, '%');
	if (!scan_word(&ahead, &word, &len) || len < 2 || len > 3 ||
	    word[0] != bank)
		return -1;
	for (size_t i = 1; i < len; i++) {
		if (word[i] < '0' || word[i] > '9')
			return -1;
		reg = reg * 10 + word[i] - '0';
	}
	*scan = ahead;
	return reg;
}

static bool match_register(struct matcher *m, const char *banks, bool is_dst)
{
	struct bpf_insn *insn = m->out->insn;
	bool *set = is_dst ? &m->dst_set : &m->src_set;
	const char *at;
	int reg = -1;

	scan_space(&m->scan);
	at = m->scan.at;
	for (; reg < 0 && *banks; banks++)
		reg = scan_register(&m->scan, *banks);
	if (reg < 0)
		return expected(m, banks[-1] == 'w' ?
				   "a 32-bit register, w0 to w10" :
				   "a register, r0 to r10");
	if (reg >= INSN_REGS)
		return wrong(m, at, DIAG_ASM_REGISTER, NULL);
	if (*set && reg != (is_dst ? insn->dst_reg : insn->src_reg))
		return wrong(m, at, DIAG_ASM_SAME_REGISTER, NULL);
	if (is_dst)
		insn->dst_reg = reg;
	else
		insn->src_reg = reg;
	*set = true;
	return true;
}

/* A number from min to max; min < 0 <= max. */
static bool match_number(struct matcher *m, int64_t min, uint64_t max,
			 uint64_t *value)
{
	enum scan_number kind;
	const char *at;
	bool negative;

	scan_space(&m->scan);
	at = m->scan.at;
	kind = scan_number(&m->scan, value, &negative);
	if (kind == SCAN_NO_NUMBER)
		return expected(m, "a number");
	if (kind == SCAN_TOO_BIG || (negative ? (int64_t)*value < min :
						*value > max))
		return wrong(m, at, DIAG_ASM_RANGE, NULL);
	return true;
}

/* ubpf cuts immediates down to 32 bits, and its users' sources need that. */
static bool match_imm(struct matcher *m, int32_t *imm)
{
	bool ubpf = m->out->syntax == SYNTAX_UBPF;
	uint64_t value;

	if (!match_number(m, ubpf ? INT64_MIN : INT32_MIN,
			  ubpf ? UINT64_MAX : UINT32_MAX, &value))
		return false;
	m->out->truncated |= (int64_t)value < INT32_MIN ||
			     (int64_t)value > UINT32_MAX;
	*imm = (int32_t)value;
	return true;
}

static bool match_off(struct matcher *m)
{
	uint64_t value;

	if (!match_number(m, INT16_MIN, INT16_MAX, &value))
		return false;
	m->out->insn->off = (int16_t)value;
	return true;
}

static bool match_half(struct matcher *m, unsigned int shift)
{
	struct bpf_insn *insn = m->out->insn;
	uint64_t value;

	if (!match_number(m, 0, UINT16_MAX, &value))
		return false;
	insn->imm = (int32_t)((uint32_t)insn->imm | (uint32_t)value << shift);
	return true;
}

/* src, which the row has fixed. */
static bool match_pseudo(struct matcher *m)
{
	uint64_t value;

	if (!match_number(m, 0, UINT8_MAX, &value))
		return false;
	if (value != m->out->insn->src_reg)
		return expected(m, "the number of a pseudo source, 1 to 6");
	return true;
}

/* "r1 + 8", "r1-8", "r1" */
static bool match_address(struct matcher *m)
{
	if (!match_register(m, "r", insn_base_is_dst(m->out->insn)))
		return false;
	scan_space(&m->scan);
	if (scan_peek(&m->scan) != '+' && scan_peek(&m->scan) != '-')
		return true;
	if (m->scan.end - m->scan.at > 1 && *m->scan.at == '+') {
		struct scan ahead = m->scan;

		scan_char(&ahead, '+');
		scan_space(&ahead);
		if (scan_peek(&ahead) == '-')
			m->scan = ahead;
	}
	return match_off(m);
}

/* [+-]number after a symbol */
static bool match_addend(struct matcher *m)
{
	uint64_t value;

	scan_space(&m->scan);
	if (scan_peek(&m->scan) != '+' && scan_peek(&m->scan) != '-')
		return true;
	if (!match_number(m, INT32_MIN, INT32_MAX, &value))
		return false;
	m->out->addend = (int64_t)value;
	return true;
}

/* r1 is no symbol, nor is r99. */
static bool at_register(const struct matcher *m)
{
	struct scan ahead = m->scan;

	return scan_register(&ahead, 'r') >= 0 ||
	       scan_register(&ahead, 'w') >= 0;
}

static bool match_symbol(struct matcher *m, enum match_use use,
			 const char *what)
{
	struct scan ahead = m->scan;
	const char *word;
	size_t len;

	if (at_register(m) || !scan_word(&ahead, &word, &len) ||
	    (*word >= '0' && *word <= '9'))
		return expected(m, what);
	m->scan = ahead;
	m->out->use = use;
	m->out->symbol = word;
	m->out->symbol_len = len;
	return true;
}

static bool at_number(const struct matcher *m)
{
	struct scan ahead = m->scan;
	uint64_t value;
	bool negative;

	return scan_number(&ahead, &value, &negative) != SCAN_NO_NUMBER;
}

static bool match_target(struct matcher *m, enum match_use use)
{
	uint64_t value;

	if (!at_number(m))
		return match_symbol(m, use, "a label or a distance");
	if (use == USE_OFF_JUMP)
		return match_off(m);
	if (!match_number(m, INT32_MIN, INT32_MAX, &value))
		return false;
	m->out->insn->imm = (int32_t)value;
	return true;
}

static bool match_wide(struct matcher *m)
{
	uint64_t value;

	if (!at_number(m))
		return match_symbol(m, USE_IMM64, "a number or a symbol") &&
		       match_addend(m);
	if (!match_number(m, INT64_MIN, UINT64_MAX, &value))
		return false;
	m->out->insn[0].imm = (int32_t)value;
	m->out->insn[1].imm = (int32_t)(value >> 32);
	return true;
}

static bool match_optional_term(struct matcher *m)
{
	scan_space(&m->scan);
	if (scan_peek(&m->scan) != '+' && scan_peek(&m->scan) != '-')
		return true;
	return match_imm(m, &m->out->insn->imm);
}

static bool match_optional_operand(struct matcher *m, char marker)
{
	if (!scan_char(&m->scan, ','))
		return true;
	return marker == 'o' ? match_off(m) :
			       match_imm(m, &m->out->insn[1].imm);
}

static bool match_joint(struct matcher *m)
{
	if (scan_peek(&m->scan) == '_')
		m->scan.at++;
	else if (scan_peek(&m->scan) != ' ')
		return expected(m, "an operation");
	return true;
}

static bool match_marker(struct matcher *m, char marker)
{
	switch (marker) {
	case 'D': return match_register(m, "r", true);
	case 'S': return match_register(m, "r", false);
	case 'd': return match_register(m, "w", true);
	case 's': return match_register(m, "w", false);
	case 'a': return match_register(m, "wr", true);
	case 'b': return match_register(m, "wr", false);
	case 'p': return match_pseudo(m);
	case 'i':
	case 'u': return match_imm(m, &m->out->insn->imm);
	case 'w': return match_wide(m);
	case 'h': return match_half(m, 16);
	case 'l': return match_half(m, 0);
	case 'M':
	case 'm': return match_address(m);
	case 'j': return match_target(m, USE_OFF_JUMP);
	case 'J':
	case 'C': return match_target(m, m->out->op == OP_CALL_LOCAL ?
				      USE_CALL : USE_IMM_JUMP);
	case 'x': return match_optional_term(m);
	case 'n':
	case 'o': return match_optional_operand(m, marker);
	case '_': return match_joint(m);
	default: return false;
	}
}

/* The word at *template, all of it unless "%_" goes on with it. */
static bool match_word(struct matcher *m, const char **template)
{
	const char *word = *template;
	size_t len = 0;
	bool joint;

	while (scan_is_word(word[len]))
		len++;
	joint = word[len] == '%' && word[len + 1] == '_';
	*template += len;
	scan_space(&m->scan);
	if ((size_t)(m->scan.end - m->scan.at) < len ||
	    memcmp(m->scan.at, word, len) != 0 ||
	    (!joint && m->scan.at + len < m->scan.end &&
	     scan_is_word(m->scan.at[len])))
		return expected(m, "an operation");
	m->scan.at += len;
	return true;
}

static const char *sign_name(char c)
{
	static const char *const names[] = {
		[' '] = NULL, ['('] = "'('", [')'] = "')'", ['['] = "'['",
		[']'] = "']'", [','] = "','", ['*'] = "'*'", ['='] = "'='",
	};

	return (unsigned char)c < ARRAY_SIZE(names) && names[(int)c] ?
		names[(int)c] : "an operator";
}

static bool match_template(struct matcher *m, const char *template,
			   const char *end);

/* What stands between "%[" and "%]" may be there or not. */
static void match_bracket(struct matcher *m, const char *begin,
			  const char *end)
{
	struct matcher before = *m;

	if (!match_template(m, begin, end))
		*m = before;
}

static bool match_template(struct matcher *m, const char *template,
			   const char *end)
{
	while (template < end) {
		const char *close;

		if (template_marker(template)) {
			template += 2;
			if (template[-1] == '[') {
				close = strstr(template, "%]");
				match_bracket(m, template, close);
				template = close + 2;
			} else if (!match_marker(m, template[-1])) {
				return false;
			}
		} else if (*template == ' ' || *template == '\t') {
			template++;
		} else if (scan_is_word(*template)) {
			if (!match_word(m, &template))
				return false;
		} else if (!scan_char(&m->scan, *template++)) {
			return expected(m, sign_name(template[-1]));
		}
	}
	return true;
}

static int32_t fixed(const struct op_field *field)
{
	return field->kind == FIELD_FIXED ? field->fixed : 0;
}

static bool match_row(struct match *out, enum op op, enum syntax syntax,
		      struct scan statement)
{
	const struct op_row *row = &op_rows[op];
	struct matcher m = { .out = out, .row = row, .scan = statement };
	const char *template = syntax == SYNTAX_UBPF ? row->ubpf : row->llvm;

	*out = (struct match){
		.op = op, .syntax = syntax, .problem = DIAG_CNT,
		.insn[0] = {
			.code = row->opcode,
			.dst_reg = fixed(&row->dst),
			.src_reg = fixed(&row->src),
			.off = fixed(&row->off),
			.imm = fixed(&row->imm),
		},
	};
	if (!match_template(&m, template, template + strlen(template)))
		return false;
	scan_space(&m.scan);
	if (m.scan.at < m.scan.end)
		return no(&m, DIAG_ASM_TRAILING, NULL);
	return true;
}

static bool is_value_problem(const struct match *match)
{
	return match->problem == DIAG_ASM_RANGE ||
	       match->problem == DIAG_ASM_REGISTER ||
	       match->problem == DIAG_ASM_SAME_REGISTER;
}

static bool tells_more(const struct match *a, const struct match *b)
{
	if (is_value_problem(a) != is_value_problem(b))
		return is_value_problem(a);
	return a->at > b->at;
}

bool text_match(struct match *out, struct scan statement,
		unsigned int syntaxes)
{
	struct match best = { .at = NULL };

	scan_space(&statement);
	for (int syntax = SYNTAX_LLVM; syntax <= SYNTAX_UBPF; syntax++) {
		if (!(syntaxes & 1u << syntax))
			continue;
		for (int op = 0; op < OP_CNT; op++) {
			if (match_row(out, op, syntax, statement))
				return true;
			if (!best.at || tells_more(out, &best))
				best = *out;
		}
	}
	*out = best;
	if (best.at == statement.at && best.problem == DIAG_ASM_EXPECTED)
		out->problem = DIAG_ASM_MNEMONIC;
	return false;
}
