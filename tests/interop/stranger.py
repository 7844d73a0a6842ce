# SPDX-License-Identifier: Apache-2.0
#
# Somebody who opens IKE handshakes and never goes on: one IKE_SA_INIT request (RFC 7296 §1.2), good enough to be
# answered, so that the other side has a half-open SA and its cookies (RFC 7296 §2.6) come into force.
import secrets
import socket
import struct

IKE_PORT, IKE_SA_INIT, INITIATOR = 500, 34, 0x08
SA, KE, NONCE, NOTIFY, VENDOR_ID, NONE = 33, 34, 40, 41, 43, 0
ENCR, PRF, KEM = 1, 2, 4
AES_GCM_16, PRF_SHA384, X25519 = 20, 6, 31
KEY_LENGTH_256 = struct.pack("!HH", 0x800E, 256)
COOKIE = 16390
PATIENCE = 3.0
# Nobody unproven is answered with more octets than it sent: a request without a cookie has to be as long as the answer.
LONG_ENOUGH = secrets.token_bytes(400)


def transform(last, kind, number, attributes=b""):
    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(attributes), kind, 0, number) + attributes


def payload(following, body):
    return struct.pack("!BBH", following, 0, 4 + len(body)) + body


def request():
    transforms = (transform(False, ENCR, AES_GCM_16, KEY_LENGTH_256) + transform(False, PRF, PRF_SHA384) +
                  transform(True, KEM, X25519))
    proposal = struct.pack("!BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 3) + transforms
    body = (payload(KE, proposal) + payload(NONCE, struct.pack("!HH", X25519, 0) + secrets.token_bytes(32)) +
            payload(VENDOR_ID, secrets.token_bytes(32)) + payload(NONE, LONG_ENOUGH))
    return struct.pack("!8s8sBBBBII", secrets.token_bytes(8), bytes(8), SA, 0x20, IKE_SA_INIT, INITIATOR, 0,
                       28 + len(body)) + body


def knock(world, space, address):
    """The answer's first payload and whole text."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with world.inside(space):
        with socket.socket(family, socket.SOCK_DGRAM) as opened:
            opened.settimeout(PATIENCE)
            opened.sendto(request(), (address, IKE_PORT))
            answer = opened.recv(4096)
    return answer[16], answer


def told(first, answer):
    """What an answer begins with, in words for a failure."""
    if first != NOTIFY:
        return f"payload {first}"
    return f"notification {struct.unpack_from('!H', answer, 34)[0]}"
