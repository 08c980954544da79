#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves the rules of src/jit/fold/fold.rules with z3.

    prove.py [--only REGEX] [--sample N] [--broken] [--show] [--seconds N]

For each rule, width, size and condition there is one question in SMT-LIB: is
there a value of the variables and constants, with the guard true, for which
pattern and replacement differ? The answer must be no. Known bits are words of
their own, of which only is assumed what they say of their value.

Where a narrow rule also matches wide operations (whose low halves alone
count), there is a question for each choice of widths.

--broken asks about rules whose replacement has one mistake, made at every
place where one can be made: each must be found wrong, or the proofs prove
nothing. Without z3 the status is 77.
"""
import argparse
import concurrent.futures
import itertools
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "src/jit/fold"))
import rules as language  # noqa: E402
from rules import Node    # noqa: E402

PLAIN = {"add": "bvadd", "sub": "bvsub", "mul": "bvmul", "and": "bvand",
         "or": "bvor", "xor": "bvxor"}
SHIFT = {"shl": "bvshl", "shr": "bvlshr", "sar": "bvashr"}
COMPARE = {"==": "=", "<": "bvult", ">=": "bvuge", "<=": "bvule",
           ">": "bvugt", "<s": "bvslt", ">=s": "bvsge", "<=s": "bvsle",
           ">s": "bvsgt"}


def word(value, bits=64):
    return f"(_ bv{value & (1 << bits) - 1} {bits})"


def low(term, bits):
    return term if bits == 64 else f"((_ extract {bits - 1} 0) {term})"


def zero(term, bits):
    return term if bits == 64 else f"((_ zero_extend {64 - bits}) {term})"


class Question:
    """One choice of w, v, sizes, condition and widths of loose operations."""

    def __init__(self, rule, w, v, sizes, cond, loose):
        self.rule, self.w, self.v = rule, w, v
        self.sizes, self.cond, self.loose = sizes, cond, loose
        self.asked = set()      # known bits that the guard names
        # Division of numbers, whatever their width, by a function of which
        # little is known (see division()): what holds then holds for
        # division.
        self.abstract, self.facts = False, set()
        # Counts that are numbers now: shifting left is multiplying then,
        # which z3 sorts among other products.
        self.products = {}

    def bits(self, node):
        if id(node) in self.loose:
            return self.loose[id(node)]
        return {"w": self.w, "v": self.v, None: 64}.get(node.width, node.width)

    def term(self, node, guard=False):
        """The 64-bit value of a node; in guards all has 64 bits."""
        if node.kind == "number":
            return word(node.name, 64 if guard else self.w)\
                if guard or self.w == 64 else zero(word(node.name, 32), 32)
        if node.kind in ("const", "value"):
            if node.name == "w":
                return word(self.w)
            return word(self.sizes[node.name]) if node.name in self.sizes \
                else node.name
        if node.kind == "select":
            return (f"(ite {self.truth(node.args[0])} "
                    f"{self.term(node.args[1])} {self.term(node.args[2])})")
        if node.name in language.ASKS or node.name == "not":
            return self.ask(node)
        if node.name in language.SIZED:
            return self.sized(node, guard)
        bits = 64 if guard else self.bits(node)
        args = [low(self.term(arg, guard), bits) for arg in node.args]
        count = self.products.get(node.args[-1].name)
        if node.name == "shl" and count is not None:
            return zero(f"(bvmul {args[0]} {word(1 << count, bits)})", bits)
        return zero(self.operation(node.name, bits, args), bits)

    def operation(self, name, bits, args):
        x, y = (args + [""])[:2]
        none = word(0, bits)
        if name in PLAIN:
            return f"({PLAIN[name]} {x} {y})"
        if name == "neg":
            return f"(bvneg {x})"
        if name == "mulh":
            wide = [f"((_ zero_extend 64) {arg})" for arg in args]
            return f"((_ extract 127 64) (bvmul {wide[0]} {wide[1]}))"
        if name in ("div", "mod"):
            part = f"(bvu{name if name == 'div' else 'rem'} {x} {y})"
            if self.abstract:
                part = self.division(name, bits, x, y)
            zeroed = none if name == "div" else x
            return f"(ite (= {y} {none}) {zeroed} {part})"
        if name in ("sdiv", "smod"):
            part = f"(bvs{name[1:] if name == 'sdiv' else 'rem'} {x} {y})"
            if self.abstract:
                part = self.signed_division(name[1:], bits, x, y)
            zeroed = none if name == "sdiv" else x
            return f"(ite (= {y} {none}) {zeroed} {part})"
        count = f"(bvand {y} {word(bits - 1, bits)})"
        if name in SHIFT:
            return f"({SHIFT[name]} {x} {count})"
        back = f"(bvand (bvneg {count}) {word(bits - 1, bits)})"
        assert name == "rol"
        return f"(bvor (bvshl {x} {count}) (bvlshr {x} {back}))"

    def division(self, name, bits, x, y):
        """Of abstract numbers: no larger than x; 0 and x if y is larger."""
        wide = zero(x, bits), zero(y, bits)
        part = f"(u{name} {wide[0]} {wide[1]})"
        self.facts |= {
            f"(bvule {part} {wide[0]})",
            f"(=> (bvult {wide[0]} {wide[1]}) (= {part} "
            f"{word(0) if name == 'div' else wide[0]}))"}
        return low(part, bits)

    def signed_division(self, name, bits, x, y):
        """Of the numbers without their signs; then the sign."""
        minus = [f"(bvslt {arg} {word(0, bits)})" for arg in (x, y)]
        size = [f"(ite {m} (bvneg {arg}) {arg})"
                for m, arg in zip(minus, (x, y))]
        part = self.division(name, bits, *size)
        negative = f"(xor {minus[0]} {minus[1]})" if name == "div" \
            else minus[0]
        return f"(ite {negative} (bvneg {part}) {part})"

    def sized(self, node, guard):
        """The number of bits may depend on constants: then all sizes are
        tried, and another number is a mistake (all ones)."""
        size = node.args[1]
        bits = 64 if guard else self.bits(node)
        arg = self.term(node.args[0], guard)
        if size.kind == "number" or size.kind == "const":
            number = size.name if size.kind == "number" else \
                self.sizes.get(size.name, self.w)
            return self.extension(node.name, number, bits, arg)
        asked, out = self.term(size, True), word(-1)
        for number in (8, 16, 32, 64):
            out = (f"(ite (= {asked} {word(number)}) "
                   f"{self.extension(node.name, number, bits, arg)} {out})")
        return out

    @staticmethod
    def extension(name, size, bits, arg):
        if name == "zext":
            return zero(low(arg, size), size)
        if name == "bswap":
            parts = [f"((_ extract {at + 7} {at}) {arg})"
                     for at in range(0, size, 8)]
            out = parts[0] if len(parts) == 1 else f"(concat {' '.join(parts)})"
            return zero(out, size)
        if size >= bits:
            return zero(low(arg, bits), bits)
        return zero(f"((_ sign_extend {bits - size}) {low(arg, size)})", bits)

    def ask(self, node):
        if node.name in ("maybe", "surely"):
            name = f"{node.name}_{node.args[0].name}"
            self.asked.add((node.name, node.args[0].name))
            return zero(low(name, self.w), self.w)
        args = [self.term(arg, True) for arg in node.args]
        if node.name == "not":
            return f"(bvnot {args[0]})"
        if node.name == "ones":
            return f"(bvsub (bvshl {word(1)} {args[0]}) {word(1)})"
        if node.name == "min":
            return f"(ite (bvult {args[0]} {args[1]}) {args[0]} {args[1]})"
        assert node.name == "log2"
        out = word(0)
        for k in range(64):
            out = f"(ite (= {args[0]} {word(1 << k)}) {word(k)} {out})"
        return out

    def truth(self, node, guard=False):
        """The Boolean value of a comparison."""
        name = node.name
        if name in ("R", "!R"):
            name = language.CONDS[self.cond ^ (name == "!R")]
        bits = 64 if guard else self.bits(node)
        x, y = (low(self.term(arg, guard), bits) for arg in node.args)
        if name == "!=":
            return f"(not (= {x} {y}))"
        if name in COMPARE:
            return f"({COMPARE[name]} {x} {y})"
        empty = f"(= (bvand {x} {y}) {word(0, bits)})"
        return empty if name == "none" else f"(not {empty})"

    def assumption(self, node):
        if node.kind == "cond":
            return self.truth(node, True)
        if node.name in ("also", "orelse"):
            return (f"({'and' if node.name == 'also' else 'or'} "
                    f"{self.assumption(node.args[0])} "
                    f"{self.assumption(node.args[1])})")
        if node.name == "never":
            return f"(not {self.assumption(node.args[0])})"
        if node.name == "among":
            allowed = self.cond in [arg.name for arg in node.args]
            return "true" if allowed else "false"
        arg = self.term(node.args[0], True)
        if node.name == "size":
            return "(or " + " ".join(f"(= {arg} {word(n)})"
                                     for n in (8, 16, 32)) + ")"
        assert node.name == "pow2"
        return (f"(and (not (= {arg} {word(0)})) (= (bvand {arg} "
                f"(bvsub {arg} {word(1)})) {word(0)}))")

    def side(self, node):
        if node.kind == "truth":
            return "true" if node.name else "false"
        if node.kind == "cond":
            return self.truth(node)
        out = self.term(node)
        # a value in the place of a narrow result: its low half
        if node.kind == "value" and self.rule.pattern.kind == "op" and \
                self.rule.pattern.width:
            bits = self.bits(self.rule.pattern)
            out = zero(low(out, bits), bits)
        return out

    def text(self, fixed=None, small=False):
        """In SMT-LIB; `small`: only of values below 256."""
        rule = self.rule
        known = [self.assumption(rule.guard)] if rule.guard else []
        left, right = self.side(rule.pattern), self.side(rule.replacement)
        names = {name: 64 for name in rule.values()}
        for name, context in rule.constants().items():
            if name in self.sizes or name == "w":
                continue
            names[name] = 64
            bits = {"w": self.w, "v": self.v}.get(context, context)
            if bits == 32:
                known.append(f"(bvule {name} {word(0xffffffff)})")
        for what, name in sorted(self.asked):
            ask = f"{what}_{name}"
            names[ask] = 64
            known.append(f"(= (bvand {name} (bvnot {ask})) {word(0)})"
                         if what == "maybe" else
                         f"(= (bvand {name} {ask}) {ask})")
        if small:
            known += [f"(bvult {name} {word(256)})" for name in rule.values()]
        lines = [f"(declare-const {name} (_ BitVec {bits}))"
                 for name, bits in names.items()]
        for name, value in (fixed or {}).items():
            known.append(f"(= {name} {word(value)})")
        if self.abstract:
            known += sorted(self.facts)
            lines += [f"(declare-fun {name} ((_ BitVec 64) (_ BitVec 64)) "
                      "(_ BitVec 64))" for name in ("udiv", "umod")]
        lines += [f"(assert {term})" for term in known]
        lines += [f"(assert (not (= {left} {right})))", "(check-sat)"]
        return "\n".join(lines)


def has(rule, kinds, name):
    trees = [rule.pattern, rule.replacement] + ([rule.guard]
                                                if rule.guard else [])
    return any(node.kind in kinds and node.name == name or
               name == node.width for tree in trees for node in tree.walk())


def powers(rule, w):
    """Constants whose guard pow2() leaves few: each is asked on its own."""
    for node in rule.guard.walk() if rule.guard else ():
        if node.name == "pow2":
            arg = node.args[0]
            off = {"add": -1, "sub": 1}.get(arg.name, 0)
            name = arg.args[0].name if off else arg.name
            return [{name: (1 << k) + off & (1 << w) - 1} for k in range(w)
                    if (1 << k) + off >= 0]
    return [None]


def questions(rule):
    """(what it is about, text) of each question of a rule."""
    sizes = [name for name in rule.constants() if name in language.SIZES]
    binder = rule.binder()
    conds = range(12) if has(rule, ("cond",), "R") else [None]
    if rule.guard:
        for node in rule.guard.walk():
            if node.name == "among":
                conds = [arg.name for arg in node.args]
    loose = [node for node, _, free in rule.contexts() if free]
    for w in (32, 64) if binder is not None else (64,):
        for v in (32, 64) if has(rule, (), "v") else (64,):
            for bits in itertools.product((8, 16, 32), repeat=len(sizes)):
                for cond in conds:
                    for wide in itertools.product(
                            (32, 64) if w == 32 else (64,),
                            repeat=len(loose)):
                        question = Question(
                            rule, w, v, dict(zip(sizes, bits)), cond,
                            {id(n): b for n, b in zip(loose, wide)})
                        for fixed in powers(rule, w):
                            about = f"w={w} v={v} {bits} {cond} {wide} " \
                                f"{fixed or ''}"
                            yield about, question, fixed


def counts(rule):
    """Constants that the guard says are below w: each value of them may be
    asked about."""
    return [node.args[0].name
            for node in (rule.guard.walk() if rule.guard else ())
            if node.kind == "cond" and node.name == "<" and
            node.args[0].kind == "const" and
            node.args[1] == Node("const", "w")]


def again(question, seconds):
    """What is hard to answer: division as any function, then one count after
    the other."""
    question.abstract = True
    if ask([question.text()], min(seconds, 5)) == ["unsat"]:
        return "unsat"
    question.abstract = False
    for name in counts(question.rule)[:1]:
        for k in range(question.w):
            question.products = {name: k}
            answer = ask([question.text({name: k})], seconds)[0]
            if answer != "unsat":
                return f"{answer} for {name} = {k}"
        return "unsat"
    return "unknown"


def ask(texts, seconds):
    """z3's answers, one process for all."""
    source = "\n(reset)\n".join(
        f"(set-option :timeout {seconds * 1000})\n{text}" for text in texts)
    done = subprocess.run(["z3", "-in"], input=source, text=True,
                          stdout=subprocess.PIPE)
    return done.stdout.split("\n")[:-1]


# src/jit/fold/divide.c, in real numbers: q = x / c, M = mul, K = 2^(64 + post).
# x M is at least q K and less than (q + 1) K.
DIVISION = """
(declare-const q Real) (declare-const r Real) (declare-const x Real)
(declare-const c Real) (declare-const M Real) (declare-const K Real)
(declare-const e Real)
(assert (and (>= c 1.0) (>= q 0.0) (>= r 0.0) (<= r (- c 1.0))))
(assert (= x (+ (* q c) r)))
(assert (and (= (* M c) (+ K e)) (>= e 0.0) (> K 0.0) (< (* x e) K)))
(assert (not (and (<= (* q K) (* x M)) (< (* x M) (* (+ q 1.0) K)))))
(check-sat)"""


def judge(rule, seconds, thorough):
    """[(about, answer)] of the questions whose answer is not unsat."""
    asked = list(questions(rule))
    answers = ask([question.text(fixed) for _, question, fixed in asked],
                  min(seconds, 2))
    if len(answers) != len(asked):
        return [("answers", "\n".join(answers[:3]))]
    wrong = []
    for (about, question, _), answer in zip(asked, answers):
        if answer == "unknown" and thorough:
            answer = again(question, seconds)
        if answer != "unsat":
            wrong.append((about, answer))
    return wrong


# ---- rules with a mistake ----

OTHER = {"add": "sub", "sub": "add", "mul": "add", "and": "or", "or": "and",
         "xor": "and", "shl": "shr", "shr": "shl", "sar": "shr", "rol": "shl",
         "div": "mod", "mod": "div", "sdiv": "div", "smod": "mod",
         "neg": None, "zext": "bswap", "sext": "zext", "bswap": "zext",
         "mulh": "mul"}


def mistakes(node):
    """Trees like `node`, each with one change."""
    if node.kind == "truth":
        yield Node("truth", not node.name)
    elif node.kind == "number":
        yield Node("number", node.name + 1)
    elif node.kind == "value" or node.name in language.CONSTS:
        yield Node("op", "xor", (node, Node("number", -1)),
                   64 if node.kind == "value" else "w")
    elif node.kind == "cond":
        number = 0 if node.name in ("R", "!R") else \
            language.CONDS.index(node.name)
        other = {"R": "!R", "!R": "R"}.get(node.name,
                                           language.CONDS[number ^ 1])
        yield Node("cond", other, node.args, node.width)
    elif OTHER.get(node.name):
        other = OTHER[node.name]
        if node.name == "zext" and node.args[1] == Node("number", 8):
            other = "sext"
        yield Node("op", other, node.args, node.width or
                   ("w" if other in language.WIDE else None))
    for i, arg in enumerate(node.args):
        if node.name in language.SIZED and i == 1:
            continue
        for wrong in mistakes(arg):
            yield Node(node.kind, node.name,
                       node.args[:i] + (wrong,) + node.args[i + 1:],
                       node.width)


def noticed(rule, seconds):
    """Is there a counterexample? Small ones are found sooner."""
    asked = list(questions(rule))
    return any("sat" in ask([question.text(fixed, small)
                             for _, question, fixed in asked], seconds)
               for small in (True, False))


def judge_broken(rule, seconds):
    """(how many mistakes, those that no question shows)."""
    missed, count = [], 0
    for wrong in mistakes(rule.replacement):
        broken = language.Rule(rule.line, rule.text, rule.pattern, wrong,
                               rule.guard, rule.number)
        count += 1
        if not noticed(broken, seconds):
            missed.append(wrong)
    return count, missed


def show(node):
    if not node.args:
        return str(node.name)
    return f"({node.name} {' '.join(show(arg) for arg in node.args)})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", metavar="REGEX")
    parser.add_argument("--sample", type=int, default=1, metavar="N",
                        help="every N-th rule")
    parser.add_argument("--quick", action="store_true",
                        help="what is hard is left to the long run")
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    if not shutil.which("z3"):
        print("skipped: z3 is not installed")
        return 77
    os.nice(5)
    rules = language.read(os.path.join(ROOT, "src/jit/fold/fold.rules"))
    rules = [rule for rule in rules[::args.sample]
             if re.search(args.only, rule.text)]
    bad = total = 0
    if not args.broken and ask([DIVISION], args.seconds) != ["unsat"]:
        print("divide.c: division by multiplication is not proven")
        bad = 1
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        if args.broken:
            for rule, (count, missed) in zip(rules, pool.map(
                    lambda rule: judge_broken(rule, args.seconds), rules)):
                total += count
                bad += len(missed)
                for wrong in missed:
                    print(f"{rule.line}: {rule.text}: nobody notices "
                          f"{show(wrong)}", flush=True)
        else:
            for rule, wrong in zip(rules, pool.map(
                    lambda rule: judge(rule, args.seconds, not args.quick),
                    rules)):
                if args.quick:
                    wrong = [(about, answer) for about, answer in wrong
                             if answer != "unknown"]
                bad += bool(wrong)
                total += 1
                for about, answer in wrong[:3]:
                    print(f"{rule.line}: {rule.text}: {answer}: {about}",
                          flush=True)
    if args.show:
        for rule in rules:
            for about, question, fixed in questions(rule):
                print(f"; {rule.text}: {about}\n{question.text(fixed)}\n"
                      "(reset)")
    print(f"prove: {total} {'mistakes' if args.broken else 'rules'}, "
          f"{bad} {'not noticed' if args.broken else 'not proven'}")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
