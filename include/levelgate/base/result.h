// SPDX-License-Identifier: Apache-2.0
//
// Result<T>: a value or an Error, for the control tower and the shells. An Error is for people: a short
// sentence that names the place and, where there is one, the cure.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace levelgate {

// What kind of fault it is; shells turn it into an exit code (interface: daemon 69, 70, 77, 78).
enum class Fault : std::uint8_t {
  kBadInput,       // the operator's file or argument is wrong
  kNotFound,       // a named thing does not exist
  kDeviceMissing,  // a NIC, a TAP device, huge pages
  kNoMemory,       // too little memory for what the configuration asks
  kAddressInUse,   // a socket or a name is taken
  kNotPermitted,   // the process lacks a right
  kUnreachable,    // the other side does not answer
  kIo,             // reading or writing failed
  kInternal,       // our own mistake
};

struct Error {
  Fault fault = Fault::kInternal;
  std::string what;  // one line, no final full stop; names the place and the cure
};

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> failure(Fault fault, std::string what) {
  return std::unexpected(Error{fault, std::move(what)});
}

}  // namespace levelgate
