# SPDX-License-Identifier: Apache-2.0
#
# Seals and opens ESP packets (RFC 4303 §2, §3.3, §3.4) with AES-GCM-16 (RFC 4106) and ChaCha20-Poly1305 (RFC 7634),
# 64- and 32-bit sequence numbers, bare or in UDP port 4500 (RFC 3948), over IPv4 and IPv6. Keeps keys in clear: for
# tests.
import os
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from . import ip

AGGFRAG = 144          # RFC 9347 §7.1
IPV4_INSIDE, IPV6_INSIDE, DUMMY = 4, 41, 59
IV_OCTETS = 8
ICV_OCTETS = 16
SALT_OCTETS = 4
UDP_PORT = 4500
KEY_OCTETS = {"aes128gcm16": 16, "aes256gcm16": 32, "chacha20poly1305": 32}


class EspError(Exception):
    """A packet that does not open; `reason` is one word."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclass
class Sa:
    spi: int
    source: str
    destination: str
    cipher: str = "aes256gcm16"
    keymat: bytes = b""             # cipher key, then salt (RFC 4106 §8.1, RFC 7634 §2)
    esn: bool = True
    udp: bool = False
    first_sequence: int = 1
    aead: object = field(default=None, repr=False, compare=False)

    def __post_init__(self):
        octets = KEY_OCTETS[self.cipher]
        self.keymat = self.keymat or os.urandom(octets + SALT_OCTETS)
        assert len(self.keymat) == octets + SALT_OCTETS
        key, self.salt = self.keymat[:octets], self.keymat[octets:]
        self.aead = ChaCha20Poly1305(key) if self.cipher == "chacha20poly1305" else AESGCM(key)

    def associated_data(self, sequence):
        """RFC 4106 §5 and RFC 7634 §2.1: SPI and the whole number, 64 bits of it with ESN."""
        if self.esn:
            return struct.pack("!IQ", self.spi, sequence)
        return struct.pack("!II", self.spi, sequence)

    def seal(self, sequence, plaintext, next_header=AGGFRAG, iv=None, pad=None):
        """An ESP packet from SPI to ICV. Pads to four octets (RFC 4303 §2.4) unless `pad` says how many."""
        iv = iv if iv is not None else struct.pack("!Q", sequence)
        if pad is None:
            pad = -(len(plaintext) + 2) % 4
        trailer = bytes(i + 1 & 255 for i in range(pad)) + bytes([pad, next_header])
        sealed = self.aead.encrypt(self.salt + iv, plaintext + trailer, self.associated_data(sequence))
        return struct.pack("!II", self.spi, sequence & 0xFFFFFFFF) + iv + sealed

    def open(self, octets, sequence):
        """(plaintext, next header, pad octets) of an ESP packet whose whole number is `sequence`."""
        if len(octets) < 8 + IV_OCTETS + 2 + ICV_OCTETS:
            raise EspError("short")
        iv = octets[8:8 + IV_OCTETS]
        try:
            clear = self.aead.decrypt(self.salt + iv, octets[8 + IV_OCTETS:], self.associated_data(sequence))
        except InvalidTag:
            raise EspError("tag") from None
        pad, next_header = clear[-2], clear[-1]
        if pad + 2 > len(clear):
            raise EspError("pad")
        body = clear[:len(clear) - 2 - pad]
        if clear[len(body):-2] != bytes(i + 1 & 255 for i in range(pad)):
            raise EspError("pad")
        return body, next_header, pad

    def outer(self, esp_octets, ttl=64, **more):
        """The whole outer IP packet around ESP octets, with UDP in between where the SA says so."""
        if not self.udp:
            return ip.ip(self.source, self.destination, ip.ESP, esp_octets, ttl, **more)
        datagram = struct.pack("!HHHH", UDP_PORT, UDP_PORT, 8 + len(esp_octets), 0) + esp_octets
        if ":" in self.source:
            datagram = ip.udp(self.source, self.destination, UDP_PORT, UDP_PORT, esp_octets)
        return ip.ip(self.source, self.destination, ip.UDP, datagram, ttl, **more)

    def overhead(self):
        """Octets of an outer packet that are neither payload nor ESP padding: IP, UDP, ESP, IV, trailer, ICV."""
        return (40 if ":" in self.source else 20) + (8 if self.udp else 0) + 8 + IV_OCTETS + 2 + ICV_OCTETS

    def room(self, packet_size):
        """Octets of DataBlocks in an outer packet of packet_size octets with AGGFRAG sub-type 0 (RFC 9347 §6.1.1)."""
        body = packet_size - self.overhead() + 2
        return body // 4 * 4 - 2 - 4


def esp_of(outer_octets):
    """(parsed outer packet, ESP octets) of an outer packet, bare or in UDP (RFC 3948 §2.1)."""
    packet = ip.parse(outer_octets)
    if packet.protocol == ip.ESP:
        return packet, packet.payload
    if packet.protocol == ip.UDP:
        source_port, destination_port, length, _ = struct.unpack_from("!HHHH", packet.payload)
        if (source_port, destination_port) != (UDP_PORT, UDP_PORT) or length != len(packet.payload):
            raise EspError("udp")
        return packet, packet.payload[8:]
    raise EspError("protocol")


class ReplayWindow:
    """RFC 4303 §3.4.3 and appendix A: recovers the high half of a number and refuses what was seen or is too old."""

    def __init__(self, first_sequence=1, size=4096, esn=True):
        self.first, self.size, self.esn = first_sequence, size, esn
        self.top = first_sequence - 1
        self.seen = set()

    def recover(self, low):
        if not self.esn:
            return low
        top_high, top_low = self.top >> 32, self.top & 0xFFFFFFFF
        bottom = top_low - self.size + 1
        if bottom >= 0:                                   # appendix A2.1, case A: the window lies in one subspace
            high = top_high if low >= bottom else top_high + 1
        else:                                             # case B: it spans two
            high = top_high - 1 if low >= bottom & 0xFFFFFFFF else top_high
        return max(high, 0) << 32 | low

    def refuses(self, sequence):
        return sequence < self.first or sequence + self.size <= self.top or sequence in self.seen

    def mark(self, sequence):
        self.seen.add(sequence)
        if sequence > self.top:
            self.top = sequence
            if len(self.seen) > 4 * self.size:
                self.seen = {n for n in self.seen if n + self.size > self.top}


class Opener:
    """One inbound SA: form, number recovery, replay check, decryption, commit (RFC 4303 §2.4, §3.4)."""

    def __init__(self, sa, replay_window=4096):
        self.sa = sa
        self.window = ReplayWindow(sa.first_sequence, replay_window, sa.esn)

    def open(self, octets):
        """(sequence, plaintext, next header); raises EspError with spi, short, replay, tag or pad."""
        if len(octets) < 8:
            raise EspError("short")
        spi, low = struct.unpack_from("!II", octets)
        if spi != self.sa.spi:
            raise EspError("spi")
        if len(octets) < 8 + IV_OCTETS + 4 + ICV_OCTETS or len(octets) % 4:
            raise EspError("short")
        sequence = self.window.recover(low)
        if self.window.refuses(sequence):
            raise EspError("replay")
        try:
            body, next_header, _ = self.sa.open(octets, sequence)
        except EspError as error:
            if error.reason == "pad":
                self.window.mark(sequence)
            if error.reason == "tag" and self.sa.esn and sequence > max(self.window.top + 2**31, 2**32):
                raise EspError("replay") from error   # behind the window, taken for the next subspace (appendix A)
            raise
        self.window.mark(sequence)
        return sequence, body, next_header
