# SPDX-License-Identifier: Apache-2.0
"""Network namespaces with veth pairs for the live tests, and sockets in them.

Everything has this process's number in its name and goes away with close()."""
import ctypes
import os
import socket
import struct
import subprocess
import sys
import time

SO_RCVBUFFORCE = 33
SO_ATTACH_FILTER = 26
SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 16
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def run(*args, check=True):
    return subprocess.run(args, check=check, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Namespace:
    def __init__(self, tag):
        self.name = "skep-test-%d-%s" % (os.getpid(), tag)
        made = run("ip", "netns", "add", self.name, check=False)
        if made.returncode:
            skip("no network namespace: " + made.stdout.strip())
        self.ip("link", "set", "lo", "up")

    def ip(self, *args):
        return run("ip", "-n", self.name, *args).stdout

    def exec(self, *args):
        return ["ip", "netns", "exec", self.name, *args]

    def socket(self, *args):
        """A socket that lives in this namespace."""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open("/run/netns/" + self.name, os.O_RDONLY)
        try:
            if libc.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                return socket.socket(*args)
            finally:
                libc.setns(here, CLONE_NEWNET)
        finally:
            os.close(here)
            os.close(there)

    def links(self):
        return sorted(line.split()[0] for line in
                      self.ip("-br", "link").splitlines())

    def ifindex(self, dev):
        return int(self.ip("-o", "link", "show", dev).split(":")[0])

    def close(self):
        run("ip", "netns", "del", self.name, check=False)


def quiet(ns, dev, mac, addr, peer_mac, peer_addr):
    """Up, with fixed neighbours and without IPv6, so that nobody talks."""
    run(*ns.exec("sh", "-c",
                 "echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6" % dev),
        check=False)
    ns.ip("link", "set", dev, "address", mac)
    ns.ip("addr", "add", addr + "/24", "dev", dev)
    ns.ip("link", "set", dev, "up")
    ns.ip("neigh", "replace", peer_addr, "lladdr", peer_mac, "dev", dev,
          "nud", "permanent")


def veth(host, host_dev, peer, peer_dev, net):
    """host_dev (.1) in `host` and peer_dev (.2) in `peer`, on 10.213.net."""
    macs = ["02:00:00:00:%02x:01" % net, "02:00:00:00:%02x:02" % net]
    addrs = ["10.213.%d.1" % net, "10.213.%d.2" % net]
    host.ip("link", "add", host_dev, "type", "veth", "peer", "name", peer_dev,
            "netns", peer.name)
    quiet(host, host_dev, macs[0], addrs[0], macs[1], addrs[1])
    quiet(peer, peer_dev, macs[1], addrs[1], macs[0], addrs[0])


def roomy(sock):
    """Room for all that a test sends before it reads."""
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    sock.settimeout(1.0)
    return sock


def udp(ns, addr, port):
    sock = ns.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((addr, port))
    return roomy(sock)


def raw(ns, dev):
    sock = ns.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.bind((dev, 3))
    return roomy(sock)


def only_marked(sock):
    """From now on what has a mark, which skep sets on what it gives back."""
    insns = [(0x20, 0, 0, 0xfffff000 + 20),	# ld mark
             (0x15, 0, 1, 0), (0x06, 0, 0, 0), (0x06, 0, 0, 0xffffffff)]
    code = ctypes.create_string_buffer(b"".join(
        struct.pack("HBBI", *insn) for insn in insns))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack(
        "HL", len(insns), ctypes.addressof(code)))


def receive_tagged(sock, wait=0.5):
    """Frames and the tags beside them (None: there is none)."""
    got = []
    sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    sock.settimeout(wait)
    while True:
        try:
            data, control, _, _ = sock.recvmsg(65536, 256)
        except socket.timeout:
            return got
        status, tci = 0, None
        for _, _, aux in control:
            status, = struct.unpack_from("I", aux)
            tci, = struct.unpack_from("H", aux, 16)
        got.append((data, tci if status & TP_STATUS_VLAN_VALID else None))


def receive_all(sock, wait=0.5):
    """What has come, and what comes until nothing does for `wait` seconds."""
    got = []
    sock.settimeout(wait)
    while True:
        try:
            got.append(sock.recv(65536))
        except socket.timeout:
            return got


def wait_for(condition, what, seconds=5):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("timed out: " + what)
        time.sleep(0.02)
