#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""skep run on live interfaces: what passes arrives once, what drops never,
and whatever way skep ends, the host is as before."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

import net

SKEP = os.environ["SKEP"]
OBJECT = os.path.join(os.environ["SKEP_BUILD"], "tests/e2e/verdict.bpf.o")
XDP_DROP, XDP_PASS, XDP_TX = 1, 2, 3
TC_OK, TC_SHOT = 0, 2
ROUTES = os.path.join(os.environ["SKEP_BUILD"], "tests/e2e/routes.bpf.o")
PACKETS = 200


class Skep:
    """A running `skep run`, begun once it has taken the devices over."""

    def __init__(self, ns, *args, devices=("dev0",), watch=False,
                 obj=OBJECT):
        before = ns.links()
        argv = [SKEP, "run", obj, "--json", *args]
        for dev in devices:
            argv += ["--dev", dev]
        self.ns = ns
        self.proc = subprocess.Popen(ns.exec(*argv), text=True,
                                     stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE)
        expected = len(before) + (0 if watch else len(devices))
        net.wait_for(lambda: self.ready(expected), "skep to start")

    def ready(self, expected):
        if self.proc.poll() is not None:
            raise AssertionError("skep ended: " + self.proc.stderr.read())
        listening = net.run(*self.ns.exec("cat", "/proc/net/packet"))
        sockets = [line for line in listening.stdout.splitlines()[1:]
                   if line.split()[3] == "0003"]
        return len(self.ns.links()) == expected and len(sockets) >= 1

    def end(self, how=signal.SIGINT):
        self.proc.send_signal(how)
        out, err = self.proc.communicate(timeout=10)
        self.stderr = err
        return json.loads(out) if out else None


class Live(unittest.TestCase):
    def setUp(self):
        self.host = net.Namespace("host")
        self.addCleanup(self.host.close)
        self.peers = []
        for i in range(2):
            peer = net.Namespace("peer%d" % i)
            self.addCleanup(peer.close)
            self.peers.append(peer)
            net.veth(self.host, "dev%d" % i, peer, "peer0", i)
        self.before = self.host.links()

    def send(self, port, count=PACKETS):
        sock = net.udp(self.peers[0], "10.213.0.2", 0)
        with sock:
            for i in range(count):
                sock.sendto(b"%d" % i, ("10.213.0.1", port))

    def exchange(self, count=PACKETS):
        """Datagrams that reach the host's socket, in order of arrival."""
        with net.udp(self.host, "10.213.0.1", 0) as sock:
            self.send(sock.getsockname()[1], count)
            return [int(data) for data in net.receive_all(sock)]

    def as_before(self):
        net.wait_for(lambda: self.host.links() == self.before,
                     "the devices to be as before")
        self.assertEqual(self.exchange(20), list(range(20)))

    def test_pass_arrives_once(self):
        skep = Skep(self.host, "-p", "entry")
        got = self.exchange()
        result = skep.end()
        self.assertEqual(got, list(range(PACKETS)))
        self.assertEqual(result["verdicts"], {"XDP_PASS": PACKETS})
        self.assertEqual(result["maps"]["seen"], [{"key": 0,
                                                   "value": PACKETS}])
        self.assertEqual(skep.proc.returncode, 0)
        self.as_before()

    def test_drop_never_arrives(self):
        skep = Skep(self.host, "-p", "entry", "--set", "verdict=%d" % XDP_DROP)
        got = self.exchange()
        result = skep.end(signal.SIGTERM)
        self.assertEqual(got, [])
        self.assertEqual(result["verdicts"], {"XDP_DROP": PACKETS})
        self.assertEqual(skep.proc.returncode, 0)
        self.as_before()

    def test_killed_leaves_nothing(self):
        skep = Skep(self.host, "-p", "entry", "--set", "verdict=%d" % XDP_DROP)
        self.assertEqual(self.exchange(20), [])
        skep.end(signal.SIGKILL)
        self.as_before()

    def test_send_goes_back(self):
        skep = Skep(self.host, "-p", "entry", "--set", "verdict=%d" % XDP_TX)
        with net.raw(self.peers[0], "peer0") as sock:
            got = self.exchange()
            back = [f for f in net.receive_all(sock)
                    if f[:6] == b"\x02\0\0\0\0\x02"]
        result = skep.end()
        self.assertEqual(got, [])
        self.assertEqual(len(back), PACKETS)
        self.assertEqual(result["verdicts"], {"XDP_TX": PACKETS})

    def redirect(self, program):
        target = self.host.ifindex("dev1")
        skep = Skep(self.host, "-p", program, "--set", "target=%d" % target,
                    devices=("dev0", "dev1"))
        with net.raw(self.peers[1], "peer0") as sock:
            got = self.exchange()
            there = net.receive_all(sock)
        result = skep.end()
        self.assertEqual(got, [])
        self.assertEqual(len(there), PACKETS)
        self.assertEqual(result["packets"], PACKETS)
        self.assertEqual(result["exceptions"], 0)
        self.as_before()

    def test_redirect_to_other_port(self):
        self.redirect("entry")

    def test_tc_redirect_to_other_port(self):
        self.redirect("classify")

    def test_redirect_to_nowhere_is_told(self):
        skep = Skep(self.host, "-p", "entry", "--set", "target=99999")
        self.assertEqual(self.exchange(), [])
        result = skep.end()
        self.assertEqual(result["exceptions"], PACKETS)
        told = skep.stderr.count("net-exception")
        self.assertTrue(1 <= told <= 20, skep.stderr)
        self.assertEqual(result["drops"], [
            {"reason": "redirect: no such port 99999", "packets": PACKETS}])

    def test_every_drop_has_its_reason(self):
        reasons = {
            "to_peer": "redirect: redirect_peer: needs the kernel",
            "to_neighbour":
                "redirect: redirect_neigh: skep resolves no next hop",
            "to_nobody": "redirect: to no port",
            "no_action": "unknown action 77",
        }
        for program, reason in reasons.items():
            with self.subTest(program):
                skep = Skep(self.host, "-p", program, obj=ROUTES)
                self.send(9, 10)
                self.assertEqual(skep.end()["drops"], [
                    {"reason": reason, "packets": 10}])

    def test_aborted_is_told(self):
        skep = Skep(self.host, "-p", "entry", "--set", "verdict=0")
        self.assertEqual(self.exchange(), [])
        result = skep.end()
        self.assertEqual(result["verdicts"], {"XDP_ABORTED": PACKETS})
        self.assertIn("net-exception", skep.stderr)

    def test_tc_verdicts(self):
        skep = Skep(self.host, "-p", "classify", "--set", "verdict=%d" % TC_OK)
        self.assertEqual(self.exchange(), list(range(PACKETS)))
        self.assertEqual(skep.end()["verdicts"], {"TC_ACT_OK": PACKETS})
        skep = Skep(self.host, "-p", "classify", "--set", "verdict=%d" % TC_SHOT)
        self.assertEqual(self.exchange(), [])
        self.assertEqual(skep.end()["verdicts"], {"TC_ACT_SHOT": PACKETS})
        self.as_before()

    def test_socket_filter_only_watches(self):
        skep = Skep(self.host, "-p", "filter", "--set", "verdict=0",
                    watch=True)
        self.assertEqual(self.exchange(), list(range(PACKETS)))
        self.assertEqual(skep.end()["verdicts"], {"DROP": PACKETS})

    def test_count_ends_it_and_the_rest_passes(self):
        skep = Skep(self.host, "-p", "entry", "--count", "100")
        got = self.exchange()
        out, _ = skep.proc.communicate(timeout=10)
        self.assertEqual(json.loads(out)["packets"], 100)
        self.assertEqual(len(set(got)), len(got))
        self.assertEqual(got[:100], list(range(100)))

    def test_duration_ends_it(self):
        skep = Skep(self.host, "-p", "entry", "--duration", "0.3")
        out, _ = skep.proc.communicate(timeout=10)
        self.assertEqual(json.loads(out)["packets"], 0)
        self.as_before()

    def test_tcp_survives_offloads(self):
        """Segments that veth leaves whole and sums that it leaves open."""
        data = os.urandom(10 << 20)
        skep = Skep(self.host, "-p", "entry")
        server = self.host.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.bind(("10.213.0.1", 0))
        server.listen(1)
        client = self.peers[0].socket(socket.AF_INET, socket.SOCK_STREAM)
        client.settimeout(10)
        server.settimeout(10)
        client.connect(server.getsockname())
        conn, _ = server.accept()
        conn.settimeout(10)
        sender = threading.Thread(target=lambda: (
            client.sendall(data), client.shutdown(socket.SHUT_WR)))
        sender.start()
        got = b""
        while chunk := conn.recv(65536):
            got += chunk
        sender.join()
        for sock in (conn, client, server):
            sock.close()
        skep.end()
        self.assertTrue(got == data)

    def test_jumbo_frames(self):
        for ns, dev in ((self.host, "dev0"), (self.peers[0], "peer0")):
            ns.ip("link", "set", dev, "mtu", "9000")
        data = [os.urandom(8900) for _ in range(20)]
        skep = Skep(self.host, "-p", "entry")
        with net.udp(self.host, "10.213.0.1", 0) as sock, \
                net.udp(self.peers[0], "10.213.0.2", 0) as peer:
            for datagram in data:
                peer.sendto(datagram, sock.getsockname())
            got = net.receive_all(sock)
        self.assertEqual(skep.end()["packets"], len(data))
        self.assertTrue(got == data)

    def test_ipv6_with_neighbour_discovery(self):
        for ns, dev, addr in ((self.host, "dev0", "fd00::1/64"),
                              (self.peers[0], "peer0", "fd00::2/64")):
            net.run(*ns.exec("sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/"
                             "%s/disable_ipv6" % dev))
            ns.ip("addr", "add", addr, "dev", dev, "nodad")
        skep = Skep(self.host, "-p", "entry")
        with net.roomy(self.host.socket(socket.AF_INET6,
                                        socket.SOCK_DGRAM)) as server, \
                net.roomy(self.peers[0].socket(socket.AF_INET6,
                                               socket.SOCK_DGRAM)) as peer:
            server.bind(("fd00::1", 0))
            for i in range(20):
                peer.sendto(b"%d" % i, server.getsockname())
                data, back = server.recvfrom(100)
                self.assertEqual(int(data), i)
                server.sendto(data, back)
                self.assertEqual(peer.recv(100), data)
        skep.end()

    def test_tags_pass_as_they_are(self):
        """What skep gave back, told by its mark, has its tag just once."""
        tag = bytes.fromhex("8100a005")
        frames = [bytes.fromhex("020000000001020000000002") + tag +
                  b"\x88\xb5" + bytes([i]) * 60 for i in range(20)]
        skep = Skep(self.host, "-p", "entry")
        with net.raw(self.host, "dev0") as sock, \
                net.raw(self.peers[0], "peer0") as peer:
            net.only_marked(sock)
            for frame in frames:
                peer.send(frame)
            got = net.receive_tagged(sock)
        self.assertEqual(skep.end()["packets"], len(frames))
        self.assertEqual([tci for _, tci in got], [0xa005] * len(frames))
        self.assertEqual([data for data, _ in got],
                         [f[:12] + f[16:] for f in frames])

    def test_down_and_up_again(self):
        skep = Skep(self.host, "-p", "entry")
        self.assertEqual(self.exchange(10), list(range(10)))
        self.host.ip("link", "set", "dev0", "down")
        self.host.ip("link", "set", "dev0", "up")
        self.host.ip("neigh", "replace", "10.213.0.2", "lladdr",
                     "02:00:00:00:00:02", "dev", "dev0", "nud", "permanent")
        self.assertEqual(self.exchange(10), list(range(10)))
        self.assertEqual(skep.end()["packets"], 20)

    def test_device_vanishes(self):
        """The run ends with what it has seen, and says why."""
        skep = Skep(self.host, "-p", "entry")
        self.assertEqual(self.exchange(10), list(range(10)))
        self.host.ip("link", "del", "dev0")
        out, err = skep.proc.communicate(timeout=10)
        self.assertNotEqual(skep.proc.returncode, 0)
        self.assertIn("port-device", err)
        self.assertEqual(json.loads(out)["packets"], 10)
        self.assertEqual(self.host.links(), [dev for dev in self.before
                                             if "dev0" not in dev])

    def test_without_privileges(self):
        """From copies, since the build may lie where only root may look."""
        with tempfile.TemporaryDirectory() as place:
            os.chmod(place, 0o755)
            skep, obj = (shutil.copy(path, place) for path in (SKEP, OBJECT))
            argv = [skep, "run", obj, "-p", "entry", "--dev", "lo"]
            proc = subprocess.run(argv, text=True, stderr=subprocess.PIPE,
                                  stdout=subprocess.PIPE, user=65534,
                                  group=65534, extra_groups=[])
        self.assertEqual(proc.returncode, 3, proc.stderr)
        self.assertIn("port-privilege", proc.stderr)

    def test_interface_that_vanishes(self):
        skep = Skep(self.host, "-p", "entry")
        self.assertEqual(self.exchange(20), list(range(20)))
        self.host.ip("link", "del", "dev0")
        out, err = skep.proc.communicate(timeout=10)
        self.assertEqual(skep.proc.returncode, 3, err)
        self.assertEqual(json.loads(out)["packets"], 20)
        self.assertIn("port-device", err)

    def test_one_process_an_interface(self):
        first = Skep(self.host, "-p", "entry")
        argv = [SKEP, "run", OBJECT, "-p", "entry", "--dev", "dev0"]
        second = net.run(*self.host.exec(*argv), check=False)
        self.assertEqual(second.returncode, 3, second.stdout)
        self.assertIn("port-busy", second.stdout)
        self.assertEqual(self.exchange(20), list(range(20)))
        first.end()
        self.as_before()

    def test_no_such_interface(self):
        proc = subprocess.run([SKEP, "run", OBJECT, "-p", "entry", "--dev",
                               "nosuch0"], text=True, stderr=subprocess.PIPE)
        self.assertEqual(proc.returncode, 2)
        self.assertIn("port-device", proc.stderr)


if __name__ == "__main__":
    if os.geteuid() != 0:
        net.skip("live interfaces need root")
    if not os.path.exists(OBJECT):
        net.skip("the BPF objects were not built (clang)")
    if not os.path.exists("/dev/net/tun"):
        net.skip("no /dev/net/tun")
    unittest.main(verbosity=2)
