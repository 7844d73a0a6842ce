// SPDX-License-Identifier: Apache-2.0
//
// Builders of ICMP errors (RFC 792, RFC 4443 §3).
#include "wire/icmp.h"

#include <algorithm>
#include <cstring>

#include "wire/checksum.h"

namespace levelgate::wire {
namespace {

struct TypeAndCode {
  std::uint8_t type;
  std::uint8_t code;
};

TypeAndCode v4_numbers(IcmpError error) {
  switch (error) {
    case IcmpError::kTimeExceeded:
      return {11, 0};
    case IcmpError::kTooBig:
      return {3, 4};
    case IcmpError::kNetUnreachable:
      return {3, 0};
    case IcmpError::kHostUnreachable:
      return {3, 1};
    case IcmpError::kProhibited:
      return {3, 13};
  }
  return {3, 0};
}

TypeAndCode v6_numbers(IcmpError error) {
  switch (error) {
    case IcmpError::kTimeExceeded:
      return {3, 0};
    case IcmpError::kTooBig:
      return {2, 0};
    case IcmpError::kNetUnreachable:
      return {1, 0};
    case IcmpError::kHostUnreachable:
      return {1, 3};
    case IcmpError::kProhibited:
      return {1, 1};
  }
  return {1, 0};
}

// RFC 4443 §2.3: the pseudo header of ICMPv6.
std::uint32_t pseudo_sum_v6(const std::byte* header, std::uint32_t octets) {
  std::uint32_t sum = checksum_add({header + 8, 32});
  sum += octets + kProtocolIcmpv6;
  return sum;
}

// RFC 4443 §2.4 (e.1), (e.2): the high bit says that it is no error; a redirect is not answered either.
bool is_error_v6(unsigned type) { return type < 128 || type == 137; }
bool is_error_v4(unsigned type) { return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; }

}  // namespace

bool may_answer(ConstBytes packet, const IpView& view) {
  if (view.verdict != IpVerdict::kOk || view.fragment == IpFragment::kLater) return false;
  if (!forwardable_source(packet.data(), view.family)) return false;
  if (!forwardable_destination(packet.data(), view.family)) return false;
  if (view.protocol != kProtocolIcmp && view.protocol != kProtocolIcmpv6) return true;
  if (view.upper_offset >= view.total_octets) return false;
  const unsigned type = std::to_integer<unsigned>(packet[view.upper_offset]);
  return view.family == IpFamily::kV4 ? !is_error_v4(type) : !is_error_v6(type);
}

std::uint32_t write_icmp_error(Bytes to, IcmpError error, std::uint32_t mtu, const IpAddress& source, ConstBytes about,
                               IpFamily family) {
  const bool v4 = family == IpFamily::kV4;
  const std::uint32_t header = v4 ? kIpv4Octets : kIpv6Octets;
  const std::uint32_t longest = v4 ? kLongestIcmpv4 : kLongestIcmpv6;
  const std::uint32_t quoted = std::min(static_cast<std::uint32_t>(about.size()), longest - header - 8);
  const std::uint32_t total = header + 8 + quoted;
  write_ip(to.data(), source, source_of(about.data(), family), v4 ? kProtocolIcmp : kProtocolIcmpv6, total);
  if (v4) {
    to[6] = std::byte{0};  // an error may be fragmented
    set_total_octets(to.data(), family, total);
  }
  std::byte* icmp = to.data() + header;
  const TypeAndCode numbers = v4 ? v4_numbers(error) : v6_numbers(error);
  std::memset(icmp, 0, 8);
  icmp[0] = static_cast<std::byte>(numbers.type);
  icmp[1] = static_cast<std::byte>(numbers.code);
  if (error == IcmpError::kTooBig && v4) store_be<std::uint16_t>(icmp + 6, static_cast<std::uint16_t>(mtu));
  if (error == IcmpError::kTooBig && !v4) store_be<std::uint32_t>(icmp + 4, mtu);
  std::memcpy(icmp + 8, about.data(), quoted);
  const std::uint32_t seed = v4 ? 0 : pseudo_sum_v6(to.data(), 8 + quoted);
  store_be<std::uint16_t>(icmp + 2, checksum_finish(checksum_add({icmp, 8 + quoted}, seed)));
  return total;
}

}  // namespace levelgate::wire
