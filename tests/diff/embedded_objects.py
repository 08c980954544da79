#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embedded_objects.py DIR EXECUTABLE...

Writes every BPF object that lies inside an executable (as skeletons embed
them) to DIR/NAME.o.
"""
import os
import struct
import sys

MAGIC = b"\x7fELF\x02\x01\x01"
EM_BPF = 247
SHT_NOBITS = 8


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
    at = data.find(MAGIC)
    while at >= 0:
        if struct.unpack_from("<H", data, at + 18)[0] == EM_BPF:
            yield data[at:object_end(data, at)]
        at = data.find(MAGIC, at + 1)


def main():
    for path in sys.argv[2:]:
        with open(path, "rb") as file:
            data = file.read()
        for i, image in enumerate(objects(data)):
            name = os.path.basename(path) + (f"-{i}" if i else "") + ".o"
            with open(os.path.join(sys.argv[1], name), "wb") as file:
                file.write(image)


main()
