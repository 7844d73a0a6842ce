# SPDX-License-Identifier: Apache-2.0
#
# Fragmentation and reassembly of IPv4 packets as RFC 791 §3.2 tells them: cut the first fragment off, go on with the
# rest until it fits; put together by a bitmap of 8-octet units.
import struct

from . import ip


def copied_options(options):
    """Those whose copied flag is set (RFC 791 §3.1), filled up to a multiple of four octets."""
    out, at = b"", 0
    while at < len(options):
        kind = options[at]
        if kind == 0:
            break
        length = 1 if kind == 1 else options[at + 1]
        if kind & 0x80:
            out += options[at:at + length]
        at += length
    return out + bytes(-len(out) % 4)


def cut(packet, mtu):
    """The fragments of `packet`, each of at most `mtu` octets; the packet alone where it fits."""
    header_octets = (packet[0] & 15) * 4
    if len(packet) <= mtu:
        return [packet]
    blocks = (mtu - header_octets) // 8
    data, options = packet[header_octets:], packet[20:header_octets]
    word = struct.unpack_from("!H", packet, 6)[0]
    first = _with(packet[:20], options, data[:blocks * 8], word | 0x2000)
    rest = _with(packet[:20], copied_options(options), data[blocks * 8:], word + blocks)
    return [first, *cut(rest, mtu)]


def _with(base, options, data, word):
    header = bytearray(base + options)
    header[0] = 0x40 | len(header) // 4
    struct.pack_into("!H", header, 2, len(header) + len(data))
    struct.pack_into("!H", header, 6, word)
    header[10:12] = b"\0\0"
    struct.pack_into("!H", header, 10, ip.checksum(bytes(header)))
    return bytes(header) + data


def join(fragments):
    """What they are parts of, in whatever order they come; None while a part is missing."""
    data, have, end, head = bytearray(65536), set(), None, None
    for fragment in fragments:
        parsed = ip.parse(fragment)
        at = parsed.fragment_offset
        data[at:at + len(parsed.payload)] = parsed.payload
        have |= set(range(at // 8, (at + len(parsed.payload) + 7) // 8))
        if not parsed.more_fragments:
            end = at + len(parsed.payload)
        if at == 0:
            head = fragment[:parsed.header_octets]
    if head is None or end is None or have != set(range((end + 7) // 8)):
        return None
    word = struct.unpack_from("!H", head, 6)[0] & 0x4000
    return _with(head[:20], head[20:], bytes(data[:end]), word)
