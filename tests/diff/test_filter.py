#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds `skep filter` against tcpdump, byte for byte: -d, -dd, -ddd over
expressions and link types, counts over a capture; its objects against
llvm-objdump and, as root, the kernel's verifier."""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SKEP = os.environ["SKEP"]
OBJDUMP = shutil.which("llvm-objdump-19") or shutil.which("llvm-objdump")
BPFTOOL = shutil.which("bpftool") or "/usr/sbin/bpftool"
LINKTYPES = ["EN10MB", "RAW", "LINUX_SLL", "LINUX_SLL2", "NULL",
             "IEEE802_11"]
EXPRESSIONS = """
tcp port 80
udp
ip
ip6
arp
icmp or icmp6
host 10.0.0.1
not host 10.0.0.1 and src net 10.0.0.0/8
dst host 2001:db8::1
ip6 proto 58
port 53
portrange 1000-2000
tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
tcp[13] = 2 and ip[0] & 0xf > 5
ip[6:2] & 0x1fff = 0
ether[0:4] = 0xdeadbeef
ether host 02:00:00:00:00:01
ether broadcast or ether multicast
vlan
vlan 5 and tcp
vlan and vlan 7 and udp port 53
mpls 100 and ip
pppoes and ip
len > 1000
greater 200 and less 1400
ip[2:2] / 4 * 3 - 1 > 100 and ip[8] % 7 = 1
(ip[2:2] << 2 | udp[4:2] >> 1) ^ 0xff = 3
sctp
ip proto 47
ip multicast and not igmp
tcp src portrange 1-1023 and dst net 192.168.0.0 mask 255.255.0.0
rarp or atalk or aarp
""".strip().split("\n") + [""]
# libpcap's own interpreter runs backward jumps; the kernel refuses them.
LISTED_ONLY = ["ip protochain 6", "ip6 protochain 17"]

failures = []


def run(*args, **more):
    return subprocess.run(args, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **more)


def expect(what, condition, detail=""):
    if not condition:
        failures.append(what)
        print("FAILED:", what, detail)


def listings():
    agreed = 0
    for linktype in LINKTYPES:
        for text in EXPRESSIONS + LISTED_ONLY:
            for form in ["-d", "-dd", "-ddd", "-Od"]:
                args = ["-y", linktype, form, text]
                theirs = run("tcpdump", *args)
                ours = run(SKEP, "filter", *args)
                expect(args, (theirs.returncode == 0) ==
                       (ours.returncode == 0), ours.stderr)
                if theirs.returncode == 0:
                    expect(args, ours.stdout == theirs.stdout)
                    agreed += 1
                else:
                    expect(args, ours.returncode == 2 and
                           b"cbpf-expression" in ours.stderr)
    print(agreed, "listings agree")


def objects(where):
    out = where + "/f.o"
    loaded = 0
    for text in EXPRESSIONS:
        made = run(SKEP, "filter", text, "-o", out)
        expect(text, made.returncode == 0, made.stderr)
        if OBJDUMP:
            theirs = run(OBJDUMP, "-d", "--no-show-raw-insn", out).stdout
            theirs = [line.split(b" <filter")[0].strip() for line in
                      theirs.split(b"\n")[6:]]
            ours = run(SKEP, "filter", "--ebpf", text).stdout
            # LLVM leaves out the constant part of an indirect load.
            ours = [re.sub(rb"skb\[r7 \+ \w+", b"skb[r7", line.strip())
                    for line in ours.split(b"\n")]
            expect(text, ours == theirs, "not as llvm-objdump")
        if os.geteuid() == 0 and os.path.exists(BPFTOOL):
            pin = "/sys/fs/bpf/skep-test-%d" % os.getpid()
            done = run(BPFTOOL, "prog", "load", out, pin)
            if b"mount" in done.stderr:
                continue
            expect(text, done.returncode == 0, done.stderr)
            if done.returncode == 0:
                os.unlink(pin)
                loaded += 1
    print(loaded, "objects loaded")


def frame(proto, sport, dport, size):
    head = bytes.fromhex("020000000001020000000002") + b"\x08\x00"
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + size, 1, 0, 64, proto, 0,
                     b"\x0a\0\0\1", b"\x0a\0\0\2")
    return head + ip + struct.pack(">HH", sport, dport) + bytes(size - 4)


def counts(where):
    path = where + "/c.pcap"
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 96, 1))
        for i in range(300):
            data = frame([6, 17, 1][i % 3], 1000 + i, [53, 80][i % 2],
                         20 + i)
            out.write(struct.pack("<IIII", i, 0, min(len(data), 96),
                                  len(data)) + data[:96])
    for text in EXPRESSIONS:
        theirs = run("tcpdump", "-nr", path, text).stdout.count(b"\n")
        ours = run(SKEP, "filter", "-j", "-r", path, text)
        expect(text, ours.returncode == 0, ours.stderr)
        if ours.returncode == 0:
            got = json.loads(ours.stdout)
            expect(text, got == {"packets": 300, "matched": theirs}, got)


def files(where):
    path = where + "/f.txt"
    for form in ["-dd", "-ddd"]:
        with open(path, "wb") as out:
            out.write(run(SKEP, "filter", form, "tcp port 80").stdout)
        expect("-f", run(SKEP, "filter", "-f", path).stdout ==
               run(SKEP, "filter", "tcp port 80").stdout)
    expect("seccomp refuses", run(SKEP, "filter", "--seccomp",
                                  path).returncode == 2)
    with open(path, "w") as out:
        out.write("4\n32 0 0 0\n21 0 1 59\n6 0 0 327681\n6 0 0 2147418112\n")
    good = run(SKEP, "filter", "--seccomp", path)
    expect("seccomp", good.returncode == 0 and good.stdout.startswith(
        b"(000) ld       [0]\n(001) jeq      #0x3b            jt 2\tjf 3\n"))


def usage():
    for text in LISTED_ONLY:
        done = run(SKEP, "filter", "--ebpf", text)
        expect(text, done.returncode == 2 and b"cbpf-jump" in done.stderr)
    for args in [[], ["-f", "/nonexistent"], ["-s", "0", "ip"],
                 ["-y", "NOTHING", "ip"], ["-f", "x", "ip"], ["--nothing"],
                 ["-r", "/nonexistent", "ip"], ["--ebpf", "--seccomp", "x"]]:
        expect(args, run(SKEP, "filter", *args).returncode == 2)
    done = run(SKEP, "filter", "ip", "-o", "/nonexistent/x.o")
    expect("-o", done.returncode == 2 and b"file-write" in done.stderr)


if not shutil.which("tcpdump"):
    print("skipped: needs tcpdump")
    sys.exit(77)
listings()
with tempfile.TemporaryDirectory() as place:
    objects(place)
    counts(place)
    files(place)
usage()
sys.exit(1 if failures else 0)
