// SPDX-License-Identifier: Apache-2.0
// links: esp crypto
//
// A schedule of an inbound SA drawn from the input: packets sealed, delivered late, twice, changed, cut, or made up.
// What opens was sealed and never opened before; what does not open leaves the window where it was (RFC 4303 §3.4.3).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <utility>
#include <vector>

#include "crypto/aead_burst.h"
#include "support/sa_pair.h"

namespace {

using namespace levelgate;
using testing::Octets;
using testing::SaOptions;
using testing::SaPair;

void require(bool law) {
  if (!law) std::abort();
}

// The rest of the input; zeros behind its end.
class Choices {
 public:
  explicit Choices(ConstBytes from) : reader_(from) {}
  [[nodiscard]] bool left() const { return reader_.remaining() != 0; }
  unsigned octet() { return reader_.read<std::uint8_t>(); }
  std::size_t below(std::size_t limit) { return (octet() * 256u + octet()) % limit; }
  Octets octets(std::size_t most) {
    const ConstBytes taken = reader_.read_bytes(std::min(most, reader_.remaining()));
    return Octets(taken.begin(), taken.end());
  }

 private:
  ByteReader reader_;
};

SaOptions options_from(Choices& choices) {
  constexpr EspCipher kCiphers[] = {EspCipher::kAes128Gcm16, EspCipher::kAes256Gcm16, EspCipher::kChaCha20Poly1305};
  constexpr std::uint32_t kWindows[] = {64, 65, 128, 4096};
  constexpr std::uint64_t kFirst[] = {0, 1, 0xffff'ffe0, 0x1'0000'0000, 0x7'ffff'ffb0, 0xffff'ffff'ffff'ff00};
  SaOptions options;
  options.kind = kCiphers[choices.octet() % std::size(kCiphers)];
  options.window = kWindows[choices.octet() % std::size(kWindows)];
  options.first = kFirst[choices.octet() % std::size(kFirst)];
  options.width = choices.octet() % 2 == 0 ? esp::SequenceWidth::k64 : esp::SequenceWidth::k32;
  if (options.width == esp::SequenceWidth::k32) options.first &= 0xffff'ffff;
  return options;
}

struct Sealed {
  std::uint64_t number;
  Octets payload;
  std::uint8_t next_header;
  Octets packet;
};

class Schedule {
 public:
  Schedule(esp::Cipher& cipher, const SaOptions& options)
      : sa_(cipher, options),
        window_(options.window),
        first_(std::max<std::uint64_t>(options.first, 1)),
        highest_(first_ - 1) {}

  void step(Choices& choices) {
    switch (choices.octet() % 8) {
      case 0:
        if (seal(choices)) deliver(sent_.back());
        break;
      case 1:
        (void)seal(choices);
        break;
      case 2:
        if (!sent_.empty()) deliver(pick(choices));
        break;
      case 3:
        if (!sent_.empty()) deliver_changed(pick(choices), choices);
        break;
      case 4:
        if (!sent_.empty()) deliver_resized(pick(choices), choices);
        break;
      case 5:
        refuse(choices.octets(choices.octet()));
        break;
      case 6:
        deliver_made_up(choices);
        break;
      case 7:
        for (std::size_t more = choices.octet() % 80; more > 0 && seal(choices); --more) continue;
        break;
    }
  }
  // Whatever was tried in between, all that lies in the window and was not opened yet still opens.
  void deliver_all() {
    for (const Sealed& sealed : sent_) deliver(sealed);
  }

 private:
  static constexpr std::size_t kMostSent = 400;

  bool seal(Choices& choices) {
    if (sent_.size() == kMostSent || sa_.sealer.remaining() == 0) return false;
    Sealed sealed;
    sealed.number = sa_.sealer.next_sequence().value;
    sealed.next_header = static_cast<std::uint8_t>(choices.octet());
    sealed.payload = choices.octets(choices.octet() % 64);
    sealed.packet = sa_.seal(sealed.payload, sealed.next_header);
    require(!sealed.packet.empty());
    require(sent_.empty() || sealed.number == sent_.back().number + 1);
    sent_.push_back(std::move(sealed));
    return true;
  }
  const Sealed& pick(Choices& choices) const { return sent_[choices.below(sent_.size())]; }

  void deliver(const Sealed& sealed) {
    const bool fresh = !opened_.contains(sealed.number);
    const bool in_window = sealed.number > highest_ || highest_ - sealed.number < window_;
    const SaPair::Outcome outcome = sa_.open(sealed.packet);
    require(outcome.payload.has_value() == (fresh && in_window));
    if (!outcome.payload) return;
    require(*outcome.payload == sealed.payload && outcome.next_header == sealed.next_header);
    require(outcome.number == sealed.number);
    opened_.insert(sealed.number);
    highest_ = std::max(highest_, sealed.number);
  }
  void refuse(const Octets& packet) { require(!sa_.open(packet).payload); }

  void deliver_changed(const Sealed& sealed, Choices& choices) {
    Octets packet = sealed.packet;
    for (unsigned changes = choices.octet() % 4 + 1; changes > 0; --changes) {
      packet[choices.below(packet.size())] ^= static_cast<std::byte>(choices.octet());
    }
    if (packet != sealed.packet) refuse(packet);
  }
  void deliver_resized(const Sealed& sealed, Choices& choices) {
    Octets packet = sealed.packet;
    packet.resize(choices.below(packet.size() + 64), std::byte{1});
    if (packet != sealed.packet) refuse(packet);
  }
  // A body that nobody sealed behind a header that fits: any number, near or far.
  void deliver_made_up(Choices& choices) {
    Octets packet(wire::kShortestEsp + choices.octet() % 16 * 4);
    const Octets from = choices.octets(packet.size());
    std::copy(from.begin(), from.end(), packet.begin());
    store_be<std::uint32_t>(packet.data(), testing::kSpi.value);
    refuse(packet);
  }

  SaPair sa_;
  std::uint64_t window_;
  std::uint64_t first_;
  std::uint64_t highest_;
  std::vector<Sealed> sent_;
  std::set<std::uint64_t> opened_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  static const std::unique_ptr<esp::Cipher> cipher = crypto::make_openssl_cipher();
  Choices choices(std::as_bytes(std::span(octets, size)));
  Schedule schedule(*cipher, options_from(choices));
  for (int steps = 0; choices.left() && steps < 300; ++steps) schedule.step(choices);
  schedule.deliver_all();
  return 0;
}
