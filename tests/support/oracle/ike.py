# SPDX-License-Identifier: Apache-2.0
#
# Builds IKEv2 messages octet by octet (RFC 7296 §3, RFC 7383 §2.5, RFC 9370 §2.1, RFC 9593 §3.2), knowing nothing of
# the C++ codecs, and prints those that are stored under tests/vectors. Encrypted payloads stand in clear.
#
#   ike.py                prints the vectors
#   ike.py --check FILE   fails if FILE holds others
#   ike.py --corpus DIR   writes each as a file, for the fuzz target
import struct
import sys
from pathlib import Path

SA, KE, IDI, IDR, CERT, CERTREQ, AUTH, NONCE, NOTIFY, DELETE, VENDOR, TSI, TSR, SK, CP, EAP = range(33, 49)
SKF, UNKNOWN = 53, 200
SA_INIT, IKE_AUTH, CREATE_CHILD, INFORMATIONAL, INTERMEDIATE = 34, 35, 36, 37, 43
INITIATOR, RESPONSE = 0x08, 0x20
SPI_I, SPI_R = bytes.fromhex("1122334455667788"), bytes.fromhex("99aabbccddeeff00")


def ramp(count, start=0):
    return bytes((start + i) % 256 for i in range(count))


def header(exchange, flags, message_id, first, octets, spi_r=SPI_R):
    return SPI_I + spi_r + struct.pack(">BBBBII", first, 0x20, exchange, flags, message_id, 28 + octets)


def chain(payloads, after=0):
    """[(type, body)] -> (first type, octets); `after` is what the last one names as its next."""
    octets = b""
    for index, (_, body) in enumerate(payloads):
        following = payloads[index + 1][0] if index + 1 < len(payloads) else after
        octets += struct.pack(">BBH", following, 0, len(body) + 4) + body
    return (payloads[0][0] if payloads else 0), octets


def message(exchange, flags, message_id, payloads, spi_r=SPI_R):
    first, octets = chain(payloads)
    return header(exchange, flags, message_id, first, len(octets), spi_r) + octets


def sealed(exchange, flags, message_id, inner, fragment=None, padding=0):
    """IV of 8 octets, ICV of 16; fragment: (number, total, octets of the inner chain, first type inside)."""
    first, text = chain(inner)
    fields, kind = b"", SK
    if fragment:
        number, total, text, first = fragment
        fields, kind = struct.pack(">HH", number, total), SKF
    body = fields + ramp(8, 0xa0) + text + bytes(padding) + bytes([padding]) + ramp(16, 0xc0)
    payload = struct.pack(">BBH", first, 0, len(body) + 4) + body
    return header(exchange, flags, message_id, kind, len(payload)) + payload


def int_auth_prefix(exchange, flags, message_id, plain, first_inside, inner_octets):
    """RFC 9242 §3.3.2, part A; `plain` are the payloads in front of SK."""
    first, octets = chain(plain, SK)
    big = inner_octets > 65531
    sk = struct.pack(">BBI", first_inside, 0x40, inner_octets + 6) if big else \
        struct.pack(">BBH", first_inside, 0, inner_octets + 4)
    return header(exchange, flags, message_id, first or SK, len(octets) + len(sk) + inner_octets) + octets + sk


def attribute(kind, value):
    if isinstance(value, int):
        return struct.pack(">HH", 0x8000 | kind, value)
    return struct.pack(">HH", kind, len(value)) + value


def proposals(offers):
    """[(number, protocol, spi, [(type, id, attributes)])] -> body of SA."""
    body = b""
    for index, (number, protocol, spi, transforms) in enumerate(offers):
        inner = b""
        for at, (kind, identifier, attributes) in enumerate(transforms):
            fields = b"".join(attribute(*a) for a in attributes)
            inner += struct.pack(">BBHBBH", 3 if at + 1 < len(transforms) else 0, 0, 8 + len(fields), kind, 0, identifier)
            inner += fields
        mark = 2 if index + 1 < len(offers) else 0
        body += struct.pack(">BBHBBBB", mark, 0, 8 + len(spi) + len(inner), number, protocol, len(spi), len(transforms))
        body += spi + inner
    return body


def key_exchange(method, data):
    return struct.pack(">HH", method, 0) + data


def notify(kind, value=b"", protocol=0, spi=b""):
    return NOTIFY, struct.pack(">BBH", protocol, len(spi), kind) + spi + value


def delete(protocol, size, spis):
    return DELETE, struct.pack(">BBH", protocol, size, len(spis)) + b"".join(spis)


def identity(kind, value, reserved=b"\0\0\0"):
    return bytes([kind]) + reserved + value


def selector(kind, protocol, ports, first, last):
    return struct.pack(">BBHHH", kind, protocol, 8 + len(first) + len(last), *ports) + first + last


def selectors(items):
    return bytes([len(items), 0, 0, 0]) + b"".join(items)


def auth(method, value):
    return bytes([method, 0, 0, 0]) + value


def configuration(kind, attributes):
    return bytes([kind, 0, 0, 0]) + b"".join(struct.pack(">HH", t, len(v)) + v for t, v in attributes)


def announcement(method, *rest):
    tail = b"".join(bytes([r]) if isinstance(r, int) else r for r in rest)
    return bytes([2 + len(tail), method]) + tail


AES_GCM = (1, 20, [(14, 256)])
AES_CBC = (1, 12, [(14, 256)])
PRF_384, INTEG_256 = (2, 6, []), (3, 12, [])
X25519, ECP_384 = (4, 31, []), (4, 20, [])
ML_KEM, NO_ADDKE = (6, 36, []), (6, 0, [])
ESN, NO_ESN = (5, 1, []), (5, 0, [])
ED25519 = bytes.fromhex("300506032b6570")
V4 = [bytes([10, 1, 0, 0]), bytes([10, 1, 255, 255])]
V6 = [bytes.fromhex("fd09") + bytes(14), bytes.fromhex("fd09") + b"\xff" * 14]

AUTH_INSIDE = [
    (IDI, identity(2, b"a.example", b"\x01\x02\x03")),
    (CERT, bytes([4]) + ramp(40)),
    (CERTREQ, bytes([4]) + ramp(40, 0x80)),
    (IDR, identity(1, bytes([192, 0, 2, 2]))),
    (AUTH, auth(14, bytes([len(ED25519)]) + ED25519 + ramp(64))),
    (CP, configuration(1, [(1, b""), (14, bytes.fromhex("00010008")), (0x4000, b"x")])),
    notify(16384),
    notify(16442, b"\x01"),
    (SA, proposals([(1, 3, bytes.fromhex("c0ffee01"), [AES_GCM, ESN, NO_ESN])])),
    (TSI, selectors([selector(7, 0, (0, 65535), *V4), selector(8, 58, (0x8000, 0x80ff), *V6)])),
    (TSR, selectors([selector(7, 6, (65535, 0), V4[0], V4[0]), struct.pack(">BBH", 10, 0, 7) + b"top"])),
]


def vectors():
    """[(name, octets)]"""
    offer = [(1, 1, b"", [AES_GCM, PRF_384, X25519, ECP_384, ML_KEM, NO_ADDKE]),
             (2, 1, b"", [AES_CBC, PRF_384, INTEG_256, X25519])]
    chosen = [(2, 1, b"", [AES_CBC, PRF_384, INTEG_256, X25519])]
    announced = (announcement(14, 0, ED25519) + announcement(2) + announcement(9, 1))
    rekey = [(1, 1, bytes(range(1, 9)), [AES_GCM, PRF_384, X25519, (7, 37, [(18, ramp(6))])])]
    first, inner = chain(AUTH_INSIDE)
    half = len(inner) // 2
    return [
        ("sa_init_request", message(SA_INIT, INITIATOR, 0, [
            (SA, proposals(offer)), (KE, key_exchange(31, ramp(32))), (NONCE, ramp(32, 0x40)),
            notify(16388, ramp(20)), notify(16389, ramp(20, 20)), notify(16430),
            notify(16431, bytes.fromhex("0002000300040005")), notify(16438), (VENDOR, b"levelgate")], bytes(8))),
        ("sa_init_response", message(SA_INIT, RESPONSE, 0, [
            (SA, proposals(chosen)), (KE, key_exchange(31, ramp(32, 1))), (NONCE, ramp(16)),
            (CERTREQ, bytes([4]) + ramp(20)), notify(16443, announced)])),
        ("cookie_response", message(SA_INIT, RESPONSE, 0, [notify(16390, ramp(33))], bytes(8))),
        ("invalid_ke_response", message(SA_INIT, RESPONSE, 0, [notify(17, bytes([0, 20]))], bytes(8))),
        ("auth_request", sealed(IKE_AUTH, INITIATOR, 1, AUTH_INSIDE)),
        ("auth_padded", sealed(IKE_AUTH, INITIATOR, 1, AUTH_INSIDE, padding=15)),
        ("auth_fragment_1", sealed(IKE_AUTH, INITIATOR, 1, [], (1, 2, inner[:half], first))),
        ("auth_fragment_2", sealed(IKE_AUTH, INITIATOR, 1, [], (2, 2, inner[half:], 0))),
        ("rekey_ike", sealed(CREATE_CHILD, 0, 2, [
            (SA, proposals(rekey)), (NONCE, ramp(256)), (KE, key_exchange(31, ramp(32)))])),
        ("rekey_child", sealed(CREATE_CHILD, RESPONSE | INITIATOR, 3, [
            notify(16393, b"", 3, bytes.fromhex("c0ffee01")),
            (SA, proposals([(1, 2, ramp(4), [INTEG_256, NO_ESN]), (3, 3, ramp(4), [AES_GCM, ESN])])),
            (NONCE, ramp(16)), (TSI, selectors([selector(7, 1, (0x0800, 0x08ff), *V4)])),
            (TSR, selectors([selector(8, 0, (0, 65535), *V6)]))])),
        ("delete_child", sealed(INFORMATIONAL, 0, 4, [delete(3, 4, [ramp(4), ramp(4, 4)]), delete(1, 0, [])])),
        ("liveness", sealed(INFORMATIONAL, INITIATOR, 5, [])),
        ("window_and_ppk", sealed(INFORMATIONAL, INITIATOR, 6, [
            notify(16385, struct.pack(">I", 1)), notify(16436, b"\x02quantum"), notify(8192, b"?", 1)])),
        ("ppk_intermediate", sealed(INTERMEDIATE, INITIATOR, 1, [
            notify(16446, b"\x02berlin-a" + ramp(8)), notify(16446, b"\x02" + ramp(8, 8)), notify(16446, ramp(9))])),
        ("ppk_answer", sealed(INTERMEDIATE, RESPONSE, 1, [notify(16436, b"\x02berlin-a")])),
        ("ppk_auth", sealed(IKE_AUTH, INITIATOR, 2, [notify(16436, b"\x02berlin-a"), notify(16437, ramp(48))])),
        ("unknown_payloads", message(INTERMEDIATE, INITIATOR, 1, [
            (UNKNOWN, b"skip"), (EAP, bytes.fromhex("01020004")), (VENDOR, b"")])),
        ("empty_message", message(INFORMATIONAL, INITIATOR, 7, [])),
    ]


def prefixes():
    """[(name, octets)]: what no message is, but is made from one."""
    first, inner = chain(AUTH_INSIDE)
    return [
        ("prefix_auth", int_auth_prefix(IKE_AUTH, INITIATOR, 1, [], first, len(inner))),
        ("prefix_behind_vendor", int_auth_prefix(INTERMEDIATE, RESPONSE, 1, [(VENDOR, b"v")], KE, 100)),
        ("prefix_big", int_auth_prefix(INTERMEDIATE, INITIATOR, 2, [], KE, 1357836)),
    ]


def chains():
    """[(name, first type and chain)]: what stands inside encrypted payloads, for the fuzz target."""
    first, inner = chain(AUTH_INSIDE)
    big = key_exchange(1110, ramp(40))
    return [("inside_auth", bytes([first]) + inner),
            ("inside_big_key", bytes([KE]) + struct.pack(">BBI", NONCE, 0x40, len(big) + 6) + big
             + struct.pack(">BBH", 0, 0, 20) + ramp(16)),
            ("inside_ppks", bytes([NOTIFY]) + chain([notify(16435), notify(16445, b"?"),
                                                     notify(16446, b"\x01" + ramp(40)), notify(16446, ramp(8))])[1]),
            ("inside_announcements", bytes([NOTIFY]) + chain([notify(16443, announcement(14, 7, ED25519)
             + announcement(200, ramp(3)) + announcement(13))])[1])]


def text():
    return "".join(f"{name} {octets.hex()}\n" for name, octets in vectors() + prefixes())


def main(arguments):
    if arguments[:1] == ["--check"]:
        same = Path(arguments[1]).read_text(encoding="ascii") == text()
        print("the same" if same else "not what the oracle builds")
        return 0 if same else 1
    if arguments[:1] == ["--corpus"]:
        for name, octets in vectors() + chains():
            (Path(arguments[1]) / name).write_bytes(octets)
        return 0
    sys.stdout.write(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
