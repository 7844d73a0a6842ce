// SPDX-License-Identifier: Apache-2.0
//
// The FIFO of one thread against std::deque: order, full and empty, access from the front, and no allocation after
// birth.
#include <gtest/gtest.h>
#include <levelgate/base/ring.h>

#include <deque>
#include <memory>
#include <random>

#include "support/no_alloc_scope.h"

namespace levelgate::ring_test {
namespace {

TEST(Ring, CapacityIsTheNextPowerOfTwo) {
  EXPECT_EQ(Ring<int>(0).capacity(), 1u);
  EXPECT_EQ(Ring<int>(1).capacity(), 1u);
  EXPECT_EQ(Ring<int>(2).capacity(), 2u);
  EXPECT_EQ(Ring<int>(3).capacity(), 4u);
  EXPECT_EQ(Ring<int>(64).capacity(), 64u);
  EXPECT_EQ(Ring<int>(65).capacity(), 128u);
}

TEST(Ring, RefusesWhenFullAndStaysAsItWas) {
  Ring<int> ring(4);
  EXPECT_TRUE(ring.empty());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_TRUE(ring.full());
  EXPECT_FALSE(ring.push(99));
  EXPECT_EQ(ring.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ring.pop(), i);
  EXPECT_TRUE(ring.empty());
  EXPECT_FALSE(ring.full());
}

TEST(Ring, OfOneElement) {
  Ring<int> ring(1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(ring.push(i));
    EXPECT_FALSE(ring.push(i));
    EXPECT_EQ(ring.pop(), i);
  }
}

TEST(Ring, HoldsMoveOnlyValues) {
  Ring<std::unique_ptr<int>> ring(2);
  EXPECT_TRUE(ring.push(std::make_unique<int>(7)));
  EXPECT_EQ(*ring.front(), 7);
  const std::unique_ptr<int> out = ring.pop();
  EXPECT_EQ(*out, 7);
}

// Any use, many times around: the same as an unbounded queue that is refused at the capacity.
TEST(Ring, BehavesLikeAQueue) {
  std::mt19937 random(4);
  for (const std::size_t capacity : {1u, 2u, 8u, 32u}) {
    Ring<unsigned> ring(capacity);
    std::deque<unsigned> model;
    for (unsigned step = 0; step < 20'000; ++step) {
      const unsigned action = static_cast<unsigned>(random() % 8);
      if (action < 4) {
        const bool taken = ring.push(step);
        ASSERT_EQ(taken, model.size() < capacity);
        if (taken) model.push_back(step);
      } else if (action < 7 && !model.empty()) {
        ASSERT_EQ(ring.pop(), model.front());
        model.pop_front();
      } else if (action == 7) {
        const std::size_t count = model.empty() ? 0 : random() % (model.size() + 1);
        ring.drop_front(count);
        model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
      }
      ASSERT_EQ(ring.size(), model.size());
      ASSERT_EQ(ring.empty(), model.empty());
      ASSERT_EQ(ring.full(), model.size() == capacity);
      if (!model.empty()) {
        ASSERT_EQ(ring.front(), model.front());
      }
      const Ring<unsigned>& fixed = ring;
      for (std::size_t i = 0; i < model.size(); ++i) ASSERT_EQ(fixed.at(i), model[i]);
    }
  }
}

TEST(Ring, ElementsCanBeChangedInPlace) {
  Ring<int> ring(4);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(ring.push(i));
  ring.front() = 10;
  ring.at(2) = 12;
  EXPECT_EQ(ring.pop(), 10);
  EXPECT_EQ(ring.pop(), 1);
  EXPECT_EQ(ring.pop(), 12);
}

TEST(Ring, AllocatesAtBirthOnly) {
  Ring<int> ring(64);
  testing::NoAllocScope scope;
  for (int i = 0; i < 1000; ++i) {
    if (!ring.push(i)) (void)ring.pop();
  }
  EXPECT_EQ(scope.allocations(), 0u);
}

}  // namespace
}  // namespace levelgate::ring_test
