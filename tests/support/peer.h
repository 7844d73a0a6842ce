// SPDX-License-Identifier: Apache-2.0
//
// The far end of one tunnel, made from the near end's own plan: opens what the gateway sends, and seals whatever a test
// wants the gateway to receive.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "crypto/aead_burst.h"
#include "esp/opener.h"
#include "esp/sealer.h"
#include "support/gateway.h"
#include "wire/aggfrag_header.h"
#include "wire/esp_header.h"
#include "wire/ethernet_header.h"
#include "wire/ip_header.h"
#include "wire/udp_header.h"

namespace levelgate::testing {

using Octets = std::vector<std::byte>;

inline Octets octets(std::initializer_list<unsigned> values) {
  Octets out;
  for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

inline Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The IP packet of a frame.
inline Octets ip_of(const Frame& frame) { return Octets(frame.begin() + wire::kEthernetOctets, frame.end()); }

inline Octets part(const Octets& from, std::size_t begin, std::size_t end) {
  return Octets(from.begin() + static_cast<std::ptrdiff_t>(begin), from.begin() + static_cast<std::ptrdiff_t>(end));
}

// An AGGFRAG payload of sub-type 0.
inline Octets aggfrag_payload(unsigned block_offset, const Octets& blocks) {
  return octets({0, 0, block_offset >> 8, block_offset & 0xff}) + blocks;
}

// The inner packets in a stream of whole AGGFRAG payloads, none of which is missing.
inline std::vector<Octets> inner_packets(const std::vector<Octets>& payloads) {
  std::vector<Octets> packets;
  std::size_t need = 0;  // octets that the last one lacks
  for (const Octets& payload : payloads) {
    const bool padding = payload[2] == std::byte{0} && payload[3] == std::byte{0} && payload[4] == std::byte{0};
    for (std::size_t at = 4; !padding && at < payload.size();) {
      if (need == 0) {
        const wire::BlockType type = wire::block_type(payload[at]);
        if (type != wire::BlockType::kIpv4 && type != wire::BlockType::kIpv6) break;
        need = wire::block_octets(payload.data() + at, type);
        packets.emplace_back();
      }
      const std::size_t here = std::min(need, payload.size() - at);
      packets.back() = packets.back() + part(payload, at, at + here);
      at += here;
      need -= here;
    }
  }
  return packets;
}

class Peer {
 public:
  // `inbound`: which of the plan's inbound SAs it sends under.
  explicit Peer(const model::TunnelPlan& plan, std::size_t inbound = 0)
      : plan_(plan), cipher_(crypto::make_openssl_cipher()) {
    if (inbound < plan.inbound.size()) {
      const model::EspSa& sa = plan.inbound[inbound];
      sealer_ =
          std::make_unique<esp::Sealer>(sa.spi, width(sa), sa.first_sequence, salt(sa), key(sa, esp::Purpose::kSeal));
    }
    if (plan.outbound) {
      const model::EspSa& sa = *plan.outbound;
      opener_ = std::make_unique<esp::Opener>(sa.spi, width(sa), 4096, sa.first_sequence, salt(sa),
                                              key(sa, esp::Purpose::kOpen));
    }
  }

  // A whole frame for the gateway's outer port around an ESP payload. `pad_length`: instead of the right one.
  [[nodiscard]] Frame seal(const Octets& payload, std::uint8_t next_header = wire::kNextHeaderAggfrag,
                           std::optional<std::uint8_t> pad_length = std::nullopt) {
    const std::uint32_t headers = wire::outer_header_octets(plan_.remote.family(), udp());
    const auto length = static_cast<std::uint32_t>(payload.size());
    const std::uint32_t total = headers + wire::esp_octets(length);
    Frame frame(wire::kEthernetOctets + total);
    const bool v4 = plan_.remote.family() == IpFamily::kV4;
    wire::write_ethernet(frame.data(), {}, {}, v4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6);
    std::byte* const ip = frame.data() + wire::kEthernetOctets;
    const std::uint32_t octets =
        wire::write_ip(ip, plan_.remote, plan_.local, udp() ? wire::kProtocolUdp : wire::kProtocolEsp, total);
    if (udp()) {
      wire::write_udp(ip + octets, plan_.udp_remote_port, plan_.udp_local_port,
                      static_cast<std::uint16_t>(total - octets));
    }
    std::copy(payload.begin(), payload.end(), ip + headers + wire::kEspPayloadOffset);
    esp::CipherJob job;
    if (sealer_->prepare(ip + headers, length, next_header, job) != esp::Sealer::Prepared::kReady) return {};
    if (pad_length) job.body[job.body_octets - wire::kEspTrailerOctets] = static_cast<std::byte>(*pad_length);
    cipher_->seal({&job, 1});
    return frame;
  }

  // The next `count` numbers are never seen.
  void lose(std::size_t count = 1) {
    for (std::size_t i = 0; i < count; ++i) (void)seal(aggfrag_payload(0, {}));
  }

  struct Opened {
    std::uint64_t number = 0;
    std::uint8_t next_header = 0;
    Octets payload;
  };
  // Nothing when it is not an authentic packet under the plan's outbound SA, or comes a second time.
  [[nodiscard]] std::optional<Opened> open(Frame frame) {
    const std::uint32_t in_front =
        static_cast<std::uint32_t>(wire::kEthernetOctets) + wire::outer_header_octets(plan_.local.family(), udp());
    if (frame.size() < in_front + wire::kShortestEsp) return std::nullopt;
    const Bytes packet = Bytes(frame).subspan(in_front);
    if (wire::read_esp(packet.data()).spi != opener_->spi()) return std::nullopt;
    esp::CipherJob job;
    EspSeq number;
    if (opener_->check(packet, job, number) != esp::Opener::Checked::kReady) return std::nullopt;
    cipher_->open({&job, 1});
    esp::Opener::Payload payload;
    if (opener_->finish(job, number, payload) != esp::Opener::Opened::kOk) return std::nullopt;
    return Opened{number.value, payload.next_header, Octets(payload.bytes.begin(), payload.bytes.end())};
  }

 private:
  [[nodiscard]] bool udp() const { return plan_.encapsulation == model::Encapsulation::kUdp; }
  static esp::SequenceWidth width(const model::EspSa& sa) {
    return sa.esn ? esp::SequenceWidth::k64 : esp::SequenceWidth::k32;
  }
  static esp::Salt salt(const model::EspSa& sa) {
    esp::Salt salt{};
    const ConstBytes tail = sa.key->bytes().last(salt.size());
    std::copy(tail.begin(), tail.end(), salt.begin());
    return salt;
  }
  std::unique_ptr<esp::CipherKey> key(const model::EspSa& sa, esp::Purpose purpose) {
    return std::move(*cipher_->prepare(sa.cipher, sa.key->bytes().first(key_octets(sa.cipher)), purpose));
  }

  model::TunnelPlan plan_;
  std::unique_ptr<esp::Cipher> cipher_;
  std::unique_ptr<esp::Sealer> sealer_;
  std::unique_ptr<esp::Opener> opener_;
};

}  // namespace levelgate::testing
