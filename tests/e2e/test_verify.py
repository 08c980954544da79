#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep verify: verdicts and their shapes, bad objects, no privileges."""
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
SRC = os.environ["SKEP_SRC"]
BUILD = os.environ["SKEP_BUILD"]
EXAMPLES = os.path.join(BUILD, "examples")
COUNT = os.path.join(EXAMPLES, "count.bpf.o")
PARSER = os.path.join(EXAMPLES, "parser.bpf.o")
EXPLOSIONS = os.path.join(BUILD, "tests/e2e/explosions.bpf.o")
PLACES = os.path.join(BUILD, "tests/unit/places.bpf.o")
STATS = ("insns", "insns_processed", "states", "peak_states", "usec",
         "peak_bytes", "stack_depth")


def skep(*args, binary=SKEP, **options):
    return subprocess.run([binary, *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, **options)


def asm(body, section="xdp"):
    """The text of an object of one program `it`."""
    return (f'.section {section},"ax",@progbits\n.globl it\n'
            f".type it,@function\nit: {body}\n.Lend: .size it, .Lend-it\n")


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

    def object(self, body, section="xdp"):
        source = self.path("it.s", asm(body, section).encode())
        out = self.path("it.o")
        done = skep("asm", source, "-o", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def status(self, status, *args, **options):
        done = skep("verify", *args, **options)
        self.assertEqual(done.returncode, status, (args, done.stderr))
        return done

    def document(self, status, *args, **options):
        return json.loads(self.status(status, "-j", *args, **options).stdout)


class Shapes(Place):
    def programs(self, doc):
        for program in doc["programs"]:
            self.assertIn(program["verdict"], ("accepted", "rejected"))
            for key in STATS:
                self.assertIsInstance(program[key], int)
            self.assertEqual(program["diag"] is None,
                             program["verdict"] == "accepted")
            yield program

    def test_json(self):
        done = skep("verify", "-j", PARSER)
        doc = json.loads(done.stdout)
        self.assertEqual(doc["object"], PARSER)
        programs = list(self.programs(doc))
        self.assertEqual({p["type"] for p in programs}, {"xdp"})
        self.assertEqual(len(programs), 5)
        names = [p["name"] for p in programs]
        again = json.loads(skep("verify", "-j", PARSER).stdout)
        self.assertEqual(names, [p["name"] for p in again["programs"]])

    def test_table(self):
        lines = skep("verify", PARSER).stdout.decode().splitlines()
        self.assertEqual(lines[0].split(), ["program", "type", "verdict",
                         "insns", "states", "peak", "time"])
        self.assertEqual(len(lines), 6)
        more = skep("verify", "-v", PARSER).stdout.decode().splitlines()
        self.assertEqual(len(more), 11)

    @unittest.skipUnless(os.path.exists(PLACES), "clang built no objects")
    def test_diag(self):
        """Which fails before the verifier looks: a place that is not there."""
        doc = self.document(1, PLACES, "-p", "on_nothing")
        program, = doc["programs"]
        self.assertEqual(program["verdict"], "rejected")
        diag = program["diag"]
        self.assertEqual(diag["id"], "verify-attach")
        self.assertEqual(diag["program"], "on_nothing")
        self.assertEqual(diag["object"], PLACES)
        self.assertIsInstance(diag["notes"], list)
        done = self.status(1, PLACES, "-p", "on_nothing")
        self.assertIn(b"[verify-attach]", done.stderr)
        self.assertNotIn(b"verify-attach", done.stdout)

    @unittest.skipUnless(os.path.exists(PLACES), "clang built no objects")
    def test_every_program(self):
        """Also those that wait to be asked for."""
        doc = json.loads(skep("verify", "-j", PLACES).stdout)
        self.assertEqual([p["name"] for p in doc["programs"]],
                         ["on_switch", "on_read", "on_open", "each_task",
                          "on_nothing", "asks", "halve", "avoid", "throws",
                          "throws_twice"])


class Verdicts(Place):
    BEYOND = ("r2 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r2 + 0)\n"
              "r0 = 2\nexit")

    def test_examples(self):
        for name in sorted(os.listdir(EXAMPLES)):
            if name.endswith(".bpf.o"):
                doc = self.document(0, os.path.join(EXAMPLES, name))
                for program in doc["programs"]:
                    self.assertEqual(program["verdict"], "accepted")
                    self.assertGreater(program["insns_processed"], 1)

    def test_rejected(self):
        path = self.object(self.BEYOND)
        program, = self.document(1, path)["programs"]
        self.assertEqual(program["verdict"], "rejected")
        self.assertEqual(program["diag"]["id"], "verify-packet-bounds")
        self.assertEqual(program["diag"]["insn"], 1)
        done = self.status(1, path)
        self.assertIn(b"[verify-packet-bounds]", done.stderr)
        self.assertIn(b"rejected", done.stdout)

    def test_a_map_of_no_type(self):
        """Its number is in no table: programs that use it are rejected."""
        programs = self.document(1, os.path.join(
            SRC, "tests/fuzz/corpus/object_verify/map_type.o"))["programs"]
        self.assertIn("verify-map-use", [
            one["diag"]["id"] for one in programs if one["diag"]])

    def test_unprivileged(self):
        path = self.object("*(u64 *)(r10 - 8) = r1\nr0 = r1\nexit",
                           "socket")
        self.status(1, path, "--profile", "unprivileged")
        path = self.object("r0 = 1\nexit", "socket")
        self.status(0, path, "--profile", "unprivileged")

    def test_alignment(self):
        """Strictly, a packet begins two bytes past a multiple of four."""
        for off, status in ((0, 1), (2, 0)):
            path = self.object(
                "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr0 = 2\n"
                "r4 = r2\nr4 += 8\nif r4 > r3 goto out\n"
                "r0 = *(u32 *)(r2 + %d)\nout: exit" % off)
            self.status(0, path)
            self.status(status, path, "--aligned")

    def test_limit(self):
        path = self.object("r0 = 0\nl: r0 += 1\nif r0 < 1000 goto l\n"
                           "r0 = 2\nexit")
        self.status(0, path)
        program, = self.document(1, path, "--insns", "500")["programs"]
        self.assertEqual(program["diag"]["id"], "verify-complex")

    def test_log(self):
        path = self.object("r0 = 2\nexit")
        log = self.document(0, path, "-vv")["programs"][0]["log"]
        self.assertIn("exit", log)
        self.assertIn("exit", self.status(0, path, "-vv").stdout.decode())

    def test_facts(self):
        done = self.status(0, self.object("r0 = 2\nexit"), "--facts")
        self.assertGreater(len(done.stdout.splitlines()), 3)

    def test_filter(self):
        """What classic filters become is proven like all else."""
        for text in ("tcp port 80", "ip6 and udp", "greater 100",
                     "ether[6] & 1 != 0 or icmp[icmptype] = 8"):
            out = self.path("filter.o")
            done = skep("filter", text, "-o", out)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.status(0, out)

    def test_nothing_runs_unproven(self):
        path = self.object(self.BEYOND)
        mixed = os.path.join(SRC, "examples/captures/mixed.pcap")
        for more in ((), ("--compare", "kernel")):
            done = skep("run", path, "--in", mixed, *more)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(b"[verify-packet-bounds]", done.stderr)
            self.assertFalse(done.stdout)
        raw = self.path("raw.s", b"r0 = *(u64 *)(r1 + 0)\nexit\n")
        mem = self.path("mem", bytes(8))
        done = skep("run", "--raw", raw, "--mem", mem)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"[raw-unverified]", done.stderr)


class Explosions(Place):
    MEMORY = 256 << 20

    @unittest.skipUnless(os.path.exists(EXPLOSIONS), "clang built no objects")
    def test_limit_is_told(self):
        """At the limit: what it was, where the walk spent it, what to try."""
        programs = self.document(1, EXPLOSIONS)["programs"]
        self.assertEqual(len(programs), 8)
        for program in programs:
            diag = program["diag"]
            self.assertEqual(diag["id"], "verify-complex", program["name"])
            self.assertTrue(any(note.startswith("costs: explosions.bpf.c:")
                                for note in diag["notes"]), diag)
            self.assertTrue(any(note.startswith("the kernel says: ")
                                for note in diag["notes"]), diag)
            self.assertTrue(diag["suggestion"])
            self.assertLess(program["peak_bytes"], self.MEMORY)
            self.assertLess(program["insns_processed"], 1000002)


class Counterexamples(Place):
    SHORT = "r2 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r2 + 20)\nexit"
    WRITE = "*(u32 *)(r1 + 16) = r1\nr0 = 2\nexit"
    SAFE = "r0 = 2\nexit"

    def programs(self, *programs):
        """An object of (name, section, body)."""
        text = ""
        for name, section, body in programs:
            one = asm(body, section).replace(".Lend", ".L" + name)
            text += re.sub(r"\bit\b", name, one)
        out = self.path("them.o")
        done = skep("asm", self.path("them.s", text.encode()), "-o", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def packets(self, path):
        data = self.read(path)
        magic, major, minor = struct.unpack_from("<IHH", data)
        self.assertEqual((magic, major, minor), (0xa1b2c3d4, 2, 4))
        self.assertEqual(struct.unpack_from("<I", data, 20)[0], 1)
        at, packets = 24, []
        while at < len(data):
            kept, whole = struct.unpack_from("<II", data, at + 8)
            self.assertEqual(kept, whole)
            packets.append(data[at + 16:at + 16 + kept])
            self.assertEqual(len(packets[-1]), kept)
            at += 16 + kept
        return packets

    def notes(self, program):
        return [note for note in program["diag"]["notes"]
                if "counterexample:" in note]

    def test_told(self):
        path = self.object(self.SHORT)
        program, = self.document(1, path)["programs"]
        example = program["counterexample"]
        self.assertEqual(bytes.fromhex(example["packet"]), bytes(14))
        self.assertEqual(example["insn"], program["diag"]["insn"])
        self.assertIn("the packet (14 bytes)", example["fault"])
        self.assertNotIn("number", example)
        note, = self.notes(program)
        self.assertIn("14 zero bytes", note)
        self.assertIn(note.encode(), self.status(1, path).stderr)
        again, = self.document(1, path)["programs"]
        self.assertEqual(again["counterexample"], example)

    def test_quiet(self):
        """Nothing is said of accepted programs, nor where none is found."""
        program, = self.document(0, self.object(self.SAFE))["programs"]
        self.assertIsNone(program["counterexample"])
        for body, section in ((self.SHORT, "kprobe/f"), ("exit", "xdp")):
            path = self.object(body, section)
            program, = self.document(1, path)["programs"]
            self.assertIsNone(program["counterexample"])
            self.assertEqual(self.notes(program), [])

    def test_written(self):
        path = self.programs(("one", "xdp", self.SHORT),
                             ("two", "xdp", self.SAFE),
                             ("three", "tc", self.SHORT),
                             ("four", "kprobe/f", self.SHORT),
                             ("five", "xdp", self.WRITE))
        pcap = self.path("why.pcap")
        doc = self.document(1, path, "--counterexample", pcap)
        found = {p["name"]: p for p in doc["programs"]}
        numbers = {name: p["counterexample"]["number"]
                   for name, p in found.items() if p["counterexample"]}
        self.assertEqual(set(numbers), {"one", "three", "five"})
        packets = self.packets(pcap)
        self.assertEqual(sorted(numbers.values()), [1, 2, 3])
        for name, number in numbers.items():
            self.assertEqual(packets[number - 1].hex(),
                             found[name]["counterexample"]["packet"])
            self.assertIn(f"packet {number} of {pcap}",
                          self.notes(found[name])[0])
        self.assertIn("kprobe programs do not run on packets",
                      self.notes(found["four"])[0])
        alone = self.path("alone.pcap")
        self.status(1, path, "-p", "five", "--counterexample", alone)
        self.assertEqual(len(self.packets(alone)), 1)
        self.status(0, path, "-p", "two", "--counterexample", alone)
        self.assertEqual(self.packets(alone), [])

    def test_replayed_elsewhere(self):
        """What the file has stops the bare program, too."""
        pcap = self.path("why.pcap")
        self.status(1, self.object(self.SHORT), "--counterexample", pcap)
        packet, = self.packets(pcap)
        raw = self.path("raw.s", b"r0 = *(u8 *)(r1 + 20)\nexit\n")
        for more, status in ((b"", 1), (bytes(7), 0)):
            mem = self.path("mem", packet + more)
            done = skep("run", "--raw", raw, "--mem", mem)
            self.assertEqual(done.returncode, status, done.stderr)

    def test_bad_files(self):
        path = self.object(self.SHORT)
        for name, status in (("-", 2), (self.path("no/such"), 2),
                             (self.dir, 3), ("/dev/null", 3)):
            done = self.status(status, path, "--counterexample", name)
            self.assertTrue(done.stderr)
            self.assertFalse(done.stdout)

    @unittest.skipIf(os.geteuid(), "needs root to mount a small disk")
    def test_full_disk(self):
        small = self.path("small")
        os.mkdir(small)
        mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "none", small]
        if subprocess.run(mount, check=False).returncode:
            self.skipTest("no tmpfs here")
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        with open(small + "/all", "wb") as file:
            file.write(bytes(4096))
        done = self.status(3, self.object(self.SHORT), "--counterexample",
                           small + "/why.pcap")
        self.assertIn(b"[file-write]", done.stderr)
        self.assertEqual(os.listdir(small), ["all"])


class Readme(Place):
    """The mistake that README.md shows is answered like that."""
    NAME = "packet_variable.bpf"

    @unittest.skipUnless(shutil.which("clang-19") and
                         os.path.exists("/usr/include/bpf/bpf_helpers.h"),
                         "needs clang-19 and libbpf's headers")
    def test_mistake(self):
        with open(os.path.join(SRC, "README.md"), encoding="utf-8") as file:
            section = file.read().split("## What a mistake looks like")[1]
        shown = [line[4:] for line in section.split("\n## ")[0].splitlines()
                 if line.startswith("    ")]
        place = os.path.join(SRC, "tests/verify/mistakes")
        arch = subprocess.run(["gcc", "-print-multiarch"], text=True,
                              capture_output=True, check=False).stdout
        subprocess.run(["clang-19", "-O2", "-g", "--target=bpf", "-mcpu=v3",
                        "-I/usr/include/" + arch.strip(),
                        f"-fdebug-prefix-map={place}=.", "-c",
                        self.NAME + ".c", "-o", self.path(self.NAME + ".o")],
                       cwd=place, check=True)
        self.assertEqual(shown[0].split()[:2], ["$", "skep"])
        done = skep(*shown[0].split()[2:], cwd=self.dir)
        self.assertEqual(done.returncode, 1)
        told = done.stderr.decode().splitlines()
        self.assertEqual([line for line in told if line in shown], shown[1:])


class Kernels(Place):
    def test_what_is_missing(self):
        synflood = os.path.join(EXAMPLES, "synflood.bpf.o")
        doc = json.loads(skep("verify", "-j", "--kernel", "5.4",
                              synflood).stdout)
        kernel = doc["programs"][0]["kernel"]
        self.assertEqual(kernel["release"], "5.4")
        self.assertFalse(kernel["loads"])
        self.assertEqual(kernel["oldest"], "5.12")
        lacks = {lack["name"]: lack for lack in kernel["lacks"]}
        self.assertEqual(lacks["bpf_ringbuf_reserve"]["kind"], "helper")
        self.assertEqual(lacks["bpf_ringbuf_reserve"]["since"], "5.8")
        self.assertGreater(lacks["bpf_ringbuf_reserve"]["line"], 1)
        self.assertEqual(lacks["ringbuf"]["map"], "events")
        text = self.status(1, "--kernel", "5.4", synflood).stdout.decode()
        self.assertIn("guard: Linux 5.4 lacks", text)
        self.assertIn("helper bpf_ringbuf_reserve, since 5.8: insn", text)

    def test_nothing_is_missing(self):
        doc = json.loads(skep("verify", "-j", "--kernel", "6.12",
                              COUNT).stdout)
        self.assertTrue(doc["programs"][0]["kernel"]["loads"])


class Inputs(Place):
    def test_bad_objects(self):
        whole = self.read(COUNT)
        other = bytearray(whole)
        other[18] = 62				# x86-64
        self.status(2, self.path("nosuch"))
        self.status(2, self.dir)
        for name, data in (("empty", b""), ("cut", whole[:900]),
                           ("other", other), ("text", b"hello world\n")):
            done = self.status(2, self.path(name, data))
            self.assertTrue(done.stderr)
            self.assertFalse(done.stdout)
            done = self.status(2, "-j", self.path(name))
            json.loads(done.stderr)

    def test_flipped_bytes(self):
        """Whatever is in the file: an answer, no crash."""
        whole = self.read(PARSER)
        for at in range(64, len(whole), 97):
            data = bytearray(whole)
            data[at] ^= 0xff
            done = skep("verify", self.path("flipped", data))
            self.assertIn(done.returncode, (0, 1, 2), at)

    def test_usage(self):
        for args in ((), (COUNT, COUNT), (COUNT, "--profile", "lax"),
                     (COUNT, "--insns", "0"), (COUNT, "--insns", "x"),
                     (COUNT, "--stack-size", "-1"), (COUNT, "--set", "a"),
                     (COUNT, "--type", "nosuch"), (COUNT, "--kernel", "9"), (COUNT, "--nosuch")):
            done = self.status(2, *args)
            self.assertIn(b"skep help verify", done.stderr)
        done = self.status(2, COUNT, "-p", "nosuch")
        self.assertIn(b"vm-no-program", done.stderr)
        done = self.status(2, COUNT, "--set", "nosuch=1")
        self.assertIn(b"object-variable", done.stderr)
        self.status(2, COUNT, "--btf", self.path("nosuch"))
        self.status(2, COUNT, "--btf", COUNT + ".nosuch", "-j")

    @unittest.skipIf(os.geteuid(), "needs root to become nobody")
    def test_no_privileges(self):
        """The same verdicts for a user who may not load anything."""
        os.chmod(self.dir, 0o755)
        binary, parser = (shutil.copy(file, self.dir)
                          for file in (SKEP, PARSER))
        mine = skep("verify", "-j", parser)
        theirs = skep("verify", "-j", parser, binary=binary, user=65534,
                      group=65534, extra_groups=[])
        self.assertEqual(mine.returncode, theirs.returncode, theirs.stderr)
        docs = [json.loads(done.stdout) for done in (mine, theirs)]
        for doc in docs:
            for program in doc["programs"]:
                del program["usec"]
        self.assertEqual(*docs)


if __name__ == "__main__":
    if not os.path.exists(COUNT):
        print("skipped: the examples were not built (clang)")
        sys.exit(77)
    unittest.main(verbosity=2)
