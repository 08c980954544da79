#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep run --jit-check: native code and the interpreter, packet by packet, over
every example, the test programs and the XDP objects of Debian's xdp-tools."""
import glob
import json
import os
import subprocess
import sys
import tempfile
import unittest

import make_capture

SKEP = os.environ["SKEP"]
BUILD = os.environ["SKEP_BUILD"]
EXAMPLES = sorted(glob.glob(os.path.join(BUILD, "examples/*.bpf.o")))
TOOLS = sorted(glob.glob("/usr/lib/*/bpf/*.o"))


def e2e(name):
    return os.path.join(BUILD, "tests/e2e", name + ".bpf.o")


def skep(*args):
    return subprocess.run([SKEP, "run", "--json", *args], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120)


class JitCheck(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        cls.mixed = os.path.join(cls.dir.name, "mixed.pcap")
        make_capture.write(cls.mixed)

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def check(self, *args):
        return skep(*args, "--in", self.mixed, "--jit-check")

    def equal(self, *args):
        """Both tiers; once more with assertions of what was proven."""
        for tier in ("quick", "opt"):
            proc = self.check(*args, "--jit", tier, "--audit")
            self.assertEqual(proc.returncode, 0, proc.stderr)
            audited = json.loads(proc.stdout)
            proc = self.check(*args, "--jit", tier)
            self.assertEqual(proc.returncode, 0, proc.stderr)
            got = json.loads(proc.stdout)
            self.assertEqual(got["engine"], "jit")
            self.assertTrue(got["equal"])
            self.assertGreater(got["packets"], 100)
            self.assertGreater(got["code_bytes"], 0)
            self.assertGreater(audited["code_bytes"], got["code_bytes"])
            self.assertEqual(audited["verdicts"], got["verdicts"])
            self.assertGreater(got["compile_us"], 0)
            self.assertIn(got["program"],
                          [p["name"] for p in got["programs"]])
        return got

    def test_examples(self):
        for path in EXAMPLES:
            with self.subTest(os.path.basename(path)):
                self.equal(path)

    def test_programs(self):
        self.equal(e2e("edit"), "-p", "edit_xdp")
        self.equal(e2e("edit"), "-p", "edit_tc")
        self.equal(e2e("routes"))
        self.equal(e2e("nested"))
        self.equal(e2e("verdict"), "-p", "filter", "--set", "verdict=64")

    def test_xdp_tools(self):
        if not TOOLS:
            self.skipTest("xdp-tools is not installed")
        equal = 0
        for path in TOOLS:
            proc = self.check(path, "--audit")
            if proc.returncode not in (2, 3):
                self.assertEqual(proc.returncode, 0, path + proc.stderr)
                equal += 1
        self.assertGreater(equal, 0)

    def test_a_difference_is_found(self):
        """The clock is no function of the packet: the maps must differ."""
        proc = self.check(e2e("clock"))
        self.assertEqual(proc.returncode, 1, proc.stderr)
        self.assertFalse(json.loads(proc.stdout)["equal"])
        self.assertIn("map last", proc.stderr)
        self.assertIn("interp", proc.stderr)

    def test_both_end_badly(self):
        """The same budget ends both at the same instruction."""
        proc = self.check(e2e("spin"), "--budget", "1000", "--count", "3")
        self.assertEqual(proc.returncode, 1, proc.stderr)
        got = json.loads(proc.stdout)
        self.assertTrue(got["equal"])
        self.assertEqual(got["faults"], 3)

    def test_interp_has_no_code(self):
        proc = skep(EXAMPLES[0], "--in", self.mixed)
        got = json.loads(proc.stdout)
        self.assertIsNone(got["code_bytes"])
        self.assertIsNone(got["compile_us"])

    def test_errors(self):
        for args in (("--jit", "off"), ("--engine", "interp"),
                     ("--engine", "kernel"), ("--compare", "kernel"),
                     ("--repeat", "5"), ("--out", "/dev/null")):
            self.assertEqual(self.check(EXAMPLES[0], *args).returncode, 2,
                             args)
        self.assertEqual(skep(EXAMPLES[0], "--dev", "lo",
                              "--jit-check").returncode, 2)


if __name__ == "__main__":
    if os.uname().machine != "x86_64":
        print("skipped: no native code on this machine")
        sys.exit(77)
    if not EXAMPLES:
        print("skipped: the BPF objects were not built (clang)")
        sys.exit(77)
    unittest.main(verbosity=2)
