# SPDX-License-Identifier: Apache-2.0
#
# The link emulator between real sockets: what passes, passes whole; what is lost is what its seed says; and a line is
# never faster than it was told. Of time only lower bounds are looked at: those hold however slow the machine is.
import hashlib
import os
import socket
import subprocess
import time
import unittest

from main import main
from spaces import World, run, wait_until
from emulated_link import EmulatedLink, foretold

FAMILIES = {4: ("10.77.0.1", "10.77.0.2", 24), 6: ("fd77::1", "fd77::2", 64)}
HEADERS = {4: 20 + 8, 6: 40 + 8}  # IP and UDP
LEFT, RIGHT = ("left", "eth0"), ("right", "eth0")
FATES = ("too-long-pkts", "queue-pkts", "loss-pkts", "burst-loss-pkts", "down-pkts", "delivered-pkts")


class Linked(unittest.TestCase):
    def setUp(self):  # namespaces of its own for each test: TCP repeats what another test left open
        self.world = World()
        self.addCleanup(self.world.clear)
        self.world.add("left", "right")

    def link(self, path="", **settings):
        """Both ends have their addresses; what tests send are the only packets that a sparing link numbers."""
        link = EmulatedLink(self.world, LEFT, RIGHT, path, **settings)
        self.addCleanup(link.stop)
        for end, space in enumerate(("left", "right")):
            lines = [f"address add {ends[end]}/{ends[2]} dev eth0{' nodad' if version == 6 else ''}"
                     for version, ends in FAMILIES.items()]
            run(["ip", "-n", self.world.space(space), "-batch", "-"], input="\n".join(lines))
        return link

    def sockets(self, version, kind, sender="left"):
        """(sender, receiver) with their addresses; the receiver is bound."""
        ends = dict(zip(("left", "right"), FAMILIES[version]))
        receiver = "right" if sender == "left" else "left"
        family = socket.AF_INET if version == 4 else socket.AF_INET6
        made = []
        for space in (sender, receiver):
            with self.world.inside(space):
                one = socket.socket(family, kind)
            self.addCleanup(one.close)
            one.settimeout(20)
            one.bind((ends[space], 0))
            made.append(one)
        return made

    def send_numbers(self, link, version, count, sender="left", octets=100):
        """UDP packets with their numbers, in order: the socket that gets them, and how many copies will come."""
        out, into = self.sockets(version, socket.SOCK_DGRAM, sender)
        into.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        way = "to-right" if sender == "left" else "to-left"
        before = link.counts()[way]
        for number in range(count):
            out.sendto(number.to_bytes(4, "big").ljust(octets, b"x"), into.getsockname())
            time.sleep(0.0005)
        rise = lambda key: link.counts()[way][key] - before[key]
        self.assertTrue(wait_until(lambda: rise("offered-pkts") == count, 10, 0.01), link.counts())
        return into, rise("delivered-pkts") + rise("duplicated-pkts")

    def received(self, into, wanted, patience=10):
        """Numbers in the order of arrival: `wanted` of them, which are waited for, and what came with them."""
        numbers = []
        into.settimeout(patience)
        while len(numbers) < wanted:
            try:
                numbers.append(int.from_bytes(into.recv(4000)[:4], "big"))
            except TimeoutError:
                break
        into.setblocking(False)
        try:
            while True:
                numbers.append(int.from_bytes(into.recv(4000)[:4], "big"))
        except BlockingIOError:
            return numbers

    def transfer(self, version, octets, sender="left"):
        """By TCP, compared: seconds from the first octet sent to the last one received."""
        out, into = self.sockets(version, socket.SOCK_STREAM, sender)
        into.listen(1)
        out.setblocking(False)
        out.connect_ex(into.getsockname())
        accepted, _ = into.accept()
        self.addCleanup(accepted.close)
        data = hashlib.shake_128(b"levelgate").digest(octets)
        begin, sent, got = time.monotonic(), 0, bytearray()
        accepted.settimeout(0.01)
        while len(got) < octets and time.monotonic() < begin + 60:
            try:
                sent += out.send(data[sent:sent + 65536]) if sent < octets else 0
            except BlockingIOError:
                pass
            try:
                got += accepted.recv(1 << 20)
            except TimeoutError:
                pass
        seconds = time.monotonic() - begin
        self.assertEqual(bytes(got), data)
        return seconds

    def assert_adds_up(self, counts):
        for way in ("to-right", "to-left"):
            one = counts[way]
            self.assertEqual(one["offered-pkts"], sum(one[fate] for fate in FATES), way)
            copies = one["delivered-pkts"] + one["duplicated-pkts"] + one["spared-pkts"]
            self.assertEqual(copies, sum(one[k] for k in ("written-pkts", "refused-pkts", "memory-pkts",
                                                          "under-way-pkts")), way)
            self.assertEqual(one["kernel-drops"], 0, way)


class Passes(Linked):
    def test_udp_and_tcp_pass_whole_both_ways_in_both_versions(self):
        link = self.link("rate=200 Mbit/s, delay=1ms, jitter=1ms, loss=1%, duplicated=2%", seed=5)
        ends = [(version, sender) for version in FAMILIES for sender in ("left", "right")]
        for version, sender in ends:
            numbers = self.received(*self.send_numbers(link, version, 50, sender))
            self.assertGreater(len(numbers), 40)
        for version, sender in ends:
            self.transfer(version, 200_000, sender)
        self.assert_adds_up(link.stop())

    def test_order_is_kept_under_jitter_unless_asked_otherwise(self):
        link = self.link("delay=2ms, jitter=20ms")
        self.assertEqual(self.received(*self.send_numbers(link, 4, 100)), list(range(100)))
        link.stop()
        link = self.link("delay=2ms, jitter=200ms, jitter-reorders=yes")
        numbers = self.received(*self.send_numbers(link, 6, 100))
        self.assertEqual(sorted(numbers), list(range(100)))
        self.assertNotEqual(numbers, sorted(numbers))

    def test_a_damaged_packet_reaches_no_socket_as_another_one(self):
        link = self.link("corrupted=100%, duplicated=100%")
        into, _ = self.send_numbers(link, 6, 100, octets=1000)
        numbers = self.received(into, 1, 0.3)
        self.assertEqual([n for n in numbers if n >= 100], [])  # a bit that no checksum covers harms no payload
        self.assertLess(len(set(numbers)), 50)
        counts = link.stop()
        self.assertEqual(counts["to-right"]["corrupted-pkts"], 100)
        self.assert_adds_up(counts)


class Loses(Linked):
    COUNT = 150
    PATH = "delay=1ms, loss=10%, burst-loss=10%, burst-packets=4"

    def lost(self, version, sender, seed):
        link = self.link(self.PATH, seed=seed)
        numbers = self.received(*self.send_numbers(link, version, self.COUNT, sender))
        way = "to-right" if sender == "left" else "to-left"
        told = foretold(self.COUNT, self.PATH, seed)[way]["lost"]
        counts = link.stop()
        self.assert_adds_up(counts)
        lost = sorted(set(range(self.COUNT)) - set(numbers))
        self.assertEqual(lost, told)
        self.assertEqual(counts[way]["loss-pkts"] + counts[way]["burst-loss-pkts"], len(lost))
        self.assertGreater(counts[way]["burst-loss-pkts"], 0)
        return lost

    def test_a_seed_loses_the_same_numbers_at_each_run_and_says_them_before(self):
        first = self.lost(4, "left", 11)
        self.assertEqual(self.lost(4, "left", 11), first)
        self.assertNotEqual(self.lost(6, "right", 11), first)
        self.assertNotEqual(self.lost(6, "left", 12), first)

    def test_duplicates_are_those_that_were_told(self):
        path = "duplicated=30%"
        link = self.link(path, seed=3)
        told = foretold(100, path, 3)["to-left"]["duplicated"]
        numbers = self.received(*self.send_numbers(link, 6, 100, "right"))
        self.assertEqual(numbers, sorted([*range(100), *told]))

    def test_neighbours_are_found_over_a_dead_path_only_if_asked(self):
        for spares in (True, False):
            link = self.link("down=yes", spares=spares)
            found = lambda: [self.world.run("left", ["ip", "neigh", "show", address]).count("lladdr")
                             for _, address, _ in FAMILIES.values()]
            for version in FAMILIES:
                out, into = self.sockets(version, socket.SOCK_DGRAM)
                out.sendto(b"x", into.getsockname())
            self.assertEqual(wait_until(lambda: found() == [1, 1], 10 if spares else 0.3), spares)
            counts = link.stop()
            self.assertEqual(counts["to-right"]["spared-pkts"] > 0, spares)
            self.assertEqual(counts["to-right"]["written-pkts"] > 0, spares)
            self.assert_adds_up(counts)

    def test_what_finds_no_memory_is_counted(self):
        link = self.link("delay=1h", more=["--memory", "20kB"])
        self.world.ip("left", "neigh", "add", FAMILIES[4][1], "lladdr", self.world.mac("right", "eth0"), "dev", "eth0")
        self.send_numbers(link, 4, 30, octets=1400)
        counts = link.stop()
        self.assertGreater(counts["to-right"]["memory-pkts"], 0)
        self.assertGreater(counts["to-right"]["under-way-pkts"], 0)
        self.assert_adds_up(counts)


class TakesTime(Linked):
    def test_a_line_is_never_faster_than_its_rate(self):
        link = self.link("rate=4 Mbit/s, overhead=38B")
        for version in FAMILIES:
            begin = time.monotonic()
            self.assertEqual(self.received(*self.send_numbers(link, version, 100, octets=1000)), list(range(100)))
            bits = 100 * (1000 + HEADERS[version] + 38) * 8
            self.assertGreaterEqual(time.monotonic() - begin, bits / 4e6)
        for version in FAMILIES:
            self.assertGreaterEqual(self.transfer(version, 150_000), 150_000 * 8 / 4e6)
        self.assert_adds_up(link.stop())

    def test_a_shallow_queue_drops_and_a_deep_one_delays(self):
        link = self.link(to_right="rate=40 kbit/s, queue=4kB", to_left="rate=2 Mbit/s")
        numbers = self.received(*self.send_numbers(link, 4, 12, "left", 1000))
        self.assertLess(len(numbers), 12)
        self.assertEqual(self.received(*self.send_numbers(link, 4, 40, "right", 1000)), list(range(40)))
        counts = link.stop()
        self.assertEqual(counts["to-right"]["queue-pkts"], 12 - len(numbers))
        self.assertLessEqual(counts["to-right"]["longest-wait-ns"], 4000 * 8 / 40e3 * 1e9)
        self.assertEqual(counts["to-left"]["queue-pkts"], 0)
        self.assert_adds_up(counts)

    def test_an_answer_takes_both_delays(self):
        self.link(to_right="delay=30ms", to_left="delay=50ms, jitter=10ms")
        for version in FAMILIES:
            out, into = self.sockets(version, socket.SOCK_DGRAM)
            begin = time.monotonic()
            out.sendto(b"question", into.getsockname())
            into.sendto(*into.recvfrom(100))
            self.assertEqual(out.recv(100), b"question")
            self.assertGreaterEqual(time.monotonic() - begin, 0.08)

    def test_a_hole_ends_when_its_stage_does(self):
        begin = time.monotonic()
        link = self.link("down=yes; from=700ms, down=no")
        out, into = self.sockets(4, socket.SOCK_DGRAM)
        into.setblocking(False)

        def passes():
            out.sendto(b"x", into.getsockname())
            try:
                return into.recv(10)
            except BlockingIOError:
                return b""

        self.assertTrue(wait_until(passes, 10))
        self.assertGreaterEqual(time.monotonic() - begin, 0.7)
        self.assert_adds_up(link.stop())

    def test_it_sleeps_while_nothing_is_due(self):
        link = self.link("delay=1h")
        out, into = self.sockets(4, socket.SOCK_DGRAM)
        out.sendto(b"x", into.getsockname())
        self.assertTrue(wait_until(lambda: link.counts()["to-right"]["under-way-pkts"], 10))
        before = link.counts()["wakes"]
        time.sleep(0.3)
        self.assertLess(link.counts()["wakes"] - before, 20)  # the question itself, and what the kernel says unasked


class Refuses(Linked):
    def fault(self, *words):
        done = subprocess.run([os.environ["LINK_EMULATOR"], *words], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_a_fault_names_the_option_and_the_cure(self):
        left, right = (f"{self.world.space(space)}:{interface}" for space, interface in (LEFT, RIGHT))
        both = ("--left", left, "--right", right)
        for words, status, wanted in (
                ((), 2, "--left: is needed"),
                (("--left", left), 2, "--right: is needed"),
                (("--left", "a:b/c", "--right", right), 2, '--left: "a:b/c": write NETNS:INTERFACE'),
                ((*both, "--path", "dealy=1ms"), 2, '--path: "dealy" is no key of a path: did you mean "delay"?'),
                ((*both, "--to-left", "loss=1"), 2, '--to-left: "loss=1" needs a unit: did you mean "1%"?'),
                ((*both, "--memory", "64"), 2, '--memory: "64" needs a unit'),
                ((*both, "--seed", "-1"), 2, "--seed"),
                (("--left", "nowhere:eth0", "--right", right), 1,
                 "--left: nowhere:eth0: there is no such network namespace: ip netns add nowhere"),
                (("--left", left, "--right", left), 1, "another program holds this interface"),
                (("--left", left.replace("eth0", "lo"), "--right", right), 1, "is there and is no TAP"),
                ((*both, "--mtu", "10B"), 1, "mtu: 10 octets are refused")):
            got, text = self.fault(*words)
            self.assertEqual(got, status, text)
            self.assertIn(wanted, text)

    def test_it_ends_when_its_interface_goes(self):
        link = self.link()
        self.world.ip("right", "link", "delete", "eth0")
        self.assertEqual(link.child.wait(10), 1)
        self.assertIn("to-right", link.stop())

    def test_an_interface_that_is_there_is_taken_over(self):
        self.world.ip("left", "tuntap", "add", "kept0", "mode", "tap")
        link = EmulatedLink(self.world, ("left", "kept0"), RIGHT, more=["--mtu", "1400B"])
        self.assertEqual(self.world.read("left", "/sys/class/net/kept0/mtu"), "1400")
        link.stop()
        self.assertTrue(self.world.exists("left", "kept0"))
        self.assertFalse(self.world.exists("right", "eth0"))


if __name__ == "__main__":
    main()
