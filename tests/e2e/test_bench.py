#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep bench: all programs do the same everywhere, and what it prints is whole.
No time is held against anything."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SKEP = os.environ["SKEP"]
SUITE = os.path.join(os.environ["SKEP_BUILD"], "bench/suite")
SHORT = ("--rounds", "1", "--slice", "1")
KINDS = {"call-free", "maps", "calls", "chain"}


def bench(*args, status=0, binary=SKEP, **options):
    done = subprocess.run([binary, "bench", *args], capture_output=True,
                          text=True, timeout=170, **options)
    if done.returncode != status:
        raise AssertionError((args, done.returncode, done.stderr))
    return done


def engines(result):
    """Those that are there; the others' figures are null."""
    return {name for name, ns in result["empty_ns"].items()
            if ns is not None}


class Suite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.result = json.loads(bench("-j", *SHORT).stdout)
        cls.engines = engines(cls.result)

    def test_results_are_equal(self):
        for program in self.result["programs"]:
            self.assertTrue(program["equal"], program["name"])

    def test_it_is_all_of_the_suite(self):
        names = [program["name"] for program in self.result["programs"]]
        listed = [line.split()[0]
                  for line in bench("--list").stdout.splitlines()]
        built = {name[:-len(".bpf.o")] for name in os.listdir(SUITE)
                 if name.endswith(".bpf.o")}
        self.assertEqual(names, listed)
        self.assertEqual(set(names), built)
        self.assertGreaterEqual(len(names), 20)

    def test_every_engine_has_its_figures(self):
        self.assertLessEqual({"interp", "native"}, self.engines)
        notes = " ".join(self.result["notes"])
        self.assertTrue("kernel" in self.engines or "kernel" in notes)
        for program in self.result["programs"]:
            self.assertTrue(program["kind"])
            self.assertLessEqual(set(program["kind"]), KINDS)
            for key in ("ns", "net_ns", "code_bytes", "compile_us"):
                self.assertEqual(set(program[key]),
                                 self.engines | {"kernel", "native"})
            for engine in self.engines:
                # a short slice may be too short for the clock
                self.assertGreaterEqual(program["ns"][engine], 0)
            self.assertIsNone(program["code_bytes"]["interp"])
            self.assertGreater(program["code_bytes"]["native"], 0)
            self.assertIsNone(program["compile_us"]["native"])

    def test_means_are_of_the_ratios(self):
        for which in ("geomean", "geomean_as_measured"):
            means = self.result[which]
            self.assertGreater(means["interp_vs_native"], 0)
            for kind in KINDS:
                self.assertIn(kind, means)


class Choice(unittest.TestCase):
    def test_names_and_rival(self):
        result = json.loads(bench("siphash", "flows", "-j", "--vs", "native",
                                  *SHORT).stdout)
        self.assertEqual([p["name"] for p in result["programs"]],
                         ["siphash", "flows"])
        self.assertNotIn("kernel", engines(result))
        self.assertIsNone(result["programs"][0]["ns"]["kernel"])
        text = bench("siphash", "empty", "--vs", "kernel", *SHORT).stdout
        self.assertRegex(text, r"(?m)^siphash +call-free,chain ")
        self.assertRegex(text, r"(?m)^empty +call-free ")
        self.assertNotIn("native", text)

    def test_wrong_usage(self):
        for args in (["nosuch"], ["siphash", "nosuch"], ["--vs", "magic"],
                     ["--rounds", "0"], ["--slice", "x"], ["--nope"]):
            done = bench(*args, status=2)
            self.assertTrue(done.stderr, args)
            self.assertFalse(done.stdout, args)

    def test_without_privilege(self):
        if os.geteuid() or not shutil.which("setpriv"):
            self.skipTest("no root to become someone else from")
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             "--inh-caps=-all", "--bounding-set=-all", SKEP, "bench",
             "jhash", "-j", *SHORT], capture_output=True, text=True,
            timeout=60)
        if done.returncode == 127 or "cannot be read" in done.stderr:
            self.skipTest("nobody may not reach the build")
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertNotIn("kernel", engines(result))
        self.assertIn("root", " ".join(result["notes"]))

    def test_without_programs(self):
        with tempfile.TemporaryDirectory() as place:
            alone = shutil.copy(SKEP, place)
            self.assertIn("clang", bench("jhash", status=3,
                                         binary=alone).stderr)

    def test_a_difference_is_noticed(self):
        """Native code of another program is not equal."""
        with tempfile.TemporaryDirectory() as place:
            alone = shutil.copy(SKEP, place)
            there = shutil.copytree(SUITE, os.path.join(place, "bench/suite"))
            self.spoil(os.path.join(there, "jhash.so"))
            done = bench("jhash", "-j", *SHORT, status=1, binary=alone)
        self.assertIn("native", done.stderr)
        self.assertFalse(json.loads(done.stdout)["programs"][0]["equal"])

    def spoil(self, path):
        """Another starting value in the hash."""
        with open(path, "rb") as file:
            code = file.read()
        seed = 0xdeadbeef.to_bytes(4, "little")
        self.assertIn(seed, code)
        with open(path, "wb") as file:
            file.write(code.replace(seed, b"\1\2\3\4"))


if __name__ == "__main__":
    if not os.path.exists(os.path.join(SUITE, "empty.bpf.o")):
        print("skipped: the suite is not built, for want of clang")
        sys.exit(77)
    unittest.main(verbosity=2)
