#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep run --raw: instructions as bytes and as text, memory, exit status."""
import json
import os
import struct
import subprocess
import tempfile
import unittest

SKEP = os.environ["SKEP"]


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, dst | src << 4, off, imm)


EXIT = insn(0x95)
MOV = 0xb7


class Raw(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.dir.cleanup()

    def file(self, name, data):
        path = os.path.join(self.dir.name, name)
        with open(path, "wb") as out:
            out.write(data)
        return path

    def run_raw(self, program, *args, mem=None):
        if mem is not None:
            args += ("--mem", self.file("mem", mem))
        return subprocess.run(
            [SKEP, "run", "--raw", self.file("program", program), *args],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=60)

    def gives(self, want, program, **more):
        proc = self.run_raw(program, **more)
        self.assertEqual((proc.returncode, proc.stdout), (0, want + "\n"),
                         proc.stderr)

    def fails(self, status, ident, program, **more):
        proc = self.run_raw(program, "--json", **more)
        self.assertEqual((proc.returncode, proc.stdout), (status, ""))
        ids = [json.loads(line)["id"] for line in proc.stderr.splitlines()]
        self.assertIn(ident, ids)

    def test_bytes(self):
        self.gives("0x2a", insn(MOV, imm=42) + EXIT)
        self.gives("0xffffffffffffffff", insn(MOV, imm=-1) + EXIT)

    def test_text(self):
        self.gives("0x2a", b"mov r0, 42\nexit\n")
        self.gives("0x2a", b"r0 = 42\nexit\n")

    def test_memory_and_its_size(self):
        mem = bytes(range(1, 17))
        load = insn(0x79, 0, 1, 8)
        self.gives("0x100f0e0d0c0b0a09", load + EXIT, mem=mem)
        self.gives("0x10", insn(0xbf, 0, 2) + EXIT, mem=mem)
        self.gives("0x0", insn(0xbf, 0, 2) + EXIT)

    def test_json(self):
        proc = self.run_raw(insn(MOV, imm=42) + EXIT, "--json")
        self.assertEqual(json.loads(proc.stdout), {"r0": "0x2a"})

    def test_faults_are_status_1(self):
        load = insn(0x79, 0, 1, 9) + EXIT
        self.fails(1, "run-load", load, mem=bytes(16))
        self.fails(1, "run-load", load)
        self.fails(1, "run-load", load, mem=b"")
        proc = self.run_raw(load, mem=bytes(16))
        self.assertIn("r0 = *(u64 *)(r1 + 0x9)", proc.stderr)

    def test_what_is_no_program_is_status_2(self):
        self.fails(2, "raw-size", insn(MOV, imm=42) + EXIT + b"\0")
        self.fails(2, "raw-size", b"\0\1\2")
        self.assertEqual(self.run_raw(b"").returncode, 2)
        self.assertEqual(self.run_raw(b"mov r0, \n").returncode, 2)
        missing = os.path.join(self.dir.name, "missing")
        proc = subprocess.run([SKEP, "run", "--raw", missing],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(proc.returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
