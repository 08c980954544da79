#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""verify.py BENCH_VERIFY EXPLOSIONS EXTRACT [OBJECT...]

The verifier beside the kernel's: on the real programs at hand (what EXTRACT
finds on this machine, and the objects named), then on programs that end at
the limit. SKEP_BENCH_OBJECTS names a directory of other objects to take
instead of the real ones; SKEP_BENCH_OPTIONS are options for BENCH_VERIFY.
"""
import glob
import os
import subprocess
import sys
import tempfile


def run(*command):
    print(flush=True)
    return subprocess.run(command).returncode


def real(extract, directory, named):
    found = subprocess.run([sys.executable, extract, directory], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split()
    return found + named


def main():
    bench, explosions, extract = sys.argv[1:4]
    options = os.environ.get("SKEP_BENCH_OPTIONS", "").split()
    others = os.environ.get("SKEP_BENCH_OBJECTS")
    if os.geteuid():
        print("skipped: the kernel is not asked without privileges")
        return 77
    with tempfile.TemporaryDirectory() as directory:
        paths = (sorted(glob.glob(os.path.join(others, "*.o"))) if others
                 else real(extract, directory, sys.argv[4:]))
        status = run(bench, *options, *paths)
    return run(bench, "-p", "-r", "3", *options, explosions) or status


if __name__ == "__main__":
    sys.exit(main())
