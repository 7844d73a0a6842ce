// SPDX-License-Identifier: Apache-2.0
//
// What an IKE handshake costs: two engines in one thread make an IKE SA and a Child SA by a preshared key, again and
// again, and beside them, in turns within the same run, the bare key exchanges of OpenSSL that such a handshake cannot
// do without. The share of the limit is what to compare between runs.
#include <fmt/core.h>
#include <time.h>

#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "crypto/key_exchange.h"
#include "ike/engine.h"

namespace levelgate {
namespace {

constexpr int kRounds = 20;
constexpr int kInRound = 25;  // handshakes, and as many times the bare operations

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

ikestate::PolicyPtr policy(const std::string& proposal, model::PostQuantum post_quantum, bool first) {
  model::TunnelConfig tunnel;
  tunnel.name = "bench";
  tunnel.local = *IpAddress::parse(first ? "192.0.2.1" : "192.0.2.2");
  tunnel.remote = *IpAddress::parse(first ? "192.0.2.2" : "192.0.2.1");
  model::TunnelIke own;
  static constexpr const char* kPsk = "a preshared key of many octets";
  own.psk = {std::make_shared<const SecretBytes>(as_bytes(kPsk, std::strlen(kPsk)))};
  own.local_id = {model::IdentityKind::kFqdn, first ? "east.example" : "west.example"};
  own.remote_id = {model::IdentityKind::kFqdn, first ? "west.example" : "east.example"};
  own.ike.proposals = {proposal};
  own.ike.post_quantum = post_quantum;
  own.esp.proposals = {"aes256gcm16-x25519"};
  tunnel.ike = own;
  authentication::CredentialCache cache;
  auto credentials = authentication::make_credentials({}, own, cache);
  if (!credentials) std::abort();
  auto made = ikestate::make_policy(tunnel, *credentials);
  if (!made) std::abort();
  return *made;
}

// Both ends and the wire between them: what one sends the other gets at once, and jobs run where they are wanted.
class Pair {
 public:
  explicit Pair(const std::string& proposal, model::PostQuantum post_quantum)
      : random_(crypto::make_openssl_random()),
        policies_{policy(proposal, post_quantum, true), policy(proposal, post_quantum, false)},
        ends_{std::make_unique<ike::Engine>(*random_), std::make_unique<ike::Engine>(*random_)} {
    for (std::size_t i = 0; i < 2; ++i) ends_[i]->configure({policies_[i]});
  }

  // Child SAs that were made at both sides together.
  int handshake() {
    children_ = 0;
    moment_.now += std::chrono::seconds(20);
    carry_out(0, ends_[0]->initiate(moment_, "bench"));
    while (!wire_.empty()) {
      auto [to, path, octets] = std::move(wire_.front());
      wire_.pop_front();
      carry_out(to, ends_[to]->datagram(moment_, path, octets));
    }
    for (std::size_t i = 0; i < 2; ++i) (void)ends_[i]->forget(moment_, "bench");
    return children_;
  }

 private:
  struct OnWire {
    std::size_t to;
    ikestate::Path path;
    std::vector<std::byte> octets;
  };
  void carry_out(std::size_t from, ikestate::Effects effects) {
    for (ikestate::Effect& effect : effects) {
      if (auto* const send = std::get_if<ikestate::Send>(&effect)) {
        wire_.push_back({1 - from, {send->path.remote, send->path.local}, std::move(send->octets)});
      } else if (auto* const job = std::get_if<ikestate::RunJob>(&effect)) {
        carry_out(from, ends_[from]->job_done(moment_, job->id, job->work()));
      } else if (std::holds_alternative<ikestate::ChildUp>(effect)) {
        ++children_;
      }
    }
  }

  std::unique_ptr<crypto::Random> random_;
  std::array<ikestate::PolicyPtr, 2> policies_;
  std::array<std::unique_ptr<ike::Engine>, 2> ends_;
  std::deque<OnWire> wire_;
  ikestate::Moment moment_{at_ns(1'000'000'000), 1'790'000'000};
  int children_ = 0;
};

void bare_exchange(std::uint16_t method) {
  const auto key = crypto::generate_key(method);
  if (!key) std::abort();
  const auto made = crypto::encapsulate(method, (*key)->public_value());
  if (!made || !(*key)->decapsulate(made->response)) std::abort();
}

void measure(const char* name, const std::string& proposal, model::PostQuantum post_quantum,
             const std::vector<std::uint16_t>& methods) {
  Pair pair(proposal, post_quantum);
  double handshakes = 0, bare = 0;
  for (int round = -1; round < kRounds; ++round) {  // the first one warms up
    const double begin = cpu_seconds();
    for (int i = 0; i < kInRound; ++i) {
      if (pair.handshake() != 2) {
        fmt::print(stderr, "{}: a handshake failed\n", name);
        std::exit(1);
      }
    }
    const double middle = cpu_seconds();
    for (int i = 0; i < kInRound; ++i) {
      for (const std::uint16_t method : methods) bare_exchange(method);
    }
    const double end = cpu_seconds();
    if (round < 0) continue;
    handshakes += middle - begin;
    bare += end - middle;
  }
  constexpr double kDone = kRounds * kInRound;
  fmt::print("{:<28} {:>8.0f} handshakes/s of both ends   bare key exchanges {:>8.0f}/s   {:>5.1f} % of that limit\n",
             name, kDone / handshakes, kDone / bare, 100 * bare / handshakes);
}

}  // namespace
}  // namespace levelgate

int main() {
  using levelgate::model::PostQuantum;
  levelgate::measure("x25519", "aes256gcm16-prfsha384-x25519", PostQuantum::kOff, {31});
  levelgate::measure("x25519 + ML-KEM-768", "aes256gcm16-prfsha384-x25519-ke1_mlkem768", PostQuantum::kRequired,
                     {31, 36});
  return 0;
}
