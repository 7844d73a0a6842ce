#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# A stream of numbered UDP packets of many sizes at an even pace, so that every single one can be accounted for: which
# were lost, came twice or out of order. Each half ends by SIGTERM, the receiver when nothing comes any more, and prints
# one line of JSON.
#
#   demo_stream.py send ADDRESS PORT BITS_PER_SECOND
#   demo_stream.py receive PORT
import json
import os
import signal
import socket
import struct
import sys
import time

SIZES = (8, 64, 120, 400, 700, 1000, 1300, 1440)  # octets of UDP payload: some share an outer packet, some need two
HEADERS = 28                                      # IPv4 and UDP
LONGEST_CATCH_UP = 4                              # packets at once after a pause of the sender itself
BUFFER = 8 << 20
PATIENCE = 0.1                                    # seconds of silence in which the receiver looks whether it is told to end
SO_RCVBUFFORCE = 33


def ended():
    """Whether SIGTERM came. It is only looked for between two packets, so that each one is counted or not sent."""
    return signal.SIGTERM in signal.sigpending()


def send(address, port, bits_per_second):
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.connect((address, port))
    mean = sum(SIZES) / len(SIZES) + HEADERS
    interval, sent, due = mean * 8 / bits_per_second, 0, time.monotonic()
    filling = os.urandom(max(SIZES))
    while not ended():
        now = time.monotonic()
        due = max(due, now - LONGEST_CATCH_UP * interval)
        while due <= now:
            out.send(struct.pack("!Q", sent) + filling[8:SIZES[sent % len(SIZES)]])
            sent += 1
            due += interval
        time.sleep(max(due - time.monotonic(), 0))
    return {"sent": sent}


def receive(port):
    into = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    into.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    into.bind(("", port))
    print("ready", flush=True)
    into.settimeout(PATIENCE)
    seen, twice, late, highest, last, pause = set(), 0, 0, -1, None, 0.0
    while True:
        try:
            number = struct.unpack_from("!Q", into.recv(2048))[0]
        except TimeoutError:
            if ended():
                return {"received": len(seen), "duplicates": twice, "reordered": late, "longest_pause_ms": round(pause * 1000, 2)}
            continue
        now = time.monotonic()
        pause, last = max(pause, now - (last or now)), now
        if number in seen:
            twice += 1
        elif number < highest:
            late += 1
        seen.add(number)
        highest = max(highest, number)


def main(words):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    kind, *rest = words
    result = send(rest[0], int(rest[1]), float(rest[2])) if kind == "send" else receive(int(rest[0]))
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
