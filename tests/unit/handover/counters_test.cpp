// SPDX-License-Identifier: Apache-2.0
//
// A counter of one writer, read while it counts; and a mark that carries over what was done before it.
#include "handover/counters.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace levelgate::handover::counters_test {
namespace {

TEST(Counter, Counts) {
  Counter counter;
  EXPECT_EQ(counter.load(), 0u);
  counter.add(1);
  counter.add(0);
  counter.add(1500);
  EXPECT_EQ(counter.load(), 1501u);
  counter.set(7);
  EXPECT_EQ(counter.load(), 7u);
}

TEST(Counter, RaiseToNeverLowers) {
  Counter counter;
  counter.raise_to(10);
  EXPECT_EQ(counter.load(), 10u);
  counter.raise_to(9);
  counter.raise_to(10);
  EXPECT_EQ(counter.load(), 10u);
  counter.raise_to(11);
  EXPECT_EQ(counter.load(), 11u);
}

// As the counters of RFC 9348 do.
TEST(Counter, WrapsAtTheTop) {
  Counter counter;
  counter.set(std::numeric_limits<std::uint64_t>::max());
  counter.add(2);
  EXPECT_EQ(counter.load(), 1u);
}

TEST(Mark, IsSetOnceAndStays) {
  Mark mark;
  EXPECT_FALSE(mark.is_set());
  mark.set();
  EXPECT_TRUE(mark.is_set());
  mark.set();
  EXPECT_TRUE(mark.is_set());
}

// A reader sees a value that was there once, never one that goes back, and in the end all of it.
TEST(CounterThreads, ReaderSeesRisingValues) {
  constexpr std::uint64_t kSteps = 200'000;
  Counter counter;
  Mark done;
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < kSteps; ++i) counter.add(3);
    done.set();
  });
  std::uint64_t last = 0;
  std::uint64_t wrong = 0;
  while (!done.is_set()) {
    const std::uint64_t now = counter.load();
    wrong += now < last || now % 3 != 0 ? 1 : 0;
    last = now;
  }
  EXPECT_EQ(counter.load(), kSteps * 3) << "what came before the mark is there after it";
  writer.join();
  EXPECT_EQ(wrong, 0u);
}

// The owner gives back what it holds, then sets the mark; who sees the mark may touch all of it.
TEST(MarkThreads, CarriesWhatWasDoneBefore) {
  for (int round = 0; round < 200; ++round) {
    std::uint64_t plain[4]{};
    Mark mark;
    std::thread owner([&] {
      for (std::uint64_t& word : plain) word = 42;
      mark.set();
    });
    while (!mark.is_set()) std::this_thread::yield();
    for (const std::uint64_t word : plain) EXPECT_EQ(word, 42u);
    owner.join();
  }
}

}  // namespace
}  // namespace levelgate::handover::counters_test
