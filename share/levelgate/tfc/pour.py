# SPDX-License-Identifier: Apache-2.0
#
# Pours a load into the tunnel in real time, in the name of a host inside. Needs no numpy: it must start fast and use
# little of a machine that it shares with what is measured.
#
#   pour.py send FILE BEGIN_NS ADDRESS PORT    the file holds moments and sizes
#   pour.py sink PORT                          takes what comes, so that nobody answers "port unreachable"
import socket
import sys
import time
from array import array

HEADERS = 28  # IPv4 and UDP
LEAST_SLEEP = 100_000  # ns


def write(path, times, octets):
    with open(path, "wb") as file:
        array("q", times).tofile(file)
        array("q", octets).tofile(file)


def read(path):
    with open(path, "rb") as file:
        whole = array("q")
        whole.frombytes(file.read())
    half = len(whole) // 2
    return whole[:half], whole[half:]


def send(path, begin, address, port):
    times, octets = read(path)
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.connect((address, port))
    filling = bytes(max(octets, default=0))
    for time_ns, size in zip(times, octets):
        ahead = begin + time_ns - time.time_ns()
        if ahead > LEAST_SLEEP:
            time.sleep(ahead / 1e9)
        try:
            out.send(filling[:max(size - HEADERS, 0)])
        except OSError:
            pass  # a full queue of the interface: this one is lost, as it would be for anybody


def sink(port):
    into = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    into.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    into.bind(("", port))
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        sink(int(sys.argv[2]))
