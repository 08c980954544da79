#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_mistakes.py BUILD_DIR PAGE

Runs mistakes.py over all of them, and compares with the page that shows
them. Skipped without clang-19, setpriv, or the kernel's bpf(2).
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def main():
    build, page = sys.argv[1:]
    kernel = build + "/kernel_verdict"
    for tool in ("clang-19", "setpriv"):
        if not shutil.which(tool):
            skip("no " + tool)
    if os.geteuid():
        skip("loading programs into the kernel needs root")
    if not os.path.exists("/usr/include/bpf/bpf_helpers.h"):
        skip("no libbpf headers")
    with tempfile.NamedTemporaryFile(suffix=".o") as obj:
        subprocess.run(
            ["clang-19", "-O2", "-g", "--target=bpf", "-x", "c", "-", "-c",
             "-o", obj.name], check=True, text=True,
            input='__attribute__((section("socket"))) int p(void *c)'
                  '{ return 0; }')
        said = subprocess.run([kernel, obj.name], capture_output=True,
                              text=True, check=False).stdout
        if '"verdict":"accepted"' not in said:
            skip("the kernel takes no programs")
    return subprocess.run(
        [sys.executable, HERE + "/mistakes.py", kernel, "--check", page],
        check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
