// SPDX-License-Identifier: Apache-2.0
//
// Two sides over a path that loses, repeats and reorders: every request is served once and answered as it was served
// (RFC 7296 §2.1, §2.3), and whatever fragments arrive in whatever order, only messages that were sent come out
// (RFC 7383 §2.6).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "ikemessage/fragments.h"
#include "ikemessage/message_window.h"

namespace levelgate::ikemessage::ike_exchange_laws_test {
namespace {

// --- windows ---

struct OnPath {
  MessageId id;
  std::byte octet;
};

// A side that asks, a side that answers, and a path with a will of its own.
class LossyPath {
 public:
  void send_if_free() {
    const auto id = own_.next_id();
    if (own_.busy() || !id) return;
    ++asked_;
    RC_ASSERT(own_.sent(now_, {Datagram{request_octet(*id)}}, {}));
    requests_.push_back({*id, request_octet(*id)});
  }
  void pass_time() {
    now_ += std::chrono::seconds(70);
    const RetryStep step = own_.on_time(now_, {});
    if (step == RetryStep::kResend) requests_.push_back({*own_.next_id(), own_.outstanding()->front().front()});
    gone_ = gone_ || step == RetryStep::kGiveUp;
  }
  void deliver_request(std::size_t at) {
    if (requests_.empty()) return;
    const OnPath arrived = requests_[at % requests_.size()];  // it stays on the path: repeats are the rule
    const MessageDigest digest{arrived.octet};
    switch (peer_.verdict({arrived.id, digest, 0})) {
      case RequestVerdict::kNew:
        RC_ASSERT(served_.insert(arrived.id).second);
        RC_ASSERT(peer_.accept(arrived.id, digest));
        RC_ASSERT(peer_.answer(arrived.id, {Datagram{response_octet(arrived.id)}}));
        responses_.push_back({arrived.id, response_octet(arrived.id)});
        return;
      case RequestVerdict::kAnswerAgain:
        responses_.push_back({arrived.id, peer_.response(arrived.id)->front().front()});
        return;
      case RequestVerdict::kTooOld:
        RC_ASSERT(served_.contains(arrived.id));
        return;
      case RequestVerdict::kUnderWay:
      case RequestVerdict::kAnswerIfAuthentic:
      case RequestVerdict::kOtherFragment:
      case RequestVerdict::kOtherOctets:
      case RequestVerdict::kTooNew:
      case RequestVerdict::kNoMore:
        RC_FAIL("an honest side was misunderstood");
    }
  }
  void deliver_response(std::size_t at) {
    if (responses_.empty()) return;
    const OnPath arrived = responses_[at % responses_.size()];
    RC_ASSERT(own_.verdict(arrived.id) != ResponseVerdict::kUnasked);
    if (!own_.answered(arrived.id)) return;
    RC_ASSERT(arrived.octet == response_octet(arrived.id));
    ++answered_;
  }
  void lose(std::size_t at) {
    if (!requests_.empty()) requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(at % requests_.size()));
  }
  // Whatever happened, a path that works again lets everything through.
  void settle() {
    for (int turn = 0; turn < 3 && own_.busy() && !gone_; ++turn) {
      pass_time();
      if (requests_.empty()) continue;
      deliver_request(requests_.size() - 1);
      if (!responses_.empty()) deliver_response(responses_.size() - 1);
    }
    RC_ASSERT(gone_ || answered_ == asked_);
    RC_ASSERT(served_.size() <= asked_);
    RC_ASSERT(peer_.kept() <= 1u);
  }

 private:
  static std::byte request_octet(MessageId id) { return std::byte(id.value); }
  static std::byte response_octet(MessageId id) { return std::byte(id.value + 100); }

  Instant now_ = at_ns(0);
  OwnRequests own_;
  PeerRequests peer_;
  std::vector<OnPath> requests_, responses_;
  std::set<MessageId> served_;
  std::size_t asked_ = 0, answered_ = 0;
  bool gone_ = false;
};

RC_GTEST_PROP(IkeExchangeLaws, EveryRequestIsServedOnceAndAnsweredAsItWas, ()) {
  LossyPath path;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, std::size_t>>>(
      200, rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange<std::size_t>(0, 1000)));
  for (const auto& [what, which] : steps) {
    if (what == 0) path.pass_time();
    if (what == 1) path.lose(which);
    if (what == 2 || what == 3) path.send_if_free();
    if (what == 4 || what == 5) path.deliver_request(which);
    if (what == 6 || what == 7) path.deliver_response(which);
  }
  path.settle();
}

// --- fragments ---

RC_GTEST_PROP(IkeExchangeLaws, OnlyMessagesThatWereSentComeOutOfFragments, ()) {
  struct Cut {
    MessageId id;
    ikewire::FragmentNumber fragment;
    ConstBytes inner;
  };
  std::map<MessageId, std::vector<std::byte>> sent;
  std::vector<Cut> cuts;
  std::size_t last_total = 0;
  for (std::uint32_t id = 0; id < 3; ++id) {
    std::vector<std::byte>& inner = sent[MessageId{id}];
    inner.resize(*rc::gen::inRange<std::size_t>(1, 60));
    std::ranges::generate(inner, [&, n = 0]() mutable { return std::byte(id * 64 + static_cast<unsigned>(n++)); });
    const auto first = split(inner, 20);
    const auto second = split(inner, 11, first.size());  // cut smaller, as for a path that swallows the first ones
    for (const auto& pieces : {first, second}) {
      for (std::size_t n = 0; n < pieces.size(); ++n) {
        cuts.push_back({MessageId{id}, {std::uint16_t(n + 1), std::uint16_t(pieces.size())}, pieces[n]});
      }
    }
    if (id == 1) last_total = second.empty() ? first.size() : second.size();
  }
  Reassembly reassembly({8, 60});
  for (const std::size_t at :
       *rc::gen::container<std::vector<std::size_t>>(120, rc::gen::inRange<std::size_t>(0, 1000))) {
    const Cut& cut = cuts[at % cuts.size()];
    const PieceVerdict before = reassembly.verdict(cut.id, cut.fragment);
    RC_ASSERT(reassembly.add(at_ns(0), {cut.id, cut.fragment, ikewire::PayloadType::kIdi, {}, cut.inner}) == before);
    RC_ASSERT(reassembly.octets() <= 60u);
    if (const auto whole = reassembly.take()) RC_ASSERT(whole->inner == sent.at(whole->id));
  }
  // Whatever is held by then, a message sent once more in order comes out.
  for (const Cut& cut : cuts) {
    if (cut.id != MessageId{1} || cut.fragment.total != last_total) continue;
    (void)reassembly.add(at_ns(0), {cut.id, cut.fragment, ikewire::PayloadType::kIdi, {}, cut.inner});
  }
  const auto whole = reassembly.take();
  RC_ASSERT(whole.has_value());
  RC_ASSERT(whole->inner == sent.at(MessageId{1}));
}

}  // namespace
}  // namespace levelgate::ikemessage::ike_exchange_laws_test
