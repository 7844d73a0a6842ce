# SPDX-License-Identifier: Apache-2.0
#
# Builds and parses IPv4 (RFC 791), IPv6 (RFC 8200), UDP, ICMP (RFC 792) and ICMPv6 (RFC 4443) packets with their
# checksums, and the Ethernet header around them. Never repairs what it parses: a wrong checksum is reported.
import ipaddress
import struct
from dataclasses import dataclass

ICMP, TCP, UDP, ESP, ICMPV6 = 1, 6, 17, 50, 58
ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_ARP = 0x0800, 0x86DD, 0x0806
UNKNOWN_NEIGHBOUR = bytes.fromhex("020000000000")


def checksum(octets):
    """The Internet checksum of octets (RFC 791 §3.1): 0 over a region that carries a right one."""
    if len(octets) % 2:
        octets = bytes(octets) + b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@dataclass
class Packet:
    """One parsed IP packet; `payload` is cut at the length that the header states."""
    version: int
    source: str
    destination: str
    protocol: int
    ttl: int
    tos: int
    length: int
    payload: bytes
    header_octets: int
    identification: int = 0
    dont_fragment: bool = False
    more_fragments: bool = False
    fragment_offset: int = 0
    flow_label: int = 0
    checksum_right: bool = True


def parse(octets):
    version = octets[0] >> 4
    if version == 4:
        header_octets = (octets[0] & 15) * 4
        tos, length, identification, fragment, ttl, protocol = struct.unpack_from("!xBHHHBB", octets)
        return Packet(4, str(ipaddress.IPv4Address(octets[12:16])), str(ipaddress.IPv4Address(octets[16:20])), protocol,
                      ttl, tos, length, octets[header_octets:length], header_octets, identification,
                      bool(fragment & 0x4000), bool(fragment & 0x2000), (fragment & 0x1FFF) * 8, 0,
                      checksum(octets[:header_octets]) == 0)
    if version == 6:
        word, payload_length, protocol, ttl = struct.unpack_from("!IHBB", octets)
        return Packet(6, str(ipaddress.IPv6Address(octets[8:24])), str(ipaddress.IPv6Address(octets[24:40])), protocol,
                      ttl, (word >> 20) & 255, 40 + payload_length, octets[40:40 + payload_length], 40,
                      flow_label=word & 0xFFFFF)
    raise ValueError(f"IP version {version}")


def length_of(octets):
    """The length that an inner packet's own header states, or None if too few octets are there to tell."""
    version = octets[0] >> 4 if octets else 0
    if version == 4 and len(octets) >= 4:
        return struct.unpack_from("!H", octets, 2)[0]
    if version == 6 and len(octets) >= 6:
        return 40 + struct.unpack_from("!H", octets, 4)[0]
    return None


def ipv4(source, destination, protocol=UDP, payload=b"", ttl=64, tos=0, identification=0, dont_fragment=False,
         options=b"", fragment_offset=0, more_fragments=False):
    header_octets = 20 + len(options)
    fragment = (0x4000 if dont_fragment else 0) | (0x2000 if more_fragments else 0) | fragment_offset // 8
    header = bytearray(struct.pack("!BBHHHBBH4s4s", 0x40 | header_octets // 4, tos, header_octets + len(payload),
                                   identification, fragment, ttl, protocol, 0,
                                   ipaddress.IPv4Address(source).packed, ipaddress.IPv4Address(destination).packed))
    header += options
    struct.pack_into("!H", header, 10, checksum(header))
    return bytes(header) + payload


def ipv6(source, destination, next_header=UDP, payload=b"", hop_limit=64, traffic_class=0, flow_label=0):
    return struct.pack("!IHBB16s16s", 6 << 28 | traffic_class << 20 | flow_label, len(payload), next_header, hop_limit,
                       ipaddress.IPv6Address(source).packed, ipaddress.IPv6Address(destination).packed) + payload


def ip(source, destination, protocol, payload, ttl=64, **more):
    if ipaddress.ip_address(source).version == 4:
        return ipv4(source, destination, protocol, payload, ttl, **more)
    return ipv6(source, destination, protocol, payload, ttl, **more)


def pseudo_header(source, destination, protocol, length):
    packed = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    if len(packed) == 8:
        return packed + struct.pack("!xBH", protocol, length)
    return packed + struct.pack("!I3xB", length, protocol)


def udp(source, destination, source_port, destination_port, payload):
    length = 8 + len(payload)
    datagram = struct.pack("!HHHH", source_port, destination_port, length, 0) + payload
    value = checksum(pseudo_header(source, destination, UDP, length) + datagram) or 0xFFFF
    return datagram[:6] + struct.pack("!H", value) + payload


def udp_packet(source, destination, size, source_port=1024, destination_port=2048, fill=b"", ttl=64, **more):
    """An IP packet of exactly `size` octets: UDP when it has room for the header, else protocol 253."""
    header_octets = 20 if ipaddress.ip_address(source).version == 4 else 40
    room = size - header_octets - 8
    if room < 0:
        return ip(source, destination, 253, fill[:size - header_octets].ljust(size - header_octets, b"\xa5"), ttl, **more)
    body = (fill * (room // max(len(fill), 1) + 1))[:room] if fill else bytes(i & 255 for i in range(room))
    return ip(source, destination, UDP, udp(source, destination, source_port, destination_port, body), ttl, **more)


def icmp_echo(source, destination, identifier=1, sequence=1, payload=b"ping", ttl=64):
    if ipaddress.ip_address(source).version == 4:
        body = struct.pack("!BBHHH", 8, 0, 0, identifier, sequence) + payload
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        return ipv4(source, destination, ICMP, body, ttl)
    body = struct.pack("!BBHHH", 128, 0, 0, identifier, sequence) + payload
    value = checksum(pseudo_header(source, destination, ICMPV6, len(body)) + body)
    return ipv6(source, destination, ICMPV6, body[:2] + struct.pack("!H", value) + body[4:], ttl)


@dataclass
class IcmpError:
    kind: int
    code: int
    mtu: int
    quoted: bytes
    checksum_right: bool


def icmp_error(packet):
    """The ICMP or ICMPv6 error that a parsed packet carries; mtu is 0 where the message has none."""
    body = packet.payload
    kind, code, _, word = struct.unpack_from("!BBHI", body)
    if packet.version == 4:
        return IcmpError(kind, code, word & 0xFFFF if (kind, code) == (3, 4) else 0, body[8:], checksum(body) == 0)
    covered = pseudo_header(packet.source, packet.destination, ICMPV6, len(body)) + body
    return IcmpError(kind, code, word if kind == 2 else 0, body[8:], checksum(covered) == 0)


def with_lower_ttl(octets):
    """The same packet after one more hop: TTL or hop limit less by one, IPv4 checksum made anew (RFC 791 §3.2)."""
    changed = bytearray(octets)
    if octets[0] >> 4 == 6:
        changed[7] -= 1
        return bytes(changed)
    changed[8] -= 1
    header_octets = (octets[0] & 15) * 4
    changed[10:12] = b"\0\0"
    struct.pack_into("!H", changed, 10, checksum(changed[:header_octets]))
    return bytes(changed)


def ethernet(packet, destination="02:00:00:00:00:01", source="02:00:00:00:00:09"):
    kind = ETHERTYPE_IPV4 if packet[0] >> 4 == 4 else ETHERTYPE_IPV6
    return mac(destination) + mac(source) + struct.pack("!H", kind) + packet


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def packet_of(frame):
    """The IP packet inside a pcap.Frame, without Ethernet header and trailing padding; None if there is none."""
    octets = frame.octets
    if frame.link == 1:
        kind = octets[12:14]
        octets = octets[14:] if kind in (b"\x08\x00", b"\x86\xdd") else b""
    stated = length_of(octets)
    return octets[:stated] if stated else None
