#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A capture of mixed traffic, always the same bytes.

    make_capture.py OUT [--format pcap|pcapng] [--link ethernet|raw|sll|sll2]

IPv4 and IPv6; TCP with and without options, UDP, ICMP, ARP; VLAN and QinQ;
fragments, extension headers, tunnels; frames cut by a snap length, frames
that are too short or lie about their lengths. Stamps are in nanoseconds.
The capture under examples/captures is made by this program."""
import argparse
import random
import socket
import struct

EPOCH = 1700000000
MAC_A = bytes.fromhex("020000000001")
MAC_B = bytes.fromhex("020000000002")
IPV4, IPV6, ARP, VLAN, QINQ = 0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
OPTIONS = bytes.fromhex("020405b40402080a0001e2400000000001030307")
LINKS = {"ethernet": 1, "raw": 101, "sll": 113, "sll2": 276}


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def eth(proto, payload, dst=MAC_B, src=MAC_A, pad=True):
    frame = dst + src + struct.pack("!H", proto) + payload
    return frame.ljust(60, b"\0") if pad else frame


def vlan(tci, proto, payload, tpid=VLAN):
    return eth(tpid, struct.pack("!HH", tci, proto) + payload)


def ipv4(src, dst, proto, payload, frag=0, ident=1, ttl=64, options=b""):
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | (5 + len(options) // 4), 0,
                       20 + len(options) + len(payload), ident, frag, ttl,
                       proto, 0, socket.inet_aton(src),
                       socket.inet_aton(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src, dst, proto, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), proto, 64) + \
        socket.inet_pton(socket.AF_INET6, src) + \
        socket.inet_pton(socket.AF_INET6, dst) + payload


def pseudo(src, dst, proto, length):
    if ":" in src:
        return socket.inet_pton(socket.AF_INET6, src) + \
            socket.inet_pton(socket.AF_INET6, dst) + \
            struct.pack("!IxxxB", length, proto)
    return socket.inet_aton(src) + socket.inet_aton(dst) + \
        struct.pack("!xBH", proto, length)


def tcp(src, dst, sport, dport, flags, seq=1000, data=b"", options=b""):
    head = struct.pack("!HHIIBBHHH", sport, dport, seq,
                       1 if flags & ACK else 0, (5 + len(options) // 4) << 4,
                       flags, 64240, 0, 0) + options + data
    total = checksum(pseudo(src, dst, 6, len(head)) + head)
    return head[:16] + struct.pack("!H", total) + head[18:]


def udp(src, dst, sport, dport, data, summed=True):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    if not summed:
        return head
    total = checksum(pseudo(src, dst, 17, len(head)) + head) or 0xffff
    return head[:6] + struct.pack("!H", total) + head[8:]


def icmp(kind, seq, data=b"abcdefgh"):
    head = struct.pack("!BBHHH", kind, 0, 0, 7, seq) + data
    return head[:2] + struct.pack("!H", checksum(head)) + head[4:]


def conversation(rng, src, dst, dport):
    """A TCP connection from its SYN to its FIN."""
    sport = rng.randrange(32768, 61000)
    wrap, proto = (ipv6, IPV6) if ":" in src else (ipv4, IPV4)
    steps = [(src, dst, sport, dport, SYN, b"", OPTIONS),
             (dst, src, dport, sport, SYN | ACK, b"", OPTIONS[:4]),
             (src, dst, sport, dport, ACK, b"", b""),
             (src, dst, sport, dport, PSH | ACK, b"GET / HTTP/1.1\r\n\r\n",
              b"\1\1\x08\x0a" + rng.randbytes(8)),
             (dst, src, dport, sport, PSH | ACK,
              rng.randbytes(rng.randrange(100, 700)), b""),
             (src, dst, sport, dport, FIN | ACK, b"", b""),
             (dst, src, dport, sport, RST, b"", b"")]
    for a, b, sp, dp, flags, data, options in steps:
        yield eth(proto, wrap(a, b, 6, tcp(a, b, sp, dp, flags, data=data,
                                           options=options)))


def names(rng, count):
    for i in range(count):
        src, dst = "10.0.0.%d" % rng.randrange(1, 9), "10.0.0.53"
        query = rng.randbytes(12) + b"\7example\3com\0\0\1\0\1"
        yield eth(IPV4, ipv4(src, dst, 17, udp(src, dst, 5000 + i, 53, query)))
        yield eth(IPV4, ipv4(dst, src, 17, udp(dst, src, 53, 5000 + i,
                                               query + rng.randbytes(16),
                                               summed=i % 4 != 0)))


def flood(rng, count):
    """SYNs from few sources to one port, without options or with."""
    for i in range(count):
        src = "198.51.100.%d" % rng.randrange(1, 5)
        yield eth(IPV4, ipv4(src, "10.0.0.80", 6,
                             tcp(src, "10.0.0.80", 1024 + i, 80, SYN, seq=i,
                                 options=OPTIONS if i % 2 else b"")))


def tagged(rng):
    a, b = "10.1.0.1", "10.1.0.2"
    for tci in (1, 100, 0x2064, 4094):
        yield vlan(tci, IPV4, ipv4(a, b, 1, icmp(8, tci)))
        yield vlan(tci, IPV6, ipv6("fd00::1", "fd00::2", 17, udp(
            "fd00::1", "fd00::2", 1234, 4321, rng.randbytes(20))))
    inner = struct.pack("!HH", 200, IPV4) + ipv4(a, b, 17, udp(
        a, b, 1111, 2222, b"inside two tags"))
    yield vlan(10, VLAN, inner, tpid=QINQ)
    yield vlan(10, VLAN, inner)


def fragments(rng):
    a, b = "10.0.0.9", "10.0.0.10"
    whole = udp(a, b, 4000, 4001, rng.randbytes(1200))
    for off in range(0, len(whole), 480):
        more = 0x2000 if off + 480 < len(whole) else 0
        yield eth(IPV4, ipv4(a, b, 17, whole[off:off + 480],
                             frag=more | off // 8, ident=77))
    a, b = "fd00::9", "fd00::a"
    whole = udp(a, b, 4000, 4001, rng.randbytes(900))
    for off in range(0, len(whole), 480):
        head = struct.pack("!BxHI", 17, off | (off + 480 < len(whole)), 99)
        yield eth(IPV6, ipv6(a, b, 44, head + whole[off:off + 480]))


def headers(rng):
    """Extension headers, IP options, tunnels, and what is not IP."""
    a, b = "fd00::1", "fd00::2"
    segment = tcp(a, b, 1000, 443, SYN, options=OPTIONS)
    hop = bytes([6, 0, 5, 2, 0, 0, 1, 0])
    yield eth(IPV6, ipv6(a, b, 0, hop + segment))
    yield eth(IPV6, ipv6(a, b, 0, bytes([60]) + hop[1:] + hop + segment))
    yield eth(IPV6, ipv6(a, b, 58, bytes([135, 0, 0, 0]) + bytes(20)))
    yield eth(IPV6, ipv6(a, b, 59, b""))
    a, b = "10.0.0.1", "10.0.0.2"
    yield eth(IPV4, ipv4(a, b, 6, tcp(a, b, 1, 2, SYN),
                         options=b"\x94\4\0\0\1\1\1\0"))
    yield eth(IPV4, ipv4(a, b, 4, ipv4("10.9.0.1", "10.9.0.2", 1,
                                       icmp(8, 1))))
    yield eth(IPV4, ipv4(a, b, 47, b"\0\0\x08\0" + ipv4(
        "10.9.0.1", "10.9.0.2", 17, udp("10.9.0.1", "10.9.0.2", 1, 2, b"x"))))
    yield eth(ARP, bytes.fromhex("0001080006040001") + MAC_A +
              socket.inet_aton(a) + bytes(6) + socket.inet_aton(b),
              dst=b"\xff" * 6)
    yield eth(0x0026, bytes.fromhex("424203") + bytes(35),
              dst=bytes.fromhex("0180c2000000"))
    yield eth(0x88cc, rng.randbytes(46), dst=bytes.fromhex("0180c200000e"))
    yield eth(IPV4, ipv4(a, "224.0.0.251", 17, udp(
        a, "224.0.0.251", 5353, 5353, b"mdns")),
        dst=bytes.fromhex("01005e0000fb"))


def broken(rng):
    """Frames that lie or end early, whole as such."""
    good = eth(IPV4, ipv4("10.0.0.1", "10.0.0.2", 6,
                          tcp("10.0.0.1", "10.0.0.2", 9, 80, SYN,
                              options=OPTIONS)), pad=False)
    for length in (14, 15, 18, 24, 33, 34, 38, 46, 53, 54, 60):
        yield good[:length]
    yield good[:14] + b"\x4f" + good[15:]		# header beyond the frame
    yield good[:14] + b"\x41" + good[15:]		# header too short
    yield good[:16] + b"\xff\xff" + good[18:]		# total length lies
    yield good[:46] + b"\xf0" + good[47:]		# data offset lies
    yield good[:14] + bytes([0x65]) + good[15:]		# version lies
    yield eth(IPV6, ipv6("fd00::1", "fd00::2", 0, b"\x06\xff" + bytes(6)),
              pad=False)
    yield eth(VLAN, b"\0\1", pad=False)
    yield good[:6]
    yield good[:1]


def frames():
    """All (frame, captured length) in order."""
    rng = random.Random(1)
    for i in range(6):
        yield from conversation(rng, "10.0.0.%d" % (i + 1), "10.0.0.80",
                                (80, 443, 22, 8080, 25, 80)[i])
        yield from conversation(rng, "fd00::%d" % (i + 1), "fd00::80",
                                (80, 443, 22, 8080, 25, 80)[i])
    yield from names(rng, 12)
    for seq in range(8):
        a, b = "10.0.0.1", "10.0.0.%d" % (2 + seq % 3)
        yield eth(IPV4, ipv4(a, b, 1, icmp(8, seq)))
        yield eth(IPV4, ipv4(b, a, 1, icmp(0, seq)))
    yield from tagged(rng)
    yield from fragments(rng)
    yield from headers(rng)
    yield from flood(rng, 80)
    yield from broken(rng)
    a, b = "10.0.0.20", "10.0.0.21"
    for i in range(4):
        yield eth(IPV4, ipv4(a, b, 17, udp(a, b, 7000, 7001,
                                           rng.randbytes(1472))))


SNAPS = {20: 14, 21: 34, 30: 50, 40: 60, 55: 20, 90: 54, 130: 40, 131: 96}


def packets():
    """(nanoseconds, wire length, captured bytes); some are cut short."""
    for i, frame in enumerate(frames()):
        snap = SNAPS.get(i, 65535)
        yield i * 1234567 + 89, len(frame), frame[:snap]


def relink(link, wire_len, data):
    """The packet under another link type, or None for what it can't hold."""
    if link == "ethernet":
        return wire_len, data
    if len(data) < 15 or (link == "raw" and data[12:14] not in
                          (b"\x08\0", b"\x86\xdd")):
        return None
    if link == "raw":
        return wire_len - 14, data[14:]
    kind = {0xff: 1}.get(data[0], 2 if data[0] & 1 else 0)
    if link == "sll":
        head = struct.pack("!HHH6sxx", kind, 1, 6, data[6:12]) + data[12:14]
    else:
        head = data[12:14] + struct.pack("!xxIHBB6sxx", 3, 1, kind, 6,
                                         data[6:12])
    return wire_len - 14 + len(head), head + data[14:]


def write_pcap(out, link, rows):
    out.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144,
                          LINKS[link]))
    for ns, wire_len, data in rows:
        out.write(struct.pack("<IIII", EPOCH + ns // 10**9, ns % 10**9,
                              len(data), wire_len) + data)


def block(kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def write_pcapng(out, link, rows):
    out.write(block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)))
    nanoseconds = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)
    out.write(block(1, struct.pack("<HHI", LINKS[link], 0, 262144) +
                    nanoseconds))
    for ns, wire_len, data in rows:
        stamp = EPOCH * 10**9 + ns
        out.write(block(6, struct.pack("<IIIII", 0, stamp >> 32,
                                       stamp & 0xffffffff, len(data),
                                       wire_len) + data))


def write(path, form="pcap", link="ethernet"):
    rows = []
    for ns, wire_len, data in packets():
        packet = relink(link, wire_len, data)
        if packet:
            rows.append((ns, *packet))
    with open(path, "wb") as out:
        {"pcap": write_pcap, "pcapng": write_pcapng}[form](out, link, rows)
    return len(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--format", default="pcap",
                        choices=("pcap", "pcapng"))
    parser.add_argument("--link", default="ethernet", choices=sorted(LINKS))
    args = parser.parse_args()
    write(args.out, args.format, args.link)
