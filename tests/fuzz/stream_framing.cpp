// SPDX-License-Identifier: Apache-2.0
// links: stream
//
// The first octet says which side made the stream and how it is cut; the rest is the stream. However it is cut, the
// same frames come out of it, and what is written again as frames reads as the same.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "support/stream_pieces.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace levelgate;
  using namespace levelgate::testing;
  if (size == 0) return 0;
  const ConstBytes octets = std::as_bytes(std::span(data, size)).subspan(1);
  const auto begin = data[0] & 1 ? stream::FrameReader::Begin::kPrefixFirst : stream::FrameReader::Begin::kFrames;
  const SeenStream whole = read_in_pieces(begin, octets, [&] { return octets.size(); });
  const std::size_t cut = data[0] / 2 + 1u;
  if (read_in_pieces(begin, octets, [&] { return cut; }) != whole) std::abort();
  StreamOctets again;
  for (const SeenFrame& frame : whole.frames) append_frame(again, frame.kind, frame.octets);
  if (again.size() > octets.size()) std::abort();
  const auto seen = read_in_pieces(stream::FrameReader::Begin::kFrames, again, [&] { return cut; });
  if (seen.frames != whole.frames || seen.end) std::abort();
  return 0;
}
