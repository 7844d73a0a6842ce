# SPDX-License-Identifier: Apache-2.0
#
# Frames in and out of numpy: inner load as a capture for `levelgate replay`, and a capture of the wire as an observer
# reads it, which is moments, sizes, and every header field that is not encrypted.
import os
import struct
from collections import Counter

import numpy as np

from tfc import captures

ETHERNET = bytes.fromhex("020000000001020000000009") + captures.IPV4
PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, captures.LINK_ETHERNET)
UDP, ESP = 17, 50
SOURCE, DESTINATION = bytes([10, 1, 0, 2]), bytes([10, 2, 0, 2])
LOCAL, PEER = bytes([198, 51, 100, 1]), bytes([198, 51, 100, 2])


def ipv4(source, destination, protocol, payload, ttl=64):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, ttl, protocol, 0, source, destination)
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return header[:10] + struct.pack("!H", check) + header[12:] + payload


def inner_frame(octets, source=SOURCE, destination=DESTINATION):
    """A UDP packet of that many octets; its own checksum is left out, as IPv4 allows."""
    room = max(octets - 28, 0)
    return ETHERNET + ipv4(source, destination, UDP, struct.pack("!HHHH", 1024, 2048, 8 + room, 0) + bytes(room))


def forged_frame(spi, number, octets):
    """What somebody on the path may make up: an ESP packet that proves nothing."""
    body = struct.pack("!II", spi, number) + os.urandom(max(octets - 28, 24))
    return ETHERNET + ipv4(PEER, LOCAL, ESP, body)


def write_capture(path, times, frames):
    """frames: octets of each, or a function from index to octets."""
    record = struct.Struct("<IIII")
    with open(path, "wb") as file:
        file.write(PCAP_HEAD)
        for time, frame in zip(times.tolist(), frames):
            seconds, rest = divmod(time, 10**9)
            file.write(record.pack(seconds, rest, len(frame), len(frame)))
            file.write(frame)


def write_load(path, times, octets, source=SOURCE, destination=DESTINATION):
    frames = {size: inner_frame(size, source, destination) for size in np.unique(octets).tolist()}
    write_capture(path, times, (frames[size] for size in octets.tolist()))


class Wire:
    """What passed, as an observer sees it, in order of time."""

    def __init__(self, path):
        times, sizes, codes, known = [], [], [], {}
        for time, frame in captures.frames(captures.read(path)):
            ip = captures.ip_of(frame)
            if ip is not None:
                times.append(time)
                sizes.append(ip[0])
                codes.append(known.setdefault(header_key(frame[14:]), len(known)))
        order = np.argsort(times, kind="stable")
        self.times, self.sizes, self.codes = (np.array(row, dtype=np.int64)[order] for row in (times, sizes, codes))
        self.texts = [header_text(key) for key in known]

    def between(self, begin, end):
        """(times, octets, headers) of what passed in begin <= time < end."""
        return self._part(slice(*np.searchsorted(self.times, [begin, end])))

    def whole(self):
        return self._part(slice(None))

    def _part(self, part):
        headers = Counter()
        for code, count in Counter(self.codes[part].tolist()).items():
            headers[self.texts[code]] += count
        return self.times[part], self.sizes[part], headers


def header_key(ip):
    if ip[0] >> 4 == 4:
        return ip[:2] + ip[6:10] + ip[12:20] + (ip[20:24] if ip[9] == UDP else b"")
    return ip[:4] + ip[6:40] + (ip[40:44] if ip[6] == UDP else b"")


def header_text(key):
    """The fields by name; what a header key holds beside them are addresses."""
    if key[0] >> 4 == 4:
        tos, flags, ttl, ports = key[1], key[2], key[4], key[14:18]
        text = f"IPv4 DSCP {tos >> 2} ECN {tos & 3} TTL {ttl} DF {flags >> 6 & 1}"
        if flags & 0x3F or key[3]:
            text += " fragment"
    else:
        word = int.from_bytes(key[:4], "big")
        text = f"IPv6 DSCP {word >> 22 & 63} ECN {word >> 20 & 3} hop limit {key[5]} flow label {word & 0xFFFFF:#x}"
        ports = key[38:42]
    if ports:
        text += " UDP {} to {}".format(*struct.unpack("!HH", ports))
    return text
