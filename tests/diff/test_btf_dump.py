#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `skep btf dump` against bpftool's, byte for byte.

Objects: the running kernel's types, xdp-tools' programs, those inside the
binaries of libbpf-tools, and c-btf/*.c of every compiler that is there.
Formats: c, raw, -j and -p. In JSON one thing may differ: bpftool 7.1 prints
unsigned enumerators from 2^31 on as if they were negative, skep as they are.
"""
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SKEP = os.environ["SKEP"]
HERE = os.path.dirname(os.path.abspath(__file__))
BPFTOOL = shutil.which("bpftool") or "/usr/sbin/bpftool"
EM_BPF = 247
COMPILERS = ["clang-14", "clang-16", "clang-19", "bpf-gcc"]
XDP_TOOLS = "/usr/lib/x86_64-linux-gnu/bpf/*.o"
VMLINUX = "/sys/kernel/btf/vmlinux"
FORMATS = [(["format", "c"], []), (["format", "raw"], []),
           ([], ["-j"]), ([], ["-p"])]


def compiled(where):
    for compiler in COMPILERS:
        if not shutil.which(compiler):
            continue
        target = ["-gbtf"] if "gcc" in compiler else ["-g", "-target", "bpf"]
        for source in sorted(glob.glob(HERE + "/c-btf/*.c")):
            out = "%s/%s-%s.o" % (where, os.path.basename(source)[:-2],
                                  compiler)
            done = subprocess.run(
                [compiler, *target, "-O2", "-w", "-c", source,
                 "-I/usr/include/x86_64-linux-gnu", "-o", out],
                stderr=subprocess.PIPE)
            if done.returncode == 0:
                yield out
            elif "clang" in compiler:
                sys.exit("%s: %s" % (source, done.stderr.decode()))


def embedded(where):
    """ELF objects for BPF inside other files, as skeletons put them."""
    listing = subprocess.run(["dpkg", "-L", "libbpf-tools"],
                             stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL).stdout.decode()
    for path in re.findall(r"^/usr/s?bin/\S+$", listing, re.M):
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        start = data.find(b"\x7fELF", 4)
        while start >= 0:
            head = data[start:start + 64]
            if len(head) == 64 and head[18] == EM_BPF:
                table = struct.unpack_from("<Q", head, 40)[0]
                count = struct.unpack_from("<H", head, 60)[0]
                out = "%s/%s-%d.o" % (where, os.path.basename(path), start)
                with open(out, "wb") as file:
                    file.write(data[start:start + table + 64 * count])
                yield out
            start = data.find(b"\x7fELF", start + 4)


def run(tool, words, flags, path):
    done = subprocess.run([tool, *flags, *words[:2], "file", path, *words[2:]],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout


def fixed(text):
    """bpftool's JSON with enumerators as the 32 bits that they are."""
    tree = json.loads(text)
    for row in tree["types"]:
        if row["kind"] == "ENUM" and row["encoding"] == "UNSIGNED":
            for value in row["values"]:
                value["val"] &= 0xffffffff
    return tree


def compare(path, words, flags):
    theirs = run(BPFTOOL, ["btf", "dump"] + words, flags, path)
    if theirs[0]:
        return None
    ours = subprocess.run([SKEP, "btf", "dump", path, *words, *flags],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if ours.returncode == 0 and ours.stdout == theirs[1]:
        return True
    if flags and not ours.returncode and \
            fixed(theirs[1]) == json.loads(ours.stdout):
        return True
    print("DIFFERS: skep btf dump %s %s" % (path, " ".join(words + flags)))
    print(ours.stderr.decode().strip())
    return False


def main():
    if not os.path.exists(BPFTOOL):
        print("skipped: no bpftool")
        return 77
    version = subprocess.run([BPFTOOL, "version"], stdout=subprocess.PIPE)
    if b"v7.1" not in version.stdout:
        print("skipped: the text is that of bpftool 7.1")
        return 77
    counts = {True: 0, False: 0, None: 0}
    objects = 0
    with tempfile.TemporaryDirectory() as where:
        paths = [VMLINUX] if os.path.exists(VMLINUX) else []
        paths += sorted(glob.glob(XDP_TOOLS))
        paths += list(compiled(where)) + list(embedded(where))
        for path in paths:
            objects += 1
            formats = FORMATS[:3] if path == VMLINUX else FORMATS
            for words, flags in formats:
                counts[compare(path, words, flags)] += 1
    print("%d objects, %d texts equal, %d differ, %d bpftool cannot" %
          (objects, counts[True], counts[False], counts[None]))
    return 1 if counts[False] or counts[True] < 30 else 0


sys.exit(main())
