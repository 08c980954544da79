#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every form that the x86-64 encoder makes, read back by LLVM's disassembler:
    test_x86_forms.py LISTER
LISTER prints bytes, a tab, and what they are meant to be."""
import re
import shutil
import subprocess
import sys

LLVM = next((name for name in ("llvm-mc-19", "llvm-mc-16", "llvm-mc-14",
                               "llvm-mc") if shutil.which(name)), None)


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


def main():
    if not LLVM:
        print("skipped: no llvm-mc")
        return 77
    listed = subprocess.run([sys.argv[1]], capture_output=True, text=True,
                            check=True).stdout.splitlines()
    rows = [line.split("\t") for line in listed]
    fed = "\n".join(" ".join("0x" + row[0][i:i + 2]
                             for i in range(0, len(row[0]), 2))
                    for row in rows)
    out = subprocess.run(
        [LLVM, "--disassemble", "--triple=x86_64", "--mattr=+bmi,+bmi2,+movbe",
         "--output-asm-variant=1"],
        input=fed, capture_output=True, text=True, check=True)
    lines = [line for line in out.stdout.splitlines()
             if line.strip() and not line.strip().startswith(".")]
    # a lock prefix is an instruction of its own here
    text = "\n".join(lines)
    lines = re.sub(r"\tlock\s*\n\s*", "\tlock ", text).splitlines()
    bad = 0
    if len(lines) != len(rows):
        print(f"{len(rows)} instructions in, {len(lines)} out")
        print(out.stderr[:500])
        bad = 1
    for (code, want), got in zip(rows, lines):
        if same(want, got):
            continue
        bad += 1
        if bad < 20:
            print(f"{code}: meant '{want}', is '{got.strip()}'")
    print(f"{len(rows)} instructions, {bad} not as meant")
    return bad != 0


sys.exit(main())
