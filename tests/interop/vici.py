# SPDX-License-Identifier: Apache-2.0
#
# strongSwan's control protocol: requests, answers and streamed events of a running charon as Python values, so that no
# test reads a text that was made for people. Values are texts; binary values go in as bytes and come out decoded.
import socket
import struct

REQUEST, RESPONSE, UNKNOWN, REGISTER, UNREGISTER, CONFIRM, EVENT_UNKNOWN, EVENT = range(8)
SECTION, SECTION_END, VALUE, LIST, ITEM, LIST_END = range(1, 7)


class ViciError(Exception):
    """charon does not know the command, refused it, or has gone."""


def octets(value):
    if isinstance(value, bool):
        return b"yes" if value else b"no"
    return value if isinstance(value, bytes) else str(value).encode()


def name_of(key):
    return struct.pack("!B", len(key)) + key.encode()


def long_value(value):
    return struct.pack("!H", len(octets(value))) + octets(value)


def encode(message):
    out = b""
    for key, value in message.items():
        if isinstance(value, dict):
            out += bytes([SECTION]) + name_of(key) + encode(value) + bytes([SECTION_END])
        elif isinstance(value, (list, tuple)):
            items = b"".join(bytes([ITEM]) + long_value(item) for item in value)
            out += bytes([LIST]) + name_of(key) + items + bytes([LIST_END])
        else:
            out += bytes([VALUE]) + name_of(key) + long_value(value)
    return out


class Reader:
    """Takes one message apart."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def name(self):
        return self.take(self.take(1)[0]).decode()

    def value(self):
        return self.take(struct.unpack("!H", self.take(2))[0]).decode("utf-8", "replace")

    def items(self):
        found = []
        while self.take(1)[0] == ITEM:
            found.append(self.value())
        return found

    def section(self):
        found = {}
        while self.at < len(self.data):
            kind = self.take(1)[0]
            if kind == SECTION_END:
                break
            key = self.name()
            found[key] = {SECTION: self.section, VALUE: self.value, LIST: self.items}[kind]()
        return found


class Vici:
    """One connection; one request at a time."""

    def __init__(self, path, patience=30.0):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(patience)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _send(self, kind, name, message=b""):
        packet = bytes([kind]) + name_of(name) + message
        self.socket.sendall(struct.pack("!I", len(packet)) + packet)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ViciError("charon has closed the connection")
            data += more
        return data

    def _receive(self):
        packet = self._exactly(struct.unpack("!I", self._exactly(4))[0])
        reader = Reader(packet[1:])
        if packet[0] == EVENT:
            reader.name()
        return packet[0], reader.section()

    def ask(self, command, message=None):
        self._send(REQUEST, command, encode(message or {}))
        kind, answer = self._receive()
        if kind != RESPONSE:
            raise ViciError(f"{command}: charon does not know it")
        if answer.get("success", "yes") != "yes":
            raise ViciError(f"{command}: {answer.get('errmsg', 'refused')}")
        return answer

    def stream(self, command, event, message=None):
        """The events that the command makes, until its answer."""
        self._send(REGISTER, event)
        if self._receive()[0] != CONFIRM:
            raise ViciError(f"{event}: charon does not know it")
        self._send(REQUEST, command, encode(message or {}))
        found = []
        while True:
            kind, answer = self._receive()
            if kind != EVENT:
                break
            found.append(answer)
        self._send(UNREGISTER, event)
        self._receive()
        return found
