// SPDX-License-Identifier: Apache-2.0
//
// A packet that could not be sealed keeps its place in the schedule, and shows nothing: zeros leave, and are counted.
#include <gtest/gtest.h>

#include "crypto/aead_burst.h"
#include "dataplane/prefix_table.h"
#include "dataplane/seal_batch.h"
#include "support/aead_laws.h"
#include "support/memory_io.h"

namespace levelgate::testing::failed_seal_test {
namespace {

bool all_zero(const Octets& octets) {
  return std::all_of(octets.begin(), octets.end(), [](std::byte octet) { return octet == std::byte{}; });
}

// OpenSSL refuses to make a tag with a key that was prepared for opening.
class FailedSeal : public ::testing::TestWithParam<EspCipher> {
 protected:
  std::unique_ptr<esp::Cipher> cipher = crypto::make_openssl_cipher();
  AeadKeys keys{*cipher, GetParam(), 1u};
};

TEST_P(FailedSeal, LeavesNothingReadable) {
  AeadSheet sheet(1000, 12, 2);
  sheet.job.key = keys.open.get();
  cipher->seal({&sheet.job, 1});
  EXPECT_EQ(sheet.job.verdict, esp::CipherVerdict::kAuthFailed);
  EXPECT_TRUE(all_zero(sheet.body()));
  EXPECT_TRUE(all_zero(sheet.tag()));
  EXPECT_TRUE(sheet.guards_hold());
}

TEST_P(FailedSeal, IsCountedByTheBatch) {
  MemoryIo io;
  dataplane::PrefixTable routes;
  dataplane::EventRing events(16);
  dataplane::WorkerContext context(io, routes, *cipher, events, 16, 16);
  dataplane::SealBatch batch;
  std::vector<AeadSheet> sheets;
  for (unsigned i = 0; i < dataplane::kBurst + 3; ++i) sheets.emplace_back(60, 8, i);
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    sheets[i].job.key = i % 5 == 0 ? keys.open.get() : keys.seal.get();
    batch.next(context) = sheets[i].job;
  }
  batch.flush(context);
  const auto count = context.counters.drops[static_cast<std::size_t>(model::Drop::kSealFailed)].load();
  EXPECT_EQ(count, (sheets.size() + 4) / 5);
  for (std::size_t i = 0; i < sheets.size(); ++i) EXPECT_EQ(all_zero(sheets[i].body()), i % 5 == 0) << i;
}

INSTANTIATE_TEST_SUITE_P(All, FailedSeal, ::testing::ValuesIn(kEspCiphers),
                         [](const auto& of) { return name_of(of.param); });

}  // namespace
}  // namespace levelgate::testing::failed_seal_test
