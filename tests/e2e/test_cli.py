#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command used wrongly: status, one clear message, nothing changed."""
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

SKEP = os.environ["SKEP"]
SRC = os.environ["SKEP_SRC"]
EXAMPLES = os.path.join(os.environ["SKEP_BUILD"], "examples")
COUNT = os.path.join(EXAMPLES, "count.bpf.o")
FIREWALL = os.path.join(EXAMPLES, "firewall.bpf.o")
MIXED = os.path.join(SRC, "examples/captures/mixed.pcap")
SANITIZED = os.environ.get("SKEP_SANITIZED") == "1"
DROP = "r0 = 1\nexit\n"


def skep(*args, binary=SKEP, **options):
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([binary, *args], stderr=subprocess.PIPE, timeout=60,
                          **options)


class Place(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.dir = place.name

    def path(self, name, data=None):
        path = os.path.join(self.dir, name)
        if data is not None:
            with open(path, "wb") as file:
                file.write(data)
        return path

    def read(self, path):
        with open(path, "rb") as file:
            return file.read()

    def status(self, status, *args, **options):
        done = skep(*args, **options)
        self.assertEqual(done.returncode, status, (args, done.stderr))
        return done

    def refused(self, status, *args, **options):
        done = self.status(status, *args, **options)
        self.assertTrue(done.stderr, args)
        self.assertFalse(done.stdout, args)
        return done.stderr


class Inputs(Place):
    def bad_files(self):
        whole = self.read(COUNT)
        foreign = bytearray(whole)
        foreign[5] = 2				# big-endian
        small = bytearray(whole)
        small[4] = 1				# 32 bits
        other = bytearray(whole)
        other[18] = 62				# x86-64
        yield self.path("nosuch")
        yield self.dir
        for name, data in (("empty", b""), ("cut", whole[:900]),
                           ("foreign", foreign), ("small", small),
                           ("other", other), ("text", b"hello world\n")):
            yield self.path(name, data)

    def test_bad_objects(self):
        for path in self.bad_files():
            self.refused(2, "run", path, "--in", MIXED)
            self.refused(2, "disasm", path)
            if os.path.basename(path) != "other":
                self.refused(2, "btf", "dump", path)

    def test_bad_captures(self):
        for data in (None, b"", b"hello world\n", self.read(MIXED)[:10]):
            path = self.path("nosuch" if data is None else "bad", data)
            self.refused(2, "run", COUNT, "--in", path)
            self.refused(2, "filter", "-r", path, "tcp")

    def test_cut_capture_counts_what_was_read(self):
        cut = self.path("cut.pcap", self.read(MIXED)[:1000])
        done = self.status(0, "filter", "-j", "-r", cut, "tcp")
        self.assertEqual(json.loads(done.stdout)["packets"], 9)
        self.assertIn(b"capture-truncated", done.stderr)

    def test_capture_on_a_pipe(self):
        for args in (("run", "-j", COUNT, "--in", "-"),
                     ("filter", "-j", "-r", "-", "tcp")):
            with open(MIXED, "rb") as stdin:
                done = self.status(0, *args, stdin=stdin)
            self.assertEqual(json.loads(done.stdout)["packets"], 254)

    @unittest.skipIf(os.geteuid(), "needs root to become nobody")
    def test_unreadable(self):
        """With copies, since the build may lie where only root may look."""
        os.chmod(self.dir, 0o755)
        path = self.path("secret.o", self.read(COUNT))
        os.chmod(path, 0)
        binary, count, mixed = (shutil.copy(file, self.dir)
                                for file in (SKEP, COUNT, MIXED))
        nobody = {"user": 65534, "group": 65534, "extra_groups": [],
                  "binary": binary}
        for args in (("run", path, "--in", mixed), ("disasm", path),
                     ("btf", "dump", path), ("asm", path, "-o", "/x.o"),
                     ("run", count, "--in", path)):
            self.refused(2, *args, **nobody)
        self.refused(3, "filter", "tcp", "-o", self.path("x.o"), **nobody)
        self.refused(3, "run", count, "--in", mixed, "--out",
                     self.path("x.pcap"), **nobody)

    def test_control_bytes_stay_off_the_terminal(self):
        path = self.path("steer.s", b"\x1b[2J\x07 boo\n")
        told = self.refused(2, "asm", path, "-o", self.path("x.o"))
        self.assertFalse(set(told) - {9, 10} & set(range(32)))
        self.assertNotIn(b"\x1b", told)


class Usage(Place):
    def test_options_without_effect_are_refused(self):
        run = (COUNT, "--in", MIXED)
        raw = self.path("raw.s", DROP.encode())
        for args in ((*run, "--mem", raw), (*run, "--raw", raw),
                     ("--raw", raw, "--repeat", "2"), (*run, "--in", MIXED),
                     (*run, "--dev", "lo"), (*run, "--duration", "1"),
                     (*run, "--compare", "kernel", "--repeat", "2"),
                     (*run, "--compare", "kernel", "--engine", "kernel"),
                     (*run, "--engine", "kernel", "--trace", "-"),
                     (*run, "--engine", "kernel", "--budget", "5"),
                     (*run, "--json", "--trace", "-"), (*run, "--out", "-"),
                     (*run, "--repeat", "2", "--count", "2"),
                     (*run, "--maps=3"), (*run, "--btf", "/nonexistent"),
                     (COUNT, "--dev", "lo", "--dev", "lo"),
                     (COUNT, "--dev", "lo", "--engine", "kernel")):
            self.refused(2, "run", *args)
        for number in ("0", "-1", "x", "", "99999999999999999999999"):
            for option in ("--count", "--repeat", "--budget"):
                self.refused(2, "run", *run, option, number)
        for text in ("0", "-1", "nan", "inf", "1x"):
            self.refused(2, "run", COUNT, "--dev", "lo", "--duration", text)

    def test_other_commands(self):
        for args in ((), ("nosuch",), ("help", "nosuch"), ("explain",),
                     ("explain", "nosuch"), ("version", "x"), ("btf",),
                     ("btf", "dump"), ("btf", "dump", COUNT, "format"),
                     ("btf", "dump", COUNT, "id", "0"),
                     ("btf", "dump", COUNT, "id", "99999"),
                     ("disasm",), ("disasm", COUNT, "-p", "nosuch"),
                     ("disasm", COUNT, "--mcpu", "v9"), ("asm", COUNT),
                     ("filter",), ("filter", "tcp port"),
                     ("filter", "-e", "-o", "x.o", "tcp"),
                     ("filter", "-s", "0", "tcp"), ("feature", "-x"),
                     ("run", "--in")):
            self.refused(2, *args)

    def test_set(self):
        blocklist = os.path.join(EXAMPLES, "blocklist.bpf.o")
        for value in ("nosuch=1", "blocked=zz", "blocked=-1", "blocked=",
                      "blocked=99999999999", "=", "blocked"):
            self.refused(2, "run", blocklist, "--in", MIXED, "--set", value)


class Outputs(Place):
    def test_an_input_is_not_overwritten(self):
        capture = self.path("a.pcap", self.read(MIXED))
        link = self.path("b.pcap")
        os.symlink(capture, link)
        for out in (capture, link):
            self.refused(2, "run", COUNT, "--in", capture, "--out", out)
        self.assertEqual(self.read(capture), self.read(MIXED))

    def test_a_run_that_fails_keeps_the_output(self):
        out = self.path("out.pcap", b"old")
        self.refused(2, "run", COUNT, "-p", "nosuch", "--in", MIXED, "--out",
                     out)
        self.refused(2, "run", COUNT, "--in", "/nonexistent", "--out", out)
        self.refused(2, "asm", self.path("bad.s", b"nonsense"), "-o", out)
        self.assertEqual(self.read(out), b"old")

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_devices_are_written_into(self):
        """A pipe stays a pipe: replacing it would remove a device."""
        text = self.path("a.s", DROP.encode())
        full = self.path("full")
        os.symlink("/dev/full", full)
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.status(0, "asm", text, "-o", pipe)
        self.assertEqual(len(os.read(reader, 64)), 16)
        os.close(reader)
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))
        for args in (("filter", "tcp", "-o", full),
                     ("run", COUNT, "--in", MIXED, "--out", full)):
            self.refused(3, *args)
        self.assertTrue(os.path.islink(full))

    def test_mode_and_links_stay(self):
        text = self.path("a.s", DROP.encode())
        out = self.path("a.bin", b"old")
        os.chmod(out, 0o640)
        os.symlink(out, self.path("link.bin"))
        self.status(0, "asm", text, "-o", self.path("link.bin"))
        self.assertEqual(len(self.read(out)), 16)
        self.assertEqual(os.stat(out).st_mode & 0o777, 0o640)
        self.assertEqual(sorted(os.listdir(self.dir)),
                         ["a.bin", "a.s", "link.bin"])

    def test_full_and_closed_stdout(self):
        with open("/dev/full", "wb") as full:
            for args in (("run", COUNT, "--in", MIXED), ("disasm", COUNT),
                         ("btf", "dump", COUNT), ("feature",), ("help",),
                         ("help", "run"), ("filter", "tcp"), ("version",),
                         ("explain", "file-open")):
                done = self.status(3, *args, stdout=full)
                self.assertIn(b"No space left", done.stderr)

    def test_reader_that_leaves(self):
        for args in (("feature", "all"), ("run", COUNT, "--in", MIXED)):
            reader, writer = os.pipe()
            os.close(reader)
            done = skep(*args, stdout=writer)
            os.close(writer)
            self.assertEqual(done.returncode, -signal.SIGPIPE)
            self.assertEqual(done.stderr, b"")

    def test_json_everywhere(self):
        for args in (("run", COUNT, "--in", MIXED), ("disasm", COUNT),
                     ("btf", "dump", COUNT), ("feature", "map"),
                     ("filter", "tcp"), ("filter", "--ebpf", "tcp"),
                     ("filter", "-r", MIXED, "tcp"), ("version",),
                     ("explain", "file-open")):
            json.loads(self.status(0, *args, "-j").stdout)
        for args in (("run", "/nonexistent", "--in", MIXED),
                     ("disasm", "/nonexistent"), ("filter", "tcp port"),
                     ("btf", "dump", "/nonexistent")):
            told = self.refused(2, *args, "--json")
            json.loads(told.splitlines()[0])

    def test_variables_by_name(self):
        done = self.status(0, "run", FIREWALL, "--in", MIXED, "--maps")
        lines = done.stdout.decode().splitlines()
        self.assertIn("  ports = [22,80,443]", lines)
        self.assertIn("  shot = 87", lines)
        done = self.status(0, "run", FIREWALL, "--in", MIXED, "-j")
        self.assertEqual(json.loads(done.stdout)["maps"]["firewall.bss"],
                         [{"key": 0, "value": {"shot": 87}}])


class Chains(Place):
    def test_filter_to_run(self):
        out, text = self.path("f.o"), self.path("f.s")
        self.status(0, "filter", "tcp port 80", "-o", out)
        done = self.status(0, "run", "-j", out, "--in", MIXED)
        kept = json.loads(done.stdout)["verdicts"]["ACCEPT"]
        done = self.status(0, "filter", "-j", "-r", MIXED, "tcp port 80")
        self.assertEqual(json.loads(done.stdout)["matched"], kept)
        with open(text, "wb") as file:
            self.status(0, "filter", "tcp port 80", "--ebpf", stdout=file)
        self.status(0, "asm", text, "-o", self.path("f.bin"))
        self.assertIn(self.read(self.path("f.bin")), self.read(out))

    def test_asm_to_run(self):
        text = self.path("drop.s", b'.section xdp,"ax",@progbits\n'
                         b".globl drop\n.type drop,@function\ndrop: r0 = 1\n"
                         b"exit\n.Lend: .size drop, .Lend-drop\n")
        self.status(0, "asm", text, "-o", self.path("drop.o"))
        done = self.status(0, "run", "-j", self.path("drop.o"), "--in", MIXED)
        self.assertEqual(json.loads(done.stdout)["verdicts"],
                         {"XDP_DROP": 254})


class Setup(Place):
    @unittest.skipIf(os.geteuid(), "needs root to become nobody")
    def test_missing_packages_are_named(self):
        """A dpkg that lacks one package, asked by a user who is not root."""
        os.chmod(self.dir, 0o755)
        dpkg = self.path("dpkg-query", b"""#!/bin/sh
case "$*" in *" meson") exit 1 ;; *) echo 'all ii ' ;; esac
""")
        os.chmod(dpkg, 0o755)
        # the tree may lie where only root can read
        with open(os.path.join(SRC, "tools/setup"), "rb") as script:
            for what in ("run", "check", "ci"):
                script.seek(0)
                done = subprocess.run(
                    ["sh", "-s", what], stdin=script, capture_output=True,
                    env={"PATH": self.dir + ":" + os.environ["PATH"]},
                    cwd="/", user=65534, group=65534, extra_groups=[])
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(b"apt-get install meson\n", done.stderr)


class Signals(Place):
    def ended(self, *args, how=signal.SIGTERM, **options):
        proc = subprocess.Popen([SKEP, "run", "-j", COUNT, *args],
                                stdout=subprocess.PIPE, **options)
        time.sleep(2 if SANITIZED else 0.5)
        proc.send_signal(how)
        out, _ = proc.communicate(timeout=20)
        self.assertEqual(proc.returncode, 0)
        return json.loads(out)

    def test_repeat_ends(self):
        for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            got = self.ended("--in", MIXED, "--repeat", "1000000000000",
                             how=how)
            self.assertGreater(got["runs"], 0)
            self.assertLess(got["runs"], 1000000000000)

    def test_silent_pipe_ends(self):
        reader, writer = os.pipe()
        os.write(writer, self.read(MIXED)[:1000])
        self.assertEqual(self.ended("--in", "-", stdin=reader)["packets"], 9)
        os.close(reader)
        os.close(writer)

    @unittest.skipIf(SANITIZED, "sanitizers want memory of their own")
    def test_long_capture_in_little_memory(self):
        data = self.read(MIXED)
        with open(self.path("long.pcap"), "wb") as file:
            file.write(data[:24])
            for _ in range(40_000_000 // len(data)):
                file.write(data[24:])
        done = subprocess.run(
            ["sh", "-c", 'ulimit -v 32768; exec "$@"', "sh", SKEP, "run",
             COUNT, "--in", self.path("long.pcap")], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipIf(SANITIZED, "sanitizers want memory of their own")
    def test_memory_out(self):
        vmlinux = "/sys/kernel/btf/vmlinux"
        if not os.path.exists(vmlinux):
            self.skipTest("no " + vmlinux)
        for limit in (10000, 16000, 20000):
            done = subprocess.run(
                ["sh", "-c", 'ulimit -v %d; exec "$@"' % limit, "sh", SKEP,
                 "btf", "dump", vmlinux], capture_output=True)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(b"memory", done.stderr)


if __name__ == "__main__":
    if not os.path.exists(COUNT):
        print("skipped: the examples were not built (clang)")
        sys.exit(77)
    unittest.main(verbosity=2)
