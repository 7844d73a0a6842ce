// SPDX-License-Identifier: Apache-2.0
//
// What the files of this room share when they call OpenSSL: the library context of our own, owners for its C objects,
// its pointer types, and its error queue as one line of text.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/result.h>
#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

namespace levelgate::crypto {

// The default library context is everybody's in the process, and DPDK's driver for OpenSSL takes its providers away
// when its device goes; a FIPS configuration of the system would take away SHA-1, which NAT detection needs. This one
// reads no configuration file and lives as long as the process.
[[nodiscard]] OSSL_LIB_CTX* openssl_context();

// Takes OpenSSL's oldest complaint of this thread and empties its queue; "no reason given" when there is none.
[[nodiscard]] std::string openssl_reason();

// "what: OpenSSL's reason".
[[nodiscard]] std::unexpected<Error> openssl_failure(Fault fault, std::string_view what);

// A callback that has none; without one OpenSSL would ask at the terminal.
inline int no_passphrase(char*, int, int, void*) { return -1; }

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <typename T, auto kFree>
using OpensslOwned = std::unique_ptr<T, OpensslFree<kFree>>;

[[nodiscard]] inline const unsigned char* octets_of(ConstBytes bytes) {
  // OpenSSL reads a null pointer as "not given"; an empty span is given.
  static constexpr unsigned char kNothing = 0;
  return bytes.empty() ? &kNothing : reinterpret_cast<const unsigned char*>(bytes.data());
}
[[nodiscard]] inline unsigned char* octets_of(Bytes bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace levelgate::crypto
