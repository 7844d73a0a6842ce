// SPDX-License-Identifier: Apache-2.0
//
// What the engine wants done, as values, carried out by others in the order in which they stand: a Child SA is
// installed before the message that lets the peer use it leaves.
#pragma once

#include <levelgate/base/endpoint.h>
#include <levelgate/base/ids.h>
#include <levelgate/base/time.h>
#include <levelgate/model/selector.h>
#include <levelgate/model/tunnel.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "admission/puzzle.h"
#include "authentication/authenticate.h"
#include "crypto/key_exchange.h"

namespace levelgate::ikestate {

// The two clocks: one for timers, one that certificates are held against (seconds since 1970).
struct Moment {
  Instant now;
  std::int64_t unix_seconds = 0;
};

// Both ends as the IKE SA sees them, and the TCP connection, if it is one. Over UDP, port 4500 on our side means: with
// the non-ESP marker (RFC 3948 §2.2).
struct Path {
  Endpoint local, remote;
  StreamId stream{};  // none: UDP
  [[nodiscard]] bool over_tcp() const { return stream != StreamId{}; }
  auto operator<=>(const Path&) const = default;
};

inline constexpr std::uint16_t kIkePort = 500;
inline constexpr std::uint16_t kNatPort = 4500;

struct Send {
  Path path;
  std::vector<std::byte> octets;
};
// Make the connection that `path` names, from any port; Engine::stream_up() or stream_ended() comes of it. What is sent
// on it meanwhile waits.
struct Connect {
  Path path;
};
// Something on it was authentic: it is no stranger's any more.
struct ProveStream {
  StreamId stream;
};
// No SA uses it any more, or what comes on it is no IKE. What was sent on it before still leaves.
struct CloseStream {
  StreamId stream;
};
// One octet that keeps a NAT's mapping alive (RFC 3948 §2.3).
struct SendKeepalive {
  Path path;
};

using JobId = Id<struct JobIdTag, std::uint64_t>;
// A slice of the search for a puzzle's solution; who goes on gives the solver into the next one.
struct PuzzleSearch {
  std::unique_ptr<admission::PuzzleSolver> solver;
  admission::PuzzleSolver::Step step{};
};
using JobValue = std::variant<Result<std::unique_ptr<crypto::GeneratedKey>>, Result<crypto::Encapsulation>,
                              Result<SecretBytes>, Result<authentication::Proof>,
                              std::expected<authentication::Verified, authentication::AuthRefusal>, PuzzleSearch>;
// Which part of a key exchange a job is, for whoever accounts for it.
enum class KeyStep : std::uint8_t { kNone, kGenerate, kEncapsulate, kDecapsulate };
struct KeyWork {
  KeyStep step = KeyStep::kNone;
  std::uint16_t method = 0;
};
// Slow work: it owns its inputs and runs on any thread; Engine::job_done() takes the value.
struct RunJob {
  JobId id;
  std::move_only_function<JobValue()> work;
  KeyWork key;
};

using ChildId = Id<struct ChildIdTag, std::uint64_t>;  // never reused in one process

enum class OutboundUse : std::uint8_t {
  kNow,
  kOnProof,  // when the peer uses it, or when ChildUse comes: the peer may not have it yet
};

// A pair of ESP SAs is agreed upon.
struct ChildUp {
  std::string tunnel;
  ChildId id;
  model::EspSa inbound, outbound;
  model::SelectorPair selectors;
  model::Encapsulation encapsulation = model::Encapsulation::kNone;
  Path path;
  bool aggfrag = true;               // false: plain tunnel mode
  bool peer_takes_fragments = true;  // of inner packets (RFC 9347 §5.1)
  bool peer_wants_reports = false;   // of congestion
  bool large_key = false;            // one went into its keys
  OutboundUse use = OutboundUse::kNow;
};
// The outbound SA of this child is the one to use from now on.
struct ChildUse {
  std::string tunnel;
  ChildId id;
};
// The child is gone; what is under way to us may still arrive for a moment.
struct ChildDown {
  std::string tunnel;
  ChildId id;
};
// ESP of these children has another path: the peer's address or port changed (RFC 7296 §2.23), or the stream that
// carries it came or went (RFC 9329 §6.1); without one nothing can be sent.
struct PathMoved {
  std::string tunnel;
  std::vector<ChildId> children;
  Path path;
};

// An IKE SA is authenticated, or took the place of the one that it rekeys.
struct IkeUp {
  std::string tunnel;
  std::uint64_t own_spi = 0;
};
// An IKE SA or an attempt is over, with its children.
struct IkeDown {
  std::string tunnel;
  std::uint64_t own_spi = 0;
  bool was_up = false;
  bool replaced = false;  // another one stands in its place
  bool again = false;     // the attempt goes on at once, by another transport (RFC 9329 §5.1)
};

enum class Severity : std::uint8_t { kDebug, kInfo, kWarn, kError };
struct Report {
  Severity severity = Severity::kInfo;
  std::string_view id;  // of report_ids.h; empty: none
  std::string tunnel;   // empty: of nobody that is known
  std::string text;
};

using Effect = std::variant<Send, Connect, ProveStream, CloseStream, SendKeepalive, RunJob, ChildUp, ChildUse,
                            ChildDown, PathMoved, IkeUp, IkeDown, Report>;
using Effects = std::vector<Effect>;

}  // namespace levelgate::ikestate
