# SPDX-License-Identifier: Apache-2.0
#
# The demo's numbered stream accounts for every packet, whenever it is told to end.
import json
import os
import signal
import socket
import subprocess
import sys
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts")
PROGRAM = os.path.join(SCRIPTS, "demo_stream.py")
# Runs the program with a socket whose fifth packet brings SIGTERM along, before it is counted.
TOLD_WITHIN = """
import os, signal, socket, sys
sys.path.insert(0, {scripts!r})
import demo_stream

class Socket(socket.socket):
    calls = 0
    def told(self, result):
        self.calls += 1
        if self.calls == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return result
    def send(self, *words):
        return self.told(super().send(*words))
    def recv(self, *words):
        return self.told(super().recv(*words))

demo_stream.socket.socket = Socket
demo_stream.main({words!r})
"""


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class DemoStream(unittest.TestCase):
    def start(self, *words):
        child = subprocess.Popen([sys.executable, "-B", *words], stdout=subprocess.PIPE, text=True)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    def told_within(self, *words):
        return self.start("-c", TOLD_WITHIN.format(scripts=SCRIPTS, words=list(words)))

    def receiver(self, start, *words):
        child = start(*words)
        self.assertEqual(child.stdout.readline(), "ready\n")
        return child

    def test_a_packet_that_leaves_while_it_is_told_to_end_is_counted(self):
        port = free_port()
        receiver = self.receiver(self.start, PROGRAM, "receive", port)
        sender = self.told_within("send", "127.0.0.1", port, "1000000")
        sent = json.loads(sender.communicate(timeout=10)[0])["sent"]
        receiver.send_signal(signal.SIGTERM)
        found = json.loads(receiver.communicate(timeout=10)[0])
        self.assertGreaterEqual(sent, 5)
        self.assertEqual([found["received"], found["duplicates"], found["reordered"]], [sent, 0, 0])

    def test_a_packet_that_comes_while_it_is_told_to_end_is_counted(self):
        port = free_port()
        receiver = self.receiver(self.told_within, "receive", port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.connect(("127.0.0.1", int(port)))
            for number in range(8):
                out.send(number.to_bytes(8, "big"))
        self.assertEqual(json.loads(receiver.communicate(timeout=10)[0])["received"], 8)

    def test_what_is_lost_doubled_or_late_is_told(self):
        port = free_port()
        receiver = self.receiver(self.start, PROGRAM, "receive", port)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.connect(("127.0.0.1", int(port)))
            for number in (0, 1, 3, 2, 3, 7):
                out.send(number.to_bytes(8, "big"))
        receiver.send_signal(signal.SIGTERM)
        found = json.loads(receiver.communicate(timeout=10)[0])
        self.assertEqual([found["received"], found["duplicates"], found["reordered"]], [5, 1, 1])


if __name__ == "__main__":
    unittest.main()
