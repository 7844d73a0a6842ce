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

#include "ike/exchanges/exchange.h"
#include "ike/exchanges/sa_init.h"
#include "ike/sa_state.h"
#include "ikemessage/fragment_pace.h"
#include "ikemessage/fragments.h"
#include "ikemessage/handshake_patience.h"
#include "ikemessage/message_window.h"
#include "ikemessage/paced_message.h"

namespace levelgate::ike {

class IkeSa {
 public:
  explicit IkeSa(SaState state) : state_(std::move(state)) {}

  // As initiator: IKE_SA_INIT and all that follows.
  void begin(Means& means);
  // As responder: an IKE_SA_INIT request that is to be served.
  void serve_init(Means& means, InitChoice choice, ikemessage::Message request);
  // A message with our SPI; `header` was read from it. What does not belong here is dropped.
  void datagram(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header);
  void job_done(Means& means, JobId id, JobValue value);
  void on_time(Means& means);

  // Of the connection that path() names, where it is ours: it is made; or it ended, whosever it is.
  void stream_up(Means& means, const Path& path);
  void stream_ended(Means& means);

  // Equal wants are one. A handshake that is under way serves none.
  void want(Means& means, Want what, ChildId child = {});
  // Ends at once, without a word to the peer.
  void close_now(Means& means, const Reason& reason);
  // As responder: while the peer is not known, its silence is borne for a shorter time.
  void hurry() { handshake_patience_.hurry(); }
  // Something authentic of the peer came another way: its ESP packets.
  void heard(Instant now) { state_.heard_at = now; }
  // And by this stream.
  void esp_arrived(Means& means, StreamId stream);

  [[nodiscard]] Instant deadline() const;
  [[nodiscard]] bool gone() const { return gone_; }
  [[nodiscard]] SaState& state() { return state_; }
  [[nodiscard]] const SaState& state() const { return state_; }
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
    return state_.attempt.falls_back && state_.phase == Phase::kInitSent && !state_.attempt.answered;
  }

 private:
  // --- what arrives ---
  void request(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header);
  void response(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header);
  struct Incoming {  // the message of one direction that is being put together
    ikemessage::Reassembly parts;
    std::vector<std::byte> first;  // its first datagram: IntAuth wants it
    bool refused = false;          // it cannot become what was agreed to
  };
  std::optional<ikemessage::Message> open_whole(Means& means, Incoming& incoming, ConstBytes octets,
                                                const ikewire::IkeHeader& header,
                                                const std::vector<ikewire::PayloadView>& chain);
  enum class Reading : std::uint8_t { kGood, kBroken, kCritical };
  Reading read(ikemessage::Message& message, std::uint8_t& critical) const;
  void serve(Means& means, ikemessage::Message message);
  void take_response(Means& means, ikemessage::Message message);
  void follow_path(Means& means, const Path& path);
  // As responder, before the peer is known.
  [[nodiscard]] bool half_open() const {
    return is_handshake(state_.phase) && state_.role == ikewire::IkeRole::kResponder;
  }
  [[nodiscard]] bool may_open(const Means& means, const ikewire::IkeHeader& header,
                              const std::vector<ikewire::PayloadView>& chain);
  [[nodiscard]] bool brings_solution(const std::vector<ikewire::PayloadView>& chain) const;
  [[nodiscard]] static std::optional<ikemessage::MessageDigest> digest_of(ConstBytes datagram);
  bool note_intermediate(ikewire::IkeRole sender, ConstBytes datagram, const ikemessage::Payloads& payloads);

  // --- what leaves ---
  void start_next(Means& means);
  [[nodiscard]] std::unique_ptr<OwnExchange> next_exchange();
  void after_own(Means& means, Turn& turn, Outcome outcome);
  void after_peer(Means& means, Turn& turn, Outcome outcome);
  void send_request(Means& means, Turn& turn);
  bool send_response(Means& means, Turn& turn);
  void answer_fault(Means& means, const ikemessage::Message& message, Reading reading, std::uint8_t critical);
  void refuse_peer(Means& means, const Reason& reason);
  [[nodiscard]] std::optional<ikemessage::SentMessage> pack(Means& means, ikewire::Exchange exchange,
                                                            ikewire::IkeDirection direction, ikewire::MessageId id,
                                                            ikemessage::Payloads payloads);
  [[nodiscard]] std::size_t largest_message(ikewire::IkeDirection direction) const;
  void send(Means& means, const Path& path, const ikemessage::SentMessage& message);
  void prepare(Turn& turn) const;
  void note(Means& means, std::string text) const;
  [[nodiscard]] static ikemessage::Jitter jitter(Means& means);

  // --- large messages ---
  // Leaves at a pace.
  [[nodiscard]] bool is_long(const ikemessage::SentMessage& message) const {
    return message.size() > limits::kBurstDatagrams && !repeats_whole();
  }
  [[nodiscard]] ikewire::BigPayloads big_payloads() const {
    return state_.peer.large_keys ? ikewire::BigPayloads::kKeyExchange : ikewire::BigPayloads::kRefused;
  }
  [[nodiscard]] bool repeats_whole() const {
    return state_.policy && state_.policy->long_messages == LongMessages::kWhole;
  }
  [[nodiscard]] std::uint64_t pace() const;  // bits per second
  [[nodiscard]] bool asking_is_quicker(const ikemessage::SentMessage& message) const;
  void send_outstanding(Means& means);
  void send_paced(Means& means);
  void expect_large_keys();
  [[nodiscard]] bool is_refused(const Incoming& incoming, const ikemessage::Piece& piece,
                                ikemessage::PieceVerdict verdict) const;
  void refuse_large(Means& means, const Path& path, ConstBytes octets, const ikewire::IkeHeader& header);
  void break_large_round(Means& means);
  [[nodiscard]] Instant unheard_at() const;
  [[nodiscard]] Instant ready_key_due() const;
  void make_ready_key(Means& means);
  void take_ready_key(JobValue value);
  void fragment_arrived(Means& means, const Path& path, const ikewire::IkeHeader& header);
  void acknowledge_fragments(Means& means);
  void take_fragment_ack(Means& means, ConstBytes octets, const ikewire::IkeHeader& header);

  // --- streams ---
  [[nodiscard]] bool arrived_by(Means& means, const Path& path);
  void call_again(Means& means);
  void repeat_outstanding(Means& means);
  [[nodiscard]] Nanos patience() const;

  // --- time ---
  void learn_answer_time(Instant now);
  void retransmit(Means& means);
  void serve_lifetimes(Means& means);
  void serve_children(Means& means);
  [[nodiscard]] std::string silence_text() const;
  [[nodiscard]] std::string_view silence_id() const;

  SaState state_;
  ikemessage::OwnRequests own_requests_;
  ikemessage::PeerRequests peer_requests_;
  Incoming incoming_request_, incoming_response_;
  ikemessage::PacedMessage paced_;  // our outstanding request, while it is leaving
  std::uint32_t silences_ = 0;      // times that it left since the peer told what it has of it
  Instant ack_at_ = kNever;         // what is there of a long request of the peer is to be told
  ikemessage::FragmentPace arrivals_;
  Path ack_path_;

  std::unique_ptr<OwnExchange> own_;
  std::unique_ptr<ikemessage::Message> own_message_;  // lives as long as the exchange that reads it
  std::deque<std::unique_ptr<OwnExchange>> follow_;
  std::unique_ptr<PeerExchange> serving_;
  std::unique_ptr<ikemessage::Message> serving_message_;
  std::optional<JobId> own_job_, peer_job_, ready_job_;
  Instant ready_for_ = kNever;  // the rekey for which a key was made last
  Path answer_path_;            // where the request came from

  ikemessage::HandshakePatience handshake_patience_;  // of a responder
  Instant sent_at_ = kNever;                          // the first try of our request
  Instant again_at_ = kNever;                         // the last one
  Instant keepalive_at_ = kNever;
  std::uint32_t unopened_ = 0;  // messages of a handshake that came under other keys than ours
  bool gone_ = false;
};

}  // namespace levelgate::ike
