#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Are the instructions taken that instruction selection is meant to take?
    test_x86_patterns.py LISTER
LISTER prints bytes, a tab, regular expressions of instructions that must be
there in this order (';' between them; '!': must not be there at all), a tab,
and the function."""
import re
import shutil
import subprocess
import sys

LLVM = next((name for name in ("llvm-mc-19", "llvm-mc-16", "llvm-mc-14",
                               "llvm-mc") if shutil.which(name)), None)
END = "nop word ptr [rax + 305419896]"
END_BYTES = "66 0f 1f 80 78 56 34 12".split()


def disassemble(functions):
    """Lists of instructions, one list for each function."""
    fed = "\n".join(" ".join("0x" + byte for byte in
                             re.findall("..", code) + END_BYTES)
                    for code in functions)
    out = subprocess.run(
        [LLVM, "--disassemble", "--triple=x86_64",
         "--mattr=+bmi,+bmi2,+movbe", "--output-asm-variant=1"],
        input=fed, capture_output=True, text=True, check=True).stdout
    lines = [re.sub(r"\s+", " ", line.split("#")[0].strip())
             for line in out.splitlines()]
    text = "\n".join(line for line in lines if line and line[0] != ".")
    text = text.replace("lock\n", "lock ")
    return [part.strip().splitlines() for part in text.split(END)]


def follows(insns, wanted):
    """Is there an instruction for each expression, in order?"""
    at = 0
    for want in wanted:
        if want[0] == "!":
            if any(re.match(want[1:], insn) for insn in insns):
                return False
            continue
        while at < len(insns) and not re.match(want, insns[at]):
            at += 1
        if at == len(insns):
            return False
        at += 1
    return True


def main():
    if not LLVM:
        print("skipped: no llvm-mc")
        return 77
    listed = subprocess.run([sys.argv[1]], capture_output=True, text=True)
    if listed.returncode:
        print(listed.stderr)
        return listed.returncode
    rows = [line.split("\t") for line in listed.stdout.splitlines()]
    bad = 0
    for (_, want, text), insns in zip(rows,
                                      disassemble([row[0] for row in rows])):
        if not follows(insns, want.split(";")):
            bad += 1
            print(f"{text}: no {want} in\n    " + "\n    ".join(insns))
    print(f"{len(rows)} patterns, {bad} not taken")
    return bad != 0 or not rows


sys.exit(main())
