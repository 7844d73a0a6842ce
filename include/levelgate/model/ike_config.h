// SPDX-License-Identifier: Apache-2.0
//
// What the operator wrote about IKE, checked and complete: defaults filled in, files read, names resolved. Files are
// held as text, so that a reload sees all of them at one moment or none; keys are made of them where IKE runs.
#pragma once

#include <levelgate/base/secret_bytes.h>
#include <levelgate/base/time.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace levelgate::model {

// What is accepted, whatever is proposed.
enum class PostQuantum : std::uint8_t {
  kOff,        // no post-quantum method is used
  kPreferred,  // a suite with one is taken before all suites without
  kRequired,   // every IKE SA has one; Child SAs have it from there at least
};

enum class StartMode : std::uint8_t {
  kAlways,     // at once, and again whenever it is gone
  kOnTraffic,  // when an inner packet asks for it
  kRespond,    // when the peer does
};

enum class EncapsulationChoice : std::uint8_t { kAuto, kNone, kUdp };  // kAuto: UDP where a NAT is between

enum class IdentityKind : std::uint8_t { kAddress, kFqdn, kEmail, kDistinguishedName, kKeyId };

// The name by which a side calls itself (RFC 7296 §3.5).
struct Identity {
  IdentityKind kind = IdentityKind::kAddress;
  // Address, host name, mail address or key id as it is compared; a distinguished name as "CN=gate, O=example". Empty
  // with kDistinguishedName on our side: the subject of our certificate.
  std::string text;
  auto operator<=>(const Identity&) const = default;
};

struct SharedKey {
  std::shared_ptr<const SecretBytes> octets;
  friend bool operator==(const SharedKey& a, const SharedKey& b) {
    return a.octets == b.octets || (a.octets && b.octets && a.octets->equals(b.octets->bytes()));
  }
};

// Exactly one of both.
struct KeySource {
  SharedKey pem;    // text of a private key
  std::string uri;  // an OpenSSL store: pkcs11:..., file:...
  friend bool operator==(const KeySource&, const KeySource&) = default;
};

enum class Revocation : std::uint8_t {
  kNone,    // lists are not asked
  kSoft,    // who is on a list is refused
  kStrict,  // there must be a list in date for every issuer
};

struct CertificateAuthority {
  std::string name;
  std::string pem;  // one or more certificates, each trusted
  std::string crl;  // PEM; empty: none
  Revocation revocation = Revocation::kNone;
  friend bool operator==(const CertificateAuthority&, const CertificateAuthority&) = default;
};

struct CertificateIdentity {
  std::string name;
  std::string chain;  // PEM: our certificate, then intermediate authorities
  KeySource key;
  friend bool operator==(const CertificateIdentity&, const CertificateIdentity&) = default;
};

// A post-quantum preshared key: fixed octets under a fixed name (RFC 8784 §5.1).
struct Ppk {
  std::string id;
  SharedKey key;
  friend bool operator==(const Ppk&, const Ppk&) = default;
};

// Where a PPK enters the keys.
enum class PpkExchange : std::uint8_t {
  kEither,        // both are offered, the responder takes IKE_INTERMEDIATE where it can
  kAuth,          // IKE_AUTH (RFC 8784): not the first IKE SA itself, but all that comes from it
  kIntermediate,  // IKE_INTERMEDIATE (RFC 9867): before names are said
};

struct PpkSettings {
  std::vector<Ppk> keys;  // the one to use first, then others that are known; empty: PPKs are not spoken of
  bool required = false;  // no SA without one
  PpkExchange exchange = PpkExchange::kEither;
  friend bool operator==(const PpkSettings&, const PpkSettings&) = default;
};

enum class LargeKeyTime : std::uint8_t {
  kAfterAuth,   // the IKE SA is rekeyed at once, then its children
  kBeforeAuth,  // in the handshake: a stranger with a proven address may make us hold a key
};

enum class LargeKeyTraffic : std::uint8_t {
  kFlows,  // under the keys that are there
  kWaits,  // until there is a large key in those of its Child SA
};

// Classic McEliece as one more key exchange.
struct LargeKeys {
  std::string method = "mceliece6688128f";  // the word of a proposal
  // Of the fragments that carry a key; what a path takes without loss.
  std::uint64_t pace_bits_per_second = 50'000'000;
  LargeKeyTime when = LargeKeyTime::kAfterAuth;
  LargeKeyTraffic traffic = LargeKeyTraffic::kFlows;
  friend bool operator==(const LargeKeys&, const LargeKeys&) = default;
};

// Of the IKE SA.
// How IKE travels to a peer (RFC 9329, draft-ietf-ipsecme-ikev2-reliable-transport-04), and whether ESP may go with it.
enum class Transport : std::uint8_t {
  kUdp,       // and nothing else
  kSeparate,  // begun over UDP; over TCP once both sides say so, ESP beside it
  kTcp,       // from the first message on
  kFallback,  // UDP; where it is silent TCP, and ESP as well
  kAuto,      // likewise; IKE over TCP and ESP beside it where UDP passes and large or lost messages speak for it
};
inline constexpr std::uint16_t kTcpPort = 4500;  // RFC 9329 §2

struct IkeSettings {
  std::vector<std::string> proposals{"aes256gcm16-prfsha384-x25519-ke1_mlkem768"};  // checked words, best first
  PostQuantum post_quantum = PostQuantum::kRequired;
  Nanos rekey = std::chrono::hours(4);           // jitter is taken off
  Nanos dpd_delay = std::chrono::seconds(10);    // of silence, until the peer is asked whether it lives
  Nanos dpd_timeout = std::chrono::seconds(60);  // without an answer, until it counts as gone
  bool fragmentation = true;
  bool childless = false;  // the first Child SA by an exchange of its own (RFC 6023), where the peer can
  Transport transport = Transport::kUdp;
  std::uint16_t tcp_port = kTcpPort;  // of the peer
  friend bool operator==(const IkeSettings&, const IkeSettings&) = default;
};

// Of Child SAs.
struct EspSettings {
  std::vector<std::string> proposals{"aes256gcm16-x25519-ke1_mlkem768"};
  bool esn = true;                               // true: preferred; false: refused. No proposal names it
  Nanos rekey_time = std::chrono::hours(1);      // jitter is taken off
  std::uint64_t rekey_octets = 0;                // of outer packets in one direction; 0: not by octets
  Nanos rekey_margin = std::chrono::minutes(5);  // from the rekey to the end of the SA
  friend bool operator==(const EspSettings&, const EspSettings&) = default;
};

// Of a tunnel that has no static keys.
struct TunnelIke {
  Identity local_id, remote_id;
  SharedKey psk;                         // of both sides; else certificates
  std::string identity;                  // our CertificateIdentity
  std::vector<std::string> authorities;  // CertificateAuthority that the peer's certificate must come from
  PpkSettings ppk;
  IkeSettings ike;
  EspSettings esp;
  std::optional<LargeKeys> large_keys;
  StartMode start = StartMode::kAlways;
  EncapsulationChoice encapsulation = EncapsulationChoice::kAuto;
  bool esp_in_tcp = false;       // where the IKE SA travels in TCP, ESP does so too (RFC 9329 §5)
  bool inner_fragments = true;   // tfs.receive.fragments; false: the peer is told to send none
  bool aggfrag_required = true;  // tfs.peer-required: no plain tunnel when the peer has no AGGFRAG
  friend bool operator==(const TunnelIke&, const TunnelIke&) = default;
};

// Who is served while many knock, behind cookies (RFC 8019 §6, §7).
struct AdmissionConfig {
  std::uint32_t puzzle_threshold = 512;      // half-open SAs from which on everybody solves a puzzle; 4096: nobody ever
  std::uint32_t puzzle_difficulty = 16;      // zero bits; 0: the initiator chooses
  std::uint32_t puzzle_auth_difficulty = 0;  // of a second puzzle in IKE_AUTH; 0: there is none
  std::uint32_t puzzle_most_difficulty = 20;  // that is solved as initiator
  std::uint32_t half_open_per_address = 8;    // an IPv4 address or an IPv6 /64
  std::uint32_t half_open_per_network = 512;  // an IPv4 /24 or an IPv6 /48
  friend bool operator==(const AdmissionConfig&, const AdmissionConfig&) = default;
};

struct IkeConfig {
  std::vector<std::string> listen;      // interfaces; empty: those of the tunnels
  std::uint32_t cookie_threshold = 30;  // half-open SAs from which on everybody returns a cookie
  std::uint16_t tcp_port = kTcpPort;    // where we listen, if a tunnel takes TCP
  AdmissionConfig admission;
  std::vector<CertificateAuthority> authorities;
  std::vector<CertificateIdentity> identities;
  friend bool operator==(const IkeConfig&, const IkeConfig&) = default;
};

}  // namespace levelgate::model
