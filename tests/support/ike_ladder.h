// SPDX-License-Identifier: Apache-2.0
//
// What passed between two engines, as lines for a failed test and as one number: the same seed gives the same number.
// Reads headers only, since keys of real key exchanges differ from run to run.
#pragma once

#include <levelgate/base/bytes.h>
#include <levelgate/base/time.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace levelgate::testing {

class IkeLadder {
 public:
  void message(Instant at, int from, ConstBytes octets, std::string_view fate) {
    if (octets.size() < 28) return note(at, from, "short message");
    const auto exchange = std::to_integer<unsigned>(octets[18]);
    const auto flags = std::to_integer<unsigned>(octets[19]);
    const bool response = (flags & 0x20U) != 0;
    std::string line = exchange == 34   ? "IKE_SA_INIT"
                       : exchange == 35 ? "IKE_AUTH"
                       : exchange == 36 ? "CREATE_CHILD_SA"
                       : exchange == 37 ? "INFORMATIONAL"
                       : exchange == 43 ? "IKE_INTERMEDIATE"
                       : exchange == 44 ? "IKE_FOLLOWUP_KE"
                                        : "exchange " + std::to_string(exchange);
    line += response ? " response " : " request ";
    line += std::to_string(load_be<std::uint32_t>(octets.data() + 20)) + " of SA " +
            std::to_string(load_be<std::uint16_t>(octets.data())) + ", " + std::to_string(octets.size()) + " octets " +
            std::string(fate);
    note(at, from, line);
  }

  void note(Instant at, int node, std::string_view text) {
    const std::string line = std::to_string(to_ns(at) / 1'000'000) + " ms  " + (node == 0 ? "0 ->   " : "  <- 1 ");
    for (const std::string_view part : {std::string_view(line), text}) {
      for (const char c : part) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    }
    if (lines_.size() >= kMostLines) lines_.erase(lines_.begin(), lines_.begin() + kMostLines / 2);
    lines_.push_back(line + std::string(text));
  }

  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    return all;
  }

 private:
  static constexpr std::size_t kMostLines = 4000;
  std::vector<std::string> lines_;
  std::uint64_t hash_ = 14'695'981'039'346'656'037U;
};

}  // namespace levelgate::testing
