#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""generate.py fold.rules OUT.c: a C function for each rule, and for each
operation the table of its rules. match.h has what the functions call.

A function compares the tree below the root with its pattern and returns false
at the first difference. Where operands may change places (and it matters), it
tries both ways: a bit of `way` for each such operation. Then come the guard
and the answer.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rules as language  # noqa: E402

GUARD_OPS = {"add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|",
             "xor": "^"}


def width_c(width):
    return {"w": "w", "v": "v", 32: "false", 64: "true"}[width]


class Writer:
    def __init__(self, rule):
        self.rule, self.lines, self.bound = rule, [], set()
        self.contexts = {id(n): (context, loose)
                         for n, context, loose in rule.contexts()}
        self.ways = self.count = 0
        self.declared = []
        self.w_bound = False

    def say(self, text):
        self.lines.append(text)

    def need(self, condition):
        self.say(f"if (!({condition}))\n\t\t\tcontinue;")

    def fresh(self, prefix, kind="ir_ref"):
        self.count += 1
        name = f"{prefix}{self.count}"
        self.declared.append((kind, name))
        return name

    # ---- the pattern ----

    def swaps(self, node):
        """Does it matter which operand is which?"""
        if node.name not in language.COMMUTE and \
                node.name not in ("==", "!=", "any", "none"):
            return False
        left, right = node.args[:2]
        if left.constant() or right.constant() or left == right:
            return False
        uses = [n for n in self.rule.pattern.walk() if n.kind == "value"]
        alone = all(arg.kind == "value" and uses.count(arg) == 1
                    for arg in (left, right))
        return not alone

    def operands(self, node, ref):
        """Names of variables with the operands of `ref`."""
        names = [self.fresh("r") for _ in node.args]
        order = [str(i) for i in range(len(names))]
        if self.swaps(node):
            order[:2] = [f"way >> {self.ways} & 1",
                         f"~way >> {self.ways} & 1"]
            self.ways += 1
        for name, index in zip(names, order):
            self.say(f"{name} = fold_arg(fold, {ref}, {index});")
        return names

    def match(self, node, ref, root=False):
        getattr(self, "match_" + node.kind)(node, ref, root)

    def match_value(self, node, ref, _):
        if node.name in self.bound:
            self.need(f"{ref} == {node.name}")
        else:
            self.bound.add(node.name)
            self.declared.append(("ir_ref", node.name))
            self.say(f"{node.name} = {ref};")

    def constant_width(self, node):
        context = self.contexts[id(node)][0]
        return "true" if context in (64, None) else width_c(context)

    def match_const(self, node, ref, _):
        wide = self.constant_width(node)
        if node.name in self.bound:
            self.need(f"fold_is_const(fold, {ref}, {wide}, {node.name})")
            return
        self.bound.add(node.name)
        self.declared.append(("uint64_t", node.name))
        self.need(f"fold_const(fold, {ref}, {wide}, &{node.name})")

    def match_number(self, node, ref, _):
        value = f"{node.name & (1 << 64) - 1:#x}ull"
        self.need(f"fold_is_const(fold, {ref}, {self.constant_width(node)}, "
                  f"{value})")

    def match_width(self, node, ref, root):
        if node.width == "w" and not self.w_bound:
            self.w_bound = True
            self.say(f"w = ir_at(fold->f, {ref})->wide;")
        elif node.width == "v" and "v" not in self.bound:
            self.bound.add("v")
            self.declared.append(("bool", "v"))
            self.say(f"v = ir_at(fold->f, {ref})->wide;")
        elif node.width is not None:
            loose = self.contexts[id(node)][1]
            self.need(f"fold_{'low' if loose else 'width'}(fold, {ref}, "
                      f"{width_c(node.width)})")

    def match_op(self, node, ref, root):
        if not root:
            self.need(f"fold_is(fold, {ref}, IR_{node.name.upper()})")
            if node.once:
                self.need(f"fold_once(fold, {ref})")
        self.match_width(node, ref, root)
        if node.name in language.SIZED:
            self.match_size(node.args[1], ref)
            arg = self.fresh("r")
            self.say(f"{arg} = fold_arg(fold, {ref}, 0);")
            self.match(node.args[0], arg)
            return
        names = self.operands(node, ref)
        # what decides quickly comes first
        order = sorted(range(len(names)), key=lambda i: (
            node.args[i].kind != "number", node.args[i].kind != "op"))
        for i in order:
            self.match(node.args[i], names[i])

    def match_size(self, node, ref):
        size = f"fold_bits(fold, {ref})"
        if node.kind == "number":
            self.need(f"{size} == {node.name}")
        elif node.name in self.bound:
            self.need(f"{size} == {node.name}")
        else:
            self.bound.add(node.name)
            self.declared.append(("uint64_t", node.name))
            self.say(f"{node.name} = {size};")
            self.need(f"fold_size({node.name})")

    def match_cond(self, node, ref, root):
        """The comparison of a BRANCH or a SELECT."""
        if node.name == "R":
            if "R" in self.bound:
                self.need(f"ir_at(fold->f, {ref})->cond == R")
            else:
                self.bound.add("R")
                self.declared.append(("enum ir_cond", "R"))
                self.say(f"R = ir_at(fold->f, {ref})->cond;")
        else:
            name = language.COND_NAMES[language.CONDS.index(node.name)]
            self.need(f"ir_at(fold->f, {ref})->cond == IR_{name}")
        self.match_width(node, ref, root)
        names = self.operands(node, ref)
        for arg, name in sorted(zip(node.args, names),
                                key=lambda pair: pair[0].kind != "number"):
            self.match(arg, name)

    def match_select(self, node, ref, root):
        if not root:
            self.need(f"fold_is(fold, {ref}, IR_SELECT)")
            if node.once:
                self.need(f"fold_once(fold, {ref})")
        self.match_cond(node.args[0], ref, root)
        for i in (1, 2):
            arg = self.fresh("r")
            self.say(f"{arg} = fold_arg(fold, {ref}, {i + 1});")
            self.match(node.args[i], arg)

    # ---- constants ----

    def number(self, node, guard=False):
        """A C expression: in guards of 64 bits, else of the width w."""
        if node.kind == "number":
            return f"{node.name & (1 << 64) - 1:#x}ull"
        if node.kind == "const":
            return "fold_w(w)" if node.name == "w" else node.name
        args = [self.number(arg, guard) for arg in node.args] \
            if node.name not in ("maybe", "surely") else []
        if node.name in ("maybe", "surely"):
            return f"fold_{node.name}(fold, {node.args[0].name}, w)"
        if node.name in language.ASKS:
            return f"fold_{node.name}({', '.join(args)})"
        if node.name == "not":
            return f"~{args[0]}"
        if guard and node.name in GUARD_OPS:
            return f"({args[0]} {GUARD_OPS[node.name]} {args[1]})"
        wide = "true" if guard else width_c(node.width or 64)
        if node.name in language.SIZED:
            return (f"fold_eval_size(IR_{node.name.upper()}, {wide}, "
                    f"{args[1]}, {args[0]})")
        return (f"fold_eval(IR_{node.name.upper()}, {wide}, "
                f"{', '.join(args + ['0'] * (2 - len(args)))})")

    def condition(self, node):
        """A C expression that is a truth."""
        if node.kind == "op":
            parts = [] if node.name == "among" else \
                [self.condition(arg) if arg.kind in ("op", "cond") and
                 arg.name in ("also", "orelse", "never", "among", "pow2",
                              "size") or arg.kind == "cond" else None
                 for arg in node.args]
            if node.name == "also":
                return f"{parts[0]} && {parts[1]}"
            if node.name == "orelse":
                return f"({parts[0]} || {parts[1]})"
            if node.name == "never":
                return f"!{parts[0]}"
            if node.name == "among":
                mask = sum(1 << arg.name for arg in node.args)
                return f"({mask:#x} >> R & 1)"
            return self.number(node, True)
        left, right = (self.number(arg, True) for arg in node.args)
        return f"{left} {node.name} {right}"

    # ---- the replacement ----

    def build(self, node):
        """The name of a ref with the value of `node`."""
        if node.kind == "value":
            return node.name
        out = self.fresh("n")
        if node.constant():
            value = self.number(node)
            if self.rule.binder() is not None:
                value = f"fold_mask({value}, w)"
            self.say(f"{out} = ir_const(fold->f, {value});")
        elif node.kind == "select":
            cond = node.args[0]
            args = [self.build(arg) for arg in cond.args + node.args[1:]]
            self.say(f"{out} = fold_emit_select(fold, {self.cond(cond)}, "
                     f"{width_c(cond.width)}, {{ {', '.join(args)} }});"
                     .replace("{ ", "(ir_ref[4]){ "))
        elif node.name in language.SIZED:
            bits = self.number(node.args[1], True)
            arg = self.build(node.args[0])
            wide = width_c(node.width or 64)
            self.say(f"{out} = fold_emit_size(fold, IR_{node.name.upper()}, "
                     f"{wide}, {bits}, {arg});")
        else:
            args = [self.build(arg) for arg in node.args] + ["0"]
            self.say(f"{out} = fold_emit(fold, IR_{node.name.upper()}, "
                     f"{width_c(node.width or 64)}, {args[0]}, {args[1]});")
        return out

    def cond(self, node):
        if node.name in ("R", "!R"):
            return "R" if node.name == "R" else "(R ^ 1)"
        return "IR_" + language.COND_NAMES[language.CONDS.index(node.name)]

    def answer(self):
        node = self.rule.replacement
        if self.rule.root() == "cond":
            if node.kind == "truth":
                return f"fold_decide(fold, {'true' if node.name else 'false'})"
            left, right = (self.build(arg) for arg in node.args)
            return (f"fold_compare(fold, {self.cond(node)}, "
                    f"{width_c(node.width)}, {left}, {right})")
        narrow = node.kind == "value" and self.rule.pattern.width
        out = self.build(node)
        if narrow:
            return f"fold_answer_low(fold, {out}, " \
                   f"{width_c(self.rule.pattern.width)})"
        return f"fold_answer(fold, {out})"

    def function(self):
        rule = self.rule
        if rule.binder() is None:
            self.say("w = true;")
        self.match(rule.pattern, "fold->root", True)
        if rule.guard:
            self.need(self.condition(rule.guard))
        self.say(f"return {self.answer()};")
        lines = [f"/* fold.rules:{rule.line}: {rule.text} */"
                 .replace("*/ *", "* / *"),
                 f"static bool rule_{rule.number}(struct fold *fold)", "{",
                 "\tmaybe_unused bool w = true;"]
        for kind in ("ir_ref", "uint64_t", "bool", "enum ir_cond"):
            names = [name for k, name in self.declared if k == kind]
            if names:
                lines.append(f"\tmaybe_unused {kind} {', '.join(names)};")
        lines += ["", f"\tfor (unsigned int way = 0; way < {1 << self.ways}; "
                  "way++) {"]
        lines += ["\t\t" + line for line in self.lines]
        lines += ["\t}", "\treturn false;", "}", ""]
        return "\n".join(lines)


def kinds(node):
    """A C expression: the operations that an operand may be, as a set."""
    if node.kind == "value":
        return "UINT64_MAX"
    if node.kind in ("const", "number"):
        return "BIT(CONST)"
    return "BIT(SELECT)" if node.kind == "select" else \
        f"BIT({node.name.upper()})"


def row(rule):
    node = rule.pattern
    if node.kind == "select":
        node = node.args[0]
    args = node.args[:1] if node.name in language.SIZED else node.args[:2]
    sets = [kinds(arg) for arg in args] + ["UINT64_MAX"] * (2 - len(args))
    if Writer(rule).swaps(node):
        sets = [" | ".join(dict.fromkeys(sets))] * 2
    return f"\t{{ rule_{rule.number}, {rule.number}, {sets[0]}, {sets[1]} }},"


def main():
    source, out = sys.argv[1:]
    rules = language.read(source)
    text = ["/* Made from fold.rules by generate.py. */",
            '#include "jit/fold/match.h"', "",
            "#define BIT(op)\t(1ull << IR_##op)", ""]
    text += [Writer(rule).function() for rule in rules]
    roots = {}
    for rule in rules:
        roots.setdefault(rule.root(), []).append(rule)
    for root, found in roots.items():
        text.append(f"static const struct fold_row rows_{root}[] = {{")
        text += [row(rule) for rule in found]
        text += ["\t{ NULL },", "};", ""]
    text.append("const struct fold_row *const fold_rows[IR_OPS] = {")
    text += [f"\t[IR_{root.upper()}] = rows_{root}," for root in roots
             if root != "cond"]
    text += ["};", "",
             "const struct fold_row *const fold_rows_cond = rows_cond;", "",
             "const char *const fold_texts[] = {"]
    text += [f'\t"{rule.line}: {rule.text}",' for rule in rules]
    text += ["};", "", f"const uint32_t fold_rules_cnt = {len(rules)};", ""]
    with open(out, "w") as file:
        file.write("\n".join(text))


if __name__ == "__main__":
    main()
