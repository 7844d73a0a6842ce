// SPDX-License-Identifier: Apache-2.0
//
// Ready keys are lent, since their owner lives longer than any exchange.
#include "rehearsal/key_costs.h"

#include <utility>
#include <variant>
#include <vector>

namespace levelgate::rehearsal {
namespace {

class LentKey final : public crypto::GeneratedKey {
 public:
  explicit LentKey(std::shared_ptr<const crypto::GeneratedKey> key) : key_(std::move(key)) {}
  [[nodiscard]] const crypto::KeyExchangeMethod& method() const override { return key_->method(); }
  [[nodiscard]] ConstBytes public_value() const override { return key_->public_value(); }
  [[nodiscard]] Result<SecretBytes> decapsulate(ConstBytes response) const override {
    return key_->decapsulate(response);
  }

 private:
  std::shared_ptr<const crypto::GeneratedKey> key_;
};

}  // namespace

Result<ReadyKeys> ReadyKeys::make(std::span<const std::uint16_t> methods) {
  ReadyKeys ready;
  for (const std::uint16_t method : methods) {
    auto key = crypto::generate_key(method);
    if (!key) return std::unexpected(key.error());
    ready.keys_[method] = std::move(*key);
  }
  return ready;
}

std::unique_ptr<crypto::GeneratedKey> ReadyKeys::lend(std::uint16_t method) const {
  const auto found = keys_.find(method);
  return found == keys_.end() ? nullptr : std::make_unique<LentKey>(found->second);
}

DoneJob do_job(ikestate::RunJob& job, const ReadyKeys& ready, const KeyCosts& costs) {
  const auto cost = costs.find(job.key.method);
  const KeyCost takes = cost == costs.end() ? KeyCost{} : cost->second;
  switch (job.key.step) {
    case ikestate::KeyStep::kNone:
      return {job.work(), Nanos(0)};
    case ikestate::KeyStep::kGenerate:
      if (auto key = ready.lend(job.key.method)) return {std::move(key), takes.generate};
      return {job.work(), takes.generate};
    case ikestate::KeyStep::kEncapsulate:
      return {job.work(), takes.encapsulate};
    case ikestate::KeyStep::kDecapsulate:
      return {job.work(), takes.decapsulate};
  }
  return {job.work(), Nanos(0)};
}

}  // namespace levelgate::rehearsal
