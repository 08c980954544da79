#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep run --compare kernel: every example, the test programs and the XDP
objects of Debian's xdp-tools, packet by packet over mixed traffic."""
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

NATIVE = os.uname().machine == "x86_64"

# Reasons for which skep may refuse an object of xdp-tools, by diagnostic.
REFUSALS = {"interp-helper-missing", "interp-op-missing", "vm-no-map",
            "vm-no-program"}


def skep(*args):
    return subprocess.run([SKEP, "run", "--json", *args], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120)


class Compare(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        cls.mixed = os.path.join(cls.dir.name, "mixed.pcap")
        make_capture.write(cls.mixed)

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def equal(self, *args):
        """In the interpreter, then (what is returned) in native code."""
        for jit in ("off", "quick", "opt"):
            proc = skep(*args, "--in", self.mixed, "--compare", "kernel",
                        "--jit", jit)
            self.assertEqual(proc.returncode, 0, proc.stderr)
            got = json.loads(proc.stdout)
            self.assertTrue(got["equal"])
            self.assertGreater(got["packets"], 2 * got["skipped"])
            if NATIVE:
                self.assertNotIn("jit-instead", proc.stderr)
        return got

    def test_examples(self):
        self.assertNotEqual(EXAMPLES, [])
        for path in EXAMPLES:
            with self.subTest(os.path.basename(path)):
                self.equal(path)

    def test_edits(self):
        edit = os.path.join(BUILD, "tests/e2e/edit.bpf.o")
        self.equal(edit, "-p", "edit_xdp")
        self.equal(edit, "-p", "edit_tc")

    def test_maps_in_a_map(self):
        got = self.equal(os.path.join(BUILD, "tests/e2e/nested.bpf.o"))
        counts = [got["maps"][name][1]["value"] for name in ("even", "odd")]
        self.assertEqual(sum(counts), got["verdicts"]["XDP_PASS"])
        self.assertNotIn(0, counts)

    def test_socket_filter_sees_the_frame(self):
        verdict = os.path.join(BUILD, "tests/e2e/verdict.bpf.o")
        self.equal(verdict, "-p", "filter", "--set", "verdict=64")

    def test_engines_count_the_same(self):
        edit = os.path.join(BUILD, "tests/e2e/edit.bpf.o")
        args = (edit, "-p", "edit_xdp", "--in", self.mixed)
        kernel = json.loads(skep(*args, "--engine", "kernel").stdout)
        self.assertEqual(kernel["engine"], "kernel")
        self.assertGreater(kernel["verdicts"]["XDP_PASS"], 0)
        self.assertNotEqual(kernel["maps"]["sizes"], [])

    def test_a_difference_is_found(self):
        """The clock is no function of the packet: the maps must differ."""
        clock = os.path.join(BUILD, "tests/e2e/clock.bpf.o")
        proc = skep(clock, "--in", self.mixed, "--compare", "kernel")
        self.assertEqual(proc.returncode, 1, proc.stderr)
        self.assertFalse(json.loads(proc.stdout)["equal"])
        self.assertIn("map last", proc.stderr)

    def test_xdp_tools(self):
        if not TOOLS:
            self.skipTest("xdp-tools is not installed")
        equal, refused = [], []
        for path in TOOLS:
            name = os.path.basename(path)
            with self.subTest(name):
                proc = skep(path, "--in", self.mixed, "--compare", "kernel",
                            "--jit", "quick")
                if proc.returncode in (2, 3):
                    ident = json.loads(proc.stderr.splitlines()[0])["id"]
                    self.assertIn(ident, REFUSALS, proc.stderr)
                    refused.append("%s (%s)" % (name, ident))
                    continue
                self.assertEqual(proc.returncode, 0, proc.stderr)
                if NATIVE:
                    self.assertNotIn("jit-instead", proc.stderr)
                equal.append(name)
        print("equal: %s\nrefused: %s" % (", ".join(equal),
                                          ", ".join(refused)))
        self.assertNotEqual(equal, [])


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("skipped: loading programs into the kernel needs root")
        sys.exit(77)
    if not EXAMPLES:
        print("skipped: the BPF objects were not built (clang)")
        sys.exit(77)
    unittest.main(verbosity=2)
