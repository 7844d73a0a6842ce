# SPDX-License-Identifier: Apache-2.0
#
# A reference model of a whole gateway with static keys in fixed mode: inner packets in, payloads per slot out, and
# back. Also an auditor that holds the payloads of a real gateway against the contract without assuming its layout
# (which slot, what order, when padding is allowed). Knows no configuration file and no product code.
import ipaddress
import itertools
from collections import Counter, deque
from dataclasses import dataclass, field

from . import aggfrag, esp, ip, pcap


@dataclass
class Slot:
    number: int
    stamp: int
    payload: bytes

    @property
    def all_pad(self):
        return aggfrag.is_all_pad(self.payload)


@dataclass
class FixedSender:
    """What leaves at each slot when inner packets arrive at known moments. A packet that arrives strictly before a
    slot goes with it if there is room; one that arrives at the slot's very moment goes with the next or later.
    The wait until the first octet leaves is predicted at arrival and refused when longer than max_queue_delay_ns."""
    schedule: object
    room: int
    max_queue_delay_ns: int = 20_000_000
    least_head: int = 6         # octets of an inner packet that show its length, whatever its family
    refused: list = field(default_factory=list)

    def run(self, arrivals, until_ns):
        packer = aggfrag.Packer(self.room, least_head=self.least_head)
        waiting, slots = deque(sorted(arrivals, key=lambda arrival: arrival[0])), []
        for number in range(self.schedule.count_before(until_ns)):
            while waiting and waiting[0][0] < self.schedule.exact(number):
                self._enqueue(packer, number, *waiting.popleft())
            slots.append(Slot(number, self.schedule.stamp(number), packer.payload()))
        return slots

    def _enqueue(self, packer, next_slot, moment, packet):
        if self.schedule.stamp(next_slot + packer.begins_in(packet)) - moment > self.max_queue_delay_ns:
            self.refused.append(packet)
        else:
            packer.add(packet)


@dataclass
class OnDemandSender:
    """What leaves, and when, in on-demand mode: a whole payload as soon as one is full, the rest when the timer fires
    that the first waiting packet armed. Nothing is padded. What is due at a moment leaves before what arrives then."""
    room: int
    init_delay_ns: int = 0
    fragment: bool = True

    def run(self, arrivals):
        """[(moment, payload)]; arrivals in order, those of one moment at once."""
        packer, out, timer = aggfrag.Packer(self.room, self.fragment, 6), [], None
        for moment, group in itertools.groupby(arrivals, key=lambda arrival: arrival[0]):
            if timer is not None and timer <= moment:
                out += [(timer, payload) for payload in self._all(packer)]
            for _, packet in group:
                timer = moment + self.init_delay_ns if not packer.waiting_octets() else timer
                packer.add(packet)
            while packer.waiting_octets() >= self.room or (packer.waiting_octets() and timer <= moment):
                out.append((moment, packer.payload(padded=False)))
        return out + [(timer, payload) for payload in self._all(packer)]

    @staticmethod
    def _all(packer):
        while packer.waiting_octets():
            yield packer.payload(padded=False)


class Fault(AssertionError):
    """The audited stream breaks the contract."""


def audit_fixed(slots, arrivals, room, largest_idle_pad=39):
    """Holds a fixed-mode stream against its contract; returns (inner packets sent whole, packets never begun).

    slots: [(exact moment, payload)] in order; arrivals: [(moment, packet as it must come out)] in order.
    Every payload has the one size; BlockOffset is always the octets to the next block (RFC 9347 §2.2, §6.1.1);
    no octet leaves at or before its packet's arrival; padding only when nothing that came before the slot waits,
    or when less is left than the head of a packet may take (largest_idle_pad octets at most)."""
    stream = _Stream(deque(arrivals))
    for number, (moment, payload) in enumerate(slots):
        block_offset, data = aggfrag.split(payload)
        if len(data) != room:
            raise Fault(f"slot {number}: {len(data)} octets of data, not {room}")
        stream.slot(number, moment, block_offset, data)
    for pad_number, pad_moment, pad_octets in stream.paddings:
        for arrived, begun_at in stream.begun:
            if arrived < pad_moment and begun_at > pad_number and pad_octets > largest_idle_pad:
                raise Fault(f"slot {pad_number} pads {pad_octets} octets at {pad_moment} although a packet waits since "
                            f"{arrived}; it begins in slot {begun_at}")
            if begun_at > pad_number:
                break
    return stream.whole, list(stream.pending)


class _Stream:
    def __init__(self, pending):
        self.pending = pending
        self.whole, self.begun, self.paddings = [], [], []
        self.packet, self.half, self.left = b"", b"", 0

    def slot(self, number, moment, block_offset, data):
        if self.left and block_offset == 0 and data[0] >> 4 == 0:
            raise Fault(f"slot {number}: all padding although an inner packet is half sent")
        if block_offset != self.left:
            raise Fault(f"slot {number}: BlockOffset {block_offset}, but {self.left} octets are left")
        offset = min(self.left, len(data))
        self._continue(number, data[:offset])
        while not self.left and offset < len(data):
            rest = len(data) - offset
            if data[offset] >> 4 == 0:
                if any(data[offset:]):
                    raise Fault(f"slot {number}: padding that is not zero")
                self.paddings.append((number, moment, rest))
                return
            stated = ip.length_of(data[offset:])
            if stated is None:
                raise Fault(f"slot {number}: a runt of {rest} octets")
            head = data[offset:offset + stated]
            arrived, self.packet = _match(self.pending, head, number)
            if arrived >= moment:
                raise Fault(f"slot {number}: a packet leaves at {moment} that arrives at {arrived}")
            self.begun.append((arrived, number))
            self.half, self.left = b"", stated
            self._continue(number, head)
            offset += len(head)

    def _continue(self, number, octets):
        if not self.left:
            return
        self.half, self.left = self.half + octets, self.left - len(octets)
        if not self.left:
            if self.half != self.packet:
                raise Fault(f"slot {number}: an inner packet that is not the one that came in")
            self.whole.append(self.half)


def _match(pending, head, number):
    """Takes from pending the first packet that begins with head; those passed over were refused by the queue."""
    for index, (_, packet) in enumerate(pending):
        if packet.startswith(head):
            found = pending[index]
            for _ in range(index + 1):
                pending.popleft()
            return found
    raise Fault(f"slot {number}: a packet that nobody sent, or out of order: {head[:40].hex()}")


@dataclass
class Inbound:
    """The receiving half: outer packets in, inner packets out to the protected side."""
    sa: esp.Sa
    window: int = 3
    lost_timer_ns: int | None = None
    replay_window: int = 4096
    largest_inner: int = 9216
    immediate: bool = False
    drops: Counter = field(default_factory=Counter)
    selectors: tuple = ()       # ((networks of the peer), (networks of ours)); empty: any
    opened: int = 0             # outer packets that opened, and their octets
    opened_octets: int = 0
    inner: int = 0              # whole inner packets with a right header, and their octets
    inner_octets: int = 0

    def __post_init__(self):
        self.opener = esp.Opener(self.sa, self.replay_window)
        kind = aggfrag.ImmediateReceiver if self.immediate else aggfrag.Receiver
        self.receiver = kind(self.window, self.lost_timer_ns, self.sa.first_sequence, self.largest_inner)

    def accept(self, now, outer_octets):
        """[(moment, inner packet as it leaves)]: TTL less by one; a packet that does not open is counted in drops."""
        out = self.receiver.advance(now)
        outer, esp_octets = esp.esp_of(outer_octets)
        try:
            sequence, body, next_header = self.opener.open(esp_octets)
        except esp.EspError as error:
            self.drops[error.reason] += 1
            return self._forwarded(out)
        self.opened += 1
        self.opened_octets += outer.length
        if next_header == esp.DUMMY:
            self.drops["dummy"] += 1
            body = aggfrag.DUMMY
        elif next_header != esp.AGGFRAG:
            self.drops["next_header"] += 1
            body = aggfrag.FOREIGN
        return self._forwarded(out + self.receiver.accept(now, sequence, body))

    def advance(self, now):
        return self._forwarded(self.receiver.advance(now))

    def finish(self):
        return self._forwarded(self.receiver.finish())

    def _forwarded(self, delivered):
        """RFC 4301 §5.2: the header is checked, then the selectors, then it is forwarded like any packet."""
        out = []
        for moment, octets in delivered:
            packet = ip.parse(octets)
            if not packet.checksum_right:
                self.drops["inner_checksum"] += 1
                continue
            self.inner, self.inner_octets = self.inner + 1, self.inner_octets + len(octets)
            ends = zip(self.selectors, (packet.source, packet.destination))
            if not all(any(ipaddress.ip_address(end) in network for network in networks) for networks, end in ends):
                self.drops["inner_selector"] += 1
            elif packet.ttl <= 1:
                self.drops["inner_ttl"] += 1
            else:
                out.append((moment, ip.with_lower_ttl(octets)))
        return out


def decode_wire(frames, sa, replay_window=4096):
    """[(stamp, sequence, payload, parsed outer)] of a capture of one SA's outer packets, which must all open."""
    opener, out = esp.Opener(sa, replay_window), []
    for frame in frames:
        octets = ip.packet_of(frame)
        outer, esp_octets = esp.esp_of(octets)
        sequence, body, next_header = opener.open(esp_octets)
        if next_header != esp.AGGFRAG:
            raise Fault(f"next header {next_header}")
        out.append((frame.time_ns, sequence, body, outer))
    return out


def wire_capture(sa, payloads, stamps, path, first=None, **outer_fields):
    """Writes payloads as consecutive outer packets of sa, one at each stamp."""
    first = sa.first_sequence if first is None else first
    frames = [pcap.Frame(stamp, ip.ethernet(sa.outer(sa.seal(first + i, payload), **outer_fields)))
              for i, (payload, stamp) in enumerate(zip(payloads, stamps))]
    pcap.write(path, frames)
    return frames
