// SPDX-License-Identifier: Apache-2.0
//
// Values before and after a change, as the file writes them.
#pragma once

#include <levelgate/model/config.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace levelgate::control {

[[nodiscard]] std::string text(bool value);
[[nodiscard]] std::string text(const std::string& value);
[[nodiscard]] std::string text(std::uint32_t value);
[[nodiscard]] std::string text(std::uint64_t value);
[[nodiscard]] std::string text(const std::optional<std::uint32_t>& value);
[[nodiscard]] std::string text(const IpAddress& value);
[[nodiscard]] std::string text(const IpPrefix& value);
[[nodiscard]] std::string text(const std::optional<Nanos>& value);
[[nodiscard]] std::string text(const model::TrafficSelector& value);
[[nodiscard]] std::string text(Nanos value);
[[nodiscard]] std::string text(const std::vector<std::string>& list);
[[nodiscard]] std::string text(model::CryptoChoice value);
[[nodiscard]] std::string text(model::LogLevel value);
[[nodiscard]] std::string text(model::TfsMode value);
[[nodiscard]] std::string text(EspCipher value);
[[nodiscard]] std::string text(const model::RouteConfig& route);
[[nodiscard]] std::string text(const model::NeighbourConfig& neighbour);
[[nodiscard]] std::string text(const model::Identity& identity);
[[nodiscard]] std::string text(model::PostQuantum value);
[[nodiscard]] std::string text(model::StartMode value);
[[nodiscard]] std::string text(model::Transport value);
[[nodiscard]] std::string text(model::EncapsulationChoice value);
[[nodiscard]] std::string text(model::Revocation value);
[[nodiscard]] std::string text(model::PpkExchange value);

template <typename T>
[[nodiscard]] std::string text(const std::vector<T>& list) {
  std::string all;
  for (const T& item : list) all += (all.empty() ? "" : ", ") + text(item);
  return list.empty() ? "none" : all;
}

}  // namespace levelgate::control
