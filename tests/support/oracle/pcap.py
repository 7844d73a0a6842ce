# SPDX-License-Identifier: Apache-2.0
#
# Capture files: reads pcap (micro- and nanosecond stamps, both byte orders) and pcapng, writes both. Link types
# Ethernet and raw IP. Never guesses: a file that is cut off raises Truncated, which carries what came before.
import struct
from dataclasses import dataclass

ETHERNET = 1
RAW_IP = 101
RAW_IP_OTHERS = (12, 14, 101, 228, 229)

MICRO_MAGIC = 0xA1B2C3D4
NANO_MAGIC = 0xA1B23C4D


class BadCapture(Exception):
    """The file is no capture that this module can read."""


class Truncated(BadCapture):
    """The file ends inside a record; `frames` are the whole ones before the cut."""

    def __init__(self, frames):
        super().__init__("capture is cut off")
        self.frames = frames


@dataclass
class Frame:
    time_ns: int
    octets: bytes
    link: int = ETHERNET
    original_length: int = 0

    def __post_init__(self):
        self.original_length = self.original_length or len(self.octets)


def read(path):
    """Every frame of a capture file, in the order of the file."""
    with open(path, "rb") as file:
        content = file.read()
    if len(content) < 24:
        raise BadCapture(f"{path}: too short for a capture")
    if content[:4] == b"\x0a\x0d\x0d\x0a":
        return _read_pcapng(content)
    return _read_pcap(content, path)


def _read_pcap(content, path):
    for order in "<>":
        magic, = struct.unpack_from(order + "I", content)
        if magic in (MICRO_MAGIC, NANO_MAGIC):
            break
    else:
        raise BadCapture(f"{path}: unknown magic number")
    unit = 1 if magic == NANO_MAGIC else 1000
    link = struct.unpack_from(order + "I", content, 20)[0] & 0xFFFF
    frames, position = [], 24
    while position < len(content):
        if position + 16 > len(content):
            raise Truncated(frames)
        seconds, fraction, captured, original = struct.unpack_from(order + "IIII", content, position)
        position += 16
        if position + captured > len(content):
            raise Truncated(frames)
        frames.append(Frame(seconds * 10**9 + fraction * unit, content[position:position + captured], link, original))
        position += captured
    return frames


def _read_pcapng(content):
    frames, position, order, interfaces = [], 0, "<", []
    while position < len(content):
        if position + 12 > len(content):
            raise Truncated(frames)
        if content[position:position + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if content[position + 8:position + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", content, position)
        if length < 12 or position + length > len(content):
            raise Truncated(frames)
        body = content[position + 8:position + length - 4]
        if kind == 1:
            interfaces.append(_interface(order, body))
        elif kind == 6:
            number, high, low, captured, original = struct.unpack_from(order + "IIIII", body)
            link, ticks, offset = interfaces[number]
            stamp = ((high << 32) | low) * 10**9 // ticks + offset * 10**9
            frames.append(Frame(stamp, body[20:20 + captured], link, original))
        elif kind == 3:
            original, = struct.unpack_from(order + "I", body)
            frames.append(Frame(0, body[4:4 + original], interfaces[0][0], original))
        position += length
    return frames


def _interface(order, body):
    link, = struct.unpack_from(order + "H", body)
    ticks, offset, position = 10**6, 0, 8
    while position + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, position)
        value = body[position + 4:position + 4 + length]
        if code == 0:
            break
        if code == 9:
            ticks = 2**(value[0] & 0x7F) if value[0] & 0x80 else 10**value[0]
        if code == 14:
            offset, = struct.unpack(order + "q", value)
        position += 4 + (length + 3) // 4 * 4
    return link, ticks, offset


def write(path, frames, nano=True, link=ETHERNET, order="<", cut=0):
    """A pcap file; `cut` leaves out that many octets at its end."""
    unit = 1 if nano else 1000
    parts = [struct.pack(order + "IHHiIII", NANO_MAGIC if nano else MICRO_MAGIC, 2, 4, 0, 0, 262144, link)]
    for frame in frames:
        seconds, rest = divmod(frame.time_ns, 10**9)
        parts.append(struct.pack(order + "IIII", seconds, rest // unit, len(frame.octets), frame.original_length))
        parts.append(frame.octets)
    content = b"".join(parts)
    with open(path, "wb") as file:
        file.write(content[:len(content) - cut])


def write_pcapng(path, frames, resolution=9, link=ETHERNET, order="<"):
    """A pcapng file with one interface whose stamps count 10^-resolution seconds (the option if_tsresol)."""
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)

    options = struct.pack(order + "HHB3x", 9, 1, resolution) + struct.pack(order + "HH", 0, 0)
    parts = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)),
             block(1, struct.pack(order + "HHI", link, 0, 0) + options)]
    for frame in frames:
        stamp = frame.time_ns * 10**resolution // 10**9
        parts.append(block(6, struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame.octets),
                                          frame.original_length) + frame.octets))
    with open(path, "wb") as file:
        file.write(b"".join(parts))
