#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""extract_objects.py DIR [EXECUTABLE...]

Writes every BPF object that lies inside an executable (as skeletons embed
them) to DIR/NAME.o, and prints their paths. Without executables: those of
Debian's libbpf-tools package, and then the paths of the objects that other
packages install as they are.
"""
import glob
import os
import struct
import sys

MAGIC = b"\x7fELF\x02\x01\x01"
EM_BPF = 247
SHT_NOBITS = 8
TOOLS = "/var/lib/dpkg/info/libbpf-tools.list"
INSTALLED = "/usr/lib/*/bpf/*.o"


def object_end(data, start):
    """The last byte that a section or the section headers take."""
    shoff, = struct.unpack_from("<Q", data, start + 40)
    entsize, cnt = struct.unpack_from("<HH", data, start + 58)
    end = shoff + entsize * cnt
    for i in range(cnt):
        at = start + shoff + i * entsize
        kind, = struct.unpack_from("<I", data, at + 4)
        offset, size = struct.unpack_from("<QQ", data, at + 24)
        if kind != SHT_NOBITS:
            end = max(end, offset + size)
    return start + end


def objects(data):
    """The BPF objects inside of `data`, in their order."""
    at = data.find(MAGIC)
    while at >= 0:
        if struct.unpack_from("<H", data, at + 18)[0] == EM_BPF:
            yield data[at:object_end(data, at)]
        at = data.find(MAGIC, at + 1)


def extract(directory, executables):
    """Writes the objects of each; their paths, sorted by name."""
    paths = []
    for path in executables:
        with open(path, "rb") as file:
            data = file.read()
        for i, image in enumerate(objects(data)):
            name = os.path.basename(path) + (f"-{i}" if i else "") + ".o"
            paths.append(os.path.join(directory, name))
            with open(paths[-1], "wb") as file:
                file.write(image)
    return sorted(paths)


def tools():
    """The executables of libbpf-tools; none where it is not installed."""
    try:
        with open(TOOLS) as names:
            paths = names.read().split("\n")
    except OSError:
        return []
    return sorted(path for path in paths
                  if "/sbin/" in path and os.path.isfile(path)
                  and not os.path.islink(path))


def installed():
    """The objects that packages such as xdp-tools install."""
    return sorted(glob.glob(INSTALLED))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    named = sys.argv[2:]
    os.makedirs(sys.argv[1], exist_ok=True)
    paths = extract(sys.argv[1], named or tools())
    print("\n".join(paths + ([] if named else installed())))


if __name__ == "__main__":
    main()
