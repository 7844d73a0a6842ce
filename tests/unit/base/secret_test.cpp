// SPDX-License-Identifier: Apache-2.0
//
// Key bytes leave nothing behind: looks at the very octets of a secret after a move, an assignment and its end of life.
#include <gtest/gtest.h>
#include <levelgate/base/secret.h>

#include <algorithm>
#include <array>
#include <new>
#include <ostream>
#include <type_traits>
#include <utility>
#include <vector>

namespace levelgate::secret_test {
namespace {

constexpr std::byte kMark{0xa7};

std::vector<std::byte> marked(std::size_t octets) { return std::vector<std::byte>(octets, kMark); }

// How many octets of the object's storage bear the mark. The compiler is made to believe that the storage may have
// changed, so that it looks.
std::size_t marks_in(const void* object) {
  asm volatile("" : : "r"(object) : "memory");
  const auto* const octets = static_cast<const volatile std::byte*>(object);
  std::size_t count = 0;
  for (std::size_t i = 0; i < sizeof(Secret); ++i) count += octets[i] == kMark ? 1 : 0;
  return count;
}

TEST(Secret, HoldsACopy) {
  std::vector<std::byte> bytes = marked(20);
  const Secret secret(bytes);
  bytes.assign(20, std::byte{0});
  EXPECT_EQ(secret.size(), 20u);
  EXPECT_TRUE(std::ranges::equal(secret.bytes(), marked(20)));
}

TEST(Secret, EmptyByDefault) {
  EXPECT_EQ(Secret().size(), 0u);
  EXPECT_TRUE(Secret().bytes().empty());
  EXPECT_EQ(Secret(ConstBytes{}).size(), 0u);
}

TEST(Secret, CapacityIsTheLimit) {
  EXPECT_EQ(Secret(marked(Secret::kCapacity)).size(), Secret::kCapacity);
  const Secret overflow(marked(Secret::kCapacity + 1));
  EXPECT_EQ(overflow.size(), 0u);
  EXPECT_EQ(marks_in(&overflow), 0u) << "a part of what does not fit is no key";
}

TEST(Secret, MoveLeavesNothingBehind) {
  Secret from(marked(36));
  ASSERT_EQ(marks_in(&from), 36u);
  const Secret to(std::move(from));
  EXPECT_EQ(to.size(), 36u);
  EXPECT_EQ(marks_in(&to), 36u);
  EXPECT_EQ(marks_in(&from), 0u);
  EXPECT_EQ(from.size(), 0u);
}

// The shorter key that comes in leaves no tail of the longer one that was there.
TEST(Secret, AssignmentWipesBothSides) {
  Secret to(marked(64));
  Secret from(marked(16));
  to = std::move(from);
  EXPECT_EQ(to.size(), 16u);
  EXPECT_EQ(marks_in(&to), 16u);
  EXPECT_EQ(marks_in(&from), 0u);
  EXPECT_EQ(from.size(), 0u);
  to = Secret();
  EXPECT_EQ(marks_in(&to), 0u);
}

TEST(Secret, AssignedToItselfIsKept) {
  Secret secret(marked(16));
  Secret& same = secret;
  secret = std::move(same);
  EXPECT_TRUE(secret.equals(Secret(marked(16))));
}

TEST(Secret, EndOfLifeWipes) {
  alignas(Secret) std::array<std::byte, sizeof(Secret)> storage{};
  Secret* const secret = new (storage.data()) Secret(marked(64));
  ASSERT_EQ(marks_in(storage.data()), 64u);
  secret->~Secret();
  EXPECT_EQ(marks_in(storage.data()), 0u);
}

TEST(Secret, EqualsComparesSizesAndEveryOctet) {
  const Secret secret(marked(36));
  EXPECT_TRUE(secret.equals(Secret(marked(36))));
  EXPECT_FALSE(secret.equals(Secret(marked(35))));
  EXPECT_FALSE(secret.equals(Secret()));
  EXPECT_TRUE(Secret().equals(Secret()));
  for (std::size_t bit = 0; bit < 36 * 8; ++bit) {
    std::vector<std::byte> other = marked(36);
    other[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    EXPECT_FALSE(secret.equals(Secret(other))) << bit;
  }
}

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

TEST(Secret, IsMoveOnlyAndNotPrintable) {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
  static_assert(!Printable<Secret>);
  static_assert(!std::equality_comparable<Secret>, "only equals() takes the same time for every octet");
}

}  // namespace
}  // namespace levelgate::secret_test
