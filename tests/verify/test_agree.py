#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_agree.py real|selftests|unprivileged|arrays|tools BUILD_DIR

skep's verdict beside the running kernel's, over the objects of Debian's
packages and skep's own examples (real), the kernel's selftests (selftests),
those of them that a loader without capabilities may load (unprivileged), the
selftests that are written as arrays (arrays), and what the tools of bpftrace
and bcc load while they run for a moment (tools). Skipped where the kernel's
bpf(2), or what the programs are made of, is absent.
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


def agree(kernel, known, objects, profile="strict"):
    return subprocess.run(
        [sys.executable, HERE + "/agree.py", "--skep", SKEP, "--kernel",
         kernel, "--known", os.path.join(HERE, known), "--profile", profile,
         *objects],
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


def unprivileged(build):
    place = os.path.join(build, "selftests")
    switch = "/proc/sys/kernel/unprivileged_bpf_disabled"
    if not os.path.exists(switch) or open(switch).read().strip() != "0":
        skip("kernel.unprivileged_bpf_disabled is not 0")
    made = subprocess.run([sys.executable, HERE + "/selftests.py", place],
                          check=False).returncode
    if made:
        sys.exit(made)
    return agree(place + "/kernel_verdict", "known_unprivileged.txt",
                 sorted(glob.glob(place + "/progs/*.o")), "unprivileged")


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


def watch(tool, preload, out):
    """Runs a tool until it has loaded its programs."""
    subprocess.run(["timeout", "5", *tool], check=False,
                   env=dict(os.environ, DUMP=out, LD_PRELOAD=preload),
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def tools(build):
    scripts = [["bpftrace", path] for path in
               sorted(glob.glob("/usr/sbin/*.bt"))]
    if os.path.exists("/lib/modules/%s/build" % os.uname().release):
        scripts += [["/usr/bin/python3", path] for path in
                    sorted(glob.glob("/usr/sbin/*-bpfcc"))]
    if not scripts:
        skip("neither bpftrace nor bcc's tools")
    if not os.path.exists("/sys/kernel/tracing/events"):
        skip("tracefs is not mounted")
    with tempfile.TemporaryDirectory() as place:
        for tool in scripts:
            watch(tool, build + "/libpreload_dump.so", place + "/programs")
        if not os.path.exists(place + "/programs"):
            skip("no tool loaded a program")
        return subprocess.run([build + "/verify_arrays",
                               place + "/programs"], check=False).returncode


def main():
    if os.geteuid() != 0 or not os.path.exists("/sys/kernel/btf/vmlinux"):
        skip("the kernel's bpf(2) is for root, and its types are needed")
    corpora = {"real": real, "selftests": selftests,
               "unprivileged": unprivileged, "arrays": arrays,
               "tools": tools}
    sys.exit(corpora[sys.argv[1]](sys.argv[2]))


if __name__ == "__main__":
    main()
