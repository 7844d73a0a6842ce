#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# Streams of RFC 9329 and what is in them, from its text with nothing but struct: the exchanges of its appendix B without
# TLS, and the edges of its length field. Prints tests/vectors/stream_vectors.h; with --check FILE compares instead.
import struct
import sys

from ike_keys import print_or_check, rows, text

PREFIX = b"IKETCP"


def frame(content):
    return struct.pack(">H", len(content) + 2) + content


def ike(message):
    return frame(bytes(4) + message)


def message(exchange, flags, number, body):
    """A header of RFC 7296 §3.1 in front of octets that nobody reads here."""
    spis = text("stream SPIi", 8) + (bytes(8) if exchange == 34 and flags == 0x08 else text("stream SPIr", 8))
    return spis + bytes([46, 0x20, exchange, flags]) + struct.pack(">II", number, 28 + len(body)) + body


def esp(number, octets):
    return struct.pack(">II", 0xC0FFEE01, number) + text(f"stream ESP {number}", octets)


def vector(name, from_originator, stream, contents, end="", prefix=True):
    """Contents: 'i' and an IKE message, or 'e' and an ESP packet, in order."""
    joined = b"".join(struct.pack(">cH", kind.encode(), len(octets)) + octets for kind, octets in contents)
    return [f'"{name}"', "true" if from_originator else "false", (PREFIX if prefix and from_originator else b"") + stream,
            joined, f"StreamEnd::{end}" if end else "std::nullopt"]


def vectors():
    init, init_answer = message(34, 0x08, 0, text("init", 220)), message(34, 0x20, 0, text("answer", 240))
    auth, auth_answer = message(35, 0x08, 1, text("auth", 900)), message(35, 0x20, 1, text("proof", 800))
    delete, deleted = message(37, 0x08, 2, text("delete", 40)), message(37, 0x20, 2, text("deleted", 40))
    packets = [esp(1, 96), esp(2, 1400)]
    return [
        vector("B.1 originator", True, ike(init) + ike(auth) + frame(packets[0]), [("i", init), ("i", auth), ("e", packets[0])]),
        vector("B.1 responder", False, ike(init_answer) + ike(auth_answer) + frame(packets[1]),
               [("i", init_answer), ("i", auth_answer), ("e", packets[1])]),
        vector("B.2 originator", True, ike(delete), [("i", delete)]),
        vector("B.2 responder", False, ike(deleted), [("i", deleted)]),
        vector("B.3 originator, with ESP first", True, frame(packets[0]) + ike(delete), [("e", packets[0]), ("i", delete)]),
        vector("keepalive and empty", True, frame(b"\xff") + frame(b"") + ike(init), [("i", init)]),
        vector("marker alone", True, ike(b""), [("i", b"")]),
        vector("length 0", True, ike(init) + b"\0\0" + ike(auth), [("i", init)], "kLength"),
        vector("length 1", False, b"\0\1" + ike(init), [], "kLength"),
        vector("one octet that is no keepalive", True, frame(b"\xfe"), [], "kRunt"),
        vector("three octets", True, frame(b"\0\0\0"), [], "kRunt"),
        vector("no prefix", True, ike(init), [], "kNoPrefix", prefix=False),
        vector("wrong last octet of the prefix", True, b"IKETCQ" + ike(init), [], "kNoPrefix", prefix=False),
        vector("prefix twice", True, PREFIX, []),
    ]


def header():
    made = vectors()
    return f"""// SPDX-License-Identifier: Apache-2.0
//
// Known streams of RFC 9329 as hexadecimal digits; printed by tests/support/oracle/stream_frames.py. Not to be edited.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "stream/stream_end.h"

namespace levelgate::testing {{

using stream::StreamEnd;

// clang-format off
struct StreamVector {{
  std::string_view name;
  bool from_originator;  // begins with the prefix, or ought to
  std::string_view octets;
  std::string_view contents;  // 'i' or 'e', two octets of length, and the IKE message or ESP packet
  std::optional<StreamEnd> end;
}};

inline constexpr std::array<StreamVector, {len(made)}> kStreamVectors = {{{{
{rows(made)}}}}};
// clang-format on

}}  // namespace levelgate::testing
"""


if __name__ == "__main__":
    sys.exit(print_or_check(header))
