// SPDX-License-Identifier: Apache-2.0
//
// Payloads that no honest sender makes: arbitrary octets, cut and flipped ones, numbers that jump. The receiver does
// what the naive one does, which only ever holds octets that arrived; and harm stays where it was done.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "property/sent_stream.h"
#include "support/naive_receiver.h"

namespace levelgate::aggfrag::aggfrag_hostile_octets_test {
namespace {

using namespace levelgate::testing;

constexpr std::uint32_t kMaxInner = 9216;

// Both receivers side by side.
class Pair {
 public:
  void accept(std::uint64_t number, const Octets& payload) {
    const std::size_t before = sink_.begun.size();
    const AcceptResult result = receiver_.accept(EspSeq{number}, payload, sink_);
    RC_ASSERT(result.verdict == naive_.accept(number, payload));
    RC_ASSERT(result.pad_octets <= payload.size());
    RC_ASSERT(sink_.begun.size() - before <= payload.size() / 20 + 2);
    check();
  }
  void abandon() {
    receiver_.abandon(sink_);
    naive_.lose();
    check();
  }
  [[nodiscard]] const RecordingSink& sink() const { return sink_; }

 private:
  void check() const {
    RC_ASSERT(sink_.delivered == naive_.delivered);
    RC_ASSERT(sink_.lost() == naive_.lost);
    RC_ASSERT(receiver_.partial() == naive_.unfinished());
    RC_ASSERT(!sink_.out_of_turn);
  }

  Receiver receiver_{kMaxInner};
  RecordingSink sink_;
  NaiveReceiver naive_{kMaxInner};
};

std::vector<Octets> octets_of(const SentStream& stream) {
  std::vector<Octets> payloads;
  for (const SentPayload& payload : stream.payloads) payloads.push_back(payload.octets);
  return payloads;
}

Octets from_numbers(const std::vector<std::uint8_t>& numbers) {
  Octets octets;
  for (const std::uint8_t number : numbers) octets.push_back(static_cast<std::byte>(number));
  return octets;
}

// Octets that are likely to mean something: types, lengths, small offsets.
Octets draw_telling_octets() {
  const auto telling = rc::gen::oneOf(
      rc::gen::element<std::uint8_t>(0, 0, 0, 1, 2, 4, 6, 20, 24, 40, 0x40, 0x44, 0x45, 0x45, 0x46, 0x60, 0x60, 0x70),
      rc::gen::arbitrary<std::uint8_t>());
  return from_numbers(*rc::gen::container<std::vector<std::uint8_t>>(telling));
}

RC_GTEST_PROP(AggfragHostile, ArbitraryOctets, ()) {
  Pair pair;
  const auto payloads = *rc::gen::inRange(0, 20);
  for (int i = 0; i < payloads; ++i) {
    pair.accept(static_cast<std::uint64_t>(i), from_numbers(*rc::gen::arbitrary<std::vector<std::uint8_t>>()));
  }
}

RC_GTEST_PROP(AggfragHostile, TellingOctets, ()) {
  Pair pair;
  const auto payloads = *rc::gen::inRange(0, 30);
  std::uint64_t number = 1;
  for (int i = 0; i < payloads; ++i) {
    number += *rc::gen::element<std::uint64_t>(1, 1, 1, 1, 1, 0, 2, std::uint64_t{1} << 32);
    Octets payload = payload_of(*rc::gen::element<std::size_t>(0, 0, 1, 2, 3, 4, 16, 17, 18, 19, 20, 36, 65'535), {});
    const Octets data = draw_telling_octets();
    payload.insert(payload.end(), data.begin(), data.end());
    pair.accept(number, payload);
    if (*rc::gen::inRange(0, 20) == 0) pair.abandon();
  }
}

RC_GTEST_PROP(AggfragHostile, HonestStreamWithFaults, ()) {
  Pair pair;
  std::vector<Octets> payloads = octets_of(send(draw_plan()));
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    Octets& payload = payloads[i];
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        payload.resize(*rc::gen::inRange<std::size_t>(0, payload.size() + 1));
        break;
      case 1: {
        const auto bit = *rc::gen::inRange<std::size_t>(0, std::min<std::size_t>(payload.size(), 60) * 8);
        payload[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        break;
      }
      case 2:
        continue;
      default:
        break;
    }
    pair.accept(i + 1, payload);
  }
}

// What a payload that was cut or changed can disturb: the packets with an octet in it, no other.
void check_harm_is_local(const SentStream& stream, std::vector<Octets> payloads, std::size_t at) {
  Receiver receiver(kMaxInner);
  RecordingSink sink;
  for (std::size_t i = 0; i < payloads.size(); ++i) (void)receiver.accept(EspSeq{i + 1}, payloads[i], sink);
  RC_ASSERT(!sink.out_of_turn);
  auto found = sink.delivered.begin();
  for (std::size_t i = 0; i < stream.packets.size(); ++i) {
    const auto [first, last] = stream.extent(i);
    if (first <= at && at <= last) continue;
    found = std::find(found, sink.delivered.end(), stream.packets[i]);
    RC_ASSERT(found != sink.delivered.end());
    ++found;
  }
}

RC_GTEST_PROP(AggfragHostile, AFlippedBitHarmsItsOwnPackets, ()) {
  const SentStream stream = send(draw_plan());
  RC_PRE(!stream.payloads.empty());
  std::vector<Octets> payloads = octets_of(stream);
  const auto at = *rc::gen::inRange<std::size_t>(0, payloads.size());
  const auto octet =
      *rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 4), rc::gen::inRange<std::size_t>(0, payloads[at].size()));
  payloads[at][octet] ^= static_cast<std::byte>(1u << *rc::gen::inRange(0, 8));
  check_harm_is_local(stream, payloads, at);
}

RC_GTEST_PROP(AggfragHostile, ATruncatedPayloadHarmsItsOwnPackets, ()) {
  const SentStream stream = send(draw_plan());
  RC_PRE(!stream.payloads.empty());
  std::vector<Octets> payloads = octets_of(stream);
  const auto at = *rc::gen::inRange<std::size_t>(0, payloads.size());
  payloads[at].resize(*rc::gen::inRange<std::size_t>(0, payloads[at].size()));
  check_harm_is_local(stream, payloads, at);
}

}  // namespace
}  // namespace levelgate::aggfrag::aggfrag_hostile_octets_test
