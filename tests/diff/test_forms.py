#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every form that an encoder makes, held against LLVM:
    test_forms.py x86_64|arm64 LISTER
LISTER prints bytes, a tab, and what they are meant to be. x86-64 has several
encodings of one instruction: its bytes are disassembled. arm64 has one, and
short names besides: what is meant is assembled, and gives the same bytes."""
import re
import shutil
import subprocess
import sys

LLVM = next((name for name in ("llvm-mc-19", "llvm-mc-16", "llvm-mc-14",
                               "llvm-mc") if shutil.which(name)), None)


def llvm_mc(text, *args):
    return subprocess.run([LLVM, *args], input=text, capture_output=True,
                          text=True, check=True).stdout


def report(rows, pairs):
    """pairs: of each row, what it is and whether that is right."""
    bad = 0
    if len(rows) != len(pairs):
        print(f"{len(rows)} instructions in, {len(pairs)} out")
        bad = 1
    for (code, want), (got, right) in zip(rows, pairs):
        if right:
            continue
        bad += 1
        if bad < 20:
            print(f"{code}: meant '{want}', is '{got.strip()}'")
    print(f"{len(rows)} instructions, {bad} not as meant")
    return bad != 0


# x86-64

def plain(text):
    """One spelling: spaces, signs, decimal numbers as 64-bit ones."""
    text = re.sub(r"\s+", " ", text.split("#")[0].strip())
    text = text.replace("movabs ", "mov ")
    return re.sub(r"(?<=[ ,])-?\d+\b",
                  lambda m: str(int(m.group(0)) & 0xffffffffffffffff), text)


def same(want, got):
    if plain(want) == plain(got):
        return True
    # 32-bit and smaller immediates are printed signed here, unsigned there
    a, b = want.rsplit(" ", 1), plain(got).rsplit(" ", 1)
    if len(a) != 2 or len(b) != 2 or plain(a[0]) != plain(b[0]):
        return False
    try:
        x, y = int(a[1]), int(b[1])
    except ValueError:
        return False
    bits = 16 if re.search(r"\bword ptr|\b[a-d]x\b", want) else \
        8 if "byte ptr" in want else 32
    return "qword" not in want and (x - y) % (1 << bits) == 0


def x86_64(rows):
    fed = "\n".join(" ".join("0x" + row[0][i:i + 2]
                             for i in range(0, len(row[0]), 2))
                    for row in rows)
    out = llvm_mc(fed, "--disassemble", "--triple=x86_64",
                  "--mattr=+bmi,+bmi2,+movbe", "--output-asm-variant=1")
    lines = [line for line in out.splitlines()
             if line.strip() and not line.strip().startswith(".")]
    # a lock prefix is an instruction of its own here
    lines = re.sub(r"\tlock\s*\n\s*", "\tlock ", "\n".join(lines)).splitlines()
    return [(got, same(want, got)) for (_, want), got in zip(rows, lines)]


# arm64

def arm64(rows):
    fed = "\n".join(want.replace("; ", "\n") for _, want in rows)
    out = llvm_mc(fed, "--triple=aarch64", "--mattr=+lse", "--show-encoding")
    words = ["".join(byte[2:] for byte in found.split(","))
             for found in re.findall(r"encoding: \[([^]]*)\]", out)]
    pairs = []
    for code, want in rows:
        cnt = want.count("; ") + 1
        got, words = "".join(words[:cnt]), words[cnt:]
        pairs.append((got, got == code))
    if words:
        pairs.append(("more", False))
    return pairs


def main():
    if not LLVM:
        print("skipped: no llvm-mc")
        return 77
    listed = subprocess.run([sys.argv[2]], capture_output=True, text=True,
                            check=True).stdout.splitlines()
    rows = [line.split("\t") for line in listed]
    machine = {"x86_64": x86_64, "arm64": arm64}[sys.argv[1]]
    return report(rows, machine(rows))


sys.exit(main())
