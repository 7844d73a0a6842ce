// SPDX-License-Identifier: Apache-2.0
// links: cli
//
// Any octets as a capture file: the reader answers with a value, its frames lie inside the file, and what it says of
// the place of damage does too.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "cli/capture_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  const levelgate::ConstBytes content = std::as_bytes(std::span(octets, size));
  const auto capture = levelgate::cli::read_capture(content);
  if (!capture) return 0;
  std::size_t used = 0;
  for (const auto& frame : capture->frames) {
    used += frame.octets.size();
    const bool inside = frame.octets.empty() || (frame.octets.data() >= content.data() &&
                                                 frame.octets.data() + frame.octets.size() <= content.data() + size);
    if (!inside || frame.stamp_ns < 0) std::abort();
  }
  if (used > size || (capture->damage && capture->damage->offset > size)) std::abort();
  return 0;
}
