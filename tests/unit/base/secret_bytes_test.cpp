// SPDX-License-Identifier: Apache-2.0
//
// Secret octets of any length leave nothing behind: this program's own allocator looks at each block when it goes.
#include <gtest/gtest.h>
#include <levelgate/base/secret_bytes.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <ostream>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

constexpr std::byte kMark{0xa7};
bool watching = false;
std::size_t marks_given_back = 0;

void release(void* block) {
  if (watching && block != nullptr) {
    const auto* const octets = static_cast<const volatile std::byte*>(block);
    const std::size_t size = malloc_usable_size(block);
    for (std::size_t i = 0; i < size; ++i) marks_given_back += octets[i] == kMark ? 1 : 0;
  }
  std::free(block);
}

}  // namespace

void* operator new(std::size_t octets) {
  void* const block = std::calloc(1, octets == 0 ? 1 : octets);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
// The sanitizers bring array forms of their own, which would pass by.
void* operator new[](std::size_t octets) { return operator new(octets); }
void operator delete[](void* block) noexcept { release(block); }
void operator delete[](void* block, std::size_t) noexcept { release(block); }
void operator delete(void* block) noexcept { release(block); }
void operator delete(void* block, std::size_t) noexcept { release(block); }

namespace levelgate::secret_bytes_test {
namespace {

// Watches what is given back as long as it lives.
class Watch {
 public:
  Watch() {
    marks_given_back = 0;
    watching = true;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { watching = false; }
  [[nodiscard]] std::size_t marks() const { return marks_given_back; }
};

void mark(SecretBytes& secret) { std::ranges::fill(secret.writable(), kMark); }

SecretBytes marked(std::size_t octets) {
  SecretBytes secret(octets);
  mark(secret);
  return secret;
}

TEST(SecretBytes, TheWatchSees) {
  const Watch watch;
  // An array alone: the pointers of a container would hold an octet that looks like a mark now and then.
  auto* const plain = new std::byte[100];
  std::fill_n(plain, 100, kMark);
  delete[] plain;
  EXPECT_EQ(watch.marks(), 100u);
}

TEST(SecretBytes, HoldsACopyOfAnyLength) {
  for (const std::size_t octets : {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{1000}}) {
    std::vector<std::byte> bytes(octets, kMark);
    const SecretBytes secret{ConstBytes(bytes)};
    bytes.assign(octets, std::byte{0});
    EXPECT_EQ(secret.size(), octets);
    EXPECT_EQ(secret.empty(), octets == 0);
    EXPECT_EQ(std::ranges::count(secret.bytes(), kMark), static_cast<std::ptrdiff_t>(octets));
  }
}

TEST(SecretBytes, ASizeAloneIsAllZero) {
  const SecretBytes secret(std::size_t{40});
  EXPECT_EQ(secret.size(), 40u);
  EXPECT_TRUE(std::ranges::all_of(secret.bytes(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST(SecretBytes, EndOfLifeWipes) {
  const Watch watch;
  {
    const SecretBytes secret = marked(300);
  }
  EXPECT_EQ(watch.marks(), 0u);
}

TEST(SecretBytes, MoveHandsOverAndAssignmentWipes) {
  const Watch watch;
  SecretBytes from = marked(300);
  SecretBytes to = std::move(from);
  EXPECT_EQ(from.size(), 0u);
  EXPECT_TRUE(from.bytes().empty());
  EXPECT_EQ(to.size(), 300u);
  to = SecretBytes(std::size_t{4});
  EXPECT_EQ(to.size(), 4u);
  EXPECT_EQ(watch.marks(), 0u) << "the secret that was replaced";
}

TEST(SecretBytes, AssignedToItselfIsKept) {
  SecretBytes secret = marked(16);
  SecretBytes& same = secret;
  secret = std::move(same);
  EXPECT_TRUE(secret.equals(marked(16).bytes()));
}

TEST(SecretBytes, EqualsComparesSizesAndEveryOctet) {
  const SecretBytes secret = marked(80);
  EXPECT_TRUE(secret.equals(marked(80).bytes()));
  EXPECT_FALSE(secret.equals(marked(79).bytes()));
  EXPECT_FALSE(secret.equals({}));
  EXPECT_TRUE(SecretBytes().equals({}));
  for (std::size_t bit = 0; bit < 80 * 8; ++bit) {
    SecretBytes other = marked(80);
    other.writable()[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    EXPECT_FALSE(secret.equals(other.bytes())) << bit;
  }
}

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

TEST(SecretBytes, IsMoveOnlyAndNotPrintable) {
  static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
  static_assert(std::is_nothrow_move_constructible_v<SecretBytes> && std::is_nothrow_move_assignable_v<SecretBytes>);
  static_assert(!Printable<SecretBytes>);
  static_assert(!std::equality_comparable<SecretBytes>, "only equals() takes the same time for every octet");
}

}  // namespace
}  // namespace levelgate::secret_bytes_test
