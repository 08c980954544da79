#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep run over captures: counts, maps, output, options, exit status."""
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import make_capture

SKEP = os.environ["SKEP"]
SRC = os.environ["SKEP_SRC"]
BUILD = os.path.join(os.environ["SKEP_BUILD"], "tests/e2e")
VERDICT = os.path.join(BUILD, "verdict.bpf.o")
EDIT = os.path.join(BUILD, "edit.bpf.o")
SPIN = os.path.join(BUILD, "spin.bpf.o")


def skep(*args, stdin=None):
    return subprocess.run([SKEP, "run", *args], text=True, stdin=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)


def read_pcap(path):
    """[(seconds, nanoseconds, wire length, bytes)] of a pcap file."""
    with open(path, "rb") as file:
        data = file.read()
    assert struct.unpack_from("<I", data)[0] == 0xa1b23c4d
    rows, at = [], 24
    while at < len(data):
        sec, nsec, length, wire = struct.unpack_from("<IIII", data, at)
        rows.append((sec, nsec, wire, data[at + 16:at + 16 + length]))
        at += 16 + length
    return rows


class Capture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        cls.mixed = os.path.join(cls.dir.name, "mixed.pcap")
        cls.packets = make_capture.write(cls.mixed)

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def result(self, *args, status=0):
        proc = skep("--json", *args)
        self.assertEqual(proc.returncode, status, proc.stderr)
        return json.loads(proc.stdout)

    def test_shipped_capture_is_the_made_one(self):
        shipped = os.path.join(SRC, "examples/captures/mixed.pcap")
        with open(shipped, "rb") as a, open(self.mixed, "rb") as b:
            self.assertTrue(a.read() == b.read())

    def test_json_shape(self):
        got = self.result(VERDICT, "-p", "entry", "--in", self.mixed)
        self.assertEqual(got["program"], "entry")
        self.assertEqual(got["engine"], "interp")
        self.assertEqual(got["packets"], self.packets)
        self.assertEqual(got["verdicts"], {"XDP_PASS": self.packets})
        self.assertGreater(got["ns_per_packet"], 0)
        self.assertEqual(got["maps"]["seen"],
                         [{"key": 0, "value": self.packets}])

    def test_set_changes_the_verdict(self):
        for value, name in ((1, "XDP_DROP"), (3, "XDP_TX"), (9, "unknown")):
            got = self.result(VERDICT, "-p", "entry", "--in", self.mixed,
                              "--set", "verdict=%d" % value)
            self.assertEqual(got["verdicts"], {name: self.packets})
            self.assertEqual(got["exceptions"],
                             self.packets if value == 9 else 0)

    def test_link_types_and_formats_agree(self):
        counts = {}
        for link in make_capture.LINKS:
            for form in ("pcap", "pcapng"):
                path = self.path(link + "." + form)
                written = make_capture.write(path, form, link)
                got = self.result(VERDICT, "-p", "entry", "--in", path)
                port = got["ports"][0]
                self.assertEqual(got["packets"] + port["malformed"], written)
                counts[link, form] = got["packets"]
        for link in make_capture.LINKS:
            self.assertEqual(counts[link, "pcap"], counts[link, "pcapng"])

    def test_out_has_what_goes_on(self):
        out = self.path("out.pcap")
        self.result(VERDICT, "-p", "entry", "--in", self.mixed, "--out", out)
        self.assertEqual(read_pcap(out), read_pcap(self.mixed))
        self.result(VERDICT, "-p", "entry", "--in", self.mixed, "--out", out,
                    "--set", "verdict=1")
        self.assertEqual(read_pcap(out), [])

    def test_out_of_socket_filter_is_cut(self):
        out = self.path("cut.pcap")
        got = self.result(VERDICT, "-p", "filter", "--in", self.mixed,
                          "--out", out, "--set", "verdict=16")
        self.assertEqual(got["verdicts"], {"ACCEPT": self.packets})
        self.assertEqual({len(row[3]) for row in read_pcap(out)},
                         {1, 6, 14, 15, 16})

    def test_edited_packets_come_out(self):
        out = self.path("edited.pcap")
        got = self.result(EDIT, "-p", "edit_xdp", "--in", self.mixed,
                          "--out", out)
        before, after = read_pcap(self.mixed), read_pcap(out)
        self.assertGreater(got["verdicts"]["XDP_PASS"], 0)
        self.assertEqual(got["events"]["events"]["count"], self.packets)
        self.assertEqual(after[0][3][20:], before[0][3])
        self.assertEqual(after[0][3][0], 1)
        self.assertEqual(after[0][2], before[0][2] + 20)

    def test_events_are_printed(self):
        proc = skep(EDIT, "-p", "edit_xdp", "--in", self.mixed, "--events",
                    "--count", "3")
        lines = [line for line in proc.stdout.splitlines()
                 if line.startswith("event events: ")]
        lengths = [row[3] for row in read_pcap(self.mixed)[:3]]
        self.assertEqual(lines, ["event events: " + struct.pack(
            "<I", len(data)).hex(" ") for data in lengths])

    def test_repeat_measures_one_packet(self):
        got = self.result(VERDICT, "-p", "entry", "--in", self.mixed,
                          "--repeat", "1000")
        self.assertEqual(got["packets"], 1)
        self.assertGreater(got["ns_per_packet"], 0)
        self.assertEqual(got["maps"]["seen"][0]["value"], 1001)

    def test_count_ends_early(self):
        got = self.result(VERDICT, "-p", "entry", "--in", self.mixed,
                          "--count", "7")
        self.assertEqual(got["packets"], 7)

    def test_stdin_and_cut_capture(self):
        cut = self.path("cut-off.pcap")
        with open(self.mixed, "rb") as whole, open(cut, "wb") as out:
            out.write(whole.read()[:-5])
        with open(cut, "rb") as stdin:
            proc = skep("--json", VERDICT, "-p", "entry", "--in", "-",
                        stdin=stdin)
        self.assertEqual(proc.returncode, 0)
        self.assertEqual(json.loads(proc.stdout)["packets"],
                         self.packets - 1)
        self.assertIn("capture-truncated", proc.stderr)

    def test_native_code_does_the_same(self):
        cpus = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cpus)})  # values of one CPU
        self.addCleanup(os.sched_setaffinity, 0, cpus)
        for args in ((VERDICT, "-p", "entry"), (EDIT, "-p", "edit_xdp"),
                     (EDIT, "-p", "edit_tc"), (VERDICT, "-p", "filter")):
            outs, got = [], []
            for jit in ("off", "quick", "opt"):
                outs.append(self.path("out-" + jit))
                got.append(self.result(*args, "--in", self.mixed, "--jit",
                                       jit, "--out", outs[-1]))
            self.assertEqual(got[0]["engine"], "interp")
            if os.uname().machine == "x86_64":
                self.assertEqual({one["engine"] for one in got[1:]}, {"jit"})
            maps = [{name: sorted(map(json.dumps, rows))
                     for name, rows in one["maps"].items()} for one in got]
            for i in range(1, len(got)):
                self.assertEqual(got[0]["verdicts"], got[i]["verdicts"])
                self.assertEqual(maps[0], maps[i])
                self.assertEqual(read_pcap(outs[0]), read_pcap(outs[i]))

    def test_budget_ends_a_run(self):
        for jit in ("off", "quick", "opt"):
            proc = skep("--json", EDIT, "-p", "edit_xdp", "--in", self.mixed,
                        "--budget", "5", "--jit", jit)
            self.assertEqual(proc.returncode, 1)
            self.assertEqual(json.loads(proc.stdout)["verdicts"],
                             {"fault": self.packets})

    def test_a_fault_names_the_source(self):
        """In the program as it was linked, which is not all that runs."""
        with open(os.path.join(SRC, "tests/e2e/bpf/spin.bpf.c")) as file:
            source = file.read().splitlines()
        listing = subprocess.run([SKEP, "disasm", SPIN], text=True,
                                 stdout=subprocess.PIPE, check=True).stdout
        text, spin = listing.split("section xdp")
        row = re.compile(r"^ +(\d+):[0-9a-f\t ]+\t(.*)$", re.M)
        for jit in ("off", "quick", "opt"):
            proc = skep("--json", SPIN, "--in", self.mixed, "--budget", "300",
                        "--jit", jit)
            self.assertEqual(proc.returncode, 1)
            diag = json.loads(proc.stderr.splitlines()[0])
            self.assertEqual(diag["id"], "run-budget")
            self.assertIn("++*rounds", source[diag["line"] - 1])
            # linked, the functions of .text follow the program
            at = {int(slot): insn for slot, insn in row.findall(text)}
            last = max(int(slot) for slot, _ in row.findall(spin))
            self.assertIn(f"`{at[diag['insn'] - last - 1]}`",
                          diag["message"])

    def test_a_signal_ends_an_endless_program(self):
        budget = ["--budget", "1000000000000000"]
        for more in (budget, [*budget, "--repeat", "1000000000"],
                     ["--jit", "quick"], ["--jit", "opt"],
                     ["--jit", "quick", *budget]):
            proc = subprocess.Popen(
                [SKEP, "run", SPIN, "--in", self.mixed, *more],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(0.3)
            self.assertIsNone(proc.poll())
            proc.send_signal(signal.SIGINT)
            out, err = proc.communicate(timeout=10)
            self.assertIn("run-stopped", err)
            self.assertEqual(proc.returncode, 1)

    def test_table(self):
        proc = skep(VERDICT, "-p", "entry", "--in", self.mixed, "--maps")
        self.assertEqual(proc.returncode, 0, proc.stderr)
        rows = [line.split() for line in proc.stdout.splitlines()]
        self.assertIn(["XDP_PASS", str(self.packets), "100.00"], rows)
        self.assertIn(["map", "seen", "(array)"],
                      [[w.lower() for w in row] for row in rows])

    def refused(self, ident, status, *args):
        proc = skep("--json", *args)
        self.assertEqual(proc.returncode, status, proc.stderr)
        self.assertEqual(json.loads(proc.stderr.splitlines()[0])["id"],
                         ident)
        self.assertEqual(proc.stdout, "")

    def test_refusals(self):
        mixed = ("--in", self.mixed)
        self.refused("file-open", 2, VERDICT, "--in", self.path("none"))
        self.refused("capture-format", 2, VERDICT, "--in", VERDICT)
        self.refused("vm-no-program", 2, VERDICT, "-p", "nobody", *mixed)
        self.refused("capture-write", 2, VERDICT, *mixed, "--out",
                     self.path("no/such/dir"))

    def test_usage(self):
        mixed = ("--in", self.mixed)
        for args in ((), (VERDICT,), (VERDICT, VERDICT, *mixed),
                     (VERDICT, *mixed, "--dev", "lo"),
                     (VERDICT, *mixed, "--engine", "steam"),
                     (VERDICT, *mixed, "--jit", "steam"),
                     (VERDICT, *mixed, "--jit", "off", "--engine", "jit"),
                     (VERDICT, *mixed, "--jit", "off", "--engine", "kernel"),
                     (VERDICT, *mixed, "--compare", "steam"),
                     (VERDICT, *mixed, "--repeat", "0"),
                     (VERDICT, *mixed, "--count", "x"),
                     (VERDICT, *mixed, "--type", "steam"),
                     (VERDICT, *mixed, "--set", "verdict"),
                     (VERDICT, *mixed, "--set", "nobody=1"),
                     (VERDICT, *mixed, "--nonsense")):
            proc = skep(*args)
            self.assertEqual(proc.returncode, 2, (args, proc.stderr))
            self.assertNotEqual(proc.stderr, "")
            self.assertEqual(proc.stdout, "")


if __name__ == "__main__":
    if not os.path.exists(VERDICT):
        print("skipped: the BPF objects were not built (clang)")
        sys.exit(77)
    unittest.main(verbosity=2)
