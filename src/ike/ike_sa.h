// SPDX-License-Identifier: Apache-2.0
//
// One IKE SA: runs our exchanges one after the other and answers the peer's, through the message window, the table of
// exchanges, reassembly and encryption, in that order. What is said in an exchange is exchanges/'s matter. Thread:
// control.
#pragma once

#include <levelgate/base/time.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "ikeexchange/exchange.h"
#include "ikeexchange/sa_init.h"
#include "ikemessage/fragment_pace.h"
#include "ikemessage/fragments.h"
#include "ikemessage/handshake_patience.h"
#include "ikemessage/message_window.h"
#include "ikemessage/paced_message.h"
#include "ikestate/sa_state.h"

namespace levelgate::ike {

class IkeSa {
 public:
  explicit IkeSa(ikestate::SaState state) : state_(std::move(state)) {}

  // As initiator: IKE_SA_INIT and all that follows.
  void begin(ikeexchange::Means& means);
  // As responder: an IKE_SA_INIT request that is to be served.
  void serve_init(ikeexchange::Means& means, ikeexchange::InitChoice choice, ikemessage::Message request);
  // A message with our SPI; `header` was read from it. What does not belong here is dropped.
  void datagram(ikeexchange::Means& means, const ikestate::Path& path, ConstBytes octets,
                const ikewire::IkeHeader& header);
  void job_done(ikeexchange::Means& means, ikestate::JobId id, ikestate::JobValue value);
  void on_time(ikeexchange::Means& means);

  // Of the connection that path() names, where it is ours: it is made; or it ended, whosever it is.
  void stream_up(ikeexchange::Means& means, const ikestate::Path& path);
  void stream_ended(ikeexchange::Means& means);

  // Equal wants are one. A handshake that is under way serves none.
  void want(ikeexchange::Means& means, ikestate::Want what, ikestate::ChildId child = {});
  // Ends at once, without a word to the peer.
  void close_now(ikeexchange::Means& means, const ikeexchange::Reason& reason);
  // As responder: while the peer is not known, its silence is borne for a shorter time.
  void hurry() { handshake_patience_.hurry(); }
  // Something authentic of the peer came another way: its ESP packets.
  void heard(Instant now) { state_.heard_at = now; }
  // And by this stream.
  void esp_arrived(ikeexchange::Means& means, StreamId stream);

  [[nodiscard]] Instant deadline() const;
  [[nodiscard]] bool gone() const { return gone_; }
  [[nodiscard]] ikestate::SaState& state() { return state_; }
  [[nodiscard]] const ikestate::SaState& state() const { return state_; }
  [[nodiscard]] std::uint32_t tries() const { return own_requests_.tries(); }
  [[nodiscard]] std::uint32_t most_tries() const {
    const bool large = own_requests_.busy() && is_long(*own_requests_.outstanding());
    if (may_fall_back()) return limits::kTriesBeforeTcp;
    return large ? limits::kLargeTries : limits::kTries;
  }
  // Octets of fragments that wait for the others of their message.
  [[nodiscard]] std::size_t held_octets() const {
    return incoming_request_.parts.octets() + incoming_response_.parts.octets();
  }
  [[nodiscard]] ikewire::MessageId awaited_request() const { return peer_requests_.awaited(); }

  // Nobody has answered over UDP, and there is TCP to try [9329-5.1-a].
  [[nodiscard]] bool may_fall_back() const {
    return state_.attempt.falls_back && state_.phase == ikestate::Phase::kInitSent && !state_.attempt.answered;
  }

 private:
  // --- what arrives ---
  void request(ikeexchange::Means& means, const ikestate::Path& path, ConstBytes octets,
               const ikewire::IkeHeader& header);
  void response(ikeexchange::Means& means, const ikestate::Path& path, ConstBytes octets,
                const ikewire::IkeHeader& header);
  struct Incoming {  // the message of one direction that is being put together
    ikemessage::Reassembly parts;
    std::vector<std::byte> first;  // its first datagram: IntAuth wants it
    bool refused = false;          // it cannot become what was agreed to
  };
  std::optional<ikemessage::Message> open_whole(ikeexchange::Means& means, Incoming& incoming, ConstBytes octets,
                                                const ikewire::IkeHeader& header,
                                                const std::vector<ikewire::PayloadView>& chain);
  enum class Reading : std::uint8_t { kGood, kBroken, kCritical };
  Reading read(ikemessage::Message& message, std::uint8_t& critical) const;
  void serve(ikeexchange::Means& means, ikemessage::Message message);
  void take_response(ikeexchange::Means& means, ikemessage::Message message);
  void follow_path(ikeexchange::Means& means, const ikestate::Path& path);
  // As responder, before the peer is known.
  [[nodiscard]] bool half_open() const {
    return ikestate::is_handshake(state_.phase) && state_.role == ikewire::IkeRole::kResponder;
  }
  [[nodiscard]] bool may_open(const ikeexchange::Means& means, const ikewire::IkeHeader& header,
                              const std::vector<ikewire::PayloadView>& chain);
  [[nodiscard]] bool brings_solution(const std::vector<ikewire::PayloadView>& chain) const;
  [[nodiscard]] static std::optional<ikemessage::MessageDigest> digest_of(ConstBytes datagram);
  bool note_intermediate(ikewire::IkeRole sender, ConstBytes datagram, const ikemessage::Payloads& payloads);

  // --- what leaves ---
  void start_next(ikeexchange::Means& means);
  [[nodiscard]] std::unique_ptr<ikeexchange::OwnExchange> next_exchange();
  void after_own(ikeexchange::Means& means, ikeexchange::Turn& turn, ikeexchange::Outcome outcome);
  void after_peer(ikeexchange::Means& means, ikeexchange::Turn& turn, ikeexchange::Outcome outcome);
  void send_request(ikeexchange::Means& means, ikeexchange::Turn& turn);
  bool send_response(ikeexchange::Means& means, ikeexchange::Turn& turn);
  void answer_fault(ikeexchange::Means& means, const ikemessage::Message& message, Reading reading,
                    std::uint8_t critical);
  void refuse_peer(ikeexchange::Means& means, const ikeexchange::Reason& reason);
  [[nodiscard]] std::optional<ikemessage::SentMessage> pack(ikeexchange::Means& means, ikewire::Exchange exchange,
                                                            ikewire::IkeDirection direction, ikewire::MessageId id,
                                                            ikemessage::Payloads payloads);
  [[nodiscard]] std::size_t largest_message(ikewire::IkeDirection direction) const;
  void send(ikeexchange::Means& means, const ikestate::Path& path, const ikemessage::SentMessage& message);
  void prepare(ikeexchange::Turn& turn) const;
  void note(ikeexchange::Means& means, std::string text) const;
  [[nodiscard]] static ikemessage::Jitter jitter(ikeexchange::Means& means);

  // --- large messages ---
  // Leaves at a pace.
  [[nodiscard]] bool is_long(const ikemessage::SentMessage& message) const {
    return message.size() > limits::kBurstDatagrams && !repeats_whole();
  }
  [[nodiscard]] ikewire::BigPayloads big_payloads() const {
    return state_.peer.large_keys ? ikewire::BigPayloads::kKeyExchange : ikewire::BigPayloads::kRefused;
  }
  [[nodiscard]] bool repeats_whole() const {
    return state_.policy && state_.policy->long_messages == ikestate::LongMessages::kWhole;
  }
  [[nodiscard]] std::uint64_t pace() const;  // bits per second
  [[nodiscard]] bool asking_is_quicker(const ikemessage::SentMessage& message) const;
  void send_outstanding(ikeexchange::Means& means);
  void send_paced(ikeexchange::Means& means);
  void expect_large_keys();
  [[nodiscard]] bool is_refused(const Incoming& incoming, const ikemessage::Piece& piece,
                                ikemessage::PieceVerdict verdict) const;
  void refuse_large(ikeexchange::Means& means, const ikestate::Path& path, ConstBytes octets,
                    const ikewire::IkeHeader& header);
  void break_large_round(ikeexchange::Means& means);
  [[nodiscard]] Instant unheard_at() const;
  [[nodiscard]] Instant ready_key_due() const;
  void make_ready_key(ikeexchange::Means& means);
  void take_ready_key(ikestate::JobValue value);
  void fragment_arrived(ikeexchange::Means& means, const ikestate::Path& path, const ikewire::IkeHeader& header);
  void acknowledge_fragments(ikeexchange::Means& means);
  void take_fragment_ack(ikeexchange::Means& means, ConstBytes octets, const ikewire::IkeHeader& header);

  // --- streams ---
  [[nodiscard]] bool arrived_by(ikeexchange::Means& means, const ikestate::Path& path);
  void call_again(ikeexchange::Means& means);
  void repeat_outstanding(ikeexchange::Means& means);
  [[nodiscard]] Nanos patience() const;

  // --- time ---
  void learn_answer_time(Instant now);
  void retransmit(ikeexchange::Means& means);
  void serve_lifetimes(ikeexchange::Means& means);
  void serve_children(ikeexchange::Means& means);
  [[nodiscard]] std::string silence_text() const;
  [[nodiscard]] std::string_view silence_id() const;

  ikestate::SaState state_;
  ikemessage::OwnRequests own_requests_;
  ikemessage::PeerRequests peer_requests_;
  Incoming incoming_request_, incoming_response_;
  ikemessage::PacedMessage paced_;  // our outstanding request, while it is leaving
  std::uint32_t silences_ = 0;      // times that it left since the peer told what it has of it
  Instant ack_at_ = kNever;         // what is there of a long request of the peer is to be told
  ikemessage::FragmentPace arrivals_;
  ikestate::Path ack_path_;

  std::unique_ptr<ikeexchange::OwnExchange> own_;
  std::unique_ptr<ikemessage::Message> own_message_;  // lives as long as the exchange that reads it
  std::deque<std::unique_ptr<ikeexchange::OwnExchange>> follow_;
  std::unique_ptr<ikeexchange::PeerExchange> serving_;
  std::unique_ptr<ikemessage::Message> serving_message_;
  std::optional<ikestate::JobId> own_job_, peer_job_, ready_job_;
  Instant ready_for_ = kNever;  // the rekey for which a key was made last
  ikestate::Path answer_path_;  // where the request came from

  ikemessage::HandshakePatience handshake_patience_;  // of a responder
  Instant sent_at_ = kNever;                          // the first try of our request
  Instant again_at_ = kNever;                         // the last one
  Instant keepalive_at_ = kNever;
  std::uint32_t unopened_ = 0;  // messages of a handshake that came under other keys than ours
  bool gone_ = false;
};

}  // namespace levelgate::ike
