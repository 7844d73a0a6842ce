# SPDX-License-Identifier: Apache-2.0
#
# Reads captures: classic pcap of Ethernet frames, in either octet order, with micro- or nanoseconds. Frames
# may be cut short; sizes come from the IP headers. A last record that was not written to its end is left out.
import ipaddress
import struct
from array import array

HEADER, RECORD, ETHERNET = 24, 16, 14
LINK_ETHERNET = 1
# first four octets -> octet order, nanoseconds of one unit of the fraction
MAGIC = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
         b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}
IPV4, IPV6 = b"\x08\x00", b"\x86\xdd"
IPV6_FIXED = 40
UDP, IKE_PORT, NAT_PORT = 17, 500, 4500
NON_ESP_MARKER = bytes(4)  # in front of IKE on port 4500 (RFC 3948 §2.2)


class CaptureError(Exception):
    """The file is no capture of this kind; the text is for people."""


class Packets:
    """Times in nanoseconds, in order, and the octets of each IP packet."""

    def __init__(self, pairs=()):
        pairs = sorted(pairs)
        self.times = array("q", (time for time, _ in pairs))
        self.sizes = array("l", (size for _, size in pairs))

    def __len__(self):
        return len(self.times)


def frames(data):
    """(time in ns, captured octets) of each whole record."""
    if len(data) < HEADER or data[:4] not in MAGIC:
        raise CaptureError("not a pcap file")
    order, fraction = MAGIC[data[:4]]
    if struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF != LINK_ETHERNET:
        raise CaptureError("not a capture of Ethernet frames")
    record, at, end = struct.Struct(order + "IIII"), HEADER, len(data)
    while at + RECORD <= end:
        seconds, part, captured, _ = record.unpack_from(data, at)
        at += RECORD
        if at + captured > end:
            return
        yield seconds * 1_000_000_000 + part * fraction, data[at:at + captured]
        at += captured


def ip_of(frame):
    """(octets, source, destination) of the IP packet in a frame; None for anything else."""
    kind, ip = frame[12:14], frame[ETHERNET:]
    if kind == IPV4 and len(ip) >= 20:
        return int.from_bytes(ip[2:4], "big"), ip[12:16], ip[16:20]
    if kind == IPV6 and len(ip) >= IPV6_FIXED:
        return IPV6_FIXED + int.from_bytes(ip[4:6], "big"), ip[8:24], ip[24:40]
    return None


def read(path):
    with open(path, "rb") as file:
        return file.read()


def outer_packets(path):
    """Everything on the wire, as an observer would see it."""
    found = ((time, ip_of(frame)) for time, frame in frames(read(path)))
    return Packets((time, ip[0]) for time, ip in found if ip)


def inner_packets(path, from_addresses, to_addresses):
    """What one host sent to the other."""
    senders = {ipaddress.ip_address(address).packed for address in from_addresses}
    receivers = {ipaddress.ip_address(address).packed for address in to_addresses}
    found = ((time, ip_of(frame)) for time, frame in frames(read(path)))
    return Packets((time, ip[0]) for time, ip in found if ip and ip[1] in senders and ip[2] in receivers)


def ike_messages(path):
    """(time, exchange type, octets of the IP packet) of each IKE message or fragment over UDP and IPv4."""
    for time, frame in frames(read(path)):
        ip = ip_of(frame)
        header = ETHERNET + 4 * (frame[ETHERNET] & 15) if ip and frame[12:14] == IPV4 else len(frame)
        if len(frame) < header + 8 or frame[ETHERNET + 9] != UDP:
            continue
        ports, message = struct.unpack_from("!HH", frame, header), frame[header + 8:]
        if NAT_PORT in ports:
            if message[:4] != NON_ESP_MARKER:
                continue
            message = message[4:]
        elif IKE_PORT not in ports:
            continue
        if len(message) >= 28:
            yield time, message[18], ip[0]
