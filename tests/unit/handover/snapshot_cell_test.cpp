// SPDX-License-Identifier: Apache-2.0
//
// When an old object may be freed: never while a reader may hold it, and always after every reader had a turn of its
// own. Any schedule of one thread against a model, and free-running readers over objects that really are freed.
#include "handover/snapshot_cell.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "handover/counters.h"

namespace levelgate::handover::snapshot_cell_test {
namespace {

TEST(SnapshotCell, NothingBeforeTheFirstPublication) {
  SnapshotCell<int> cell(2);
  EXPECT_EQ(cell.readers(), 2u);
  EXPECT_EQ(cell.load(0), nullptr);
  EXPECT_EQ(cell.load(1), nullptr);
}

TEST(SnapshotCell, ReadersSeeTheNewestAndVersionsRise) {
  SnapshotCell<int> cell(1);
  const int objects[3]{};
  std::uint64_t last = 0;
  for (const int& object : objects) {
    const std::uint64_t version = cell.publish(&object);
    EXPECT_GT(version, last);
    last = version;
    EXPECT_EQ(cell.load(0), &object);
  }
}

TEST(SnapshotCell, ATurnThatBeganAfterwardsMustEnd) {
  SnapshotCell<int> cell(1);
  const int object = 0;
  const std::uint64_t version = cell.publish(&object);
  EXPECT_FALSE(cell.passed(version));
  (void)cell.load(0);
  EXPECT_FALSE(cell.passed(version)) << "the turn has not ended";
  cell.quiescent(0);
  EXPECT_TRUE(cell.passed(version));
}

// The reader may still hold the object before when the new one is published: the end of that turn proves nothing.
TEST(SnapshotCell, ATurnThatBeganBeforeDoesNotCount) {
  SnapshotCell<int> cell(1);
  const int first = 0;
  const int second = 0;
  (void)cell.publish(&first);
  EXPECT_EQ(cell.load(0), &first);
  const std::uint64_t version = cell.publish(&second);
  cell.quiescent(0);
  EXPECT_FALSE(cell.passed(version));
  EXPECT_EQ(cell.load(0), &second);
  cell.quiescent(0);
  EXPECT_TRUE(cell.passed(version));
}

TEST(SnapshotCell, AReaderThatNeverLoadsHoldsEverything) {
  SnapshotCell<int> cell(3);
  const int object = 0;
  const std::uint64_t version = cell.publish(&object);
  for (int turn = 0; turn < 10; ++turn) {
    for (const std::size_t reader : {0u, 2u}) {
      (void)cell.load(reader);
      cell.quiescent(reader);
    }
    EXPECT_FALSE(cell.passed(version));
  }
  cell.quiescent(1);
  EXPECT_FALSE(cell.passed(version)) << "quiescent without a load says nothing";
  (void)cell.load(1);
  cell.quiescent(1);
  EXPECT_TRUE(cell.passed(version));
}

TEST(SnapshotCell, OneReaderIsNotTakenForAnother) {
  for (std::size_t slow = 0; slow < 4; ++slow) {
    SnapshotCell<int> cell(4);
    const int object = 0;
    const std::uint64_t version = cell.publish(&object);
    for (std::size_t reader = 0; reader < 4; ++reader) {
      (void)cell.load(reader);
      if (reader != slow) cell.quiescent(reader);
    }
    EXPECT_FALSE(cell.passed(version)) << slow;
    cell.quiescent(slow);
    EXPECT_TRUE(cell.passed(version)) << slow;
  }
}

// Any schedule: passed() is what the rule says, and an object that it gives free is held by nobody.
TEST(SnapshotCell, AnySchedule) {
  constexpr std::size_t kReaders = 3;
  struct Reader {
    std::uint64_t began_at = 0;        // version at the begin of the turn that runs or ran last
    std::uint64_t proved = 0;          // the same of the last turn that ended
    std::optional<std::size_t> holds;  // index of the object
  };
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    SnapshotCell<int> cell(kReaders);
    std::vector<int> objects(200);
    std::vector<Reader> readers(kReaders);
    std::uint64_t published = 0;  // object i is version i + 1
    for (int step = 0; step < 2000; ++step) {
      const std::size_t index = random() % kReaders;
      Reader& reader = readers[index];
      switch (random() % 8) {
        case 0:
          if (published == objects.size()) break;
          ASSERT_EQ(cell.publish(&objects[published]), published + 1);
          ++published;
          break;
        case 1:
        case 2:
        case 3: {
          const int* const object = cell.load(index);
          reader.began_at = published;
          reader.holds.reset();
          if (object != nullptr) reader.holds = static_cast<std::size_t>(object - objects.data());
          ASSERT_EQ(object == nullptr, published == 0);
          break;
        }
        default:
          cell.quiescent(index);
          reader.proved = reader.began_at;
          reader.holds.reset();
      }
      for (std::uint64_t version = 1; version <= published; ++version) {
        bool expected = true;
        for (const Reader& r : readers) expected = expected && r.proved >= version;
        ASSERT_EQ(cell.passed(version), expected);
        if (!expected) continue;
        for (const Reader& r : readers) ASSERT_TRUE(!r.holds || *r.holds + 1 >= version) << "freed while held";
      }
    }
  }
}

// Unusable once it has ended, so that a reader that still looks is seen without a sanitizer, too.
struct Object {
  explicit Object(std::uint64_t n) : number(n), complement(~n) {}
  ~Object() { number = complement = 0; }
  std::uint64_t number;
  std::uint64_t complement;
};

// The publisher frees each object as soon as the next one has passed; readers run free over whatever is current.
TEST(SnapshotCellThreads, NoReaderSeesAFreedObject) {
  constexpr std::uint64_t kObjects = 20'000;
  constexpr std::size_t kReaders = 2;
  constexpr std::size_t kMostWaiting = 4;  // few, so that memory is freed and used again at once
  SnapshotCell<Object> cell(kReaders);
  Mark stop;
  std::vector<Counter> wrong(kReaders);
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < kReaders; ++i) {
    readers.emplace_back([&, i] {
      std::uint64_t newest = 0;
      for (unsigned turn = 0; !stop.is_set(); ++turn) {
        const Object* const object = cell.load(i);
        for (int look = 0; object != nullptr && look < 8; ++look) {
          wrong[i].add(object->complement != ~object->number || object->number < newest ? 1 : 0);
          newest = object->number;
        }
        cell.quiescent(i);
        if (turn % 16 == 0) std::this_thread::yield();
      }
    });
  }
  struct Published {
    std::unique_ptr<Object> object;
    std::uint64_t version;
  };
  std::deque<Published> published;
  const auto reclaim = [&] {
    while (published.size() > 1 && cell.passed(published[1].version)) published.pop_front();
  };
  for (std::uint64_t n = 1; n <= kObjects; ++n) {
    auto object = std::make_unique<Object>(n);
    const std::uint64_t version = cell.publish(object.get());
    published.push_back({std::move(object), version});
    for (reclaim(); published.size() > kMostWaiting; reclaim()) std::this_thread::yield();
  }
  for (; published.size() > 1; reclaim()) std::this_thread::yield();
  stop.set();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(published.front().object->number, kObjects);
  for (const Counter& count : wrong) EXPECT_EQ(count.load(), 0u);
}

}  // namespace
}  // namespace levelgate::handover::snapshot_cell_test
