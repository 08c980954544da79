#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_agree.py real|selftests|arrays BUILD_DIR

Runs agree.py over real programs: those of Debian's packages and skep's own
examples (real), the kernel's selftests (selftests), and the selftests that
are written as arrays (arrays). Skipped where the kernel's bpf(2), or what
the objects are made of, is absent.
"""
import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKEP = os.environ["SKEP"]
BUILD = os.environ["SKEP_BUILD"]


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def agree(kernel, known, objects):
    return subprocess.run(
        [sys.executable, HERE + "/agree.py", "--skep", SKEP, "--kernel",
         kernel, "--known", os.path.join(HERE, known), *objects],
        check=False).returncode


def real(build):
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([sys.executable, HERE + "/extract_objects.py", place],
                       stdout=subprocess.DEVNULL, check=False)
        objects = glob.glob(place + "/*.o") + \
            glob.glob("/usr/lib/*/bpf/*.o") + \
            glob.glob(BUILD + "/examples/*.bpf.o")
        return agree(build + "/kernel_verdict", "known_real.txt",
                     sorted(objects))


def selftests(build):
    place = os.path.join(build, "selftests")
    made = subprocess.run([sys.executable, HERE + "/selftests.py", place],
                          check=False).returncode
    if made:
        sys.exit(made)
    return agree(place + "/kernel_verdict", "known_selftests.txt",
                 sorted(glob.glob(place + "/progs/*.o")))


def arrays(build):
    place = os.path.join(build, "selftests")
    made = subprocess.run([sys.executable, HERE + "/selftests.py", place],
                          check=False).returncode
    if made:
        sys.exit(made)
    if not os.path.exists(place + "/arrays.txt"):
        skip("the selftests' test_verifier does not build")
    return subprocess.run([build + "/verify_arrays", place + "/arrays.txt",
                           HERE + "/known_selftests.txt"],
                          check=False).returncode


def main():
    if os.geteuid() != 0 or not os.path.exists("/sys/kernel/btf/vmlinux"):
        skip("the kernel's bpf(2) is for root, and its types are needed")
    corpora = {"real": real, "selftests": selftests, "arrays": arrays}
    sys.exit(corpora[sys.argv[1]](sys.argv[2]))


if __name__ == "__main__":
    main()
