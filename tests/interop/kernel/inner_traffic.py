# SPDX-License-Identifier: Apache-2.0
#
# Inner packets as frames of our own making, from one host to the other, and a capture at its end: each must come out
# octet for octet, less two hops, and in order within its flow: one for each IP version. A bundle is sent at once, and the next one when it is through, so that a slow machine
# overflows no queue.
import contextlib
import itertools
import random
import socket

import pair
from oracle import ip
from spaces import wait_until

PORT, SOURCE, BUNDLE, HOPS = 47_808, 47_809, 64, 2   # the port is bound at the receiver, so that nobody answers with ICMP
PATIENCE, CALM = 30.0, 2.5           # the latter is longer than every lost packet timer of a row
HOST_INTERFACE = "lan0"


class Missing(Exception):
    """Not everything came, or something else came."""


def least(family):
    return 28 if family == 4 else 48


def make(rng, site, sizes, count, family=None, dont_fragment=False):
    """`count` packets from that site's host; sizes and IP versions take turns."""
    made = []
    for size, version in itertools.islice(zip(itertools.cycle(sizes), itertools.cycle([4, 6] if family is None else [family])), count):
        hosts = pair.HOST4 if version == 4 else pair.HOST6
        more = {"dont_fragment": dont_fragment, "identification": rng.randrange(1, 65536)} if version == 4 else {}
        made.append(ip.udp_packet(hosts[site], hosts[3 - site], max(size, least(version)), SOURCE, PORT,
                                  fill=rng.randbytes(61), **more))
    return made


def flows(packets):
    """Order is kept within a flow: between flows the sender's queue decides."""
    return [[packet for packet in packets if packet[0] >> 4 == version] for version in (4, 6)]


def after_hops(packet):
    for _ in range(HOPS):
        packet = ip.with_lower_ttl(packet)
    return packet


class Way:
    """From one site's host to the other's."""

    def __init__(self, world, site):
        self.world, self.site = world, site
        self.near, self.far = pair.HOST[site], pair.HOST[3 - site]
        self.stack = contextlib.ExitStack()
        self.out, self.into = (self.stack.enter_context(world.tap(space, HOST_INTERFACE)) for space in (self.near, self.far))
        self.gateway = ip.mac(world.gateway_mac(site))
        with world.inside(self.far):
            sink = self.stack.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        sink.bind(("::", PORT))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def send(self, packets):
        for packet in packets:
            kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
            self.out.send(self.gateway + self.out.mac + kind + packet)

    def came(self):
        """Our packets that have come since the last call."""
        found = []
        for frame in self.into.frames():
            if frame.out or frame.kind not in (0x0800, 0x86DD):
                continue
            packet = frame.ip[:ip.length_of(frame.ip)]
            said = ip.parse(packet)
            if said.protocol == ip.UDP and said.payload[2:4] == PORT.to_bytes(2, "big"):
                found.append(packet)
        return found

    def icmp_errors(self):
        """What the gateway has told the sending host."""
        found = []
        for frame in self.out.frames():
            if frame.out or frame.kind not in (0x0800, 0x86DD):
                continue
            said = ip.parse(frame.ip)
            if said.protocol == ip.ICMP and said.payload[0] == 3 or said.protocol == ip.ICMPV6 and said.payload[0] == 2:
                found.append(ip.icmp_error(said))
        return found

    def collect(self, wanted, patience=PATIENCE):
        """Until so many have come or patience ends."""
        found = []

        def enough():
            found.extend(self.came())
            return len(found) >= wanted

        wait_until(enough, patience, 0.02)
        return found

    def collect_until_calm(self, wanted):
        """Until so many have come, or nothing more comes."""
        found = []
        while len(found) < wanted:
            more = self.collect(1, CALM)
            found += more
            if not more:
                break
        return found


def exactly(world, site, sizes, count, seed, bundle=BUNDLE):
    """All of them arrive, in order, once, unchanged."""
    packets = make(random.Random(seed), site, sizes, count)
    with Way(world, site) as way:
        for at in range(0, count, bundle):
            part = packets[at:at + bundle]
            way.send(part)
            found, expected = way.collect(len(part)), [after_hops(packet) for packet in part]
            if flows(found) != flows(expected):
                raise Missing(difference(found, expected, at))
        late = way.came()
        if late:
            raise Missing(f"{len(late)} packets more than were sent")


def difference(found, expected, at):
    if len(found) == len(expected) and sorted(found) == sorted(expected):
        return f"{len(found)} packets from number {at} on came in another order"
    first = next((i for i, pair_ in enumerate(zip(found, expected)) if pair_[0] != pair_[1]), min(len(found), len(expected)))
    strange = sum(packet not in expected for packet in found)
    return (f"from packet {at} on {len(expected)} were sent and {len(found)} came, {strange} of them changed; "
            f"the first difference is at {at + first}")


def some(world, site, sizes, count, seed, bundle=BUNDLE):
    """How many of them do not arrive; what does arrives in order within its flow, once, unchanged."""
    packets, found = make(random.Random(seed), site, sizes, count), []
    with Way(world, site) as way:
        for at in range(0, count, bundle):
            way.send(packets[at:at + bundle])
            found += way.collect_until_calm(len(packets[at:at + bundle]))
    place = {after_hops(packet): number for number, packet in enumerate(packets)}
    if any(packet not in place for packet in found):
        raise Missing("a packet came that was not sent")
    for flow in flows(found):
        places = [place[packet] for packet in flow]
        if places != sorted(set(places)):
            raise Missing(f"not in order or not once: {places}")
    return count - len(found)
