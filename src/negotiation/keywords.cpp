// SPDX-License-Identifier: Apache-2.0
//
// The table of words, and the rules that make a proposal of them.
#include "negotiation/keywords.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace levelgate::negotiation {
namespace {

using ikewire::Encryption;
using ikewire::Integrity;
using ikewire::KeMethod;
using ikewire::Prf;
using ikewire::ProtocolId;
using ikewire::SequenceNumbers;
using ikewire::Transform;
using ikewire::TransformType;

struct Word {
  std::string_view text;
  TransformType type;
  std::uint16_t id;
  std::uint16_t key_bits = 0;
};

template <typename Number>
constexpr Word word(std::string_view text, TransformType type, Number id, std::uint16_t key_bits = 0) {
  return {text, type, static_cast<std::uint16_t>(id), key_bits};
}

// The first word for a transform is the one that is printed.
constexpr auto kWords = std::to_array<Word>({
    word("aes128gcm16", TransformType::kEncr, Encryption::kAesGcm16, 128),
    word("aes128gcm128", TransformType::kEncr, Encryption::kAesGcm16, 128),
    word("aes128gcm", TransformType::kEncr, Encryption::kAesGcm16, 128),
    word("aes256gcm16", TransformType::kEncr, Encryption::kAesGcm16, 256),
    word("aes256gcm128", TransformType::kEncr, Encryption::kAesGcm16, 256),
    word("aes256gcm", TransformType::kEncr, Encryption::kAesGcm16, 256),
    word("chacha20poly1305", TransformType::kEncr, Encryption::kChacha20Poly1305),
    word("aes128", TransformType::kEncr, Encryption::kAesCbc, 128),
    word("aes", TransformType::kEncr, Encryption::kAesCbc, 128),
    word("aes256", TransformType::kEncr, Encryption::kAesCbc, 256),
    word("prfsha256", TransformType::kPrf, Prf::kHmacSha2_256),
    word("prfsha384", TransformType::kPrf, Prf::kHmacSha2_384),
    word("prfsha512", TransformType::kPrf, Prf::kHmacSha2_512),
    word("sha256", TransformType::kInteg, Integrity::kHmacSha2_256_128),
    word("sha2_256", TransformType::kInteg, Integrity::kHmacSha2_256_128),
    word("sha384", TransformType::kInteg, Integrity::kHmacSha2_384_192),
    word("sha2_384", TransformType::kInteg, Integrity::kHmacSha2_384_192),
    word("sha512", TransformType::kInteg, Integrity::kHmacSha2_512_256),
    word("sha2_512", TransformType::kInteg, Integrity::kHmacSha2_512_256),
    word("noesn", TransformType::kSequenceNumbers, SequenceNumbers::k32Bit),
    word("esn", TransformType::kSequenceNumbers, SequenceNumbers::kExtended),
    word("modpnone", TransformType::kKe, KeMethod::kNone),
    word("none", TransformType::kKe, KeMethod::kNone),
    word("modp2048", TransformType::kKe, KeMethod::kModp2048),
    word("modp3072", TransformType::kKe, KeMethod::kModp3072),
    word("modp4096", TransformType::kKe, KeMethod::kModp4096),
    word("modp6144", TransformType::kKe, KeMethod::kModp6144),
    word("modp8192", TransformType::kKe, KeMethod::kModp8192),
    word("ecp256", TransformType::kKe, KeMethod::kEcp256),
    word("ecp384", TransformType::kKe, KeMethod::kEcp384),
    word("ecp521", TransformType::kKe, KeMethod::kEcp521),
    word("x25519", TransformType::kKe, KeMethod::kCurve25519),
    word("curve25519", TransformType::kKe, KeMethod::kCurve25519),
    word("x448", TransformType::kKe, KeMethod::kCurve448),
    word("curve448", TransformType::kKe, KeMethod::kCurve448),
    word("mlkem512", TransformType::kKe, KeMethod::kMlKem512),
    word("mlkem768", TransformType::kKe, KeMethod::kMlKem768),
    word("mlkem1024", TransformType::kKe, KeMethod::kMlKem1024),
    word("mceliece348864", TransformType::kKe, KeMethod::kMceliece348864),
    word("mceliece348864f", TransformType::kKe, KeMethod::kMceliece348864f),
    word("mceliece460896", TransformType::kKe, KeMethod::kMceliece460896),
    word("mceliece460896f", TransformType::kKe, KeMethod::kMceliece460896f),
    word("mceliece6688128", TransformType::kKe, KeMethod::kMceliece6688128),
    word("mceliece6688128f", TransformType::kKe, KeMethod::kMceliece6688128f),
    word("mceliece6960119", TransformType::kKe, KeMethod::kMceliece6960119),
    word("mceliece6960119f", TransformType::kKe, KeMethod::kMceliece6960119f),
    word("mceliece8192128", TransformType::kKe, KeMethod::kMceliece8192128),
    word("mceliece8192128f", TransformType::kKe, KeMethod::kMceliece8192128f),
});

// Known elsewhere, and refused with the reason rather than as an unknown word (RFC 8247 §2, RFC 8221 §5).
constexpr auto kWeakWords = std::to_array<std::string_view>(
    {"des", "3des", "md5", "sha", "sha1", "prfmd5", "prfsha1", "modp768", "modp1024", "modp1536", "modp1024s160",
     "modp2048s224", "modp2048s256", "ecp192", "ecp224", "null", "blowfish", "cast128"});

// Transforms of one kind stand together, kinds in this order, so that equal proposals are equal values.
constexpr std::uint8_t rank(TransformType type) { return static_cast<std::uint8_t>(type); }

bool is_no_exchange(const Transform& transform) { return is_key_exchange(transform.type) && transform.id == 0; }

class ProposalParser {
 public:
  ProposalParser(ProtocolId protocol, std::string_view text) : protocol_(protocol), text_(text) {}

  Result<ikewire::Proposal> parse(std::uint8_t number) {
    std::string_view rest = text_;
    for (bool more = true; more;) {
      const std::size_t dash = rest.find('-');
      more = dash != std::string_view::npos;
      if (const Result<void> added = add(rest.substr(0, dash)); !added) return std::unexpected(added.error());
      if (more) rest.remove_prefix(dash + 1);
    }
    complete();
    if (const std::string wrong = what_is_wrong(); !wrong.empty()) return refuse(wrong);
    return ikewire::Proposal{number, protocol_, {}, in_order()};
  }

 private:
  std::unexpected<Error> refuse(const std::string& why) const {
    return failure(Fault::kBadInput, "proposal '" + std::string(text_) + "': " + why);
  }
  bool has(TransformType type) const {
    return std::ranges::any_of(transforms_, [&](const Transform& t) { return t.type == type; });
  }
  template <typename Test>
  bool any_cipher(Test test) const {
    return std::ranges::any_of(
        transforms_, [&](const Transform& t) { return t.type == TransformType::kEncr && test(Encryption{t.id}); });
  }

  std::vector<Transform> in_order() const;
  Result<void> add(std::string_view name);
  void complete();
  std::string what_is_wrong() const;
  std::string what_is_wrong_with_key_exchanges() const;

  ProtocolId protocol_;
  std::string_view text_;
  std::vector<Transform> transforms_;
};

// "ke3_x25519" is x25519 as ADDKE3 (RFC 9370 §2.1); the rest is found as it stands.
std::optional<Transform> find_word(std::string_view name) {
  std::optional<TransformType> additional;
  if (name.size() > 4 && name.starts_with("ke") && name[2] >= '1' && name[2] <= '7' && name[3] == '_') {
    additional = static_cast<TransformType>(rank(TransformType::kAddKe1) + (name[2] - '1'));
    name.remove_prefix(4);
  }
  const auto found = std::ranges::find(kWords, name, &Word::text);
  if (found == kWords.end() || (additional && found->type != TransformType::kKe)) return std::nullopt;
  if (!additional && name == "none") return std::nullopt;  // of which kind?
  return make_transform(additional.value_or(found->type), found->id, found->key_bits);
}

std::vector<Transform> ProposalParser::in_order() const {
  std::vector<Transform> all;
  for (std::uint8_t type = rank(TransformType::kEncr); type <= rank(TransformType::kAddKe7); ++type) {
    std::ranges::copy_if(transforms_, std::back_inserter(all),
                         [&](const Transform& t) { return rank(t.type) == type; });
  }
  return all;
}

Result<void> ProposalParser::add(std::string_view name) {
  const std::string quoted = "'" + std::string(name) + "'";
  const std::optional<Transform> transform = find_word(name);
  if (!transform) {
    const bool weak = std::ranges::find(kWeakWords, name) != kWeakWords.end();
    return refuse(quoted + (weak ? " is too weak and not offered" : " is no algorithm of this gateway"));
  }
  const bool only_ike = transform->type == TransformType::kPrf;
  const bool only_esp = transform->type == TransformType::kSequenceNumbers;
  if (only_ike && protocol_ != ProtocolId::kIke) return refuse(quoted + " belongs to IKE proposals");
  if (only_esp && protocol_ != ProtocolId::kEsp) return refuse(quoted + " belongs to ESP proposals");
  if (std::ranges::find(transforms_, *transform) != transforms_.end()) return refuse(quoted + " stands there twice");
  transforms_.push_back(*transform);
  return {};
}

// An integrity algorithm of IKE stands for the prf over the same hash; ESP has 32-bit numbers unless told otherwise.
void ProposalParser::complete() {
  if (protocol_ == ProtocolId::kEsp && !has(TransformType::kSequenceNumbers)) {
    const auto none = static_cast<std::uint16_t>(SequenceNumbers::k32Bit);
    transforms_.push_back(make_transform(TransformType::kSequenceNumbers, none));
  }
  if (protocol_ != ProtocolId::kIke || has(TransformType::kPrf)) return;
  if (any_cipher([](Encryption e) { return is_aead(e); })) return;
  constexpr int kToPrf = static_cast<int>(Integrity::kHmacSha2_256_128) - static_cast<int>(Prf::kHmacSha2_256);
  std::vector<Transform> prfs;
  for (const Transform& t : transforms_) {
    if (t.type != TransformType::kInteg) continue;
    prfs.push_back(make_transform(TransformType::kPrf, static_cast<std::uint16_t>(t.id - kToPrf)));
  }
  std::ranges::move(prfs, std::back_inserter(transforms_));
}

std::string ProposalParser::what_is_wrong() const {
  const bool aead = any_cipher([](Encryption e) { return is_aead(e); });
  const bool plain = any_cipher([](Encryption e) { return !is_aead(e); });
  if (!aead && !plain) return "no cipher is named";
  if (aead && plain) return "AEAD and other ciphers need proposals of their own (RFC 7296 §3.3)";
  if (aead && has(TransformType::kInteg))
    return "an AEAD cipher takes no integrity algorithm; a prf is written prfsha256";
  if (plain && !has(TransformType::kInteg)) return "the cipher needs an integrity algorithm, such as sha256";
  if (protocol_ == ProtocolId::kIke && !has(TransformType::kPrf)) return "no prf is named, such as prfsha256";
  return what_is_wrong_with_key_exchanges();
}

std::string ProposalParser::what_is_wrong_with_key_exchanges() const {
  const bool any = has(TransformType::kKe);
  if (protocol_ == ProtocolId::kIke && !any) return "no key exchange is named, such as x25519";
  const bool additional = std::ranges::any_of(
      transforms_, [](const Transform& t) { return is_key_exchange(t.type) && t.type != TransformType::kKe; });
  if (additional && !any) return "additional key exchanges need a first one (RFC 9370 §2.1)";
  const bool none = std::ranges::any_of(
      transforms_, [](const Transform& t) { return t.type == TransformType::kKe && is_no_exchange(t); });
  if (none && protocol_ == ProtocolId::kIke) return "an IKE SA has a key exchange: 'modpnone' belongs to ESP proposals";
  if (none && additional) return "'modpnone' and additional key exchanges contradict each other";
  return {};
}

}  // namespace

Result<ikewire::Proposal> parse_proposal(ikewire::ProtocolId protocol, std::string_view text, std::uint8_t number) {
  if (protocol != ProtocolId::kIke && protocol != ProtocolId::kEsp) {
    return failure(Fault::kInternal, "proposals are of IKE or of ESP");
  }
  return ProposalParser(protocol, text).parse(number);
}

std::optional<ikewire::KeMethod> key_exchange_of(std::string_view text) {
  const auto known = std::ranges::find_if(
      kWords, [&](const Word& candidate) { return candidate.type == TransformType::kKe && candidate.text == text; });
  if (known == std::end(kWords)) return std::nullopt;
  return ikewire::KeMethod{known->id};
}

std::string transform_text(const ikewire::Transform& transform) {
  const bool additional = is_key_exchange(transform.type) && transform.type != TransformType::kKe;
  const TransformType kind = additional ? TransformType::kKe : transform.type;
  std::string prefix;
  if (additional) prefix = "ke" + std::to_string(rank(transform.type) - rank(TransformType::kAddKe1) + 1) + "_";
  if (additional && transform.id == 0) return prefix + "none";
  const Transform plain = {kind, transform.id, transform.attributes};
  for (const Word& known : kWords) {
    if (make_transform(known.type, known.id, known.key_bits) == plain) return prefix + std::string(known.text);
  }
  const std::string name = prefix + name_of(transform.type, transform.id);
  const auto bits = transform.key_bits();
  return bits ? name + "_" + std::to_string(*bits) : name;
}

std::string proposal_text(const ikewire::Proposal& proposal) {
  std::string text;
  const auto numbers = std::ranges::count(proposal.transforms, TransformType::kSequenceNumbers, &Transform::type);
  for (const Transform& t : proposal.transforms) {
    const bool usual = t.type == TransformType::kSequenceNumbers && t.id == 0 && numbers == 1;
    if (usual && proposal.protocol == ProtocolId::kEsp) continue;
    if (!text.empty()) text += '-';
    text += transform_text(t);
  }
  return text;
}

std::vector<ikewire::Transform> transforms_with_words(ikewire::TransformType type) {
  std::vector<ikewire::Transform> transforms;
  for (const Word& known : kWords) {
    if (known.type != type) continue;
    auto transform = make_transform(known.type, known.id, known.key_bits);
    if (std::ranges::find(transforms, transform) == transforms.end()) transforms.push_back(std::move(transform));
  }
  return transforms;
}

ikewire::Transform make_transform(ikewire::TransformType type, std::uint16_t id, std::uint16_t key_bits) {
  Transform transform{type, id, {}};
  if (key_bits != 0) {
    transform.attributes.push_back({ikewire::AttributeType::kKeyLength, ikewire::AttributeForm::kNumber, key_bits, {}});
  }
  return transform;
}

bool is_aead(ikewire::Encryption encryption) {
  const auto id = static_cast<std::uint16_t>(encryption);
  return (id >= static_cast<std::uint16_t>(Encryption::kAesCcm8) &&
          id <= static_cast<std::uint16_t>(Encryption::kNullAuthAesGmac)) ||
         (id >= static_cast<std::uint16_t>(Encryption::kChacha20Poly1305) &&
          id <= static_cast<std::uint16_t>(Encryption::kChacha20Poly1305Iiv));
}

bool is_post_quantum(ikewire::KeMethod method) {
  return (method >= KeMethod::kMlKem512 && method <= KeMethod::kMlKem1024) ||
         (method >= KeMethod::kMceliece348864 && method <= KeMethod::kMceliece8192128f);
}

}  // namespace levelgate::negotiation
