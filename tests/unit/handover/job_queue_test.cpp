// SPDX-License-Identifier: Apache-2.0
//
// The queue that locks: bounds and order with one thread, and threads free-running for the thread sanitizer.
#include "handover/job_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace levelgate::handover::job_queue_test {
namespace {

TEST(JobQueue, FullItRefusesAndTheElementStays) {
  JobQueue<std::unique_ptr<int>> queue(2);
  EXPECT_TRUE(queue.push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(queue.push(std::move(third)));
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(**queue.pop(), 1);
  EXPECT_TRUE(queue.push(std::move(third)));
  EXPECT_EQ(**queue.pop(), 2);
  EXPECT_EQ(**queue.pop(), 3);
}

TEST(JobQueue, ClosedItDropsRefusesAndGivesNothing) {
  JobQueue<std::shared_ptr<int>> queue(4);
  auto element = std::make_shared<int>(1);
  EXPECT_TRUE(queue.push(std::shared_ptr<int>(element)));
  queue.close();
  EXPECT_EQ(element.use_count(), 1);
  EXPECT_FALSE(queue.push(std::shared_ptr<int>(element)));
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(JobQueueThreads, WhoSleepsWakesWhenItCloses) {
  JobQueue<int> queue(4);
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 3; ++i) sleepers.emplace_back([&] { EXPECT_EQ(queue.pop(), std::nullopt); });
  queue.close();
  for (std::thread& sleeper : sleepers) sleeper.join();
}

// Writers and readers run free: each element comes once, and whole.
TEST(JobQueueThreads, EveryElementOnce) {
  constexpr std::uint64_t kWriters = 3, kEach = 20'000, kReaders = 2;
  JobQueue<std::unique_ptr<std::uint64_t>> queue(16);
  std::vector<std::vector<unsigned char>> seen(kReaders, std::vector<unsigned char>(kWriters * kEach));
  std::vector<std::thread> readers, writers;
  for (std::uint64_t r = 0; r < kReaders; ++r) {
    readers.emplace_back([&, r] {
      while (auto element = queue.pop()) {
        if (*element == nullptr) return;
        ++seen[r][**element];
      }
    });
  }
  const auto put = [&](std::unique_ptr<std::uint64_t> element) {
    while (!queue.push(std::move(element))) std::this_thread::yield();
  };
  for (std::uint64_t w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (std::uint64_t i = 0; i < kEach; ++i) put(std::make_unique<std::uint64_t>(w * kEach + i));
    });
  }
  for (std::thread& writer : writers) writer.join();
  for (std::uint64_t r = 0; r < kReaders; ++r) put(nullptr);
  for (std::thread& reader : readers) reader.join();
  for (std::uint64_t i = 0; i < kWriters * kEach; ++i) ASSERT_EQ(seen[0][i] + seen[1][i], 1) << i;
}

}  // namespace
}  // namespace levelgate::handover::job_queue_test
