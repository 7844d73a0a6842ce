# SPDX-License-Identifier: Apache-2.0
#
# AGGFRAG payloads (RFC 9347 §2.2, §6.1): a packer of fixed-size payloads, a reassembler, and the in-order receiver
# with reorder window and lost packet timer (§2.2.3, §2.5), and the immediate one. The packer never sends runts; the
# receivers accept them.
import struct
from collections import Counter, deque
from dataclasses import dataclass, field

from . import ip

HEADER_OCTETS = {0: 4, 1: 24}
LENGTH_FIELD_END = {4: 4, 6: 6}     # octets of an inner packet that tell its length


# What an outer packet may carry instead of an AGGFRAG payload: it uses up its number. A dummy (RFC 4303 §2.6) breaks
# nothing, as padding; anything else breaks an inner packet that is half there.
DUMMY, FOREIGN = "dummy", "foreign"


class BadPayload(Exception):
    """No AGGFRAG payload that can be read; `reason` is one word."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def header(block_offset, sub_type=0, reserved=0):
    return struct.pack("!BBH", sub_type, reserved, block_offset) + bytes(HEADER_OCTETS[sub_type] - 4)


def split(payload):
    """(BlockOffset, DataBlocks) of a payload; reserved bits are ignored (RFC 9347 §6.1.1, §6.1.2)."""
    if len(payload) < HEADER_OCTETS[0]:
        raise BadPayload("short")
    if payload[0] not in HEADER_OCTETS:
        raise BadPayload("sub_type")
    if len(payload) < HEADER_OCTETS[payload[0]]:
        raise BadPayload("short")
    return struct.unpack_from("!H", payload, 2)[0], payload[HEADER_OCTETS[payload[0]]:]


def is_all_pad(payload):
    """RFC 9347 §2.2.3: BlockOffset zero and a single pad block (or no octet at all)."""
    block_offset, data = split(payload)
    return block_offset == 0 and (not data or data[0] >> 4 == 0)


class Packer:
    """Fills payloads of `room` DataBlocks octets from a queue (spec of the sender: RFC 9347 §2.2.2, §2.2.3).

    `least_head` is the smallest head of an inner packet that is put at the end of a payload; it is never less than
    the length field needs. With `fragment` off a packet starts only where it fits whole."""

    def __init__(self, room, fragment=True, least_head=0):
        self.room, self.fragment, self.least_head = room, fragment, least_head
        self.queue = deque()
        self.half_sent = b""

    def add(self, packet):
        self.queue.append(packet)

    def waiting_octets(self):
        return len(self.half_sent) + sum(map(len, self.queue))

    def begins_in(self, packet):
        """In which of the next payloads `packet` would begin if it joined the queue now; 0 is the next one."""
        payload, used = divmod(len(self.half_sent), self.room)
        for waiting in [*self.queue, packet]:
            left = self.room - used
            if len(waiting) > left and used and (not self.fragment or left < self.least_of(waiting)):
                payload, used = payload + 1, 0
            begins = payload
            payload, used = payload + (used + len(waiting)) // self.room, (used + len(waiting)) % self.room
        return begins

    def least_of(self, packet):
        return max(self.least_head, LENGTH_FIELD_END[packet[0] >> 4])

    def payload(self, padded=True):
        block_offset = len(self.half_sent)
        blocks, self.half_sent = self.half_sent[:self.room], self.half_sent[self.room:]
        while self.queue and len(blocks) < self.room:
            packet, left = self.queue[0], self.room - len(blocks)
            if len(packet) > left:
                if not self.fragment or (left < self.least_of(packet) and blocks):
                    break
                self.half_sent = packet[left:]
            blocks += packet[:left]
            self.queue.popleft()
        if padded:
            blocks = blocks.ljust(self.room, b"\0")
        return header(block_offset) + blocks

    def drain(self):
        payloads = []
        while self.queue or self.half_sent:
            payloads.append(self.payload())
        return payloads


def all_pad(room):
    return header(0) + bytes(room)


@dataclass
class Reassembler:
    """Inner packets from payloads that are handed over with their numbers (RFC 9347 §2.2.3, sequence equality)."""
    largest_inner: int = 65575
    counts: Counter = field(default_factory=Counter)
    started: bytes = b""        # octets of an inner packet that is not complete
    need: int = 0               # octets still missing; 0 with a non-empty start: the length is not known (runt)
    expected: int = 0           # the number that must bring the next octet

    def abandon(self):
        if self.started:
            self.counts["incomplete"] += 1
        self.started, self.need = b"", 0

    def accept(self, number, payload):
        if self.started and number != self.expected:
            self.abandon()
        if payload == FOREIGN:
            self.abandon()
        if payload in (DUMMY, FOREIGN):
            self.expected += 1
            return []
        try:
            block_offset, data = split(payload)
        except BadPayload as bad:
            self.abandon()
            self.counts[bad.reason] += 1
            return []
        pad_only = block_offset == 0 and (not data or data[0] >> 4 == 0)
        if self.started:
            self.expected += 1
            if pad_only:
                self._count_all_pad(data)
                return []
            return self._continue(number, block_offset, data)
        if pad_only:
            self._count_all_pad(data)
            return []
        return self._resynchronise(number, block_offset, data)

    def _count_all_pad(self, data):
        self.counts["all_pad"] += 1
        self.counts["all_pad_octets"] += len(data)

    def _resynchronise(self, number, block_offset, data):
        if block_offset >= len(data):       # nothing but the middle of a packet whose begin is not there
            self.counts["orphan"] += 1
            return []
        if block_offset:
            self.counts["skipped"] += 1
        return self._blocks(number, data, block_offset)

    def _contradicts(self, number, block_offset, data):
        """The packet begun before needs something else (RFC 9347 §2.5)."""
        self.abandon()
        self.counts["contradiction"] += 1
        if block_offset >= len(data):
            self.counts["orphan"] += 1
            return []
        return self._blocks(number, data, block_offset)

    def _continue(self, number, block_offset, data):
        if block_offset == 0:
            return self._contradicts(number, block_offset, data)
        if not self.need:
            stated = ip.length_of(self.started + data[:6])
            if stated is None:
                if block_offset > len(data):        # a payload too small to complete even the length field
                    self.started += data
                    return []
                return self._contradicts(number, block_offset, data)
            if not self._length_right(self.started[0], stated):
                return self._contradicts(number, block_offset, data)
            self.need = stated - len(self.started)
        if block_offset != self.need:
            return self._contradicts(number, block_offset, data)
        self.started += data[:self.need]
        if self.need > len(data):
            self.need -= len(data)
            return []
        whole, offset = self.started, self.need
        self.started, self.need = b"", 0
        self.counts["inner"] += 1
        return [whole] + self._blocks(number, data, offset)

    def _blocks(self, number, data, offset):
        whole = []
        while offset < len(data):
            version, left = data[offset] >> 4, len(data) - offset
            if version == 0:
                self.counts["extra_pad"] += 1
                self.counts["extra_pad_octets"] += left
                break
            if version not in LENGTH_FIELD_END:
                self.counts["bad_block"] += 1
                break
            stated = ip.length_of(data[offset:])
            if stated is None:
                self.started, self.need, self.expected = data[offset:], 0, number + 1
                break
            if not self._length_right(data[offset], stated):
                self.counts["bad_length"] += 1
                break
            if stated > left:
                self.started, self.need, self.expected = data[offset:], stated - left, number + 1
                break
            whole.append(data[offset:offset + stated])
            self.counts["inner"] += 1
            offset += stated
        return whole

    def _length_right(self, first, stated):
        """An IPv4 header has at least five words and fits into the total length (RFC 791 §3.1); IPv6 has 40 octets."""
        if first >> 4 == 4:
            return (first & 15) >= 5 and (first & 15) * 4 <= stated <= self.largest_inner
        return 40 <= stated <= self.largest_inner


class Receiver:
    """Outer numbers in any order, inner packets in order: a window of W numbers and one deadline per gap.

    Every call returns [(moment, inner packet)]. `accept` first lets pass whatever deadline is not later than now."""

    def __init__(self, window=3, lost_timer_ns=None, first_sequence=1, largest_inner=65575):
        self.window, self.lost_timer_ns = window, lost_timer_ns
        self.want = first_sequence
        self.held = {}
        self.deadlines = {}
        self.counts = Counter()
        self.reassembler = Reassembler(largest_inner, self.counts)

    def accept(self, now, number, payload):
        out = self.advance(now)
        if number < self.want:
            self.counts["late"] += payload not in (DUMMY, FOREIGN)     # those are counted already
            return out
        if number > self.want + self.window:
            out += self._slide(now, number - self.window)
        if number == self.want:
            out += self._hand_over(now, payload)
            return out + self._drain(now)
        self.held[number] = payload
        missing = number - 1
        while missing >= self.want and missing not in self.held and missing not in self.deadlines:
            self.deadlines[missing] = None if self.lost_timer_ns is None else now + self.lost_timer_ns
            missing -= 1
        return out

    def advance(self, now):
        out = []
        while self.held and self.deadlines.get(self.want) is not None and self.deadlines[self.want] <= now:
            moment = self.deadlines[self.want]
            self._miss()
            out += self._drain(moment)
        return out

    def finish(self):
        """The stream is over: what is held leaves in order, what is half there is given up."""
        out = []
        while self.held:
            if self.want not in self.held:
                self._miss()
            out += self._drain(None)
        self.reassembler.abandon()
        return out

    def _miss(self):
        self.counts["missed"] += 1
        self.deadlines.pop(self.want, None)
        self.want += 1

    def _slide(self, now, to):
        out = []
        for number in sorted(n for n in self.held if n < to):
            self.counts["missed"] += number - self.want
            self.want = number
            out += self._hand_over(now, self.held.pop(number))
        if self.want < to:
            self.counts["missed"] += to - self.want
            self.want = to
        self.deadlines = {n: d for n, d in self.deadlines.items() if n >= to}
        return out + self._drain(now)

    def _drain(self, now):
        out = []
        while self.want in self.held:
            out += self._hand_over(now, self.held.pop(self.want))
        return out

    def _hand_over(self, now, payload):
        number = self.want
        self.deadlines.pop(number, None)
        self.want += 1
        return [(now, packet) for packet in self.reassembler.accept(number, payload)]


class ImmediateReceiver(Receiver):
    """Inner packets leave with the payload that makes them whole (RFC 9347 §2.5), those of one payload in its order.

    Numbers are given up as by the in-order receiver, and so the same packets are lost: it goes on beside, and counts.
    What comes too late for it can complete nothing, but what is whole in it leaves."""

    def __init__(self, window=3, lost_timer_ns=None, first_sequence=1, largest_inner=65575):
        super().__init__(window, lost_timer_ns, first_sequence, largest_inner)
        self.in_time, self.given = {}, set()
        self.open = set()           # payloads that may still begin something whole

    def accept(self, now, number, payload):
        self.advance(now)
        if number < self.want:
            return self._late(now, payload)
        super().accept(now, number, payload)
        self.in_time[number] = payload
        self.open.add(number)
        return [(now, packet) for packet in self._made_whole()]

    def advance(self, now):
        super().advance(now)
        return []

    def finish(self):
        super().finish()
        return []

    def _late(self, now, payload):
        if payload in (DUMMY, FOREIGN):
            return []
        self.counts["late"] += 1
        alone = Reassembler(self.reassembler.largest_inner, self.counts)
        out = alone.accept(0, payload)
        alone.abandon()
        return [(now, packet) for packet in out]

    def _made_whole(self):
        out = []
        for start in sorted(self.open):
            for place, packet in self._whole_from(start):
                if (start, place) not in self.given:
                    self.given.add((start, place))
                    out.append(packet)
        return out

    def _whole_from(self, start):
        """The packets that begin in this payload and whose every payload is there."""
        alone = Reassembler(self.reassembler.largest_inner)
        whole = alone.accept(0, self.in_time[start])
        ahead = 1
        while alone.started and start + ahead in self.in_time:
            got = alone.accept(ahead, self.in_time[start + ahead])
            if alone.counts["incomplete"] or got:
                whole += got[:1] if not alone.counts["incomplete"] else []
                self.open.discard(start)
                return enumerate(whole)
            ahead += 1
        if not alone.started:
            self.open.discard(start)
        return enumerate(whole)
