#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_kind.py BUILD_DIR

Each program of kind.bpf.c is rejected by skep. What the running kernel says is
told: 6.18 accepts them all, and a later one may have learnt.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKEP = os.environ["SKEP"]
WANTED = {"null_for_a_global_function": "verify-subprog-arg",
          "null_for_a_kernel_function": "verify-null",
          "packet_that_moves_under_a_slice": "verify-subprog-arg"}


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def output(*argv):
    return subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                          check=False).stdout


def build(place):
    out = place + "/kind.bpf.o"
    multiarch = output("gcc", "-print-multiarch").strip()
    subprocess.run(["clang-19", "-O2", "-g", "--target=bpf", "-mcpu=v3",
                    "-Wall", "-Werror", "-I/usr/include/" + multiarch, "-c",
                    HERE + "/kind.bpf.c", "-o", out], check=True)
    return out


def main():
    if not shutil.which("clang-19"):
        skip("no clang-19")
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        skip("the running kernel has no BTF")
    with tempfile.TemporaryDirectory() as place:
        path = build(place)
        said = {prog["name"]: (prog["diag"] or {}).get("id")
                for prog in json.loads(output(SKEP, "verify", "-j", path))
                ["programs"]}
        for line in output(sys.argv[1] + "/kernel_verdict",
                           path).splitlines():
            row = json.loads(line)
            print("%s: the kernel %s it" % (row["program"], row["verdict"]))
    # a kernel without the function cannot be asked about it
    right = {name: said.get(name) in (diag, "object-extern")
             for name, diag in WANTED.items()}
    print(said)
    return 0 if all(right.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
