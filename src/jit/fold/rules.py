# SPDX-License-Identifier: Apache-2.0
"""The language of fold.rules: text -> rules, for the generator of the matcher
and for the prover. fold.rules says what the language means.

A rule is a pattern, a replacement and a guard: trees of nodes. What is asked
of a tree here (which widths its operations have, what is a constant) has one
answer for all readers.
"""
import dataclasses
import itertools
import re

VALUES = set("xyztu")
CONSTS = set("abcdek")
SIZES = set("mn")               # bits of an extension: 8, 16, 32

INFIX = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod",
         "/s": "sdiv", "%s": "smod", "&": "and", "|": "or", "^": "xor",
         "<<": "shl", ">>": "shr", ">>>": "sar"}
CONDS = ["==", "!=", "<", ">=", "<=", ">", "<s", ">=s", "<=s", ">s",
         "none", "any"]
COND_NAMES = ["EQ", "NE", "ULT", "UGE", "ULE", "UGT", "SLT", "SGE", "SLE",
              "SGT", "NONE", "ANY"]
# Operations whose low bits depend on their operands' low bits alone.
LOW = {"add", "sub", "mul", "and", "or", "xor", "neg"}
COMMUTE = {"add", "mul", "and", "or", "xor"}
WIDE = set(INFIX.values()) | {"rol", "neg", "sext"}     # they have a width
SIZED = {"zext", "sext", "bswap"}                       # (value, bits)
FUNCTIONS = {"rol", "neg", "zext", "sext", "bswap", "mulh"}
ASKS = {"pow2", "log2", "ones", "maybe", "surely", "min", "size"}

LEVELS = {"|": 2, "^": 3, "&": 4, "<<": 5, ">>": 5, ">>>": 5, "+": 6, "-": 6,
          "OP": 2}
TOKEN = re.compile(r"""\s*(?:
    (?P<number>0x[0-9a-f]+|\d+) |
    (?P<infix>>>>|>>|<<|=>|==|!=|(?:[<>]=?|/|%)s(?=\b|32|64|v)|<=|>=|<|>|
       [-+*/%&|^]|\bany\b|\bnone\b|!?\bR(?=\b|32|64|v)|\bOP(?=\b|32|64))
       (?P<width>32\b|64\b|v\b)? |
    (?P<name>[a-z]+[0-9]*) |
    (?P<mark>[()?:,!~]))""", re.X)


@dataclasses.dataclass(frozen=True)
class Node:
    """kind: 'value', 'const' (name), 'number' (value), 'op' (name, args,
    width: 'w', 'v', 32, 64 or None), 'cond' (name: the condition, 'R' or
    '!R'; args, width), 'select' (args: a cond and two values), 'truth'."""
    kind: str
    name: object
    args: tuple = ()
    width: object = None
    once: bool = False          # it must have no other use

    def walk(self):
        yield self
        for arg in self.args:
            yield from arg.walk()

    def constant(self):
        """Is it known when the rule is applied?"""
        return all(n.kind in ("const", "number", "op") for n in self.walk())


@dataclasses.dataclass
class Rule:
    line: int
    text: str
    pattern: Node
    replacement: Node
    guard: Node                 # or None
    number: int = 0

    def root(self):
        """The operation that the rule is found by; 'cond' for comparisons."""
        return self.pattern.name if self.pattern.kind == "op" else \
            self.pattern.kind

    def binder(self):
        """The first operation of width w, or None: then w is 64."""
        return next((n for n in self.pattern.walk() if n.width == "w"), None)

    def contexts(self):
        """(node, how many of its low bits count, loose) of the pattern. A
        loose operation may be wide although w is 32: its low half is then
        what the narrow one gives, and no more of it is read."""
        def visit(node, context):
            root = node is self.pattern
            yield node, context, (node.name in LOW and node.width == "w" and
                                  context == "w" and not root)
            for arg in node.args:
                yield from visit(arg, inner(node, context))

        def inner(node, context):
            if node.kind == "select":
                return context
            return node.width if node.width and node.name != "sext" else 64

        return list(visit(self.pattern, 64))

    def constants(self):
        """{name: its width} of what the pattern binds."""
        return {node.name: context for node, context, _ in self.contexts()
                if node.kind == "const"} | {
                    n.name: 64 for node in self.pattern.walk()
                    if node.name in SIZED for n in node.args[1].walk()
                    if n.kind == "const"}

    def values(self):
        return sorted({node.name for node in self.pattern.walk()
                       if node.kind == "value"})


class Parser:
    def __init__(self, text, where):
        self.where, self.tokens, at = where, [], 0
        text = text.rstrip()
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                self.fail(f"cannot read '{text[at:]}'")
            kind, width, at = m.lastgroup, m.group("width"), m.end()
            if kind == "width":
                kind = "infix"
            value = m.group(kind)
            operand = self.tokens and (
                self.tokens[-1][0] in ("number", "name") or
                self.tokens[-1][1] in (")", "!"))
            if value == "-" and not operand:        # a sign, not an operator
                kind, value, at = "sign", "-", m.start("infix") + 1
                width = None
            self.tokens.append((kind, value, width))
        self.tokens.append(("end", "", None))

    def fail(self, why):
        raise SystemExit(f"{self.where}: {why}")

    def peek(self):
        return self.tokens[0]

    def take(self, value=None):
        token = self.tokens.pop(0)
        if value is not None and token[1] != value:
            self.fail(f"'{value}' expected, '{token[1]}' found")
        return token

    def expression(self):
        """cond ? a : b, or less."""
        node = self.binary(1)
        if self.peek()[1] != "?":
            return node
        self.take("?")
        then = self.binary(2)
        self.take(":")
        return Node("select", "select", (node, then, self.binary(2)))

    def binary(self, level):
        left = self.unary()
        while True:
            kind, value, width = self.peek()
            if kind != "infix" or value == "=>":
                return left
            mine = 1 if value in CONDS or value in ("R", "!R") else \
                LEVELS.get(value, 7)
            if mine < level:
                return left
            self.take()
            right = self.binary(mine + 1)
            width = {None: "w", "v": "v"}.get(width) or int(width)
            if mine == 1:
                left = Node("cond", value, (left, right), width)
            else:
                left = Node("op", INFIX.get(value, value), (left, right),
                            width)

    def unary(self):
        kind, value, _ = self.take()
        if kind == "sign":
            arg = self.unary()
            if arg.kind == "number":
                return Node("number", -arg.name)
            return Node("op", "neg", (arg,), "w")
        if value == "~":
            return Node("op", "not", (self.unary(),), "w")
        if kind == "number":
            return Node("number", int(value, 0))
        if value == "(":
            node = self.expression()
            self.take(")")
            if self.peek()[1] == "!":
                self.take()
                node = dataclasses.replace(node, once=True)
            return node
        if kind == "name":
            return self.named(value)
        self.fail(f"'{value}' is no operand")

    def named(self, name):
        if name in ("true", "false"):
            return Node("truth", name == "true")
        if len(name) == 1:
            if name in VALUES:
                return Node("value", name)
            if name in CONSTS | SIZES or name == "w":
                return Node("const", name)
            self.fail(f"unknown variable '{name}'")
        m = re.match(r"([a-z]+?)(2?)(32|64)?$", name)
        base = name if name in ASKS else m.group(1)
        if base not in FUNCTIONS | ASKS:
            self.fail(f"unknown function '{name}'")
        args = []
        self.take("(")
        while self.peek()[1] != ")":
            args.append(self.expression())
            if self.peek()[1] == ",":
                self.take()
        self.take(")")
        once = self.peek()[1] == "!"
        if once:
            self.take()
        width = None
        if base in WIDE:
            width = int(m.group(3)) if m.group(3) else "w"
        return Node("op", base, tuple(args), width, once)

    def guard(self):
        node = self.guard_and()
        while self.peek()[1] == "or":
            self.take()
            node = Node("op", "orelse", (node, self.guard_and()))
        return node

    def guard_and(self):
        node = self.guard_not()
        while self.peek()[1] == "and":
            self.take()
            node = Node("op", "also", (node, self.guard_not()))
        return node

    def guard_not(self):
        if self.peek()[1] == "not":
            self.take()
            return Node("op", "never", (self.guard_not(),))
        if self.peek()[1] == "R":
            self.take()
            self.take("in")
            allowed = []
            while self.peek()[1] in CONDS:
                allowed.append(CONDS.index(self.take()[1]))
            return Node("op", "among", tuple(Node("number", cond)
                                             for cond in allowed))
        return self.binary(1)


def substitute(node, op):
    name = INFIX[op] if node.name == "OP" else node.name
    return dataclasses.replace(node, name=name, args=tuple(
        substitute(arg, op) for arg in node.args))


def parse_rule(line, text):
    where = f"fold.rules:{line}"
    body, _, ops = text.partition(" for OP in ")
    body, _, guard = body.partition(" if ")
    conds = re.search(r"\bR in ([^=!<>an].*?|[=!<>an].*?)( and |$)", guard)
    parser = Parser(body, where)
    pattern = parser.expression()
    parser.take("=>")
    replacement = parser.expression()
    parser.take("")
    check = None
    if guard:
        parser = Parser(guard, where)
        check = parser.guard()
        parser.take("")
    for op in ops.split() or ["+"]:
        yield Rule(line, f"{text.partition(' for OP in ')[0]}"
                   + (f" for OP in {op}" if ops else ""),
                   substitute(pattern, op), substitute(replacement, op),
                   substitute(check, op) if check else None)


def read(path):
    """All rules of a file, numbered."""
    lines = []
    with open(path) as file:
        for number, text in enumerate(file, 1):
            text = text.split("#")[0].rstrip()
            if text[:1] in (" ", "\t") and text.strip():
                lines[-1][1] += " " + text.strip()
            elif text:
                lines.append([number, text])
    rules = list(itertools.chain.from_iterable(
        parse_rule(number, re.sub(r"\s+", " ", text))
        for number, text in lines))
    for number, rule in enumerate(rules):
        rule.number = number
    return rules
