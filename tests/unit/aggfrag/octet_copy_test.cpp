// SPDX-License-Identifier: Apache-2.0
//
// The copy at every size up to beyond the last special case, and at every alignment of both ends.
#include "aggfrag/octet_copy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace levelgate::aggfrag::octet_copy_test {
namespace {

constexpr std::byte kUntouched{0xa5};

TEST(OctetCopy, EveryOctetAndNoOther) {
  constexpr std::size_t kRoom = 256;
  std::vector<std::byte> source(kRoom);
  for (std::size_t i = 0; i < kRoom; ++i) source[i] = static_cast<std::byte>(i * 7 + 1);
  std::vector<std::byte> target(kRoom);
  for (std::size_t octets = 0; octets <= 200; ++octets) {
    for (std::size_t from = 0; from < 16; ++from) {
      for (std::size_t to = 0; to < 16; ++to) {
        std::fill(target.begin(), target.end(), kUntouched);
        copy_octets(target.data() + 16 + to, source.data() + from, octets);
        const auto begin = target.begin() + 16 + static_cast<std::ptrdiff_t>(to);
        const auto end = begin + static_cast<std::ptrdiff_t>(octets);
        const auto untouched = [](std::byte octet) { return octet == kUntouched; };
        ASSERT_TRUE(std::equal(begin, end, source.begin() + static_cast<std::ptrdiff_t>(from))) << octets;
        ASSERT_TRUE(std::all_of(target.begin(), begin, untouched)) << octets;
        ASSERT_TRUE(std::all_of(end, target.end(), untouched)) << octets;
      }
    }
  }
}

// In blocks of exactly the size, so that the address sanitizer sees a read or write of one octet more.
TEST(OctetCopy, StaysInsideBlocksOfItsSize) {
  for (std::size_t octets = 1; octets <= 2000; ++octets) {
    const auto source = std::make_unique<std::byte[]>(octets);
    const auto target = std::make_unique<std::byte[]>(octets);
    for (std::size_t i = 0; i < octets; ++i) source[i] = static_cast<std::byte>(i + octets);
    copy_octets(target.get(), source.get(), octets);
    ASSERT_TRUE(std::equal(source.get(), source.get() + octets, target.get())) << octets;
  }
}

}  // namespace
}  // namespace levelgate::aggfrag::octet_copy_test
