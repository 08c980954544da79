#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the kernel's own BPF selftests out of Debian's linux-source package.

usage: selftests.py DIR [--jobs N]

DIR then has progs/*.o (clang-19, -mcpu=v4, against the types of the running
kernel), libbpf.a and include/ of the same release, kernel_verdict, and
arrays.txt (the programs that are written as arrays). What is there already is
kept, and whoever comes while it is built waits. Nothing of the package is part
of skep: exit status 77 without it.
"""
import argparse
import fcntl
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WANTED = ["tools/testing/selftests/bpf", "tools/lib/bpf", "tools/include",
          "tools/arch/x86/include", "scripts/bpf_doc.py", "include/uapi",
          "kernel/bpf/disasm.c", "kernel/bpf/disasm.h"]


def skip(reason):
    print("skipped: " + reason)
    sys.exit(77)


def run(*argv, **opts):
    return subprocess.run(argv, check=True, **opts)


def unpack(place):
    """The folders that are needed; the path of the tree."""
    tars = sorted(glob.glob("/usr/src/linux-source-6.*.tar.xz"))
    if not tars:
        skip("no linux-source package")
    top = os.path.basename(tars[-1])[:-len(".tar.xz")]
    tree = os.path.join(place, top)
    if not os.path.exists(os.path.join(place, "unpacked")):
        run("tar", "-C", place, "-xf", tars[-1],
            *("%s/%s" % (top, path) for path in WANTED))
        open(os.path.join(place, "unpacked"), "w").close()
    return tree


def headers(place, tree):
    """<bpf/*.h> of the release, and vmlinux.h of the running kernel."""
    include = os.path.join(place, "include")
    bpf = os.path.join(include, "bpf")
    if os.path.exists(os.path.join(include, "vmlinux.h")):
        return
    os.makedirs(bpf, exist_ok=True)
    for path in glob.glob(tree + "/tools/lib/bpf/*.h"):
        run("cp", path, bpf)
    with open(bpf + "/bpf_helper_defs.h", "w") as out:
        run("python3", tree + "/scripts/bpf_doc.py", "--header", "--file",
            tree + "/tools/include/uapi/linux/bpf.h", stdout=out)
    with open(include + "/vmlinux.h.part", "w") as out:
        run("bpftool", "btf", "dump", "file", "/sys/kernel/btf/vmlinux",
            "format", "c", stdout=out)
    os.replace(include + "/vmlinux.h.part", include + "/vmlinux.h")


def library(place, tree):
    """libbpf.a, and kernel_verdict linked with it."""
    lib = os.path.join(place, "libbpf.a")
    verdict = os.path.join(place, "kernel_verdict")
    src = os.path.join(tree, "tools/lib/bpf")
    inc = os.path.join(tree, "tools/include")
    if not os.path.exists(lib):
        objs = []
        for path in sorted(glob.glob(src + "/*.c")):
            objs.append(os.path.join(place, os.path.basename(path) + ".lo"))
            run("gcc", "-O1", "-w", "-D_LARGEFILE64_SOURCE",
                "-D_FILE_OFFSET_BITS=64", "-I" + src, "-I" + inc,
                "-I" + inc + "/uapi", "-c", path, "-o", objs[-1])
        run("ar", "rcs", lib, *objs)
    source = os.path.join(HERE, "kernel_verdict.c")
    if not os.path.exists(verdict) or \
            os.path.getmtime(verdict) < os.path.getmtime(source):
        run("gcc", "-O1", "-Wall", "-I" + place + "/include", "-o", verdict,
            source, lib, "-lelf", "-lz")


def arrays(place, tree):
    """arrays.txt: what the selftests' test_verifier loads, and how it went."""
    tests = os.path.join(tree, "tools/testing/selftests/bpf")
    out, tool = os.path.join(place, "arrays.txt"), place + "/test_verifier"
    if os.path.exists(out):
        return
    os.makedirs(place + "/verifier", exist_ok=True)
    with open(place + "/verifier/tests.h", "w") as file:
        names = sorted(glob.glob(tests + "/verifier/*.c"))
        file.write("#ifdef FILL_ARRAY\n%s#endif\n" % "".join(
            '#include "%s"\n' % name for name in names))
    built = subprocess.run(
        ["gcc", "-w", "-O1", "-D_GNU_SOURCE", "-I" + place,
         "-I" + place + "/include", "-I" + tests,
         "-I" + tree + "/tools/include", "-I" + tree + "/tools/include/uapi",
         "-I" + tree + "/tools/lib", "-o", tool,
         os.path.join(HERE, "arrays_dump.c"),
         os.path.join(HERE, "program_dump.c"), tests + "/test_verifier.c",
         *("%s/%s.c" % (tests, part) for part in
           ("unpriv_helpers", "cap_helpers", "testing_helpers", "disasm")),
         "-Wl,--wrap=bpf_prog_load,--wrap=load_bpf_testmod,"
         "--wrap=unload_bpf_testmod", place + "/libbpf.a", "-lelf", "-lz",
         "-lcap"], stderr=subprocess.DEVNULL, check=False)
    if built.returncode:
        print("no arrays: test_verifier does not build (libcap-dev?)")
        return
    subprocess.run([tool], env=dict(os.environ, DUMP=out + ".part"),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False)
    os.replace(out + ".part", out)


def object_of(place, path):
    return os.path.join(place, "progs", os.path.basename(path)[:-2] + ".o")


def compile_one(place, tree, path):
    """A child process."""
    tests = os.path.join(tree, "tools/testing/selftests/bpf")
    return subprocess.Popen(
        ["timeout", "100", "clang-19", "-g", "-w", "-O2", "--target=bpfel",
         "-mcpu=v4", "-std=gnu11", "-fno-strict-aliasing",
         "-D__TARGET_ARCH_x86", "-DENABLE_ATOMICS_TESTS",
         "-I" + place + "/include", "-I" + tests, "-I" + tests + "/progs",
         "-I" + tree + "/tools/include/uapi", "-I" + tree + "/tools/include",
         "-idirafter", "/usr/lib/llvm-19/lib/clang/19/include",
         "-idirafter", "/usr/include/x86_64-linux-gnu",
         "-idirafter", "/usr/include", "-c", path, "-o",
         object_of(place, path) + ".part"],
        stderr=subprocess.DEVNULL)


def finish(place, path, child):
    part = object_of(place, path) + ".part"
    if child.wait() == 0:
        os.replace(part, part[:-len(".part")])


def programs(place, tree, jobs):
    """Those that do not compile use types that the kernel has no more."""
    os.makedirs(os.path.join(place, "progs"), exist_ok=True)
    under_way = []
    for path in sorted(glob.glob(
            tree + "/tools/testing/selftests/bpf/progs/*.c")):
        if os.path.exists(object_of(place, path)):
            continue
        if len(under_way) >= jobs:
            finish(place, *under_way.pop(0))
        under_way.append((path, compile_one(place, tree, path)))
    for path, child in under_way:
        finish(place, path, child)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    place = os.path.abspath(args.dir)
    os.makedirs(place, exist_ok=True)
    for tool in ("clang-19", "bpftool"):
        if subprocess.run(["which", tool], stdout=subprocess.DEVNULL,
                          check=False).returncode:
            skip("no " + tool)
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        skip("the running kernel has no BTF")
    with open(place + "/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree = unpack(place)
        headers(place, tree)
        library(place, tree)
        programs(place, tree, args.jobs)
        arrays(place, tree)
    print("%d objects in %s/progs" % (
        len(glob.glob(place + "/progs/*.o")), place))


if __name__ == "__main__":
    main()
