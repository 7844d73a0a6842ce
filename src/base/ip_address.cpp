// SPDX-License-Identifier: Apache-2.0
//
// Text forms and prefix arithmetic of addresses. Never resolves names, never guesses: "1" is not an address.
#include <arpa/inet.h>
#include <levelgate/base/ip_address.h>

#include <charconv>
#include <cstdio>

namespace levelgate {
namespace {

// The octet that holds the boundary of a prefix keeps only its upper bits.
std::byte mask_of(std::size_t octet, std::size_t length) {
  if (length >= (octet + 1) * 8) return std::byte{0xff};
  if (length <= octet * 8) return std::byte{0};
  return static_cast<std::byte>(0xff << (8 - (length - octet * 8)));
}

template <typename Change>
IpAddress map_octets(const IpAddress& from, Change change) {
  std::array<std::byte, 16> octets{};
  const ConstBytes source = from.bytes();
  for (std::size_t i = 0; i < source.size(); ++i) octets[i] = change(source[i], i);
  return from.family() == IpFamily::kV4 ? IpAddress::v4_from(octets.data()) : IpAddress::v6_from(octets.data());
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would stop there
  const std::string terminated(text);
  std::array<std::byte, 16> octets{};
  if (inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1) return v4_from(octets.data());
  if (inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1) return v6_from(octets.data());
  return std::nullopt;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const int family = family_ == IpFamily::kV4 ? AF_INET : AF_INET6;
  return inet_ntop(family, octets_.data(), buffer.data(), buffer.size()) != nullptr ? buffer.data() : "";
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned longest = static_cast<unsigned>(address->bytes().size() * 8);
  unsigned length = longest;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (fault != std::errc{} || end != digits.data() + digits.size() || length > longest) return std::nullopt;
  }
  return IpPrefix{*address, static_cast<std::uint8_t>(length)};
}

std::string IpPrefix::text() const { return address.text() + "/" + std::to_string(length); }

IpPrefix IpPrefix::network() const {
  return {map_octets(address, [&](std::byte b, std::size_t i) { return b & mask_of(i, length); }), length};
}

IpAddress IpPrefix::last_address() const {
  return map_octets(address, [&](std::byte b, std::size_t i) { return b | ~mask_of(i, length); });
}

bool IpPrefix::contains(const IpAddress& a) const {
  return a.family() == address.family() && IpPrefix{a, length}.network().address == network().address;
}

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress mac;
  if (text.size() != 17) return std::nullopt;
  for (std::size_t i = 0; i < 6; ++i) {
    unsigned value = 0;
    const char* at = text.data() + i * 3;
    const auto [end, fault] = std::from_chars(at, at + 2, value, 16);
    if (fault != std::errc{} || end != at + 2 || (i < 5 && at[2] != ':')) return std::nullopt;
    mac.octets[i] = static_cast<std::byte>(value);
  }
  return mac;
}

std::string MacAddress::text() const {
  std::array<char, 18> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%02x:%02x:%02x:%02x:%02x:%02x", std::to_integer<unsigned>(octets[0]),
                std::to_integer<unsigned>(octets[1]), std::to_integer<unsigned>(octets[2]),
                std::to_integer<unsigned>(octets[3]), std::to_integer<unsigned>(octets[4]),
                std::to_integer<unsigned>(octets[5]));
  return buffer.data();
}

}  // namespace levelgate
