// SPDX-License-Identifier: Apache-2.0
//
// What others measured of such handshakes and published: nothing that no source gives, and where it comes from.
#pragma once

#include <array>
#include <string_view>

namespace levelgate::cli {

struct PublishedHandshake {
  std::string_view path, transport, time, source;
};

inline constexpr std::string_view kMeasurementsOf2021 =
    "measurements in the IPSECME working group, 2021, as the project's requirements quote them; the report itself was "
    "not at hand";

inline constexpr std::array<PublishedHandshake, 2> kPublishedHandshakes{{
    {"100 Mbit/s, 100 ms, up to 10 % loss", "UDP", "about 10 s", kMeasurementsOf2021},
    {"1 Mbit/s", "UDP", "over 50 s", kMeasurementsOf2021},
}};

}  // namespace levelgate::cli
