// SPDX-License-Identifier: Apache-2.0
//
// Collects packets that are laid out and numbered, and encrypts them in one burst. A packet is whole only after
// flush().
#pragma once

#include <array>
#include <cstddef>

#include "dataplane/worker_context.h"
#include "esp/cipher.h"

namespace levelgate::dataplane {

// Thread: worker.
class SealBatch {
 public:
  // The job of the next packet; valid until the next call.
  esp::CipherJob& next(WorkerContext& context) noexcept {
    if (count_ == jobs_.size()) flush(context);
    return jobs_[count_++];
  }
  void take_back() noexcept { --count_; }
  void flush(WorkerContext& context) noexcept {
    if (count_ == 0) return;
    context.cipher.seal(std::span(jobs_).first(count_));
    // Those packets are zeros now: they leave in their slots, and are lost for their payload only.
    for (std::size_t i = 0; i < count_; ++i) {
      if (jobs_[i].verdict != esp::CipherVerdict::kDone) context.count(model::Drop::kSealFailed);
    }
    count_ = 0;
  }

 private:
  std::array<esp::CipherJob, kBurst> jobs_;
  std::size_t count_ = 0;
};

}  // namespace levelgate::dataplane
