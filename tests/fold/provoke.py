#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""provoke.py OUT.c: functions in which each rule of fold.rules applies.

For each rule, width, size and condition, constants and known bits are drawn
until the guard is true, and the pattern is written down as rows of struct
case_node (cases.h). test_rules.c folds and runs them.
"""
import itertools
import os
import random
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "src/jit/fold"))
import rules as language  # noqa: E402

ALL = (1 << 64) - 1
TRIES = 1500
EACH = 2        # cases of one choice of widths and sizes, at least
CASES = 32      # of a rule, if it has so many choices

# What makes a value of which something is known: (op, number), and the bits
# that may be and that are set then.
SHAPES = [(("arg", 0), ALL, 0)] + \
    [(("load", n), (1 << 8 * n) - 1, 0) for n in (1, 2, 4)] + \
    [(("shr", k), ALL >> k, 0) for k in (1, 33, 48, 60, 63)] + \
    [(("shl", k), ALL << k & ALL, 0) for k in (1, 8, 33)] + \
    [(("or", k), ALL, k) for k in (1, 1 << 31, 1 << 63, 0xff00, 1 << 40)] + \
    [(("load_or", k), 0xff | k, k) for k in (0x100, 0xff00, 1 << 31, 0xf0)]


class Instance:
    def __init__(self, rule, w, v, cond, sizes, pick):
        self.rule, self.w, self.v, self.cond = rule, w, v, cond
        self.numbers, self.shapes, self.nodes = dict(sizes), {}, []
        self.pick, self.at = pick, {}
        for name, context in rule.constants().items():
            if name not in self.numbers and name != "w":
                bits = {"w": w, "v": v}.get(context, context)
                self.numbers[name] = self.draw() & (1 << bits) - 1
        for name in rule.values():
            self.shapes[name] = SHAPES[0]
        for node in rule.guard.walk() if rule.guard else ():
            if node.name in ("maybe", "surely"):
                self.shapes[node.args[0].name] = pick.choice(SHAPES)

    def draw(self):
        pick = self.pick
        k = pick.randrange(65)
        return pick.choice([
            k, pick.randrange(self.w), (1 << k) - 1, 1 << k & ALL,
            (1 << k) + 1, ALL ^ ((1 << k) - 1), 0xff, 0xffff, 0xffffffff,
            8, 16, 24, 32, 48, pick.getrandbits(64), pick.getrandbits(16),
            *list(self.numbers.values())[:1],
            self.w - next(iter(self.numbers.values()), 0) & ALL]) & ALL

    # ---- the guard ----

    def number(self, node):
        """Of a guard: 64 bits."""
        if node.kind == "number":
            return node.name & ALL
        if node.kind == "const":
            return self.w if node.name == "w" else self.numbers[node.name]
        if node.name in ("maybe", "surely"):
            _, maybe, surely = self.shapes[node.args[0].name]
            return (maybe if node.name == "maybe" else surely) & \
                (1 << self.w) - 1
        args = [self.number(arg) for arg in node.args]
        x, y = (args + [0])[:2]
        return {"add": lambda: x + y, "sub": lambda: x - y,
                "mul": lambda: x * y, "and": lambda: x & y,
                "or": lambda: x | y, "xor": lambda: x ^ y,
                "div": lambda: x // y if y else 0, "not": lambda: ~x,
                "shl": lambda: x << (y & 63), "shr": lambda: x >> (y & 63),
                "neg": lambda: -x, "ones": lambda: (1 << x) - 1,
                "min": lambda: min(x, y), "sext": lambda:
                (x & (1 << y) - 1) - (x >> (y - 1) & 1) * (1 << y),
                "log2": lambda: x.bit_length() - 1}[node.name]() & ALL

    def holds(self, node):
        if node.kind == "cond":
            x, y = (self.number(arg) for arg in node.args)
            return {"==": x == y, "!=": x != y, "<": x < y, ">=": x >= y,
                    "<=": x <= y, ">": x > y}[node.name]
        if node.name == "also":
            return all(self.holds(arg) for arg in node.args)
        if node.name == "orelse":
            return any(self.holds(arg) for arg in node.args)
        if node.name == "never":
            return not self.holds(node.args[0])
        if node.name == "among":
            return self.cond in [arg.name for arg in node.args]
        x = self.number(node.args[0])
        if node.name == "size":
            return x in (8, 16, 32)
        assert node.name == "pow2"
        return x.bit_count() == 1

    # ---- the pattern ----

    def add(self, op, args=(), wide=1, size=0, cond=0, imm=0):
        row = (op, wide, size, cond, tuple(args), imm)
        self.nodes.append(row)
        return len(self.nodes)

    def constant(self, value):
        return self.add("CONST", imm=value & ALL)

    def value(self, name):
        if name in self.at:
            return self.at[name]
        index = "xyztu".index(name)
        (op, k), _, _ = self.shapes[name]
        if op in ("load", "load_or"):
            frame = self.add("FRAME")
            ref = self.add("LOAD", [frame], size=k if op == "load" else 1,
                           imm=-8 * (index + 1))
        else:
            ref = self.add("ARG", imm=index)
        if op in ("or", "load_or"):
            ref = self.add("OR", [ref, self.constant(k)])
        elif op in ("shr", "shl"):
            ref = self.add(op.upper(), [ref, self.constant(k)])
        self.at[name] = ref
        return ref

    def wide(self, node, loose):
        if loose and self.w == 32:
            return self.pick.randrange(2)
        return {"w": self.w, "v": self.v, None: 64}.get(
            node.width, node.width) == 64

    def build(self, node):
        if node.kind == "value":
            return self.value(node.name)
        if node.kind == "const":
            return self.constant(self.numbers[node.name])
        if node.kind == "number":
            return self.constant(node.name)
        loose = next(free for n, _, free in self.rule.contexts() if n is node)
        wide = self.wide(node, loose)
        if node.kind == "select":
            cond = node.args[0]
            args = [self.build(arg) for arg in cond.args + node.args[1:]]
            return self.add("SELECT", args, self.wide(cond, False),
                            cond=self.condition(cond))
        if node.kind == "cond":
            args = [self.build(arg) for arg in node.args]
            args += [self.constant(3), self.constant(5)]
            return self.add("SELECT", args, wide, cond=self.condition(node))
        if node.name in language.SIZED:
            size = self.size(node.args[1])
            return self.add(node.name.upper(), [self.build(node.args[0])],
                            wide, size // 8)
        return self.add(node.name.upper(),
                        [self.build(arg) for arg in node.args], wide)

    def size(self, node):
        return self.number(node)

    def condition(self, node):
        return self.cond if node.name == "R" else \
            language.CONDS.index(node.name)


def conditions(rule):
    """Those that R may be."""
    for node in rule.guard.walk() if rule.guard else ():
        if node.name == "among":
            return [arg.name for arg in node.args]
    named = any(n.kind == "cond" and n.name == "R"
                for n in rule.pattern.walk())
    return range(12) if named else [0]


def instances(rule, pick):
    sizes = [n for n in rule.constants() if n in language.SIZES]
    tree = list(rule.pattern.walk())
    each = max(EACH, CASES // (2 * 3 ** len(sizes) * len(conditions(rule))))
    for w in (32, 64) if rule.binder() is not None else (64,):
        for v in (32, 64) if any(n.width == "v" for n in tree) else (64,):
            for bits in itertools.product((8, 16, 32), repeat=len(sizes)):
                for cond in conditions(rule):
                    found = 0
                    for _ in range(TRIES if rule.guard else each):
                        case = Instance(rule, w, v, cond,
                                        zip(sizes, bits), pick)
                        if rule.guard and not case.holds(rule.guard):
                            continue
                        case.build(rule.pattern)
                        yield case
                        found += 1
                        if found == each:
                            break


def row(node):
    op, wide, size, cond, args, imm = node
    refs = ", ".join(str(arg) for arg in args)
    return (f"\t{{ IR_{op}, {int(wide)}, {size}, {cond}, "
            f"{{ {refs or 0} }}, {imm & ALL:#x}ull }},")


def main():
    rules = language.read(os.path.join(ROOT, "src/jit/fold/fold.rules"))
    nodes, cases = [], []
    for rule in rules:
        for case in instances(rule, random.Random(rule.text)):
            cases.append(f"\t{{ {rule.number}, {len(nodes)}, "
                         f"{len(case.nodes)} }},")
            nodes += [row(node) for node in case.nodes]
    text = ["/* Made from fold.rules by provoke.py. */", '#include "cases.h"',
            "", "const struct case_node case_nodes[] = {", *nodes, "};", "",
            "const struct fold_case fold_cases[] = {", *cases, "};", "",
            f"const uint32_t fold_cases_cnt = {len(cases)};", ""]
    with open(sys.argv[1], "w") as file:
        file.write("\n".join(text))


if __name__ == "__main__":
    main()
