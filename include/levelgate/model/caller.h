// SPDX-License-Identifier: Apache-2.0
//
// Who calls, as far as the first octets of a message tell: it decides who is served first, and nothing else.
#pragma once

#include <cstdint>

namespace levelgate::model {

enum class Caller : std::uint8_t {
  kKnown,     // names an SA of ours, whose SPI only its peer and the path between have seen
  kReturned,  // a stranger that returns a cookie (RFC 7296 §2.6): most likely it is where it says it is
  kFirst,     // every other stranger
};

// Messages that were lost before anybody looked at them; they rise as long as the process lives.
struct LostArrivals {
  std::uint64_t strangers = 0;  // the line of kFirst was full
  std::uint64_t returned = 0;   // the line of kReturned was full
  std::uint64_t unread = 0;     // the kernel's queue was full: nobody knows whose they were

  LostArrivals& operator+=(const LostArrivals& other) {
    strangers += other.strangers;
    returned += other.returned;
    unread += other.unread;
    return *this;
  }
};

}  // namespace levelgate::model
