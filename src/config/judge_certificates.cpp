// SPDX-License-Identifier: Apache-2.0
//
// Certificates, revocation lists and private keys: whether they can be read, belong together and are in date. Whether a
// chain leads to an authority is the peer's to judge. Keys in tokens are left alone: asking one could use up its tries.
#include <algorithm>

#include "config/bounded_file.h"
#include "config/draft.h"
#include "config/read_values.h"
#include "crypto/signature.h"

namespace levelgate::config {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kSoon = 30 * kDay;

std::string days_text(std::int64_t seconds) {
  if (seconds < kDay) return "less than a day";
  return std::to_string(seconds / kDay) + (seconds / kDay == 1 ? " day" : " days");
}

class CertificateJudge {
 public:
  CertificateJudge(Draft& draft, Complaints& complaints) : draft_(draft), complaints_(complaints) {}

  void judge() {
    const model::IkeConfig& ike = draft_.config.ike;
    for (std::size_t i = 0; i < ike.authorities.size(); ++i) {
      judge_authority(ike.authorities[i], *draft_.authorities[i].node);
    }
    for (std::size_t i = 0; i < ike.identities.size(); ++i) judge_identity(ike.identities[i], draft_.identities[i]);
  }

 private:
  [[nodiscard]] bool usable(const Node* node) const { return node != nullptr && !complaints_.faulty(node); }

  // Every certificate of a file; none when it is faulty, and the fault told.
  std::vector<crypto::Certificate> certificates_in(const std::string& pem, const Node* file) {
    if (!usable(file)) return {};
    auto found = crypto::certificates_from_pem(pem);
    if (!found) {
      complaints_.error(48, *file, file->text + ": " + found.error().what);
      return {};
    }
    for (const crypto::Certificate& certificate : *found) judge_dates(certificate, *file);
    return std::move(*found);
  }

  // A warning only: time passes without anybody's doing, and one tunnel's lapse is not to keep the others down.
  void judge_dates(const crypto::Certificate& certificate, const Node& file) {
    const std::int64_t left = certificate.last_second() - draft_.circumstances.now_seconds;
    const std::string name = "certificate \"" + certificate.subject() + "\" ";
    if (left < 0) {
      complaints_.warning(110, file.mark, name + "expired " + days_text(-left) + " ago", "replace it");
    } else if (left < kSoon) {
      complaints_.warning(110, file.mark, name + "expires in " + days_text(left), "replace it before");
    }
  }

  void judge_authority(const model::CertificateAuthority& authority, const Node& node) {
    (void)certificates_in(authority.pem, node.find("file"));
    const Node* const crl = node.find("crl");
    const Node* const revocation = node.find("revocation");
    if (crl == nullptr && authority.revocation == model::Revocation::kStrict) {
      return complaints_.error(8, *revocation, "revocation: strict needs a list", "add crl: PATH");
    }
    if (!usable(crl)) return;
    if (const auto lists = crypto::revocation_lists_from_pem(authority.crl); !lists) {
      return complaints_.error(48, *crl, crl->text + ": " + lists.error().what);
    }
    if (authority.revocation != model::Revocation::kNone || complaints_.faulty(revocation)) return;
    complaints_.warning(106, crl->mark, "crl has no effect with revocation: none", "revocation: soft or strict");
  }

  void judge_identity(const model::CertificateIdentity& identity, IdentityPlace& place) {
    const Node* const chain = place.node->find("chain");
    const auto certificates = certificates_in(identity.chain, chain);
    if (!certificates.empty()) place.leaf = certificates.front();
    const Node* const file = find_below(*place.node, {"key", "file"});
    if (!usable(file) || !identity.key.pem.octets) return;
    const auto key = crypto::private_key_from_pem(chars_of(identity.key.pem.octets->bytes()));
    if (!key) return complaints_.error(48, *file, file->text + ": " + key.error().what);
    if (!place.leaf) return;
    const auto certified = place.leaf->public_key();
    if (!certified) return complaints_.error(48, *chain, chain->text + ": " + certified.error().what);
    if (std::ranges::equal(certified->spki(), (*key)->public_key().spki())) return;
    complaints_.error(49, *file,
                      "private key " + file->text + " does not belong to certificate \"" + place.leaf->subject() + "\"",
                      "chain is " + chain->text + ": its first certificate is ours");
  }

  Draft& draft_;
  Complaints& complaints_;
};

}  // namespace

void judge_certificates(Draft& draft, Complaints& complaints) { CertificateJudge(draft, complaints).judge(); }

}  // namespace levelgate::config
