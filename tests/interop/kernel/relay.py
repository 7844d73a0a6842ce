# SPDX-License-Identifier: Apache-2.0
#
# A path that loses and reorders: frames go from one interface to the other by hand, and a rule says what becomes of
# each ESP packet. Seeded and counted in packets, not in time, so that a run can be repeated on a slow machine.
import random
import select
import socket
import threading

from oracle import ip
from row import OURS, THEIRS

ETH_P_ALL, OUTGOING, LARGEST = 3, 4, 65536
SO_RCVBUFFORCE, BUFFER_OCTETS = 33, 64 << 20   # a burst that waits for this thread must not be lost uncounted
QUIET = 0.05           # seconds without a packet after which what is held goes on
PASS, LOSE = 0, -1     # what a rule answers; n > 0: behind the next n ESP packets of its direction


def everything_passes(_number):
    return PASS


def losing(share, seed):
    draw = random.Random(seed)
    return lambda _number: LOSE if draw.random() < share else PASS


def losing_at(*numbers):
    """By its place among the ESP packets since the rule holds, from 0."""
    return lambda number: LOSE if number in numbers else PASS


def reordering(share, most, seed):
    draw = random.Random(seed)
    return lambda _number: draw.randint(1, most) if draw.random() < share else PASS


def both(first, second):
    return lambda number: first(number) or second(number)


def is_esp(frame):
    kind = int.from_bytes(frame[12:14], "big")
    return kind == ip.ETHERTYPE_IPV4 and frame[23] == ip.ESP or kind == ip.ETHERTYPE_IPV6 and frame[20] == ip.ESP


class Direction:
    """Frames that one side sent, on their way to the other."""

    def __init__(self, target):
        self.target, self.held = target, []
        self.follow(everything_passes)

    def follow(self, rule):
        self.rule, self.number, self.lost, self.moved = rule, 0, 0, 0

    def carry(self, frame):
        verdict = PASS
        if is_esp(frame):
            verdict = self.rule(self.number)
            self.number += 1
            self.held = [(left - 1, other) for left, other in self.held]
        if verdict == LOSE:
            self.lost += 1
        elif verdict > 0:
            self.moved += 1
            self.held.append((verdict, frame))
        else:
            self.target.send(frame)
        self.release(lambda left: left <= 0)

    def release(self, ripe=lambda _left: True):
        ready = [frame for left, frame in self.held if ripe(left)]
        self.held = [(left, frame) for left, frame in self.held if not ripe(left)]
        for frame in ready:
            self.target.send(frame)


class Relay:
    """Runs in a thread of its own; rules change under a lock."""

    def __init__(self, world, space, near, far):
        with world.inside(space):
            self.sockets = {OURS: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0),
                            THEIRS: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)}
        for site, interface in ((OURS, near), (THEIRS, far)):
            self.sockets[site].setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_OCTETS)
            self.sockets[site].bind((interface, ETH_P_ALL))
        self.of = {site: Direction(self.sockets[OURS + THEIRS - site]) for site in (OURS, THEIRS)}
        self.lock, self.over = threading.Lock(), False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def follow(self, site, rule):
        """From now on for what that site sends."""
        with self.lock:
            self.of[site].release()
            self.of[site].follow(rule)

    def counts(self, site):
        """(ESP packets seen, lost, moved) since the rule holds."""
        with self.lock:
            direction = self.of[site]
            return direction.number, direction.lost, direction.moved

    def _run(self):
        site_of = {sock: site for site, sock in self.sockets.items()}
        while not self.over:
            ready, _, _ = select.select(list(site_of), [], [], QUIET)
            with self.lock:
                for site, direction in self.of.items():
                    if self.sockets[site] not in ready:
                        direction.release()
                for sock in ready:
                    frame, address = sock.recvfrom(LARGEST)
                    if address[2] != OUTGOING:
                        self.of[site_of[sock]].carry(frame)

    def close(self):
        self.over = True
        self.thread.join()
        for sock in self.sockets.values():
            sock.close()
