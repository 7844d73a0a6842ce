// SPDX-License-Identifier: Apache-2.0
//
// The file's words.
#include "control/change_text.h"

#include "control/figures.h"

namespace levelgate::control {

std::string text(bool value) { return value ? "true" : "false"; }
std::string text(const std::string& value) { return value.empty() ? "unset" : value; }
std::string text(std::uint32_t value) { return std::to_string(value); }
std::string text(std::uint64_t value) { return std::to_string(value); }
std::string text(const std::optional<std::uint32_t>& value) { return value ? std::to_string(*value) : "unset"; }
std::string text(const IpAddress& value) { return value.text(); }
std::string text(const IpPrefix& value) { return value.text(); }
std::string text(const std::optional<Nanos>& value) { return value ? span(*value) : "auto"; }
std::string text(const model::TrafficSelector& value) { return value.first.text() + "-" + value.last.text(); }

std::string text(Nanos value) { return span(value); }

std::string text(const std::vector<std::string>& list) {
  std::string all;
  for (const std::string& item : list) all += (all.empty() ? "" : ", ") + item;
  return list.empty() ? "none" : all;
}

std::string text(model::CryptoChoice value) {
  switch (value) {
    case model::CryptoChoice::kAuto:
      return "auto";
    case model::CryptoChoice::kIpsecMb:
      return "ipsec-mb";
    case model::CryptoChoice::kCryptodev:
      return "cryptodev";
    case model::CryptoChoice::kOpenssl:
      return "openssl";
  }
  return "";
}

std::string text(model::LogLevel value) {
  switch (value) {
    case model::LogLevel::kDebug:
      return "debug";
    case model::LogLevel::kInfo:
      return "info";
    case model::LogLevel::kWarn:
      return "warn";
    case model::LogLevel::kError:
      return "error";
  }
  return "";
}

std::string text(model::TfsMode value) {
  switch (value) {
    case model::TfsMode::kFixed:
      return "fixed";
    case model::TfsMode::kOnDemand:
      return "on-demand";
    case model::TfsMode::kPlain:
      return "plain";
  }
  return "";
}

std::string text(EspCipher value) { return std::string(cipher_word(value)); }

std::string text(const model::RouteConfig& route) {
  std::string line = route.to.text();
  if (route.blackhole) line += " blackhole";
  if (!route.tunnel.empty()) line += " via " + route.tunnel;
  if (route.gateway) line += " via " + route.gateway->text() + " dev " + route.interface;
  return route.metric == 0 ? line : line + " metric " + std::to_string(route.metric);
}

std::string text(const model::NeighbourConfig& neighbour) {
  return neighbour.address.text() + " on " + neighbour.port + " " + neighbour.mac.text();
}

std::string text(const model::Identity& identity) {
  const bool subject = identity.kind == model::IdentityKind::kDistinguishedName && identity.text.empty();
  if (subject) return "subject";
  return (identity.kind == model::IdentityKind::kKeyId ? "keyid:" : "") + identity.text;
}

std::string text(model::PostQuantum value) {
  switch (value) {
    case model::PostQuantum::kOff:
      return "off";
    case model::PostQuantum::kPreferred:
      return "preferred";
    case model::PostQuantum::kRequired:
      return "required";
  }
  return "";
}

std::string text(model::StartMode value) {
  switch (value) {
    case model::StartMode::kAlways:
      return "always";
    case model::StartMode::kOnTraffic:
      return "on-traffic";
    case model::StartMode::kRespond:
      return "respond";
  }
  return "";
}

std::string text(model::Transport value) {
  switch (value) {
    case model::Transport::kUdp:
      return "udp";
    case model::Transport::kSeparate:
      return "separate";
    case model::Transport::kTcp:
      return "tcp";
    case model::Transport::kFallback:
      return "fallback";
    case model::Transport::kAuto:
      return "auto";
  }
  return "";
}

std::string text(model::EncapsulationChoice value) {
  switch (value) {
    case model::EncapsulationChoice::kAuto:
      return "auto";
    case model::EncapsulationChoice::kNone:
      return "none";
    case model::EncapsulationChoice::kUdp:
      return "udp";
  }
  return "";
}

std::string text(model::Revocation value) {
  switch (value) {
    case model::Revocation::kNone:
      return "none";
    case model::Revocation::kSoft:
      return "soft";
    case model::Revocation::kStrict:
      return "strict";
  }
  return "";
}

std::string text(model::PpkExchange value) {
  switch (value) {
    case model::PpkExchange::kEither:
      return "either";
    case model::PpkExchange::kAuth:
      return "auth";
    case model::PpkExchange::kIntermediate:
      return "intermediate";
  }
  return "";
}

}  // namespace levelgate::control
