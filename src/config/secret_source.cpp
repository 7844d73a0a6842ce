// SPDX-License-Identifier: Apache-2.0
//
// Files and credentials with secrets.
#include "config/secret_source.h"

#include "config/read_values.h"

namespace levelgate::config {
namespace {

class SecretReader {
 public:
  SecretReader(const Draft& draft, Complaints& complaints) : draft_(draft), complaints_(complaints) {}

  std::optional<model::SharedKey> file(const Node& name, std::string_view noun, const Strength& strength) {
    return taken(read_psk(draft_.path_of(name.text), noun, Readers::kOwner, strength), name);
  }

  std::optional<model::SharedKey> credential(const Node& name, const Strength& strength) {
    const auto& folder = draft_.circumstances.credentials;
    if (name.text.empty() || name.text.starts_with('.') || name.text.find('/') != std::string::npos) {
      complaints_.error(18, name, "\"" + name.text + "\" is no good name of a credential",
                        "as LoadCredential= names it");
      return std::nullopt;
    }
    if (!folder) {
      complaints_.warning(112, name.mark, "credential \"" + name.text + "\" is not looked at: only the service has it");
      return std::nullopt;
    }
    if (folder->empty()) {
      complaints_.error(20, name, "credential \"" + name.text + "\": the service was given no credentials",
                        "LoadCredential=" + name.text + ":PATH in its unit");
      return std::nullopt;
    }
    return taken(read_psk(*folder + "/" + name.text, "credential", Readers::kService, strength), name);
  }

 private:
  std::optional<model::SharedKey> taken(std::expected<model::SharedKey, BadFile> key, const Node& source) {
    if (key) return std::move(*key);
    complaints_.error(key.error().id, source, key.error().message, key.error().hint);
    return std::nullopt;
  }

  const Draft& draft_;
  Complaints& complaints_;
};

}  // namespace

std::optional<model::SharedKey> read_secret(const Node& node, const std::string& path, std::string_view noun,
                                            const Strength& strength, const Draft& draft, Complaints& complaints) {
  const Node* const file = node.find("file");
  const Node* const credential = node.find("credential");
  if ((file == nullptr) == (credential == nullptr)) {
    complaints.error(17, node,
                     path + " has " + (file == nullptr ? "neither file nor credential" : "file and credential"),
                     "exactly one of them says where the key is");
    return std::nullopt;
  }
  if (complaints.faulty(file != nullptr ? file : credential)) return std::nullopt;
  const Strength wanted = boolean_of(node.find("weak"), false) ? Strength{0, strength.finding, {}} : strength;
  SecretReader reader(draft, complaints);
  return file != nullptr ? reader.file(*file, noun, wanted) : reader.credential(*credential, wanted);
}

}  // namespace levelgate::config
