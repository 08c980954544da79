#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Native code shown and told of: skep disasm --jit, perf's and gdb's files."""
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

SKEP = os.environ["SKEP"]
BUILD = os.environ["SKEP_BUILD"]
EXAMPLES = sorted(glob.glob(os.path.join(BUILD, "examples/*.bpf.o")))
EDIT = os.path.join(BUILD, "tests/e2e/edit.bpf.o")
PARSER = os.path.join(BUILD, "examples/parser.bpf.o")
MIXED = os.path.join(os.environ["SKEP_SRC"], "examples/captures/mixed.pcap")
PIECES = {"parse", "parse_ipv4", "parse_ipv6", "parse_tcp", "parse_udp"}
TIERS = ("quick", "opt")


def run(*args, **options):
    return subprocess.run([SKEP, *args], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, **options)


def has(feature):
    facts = json.loads(run("version", "-j").stdout)
    return facts[feature] == "yes"


def disasm(tier, *args):
    got = run("disasm", f"--jit={tier}", "-j", *args)
    if got.returncode:
        raise AssertionError(got.stderr)
    return json.loads(got.stdout)


def codes(program):
    for piece in program["pieces"]:
        yield from piece["code"]


def helper_called(code):
    """(the helper that the instruction calls, the one that is called)"""
    return (re.search(r"\(bpf_(\w+)\)", code.get("bpf", "")),
            re.match(r"call ([a-z]\w+)$", code["text"]))


@unittest.skipUnless(has("capstone"), "this build has no libcapstone")
class Disasm(unittest.TestCase):
    def each(self):
        self.assertNotEqual(EXAMPLES, [])
        for path in EXAMPLES + [EDIT]:
            for tier in TIERS:
                for program in disasm(tier, "-S", path):
                    self.assertEqual(program["tier"], tier)
                    yield program

    def test_nothing_is_left_out(self):
        for program in self.each():
            at = 0
            for piece in program["pieces"]:
                self.assertEqual(piece["offset"], at)
                for code in piece["code"]:
                    self.assertEqual(code["offset"], at)
                    self.assertNotIn("(data)", code["text"])
                    at += len(code["bytes"])
            self.assertEqual(at, program["code_bytes"])
            self.assertGreaterEqual(program["compile_us"], 0)

    def test_calls_are_of_their_instruction(self):
        seen = 0
        for program in self.each():
            for code in codes(program):
                wants, calls = helper_called(code)
                if calls and code["part"] == "insn":
                    self.assertEqual(calls[1], wants[1])
                    seen += 1
        self.assertGreater(seen, 20)

    def test_lines_are_those_of_the_source(self):
        seen = 0
        for program in self.each():
            for code in codes(program):
                if "file" not in code or not os.path.exists(code["file"]):
                    continue
                with open(code["file"]) as text:
                    line = text.read().split("\n")[code["line"] - 1]
                self.assertEqual(code["source"].strip(), line.strip())
                seen += 1
        self.assertGreater(seen, 500)

    def test_text_says_the_same(self):
        text = run("disasm", "--jit", "-S", EDIT, "-p", "edit_xdp").stdout
        program, = disasm("opt", "-S", EDIT, "-p", "edit_xdp")
        self.assertIn("edit_xdp (xdp): tier opt, ", text)
        offsets = re.findall(r"^\t\t *([0-9a-f]+):  ([0-9a-f]+) ", text, re.M)
        self.assertEqual([int(at, 16) for at, _ in offsets],
                         [code["offset"] for code in codes(program)])
        self.assertIn("; ", text)
        self.assertRegex(text, r"(?m)^ +\d+:\tr\d = ")

    def test_errors(self):
        for args, status in (
                (("--jit=fast", EDIT), 2), (("--jit", EDIT, "-p", "no"), 2),
                (("--jit", "/dev/null"), 2),
                (("--jit", os.path.join(BUILD, "tests/e2e/explosions.bpf.o")),
                 2)):
            with self.subTest(args=args):
                self.assertEqual(run("disasm", *args).returncode, status)


class WithoutCapstone(unittest.TestCase):
    @unittest.skipIf(has("capstone"), "this build has libcapstone")
    def test_says_so(self):
        got = run("disasm", "--jit", "-j", EDIT)
        self.assertEqual(got.returncode, 3)
        self.assertIn("native-no-capstone", got.stderr)


class Told(unittest.TestCase):
    """Files and interfaces of other programs."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.dir = place.name

    def run_parser(self, *args, **env):
        """Its process's number, after it has ended well."""
        with subprocess.Popen(
                [SKEP, "run", PARSER, "--in", MIXED, "--jit", "opt", *args],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                env={**os.environ, **env}) as proc:
            said = proc.communicate(timeout=60)[1]
        self.assertEqual(proc.returncode, 0, said)
        return proc.pid

    def read_map(self, pid):
        path = f"/tmp/perf-{pid}.map"
        self.addCleanup(os.unlink, path)
        with open(path) as text:
            return [line.rstrip("\n").split(" ", 2) for line in text]

    def check_map(self, rows):
        names = [name for _, _, name in rows]
        self.assertLessEqual(PIECES, set(names))
        self.assertEqual(names.count("parse"), 1)
        spans = sorted((int(at, 16), int(size, 16)) for at, size, _ in rows)
        for (at, size), (after, _) in zip(spans, spans[1:]):
            self.assertGreater(size, 0)
            self.assertLessEqual(at + size, after)

    def test_perf_map(self):
        self.check_map(self.read_map(self.run_parser("--perf-map")))

    def test_by_environment(self):
        pid = self.run_parser(SKEP_JIT_TOOLS=f"perf-map,jitdump={self.dir}")
        self.check_map(self.read_map(pid))
        self.assertEqual(os.listdir(self.dir), [f"jit-{pid}.dump"])

    def test_no_map_unless_asked_for(self):
        self.assertFalse(os.path.exists(f"/tmp/perf-{self.run_parser()}.map"))

    def read_dump(self, pid):
        """The records behind the header: (id, time, contents)."""
        with open(os.path.join(self.dir, f"jit-{pid}.dump"), "rb") as dump:
            data = dump.read()
        head = struct.unpack_from("<IIIIIIQQ", data)
        self.assertEqual(head[:6], (0x4a695444, 1, 40, 62, 0, pid))
        self.assertEqual(head[7], 0)
        at, time, records = 40, head[6], []
        while at < len(data):
            kind, size, now = struct.unpack_from("<IIQ", data, at)
            self.assertGreaterEqual(now, time)
            self.assertGreaterEqual(size, 16)
            records.append((kind, data[at + 16:at + size]))
            at, time = at + size, now
        self.assertEqual(at, len(data))
        return records

    def check_lines(self, body, lines):
        """A table of lines; which files and lines, by address."""
        start, cnt = struct.unpack_from("<QQ", body)
        at = 16
        for _ in range(cnt):
            address, line, column = struct.unpack_from("<QII", body, at)
            end = body.index(0, at + 16)
            lines[address] = (body[at + 16:end].decode(), line)
            self.assertGreaterEqual(address, start)
            self.assertEqual(column, 0)
            self.assertGreater(line, 0)
            at = end + 1
        self.assertEqual(at, len(body))

    def test_jitdump(self):
        pid = self.run_parser("--jitdump", self.dir)
        records = self.read_dump(pid)
        names, indices, lines = set(), [], {}
        self.assertEqual(records[-1], (3, b""))
        for kind, body in records[:-1]:
            if kind == 2:
                self.check_lines(body, lines)
                continue
            self.assertEqual(kind, 0)
            head = struct.unpack_from("<IIQQQQ", body)
            name, code = body[40:].split(b"\0", 1)
            self.assertEqual(head[0], pid)
            self.assertEqual(head[2], head[3])
            self.assertEqual(head[4], len(code))
            indices.append(head[5])
            names.add(name.decode())
        self.assertLessEqual(PIECES, names)
        self.assertEqual(len(set(indices)), len(indices))
        self.assertEqual({os.path.basename(file) for file, _ in
                          lines.values()}, {"parser.bpf.c", "parse.h"})
        self.assertGreater(len(set(lines.values())), 20)

    def perf(self, *args):
        done = subprocess.run(["perf", *args], cwd=self.dir, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, errors="replace")
        return done.returncode, done.stdout, done.stderr

    @unittest.skipUnless(shutil.which("perf"), "no perf (linux-perf)")
    def test_perf_names_programs_and_lines(self):
        status, _, said = self.perf(
            "record", "-k", "mono", "-e", "cpu-clock", "-o", "data", SKEP,
            "run", PARSER, "--in", MIXED, "--jit", "opt", "--repeat",
            "5000000", "--jitdump", self.dir)
        if status:
            self.skipTest(f"perf cannot record here: {said[-200:]}")
        status, _, said = self.perf("inject", "--jit", "-i", "data", "-o",
                                    "jitted")
        self.assertEqual(status, 0, said)
        _, text, said = self.perf("report", "-i", "jitted", "--stdio",
                                  "--sort", "sym,dso")
        self.assertRegex(text, r"parse\S* .*jitted-\d+-\d+\.so", said)
        _, text, said = self.perf("annotate", "-i", "jitted", "--stdio", "-l",
                                  "-s", "parse")
        self.assertIn("parser.bpf.c:", text, said)

    def gdb(self, *commands):
        args = [part for c in commands for part in ("-ex", c)]
        done = subprocess.run(
            ["gdb", "-q", "-nx", "-batch", "-ex", "set confirm off", "-ex",
             "set debuginfod enabled off", "-ex",
             "set breakpoint pending on", *args, "--args", SKEP, "run", EDIT,
             "-p", "edit_xdp", "--in", MIXED, "--gdb", "--jit", self.tier],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
            stdin=subprocess.DEVNULL, text=True)
        if "Could not trace" in done.stdout or "ptrace" in done.stdout:
            self.skipTest("gdb may not trace here")
        return done.stdout

    @unittest.skipUnless(shutil.which("gdb"), "no gdb")
    def test_gdb(self):
        for self.tier in TIERS:
            text = self.gdb("break edit_xdp", "run", "bt", "delete",
                            "break helper_ringbuf_output", "continue", "bt",
                            "delete", "continue")
            first, _, second = text.partition("helper_ringbuf_output")
            self.assertRegex(first, r"#0  edit_xdp \(\) at .*edit\.bpf\.c:60")
            self.assertRegex(second, r"#1 .* in edit_xdp \(\) at "
                             r".*edit\.bpf\.c:45")
            for part in (first, second):
                self.assertRegex(part, r"(?s)in edit_xdp\.(enter|start) "
                                 r"\(\)\n.*jit_run.*main \(")
            self.assertIn("exited normally", second)

    def test_errors(self):
        """What has no effect, and where nothing can be written."""
        for args in (("--perf-map",), ("--gdb",), ("--jitdump", self.dir),
                     ("--engine", "kernel", "--gdb")):
            got = run("run", PARSER, "--in", MIXED, *args)
            self.assertEqual(got.returncode, 2, args)
        got = run("run", PARSER, "--in", MIXED, "--jit", "opt", "-j",
                  "--jitdump", os.path.join(self.dir, "nowhere"))
        self.assertEqual(got.returncode, 2)
        self.assertIn("file-write", got.stderr)


if __name__ == "__main__":
    if os.uname().machine != "x86_64":
        print("skipped: no native code on this machine")
        sys.exit(77)
    unittest.main()
