#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds values printed by their type against `bpftool map dump`.

A map of c-btf/values.c is filled with random keys and values in the kernel;
bpftool shows them, as JSON and as plain text, and so do we.
Usage: test_btf_value.py BTF_VALUE
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

BTF_VALUE = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
BPFTOOL = shutil.which("bpftool") or "/usr/sbin/bpftool"
PIN = "/sys/fs/bpf/skep_btf_value_%d" % os.getpid()
ENTRIES = 12


def call(*words):
    return subprocess.run(words, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def random_bytes(size):
    """Words of text, small numbers and noise, so that all forms occur."""
    out = bytearray()
    while len(out) < size:
        out += random.choice([b"ab\0\0", b"\5\0\0\0", b"\0\0\0\0",
                              b"\xfe\xff\xff\xff",
                              random.randbytes(4), random.randbytes(4)])
    return bytes(out[:size])


def fill(map_path):
    info = json.loads(call(BPFTOOL, "-j", "map", "show", "pinned",
                           map_path).stdout)
    for _ in range(ENTRIES):
        key = random_bytes(info["bytes_key"])
        value = random_bytes(info["bytes_value"])
        done = call(BPFTOOL, "map", "update", "pinned", map_path,
                    "key", "hex", *("%02x" % byte for byte in key),
                    "value", "hex", *("%02x" % byte for byte in value))
        if done.returncode:
            sys.exit(done.stderr.decode())


def bare(text):
    """Without the white space that is outside strings."""
    out, quoted = [], False
    for at, char in enumerate(text):
        if char == '"' and text[at - 1] != "\\":
            quoted = not quoted
        if quoted or not char.isspace():
            out.append(char)
    return "".join(out)


def ours(obj, name, form, values):
    done = call(BTF_VALUE, obj, name, form, *values)
    if done.returncode:
        sys.exit("btf_value: status %d" % done.returncode)
    return done.stdout.decode().splitlines()


def compare(obj, map_path):
    entries = json.loads(call(BPFTOOL, "-j", "map", "dump", "pinned",
                              map_path).stdout)
    plain = bare(call(BPFTOOL, "map", "dump", "pinned",
                      map_path).stdout.decode())
    wrong = 0
    for part in ("key", "value"):
        bytes_of = ["".join(byte[2:] for byte in entry[part])
                    for entry in entries]
        in_json = ours(obj, part, "json", bytes_of)
        in_plain = ours(obj, part, "plain", bytes_of)
        for entry, text, words in zip(entries, in_json, in_plain):
            theirs = json.dumps(entry["formatted"][part],
                                separators=(",", ":"))
            if theirs != json.dumps(json.loads(text), separators=(",", ":")):
                print("JSON differs:\n %s\n %s" % (theirs, text))
                wrong += 1
            if '"%s":%s' % (part, bare(words)) not in plain:
                print("plain text differs: %s" % words)
                wrong += 1
    print("%d entries, %d texts differ" % (len(entries), wrong))
    return 1 if wrong or not entries else 0


def main():
    compiler = next(filter(shutil.which, ("clang-19", "clang-16", "clang-14",
                                          "clang")), None)
    if not os.path.exists(BPFTOOL) or not compiler:
        print("skipped: no bpftool, or no clang")
        return 77
    with tempfile.TemporaryDirectory() as where:
        obj = where + "/values.o"
        subprocess.check_call([compiler, "-target", "bpf", "-g", "-O2", "-c",
                               HERE + "/c-btf/values.c", "-o", obj])
        done = call(BPFTOOL, "prog", "load", obj, PIN + "_prog", "pinmaps",
                    PIN)
        if done.returncode:
            print("skipped: the kernel does not load it: %s" %
                  done.stderr.decode().strip().splitlines()[-1])
            return 77
        try:
            fill(PIN + "/values")
            return compare(obj, PIN + "/values")
        finally:
            os.unlink(PIN + "_prog")
            shutil.rmtree(PIN, ignore_errors=True)


random.seed(1)
sys.exit(main())
